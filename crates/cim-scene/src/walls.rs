//! Where windows are: whole bays between the ends of a wall, whole storeys from the foot of a building to its eaves.

use glam::{Vec2, Vec3};
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
/// Metres below the ground that walls on a slope begin, at most.
const SUNK_M: f32 = 4.0;
/// Metres that corners of a level edge differ in height, at most.
const LEVEL_M: f32 = 0.25;
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
    pub(crate) normals: &'a [[f32; 3]],
    /// The building of every vertex; none at all where there are none.
    pub(crate) features: &'a [u32],
    /// Triangles, all in range.
    pub(crate) indices: &'a [u32],
}

/// A wall: what hangs together of what is upright.
struct Wall {
    building: usize,
    normal: Vec3,
    along: Vec2,
    /// Extent along it and upwards.
    low: Vec2,
    high: Vec2,
    area: f32,
    /// Its corners look in several directions.
    is_bent: bool,
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
        let laid: Vec<Grid> = walls.iter().map(|w| Grid::of(w, &buildings[w.building])).collect();
        let place = |(v, wall): (usize, &u32)| {
            let Some((wall, grid)) = walls.get(*wall as usize).zip(laid.get(*wall as usize)) else {
                return ([0.0; 2], 0.0);
            };
            let at = Vec3::from_array(self.positions[v]);
            let along = if wall.is_bent { direction(Vec3::from_array(self.normals[v])) } else { wall.along };
            let on = Vec2::new(along.dot(Vec2::new(at.x, at.z)), at.y);
            ((grid.from + (on - grid.origin) * grid.scale).to_array(), grid.rows)
        };
        wall_of.iter().enumerate().map(place).collect()
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
        let is_upright: Vec<bool> = self.normals.iter().map(|n| n[1].abs() < UPRIGHT).collect();
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
        let mut wall_of = vec![NONE; group.len()];
        let mut walls: Vec<Wall> = Vec::new();
        for t in upright() {
            let [a, b, c] = t.map(|i| Vec3::from_array(self.positions[i as usize]));
            let area = 0.5 * (b - a).cross(c - a).length();
            let first = root(&mut group, t[0]) as usize;
            if wall_of[first] == NONE {
                wall_of[first] = walls.len() as u32;
                let normal = Vec3::from_array(self.normals[first]);
                walls.push(Wall::new(building_of[first] as usize, normal));
            }
            let number = wall_of[first];
            walls[number as usize].area += area;
            for i in t {
                wall_of[*i as usize] = number;
                let (at, normal) = (self.positions[*i as usize], self.normals[*i as usize]);
                walls[number as usize].reach(Vec3::from_array(at), Vec3::from_array(normal));
            }
        }
        (wall_of, walls)
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
            area: 0.0,
            is_bent: false,
            is_level: true,
        }
    }

    /// A whole number below 256 for where it is.
    fn number(&self) -> f32 {
        let at = (self.low.x.round() as i32).wrapping_mul(0x9e37) ^ (self.high.y.round() as i32).wrapping_mul(0x85eb);
        let facing = (self.along.x * 8.0).round() as i32 * 5 + (self.along.y * 8.0).round() as i32;
        ((at ^ facing.wrapping_mul(0x27d5)) >> 3 & 0xff) as f32
    }

    fn is_oblong(&self) -> bool {
        let size = self.high - self.low;
        self.is_level && self.area > OBLONG * size.x * size.y
    }

    fn reach(&mut self, at: Vec3, normal: Vec3) {
        let on = Vec2::new(self.along.dot(Vec2::new(at.x, at.z)), at.y);
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
        Self { feature, foot: f32::MAX, top: f32::MIN, eaves: 0.0, rank: (false, 0.0), storey, bay }
    }

    /// Finds where its storeys begin and how high they are, once its walls are known.
    fn measure(&mut self, said: Said) {
        // Walls on a slope go on below the ground; heights are of the top or of the eaves.
        let grounds = said.height_m.map(|h| [self.eaves - h, self.top - h]);
        let near = grounds.into_iter().flatten().filter(|g| (-LEVEL_M..SUNK_M).contains(&(g - self.foot)));
        if let Some(ground) = near.reduce(f32::min) {
            self.foot = self.foot.max(ground);
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
    fn of(wall: &Wall, building: &Building) -> Self {
        let low = wall.low.y.max(building.foot);
        let (wide, high) = (wall.high.x - wall.low.x, wall.high.y - low);
        let mut grid = Self {
            origin: Vec2::new(wall.low.x, building.foot),
            scale: Vec2::new(1.0 / building.bay, 1.0 / building.storey),
            from: Vec2::new(wall.number(), 0.0),
            rows: MOST_ROWS,
        };
        if wall.is_bent {
            return grid;
        }
        grid.scale.x = (wide / building.bay).round().max(1.0) / wide.max(LEAST_M);
        if wall.is_oblong() && high >= LEAST_M {
            let storeys = (high / building.storey).round().max(1.0);
            (grid.origin.y, grid.scale.y) = (low, storeys / high);
            grid.from.y = ((low - building.foot) / building.storey).round();
            grid.rows = grid.from.y + storeys;
        } else {
            // Up to the eaves, where a gable or a slope begins: as high as the wall is on average.
            let mean = (wall.area / wide.max(LEAST_M) - (low - wall.low.y)).max(0.0);
            grid.rows = ((low + mean - building.foot) / building.storey + 0.05).floor();
        }
        if wide < LEAST_M || high < LEAST_M {
            grid.rows = 0.0;
        }
        grid.rows = grid.rows.clamp(0.0, MOST_ROWS);
        grid
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Polygons that look to a side, each with its own corners and building.
    #[derive(Default)]
    struct Made {
        positions: Vec<[f32; 3]>,
        normals: Vec<[f32; 3]>,
        features: Vec<u32>,
        indices: Vec<u32>,
    }

    impl Made {
        fn add(&mut self, corners: &[[f32; 3]], normal: [f32; 3], feature: u32) {
            let first = self.positions.len() as u32;
            self.positions.extend(corners);
            self.normals.extend(corners.iter().map(|_| normal));
            self.features.extend(corners.iter().map(|_| feature));
            self.indices.extend((2..corners.len() as u32).flat_map(|i| [first, first + i - 1, first + i]));
        }

        /// A wall to the south from x = 0 on.
        fn wall(&mut self, x: f32, wide: f32, [low, high]: [f32; 2], feature: u32) {
            let corners = [[x, low, 0.0], [x + wide, low, 0.0], [x + wide, high, 0.0], [x, high, 0.0]];
            self.add(&corners, [0.0, 0.0, 1.0], feature);
        }

        fn windows(&self, said: impl Fn(u32) -> Said) -> Vec<([f32; 2], f32)> {
            let Self { positions, normals, features, indices } = self;
            Walls { positions, normals, features, indices }.windows(said)
        }
    }

    fn floors(floors: f32) -> Said {
        Said { floors: Some(floors), height_m: None }
    }

    fn whole(x: f32) -> bool {
        (x - x.round()).abs() < 1e-4
    }

    #[test]
    fn bays_and_storeys_are_whole_and_as_many_as_are_said() {
        let mut made = Made::default();
        for (feature, x) in [(0, 0.0), (1, 100.0), (2, 200.0), (3, 300.0)] {
            made.wall(x, 23.7, [4.0, 22.0], feature);
        }
        // Six floors; nobody says; more than can be; one great hall.
        let said = |f: u32| [floors(6.0), Said::default(), floors(40.0), floors(1.0)][f as usize];
        let windows = made.windows(said);
        for (feature, storeys) in [(0, 6.0), (1, 5.0), (2, 5.0), (3, 5.0)] {
            let [a, b, c, d] = windows[4 * feature..4 * feature + 4] else { panic!() };
            let bays = a.0[0] - b.0[0];
            assert!(whole(bays) && (2.5..=4.8).contains(&(23.7 / bays)), "{feature}: {bays} bays");
            let close = (c.0[1] - storeys).abs() < 1.01 && whole(c.0[1]);
            assert!(close && (feature != 0 || c.0[1].round() == 6.0), "{feature}: {} storeys", c.0[1]);
            assert!(whole(b.0[0]) && b.0[0] < 256.0, "{feature}");
            assert_eq!((b.0[1], d.0, a.1), (0.0, [a.0[0], c.0[1]], c.0[1].round()), "{feature}");
        }
        let bays: Vec<f32> = windows.chunks(4).map(|w| w[0].0[0] - w[1].0[0]).collect();
        assert!(bays.iter().any(|b| *b != bays[0]), "all look alike: {bays:?}");
    }

    #[test]
    fn rows_go_on_round_the_corner_and_end_below_a_gable() {
        let mut made = Made::default();
        made.wall(0.0, 20.0, [0.0, 9.0], 5);
        let gable = [[20.0, 0.0, 0.0], [20.0, 0.0, -10.0], [20.0, 9.0, -10.0], [20.0, 13.0, -5.0], [20.0, 9.0, 0.0]];
        made.add(&gable, [1.0, 0.0, 0.0], 5);
        let roof = [[0.0, 9.0, 0.0], [20.0, 9.0, 0.0], [20.0, 13.0, -5.0], [0.0, 13.0, -5.0]];
        made.add(&roof, [0.0, 0.78, 0.62], 5);
        // Heights are of the eaves for some, of the ridge for others.
        for height_m in [None, Some(9.0), Some(13.0)] {
            let windows = made.windows(|_| Said { floors: Some(3.0), height_m });
            assert!(windows[..9].iter().all(|(_, rows)| *rows == 3.0), "{height_m:?}: {windows:?}");
            assert_eq!([0, 2, 5, 6, 8].map(|i| windows[i].0[1]), [0.0, 3.0, 0.0, 3.0, 3.0], "{height_m:?}");
            assert!(windows[9..].iter().all(|w| *w == ([0.0; 2], 0.0)), "the roof has windows");
        }
    }

    #[test]
    fn the_eaves_of_a_deep_house_are_not_its_ridge() {
        let mut made = Made::default();
        made.wall(0.0, 7.0, [0.0, 3.2], 5);
        let gable = [[7.0, 0.0, 0.0], [7.0, 0.0, -8.0], [7.0, 3.2, -8.0], [7.0, 5.2, -4.0], [7.0, 3.2, 0.0]];
        made.add(&gable, [1.0, 0.0, 0.0], 5);
        let windows = made.windows(|_| Said { floors: Some(1.0), height_m: Some(3.2) });
        assert!(windows.iter().all(|(_, rows)| *rows == 1.0), "{windows:?}");
        assert_eq!([0, 2, 4, 6].map(|i| windows[i].0[1]), [0.0, 1.0, 0.0, 1.0]);
    }

    #[test]
    fn parapets_and_chimneys_have_no_windows_and_setbacks_go_on_counting() {
        let mut made = Made::default();
        made.wall(0.0, 30.0, [0.0, 12.0], 1);
        made.wall(5.0, 20.0, [12.0, 21.0], 1);
        made.wall(5.0, 20.0, [21.0, 22.2], 1);
        made.wall(40.0, 1.2, [12.0, 15.0], 1);
        let rows: Vec<f32> = made.windows(|_| floors(4.0)).iter().step_by(4).map(|w| w.1).collect();
        assert_eq!(rows, [4.0, 7.0, 0.0, 0.0]);
        let upper = made.windows(|_| floors(4.0))[4..8].to_vec();
        assert_eq!((upper[0].0[1], upper[2].0[1]), (4.0, 7.0));
    }

    #[test]
    fn what_is_below_the_ground_is_no_storey() {
        let mut made = Made::default();
        made.wall(0.0, 12.0, [-1.5, 9.0], 0);
        let said = |_| Said { floors: Some(3.0), height_m: Some(9.0) };
        let windows = made.windows(said);
        assert_eq!((windows[2].0[1], windows[2].1), (3.0, 3.0));
        assert!((windows[0].0[1] + 0.5).abs() < 1e-5, "{windows:?}");
    }

    proptest! {
        #[test]
        fn any_triangles_have_windows_somewhere_finite(
            corners in proptest::collection::vec((-1e4..1e4f32, -100.0..500.0f32, -1e4..1e4f32, -1.0..1.0f32, 0..4u32), 3..40),
            indices in proptest::collection::vec(0..40u32, 0..120),
            said in (proptest::option::of(-10.0..1e6f32), proptest::option::of(-1e5..1e5f32)),
        ) {
            let positions: Vec<[f32; 3]> = corners.iter().map(|c| [c.0, c.1, c.2]).collect();
            let normal = |c: &(f32, f32, f32, f32, u32)| Vec3::new(c.3, if c.4 == 0 { 0.7 } else { 0.0 }, 0.4).normalize().to_array();
            let normals: Vec<[f32; 3]> = corners.iter().map(normal).collect();
            let features: Vec<u32> = corners.iter().map(|c| c.4).collect();
            let mut indices: Vec<u32> = indices.iter().map(|i| i % positions.len() as u32).collect();
            indices.truncate(indices.len() / 3 * 3);
            let walls = Walls { positions: &positions, normals: &normals, features: &features, indices: &indices };
            let windows = walls.windows(|_| Said { floors: said.0, height_m: said.1 });
            prop_assert_eq!(windows.len(), positions.len());
            prop_assert!(windows.iter().all(|([u, v], rows)| u.is_finite() && v.is_finite() && (0.0..=255.0).contains(rows)));
        }
    }
}
