//! Builds subtrees and implicit tilesets.

use crate::{
    DecodeError, Diagnostic,
    tileset::{Subtree, Tile, TileId, Tileset},
};
use serde_json::{Value, json};
use url::Url;

pub(super) fn url(name: &str) -> Url {
    Url::parse("http://h/city/").unwrap().join(name).unwrap()
}

/// Bits as a bitstream, the first the lowest.
pub(super) fn bits(bits: &[u8]) -> Vec<u8> {
    let mut out = vec![0; bits.len().div_ceil(8)];
    for (i, bit) in bits.iter().enumerate() {
        out[i / 8] |= bit << (i % 8);
    }
    out
}

/// A subtree's JSON with its buffer.
#[derive(Debug, Clone)]
pub(super) struct SubtreeBuilder {
    pub(super) json: Value,
    buffer: Vec<u8>,
    views: Vec<Value>,
}

impl SubtreeBuilder {
    /// All tiles, no contents, nothing below.
    pub(super) fn new() -> Self {
        let json = json!({ "tileAvailability": { "constant": 1 }, "childSubtreeAvailability": { "constant": 0 } });
        Self { json, buffer: Vec::new(), views: Vec::new() }
    }

    /// Adds a buffer view; its number.
    pub(super) fn view(&mut self, bytes: &[u8]) -> usize {
        self.buffer.resize(self.buffer.len().next_multiple_of(8), 0);
        self.views.push(json!({ "buffer": 0, "byteOffset": self.buffer.len(), "byteLength": bytes.len() }));
        self.buffer.extend(bytes);
        self.views.len() - 1
    }

    pub(super) fn with(mut self, key: &str, value: Value) -> Self {
        self.json[key] = value;
        self
    }

    /// Sets an availability to these bits.
    pub(super) fn stream(mut self, key: &str, list: &[u8]) -> Self {
        let view = self.view(&bits(list));
        self.json[key] = json!({ "bitstream": view });
        self
    }

    fn text(&self, uri: Option<&str>) -> Vec<u8> {
        let mut json = self.json.clone();
        if !self.buffer.is_empty() {
            let length = self.buffer.len().next_multiple_of(8);
            json["buffers"] = match uri {
                Some(uri) => json!([{ "uri": uri, "byteLength": self.buffer.len() }]),
                None => json!([{ "byteLength": length }]),
            };
            json["bufferViews"] = json!(self.views);
        }
        json.to_string().into_bytes()
    }

    /// The file in binary.
    pub(super) fn binary(&self) -> Vec<u8> {
        let mut text = self.text(None);
        text.resize(text.len().next_multiple_of(8), b' ');
        let mut buffer = self.buffer.clone();
        buffer.resize(buffer.len().next_multiple_of(8), 0);
        let mut out = b"subt\x01\0\0\0".to_vec();
        out.extend((text.len() as u64).to_le_bytes());
        out.extend((buffer.len() as u64).to_le_bytes());
        out.extend(text);
        out.extend(buffer);
        out
    }

    /// The file in JSON, and its buffer, which it calls `uri`.
    pub(super) fn external(&self, uri: &str) -> (Vec<u8>, Vec<u8>) {
        (self.text(Some(uri)), self.buffer.clone())
    }

    pub(super) fn parse(&self) -> Subtree {
        parse(&self.binary()).unwrap()
    }
}

pub(super) fn parse(bytes: &[u8]) -> Result<Subtree, DecodeError> {
    Subtree::parse(bytes, &url("subtrees/0.subtree"), &mut |_| Err("no file".into()))
}

/// An implicit tileset of this volume and scheme; `more` goes into the root.
pub(super) fn implicit(volume: &Value, scheme: &str, levels: (u32, u32), more: &Value) -> Value {
    let z = if scheme == "OCTREE" { ".{z}" } else { "" };
    let mut root = json!({
        "boundingVolume": volume, "geometricError": 64, "refine": "ADD",
        "content": { "uri": format!("c/{{level}}.{{x}}.{{y}}{z}.glb") },
        "implicitTiling": {
            "subdivisionScheme": scheme, "subtreeLevels": levels.0, "availableLevels": levels.1,
            "subtrees": { "uri": format!("s/{{level}}.{{x}}.{{y}}{z}.subtree") },
        },
    });
    for (key, value) in more.as_object().into_iter().flatten() {
        root[key] = value.clone();
    }
    json!({ "asset": { "version": "1.1" }, "geometricError": 128, "root": root })
}

pub(super) fn tileset(json: &Value) -> (Tileset, Vec<Diagnostic>) {
    Tileset::parse(json.to_string().as_bytes(), &url("tileset.json")).unwrap()
}

/// A box of 16 by 16 by 8 around the origin.
pub(super) fn cube() -> Value {
    json!({ "box": [0, 0, 0, 8, 0, 0, 0, 8, 0, 0, 0, 4] })
}

pub(super) fn codes(found: &[Diagnostic]) -> Vec<&'static str> {
    found.iter().map(|d| d.code).collect()
}

pub(super) fn tile(set: &Tileset, id: u32) -> &Tile {
    set.tile(TileId(id)).unwrap()
}

/// The last part of the URLs of a tile's contents.
pub(super) fn contents(tile: &Tile) -> Vec<&str> {
    tile.contents.iter().map(|u| u.as_str().trim_start_matches("http://h/city/")).collect()
}
