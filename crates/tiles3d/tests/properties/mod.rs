//! A small builder of glTF files with metadata.
#![allow(dead_code)]

use base64::Engine as _;
use serde_json::{Value as Json, json};
use tiles3d::{Content, DecodeOptions, DecodedTile, Diagnostic, decode_content};

pub(crate) const U8: u32 = 5121;
pub(crate) const I8: u32 = 5120;
pub(crate) const U16: u32 = 5123;
pub(crate) const F32: u32 = 5126;

/// A glTF of one mesh with one primitive: two triangles that make the unit square, four vertices, no indices shared.
pub(crate) struct Builder {
    pub(crate) json: Json,
    pub(crate) bin: Vec<u8>,
}

/// The square's corners as texture coordinates, by vertex.
pub(crate) const UVS: [[f32; 2]; 4] = [[0.0, 1.0], [1.0, 1.0], [0.0, 0.0], [1.0, 0.0]];

impl Builder {
    pub(crate) fn new() -> Self {
        let mut out = Self {
            json: json!({
                "asset": { "version": "2.0" }, "accessors": [], "bufferViews": [], "images": [], "textures": [],
                "meshes": [{ "primitives": [{ "attributes": {}, "extensions": {} }] }], "nodes": [{ "mesh": 0 }],
                "scenes": [{ "nodes": [0] }], "extensions": {}
            }),
            bin: Vec::new(),
        };
        let positions: Vec<f32> = UVS.iter().flat_map(|[u, v]| [*u, 1.0 - v, 0.0]).collect();
        out.attribute("POSITION", F32, "VEC3", false, &floats(&positions));
        out.attribute("NORMAL", F32, "VEC3", false, &floats(&[0.0, 0.0, 1.0].repeat(4)));
        let indices = [0u16, 1, 2, 1, 3, 2].map(u16::to_le_bytes).concat();
        out.json["meshes"][0]["primitives"][0]["indices"] = json!(out.accessor(U16, "SCALAR", 6, false, &indices));
        out
    }

    /// With a schema, and a table of `count` rows of class `c`.
    pub(crate) fn table(enums: Json, properties: Json, count: usize) -> Self {
        let mut out = Self::new();
        out.json["extensions"]["EXT_structural_metadata"] = json!({
            "schema": { "id": "s", "enums": enums, "classes": { "c": { "properties": properties } } },
            "propertyTables": [{ "class": "c", "count": count, "properties": {} }],
        });
        out
    }

    pub(crate) fn view(&mut self, bytes: &[u8]) -> usize {
        let views = self.json["bufferViews"].as_array_mut().unwrap();
        views.push(json!({ "buffer": 0, "byteOffset": self.bin.len(), "byteLength": bytes.len() }));
        self.bin.extend_from_slice(bytes);
        views.len() - 1
    }

    pub(crate) fn accessor(
        &mut self,
        component: u32,
        kind: &str,
        count: usize,
        normalized: bool,
        bytes: &[u8],
    ) -> usize {
        let view = self.view(bytes);
        let accessors = self.json["accessors"].as_array_mut().unwrap();
        accessors.push(json!({ "bufferView": view, "componentType": component, "type": kind, "count": count,
            "normalized": normalized }));
        accessors.len() - 1
    }

    /// An attribute of the four vertices.
    pub(crate) fn attribute(&mut self, name: &str, component: u32, kind: &str, normalized: bool, bytes: &[u8]) {
        let accessor = self.accessor(component, kind, 4, normalized, bytes);
        self.json["meshes"][0]["primitives"][0]["attributes"][name] = json!(accessor);
    }

    /// A column of the table, with 32-bit offsets.
    pub(crate) fn column(&mut self, name: &str, values: &[u8], arrays: &[u32], strings: &[u32]) -> &mut Self {
        let mut column = json!({ "values": self.view(values) });
        for (key, offsets) in [("arrayOffsets", arrays), ("stringOffsets", strings)] {
            if !offsets.is_empty() {
                let bytes: Vec<u8> = offsets.iter().flat_map(|o| o.to_le_bytes()).collect();
                column[key] = json!(self.view(&bytes));
            }
        }
        self.json["extensions"]["EXT_structural_metadata"]["propertyTables"][0]["properties"][name] = column;
        self
    }

    pub(crate) fn primitive(&mut self, extension: &str, value: Json) -> &mut Self {
        self.json["meshes"][0]["primitives"][0]["extensions"][extension] = value;
        self
    }

    /// A picture as the next texture; `sampler` is one of glTF's samplers, or null.
    pub(crate) fn texture(&mut self, width: u32, height: u32, rgba: &[u8], sampler: Json) -> usize {
        let mut png = std::io::Cursor::new(Vec::new());
        let picture = image::RgbaImage::from_raw(width, height, rgba.to_vec()).unwrap();
        picture.write_to(&mut png, image::ImageFormat::Png).unwrap();
        let uri = format!("data:image/png;base64,{}", base64(&png.into_inner()));
        let images = self.json["images"].as_array_mut().unwrap();
        images.push(json!({ "uri": uri }));
        let source = images.len() - 1;
        let mut texture = json!({ "source": source });
        if !sampler.is_null() {
            let samplers = self.json.as_object_mut().unwrap().entry("samplers").or_insert_with(|| json!([]));
            samplers.as_array_mut().unwrap().push(sampler);
            texture["sampler"] = json!(samplers.as_array().unwrap().len() - 1);
        }
        let textures = self.json["textures"].as_array_mut().unwrap();
        textures.push(texture);
        textures.len() - 1
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut json = self.json.clone();
        let uri = format!("data:application/octet-stream;base64,{}", base64(&self.bin));
        json["buffers"] = json!([{ "uri": uri, "byteLength": self.bin.len() }]);
        json.to_string().into_bytes()
    }

    /// The tile, which must have no diagnostics.
    pub(crate) fn clean(&self) -> DecodedTile {
        let tile = decode(&self.bytes()).unwrap();
        assert_eq!(tile.diagnostics, []);
        tile
    }

    /// The tile and the codes of its diagnostics.
    pub(crate) fn flawed(&self) -> (DecodedTile, Vec<&'static str>) {
        let tile = decode(&self.bytes()).unwrap();
        let codes = tile.diagnostics.iter().map(|d: &Diagnostic| d.code).collect();
        (tile, codes)
    }
}

/// Decodes a glTF that is not allowed to be larger than 1 MiB.
pub(crate) fn decode(bytes: &[u8]) -> Option<DecodedTile> {
    let options = DecodeOptions { max_decoded_bytes: 1 << 20, ..DecodeOptions::default() };
    match decode_content(bytes, &options, &mut |_| Err("there are no other files".into())) {
        Ok(Content::Models(mut tiles)) => tiles.pop(),
        _ => None,
    }
}

fn base64(bytes: &[u8]) -> String {
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

pub(crate) fn floats(values: &[f32]) -> Vec<u8> {
    values.iter().flat_map(|x| x.to_le_bytes()).collect()
}
