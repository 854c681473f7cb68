//! Trees of tiles, made from their leaves up: squares of about a kilometre are units for the journal and for the hands, and
//! of what is above them those of one size are made at a time.

use super::{Writer, hands::Gain, journal::UNIT_M};
use crate::{Progress, TilerError};
use tiles3d::write::TileNode;

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

    /// Makes the tile of a square; `children` are those of its quarters.
    fn tile(
        &self,
        writer: &mut Writer<'_>,
        square: &Square<I>,
        children: Vec<TileNode>,
    ) -> Result<TileNode, TilerError>;
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

    /// The tile of a square and those below it, made by several hands level by level. What is gained on the way is in the
    /// order in which one hand gains it: that of the squares below, then the square's own.
    fn helped<I: Send + Sync, T: Tree<I>>(
        &mut self,
        helpers: usize,
        tree: &T,
        root: &Square<I>,
        progress: &mut dyn Progress,
    ) -> Result<TileNode, TilerError> {
        let quarters = tree.quarters(root).into_iter();
        let quarters = quarters.map(|(quarter, square)| Wide { parent: 0, quarter, square }).collect();
        let mut levels = levels(tree, quarters, 0.0);
        let mut children: Vec<Vec<(TileNode, Gain)>> = Vec::new();
        while let Some(level) = levels.pop() {
            children.resize_with(level.len(), Vec::new);
            let above: Vec<(usize, u8)> = level.iter().map(|w| (w.parent, w.quarter)).collect();
            let jobs = level.into_iter().map(|w| w.square).zip(children).collect();
            let made = self.apart(helpers, jobs, progress, |writer, (square, children), progress| {
                writer.joined(tree, &square, children, progress)
            })?;
            children = Vec::new();
            children.resize_with(levels.last().map_or(1, Vec::len), Vec::new);
            for ((parent, quarter), (tile, gain)) in above.into_iter().zip(made) {
                children[parent].push((TileNode { quarter: Some(quarter), ..tile }, gain));
            }
        }
        self.joined(tree, root, children.pop().unwrap_or_default(), progress)
    }

    /// The tile of a square, with those below it and what was gained by them.
    fn joined<I: Send + Sync, T: Tree<I>>(
        &mut self,
        tree: &T,
        square: &Square<I>,
        children: Vec<(TileNode, Gain)>,
        progress: &mut dyn Progress,
    ) -> Result<TileNode, TilerError> {
        let (is_leaf, mut tiles) = (children.is_empty(), Vec::with_capacity(children.len()));
        for (tile, Gain { summary, written }) in children {
            self.gain(summary);
            self.written.extend(written);
            tiles.push(tile);
        }
        let tile = tree.tile(self, square, tiles)?;
        if is_leaf {
            progress.advance(square.steps);
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
        let is_leaf = children.is_empty();
        let tile = tree.tile(self, square, children)?;
        if is_leaf {
            progress.advance(square.steps);
        }
        Ok(tile)
    }
}
