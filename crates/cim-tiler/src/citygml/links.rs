//! Links of geometries to surfaces, followed when the whole file is read.

use crate::workers;
use foldhash::fast::RandomState;
use std::collections::HashMap;

/// Longest chain of links that is followed: more is a circle.
const MAX_LINKS: usize = 32;
/// Steps for each surface that a geometry may have, at most, before its links are given up.
const STEPS_OF_A_SURFACE: usize = 8;
/// Geometries that are followed at a time.
const AT_A_TIME: usize = 1024;
/// Steps of a geometry that is followed beside others, at most: so those take less than 300 MiB. Larger ones go alone.
const STEPS_BESIDE_OTHERS: usize = 1 << 14;

/// A surface of a geometry, or a link to some.
#[derive(Debug, Clone)]
pub(super) enum Piece {
    /// Its number in the list; whether it is used with its other side out.
    Surface(usize, bool),
    /// What has this id; whether it is used with its other side out.
    Link(String, bool),
}

impl Piece {
    /// The same in a list with `by` surfaces before.
    pub(super) fn moved(self, by: usize) -> Self {
        match self {
            Self::Surface(i, other_side) => Self::Surface(by + i, other_side),
            link @ Self::Link(..) => link,
        }
    }

    /// The same with its other side out, if it is turned.
    pub(super) fn turned(self, turn: bool) -> Self {
        match self {
            Self::Surface(i, other_side) => Self::Surface(i, other_side != turn),
            Self::Link(id, other_side) => Self::Link(id, other_side != turn),
        }
    }
}

/// The surfaces of a geometry: their numbers, each with whether it is turned.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Followed {
    pub(super) surfaces: Vec<(usize, bool)>,
    /// Whether all links led somewhere.
    pub(super) is_whole: bool,
    /// Whether its links come to more than there is room for, so that it has no surfaces.
    pub(super) is_given_up: bool,
}

/// How much links may lead to, in surfaces of a usual size. A file of a megabyte can have thousands of geometries that all
/// link to the same thousands of surfaces: no file that is meant so needs what its links then come to.
#[derive(Debug)]
pub(super) struct Steps {
    /// For what is kept.
    left: usize,
    /// For large geometries that are given up in the end.
    in_vain: usize,
}

impl Steps {
    /// For a file with so many surfaces, and so many pieces that refer to them. What a link leads to may be large and used
    /// often, as the shape of a tree is.
    pub(super) fn of(surfaces: usize, pieces: usize) -> Self {
        const LINK: usize = 256;
        const FEWEST: usize = 1 << 23;
        const MOST: usize = 1 << 24;
        let links = pieces.saturating_mul(LINK).clamp(FEWEST, MOST);
        let steps = surfaces.saturating_add(pieces).saturating_mul(STEPS_OF_A_SURFACE).saturating_add(links);
        Self { left: steps, in_vain: steps }
    }

    /// Takes what was followed, and how many steps it took, as far as they go.
    fn take(&mut self, (followed, taken): (Option<Followed>, usize)) -> Option<Followed> {
        let kept = followed.filter(|_| taken <= self.left);
        match kept {
            Some(_) => self.left -= taken,
            None => self.in_vain = self.in_vain.saturating_sub(taken),
        }
        kept
    }

    fn most(&self) -> usize {
        self.left.min(self.in_vain)
    }
}

/// What has an id: the pieces of every geometry that can be linked to.
#[derive(Debug, Default)]
pub(super) struct Links {
    ids: HashMap<String, Vec<Piece>, RandomState>,
}

impl Links {
    /// Names some pieces; the first of an id is the one that is meant.
    pub(super) fn name(&mut self, id: &str, pieces: &[Piece]) {
        self.ids.entry(id.to_owned()).or_insert_with(|| pieces.to_vec());
    }

    /// Takes those of the part of a file that follows, with `before` surfaces before its own.
    pub(super) fn append(&mut self, next: Self, before: usize) {
        for (id, pieces) in next.ids {
            let moved = |pieces: Vec<Piece>| pieces.into_iter().map(|p| p.moved(before)).collect();
            self.ids.entry(id).or_insert_with(|| moved(pieces));
        }
    }

    /// Numbers of the surfaces with an id, of as many as `sizes` has.
    pub(super) fn surfaces(&self, id: &str, sizes: &[u32], steps: &mut Steps) -> Vec<usize> {
        match self.ids.get(id).map(Vec::as_slice) {
            None => Vec::new(),
            Some([Piece::Surface(one, _)]) => vec![*one],
            Some(pieces) => {
                let followed = steps.take(self.follow(pieces, sizes, steps.most(), true)).unwrap_or_default();
                followed.surfaces.into_iter().map(|s| s.0).collect()
            }
        }
    }

    /// Follows every list of pieces, on all cores, as far as the steps go for what links lead to; a list's own surfaces cost
    /// nothing. `sizes` are those of the surfaces that there are, 1 for a usual one.
    pub(super) fn follow_all(&self, lists: &[&[Piece]], sizes: &[u32], steps: &mut Steps) -> Vec<Followed> {
        let mut out = Vec::with_capacity(lists.len());
        for some in lists.chunks(AT_A_TIME) {
            let beside = workers::each(some, |pieces| self.follow(pieces, sizes, STEPS_BESIDE_OTHERS, false));
            for (pieces, (followed, taken)) in some.iter().zip(beside) {
                let is_large = followed.is_none() && taken > STEPS_BESIDE_OTHERS;
                let found = if is_large { self.follow(pieces, sizes, steps.most(), false) } else { (followed, taken) };
                let given_up = || Followed { is_given_up: true, ..Followed::default() };
                out.push(steps.take(found).unwrap_or_else(given_up));
            }
        }
        out
    }

    /// The surfaces of pieces, unless that takes more than `most` steps; and how many steps it took. The pieces themselves
    /// count where they `are_linked`.
    fn follow(&self, pieces: &[Piece], sizes: &[u32], most: usize, are_linked: bool) -> (Option<Followed>, usize) {
        // A few links that each lead to two more would be as many surfaces as nothing holds.
        let most_surfaces = 2 * sizes.len() + pieces.len();
        let mut surfaces = Vec::with_capacity(pieces.len());
        let mut is_whole = true;
        // Each with whether what led to it turns it, and how many links did.
        let mut left = vec![(pieces.iter(), false, 0)];
        let (mut steps, mut looks) = (0, 0);
        while let Some((pieces, turn, links)) = left.last_mut() {
            let (turn, links) = (*turn, *links);
            let Some(piece) = pieces.next() else {
                left.pop();
                continue;
            };
            steps += match piece {
                Piece::Surface(..) if links == 0 && !are_linked => 0,
                Piece::Surface(i, _) => sizes.get(*i).map_or(1, |size| *size as usize),
                Piece::Link(..) => 1,
            };
            looks += 1;
            if steps > most || surfaces.len() == most_surfaces || looks > STEPS_OF_A_SURFACE * most_surfaces {
                return (None, steps);
            }
            match piece {
                Piece::Surface(i, other_side) => surfaces.push((*i, *other_side != turn)),
                Piece::Link(id, other_side) => match self.ids.get(id).filter(|_| links < MAX_LINKS) {
                    Some(found) => left.push((found.iter(), *other_side != turn, links + 1)),
                    None => is_whole = false,
                },
            }
        }
        (Some(Followed { surfaces, is_whole, is_given_up: false }), steps)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn link(id: &str) -> Piece {
        Piece::Link(id.to_owned(), false)
    }

    fn surfaces(numbers: std::ops::Range<usize>) -> Vec<Piece> {
        numbers.map(|i| Piece::Surface(i, false)).collect()
    }

    fn followed(surfaces: Vec<(usize, bool)>, is_whole: bool) -> Followed {
        Followed { surfaces, is_whole, is_given_up: false }
    }

    #[test]
    fn links_are_followed_in_order_and_turned() {
        let mut links = Links::default();
        links.name("one", &surfaces(3..4));
        links.name("more", &[Piece::Surface(1, true), Piece::Link("one".into(), true), link("nowhere")]);
        links.name("more", &surfaces(7..9));
        let lists = [
            vec![Piece::Surface(0, false), Piece::Link("more".into(), true), Piece::Surface(2, true)],
            vec![link("one")],
        ];
        let lists: Vec<&[Piece]> = lists.iter().map(Vec::as_slice).collect();
        let found = links.follow_all(&lists, &[1; 10], &mut Steps::of(10, 4));
        assert_eq!(found[0], followed(vec![(0, false), (1, false), (3, false), (2, true)], false));
        assert_eq!(found[1], followed(vec![(3, false)], true));
        assert_eq!(links.surfaces("more", &[1; 10], &mut Steps::of(10, 4)), [1, 3]);
    }

    #[test]
    fn circles_and_doublings_end() {
        let mut links = Links::default();
        links.name("circle", &[link("circle"), Piece::Surface(0, false)]);
        (0..30).for_each(|k| {
            links.name(&format!("d{k}"), &[link(&format!("d{}", k + 1)), link(&format!("d{}", k + 1))]);
        });
        links.name("d30", &surfaces(0..1));
        let lists = [vec![link("circle")], vec![link("d0")], surfaces(0..2)];
        let lists: Vec<&[Piece]> = lists.iter().map(Vec::as_slice).collect();
        let found = links.follow_all(&lists, &[1; 2], &mut Steps::of(2, 4));
        assert!(found[..2].iter().all(|f| f.is_given_up && f.surfaces.is_empty()), "{found:?}");
        assert_eq!(found[2], followed(vec![(0, false), (1, false)], true));
    }

    #[test]
    fn what_all_links_of_a_file_come_to_has_a_limit() {
        const SURFACES: usize = 40_000;
        let sizes = vec![1; SURFACES];
        let mut links = Links::default();
        links.name("all", &surfaces(0..SURFACES));
        links.name("few", &surfaces(0..3));
        let mut lists = vec![vec![link("all")]; 3];
        lists.extend(vec![vec![link("few")]; 3000]);
        lists.push(vec![link("all")]);
        // What is not linked to is kept, whatever is left.
        lists.push(surfaces(0..SURFACES));
        let lists: Vec<&[Piece]> = lists.iter().map(Vec::as_slice).collect();
        // Enough for two large ones and all small ones: what does not fit leaves its steps to what follows.
        let mut steps = Steps { left: 2 * (SURFACES + 1) + 3000 * 4, in_vain: 2 * SURFACES };
        let found = links.follow_all(&lists, &sizes, &mut steps);
        let kept: Vec<usize> = found.iter().map(|f| f.surfaces.len()).collect();
        assert_eq!(kept[..3], [SURFACES, SURFACES, 0]);
        assert!(kept[3..3003].iter().all(|n| *n == 3), "{kept:?}");
        assert_eq!(kept[3003..], [0, SURFACES]);
        assert!(found.iter().all(|f| f.is_given_up == f.surfaces.is_empty() && f.is_whole != f.is_given_up));
        // With as many as files are given, nothing of this is lost; unless the surfaces are large.
        let pieces = lists.iter().map(|l| l.len()).sum();
        let found = links.follow_all(&lists, &sizes, &mut Steps::of(SURFACES, pieces));
        assert!(found.iter().all(|f| f.is_whole));
        let found = links.follow_all(&lists, &vec![1000; SURFACES], &mut Steps::of(SURFACES, pieces));
        assert!(found[0].is_given_up && found[3].is_whole && found[3004].is_whole);
    }
}
