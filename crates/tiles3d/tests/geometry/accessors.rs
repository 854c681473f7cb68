//! Types, strides and sparse accessors (`KHR_mesh_quantization` allows integers for all attributes).

use crate::builder::*;
use glam::{DVec3, Vec3};
use serde_json::json;
use tiles3d::content::Normals;

/// Three points whose positions are an accessor of this type.
fn points(bytes: &[u8], component: u32, normalized: bool) -> Vec<[f32; 3]> {
    let mut gltf = Gltf::new().requires("KHR_mesh_quantization");
    let position = gltf.accessor(bytes, component, 3, "VEC3");
    gltf.json["accessors"][position]["normalized"] = json!(normalized);
    let view = gltf.json["accessors"][position]["bufferView"].as_u64().unwrap() as usize;
    // Vertices begin at multiples of 4 bytes.
    gltf.json["bufferViews"][view]["byteStride"] = json!(bytes.len() / 3);
    gltf.primitive(json!({ "attributes": { "POSITION": position }, "mode": 0 }));
    let tile = gltf.decode();
    // Far positions are relative to the first one.
    tile.primitives[0].positions.iter().map(|p| (Vec3::from_array(*p) + tile.origin.as_vec3()).to_array()).collect()
}

#[test]
fn positions_of_every_type_are_what_they_stand_for() {
    let read = points(&[0, 0x80, 127, 9, 0x81, 1, 2, 9, 3, 4, 5, 9], I8, false);
    assert_eq!(read, [[0.0, -128.0, 127.0], [-127.0, 1.0, 2.0], [3.0, 4.0, 5.0]]);
    let read = points(&[0, 0x80, 127, 9, 0x81, 0, 0, 9, 0, 0, 0, 9], I8, true);
    // -128 stands for -1 as well (glTF 2.0, 3.11).
    assert_eq!(read[..2], [[0.0, -1.0, 1.0], [-1.0, 0.0, 0.0]]);
    let read = points(&[0, 51, 255, 9, 1, 2, 3, 9, 4, 5, 6, 9], U8, false);
    assert_eq!(read[0], [0.0, 51.0, 255.0]);
    let read = points(&[0, 51, 255, 9, 1, 2, 3, 9, 4, 5, 6, 9], U8, true);
    assert_eq!(read[0], [0.0, 0.2, 1.0]);
    let words: Vec<u8> =
        [0, -32768, 32767, 7, 1, 2, 3, 7, 4, 5, 6, 7i16].iter().flat_map(|v| v.to_le_bytes()).collect();
    assert_eq!(points(&words, I16, false)[0], [0.0, -32768.0, 32767.0]);
    assert_eq!(points(&words, I16, true)[0], [0.0, -1.0, 1.0]);
    let words: Vec<u8> = [0, 13107, 65535, 7, 1, 2, 3, 7, 4, 5, 6, 7u16].iter().flat_map(|v| v.to_le_bytes()).collect();
    assert_eq!(points(&words, U16, false)[0], [0.0, 13107.0, 65535.0]);
    assert_eq!(points(&words, U16, true)[0], [0.0, 0.2, 1.0]);
}

#[test]
fn normals_tangents_and_texture_coordinates_may_be_integers() {
    let mut gltf = triangle().requires("KHR_mesh_quantization");
    let normal = gltf.accessor(&[0, 0, 127, 9, 90, 90, 0, 9, 0, 0x81, 0, 9], I8, 3, "VEC3");
    let tangent = gltf.accessor(&[127, 0, 0, 127, 0, 127, 0, 0x81, 0, 0, 0, 127], I8, 3, "VEC4");
    let uv = gltf.accessor(&[0, 0, 9, 9, 255, 0, 9, 9, 51, 255, 9, 9], U8, 3, "VEC2");
    for accessor in [normal, tangent, uv] {
        gltf.json["accessors"][accessor]["normalized"] = json!(true);
        let view = gltf.json["accessors"][accessor]["bufferView"].as_u64().unwrap() as usize;
        gltf.json["bufferViews"][view]["byteStride"] = json!(4);
    }
    gltf.json["meshes"][0]["primitives"][0]["attributes"] =
        json!({ "POSITION": 0, "NORMAL": normal, "TANGENT": tangent, "TEXCOORD_0": uv });
    let primitive = &gltf.decode().primitives[0];
    let half = std::f32::consts::FRAC_1_SQRT_2;
    for (read, expected) in primitive.normals.iter().zip([[0.0, 0.0, 1.0], [half, half, 0.0], [0.0, -1.0, 0.0]]) {
        assert!(read.iter().zip(expected).all(|(a, b)| (a - b).abs() < 2e-3), "{read:?} is not {expected:?}");
    }
    // A tangent without length has to point somewhere.
    assert_eq!(primitive.tangents, [[1.0, 0.0, 0.0, 1.0], [0.0, 1.0, 0.0, -1.0], [1.0, 0.0, 0.0, 1.0]]);
    assert_eq!(primitive.uvs, [[0.0, 0.0], [1.0, 0.0], [0.2, 1.0]]);
    // Integers that stand for themselves, to be scaled by a transform.
    gltf.json["accessors"][uv]["normalized"] = json!(false);
    assert_eq!(gltf.decode().primitives[0].uvs[1..], [[255.0, 0.0], [51.0, 255.0]]);
}

#[test]
fn colours_without_alpha_are_opaque() {
    let mut gltf = triangle();
    let color = gltf.accessor(&[255, 0, 51, 0, 255, 0, 0, 0, 255], U8, 3, "VEC3");
    gltf.json["accessors"][color]["normalized"] = json!(true);
    gltf.json["meshes"][0]["primitives"][0]["attributes"]["COLOR_0"] = json!(color);
    assert_eq!(gltf.decode().primitives[0].colors.get(0), Some([1.0, 0.0, 0.2, 1.0]));
}

#[test]
fn interleaved_vertices_are_taken_apart() {
    let vertices = [[0.0, 1.0, 2.0, 0.0, 0.0, 1.0], [3.0, 4.0, 5.0, 0.0, 1.0, 0.0], [6.0, 7.0, 9.0, 1.0, 0.0, 0.0f32]];
    let bytes: Vec<u8> = vertices.as_flattened().iter().flat_map(|v| v.to_le_bytes()).collect();
    let mut gltf = Gltf::new();
    let view = gltf.view(&bytes);
    gltf.json["bufferViews"][view]["byteStride"] = json!(24);
    let mut at = |offset| {
        gltf.add_accessor(
            json!({ "bufferView": view, "byteOffset": offset, "componentType": F32, "count": 3, "type": "VEC3" }),
        )
    };
    let (position, normal) = (at(0), at(12));
    gltf.primitive(json!({ "attributes": { "POSITION": position, "NORMAL": normal } }));
    let primitive = &gltf.decode().primitives[0];
    assert_eq!(primitive.positions, [[0.0, 1.0, 2.0], [3.0, 4.0, 5.0], [6.0, 7.0, 9.0]]);
    let expected = vec![[0.0, 0.0, 1.0], [0.0, 1.0, 0.0], [1.0, 0.0, 0.0]];
    assert_eq!(primitive.normals, Normals::Float(expected));
    // A fourth vertex would begin inside of the buffer and end beyond it.
    gltf.json["accessors"][position]["count"] = json!(4);
    gltf.json["accessors"][normal]["count"] = json!(4);
    assert!(gltf.try_decode().unwrap_err().to_string().contains("cut off"));
}

#[test]
fn indices_of_every_width_are_read() {
    for (component, bytes) in [
        (U8, vec![2, 1, 0]),
        (U16, vec![2, 0, 1, 0, 0, 0]),
        (U32, vec![2, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0]),
        (F32, [2.0, 1.0, 0.0f32].iter().flat_map(|v| v.to_le_bytes()).collect()),
    ] {
        let mut gltf = triangle();
        let indices = gltf.accessor(&bytes, component, 3, "SCALAR");
        gltf.json["meshes"][0]["primitives"][0]["indices"] = json!(indices);
        assert_eq!(gltf.decode().primitives[0].indices, [2, 1, 0], "{component}");
    }
    let mut gltf = triangle();
    let indices = gltf.floats(&[[0.0], [0.5], [1.0]]);
    gltf.json["meshes"][0]["primitives"][0]["indices"] = json!(indices);
    assert!(gltf.try_decode().unwrap_err().to_string().contains("0.5 is not an index"));
}

#[test]
fn sparse_accessors_replace_some_elements() {
    let mut gltf = triangle();
    let indices = gltf.view(&[1, 0, 2, 0]);
    let values: Vec<u8> = [5.0, 6.0, 7.0, 8.0, 9.0, 10.0f32].iter().flat_map(|v| v.to_le_bytes()).collect();
    let values = gltf.view(&values);
    let sparse = json!({
        "count": 2,
        "indices": { "bufferView": indices, "componentType": U16 },
        "values": { "bufferView": values },
    });
    gltf.json["accessors"][0]["sparse"] = sparse;
    assert_eq!(gltf.decode().primitives[0].positions, [[0.0; 3], [5.0, 6.0, 7.0], [8.0, 9.0, 10.0]]);
    // Without a buffer view the others are zero.
    gltf.json["accessors"][0].as_object_mut().unwrap().remove("bufferView");
    gltf.json["accessors"][0]["sparse"]["count"] = json!(1);
    assert_eq!(gltf.decode().primitives[0].positions, [[0.0; 3], [5.0, 6.0, 7.0], [0.0; 3]]);
    // There is no element 9.
    let beyond = gltf.view(&[9, 0]);
    gltf.json["accessors"][0]["sparse"]["indices"]["bufferView"] = json!(beyond);
    assert!(gltf.try_decode().is_err());
}

#[test]
fn counts_that_lie_take_no_memory() {
    let mut gltf = triangle();
    gltf.json["accessors"][0] = json!({ "componentType": F32, "count": 1u64 << 40, "type": "VEC3" });
    assert!(gltf.try_decode().is_err());
    // One accessor, used again and again.
    let mut gltf = triangle();
    gltf.json["accessors"][0] = json!({ "componentType": F32, "count": 1 << 24, "type": "VEC3" });
    gltf.json["meshes"][0]["primitives"] = vec![json!({ "attributes": { "POSITION": 0 }, "mode": 0 }); 1000].into();
    assert!(gltf.try_decode().is_err());
}

#[test]
fn attributes_of_another_length_than_the_positions_are_refused() {
    let mut gltf = triangle();
    gltf.json["accessors"][1]["count"] = json!(2);
    assert!(gltf.try_decode().unwrap_err().to_string().contains("2 of NORMAL for 3 vertices"));
}

#[test]
fn positions_that_are_no_numbers_are_named() {
    let mut gltf = Gltf::new();
    let position = gltf.floats(&[[1.0, f32::NAN, 0.0], [2.0, 3.0, 4.0]]);
    gltf.primitive(json!({ "attributes": { "POSITION": position }, "mode": 0 }));
    let (tile, codes) = gltf.amiss();
    assert_eq!(tile.primitives[0].positions, [[0.0; 3], [2.0, 3.0, 4.0]]);
    assert_eq!(codes, ["positions-not-finite"]);
}

#[test]
fn far_positions_keep_their_precision() {
    let mut gltf = triangle();
    gltf.json["nodes"][0]["translation"] = json!([4_000_000.125, 0.0, 0.0]);
    let tile = gltf.decode();
    assert_eq!(tile.origin.to_array(), [4_000_000.125, 0.0, 0.0]);
    assert_eq!(tile.primitives[0].positions, [[0.0; 3], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]);
}

#[test]
fn mirrored_nodes_keep_their_fronts() {
    let mut gltf = triangle();
    let tangent = gltf.floats(&[[1.0, 0.0, 0.0, 1.0]; 3]);
    gltf.json["meshes"][0]["primitives"][0]["attributes"]["TANGENT"] = json!(tangent);
    gltf.json["nodes"][0]["scale"] = json!([-2.0, 1.0, 1.0]);
    let primitive = &gltf.decode().primitives[0];
    assert_eq!(primitive.positions[1], [-2.0, 0.0, 0.0]);
    assert_eq!(primitive.indices, [0, 2, 1]);
    assert_eq!(primitive.normals, Normals::Float(vec![[0.0, 0.0, 1.0]; 3]));
    assert_eq!(primitive.tangents, [[-1.0, 0.0, 0.0, -1.0]; 3]);
}

#[test]
fn vertices_are_relative_to_where_their_mesh_stands() {
    let mut gltf = triangle();
    let before = gltf.decode();
    assert_eq!(before.origin, DVec3::ZERO);
    gltf.json["nodes"][0]["translation"] = json!([2000.1, -3.3, 700.7]);
    let tile = gltf.decode();
    assert_eq!(tile.origin, DVec3::new(2000.1, -3.3, 700.7));
    assert_eq!(tile.primitives[0].positions, before.primitives[0].positions);
    // Another mesh is where it is from there.
    let nodes = gltf.json["nodes"].as_array_mut().unwrap();
    nodes.push(json!({ "mesh": 0, "translation": [2010.1, -3.3, 700.7] }));
    gltf.json["scenes"][0]["nodes"] = json!([0, 1]);
    let both = gltf.decode();
    let [first, second] = [0, 1].map(|i| Vec3::from_array(both.primitives[i].positions[1]));
    assert!((second - first - Vec3::X * 10.0).length() < 1e-4, "{first} {second}");
}
