//! Compressed buffer views within files; the streams themselves are tested beside their decoder.

use crate::builder::*;
use serde_json::json;
use tiles3d::content::DecodeError;

/// Four vertices of six 16-bit numbers, the first three of which are read: version 0, from the tests of the library
/// meshoptimizer. What follows the bytes here is zero.
const ATTRIBUTES: [u8; 85] = {
    let start = [
        0xa0, 0x01, 0x3f, 0x00, 0x00, 0x00, 0x58, 0x57, 0x58, 0x01, 0x26, 0x00, 0x00, 0x00, 0x01, 0x0c, 0x00, 0x00,
        0x00, 0x58, 0x01, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x01, 0x3f, 0x00, 0x00, 0x00, 0x17, 0x18,
        0x17, 0x01, 0x26, 0x00, 0x00, 0x00, 0x01, 0x0c, 0x00, 0x00, 0x00, 0x17, 0x01, 0x08,
    ];
    let mut out = [0; 85];
    let mut i = 0;
    while i < start.len() {
        out[i] = start[i];
        i += 1;
    }
    out
};

/// The indices 0, 1, 51, 2, 49, 1000 of the same tests.
const INDICES: [u8; 13] = [0xd1, 0x00, 0x04, 0xcd, 0x01, 0x04, 0x07, 0x98, 0x1f, 0x00, 0x00, 0x00, 0x00];

/// Points at the vertices, in views that stand for a buffer that is not there.
fn compressed(name: &str) -> Gltf {
    let mut gltf = Gltf::new();
    let at = gltf.bytes(&ATTRIBUTES);
    gltf.json["buffers"]
        .as_array_mut()
        .unwrap()
        .push(json!({ "byteLength": 48, "extensions": { name: { "fallback": true } } }));
    let stream = json!({ "buffer": 0, "byteOffset": at, "byteLength": ATTRIBUTES.len(), "byteStride": 12, "count": 4, "mode": "ATTRIBUTES" });
    let view =
        gltf.add_view(json!({ "buffer": 1, "byteLength": 48, "byteStride": 12, "extensions": { name: stream } }));
    let position = gltf.add_accessor(json!({ "bufferView": view, "componentType": U16, "count": 4, "type": "VEC3" }));
    gltf.primitive(json!({ "attributes": { "POSITION": position }, "mode": 0 }));
    gltf.json["extensionsRequired"] = json!([name, "KHR_mesh_quantization"]);
    gltf
}

pub(crate) fn file() -> Vec<u8> {
    compressed("EXT_meshopt_compression").file()
}

#[test]
fn views_are_decompressed_under_both_names() {
    for name in ["EXT_meshopt_compression", "KHR_meshopt_compression"] {
        let tile = compressed(name).decode();
        assert_eq!(tile.primitives[0].positions, [[0.0; 3], [300.0, 0.0, 0.0], [0.0, 300.0, 0.0], [300.0, 300.0, 0.0]]);
    }
}

#[test]
fn indices_are_decompressed_too() {
    let mut gltf = compressed("EXT_meshopt_compression");
    let at = gltf.bytes(&INDICES);
    // The first two of them are vertices here.
    let stream = json!({ "buffer": 0, "byteOffset": at, "byteLength": INDICES.len(), "byteStride": 4, "count": 6, "mode": "INDICES" });
    let view =
        gltf.add_view(json!({ "buffer": 1, "byteLength": 24, "extensions": { "EXT_meshopt_compression": stream } }));
    let indices = gltf.add_accessor(json!({ "bufferView": view, "componentType": U32, "count": 2, "type": "SCALAR" }));
    gltf.json["meshes"][0]["primitives"][0]["indices"] = json!(indices);
    assert_eq!(gltf.decode().primitives[0].indices, [0, 1]);
}

#[test]
fn fallback_buffers_need_not_be_there_and_are_not_fetched() {
    // Neither with the mark nor with a URI that only a client without the extension would follow.
    let mut gltf = compressed("EXT_meshopt_compression");
    gltf.json["buffers"][1] = json!({ "byteLength": 48, "uri": "fallback.bin" });
    gltf.decode();
    // A view without the extension needs the bytes.
    gltf.json["bufferViews"][0].as_object_mut().unwrap().remove("extensions");
    assert!(matches!(gltf.try_decode(), Err(DecodeError::External { .. })));
}

#[test]
fn broken_streams_are_named_and_leave_the_rest() {
    let mut gltf = compressed("EXT_meshopt_compression");
    gltf.json["bufferViews"][0]["extensions"]["EXT_meshopt_compression"]["byteLength"] = json!(80);
    let position = gltf.floats(&[[1.0, 2.0, 3.0]]);
    gltf.primitive(json!({ "attributes": { "POSITION": position }, "mode": 0 }));
    let (tile, codes) = gltf.amiss();
    assert_eq!(codes, ["meshopt-broken", "primitive-broken"]);
    assert_eq!(tile.primitives[0].positions, [[1.0, 2.0, 3.0]]);
}

#[test]
fn counts_that_lie_take_no_memory() {
    let mut gltf = compressed("EXT_meshopt_compression");
    gltf.json["bufferViews"][0]["extensions"]["EXT_meshopt_compression"]["count"] = json!(1u64 << 50);
    assert!(matches!(gltf.try_decode(), Err(DecodeError::TooLarge { .. })));
}
