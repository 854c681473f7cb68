//! City models in: objects with surfaces, attributes and parts, as CityJSON (1.0, 1.1, 2.0, CityJSONSeq) and CityGML (1.0,
//! 2.0, 3.0) have them, plain or gzipped, in one file or in many.
//!
//! Every object that has surfaces becomes a feature with all its attributes, and those of its parents where it does not
//! say otherwise. What cannot be drawn is left out and named; what was mended is named too. Heights count from the ground
//! of the data where it has any; where it has buildings alone, each stands on the city's flat ground.

mod kinds;
mod models;
mod open;
mod repair;
mod shells;

#[cfg(test)]
pub(crate) mod tests;

pub(crate) use kinds::facet_kind;
pub(crate) use open::{Opened, Syntax, open};
pub(crate) use repair::Defect;

use crate::{
    CitySummary, Progress, SourceCrs, TilerError,
    city::{City, FacetKind, Findings, Network, extent, usual_utc_offset_minutes},
    citygml, cityjson,
    crs::AxisOrder,
    picture::{Picture, Texture},
    progress::watch,
    records::Records,
    terrain::TerrainSource,
    tiling::{self, TilingOptions},
};
use cim_model::Place;
use open::open_counted;
use serde_json::{Map, Value};
use std::{
    path::{Path, PathBuf},
    sync::{Arc, atomic::AtomicU64},
};

/// What to make of the files.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct CityModelOptions {
    /// Name of the city; the first file's title or name when it is empty.
    pub name: String,
    /// The coordinate system, in place of the one that the files declare.
    pub crs: Option<String>,
    /// Which coordinate comes first, in place of what the coordinates look like.
    pub axes: Option<AxisOrder>,
    /// How the city's tiles are written.
    pub tiling: TilingOptions,
    /// What the city stands on.
    pub terrain: TerrainSource,
    /// Where the models stand on it.
    pub heights: ModelHeights,
}

/// Where surveyed models stand on a terrain.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ModelHeights {
    /// At their own heights where these are of the terrain's system - the models have ground of their own, or their feet lie
    /// within a few metres of the terrain - else on the ground.
    #[default]
    Seen,
    /// At their own heights.
    Own,
    /// Each with its foot on the lowest ground under it.
    Ground,
}

/// What is said of a run beside the city's summary.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CityModelReport {
    /// The coordinate system in use.
    pub crs: String,
    /// What a user of the coordinate systems should know.
    pub cautions: Vec<String>,
    /// Which coordinate comes first in the files.
    pub axes: AxisOrder,
    /// Files read.
    pub files: usize,
    /// Objects in the files.
    pub objects: usize,
    /// Objects that have no surfaces of their own and stand for the parts that they have.
    pub parents: usize,
}

/// A city model as its file has it.
#[derive(Debug, Default)]
pub(crate) struct CityModel {
    /// The coordinate system that it declares.
    pub(crate) crs: Option<String>,
    /// Whether that declaration binds to the order of axes of the system's authority (a URN or URL of OGC's), where
    /// degrees of latitude come first.
    pub(crate) authority_order: bool,
    pub(crate) title: Option<String>,
    /// The pictures on its surfaces.
    pub(crate) pictures: Vec<Picture>,
    pub(crate) objects: Vec<CityObject>,
}

/// An object of a city model.
#[derive(Debug, Default)]
pub(crate) struct CityObject {
    pub(crate) id: String,
    /// Its class by CityJSON's name for it.
    pub(crate) kind: String,
    pub(crate) attributes: Map<String, Value>,
    pub(crate) address: Option<String>,
    /// Where in the list of objects its parent is.
    pub(crate) parent: Option<usize>,
    pub(crate) geometries: Vec<Geometry>,
    /// What of its geometry could not be read as such.
    pub(crate) defects: Vec<Defect>,
}

/// What surfaces are together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// Surfaces, connected or not.
    Surfaces,
    /// The outer shell of a solid.
    Shell,
    /// A shell around a hollow inside a solid.
    Cavity,
}

/// Surfaces of an object at one level of detail.
#[derive(Debug)]
pub(crate) struct Geometry {
    pub(crate) lod: f64,
    pub(crate) shape: Shape,
    pub(crate) polygons: Vec<Polygon>,
}

/// A surface: the outer ring, then the holes, in the coordinates of the file; first corners not repeated.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Polygon {
    pub(crate) rings: Vec<Vec<[f64; 3]>>,
    pub(crate) kind: FacetKind,
    /// sRGB colour, where an appearance gives one.
    pub(crate) color: Option<[u8; 3]>,
    /// The picture on it, with as many rings and corners.
    pub(crate) texture: Option<Texture>,
}

impl Polygon {
    /// All of it; no surface is left behind.
    pub(crate) fn take(&mut self) -> Self {
        let Self { rings, kind, color, texture } = self;
        Self { rings: std::mem::take(rings), kind: *kind, color: *color, texture: texture.take() }
    }

    /// Turns its other side outside.
    pub(crate) fn reverse(&mut self) {
        self.rings.iter_mut().for_each(|r| r.reverse());
        self.texture.iter_mut().for_each(Texture::reverse);
    }
}

/// Reads files and writes them as one city folder.
///
/// # Errors
/// One cannot be read, is of another format, or has no usable coordinate system; and as [`tiling::write_city`].
pub fn tile_city_model(
    inputs: &[PathBuf],
    out: &Path,
    options: &CityModelOptions,
    progress: &mut dyn Progress,
) -> Result<(CitySummary, CityModelReport), TilerError> {
    let (city, report) = make_city(inputs, options, progress)?;
    Ok((tiling::write_city(&city, out, &options.tiling, progress)?, report))
}

/// Reads files as one city.
///
/// # Errors
/// As [`tile_city_model`].
pub fn make_city(
    inputs: &[PathBuf],
    options: &CityModelOptions,
    progress: &mut dyn Progress,
) -> Result<(City, CityModelReport), TilerError> {
    let mut made = models::Made::default();
    let mut report = CityModelReport::default();
    let mut title = None;
    let sizes = inputs.iter().filter_map(|path| std::fs::metadata(path).ok()).map(|file| file.len());
    progress.stage_bytes("reading", sizes.sum());
    let count = Arc::new(AtomicU64::new(0));
    for path in inputs {
        let model = watch(progress, &count, || read(path, &count))?;
        let fail = |reason: String| TilerError::Source { path: path.clone(), format: "a city model", reason };
        let declared = options.crs.clone().or_else(|| model.crs.clone()).ok_or_else(|| {
            fail("it does not say its coordinate system: name it, such as --crs EPSG:7415 or --crs EPSG:4549".into())
        })?;
        let crs = SourceCrs::parse(&declared).map_err(|e| fail(e.to_string()))?;
        let corners = model.objects.iter().flat_map(|o| &o.geometries).flat_map(|g| &g.polygons);
        let sample = corners.flat_map(|p| p.rings.iter().flatten()).map(|c| [c[0], c[1]]);
        let axes = options.axes.unwrap_or_else(|| crs.axis_order(sample, model.authority_order));
        if report.files == 0 {
            (report.crs, report.axes) = (crs.name.clone(), axes);
        }
        let caution = crs.caution().map(|caution| format!("{}: {caution}", crs.name));
        report.cautions.extend(caution.filter(|c| !report.cautions.contains(c)));
        report.files += 1;
        report.objects += model.objects.len();
        title = title.or_else(|| model.title.clone());
        models::add(&mut made, model, &crs, axes);
    }
    progress.stage("putting the city together", None);
    report.parents = made.parents;
    let nothing = || TilerError::Source {
        path: inputs.first().cloned().unwrap_or_default(),
        format: "a city model",
        reason: "nothing in it has surfaces that can be drawn".into(),
    };
    let points = made.models.iter().flat_map(crate::city::Model::points);
    let bounds = extent(points.map(|p| p.place)).ok_or_else(nothing)?;
    let origin = Place::new(0.5 * (bounds.west + bounds.east), 0.5 * (bounds.south + bounds.north));
    let mut terrain = options.terrain.read(origin, bounds, progress)?;
    models::finish(&mut made, terrain.as_mut(), origin, options.heights);
    let file = inputs.first().and_then(|p| p.file_name());
    let file = file.map(|n| n.to_string_lossy().split('.').next().unwrap_or_default().to_owned());
    let names = [Some(options.name.clone()), title, file];
    let name = names.into_iter().flatten().find(|n| !n.trim().is_empty()).unwrap_or_default();
    let findings = Findings { objects: report.objects, stand_for_parts: made.parents, ..made.findings };
    let city = City {
        name_zh: name.clone(),
        name_en: name,
        origin,
        bounds,
        utc_offset_minutes: usual_utc_offset_minutes(origin),
        buildings: Vec::new(),
        models: made.models,
        placed: Vec::new(),
        pictures: made.pictures,
        ground_m: made.ground_m,
        terrain,
        roads: Vec::new(),
        areas: Vec::new(),
        plants: Vec::new(),
        lamps: Vec::new(),
        network: Network::default(),
        records: Records::default(),
        findings,
    };
    Ok((city, report))
}

/// Reads one file, whichever of the two it is, and counts its bytes on the way.
fn read(path: &Path, count: &Arc<AtomicU64>) -> Result<CityModel, TilerError> {
    let file = open_counted(path, count.clone())?;
    match file.syntax {
        Syntax::Xml => citygml::read(file),
        Syntax::Json => cityjson::read(file),
        Syntax::Unknown => Err(TilerError::Source {
            path: path.to_owned(),
            format: "a city model",
            reason: "it begins neither as XML (CityGML) nor as JSON (CityJSON)".into(),
        }),
    }
}
