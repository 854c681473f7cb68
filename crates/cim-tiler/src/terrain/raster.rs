//! A raster of heights: where its pixels are, and the height between them.

use crate::SourceCrs;
use std::{path::PathBuf, rc::Rc};

/// Pixels kept of one file at most; of more, squares of pixels become one by their mean.
const MOST_PIXELS: u64 = 48 << 20;
/// Heights on land and in the sea, metres; what is beyond is a mark for "unknown" that nobody declared.
const PLAUSIBLE_M: std::ops::Range<f64> = -11_100.0..9_100.0;
/// The mark that people use most.
const USUAL_UNKNOWN: f64 = -9999.0;

/// From columns and rows of pixels' centres to coordinates.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Affine {
    /// The centre of the first pixel of the first row.
    pub(crate) origin: [f64; 2],
    /// To the next column.
    pub(crate) column: [f64; 2],
    /// To the next row.
    pub(crate) row: [f64; 2],
}

impl Affine {
    pub(crate) fn at(&self, column: f64, row: f64) -> [f64; 2] {
        [0, 1].map(|k| self.origin[k] + self.column[k] * column + self.row[k] * row)
    }

    fn determinant(&self) -> f64 {
        self.column[0] * self.row[1] - self.column[1] * self.row[0]
    }

    /// Column and row of coordinates.
    pub(crate) fn pixel(&self, [x, y]: [f64; 2]) -> [f64; 2] {
        let (dx, dy) = (x - self.origin[0], y - self.origin[1]);
        let det = self.determinant();
        [(dx * self.row[1] - dy * self.row[0]) / det, (dy * self.column[0] - dx * self.column[1]) / det]
    }

    /// Whether it is one: finite, and no line.
    pub(crate) fn is_usable(&self) -> bool {
        let all = [self.origin, self.column, self.row];
        let det = self.determinant();
        all.iter().flatten().all(|v| v.is_finite()) && det.is_finite() && det.abs() > 1e-30
    }
}

/// What heights count from.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Vertical {
    /// As a person knows it.
    pub(crate) name: String,
    /// Whether the file or the caller says so.
    pub(crate) declared: bool,
    /// Metres of its unit.
    pub(crate) metres: f64,
}

/// What a file says of itself before its heights.
#[derive(Debug, Clone)]
pub(crate) struct Header {
    pub(crate) path: PathBuf,
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) affine: Affine,
    pub(crate) crs: Rc<SourceCrs>,
    pub(crate) vertical: Vertical,
    /// The number that stands for "unknown".
    pub(crate) unknown: Option<f64>,
    /// A sample times the first and plus the second is a height.
    pub(crate) scale: [f64; 2],
}

impl Header {
    /// Places along its outline: the outer corners and points between them.
    pub(crate) fn outline(&self) -> Vec<[f64; 2]> {
        const PARTS: u32 = 8;
        let (w, h) = (f64::from(self.width), f64::from(self.height));
        let part = |i: u32| f64::from(i) / f64::from(PARTS);
        let edge = |from: [f64; 2], to: [f64; 2]| {
            (0..PARTS).map(move |i| [0, 1].map(|k| from[k] + (to[k] - from[k]) * part(i) - 0.5))
        };
        let corners = [[0.0, 0.0], [w, 0.0], [w, h], [0.0, h]];
        (0..4).flat_map(|k| edge(corners[k], corners[(k + 1) % 4])).map(|[c, r]| self.affine.at(c, r)).collect()
    }

    /// The height that a sample stands for, metres.
    fn metres(&self, sample: f64) -> Option<f64> {
        let same = |mark: f64| sample == mark || (mark as f32).is_finite() && sample == f64::from(mark as f32);
        if !sample.is_finite() || self.unknown.is_some_and(same) {
            return None;
        }
        if self.unknown.is_none() && sample == USUAL_UNKNOWN {
            return None;
        }
        let height = (sample * self.scale[0] + self.scale[1]) * self.vertical.metres;
        PLAUSIBLE_M.contains(&height).then_some(height)
    }
}

/// A rectangle of pixels: columns and rows, the ends excluded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Window {
    pub(crate) columns: [u32; 2],
    pub(crate) rows: [u32; 2],
}

/// Takes the samples of a window as they are read.
pub(crate) struct Collector<'h> {
    header: &'h Header,
    window: Window,
    /// Pixels on a side of the square that becomes one.
    factor: u32,
    width: usize,
    sums: Vec<f32>,
    counts: Vec<u16>,
}

impl<'h> Collector<'h> {
    pub(crate) fn new(header: &'h Header, window: Window) -> Self {
        let span = |[from, to]: [u32; 2]| u64::from(to.saturating_sub(from).max(1));
        let (columns, rows) = (span(window.columns), span(window.rows));
        let mut factor = 1u32;
        let kept = |factor: u32| columns.div_ceil(u64::from(factor)) * rows.div_ceil(u64::from(factor));
        while kept(factor) > MOST_PIXELS && factor < 255 {
            factor += 1;
        }
        let width = columns.div_ceil(u64::from(factor)) as usize;
        let height = rows.div_ceil(u64::from(factor)) as usize;
        // Zeroed pages cost nothing until something is written to them: a header that lies costs nothing either.
        Self { header, window, factor, width, sums: vec![0.0; width * height], counts: vec![0; width * height] }
    }

    pub(crate) fn window(&self) -> Window {
        self.window
    }

    /// Takes a sample; what is outside the window is not kept.
    pub(crate) fn put(&mut self, column: u32, row: u32, sample: f64) {
        let inside = |v: u32, [from, to]: [u32; 2]| v >= from && v < to;
        if !inside(column, self.window.columns) || !inside(row, self.window.rows) {
            return;
        }
        let Some(height) = self.header.metres(sample) else { return };
        let (c, r) = ((column - self.window.columns[0]) / self.factor, (row - self.window.rows[0]) / self.factor);
        let at = r as usize * self.width + c as usize;
        if let (Some(sum), Some(count)) = (self.sums.get_mut(at), self.counts.get_mut(at)) {
            // The mean so far: sums of thousands of metres would lose centimetres.
            *count = count.saturating_add(1);
            *sum += (height as f32 - *sum) / f32::from(*count);
        }
    }

    pub(crate) fn finish(self) -> Raster {
        let Self { header, window, factor, width, mut sums, counts } = self;
        for (sum, count) in sums.iter_mut().zip(&counts) {
            if *count == 0 {
                *sum = f32::NAN;
            }
        }
        let f = f64::from(factor);
        let affine = header.affine;
        let first = |from: u32| f64::from(from) + 0.5 * (f - 1.0);
        let affine = Affine {
            origin: affine.at(first(window.columns[0]), first(window.rows[0])),
            column: affine.column.map(|v| v * f),
            row: affine.row.map(|v| v * f),
        };
        let height = sums.len() / width;
        Raster { affine, width, height, heights: sums }
    }
}

/// Heights in metres at the centres of pixels; NaN where they are unknown.
#[derive(Debug)]
pub(crate) struct Raster {
    pub(crate) affine: Affine,
    pub(crate) width: usize,
    pub(crate) height: usize,
    heights: Vec<f32>,
}

impl Raster {
    fn pixel(&self, column: usize, row: usize) -> f64 {
        self.heights.get(row * self.width + column).map_or(f64::NAN, |h| f64::from(*h))
    }

    /// The height at coordinates, between the four nearest pixels' centres (bilinear); within the outermost half pixel,
    /// that of the edge. `None` outside, and where less than half of it would come from known pixels.
    pub(crate) fn height(&self, at: [f64; 2]) -> Option<f64> {
        let [c, r] = self.affine.pixel(at);
        let (w, h) = (self.width as f64, self.height as f64);
        if !(c >= -0.5 && r >= -0.5 && c <= w - 0.5 && r <= h - 0.5) {
            return None;
        }
        let (c, r) = (c.clamp(0.0, w - 1.0), r.clamp(0.0, h - 1.0));
        let (i, j) = (c as usize, r as usize);
        let (u, v) = (c - i as f64, r - j as f64);
        let (i1, j1) = ((i + 1).min(self.width - 1), (j + 1).min(self.height - 1));
        let corners = [(i, j, (1.0 - u) * (1.0 - v)), (i1, j, u * (1.0 - v)), (i, j1, (1.0 - u) * v), (i1, j1, u * v)];
        let known = corners.map(|(i, j, weight)| (self.pixel(i, j), weight));
        let known = known.into_iter().filter(|(height, _)| !height.is_nan());
        let (sum, weight) = known.fold((0.0, 0.0), |(s, w), (height, weight)| (s + height * weight, w + weight));
        (weight >= 0.5).then(|| sum / weight)
    }
}
