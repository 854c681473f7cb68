//! Tilesets and subtrees.

use super::{glb, memory};
use glam::{DVec2, DVec3};
use serde_json::{Value, json};
use tiles3d::{Projection, SelectOptions, Selector, Subtree, TileId, Tileset, View};
use url::Url;

/// Tiles that are looked at one by one.
const LOOKED_AT: usize = 2000;

/// Any bytes as a tileset, as the tileset that its tiles refer to, and as its schema.
pub fn tileset(bytes: &[u8]) {
    let Some(url) = url("tileset.json") else { return };
    memory::bounded(bytes.len(), || {
        let Ok((mut set, _)) = Tileset::parse(bytes, &url) else { return };
        check(&set);
        if let Some(schema) = set.schema_uri().cloned() {
            if set.set_schema(&schema, bytes).is_err() {
                set.drop_schema(&schema);
            }
            check(&set);
        }
        let pointer =
            set.tiles().find(|tile| !tile.contents.is_empty()).map(|tile| (tile.id, tile.contents[0].clone()));
        if let Some((tile, url)) = pointer
            && set.attach_external(tile, bytes, &url).is_ok()
        {
            check(&set);
        }
        select(&mut set);
    });
}

/// Any bytes as a subtree: a file, or else JSON, a zero byte and the binary chunk.
pub fn subtree(bytes: &[u8]) {
    let file = if bytes.starts_with(b"subt") || !bytes.contains(&0) {
        bytes.to_vec()
    } else {
        let (json, binary) = glb::split(bytes);
        let mut file = b"subt\x01\0\0\0".to_vec();
        file.extend((json.len() as u64).to_le_bytes());
        file.extend((binary.len() as u64).to_le_bytes());
        file.extend_from_slice(json);
        file.extend_from_slice(binary);
        file
    };
    let Some(place) = url("s/0.subtree") else { return };
    let mut fetch = |uri: &str| if uri.len().is_multiple_of(2) { Ok(vec![0x5a; 64]) } else { Err("no".into()) };
    for (scheme, levels, available) in [("QUADTREE", 2, 5), ("OCTREE", 2, 4), ("QUADTREE", 3, 3)] {
        memory::bounded(bytes.len(), || {
            let Ok(subtree) = Subtree::parse(&file, &place, &mut fetch) else { return };
            let Some(mut set) = implicit(scheme, levels, available) else { return };
            if set.attach_subtree(TileId(0), subtree).is_err() {
                set.drop_pending(TileId(0));
            }
            check(&set);
            select(&mut set);
        });
    }
}

fn url(name: &str) -> Option<Url> {
    Url::parse("http://h/city/").ok()?.join(name).ok()
}

/// An implicit tileset whose schema knows what subtrees may say of tiles and contents.
fn implicit(scheme: &str, levels: u32, available: u32) -> Option<Tileset> {
    let z = if scheme == "OCTREE" { ".{z}" } else { "" };
    let of = |kind: &str, component: Option<&str>, semantic: &str| match component {
        Some(component) => json!({ "type": kind, "componentType": component, "semantic": semantic }),
        None => json!({ "type": kind, "semantic": semantic }),
    };
    let mut matrices = of("SCALAR", Some("FLOAT64"), "TILE_BOUNDING_BOX");
    (matrices["array"], matrices["count"]) = (json!(true), json!(12));
    let json: Value = json!({
        "asset": { "version": "1.1" }, "geometricError": 128,
        "schema": { "id": "s", "classes": { "t": { "properties": {
            "error": of("SCALAR", Some("FLOAT64"), "TILE_GEOMETRIC_ERROR"),
            "box": matrices,
            "low": of("SCALAR", Some("FLOAT32"), "TILE_MINIMUM_HEIGHT"),
            "refine": of("SCALAR", Some("UINT8"), "TILE_REFINE"),
            "transform": of("MAT4", Some("FLOAT32"), "TILE_TRANSFORM"),
            "uri": of("STRING", None, "CONTENT_URI"),
            "group": of("SCALAR", Some("UINT8"), "CONTENT_GROUP_ID"),
            "names": { "type": "STRING", "array": true },
        } } } },
        "groups": [{ "class": "t", "properties": { "error": 1 } }],
        "root": {
            "boundingVolume": { "region": [0.1, 0.2, 0.3, 0.4, 0, 100] }, "geometricError": 64, "refine": "ADD",
            "contents": [{ "uri": format!("c/{{level}}.{{x}}.{{y}}{z}.glb") }, { "uri": "d/{level}", "group": 0 }],
            "implicitTiling": {
                "subdivisionScheme": scheme, "subtreeLevels": levels, "availableLevels": available,
                "subtrees": { "uri": format!("s/{{level}}.{{x}}.{{y}}{z}.subtree") },
            },
        },
    });
    Tileset::parse(json.to_string().as_bytes(), &url("tileset.json")?).ok().map(|(set, _)| set)
}

/// The tiles are a tree of finite places, and can be asked everything.
fn check(set: &Tileset) {
    let _ = (set.metadata(), set.groups(), set.statistics(), set.property_ranges(), set.tileset_version());
    assert_eq!(set.root().parent, None);
    for tile in set.tiles().take(LOOKED_AT) {
        let (center, radius) = tile.volume.bounding_sphere();
        assert!(center.is_finite() && radius.is_finite(), "{:?}", tile.volume);
        assert!(tile.geometric_error >= 0.0, "{}", tile.geometric_error);
        assert!(tile.transform.is_finite(), "{}", tile.transform);
        assert!(tile.content_volumes.is_empty() || tile.content_volumes.len() == tile.contents.len());
        match tile.parent.and_then(|parent| set.tile(parent)) {
            Some(parent) => assert!(parent.children.contains(&tile.id) && tile.depth == parent.depth + 1),
            None => assert_eq!(tile.id, set.root().id),
        }
        for child in &tile.children {
            assert_eq!(set.tile(*child).and_then(|child| child.parent), Some(tile.id));
        }
        for n in 0..=tile.contents.len() {
            let _ = (set.content_metadata(tile.id, n), set.content_group(tile.id, n));
        }
        let _ = (set.tile_metadata(tile.id), set.subtree_metadata(tile.id), set.metadata_at(tile.id));
    }
}

/// Flies over it for a few frames.
fn select(set: &mut Tileset) {
    let mut selector = Selector::new(SelectOptions::default());
    let (center, radius) = set.root().volume.bounding_sphere();
    let projection = Projection::Perspective { fovy_rad: 1.0 };
    for distance in [2.0, 0.5, 0.0] {
        let eye = center + DVec3::new(0.3, 0.2, 1.0) * radius * distance;
        let view = View::framed(eye, DVec3::new(0.1, -0.2, -1.0), DVec3::Y, DVec2::new(1600.0, 900.0), projection);
        let wanted = selector.update(set, &[view]).clone();
        for (tile, _) in wanted.load {
            assert!(set.tile(tile).is_some());
            selector.set_state(tile, tiles3d::ContentState::ready(1000));
        }
        assert!(wanted.render.iter().all(|tile| set.tile(*tile).is_some()));
        selector.prune(set);
    }
}
