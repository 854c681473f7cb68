//! How deep roads run: tunnels and underpasses, and the ramps that lead down to them.
//!
//! A tunnel is covered where it is as deep below the ground as its room is high. Through a hill it comes to that by itself.
//! Under flat ground the road goes down to it at the usual gradient: before the tunnel begins, as long as no other road
//! needs it on the ground, else within it. Stairs and ramps of paths and yards are steeper and lie within.

use super::{
    Bed, Edge, Limb,
    chord::Chords,
    hats::{CREST_M, Demand, Hat, Spread, fallen},
};
use crate::city::RoadClass;

/// From the ground to the carriageway of a tunnel on the first level, and from level to level, metres.
const LEVEL_M: f64 = 6.0;
/// From the ground to a path on the first level, metres.
const PATH_M: f64 = 3.5;
/// Metres from where a tunnel through a hill begins to where it must be covered.
const HILL_M: f64 = 60.0;

/// The room of a tunnel above its carriageway (CJJ 37: 4.5 m and what hangs there), or above a path, metres.
pub(crate) fn room_m(class: RoadClass) -> f64 {
    if class == RoadClass::Footway { 2.6 } else { 4.8 }
}

/// Metres from the ground down to the carriageway from which on a tunnel is covered.
pub(crate) fn covered_m(class: RoadClass) -> f64 {
    room_m(class) + 0.5
}

/// How steep a ramp may be at most that has not the room to be flatter (CJJ 37: 8 to 10 % for slow roads), as a share of the
/// usual gradient.
const STEEPEST: f64 = 2.0;

/// How steep ramps of a class are, as a share of a main road's.
fn usual_steepness(edge: &Edge) -> f64 {
    match edge.class {
        RoadClass::Footway => 10.0,
        RoadClass::Service => 2.4,
        _ => 1.0,
    }
}

/// How deep roads are below what they run along.
#[derive(Debug)]
pub(super) struct Depths {
    hats: Vec<Vec<Hat>>,
    /// For each place, how far it is from one on the ground.
    from_held: Vec<f64>,
    /// How steep each edge may be, as a share of the usual gradient.
    steep: Vec<f64>,
}

impl Depths {
    pub(super) fn new(edges: &[Edge], limbs: &[Vec<Limb>], chords: &Chords, bed: Bed<'_>) -> Self {
        let mut hats: Vec<Vec<Hat>> = vec![Vec::new(); edges.len()];
        if edges.iter().all(|e| e.level >= 0) {
            return Self { hats, from_held: Vec::new(), steep: Vec::new() };
        }
        let held: Vec<bool> = limbs.iter().map(|l| is_held(edges, l)).collect();
        let grounded: Vec<bool> = limbs.iter().map(|l| l.iter().any(|l| edges[l.edge].level >= 0)).collect();
        let steep: Vec<f64> = edges.iter().map(usual_steepness).collect();
        let mut spread = Spread::new(edges, |e| e.level <= 0, steep, held);
        steepen(&mut spread, edges, &grounded);
        let mut demands = Vec::new();
        for (e, edge) in edges.iter().enumerate().filter(|(_, e)| e.level < 0) {
            let ends = [grounded[edge.from], grounded[edge.to]];
            demands.extend(wanted((e, edge), spread.steep(e), ends, chords, bed));
        }
        spread.add(&demands, &mut hats);
        let steep = (0..edges.len()).map(|e| spread.steep(e)).collect();
        Self { hats, from_held: spread.to_held(), steep }
    }

    pub(super) fn is_level(&self, edge: usize) -> bool {
        self.hats[edge].is_empty()
    }

    /// Metres down at so many metres along an edge.
    pub(super) fn depth(&self, e: usize, edge: &Edge, at: f64) -> f64 {
        let Some(&steep) = self.steep.get(e) else { return 0.0 };
        let wanted = self.hats[e].iter().map(|h| h.height(at, steep)).fold(0.0, f64::max);
        if wanted == 0.0 {
            return 0.0;
        }
        let from = |place: usize, metres: f64| self.from_held.get(place).map_or(0.0, |d| d + metres * steep);
        wanted.min(fallen(from(edge.from, at).min(from(edge.to, edge.length - at))))
    }
}

/// Whether roads must be on the ground where they meet: others lead away from there, or a bridge; paths go down within
/// their tunnels.
fn is_held(edges: &[Edge], limbs: &[Limb]) -> bool {
    let mut surface = limbs.iter().map(|l| &edges[l.edge]).filter(|e| e.level >= 0).peekable();
    surface.peek().is_some() && (limbs.len() != 2 || surface.any(|e| e.level > 0 || e.class == RoadClass::Footway))
}

/// Makes the ramps steeper that have too little room to bring a road below a roof.
fn steepen(spread: &mut Spread<'_>, edges: &[Edge], grounded: &[bool]) {
    let from_held = spread.to_held();
    for (e, edge) in edges.iter().enumerate().filter(|(_, e)| e.level < 0 && e.class < RoadClass::Service) {
        for place in [edge.from, edge.to].into_iter().filter(|p| grounded[*p]) {
            let wants = covered_m(edge.class) / fallen(from_held[place]).max(1e-6);
            if wants > 1.0 {
                let ramp = spread.until_held(place);
                for e in ramp.into_iter().chain([e]) {
                    spread.steepen(e, wants.min(STEEPEST));
                }
            }
        }
    }
}

/// What a tunnel asks for, metres below what it runs along.
fn wanted((e, edge): (usize, &Edge), steep: f64, grounded: [bool; 2], chords: &Chords, bed: Bed<'_>) -> Vec<Demand> {
    let first = if edge.class == RoadClass::Footway { PATH_M } else { LEVEL_M };
    let depth = first + LEVEL_M * (f64::from(-edge.level) - 1.0);
    let steps = (edge.length / (CREST_M / steep).max(2.0)).ceil().clamp(1.0, 4096.0) as usize;
    let stations: Vec<(f64, f64)> = (0..=steps)
        .map(|i| edge.length * i as f64 / steps as f64)
        .map(|at| (at, -chords.above(e, &edge.line, at, bed)))
        .collect();
    let hill = stations.iter().map(|(_, cover)| *cover).fold(0.0, f64::max) >= depth;
    let outside = |at: f64| {
        let near = HILL_M.min(0.5 * edge.length);
        grounded[0] && at < near || grounded[1] && edge.length - at < near
    };
    let asks = |&(at, cover): &(f64, f64)| !(cover >= depth || hill && outside(at));
    stations.iter().filter(|s| asks(s)).map(|&(at, cover)| Demand { edge: e, at, top: depth - cover }).collect()
}
