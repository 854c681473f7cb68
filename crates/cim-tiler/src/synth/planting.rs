//! Street trees, the trees of parks and estates, and those on the banks.

use super::{Sited, water::Water};
use crate::{
    city::{Area, AreaKind, Building, Network, Plant, PlantKind, Road, RoadClass},
    ring::inside,
};
use cim_model::Place;
use rand::{Rng, SeedableRng};
use rand_pcg::Pcg64;
use std::collections::HashMap;

/// Metres from the kerb to the middle of a trunk.
const BESIDE_M: f64 = 1.5;
/// Metres between street trees.
const STEP_M: f64 = 9.0;
/// Metres around a crossing that stay free, so that drivers see.
const CROSSING_M: f64 = 24.0;
/// Metres between trees of a green, about.
const GREEN_STEP_M: f64 = 11.0;
/// Metres from a wall to a trunk.
const WALL_M: f64 = 3.0;
/// Metres of the squares that things are looked up by.
const CELL_M: f64 = 48.0;

type Point = [f64; 2];
/// Things by the squares that they meet.
type Squares<T> = HashMap<(i32, i32), Vec<T>>;

/// Where a tree cannot stand, by squares.
#[derive(Default)]
struct Taken {
    /// Walls of buildings.
    walls: Squares<(Point, Point)>,
    /// Pieces of carriageways, with half their width.
    lanes: Squares<(Point, Point, f64)>,
    crossings: Squares<Point>,
}

fn cell(p: Point) -> (i32, i32) {
    ((p[0] / CELL_M).floor() as i32, (p[1] / CELL_M).floor() as i32)
}

/// The squares that the box around two points meets, `around` metres wider.
fn cells(a: Point, b: Point, around: f64) -> impl Iterator<Item = (i32, i32)> {
    let low = cell([a[0].min(b[0]) - around, a[1].min(b[1]) - around]);
    let high = cell([a[0].max(b[0]) + around, a[1].max(b[1]) + around]);
    (low.0..=high.0).flat_map(move |x| (low.1..=high.1).map(move |y| (x, y)))
}

fn distance(p: Point, a: Point, b: Point) -> f64 {
    let (d, e) = ([b[0] - a[0], b[1] - a[1]], [p[0] - a[0], p[1] - a[1]]);
    let t = ((d[0] * e[0] + d[1] * e[1]) / (d[0] * d[0] + d[1] * d[1]).max(1e-9)).clamp(0.0, 1.0);
    (e[0] - t * d[0]).hypot(e[1] - t * d[1])
}

impl Taken {
    fn free(&self, p: Point, from_lane: f64) -> bool {
        let at = cell(p);
        self.walls.get(&at).into_iter().flatten().all(|(a, b)| distance(p, *a, *b) > WALL_M)
            && self.lanes.get(&at).into_iter().flatten().all(|(a, b, half)| distance(p, *a, *b) > half + from_lane)
    }

    fn near_crossing(&self, p: Point) -> bool {
        let near = |q: &Point| (p[0] - q[0]).hypot(p[1] - q[1]) < CROSSING_M;
        self.crossings.get(&cell(p)).into_iter().flatten().any(near)
    }
}

/// Plants the city. What stands and flows is given; nothing of it is changed.
pub(super) fn plants(
    seed: u64,
    site: &Sited,
    (roads, network): (&[Road], &Network),
    (buildings, areas): (&[Building], &[Area]),
    waters: &[Water],
) -> Vec<Plant> {
    // Its own dice: a tree more or less changes nothing else.
    let mut random = Pcg64::seed_from_u64(seed ^ 0x7452_6565);
    let mut taken = Taken::default();
    let mut rings: Squares<usize> = HashMap::new();
    let footprints: Vec<Vec<Point>> =
        buildings.iter().map(|b| b.footprint.iter().map(|p| site.metres(*p)).collect()).collect();
    for (i, ring) in footprints.iter().enumerate() {
        let fold = |pick: fn(f64, f64) -> f64, from: f64, k: usize| ring.iter().map(|p| p[k]).fold(from, pick);
        let low = [fold(f64::min, f64::MAX, 0), fold(f64::min, f64::MAX, 1)];
        let high = [fold(f64::max, f64::MIN, 0), fold(f64::max, f64::MIN, 1)];
        cells(low, high, 0.0).for_each(|c| rings.entry(c).or_default().push(i));
        for (k, a) in ring.iter().enumerate() {
            let b = ring[(k + 1) % ring.len()];
            cells(*a, b, WALL_M).for_each(|c| taken.walls.entry(c).or_default().push((*a, b)));
        }
    }
    let lines: Vec<Vec<Point>> = roads.iter().map(|r| r.points.iter().map(|p| site.metres(*p)).collect()).collect();
    for (road, line) in roads.iter().zip(&lines) {
        let half = 0.5 * f64::from(road.width_m);
        for pair in line.windows(2) {
            cells(pair[0], pair[1], half + 8.0)
                .for_each(|c| taken.lanes.entry(c).or_default().push((pair[0], pair[1], half)));
        }
    }
    for node in &network.nodes {
        let p = site.metres(Place::new(node[0], node[1]));
        cells(p, p, CROSSING_M).for_each(|c| taken.crossings.entry(c).or_default().push(p));
    }
    let indoors = |p: Point| rings.get(&cell(p)).into_iter().flatten().any(|i| inside(&footprints[*i], p));
    let wet = |p: Point| waters.iter().any(|w| w.contains(p, 2.0));
    let mut out = Vec::new();
    let mut plant = |p: Point, kind: PlantKind, height_m: f64| {
        out.push(Plant { place: site.place(p), kind, height_m: height_m as f32 });
    };
    for (i, (road, line)) in roads.iter().zip(&lines).enumerate() {
        // One kind to a street, as a city's gardeners plant.
        let kind = if i % 4 == 2 { PlantKind::Columnar } else { PlantKind::Broadleaf };
        let tall = if road.class <= RoadClass::Secondary { 8.5 } else { 7.0 };
        for side in [-1.0, 1.0] {
            let away = side * (0.5 * f64::from(road.width_m) + BESIDE_M);
            for p in along(line, STEP_M, away) {
                let height = tall * random.random_range(0.82..1.15);
                if !taken.near_crossing(p) && taken.free(p, 0.5) && !indoors(p) && !wet(p) {
                    plant(p, kind, height);
                }
            }
        }
    }
    for area in areas.iter().filter(|a| a.kind == AreaKind::Green) {
        let ring: Vec<Point> = area.ring.iter().map(|p| site.metres(*p)).collect();
        let fold = |pick: fn(f64, f64) -> f64, from: f64, k: usize| ring.iter().map(|p| p[k]).fold(from, pick);
        let (low, high) = ([0, 1].map(|k| fold(f64::min, f64::MAX, k)), [0, 1].map(|k| fold(f64::max, f64::MIN, k)));
        let steps = [0, 1].map(|k| ((high[k] - low[k]) / GREEN_STEP_M).max(0.0) as usize);
        for i in 0..=steps[0] {
            for j in 0..=steps[1] {
                let jitter = |random: &mut Pcg64| random.random_range(0.0..GREEN_STEP_M);
                let p = [
                    low[0] + i as f64 * GREEN_STEP_M + jitter(&mut random),
                    low[1] + j as f64 * GREEN_STEP_M + jitter(&mut random),
                ];
                let (dice, height): (f64, f64) = (random.random(), random.random_range(4.0..9.5));
                // Lawns between groves: a wave that no straight line of sight repeats.
                let grove = (p[0] / 37.0).sin() + (p[1] / 29.0 + p[0] / 91.0).sin();
                let kind = match dice {
                    d if d < 0.16 => PlantKind::Conifer,
                    d if d < 0.26 => PlantKind::Columnar,
                    _ => PlantKind::Broadleaf,
                };
                let fits = grove + 3.0 * dice > 1.1 && inside(&ring, p);
                if fits && taken.free(p, 3.0) && !indoors(p) && !wet(p) {
                    plant(p, kind, height);
                }
            }
        }
    }
    for water in waters {
        let mut bank: Vec<Point> = water.ring.clone();
        bank.extend(water.ring.first());
        for side in [-5.0, 5.0] {
            for p in along(&bank, 1.3 * STEP_M, side) {
                let height = random.random_range(5.5..8.5);
                if !wet(p) && taken.free(p, 4.0) && !indoors(p) && inside_city(p, &taken) {
                    plant(p, PlantKind::Broadleaf, height);
                }
            }
        }
    }
    out
}

/// Whether anything of the city is near: banks far out are wild.
fn inside_city(p: Point, taken: &Taken) -> bool {
    cells(p, p, 3.0 * CELL_M).any(|c| taken.lanes.contains_key(&c))
}

/// Points at equal steps beside a line, so many metres to its left.
fn along(line: &[Point], step: f64, left: f64) -> impl Iterator<Item = Point> {
    let mut to_go = 0.5 * step;
    line.windows(2).flat_map(move |pair| {
        let d = [pair[1][0] - pair[0][0], pair[1][1] - pair[0][1]];
        let length = d[0].hypot(d[1]);
        let mut found = Vec::new();
        if length > 0.0 {
            let u = [d[0] / length, d[1] / length];
            while to_go < length {
                found.push([pair[0][0] + u[0] * to_go - u[1] * left, pair[0][1] + u[1] * to_go + u[0] * left]);
                to_go += step;
            }
            to_go -= length;
        }
        found
    })
}
