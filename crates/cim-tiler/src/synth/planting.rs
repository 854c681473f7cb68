//! Street trees, the trees of parks and estates, and those on the banks.

use super::{
    Sited,
    blocks::Filled,
    squares::{Rings, Squares},
    water::Water,
};
use crate::{
    city::{Area, AreaKind, Network, Plant, PlantKind, Road, RoadClass},
    ring::inside,
    workers,
};
use cim_model::Place;
use rand::Rng;
use rand_pcg::Pcg64;

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

/// A tree on the pavement of a street.
#[derive(Debug, Clone, Copy)]
pub(super) struct StreetTree {
    pub(super) at: Point,
    /// Its road.
    pub(super) road: usize,
}

/// What was planted.
#[derive(Debug)]
pub(super) struct Planted {
    pub(super) plants: Vec<Plant>,
    /// Those of them that stand along streets, road by road.
    pub(super) street: Vec<StreetTree>,
}

/// Where a tree cannot stand, by squares.
pub(super) struct Ground<'a> {
    roads: &'a [Road],
    /// Their centre lines.
    lines: Vec<Vec<Point>>,
    /// Walls of buildings: the numbers of their rings and of their first corners.
    walls: Squares<(u32, u32)>,
    /// Pieces of carriageways, with half their width.
    lanes: Squares<(Point, Point, f64)>,
    crossings: Squares<Point>,
    /// Footprints of buildings and what is paved.
    rings: Rings,
    covered: Squares<u32>,
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

impl<'a> Ground<'a> {
    /// Looks at what stands and flows.
    pub(super) fn new(roads: &'a [Road], network: &Network, filled: &Filled, site: &Sited) -> Self {
        let paved = filled.yards.iter().flat_map(|y| &y.paved).filter_map(|f| f.rings.first());
        let paved = paved.map(|r| r.iter().map(|p| [p[0], p[1]]));
        let mut rings: Rings = filled.buildings.iter().map(|b| &b.ring).collect();
        paved.for_each(|ring| rings.push(ring));
        let covered = Squares::new(|put| {
            for (i, ring) in rings.iter().enumerate() {
                let (low, high) = extent(ring);
                cells(low, high, 0.0).for_each(|c| put(c, i as u32));
            }
        });
        let walls = Squares::new(|put| {
            for (i, ring) in rings.iter().enumerate().take(filled.buildings.len()) {
                for (k, a) in ring.iter().enumerate() {
                    cells(*a, ring[(k + 1) % ring.len()], WALL_M).for_each(|c| put(c, (i as u32, k as u32)));
                }
            }
        });
        let lines: Vec<Vec<Point>> = roads.iter().map(|r| r.points.iter().map(|p| site.metres(*p)).collect()).collect();
        let lanes = Squares::new(|put| {
            for (road, line) in roads.iter().zip(&lines) {
                let half = 0.5 * f64::from(road.width_m);
                for pair in line.windows(2) {
                    cells(pair[0], pair[1], half + 8.0).for_each(|c| put(c, (pair[0], pair[1], half)));
                }
            }
        });
        let nodes: Vec<Point> = network.nodes.iter().map(|n| site.metres(Place::new(n[0], n[1]))).collect();
        let crossings =
            Squares::new(|put| nodes.iter().for_each(|p| cells(*p, *p, CROSSING_M).for_each(|c| put(c, *p))));
        Self { roads, lines, walls, lanes, crossings, rings, covered }
    }

    fn free(&self, p: Point, from_lane: f64) -> bool {
        let at = cell(p);
        let wall = |(ring, side): &(u32, u32)| {
            let (ring, side) = (&self.rings[*ring as usize], *side as usize);
            (ring[side], ring[(side + 1) % ring.len()])
        };
        self.walls.get(at).iter().map(wall).all(|(a, b)| distance(p, a, b) > WALL_M)
            && self.lanes.get(at).iter().all(|(a, b, half)| distance(p, *a, *b) > half + from_lane)
            && !self.covered.get(at).iter().any(|i| inside(&self.rings[*i as usize], p))
    }

    fn near_crossing(&self, p: Point) -> bool {
        let near = |q: &Point| (p[0] - q[0]).hypot(p[1] - q[1]) < CROSSING_M;
        self.crossings.get(cell(p)).iter().any(near)
    }

    /// Whether anything of the city is near: banks far out are wild.
    fn in_the_city(&self, p: Point) -> bool {
        cells(p, p, 3.0 * CELL_M).any(|c| self.lanes.meets(c))
    }
}

/// Lowest and highest corner.
fn extent(ring: &[Point]) -> (Point, Point) {
    ring.iter().fold(([f64::MAX; 2], [f64::MIN; 2]), |(low, high), p| {
        ([low[0].min(p[0]), low[1].min(p[1])], [high[0].max(p[0]), high[1].max(p[1])])
    })
}

/// A tree before it has a place on the Earth.
type Sapling = (Point, PlantKind, f64);

/// Plants the city. Every street, green and bank has dice of its own: a tree more or less changes nothing else.
pub(super) fn plants(seed: u64, site: &Sited, ground: &Ground<'_>, areas: &[Area], waters: &[Water]) -> Planted {
    let dice = |subject: u128, number: usize| Pcg64::new(u128::from(seed), (subject << 64) + number as u128);
    let plant = |(p, kind, height_m): &Sapling| {
        let (place, kind) = (site.place(*p), *kind);
        Plant { place, kind, height_m: *height_m as f32 }
    };
    let plants = |saplings: Vec<Sapling>| saplings.iter().map(plant).collect::<Vec<Plant>>();
    let streets: Vec<usize> = (0..ground.roads.len()).collect();
    let along_streets = workers::each(&streets, |i| {
        let saplings = street(ground, waters, *i, dice(0x5743, *i));
        (saplings.iter().map(|t| StreetTree { at: t.0, road: *i }).collect::<Vec<_>>(), plants(saplings))
    });
    let (street, along_streets): (Vec<_>, Vec<_>) = along_streets.into_iter().unzip();
    let greens: Vec<(usize, &Area)> = areas.iter().filter(|a| a.kind == AreaKind::Green).enumerate().collect();
    let groves = workers::each(&greens, |(i, area)| {
        let ring: Vec<Point> = area.ring.iter().map(|p| site.metres(*p)).collect();
        plants(grove(ground, waters, &ring, dice(0x6772, *i)))
    });
    let banks: Vec<(usize, &Water)> = waters.iter().enumerate().collect();
    let banks = workers::each(&banks, |(i, water)| plants(bank(ground, waters, water, dice(0x6261, *i))));
    let parts: Vec<Vec<Plant>> = along_streets.into_iter().chain(groves).chain(banks).collect();
    // There are millions: no more room than they take, and none for what has been moved.
    let mut all = Vec::with_capacity(parts.iter().map(Vec::len).sum());
    parts.into_iter().for_each(|part| all.extend(part));
    Planted { plants: all, street: street.into_iter().flatten().collect() }
}

/// The trees on both sides of a street, one kind to a street, as a city's gardeners plant.
fn street(ground: &Ground<'_>, waters: &[Water], index: usize, mut random: Pcg64) -> Vec<Sapling> {
    let (road, line) = (&ground.roads[index], &ground.lines[index]);
    let kind = if index % 4 == 2 { PlantKind::Columnar } else { PlantKind::Broadleaf };
    let tall = if road.class <= RoadClass::Secondary { 8.5 } else { 7.0 };
    let mut out = Vec::new();
    for side in [-1.0, 1.0] {
        let away = side * (0.5 * f64::from(road.width_m) + BESIDE_M);
        for p in along(line, STEP_M, away) {
            let height = tall * random.random_range(0.82..1.15);
            if !ground.near_crossing(p) && ground.free(p, 0.5) && !waters.iter().any(|w| w.contains(p, 2.0)) {
                out.push((p, kind, height));
            }
        }
    }
    out
}

/// The trees of a green.
fn grove(ground: &Ground<'_>, waters: &[Water], ring: &[Point], mut random: Pcg64) -> Vec<Sapling> {
    let (low, high) = extent(ring);
    let middle = [0.5 * (low[0] + high[0]), 0.5 * (low[1] + high[1])];
    let reach = 0.5 * (high[0] - low[0]).hypot(high[1] - low[1]) + 2.0;
    let waters: Vec<&Water> = waters.iter().filter(|w| w.contains(middle, reach)).collect();
    let steps = [0, 1].map(|k| ((high[k] - low[k]) / GREEN_STEP_M).max(0.0) as usize);
    let mut out = Vec::new();
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
            let fits = grove + 3.0 * dice > 1.1 && inside(ring, p);
            if fits && ground.free(p, 3.0) && !waters.iter().any(|w| w.contains(p, 2.0)) {
                out.push((p, kind, height));
            }
        }
    }
    out
}

/// The trees on the banks of a water.
fn bank(ground: &Ground<'_>, waters: &[Water], water: &Water, mut random: Pcg64) -> Vec<Sapling> {
    let mut line: Vec<Point> = water.ring.clone();
    line.extend(water.ring.first());
    let mut out = Vec::new();
    for side in [-5.0, 5.0] {
        for p in along(&line, 1.3 * STEP_M, side) {
            let height = random.random_range(5.5..8.5);
            if ground.in_the_city(p) && ground.free(p, 4.0) && !waters.iter().any(|w| w.contains(p, 2.0)) {
                out.push((p, PlantKind::Broadleaf, height));
            }
        }
    }
    out
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
