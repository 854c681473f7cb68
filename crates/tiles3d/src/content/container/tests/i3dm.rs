use super::build::*;
use crate::{
    DecodeError, DecodeOptions, Value,
    content::{Content, DecodedTile, Instance, decode_content},
};
use cim_geo::Geodetic;
use glam::{DMat4, DQuat, DVec3};
use proptest::prelude::*;
use serde_json::json;

/// The example "Positions only" of the specification, with a model.
fn positions_only() -> Builder {
    let square: [f32; 12] = [0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 1.0, 0.0, 1.0];
    Builder::feature(json!({ "INSTANCES_LENGTH": 4 })).with("POSITION", &square).body(triangle_glb())
}

/// One instance at (10, 20, 30) with more semantics.
fn one() -> Builder {
    let at = [10.0f32, 20.0, 30.0];
    Builder::feature(json!({ "INSTANCES_LENGTH": 1 })).with("POSITION", &at).body(triangle_glb())
}

fn instances(tile: &DecodedTile) -> &[Instance] {
    &tile.instances[tile.primitives[0].instances.unwrap()]
}

/// Where an instance puts a corner of the triangle, in the tile's frame.
fn corner(tile: &DecodedTile, instance: usize, corner: usize) -> DVec3 {
    let p = DVec3::from(tile.primitives[0].positions[corner].map(f64::from));
    tile.origin + instances(tile)[instance].transform.transform_point3(p)
}

fn close(a: DVec3, b: DVec3, within: f64) {
    assert!((a - b).length() <= within, "{a} is not {b}");
}

#[test]
fn positions_only_as_the_specification_has_it() {
    let tile = decode(&positions_only().i3dm()).unwrap();
    assert_eq!(codes(&tile), Vec::<&str>::new());
    let square = [[0.0, 0.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [1.0, 0.0, 1.0]].map(DVec3::from);
    assert_eq!(instances(&tile).len(), 4);
    for (i, at) in square.into_iter().enumerate() {
        assert_eq!(corner(&tile, i, 0), at);
        assert_eq!(corner(&tile, i, 1), at + DVec3::X);
        // The model's y is the tile's z before the instance comes.
        assert_eq!(corner(&tile, i, 2), at + DVec3::Z * 2.0);
        assert_eq!(instances(&tile)[i].feature, Some(i as u32));
    }
    assert_eq!(tile.features.count(), 4);
}

#[test]
fn quantized_positions_and_octahedral_normals_as_the_specification_has_them() {
    let json = json!({
        "INSTANCES_LENGTH": 4,
        "QUANTIZED_VOLUME_OFFSET": [-250.0, 0.0, -250.0],
        "QUANTIZED_VOLUME_SCALE": [500.0, 0.0, 500.0]
    });
    let at: [u16; 12] = [0, 0, 0, 65535, 0, 0, 0, 0, 65535, 65535, 0, 65535];
    let file = Builder::feature(json)
        .with("POSITION_QUANTIZED", &at)
        .with("NORMAL_UP_OCT32P", &[32768u16, 65535].repeat(4))
        .with("NORMAL_RIGHT_OCT32P", &[65535u16, 32768].repeat(4))
        .body(triangle_glb());
    let tile = decode(&file.i3dm()).unwrap();
    assert_eq!(codes(&tile), Vec::<&str>::new());
    let corners = [[-250.0, 0.0, -250.0], [250.0, 0.0, -250.0], [-250.0, 0.0, 250.0], [250.0, 0.0, 250.0]];
    for (i, at) in corners.map(DVec3::from).into_iter().enumerate() {
        close(corner(&tile, i, 0), at, 1e-9);
        close(corner(&tile, i, 1), at + DVec3::X, 1e-4);
        close(corner(&tile, i, 2), at + DVec3::Z * 2.0, 1e-4);
    }
}

#[test]
fn full_vectors_come_before_octahedral_ones_and_turn_x_to_right_and_y_to_up() {
    let file = one()
        .with("NORMAL_UP", &[0.0f32, 0.0, 1.0])
        .with("NORMAL_RIGHT", &[0.0f32, 1.0, 0.0])
        .with("NORMAL_UP_OCT32P", &[32768u16, 65535])
        .with("NORMAL_RIGHT_OCT32P", &[65535u16, 32768]);
    let tile = decode(&file.i3dm()).unwrap();
    let at = DVec3::new(10.0, 20.0, 30.0);
    close(corner(&tile, 0, 1), at + DVec3::Y, 1e-12);
    // z goes to right times up: y times z is x.
    close(corner(&tile, 0, 2), at + DVec3::X * 2.0, 1e-12);
}

#[test]
fn both_scales_apply_before_the_rotation() {
    let file = one()
        .with("SCALE", &[2.0f32])
        .with("SCALE_NON_UNIFORM", &[1.0f32, 5.0, 3.0])
        .with("NORMAL_UP", &[0.0f32, 0.0, 1.0])
        .with("NORMAL_RIGHT", &[0.0f32, 1.0, 0.0]);
    let tile = decode(&file.i3dm()).unwrap();
    let at = DVec3::new(10.0, 20.0, 30.0);
    close(corner(&tile, 0, 1), at + DVec3::Y * 2.0, 1e-12);
    close(corner(&tile, 0, 2), at + DVec3::X * 12.0, 1e-12);
}

#[test]
fn batch_ids_of_each_width_find_their_properties() {
    let table = json!({ "name": ["a", "b", "c"] });
    let files = [
        positions_only().typed("BATCH_ID", "UNSIGNED_BYTE", &[2u8, 0, 1, 2]),
        positions_only().with("BATCH_ID", &[2u16, 0, 1, 2]),
        positions_only().typed("BATCH_ID", "UNSIGNED_SHORT", &[2u16, 0, 1, 2]),
        positions_only().typed("BATCH_ID", "UNSIGNED_INT", &[2u32, 0, 1, 2]),
    ];
    for file in files {
        let tile = decode(&file.batch(table.clone()).i3dm()).unwrap();
        assert_eq!(codes(&tile), Vec::<&str>::new());
        assert_eq!(tile.features.count(), 3);
        let names: Vec<_> =
            instances(&tile).iter().map(|i| tile.features.get(i.feature.unwrap(), "name").unwrap()).collect();
        assert_eq!(names, ["c", "a", "b", "c"].map(|n| Value::String(n.into())));
    }
}

#[test]
fn counts_and_centres_may_be_in_the_body_or_in_lists() {
    let positions = [1.0f32, 2.0, 3.0];
    let file = Builder::feature(json!({ "INSTANCES_LENGTH": [1], "RTC_CENTER": [1215013.8, -4736316.7, 4081608.4] }))
        .with("POSITION", &positions)
        .body(triangle_glb());
    let tile = decode(&file.i3dm()).unwrap();
    // In f64, although the specification speaks of f32.
    assert_eq!(tile.origin, DVec3::new(1215013.8, -4736316.7, 4081608.4));
    close(corner(&tile, 0, 0), tile.origin + DVec3::new(1.0, 2.0, 3.0), 1e-9);

    let file = Builder::default()
        .with("INSTANCES_LENGTH", &[1u32])
        .with("RTC_CENTER", &[100_000.0f32, 0.0, 0.5])
        .with("POSITION", &positions)
        .body(triangle_glb());
    let tile = decode(&file.i3dm()).unwrap();
    assert_eq!(tile.origin, DVec3::new(100_000.0, 0.0, 0.5));
}

#[test]
fn far_positions_go_to_the_origin() {
    let file = Builder::feature(json!({ "INSTANCES_LENGTH": 2 }))
        .with("POSITION", &[4_000_000.0f32, 0.0, 0.0, 4_000_010.0, 0.0, 0.0])
        .body(triangle_glb());
    let tile = decode(&file.i3dm()).unwrap();
    assert_eq!(tile.origin, DVec3::new(4_000_005.0, 0.0, 0.0));
    assert_eq!(instances(&tile)[1].transform.translation, DVec3::X * 5.0);
}

#[test]
fn a_model_far_from_its_zero_turns_about_its_zero() {
    let (json, binary) = triangle([1.0e6, 0.0, 0.0], [0; 3]);
    let file = Builder { body: glb(&json, &binary), ..one() }
        .with("SCALE", &[2.0f32])
        .with("NORMAL_UP", &[0.0f32, 0.0, 1.0])
        .with("NORMAL_RIGHT", &[0.0f32, 1.0, 0.0]);
    let tile = decode(&file.i3dm()).unwrap();
    // x to y, z to x, twice as large.
    close(corner(&tile, 0, 0), DVec3::new(10.0, 20.0 + 2.0e6, 30.0), 1e-9);
    close(corner(&tile, 0, 1), DVec3::new(10.0, 20.0 + 2.0e6 + 2.0, 30.0), 1e-9);
    close(corner(&tile, 0, 2), DVec3::new(14.0, 20.0 + 2.0e6, 30.0), 1e-9);
    assert!(tile.primitives[0].positions.iter().flatten().all(|v| v.abs() <= 2.0));
    assert!(instances(&tile)[0].transform.translation.length() < 1.0);
}

#[test]
fn east_north_up_is_that_of_the_world() {
    let place = Geodetic::new(116.587, 35.415, 40.0);
    let up = (Geodetic { height_m: 41.0, ..place }.to_ecef() - place.to_ecef()).normalize();
    let json = json!({ "INSTANCES_LENGTH": 1, "EAST_NORTH_UP": true });
    let local = Builder::feature(json.clone()).with("POSITION", &[0.0f32; 3]).body(triangle_glb());
    // In the Earth's frame.
    let mut file = local.clone();
    file.feature.as_mut().unwrap()["RTC_CENTER"] = json!(place.to_ecef().to_array());
    let tile = decode(&file.i3dm()).unwrap();
    close(corner(&tile, 0, 2) - corner(&tile, 0, 0), up * 2.0, 1e-6);
    // In a frame of its own, as its transform tells.
    let rotation = DQuat::from_euler(glam::EulerRot::ZYX, 1.0, 0.4, -2.0);
    let frame = DMat4::from_scale_rotation_translation(DVec3::splat(3.0), rotation, place.to_ecef());
    let options = DecodeOptions { tile_transform: Some(frame), ..Default::default() };
    let Ok(Content::Models(tiles)) = decode_content(&local.i3dm(), &options, &mut |_| Err("no".into())) else {
        panic!()
    };
    let world = |k| frame.transform_point3(corner(&tiles[0], 0, k));
    close(world(2) - world(0), up * 6.0, 1e-6);
    close(world(1) - world(0), DVec3::Z.cross(up).normalize() * 3.0, 1e-6);
    // Without the transform, in a frame whose zero is no place on the Earth: as it lies.
    let tile = decode(&local.i3dm()).unwrap();
    close(corner(&tile, 0, 2), DVec3::Z * 2.0, 1e-12);
    // An orientation of its own comes first.
    let own = file.with("NORMAL_UP", &[0.0f32, 1.0, 0.0]).with("NORMAL_RIGHT", &[1.0f32, 0.0, 0.0]);
    let tile = decode(&own.i3dm()).unwrap();
    close(corner(&tile, 0, 2) - corner(&tile, 0, 0), DVec3::Z * 2.0, 1e-9);
}

#[test]
fn a_model_in_a_file_of_its_own_is_fetched_with_its_files() {
    let (mut json, binary) = triangle([0.0; 3], [0; 3]);
    json["buffers"][0]["uri"] = json!("../tree.bin");
    for padding in ["", "   ", "\0\0\0", " \0"] {
        let uri = format!("models/tree.gltf{padding}").into_bytes();
        let file = Builder { body: uri, ..positions_only() }.build(b"i3dm", Some(0));
        let mut asked = Vec::new();
        let result = decode_content(&file, &DecodeOptions::default(), &mut |uri| {
            asked.push(uri.to_owned());
            Ok(if uri.ends_with("gltf") { json.to_string().into_bytes() } else { binary.clone() })
        });
        let Ok(Content::Models(tiles)) = result else { panic!() };
        assert_eq!(asked, ["models/tree.gltf", "models/../tree.bin"]);
        assert_eq!(instances(&tiles[0]).len(), 4);
    }
    let missing = Builder { body: b"tree.glb".to_vec(), ..positions_only() }.build(b"i3dm", Some(0));
    assert!(matches!(decode(&missing), Err(DecodeError::External { uri, .. }) if uri == "tree.glb"));
    for body in [&b"   "[..], b"\xff\xfe"] {
        let wrong = Builder { body: body.to_vec(), ..positions_only() }.build(b"i3dm", Some(0));
        assert!(matches!(decode(&wrong), Err(DecodeError::Malformed { .. })));
    }
    assert!(matches!(decode(&positions_only().build(b"i3dm", Some(7))), Err(DecodeError::Malformed { .. })));
}

#[test]
fn what_is_needed_but_broken_is_an_error() {
    let broken = [
        ("no length", json!({ "POSITION": { "byteOffset": 0 } })),
        ("a length below zero", json!({ "INSTANCES_LENGTH": -1, "POSITION": { "byteOffset": 0 } })),
        ("half an instance", json!({ "INSTANCES_LENGTH": 0.5, "POSITION": { "byteOffset": 0 } })),
        ("two lengths", json!({ "INSTANCES_LENGTH": [1, 1], "POSITION": { "byteOffset": 0 } })),
        ("more than there are", json!({ "INSTANCES_LENGTH": 3, "POSITION": { "byteOffset": 0 } })),
        ("most", json!({ "INSTANCES_LENGTH": 4294967295u32, "POSITION": { "byteOffset": 0 } })),
        ("outside", json!({ "INSTANCES_LENGTH": 1, "POSITION": { "byteOffset": 16 } })),
        ("far outside", json!({ "INSTANCES_LENGTH": 1, "POSITION": { "byteOffset": u64::MAX } })),
        ("before", json!({ "INSTANCES_LENGTH": 1, "POSITION": { "byteOffset": -4 } })),
        ("no reference", json!({ "INSTANCES_LENGTH": 1, "POSITION": {} })),
        ("text", json!({ "INSTANCES_LENGTH": 1, "POSITION": "here" })),
        (
            "a type that is none",
            json!({ "INSTANCES_LENGTH": 1, "POSITION": { "byteOffset": 0, "componentType": "HALF" } }),
        ),
        ("no volume", json!({ "INSTANCES_LENGTH": 1, "POSITION_QUANTIZED": { "byteOffset": 0 } })),
        ("a centre of two", json!({ "INSTANCES_LENGTH": 1, "POSITION": { "byteOffset": 0 }, "RTC_CENTER": [1, 2] })),
    ];
    for (what, feature) in broken {
        let file =
            Builder { feature: Some(feature), feature_binary: vec![0; 24], ..Builder::default() }.body(triangle_glb());
        assert!(matches!(decode(&file.i3dm()), Err(DecodeError::Malformed { .. })), "{what}");
    }
    let version = [&b"i3dm\x02\0\0\0"[..], &positions_only().i3dm()[8..]].concat();
    assert!(matches!(decode(&version), Err(DecodeError::Malformed { .. })));
    assert!(matches!(decode(b"i3dm\x01\0\0\0\x20\0\0\0"), Err(DecodeError::Truncated { .. })));
    assert!(decode(&Builder { body: Vec::new(), ..positions_only() }.i3dm()).is_err());
    assert!(decode(&Builder { body: b"no glTF.".to_vec(), ..positions_only() }.i3dm()).is_err());
}

#[test]
fn what_can_be_left_out_is_left_out_and_named() {
    let left_out = |file: Builder, code: &str| {
        let tile = decode(&file.i3dm()).unwrap();
        assert!(codes(&tile).contains(&code), "{:?}", tile.diagnostics);
        tile
    };
    let set = |mut file: Builder, name: &str, value| {
        file.feature.as_mut().unwrap()[name] = value;
        file
    };
    let tile = left_out(positions_only().with("NORMAL_UP", &[1.0f32; 12]), "instance-semantic-broken");
    assert_eq!(corner(&tile, 1, 2), DVec3::new(1.0, 0.0, 2.0));
    let outside = json!({ "byteOffset": 1000 });
    left_out(set(positions_only(), "SCALE", outside.clone()), "instance-semantic-broken");
    let tile = left_out(set(positions_only(), "BATCH_ID", outside), "instance-semantic-broken");
    assert_eq!(instances(&tile)[3].feature, Some(3));
    let flat = one().with("NORMAL_UP", &[0.0f32, 1.0, 0.0]).with("NORMAL_RIGHT", &[0.0f32, 1.0, 0.0]);
    left_out(flat, "instance-orientation");
    let tile = left_out(positions_only().with("SCALE", &[1.0f32, f32::NAN, f32::INFINITY, 1.0]), "instances-broken");
    assert_eq!(instances(&tile).iter().map(|i| i.feature).collect::<Vec<_>>(), [Some(0), Some(3)]);
    let tile = left_out(positions_only().typed("BATCH_ID", "BYTE", &[-1i8, 0, 1, 2]), "instances-broken");
    assert_eq!(instances(&tile).len(), 3);
    let huge = positions_only().typed("BATCH_ID", "UNSIGNED_INT", &[0u32, 1, 2, u32::MAX]);
    let tile = left_out(huge, "batch-length-too-large");
    assert!(tile.features.count() <= 4);
    assert!(codes(&tile).contains(&"batch-id-out-of-range"));

    let nowhere = Builder::feature(json!({ "INSTANCES_LENGTH": 2 })).body(triangle_glb());
    let tile = left_out(nowhere, "instances-without-positions");
    assert!(tile.primitives.is_empty());
    let none = Builder::feature(json!({ "INSTANCES_LENGTH": 0 })).with("POSITION", &[0.0f32; 3]).body(triangle_glb());
    assert!(decode(&none.i3dm()).unwrap().primitives.is_empty());

    let inline = Builder::feature(json!({ "INSTANCES_LENGTH": 1, "POSITION": [1, 2, 3] })).body(triangle_glb());
    let tile = left_out(inline, "feature-table-inline");
    assert_eq!(corner(&tile, 0, 0), DVec3::new(1.0, 2.0, 3.0));
    let odd = set(one(), "POSITION", json!({ "byteOffset": 1 }));
    left_out(Builder { feature_binary: vec![0; 16], ..odd }, "feature-table-alignment");
}

#[test]
fn instances_that_would_not_fit_are_refused_before_the_model_is_read() {
    let options = DecodeOptions { max_decoded_bytes: 300, ..Default::default() };
    let result = decode_content(&positions_only().i3dm(), &options, &mut |_| Err("no".into()));
    assert!(matches!(result, Err(DecodeError::TooLarge { .. })));
}

proptest! {
    #[test]
    fn a_damaged_file_is_survived(way in 0u8..4, at in 0usize..4000, value in any::<u32>()) {
        let file = positions_only()
            .with("NORMAL_UP_OCT32P", &[32768u16, 65535].repeat(4))
            .with("NORMAL_RIGHT_OCT32P", &[65535u16, 32768].repeat(4))
            .with("SCALE", &[1.0f32; 4])
            .with("BATCH_ID", &[0u16, 1, 2, 3])
            .batch(json!({ "a": [1, 2, 3, 4], "b": { "byteOffset": 0, "componentType": "BYTE", "type": "SCALAR" } }));
        survive(&damaged(&Builder { batch_binary: vec![1, 2, 3, 4], ..file }.i3dm(), way, at, value));
    }

    #[test]
    fn any_bytes_are_survived(tail in proptest::collection::vec(any::<u8>(), 0..300)) {
        survive(&[&b"i3dm\x01\0\0\0"[..], &tail].concat());
    }

    #[test]
    fn quantized_positions_are_what_the_formula_says(q in any::<[u16; 3]>(), offset in -1e3..1e3f64, scale in 0.0..1e3f64) {
        let json = json!({
            "INSTANCES_LENGTH": 1,
            "QUANTIZED_VOLUME_OFFSET": [offset, 0.0, -offset],
            "QUANTIZED_VOLUME_SCALE": [scale, 1.0, 2.0 * scale]
        });
        let file = Builder::feature(json).with("POSITION_QUANTIZED", &q).body(triangle_glb());
        let tile = decode(&file.i3dm()).unwrap();
        let [x, y, z] = q.map(|q| f64::from(q) / 65535.0);
        let expected = DVec3::new(x * scale + offset, y, z * 2.0 * scale - offset);
        prop_assert!((corner(&tile, 0, 0) - expected).length() < 1e-9);
    }
}
