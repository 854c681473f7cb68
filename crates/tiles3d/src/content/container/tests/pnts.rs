use super::build::*;
use crate::{
    DecodeError, DecodeOptions, Value,
    content::{PrimitiveMode, decode_content},
};
use glam::DVec3;
use proptest::prelude::*;
use serde_json::{Value as Json, json};

const SQUARE: [f32; 12] = [0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 1.0, 0.0, 1.0];

/// The example "Positions only" of the specification.
fn square() -> Builder {
    Builder::feature(json!({ "POINTS_LENGTH": 4 })).with("POSITION", &SQUARE)
}

/// Linear values of sRGB bytes, from the standard's formula.
fn linear(byte: u8) -> f32 {
    let s = f64::from(byte) / 255.0;
    (if s > 0.04045 { ((s + 0.055) / 1.055).powf(2.4) } else { s / 12.92 }) as f32
}

fn near(a: &[f32], b: &[f32]) {
    assert_eq!(a.len(), b.len());
    assert!(a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-6), "{a:?} is not {b:?}");
}

#[test]
fn positions_only() {
    let tile = decode(&square().pnts()).unwrap();
    assert_eq!(codes(&tile), Vec::<&str>::new());
    let [points] = &tile.primitives[..] else { panic!() };
    assert_eq!(points.mode, PrimitiveMode::Points);
    assert_eq!(points.positions.as_flattened(), SQUARE);
    assert_eq!(points.indices, [0, 1, 2, 3]);
    assert!(points.colors.is_empty() && points.normals.is_empty() && points.feature_ids.is_empty());
    assert!(tile.materials[0].unlit && !tile.materials[0].blend);
    assert_eq!((tile.origin, tile.features.count()), (DVec3::ZERO, 0));
}

#[test]
fn the_centre_and_colours_of_the_specifications_example() {
    let json = json!({ "POINTS_LENGTH": 4, "RTC_CENTER": [1215013.8, -4736316.7, 4081608.4] });
    let rgb: [u8; 12] = [255, 0, 0, 0, 255, 0, 0, 0, 255, 255, 255, 0];
    let tile = decode(&Builder::feature(json).with("POSITION", &SQUARE).with("RGB", &rgb).pnts()).unwrap();
    assert_eq!(tile.origin, DVec3::new(1215013.8, -4736316.7, 4081608.4));
    let colors = [[1.0, 0.0, 0.0, 1.0], [0.0, 1.0, 0.0, 1.0], [0.0, 0.0, 1.0, 1.0], [1.0, 1.0, 0.0, 1.0]];
    assert_eq!(tile.primitives[0].colors.iter().collect::<Vec<_>>(), colors);
}

#[test]
fn quantized_positions_and_octahedral_normals_of_the_specifications_example() {
    let json = json!({
        "POINTS_LENGTH": 4,
        "QUANTIZED_VOLUME_OFFSET": [-250.0, 0.0, -250.0],
        "QUANTIZED_VOLUME_SCALE": [500.0, 0.0, 500.0]
    });
    let at: [u16; 12] = [0, 0, 0, 65535, 0, 0, 0, 0, 65535, 65535, 0, 65535];
    let file = Builder::feature(json).with("POSITION_QUANTIZED", &at).with("NORMAL_OCT16P", &[128u8, 255].repeat(4));
    let tile = decode(&file.pnts()).unwrap();
    let points = &tile.primitives[0];
    let corners = [[-250.0, 0.0, -250.0], [250.0, 0.0, -250.0], [-250.0, 0.0, 250.0], [250.0, 0.0, 250.0]];
    for (p, corner) in points.positions.iter().zip(corners.map(DVec3::from)) {
        assert!((tile.origin + DVec3::from(p.map(f64::from)) - corner).length() < 1e-4);
    }
    for n in points.normals.iter() {
        assert!((glam::Vec3::from(n) - glam::Vec3::Y).length() < 0.01);
        assert!((glam::Vec3::from(n).length() - 1.0).abs() < 1e-6);
    }
    assert!(!tile.materials[0].unlit);
}

#[test]
fn colours_follow_the_srgb_curve_in_their_order_of_precedence() {
    let all: Vec<u8> = (0..=255).collect();
    let positions = vec![0.0f32; 256 * 3];
    let rgba: Vec<u8> = all.iter().flat_map(|&b| [b, 255 - b, 7, b]).collect();
    let cloud = || Builder::feature(json!({ "POINTS_LENGTH": 256 })).with("POSITION", &positions);
    let tile = decode(&cloud().with("RGB", &vec![9u8; 768]).with("RGBA", &rgba).pnts()).unwrap();
    for (b, color) in all.iter().zip(tile.primitives[0].colors.iter()) {
        near(&color, &[linear(*b), linear(255 - b), linear(7), f32::from(*b) / 255.0]);
    }
    assert!(tile.materials[0].blend);
    let opaque = decode(&square().with("RGBA", &[255u8; 16]).pnts()).unwrap();
    assert!(!opaque.materials[0].blend);

    // 5, 6 and 5 bits: 0b10101_110011_00111.
    let packed = [0xAE67u16, 0, 0xFFFF, 0x001F];
    let constant = |file: Builder| {
        let mut file = file;
        file.feature.as_mut().unwrap()["CONSTANT_RGBA"] = json!([255, 51, 0, 102]);
        file
    };
    let tile = decode(&constant(square().with("RGB565", &packed)).pnts()).unwrap();
    let of = |v: f64| if v <= 0.04045 { v / 12.92 } else { ((v + 0.055) / 1.055).powf(2.4) } as f32;
    let colors: Vec<_> = tile.primitives[0].colors.iter().collect();
    near(&colors[0], &[of(21.0 / 31.0), of(51.0 / 63.0), of(7.0 / 31.0), 1.0]);
    assert_eq!(colors[1..], [[0.0, 0.0, 0.0, 1.0], [1.0; 4], [0.0, 0.0, 1.0, 1.0]]);

    let tile = decode(&constant(square()).pnts()).unwrap();
    assert!(tile.primitives[0].colors.is_empty());
    near(&tile.materials[0].base_color, &[1.0, linear(51), 0.0, 0.4]);
    assert!(tile.materials[0].blend);
    let in_body = decode(&square().with("CONSTANT_RGBA", &[0u8, 255, 0, 255]).pnts()).unwrap();
    assert_eq!(in_body.materials[0].base_color, [0.0, 1.0, 0.0, 1.0]);
}

#[test]
fn batched_points_share_properties() {
    let table = json!({ "names": ["object1", "object2"] });
    let with_length = |mut file: Builder| {
        file.feature.as_mut().unwrap()["BATCH_LENGTH"] = json!(2);
        file.batch(table.clone())
    };
    let files = [
        square().typed("BATCH_ID", "UNSIGNED_BYTE", &[0u8, 0, 1, 1]),
        square().with("BATCH_ID", &[0u16, 0, 1, 1]),
        square().typed("BATCH_ID", "UNSIGNED_INT", &[0u32, 0, 1, 1]),
    ];
    for file in files {
        let tile = decode(&with_length(file).pnts()).unwrap();
        assert_eq!(codes(&tile), Vec::<&str>::new());
        assert_eq!(tile.primitives[0].feature_ids, [0, 0, 1, 1]);
        assert_eq!(tile.features.count(), 2);
        assert_eq!(tile.features.get(1, "names"), Some(Value::String("object2".into())));
    }
    let no_length = decode(&square().with("BATCH_ID", &[0u16, 0, 1, 1]).batch(table).pnts()).unwrap();
    assert_eq!(codes(&no_length), ["batch-length-invalid"]);
    assert_eq!(no_length.features.count(), 2);
}

#[test]
fn without_batch_ids_each_point_is_a_feature() {
    let names = json!({
        "names": ["point1", "point2", "point3", "point4"],
        "intensity": { "byteOffset": 0, "componentType": "UNSIGNED_BYTE", "type": "SCALAR" }
    });
    let file = Builder { batch_binary: vec![5, 6, 7, 8], ..square().batch(names) };
    let tile = decode(&file.pnts()).unwrap();
    assert_eq!(tile.primitives[0].feature_ids, [0, 1, 2, 3]);
    assert_eq!(
        tile.features.row(2),
        [("intensity".to_owned(), Value::UInt(7)), ("names".to_owned(), Value::String("point3".into()))]
    );
    // A table with nothing in it makes no features.
    assert!(decode(&square().batch(json!({})).pnts()).unwrap().primitives[0].feature_ids.is_empty());
}

#[test]
fn far_points_are_kept_near_their_origin() {
    let far: [f32; 6] = [4_000_000.0, -5_000_000.5, 20.0, 4_000_001.0, -5_000_000.0, 21.0];
    let tile = decode(&Builder::feature(json!({ "POINTS_LENGTH": 2 })).with("POSITION", &far).pnts()).unwrap();
    assert_eq!(tile.origin, DVec3::new(4_000_000.0, -5_000_000.5, 20.0));
    assert_eq!(tile.primitives[0].positions, [[0.0; 3], [1.0, 0.5, 1.0]]);
}

#[test]
fn points_that_are_nowhere_are_not_drawn() {
    let mut positions = SQUARE;
    positions[4] = f32::NAN;
    let tile = decode(&Builder::feature(json!({ "POINTS_LENGTH": 4 })).with("POSITION", &positions).pnts()).unwrap();
    assert_eq!(tile.primitives[0].indices, [0, 2, 3]);
    assert_eq!(tile.primitives[0].positions.len(), 4);
    assert_eq!(codes(&tile), ["points-broken"]);
}

#[test]
fn what_is_needed_but_broken_is_an_error() {
    let broken = [
        json!({ "POSITION": { "byteOffset": 0 } }),
        json!({ "POINTS_LENGTH": "4", "POSITION": { "byteOffset": 0 } }),
        json!({ "POINTS_LENGTH": 5, "POSITION": { "byteOffset": 0 } }),
        json!({ "POINTS_LENGTH": 4294967295u32, "POSITION": { "byteOffset": 0 } }),
        json!({ "POINTS_LENGTH": 4, "POSITION": { "byteOffset": 4 } }),
        json!({ "POINTS_LENGTH": 4, "POSITION_QUANTIZED": { "byteOffset": 0 } }),
        json!({ "POINTS_LENGTH": 4, "POSITION_QUANTIZED": { "byteOffset": 0 }, "QUANTIZED_VOLUME_OFFSET": [0, 0, 0] }),
        json!({ "POINTS_LENGTH": 4, "POSITION": { "byteOffset": 0 }, "RTC_CENTER": "here" }),
    ];
    for feature in broken {
        let file = Builder { feature: Some(feature.clone()), ..square() };
        assert!(matches!(decode(&file.pnts()), Err(DecodeError::Malformed { .. })), "{feature}");
    }
    assert!(matches!(decode(&Builder::default().pnts()), Err(DecodeError::Malformed { .. })));
    let small = DecodeOptions { max_decoded_bytes: 60, ..Default::default() };
    let refused = decode_content(&square().pnts(), &small, &mut |_| Err("no".into()));
    assert!(matches!(refused, Err(DecodeError::TooLarge { .. })));
}

#[test]
fn what_can_be_left_out_is_left_out_and_named() {
    let outside = json!({ "byteOffset": 1000 });
    for name in ["RGBA", "RGB", "RGB565", "CONSTANT_RGBA", "NORMAL", "NORMAL_OCT16P", "BATCH_ID"] {
        let mut file = square();
        file.feature.as_mut().unwrap()[name] = outside.clone();
        let tile = decode(&file.pnts()).unwrap();
        assert_eq!(codes(&tile), ["point-semantic-broken"], "{name}");
        assert_eq!(tile.diagnostics[0].place, name);
        assert_eq!(tile.primitives[0].positions.len(), 4);
    }
    let fractions = decode(&square().typed("BATCH_ID", "FLOAT", &[0.5f32; 4]).pnts()).unwrap();
    assert_eq!(codes(&fractions), ["point-semantic-broken"]);
    let none = decode(&Builder::feature(json!({ "POINTS_LENGTH": 4 })).pnts()).unwrap();
    assert_eq!((none.primitives.len(), codes(&none)), (0, vec!["points-without-positions"]));
}

fn everything() -> Builder {
    let table: Json = json!({
        "a": ["x", null, 3, [1, 2]],
        "b": { "byteOffset": 0, "componentType": "SHORT", "type": "VEC2" }
    });
    let json = json!({ "POINTS_LENGTH": 4, "BATCH_LENGTH": 4, "RTC_CENTER": [1, 2, 3], "CONSTANT_RGBA": [1, 2, 3, 4] });
    let file = Builder::feature(json)
        .with("POSITION", &SQUARE)
        .with("RGB565", &[1u16, 2, 3, 4])
        .with("NORMAL", &SQUARE)
        .with("BATCH_ID", &[0u16, 1, 2, 3]);
    Builder { batch_binary: vec![1; 16], ..file.batch(table) }
}

proptest! {
    #[test]
    fn a_damaged_file_is_survived(way in 0u8..4, at in 0usize..2000, value in any::<u32>()) {
        survive(&damaged(&everything().pnts(), way, at, value));
    }

    #[test]
    fn any_bytes_are_survived(tail in proptest::collection::vec(any::<u8>(), 0..300)) {
        survive(&[&b"pnts\x01\0\0\0"[..], &tail].concat());
    }

    #[test]
    fn any_feature_table_is_survived(length in any::<u32>(), offset in any::<u32>(), component in 0usize..8, name in 0usize..9) {
        let kinds = ["BYTE", "UNSIGNED_BYTE", "SHORT", "UNSIGNED_SHORT", "INT", "UNSIGNED_INT", "FLOAT", "DOUBLE"];
        let names =
            ["POSITION", "POSITION_QUANTIZED", "RGBA", "RGB", "RGB565", "NORMAL", "NORMAL_OCT16P", "BATCH_ID", "BATCH_LENGTH"];
        let mut file = everything();
        let json = file.feature.as_mut().unwrap();
        json["POINTS_LENGTH"] = json!(if length % 2 == 0 { 4 } else { length });
        json[names[name]] = json!({ "byteOffset": offset % 128, "componentType": kinds[component] });
        survive(&file.pnts());
    }
}
