//! The built city from afar. In a tile above the leaves nothing of it is missing: a building that is large enough is
//! there by itself, simplified; a small one stands there as a block without a name; the smallest are merged.
//!
//! Sizes count in pixels where the tile is used, of which its error has 16. A simplified outline is half a pixel off, a
//! box that stands for an outline four; what is merged is in the cell of 10 pixels that has it, and so never more than 14
//! off; all of them, and the features, are on a grid an eighth of a pixel wide.

mod block;
mod masses;
mod moments;
mod outline;

#[cfg(test)]
mod tests;

use super::{
    ERROR_SHARE, Rows,
    ground::PIXEL,
    relief::Ground,
    stack::{Primitives, SUNK_M},
};
use crate::{
    city::Building,
    mesh::{Look, Surface, add_block, is_height, linear_bytes, mean_height},
};
pub(super) use block::{Block, block};
use glam::DVec3;
use masses::Masses;
use moments::Ring;
pub(super) use moments::{Plan, area};
use outline::outline;
use std::collections::BTreeMap;

/// Pixels of size (the larger of height and half the plan) above which a building is a feature by itself.
const FEATURE: f64 = 10.0;
/// Pixels of size up to which buildings are merged with their neighbours.
const MERGED: f64 = 6.0;
/// Pixels of the cells in which they are merged. A tile's edge is a whole number of them.
const CELL: f64 = 10.0;
/// Pixels between the lines of the grid that all corners are on, at most.
const GRID: f64 = 0.125;
/// Metres by which a stored corner may be beyond what it was.
const ROUNDED_M: f64 = 0.01;
/// Metres of a pixel from which on roofs are flat: the heads of stairs and the gables on them are about two pixels.
const FLAT_ROOFS_M: f64 = 1.6;

/// A building as what goes straight up from its land.
pub(super) struct Solid<'a> {
    pub(super) plans: &'a [Plan],
    /// The ground that it stands on, metres above the site's plane.
    pub(super) foot: f64,
    /// Metres from there to its underside.
    pub(super) base: f64,
    /// Metres that its walls go on below that.
    pub(super) sunk: f64,
    pub(super) height: f64,
    pub(super) floors: u16,
    pub(super) class: &'a str,
    /// Linear colours.
    pub(super) wall: [u8; 4],
    pub(super) roof: [u8; 4],
}

impl<'a> Solid<'a> {
    /// A building on some land, on a terrain or not; `None` when it is none, which its leaf reports.
    pub(super) fn of(building: &'a Building, plan: &'a Plan, foot: f64, on_terrain: bool) -> Option<Self> {
        let (base, height) = (f64::from(building.base_m), f64::from(building.height_m));
        (is_height(base, height, building.roof) && area(plan) > 0.5).then(|| Self {
            plans: std::slice::from_ref(plan),
            foot,
            base,
            sunk: if on_terrain && base == 0.0 { SUNK_M } else { 0.0 },
            height: mean_height(height, building.roof, &plan.ring, !plan.holes.is_empty()) - base,
            floors: building.floors,
            class: &building.class,
            wall: linear_bytes(building.wall),
            roof: linear_bytes(building.roof_color),
        })
    }
}

/// Whether the roof of a building of some size is seen in a tile of so many metres of error.
pub(super) fn shows_roof(size: f64, error: f64) -> bool {
    error * PIXEL < FLAT_ROOFS_M && size > FEATURE * PIXEL * error
}

/// Metres between the lines of the grid that everything in a tile of so many metres of error is on: a power of two, so that
/// a coarser tile's lines are on those of a finer one, and around any centre of a square.
pub(super) fn grid(error: f64) -> f64 {
    (GRID * PIXEL * error).log2().floor().exp2()
}

/// The buildings of a tile above the leaves.
pub(super) struct Far<'a> {
    pixel: f64,
    /// Metres between the lines of the grid.
    step: f64,
    origin: DVec3,
    masses: Masses<'a>,
    /// Rows of blocks without a name, by what they are and how many half pixels they are high: styles may ask for both.
    rows: BTreeMap<(&'a str, u32), u32>,
}

impl<'a> Far<'a> {
    /// Those of a tile of some error around `origin`.
    pub(super) fn new(origin: DVec3, error: f64) -> Self {
        let (pixel, edge) = (error * PIXEL, error / ERROR_SHARE);
        let count = (edge / (CELL * pixel)).round().max(1.0);
        let masses = Masses::new([origin.x, origin.y], edge / count, count as u32);
        Self { pixel, step: grid(error), origin, masses, rows: BTreeMap::new() }
    }

    /// Adds a building of some size, which `describe` makes a row of if it is large enough.
    pub(super) fn add(
        &mut self,
        (primitives, rows): (&mut Primitives, &mut Rows),
        (solid, size): (&Solid<'a>, f64),
        describe: impl FnOnce(&mut Rows),
    ) {
        if size <= MERGED * self.pixel {
            self.masses.add(solid);
            return;
        }
        let feature = if size > FEATURE * self.pixel {
            let feature = rows.count();
            describe(rows);
            feature
        } else {
            self.row(rows, solid.class, solid.base + solid.height, solid.floors)
        };
        let low = solid.foot + solid.base - solid.sunk;
        let colors = [solid.wall, solid.roof];
        for plan in solid.plans {
            let plan = outline(plan, self.pixel);
            let high = solid.foot + solid.base + solid.height;
            self.block(primitives, &plan, [low, high], (colors, feature));
        }
    }

    /// Adds a block, on the grid where that leaves something of it: what is on a grid takes half the bytes. The rest stays
    /// itself where tiles are not compressed.
    fn block(
        &self,
        primitives: &mut Primitives,
        plan: &Plan,
        heights: [f64; 2],
        ([wall, roof], feature): ([[u8; 4]; 2], u32),
    ) {
        let origin = self.origin;
        let step = self.step;
        let on = |c: f64| (c / step).round() * step;
        let near = |ring: &Ring, on: &dyn Fn(f64) -> f64| -> Ring {
            ring.iter().map(|p| [on(p[0] - origin.x), on(p[1] - origin.y)]).collect()
        };
        let moved = |on: &dyn Fn(f64) -> f64| Plan {
            ring: near(&plan.ring, on),
            holes: plan.holes.iter().map(|h| near(h, on)).collect(),
        };
        let snapped = moved(&on);
        let is_left = area(&snapped) > 0.5 * area(plan);
        let near = if is_left { snapped } else { moved(&|c| c) };
        let [low, high] = heights.map(|z| z - origin.z);
        // A low roof stays above its foot.
        let high = low + on(high - low).max(step);
        let look = |color| Look { color, feature };
        let primitive = primitives.entry(Surface::Building).or_insert_with(|| Surface::Building.primitive());
        add_block(primitive, (&near.ring, &near.holes), [low, high], (look(wall), look(roof)));
    }

    /// Adds what was merged. The lowest and the highest corner of all that is built, site metres, if anything is.
    pub(super) fn finish(
        mut self,
        primitives: &mut Primitives,
        rows: &mut Rows,
        ground: &Ground,
    ) -> Option<[DVec3; 2]> {
        let masses = std::mem::replace(&mut self.masses, Masses::new([0.0; 2], 1.0, 1));
        for mass in masses.finish() {
            let feature = self.row(rows, mass.class, mass.height, mass.floors);
            let plan = Plan { ring: mass.land.corners().to_vec(), holes: Vec::new() };
            // Where the ground falls, the walls follow the lowest of it.
            let low = match ground.relief() {
                Some(_) => mass.lowest.min(ground.lowest(&plan.ring)) - SUNK_M,
                None => mass.foot,
            };
            self.block(primitives, &plan, [low, mass.foot + mass.height], ([mass.wall, mass.roof], feature));
        }
        let corners = primitives.get(&Surface::Building)?.positions.iter();
        let corners = corners.map(|p| self.origin + DVec3::from_array(p.map(f64::from)));
        corners.map(|c| [c - ROUNDED_M, c + ROUNDED_M]).reduce(|[l, h], [low, high]| [l.min(low), h.max(high)])
    }

    fn row(&mut self, rows: &mut Rows, class: &'a str, height: f64, floors: u16) -> u32 {
        let step = 0.5 * self.pixel;
        let steps = (height / step).round().max(1.0);
        *self.rows.entry((class, steps as u32)).or_insert_with(|| {
            rows.mass(class, (steps * step) as f32, floors);
            rows.count() - 1
        })
    }
}
