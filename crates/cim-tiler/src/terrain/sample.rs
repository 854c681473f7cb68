//! Rasters painted on one grid in the site's metres.

use super::{LOW_SHARE, POWERS, Rectangle, Terrain, TerrainReport, fill::fill, open::Opened, raster::Window};
use crate::{SourceCrs, TilerError};
use cim_geo::{Relief, SiteFrame};
use cim_model::Place;
use glam::DVec3;

/// Steps between the nodes whose coordinates are computed; between them they are interpolated, which over a few hundred
/// metres is good to a millimetre.
const LATTICE: usize = 16;
/// Samples on a side of the square that a node stands for, at most.
const MOST_SAMPLES: usize = 6;

/// The grid while files are painted on it; NaN where no file had a height.
pub(super) struct Canvas {
    frame: SiteFrame,
    corner: [f64; 2],
    step: f64,
    /// Steps of a side.
    steps: usize,
    heights: Vec<f32>,
}

/// Coordinates in a file's system of every [`LATTICE`]th node, with the columns and rows that they are of.
struct Lattice {
    from: [usize; 2],
    width: usize,
    at: Vec<[f64; 2]>,
}

impl Lattice {
    /// Coordinates of a node, or of a place between nodes.
    fn at(&self, column: f64, row: f64) -> Option<[f64; 2]> {
        let part = |v: f64, from: usize| (v - from as f64) / LATTICE as f64;
        let (u, v) = (part(column, self.from[0]).max(0.0), part(row, self.from[1]).max(0.0));
        let height = self.at.len() / self.width;
        let (i, j) = ((u as usize).min(self.width - 2), (v as usize).min(height - 2));
        let (u, v) = (u - i as f64, v - j as f64);
        let get = |i: usize, j: usize| self.at[j * self.width + i];
        let [a, b, c, d] = [get(i, j), get(i + 1, j), get(i, j + 1), get(i + 1, j + 1)];
        let mix = |k: usize| (a[k] * (1.0 - u) + b[k] * u) * (1.0 - v) + (c[k] * (1.0 - u) + d[k] * u) * v;
        let both = [mix(0), mix(1)];
        both[0].is_finite().then_some(both)
    }
}

impl Canvas {
    /// A square over a rectangle, of steps of about `step` metres.
    pub(super) fn new([low, high]: Rectangle, step: f64, frame: SiteFrame) -> Self {
        let edge = (high[0] - low[0]).max(high[1] - low[1]).max(step);
        let power = ((edge / step).log2().round() as u32).clamp(*POWERS.start(), *POWERS.end());
        let steps = 1usize << power;
        let corner = [0, 1].map(|k| 0.5 * (low[k] + high[k]) - 0.5 * edge);
        let nodes = (steps + 1) * (steps + 1);
        Self { frame, corner, step: edge / steps as f64, steps, heights: vec![f32::NAN; nodes] }
    }

    fn site(&self, column: usize, row: usize) -> [f64; 2] {
        [self.corner[0] + self.step * column as f64, self.corner[1] + self.step * row as f64]
    }

    fn place(&self, column: usize, row: usize) -> Place {
        let [x, y] = self.site(column, row);
        // On the tangent plane first, then straight up: a kilometre of earth's bend moves a place by less than a centimetre.
        let fall = (x * x + y * y) / (2.0 * 6_371_000.0);
        let g = self.frame.to_geodetic(DVec3::new(x, y, -fall));
        Place::new(g.lon_deg, g.lat_deg)
    }

    fn lattice(&self, crs: &SourceCrs, from: [usize; 2], to: [usize; 2]) -> Lattice {
        let count = |k: usize| (to[k] - from[k]).div_ceil(LATTICE).max(1) + 1;
        let (width, height) = (count(0), count(1));
        let nodes = (0..height).flat_map(|j| (0..width).map(move |i| (i, j)));
        let at = nodes.map(|(i, j)| {
            let place = self.place(from[0] + i * LATTICE, from[1] + j * LATTICE);
            crs.coordinates(place).unwrap_or([f64::NAN; 2])
        });
        Lattice { from, width, at: at.collect() }
    }

    /// Gives the heights of a file to the nodes that have none yet.
    pub(super) fn paint(&mut self, opened: &mut Opened, [low, high]: Rectangle) -> Result<(), TilerError> {
        let node = |v: f64, k: usize| ((v - self.corner[k]) / self.step).clamp(0.0, self.steps as f64);
        // The outline is straight between its points: a file of degrees bulges by a node or two.
        let from = [0, 1].map(|k| (node(low[k], k) as usize).saturating_sub(2));
        let to = [0, 1].map(|k| (node(high[k], k).ceil() as usize + 2).min(self.steps));
        let lattice = self.lattice(&opened.header.crs, from, to);
        let Some(window) = window(opened, &lattice) else { return Ok(()) };
        let raster = opened.read(window)?;
        let samples = self.samples(&lattice, &raster.affine, [(from[0] + to[0]) / 2, (from[1] + to[1]) / 2]);
        for row in from[1]..=to[1] {
            for column in from[0]..=to[0] {
                let index = row * (self.steps + 1) + column;
                if !self.heights[index].is_nan() {
                    continue;
                }
                let (mut sum, mut count) = (0.0, 0u32);
                for k in 0..samples * samples {
                    let off = |k: usize| (k as f64 + 0.5) / samples as f64 - 0.5;
                    let at = lattice.at(column as f64 + off(k % samples), row as f64 + off(k / samples));
                    if let Some(height) = at.and_then(|at| raster.height(at)) {
                        (sum, count) = (sum + height, count + 1);
                    }
                }
                if 2 * count as usize > samples * samples {
                    self.heights[index] = (sum / f64::from(count)) as f32;
                }
            }
        }
        Ok(())
    }

    /// Samples on a side that a node needs, so that the mean counts every pixel of a finer raster.
    fn samples(&self, lattice: &Lattice, affine: &super::raster::Affine, [column, row]: [usize; 2]) -> usize {
        let pixel = |c: usize, r: usize| lattice.at(c as f64, r as f64).map(|at| affine.pixel(at));
        let (Some(a), Some(b)) = (pixel(column, row), pixel(column + 1, row)) else { return 1 };
        let pixels = (b[0] - a[0]).hypot(b[1] - a[1]);
        // Up to a pixel and a half a node shows the raster as it is.
        if pixels < 1.5 { 1 } else { (pixels.round() as usize).clamp(2, MOST_SAMPLES) }
    }

    /// The ground, once all files are painted; `None` when none of them had a height.
    pub(super) fn finish(
        self,
        [low, high]: Rectangle,
        datum_m: Option<f64>,
        mut report: TerrainReport,
    ) -> Option<Terrain> {
        let Self { corner, step, steps, mut heights, .. } = self;
        let nodes = steps + 1;
        let inside = |index: usize| {
            let at = [corner[0] + step * (index % nodes) as f64, corner[1] + step * (index / nodes) as f64];
            (0..2).all(|k| at[k] >= low[k] - step && at[k] <= high[k] + step)
        };
        let (mut measured, mut all) = (Vec::new(), 0usize);
        for (index, height) in heights.iter().enumerate() {
            let of_city = inside(index);
            all += usize::from(of_city);
            if of_city && !height.is_nan() {
                measured.push(*height);
            }
        }
        if measured.is_empty() {
            return None;
        }
        report.filled_share = 1.0 - measured.len() as f64 / all.max(1) as f64;
        measured.sort_by(f32::total_cmp);
        report.low_m = f64::from(measured[0]);
        report.high_m = f64::from(measured[measured.len() - 1]);
        report.grid_m = step;
        let datum = datum_m.unwrap_or_else(|| f64::from(measured[measured.len() / LOW_SHARE]).floor());
        report.datum_m = datum;
        fill(&mut heights, (nodes, nodes));
        heights.iter_mut().for_each(|h| *h = (f64::from(*h) - datum) as f32);
        let mut relief = Relief::new(corner, step, (nodes as u32, nodes as u32), heights)?;
        relief.datum_m = datum;
        Some(Terrain { relief, report })
    }
}

/// The pixels of a file under the lattice, with two more on each side; `None` when there are none.
fn window(opened: &Opened, lattice: &Lattice) -> Option<Window> {
    let header = &opened.header;
    let pixels = lattice.at.iter().filter(|at| at[0].is_finite()).map(|at| header.affine.pixel(*at));
    let all = pixels.map(|p| [p, p]).reduce(super::join)?;
    let range = |k: usize, size: u32| {
        let from = (all[0][k].floor() - 2.0).clamp(0.0, f64::from(size)) as u32;
        let to = (all[1][k].ceil() + 3.0).clamp(0.0, f64::from(size)) as u32;
        (from < to).then_some([from, to])
    };
    Some(Window { columns: range(0, header.width)?, rows: range(1, header.height)? })
}
