//! GeoJSON (RFC 7946) in: a document, one feature a line, or a text sequence (RFC 8142).

use super::feature::{DAMAGED, Declared, Feature, Geometry, Layer, NO_GEOMETRY, Reason};
use crate::attributes::flatten;
use geojson::{GeometryValue, Position};
use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value, error::Category};
use std::{fmt, path::Path};

const NOT_A_FEATURE: Reason = "it is no GeoJSON feature";
const NO_JSON: Reason = "its line is no JSON";
/// Begins every text of a sequence.
const RECORD_SEPARATOR: char = '\u{1e}';

/// Reads bytes as a layer. The reason of a refusal names line and column.
pub(super) fn read(bytes: &[u8], name: &str, path: &Path) -> Result<Layer, String> {
    let text = std::str::from_utf8(bytes).map_err(|e| {
        let line = 1 + bytes[..e.valid_up_to()].iter().filter(|b| **b == b'\n').count();
        format!("it is not UTF-8 from byte {} (line {line}) on: GeoJSON has to be saved as UTF-8", e.valid_up_to())
    })?;
    let text = text.trim_start_matches('\u{feff}');
    let (features, rest) = if is_sequence(text) { sequence(text)? } else { document(text)? };
    let declared = match rest.get("crs") {
        None | Some(Value::Null) => Declared::GeoJson,
        Some(crs) => match named_crs(crs) {
            Some(found) => Declared::By(found, "its `crs` member".into()),
            None => return Err(format!("its `crs` member is not understood: {crs}")),
        },
    };
    let name = rest.get("name").and_then(Value::as_str).filter(|n| !n.trim().is_empty()).unwrap_or(name).to_owned();
    Ok(Layer { name, path: path.to_owned(), format: "GeoJSON", declared, features, notes: Vec::new() })
}

/// Whether a text is GeoJSON at all, from its beginning.
pub(super) fn looks_like(start: &[u8]) -> bool {
    let text = String::from_utf8_lossy(start);
    let text = text.trim_start_matches(['\u{feff}', RECORD_SEPARATOR]).trim_start();
    if !text.starts_with('{') || text.contains("\"CityJSON") {
        return false;
    }
    let squeezed: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    ["FeatureCollection", "Feature"].iter().any(|kind| squeezed.contains(&format!("\"type\":\"{kind}\"")))
}

/// `{"type":"name","properties":{"name":"urn:ogc:def:crs:EPSG::4547"}}` of GeoJSON before 2016, or a bare text.
fn named_crs(crs: &Value) -> Option<String> {
    let name = crs.as_str().or_else(|| crs.pointer("/properties/name")?.as_str()).map(str::trim)?;
    // OGC's name of longitude and latitude.
    let plain = if name.to_ascii_uppercase().ends_with("CRS84") { "WGS84" } else { name };
    (!plain.is_empty()).then(|| plain.to_owned())
}

/// Whether the first line is a document of its own and another follows.
fn is_sequence(text: &str) -> bool {
    if text.trim_start().starts_with(RECORD_SEPARATOR) {
        return true;
    }
    let mut lines = text.lines().map(str::trim).filter(|l| !l.is_empty());
    let (Some(first), Some(second)) = (lines.next(), lines.next()) else { return false };
    second.starts_with('{') && serde_json::from_str::<serde::de::IgnoredAny>(first).is_ok()
}

/// Features, and the other members of what holds them.
type Parsed = (Vec<Feature>, Map<String, Value>);

/// One feature, or collection of them, after the other.
fn sequence(text: &str) -> Result<Parsed, String> {
    let (mut features, mut rest) = (Vec::new(), Map::new());
    let separated = text.trim_start().starts_with(RECORD_SEPARATOR);
    let separator = if separated { RECORD_SEPARATOR } else { '\n' };
    let mut line = 1;
    let last = text.trim_end().len();
    let mut begin = 0;
    for part in text.split(separator) {
        let (at, end) = (line, begin + part.len());
        line += part.matches('\n').count() + usize::from(!separated);
        begin = end + separator.len_utf8();
        let part = part.trim();
        if part.is_empty() {
            continue;
        }
        match document(part) {
            Ok((found, other)) => {
                features.extend(found);
                rest.extend(other.into_iter().filter(|(k, _)| k == "crs"));
            }
            // Only the end of the file can have been cut off: that is no damage of one feature.
            Err(e) if end >= last && cut_off(part) => return Err(format!("line {at}: {e}")),
            Err(_) => features.push(nothing(NO_JSON)),
        }
    }
    number(&mut features);
    Ok((features, rest))
}

fn cut_off(part: &str) -> bool {
    serde_json::from_str::<serde::de::IgnoredAny>(part).is_err_and(|e| e.classify() == Category::Eof)
}

fn nothing(reason: Reason) -> Feature {
    Feature { number: 0, id: None, geometry: Err(reason), attributes: Vec::new() }
}

fn number(features: &mut [Feature]) {
    features.iter_mut().enumerate().for_each(|(i, f)| f.number = i + 1);
}

/// A collection, a feature or a geometry; and the other members of the collection.
fn document(text: &str) -> Result<Parsed, String> {
    let mut reader = serde_json::Deserializer::from_str(text);
    let place = |e: serde_json::Error| match e.classify() {
        Category::Eof => format!("it is cut off at line {}, column {}", e.line(), e.column()),
        _ => format!("it is no GeoJSON: {e}"),
    };
    let Root { features, mut rest } = RootSeed.deserialize(&mut reader).map_err(place)?;
    reader.end().map_err(place)?;
    let kind = rest.get("type").and_then(Value::as_str).unwrap_or_default().to_owned();
    let mut features = match (kind.as_str(), features) {
        ("FeatureCollection", Some(features)) => features,
        ("FeatureCollection", None) => return Err("it is a FeatureCollection without `features`".into()),
        ("Feature", _) => vec![feature(Value::Object(std::mem::take(&mut rest)))],
        ("Topology", _) => return Err("it is TopoJSON, not GeoJSON: convert it first".into()),
        ("", _) => return Err("it is no GeoJSON: it has no `type`".into()),
        (
            "Point" | "MultiPoint" | "LineString" | "MultiLineString" | "Polygon" | "MultiPolygon"
            | "GeometryCollection",
            _,
        ) => {
            let geometry = geometry(Value::Object(std::mem::take(&mut rest)));
            vec![Feature { geometry, ..nothing(NO_GEOMETRY) }]
        }
        (other, _) => {
            return Err(format!("it is no GeoJSON: its type is `{}`", other.chars().take(60).collect::<String>()));
        }
    };
    number(&mut features);
    Ok((features, rest))
}

struct Root {
    features: Option<Vec<Feature>>,
    rest: Map<String, Value>,
}

/// Reads the outermost object, turning each feature into one of ours as it comes, so that the file is never held as
/// JSON as a whole.
struct RootSeed;

impl<'de> DeserializeSeed<'de> for RootSeed {
    type Value = Root;

    fn deserialize<D: Deserializer<'de>>(self, d: D) -> Result<Root, D::Error> {
        d.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for RootSeed {
    type Value = Root;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a GeoJSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Root, A::Error> {
        let mut root = Root { features: None, rest: Map::new() };
        while let Some(key) = map.next_key::<String>()? {
            if key == "features" {
                if root.features.is_some() {
                    return Err(A::Error::custom("`features` stands there twice"));
                }
                root.features = Some(map.next_value_seed(Features)?);
            } else {
                root.rest.insert(key, map.next_value()?);
            }
        }
        Ok(root)
    }
}

struct Features;

impl<'de> DeserializeSeed<'de> for Features {
    type Value = Vec<Feature>;

    fn deserialize<D: Deserializer<'de>>(self, d: D) -> Result<Vec<Feature>, D::Error> {
        d.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Features {
    type Value = Vec<Feature>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of features")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Vec<Feature>, A::Error> {
        let mut features = Vec::new();
        while let Some(value) = list.next_element::<Value>()? {
            features.push(feature(value));
        }
        Ok(features)
    }
}

fn feature(value: Value) -> Feature {
    let Value::Object(mut map) = value else { return nothing(NOT_A_FEATURE) };
    if map.remove("type").is_none_or(|t| t != "Feature") {
        return nothing(NOT_A_FEATURE);
    }
    let id = map.remove("id").and_then(|id| match id {
        Value::String(s) if !s.trim().is_empty() => Some(s),
        Value::Number(n) => Some(n.to_string()),
        _ => None,
    });
    let geometry = geometry(map.remove("geometry").unwrap_or_default());
    let properties = map.remove("properties");
    map.remove("bbox");
    let mut attributes = match &properties {
        Some(Value::Object(properties)) => flatten(properties),
        _ => Vec::new(),
    };
    // Members that the standard does not know are somebody's attributes.
    attributes.extend(flatten(&map));
    Feature { number: 0, id, geometry, attributes }
}

fn geometry(value: Value) -> Result<Geometry, Reason> {
    if value.is_null() {
        return Err(NO_GEOMETRY);
    }
    let parsed: geojson::Geometry = serde_json::from_value(value).map_err(|_| DAMAGED)?;
    let mut out = Geometry::default();
    collect(parsed, &mut out)?;
    if out.is_empty() { Err(NO_GEOMETRY) } else { Ok(out) }
}

fn collect(geometry: geojson::Geometry, out: &mut Geometry) -> Result<(), Reason> {
    let position = |p: &Position| match p.as_slice() {
        [x, y, ..] => Ok([*x, *y]),
        _ => Err(DAMAGED),
    };
    let line = |line: &Vec<Position>| line.iter().map(position).collect::<Result<Vec<_>, _>>();
    let polygon = |rings: &Vec<Vec<Position>>| rings.iter().map(line).collect::<Result<Vec<_>, _>>();
    match geometry.value {
        GeometryValue::Point { coordinates } => out.points.push(position(&coordinates)?),
        GeometryValue::MultiPoint { coordinates } => out.points.extend(line(&coordinates)?),
        GeometryValue::LineString { coordinates } => out.lines.push(line(&coordinates)?),
        GeometryValue::MultiLineString { coordinates } => out.lines.extend(polygon(&coordinates)?),
        GeometryValue::Polygon { coordinates } => out.polygons.push(polygon(&coordinates)?),
        GeometryValue::MultiPolygon { coordinates } => {
            for rings in &coordinates {
                out.polygons.push(polygon(rings)?);
            }
        }
        GeometryValue::GeometryCollection { geometries } => {
            for inner in geometries {
                collect(inner, out)?;
            }
        }
    }
    Ok(())
}
