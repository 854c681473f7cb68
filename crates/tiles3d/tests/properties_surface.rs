//! Features and properties on a primitive's surface that the samples lack: several sets, pictures, vertices, drafts.
#![allow(missing_docs, clippy::unwrap_used)]

mod properties;

use properties::{Builder, F32, I8, U8, U16, UVS, decode, floats};
use proptest::prelude::*;
use serde_json::{Value as Json, json};
use tiles3d::{
    DecodedTile, Value,
    content::{FeatureSource, NO_FEATURE},
};

const NEAREST: [[f32; 3]; 3] = [[0.8, 0.1, 0.1], [0.1, 0.8, 0.1], [0.1, 0.1, 0.8]];

/// The feature of a set at each vertex.
fn by_vertex(tile: &DecodedTile, set: usize) -> Vec<Option<u32>> {
    // Triangle and corner of the vertices 0 to 3.
    [(0, 0), (0, 1), (0, 2), (1, 1)].map(|(t, corner)| tile.feature_at(0, t, NEAREST[corner], set)).to_vec()
}

/// The features at the middles of the texels of a 2 by 2 picture, rows from the top.
fn by_quarter(tile: &DecodedTile, set: usize) -> Vec<Option<u32>> {
    [(0.25, 0.25), (0.75, 0.25), (0.25, 0.75), (0.75, 0.75)].map(|(u, v)| at(tile, set, u, v)).to_vec()
}

fn place(u: f32, v: f32) -> (usize, [f32; 3]) {
    if u <= v { (0, [v - u, u, 1.0 - v]) } else { (1, [v, u - v, 1.0 - u]) }
}

fn at(tile: &DecodedTile, set: usize, u: f32, v: f32) -> Option<u32> {
    let (triangle, weights) = place(u, v);
    tile.feature_at(0, triangle, weights, set)
}

fn names(count: usize) -> Builder {
    let mut b = Builder::table(json!({}), json!({ "name": { "type": "STRING" } }), count);
    let letters = &b"abcdefgh"[..count];
    b.column("name", letters, &[], &(0..=count as u32).collect::<Vec<_>>());
    b.attribute("TEXCOORD_0", F32, "VEC2", false, &floats(UVS.as_flattened()));
    b
}

fn sets(b: &mut Builder, sets: Json) {
    b.primitive("EXT_mesh_features", json!({ "featureIds": sets }));
}

fn name(tile: &DecodedTile, feature: u32) -> String {
    tile.features.get(feature, "name").unwrap().to_string()
}

#[test]
fn several_sets_have_their_own_numbers() {
    let mut b = names(3);
    b.attribute("_FEATURE_ID_0", U16, "SCALAR", false, &[7, 0, 9, 0, 7, 0, 0, 1]);
    b.attribute("_FEATURE_ID_1", F32, "SCALAR", false, &floats(&[2.0, 1.0, 0.0, 255.0]));
    sets(
        &mut b,
        json!([
            { "featureCount": 3, "attribute": 0, "label": "keys" },
            { "featureCount": 3, "attribute": 1, "propertyTable": 0, "nullFeatureId": 255, "label": "rows" },
            { "featureCount": 4 },
        ]),
    );
    let tile = b.clean();
    let p = &tile.primitives[0];
    // The table has 0 to 2, then come the keys 7, 9 and 256, then the vertices.
    assert_eq!(p.feature_ids, [2, 1, 0, NO_FEATURE]);
    assert_eq!(p.feature_sets[0].source, FeatureSource::Vertex(vec![3, 4, 3, 5]));
    assert_eq!(p.feature_sets[1].source, FeatureSource::Primary);
    assert_eq!(p.feature_sets[2].source, FeatureSource::Vertex(vec![6, 7, 8, 9]));
    let ranges: Vec<_> = p.feature_sets.iter().map(|s| (s.first, s.count, s.has_table)).collect();
    assert_eq!(ranges, [(3, 3, false), (0, 3, true), (6, 4, false)]);
    assert_eq!(tile.features.count(), 10);
    let ids: Vec<_> = (0..10).map(|f| tile.features.id_in_file(f).unwrap()).collect();
    assert_eq!(ids, [0, 1, 2, 7, 9, 256, 0, 1, 2, 3]);
    assert_eq!(by_vertex(&tile, 1), [Some(2), Some(1), Some(0), None]);
    let scopes = tile.properties_at(0, 0, NEAREST[1]);
    let labels: Vec<_> = scopes.iter().map(|s| (s.label.as_deref(), s.feature)).collect();
    assert_eq!(labels, [(Some("keys"), Some(4)), (Some("rows"), Some(1)), (None, Some(7))]);
    assert_eq!(scopes[1].properties, [("name".to_owned(), Value::String("b".into()))]);
    assert!(tile.byte_size() > 4 * 4 * 3);
}

#[test]
fn ids_beyond_the_table_are_no_features() {
    let mut b = names(2);
    b.attribute("_FEATURE_ID_0", F32, "SCALAR", false, &floats(&[0.0, 1.0, 2.0, -1.0]));
    sets(&mut b, json!([{ "featureCount": 2, "attribute": 0, "propertyTable": 0 }]));
    let (tile, codes) = b.flawed();
    assert_eq!(tile.primitives[0].feature_ids, [0, 1, NO_FEATURE, NO_FEATURE]);
    assert_eq!(codes, ["feature-id-out-of-range"]);
}

#[test]
fn a_set_that_cannot_be_read_leaves_the_others() {
    let mut b = names(2);
    b.attribute("_FEATURE_ID_0", U8, "SCALAR", false, &[0, 1, 0, 1]);
    sets(
        &mut b,
        json!([
            { "featureCount": 2, "attribute": 7 },
            { "featureCount": "two" },
        { "featureCount": 2, "offset": 1, "repeat": 2 },
            { "featureCount": 2, "texture": { "index": 3, "channels": [0] } },
            { "featureCount": 2, "attribute": 0, "propertyTable": 9 },
        ]),
    );
    let (tile, codes) = b.flawed();
    // What is no feature set at all is told first.
    let broken = "feature-ids-broken";
    assert_eq!(codes, [broken, broken, broken, broken, "feature-table-missing"]);
    assert_eq!(tile.primitives[0].feature_ids, [2, 3, 2, 3]);
}

#[test]
fn a_mesh_under_two_nodes_has_the_same_features_twice() {
    let mut b = Builder::new();
    b.json["nodes"] = json!([{ "mesh": 0 }, { "mesh": 0, "translation": [5, 0, 0] }]);
    b.json["scenes"] = json!([{ "nodes": [0, 1] }]);
    sets(&mut b, json!([{ "featureCount": 4 }]));
    let tile = b.clean();
    assert_eq!(tile.features.count(), 4);
    assert_eq!(tile.primitives[0].feature_ids, tile.primitives[1].feature_ids);
}

#[test]
fn a_node_may_be_a_feature() {
    let mut b = names(3);
    b.json["nodes"][0]["extensions"] = json!({ "EXT_structural_metadata": { "propertyTable": 0, "index": 2 } });
    let tile = b.clean();
    let scopes = tile.properties_at(0, 1, [1.0, 0.0, 0.0]);
    assert_eq!((scopes.len(), scopes[0].feature), (1, Some(2)));
    assert_eq!(tile.primitives[0].feature_ids, [2; 4]);
    assert_eq!(name(&tile, 2), "c");
}

/// Red is 1, 2, 3 and 0; green is 1 in the last texel.
const QUARTERS: [u8; 16] = [1, 0, 9, 9, 2, 0, 9, 9, 3, 0, 9, 9, 0, 1, 9, 9];

#[test]
fn feature_ids_in_pictures() {
    let mut b = names(4);
    let texture = b.texture(2, 2, &QUARTERS, Json::Null);
    sets(
        &mut b,
        json!([
            { "featureCount": 4, "texture": { "index": texture, "channels": [0] }, "propertyTable": 0, "nullFeatureId": 0 },
            { "featureCount": 4, "texture": { "index": texture, "channels": [0, 1] } },
            { "featureCount": 4, "texture": { "index": texture, "channels": [1, 0] }, "nullFeatureId": 1 },
        ]),
    );
    let tile = b.clean();
    assert_eq!(tile.primitives[0].feature_ids, Vec::<u32>::new());
    assert_eq!(by_quarter(&tile, 0), [Some(1), Some(2), Some(3), None]);
    // 1, 2, 3 and 256 in order, after the table's four.
    assert_eq!(by_quarter(&tile, 1), [Some(4), Some(5), Some(6), Some(7)]);
    assert_eq!(tile.features.id_in_file(7), Some(256));
    // 256, 512, 768, and none.
    assert_eq!(by_quarter(&tile, 2), [Some(8), Some(9), Some(10), None]);
    assert_eq!(tile.features.count(), 11);
}

#[test]
fn primitives_share_the_features_of_a_picture() {
    let mut b = names(1);
    let texture = b.texture(2, 2, &QUARTERS, Json::Null);
    sets(&mut b, json!([{ "featureCount": 4, "texture": { "index": texture } }]));
    let again = b.json["meshes"][0]["primitives"][0].clone();
    b.json["meshes"][0]["primitives"].as_array_mut().unwrap().push(again);
    let tile = b.clean();
    assert_eq!(tile.features.count(), 5);
    assert_eq!(tile.primitives[0].feature_sets, tile.primitives[1].feature_sets);
    // A picture that is looked through again for each of many other ids that are none is one too often in the end.
    let pixels = vec![1; 4 * 64 * 64];
    let texture = b.texture(64, 64, &pixels, Json::Null);
    let set = |none: u32| json!({ "featureCount": 4, "texture": { "index": texture }, "nullFeatureId": none });
    sets(&mut b, (10..90).map(set).collect());
    let (tile, codes) = b.flawed();
    assert_eq!(codes[0], "feature-ids-broken");
    assert!(tile.primitives[0].feature_sets.len() < 80);
}

#[test]
fn texture_coordinates_outside_the_picture() {
    // Three times (0.25, 0.25), moved right by 1, right by 2 and left by 1.
    for (mode, expected) in [(33071, [2, 2, 1]), (33648, [2, 1, 2]), (10497, [1, 1, 1])] {
        let mut b = names(4);
        let texture = b.texture(2, 2, &QUARTERS, json!({ "wrapS": mode, "wrapT": 33071 }));
        let set = |by: f32| {
            json!({ "featureCount": 4, "propertyTable": 0, "texture": { "index": texture,
            "channels": [0], "extensions": { "KHR_texture_transform": { "offset": [by, 0] } } } })
        };
        sets(&mut b, json!([set(1.0), set(2.0), set(-1.0)]));
        let tile = b.clean();
        assert_eq!([0, 1, 2].map(|set| at(&tile, set, 0.25, 0.25)), expected.map(Some), "{mode}");
    }
}

#[test]
fn further_texture_coordinates_and_transforms() {
    let mut b = names(4);
    let texture = b.texture(2, 2, &QUARTERS, Json::Null);
    // The second set mirrors the picture left to right.
    let mirrored = UVS.map(|[u, v]| [1.0 - u, v]);
    b.attribute("TEXCOORD_1", F32, "VEC2", false, &floats(mirrored.as_flattened()));
    let quarter = std::f32::consts::FRAC_PI_2;
    sets(
        &mut b,
        json!([
            { "featureCount": 4, "propertyTable": 0, "texture": { "index": texture, "texCoord": 1, "channels": [0] } },
            { "featureCount": 4, "propertyTable": 0, "texture": { "index": texture, "channels": [0],
                "extensions": { "KHR_texture_transform": { "texCoord": 1 } } } },
            { "featureCount": 4, "propertyTable": 0, "texture": { "index": texture, "channels": [0],
                "extensions": { "KHR_texture_transform": { "rotation": quarter, "scale": [0.5, 0.5], "offset": [0.5, 0.5] } } } },
            { "featureCount": 4, "propertyTable": 0, "texture": { "index": texture, "texCoord": 2, "channels": [0] } },
        ]),
    );
    let (tile, codes) = b.flawed();
    assert_eq!(codes, ["texcoord-missing"]);
    for set in 0..2 {
        assert_eq!(by_quarter(&tile, set), [Some(2), Some(1), Some(0), Some(3)]);
    }
    // (u, v) becomes (0.5 + v / 2, 0.5 - u / 2): the right top texel, whose row 0 is the top.
    assert_eq!(by_quarter(&tile, 2), [Some(2); 4]);
    assert_eq!(by_quarter(&tile, 3), [None; 4]);
}

#[test]
fn flat_triangles_keep_what_their_corners_have() {
    let mut b = names(4);
    b.attribute("_FEATURE_ID_0", U8, "SCALAR", false, &[0, 1, 2, 3]);
    b.attribute("_FEATURE_ID_1", U8, "SCALAR", false, &[3, 2, 1, 0]);
    b.attribute("_HEAT", U8, "SCALAR", false, &[10, 20, 30, 40]);
    b.attribute("TEXCOORD_1", F32, "VEC2", false, &floats(UVS.as_flattened()));
    let texture = b.texture(2, 2, &QUARTERS, Json::Null);
    sets(
        &mut b,
        json!([
            { "featureCount": 4, "attribute": 0, "propertyTable": 0 },
            { "featureCount": 4, "attribute": 1, "propertyTable": 0 },
            { "featureCount": 4, "texture": { "index": texture, "texCoord": 1, "channels": [0] }, "propertyTable": 0 },
        ]),
    );
    let extension = &mut b.json["extensions"]["EXT_structural_metadata"];
    extension["schema"]["classes"]["v"] =
        json!({ "properties": { "heat": { "type": "SCALAR", "componentType": "UINT8" } } });
    extension["propertyAttributes"] = json!([{ "class": "v", "properties": { "heat": { "attribute": "_HEAT" } } }]);
    b.primitive("EXT_structural_metadata", json!({ "propertyAttributes": [0] }));
    // Without normals every triangle gets vertices of its own.
    b.json["meshes"][0]["primitives"][0]["attributes"].as_object_mut().unwrap().remove("NORMAL");
    let tile = b.clean();
    assert_eq!(tile.primitives[0].positions.len(), 6);
    assert_eq!(tile.primitives[0].feature_ids, [0, 1, 2, 1, 3, 2]);
    assert_eq!(by_vertex(&tile, 1), [Some(3), Some(2), Some(1), Some(0)]);
    assert_eq!(by_quarter(&tile, 2), [Some(1), Some(2), Some(3), Some(0)]);
    let heat = |t: usize, corner: usize| tile.properties_at(0, t, NEAREST[corner])[3].properties[0].1.clone();
    assert_eq!([heat(0, 0), heat(0, 1), heat(0, 2), heat(1, 1)], [10, 20, 30, 40].map(Value::UInt));
}

/// A property texture of class `c` with these properties of the schema and of the texture.
fn property_texture(pixels: &[u8], enums: Json, schema: Json, texture: Json) -> Builder {
    let mut b = Builder::table(enums, schema, 0);
    b.attribute("TEXCOORD_0", F32, "VEC2", false, &floats(UVS.as_flattened()));
    b.texture(pixels.len() as u32 / 4, 1, pixels, Json::Null);
    let extension = &mut b.json["extensions"]["EXT_structural_metadata"];
    extension.as_object_mut().unwrap().remove("propertyTables");
    extension["propertyTextures"] = json!([{ "class": "c", "name": "skin", "properties": texture }]);
    b.primitive("EXT_structural_metadata", json!({ "propertyTextures": [0] }));
    b
}

#[test]
fn values_of_several_bytes_in_a_picture() {
    let float = 1.5f32.to_le_bytes();
    let pixels = [float, [0x34, 0x12, 0xff, 0x7f]].concat();
    let enums = json!({ "e": { "values": [{ "name": "Hot", "value": 0x34 }] } });
    let schema = json!({
        "float": { "type": "SCALAR", "componentType": "FLOAT32", "offset": 1, "scale": 2 },
        "pair": { "type": "VEC2", "componentType": "INT16" },
        "list": { "type": "SCALAR", "componentType": "UINT8", "array": true, "count": 2 },
        "unit": { "type": "SCALAR", "componentType": "INT16", "normalized": true },
        "word": { "type": "ENUM", "enumType": "e" },
        "text": { "type": "STRING" },
        "half": { "type": "SCALAR", "componentType": "FLOAT32" },
    });
    let channels = |list: &[u8]| json!({ "index": 0, "channels": list });
    let mut scaled = channels(&[0, 1, 2, 3]);
    scaled["scale"] = json!(4);
    let texture = json!({ "float": scaled, "pair": channels(&[0, 1, 2, 3]), "list": channels(&[3, 0]),
        "unit": channels(&[2, 3]), "word": channels(&[0]), "text": channels(&[0]), "half": channels(&[0, 1]) });
    let (tile, codes) = property_texture(&pixels, enums, schema, texture).flawed();
    assert_eq!(codes, ["property-broken"; 2]);
    let read = |u: f32| {
        let (triangle, weights) = place(u, 0.5);
        let scopes = tile.properties_at(0, triangle, weights);
        assert_eq!(scopes[0].class.as_ref().unwrap().source.as_deref(), Some("skin"));
        scopes[0].properties.iter().map(|(_, v)| v.clone()).collect::<Vec<_>>()
    };
    let ints = |list: &[i64]| Value::Array(list.iter().map(|i| Value::Int(*i)).collect());
    let uints = |list: &[u64]| Value::Array(list.iter().map(|i| Value::UInt(*i)).collect());
    let [a, b, c, d] = float;
    let pair = ints(&[i16::from_le_bytes([a, b]).into(), i16::from_le_bytes([c, d]).into()]);
    let left = read(0.25);
    assert_eq!(left[0], Value::Float(7.0));
    assert_eq!(left[1..3], [uints(&[u64::from(d), 0]), pair]);
    let right = read(0.75);
    assert_eq!(
        right[1..],
        [uints(&[0x7f, 0x34]), ints(&[0x1234, 0x7fff]), Value::Float(1.0), Value::String("Hot".into())]
    );
}

#[test]
fn values_of_vertices() {
    let mut b = Builder::table(
        json!({ "e": { "valueType": "INT8", "values": [{ "name": "Below", "value": -1 }] } }),
        json!({
            "level": { "type": "ENUM", "enumType": "e" },
            "share": { "type": "SCALAR", "componentType": "UINT8", "normalized": true, "scale": 100 },
            "frame": { "type": "MAT2", "componentType": "UINT8" },
            "wrong": { "type": "VEC2", "componentType": "FLOAT32" },
            "gone": { "type": "SCALAR", "componentType": "FLOAT32" },
        }),
        0,
    );
    b.attribute("_LEVEL", I8, "SCALAR", false, &[255, 1, 255, 1]);
    b.attribute("_SHARE", U8, "SCALAR", true, &[0, 51, 102, 255]);
    // Columns of matrices begin at multiples of four bytes.
    let matrices: Vec<u8> = (0..4u8).flat_map(|i| [i, 1, 99, 99, 2, 3, 99, 99]).collect();
    b.attribute("_FRAME", U8, "MAT2", false, &matrices);
    let extension = &mut b.json["extensions"]["EXT_structural_metadata"];
    extension.as_object_mut().unwrap().remove("propertyTables");
    extension["propertyAttributes"] = json!([{ "class": "c", "properties": { "level": { "attribute": "_LEVEL" },
        "share": { "attribute": "_SHARE", "offset": 1 }, "frame": { "attribute": "_FRAME" },
        "wrong": { "attribute": "_SHARE" }, "gone": { "attribute": "_GONE" } } }]);
    b.primitive("EXT_structural_metadata", json!({ "propertyAttributes": [0, 3] }));
    let (tile, codes) = b.flawed();
    assert_eq!(codes, ["property-broken", "property-broken", "metadata-missing"]);
    let at = |t: usize, corner: usize| {
        let scopes = tile.properties_at(0, t, NEAREST[corner]);
        scopes[0].properties.iter().map(|(_, v)| v.clone()).collect::<Vec<_>>()
    };
    let frame = |i: u64| Value::Array([i, 1, 2, 3].map(Value::UInt).to_vec());
    assert_eq!(at(0, 0), [frame(0), Value::String("Below".into()), Value::Float(1.0)]);
    let near = at(0, 1);
    assert_eq!(near[..2], [frame(1), Value::Int(1)]);
    assert!((near[2].as_f64().unwrap() - 21.0).abs() < 1e-9);
    assert_eq!(at(1, 1), [frame(3), Value::Int(1), Value::Float(101.0)]);
}

#[test]
fn the_draft_is_read_too() {
    let mut b = Builder::new();
    b.attribute("TEXCOORD_0", F32, "VEC2", false, &floats(UVS.as_flattened()));
    b.attribute("FEATURE_ID_0", U8, "SCALAR", false, &[1, 0, 1, 0]);
    let texture = b.texture(2, 2, &QUARTERS, Json::Null);
    let (names, offsets) = (b.view(b"abcd"), b.view(&[0u32, 1, 2, 3, 4].map(u32::to_le_bytes).concat()));
    let places = b.view(&floats(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0]));
    let (lists, list_offsets) = (b.view(&[1, 2, 3]), b.view(&[0, 1, 1, 2, 3]));
    b.json["extensions"]["EXT_feature_metadata"] = json!({
        "schema": { "classes": {
            "tree": { "properties": {
                "name": { "type": "STRING" },
                "place": { "type": "ARRAY", "componentType": "FLOAT32", "componentCount": 2 },
                "list": { "type": "ARRAY", "componentType": "UINT8" },
                "height": { "type": "FLOAT32", "optional": true, "default": 2.5 },
            } },
            "heat": { "properties": { "loss": { "type": "UINT8", "normalized": true } } },
        } },
        "featureTables": { "trees": { "class": "tree", "count": 4, "properties": {
            "name": { "bufferView": names, "stringOffsetBufferView": offsets },
            "place": { "bufferView": places },
            "list": { "bufferView": lists, "arrayOffsetBufferView": list_offsets, "offsetType": "UINT8" },
        } } },
        "featureTextures": { "walls": { "class": "heat", "properties": {
            "loss": { "texture": { "index": texture }, "channels": "g" } } } },
    });
    b.primitive(
        "EXT_feature_metadata",
        json!({
            "featureIdAttributes": [
                { "featureTable": "trees", "featureIds": { "attribute": "FEATURE_ID_0" } },
                { "featureTable": "trees", "featureIds": { "constant": 1, "divisor": 2 } },
                { "featureTable": "trees", "featureIds": { "constant": 3 } },
            ],
            "featureIdTextures": [
                { "featureTable": "trees", "featureIds": { "texture": { "index": texture }, "channels": "r" } },
            ],
            "featureTextures": ["walls"],
        }),
    );
    let tile = b.clean();
    assert_eq!(tile.primitives[0].feature_ids, [1, 0, 1, 0]);
    assert_eq!(by_vertex(&tile, 1), [Some(1), Some(1), Some(2), Some(2)]);
    assert_eq!(by_vertex(&tile, 2), [Some(3); 4]);
    assert_eq!(by_quarter(&tile, 3), [Some(1), Some(2), Some(3), Some(0)]);
    let row = tile.features.row(2);
    let expected = [
        ("height", Value::Float(2.5)),
        ("list", Value::Array(vec![Value::UInt(2)])),
        ("name", Value::String("c".into())),
        ("place", Value::Array(vec![Value::Float(5.0), Value::Float(6.0)])),
    ];
    assert_eq!(row, expected.map(|(name, value)| (name.to_owned(), value)));
    let (triangle, weights) = place(0.75, 0.75);
    let scopes = tile.properties_at(0, triangle, weights);
    assert_eq!(scopes[4].properties, [("loss".to_owned(), Value::Float(1.0 / 255.0))]);
}

fn survive(bytes: &[u8]) {
    let Some(tile) = decode(bytes) else { return };
    assert!(tile.byte_size() <= 1 << 20);
    for primitive in 0..tile.primitives.len() {
        for (triangle, weights) in
            [place(0.2, 0.9), place(0.9, 0.2), (7, [f32::NAN; 3]), (0, [1e30, -1e30, f32::INFINITY])]
        {
            for scope in tile.properties_at(primitive, triangle, weights) {
                assert!(scope.feature.is_none_or(|f| f < tile.features.count()));
            }
        }
    }
}

fn everything() -> Builder {
    let mut b = names(4);
    b.attribute("_FEATURE_ID_0", U8, "SCALAR", false, &[0, 1, 2, 3]);
    b.attribute("_HEAT", U8, "SCALAR", false, &[10, 20, 30, 40]);
    b.attribute("TEXCOORD_1", F32, "VEC2", false, &floats(UVS.as_flattened()));
    let texture = b.texture(2, 2, &QUARTERS, json!({ "wrapS": 33071, "wrapT": 33648 }));
    sets(
        &mut b,
        json!([
            { "featureCount": 4, "attribute": 0, "propertyTable": 0 },
            { "featureCount": 4 },
            { "featureCount": 4, "texture": { "index": texture, "texCoord": 1, "channels": [0, 1] }, "nullFeatureId": 2 },
        ]),
    );
    let extension = &mut b.json["extensions"]["EXT_structural_metadata"];
    extension["schema"]["classes"]["v"] =
        json!({ "properties": { "heat": { "type": "SCALAR", "componentType": "UINT8" } } });
    extension["propertyAttributes"] = json!([{ "class": "v", "properties": { "heat": { "attribute": "_HEAT" } } }]);
    extension["propertyTextures"] =
        json!([{ "class": "v", "properties": { "heat": { "index": texture, "channels": [2] } } }]);
    b.primitive("EXT_structural_metadata", json!({ "propertyAttributes": [0], "propertyTextures": [0] }));
    b
}

#[test]
fn everything_at_once_is_clean() {
    let tile = everything().clean();
    let scopes = tile.properties_at(0, 0, NEAREST[0]);
    assert_eq!(scopes.len(), 5);
}

proptest! {
    #[test]
    fn lying_numbers_are_survived(digit in 0usize..3000, value in any::<u64>(), small in 0u64..40, which in any::<bool>()) {
        let b = everything();
        let mut json = b.json.clone();
        // The picture stays as it is; numbers elsewhere change.
        let images = json["images"].take();
        let text = json.to_string();
        let digits: Vec<usize> = text.char_indices().filter(|(_, c)| c.is_ascii_digit()).map(|(i, _)| i).collect();
        let at = digits[digit % digits.len()];
        let value = if which { value } else { small };
        let text = format!("{}{value}{}", &text[..at], &text[at + 1..]);
        if let Ok(mut json) = serde_json::from_str::<Json>(&text) {
            json["images"] = images;
            survive(&Builder { json, bin: b.bin }.bytes());
        }
    }
}
