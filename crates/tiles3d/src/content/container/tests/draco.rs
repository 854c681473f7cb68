//! `3DTILES_draco_point_compression`, with streams from Draco's own encoder.

use super::build::*;
use crate::{DecodeError, DecodedTile, Value};
use draco_core::{
    DataType, EncoderBuffer, EncoderOptions, GeometryAttributeType, PointAttribute, PointCloud, PointCloudEncoder,
};
use proptest::prelude::*;
use serde_json::json;

const COUNT: usize = 50;

fn position(i: usize) -> [f32; 3] {
    [i as f32, (i * i % 17) as f32, -(i as f32) * 0.5]
}

fn rgb(i: usize) -> [u8; 3] {
    [i as u8 * 5, 255 - i as u8, 128]
}

fn intensity(i: usize) -> u16 {
    i as u16 * 1000
}

fn attribute<T: bytemuck::Pod>(kind: GeometryAttributeType, data: DataType, width: u8, values: &[T]) -> PointAttribute {
    let mut out = PointAttribute::new();
    out.init(kind, width, data, false, COUNT);
    out.buffer_mut().write(0, bytemuck::cast_slice(values));
    out
}

/// Positions 0, colours 1, batch ids 2, intensities 3, velocities 4; sequential (0) or as a k-d tree (1).
fn stream(method: i32) -> Vec<u8> {
    let all = |f: &dyn Fn(usize) -> [f32; 3]| (0..COUNT).map(f).collect::<Vec<_>>();
    let mut cloud = PointCloud::new();
    let generic = GeometryAttributeType::Generic;
    cloud.add_attribute(attribute(GeometryAttributeType::Position, DataType::Float32, 3, &all(&position)));
    let colors: Vec<[u8; 3]> = (0..COUNT).map(rgb).collect();
    cloud.add_attribute(attribute(GeometryAttributeType::Color, DataType::Uint8, 3, &colors));
    let batches: Vec<u8> = (0..COUNT).map(|i| (i % 2) as u8).collect();
    cloud.add_attribute(attribute(generic, DataType::Uint8, 1, &batches));
    let intensities: Vec<u16> = (0..COUNT).map(intensity).collect();
    cloud.add_attribute(attribute(generic, DataType::Uint16, 1, &intensities));
    cloud.add_attribute(attribute(generic, DataType::Float32, 3, &all(&|i| [i as f32 * 0.25, 0.0, 1.0])));
    let mut options = EncoderOptions::new();
    options.set_encoding_method(method);
    if method == 1 {
        options.set_attribute_int(0, "quantization_bits", 16);
        options.set_attribute_int(4, "quantization_bits", 16);
    }
    let mut encoder = PointCloudEncoder::new();
    encoder.set_point_cloud(cloud);
    let mut out = EncoderBuffer::new();
    encoder.encode(&options, &mut out).unwrap();
    out.data().to_vec()
}

fn compressed(method: i32) -> Builder {
    let stream = stream(method);
    let feature = json!({
        "POINTS_LENGTH": COUNT,
        "POSITION": { "byteOffset": 0 },
        "RGB": { "byteOffset": 0 },
        "extensions": { "3DTILES_draco_point_compression": {
            "properties": { "POSITION": 0, "RGB": 1 }, "byteOffset": 0, "byteLength": stream.len()
        } }
    });
    let batch = json!({
        "Intensity": { "byteOffset": 0, "type": "SCALAR", "componentType": "UNSIGNED_SHORT" },
        "Velocity": { "byteOffset": 0, "type": "VEC3", "componentType": "FLOAT" },
        "extensions": { "3DTILES_draco_point_compression": { "properties": { "Intensity": 3, "Velocity": 4 } } }
    });
    Builder { feature: Some(feature), feature_binary: stream, batch: Some(batch), ..Builder::default() }
}

/// Every point has the values that were encoded, whichever order they come in; `within` is the error of quantization.
fn check(tile: &DecodedTile, within: f32) {
    assert_eq!(codes(tile), Vec::<&str>::new());
    let points = &tile.primitives[0];
    assert_eq!((points.positions.len(), points.indices.len()), (COUNT, COUNT));
    assert_eq!(tile.features.count(), COUNT as u32);
    let mut seen = [false; COUNT];
    for (k, p) in points.positions.iter().enumerate() {
        let i = p[0].round() as usize;
        assert!(!std::mem::replace(&mut seen[i], true));
        assert!(p.iter().zip(position(i)).all(|(a, b)| (a - b).abs() <= within), "{p:?}");
        for (linear, byte) in points.colors.get(k).unwrap().iter().zip(rgb(i)) {
            let s = f64::from(byte) / 255.0;
            let expected = if s <= 0.04045 { s / 12.92 } else { ((s + 0.055) / 1.055).powf(2.4) };
            assert!((f64::from(*linear) - expected).abs() < 1e-6);
        }
        let feature = points.feature_ids[k];
        assert_eq!(tile.features.get(feature, "Intensity"), Some(Value::UInt(intensity(i).into())));
        let Some(Value::Array(v)) = tile.features.get(feature, "Velocity") else { panic!() };
        let v: Vec<f64> = v.iter().map(|v| v.as_f64().unwrap()).collect();
        assert!((v[0] - i as f64 * 0.25).abs() <= f64::from(within) && (v[2] - 1.0).abs() <= f64::from(within));
    }
}

#[test]
fn sequential_points_are_exact() {
    let tile = decode(&compressed(0).pnts()).unwrap();
    check(&tile, 0.0);
    assert_eq!(tile.primitives[0].positions[7], position(7));
}

#[test]
fn a_tree_of_points_is_as_good_as_its_quantization() {
    check(&decode(&compressed(1).pnts()).unwrap(), 0.01);
}

#[test]
fn batch_ids_may_be_compressed_and_colours_not() {
    let mut file = compressed(0);
    let json = file.feature.as_mut().unwrap();
    json["BATCH_LENGTH"] = json!(2);
    json["BATCH_ID"] = json!({ "byteOffset": 0, "componentType": "UNSIGNED_BYTE" });
    json["extensions"]["3DTILES_draco_point_compression"]["properties"] = json!({ "POSITION": 0, "BATCH_ID": 2 });
    json["RGB"] = json!({ "byteOffset": file.feature_binary.len() });
    file.feature_binary.extend((0..COUNT).flat_map(rgb));
    let tile = decode(&file.clone().batch(json!({ "name": ["even", "odd"] })).pnts()).unwrap();
    assert_eq!(codes(&tile), Vec::<&str>::new());
    assert_eq!(tile.primitives[0].feature_ids[..4], [0, 1, 0, 1]);
    assert_eq!(tile.features.get(1, "name"), Some(Value::String("odd".into())));
    assert!((tile.primitives[0].colors.get(0).unwrap()[1] - 1.0).abs() < 1e-6);
}

#[test]
fn normals_may_be_compressed() {
    let mut cloud = PointCloud::new();
    let positions: Vec<[f32; 3]> = (0..COUNT).map(position).collect();
    cloud.add_attribute(attribute(GeometryAttributeType::Position, DataType::Float32, 3, &positions));
    let normal = |i: usize| glam::Vec3::new(i as f32 - 20.0, 3.0, -(i as f32)).normalize();
    let normals: Vec<[f32; 3]> = (0..COUNT).map(|i| normal(i).to_array()).collect();
    cloud.add_attribute(attribute(GeometryAttributeType::Normal, DataType::Float32, 3, &normals));
    let mut options = EncoderOptions::new();
    options.set_encoding_method(0);
    options.set_attribute_int(0, "quantization_bits", 14);
    options.set_attribute_int(1, "quantization_bits", 10);
    let mut encoder = PointCloudEncoder::new();
    encoder.set_point_cloud(cloud);
    let mut out = EncoderBuffer::new();
    encoder.encode(&options, &mut out).unwrap();
    let feature = json!({
        "POINTS_LENGTH": COUNT, "POSITION": { "byteOffset": 0 }, "NORMAL": { "byteOffset": 0 },
        "extensions": { "3DTILES_draco_point_compression": {
            "properties": { "POSITION": 0, "NORMAL": 1 }, "byteOffset": 0, "byteLength": out.data().len()
        } }
    });
    let file = Builder { feature: Some(feature), feature_binary: out.data().to_vec(), ..Builder::default() };
    let tile = decode(&file.pnts()).unwrap();
    assert!(!tile.materials[0].unlit);
    for (i, n) in tile.primitives[0].normals.iter().enumerate() {
        assert!((glam::Vec3::from(n) - normal(i)).length() < 0.01, "{n:?} is not {}", normal(i));
    }
}

#[test]
fn what_is_broken_is_named() {
    let change = |path: &str, value: serde_json::Value| {
        let mut file = compressed(0);
        *file.feature.as_mut().unwrap().pointer_mut(path).unwrap() = value;
        decode(&file.pnts())
    };
    const EXTENSION: &str = "/extensions/3DTILES_draco_point_compression";
    for value in [json!({}), json!({ "properties": {}, "byteOffset": 0 }), json!(3)] {
        assert!(matches!(change(EXTENSION, value), Err(DecodeError::Malformed { .. })));
    }
    let length = format!("{EXTENSION}/byteLength");
    assert!(matches!(change(&length, json!(1_000_000)), Err(DecodeError::Truncated { .. })));
    assert!(matches!(change(&length, json!(u64::MAX)), Err(DecodeError::Truncated { .. })));
    assert!(matches!(change(&length, json!(20)), Err(DecodeError::Malformed { .. })));
    assert!(change(&format!("{EXTENSION}/properties/POSITION"), json!(77)).is_err());

    let colour = change(&format!("{EXTENSION}/properties/RGB"), json!(77)).unwrap();
    assert_eq!(codes(&colour), ["point-semantic-broken"]);
    let fewer = change("/POINTS_LENGTH", json!(10)).unwrap();
    assert_eq!(codes(&fewer), ["draco-points-length"]);
    assert_eq!((fewer.primitives[0].positions.len(), fewer.features.count()), (10, 10));
    let more = change("/POINTS_LENGTH", json!(1000)).unwrap();
    assert_eq!(more.primitives[0].positions.len(), COUNT);

    let mut mixed = compressed(1);
    let at = mixed.feature_binary.len();
    mixed.feature.as_mut().unwrap()["NORMAL_OCT16P"] = json!({ "byteOffset": at });
    mixed.feature_binary.extend([128; COUNT * 2]);
    assert_eq!(codes(&decode(&mixed.pnts()).unwrap()), ["draco-points-order"]);

    let mut listed = compressed(1);
    listed.batch.as_mut().unwrap()["name"] = json!(vec!["x"; COUNT]);
    assert_eq!(codes(&decode(&listed.pnts()).unwrap()), ["draco-points-order"]);

    let mut property = compressed(0);
    property.batch.as_mut().unwrap()["extensions"]["3DTILES_draco_point_compression"]["properties"]["Velocity"] =
        json!(99);
    let tile = decode(&property.pnts()).unwrap();
    assert!(codes(&tile).contains(&"draco-properties"));
    assert_eq!(tile.features.get(1, "Intensity"), Some(Value::UInt(1000)));
}

proptest! {
    #[test]
    fn a_damaged_file_is_survived(method in 0i32..2, way in 0u8..4, at in 0usize..4000, value in any::<u32>()) {
        survive(&damaged(&compressed(method).pnts(), way, at, value));
    }
}
