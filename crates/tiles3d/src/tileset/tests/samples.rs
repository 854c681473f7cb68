//! The sample tilesets, every subtree and every value.

use crate::{
    Value,
    tileset::{Subtree, TileId, Tileset},
};
use serde_json::Value as Json;
use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};
use url::Url;

fn samples() -> Option<PathBuf> {
    let shared = std::env::var_os("CIM_TWIN_SHARED").map(PathBuf::from);
    let here = std::env::current_dir().unwrap();
    let found = shared.into_iter().chain(here.ancestors().map(|a| a.join("shared")));
    let found = found.map(|s| s.join("data/3d-tiles-samples")).find(|p| p.is_dir());
    if found.is_none() {
        eprintln!("skipped: the 3D Tiles samples are not beside the checkout");
    }
    found
}

fn open(path: &Path) -> (Tileset, Json) {
    let bytes = std::fs::read(path).unwrap();
    let (set, found) = Tileset::parse(&bytes, &Url::from_file_path(path).unwrap()).unwrap();
    assert!(found.is_empty(), "{found:?}");
    (set, serde_json::from_slice(&bytes).unwrap())
}

fn files(dir: &Path) -> BTreeSet<PathBuf> {
    std::fs::read_dir(dir).unwrap().map(|e| e.unwrap().path()).collect()
}

/// Attaches every subtree; the files that were read.
fn attach_all(set: &mut Tileset) -> BTreeSet<PathBuf> {
    let mut read = BTreeSet::new();
    loop {
        let next = set.tiles().find_map(|t| Some((t.id, t.pending.clone()?)));
        let Some((id, url)) = next else { break };
        let path = url.to_file_path().unwrap();
        let bytes = std::fs::read(&path).unwrap();
        let subtree = Subtree::parse(&bytes, &url, &mut |uri| Err(format!("{uri} is not in the sample"))).unwrap();
        assert_eq!(set.attach_subtree(id, subtree).unwrap(), []);
        assert!(read.insert(path));
    }
    read
}

fn check_sparse(name: &str, deepest: u32) {
    let Some(dir) = samples() else { return };
    let dir = dir.join("1.1").join(name);
    let (mut set, _) = open(&dir.join("tileset.json"));
    assert_eq!(attach_all(&mut set), files(&dir.join("subtrees")));
    let mut reached = BTreeSet::new();
    for tile in set.tiles() {
        for content in &tile.contents {
            assert!(reached.insert(content.to_file_path().unwrap()));
        }
        // Only tiles with content and what is above them are available.
        assert!(!tile.contents.is_empty() || !tile.children.is_empty());
        assert_eq!(tile.geometric_error, 32.0 / f64::from(1 << tile.depth));
        assert!(tile.depth <= deepest);
        if let Some(parent) = tile.parent.and_then(|p| set.tile(p)) {
            let (at, radius) = tile.volume.bounding_sphere();
            assert!(parent.volume.distance_to(at) == 0.0 && radius < parent.volume.bounding_sphere().1);
        }
    }
    assert_eq!(reached, files(&dir.join("content")));
}

#[test]
fn every_tile_and_file_of_the_sparse_quadtree_is_reached() {
    check_sparse("SparseImplicitQuadtree", 5);
}

#[test]
fn every_tile_and_file_of_the_sparse_octree_is_reached() {
    check_sparse("SparseImplicitOctree", 5);
}

/// What a value of JSON is once its class has been asked.
fn expected(json: &Json, class: &Json) -> Value {
    if let Json::Array(list) = json {
        return Value::Array(list.iter().map(|json| expected(json, class)).collect());
    }
    let component = class.get("componentType").and_then(Json::as_str).unwrap_or("");
    match json {
        Json::String(s) => Value::String(s.clone()),
        Json::Bool(b) => Value::Bool(*b),
        _ if class.get("normalized").and_then(Json::as_bool) == Some(true) => {
            let bits: i32 = component.trim_start_matches(char::is_alphabetic).parse().unwrap();
            let most = if component.starts_with('U') { 2f64.powi(bits) } else { 2f64.powi(bits - 1) } - 1.0;
            Value::Float((json.as_f64().unwrap() / most).max(-1.0))
        }
        _ if component.starts_with("UINT") => Value::UInt(json.as_u64().unwrap()),
        _ if component.starts_with("INT") => Value::Int(json.as_i64().unwrap()),
        _ => Value::Float(json.as_f64().unwrap()),
    }
}

fn all_expected(entity: &Json, schema: &Json) -> BTreeMap<String, Value> {
    let class = &schema["classes"][entity["class"].as_str().unwrap()]["properties"];
    let properties = entity["properties"].as_object().unwrap();
    properties.iter().map(|(id, json)| (id.clone(), expected(json, &class[id]))).collect()
}

#[test]
fn every_value_of_the_full_metadata_is_what_the_file_says() {
    let Some(dir) = samples() else { return };
    let (set, json) = open(&dir.join("1.1/TilesetWithFullMetadata/tileset.json"));
    let entity = set.metadata().unwrap();
    assert_eq!(entity.class, "exampleClass");
    // So many its README says.
    assert_eq!(entity.properties.len(), 387);
    let all = all_expected(&json["metadata"], &json["schema"]);
    assert_eq!(entity.properties.into_iter().collect::<BTreeMap<_, _>>(), all);
    assert_eq!(set.metadata_at(TileId(0)).unwrap().properties.len(), 387);
}

#[test]
fn metadata_of_every_granularity_is_what_the_file_says() {
    let Some(dir) = samples() else { return };
    let (set, json) = open(&dir.join("1.1/MetadataGranularities/tileset.json"));
    let schema = &json["schema"];
    let check = |entity: crate::MetadataEntity, json: &Json| {
        assert_eq!(entity.class, json["class"].as_str().unwrap());
        assert_eq!(entity.properties.into_iter().collect::<BTreeMap<_, _>>(), all_expected(json, schema));
    };
    check(set.metadata().unwrap(), &json["metadata"]);
    let groups = set.groups();
    assert_eq!(groups.len(), 2);
    for (group, json) in groups.iter().zip(json["groups"].as_array().unwrap()) {
        check(group.metadata.clone(), json);
    }
    assert_eq!(set.tile_metadata(set.root().id), None);
    let children = json["root"]["children"].as_array().unwrap();
    assert_eq!(children.len(), set.root().children.len());
    for (id, json) in set.root().children.iter().zip(children) {
        check(set.tile_metadata(*id).unwrap(), &json["metadata"]);
        let contents = json["contents"].as_array().unwrap();
        assert_eq!((contents.len(), set.tile(*id).unwrap().contents.len()), (5, 5));
        for (n, json) in contents.iter().enumerate() {
            assert!(set.tile(*id).unwrap().contents[n].path().ends_with(json["uri"].as_str().unwrap()));
            check(set.content_metadata(*id, n).unwrap(), &json["metadata"]);
            let (number, group) = set.content_group(*id, n).unwrap();
            assert_eq!((u64::from(number), &group), (json["group"].as_u64().unwrap(), &groups[number as usize]));
        }
        assert!(set.content_metadata(*id, 5).is_none() && set.content_group(*id, 5).is_none());
    }
}

#[test]
fn statistics_and_schema_files_are_read() {
    let Some(dir) = samples() else { return };
    let dir = dir.join("glTF/EXT_structural_metadata/PropertyAttributesPointCloud");
    let (mut set, json) = open(&dir.join("tileset.json"));
    let class = &set.statistics().unwrap().classes["exampleMetadataClass"];
    assert_eq!(class.count, Some(29338));
    let written = &json["statistics"]["classes"]["exampleMetadataClass"]["properties"];
    assert_eq!(class.properties["intensity"]["median"], Value::Float(0.25416669249534607));
    assert_eq!(class.properties["intensity"]["_kurtosis"], Value::Float(-0.230171075517038));
    let Value::Object(occurrences) = &class.properties["classification"]["occurrences"] else { panic!("no object") };
    assert_eq!(Json::Object(occurrences.clone()), written["classification"]["occurrences"]);

    let url = set.schema_uri().cloned().unwrap();
    assert_eq!(url.to_file_path().unwrap(), dir.join("MetadataSchema.json"));
    match std::fs::read(dir.join("MetadataSchema.json")) {
        Ok(bytes) => assert_eq!(set.set_schema(&url, &bytes).unwrap(), []),
        Err(_) => set.drop_schema(&url),
    }
    assert_eq!(set.schema_uri(), None);
}
