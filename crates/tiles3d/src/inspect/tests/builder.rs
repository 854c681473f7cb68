//! Small tilesets, made in memory.

use crate::{
    inspect::{InspectOptions, Report, inspect},
    write::{Column, FeatureColumns, GlbWriter, WritePrimitive},
};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use url::Url;

/// Files by path below `http://h/`; the tileset is `tileset.json`.
pub(super) type Files = BTreeMap<String, Vec<u8>>;

pub(super) fn run(files: &Files) -> Report {
    run_with(files, &InspectOptions::default())
}

pub(super) fn run_with(files: &Files, options: &InspectOptions) -> Report {
    inspect(&Url::parse("http://h/tileset.json").unwrap(), options, &mut |url| {
        files.get(url.path().trim_start_matches('/')).cloned().ok_or_else(|| "not found".to_owned())
    })
}

/// A triangle of `feature`, one metre large, with one feature in its table.
pub(super) fn glb_of(feature: u32) -> Vec<u8> {
    let p = WritePrimitive {
        material: "m".into(),
        positions: vec![[0.0; 3], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]],
        normals: vec![[0.0, 0.0, 1.0]; 3],
        feature_ids: vec![feature; 3],
        indices: vec![0, 1, 2],
        ..Default::default()
    };
    let columns = FeatureColumns { count: 1, columns: [("name".into(), Column::Text(vec!["河".into()]))].into() };
    GlbWriter::write(&[p], &columns, glam::DVec3::ZERO).unwrap()
}

/// A glb of this JSON, with the padding and the binary chunk given.
pub(super) fn glb(json: &Value, padding: u8, binary: &[u8]) -> Vec<u8> {
    let mut text = json.to_string().into_bytes();
    text.resize(text.len().next_multiple_of(4), padding);
    glb_of_chunks(&[(b"JSON", &text), (b"BIN\0", binary)])
}

pub(super) fn glb_of_chunks(chunks: &[(&[u8; 4], &[u8])]) -> Vec<u8> {
    let mut out = b"glTF\x02\0\0\0\0\0\0\0".to_vec();
    for (kind, bytes) in chunks.iter().filter(|(_, b)| !b.is_empty()) {
        out.extend((bytes.len() as u32).to_le_bytes());
        out.extend(*kind);
        out.extend(*bytes);
    }
    let length = out.len() as u32;
    out[8..12].copy_from_slice(&length.to_le_bytes());
    out
}

/// The JSON of [`glb_of`], and its binary chunk.
pub(super) fn parts_of_glb() -> (Value, Vec<u8>) {
    let bytes = glb_of(0);
    let length = u32::from_le_bytes(bytes[12..16].try_into().unwrap()) as usize;
    (serde_json::from_slice(&bytes[20..20 + length]).unwrap(), bytes[28 + length..].to_vec())
}

/// A container of 3D Tiles 1.0, padded as it should be.
pub(super) fn container(
    magic: &[u8; 4],
    tables: [&Value; 2],
    binaries: [&[u8]; 2],
    format: Option<u32>,
    body: &[u8],
) -> Vec<u8> {
    let header = 28 + format.map_or(0, |_| 4);
    let mut out = vec![0; header];
    let mut lengths = Vec::new();
    for (json, binary) in tables.into_iter().zip(binaries) {
        let start = out.len();
        if *json != Value::Null {
            out.extend(json.to_string().bytes());
            out.resize(out.len().next_multiple_of(8), b' ');
        }
        let middle = out.len();
        out.extend(binary);
        out.resize(out.len().next_multiple_of(8).min(if binary.is_empty() { out.len() } else { usize::MAX }), 0);
        lengths.extend([(middle - start) as u32, (out.len() - middle) as u32]);
    }
    out.extend(body);
    out.resize(out.len().next_multiple_of(8), 0);
    let total = out.len() as u32;
    out[..4].copy_from_slice(magic);
    for (i, word) in [1, total].into_iter().chain(lengths).chain(format).enumerate() {
        out[4 + 4 * i..8 + 4 * i].copy_from_slice(&word.to_le_bytes());
    }
    out
}

pub(super) fn b3dm() -> Vec<u8> {
    container(b"b3dm", [&json!({ "BATCH_LENGTH": 1 }), &json!({ "a": [1] })], [&[], &[]], None, &glb_without_features())
}

/// In a b3dm, features are those of the batch table.
fn glb_without_features() -> Vec<u8> {
    let p = WritePrimitive {
        material: "m".into(),
        positions: vec![[0.0; 3], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]],
        normals: vec![[0.0, 0.0, 1.0]; 3],
        indices: vec![0, 1, 2],
        ..Default::default()
    };
    GlbWriter::write(&[p], &FeatureColumns::default(), glam::DVec3::ZERO).unwrap()
}

pub(super) fn i3dm(features: &Value) -> Vec<u8> {
    container(b"i3dm", [features, &Value::Null], [&[0; 24], &[]], Some(1), &glb_without_features())
}

pub(super) fn pnts(features: &Value, batches: &Value) -> Vec<u8> {
    container(b"pnts", [features, batches], [&[0; 24], &[0; 8]], None, &[])
}

pub(super) fn cmpt(tiles: &[Vec<u8>]) -> Vec<u8> {
    let mut out = b"cmpt\x01\0\0\0".to_vec();
    out.extend((16 + tiles.iter().map(Vec::len).sum::<usize>() as u32).to_le_bytes());
    out.extend((tiles.len() as u32).to_le_bytes());
    out.extend(tiles.concat());
    out
}

pub(super) fn two_instances() -> Value {
    json!({ "INSTANCES_LENGTH": 2, "POSITION": { "byteOffset": 0 } })
}

pub(super) fn two_points() -> Value {
    json!({ "POINTS_LENGTH": 2, "POSITION": { "byteOffset": 0 } })
}

/// A tileset of 1.1 with something of everything.
pub(super) fn tileset() -> Value {
    json!({
        "asset": { "version": "1.1" },
        "schema": {
            "id": "s",
            "classes": {
                "tile": { "properties": {
                    "name": { "type": "STRING", "required": true },
                    "kind": { "type": "ENUM", "enumType": "kind" },
                    "size": { "type": "VEC2", "componentType": "UINT8", "array": true, "count": 2 },
                } },
            },
            "enums": { "kind": { "values": [{ "name": "A", "value": 0 }, { "name": "B", "value": 1 }] } },
        },
        "groups": [{ "class": "tile", "properties": { "name": "g" } }],
        "statistics": { "classes": { "tile": { "count": 1, "properties": { "name": {} } } } },
        "metadata": { "class": "tile", "properties": { "name": "t", "kind": "A", "size": [[1, 2], [3, 4]] } },
        "geometricError": 100,
        "root": {
            "boundingVolume": { "box": [0, 0, 0, 10, 0, 0, 0, 10, 0, 0, 0, 10] },
            "geometricError": 50,
            "refine": "REPLACE",
            "children": [
                {
                    "boundingVolume": { "sphere": [1, 1, 1, 3] },
                    "geometricError": 0,
                    "content": { "uri": "a.glb", "group": 0 },
                },
                {
                    "boundingVolume": { "box": [0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 2] },
                    "transform": [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 3, 0, 0, 1],
                    "geometricError": 10,
                    "content": { "uri": "below/tileset.json" },
                },
            ],
        },
    })
}

/// The external tileset of [`tileset`], of 1.0 and with the containers of 1.0.
pub(super) fn external() -> Value {
    let tile = |uri: &str| {
        json!({ "boundingVolume": { "box": [0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 2] }, "geometricError": 0,
            "content": { "uri": uri } })
    };
    json!({
        "asset": { "version": "1.0" },
        "geometricError": 10,
        "root": {
            "boundingVolume": { "box": [0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 2] },
            "geometricError": 5,
            "refine": "ADD",
            "children": [tile("a.b3dm"), tile("a.i3dm"), tile("a.pnts"), tile("a.cmpt")],
        },
    })
}

pub(super) fn files() -> Files {
    [
        ("tileset.json", tileset().to_string().into_bytes()),
        ("a.glb", glb_of(0)),
        ("below/tileset.json", external().to_string().into_bytes()),
        ("below/a.b3dm", b3dm()),
        ("below/a.i3dm", i3dm(&two_instances())),
        (
            "below/a.pnts",
            pnts(
                &two_points(),
                &json!({ "a": [1, 2], "b": { "byteOffset": 0, "componentType": "FLOAT", "type": "SCALAR" } }),
            ),
        ),
        ("below/a.cmpt", cmpt(&[b3dm(), i3dm(&two_instances())])),
    ]
    .map(|(path, bytes)| (path.to_owned(), bytes))
    .into()
}

/// An implicit quadtree of two levels, one to a subtree.
pub(super) fn implicit() -> Files {
    let tileset = json!({
        "asset": { "version": "1.1" },
        "geometricError": 4,
        "root": {
            "boundingVolume": { "box": [0, 0, 0, 10, 0, 0, 0, 10, 0, 0, 0, 10] },
            "geometricError": 2,
            "refine": "REPLACE",
            "content": { "uri": "{level}/{x}/{y}.glb" },
            "implicitTiling": { "subdivisionScheme": "QUADTREE", "subtreeLevels": 1, "availableLevels": 2,
                "subtrees": { "uri": "{level}/{x}/{y}.subtree" } },
        },
    });
    [
        ("tileset.json", tileset.to_string().into_bytes()),
        ("0/0/0.glb", glb_of(0)),
        ("1/1/1.glb", glb_of(0)),
        ("0/0/0.subtree", subtree(&root_subtree(), &[0b1000])),
        ("1/1/1.subtree", subtree(&leaf_subtree(), &[])),
    ]
    .map(|(path, bytes)| (path.to_owned(), bytes))
    .into()
}

pub(super) fn root_subtree() -> Value {
    json!({
        "buffers": [{ "byteLength": 1 }],
        "bufferViews": [{ "buffer": 0, "byteOffset": 0, "byteLength": 1 }],
        "tileAvailability": { "constant": 1, "availableCount": 1 },
        "contentAvailability": [{ "constant": 1 }],
        "childSubtreeAvailability": { "bitstream": 0, "availableCount": 1 },
    })
}

/// [`implicit`] with metadata: what a row of a table says of the root, of the tile below it, and of that one's content. A
/// row is semantics and their numbers.
pub(super) fn described(volume: &Value, rows: [&[(&str, &[f64])]; 3]) -> Files {
    let mut files = implicit();
    let mut tileset: Value = serde_json::from_slice(&files["tileset.json"]).unwrap();
    tileset["root"]["boundingVolume"] = volume.clone();
    let classes = rows.iter().enumerate().map(|(i, row)| {
        let property = |(semantic, values): &(&str, &[f64])| {
            let mut property = json!({ "type": "SCALAR", "componentType": "FLOAT64", "semantic": semantic });
            if values.len() > 1 {
                property["array"] = json!(true);
                property["count"] = json!(values.len());
            }
            (semantic.to_lowercase(), property)
        };
        let properties: serde_json::Map<String, Value> = row.iter().map(property).collect();
        (format!("c{i}"), json!({ "properties": properties }))
    });
    tileset["schema"] = json!({ "id": "s", "classes": classes.collect::<serde_json::Map<_, _>>() });
    files.insert("tileset.json".into(), tileset.to_string().into_bytes());
    for (path, mut json, mut binary, used) in
        [("0/0/0.subtree", root_subtree(), vec![0b1000], 0..1), ("1/1/1.subtree", leaf_subtree(), Vec::new(), 1..3)]
    {
        let mut tables = Vec::new();
        let mut views: Vec<Value> = json["bufferViews"].as_array().cloned().unwrap_or_default();
        for i in used {
            let mut properties = serde_json::Map::new();
            for (semantic, values) in rows[i] {
                binary.resize(binary.len().next_multiple_of(8), 0);
                properties.insert(semantic.to_lowercase(), json!({ "values": views.len() }));
                views.push(json!({ "buffer": 0, "byteOffset": binary.len(), "byteLength": 8 * values.len() }));
                binary.extend(values.iter().flat_map(|x| x.to_le_bytes()));
            }
            tables.push(json!({ "class": format!("c{i}"), "count": 1, "properties": properties }));
        }
        json["buffers"] = json!([{ "byteLength": binary.len().max(1) }]);
        json["bufferViews"] = json!(views);
        json["tileMetadata"] = json!(0);
        if tables.len() > 1 {
            json["contentMetadata"] = json!([1]);
        }
        json["propertyTables"] = json!(tables);
        files.insert(path.into(), subtree(&json, &binary));
    }
    files
}

/// The twelve numbers of a cube.
pub(super) fn cube(x: f64, y: f64, z: f64, half: f64) -> [f64; 12] {
    [x, y, z, half, 0.0, 0.0, 0.0, half, 0.0, 0.0, 0.0, half]
}

fn leaf_subtree() -> Value {
    json!({
        "tileAvailability": { "constant": 1 },
        "contentAvailability": [{ "constant": 1 }],
        "childSubtreeAvailability": { "constant": 0 },
    })
}

pub(super) fn subtree(json: &Value, binary: &[u8]) -> Vec<u8> {
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
