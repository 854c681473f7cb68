//! What the file of a tileset says beside its tree: schema, groups, metadata, statistics (clause 7.9 to 7.14).

use super::schema::{MetadataJson, TilesetJson};
use crate::{
    Diagnostic, MetadataEntity, Value,
    metadata::{EntityJson, Schema},
};
use serde::{Deserialize as _, Serialize};
use serde_json::Value as Json;
use std::{collections::BTreeMap, sync::Arc};
use url::Url;

/// A group that contents can be in.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Group {
    /// Its id, where the file gives groups ids instead of numbers (1.0's `3DTILES_metadata`).
    pub id: Option<String>,
    /// Its metadata.
    pub metadata: MetadataEntity,
}

/// Least and greatest value of a property of the features of a 1.0 tileset (`properties`).
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct PropertyRange {
    /// The least value of all features.
    pub minimum: f64,
    /// The greatest value of all features.
    pub maximum: f64,
}

/// What a tileset says of the values of its metadata as a whole (clause 7.13).
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Statistics {
    /// By the classes' ids.
    pub classes: BTreeMap<String, ClassStatistics>,
}

/// What a tileset says of all entities of a class.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct ClassStatistics {
    /// How many there are.
    pub count: Option<u64>,
    /// By the properties' ids: `min`, `max`, `mean`, `median`, `standardDeviation`, `variance`, `sum`, `occurrences` (an
    /// object of numbers by the values), and whatever else the file has.
    pub properties: BTreeMap<String, BTreeMap<String, Value>>,
}

/// The file of a tileset without its tiles.
#[derive(Debug, Clone)]
pub(super) struct Document {
    pub(super) url: Url,
    pub(super) schema: Option<Arc<Schema>>,
    /// Where the schema is when it has a file of its own.
    pub(super) schema_url: Option<Url>,
    /// Whether that file is still to be fetched.
    pub(super) is_schema_wanted: bool,
    pub(super) statistics: Statistics,
    pub(super) groups: Vec<(Option<String>, EntityJson)>,
    pub(super) own: Option<EntityJson>,
    pub(super) properties: BTreeMap<String, PropertyRange>,
    pub(super) tileset_version: Option<String>,
    pub(super) extras: Option<Json>,
}

impl Document {
    /// From the JSON of a tileset; its tiles are left alone.
    pub(super) fn parse(json: &mut TilesetJson, url: &Url, found: &mut Vec<Diagnostic>) -> Self {
        let old = json.extensions.get("3DTILES_metadata").and_then(|e| MetadataJson::deserialize(e).ok());
        let old = old.unwrap_or_default();
        let new = std::mem::take(&mut json.metadata);
        let pick = |new: Json, old: Json| if new.is_null() { old } else { new };
        let own = pick(new.metadata, pick(old.metadata, old.tileset));
        let own = EntityJson::parse(Some(&own), url.as_str(), found);
        let mut schema = None;
        let inline = pick(new.schema, old.schema);
        if !inline.is_null() {
            match Schema::deserialize(inline) {
                Ok(read) => schema = Some(Arc::new(read)),
                Err(e) => found.push(Diagnostic::new("schema-invalid", url.as_str(), e.to_string())),
            }
        }
        let schema_url = match pick(new.schema_uri, old.schema_uri) {
            Json::String(uri) => url.join(&uri).map_err(|e| {
                let message = format!("schemaUri {uri:?}: {e}; metadata is shown as it is written");
                found.push(Diagnostic::new("schema-uri-invalid", url.as_str(), message));
            }),
            _ => Err(()),
        };
        let mut out = Self {
            url: url.clone(),
            is_schema_wanted: schema.is_none() && schema_url.is_ok(),
            schema,
            schema_url: schema_url.ok(),
            statistics: statistics(&pick(new.statistics, old.statistics)),
            groups: groups(&pick(new.groups, old.groups), url, found),
            own,
            properties: ranges(&json.properties),
            tileset_version: json.asset.tileset_version.take(),
            extras: json.asset.extras.take(),
        };
        if out.schema.is_some() {
            out.check(found);
        }
        out.groups.shrink_to_fit();
        out
    }

    /// Tells what is wrong with its metadata by its schema.
    pub(super) fn check(&self, found: &mut Vec<Diagnostic>) {
        let _ = self.metadata(found);
        for n in 0..self.groups.len() {
            let _ = self.group(n, found);
        }
    }

    /// The metadata of the whole tileset.
    pub(super) fn metadata(&self, found: &mut Vec<Diagnostic>) -> Option<MetadataEntity> {
        Some(self.own.as_ref()?.read(self.schema.as_deref(), self.url.as_str(), found))
    }

    /// A group by its number.
    pub(super) fn group(&self, n: usize, found: &mut Vec<Diagnostic>) -> Option<Group> {
        let (id, entity) = self.groups.get(n)?;
        let place = format!("{}, group {n}", self.url);
        Some(Group { id: id.clone(), metadata: entity.read(self.schema.as_deref(), &place, found) })
    }

    /// The number of the group that a content names, by number or id.
    pub(super) fn group_number(&self, json: Option<&Json>, place: &str, found: &mut Vec<Diagnostic>) -> Option<u32> {
        let json = json?;
        let number = match json {
            Json::String(id) => self.groups.iter().position(|(group, _)| group.as_ref() == Some(id)),
            other => other.as_u64().and_then(|n| usize::try_from(n).ok()).filter(|n| *n < self.groups.len()),
        };
        let number = number.and_then(|n| u32::try_from(n).ok());
        if number.is_none() {
            let message = format!("there is no group {json}; the content is in none");
            found.push(Diagnostic::new("content-group-invalid", place, message));
        }
        number
    }
}

fn groups(json: &Json, url: &Url, found: &mut Vec<Diagnostic>) -> Vec<(Option<String>, EntityJson)> {
    let mut read = |id: Option<&String>, json: &Json| {
        // One that cannot be read keeps its place, so that the numbers of the others stay.
        let entity = EntityJson::parse(Some(json), url.as_str(), found).unwrap_or_default();
        (id.cloned(), entity)
    };
    match json {
        Json::Array(list) => list.iter().map(|json| read(None, json)).collect(),
        Json::Object(map) => map.iter().map(|(id, json)| read(Some(id), json)).collect(),
        _ => Vec::new(),
    }
}

fn statistics(json: &Json) -> Statistics {
    let entries = |json: Option<&Json>| json.and_then(Json::as_object).cloned().unwrap_or_default();
    let values = |json: &Json| entries(Some(json)).iter().map(|(name, v)| (name.clone(), Value::from(v))).collect();
    let class = |json: &Json| ClassStatistics {
        count: json.get("count").and_then(Json::as_u64),
        properties: entries(json.get("properties")).iter().map(|(id, json)| (id.clone(), values(json))).collect(),
    };
    Statistics { classes: entries(json.get("classes")).iter().map(|(id, json)| (id.clone(), class(json))).collect() }
}

fn ranges(json: &Json) -> BTreeMap<String, PropertyRange> {
    let range = |json: &Json| {
        let number = |key: &str| json.get(key).and_then(Json::as_f64);
        Some(PropertyRange { minimum: number("minimum")?, maximum: number("maximum")? })
    };
    let entries = json.as_object().into_iter().flatten();
    entries.filter_map(|(id, json)| Some((id.clone(), range(json)?))).collect()
}
