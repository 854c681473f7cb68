//! Damage of every kind.

use crate::{builder::*, draco, meshopt};
use proptest::prelude::*;
use serde_json::json;
use tiles3d::DecodeOptions;

const LIMIT: usize = 1 << 20;

/// Decodes it if it can; whatever comes out is whole.
fn survive(bytes: &[u8]) {
    let Ok(tile) = decode(bytes, &DecodeOptions { max_decoded_bytes: LIMIT, ..Default::default() }) else { return };
    assert!(tile.byte_size() <= LIMIT);
    for p in &tile.primitives {
        let n = p.positions.len();
        assert!(p.indices.iter().chain(&p.outline).all(|i| (*i as usize) < n));
        assert!(p.positions.as_flattened().iter().all(|v| v.is_finite()));
        for length in [p.normals.len(), p.tangents.len(), p.uvs.len(), p.colors.len(), p.feature_ids.len()] {
            assert!(length == 0 || length == n);
        }
        assert!(p.instances.is_none_or(|list| list < tile.instances.len()));
        assert!(p.material < tile.materials.len());
    }
}

/// A file with everything: sparse and interleaved accessors, instances with features, outlines.
fn everything() -> Vec<u8> {
    let mut gltf = triangle();
    let (indices, values) = (gltf.view(&[1, 2, 0, 0]), gltf.view(&[0; 24]));
    gltf.json["accessors"][0]["sparse"] = json!({
        "count": 2,
        "indices": { "bufferView": indices, "componentType": U8 },
        "values": { "bufferView": values },
    });
    let edges = gltf.indices(&[0, 1, 1, 2]);
    let (translation, rotation) = (gltf.floats(&[[1.0, 2.0, 3.0]; 2]), gltf.floats(&[[0.0, 0.0, 0.0, 1.0]; 2]));
    let ids = gltf.accessor(&[3, 4], U8, 2, "SCALAR");
    gltf.json["meshes"][0]["primitives"][0]["extensions"] = json!({ "CESIUM_primitive_outline": { "indices": edges } });
    gltf.json["nodes"][0]["extensions"] = json!({
        "EXT_mesh_gpu_instancing": {
            "attributes": { "TRANSLATION": translation, "ROTATION": rotation, "_FEATURE_ID_0": ids },
        },
        "EXT_instance_features": { "featureIds": [{ "featureCount": 2, "attribute": 0 }] },
    });
    gltf.primitive(json!({ "attributes": { "POSITION": 0 }, "indices": edges, "mode": 5 }));
    gltf.decode();
    gltf.file()
}

fn files() -> Vec<Vec<u8>> {
    [everything(), meshopt::file()].into_iter().chain(draco::files()).collect()
}

/// The same file with other JSON.
fn with_json(file: &[u8], change: impl Fn(&str) -> String) -> Vec<u8> {
    let length = u32::from_le_bytes(file[12..16].try_into().unwrap()) as usize;
    let json = change(std::str::from_utf8(&file[20..20 + length]).unwrap());
    let mut out = b"glTF\x02\0\0\0".to_vec();
    out.extend(((file.len() - length + json.len()) as u32).to_le_bytes());
    out.extend((json.len() as u32).to_le_bytes());
    out.extend(b"JSON");
    out.extend(json.as_bytes());
    out.extend(&file[20 + length..]);
    out
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, ..Default::default() })]

    #[test]
    fn damaged_files_are_survived(which in 0usize..6, damage in prop::collection::vec((any::<usize>(), any::<u8>()), 1..4)) {
        let mut file = files().swap_remove(which);
        let binary = 20 + u32::from_le_bytes(file[12..16].try_into().unwrap()) as usize + 8;
        let length = file.len() - binary;
        for (at, byte) in damage {
            file[binary + at % length] = byte;
        }
        survive(&file);
    }

    #[test]
    fn damaged_numbers_are_survived(
        which in 0usize..6,
        digit in any::<usize>(),
        value in prop_oneof![0u64..12, 5119u64..5127, any::<u32>().prop_map(u64::from), any::<u64>()],
    ) {
        let file = files().swap_remove(which);
        survive(&with_json(&file, |text| {
            let digits: Vec<usize> = text.char_indices().filter(|(_, c)| c.is_ascii_digit()).map(|(i, _)| i).collect();
            let at = digits[digit % digits.len()];
            format!("{}{value}{}", &text[..at], &text[at + 1..])
        }));
    }

    #[test]
    fn any_accessor_of_any_bytes_is_survived(
        bytes in prop::collection::vec(any::<u8>(), 0..200),
        component in 5119u32..5128,
        kind in prop::sample::select(vec!["SCALAR", "VEC2", "VEC3", "VEC4", "MAT2", "MAT3", "MAT4", "VEC5"]),
        (count, offset, stride) in (0usize..20, 0usize..40, 0usize..40),
        normalized in any::<bool>(),
        name in prop::sample::select(vec!["POSITION", "NORMAL", "TANGENT", "TEXCOORD_0", "COLOR_0", "_BATCHID"]),
        mode in 0u32..8,
    ) {
        let mut gltf = triangle();
        let view = gltf.view(&bytes);
        if stride > 0 {
            gltf.json["bufferViews"][view]["byteStride"] = json!(stride);
        }
        let accessor = gltf.add_accessor(json!({
            "bufferView": view, "byteOffset": offset, "componentType": component, "count": count, "type": kind,
            "normalized": normalized,
        }));
        gltf.json["meshes"][0]["primitives"][0]["attributes"][name] = json!(accessor);
        gltf.json["meshes"][0]["primitives"][0]["mode"] = json!(mode);
        survive(&gltf.file());
        gltf.json["meshes"][0]["primitives"][0]["indices"] = json!(accessor);
        survive(&gltf.file());
        gltf.json["nodes"][0]["extensions"]["EXT_mesh_gpu_instancing"] =
            json!({ "attributes": { "TRANSLATION": accessor, "ROTATION": accessor, "SCALE": accessor } });
        survive(&gltf.file());
    }

    #[test]
    fn any_draco_stream_is_survived(body in prop::collection::vec(any::<u8>(), 0..300), method in 0u8..3, kind in 0u8..3) {
        let mut gltf = triangle();
        let stream = [b"DRACO\x02\x02".as_slice(), &[kind, method, 0, 0], &body].concat();
        let view = gltf.view(&stream);
        gltf.json["meshes"][0]["primitives"][0]["extensions"]["KHR_draco_mesh_compression"] =
            json!({ "bufferView": view, "attributes": { "POSITION": 0, "NORMAL": 1 } });
        survive(&gltf.file());
    }
}

#[test]
fn draco_streams_cut_anywhere_are_survived() {
    for file in draco::files() {
        for end in (0..1000).step_by(7) {
            survive(&with_json(&file, |text| {
                let length: String =
                    text.split_once("\"byteLength\":").unwrap().1.chars().take_while(char::is_ascii_digit).collect();
                text.replace(&format!("\"byteLength\":{length}"), &format!("\"byteLength\":{end}"))
            }));
        }
    }
}
