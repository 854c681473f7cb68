//! CityJSON 1.0, 1.1, 2.0 and CityJSONSeq in, plain or gzipped.
//!
//! Every object that has surfaces becomes a feature with all its attributes, and those of its parents where it does not
//! say otherwise. What cannot be drawn is left out and named. Heights count from the ground of the data where it has
//! any; where it has buildings alone, each stands on the city's flat ground.

mod attributes;
mod document;
mod geometry;
mod objects;
mod source;

#[cfg(test)]
mod tests;

use crate::{
    CitySummary, Progress, SourceCrs, TilerError,
    city::{City, Network},
    records::Records,
    tiling,
};
use cim_model::{EntityKey, Place, SiteBounds};
use std::path::Path;

/// What to make of a file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CityJsonOptions {
    /// Name of the city; the file's title or name when it is empty.
    pub name: String,
    /// The coordinate system, in place of the one that the file declares.
    pub crs: Option<String>,
}

/// What is said of a run beside the city's summary.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CityJsonReport {
    /// The coordinate system in use.
    pub crs: String,
    /// Objects in the file.
    pub objects: usize,
    /// Objects that have no surfaces of their own and stand for the parts that they have.
    pub parents: usize,
}

/// Reads a file and writes it as a city folder.
///
/// # Errors
/// It cannot be read, is no CityJSON, or has no usable coordinate system; and as [`tiling::write_city`].
pub fn tile_cityjson(
    input: &Path,
    out: &Path,
    options: &CityJsonOptions,
    progress: &mut dyn Progress,
) -> Result<(CitySummary, CityJsonReport), TilerError> {
    let (city, report, left_out) = make_city(input, options, progress)?;
    let mut summary = tiling::write_city(&city, out, progress)?;
    summary.left_out.extend(left_out);
    Ok((summary, report))
}

/// Objects that were left out, with the reason.
type LeftOut = Vec<(EntityKey, &'static str)>;

/// Reads a file as a city.
///
/// # Errors
/// As [`tile_cityjson`].
pub fn make_city(
    input: &Path,
    options: &CityJsonOptions,
    progress: &mut dyn Progress,
) -> Result<(City, CityJsonReport, LeftOut), TilerError> {
    let fail = |reason: String| TilerError::CityJson { path: input.to_owned(), reason };
    progress.stage("reading", None);
    let source = source::read(input)?;
    let declared = options.crs.clone().or_else(|| source.crs.clone()).ok_or_else(|| {
        fail("it does not say its coordinate system: name it, such as --crs EPSG:7415 or --crs EPSG:4549".into())
    })?;
    let crs = SourceCrs::parse(&declared).map_err(|e| fail(e.to_string()))?;
    progress.stage("putting the city together", None);
    let made = objects::models(&source, &crs);
    let points = made.models.iter().flat_map(|m| m.levels.iter().flatten()).flat_map(|f| f.rings.iter().flatten());
    let none = SiteBounds { west: f64::MAX, south: f64::MAX, east: f64::MIN, north: f64::MIN };
    let bounds = points.fold(none, |b, p| SiteBounds {
        west: b.west.min(p.place.lon),
        south: b.south.min(p.place.lat),
        east: b.east.max(p.place.lon),
        north: b.north.max(p.place.lat),
    });
    if bounds.west > bounds.east {
        return Err(fail("nothing in it has surfaces that can be drawn".into()));
    }
    let origin = Place::new(0.5 * (bounds.west + bounds.east), 0.5 * (bounds.south + bounds.north));
    let file = input.file_name().map(|n| n.to_string_lossy().split('.').next().unwrap_or_default().to_owned());
    let names = [Some(options.name.clone()), source.title.clone(), file];
    let name = names.into_iter().flatten().find(|n| !n.trim().is_empty()).unwrap_or_default();
    let report = CityJsonReport { crs: crs.name.clone(), objects: source.objects(), parents: made.parents };
    let city = City {
        name_zh: name.clone(),
        name_en: name,
        origin,
        bounds,
        utc_offset_minutes: (origin.lon / 15.0).round() as i32 * 60,
        buildings: Vec::new(),
        models: made.models,
        ground_m: made.ground_m,
        roads: Vec::new(),
        areas: Vec::new(),
        network: Network::default(),
        records: Records::default(),
    };
    Ok((city, report, made.left_out))
}
