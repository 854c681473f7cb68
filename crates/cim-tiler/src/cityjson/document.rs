//! The JSON of CityJSON 1.0, 1.1, 2.0, and of a CityJSONSeq's lines.

use super::appearance::{Appearance, Theme};
use serde::Deserialize;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// A CityJSON object, or the first line of a CityJSONSeq.
#[derive(Debug, Deserialize)]
pub(super) struct Document {
    #[serde(rename = "type")]
    pub(super) kind: String,
    pub(super) version: Option<String>,
    pub(super) transform: Option<Transform>,
    #[serde(default)]
    pub(super) metadata: Metadata,
    #[serde(default, rename = "CityObjects")]
    pub(super) objects: BTreeMap<String, Object>,
    #[serde(default)]
    pub(super) vertices: Vec<[f64; 3]>,
    #[serde(default, rename = "geometry-templates")]
    pub(super) templates: Templates,
    #[serde(default)]
    pub(super) appearance: Appearance,
}

/// A line of a CityJSONSeq after the first (CityJSON 2.0, 8).
#[derive(Debug, Deserialize)]
pub(super) struct Feature {
    #[serde(rename = "type")]
    pub(super) kind: String,
    #[serde(default, rename = "CityObjects")]
    pub(super) objects: BTreeMap<String, Object>,
    #[serde(default)]
    pub(super) vertices: Vec<[f64; 3]>,
    #[serde(default)]
    pub(super) appearance: Appearance,
}

#[derive(Debug, Clone, Copy, Deserialize)]
pub(super) struct Transform {
    pub(super) scale: [f64; 3],
    pub(super) translate: [f64; 3],
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Metadata {
    pub(super) reference_system: Option<Value>,
    /// CityJSON 1.0 had it under `crs`.
    pub(super) crs: Option<Value>,
    pub(super) title: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Templates {
    pub(super) templates: Vec<Geometry>,
    #[serde(rename = "vertices-templates")]
    pub(super) vertices: Vec<[f64; 3]>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Object {
    #[serde(rename = "type")]
    pub(super) kind: String,
    #[serde(default)]
    pub(super) attributes: Map<String, Value>,
    #[serde(default)]
    pub(super) parents: Vec<String>,
    #[serde(default)]
    pub(super) address: Value,
    #[serde(default)]
    pub(super) geometry: Vec<Geometry>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Geometry {
    #[serde(rename = "type")]
    pub(super) kind: String,
    /// A number in 1.0, text later.
    #[serde(default)]
    pub(super) lod: Value,
    #[serde(default)]
    pub(super) boundaries: Value,
    #[serde(default)]
    pub(super) semantics: Semantics,
    /// By theme.
    #[serde(default)]
    pub(super) material: BTreeMap<String, Theme>,
    /// By theme.
    #[serde(default)]
    pub(super) texture: BTreeMap<String, Theme>,
    /// Of a `GeometryInstance`: index of its template and the placing matrix, row by row.
    pub(super) template: Option<usize>,
    #[serde(rename = "transformationMatrix")]
    pub(super) matrix: Option<[f64; 16]>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Semantics {
    pub(super) surfaces: Vec<Surface>,
    pub(super) values: Value,
}

#[derive(Debug, Deserialize)]
pub(super) struct Surface {
    #[serde(rename = "type")]
    pub(super) kind: String,
}

impl Geometry {
    /// Its level of detail; 0 when it does not say.
    pub(super) fn level(&self) -> f64 {
        match &self.lod {
            Value::Number(n) => n.as_f64().unwrap_or(0.0),
            Value::String(s) => s.parse().unwrap_or(0.0),
            _ => 0.0,
        }
    }
}
