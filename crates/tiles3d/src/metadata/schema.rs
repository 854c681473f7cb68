//! Schemas of 3D Metadata (OGC 22-025r4, clause 10.5): classes, properties and enums.

use serde::{Deserialize, Deserializer, de::DeserializeOwned};
use serde_json::Value as Json;
use std::collections::BTreeMap;

/// A schema. Entries that are malformed are left out: whoever needs one finds it missing and says so.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Schema {
    #[serde(default, deserialize_with = "readable")]
    pub(crate) classes: BTreeMap<String, Class>,
    #[serde(default, deserialize_with = "readable")]
    pub(crate) enums: BTreeMap<String, Enum>,
}

/// A class. `parent` is of drafts of `EXT_structural_metadata`.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Class {
    pub(crate) name: Option<String>,
    pub(crate) description: Option<String>,
    parent: Option<String>,
    #[serde(default, deserialize_with = "readable")]
    pub(crate) properties: BTreeMap<String, ClassProperty>,
}

/// A property of a class. `optional` and `component_count` are of `EXT_feature_metadata`, where a property was required
/// unless it said otherwise.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ClassProperty {
    pub(crate) name: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) semantic: Option<String>,
    #[serde(rename = "type")]
    pub(crate) kind: String,
    pub(crate) component_type: Option<String>,
    pub(crate) enum_type: Option<String>,
    #[serde(default)]
    pub(crate) array: bool,
    #[serde(alias = "componentCount")]
    pub(crate) count: Option<usize>,
    #[serde(default)]
    pub(crate) normalized: bool,
    #[serde(default)]
    pub(crate) required: bool,
    pub(crate) offset: Option<Json>,
    pub(crate) scale: Option<Json>,
    pub(crate) min: Option<Json>,
    pub(crate) max: Option<Json>,
    pub(crate) no_data: Option<Json>,
    pub(crate) default: Option<Json>,
}

/// An enum: names for integers.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Enum {
    #[serde(default)]
    pub(crate) value_type: Option<String>,
    #[serde(default)]
    pub(crate) values: Vec<EnumValue>,
}

/// One name of an enum.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct EnumValue {
    pub(crate) name: String,
    /// Wide enough for `INT64` and `UINT64`.
    #[serde(deserialize_with = "whole")]
    pub(crate) value: i128,
}

impl Schema {
    /// The properties of a class with those of the classes it inherits from; a class's own go first.
    pub(crate) fn properties<'a>(&'a self, class: &'a Class) -> BTreeMap<&'a str, &'a ClassProperty> {
        /// Longer chains are taken for circles.
        const LONGEST: usize = 32;
        let mut out = BTreeMap::new();
        let mut next = Some(class);
        for _ in 0..LONGEST {
            let Some(class) = next else { break };
            for (id, property) in &class.properties {
                out.entry(id.as_str()).or_insert(property);
            }
            next = class.parent.as_ref().and_then(|id| self.classes.get(id));
        }
        out
    }
}

fn readable<'de, T: DeserializeOwned, D: Deserializer<'de>>(deserializer: D) -> Result<BTreeMap<String, T>, D::Error> {
    let entries = BTreeMap::<String, Json>::deserialize(deserializer)?;
    Ok(entries.into_iter().filter_map(|(id, json)| Some((id, T::deserialize(json).ok()?))).collect())
}

fn whole<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i128, D::Error> {
    let number = serde_json::Number::deserialize(deserializer)?;
    let whole = number.as_i64().map(i128::from).or_else(|| number.as_u64().map(i128::from));
    whole.ok_or_else(|| serde::de::Error::custom(format!("{number} is not a 64-bit integer")))
}
