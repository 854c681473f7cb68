//! Trees of tiles, made from their leaves up: squares of about a kilometre are units for the journal and for the hands, and
//! of what is above them those of one size are made at a time.

use super::{Writer, hands::Gain, journal::UNIT_M, obb};
use crate::{Progress, TilerError};
use glam::DVec3;
use tiles3d::{Refine, write::TileNode};

/// A square of the plan, and what is in it.
pub(super) struct Square<T> {
    /// The name of its tile.
    pub(super) name: String,
    /// Metres.
    pub(super) edge: f64,
    /// What it adds to the progress.
    pub(super) steps: u64,
    pub(super) inside: T,
}

/// How a tree of tiles is made whose squares have `I` in them.
pub(super) trait Tree<I>: Sync {
    /// The quarters of a square that have tiles, with their numbers; none of a leaf.
    fn quarters(&self, square: &Square<I>) -> Vec<(u8, Square<I>)>;

    /// Makes the tile of a square without those of its quarters, of which `below` levels lie below it: none below a leaf.
    fn tile(&self, writer: &mut Writer<'_>, square: &Square<I>, below: usize) -> Result<TileNode, TilerError>;
}

/// A square above the units or a unit, with the number of its parent in the level above.
struct Wide<T> {
    parent: usize,
    quarter: u8,
    square: Square<T>,
}

/// Squares and those below them, those of one size together; quarters are made of those whose edge is more than `least`.
fn levels<I, T: Tree<I>>(tree: &T, first: Vec<Wide<I>>, least: f64) -> Vec<Vec<Wide<I>>> {
    let mut levels = vec![first];
    while let Some(level) = levels.last() {
        let parents = level.iter().enumerate().filter(|(_, w)| w.square.edge > least);
        let quarters = |(parent, w): (usize, &Wide<I>)| {
            tree.quarters(&w.square).into_iter().map(move |(quarter, square)| Wide { parent, quarter, square })
        };
        let next: Vec<Wide<I>> = parents.flat_map(quarters).collect();
        if next.is_empty() {
            break;
        }
        levels.push(next);
    }
    levels
}

/// Levels of tiles from one down to the leaves; what is added to a leaf is none of them.
fn depth(tile: &TileNode) -> usize {
    if tile.refine == Refine::Add {
        return 0;
    }
    tile.children.iter().map(|c| 1 + depth(c)).max().unwrap_or(0)
}

/// A tile with those below it, which it encloses.
fn joined(mut tile: TileNode, below: Vec<TileNode>) -> TileNode {
    if !below.is_empty() {
        let all = below.iter().map(reach).fold(reach(&tile), |(low, high), (l, h)| (low.min(l), high.max(h)));
        tile.volume = obb(all.0, all.1);
        tile.children.extend(below);
    }
    tile
}

/// The lowest and the highest corner of a tile's volume.
fn reach(tile: &TileNode) -> (DVec3, DVec3) {
    let v = &tile.volume;
    let (centre, half) = (DVec3::new(v[0], v[1], v[2]), DVec3::new(v[3], v[7], v[11]));
    (centre - half, centre + half)
}

impl Writer<'_> {
    /// Makes a tree from its root's square.
    pub(super) fn grow<I: Send + Sync, T: Tree<I>>(
        &mut self,
        tree: &T,
        root: Square<I>,
        progress: &mut dyn Progress,
    ) -> Result<Option<TileNode>, TilerError> {
        let mut levels = levels(tree, vec![Wide { parent: 0, quarter: 0, square: root }], UNIT_M);
        // Of fewer units than hands each has several at work on it.
        let units = levels.last().map_or(1, Vec::len);
        let helpers = if 2 * units <= self.hands { self.hands / units } else { 1 };
        let mut children: Vec<Vec<TileNode>> = Vec::new();
        while let Some(level) = levels.pop() {
            children.resize_with(level.len(), Vec::new);
            let above: Vec<(usize, u8)> = level.iter().map(|w| (w.parent, w.quarter)).collect();
            let jobs = level.into_iter().map(|w| w.square).zip(children).collect();
            let made = self.together(jobs, progress, |writer, (square, children), progress| {
                let Square { name, edge, steps, .. } = &square;
                writer.unit((name, *edge, *steps), progress, |writer, progress| {
                    if helpers > 1 && *edge <= UNIT_M {
                        return writer.helped(helpers, tree, &square, progress);
                    }
                    writer.branch(tree, &square, children, progress)
                })
            })?;
            children = Vec::new();
            children.resize_with(levels.last().map_or(1, Vec::len), Vec::new);
            for ((parent, quarter), tile) in above.into_iter().zip(made) {
                children[parent].push(TileNode { quarter: Some(quarter), ..tile });
            }
        }
        Ok(children.pop().and_then(|mut root| root.pop()))
    }

    /// The tile of a square and those below it, made by several hands. What is gained on the way is in the order in which
    /// one hand gains it: that of the squares below, then the square's own.
    fn helped<I: Send + Sync, T: Tree<I>>(
        &mut self,
        helpers: usize,
        tree: &T,
        root: &Square<I>,
        progress: &mut dyn Progress,
    ) -> Result<TileNode, TilerError> {
        let quarters = tree.quarters(root).into_iter();
        let quarters = quarters.map(|(quarter, square)| Wide { parent: 0, quarter, square }).collect();
        // The root is number 0; each of the others has that of its parent, which is lower.
        let (mut squares, mut above, mut first) = (vec![root], vec![0], 0);
        let levels = levels(tree, quarters, 0.0);
        for level in &levels {
            above.extend(level.iter().map(|w| first + w.parent));
            first = squares.len();
            squares.extend(level.iter().map(|w| &w.square));
        }
        let mut below = vec![0; squares.len()];
        for i in (1..squares.len()).rev() {
            below[above[i]] = below[above[i]].max(1 + below[i]);
        }
        // The upper ones first, which are large: no hand is alone with one in the end.
        let jobs = squares.into_iter().zip(below).collect();
        let made = self.apart(helpers, jobs, progress, |writer, (square, below), progress| {
            let tile = tree.tile(writer, square, below)?;
            if below == 0 {
                progress.advance(square.steps);
            }
            Ok(tile)
        })?;
        let quarters: Vec<Option<u8>> =
            std::iter::once(None).chain(levels.iter().flatten().map(|w| Some(w.quarter))).collect();
        // The tiles below each that are whole, and what was gained by them: the last first.
        let mut whole: Vec<(Vec<TileNode>, Vec<Vec<Gain>>)> = made.iter().map(|_| Default::default()).collect();
        let mut made_of_root = None;
        for (i, (tile, gain)) in made.into_iter().enumerate().rev() {
            let (tiles, gains) = std::mem::take(&mut whole[i]);
            let tile = TileNode { quarter: quarters[i], ..joined(tile, tiles.into_iter().rev().collect()) };
            let gains: Vec<Gain> = gains.into_iter().rev().flatten().chain([gain]).collect();
            if i == 0 {
                made_of_root = Some((tile, gains));
            } else {
                let (tiles, list) = &mut whole[above[i]];
                tiles.push(tile);
                list.push(gains);
            }
        }
        let Some((tile, gains)) = made_of_root else { return self.branch(tree, root, Vec::new(), progress) };
        for Gain { summary, written } in gains {
            self.gain(summary);
            self.written.extend(written);
        }
        Ok(tile)
    }

    /// The tile of a square and those below it, which are given above the units.
    fn branch<I: Send + Sync, T: Tree<I>>(
        &mut self,
        tree: &T,
        square: &Square<I>,
        mut children: Vec<TileNode>,
        progress: &mut dyn Progress,
    ) -> Result<TileNode, TilerError> {
        if square.edge <= UNIT_M {
            for (quarter, below) in tree.quarters(square) {
                let tile = self.branch(tree, &below, Vec::new(), progress)?;
                children.push(TileNode { quarter: Some(quarter), ..tile });
            }
        }
        let below = children.iter().map(|c| 1 + depth(c)).max().unwrap_or(0);
        let tile = tree.tile(self, square, below)?;
        if below == 0 {
            progress.advance(square.steps);
        }
        Ok(joined(tile, children))
    }
}
