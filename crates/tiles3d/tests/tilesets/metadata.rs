//! Features and metadata at every level, by every way of writing them.

use crate::{Case, build::*, load::load, tree};
use serde_json::{Value as Json, json};
use tiles3d::{Value, style::Style};

const HERE: [i64; 3] = [100, 100, 0];

fn text(id: &str, name: &str) -> Json {
    json!({ "id": id, "classes": { "c": { "properties": { name: { "type": "STRING" } } } } })
}

fn json_batch_table() -> Files {
    single("a.b3dm", b3dm(&json!({ "BATCH_LENGTH": 1 }), (&json!({ "name": ["河"], "floors": [3] }), &[])))
}

fn binary_batch_table() -> Files {
    let batches = json!({ "height": { "byteOffset": 0, "componentType": "FLOAT", "type": "SCALAR" } });
    single("a.b3dm", b3dm(&json!({ "BATCH_LENGTH": 1 }), (&batches, &bytes_of(&[2.5f32]))))
}

fn hierarchy() -> Files {
    let classes = json!([
        { "name": "Wall", "length": 1, "instances": { "colour": ["white"] } },
        { "name": "House", "length": 1, "instances": { "address": ["Main St"] } },
    ]);
    let batches = json!({ "extensions": { "3DTILES_batch_table_hierarchy": { "classes": classes,
        "instancesLength": 2, "classIds": [0, 1], "parentIds": [1, 1] } } });
    single("a.b3dm", b3dm(&json!({ "BATCH_LENGTH": 1 }), (&batches, &[])))
}

/// A triangle with a table of one row, whose feature ids are said by `ids`.
fn table(change: impl FnOnce(&mut Gltf), ids: Json) -> Files {
    let mut gltf = Gltf::new();
    let values = gltf.view("桥".as_bytes());
    let offsets = gltf.view(&bytes_of(&[0u32, 3]));
    gltf.json["extensions"] = json!({ "EXT_structural_metadata": { "schema": text("s", "name"),
        "propertyTables": [{ "class": "c", "count": 1,
            "properties": { "name": { "values": values, "stringOffsets": offsets } } }] } });
    gltf.primitive()["extensions"] = json!({ "EXT_mesh_features": { "featureIds": [ids] } });
    change(&mut gltf);
    gltf.uses("EXT_mesh_features", false).uses("EXT_structural_metadata", false);
    single("a.glb", gltf.glb())
}

fn by_attribute() -> Files {
    let ids = json!({ "featureCount": 1, "attribute": 0, "propertyTable": 0 });
    let change = |g: &mut Gltf| {
        g.attribute("_FEATURE_ID_0", 5126, "SCALAR", &bytes_of(&[0.0f32; 3]));
    };
    table(change, ids)
}

fn implicit() -> Files {
    // Vertex 0 is feature 0; the others are no feature of the table.
    table(|_| {}, json!({ "featureCount": 3 }))
}

fn by_texture() -> Files {
    // Red is 0 in the picture.
    let texture = json!({ "index": 0, "channels": [0] });
    let picture = json!({ "uri": data_uri("image/png", &png()) });
    let sampler = json!({ "source": 0, "sampler": 0 });
    let ids = json!({ "featureCount": 1, "texture": texture, "propertyTable": 0 });
    table(
        |g| {
            g.textured(picture, sampler);
            g.json["samplers"] = json!([{ "minFilter": 9728, "magFilter": 9728 }]);
        },
        ids,
    )
}

/// Properties of the surface: by texel, and by vertex.
fn surface(in_texture: bool) -> Files {
    let mut gltf = Gltf::new();
    let (list, property) = if in_texture {
        ("propertyTextures", json!({ "index": 0, "texCoord": 0, "channels": [2] }))
    } else {
        ("propertyAttributes", json!({ "attribute": "_LEVEL" }))
    };
    let component = if in_texture { "UINT8" } else { "FLOAT32" };
    let class = json!({ "properties": { "level": { "type": "SCALAR", "componentType": component } } });
    gltf.json["extensions"] = json!({ "EXT_structural_metadata": {
        "schema": { "id": "s", "classes": { "c": class } },
        list: [{ "class": "c", "properties": { "level": property } }] } });
    gltf.primitive()["extensions"] = json!({ "EXT_structural_metadata": { list: [0] } });
    if in_texture {
        gltf.textured(json!({ "uri": data_uri("image/png", &png()) }), json!({ "source": 0, "sampler": 0 }));
        gltf.json["samplers"] = json!([{ "minFilter": 9728, "magFilter": 9728 }]);
    } else {
        gltf.attribute("_LEVEL", 5126, "SCALAR", &bytes_of(&[7.5f32, 0.0, 0.0]));
    }
    gltf.uses("EXT_structural_metadata", false);
    single("a.glb", gltf.glb())
}

/// Metadata of tileset, group, tile and content, by a schema in a file of its own or in the tileset.
fn levels(apart: bool) -> Files {
    let entity = |value: &str| json!({ "class": "c", "properties": { "name": value } });
    let root = json!({ "boundingVolume": room(), "geometricError": 0, "metadata": entity("tile"),
        "content": { "uri": "a.glb", "group": 0, "metadata": entity("content") } });
    let mut more = json!({ "groups": [entity("group")], "metadata": entity("tileset") });
    if apart {
        more["schemaUri"] = json!("schema.json");
    } else {
        more["schema"] = text("s", "name");
    }
    files([
        ("tileset.json", tileset_with(root, more)),
        ("a.glb", glb()),
        ("schema.json", text("s", "name").to_string().into_bytes()),
    ])
}

/// Metadata of implicit tiles: a column of the subtree.
fn of_subtree() -> Files {
    let (mut json, mut bytes) = tree::sparse(0b1_0001, None);
    bytes.resize(8, 0);
    bytes.extend(bytes_of(&[11u8, 22]));
    json["buffers"][0]["byteLength"] = json!(10);
    json["bufferViews"].as_array_mut().unwrap().push(json!({ "buffer": 0, "byteOffset": 8, "byteLength": 2 }));
    json["propertyTables"] = json!([{ "class": "c", "count": 2, "properties": { "level": { "values": 1 } } }]);
    json["tileMetadata"] = json!(0);
    let mut all = tree::implicit("QUADTREE", "subtree", ("s/0/0/0.subtree", subtree(&json, &bytes)));
    let mut set: Json = serde_json::from_slice(&all["tileset.json"]).unwrap();
    let property = json!({ "type": "SCALAR", "componentType": "UINT8" });
    set["schema"] = json!({ "id": "s", "classes": { "c": { "properties": { "level": property } } } });
    all.insert("tileset.json".into(), set.to_string().into_bytes());
    all
}

pub(crate) fn cases() -> Vec<Case> {
    let one = |name, files| (name, files, vec![HERE]);
    vec![
        one("batch table, JSON", json_batch_table()),
        one("batch table, binary", binary_batch_table()),
        one("3DTILES_batch_table_hierarchy", hierarchy()),
        one("EXT_mesh_features by attribute", by_attribute()),
        one("EXT_mesh_features, implicit", implicit()),
        one("EXT_mesh_features by texture", by_texture()),
        one("property texture", surface(true)),
        one("property attribute", surface(false)),
        one("metadata at every level", levels(false)),
        one("metadata with a schema elsewhere", levels(true)),
        ("metadata of subtrees", of_subtree(), vec![HERE; 2]),
    ]
}

#[test]
fn features_have_the_properties_that_the_file_gives_them() {
    for (files, row) in [
        (json_batch_table(), "floors=3 name=河"),
        (binary_batch_table(), "height=2.5"),
        (hierarchy(), "address=Main St colour=white"),
        (by_attribute(), "name=桥"),
        (by_texture(), "name=桥"),
    ] {
        let seen = load(&files);
        let mut found: Vec<String> = seen.models[0].1.features.row(0).iter().map(|(n, v)| format!("{n}={v}")).collect();
        found.sort();
        assert_eq!(found.join(" "), row);
    }
}

#[test]
fn places_say_what_is_known_of_them() {
    assert_eq!(load(&by_texture()).at_first(), ["name=桥"]);
    assert_eq!(load(&surface(true)).at_first(), ["level=255"]);
    assert_eq!(load(&surface(false)).at_first(), ["level=7.5"]);
    let seen = load(&implicit());
    let model = &seen.models[0].1;
    // Numbered after the row of the table.
    assert_eq!(model.feature_at(0, 0, [0.1, 0.8, 0.1], 0), Some(model.primitives[0].feature_sets[0].first + 1));
}

#[test]
fn metadata_is_at_its_level() {
    for files in [levels(false), levels(true)] {
        let set = load(&files).tileset.unwrap();
        let root = set.root().id;
        let (number, group) = set.content_group(root, 0).unwrap();
        assert_eq!(number, 0);
        let named = [
            ("tileset", set.metadata()),
            ("group", Some(group.metadata)),
            ("tile", set.tile_metadata(root)),
            ("content", set.content_metadata(root, 0)),
        ];
        for (level, entity) in named {
            assert_eq!(entity.unwrap().get("name"), Some(&Value::String(level.into())));
        }
    }
    let set = load(&of_subtree()).tileset.unwrap();
    let levels: Vec<_> = set.tiles().map(|t| set.tile_metadata(t.id).unwrap().get("level").cloned()).collect();
    assert_eq!(levels, [Some(Value::UInt(11)), Some(Value::UInt(22))]);
}

#[test]
fn styles_read_features_whatever_wrote_them() {
    let style =
        Style::parse(br#"{ "show": "${name} === '\u6865' || ${floors} === 3", "color": "color('red')" }"#).unwrap();
    for (files, alpha) in [(by_attribute(), 255), (json_batch_table(), 255), (binary_batch_table(), 0)] {
        let seen = load(&files);
        let mut texels = [[9; 4]];
        style.bind(&seen.models[0].1.features).apply(&mut texels);
        assert_eq!(texels[0][3], alpha);
    }
}
