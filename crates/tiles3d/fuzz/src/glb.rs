//! Files put together around what is fuzzed.

use serde_json::{Value, json};

/// What is before the first zero byte, and what is after it.
pub(crate) fn split(bytes: &[u8]) -> (&[u8], &[u8]) {
    let at = bytes.iter().position(|b| *b == 0).unwrap_or(bytes.len());
    (&bytes[..at], bytes.get(at + 1..).unwrap_or_default())
}

/// A binary glTF of two chunks.
pub(crate) fn file(json: &[u8], binary: &[u8]) -> Vec<u8> {
    let padded = |bytes: &[u8], with: u8| {
        let mut bytes = bytes.to_vec();
        bytes.resize(bytes.len().next_multiple_of(4), with);
        bytes
    };
    let (json, binary) = (padded(json, b' '), padded(binary, 0));
    let mut out = b"glTF\x02\0\0\0".to_vec();
    out.extend((28 + json.len() as u32 + binary.len() as u32).to_le_bytes());
    for (kind, chunk) in [(b"JSON", json), (b"BIN\0", binary)] {
        out.extend((chunk.len() as u32).to_le_bytes());
        out.extend(kind);
        out.extend(chunk);
    }
    out
}

/// A glTF put together view by view.
pub(crate) struct Gltf {
    pub(crate) json: Value,
    pub(crate) binary: Vec<u8>,
}

impl Gltf {
    /// A mesh of one primitive with nothing in it.
    pub(crate) fn new() -> Self {
        let json = json!({
            "asset": { "version": "2.0" }, "buffers": [{ "byteLength": 0 }], "bufferViews": [], "accessors": [],
            "meshes": [{ "primitives": [{ "attributes": {}, "extensions": {} }] }], "nodes": [{ "mesh": 0 }],
            "scenes": [{ "nodes": [0] }], "extensions": {},
        });
        Self { json, binary: Vec::new() }
    }

    /// The unit square of four vertices with texture coordinates.
    pub(crate) fn square() -> Self {
        let mut out = Self::new();
        let corners = [[0.0f32, 0.0], [1.0, 0.0], [0.0, 1.0], [1.0, 1.0]];
        let positions: Vec<f32> = corners.iter().flat_map(|[x, y]| [*x, *y, 0.0]).collect();
        out.attribute("POSITION", 5126, 4, "VEC3", &floats(&positions));
        out.attribute("TEXCOORD_0", 5126, 4, "VEC2", &floats(corners.as_flattened()));
        let indices = out.accessor(5121, 6, "SCALAR", &[0, 1, 2, 1, 3, 2]);
        out.primitive()["indices"] = json!(indices);
        out
    }

    /// Appends to a list of the glTF; returns the index.
    pub(crate) fn push(&mut self, list: &str, entry: Value) -> usize {
        match &mut self.json[list] {
            Value::Array(list) => list.push(entry),
            other => *other = json!([entry]),
        }
        self.json[list].as_array().map_or(0, |list| list.len() - 1)
    }

    pub(crate) fn view(&mut self, bytes: &[u8]) -> usize {
        self.binary.resize(self.binary.len().next_multiple_of(8), 0);
        let view = json!({ "buffer": 0, "byteOffset": self.binary.len(), "byteLength": bytes.len() });
        self.binary.extend_from_slice(bytes);
        self.push("bufferViews", view)
    }

    pub(crate) fn accessor(&mut self, component: u32, count: usize, kind: &str, bytes: &[u8]) -> usize {
        let view = self.view(bytes);
        let accessor = json!({ "bufferView": view, "componentType": component, "count": count, "type": kind });
        self.push("accessors", accessor)
    }

    pub(crate) fn attribute(&mut self, name: &str, component: u32, count: usize, kind: &str, bytes: &[u8]) {
        let accessor = self.accessor(component, count, kind, bytes);
        self.primitive()["attributes"][name] = json!(accessor);
    }

    pub(crate) fn primitive(&mut self) -> &mut Value {
        &mut self.json["meshes"][0]["primitives"][0]
    }

    pub(crate) fn file(mut self) -> Vec<u8> {
        self.json["buffers"][0]["byteLength"] = json!(self.binary.len());
        file(self.json.to_string().as_bytes(), &self.binary)
    }
}

pub(crate) fn floats(values: &[f32]) -> Vec<u8> {
    values.iter().flat_map(|v| v.to_le_bytes()).collect()
}
