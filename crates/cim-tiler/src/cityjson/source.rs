//! Reading a file: one document or a sequence.

use super::appearance::Appearance;
use super::document::{Document, Feature, Geometry, Object, Templates, Transform};
use crate::{TilerError, citymodel::Opened};
use serde_json::Value;
use std::{collections::BTreeMap, io::Read};

/// Larger files are refused, unpacked: they would not fit into memory as JSON.
const MAX_BYTES: u64 = 4 << 30;

/// Objects with the vertices that they refer to.
pub(super) struct Part {
    pub(super) objects: BTreeMap<String, Object>,
    pub(super) vertices: Vec<[f64; 3]>,
    /// Empty where that of the whole file counts.
    pub(super) appearance: Appearance,
}

/// A file as it is.
pub(super) struct Source {
    pub(super) crs: Option<String>,
    pub(super) title: Option<String>,
    pub(super) templates: Templates,
    /// Of all parts without one of their own, and of the templates.
    pub(super) appearance: Appearance,
    /// One for a document, one for every feature of a sequence.
    pub(super) parts: Vec<Part>,
}

pub(super) fn read(file: Opened) -> Result<Source, TilerError> {
    let fail = |reason: String| TilerError::Source { path: file.path.clone(), format: "CityJSON", reason };
    let mut bytes = Vec::new();
    file.reader
        .take(MAX_BYTES + 1)
        .read_to_end(&mut bytes)
        .map_err(|e| fail(format!("it is damaged or cut off: {e}")))?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(fail("it is larger than the 4 GiB that are read at a time: split it into tiles".into()));
    }
    parse(&bytes).map_err(fail)
}

fn parse(bytes: &[u8]) -> Result<Source, String> {
    let text = std::str::from_utf8(bytes).map_err(|e| format!("it is not UTF-8 from byte {} on", e.valid_up_to()))?;
    let text = text.trim_start_matches('\u{feff}');
    // A sequence has one JSON object a line (CityJSON 2.0, 8); a document may be spread over lines.
    let mut values = serde_json::Deserializer::from_str(text).into_iter::<Document>();
    let mut head = match values.next() {
        Some(Ok(head)) => head,
        Some(Err(e)) => return Err(format!("it is no CityJSON: {e}")),
        None => return Err("it is empty".into()),
    };
    let after = values.byte_offset();
    if head.kind != "CityJSON" {
        return Err(format!("it is no CityJSON: its type is `{}`", head.kind));
    }
    let version = head.version.clone().unwrap_or_default();
    if !["1.0", "1.1", "2.0"].iter().any(|v| version.starts_with(v)) {
        return Err(format!("its version is `{version}`: 1.0, 1.1 and 2.0 are read"));
    }
    let metadata = std::mem::take(&mut head.metadata);
    let crs = metadata.reference_system.as_ref().and_then(system).or_else(|| metadata.crs.as_ref().and_then(system));
    let placed = |vertices: Vec<[f64; 3]>| place(vertices, head.transform);
    let mut parts =
        vec![Part { objects: head.objects, vertices: placed(head.vertices), appearance: Appearance::default() }];
    for (i, feature) in
        serde_json::Deserializer::from_str(text.get(after..).unwrap_or_default()).into_iter::<Feature>().enumerate()
    {
        let feature = feature.map_err(|e| format!("feature {} of the sequence: {e}", i + 1))?;
        if feature.kind != "CityJSONFeature" {
            return Err(format!("feature {} of the sequence is of type `{}`", i + 1, feature.kind));
        }
        parts.push(Part {
            objects: feature.objects,
            vertices: placed(feature.vertices),
            appearance: feature.appearance,
        });
    }
    Ok(Source { crs, title: metadata.title, templates: head.templates, appearance: head.appearance, parts })
}

/// `"https://..."` (1.1, 2.0), `"urn:ogc:def:crs:EPSG::7415"` (1.0), `{"epsg": 7415}` (0.x).
fn system(value: &Value) -> Option<String> {
    match value {
        Value::String(s) => Some(s.clone()),
        Value::Object(o) => o.get("epsg").and_then(Value::as_u64).map(|n| format!("EPSG:{n}")),
        _ => None,
    }
}

fn place(mut vertices: Vec<[f64; 3]>, transform: Option<Transform>) -> Vec<[f64; 3]> {
    if let Some(t) = transform {
        for v in &mut vertices {
            *v = std::array::from_fn(|k| v[k] * t.scale[k] + t.translate[k]);
        }
    }
    vertices
}

/// The surfaces of a template placed by a `GeometryInstance`: its vertices in the file's coordinates.
pub(super) fn instance<'a>(
    source: &'a Source,
    part: &Part,
    geometry: &Geometry,
) -> Option<(&'a Geometry, Vec<[f64; 3]>)> {
    let template = source.templates.templates.get(geometry.template?)?;
    let anchor = geometry.boundaries.get(0)?.as_u64()?;
    let anchor = *part.vertices.get(usize::try_from(anchor).ok()?)?;
    let m = geometry.matrix?;
    let placed = source.templates.vertices.iter().map(|v| {
        let row = |r: usize| m[r * 4] * v[0] + m[r * 4 + 1] * v[1] + m[r * 4 + 2] * v[2] + m[r * 4 + 3];
        std::array::from_fn(|k| row(k) + anchor[k])
    });
    Some((template, placed.collect()))
}
