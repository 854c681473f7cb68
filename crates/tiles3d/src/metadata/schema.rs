//! Schemas of 3D Metadata (OGC 22-025r4, clause 10.5): classes, properties and enums.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

#[derive(Debug, Deserialize)]
pub(crate) struct Schema {
    #[serde(default)]
    pub(crate) classes: BTreeMap<String, Class>,
    #[serde(default)]
    pub(crate) enums: BTreeMap<String, Enum>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Class {
    #[serde(default)]
    pub(crate) properties: BTreeMap<String, ClassProperty>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ClassProperty {
    #[serde(rename = "type")]
    pub(crate) kind: String,
    pub(crate) component_type: Option<String>,
    pub(crate) enum_type: Option<String>,
    #[serde(default)]
    pub(crate) array: bool,
    pub(crate) count: Option<usize>,
    #[serde(default)]
    pub(crate) normalized: bool,
    pub(crate) offset: Option<serde_json::Value>,
    pub(crate) scale: Option<serde_json::Value>,
    pub(crate) no_data: Option<serde_json::Value>,
    pub(crate) default: Option<serde_json::Value>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Enum {
    #[serde(default)]
    pub(crate) value_type: Option<String>,
    pub(crate) values: Vec<EnumValue>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct EnumValue {
    pub(crate) name: String,
    pub(crate) value: i64,
}
