//! Small glTFs, piece by piece.

use serde_json::{Value, json};
use tiles3d::{Content, DecodeOptions, DecodedTile, content::DecodeError, decode_content};

pub(crate) const I8: u32 = 5120;
pub(crate) const U8: u32 = 5121;
pub(crate) const I16: u32 = 5122;
pub(crate) const U16: u32 = 5123;
pub(crate) const U32: u32 = 5125;
pub(crate) const F32: u32 = 5126;

/// A binary glTF in the making, with z up.
pub(crate) struct Gltf {
    pub(crate) json: Value,
    bytes: Vec<u8>,
}

impl Gltf {
    pub(crate) fn new() -> Self {
        let json = json!({
            "asset": { "version": "2.0" },
            "buffers": [{ "byteLength": 0 }],
            "bufferViews": [],
            "accessors": [],
            "meshes": [{ "primitives": [] }],
            "nodes": [{ "mesh": 0 }],
            "scenes": [{ "nodes": [0] }],
        });
        Self { json, bytes: Vec::new() }
    }

    fn push(&mut self, list: &str, entry: Value) -> usize {
        let list = self.json[list].as_array_mut().unwrap();
        list.push(entry);
        list.len() - 1
    }

    /// Adds bytes to the buffer; returns where they begin.
    pub(crate) fn bytes(&mut self, bytes: &[u8]) -> usize {
        self.bytes.resize(self.bytes.len().next_multiple_of(4), 0);
        let at = self.bytes.len();
        self.bytes.extend_from_slice(bytes);
        self.json["buffers"][0]["byteLength"] = json!(self.bytes.len());
        at
    }

    pub(crate) fn view(&mut self, bytes: &[u8]) -> usize {
        let at = self.bytes(bytes);
        self.push("bufferViews", json!({ "buffer": 0, "byteOffset": at, "byteLength": bytes.len() }))
    }

    pub(crate) fn add_view(&mut self, view: Value) -> usize {
        self.push("bufferViews", view)
    }

    pub(crate) fn add_accessor(&mut self, accessor: Value) -> usize {
        self.push("accessors", accessor)
    }

    /// `count` elements in a view of their own.
    pub(crate) fn accessor(&mut self, bytes: &[u8], component: u32, count: usize, kind: &str) -> usize {
        let view = self.view(bytes);
        self.add_accessor(json!({ "bufferView": view, "componentType": component, "count": count, "type": kind }))
    }

    pub(crate) fn floats<const N: usize>(&mut self, values: &[[f32; N]]) -> usize {
        let bytes: Vec<u8> = values.as_flattened().iter().flat_map(|v| v.to_le_bytes()).collect();
        self.accessor(&bytes, F32, values.len(), ["SCALAR", "VEC2", "VEC3", "VEC4"][N - 1])
    }

    pub(crate) fn indices(&mut self, values: &[u32]) -> usize {
        let bytes: Vec<u8> = values.iter().flat_map(|v| v.to_le_bytes()).collect();
        self.accessor(&bytes, U32, values.len(), "SCALAR")
    }

    pub(crate) fn primitive(&mut self, primitive: Value) {
        self.json["meshes"][0]["primitives"].as_array_mut().unwrap().push(primitive);
    }

    /// Names an extension as required.
    pub(crate) fn requires(mut self, name: &str) -> Self {
        self.json["extensionsRequired"] = json!([name]);
        self
    }

    pub(crate) fn file(&self) -> Vec<u8> {
        let pad = |mut bytes: Vec<u8>, with: u8| {
            bytes.resize(bytes.len().next_multiple_of(4), with);
            bytes
        };
        let (json, binary) = (pad(self.json.to_string().into_bytes(), b' '), pad(self.bytes.clone(), 0));
        let mut out = b"glTF\x02\0\0\0".to_vec();
        out.extend((28 + json.len() as u32 + binary.len() as u32).to_le_bytes());
        for (kind, chunk) in [(b"JSON", json), (b"BIN\0", binary)] {
            out.extend((chunk.len() as u32).to_le_bytes());
            out.extend(kind);
            out.extend(chunk);
        }
        out
    }

    pub(crate) fn try_decode(&self) -> Result<DecodedTile, DecodeError> {
        decode(&self.file(), &DecodeOptions { gltf_z_up: true, ..Default::default() })
    }

    /// Decodes it; nothing may be amiss.
    pub(crate) fn decode(&self) -> DecodedTile {
        let tile = self.try_decode().unwrap();
        assert_eq!(tile.diagnostics, []);
        tile
    }

    /// Decodes it; the codes of what is amiss.
    pub(crate) fn amiss(&self) -> (DecodedTile, Vec<&'static str>) {
        let tile = self.try_decode().unwrap();
        let codes = tile.diagnostics.iter().map(|d| d.code).collect();
        (tile, codes)
    }
}

/// The only model of a content.
pub(crate) fn decode(bytes: &[u8], options: &DecodeOptions) -> Result<DecodedTile, DecodeError> {
    match decode_content(bytes, options, &mut |_| Err("no other files".into()))? {
        Content::Models(mut tiles) if tiles.len() == 1 => Ok(tiles.remove(0)),
        other => panic!("{other:?}"),
    }
}

/// A triangle with normals.
pub(crate) fn triangle() -> Gltf {
    let mut gltf = Gltf::new();
    let position = gltf.floats(&[[0.0; 3], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]);
    let normal = gltf.floats(&[[0.0, 0.0, 1.0]; 3]);
    gltf.primitive(json!({ "attributes": { "POSITION": position, "NORMAL": normal } }));
    gltf
}

/// FNV-1a of 64 bits of floats.
pub(crate) fn hash<'a>(values: impl IntoIterator<Item = &'a f32>) -> u64 {
    let bytes = values.into_iter().flat_map(|v| v.to_le_bytes());
    bytes.fold(0xcbf2_9ce4_8422_2325, |h, b| (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3))
}
