//! The rules of glTF that 3D Tiles adds to, and those without which nothing can be read. The rest is the Khronos
//! validator's business.

use super::{
    finding::{Findings, at, short},
    metadata, rules, schemas,
    tileset::extensions,
};
use serde_json::Value;
use std::collections::BTreeSet;

/// Checks the JSON of a glTF.
pub(super) fn check(json: &Value, place: &str, find: &mut Findings) {
    let version = json.get("asset").and_then(|a| a.get("version")).and_then(Value::as_str);
    if version.is_none_or(|v| !v.starts_with("2.")) {
        let message = format!("asset.version is {:?}, not 2.0", short(version.unwrap_or_default()));
        find.add(&rules::GLTF_ASSET, place, message);
    }
    let declared = extensions(json, place, &rules::GLTF_REQUIRED, find, |_, _| {});
    let mut used = BTreeSet::new();
    collect(json, &mut used);
    for name in used.difference(&declared) {
        find.add(&rules::GLTF_UNDECLARED, place, format!("{} is used, but not in extensionsUsed", short(name)));
    }
    let metadata = json.get("extensions").and_then(|e| e.get("EXT_structural_metadata"));
    if let Some(metadata) = metadata {
        structural_metadata(json, metadata, &at(&at(place, "extensions"), "EXT_structural_metadata"), find);
    }
    let tables = metadata.and_then(|m| m.get("propertyTables")).and_then(Value::as_array).map_or(0, Vec::len);
    for (m, mesh) in json.get("meshes").and_then(Value::as_array).into_iter().flatten().enumerate() {
        for (p, primitive) in mesh.get("primitives").and_then(Value::as_array).into_iter().flatten().enumerate() {
            if let Some(features) = primitive.get("extensions").and_then(|e| e.get("EXT_mesh_features")) {
                let place = format!("{place}/meshes/{m}/primitives/{p}/extensions/EXT_mesh_features");
                mesh_features(json, primitive, features, tables, &place, find);
            }
        }
    }
}

/// The names of all extension objects. Nested only as deep as the JSON parser allows.
fn collect(value: &Value, used: &mut BTreeSet<String>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| collect(item, used)),
        Value::Object(members) => {
            for (key, member) in members {
                // What is in extras is the author's own.
                if key == "extras" {
                    continue;
                }
                if key == "extensions"
                    && let Some(names) = member.as_object()
                {
                    used.extend(names.keys().cloned());
                }
                collect(member, used);
            }
        }
        _ => {}
    }
}

fn structural_metadata(json: &Value, metadata: &Value, place: &str, find: &mut Findings) {
    schemas::STRUCTURAL_METADATA.check(metadata, place, find);
    if metadata.get("schema").is_some() && metadata.get("schemaUri").is_some() {
        find.add(&rules::SCHEMA_TWICE, place, "has schema and schemaUri; only one is allowed");
    }
    let schema = metadata.get("schema");
    if let Some(schema) = schema {
        metadata::check_schema(schema, &at(place, "schema"), find);
    } else if metadata.get("schemaUri").is_some() {
        // The classes are in another file: what refers to them cannot be checked here.
        return;
    }
    for key in ["propertyTables", "propertyTextures", "propertyAttributes"] {
        for (i, entry) in metadata.get(key).and_then(Value::as_array).into_iter().flatten().enumerate() {
            let place = at(&at(place, key), i);
            let Some(id) = entry.get("class").and_then(Value::as_str) else { continue };
            let Some(class) = metadata::class(id, schema, &place, find) else { continue };
            metadata::check_names(class, entry.get("properties"), &place, find);
            if key == "propertyTables" {
                metadata::check_table(json, entry, class, schema, &place, find);
            }
        }
    }
}

fn mesh_features(json: &Value, primitive: &Value, features: &Value, tables: usize, place: &str, find: &mut Findings) {
    schemas::MESH_FEATURES.check(features, place, find);
    for (i, ids) in features.get("featureIds").and_then(Value::as_array).into_iter().flatten().enumerate() {
        let place = at(&at(place, "featureIds"), i);
        let mut wrong = |message: String| find.add(&rules::GLTF_FEATURE_IDS, &place, message);
        if let Some(set) = ids.get("attribute").and_then(Value::as_u64)
            && primitive.get("attributes").and_then(|a| a.get(format!("_FEATURE_ID_{set}"))).is_none()
        {
            wrong(format!("the primitive has no attribute _FEATURE_ID_{set}"));
        }
        if let Some(index) = ids.get("texture").and_then(|t| t.get("index")).and_then(Value::as_u64) {
            let textures = json.get("textures").and_then(Value::as_array).map_or(0, Vec::len);
            if index >= textures as u64 {
                wrong(format!("there is no texture {index}"));
            }
        }
        if let Some(table) = ids.get("propertyTable").and_then(Value::as_u64)
            && table >= tables as u64
        {
            wrong(format!("there is no property table {table}"));
        }
    }
}
