//! `EXT_mesh_gpu_instancing` with `EXT_instance_features`.

use crate::{builder::*, samples};
use glam::{DAffine3, DQuat, DVec3};
use serde_json::{Value, json};
use tiles3d::{DecodeOptions, Value as Property};

#[test]
fn the_sample_has_ten_boxes_each_a_row_of_the_table() {
    let Some(dir) = samples() else { return };
    let bytes = std::fs::read(dir.join("GpuInstancesMetadata/GpuInstancesMetadata.gltf")).unwrap();
    let tile = decode(&bytes, &DecodeOptions { gltf_z_up: true, ..Default::default() }).unwrap();
    assert_eq!(tile.diagnostics, []);
    assert_eq!((tile.primitives.len(), tile.instances.len()), (1, 1));
    assert_eq!((tile.primitives[0].instances, tile.primitives[0].positions.len()), (Some(0), 24));
    let instances = &tile.instances[0];
    assert_eq!(instances.len(), 10);
    let names = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"];
    for (i, instance) in instances.iter().enumerate() {
        // As the buffer has it: from (0, 0, 0) to (10, 10, 10) and from scale 1 to 2 in nine steps, and the ids backwards.
        let step = i as f64 / 9.0;
        let (scale, _, translation) = instance.transform.to_scale_rotation_translation();
        assert!((translation - DVec3::splat(10.0 * step)).length() < 1e-5, "{i}: {translation}");
        assert!((scale - DVec3::splat(1.0 + step)).length() < 1e-5, "{i}: {scale}");
        let feature = instance.feature.unwrap();
        assert_eq!(tile.features.get(feature, "example_STRING").unwrap(), Property::from(&json!(names[9 - i])));
    }
    // The last rotation of the buffer.
    let (_, rotation, _) = instances[9].transform.to_scale_rotation_translation();
    assert!(rotation.dot(DQuat::from_xyzw(0.733, 0.462, 0.191, 0.462).normalize()).abs() > 1.0 - 1e-5);
}

/// The triangle with these attributes of its instances.
fn instanced(attributes: Value) -> Gltf {
    let mut gltf = triangle().requires("EXT_mesh_gpu_instancing");
    gltf.json["nodes"][0]["extensions"]["EXT_mesh_gpu_instancing"] = json!({ "attributes": attributes });
    gltf
}

#[test]
fn places_are_within_the_node() {
    let mut gltf = instanced(json!({}));
    let translation = gltf.floats(&[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]);
    // A quarter turn about z, as normalised shorts.
    let half = (std::f32::consts::FRAC_1_SQRT_2 * 32767.0).round() as i16;
    let rotation: Vec<u8> = [0, 0, 0, 32767, 0, 0, half, half].iter().flat_map(|v: &i16| v.to_le_bytes()).collect();
    let rotation = gltf.accessor(&rotation, I16, 2, "VEC4");
    gltf.json["accessors"][rotation]["normalized"] = json!(true);
    let scale = gltf.floats(&[[1.0, 1.0, 1.0], [1.0, 2.0, 3.0]]);
    gltf.json["nodes"][0]["extensions"]["EXT_mesh_gpu_instancing"]["attributes"] =
        json!({ "TRANSLATION": translation, "ROTATION": rotation, "SCALE": scale });
    gltf.json["nodes"][0]["translation"] = json!([100.0, 0.0, 0.0]);
    let tile = gltf.decode();
    let at = |i: usize, point: DVec3| tile.origin + tile.instances[0][i].transform.transform_point3(point);
    assert_eq!(at(0, DVec3::new(1.0, 0.0, 0.0)), DVec3::new(102.0, 2.0, 3.0));
    // (1, 1, 1) scaled to (1, 2, 3), turned to (-2, 1, 3).
    let turned = at(1, DVec3::ONE);
    assert!((turned - DVec3::new(102.0, 6.0, 9.0)).length() < 1e-3, "{turned}");
    assert_eq!(tile.instances[0][0].feature, None);
}

#[test]
fn axes_of_y_up_files_turn_with_their_instances() {
    let mut gltf = instanced(json!({}));
    let translation = gltf.floats(&[[1.0, 2.0, 3.0]]);
    gltf.json["nodes"][0]["extensions"]["EXT_mesh_gpu_instancing"]["attributes"] =
        json!({ "TRANSLATION": translation });
    let tile = decode(&gltf.file(), &DecodeOptions::default()).unwrap();
    // (x, y, z) becomes (x, -z, y): the vertices, and where the copy stands.
    assert_eq!(tile.primitives[0].positions[2], [0.0, 0.0, 1.0]);
    assert_eq!(tile.instances[0][0].transform, DAffine3::from_translation(DVec3::new(1.0, -3.0, 2.0)));
}

#[test]
fn mirrored_copies_have_triangles_of_their_own() {
    let mut gltf = instanced(json!({}));
    let scale = gltf.floats(&[[1.0, 1.0, 1.0], [-1.0, 1.0, 1.0], [2.0, 2.0, 2.0]]);
    gltf.json["nodes"][0]["extensions"]["EXT_mesh_gpu_instancing"]["attributes"] = json!({ "SCALE": scale });
    let tile = gltf.decode();
    assert_eq!(tile.instances.iter().map(Vec::len).collect::<Vec<_>>(), [2, 1]);
    assert_eq!(tile.primitives.iter().map(|p| p.instances).collect::<Vec<_>>(), [Some(0), Some(1)]);
    assert_eq!((&tile.primitives[0].indices[..], &tile.primitives[1].indices[..]), (&[0, 1, 2][..], &[0, 2, 1][..]));
}

#[test]
fn far_copies_keep_their_precision() {
    let mut gltf = instanced(json!({}));
    let translation = gltf.floats(&[[0.25, 0.0, 0.0], [0.5, 0.0, 0.0]]);
    gltf.json["nodes"][0]["extensions"]["EXT_mesh_gpu_instancing"]["attributes"] =
        json!({ "TRANSLATION": translation });
    gltf.json["nodes"][0]["translation"] = json!([4_000_000.0, 0.0, 0.0]);
    let tile = gltf.decode();
    assert_eq!(tile.origin, DVec3::new(4_000_000.0, 0.0, 0.0));
    assert_eq!(tile.instances[0][1].transform.translation, DVec3::new(0.5, 0.0, 0.0));
}

#[test]
fn copies_are_features_by_number_and_by_attribute() {
    let mut gltf = instanced(json!({}));
    let translation = gltf.floats(&[[0.0; 3]; 3]);
    let ids = gltf.accessor(&[5, 0, 5], U8, 3, "SCALAR");
    gltf.json["nodes"][0]["extensions"] = json!({
        "EXT_mesh_gpu_instancing": { "attributes": { "TRANSLATION": translation, "_FEATURE_ID_0": ids } },
        "EXT_instance_features": { "featureIds": [{ "featureCount": 2, "attribute": 0, "nullFeatureId": 0 }] },
    });
    let tile = gltf.decode();
    let features: Vec<Option<u32>> = tile.instances[0].iter().map(|i| i.feature).collect();
    assert!(features[0].is_some() && features[0] == features[2] && features[1].is_none(), "{features:?}");
    gltf.json["nodes"][0]["extensions"]["EXT_instance_features"] = json!({ "featureIds": [{ "featureCount": 3 }] });
    let tile = gltf.decode();
    let features: Vec<u32> = tile.instances[0].iter().map(|i| i.feature.unwrap()).collect();
    assert_eq!(features.windows(2).map(|w| w[1] - w[0]).collect::<Vec<_>>(), [1, 1]);
}

#[test]
fn broken_instances_are_named() {
    // As many scales as translations are needed: the mesh is drawn once.
    let mut gltf = instanced(json!({}));
    let (two, three) = (gltf.floats(&[[1.0; 3]; 2]), gltf.floats(&[[1.0; 3]; 3]));
    let attributes = |gltf: &mut Gltf, attributes: Value| {
        gltf.json["nodes"][0]["extensions"]["EXT_mesh_gpu_instancing"]["attributes"] = attributes;
        let (tile, codes) = gltf.amiss();
        (tile.primitives[0].instances, tile.instances.first().map_or(0, Vec::len), codes)
    };
    let broken = (None, 0, vec!["instances-broken"]);
    assert_eq!(attributes(&mut gltf, json!({ "TRANSLATION": two, "SCALE": three })), broken);
    assert_eq!(attributes(&mut gltf, json!({ "ROTATION": three })), broken);
    assert_eq!(attributes(&mut gltf, json!({})), broken);
    assert_eq!(attributes(&mut gltf, json!({ "TRANSLATION": 99 })), broken);
    // One of them stands nowhere.
    let nowhere = gltf.floats(&[[1.0; 3], [f32::INFINITY, 0.0, 0.0]]);
    let one = (Some(0), 1, vec!["instances-broken"]);
    assert_eq!(attributes(&mut gltf, json!({ "TRANSLATION": nowhere })), one);
}
