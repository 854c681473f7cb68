//! Where windows are: whole bays between the ends of a wall, whole storeys from the foot of a building to its eaves.

use crate::{
    packed,
    runs::{Stretch, stretches},
};
use foldhash::fast::FixedState;
use glam::{DVec2, DVec3, Vec2, Vec3};
use std::collections::HashMap;

/// Walls are upright within six degrees; `city.wgsl` has the same number.
const UPRIGHT: f32 = 0.1;
/// Walls that are narrower or lower than this have no windows, metres.
const LEAST_M: f32 = 1.8;
/// Metres of a bay: the least and what is added to it for some.
const BAY_M: [f32; 2] = [2.8, 1.6];
/// Metres of a storey where nobody says how many there are, likewise.
const STOREY_M: [f32; 2] = [3.1, 0.4];
/// Metres of a storey for which the number of them is believed.
const BELIEVED_M: std::ops::RangeInclusive<f32> = 2.2..=7.5;
/// Metres below the ground that walls begin on a terrain, and that those of flat roofs go on above them: our tiler's.
const SUNK_M: f32 = 1.5;
const PARAPET_M: f32 = 0.9;
/// Metres that corners of a level edge differ in height, at most, and heights from what is said of them.
const LEVEL_M: f32 = 0.25;
/// The cosine of the angle between the normals of triangles of one wall, at most.
const PLANE: f32 = 0.9995;
/// Vertices at one place that are compared.
const COMPARED: usize = 8;
/// The share of the box around it that an oblong wall fills, at least.
const OBLONG: f32 = 0.9;
/// Rows of windows that can be counted.
const MOST_ROWS: f32 = 255.0;
/// No wall.
const NONE: u32 = u32::MAX;

/// What a source says of a building.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Said {
    /// Storeys above the ground.
    pub(crate) floors: Option<f32>,
    /// Metres from the ground to the top or to the eaves.
    pub(crate) height_m: Option<f32>,
}

/// A surface with walls in it, render axes.
pub(crate) struct Walls<'a> {
    pub(crate) positions: &'a [[f32; 3]],
    pub(crate) normals: &'a [[i16; 4]],
    /// The building of every vertex; none at all where there are none.
    pub(crate) features: &'a [u32],
    /// Triangles, all in range.
    pub(crate) indices: &'a [u32],
    /// Where the positions are relative to, site metres: coarse and fine tiles of a building have other ones, and the same
    /// windows.
    pub(crate) anchor: DVec3,
}

/// A wall: what hangs together of what is upright and in a plane.
pub(crate) struct Wall {
    pub(crate) building: usize,
    pub(crate) normal: Vec3,
    along: Vec2,
    /// Extent along it and upwards.
    pub(crate) low: Vec2,
    pub(crate) high: Vec2,
    /// Where it begins and ends on the plan: x and z.
    pub(crate) ends: [Vec2; 2],
    area: f32,
    /// Its corners look in several directions.
    pub(crate) is_bent: bool,
    /// All corners lie on its lower or its upper edge.
    is_level: bool,
}

/// A building: what has one feature.
struct Building {
    feature: u32,
    /// The foot of its walls, and the top of everything.
    foot: f32,
    top: f32,
    /// The upper edge of its largest wall, and what makes it that: an oblong one before all others, and its area.
    eaves: f32,
    rank: (bool, f32),
    /// Its walls go on above the eaves.
    has_parapet: bool,
    storey: f32,
    bay: f32,
}

impl Walls<'_> {
    /// Of every vertex how many bays along the wall and how many storeys up it lies, and how many rows of windows its wall
    /// has from the ground on. Bays count from another whole number on every wall, since windows burn by their numbers.
    /// What is no wall has none.
    pub(crate) fn windows(&self, said: impl Fn(u32) -> Said) -> Vec<([f32; 2], f32)> {
        let (building_of, mut buildings) = self.buildings();
        let (wall_of, mut walls) = self.walls(&building_of);
        self.mark_level(&wall_of, &mut walls);
        for wall in &walls {
            let building = &mut buildings[wall.building];
            building.foot = building.foot.min(wall.low.y);
            // Gables reach above the eaves.
            let rank = (wall.is_oblong(), wall.area);
            if rank > building.rank {
                (building.rank, building.eaves) = (rank, wall.high.y);
            }
        }
        buildings.iter_mut().for_each(|b| b.measure(said(b.feature)));
        let runs = stretches(&walls);
        let grid = |(wall, run): (&Wall, &Stretch)| {
            Grid::of(wall, &buildings[wall.building], (run, walls[run.first].number(self.anchor)))
        };
        let laid: Vec<Grid> = walls.iter().zip(&runs).map(grid).collect();
        let place = |(v, wall): (usize, &u32)| {
            let Some((wall, grid)) = walls.get(*wall as usize).zip(laid.get(*wall as usize)) else {
                return ([0.0; 2], 0.0);
            };
            let at = Vec3::from_array(self.positions[v]);
            let along = if wall.is_bent { direction(self.normal(v)) } else { wall.along };
            let on = Vec2::new(along.dot(Vec2::new(at.x, at.z)), at.y);
            ((grid.from + (on - grid.origin) * grid.scale).to_array(), grid.rows)
        };
        wall_of.iter().enumerate().map(place).collect()
    }

    fn normal(&self, vertex: usize) -> Vec3 {
        packed::direction(self.normals[vertex])
    }

    /// The building of every vertex, and all of them with their tops.
    fn buildings(&self) -> (Vec<u32>, Vec<Building>) {
        let mut known: HashMap<u32, u32> = HashMap::new();
        let (mut of, mut all): (_, Vec<Building>) = (Vec::with_capacity(self.positions.len()), Vec::new());
        let mut last = None;
        for (v, position) in self.positions.iter().enumerate() {
            let feature = self.features.get(v).copied().unwrap_or(NONE);
            let number = match last {
                Some((f, number)) if f == feature => number,
                _ => *known.entry(feature).or_insert_with(|| {
                    all.push(Building::new(feature));
                    all.len() as u32 - 1
                }),
            };
            last = Some((feature, number));
            let building = &mut all[number as usize];
            building.top = building.top.max(position[1]);
            of.push(number);
        }
        (of, all)
    }

    /// The wall of every vertex, and all of them.
    fn walls(&self, building_of: &[u32]) -> (Vec<u32>, Vec<Wall>) {
        let is_upright: Vec<bool> = self.normals.iter().map(|n| packed::direction(*n).y.abs() < UPRIGHT).collect();
        let mut group: Vec<u32> = (0..self.positions.len() as u32).collect();
        let upright = || {
            let triangles = self.indices.as_chunks::<3>().0.iter();
            triangles.filter(|t| t.iter().all(|i| is_upright[*i as usize]))
        };
        for [a, b, c] in upright() {
            let first = root(&mut group, *a);
            for other in [b, c] {
                let other = root(&mut group, *other);
                group[other as usize] = first;
            }
        }
        self.weld(building_of, upright().flatten().copied(), &mut group);
        let mut wall_of = vec![NONE; group.len()];
        let mut walls: Vec<Wall> = Vec::new();
        for t in upright() {
            let [a, b, c] = t.map(|i| Vec3::from_array(self.positions[i as usize]));
            let area = 0.5 * (b - a).cross(c - a).length();
            let first = root(&mut group, t[0]) as usize;
            if wall_of[first] == NONE {
                wall_of[first] = walls.len() as u32;
                let normal = self.normal(first);
                walls.push(Wall::new(building_of[first] as usize, normal));
            }
            let number = wall_of[first];
            walls[number as usize].area += area;
            for i in t {
                wall_of[*i as usize] = number;
                let at = Vec3::from_array(self.positions[*i as usize]);
                walls[number as usize].reach(at, self.normal(*i as usize));
            }
        }
        (wall_of, walls)
    }

    /// Puts vertices together that are one but for their numbers: triangles may have vertices of their own.
    fn weld(&self, building_of: &[u32], vertices: impl Iterator<Item = u32>, group: &mut [u32]) {
        // Two walls meet at most places.
        let mut newest: HashMap<u128, u32, FixedState> =
            HashMap::with_capacity_and_hasher(group.len() / 2, FixedState::default());
        let mut before = vec![NONE; group.len()];
        let mut is_known = vec![false; group.len()];
        for v in vertices {
            let at = v as usize;
            if std::mem::replace(&mut is_known[at], true) {
                continue;
            }
            // Zero has two signs.
            let place = self.positions[at].map(|c| (c + 0.0).to_bits());
            let key = place.iter().fold(u128::from(building_of[at]), |key, c| key << 32 | u128::from(*c));
            let newest = newest.entry(key).or_insert(NONE);
            let there = std::iter::successors(Some(*newest), |u| before.get(*u as usize).copied());
            let normal = self.normal(at);
            let is_one = |u: &u32| self.normal(*u as usize).dot(normal) > PLANE;
            if let Some(u) = there.take(COMPARED).take_while(|u| *u != NONE).find(is_one) {
                let (u, v) = (root(group, u), root(group, v));
                group[v as usize] = u;
            }
            before[at] = std::mem::replace(newest, v);
        }
    }

    fn mark_level(&self, wall_of: &[u32], walls: &mut [Wall]) {
        for (position, wall) in self.positions.iter().zip(wall_of) {
            if let Some(wall) = walls.get_mut(*wall as usize) {
                let off = (position[1] - wall.low.y).min(wall.high.y - position[1]);
                wall.is_level &= off <= LEVEL_M;
            }
        }
    }
}

/// Along a wall, to the left of somebody who looks at it.
fn direction(normal: Vec3) -> Vec2 {
    Vec2::new(-normal.z, normal.x).normalize_or(Vec2::X)
}

fn root(group: &mut [u32], mut i: u32) -> u32 {
    while group[i as usize] != i {
        group[i as usize] = group[group[i as usize] as usize];
        i = group[i as usize];
    }
    i
}

impl Wall {
    fn new(building: usize, normal: Vec3) -> Self {
        Self {
            building,
            normal,
            along: direction(normal),
            low: Vec2::MAX,
            high: Vec2::MIN,
            ends: [Vec2::ZERO; 2],
            area: 0.0,
            is_bent: false,
            is_level: true,
        }
    }

    /// A whole number below 256 for where it is on the site; `anchor` is what its corners are relative to.
    fn number(&self, anchor: DVec3) -> f32 {
        let along = self.along.as_dvec2().dot(DVec2::new(anchor.x, anchor.z)) + f64::from(self.low.x);
        let [along, up] = [along, anchor.y + f64::from(self.high.y)].map(|v| v.round() as i32);
        let at = along.wrapping_mul(0x9e37) ^ up.wrapping_mul(0x85eb);
        let facing = (self.along.x * 8.0).round() as i32 * 5 + (self.along.y * 8.0).round() as i32;
        ((at ^ facing.wrapping_mul(0x27d5)) >> 3 & 0xff) as f32
    }

    /// Metres from end to end.
    pub(crate) fn wide(&self) -> f32 {
        (self.high.x - self.low.x).max(0.0)
    }

    fn is_oblong(&self) -> bool {
        let size = self.high - self.low;
        self.is_level && self.area > OBLONG * size.x * size.y
    }

    fn reach(&mut self, at: Vec3, normal: Vec3) {
        let plan = Vec2::new(at.x, at.z);
        let on = Vec2::new(self.along.dot(plan), at.y);
        if on.x < self.low.x {
            self.ends[0] = plan;
        }
        if on.x > self.high.x {
            self.ends[1] = plan;
        }
        (self.low, self.high) = (self.low.min(on), self.high.max(on));
        self.is_bent |= self.normal.dot(normal) < 0.99;
    }
}

impl Building {
    fn new(feature: u32) -> Self {
        // Neighbours are numbered one after the other and look unlike.
        let dice = feature.wrapping_mul(0x9e37_79b9).rotate_left(15).wrapping_mul(0x85eb_ca6b);
        let [bay, storey] = [dice >> 16, dice & 0xffff].map(|d| d as f32 / 65_536.0);
        let bay = BAY_M[0] + BAY_M[1] * bay;
        let storey = STOREY_M[0] + STOREY_M[1] * storey;
        Self { feature, foot: f32::MAX, top: f32::MIN, eaves: 0.0, rank: (false, 0.0), has_parapet: false, storey, bay }
    }

    /// Finds where its storeys begin and how high they are, once its walls are known.
    fn measure(&mut self, said: Said) {
        // Heights are of the eaves, of the top, or of a flat roof without its parapet.
        if let Some(height) = said.height_m {
            let roofs = [(self.eaves, false), (self.top, false), (self.eaves - PARAPET_M, true)];
            let stands_on = |ground: f32| {
                roofs
                    .into_iter()
                    .find(|(roof, _)| (roof - height - ground).abs() < LEVEL_M)
                    .map(|(_, parapet)| (ground, parapet))
            };
            if let Some((ground, has_parapet)) = stands_on(self.foot).or_else(|| stands_on(self.foot + SUNK_M)) {
                (self.foot, self.has_parapet) = (ground, has_parapet);
            }
        }
        if self.has_parapet {
            self.eaves -= PARAPET_M;
        }
        let height = self.eaves - self.foot;
        let believed = said.floors.filter(|f| BELIEVED_M.contains(&(height / f.max(1.0))) && *f >= 1.0);
        let floors = believed.unwrap_or_else(|| (height / self.storey).round()).max(1.0);
        self.storey = (height / floors).max(BELIEVED_M.start() * 0.5);
    }
}

/// From metres on a wall to bays and storeys.
struct Grid {
    origin: Vec2,
    scale: Vec2,
    from: Vec2,
    rows: f32,
}

impl Grid {
    /// Of a wall that is in a run, whose bays count from `number`.
    fn of(wall: &Wall, building: &Building, (run, number): (&Stretch, f32)) -> Self {
        let low = wall.low.y.max(building.foot);
        let over = wall.high.y - building.eaves;
        let is_parapet = building.has_parapet && (0.0..PARAPET_M + LEVEL_M).contains(&over);
        let (wide, high) = (run.whole, if is_parapet { building.eaves } else { wall.high.y } - low);
        let mut grid = Self {
            origin: Vec2::new(wall.low.x, building.foot),
            scale: Vec2::new(1.0 / building.bay, 1.0 / building.storey),
            from: Vec2::new(number, 0.0),
            rows: 0.0,
        };
        if wide < LEAST_M || high < LEAST_M {
            return grid;
        }
        if wall.is_bent {
            grid.rows = ((low + high - building.foot) / building.storey + 0.05).floor().clamp(0.0, MOST_ROWS);
            return grid;
        }
        grid.scale.x = (wide / building.bay).round().max(1.0) / wide;
        grid.from.x += run.from * grid.scale.x;
        if wall.is_oblong() {
            let storeys = (high / building.storey).round().max(1.0);
            (grid.origin.y, grid.scale.y) = (low, storeys / high);
            grid.from.y = ((low - building.foot) / building.storey).round();
            grid.rows = grid.from.y + storeys;
        } else {
            // Up to the eaves, where a gable or a slope begins: as high as the wall is on average.
            let mean = (wall.area / wall.wide().max(0.1) - (low - wall.low.y)).max(0.0);
            grid.rows = ((low + mean - building.foot) / building.storey + 0.05).floor();
        }
        grid.rows = grid.rows.clamp(0.0, MOST_ROWS);
        grid
    }
}
