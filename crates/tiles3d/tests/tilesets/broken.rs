//! One tile of two is broken: the defect is named, and the other is shown.

mod compressed;
mod extensions;
mod trees;

use crate::{build::*, load::load, tree, triangle_at};
use serde_json::{Value as Json, json};

/// The sound tile stands 50 m to the east.
pub(crate) const SOUND: [i64; 3] = [5100, 100, 0];

/// A tileset of a sound tile and another, given by its JSON and its files.
pub(crate) fn beside(tile: Json, more: Files) -> Files {
    let mut sound = leaf("sound.glb");
    sound["transform"] = json!([1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 50, 0, 0, 1]);
    let root = json!({ "boundingVolume": room(), "geometricError": 50, "children": [sound, tile] });
    let mut all = files([("tileset.json", tileset(root)), ("sound.glb", glb())]);
    all.extend(more);
    all
}

/// The sound tile beside one with this content.
pub(crate) fn content(uri: &str, bytes: Vec<u8>) -> Files {
    beside(leaf(uri), files([(uri, bytes)]))
}

pub(crate) fn gltf(change: impl FnOnce(&mut Gltf)) -> Files {
    let mut gltf = Gltf::new();
    change(&mut gltf);
    content("a.glb", gltf.glb())
}

pub(crate) fn patched(mut bytes: Vec<u8>, at: usize, word: u32) -> Vec<u8> {
    bytes[at..at + 4].copy_from_slice(&word.to_le_bytes());
    bytes
}

pub(crate) fn half(bytes: &[u8]) -> Vec<u8> {
    bytes[..bytes.len() / 2].to_vec()
}

const NONE: (&Json, &[u8]) = (&Json::Null, &[]);

fn containers() -> Vec<(&'static str, Files)> {
    let one = json!({ "BATCH_LENGTH": 1 });
    let b3dm = || b3dm(&one, NONE);
    let two = [[0.0; 3], [1.0; 3]];
    let features =
        |json: Json, magic: &[u8; 4], format, body: &[u8]| container(magic, [(&json, &[0; 8]), NONE], format, body);
    let nothing = json!({});
    let pointless = json!({ "POINTS_LENGTH": 4000, "POSITION": { "byteOffset": 0 } });
    let many = json!({ "INSTANCES_LENGTH": 4000, "POSITION": { "byteOffset": 0 } });
    vec![
        ("b3dm cut off", content("a.b3dm", half(&b3dm()))),
        ("b3dm of another version", content("a.b3dm", patched(b3dm(), 4, 9))),
        ("b3dm whose tables are longer than it", content("a.b3dm", patched(b3dm(), 12, 1 << 30))),
        ("b3dm with JSON that is none", content("a.b3dm", patched(b3dm(), 28, 0x2020_2020))),
        ("i3dm cut off", content("a.i3dm", half(&i3dm(&two, None)))),
        ("i3dm without a length", content("a.i3dm", features(nothing.clone(), b"i3dm", Some(1), &glb()))),
        ("i3dm with more copies than places", content("a.i3dm", features(many, b"i3dm", Some(1), &glb()))),
        ("i3dm of a glTF that is not there", content("a.i3dm", i3dm(&two, Some("none.glb")))),
        ("i3dm of an unknown format", content("a.i3dm", patched(i3dm(&two, None), 28, 7))),
        ("pnts cut off", content("a.pnts", half(&pnts(&two)))),
        ("pnts without a length", content("a.pnts", features(nothing, b"pnts", None, &[]))),
        ("pnts with more points than places", content("a.pnts", features(pointless, b"pnts", None, &[]))),
        ("cmpt cut off", content("a.cmpt", half(&cmpt(&[b3dm(), b3dm()])))),
        ("cmpt with more tiles than it holds", content("a.cmpt", patched(cmpt(&[b3dm()]), 12, 9))),
        ("cmpt of what is no tile", content("a.cmpt", cmpt(&[patched(b3dm(), 0, 0)]))),
        ("gzip cut off", content("a.b3dm", half(&gzip(&b3dm())))),
        ("a page in place of a tile", content("a.b3dm", b"<html>502 Bad Gateway</html>".to_vec())),
        ("an answer in place of a tile", content("a.b3dm", b"{ \"error\": \"not now\" }".to_vec())),
        ("nothing in place of a tile", content("a.b3dm", Vec::new())),
    ]
}

fn gltfs() -> Vec<(&'static str, Files)> {
    let edges = |value: Json| gltf(|g| g.primitive()["extensions"] = json!({ "CESIUM_primitive_outline": value }));
    let apart = |with: &[(&str, Vec<u8>)]| {
        let mut gltf = Gltf::new();
        gltf.textured(json!({ "uri": "a.png" }), json!({ "source": 0 }));
        let mut all = content("a.gltf", gltf.text(Some("a.bin")));
        all.extend(with.iter().map(|(path, bytes)| ((*path).to_owned(), bytes.clone())));
        (all, gltf.binary)
    };
    let (_, binary) = apart(&[]);
    vec![
        ("glb cut off", content("a.glb", half(&glb()))),
        ("glb with a chunk that is longer than it", content("a.glb", patched(glb(), 12, 1 << 30))),
        ("glTF 3.0", gltf(|g| g.json["asset"] = json!({ "version": "3.0", "minVersion": "3.0" }))),
        ("glTF without its buffer", apart(&[("a.png", png())]).0),
        ("glTF without its picture", apart(&[("a.bin", binary.clone())]).0),
        ("glTF with a picture that is none", apart(&[("a.bin", binary), ("a.png", b"no".to_vec())]).0),
        (
            "an index behind the last vertex",
            gltf(|g| {
                let corners = g.accessor(5123, "SCALAR", 3, &bytes_of(&[0u16, 1, 9]));
                g.primitive()["indices"] = json!(corners);
            }),
        ),
        ("an accessor behind its view", gltf(|g| g.json["accessors"][0]["count"] = json!(1 << 30))),
        ("a view behind its buffer", gltf(|g| g.json["bufferViews"][0]["byteLength"] = json!(1 << 30))),
        ("a node above itself", gltf(|g| g.json["nodes"][0]["children"] = json!([0]))),
        (
            "a place that is no number",
            gltf(|g| {
                g.attribute("POSITION", 5126, "VEC3", &bytes_of(&[f32::NAN; 9]));
            }),
        ),
        ("edges of vertices that are not there", edges(json!({ "indices": 99 }))),
        (
            "instancing without its accessor",
            gltf(|g| {
                g.json["nodes"][0]["extensions"] =
                    json!({ "EXT_mesh_gpu_instancing": { "attributes": { "TRANSLATION": 99 } } });
                g.uses("EXT_mesh_gpu_instancing", true);
            }),
        ),
    ]
}

fn trees() -> Vec<(&'static str, Files)> {
    let implicit = |bytes: Option<Vec<u8>>| {
        let inner = tree::implicit("QUADTREE", "subtree", ("s/0/0/0.subtree", bytes.clone().unwrap_or_default()));
        let root: Json = serde_json::from_slice(&inner["tileset.json"]).unwrap();
        let mut all = beside(root["root"].clone(), inner.into_iter().filter(|f| f.0 != "tileset.json").collect());
        if bytes.is_none() {
            all.remove("s/0/0/0.subtree");
        }
        all
    };
    let (json, bits) = tree::sparse(0b1_0001, None);
    let edited = |change: &dyn Fn(&mut Json)| {
        let mut json = json.clone();
        change(&mut json);
        implicit(Some(subtree(&json, &bits)))
    };
    vec![
        ("a content that is not there", beside(leaf("none.glb"), Files::new())),
        ("an external tileset that is none", content("b.json", b"{ \"asset\": {} }".to_vec())),
        ("an external tileset that is not JSON", content("b.json", b"{ \"asset\": ".to_vec())),
        ("a subtree that is not there", implicit(None)),
        ("a subtree cut off", implicit(Some(half(&subtree(&json, &bits))))),
        ("a subtree without availability", edited(&|s| drop(s.as_object_mut().unwrap().remove("tileAvailability")))),
        ("a subtree whose bits are not there", edited(&|s| s["bufferViews"][0]["byteLength"] = json!(99))),
        ("a subtree that refers to no view", edited(&|s| s["tileAvailability"] = json!({ "bitstream": 9 }))),
        ("an unknown subdivision", {
            let mut all = implicit(Some(subtree(&json, &bits)));
            let mut set: Json = serde_json::from_slice(&all["tileset.json"]).unwrap();
            set["root"]["children"][1]["implicitTiling"]["subdivisionScheme"] = json!("HEXTREE");
            all.insert("tileset.json".into(), set.to_string().into_bytes());
            all
        }),
        (
            "a volume of no kind",
            beside(
                json!({ "boundingVolume": {}, "geometricError": 0, "content": { "uri": "none.glb" } }),
                Files::new(),
            ),
        ),
    ]
}

fn features() -> Vec<(&'static str, Files)> {
    let one = json!({ "BATCH_LENGTH": 1 });
    let batches = |json: Json| content("a.b3dm", b3dm(&one, (&json, &[0; 8])));
    let table = |change: &dyn Fn(&mut Json)| {
        gltf(|g| {
            let values = g.view(b"ab");
            let offsets = g.view(&bytes_of(&[0u32, 2]));
            let mut metadata = json!({
                "schema": { "id": "s", "classes": { "c": { "properties": { "name": { "type": "STRING" } } } } },
                "propertyTables": [{ "class": "c", "count": 1,
                    "properties": { "name": { "values": values, "stringOffsets": offsets } } }] });
            change(&mut metadata);
            g.json["extensions"] = json!({ "EXT_structural_metadata": metadata });
        })
    };
    vec![
        (
            "a binary column behind the end",
            batches(json!({ "a": { "byteOffset": 800, "componentType": "FLOAT", "type": "SCALAR" } })),
        ),
        (
            "a column of an unknown type",
            batches(json!({ "a": { "byteOffset": 0, "componentType": "QUAD", "type": "SCALAR" } })),
        ),
        (
            "a hierarchy that goes round",
            batches(json!({ "extensions": { "3DTILES_batch_table_hierarchy": {
            "classes": [{ "name": "W", "length": 2, "instances": { "a": [1, 2] } }], "instancesLength": 2,
            "classIds": [0, 0], "parentIds": [1, 0] } } })),
        ),
        ("a table of a class that is not there", table(&|m| m["propertyTables"][0]["class"] = json!("d"))),
        ("a column without its values", table(&|m| m["propertyTables"][0]["properties"]["name"]["values"] = json!(99))),
        (
            "offsets that are not there",
            table(&|m| m["propertyTables"][0]["properties"]["name"]["stringOffsets"] = json!(99)),
        ),
        (
            "a column that its class does not have",
            table(&|m| m["propertyTables"][0]["properties"]["x"] = json!({ "values": 0 })),
        ),
        (
            "feature ids of an attribute that is not there",
            gltf(|g| {
                g.primitive()["extensions"] =
                    json!({ "EXT_mesh_features": { "featureIds": [{ "featureCount": 1, "attribute": 9 }] } });
            }),
        ),
    ]
}

/// Whether the defect is named and the sound tile is shown; with `whole`, the other one too.
fn is_borne(files: &Files, whole: bool) -> bool {
    let seen = load(files);
    let named = !seen.amiss.is_empty() && seen.amiss.iter().all(|what| !what.is_empty());
    named && seen.middles.contains(&SOUND) && (!whole || seen.middles.contains(&triangle_at(0, 0, 0)))
}

#[test]
fn what_is_broken_is_named_and_the_rest_is_shown() {
    let models = [gltfs(), compressed::draco(), compressed::meshopt(), extensions::hidden()].concat();
    let all = [containers(), models, trees(), trees::rows(), trees::external()].concat();
    let bad: Vec<_> = all.iter().filter(|(_, files)| !is_borne(files, false)).map(|(name, _)| name).collect();
    assert!(bad.is_empty(), "not named, or the other is not shown: {bad:#?}");
}

#[test]
fn what_is_broken_beside_the_geometry_leaves_the_tile() {
    let all = [compressed::shown(), extensions::rows(), features()].concat();
    let bad: Vec<_> = all.iter().filter(|(_, files)| !is_borne(files, true)).map(|(name, _)| name).collect();
    assert!(bad.is_empty(), "not named, or not shown: {bad:#?}");
}

#[test]
fn a_tileset_that_is_broken_itself_says_why() {
    for (bytes, why) in [
        (b"".to_vec(), ""),
        (b"{".to_vec(), ""),
        (b"{}".to_vec(), "asset"),
        (json!({ "asset": { "version": "1.1" } }).to_string().into_bytes(), "root"),
        (
            tileset_with(leaf("a"), json!({ "extensionsRequired": ["VENDOR_x"], "extensionsUsed": ["VENDOR_x"] })),
            "VENDOR_x",
        ),
        (half(&gzip(&tileset(leaf("a")))), ""),
    ] {
        let seen = load(&files([("tileset.json", bytes)]));
        assert!(seen.tileset.is_none() && seen.amiss.len() == 1, "{:?}", seen.amiss);
        assert!(seen.amiss[0].contains(why), "{:?} does not name {why}", seen.amiss);
    }
}
