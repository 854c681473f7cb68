//! What the city's systems hold about it: collections of features, the fleet, and the cases. Written into `records/`
//! line by line, so that a large city needs no second copy of it in memory.

mod cells;
mod components;

pub use cells::UnitCell;
pub use components::{Component, ComponentClass, ComponentState, Components};

use crate::{Progress, TilerError, city::Road};
use cim_geo::{Geodetic, SiteFrame};
use cim_model::{Case, ClassFile, EntityKey, EventClass, Place, Vehicle};
use serde::{Serialize, Serializer, ser::SerializeMap};
use serde_json::{Map, Value};
use std::{
    borrow::Cow,
    collections::BTreeMap,
    fs::File,
    io::{BufWriter, Write},
    path::Path,
};

/// Everything that becomes a file of `records/`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Records {
    /// Features by collection id; the id is also the file's name.
    pub collections: BTreeMap<String, Vec<Feature>>,
    /// The cells of the unit grid: the collection `unit_grid`.
    pub cells: Vec<UnitCell>,
    /// The managed components: the collection `components`.
    pub components: Components,
    /// The fleet.
    pub vehicles: Vec<Vehicle>,
    /// The cases, oldest first.
    pub cases: Vec<Case>,
    /// The city's own classes of events, beyond the standard's.
    pub classes: Vec<EventClass>,
}

impl Records {
    /// How many features and vehicles there are.
    #[must_use]
    pub fn count(&self) -> usize {
        let single = self.cells.len() + self.components.list.len() + self.vehicles.len();
        self.collections.values().map(Vec::len).sum::<usize>() + single
    }
}

/// A GeoJSON feature with the entity key that the tiles, the links and the messages use.
#[derive(Debug, Clone, PartialEq)]
pub struct Feature {
    /// Its key; the feature's `id` is the id of the key.
    pub key: EntityKey,
    /// Where it is.
    pub geometry: Geometry,
    /// Its properties, without `key`.
    pub properties: Map<String, Value>,
}

/// The geometries that collections need.
#[derive(Debug, Clone, PartialEq)]
pub enum Geometry {
    /// One place.
    Point(Place),
    /// A line.
    LineString(Vec<Place>),
    /// Outer ring and holes; the first corner of a ring is not repeated.
    Polygon(Vec<Vec<Place>>),
}

impl Feature {
    /// A feature with a name.
    #[must_use]
    pub fn new(key: EntityKey, name: impl Into<String>, geometry: Geometry) -> Self {
        let mut properties = Map::new();
        properties.insert("name".into(), Value::String(name.into()));
        Self { key, geometry, properties }
    }

    /// The same feature with another line, and how high each point of it is above the ground, metres.
    fn raised(&self, (line, heights): &RaisedLine) -> Self {
        let geometry = Geometry::LineString(line.clone());
        Self { geometry, ..self.clone() }.with("heights_m", heights.as_slice())
    }

    /// The same feature with one property more.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.properties.insert(name.into(), value.into());
        self
    }
}

/// The points of a line, and how high each is above the ground, metres.
pub(crate) type RaisedLine = (Vec<Place>, Vec<f64>);

/// The records of roads.
pub(crate) fn of_roads(origin: Place, roads: &[Road]) -> Vec<Feature> {
    let frame = SiteFrame::new(Geodetic::new(origin.lon, origin.lat, 0.0));
    let metres = |p: Place| frame.to_enu(Geodetic::new(p.lon, p.lat, 0.0)).truncate();
    let length = |road: &Road| road.points.windows(2).map(|w| metres(w[0]).distance(metres(w[1]))).sum::<f64>();
    let record = |r: &Road| {
        Feature::new(r.key.clone(), r.name.clone(), Geometry::LineString(r.points.clone()))
            .with("class", r.class.name())
            .with("width_m", (f64::from(r.width_m) * 10.0).round() / 10.0)
            .with("length_m", length(r).round())
            .with("main", r.main)
    };
    roads.iter().map(record).collect()
}

/// Degrees with seven digits: a centimetre, and half the bytes of the full number.
fn position(p: Place) -> [f64; 2] {
    [p.lon, p.lat].map(|x| (x * 1e7).round() / 1e7)
}

fn closed(ring: &[Place]) -> Vec<[f64; 2]> {
    ring.iter().chain(ring.first()).map(|p| position(*p)).collect()
}

impl Serialize for Geometry {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        let mut map = s.serialize_map(Some(2))?;
        match self {
            Self::Point(p) => {
                map.serialize_entry("type", "Point")?;
                map.serialize_entry("coordinates", &position(*p))?;
            }
            Self::LineString(line) => {
                map.serialize_entry("type", "LineString")?;
                map.serialize_entry("coordinates", &line.iter().map(|p| position(*p)).collect::<Vec<_>>())?;
            }
            Self::Polygon(rings) => {
                map.serialize_entry("type", "Polygon")?;
                map.serialize_entry("coordinates", &rings.iter().map(|r| closed(r)).collect::<Vec<_>>())?;
            }
        }
        map.end()
    }
}

impl Serialize for Feature {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        struct Properties<'a>(&'a Feature);
        impl Serialize for Properties<'_> {
            fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                let mut map = s.serialize_map(Some(self.0.properties.len() + 1))?;
                map.serialize_entry("key", &self.0.key)?;
                for (name, value) in &self.0.properties {
                    map.serialize_entry(name, value)?;
                }
                map.end()
            }
        }
        let mut map = s.serialize_map(Some(4))?;
        map.serialize_entry("type", "Feature")?;
        map.serialize_entry("id", &self.key.id)?;
        map.serialize_entry("geometry", &self.geometry)?;
        map.serialize_entry("properties", &Properties(self))?;
        map.end()
    }
}

/// Writes `records/` into the city folder, in place of those that are there; the bytes written. `raised` are the roads that
/// are anywhere off the ground.
pub(crate) fn write(
    records: &Records,
    raised: &BTreeMap<EntityKey, RaisedLine>,
    folder: &Path,
    progress: &mut dyn Progress,
) -> Result<u64, TilerError> {
    progress.stage("records", Some((records.count() + records.cases.len()) as u64));
    let folder = folder.join("records");
    let failed = |source| TilerError::Write { path: folder.clone(), source };
    if folder.exists() {
        std::fs::remove_dir_all(&folder).map_err(failed)?;
    }
    std::fs::create_dir_all(&folder).map_err(failed)?;
    let mut bytes = 0;
    let shape = ("{\"type\":\"FeatureCollection\",\"features\":[\n", ",\n", "\n]}\n");
    for (collection, features) in &records.collections {
        let features = features.iter().map(|f| match raised.get(&f.key) {
            Some(line) => Cow::Owned(f.raised(line)),
            None => Cow::Borrowed(f),
        });
        bytes += lines(&folder.join(format!("{collection}.geojson")), shape, features, progress)?;
    }
    if !records.cells.is_empty() {
        let features = records.cells.iter().map(UnitCell::feature);
        bytes += lines(&folder.join("unit_grid.geojson"), shape, features, progress)?;
    }
    let components = &records.components;
    if !components.list.is_empty() {
        let features = components.list.iter().filter_map(|c| components.feature(c));
        bytes += lines(&folder.join("components.geojson"), shape, features, progress)?;
    }
    bytes += lines(&folder.join("vehicles.json"), ("[\n", ",\n", "\n]\n"), records.vehicles.iter(), progress)?;
    if !records.classes.is_empty() {
        let path = folder.join("classes.json");
        let failed = |source| TilerError::Write { path: path.clone(), source };
        let file = ClassFile { dictionary: "city".into(), version: "1".into(), classes: records.classes.clone() };
        let text = serde_json::to_vec_pretty(&file).map_err(|e| failed(e.into()))?;
        std::fs::write(&path, &text).map_err(failed)?;
        bytes += text.len() as u64;
    }
    bytes += lines(&folder.join("cases.jsonl"), ("", "\n", "\n"), records.cases.iter(), progress)?;
    Ok(bytes)
}

/// Writes one item after the other between an opening, separators and a closing text.
fn lines<T: Serialize>(
    path: &Path,
    (open, between, close): (&str, &str, &str),
    items: impl Iterator<Item = T>,
    progress: &mut dyn Progress,
) -> Result<u64, TilerError> {
    let failed = |source| TilerError::Write { path: path.to_owned(), source };
    let mut out = BufWriter::new(File::create(path).map_err(failed)?);
    let mut bytes = 0;
    let mut put = |text: &[u8]| {
        bytes += text.len() as u64;
        out.write_all(text).map_err(|source| TilerError::Write { path: path.to_owned(), source })
    };
    put(open.as_bytes())?;
    let mut none = true;
    let mut text = Vec::new();
    for item in items {
        if !none {
            put(between.as_bytes())?;
        }
        none = false;
        text.clear();
        serde_json::to_writer(&mut text, &item).map_err(|source| TilerError::Json { path: path.to_owned(), source })?;
        put(&text)?;
        progress.advance(1);
    }
    // An empty file of lines has no line, not an empty one.
    if !(none && open.is_empty()) {
        put(close.as_bytes())?;
    }
    out.flush().map_err(failed)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use cim_model::EntityKind;

    #[test]
    fn a_feature_is_geojson_with_closed_rings() {
        let ring = vec![Place::new(1.0, 2.0), Place::new(2.0, 2.0), Place::new(2.0, 3.123_456_789)];
        let feature = Feature::new(EntityKey::new(EntityKind::Grid, "7"), "格", Geometry::Polygon(vec![ring]))
            .with("area_m2", 12.5);
        let expected = r#"{"type":"Feature","id":"7","geometry":{"type":"Polygon","coordinates":[[[1.0,2.0],[2.0,2.0],[2.0,3.1234568],[1.0,2.0]]]},"properties":{"key":"grid:7","area_m2":12.5,"name":"格"}}"#;
        assert_eq!(serde_json::to_string(&feature).unwrap(), expected);
    }

    #[test]
    fn no_records_make_empty_but_valid_files() {
        let dir = tempfile::tempdir().unwrap();
        let mut records = Records::default();
        records.collections.insert("camera".into(), Vec::new());
        let bytes = write(&records, &BTreeMap::new(), dir.path(), &mut crate::Silent).unwrap();
        let text = |name: &str| std::fs::read_to_string(dir.path().join("records").join(name)).unwrap();
        let camera: Value = serde_json::from_str(&text("camera.geojson")).unwrap();
        assert_eq!(camera["features"], serde_json::json!([]));
        assert_eq!(serde_json::from_str::<Vec<Vehicle>>(&text("vehicles.json")).unwrap(), []);
        assert_eq!(text("cases.jsonl"), "");
        assert_eq!(bytes as usize, text("camera.geojson").len() + text("vehicles.json").len());
    }
}
