//! How high roads run: bridges over roads and water, and the ramps that lead up to them.
//!
//! Where there is a terrain, a bridge runs straight from where it leaves the ground to where it comes back to it (`chord`).
//! Few sources say how high a bridge is. They say that it is one (OpenStreetMap's `bridge` and `layer`), and what it crosses
//! is known. Whatever it crosses asks for a height there; from there the road falls at the usual gradient, through
//! junctions and into side roads, until it is on the ground. So roads that meet are equally high where they do.

use super::{
    Bed, Edge, Limb,
    chord::{Chords, Stretch},
    hats::{Demand, Hat, Spread},
    runs::{Runs, arch},
    tunnel::Depths,
    water::Shores,
};
use crate::city::Attribute;
use glam::{DVec2, DVec3};
use rstar::{
    AABB, RTree,
    primitives::{GeomWithData, Line},
};

/// From road to road: the clearance of 5 m that urban roads keep (CJJ 37) and the deck, metres.
pub(super) const OVER_ROAD_M: f64 = 6.0;
/// Of a bridge over water whose banks are as high as the road, metres.
pub(super) const OVER_WATER_M: f64 = 1.4;
/// Metres between the stations of a road that is not level.
const STATION_M: f64 = 6.0;

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
    // A passage through a building is on the ground.
    let passage = matches!(get("tunnel"), Some(Attribute::Text(text)) if text == "building_passage");
    match (yes("bridge"), yes("tunnel") && !passage) {
        (true, _) => layer.clamp(1, 5) as i8,
        (false, true) => layer.clamp(-5, -1) as i8,
        (false, false) => 0,
    }
}

/// Heights of all roads.
#[derive(Debug)]
pub(crate) struct Levels<'a> {
    bed: Bed<'a>,
    /// What bridges and tunnels run along; everything else runs along the ground.
    chords: Chords,
    hats: Vec<Vec<Hat>>,
    depths: Depths,
    /// Bridges of each edge: from and to, metres along it.
    spans: Vec<Vec<Stretch>>,
    /// Where each bridge crosses over lower roads, in the order of the metres along it.
    crossings: Vec<Vec<Crossing>>,
}

/// Where a bridge crosses over a lower road.
#[derive(Debug, Clone, Copy)]
pub(super) struct Crossing {
    /// Metres along the bridge.
    pub(super) at: f64,
    /// The lower edge, and metres along that.
    lower: (usize, f64),
}

impl<'a> Levels<'a> {
    pub(crate) fn new(edges: &[Edge], limbs: &[Vec<Limb>], shores: &Shores, bed: Bed<'a>) -> Self {
        let mut spans: Vec<Vec<Stretch>> = vec![Vec::new(); edges.len()];
        let crossings = crossings(edges);
        let mut demands = Vec::new();
        let mut wet_bridges = vec![false; edges.len()];
        for (e, edge) in edges.iter().enumerate().filter(|(_, e)| e.level >= 0) {
            let wet = shores.crossings(&edge.line);
            if edge.level > 0 {
                spans[e] = vec![(0.0, edge.length)];
                wet_bridges[e] = !wet.is_empty();
            } else {
                for (from, to) in wet {
                    spans[e].push(((from - 3.0).max(0.0), (to + 3.0).min(edge.length)));
                    demands.extend(arch((from, to)).map(|(at, top)| Demand { edge: e, at, top }));
                }
            }
        }
        let whole =
            |(e, edge): (usize, &Edge)| if edge.level < 0 { vec![(0.0, edge.length)] } else { spans[e].clone() };
        let stretches: Vec<Vec<Stretch>> = edges.iter().enumerate().map(whole).collect();
        let chords = Chords::new(edges, limbs.len(), &stretches, bed);
        let depths = Depths::new(edges, limbs, &chords, bed);
        let runs = Runs::new(edges, limbs.len(), (&crossings, &wet_bridges), (&chords, bed));
        let wanted: Vec<Vec<Demand>> = edges
            .iter()
            .enumerate()
            .map(|(e, edge)| if edge.level > 0 { runs.wanted(e) } else { Vec::new() })
            .collect();
        let mut levels = Self { bed, chords, hats: vec![Vec::new(); edges.len()], depths, spans, crossings };
        let spread = Spread::new(edges, |e| e.level >= 0, vec![1.0; edges.len()], vec![false; limbs.len()]);
        levels.raise(edges, &spread, demands);
        // The lower ones first: a bridge over a bridge is as high as that wants it.
        for level in 1..=edges.iter().map(|e| e.level).max().unwrap_or(0) {
            let mut demands = Vec::new();
            for (e, _) in edges.iter().enumerate().filter(|(_, e)| e.level == level) {
                demands.extend(&wanted[e]);
                demands.extend(levels.over(e, edges));
            }
            levels.raise(edges, &spread, demands);
        }
        levels
    }

    /// Raises roads to what is demanded above the ground, where what they run along is not so high.
    fn raise(&mut self, edges: &[Edge], spread: &Spread<'_>, mut demands: Vec<Demand>) {
        for demand in &mut demands {
            demand.top -= self.chords.above(demand.edge, &edges[demand.edge].line, demand.at, self.bed);
        }
        demands.retain(|d| d.top > 0.0);
        spread.add(&demands, &mut self.hats);
    }

    /// What a bridge over others on a terrain asks for: on flat ground they are as high as their level says.
    fn over(&self, e: usize, edges: &[Edge]) -> Vec<Demand> {
        if self.bed.is_flat() {
            return Vec::new();
        }
        let demand = |c: &Crossing| {
            let (lower, along) = c.lower;
            let levels = f64::from(edges[e].level - edges[lower].level);
            let top = self.height(lower, &edges[lower], along) + levels * OVER_ROAD_M;
            Demand { edge: e, at: c.at, top }
        };
        self.crossings[e].iter().map(demand).collect()
    }

    /// Metres above the ground at so many metres along an edge; below it in tunnels.
    pub(crate) fn height(&self, e: usize, edge: &Edge, at: f64) -> f64 {
        let raised = self.hats[e].iter().map(|h| h.height(at, 1.0)).fold(0.0, f64::max);
        let above = self.chords.above(e, &edge.line, at, self.bed) + raised - self.depths.depth(e, edge, at);
        match edge.level {
            // A tunnel does not come out of the ground, and a bridge does not go into it.
            ..0 => above.min(0.0),
            1.. => above.max(0.0),
            0 if self.is_bridge(e, at) => above.max(0.0),
            0 => above,
        }
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
            let clear = |at: &f64| self.crossings[edge].iter().all(|c| (c.at - at).abs() > 0.5 * apart);
            out.extend(stands.filter(clear).filter(|at| (from..=to).contains(at)));
        }
        out
    }

    /// Where a straight part of an edge has corners, ascending: its ends and, where it is not level, as many as its heights
    /// need, and where bridges begin and end.
    fn stations(&self, e: usize, edge: &Edge, (low, high): (f64, f64)) -> Vec<f64> {
        let mut out = vec![low, high];
        let hangs = !self.bed.is_flat() && (edge.level < 0 || !self.spans[e].is_empty());
        if hangs || !self.hats[e].is_empty() || !self.depths.is_level(e) {
            let steps = ((high - low) / STATION_M).ceil() as usize;
            out.extend((1..steps).map(|i| low + (high - low) * i as f64 / steps as f64));
            let joints = self.spans[e].iter().flat_map(|&(a, b)| [a, b]);
            out.extend(joints.filter(|j| *j > low && *j < high));
            out.sort_by(f64::total_cmp);
        }
        out
    }

    /// A part of an edge's line with heights, and stations enough where it is not level.
    pub(crate) fn profile(&self, e: usize, edge: &Edge, (from, to): (f64, f64)) -> Vec<(f64, DVec3)> {
        let mut stations: Vec<(f64, DVec2)> = Vec::new();
        let mut at = 0.0;
        for pair in edge.line.windows(2) {
            let length = pair[0].distance(pair[1]);
            let (low, high) = (from.max(at), to.min(at + length));
            if length > 0.0 && low <= high {
                for s in self.stations(e, edge, (low, high)) {
                    if stations.last().is_none_or(|(last, _)| s - last > 1e-3) {
                        stations.push((s, pair[0].lerp(pair[1], ((s - at) / length).clamp(0.0, 1.0))));
                    }
                }
            }
            at += length;
        }
        stations.into_iter().map(|(s, p)| (s, p.extend(self.height(e, edge, s)))).collect()
    }
}

/// Where bridges cross over lower roads that are not in tunnels: for each edge, in the order of metres along it.
fn crossings(edges: &[Edge]) -> Vec<Vec<Crossing>> {
    /// What meets a bridge at its very end is no crossing.
    const END_M: f64 = 3.0;
    let mut out = vec![Vec::new(); edges.len()];
    if edges.iter().all(|e| e.level <= 0) {
        return out;
    }
    let segment = |(e, edge): (usize, &Edge)| {
        let mut at = 0.0;
        let pairs: Vec<_> = edge.line.windows(2).map(|p| (p[0], p[1])).collect();
        pairs.into_iter().map(move |(a, b)| {
            at += a.distance(b);
            GeomWithData::new(Line::new(a.to_array(), b.to_array()), (e, at - a.distance(b)))
        })
    };
    let surface = edges.iter().enumerate().filter(|(_, e)| e.level >= 0);
    let tree = RTree::bulk_load(surface.flat_map(segment).collect());
    for (e, edge) in edges.iter().enumerate().filter(|(_, e)| e.level > 0) {
        let mut at = 0.0;
        for pair in edge.line.windows(2) {
            let (a, b) = (pair[0], pair[1]);
            let around = AABB::from_corners(a.min(b).to_array(), a.max(b).to_array());
            for other in tree.locate_in_envelope_intersecting(&around).filter(|o| edges[o.data.0].level < edge.level) {
                let (c, d) = (DVec2::from(other.geom().from), DVec2::from(other.geom().to));
                let Some(s) = meets(a, b, c, d).map(|t| at + t * a.distance(b)) else { continue };
                if s > END_M && s < edge.length - END_M {
                    let along = meets(c, d, a, b).unwrap_or(0.5) * c.distance(d);
                    out[e].push(Crossing { at: s, lower: (other.data.0, other.data.1 + along) });
                }
            }
            at += a.distance(b);
        }
        out[e].sort_by(|a, b| a.at.total_cmp(&b.at).then(a.lower.0.cmp(&b.lower.0)));
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
