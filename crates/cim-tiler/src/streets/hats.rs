//! How a height that is asked for somewhere spreads over the roads around: falling at a gradient, through places where roads
//! meet.

use super::Edge;
use std::{cmp::Reverse, collections::BinaryHeap};

/// The steepest gradient of a ramp for motor traffic (CJJ 37: 4 to 6 %).
pub(super) const GRADIENT: f64 = 0.05;
/// Metres over which a crest is rounded.
pub(super) const CREST_M: f64 = 12.0;

/// What asks for a height.
#[derive(Debug, Clone, Copy)]
pub(super) struct Demand {
    pub(super) edge: usize,
    /// Metres along the edge.
    pub(super) at: f64,
    /// Metres above what the road runs along; of a tunnel below it.
    pub(super) top: f64,
}

/// A road's height round a demand: `top` at `at` metres along an edge (or before or behind it), falling both ways.
#[derive(Debug, Clone, Copy)]
pub(super) struct Hat {
    pub(super) at: f64,
    pub(super) top: f64,
}

impl Hat {
    /// At so many metres along an edge that may be `steep` times as steep as a road.
    pub(super) fn height(self, at: f64, steep: f64) -> f64 {
        self.top - fallen((at - self.at).abs() * steep)
    }

    /// How far from its top it is above the ground.
    fn reach(top: f64) -> f64 {
        top / GRADIENT + CREST_M
    }
}

/// Metres that a road falls in so many, beginning level.
pub(super) fn fallen(x: f64) -> f64 {
    GRADIENT * if x < CREST_M { x * x / (2.0 * CREST_M) } else { x - 0.5 * CREST_M }
}

/// Where and how demands spread.
pub(super) struct Spread<'a> {
    edges: &'a [Edge],
    /// Edges that are reached, by place.
    at_place: Vec<Vec<usize>>,
    /// How steep each edge may be, as a share of [`GRADIENT`].
    steep: Vec<f64>,
    /// Places that nothing spreads through.
    held: Vec<bool>,
}

/// Nearest first (Dijkstra); millimetres, so that they are ordered.
type Near = BinaryHeap<Reverse<(u64, usize)>>;

fn mm(metres: f64) -> u64 {
    (metres * 1000.0) as u64
}

impl<'a> Spread<'a> {
    /// Over the edges that `reached` says; `steep` has a number for each edge, `held` for each place.
    pub(super) fn new(edges: &'a [Edge], reached: impl Fn(&Edge) -> bool, steep: Vec<f64>, held: Vec<bool>) -> Self {
        let mut at_place: Vec<Vec<usize>> = vec![Vec::new(); held.len()];
        for (e, edge) in edges.iter().enumerate().filter(|(_, e)| reached(e)) {
            at_place[edge.from].push(e);
            at_place[edge.to].push(e);
        }
        Self { edges, at_place, steep, held }
    }

    /// Adds the hats of all edges that the demands reach.
    pub(super) fn add(&self, demands: &[Demand], hats: &mut [Vec<Hat>]) {
        for demand in demands {
            let edge = &self.edges[demand.edge];
            hats[demand.edge].push(Hat { at: demand.at, top: demand.top });
            let reach = Hat::reach(demand.top);
            let steep = self.steep[demand.edge];
            let mut near = Near::new();
            near.push(Reverse((mm(demand.at * steep), edge.from)));
            near.push(Reverse((mm((edge.length - demand.at) * steep), edge.to)));
            let mut seen: Vec<usize> = Vec::new();
            while let Some(Reverse((distance, place))) = near.pop() {
                let metres = distance as f64 / 1000.0;
                if metres > reach || self.held[place] || seen.contains(&place) {
                    continue;
                }
                seen.push(place);
                for &e in &self.at_place[place] {
                    let other = &self.edges[e];
                    let steep = self.steep[e];
                    let before = metres / steep;
                    let (at, next) =
                        if other.from == place { (-before, other.to) } else { (other.length + before, other.from) };
                    hats[e].push(Hat { at, top: demand.top });
                    near.push(Reverse((distance + mm(other.length * steep), next)));
                }
            }
        }
    }

    /// How steep an edge may be.
    pub(super) fn steep(&self, edge: usize) -> f64 {
        self.steep[edge]
    }

    /// The edges that are reached from a place on the way to the next held ones.
    pub(super) fn until_held(&self, place: usize) -> Vec<usize> {
        let (mut seen, mut waiting, mut out) = (vec![place], vec![place], Vec::new());
        while let Some(place) = waiting.pop() {
            if self.held[place] {
                continue;
            }
            for &e in &self.at_place[place] {
                let other = &self.edges[e];
                let next = if other.from == place { other.to } else { other.from };
                // Within a tunnel the way down is no shorter.
                if other.level == 0 && !seen.contains(&next) {
                    seen.push(next);
                    waiting.push(next);
                    out.push(e);
                }
            }
        }
        out
    }

    /// Lets an edge be so steep.
    pub(super) fn steepen(&mut self, edge: usize, steep: f64) {
        self.steep[edge] = self.steep[edge].max(steep);
    }

    /// Metres from every place to the nearest held one, as if all roads were as steep as the flattest.
    pub(super) fn to_held(&self) -> Vec<f64> {
        let mut out = vec![f64::INFINITY; self.held.len()];
        let mut near: Near = (0..out.len()).filter(|p| self.held[*p]).map(|p| Reverse((0, p))).collect();
        while let Some(Reverse((distance, place))) = near.pop() {
            let metres = distance as f64 / 1000.0;
            if metres >= out[place] {
                continue;
            }
            out[place] = metres;
            for &e in &self.at_place[place] {
                let other = &self.edges[e];
                let next = if other.from == place { other.to } else { other.from };
                near.push(Reverse((distance + mm(other.length * self.steep[e]), next)));
            }
        }
        out
    }
}
