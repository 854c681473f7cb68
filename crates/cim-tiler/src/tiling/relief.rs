//! The ground of a city in site metres: the bent earth, or a terrain on it, with lakes that are level.

use super::{
    country::Country,
    cuts::{Cuts, Footing},
    drop_m,
};
use crate::{
    city::{AreaKind, City},
    mesh::split,
    streets::{Bed, Street},
};
use cim_geo::Relief;
use std::ops::RangeInclusive;
use tiles3d::write::WritePrimitive;

/// Metres by which what lies on a terrain may be off it at its finest: less than the layers of a road are apart.
pub(super) const NEAR_M: f64 = 0.02;
/// What is farther from the ground than this is not bent with it: it hangs over it, or is below it.
const OFF_M: f32 = 0.5;
/// Nodes on a side of the squares whose lowest and highest ground is known.
const BLOCK: usize = 16;
/// Metres that a shore rises along a river, at least; a lake's rises nowhere in particular.
const RIVER_RISE_M: f64 = 2.0;

/// The ground that things stand and lie on.
pub(super) struct Ground {
    relief: Option<Relief>,
    /// Heights of the city's water by their number in its list; `None` of what is no lake.
    lakes: Vec<Option<f64>>,
    /// Lowest and highest ground of each square of [`BLOCK`] steps, row by row from the south.
    blocks: Vec<[f32; 2]>,
    /// Where it is open.
    cuts: Cuts,
    /// What is around what is built.
    country: Country,
}

/// How a part lies on the ground.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Lie {
    /// As the ground goes.
    Draped,
    /// Level, at so many metres above the city's zero.
    Level(f64),
}

impl Ground {
    /// The bent earth alone.
    pub(super) fn bare() -> Self {
        Self { relief: None, lakes: Vec::new(), blocks: Vec::new(), cuts: Cuts::default(), country: Country::default() }
    }

    /// The ground of a city; `ring` takes places to metres. Under lakes it is no higher than they are.
    pub(super) fn new(city: &City, ring: impl Fn(&[cim_model::Place]) -> Vec<[f64; 2]>) -> Self {
        let Some(terrain) = &city.terrain else { return Self::bare() };
        let mut relief = terrain.relief.clone();
        let water = |kind: AreaKind| kind == AreaKind::Water;
        let level = |area: &crate::city::Area| {
            water(area.kind).then(|| lake_level(&terrain.relief, &ring(&area.ring))).flatten()
        };
        let lakes: Vec<Option<f64>> = city.areas.iter().map(level).collect();
        for (area, level) in city.areas.iter().zip(&lakes) {
            if let Some(level) = level {
                let rings: Vec<_> = std::iter::once(&area.ring).chain(&area.holes).map(|r| ring(r)).collect();
                sink(&mut relief, &rings, *level);
            }
        }
        let blocks = extremes(&relief);
        Self { relief: Some(relief), lakes, blocks, cuts: Cuts::default(), country: Country::default() }
    }

    /// Opens it where streets run below it.
    pub(super) fn open(&mut self, streets: &[Option<Street>]) {
        self.cuts = Cuts::new(streets);
    }

    /// Puts it into its country.
    pub(super) fn surround(&mut self, country: Country) {
        self.country = country;
    }

    /// What is around what is built.
    pub(super) fn country(&self) -> &Country {
        &self.country
    }

    /// Where it is open, as far as that is seen where pixels are so many metres large.
    pub(super) fn cuts(&self, pixel_m: f64) -> Option<&Cuts> {
        self.cuts.seen(pixel_m)
    }

    /// What there is to stand on at a place.
    pub(super) fn footing(&self, x: f64, y: f64) -> Footing {
        self.cuts.footing(glam::DVec2::new(x, y))
    }

    /// What roads lie on.
    pub(super) fn bed(&self) -> Bed<'_> {
        Bed::new(self.relief.as_ref())
    }

    /// The heights, where there is a terrain.
    pub(super) fn relief(&self) -> Option<&Relief> {
        self.relief.as_ref()
    }

    /// Height of the ground, metres above the site's plane.
    pub(super) fn z(&self, x: f64, y: f64) -> f64 {
        drop_m(x, y) + self.relief.as_ref().map_or(0.0, |r| r.height(x, y))
    }

    /// How the part of the city's area of that number lies.
    pub(super) fn lie(&self, area: usize) -> Lie {
        self.lakes.get(area).copied().flatten().map_or(Lie::Draped, Lie::Level)
    }

    /// Metres that the ground rises for a metre to the east and to the north, over a step of the terrain.
    fn slope(&self, x: f64, y: f64) -> [f64; 2] {
        let Some(r) = &self.relief else { return [0.0; 2] };
        let s = r.step();
        [(r.height(x + s, y) - r.height(x - s, y)) / (2.0 * s), (r.height(x, y + s) - r.height(x, y - s)) / (2.0 * s)]
    }

    /// The lowest and the highest that the ground may be over a rectangle.
    pub(super) fn range(&self, low: [f64; 2], high: [f64; 2]) -> [f64; 2] {
        let corners = [[low[0], low[1]], [low[0], high[1]], [high[0], low[1]], [high[0], high[1]]];
        let deepest = corners.iter().map(|c| drop_m(c[0], c[1])).fold(0.0, f64::min);
        let nearest = [0, 1].map(|k: usize| 0.0f64.clamp(low[k].min(high[k]), high[k].max(low[k])));
        let highest = drop_m(nearest[0], nearest[1]);
        let Some(r) = &self.relief else { return [deepest, highest] };
        let across = blocks_across(r);
        let reach = |k: usize| -> RangeInclusive<usize> {
            let at =
                |v: f64| ((v - r.corner()[k]) / r.step() / BLOCK as f64).clamp(0.0, (across[k] - 1) as f64) as usize;
            at(low[k])..=at(high[k])
        };
        let (mut lowest, mut top) = (f32::MAX, f32::MIN);
        for j in reach(1) {
            for i in reach(0) {
                let [l, h] = self.blocks[j * across[0] + i];
                (lowest, top) = (lowest.min(l), top.max(h));
            }
        }
        [deepest + f64::from(lowest), highest + f64::from(top)]
    }

    /// The lowest ground along a closed outline.
    pub(super) fn lowest(&self, ring: &[[f64; 2]]) -> f64 {
        let step = self.relief.as_ref().map_or(f64::MAX, |r| 0.25 * r.step());
        along(ring, step).map(|[x, y]| self.z(x, y)).fold(f64::MAX, f64::min)
    }

    /// Lays a part whose corners are relative to `origin` and whose heights count from the ground. In a tile of a coarser
    /// error it is lifted by what it may be off, so that no ground hides it.
    pub(super) fn lay(&self, part: &mut WritePrimitive, origin: glam::DVec3, error: f64, lie: Lie) {
        let at = |p: &[f32; 3]| [origin.x + f64::from(p[0]), origin.y + f64::from(p[1])];
        if let Lie::Level(level) = lie {
            for p in &mut part.positions {
                let [x, y] = at(p);
                p[2] = (f64::from(p[2]) + level + drop_m(x, y) - origin.z) as f32;
            }
            return;
        }
        let tolerance = (0.5 * super::ground::PIXEL * error).max(NEAR_M);
        if let Some(relief) = &self.relief {
            let off = |p: &[f32; 3]| [origin.x + f64::from(p[0]), origin.y + f64::from(p[1])];
            let hangs = |a: &[f32; 3], b: &[f32; 3]| a[2].abs().min(b[2].abs()) > OFF_M;
            split(part, |a, b| !hangs(a, b) && is_off(relief, off(a), off(b), tolerance));
        }
        let lift = if self.relief.is_some() { tolerance - NEAR_M } else { 0.0 };
        for (p, n) in part.positions.iter_mut().zip(&mut part.normals) {
            let ([x, y], hangs) = (at(p), p[2].abs() > OFF_M);
            p[2] = (f64::from(p[2]) + lift + self.z(x, y) - origin.z) as f32;
            if self.relief.is_some() && !hangs {
                let [east, north] = self.slope(x, y);
                let tilted = glam::Vec3::new(n[0] - east as f32 * n[2], n[1] - north as f32 * n[2], n[2]);
                *n = tilted.normalize_or(glam::Vec3::Z).to_array();
            }
        }
    }
}

/// Whether an edge is more than `tolerance` off the ground somewhere, or so long that what it encloses could be.
fn is_off(relief: &Relief, a: [f64; 2], b: [f64; 2], tolerance: f64) -> bool {
    let longest = 4.0 * relief.step() * (tolerance / NEAR_M).sqrt().min(8.0);
    let length = (b[0] - a[0]).hypot(b[1] - a[1]);
    if length <= relief.step() || !length.is_finite() {
        return false;
    }
    // The same from both ends, so that an edge that two parts have is split in both or in none.
    let (p, q) = if (a[0], a[1]) <= (b[0], b[1]) { (a, b) } else { (b, a) };
    let (from, to) = (relief.height(p[0], p[1]), relief.height(q[0], q[1]));
    let samples = (2.0 * length / relief.step()).ceil().clamp(2.0, 64.0) as u32;
    length > longest
        || (1..samples).any(|k| {
            let t = f64::from(k) / f64::from(samples);
            let [x, y] = [0, 1].map(|k| p[k] + (q[k] - p[k]) * t);
            (relief.height(x, y) - (from + (to - from) * t)).abs() > tolerance
        })
}

/// Points along a closed outline, at most `step` apart, corners included.
fn along(ring: &[[f64; 2]], step: f64) -> impl Iterator<Item = [f64; 2]> + '_ {
    (0..ring.len()).flat_map(move |i| {
        let (a, b) = (ring[i], ring[(i + 1) % ring.len()]);
        let parts = ((b[0] - a[0]).hypot(b[1] - a[1]) / step).ceil().clamp(1.0, 4096.0) as u32;
        (0..parts).map(move |k| [0, 1].map(|c| a[c] + (b[c] - a[c]) * f64::from(k) / f64::from(parts)))
    })
}

/// The height of a lake: that of its lowest shore. `None` of a river, whose shore rises along its way.
fn lake_level(relief: &Relief, ring: &[[f64; 2]]) -> Option<f64> {
    let shore: Vec<[f64; 3]> = along(ring, relief.step()).map(|[x, y]| [x, y, relief.height(x, y)]).collect();
    let lowest = shore.iter().map(|p| p[2]).fold(f64::MAX, f64::min);
    if !lowest.is_finite() || shore.len() < 3 {
        return None;
    }
    let n = shore.len() as f64;
    let mean = shore.iter().fold([0.0; 3], |m, p| [0, 1, 2].map(|k| m[k] + p[k] / n));
    let sum = |i: usize, j: usize| shore.iter().map(|p| (p[i] - mean[i]) * (p[j] - mean[j])).sum::<f64>();
    let (xx, xy, yy, xz, yz, zz) = (sum(0, 0), sum(0, 1), sum(1, 1), sum(0, 2), sum(1, 2), sum(2, 2));
    // The plane that fits the shore best; along a straight line any that fits there does.
    let det = xx * yy - xy * xy;
    let (east, north) = if det > 1e-9 * (xx + yy).powi(2) {
        ((xz * yy - yz * xy) / det, (yz * xx - xz * xy) / det)
    } else if xx >= yy {
        (xz / xx.max(1e-9), 0.0)
    } else {
        (0.0, yz / yy.max(1e-9))
    };
    let rises = shore.iter().map(|p| east * p[0] + north * p[1]);
    let (low, high) = rises.fold((f64::MAX, f64::MIN), |(l, h), z| (l.min(z), h.max(z)));
    let explained = (east * xz + north * yz) / zz.max(1e-9);
    let river = high - low > RIVER_RISE_M && explained > 0.5;
    (!river).then_some(lowest)
}

/// Lowers the nodes within an outline and outside its holes to `level`.
fn sink(relief: &mut Relief, rings: &[Vec<[f64; 2]>], level: f64) {
    let (columns, rows) = relief.size();
    let ([west, south], step) = (relief.corner(), relief.step());
    let ys = rings.iter().flatten().map(|p| (p[1] - south) / step);
    let (low, high) = ys.fold((f64::MAX, f64::MIN), |(l, h), y| (l.min(y), h.max(y)));
    if !(low.is_finite() && high.is_finite()) {
        return;
    }
    let row = |v: f64| v.clamp(0.0, f64::from(rows - 1)) as u32;
    for j in row(low)..=row(high.ceil()) {
        let y = south + step * f64::from(j);
        let mut crossings: Vec<f64> = Vec::new();
        for ring in rings {
            for (i, a) in ring.iter().enumerate() {
                let b = ring[(i + 1) % ring.len()];
                if (a[1] > y) != (b[1] > y) {
                    crossings.push((b[0] - a[0]) * (y - a[1]) / (b[1] - a[1]) + a[0]);
                }
            }
        }
        crossings.sort_by(f64::total_cmp);
        for pair in crossings.chunks_exact(2) {
            let column = |x: f64| ((x - west) / step).clamp(-1.0, f64::from(columns));
            let (from, to) = (column(pair[0]).ceil().max(0.0) as u32, column(pair[1]).floor());
            for i in from..columns {
                if f64::from(i) > to {
                    break;
                }
                if relief.node(i, j) > level {
                    relief.set_node(i, j, level);
                }
            }
        }
    }
}

fn blocks_across(relief: &Relief) -> [usize; 2] {
    let (columns, rows) = relief.size();
    [columns, rows].map(|n| (n as usize - 1).div_ceil(BLOCK))
}

fn extremes(relief: &Relief) -> Vec<[f32; 2]> {
    let [across, down] = blocks_across(relief);
    let mut blocks = Vec::with_capacity(across * down);
    for j in 0..down {
        for i in 0..across {
            let (mut low, mut high) = (f32::MAX, f32::MIN);
            // The last row and column belong to the next block too; beyond the edges they are repeated.
            for row in j * BLOCK..=(j + 1) * BLOCK {
                for column in i * BLOCK..=(i + 1) * BLOCK {
                    let height = relief.node(column as u32, row as u32) as f32;
                    (low, high) = (low.min(height), high.max(height));
                }
            }
            blocks.push([low, high]);
        }
    }
    blocks
}
