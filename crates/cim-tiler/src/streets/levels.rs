//! How high roads run: bridges over roads and water, and the ramps that lead up to them.
//!
//! Few sources say how high a bridge is. They say that it is one (OpenStreetMap's `bridge` and `layer`), and what it crosses
//! is known. Whatever it crosses asks for a height there; from there the road falls at the usual gradient, through
//! junctions and into side roads, until it is on the ground. So roads that meet are equally high where they do.

use super::{Edge, water::Shores};
use crate::city::Attribute;
use glam::{DVec2, DVec3};
use rstar::{
    AABB, RTree,
    primitives::{GeomWithData, Line},
};
use std::{cmp::Reverse, collections::BinaryHeap};

/// From road to road: the clearance of 5 m that urban roads keep (CJJ 37) and the deck, metres.
const OVER_ROAD_M: f64 = 6.0;
/// Of a bridge over water whose banks are as high as the road, metres.
const OVER_WATER_M: f64 = 1.4;
/// The steepest gradient of a ramp for motor traffic (CJJ 37: 4 to 6 %).
const GRADIENT: f64 = 0.05;
/// Metres over which a crest is rounded.
const CREST_M: f64 = 12.0;
/// Metres between the stations of a road that is not level.
const STATION_M: f64 = 6.0;
/// A bridge shorter than this that crosses nothing known leads over a ditch, metres.
const DITCH_M: f64 = 25.0;

/// On which level a road runs by its attributes: bridges 1 or more, tunnels -1 or less, all else 0.
pub(crate) fn level(attributes: &[(String, Attribute)]) -> i8 {
    let get = |name: &str| attributes.iter().find(|(n, _)| n == name).map(|(_, value)| value);
    let yes = |name: &str| match get(name) {
        Some(Attribute::Bool(yes)) => *yes,
        Some(Attribute::Integer(n)) => *n != 0,
        Some(Attribute::Number(x)) => *x != 0.0,
        Some(Attribute::Text(text)) => !matches!(text.to_lowercase().as_str(), "" | "no" | "f" | "false" | "0" | "否"),
        None => false,
    };
    let layer = match get("layer") {
        Some(Attribute::Integer(n)) => *n,
        Some(Attribute::Number(x)) => *x as i64,
        Some(Attribute::Text(text)) => text.trim().parse().unwrap_or(0),
        Some(Attribute::Bool(_)) | None => 0,
    };
    match (yes("bridge"), yes("tunnel")) {
        (true, _) => layer.clamp(1, 5) as i8,
        (false, true) => layer.clamp(-5, -1) as i8,
        (false, false) => 0,
    }
}

/// What asks for a height.
#[derive(Debug, Clone, Copy)]
struct Demand {
    edge: usize,
    /// Metres along the edge.
    at: f64,
    /// Metres above the ground.
    top: f64,
}

/// A road's height round a demand: `top` at `at` metres along an edge (or before or behind it), falling both ways.
#[derive(Debug, Clone, Copy)]
struct Hat {
    at: f64,
    top: f64,
}

impl Hat {
    fn height(self, at: f64) -> f64 {
        let x = (at - self.at).abs();
        let fall = if x < CREST_M { x * x / (2.0 * CREST_M) } else { x - 0.5 * CREST_M };
        self.top - GRADIENT * fall
    }

    /// How far from its top it is above the ground.
    fn reach(top: f64) -> f64 {
        top / GRADIENT + CREST_M
    }
}

/// Heights of all roads.
#[derive(Debug)]
pub(crate) struct Levels {
    hats: Vec<Vec<Hat>>,
    /// Bridges of each edge: from and to, metres along it.
    spans: Vec<Vec<(f64, f64)>>,
    /// Where each edge crosses over lower roads, metres along it.
    crossings: Vec<Vec<f64>>,
}

impl Levels {
    pub(crate) fn new(edges: &[Edge], places: usize, shores: &Shores) -> Self {
        let mut spans: Vec<Vec<(f64, f64)>> = vec![Vec::new(); edges.len()];
        let crossings = crossings(edges);
        let mut demands = Vec::new();
        let raised: Vec<bool> = raised_places(edges, places);
        for (e, edge) in edges.iter().enumerate().filter(|(_, e)| e.level >= 0) {
            let wet = shores.crossings(&edge.line);
            if edge.level > 0 {
                spans[e] = vec![(0.0, edge.length)];
                demands.extend(bridge((e, edge), &crossings[e], !wet.is_empty(), &raised));
            } else {
                for (from, to) in wet {
                    spans[e].push(((from - 3.0).max(0.0), (to + 3.0).min(edge.length)));
                    demands.extend(arch((from, to)).map(|(at, top)| Demand { edge: e, at, top }));
                }
            }
        }
        Self { hats: spread(edges, places, &demands), spans, crossings }
    }

    /// Metres above the ground at so many metres along an edge.
    pub(crate) fn height(&self, edge: usize, at: f64) -> f64 {
        self.hats[edge].iter().map(|h| h.height(at)).fold(0.0, f64::max)
    }

    /// Whether an edge is a bridge at so many metres along it.
    pub(crate) fn is_bridge(&self, edge: usize, at: f64) -> bool {
        self.spans[edge].iter().any(|(from, to)| (*from..=*to).contains(&at))
    }

    /// Where piers stand under the bridges of a part of an edge, `apart` metres from each other and clear of what is
    /// crossed; metres along the edge.
    pub(crate) fn piers(&self, edge: usize, (from, to): (f64, f64), apart: f64) -> Vec<f64> {
        let mut out = Vec::new();
        for &(first, last) in &self.spans[edge] {
            let count = ((last - first) / apart).round().max(1.0);
            let stands = (1..count as usize).map(|i| first + (last - first) * i as f64 / count);
            let clear = |at: &f64| self.crossings[edge].iter().all(|c| (c - at).abs() > 0.5 * apart);
            out.extend(stands.filter(clear).filter(|at| (from..=to).contains(at)));
        }
        out
    }

    /// Where a straight part of an edge has corners, ascending: its ends and, where it is not level, as many as its heights
    /// need, and where bridges begin and end.
    fn stations(&self, edge: usize, (low, high): (f64, f64)) -> Vec<f64> {
        let mut out = vec![low, high];
        if !self.hats[edge].is_empty() {
            let steps = ((high - low) / STATION_M).ceil() as usize;
            out.extend((1..steps).map(|i| low + (high - low) * i as f64 / steps as f64));
            let joints = self.spans[edge].iter().flat_map(|&(a, b)| [a, b]);
            out.extend(joints.filter(|j| *j > low && *j < high));
            out.sort_by(f64::total_cmp);
        }
        out
    }

    /// A part of an edge's line with heights, and stations enough where it is not level.
    pub(crate) fn profile(&self, edge: usize, line: &[DVec2], (from, to): (f64, f64)) -> Vec<(f64, DVec3)> {
        let mut stations: Vec<(f64, DVec2)> = Vec::new();
        let mut at = 0.0;
        for pair in line.windows(2) {
            let length = pair[0].distance(pair[1]);
            let (low, high) = (from.max(at), to.min(at + length));
            if length > 0.0 && low <= high {
                for s in self.stations(edge, (low, high)) {
                    if stations.last().is_none_or(|(last, _)| s - last > 1e-3) {
                        stations.push((s, pair[0].lerp(pair[1], ((s - at) / length).clamp(0.0, 1.0))));
                    }
                }
            }
            at += length;
        }
        stations.into_iter().map(|(s, p)| (s, p.extend(self.height(edge, s)))).collect()
    }
}

/// A bridge over water: a little higher in its middle than at its ends.
fn arch((from, to): (f64, f64)) -> impl Iterator<Item = (f64, f64)> {
    let rise = (0.01 * (to - from)).min(1.0);
    let steps = ((to - from) / CREST_M).ceil().max(1.0) as u32;
    (0..=steps).map(move |i| {
        let share = f64::from(i) / f64::from(steps);
        (from + (to - from) * share, OVER_WATER_M + rise * (1.0 - (2.0 * share - 1.0).powi(2)))
    })
}

/// What a bridge asks for.
fn bridge((e, edge): (usize, &Edge), crossings: &[f64], wet: bool, raised: &[bool]) -> Vec<Demand> {
    let top = f64::from(edge.level) * OVER_ROAD_M;
    let middle = 0.5 * edge.length;
    let demand = |at: f64, top: f64| Demand { edge: e, at, top };
    let goes_on = [edge.from, edge.to].map(|place| raised[place]);
    let (first, last) = match (crossings.first(), crossings.last()) {
        (Some(&first), Some(&last)) => (first, last),
        _ if goes_on == [false, false] && wet => {
            return arch((0.0, edge.length)).map(|(at, top)| demand(at, top)).collect();
        }
        _ if goes_on == [false, false] && edge.length < DITCH_M => return vec![demand(middle, 0.5 * OVER_WATER_M)],
        _ => (middle, middle),
    };
    let (first, last) = (if goes_on[0] { 0.0 } else { first }, if goes_on[1] { edge.length } else { last });
    let steps = ((last - first) / (2.0 * CREST_M)).ceil() as usize;
    (0..=steps).map(|i| demand(first + (last - first) * i as f64 / steps.max(1) as f64, top)).collect()
}

/// Places where bridges meet bridges.
fn raised_places(edges: &[Edge], places: usize) -> Vec<bool> {
    let mut count = vec![0; places];
    for edge in edges.iter().filter(|e| e.level > 0) {
        count[edge.from] += 1;
        count[edge.to] += 1;
    }
    count.into_iter().map(|n| n > 1).collect()
}

/// Where bridges cross over lower roads: for each edge, metres along it, ascending.
fn crossings(edges: &[Edge]) -> Vec<Vec<f64>> {
    /// What meets a bridge at its very end is no crossing.
    const END_M: f64 = 3.0;
    let mut out = vec![Vec::new(); edges.len()];
    if edges.iter().all(|e| e.level <= 0) {
        return out;
    }
    let segment = |(e, edge): (usize, &Edge)| {
        let pairs: Vec<_> = edge.line.windows(2).map(|p| [p[0], p[1]]).collect();
        pairs.into_iter().map(move |[a, b]| GeomWithData::new(Line::new(a.to_array(), b.to_array()), e))
    };
    let tree = RTree::bulk_load(edges.iter().enumerate().flat_map(segment).collect());
    for (e, edge) in edges.iter().enumerate().filter(|(_, e)| e.level > 0) {
        let mut at = 0.0;
        for pair in edge.line.windows(2) {
            let (a, b) = (pair[0], pair[1]);
            let around = AABB::from_corners(a.min(b).to_array(), a.max(b).to_array());
            for other in tree.locate_in_envelope_intersecting(&around).filter(|o| edges[o.data].level < edge.level) {
                let (c, d) = (DVec2::from(other.geom().from), DVec2::from(other.geom().to));
                let along = meets(a, b, c, d).map(|t| at + t * a.distance(b));
                out[e].extend(along.filter(|s| *s > END_M && *s < edge.length - END_M));
            }
            at += a.distance(b);
        }
        out[e].sort_by(f64::total_cmp);
    }
    out
}

/// Where on the segment from `a` to `b`, 0 to 1, it crosses the one from `c` to `d`.
pub(super) fn meets(a: DVec2, b: DVec2, c: DVec2, d: DVec2) -> Option<f64> {
    let (r, s) = (b - a, d - c);
    let across = r.perp_dot(s);
    if across.abs() < 1e-12 {
        return None;
    }
    let (t, u) = ((c - a).perp_dot(s) / across, (c - a).perp_dot(r) / across);
    ((0.0..=1.0).contains(&t) && (0.0..=1.0).contains(&u)).then_some(t)
}

/// The hats of all edges that the demands reach.
fn spread(edges: &[Edge], places: usize, demands: &[Demand]) -> Vec<Vec<Hat>> {
    let mut hats: Vec<Vec<Hat>> = vec![Vec::new(); edges.len()];
    if demands.is_empty() {
        return hats;
    }
    let mut at_place: Vec<Vec<usize>> = vec![Vec::new(); places];
    for (e, edge) in edges.iter().enumerate().filter(|(_, e)| e.level >= 0) {
        at_place[edge.from].push(e);
        at_place[edge.to].push(e);
    }
    for demand in demands {
        let edge = &edges[demand.edge];
        hats[demand.edge].push(Hat { at: demand.at, top: demand.top });
        let reach = Hat::reach(demand.top);
        // Nearest first (Dijkstra); millimetres, so that they are ordered.
        let mm = |metres: f64| (metres * 1000.0) as u64;
        let mut near: BinaryHeap<Reverse<(u64, usize)>> = BinaryHeap::new();
        near.push(Reverse((mm(demand.at), edge.from)));
        near.push(Reverse((mm(edge.length - demand.at), edge.to)));
        let mut seen: Vec<usize> = Vec::new();
        while let Some(Reverse((distance, place))) = near.pop() {
            let metres = distance as f64 / 1000.0;
            if metres > reach || seen.contains(&place) {
                continue;
            }
            seen.push(place);
            for &e in &at_place[place] {
                let other = &edges[e];
                let (at, next) =
                    if other.from == place { (-metres, other.to) } else { (other.length + metres, other.from) };
                hats[e].push(Hat { at, top: demand.top });
                near.push(Reverse((distance + mm(other.length), next)));
            }
        }
    }
    hats
}
