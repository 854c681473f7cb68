//! The rules of `tileset.json` outside its tiles.

use super::{
    finding::{Findings, at, short},
    metadata,
    report::ExtensionUse,
    rules, schemas,
};
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
};
use url::Url;

/// One tileset file, as its tiles need to know it.
#[derive(Debug)]
pub(super) struct Source {
    pub(super) url: Url,
    pub(super) version_1_0: bool,
    pub(super) z_up: bool,
    pub(super) groups: usize,
    pub(super) schema: Option<Value>,
    pub(super) extensions: BTreeSet<String>,
    /// The tileset that refers to it.
    pub(super) parent: Option<Rc<Source>>,
    /// How many tilesets lead to it.
    pub(super) nesting: u32,
}

impl Source {
    /// Whether this tileset is at `url`, or one that leads to it is.
    pub(super) fn is_below(&self, url: &Url) -> bool {
        let mut source = Some(self);
        while let Some(s) = source {
            if s.url == *url {
                return true;
            }
            source = s.parent.as_deref();
        }
        false
    }
}

fn strings(value: &Value, key: &str) -> BTreeSet<String> {
    let list = value.get(key).and_then(Value::as_array).into_iter().flatten();
    list.filter_map(Value::as_str).map(str::to_owned).collect()
}

/// What `extensionsUsed` and `extensionsRequired` say, and whether they agree.
pub(super) fn extensions(
    json: &Value,
    place: &str,
    rule: &rules::Rule,
    find: &mut Findings,
    mut tally: impl FnMut(&str, bool),
) -> BTreeSet<String> {
    let (used, required) = (strings(json, "extensionsUsed"), strings(json, "extensionsRequired"));
    for name in required.difference(&used) {
        find.add(rule, &at(place, "extensionsRequired"), format!("{} is not in extensionsUsed", short(name)));
    }
    used.iter().for_each(|name| tally(name, false));
    required.iter().for_each(|name| tally(name, true));
    used
}

/// Checks everything but the tiles. `schema` gives the document at `schemaUri`.
pub(super) fn check(
    json: &Value,
    url: &Url,
    place: &str,
    parent: Option<Rc<Source>>,
    find: &mut Findings,
    uses: &mut BTreeMap<String, ExtensionUse>,
    schema: impl FnOnce(&str, &mut Findings) -> Option<Value>,
) -> Source {
    schemas::TILESET.check(json, place, find);
    let asset = json.get("asset");
    let version = asset.and_then(|a| a.get("version")).and_then(Value::as_str).unwrap_or_default();
    if !version.is_empty() && !["1.0", "1.1"].contains(&version) {
        let message = format!("{:?} is neither 1.0 nor 1.1", short(version));
        find.add(&rules::VERSION_UNKNOWN, &at(&at(place, "asset"), "version"), message);
    }
    let version_1_0 = version == "1.0";
    let up_axis = asset.and_then(|a| a.get("gltfUpAxis"));
    if up_axis.is_some() && !version_1_0 {
        let message = "was a draft's way to say that glTF is not y-up; 1.1 has no such property";
        find.add(&rules::UP_AXIS, &at(&at(place, "asset"), "gltfUpAxis"), message);
    }
    if version_1_0 {
        for key in ["schema", "schemaUri", "statistics", "groups", "metadata"] {
            if json.get(key).is_some() {
                find.add(&rules::NEEDS_1_1, &at(place, key), "came with 3D Tiles 1.1, but asset.version is 1.0");
            }
        }
    }
    let extensions = extensions(json, place, &rules::EXTENSION_REQUIRED, find, |name, required| {
        let entry = uses.entry(name.to_owned()).or_default();
        if required { entry.required += 1 } else { entry.tilesets += 1 }
    });
    check_declared(json, &extensions, place, find);
    if let Some(asset) = asset {
        check_declared(asset, &extensions, &at(place, "asset"), find);
    }
    if json.get("schema").is_some() && json.get("schemaUri").is_some() {
        find.add(&rules::SCHEMA_TWICE, place, "has schema and schemaUri; only one is allowed");
    }
    let external = json.get("schemaUri").and_then(Value::as_str);
    let schema = match (json.get("schema"), external) {
        (Some(inline), _) => {
            metadata::check_schema(inline, &at(place, "schema"), find);
            Some(inline.clone())
        }
        (None, Some(uri)) => schema(uri, find),
        (None, None) => None,
    };
    metadata::check_entity(json.get("metadata"), schema.as_ref(), &at(place, "metadata"), find);
    metadata::check_statistics(json.get("statistics"), schema.as_ref(), &at(place, "statistics"), find);
    let groups = json.get("groups").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    for (i, group) in groups.iter().enumerate() {
        metadata::check_entity(Some(group), schema.as_ref(), &at(&at(place, "groups"), i), find);
    }
    Source {
        url: url.clone(),
        version_1_0,
        z_up: up_axis.and_then(Value::as_str).is_some_and(|axis| axis.eq_ignore_ascii_case("z")),
        groups: groups.len(),
        schema,
        extensions,
        nesting: parent.as_ref().map_or(0, |p| p.nesting + 1),
        parent,
    }
}

/// Extension objects of `value` itself are listed in `extensionsUsed`.
pub(super) fn check_declared(value: &Value, declared: &BTreeSet<String>, place: &str, find: &mut Findings) {
    for name in value.get("extensions").and_then(Value::as_object).into_iter().flat_map(|e| e.keys()) {
        if !declared.contains(name) {
            let place = at(&at(place, "extensions"), short(name));
            find.add(&rules::EXTENSION_UNDECLARED, &place, "is not in the tileset's extensionsUsed");
        }
    }
}
