//! Small glTF files for tests.

use super::decode_json;
use crate::content::{DecodeError, DecodeOptions, DecodedTile};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

/// `TEXCOORD_0` of the triangle.
pub(super) const UVS: [[f32; 2]; 3] = [[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]];
/// `TEXCOORD_1` of the triangle.
pub(super) const UVS1: [[f32; 2]; 3] = [[0.5, 0.25], [0.75, 0.5], [0.25, 1.0]];

pub(super) fn data_uri(bytes: &[u8]) -> String {
    format!("data:application/octet-stream;base64,{}", STANDARD.encode(bytes))
}

/// A triangle with the first material, and with the members of `more` beside it.
pub(super) fn triangle(more: Value) -> Value {
    let positions = [[0.0f32, 0.0, 0.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]];
    let mut bytes: Vec<u8> = bytemuck::bytes_of(&positions).to_vec();
    bytes.extend_from_slice(bytemuck::bytes_of(&UVS));
    bytes.extend_from_slice(bytemuck::bytes_of(&UVS1));
    let mut gltf = json!({
        "asset": { "version": "2.0" },
        "scenes": [{ "nodes": [0] }],
        "nodes": [{ "mesh": 0 }],
        "meshes": [{ "primitives": [{
            "attributes": { "POSITION": 0, "TEXCOORD_0": 1, "TEXCOORD_1": 2 },
            "material": 0,
        }] }],
        "accessors": [
            { "bufferView": 0, "componentType": 5126, "count": 3, "type": "VEC3" },
            { "bufferView": 1, "componentType": 5126, "count": 3, "type": "VEC2" },
            { "bufferView": 2, "componentType": 5126, "count": 3, "type": "VEC2" },
        ],
        "bufferViews": [
            { "buffer": 0, "byteLength": 36 },
            { "buffer": 0, "byteOffset": 36, "byteLength": 24 },
            { "buffer": 0, "byteOffset": 60, "byteLength": 24 },
        ],
        "buffers": [{ "byteLength": bytes.len(), "uri": data_uri(&bytes) }],
    });
    let (Some(gltf_members), Value::Object(more)) = (gltf.as_object_mut(), more) else { return gltf };
    gltf_members.extend(more);
    gltf
}

/// Decodes without a way to fetch anything.
pub(super) fn decode(gltf: &Value) -> Result<DecodedTile, DecodeError> {
    decode_with(gltf, &DecodeOptions::default())
}

pub(super) fn decode_with(gltf: &Value, options: &DecodeOptions) -> Result<DecodedTile, DecodeError> {
    decode_json(gltf.to_string().as_bytes(), options, &mut |_| Err("nothing can be fetched".into()))
}
