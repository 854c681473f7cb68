//! Elevation models in: GeoTIFF and Esri's ASCII grid, one file or many, in any system that [`crate::SourceCrs`] knows.
//!
//! What comes out is one grid of heights in the site's metres, on which the city stands. Its sides have a power of two of
//! steps, so that the tiles' triangles are halves of one another's.

mod ascii;
mod fill;
mod geokeys;
mod geotiff;
mod open;
mod raster;
mod report;
mod rtin;
mod sample;

#[cfg(test)]
pub(crate) mod tests;

pub use report::TerrainReport;
pub(crate) use rtin::{Errors, Square};

use crate::{Progress, TilerError};
use cim_geo::{Geodetic, Relief, SiteFrame};
use cim_model::{Place, SiteBounds};
use open::{Opened, fail};
use sample::Canvas;
use std::path::PathBuf;

/// Metres between nodes at least: finer detail is not of the ground, but of what grows on it and of the survey's noise.
const FINEST_M: f64 = 2.0;
/// Steps of a side: two to the power of these.
const POWERS: std::ops::RangeInclusive<u32> = 5..=12;
/// One in so many of the city's heights is lower than its zero: a pit or a slip of the survey does not move it.
const LOW_SHARE: usize = 1000;

/// Where the heights of the ground come from.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TerrainSource {
    /// GeoTIFF (`.tif`) and ASCII grids (`.asc`); where they overlap, the finer one counts, then the earlier one.
    pub files: Vec<PathBuf>,
    /// The coordinate system, in place of the one that the files declare; a compound name (`EPSG:4549+5737`) names that of
    /// the heights too.
    pub crs: Option<String>,
    /// The height that is 0 in the city, metres in the system of the heights; the city's low ground when `None`.
    pub datum_m: Option<f64>,
}

/// The ground of a city.
#[derive(Debug, Clone)]
pub struct Terrain {
    /// Heights in the site's metres, a square with a power of two of steps.
    pub relief: Relief,
    /// What is said of it.
    pub report: TerrainReport,
}

impl TerrainSource {
    /// Reads the ground, if there is anything to read; as [`Terrain::read`].
    ///
    /// # Errors
    /// As [`Terrain::read`].
    pub fn read(
        &self,
        origin: Place,
        bounds: SiteBounds,
        progress: &mut dyn Progress,
    ) -> Result<Option<Terrain>, TilerError> {
        (!self.files.is_empty()).then(|| Terrain::read(self, origin, bounds, progress)).transpose()
    }
}

impl Terrain {
    /// Reads the ground under a city whose frame has its zero at `origin`, and that of the land around it.
    ///
    /// # Errors
    /// A file cannot be read, is damaged, or does not say where it is; none of them has heights where the city is.
    pub fn read(
        source: &TerrainSource,
        origin: Place,
        bounds: SiteBounds,
        progress: &mut dyn Progress,
    ) -> Result<Self, TilerError> {
        progress.stage("reading the terrain", Some(source.files.len() as u64));
        let frame = SiteFrame::new(Geodetic::new(origin.lon, origin.lat, 0.0));
        let mut opened = Vec::new();
        for path in &source.files {
            opened.push(Opened::open(path, source)?);
        }
        let first = source.files.first().cloned().unwrap_or_default();
        let mut sites: Vec<Sited> = opened.into_iter().filter_map(|o| Sited::new(o, &frame)).collect();
        let city = rectangle(&frame, bounds);
        sites.retain(|s| overlap(around(city), [s.low, s.high]).is_some());
        let land = sites.iter().filter_map(|s| overlap(around(city), [s.low, s.high]));
        let Some(land) = land.reduce(join) else {
            return Err(fail(&first, "no file has heights where the city is: is --terrain-crs right?"));
        };
        sites.sort_by(|a, b| a.step.total_cmp(&b.step));
        let step = sites.first().map_or(FINEST_M, |s| s.step);
        let mut canvas = Canvas::new(join(land, city), step.max(FINEST_M), frame);
        let mut report = TerrainReport { step_m: step, ..TerrainReport::default() };
        for site in &mut sites {
            canvas.paint(&mut site.opened, [site.low, site.high])?;
            report.add(&site.opened.header);
            progress.advance(1);
        }
        canvas
            .finish(city, source.datum_m, report)
            .ok_or_else(|| fail(&first, "all of its heights where the city is are marked as unknown"))
    }

    /// Height of the ground at metres east and north of the origin, metres above the city's zero.
    #[must_use]
    pub fn height(&self, x: f64, y: f64) -> f64 {
        self.relief.height(x, y)
    }
}

/// A file and where it lies: site metres.
struct Sited {
    opened: Opened,
    low: [f64; 2],
    high: [f64; 2],
    /// Metres between its pixels.
    step: f64,
}

impl Sited {
    fn new(opened: Opened, frame: &SiteFrame) -> Option<Self> {
        let header = &opened.header;
        let site = |at: [f64; 2]| {
            let place = header.crs.place(at[0], at[1])?;
            let enu = frame.to_enu(Geodetic::new(place.lon, place.lat, 0.0));
            enu.is_finite().then_some([enu.x, enu.y])
        };
        let outline: Vec<[f64; 2]> = header.outline().into_iter().filter_map(site).collect();
        let all = outline.iter().map(|p| [*p, *p]).reduce(join)?;
        // The size of a pixel where it is nearest to the city: that of degrees differs with the latitude.
        let (c, r) = (0.5 * f64::from(header.width), 0.5 * f64::from(header.height));
        let [a, b, d] = [(0.0, 0.0), (1.0, 0.0), (0.0, 1.0)].map(|(u, v)| site(header.affine.at(c + u, r + v)));
        let length = |to: Option<[f64; 2]>| Some((to?[0] - a?[0]).hypot(to?[1] - a?[1]));
        let step = length(b)?.min(length(d)?);
        (step.is_finite() && step > 0.0).then_some(Self { opened, low: all[0], high: all[1], step })
    }
}

/// The lowest and the highest corner of a rectangle.
type Rectangle = [[f64; 2]; 2];

fn rectangle(frame: &SiteFrame, b: SiteBounds) -> Rectangle {
    let corners = [(b.west, b.south), (b.east, b.south), (b.east, b.north), (b.west, b.north)].map(|(lon, lat)| {
        let enu = frame.to_enu(Geodetic::new(lon, lat, 0.0));
        [[enu.x, enu.y]; 2]
    });
    corners.into_iter().reduce(join).unwrap_or_default()
}

/// The city with the land that is seen from it.
fn around([low, high]: Rectangle) -> Rectangle {
    let size = (high[0] - low[0]).max(high[1] - low[1]);
    let margin = (0.3 * size).max(4000.0);
    [low.map(|v| v - margin), high.map(|v| v + margin)]
}

fn join(a: Rectangle, b: Rectangle) -> Rectangle {
    [[0, 1].map(|k| a[0][k].min(b[0][k])), [0, 1].map(|k| a[1][k].max(b[1][k]))]
}

fn overlap(a: Rectangle, b: Rectangle) -> Option<Rectangle> {
    let both = [[0, 1].map(|k| a[0][k].max(b[0][k])), [0, 1].map(|k| a[1][k].min(b[1][k]))];
    (0..2).all(|k| both[0][k] < both[1][k]).then_some(both)
}
