//! Builders of small containers.

use crate::content::{Content, DecodeError, DecodeOptions, DecodedTile, decode_content};
use serde_json::{Value as Json, json};

/// A container with a feature table and a batch table, as the file has it.
#[derive(Clone, Default)]
pub(super) struct Builder {
    pub(super) feature: Option<Json>,
    pub(super) feature_binary: Vec<u8>,
    pub(super) batch: Option<Json>,
    pub(super) batch_binary: Vec<u8>,
    pub(super) body: Vec<u8>,
}

impl Builder {
    pub(super) fn feature(json: Json) -> Self {
        Self { feature: Some(json), ..Self::default() }
    }

    /// Adds a semantic whose values stand next in the binary body.
    pub(super) fn with<T: bytemuck::Pod>(mut self, name: &str, values: &[T]) -> Self {
        pad(&mut self.feature_binary, 0);
        self.feature.get_or_insert_with(|| json!({}))[name] = json!({ "byteOffset": self.feature_binary.len() });
        self.feature_binary.extend_from_slice(bytemuck::cast_slice(values));
        self
    }

    pub(super) fn typed<T: bytemuck::Pod>(self, name: &str, component: &str, values: &[T]) -> Self {
        let mut built = self.with(name, values);
        built.feature.as_mut().unwrap()[name]["componentType"] = json!(component);
        built
    }

    pub(super) fn batch(mut self, json: Json) -> Self {
        self.batch = Some(json);
        self
    }

    pub(super) fn body(mut self, body: Vec<u8>) -> Self {
        self.body = body;
        self
    }

    /// `format` is the `gltfFormat` of an i3dm; the other kinds have none.
    pub(super) fn build(&self, magic: &[u8; 4], format: Option<u32>) -> Vec<u8> {
        let header = if format.is_some() { 32 } else { 28 };
        let text = |json: &Option<Json>, from: usize| {
            let mut text = json.as_ref().map_or_else(String::new, Json::to_string).into_bytes();
            while !text.is_empty() && !(from + text.len()).is_multiple_of(8) {
                text.push(b' ');
            }
            text
        };
        let mut feature_binary = self.feature_binary.clone();
        pad(&mut feature_binary, 0);
        let mut batch_binary = self.batch_binary.clone();
        pad(&mut batch_binary, 0);
        let feature = text(&self.feature, header);
        let batch = text(&self.batch, header + feature.len() + feature_binary.len());
        let mut body = self.body.clone();
        pad(&mut body, if format == Some(0) { b' ' } else { 0 });
        if body.is_empty() {
            let before = header + feature.len() + feature_binary.len() + batch.len() + batch_binary.len();
            body.resize(before.next_multiple_of(8) - before, 0);
        }
        let parts = [&feature, &feature_binary, &batch, &batch_binary];
        let length = header + parts.iter().map(|p| p.len()).sum::<usize>() + body.len();
        let mut out = magic.to_vec();
        let words = [1, length as u32].into_iter().chain(parts.iter().map(|p| p.len() as u32)).chain(format);
        words.for_each(|w| out.extend(w.to_le_bytes()));
        parts.iter().for_each(|p| out.extend_from_slice(p));
        out.extend(body);
        out
    }

    pub(super) fn pnts(&self) -> Vec<u8> {
        self.build(b"pnts", None)
    }

    pub(super) fn b3dm(&self) -> Vec<u8> {
        self.build(b"b3dm", None)
    }

    pub(super) fn i3dm(&self) -> Vec<u8> {
        self.build(b"i3dm", Some(1))
    }
}

fn pad(bytes: &mut Vec<u8>, with: u8) {
    while !bytes.len().is_multiple_of(8) {
        bytes.push(with);
    }
}

/// A binary glTF of one JSON and one buffer.
pub(super) fn glb(json: &Json, binary: &[u8]) -> Vec<u8> {
    let mut text = json.to_string().into_bytes();
    pad(&mut text, b' ');
    let mut binary = binary.to_vec();
    pad(&mut binary, 0);
    let mut out = b"glTF\x02\0\0\0".to_vec();
    out.extend((28 + text.len() as u32 + binary.len() as u32).to_le_bytes());
    out.extend((text.len() as u32).to_le_bytes());
    out.extend(b"JSON");
    out.extend(text);
    out.extend((binary.len() as u32).to_le_bytes());
    out.extend(b"BIN\0");
    out.extend(binary);
    out
}

/// The glTF of a triangle whose corners are, y up, zero, (1, 0, 0) and (0, 2, 0): z up, zero, (1, 0, 0) and (0, 0, 2).
/// Its node stands at `at`, and its corners have the batch ids.
pub(super) fn triangle(at: [f64; 3], batch_ids: [u8; 3]) -> (Json, Vec<u8>) {
    let positions: [f32; 9] = [0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 2.0, 0.0];
    let mut binary = bytemuck::cast_slice(&positions).to_vec();
    binary.extend(batch_ids);
    binary.push(0);
    let json = json!({
        "asset": { "version": "2.0" },
        "scenes": [{ "nodes": [0] }],
        "nodes": [{ "mesh": 0, "translation": at }],
        "meshes": [{ "primitives": [{ "attributes": { "POSITION": 0, "_BATCHID": 1 } }] }],
        "accessors": [
            { "bufferView": 0, "componentType": 5126, "count": 3, "type": "VEC3", "min": [0, 0, 0], "max": [1, 2, 0] },
            { "bufferView": 1, "componentType": 5121, "count": 3, "type": "SCALAR" }
        ],
        "bufferViews": [
            { "buffer": 0, "byteOffset": 0, "byteLength": 36 },
            { "buffer": 0, "byteOffset": 36, "byteLength": 3 }
        ],
        "buffers": [{ "byteLength": 40 }]
    });
    (json, binary)
}

pub(super) fn triangle_glb() -> Vec<u8> {
    let (json, binary) = triangle([0.0; 3], [0, 0, 0]);
    glb(&json, &binary)
}

pub(super) fn decode_all(bytes: &[u8]) -> Result<Vec<DecodedTile>, DecodeError> {
    match decode_content(bytes, &DecodeOptions::default(), &mut |uri| Err(format!("{uri} is not there")))? {
        Content::Models(tiles) => Ok(tiles),
        Content::Tileset => panic!("a tileset"),
    }
}

pub(super) fn decode(bytes: &[u8]) -> Result<DecodedTile, DecodeError> {
    let mut tiles = decode_all(bytes)?;
    assert_eq!(tiles.len(), 1);
    Ok(tiles.remove(0))
}

pub(super) fn codes(tile: &DecodedTile) -> Vec<&str> {
    tile.diagnostics.iter().map(|d| d.code).collect()
}

/// Decodes with little memory and looks at everything: what hostile bytes must survive.
pub(super) fn survive(bytes: &[u8]) {
    let options = DecodeOptions { max_decoded_bytes: 1 << 20, ..Default::default() };
    let Ok(Content::Models(tiles)) = decode_content(bytes, &options, &mut |_| Err("no".into())) else { return };
    for tile in tiles {
        assert!(tile.byte_size() <= 2 << 20);
        for p in &tile.primitives {
            assert!(p.indices.iter().all(|&i| (i as usize) < p.positions.len()));
            assert!(p.instances.is_none_or(|i| i < tile.instances.len()));
        }
        for f in (0..tile.features.count()).take(10) {
            let _ = (tile.features.row(f), tile.features.class_names(f));
        }
    }
}

/// `valid` with a byte changed, a 32-bit word changed, cut off, or with a number of its JSON changed.
pub(super) fn damaged(valid: &[u8], way: u8, at: usize, value: u32) -> Vec<u8> {
    let mut bytes = valid.to_vec();
    let at = at % bytes.len();
    match way % 4 {
        0 => bytes[at] = value as u8,
        1 => {
            let at = at.min(bytes.len() - 4) & !3;
            bytes[at..at + 4].copy_from_slice(&value.to_le_bytes());
        }
        2 => bytes.truncate(at),
        _ => {
            let digits: Vec<usize> = (0..bytes.len()).filter(|&i| bytes[i].is_ascii_digit()).collect();
            bytes[digits[at % digits.len()]] = b'0' + (value % 10) as u8;
        }
    }
    bytes
}
