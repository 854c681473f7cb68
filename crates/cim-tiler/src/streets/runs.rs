//! Runs of bridges: parts that go on into each other are one deck, however many parts data cut it into.
//!
//! What a run crosses asks for a height. Parts that cross nothing known stay at the height of the others where the ground is
//! flat, and come down to the ground where the run ends. On a terrain a run is straight from abutment to abutment
//! ([`super::chord`]), and a part that crosses nothing has no wish of its own where that clears the ground.

use super::{
    Bed, Edge,
    chord::Chords,
    hats::{CREST_M, Demand, GRADIENT},
    levels::{Crossing, OVER_ROAD_M, OVER_WATER_M},
};

/// A bridge shorter than this that crosses nothing known leads over a ditch, metres.
const DITCH_M: f64 = 25.0;
/// Metres that a run that crosses nothing known is above a terrain somewhere, if it needs no more.
const CLEARS_M: f64 = 1.5;
/// Metres between the places where that is looked at.
const LOOK_M: f64 = 6.0;

/// What there is to know of a run.
#[derive(Debug, Clone, Copy, Default)]
struct Run {
    length: f64,
    /// The highest level of its parts that cross roads; 0 without any.
    crosses: i8,
    /// Whether it leads over water.
    wet: bool,
    /// Whether it is above a terrain as it is.
    clears: bool,
}

/// All runs of bridges.
pub(super) struct Runs<'a> {
    edges: &'a [Edge],
    crossings: &'a [Vec<Crossing>],
    /// Whether each edge is a bridge over water.
    wet: &'a [bool],
    bed: Bed<'a>,
    /// By place: whether bridges go on into each other there.
    joints: Vec<bool>,
    /// By edge: its run.
    of: Vec<usize>,
    runs: Vec<Run>,
}

impl<'a> Runs<'a> {
    /// Those of edges between so many places; `crossings` and `wet` have an item for each edge.
    pub(super) fn new(
        edges: &'a [Edge],
        places: usize,
        (crossings, wet): (&'a [Vec<Crossing>], &'a [bool]),
        (chords, bed): (&Chords, Bed<'a>),
    ) -> Self {
        let mut at: Vec<Vec<usize>> = vec![Vec::new(); places];
        for (e, edge) in edges.iter().enumerate().filter(|(_, e)| e.level > 0) {
            at[edge.from].push(e);
            at[edge.to].push(e);
        }
        let joints = at.iter().map(|bridges| bridges.len() > 1).collect();
        let mut out = Self { edges, crossings, wet, bed, joints, of: vec![usize::MAX; edges.len()], runs: Vec::new() };
        for (first, edge) in edges.iter().enumerate() {
            if edge.level > 0 && out.of[first] == usize::MAX {
                let run = out.follow(first, &at, chords);
                out.runs.push(run);
            }
        }
        out
    }

    /// Everything that an edge goes on into.
    fn follow(&mut self, first: usize, at: &[Vec<usize>], chords: &Chords) -> Run {
        let number = self.runs.len();
        let (mut run, mut waiting) = (Run::default(), vec![first]);
        self.of[first] = number;
        while let Some(e) = waiting.pop() {
            let edge = &self.edges[e];
            run.length += edge.length;
            run.wet |= self.wet[e];
            if !self.crossings[e].is_empty() {
                run.crosses = run.crosses.max(edge.level);
            }
            let steps = (edge.length / LOOK_M).ceil().clamp(1.0, 4096.0) as u32;
            let above = |i: u32| chords.above(e, &edge.line, edge.length * f64::from(i) / f64::from(steps), self.bed);
            run.clears |= !self.bed.is_flat() && (0..=steps).any(|i| above(i) > CLEARS_M);
            for &next in at[edge.from].iter().chain(&at[edge.to]) {
                if self.of[next] == usize::MAX {
                    self.of[next] = number;
                    waiting.push(next);
                }
            }
        }
        run
    }

    /// What a bridge asks for.
    pub(super) fn wanted(&self, e: usize) -> Vec<Demand> {
        let (edge, crossings) = (&self.edges[e], &self.crossings[e]);
        let run = self.runs[self.of[e]];
        let own = f64::from(edge.level) * OVER_ROAD_M;
        let plateau = |(from, to): (f64, f64), top: f64| {
            let steps = ((to - from) / (2.0 * CREST_M)).ceil() as usize;
            let at = (0..=steps).map(|i| from + (to - from) * i as f64 / steps.max(1) as f64);
            at.map(|at| Demand { edge: e, at, top }).collect::<Vec<_>>()
        };
        let goes_on = [edge.from, edge.to].map(|place| self.joints[place]);
        let over = crossings.first().zip(crossings.last()).map(|(first, last)| (first.at, last.at));
        let arched = || arch((0.0, edge.length)).map(|(at, top)| Demand { edge: e, at, top }).collect();
        match over {
            // What it crosses is as high as it is, and the line to there is straight.
            Some(over) if !self.bed.is_flat() => plateau(over, own),
            Some((first, last)) => {
                let last = if goes_on[1] { edge.length } else { last };
                plateau((if goes_on[0] { 0.0 } else { first }, last), own)
            }
            None if goes_on == [false, false] && self.wet[e] => arched(),
            None if run.crosses == 0 && run.wet => plateau((0.0, edge.length), OVER_WATER_M),
            None if run.crosses == 0 && run.length < DITCH_M => {
                vec![Demand { edge: e, at: 0.5 * edge.length, top: 0.5 * OVER_WATER_M }]
            }
            None if run.clears || !self.bed.is_flat() && run.crosses > 0 => Vec::new(),
            None if goes_on == [false, false] => plateau((0.5 * edge.length, 0.5 * edge.length), own),
            None => {
                let level = if run.crosses > 0 { run.crosses.min(edge.level) } else { edge.level };
                let top = f64::from(level) * OVER_ROAD_M;
                // A deck that ends with this part comes down to the ground on it.
                let down = (top / GRADIENT + 0.5 * CREST_M).min(edge.length);
                let from = if goes_on[0] { 0.0 } else { down };
                let mut out = plateau((from, if goes_on[1] { edge.length } else { edge.length - down }), top);
                if self.wet[e] {
                    out.extend(plateau((0.0, edge.length), OVER_WATER_M));
                }
                out
            }
        }
    }
}

/// A bridge over water: a little higher in its middle than at its ends; metres along it and above the ground.
pub(super) fn arch((from, to): (f64, f64)) -> impl Iterator<Item = (f64, f64)> {
    let rise = (0.01 * (to - from)).min(1.0);
    let steps = ((to - from) / CREST_M).ceil().max(1.0) as u32;
    (0..=steps).map(move |i| {
        let share = f64::from(i) / f64::from(steps);
        (from + (to - from) * share, OVER_WATER_M + rise * (1.0 - (2.0 * share - 1.0).powi(2)))
    })
}
