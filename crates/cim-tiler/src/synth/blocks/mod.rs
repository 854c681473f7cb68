//! What stands in the blocks between the streets.

mod homes;
mod public;
mod trade;
mod works;
mod yard;

use super::{
    demo::{Zone, demo},
    districts, names,
    plan::{Plan, bend, width_m},
    water::Water,
};
use crate::{city::Roof, workers};
use rand::Rng;
use rand_pcg::Pcg64;
use std::collections::BTreeMap;
pub(super) use yard::{Face, Yard};

/// A building, east-north metres.
#[derive(Debug)]
pub(super) struct Built {
    pub(super) ring: Vec<[f64; 2]>,
    pub(super) height_m: f32,
    pub(super) floors: u16,
    pub(super) name: String,
    pub(super) class: &'static str,
    /// The block, whose address it has.
    pub(super) block: usize,
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

/// A construction site or a dump, east-north metres.
#[derive(Debug)]
pub(super) struct Site {
    pub(super) zone: Zone,
    pub(super) name: String,
    pub(super) ring: Vec<[f64; 2]>,
}

/// What the blocks hold.
#[derive(Debug, Default)]
pub(super) struct Filled {
    pub(super) buildings: Vec<Built>,
    pub(super) greens: Vec<Green>,
    pub(super) yards: Vec<Yard>,
    pub(super) sites: Vec<Site>,
    /// Fields around the city, east-north metres: blocks that are not built yet.
    pub(super) fields: Vec<Vec<[f64; 2]>>,
    /// Addresses by block.
    pub(super) addresses: BTreeMap<usize, String>,
}

/// Blocks that are filled before it is counted how many buildings there are.
const TURN: usize = 512;

/// Fills blocks from the centre outwards until there are `wanted` buildings. Every block has dice of its own.
pub(super) fn fill(plan: &Plan, waters: &[Water], wanted: usize, seed: u64) -> Filled {
    let mut order: Vec<(usize, usize)> =
        (0..plan.columns.len() - 1).flat_map(|i| (0..plan.rows.len() - 1).map(move |j| (i, j))).collect();
    let centre = |&(i, j): &(usize, usize)| {
        [0.5 * (plan.columns[i].at + plan.columns[i + 1].at), 0.5 * (plan.rows[j].at + plan.rows[j + 1].at)]
    };
    order.sort_by(|a, b| {
        let d = |k: &(usize, usize)| centre(k)[0].hypot(centre(k)[1]);
        d(a).total_cmp(&d(b)).then(a.cmp(b))
    });
    let order: Vec<(usize, (usize, usize))> = order.into_iter().enumerate().collect();
    let extent = plan.half_extent();
    let mut out = Filled::default();
    for turn in order.chunks(TURN) {
        if out.buildings.len() >= wanted {
            out.fields.extend(turn.iter().filter_map(|(_, at)| field(plan, waters, *at)));
            continue;
        }
        let filled = workers::each(turn, |(number, at)| {
            let dice = Pcg64::new(u128::from(seed), 0xb10c_0000_0000 + *number as u128);
            block(plan, waters, (*number, *at, centre(at)), extent, dice)
        });
        for ((_, (i, j)), part) in turn.iter().zip(filled) {
            if out.buildings.len() >= wanted {
                out.fields.extend(field(plan, waters, (*i, *j)));
                continue;
            }
            let room = wanted - out.buildings.len();
            out.buildings.extend(part.buildings.into_iter().take(room));
            out.greens.extend(part.greens);
            out.yards.extend(part.yards);
            out.sites.extend(part.sites);
            out.addresses.extend(part.addresses);
        }
    }
    out
}

/// South-west and north-east corner of a block in the unbent grid, between the pavements of its streets.
fn corners(plan: &Plan, (i, j): (usize, usize)) -> [[f64; 2]; 2] {
    let half = |class| 0.5 * f64::from(width_m(class)) + 7.0;
    let (west, east) = (plan.columns[i], plan.columns[i + 1]);
    let (south, north) = (plan.rows[j], plan.rows[j + 1]);
    let low = [west.at + half(west.class), south.at + half(south.class)];
    [low, [east.at - half(east.class), north.at - half(north.class)]]
}

/// The outline of a rectangle of the unbent grid, with corners enough to follow the bends of the plan.
fn bent([low, high]: [[f64; 2]; 2]) -> Vec<[f64; 2]> {
    let corners = [low, [high[0], low[1]], high, [low[0], high[1]]];
    let sides = (0..4).flat_map(|k| {
        let (a, b) = (corners[k], corners[(k + 1) % 4]);
        (0..4).map(move |i| {
            let t = f64::from(i) / 4.0;
            [a[0] + (b[0] - a[0]) * t, a[1] + (b[1] - a[1]) * t]
        })
    });
    sides.map(bend).collect()
}

/// The field that a block is before it is built; none where water reaches into it.
fn field(plan: &Plan, waters: &[Water], at: (usize, usize)) -> Option<Vec<[f64; 2]>> {
    let ring = bent(corners(plan, at));
    let dry = |p: &[f64; 2]| !waters.iter().any(|w| w.contains(*p, 20.0));
    ring.iter().all(dry).then_some(ring)
}

/// What one block holds.
fn block(
    plan: &Plan,
    waters: &[Water],
    (number, (i, j), centre): (usize, (usize, usize), [f64; 2]),
    extent: f64,
    mut random: Pcg64,
) -> Filled {
    let [low, high] = corners(plan, (i, j));
    let at = bend(centre);
    // Only water that some part of the block may meet is asked again.
    let reach = 0.5 * (high[0] - low[0]).hypot(high[1] - low[1]) + 20.0;
    let near: Vec<&Water> = waters.iter().filter(|w| w.contains(at, reach + 380.0)).collect();
    let zone = zone(number, at, centre[0].hypot(centre[1]) / extent, &near, &mut random);
    let estate = names::estate(number, zone);
    let street = names::street(names::from_centre(i, plan.columns.len()), true);
    let district = &districts::of_block(plan, i, j).name.zh;
    let mut block = Block {
        low,
        high,
        waters: near.into_iter().filter(|w| w.contains(at, reach)).collect(),
        random: &mut random,
        out: Filled::default(),
        yard: Yard::new(&estate),
        estate,
        block: number,
        number: 0,
    };
    match zone {
        Zone::OldTown => block.old_town(),
        Zone::Village => block.village(),
        Zone::Slabs => block.slabs(),
        Zone::Towers => block.towers(),
        Zone::Commerce => block.commerce(centre[0].hypot(centre[1]) < 0.3 * extent),
        Zone::Mall => block.mall(),
        Zone::Offices => block.offices(),
        Zone::School => block.school(),
        Zone::Hospital => block.hospital(),
        Zone::Stadium => block.stadium(),
        Zone::Factory => block.factory(),
        Zone::Park => block.park(),
        Zone::Construction => block.construction(),
        Zone::Dump => block.dump(),
    }
    let Block { mut out, yard, .. } = block;
    out.addresses.insert(number, format!("济宁市{district}{street}{}号", 2 * j + 1));
    out.yards.extend((!yard.is_empty()).then_some(yard));
    out
}

fn zone(number: usize, at: [f64; 2], d: f64, waters: &[&Water], random: &mut Pcg64) -> Zone {
    let demo = demo();
    let dice: f64 = random.random();
    if waters.iter().any(|w| w.contains(at, 70.0)) && dice < 0.45 {
        return Zone::Park;
    }
    // Muck is dumped at the rim of the city.
    let fits = |zone: Zone| zone != Zone::Dump || d > 0.5;
    if let Some((zone, _)) =
        demo.every.iter().find(|(z, [every, which])| number % (*every).max(1) == *which && fits(**z))
    {
        return *zone;
    }
    let shares = if waters.iter().any(|w| w.is_lake && w.contains(at, 380.0)) {
        &demo.lakeside
    } else {
        match demo.zones.iter().find(|b| d < b.within) {
            Some(belt) => &belt.shares,
            None => return Zone::Slabs,
        }
    };
    let mut left: f64 = random.random();
    for (zone, share) in shares {
        left -= share;
        if left < 0.0 {
            return *zone;
        }
    }
    Zone::Slabs
}

/// One block while it is being filled. Coordinates are metres from its south-west corner in the unbent grid.
struct Block<'a> {
    low: [f64; 2],
    high: [f64; 2],
    waters: Vec<&'a Water>,
    random: &'a mut Pcg64,
    out: Filled,
    yard: Yard,
    estate: String,
    block: usize,
    number: u32,
}

/// What a building looks like, apart from its shape.
#[derive(Clone, Copy)]
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

    fn pick<T: Copy>(&mut self, list: &[T]) -> T {
        list[self.random.random_range(0..list.len())]
    }

    fn between(&mut self, low: f64, high: f64) -> f64 {
        self.random.random_range(low..high)
    }

    fn chance(&mut self, share: f64) -> bool {
        self.random.random_bool(share)
    }

    /// East-north metres of a point of the block.
    fn metres(&self, [x, y]: [f64; 2]) -> [f64; 2] {
        bend([self.low[0] + x, self.low[1] + y])
    }

    /// Whether some corner, or the middle, is in water or within `margin` metres of it.
    fn wet(&self, ring: &[[f64; 2]], margin: f64) -> bool {
        if self.waters.is_empty() {
            return false;
        }
        let n = ring.len().max(1) as f64;
        let centre = ring.iter().fold([0.0; 2], |c, p| [c[0] + p[0] / n, c[1] + p[1] / n]);
        ring.iter().chain([&centre]).any(|p| self.waters.iter().any(|w| w.contains(*p, margin)))
    }

    /// Adds a building with these corners unless it would stand in water.
    fn add(&mut self, corners: &[[f64; 2]], suffix: &str, look: &Look) -> bool {
        let ring: Vec<[f64; 2]> = corners.iter().map(|c| self.metres(*c)).collect();
        if self.wet(&ring, 14.0) {
            return false;
        }
        self.number += 1;
        self.out.buildings.push(Built {
            ring,
            height_m: f32::from(look.floors) * look.floor_m,
            floors: look.floors,
            name: format!("{}{}{suffix}", self.estate, self.number),
            class: look.class,
            block: self.block,
            roof: look.roof,
            wall: look.wall,
            roof_color: look.roof_color,
        });
        true
    }

    fn rect(&mut self, [x, y]: [f64; 2], [w, d]: [f64; 2], suffix: &str, look: &Look) -> bool {
        self.add(&[[x, y], [x + w, y], [x + w, y + d], [x, y + d]], suffix, look)
    }

    fn green(&mut self, [x, y]: [f64; 2], [w, d]: [f64; 2], name: String) {
        let ring = self.outline([x, y], [w, d]);
        self.out.greens.push(Green { name, ring });
    }

    /// The outline of a rectangle, with corners enough to follow the bends of the plan.
    fn outline(&self, [x, y]: [f64; 2], [w, d]: [f64; 2]) -> Vec<[f64; 2]> {
        let low = [self.low[0] + x, self.low[1] + y];
        bent([low, [low[0] + w, low[1] + d]])
    }

    /// A park: lawns, paths and a pavilion.
    fn park(&mut self) {
        let (w, d) = (self.width(), self.depth());
        self.green([0.0; 2], [w, d], self.estate.clone());
        let look = Look {
            class: "公共",
            floors: 1,
            floor_m: 4.2,
            roof: Roof::Gable,
            wall: [198, 176, 150],
            roof_color: [110, 112, 106],
        };
        self.rect([0.44 * w, 0.46 * d], [16.0, 11.0], "号亭", &look);
        self.pave([0.30 * w, 0.30 * d], [0.40 * w, 12.0], yard::FLAGSTONE);
        self.pave([0.5 * w - 2.0, 0.0], [4.0, 0.30 * d], yard::FLAGSTONE);
        self.pave([0.5 * w - 2.0, 0.62 * d], [4.0, 0.38 * d], yard::FLAGSTONE);
        self.pave([0.0, 0.62 * d - 3.0], [w, 3.0], yard::FLAGSTONE);
    }
}
