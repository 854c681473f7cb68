//! Small tilesets, made in memory: files by path, and what goes into them.

use base64::Engine as _;
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;

/// Files by path below `http://h/`; the tileset is `tileset.json`.
pub(crate) type Files = BTreeMap<String, Vec<u8>>;

pub(crate) fn files<const N: usize>(list: [(&str, Vec<u8>); N]) -> Files {
    list.map(|(path, bytes)| (path.to_owned(), bytes)).into()
}

/// A box of 200 m round the origin.
pub(crate) fn room() -> Json {
    json!({ "box": [0, 0, 0, 100, 0, 0, 0, 100, 0, 0, 0, 100] })
}

/// A tile without children.
pub(crate) fn leaf(uri: &str) -> Json {
    json!({ "boundingVolume": room(), "geometricError": 0, "content": { "uri": uri } })
}

/// The bytes of a tileset of 1.1 whose root is `root`.
pub(crate) fn tileset(root: Json) -> Vec<u8> {
    tileset_with(root, json!({}))
}

/// The same, with more properties of the tileset, or others.
pub(crate) fn tileset_with(root: Json, more: Json) -> Vec<u8> {
    let mut json = json!({ "asset": { "version": "1.1" }, "geometricError": 100, "root": root });
    json["root"]["refine"] = json!("ADD");
    let Json::Object(more) = more else { panic!("not an object") };
    json.as_object_mut().unwrap().extend(more);
    json.to_string().into_bytes()
}

/// A tileset with one content.
pub(crate) fn single(uri: &str, content: Vec<u8>) -> Files {
    files([("tileset.json", tileset(leaf(uri))), (uri, content)])
}

fn base64(bytes: &[u8]) -> String {
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

pub(crate) fn data_uri(kind: &str, bytes: &[u8]) -> String {
    format!("data:{kind};base64,{}", base64(bytes))
}

pub(crate) fn bytes_of<T: bytemuck::Pod>(values: &[T]) -> Vec<u8> {
    bytemuck::cast_slice(values).to_vec()
}

/// A glTF in the making: a right triangle with sides of 3 m at the origin, its middle at (1, 1, 0) once z is up.
pub(crate) struct Gltf {
    pub(crate) json: Json,
    pub(crate) binary: Vec<u8>,
}

impl Gltf {
    pub(crate) fn new() -> Self {
        let json = json!({
            "asset": { "version": "2.0" },
            "bufferViews": [], "accessors": [],
            "meshes": [{ "primitives": [{ "attributes": {} }] }], "nodes": [{ "mesh": 0 }], "scenes": [{ "nodes": [0] }],
        });
        let mut out = Self { json, binary: Vec::new() };
        out.attribute("POSITION", 5126, "VEC3", &bytes_of(&[0.0f32, 0.0, 0.0, 3.0, 0.0, 0.0, 0.0, 0.0, -3.0]));
        out
    }

    fn push(&mut self, list: &str, entry: Json) -> usize {
        let list = self.json.as_object_mut().unwrap().entry(list).or_insert_with(|| json!([])).as_array_mut().unwrap();
        list.push(entry);
        list.len() - 1
    }

    pub(crate) fn view(&mut self, bytes: &[u8]) -> usize {
        self.binary.resize(self.binary.len().next_multiple_of(8), 0);
        let at = self.binary.len();
        self.binary.extend_from_slice(bytes);
        self.push("bufferViews", json!({ "buffer": 0, "byteOffset": at, "byteLength": bytes.len() }))
    }

    pub(crate) fn accessor(&mut self, component: u32, kind: &str, count: usize, bytes: &[u8]) -> usize {
        let view = self.view(bytes);
        self.push("accessors", json!({ "bufferView": view, "componentType": component, "count": count, "type": kind }))
    }

    /// Of the three vertices; in place of one of that name.
    pub(crate) fn attribute(&mut self, name: &str, component: u32, kind: &str, bytes: &[u8]) -> &mut Self {
        let accessor = self.accessor(component, kind, 3, bytes);
        self.primitive()["attributes"][name] = json!(accessor);
        self
    }

    pub(crate) fn primitive(&mut self) -> &mut Json {
        &mut self.json["meshes"][0]["primitives"][0]
    }

    /// A material with a picture of this kind as its base colour.
    pub(crate) fn textured(&mut self, image: Json, texture: Json) -> &mut Self {
        self.attribute("TEXCOORD_0", 5126, "VEC2", &bytes_of(&[0.0f32, 0.0, 1.0, 0.0, 0.0, 1.0]));
        self.json["images"] = json!([image]);
        self.json["textures"] = json!([texture]);
        self.json["materials"] = json!([{ "pbrMetallicRoughness": { "baseColorTexture": { "index": 0 } } }]);
        self.primitive()["material"] = json!(0);
        self
    }

    pub(crate) fn uses(&mut self, extension: &str, required: bool) -> &mut Self {
        self.push("extensionsUsed", json!(extension));
        if required {
            self.push("extensionsRequired", json!(extension));
        }
        self
    }

    /// The JSON by itself, with its buffer at `uri`, or in it where there is none.
    pub(crate) fn text(&self, uri: Option<&str>) -> Vec<u8> {
        let mut json = self.json.clone();
        let uri = uri.map_or_else(|| data_uri("application/octet-stream", &self.binary), str::to_owned);
        json["buffers"] = json!([{ "uri": uri, "byteLength": self.binary.len() }]);
        json.to_string().into_bytes()
    }

    /// The binary file; what stands in `buffers` behind the first one is kept.
    pub(crate) fn glb(&self) -> Vec<u8> {
        let mut json = self.json.clone();
        let mut buffers = json.get("buffers").cloned().unwrap_or_else(|| json!([{}]));
        buffers[0]["byteLength"] = json!(self.binary.len());
        json["buffers"] = buffers;
        let (mut text, mut binary) = (json.to_string().into_bytes(), self.binary.clone());
        // A b3dm or i3dm that holds it is a multiple of eight.
        text.resize((text.len() + 20).next_multiple_of(8) - 20, b' ');
        binary.resize((binary.len() + 8).next_multiple_of(8) - 8, 0);
        let mut out = b"glTF\x02\0\0\0".to_vec();
        out.extend((28 + text.len() as u32 + binary.len() as u32).to_le_bytes());
        for (kind, chunk) in [(b"JSON", text), (b"BIN\0", binary)] {
            out.extend((chunk.len() as u32).to_le_bytes());
            out.extend(kind);
            out.extend(chunk);
        }
        out
    }
}

pub(crate) fn glb() -> Vec<u8> {
    Gltf::new().glb()
}

/// A container of 3D Tiles 1.0: JSON and binary of the feature table and of the batch table, then the body.
pub(crate) fn container(
    magic: &[u8; 4],
    [features, batches]: [(&Json, &[u8]); 2],
    format: Option<u32>,
    body: &[u8],
) -> Vec<u8> {
    let header = 28 + format.map_or(0, |_| 4);
    let mut out = vec![0; header];
    let mut words = vec![1, 0];
    for (json, binary) in [features, batches] {
        let start = out.len();
        if *json != Json::Null {
            out.extend(json.to_string().bytes());
            out.resize(out.len().next_multiple_of(8), b' ');
        }
        let middle = out.len();
        out.extend(binary);
        out.resize(middle + binary.len().next_multiple_of(8), 0);
        words.extend([(middle - start) as u32, (out.len() - middle) as u32]);
    }
    out.extend(body);
    out.resize(out.len().next_multiple_of(8), 0);
    words[1] = out.len() as u32;
    words.extend(format);
    out[..4].copy_from_slice(magic);
    out[4..header].copy_from_slice(&words.iter().flat_map(|w| w.to_le_bytes()).collect::<Vec<_>>());
    out
}

const NONE: (&Json, &[u8]) = (&Json::Null, &[]);

/// The triangle as one batch with what the batch table says of it.
pub(crate) fn b3dm(features: &Json, batches: (&Json, &[u8])) -> Vec<u8> {
    let mut gltf = Gltf::new();
    gltf.attribute("_BATCHID", 5126, "SCALAR", &bytes_of(&[0.0f32; 3]));
    container(b"b3dm", [(features, &[]), batches], None, &gltf.glb())
}

/// The triangle at these places; the body is the glb, or the URI of one.
pub(crate) fn i3dm(places: &[[f32; 3]], uri: Option<&str>) -> Vec<u8> {
    let features = json!({ "INSTANCES_LENGTH": places.len(), "POSITION": { "byteOffset": 0 } });
    let body = uri.map_or_else(glb, |u| u.as_bytes().to_vec());
    let format = u32::from(uri.is_none());
    container(b"i3dm", [(&features, &bytes_of(places)), NONE], Some(format), &body)
}

pub(crate) fn pnts(places: &[[f32; 3]]) -> Vec<u8> {
    let features = json!({ "POINTS_LENGTH": places.len(), "POSITION": { "byteOffset": 0 } });
    container(b"pnts", [(&features, &bytes_of(places)), NONE], None, &[])
}

pub(crate) fn cmpt(tiles: &[Vec<u8>]) -> Vec<u8> {
    let mut out = b"cmpt\x01\0\0\0".to_vec();
    out.extend((16 + tiles.iter().map(Vec::len).sum::<usize>() as u32).to_le_bytes());
    out.extend((tiles.len() as u32).to_le_bytes());
    out.extend(tiles.concat());
    out
}

pub(crate) fn subtree(json: &Json, binary: &[u8]) -> Vec<u8> {
    let mut text = json.to_string().into_bytes();
    text.resize(text.len().next_multiple_of(8), b' ');
    let mut binary = binary.to_vec();
    binary.resize(binary.len().next_multiple_of(8), 0);
    let mut out = b"subt\x01\0\0\0".to_vec();
    out.extend((text.len() as u64).to_le_bytes());
    out.extend((binary.len() as u64).to_le_bytes());
    out.extend(text);
    out.extend(binary);
    out
}

pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    use std::io::Write as _;
    let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    out.write_all(bytes).unwrap();
    out.finish().unwrap()
}

/// One blue texel.
pub(crate) fn png() -> Vec<u8> {
    let mut out = std::io::Cursor::new(Vec::new());
    let picture = image::RgbaImage::from_raw(1, 1, vec![0, 0, 255, 255]).unwrap();
    picture.write_to(&mut out, image::ImageFormat::Png).unwrap();
    out.into_inner()
}
