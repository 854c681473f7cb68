//! What a click on a tile of others tells: properties of pictures and vertices, points of clouds, metadata of the tile and
//! of what it is in. And what a style hides is not there to be clicked on.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::disallowed_methods)]

use bevy::{ecs::system::RunSystemOnce, math::DVec3, prelude::*};
use cim_twin::{
    app::{AppOptions, Product, build_app},
    diagnostics::Diagnostics,
    feed::Fetcher,
    panels::Language,
    scene::{CityStyle, Quality, SceneStatus, TileHit, TileScene},
};
use serde_json::{Value as Json, json};
use std::{
    collections::BTreeMap,
    path::Path,
    time::{Duration, Instant},
};
use tempfile::TempDir;
use url::Url;

/// Writes a board of 8 m on the ground whose texels have a level, two points 20 m to the east of its corner that have a
/// height, and a board of 8 m to the west that is one feature; and what is known of the tile, the group and the tileset.
fn write(folder: &Path) {
    // The left half of the picture is 10, the right 200.
    let levels = image::RgbaImage::from_fn(2, 1, |x, _| image::Rgba([if x == 0 { 10 } else { 200 }, 0, 0, 255]));
    levels.save(folder.join("levels.png")).unwrap();
    let board = [0.0, 0.0, 0.0, 8.0, 0.0, 0.0, 8.0, 0.0, -8.0, 0.0, 0.0, 0.0, 8.0, 0.0, -8.0, 0.0, 0.0, -8.0];
    let uvs = [0.0, 1.0, 1.0, 1.0, 1.0, 0.0, 0.0, 1.0, 1.0, 0.0, 0.0, 0.0];
    let points = [20.0, 0.0, 0.0, 24.0, 0.0, 0.0];
    let heights = [1.5, 2.5];
    let lone: Vec<f32> = board.chunks(3).flat_map(|v| [v[0] - 20.0, v[1], v[2]]).collect();
    let ids = [0.0; 6];
    let mut bytes: Vec<u8> = Vec::new();
    let mut views = Vec::new();
    for floats in [&board[..], &uvs, &points, &heights, &lone, &ids] {
        let from = bytes.len();
        bytes.extend(floats.iter().flat_map(|f| f.to_le_bytes()));
        views.push(json!({ "buffer": 0, "byteOffset": from, "byteLength": bytes.len() - from }));
    }
    let accessor = |view: usize, count: usize, kind: &str| json!({ "bufferView": view, "componentType": 5126, "count": count, "type": kind });
    let name = bytes.len();
    bytes.extend("钟楼\0\0".as_bytes());
    let offsets = bytes.len();
    bytes.extend([0u32, 6].iter().flat_map(|o| o.to_le_bytes()));
    views.push(json!({ "buffer": 0, "byteOffset": name, "byteLength": 6 }));
    views.push(json!({ "buffer": 0, "byteOffset": offsets, "byteLength": 8 }));
    std::fs::write(folder.join("a.bin"), &bytes).unwrap();
    let property = |kind: &str| json!({ "type": "SCALAR", "componentType": kind });
    let gltf = json!({
        "asset": { "version": "2.0" },
        "extensionsUsed": ["EXT_structural_metadata", "EXT_mesh_features"],
        "extensions": { "EXT_structural_metadata": {
            "schema": { "id": "s", "classes": {
                "surface": { "properties": { "level": property("UINT8") } },
                "sample": { "properties": { "height": property("FLOAT32") } },
                "tower": { "properties": { "name": { "type": "STRING" } } },
            } },
            "propertyTables": [{ "class": "tower", "count": 1,
                "properties": { "name": { "values": 6, "stringOffsets": 7 } } }],
            "propertyTextures": [{ "class": "surface", "properties": { "level": { "index": 0, "channels": [0] } } }],
            "propertyAttributes": [{ "class": "sample", "properties": { "height": { "attribute": "_HEIGHT" } } }],
        } },
        "buffers": [{ "uri": "a.bin", "byteLength": bytes.len() }],
        "bufferViews": views,
        "accessors": [accessor(0, 6, "VEC3"), accessor(1, 6, "VEC2"), accessor(2, 2, "VEC3"), accessor(3, 2, "SCALAR"),
            accessor(4, 6, "VEC3"), accessor(5, 6, "SCALAR")],
        "images": [{ "uri": "levels.png" }],
        "samplers": [{ "minFilter": 9728, "magFilter": 9728 }],
        "textures": [{ "source": 0, "sampler": 0 }],
        "meshes": [{ "primitives": [
            { "attributes": { "POSITION": 0, "TEXCOORD_0": 1 },
              "extensions": { "EXT_structural_metadata": { "propertyTextures": [0] } } },
            { "mode": 0, "attributes": { "POSITION": 2, "_HEIGHT": 3 },
              "extensions": { "EXT_structural_metadata": { "propertyAttributes": [0] } } },
            { "attributes": { "POSITION": 4, "_FEATURE_ID_0": 5 },
              "extensions": { "EXT_mesh_features": {
                  "featureIds": [{ "featureCount": 1, "attribute": 0, "propertyTable": 0 }] } } },
        ] }],
        "nodes": [{ "mesh": 0 }],
        "scenes": [{ "nodes": [0] }],
    });
    std::fs::write(folder.join("a.gltf"), gltf.to_string()).unwrap();
    let entity = |value: &str| json!({ "class": "c", "properties": { "name": value } });
    let tileset = json!({
        "asset": { "version": "1.1" },
        "schemaUri": "schema.json",
        "groups": [entity("the group")],
        "metadata": entity("the tileset"),
        "geometricError": 100.0,
        "root": {
            "boundingVolume": { "box": [0, 0, 0, 40, 0, 0, 0, 40, 0, 0, 0, 40] },
            "geometricError": 0.0,
            "refine": "ADD",
            "metadata": entity("the tile"),
            "content": { "uri": "a.gltf", "group": 0 },
        },
    });
    std::fs::write(folder.join("tileset.json"), tileset.to_string()).unwrap();
    let schema: Json = json!({ "id": "t", "classes": { "c": { "properties": { "name": { "type": "STRING" } } } } });
    std::fs::write(folder.join("schema.json"), schema.to_string()).unwrap();
}

/// Shows the tileset until all of it is there.
fn show(tileset: &Path) -> App {
    let mut app = build_app(AppOptions {
        product: Product::Headless { width: 320, height: 200, panels: false },
        backend: None,
        tiles: Some(Url::from_file_path(tileset).unwrap()),
        view: None,
        language: Language::Zh,
        quality: Quality { samples: 1, shadow_map: 0, cascades: 1, ..Quality::default() },
    })
    .unwrap();
    app.finish();
    app.cleanup();
    let end = Instant::now() + Duration::from_secs(90);
    // The schema of the metadata comes by itself.
    while !app.world().resource::<SceneStatus>().is_settled() || app.world().resource::<Fetcher>().busy() > 0 {
        assert!(Instant::now() < end, "it hangs: {:?}", app.world().resource::<SceneStatus>());
        app.update();
    }
    app.update();
    app
}

/// What lies under a place, metres to the east and to the north.
fn under(app: &mut App, east: f64, north: f64) -> Option<TileHit> {
    let from = DVec3::new(east, 30.0, -north);
    app.world_mut().run_system_once(move |tiles: TileScene<'_>| tiles.raycast(from, DVec3::NEG_Y)).unwrap()
}

fn about(hit: &TileHit) -> BTreeMap<&str, &str> {
    hit.attributes.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect()
}

#[test]
fn a_place_tells_all_that_is_known_of_it() {
    let folder = TempDir::new().unwrap();
    write(folder.path());
    let mut app = show(&folder.path().join("tileset.json"));
    assert_eq!(app.world().resource::<Diagnostics>().counts().count(), 0);
    let around = [("group.name", "the group"), ("tile.name", "the tile"), ("tileset.name", "the tileset")];
    for (east, north, own) in [
        (1.0, 1.0, ("level", "10")),
        (7.0, 7.0, ("level", "200")),
        (20.0, 0.0, ("height", "1.5")),
        (24.0, 0.0, ("height", "2.5")),
        (-16.0, 4.0, ("name", "钟楼")),
    ] {
        let hit = under(&mut app, east, north).unwrap();
        let expected: BTreeMap<_, _> = around.into_iter().chain([own]).collect();
        assert_eq!(about(&hit), expected, "{east} {north}");
        assert!(hit.key.is_some() && (hit.distance_m - 30.0).abs() < 0.01);
    }
    assert_eq!(under(&mut app, -16.0, 4.0).unwrap().name, "钟楼");
    assert_eq!(under(&mut app, 14.0, 4.0), None);
}

#[test]
fn what_a_style_hides_for_a_time_is_not_there_for_that_time() {
    let folder = TempDir::new().unwrap();
    write(folder.path());
    let mut app = show(&folder.path().join("tileset.json"));
    let hide = CityStyle::parse("hide", br#"{ "show": false }"#).unwrap();
    app.insert_resource(hide);
    app.update();
    assert_eq!(under(&mut app, -16.0, 4.0), None);
    assert!(under(&mut app, 1.0, 1.0).is_some(), "what is no feature has no style");

    let now = app.world().resource::<Time<Virtual>>().elapsed_secs_f64();
    let text = format!(r#"{{ "show": "${{tiles3d_tileset_time}} > {}" }}"#, now + 2.0);
    app.insert_resource(CityStyle::parse("later", text.as_bytes()).unwrap());
    app.update();
    assert_eq!(under(&mut app, -16.0, 4.0), None);
    let end = Instant::now() + Duration::from_secs(60);
    while under(&mut app, -16.0, 4.0).is_none() {
        assert!(Instant::now() < end, "it never came");
        app.update();
    }
}
