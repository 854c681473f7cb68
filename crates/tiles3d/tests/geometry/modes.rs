//! Points, lines and triangles in all seven modes.

use crate::builder::*;
use serde_json::json;
use tiles3d::content::PrimitiveMode::{self, Lines, Points, Triangles};

fn made(mode: u32) -> (PrimitiveMode, Vec<u32>, usize) {
    let mut gltf = Gltf::new();
    let position = gltf.floats(&[[0.0; 3], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [1.0, 1.0, 0.0]]);
    let normal = gltf.floats(&[[0.0, 0.0, 1.0]; 4]);
    let indices = gltf.indices(&[3, 2, 1, 0]);
    let mut primitive =
        json!({ "attributes": { "POSITION": position, "NORMAL": normal }, "indices": indices, "mode": mode });
    gltf.primitive(primitive.clone());
    // The same without indices.
    primitive.as_object_mut().unwrap().remove("indices");
    gltf.primitive(primitive);
    let tile = gltf.try_decode().unwrap();
    let [with, without] = &tile.primitives[..] else { panic!("{:?}", tile.primitives) };
    let turned: Vec<u32> = without.indices.iter().map(|i| 3 - i).collect();
    assert_eq!((with.mode, &with.indices), (without.mode, &turned));
    (with.mode, with.indices.clone(), tile.diagnostics.len())
}

#[test]
fn every_mode_becomes_a_list() {
    assert_eq!(made(0), (Points, vec![3, 2, 1, 0], 0));
    assert_eq!(made(1), (Lines, vec![3, 2, 1, 0], 0));
    assert_eq!(made(2), (Lines, vec![3, 2, 2, 1, 1, 0, 0, 3], 0));
    assert_eq!(made(3), (Lines, vec![3, 2, 2, 1, 1, 0], 0));
    // Four vertices are no whole number of triangles.
    assert_eq!(made(4), (Triangles, vec![3, 2, 1], 2));
    assert_eq!(made(5), (Triangles, vec![3, 2, 1, 2, 0, 1], 0));
    assert_eq!(made(6), (Triangles, vec![2, 1, 3, 1, 0, 3], 0));
}

#[test]
fn flat_normals_give_every_triangle_its_own_vertices_and_features() {
    let mut gltf = Gltf::new();
    let position = gltf.floats(&[[0.0; 3], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]);
    let feature = gltf.accessor(&[7, 0, 0, 0, 8, 0, 0, 0, 9, 0, 0, 0, 6, 0, 0, 0], U8, 4, "SCALAR");
    let view = gltf.json["accessors"][feature]["bufferView"].as_u64().unwrap() as usize;
    gltf.json["bufferViews"][view]["byteStride"] = json!(4);
    gltf.primitive(json!({
        "attributes": { "POSITION": position, "_FEATURE_ID_0": feature },
        "mode": 5,
        "extensions": { "EXT_mesh_features": { "featureIds": [{ "featureCount": 4, "attribute": 0 }] } },
    }));
    let tile = gltf.decode();
    let primitive = &tile.primitives[0];
    assert_eq!(primitive.indices, [0, 1, 2, 3, 4, 5]);
    assert_eq!(primitive.positions[3..], [[1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, 1.0, 0.0]]);
    let ids = &primitive.feature_ids;
    assert_eq!(ids.len(), 6);
    // The strip is 0 1 2, 1 3 2.
    assert_eq!((ids[1], ids[2]), (ids[3], ids[5]));
    assert!(ids[4] != ids[0] && ids[4] != ids[1] && ids[4] != ids[2]);
}

#[test]
fn unknown_modes_are_named_and_the_rest_is_drawn() {
    let mut gltf = triangle();
    gltf.primitive(json!({ "attributes": { "POSITION": 0 }, "mode": 7 }));
    let (tile, codes) = gltf.amiss();
    assert_eq!((tile.primitives.len(), codes), (1, vec!["primitive-broken"]));
}

#[test]
fn an_unknown_extension_that_is_required_is_named() {
    let refused = triangle().requires("VENDOR_blobs").try_decode().unwrap_err().to_string();
    assert_eq!(refused.matches("VENDOR_blobs").count(), 1);
}
