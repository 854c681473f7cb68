//! What stands in the blocks between the streets.

use super::{
    names,
    plan::{Plan, bend, width_m},
    water::Water,
};
use crate::city::Roof;
use rand::Rng;
use rand_pcg::Pcg64;

/// A building, east-north metres.
#[derive(Debug)]
pub(super) struct Built {
    pub(super) ring: Vec<[f64; 2]>,
    pub(super) height_m: f32,
    pub(super) floors: u16,
    pub(super) name: String,
    pub(super) class: &'static str,
    pub(super) address: String,
    pub(super) roof: Roof,
    pub(super) wall: [u8; 3],
    pub(super) roof_color: [u8; 3],
}

/// A green, east-north metres.
#[derive(Debug)]
pub(super) struct Green {
    pub(super) name: String,
    pub(super) ring: Vec<[f64; 2]>,
}

/// What the blocks hold.
#[derive(Debug, Default)]
pub(super) struct Filled {
    pub(super) buildings: Vec<Built>,
    pub(super) greens: Vec<Green>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Zone {
    OldTown,
    Slabs,
    Towers,
    Commerce,
    Offices,
    School,
    Hospital,
    Factory,
    Park,
}

impl Zone {
    /// What blocks of this use are called.
    fn names(self) -> &'static [&'static str] {
        match self {
            Self::OldTown => names::LANES,
            Self::Slabs | Self::Towers => names::HOMES,
            Self::Commerce => names::SHOPS,
            Self::Offices => names::OFFICES,
            Self::School => names::SCHOOLS,
            Self::Hospital => names::HOSPITALS,
            Self::Factory => names::FACTORIES,
            Self::Park => names::PARKS,
        }
    }
}

/// Fills blocks from the centre outwards until there are `wanted` buildings.
pub(super) fn fill(plan: &Plan, waters: &[Water], wanted: usize, random: &mut Pcg64) -> Filled {
    let mut order: Vec<(usize, usize)> =
        (0..plan.columns.len() - 1).flat_map(|i| (0..plan.rows.len() - 1).map(move |j| (i, j))).collect();
    let centre = |&(i, j): &(usize, usize)| {
        [0.5 * (plan.columns[i].at + plan.columns[i + 1].at), 0.5 * (plan.rows[j].at + plan.rows[j + 1].at)]
    };
    order.sort_by(|a, b| {
        let d = |k: &(usize, usize)| centre(k)[0].hypot(centre(k)[1]);
        d(a).total_cmp(&d(b)).then(a.cmp(b))
    });
    let extent = plan.half_extent();
    let mut out = Filled::default();
    for (number, (i, j)) in order.into_iter().enumerate() {
        if out.buildings.len() >= wanted {
            break;
        }
        let half = |class| 0.5 * f64::from(width_m(class)) + 7.0;
        let (west, east) = (plan.columns[i], plan.columns[i + 1]);
        let (south, north) = (plan.rows[j], plan.rows[j + 1]);
        let low = [west.at + half(west.class), south.at + half(south.class)];
        let high = [east.at - half(east.class), north.at - half(north.class)];
        let at = centre(&(i, j));
        let zone = zone(at, extent, waters, random);
        let mut block = Block {
            low,
            high,
            waters,
            out: &mut out,
            estate: names::estate(number, zone.names()),
            address: format!(
                "济宁市任城区{}{}号",
                names::street(names::from_centre(i, plan.columns.len()), true),
                2 * j + 1
            ),
            wanted,
            number: 0,
        };
        match zone {
            Zone::OldTown => block.old_town(random),
            Zone::Slabs => block.slabs(random),
            Zone::Towers => block.towers(random),
            Zone::Commerce => block.commerce(random, at[0].hypot(at[1]) < 0.3 * extent),
            Zone::Offices => block.offices(random),
            Zone::School => block.school(random),
            Zone::Hospital => block.hospital(random),
            Zone::Factory => block.factory(random),
            Zone::Park => block.park(),
        }
    }
    out.buildings.truncate(wanted);
    out
}

fn zone(at: [f64; 2], extent: f64, waters: &[Water], random: &mut Pcg64) -> Zone {
    let d = at[0].hypot(at[1]) / extent;
    let dice: f64 = random.random();
    let lakeside = waters.iter().any(|w| w.is_lake && w.contains(bend(at), 380.0));
    let waterside = waters.iter().any(|w| w.contains(bend(at), 70.0));
    let table: &[(f64, Zone)] = if waterside && dice < 0.45 {
        return Zone::Park;
    } else if lakeside {
        &[(0.35, Zone::Offices), (0.8, Zone::Towers), (1.0, Zone::Park)]
    } else if d < 0.16 {
        &[(0.3, Zone::OldTown), (0.62, Zone::Commerce), (0.74, Zone::Offices), (0.93, Zone::Slabs), (1.0, Zone::Park)]
    } else if d < 0.55 {
        &[
            (0.44, Zone::Slabs),
            (0.68, Zone::Towers),
            (0.76, Zone::Commerce),
            (0.83, Zone::OldTown),
            (0.89, Zone::School),
            (0.92, Zone::Hospital),
            (0.96, Zone::Offices),
            (1.0, Zone::Park),
        ]
    } else {
        &[
            (0.3, Zone::Slabs),
            (0.58, Zone::Towers),
            (0.82, Zone::Factory),
            (0.87, Zone::School),
            (0.91, Zone::Commerce),
            (1.0, Zone::Park),
        ]
    };
    table.iter().find(|(limit, _)| dice < *limit).map_or(Zone::Slabs, |(_, z)| *z)
}

/// One block while it is being filled. Coordinates are those of the unbent grid.
struct Block<'a> {
    low: [f64; 2],
    high: [f64; 2],
    waters: &'a [Water],
    out: &'a mut Filled,
    estate: String,
    address: String,
    wanted: usize,
    number: u32,
}

/// What a building looks like, apart from its shape.
struct Look {
    class: &'static str,
    floors: u16,
    floor_m: f32,
    roof: Roof,
    wall: [u8; 3],
    roof_color: [u8; 3],
}

const CREAM: [[u8; 3]; 6] =
    [[226, 214, 190], [214, 196, 166], [222, 218, 208], [204, 186, 158], [232, 226, 214], [206, 176, 148]];
const MODERN: [[u8; 3]; 5] = [[206, 210, 214], [188, 196, 204], [222, 214, 202], [176, 166, 154], [214, 202, 186]];
const GLASS: [[u8; 3]; 4] = [[128, 158, 182], [112, 142, 162], [150, 174, 188], [138, 150, 160]];
const FLAT_ROOF: [[u8; 3]; 3] = [[150, 148, 144], [132, 134, 138], [164, 156, 146]];

impl Block<'_> {
    fn width(&self) -> f64 {
        self.high[0] - self.low[0]
    }

    fn depth(&self) -> f64 {
        self.high[1] - self.low[1]
    }

    /// Adds a building with these corners (metres from the block's south-west corner) unless it would stand in water.
    fn add(&mut self, corners: &[[f64; 2]], suffix: &str, look: &Look) {
        if self.out.buildings.len() >= self.wanted {
            return;
        }
        let ring: Vec<[f64; 2]> = corners.iter().map(|c| bend([self.low[0] + c[0], self.low[1] + c[1]])).collect();
        let n = ring.len() as f64;
        let centre = ring.iter().fold([0.0; 2], |c, p| [c[0] + p[0] / n, c[1] + p[1] / n]);
        if ring.iter().chain([&centre]).any(|p| self.waters.iter().any(|w| w.contains(*p, 14.0))) {
            return;
        }
        self.number += 1;
        self.out.buildings.push(Built {
            ring,
            height_m: f32::from(look.floors) * look.floor_m,
            floors: look.floors,
            name: format!("{}{}{suffix}", self.estate, self.number),
            class: look.class,
            address: self.address.clone(),
            roof: look.roof,
            wall: look.wall,
            roof_color: look.roof_color,
        });
    }

    fn rect(&mut self, x: f64, y: f64, w: f64, d: f64, suffix: &str, look: &Look) {
        self.add(&[[x, y], [x + w, y], [x + w, y + d], [x, y + d]], suffix, look);
    }

    fn green(&mut self, x: f64, y: f64, w: f64, d: f64, name: String) {
        let mut corners = Vec::new();
        for (a, b) in
            [([x, y], [x + w, y]), ([x + w, y], [x + w, y + d]), ([x + w, y + d], [x, y + d]), ([x, y + d], [x, y])]
        {
            for k in 0..4 {
                let t = f64::from(k) / 4.0;
                corners.push([a[0] + (b[0] - a[0]) * t, a[1] + (b[1] - a[1]) * t]);
            }
        }
        let ring = corners.iter().map(|c| bend([self.low[0] + c[0], self.low[1] + c[1]])).collect();
        self.out.greens.push(Green { name, ring });
    }

    /// Courtyards: low houses with tiled roofs along narrow lanes.
    fn old_town(&mut self, random: &mut Pcg64) {
        let mut y = 4.0;
        while y + 9.0 < self.depth() {
            let mut x = 3.0;
            while x + 13.0 < self.width() {
                let (w, d) =
                    (random.random_range(11.0..19.0f64).min(self.width() - x - 2.0), random.random_range(7.5..10.0));
                if random.random_bool(0.88) {
                    let look = Look {
                        class: "住宅",
                        floors: if random.random_bool(0.3) { 2 } else { 1 },
                        floor_m: 3.4,
                        roof: Roof::Gable,
                        wall: pick(&[[186, 172, 152], [170, 164, 156], [196, 186, 170]], random),
                        roof_color: pick(&[[104, 100, 98], [120, 92, 78], [92, 96, 102]], random),
                    };
                    self.rect(x, y, w, d, "号院", &look);
                }
                x += w + random.random_range(3.0..6.0);
            }
            y += random.random_range(16.0..21.0);
        }
    }

    /// Slab housing in rows that face south.
    fn slabs(&mut self, random: &mut Pcg64) {
        let floors = pick(&[5, 6, 6, 6, 7, 11, 11], random);
        let (wall, roof_color) = (pick(&CREAM, random), pick(&FLAT_ROOF, random));
        let red = floors <= 6 && random.random_bool(0.4);
        let height = f64::from(floors) * 2.9;
        let mut y = 6.0;
        self.green(2.0, 2.0, self.width() - 4.0, self.depth() - 4.0, format!("{}绿地", self.estate));
        while y + 12.5 < self.depth() {
            let mut x = 6.0;
            let row = random.random_range(0.0..6.0);
            x += row;
            while x + 40.0 < self.width() {
                let w = random.random_range(42.0..66.0f64).min(self.width() - x - 4.0);
                let look = Look {
                    class: "住宅",
                    floors,
                    floor_m: 2.9,
                    roof: if red { Roof::Gable } else { Roof::Flat },
                    wall,
                    roof_color: if red { [150, 84, 66] } else { roof_color },
                };
                self.rect(x, y, w, 12.5, "号楼", &look);
                x += w + random.random_range(9.0..14.0);
            }
            y += 12.5 + (1.25 * height).clamp(18.0, 38.0);
        }
    }

    /// High-rise housing on lawns.
    fn towers(&mut self, random: &mut Pcg64) {
        let wall = pick(&MODERN, random);
        let trim = pick(&FLAT_ROOF, random);
        self.green(3.0, 3.0, self.width() - 6.0, self.depth() - 6.0, format!("{}绿地", self.estate));
        let base: u16 = random.random_range(17..31);
        let mut y = 16.0;
        let mut odd = false;
        while y + 20.0 < self.depth() {
            let mut x = if odd { 36.0 } else { 14.0 };
            while x + 34.0 < self.width() {
                let look = Look {
                    class: "住宅",
                    floors: base + random.random_range(0..4),
                    floor_m: 2.95,
                    roof: Roof::Flat,
                    wall,
                    roof_color: trim,
                };
                self.rect(x, y, random.random_range(28.0..34.0), 17.0, "号楼", &look);
                x += random.random_range(56.0..66.0);
            }
            odd = !odd;
            y += 52.0;
        }
    }

    /// A shopping podium with towers, and shops along the street.
    fn commerce(&mut self, random: &mut Pcg64, central: bool) {
        let (w, d) = (self.width() * 0.62, self.depth() * 0.46);
        let podium = Look {
            class: "商业",
            floors: random.random_range(4..7),
            floor_m: 4.8,
            roof: Roof::Flat,
            wall: pick(&[[212, 204, 192], [190, 178, 164], [200, 206, 210]], random),
            roof_color: pick(&FLAT_ROOF, random),
        };
        let x0 = 0.5 * (self.width() - w);
        self.rect(x0, 10.0, w, d, "号商场", &podium);
        let towers = if central { random.random_range(2..4) } else { 1 };
        for k in 0..towers {
            let side = random.random_range(27.0..36.0);
            let look = Look {
                class: "办公",
                floors: if central { random.random_range(24..48) } else { random.random_range(14..26) },
                floor_m: 3.9,
                roof: Roof::Flat,
                wall: pick(&GLASS, random),
                roof_color: [120, 126, 132],
            };
            let x = 14.0 + (self.width() - 28.0 - side) * f64::from(k) / f64::from((towers - 1).max(1));
            self.rect(x, 10.0 + d + 16.0, side, side, "号楼", &look);
        }
        let mut x = 4.0;
        while x + 16.0 < self.width() {
            let look = Look {
                class: "商铺",
                floors: 2,
                floor_m: 3.8,
                roof: Roof::Flat,
                wall: pick(&CREAM, random),
                roof_color: pick(&FLAT_ROOF, random),
            };
            self.rect(x, self.depth() - 14.0, 14.0, 12.0, "号铺", &look);
            x += 15.5;
        }
    }

    fn offices(&mut self, random: &mut Pcg64) {
        self.green(3.0, 3.0, self.width() - 6.0, self.depth() - 6.0, format!("{}广场绿地", self.estate));
        for (x, y) in [(0.12, 0.15), (0.56, 0.15), (0.12, 0.58), (0.56, 0.58)] {
            let tall = random.random_bool(0.4);
            let look = Look {
                class: "办公",
                floors: if tall { random.random_range(15..28) } else { random.random_range(5..11) },
                floor_m: 3.8,
                roof: Roof::Flat,
                wall: if tall { pick(&GLASS, random) } else { pick(&MODERN, random) },
                roof_color: pick(&FLAT_ROOF, random),
            };
            let (w, d) = if tall { (38.0, 30.0) } else { (0.3 * self.width(), 22.0) };
            self.rect(x * self.width(), y * self.depth(), w, d, "号楼", &look);
        }
    }

    /// A school: teaching buildings around a yard, and the track.
    fn school(&mut self, random: &mut Pcg64) {
        let look = Look {
            class: "学校",
            floors: random.random_range(4..6),
            floor_m: 3.6,
            roof: Roof::Flat,
            wall: pick(&[[206, 150, 128], [228, 206, 176], [214, 188, 160]], random),
            roof_color: [158, 110, 92],
        };
        let (w, d) = (0.48 * self.width(), 0.72 * self.depth());
        // A U that opens to the south.
        let corners = [
            [8.0, 12.0],
            [24.0, 12.0],
            [24.0, 12.0 + d - 16.0],
            [8.0 + w - 16.0, 12.0 + d - 16.0],
            [8.0 + w - 16.0, 12.0],
            [8.0 + w, 12.0],
            [8.0 + w, 12.0 + d],
            [8.0, 12.0 + d],
        ];
        self.add(&corners, "号教学楼", &look);
        let (x, y) = (0.58 * self.width(), 12.0);
        let field = format!("{}操场", self.estate);
        self.green(x, y, 0.36 * self.width(), (0.8 * self.depth()).min(150.0), field);
    }

    fn hospital(&mut self, random: &mut Pcg64) {
        let mut look = Look {
            class: "医院",
            floors: 5,
            floor_m: 3.9,
            roof: Roof::Flat,
            wall: [226, 224, 218],
            roof_color: pick(&FLAT_ROOF, random),
        };
        self.rect(12.0, 12.0, 0.7 * self.width(), 32.0, "号门诊楼", &look);
        look.floors = random.random_range(14..22);
        self.rect(0.25 * self.width(), 66.0, 62.0, 22.0, "号病房楼", &look);
        look.floors = 4;
        self.rect(14.0, 0.72 * self.depth(), 0.5 * self.width(), 18.0, "号医技楼", &look);
    }

    fn factory(&mut self, random: &mut Pcg64) {
        let mut y = 10.0;
        while y + 40.0 < self.depth() {
            let mut x = 10.0;
            while x + 60.0 < self.width() {
                let (w, d) =
                    (random.random_range(52.0..84.0f64).min(self.width() - x - 8.0), random.random_range(28.0..40.0));
                let look = Look {
                    class: "工业",
                    floors: 1,
                    floor_m: random.random_range(8.0..12.0),
                    roof: Roof::Gable,
                    wall: pick(&[[196, 200, 202], [180, 188, 196], [206, 200, 188]], random),
                    roof_color: pick(&[[92, 124, 158], [142, 148, 152], [104, 132, 150], [158, 92, 76]], random),
                };
                self.rect(x, y, w, d, "号厂房", &look);
                x += w + 12.0;
            }
            y += 54.0;
        }
    }

    fn park(&mut self) {
        self.green(0.0, 0.0, self.width(), self.depth(), self.estate.clone());
        let look = Look {
            class: "公共",
            floors: 1,
            floor_m: 4.2,
            roof: Roof::Gable,
            wall: [198, 176, 150],
            roof_color: [110, 112, 106],
        };
        self.rect(0.44 * self.width(), 0.46 * self.depth(), 16.0, 11.0, "号亭", &look);
    }
}

fn pick<T: Copy, const N: usize>(list: &[T; N], random: &mut Pcg64) -> T {
    list[random.random_range(0..N)]
}
