//! Walls one after the other that hardly turn: a curved front, or a straight one with corners in it.

use crate::walls::Wall;
use foldhash::fast::FixedState;
use glam::Vec2;
use std::collections::HashMap;

/// The cosine of the angle that walls of a run turn by at most.
const STRAIGHT: f32 = 0.94;
/// The part of a wall's height that the next one of its run has beside it, at least.
const BESIDE: f32 = 0.5;

/// Where a wall is in its run.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Stretch {
    /// The first wall of the run.
    pub(crate) first: usize,
    /// Metres from the beginning of the run to that of the wall.
    pub(crate) from: f32,
    /// Metres of the whole run.
    pub(crate) whole: f32,
}

/// Where each of the walls is in its run. A run that closes begins with its first wall in the list.
pub(crate) fn stretches(walls: &[Wall]) -> Vec<Stretch> {
    let next = next(walls);
    let mut has_before = vec![false; walls.len()];
    next.iter().flatten().for_each(|n| has_before[*n] = true);
    let alone = |(first, wall): (usize, &Wall)| Stretch { first, from: 0.0, whole: wall.wide() };
    let mut out: Vec<Stretch> = walls.iter().enumerate().map(alone).collect();
    let mut is_laid = vec![false; walls.len()];
    let starts = (0..walls.len()).filter(|w| !has_before[*w]);
    // What is left then goes round.
    for first in starts.chain(0..walls.len()) {
        let (mut run, mut whole, mut at) = (Vec::new(), 0.0, Some(first));
        while let Some(wall) = at.filter(|w| !is_laid[*w]) {
            is_laid[wall] = true;
            (out[wall].first, out[wall].from) = (first, whole);
            run.push(wall);
            whole += walls[wall].wide();
            at = next[wall];
        }
        run.into_iter().for_each(|wall| out[wall].whole = whole);
    }
    out
}

/// The wall that goes on where one ends; no two go on in the same.
fn next(walls: &[Wall]) -> Vec<Option<usize>> {
    let key = |wall: &Wall, end: Vec2| (wall.building, [end.x, end.y].map(|c| (c + 0.0).to_bits()));
    let mut begin: HashMap<_, Vec<usize>, FixedState> = HashMap::default();
    for (number, wall) in walls.iter().enumerate().filter(|(_, w)| !w.is_bent) {
        begin.entry(key(wall, wall.ends[0])).or_default().push(number);
    }
    let mut taken = vec![false; walls.len()];
    let mut out = vec![None; walls.len()];
    for (number, wall) in walls.iter().enumerate().filter(|(_, w)| !w.is_bent) {
        let there = begin.get(&key(wall, wall.ends[1])).map_or(&[][..], Vec::as_slice);
        let goes_on = |n: &&usize| {
            let other = &walls[**n];
            let both = wall.high.y.min(other.high.y) - wall.low.y.max(other.low.y);
            **n != number
                && !taken[**n]
                && wall.normal.dot(other.normal) > STRAIGHT
                && both > BESIDE * (wall.high.y - wall.low.y)
        };
        if let Some(n) = there.iter().find(goes_on).copied() {
            taken[n] = true;
            out[number] = Some(n);
        }
    }
    out
}
