//! What every format is read as: layers of features with plane geometry and typed attributes.

use crate::city::Attribute;
use std::path::PathBuf;

/// x (longitude or easting) and y (latitude or northing) in the layer's coordinate system.
pub(super) type Position = [f64; 2];

/// The parts of a feature's geometry. Heights and measures are not read: everything stands on the city's ground.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Geometry {
    pub(super) points: Vec<Position>,
    pub(super) lines: Vec<Vec<Position>>,
    /// Each an outer ring and its holes; first corners may be repeated at the end.
    pub(super) polygons: Vec<Vec<Vec<Position>>>,
}

impl Geometry {
    pub(super) fn is_empty(&self) -> bool {
        self.points.is_empty() && self.lines.is_empty() && self.polygons.is_empty()
    }

    pub(super) fn positions(&self) -> impl Iterator<Item = Position> + '_ {
        let rings = self.polygons.iter().flatten().flatten();
        self.points.iter().chain(self.lines.iter().flatten()).chain(rings).copied()
    }
}

/// Why a feature has no geometry that can be used.
pub(super) type Reason = &'static str;

pub(super) const ARCS: Reason = "its geometry has arcs, which are not read: save it with straight segments";
pub(super) const DAMAGED: Reason = "its geometry is damaged";
pub(super) const NO_GEOMETRY: Reason = "it has no geometry";

/// One object of a layer.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Feature {
    /// Which one of its layer it is, from 1.
    pub(super) number: usize,
    /// The id that the format itself gives, if any.
    pub(super) id: Option<String>,
    pub(super) geometry: Result<Geometry, Reason>,
    pub(super) attributes: Vec<(String, Attribute)>,
}

impl Feature {
    /// Its attribute of that name; an empty text is none.
    pub(super) fn get(&self, name: &str) -> Option<&Attribute> {
        let found = self.attributes.iter().find(|(n, _)| n == name).map(|(_, v)| v)?;
        (!matches!(found, Attribute::Text(t) if t.trim().is_empty())).then_some(found)
    }
}

/// What a file says of its coordinate system.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Declared {
    /// A code, a name or WKT, and where it stands: `buildings.prj`, `its header`, ...
    By(String, String),
    /// GeoJSON says nothing and means WGS 84.
    GeoJson,
    /// Nothing, but its columns are called longitude and latitude.
    Degrees,
    /// Nothing.
    Nothing,
}

/// A file, or a table of one.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Layer {
    /// The file's stem or the table's name.
    pub(super) name: String,
    pub(super) path: PathBuf,
    /// Its format, as people call it.
    pub(super) format: &'static str,
    pub(super) declared: Declared,
    pub(super) features: Vec<Feature>,
    /// What a person should know of how it was read.
    pub(super) notes: Vec<String>,
}
