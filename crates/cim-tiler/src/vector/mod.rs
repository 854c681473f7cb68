//! The vector files of city departments in: GeoJSON, shapefiles, FlatGeobuf, GeoPackage and tables of places as text;
//! several make one city.
//!
//! A [`Mapping`] says what each layer is and what its attributes mean; without one both are guessed, and the guesses are
//! in the [`VectorReport`] as a mapping to correct. Every feature becomes things of the city with all its attributes, or
//! is named in the report with the reason.

mod csv;
mod dbf;
mod far;
mod feature;
mod fgb;
mod geojson;
mod gpkg;
mod guess;
mod make;
mod mapping;
mod models;
mod network;
mod place;
mod placing;
mod plan;
mod report;
mod shp;
mod source;
mod textures;
mod values;
mod wkb;

#[cfg(test)]
mod tests;

pub use mapping::{Kind, Mapping};
pub use report::{LayerReport, LeftOut, VectorReport};

use crate::{
    CitySummary, Progress, TilerError,
    city::{City, Findings, Lamp, Plant, PlantKind, usual_utc_offset_minutes},
    records::{self, ComponentClass, Records},
    terrain::TerrainSource,
    tiling::{self, TilingOptions},
};
use cim_model::Place;
use std::path::{Path, PathBuf};

/// The report in the city's folder, with every feature that was left out.
const REPORT: &str = "import.txt";

/// What to make of the files.
#[derive(Debug, Clone, Default)]
pub struct VectorOptions {
    /// Name of the city; the first file's or folder's when it is empty.
    pub name: String,
    /// The coordinate system of layers that declare none.
    pub crs: Option<String>,
    /// What the layers are; guessed where it says nothing.
    pub mapping: Mapping,
    /// How the city's tiles are written.
    pub tiling: TilingOptions,
    /// What the city stands on.
    pub terrain: TerrainSource,
}

/// Whether a file is of a format that is read here, or a folder that has one in it. A `.json` is looked into.
#[must_use]
pub fn recognises(path: &Path) -> bool {
    source::recognises(path)
}

/// Reads files, and folders of them, and writes them as one city folder, with the report in `import.txt`.
///
/// # Errors
/// A file cannot be read, is damaged as a whole, or has no usable coordinate system; nothing in the files can be placed;
/// and as [`tiling::write_city`].
pub fn tile_vector(
    inputs: &[PathBuf],
    out: &Path,
    options: &VectorOptions,
    progress: &mut dyn Progress,
) -> Result<(CitySummary, VectorReport), TilerError> {
    let (city, report) = make_city(inputs, options, progress)?;
    let mut summary = tiling::write_city(&city, out, &options.tiling, progress)?;
    // The city's folder says where it came from, whoever finds it.
    let path = out.join(REPORT);
    let text = format!("{report}{}", report.list());
    std::fs::write(&path, &text).map_err(|source| TilerError::Write { path, source })?;
    summary.bytes += text.len() as u64;
    Ok((summary, report))
}

/// Reads files, and folders of them, as one city.
///
/// # Errors
/// As [`tile_vector`].
pub fn make_city(
    inputs: &[PathBuf],
    options: &VectorOptions,
    progress: &mut dyn Progress,
) -> Result<(City, VectorReport), TilerError> {
    let (layers, unread) = source::layers(inputs, &options.mapping, progress)?;
    let names: Vec<&str> = layers.iter().map(|l| l.name.as_str()).collect();
    let unused = options.mapping.unused(&names).into_iter().map(str::to_owned).collect();
    let features: usize = layers.iter().map(|l| l.features.len()).sum();
    progress.stage("putting the city together", Some(features as u64));
    let report = VectorReport { unread, unused, ..VectorReport::default() };
    let mut made = make::Made { report, ..make::Made::default() };
    for layer in layers {
        let count = layer.features.len() as u64;
        made.layer(layer, options)?;
        progress.advance(count);
    }
    made.report.unread.retain(|path| !made.library.has(path));
    made.leave_out_far();
    let bounds = made.bounds().ok_or_else(|| {
        let reason = format!("nothing in it can be placed\n{}", made.report);
        TilerError::Vector { path: inputs.first().cloned().unwrap_or_default(), reason: reason.trim_end().into() }
    })?;
    let origin = Place::new(0.5 * (bounds.west + bounds.east), 0.5 * (bounds.south + bounds.north));
    let first = inputs.first().and_then(|p| p.file_name()).map(|n| n.to_string_lossy().into_owned());
    let stem = first.unwrap_or_default().split('.').next().unwrap_or_default().to_owned();
    let name = if options.name.trim().is_empty() { stem } else { options.name.clone() };
    let make::Made { buildings, roads, areas, placed, library, mut collections, report, .. } = made;
    let plants = collections.get("tree").into_iter().flatten().filter_map(plant).collect();
    let lamps = collections.get("component").into_iter().flatten().filter_map(lamp).collect();
    let network = network::network(&roads, origin);
    if !roads.is_empty() {
        collections.insert("roads".into(), records::of_roads(origin, &roads));
    }
    let city = City {
        name_zh: name.clone(),
        name_en: name,
        origin,
        bounds,
        utc_offset_minutes: usual_utc_offset_minutes(origin),
        buildings,
        models: Vec::new(),
        placed,
        pictures: library.into_pictures(),
        ground_m: 0.0,
        terrain: options.terrain.read(origin, bounds, progress)?,
        roads,
        areas,
        plants,
        lamps,
        network,
        records: Records { collections, ..Records::default() },
        findings: Findings {
            left_out: report.left_out.iter().map(|l| (l.key.clone(), l.reason)).collect(),
            ..Findings::default()
        },
    };
    Ok((city, report))
}

/// A recorded component that is a street lamp, as it is seen.
fn lamp(record: &records::Feature) -> Option<Lamp> {
    let records::Geometry::Point(place) = record.geometry else { return None };
    let number = |name: &str| record.properties.get(name).and_then(serde_json::Value::as_f64);
    let text = |name: &str| record.properties.get(name).and_then(serde_json::Value::as_str).unwrap_or_default().trim();
    // A component's code is the county's six digits, those of its class, and its number (CJ/T 214).
    let coded = text("code").get(6..10).filter(|_| text("code").len() == 16);
    let class = text("class");
    let names = [class, text("name")].iter().any(|t| t.contains("路灯") || *t == "street_lamp");
    let is_lamp = names || class == ComponentClass::STREET_LAMP || coded == Some(ComponentClass::STREET_LAMP);
    let height_m = number("height_m").map_or(Lamp::USUAL_M, |h| h.clamp(1.0, 40.0) as f32);
    let heading_deg = number("heading_deg").map(|h| h as f32).filter(|h| h.is_finite());
    is_lamp.then_some(Lamp { place, height_m, heading_deg, is_lit: true })
}

/// A recorded tree as it is seen.
fn plant(record: &records::Feature) -> Option<Plant> {
    /// Metres of a street tree of which nothing is said.
    const USUAL_M: f64 = 7.0;
    let records::Geometry::Point(place) = record.geometry else { return None };
    let height_m = record.properties.get("height_m").and_then(serde_json::Value::as_f64).unwrap_or(USUAL_M);
    let text = |name: &str| record.properties.get(name).and_then(serde_json::Value::as_str).unwrap_or_default();
    let kind = PlantKind::of_species(&format!("{} {}", text("name"), text("class")));
    Some(Plant { place, kind, height_m: height_m.clamp(1.0, 60.0) as f32 })
}
