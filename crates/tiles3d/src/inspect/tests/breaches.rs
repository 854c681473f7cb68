//! A broken tileset for every rule: the rule's name, and the files.

use super::builder::*;
use serde_json::{Value, json};

/// All of them.
pub(super) fn all() -> Vec<(&'static str, Files)> {
    [of_tileset(), of_metadata(), of_implicit(), super::described::broken(), of_containers(), of_gltf()].concat()
}

/// The explicit tileset with its main file changed.
pub(super) fn edit(change: impl FnOnce(&mut Value)) -> Files {
    let mut json = tileset();
    change(&mut json);
    with("tileset.json", json.to_string().into_bytes())
}

fn edit_external(change: impl FnOnce(&mut Value)) -> Files {
    let mut json = external();
    change(&mut json);
    with("below/tileset.json", json.to_string().into_bytes())
}

fn with(path: &str, bytes: impl Into<Vec<u8>>) -> Files {
    let mut files = files();
    files.insert(path.to_owned(), bytes.into());
    files
}

fn edit_implicit(change: impl FnOnce(&mut Value)) -> Files {
    let mut files = implicit();
    let mut json: Value = serde_json::from_slice(&files["tileset.json"]).unwrap();
    change(&mut json["root"]);
    files.insert("tileset.json".into(), json.to_string().into_bytes());
    files
}

/// The implicit tileset with another root subtree.
fn edit_subtree(change: impl FnOnce(&mut Value), binary: &[u8]) -> Files {
    let mut json = root_subtree();
    change(&mut json);
    let mut files = implicit();
    files.insert("0/0/0.subtree".into(), subtree(&json, binary));
    files
}

/// A subtree of two levels in an implicit tileset that has two in each.
fn two_levels(change: impl FnOnce(&mut Value), binary: &[u8]) -> Files {
    let mut files = edit_implicit(|root| root["implicitTiling"]["subtreeLevels"] = json!(2));
    let mut json = root_subtree();
    json["childSubtreeAvailability"] = json!({ "constant": 0 });
    json["contentAvailability"] = json!([{ "constant": 0 }]);
    change(&mut json);
    files.insert("0/0/0.subtree".into(), subtree(&json, binary));
    files
}

fn edit_glb(change: impl FnOnce(&mut Value)) -> Files {
    let (mut json, binary) = parts_of_glb();
    change(&mut json);
    with("a.glb", glb(&json, b' ', &binary))
}

fn patch(mut bytes: Vec<u8>, at: usize, word: u32) -> Vec<u8> {
    bytes[at..at + 4].copy_from_slice(&word.to_le_bytes());
    bytes
}

pub(super) fn child(json: &mut Value) -> &mut Value {
    &mut json["root"]["children"][0]
}

fn properties(json: &mut Value) -> &mut Value {
    &mut json["schema"]["classes"]["tile"]["properties"]
}

fn of_tileset() -> Vec<(&'static str, Files)> {
    let text = |change: &dyn Fn(String) -> String| with("tileset.json", change(tileset().to_string()));
    vec![
        ("file-missing", edit(|t| child(t)["content"]["uri"] = json!("none.glb"))),
        ("uri-invalid", edit(|t| child(t)["content"]["uri"] = json!("http://[/a.glb"))),
        ("json-invalid", text(&|t| t[1..].to_owned())),
        ("json-bom", text(&|t| format!("\u{feff}{t}"))),
        ("json-duplicate-key", text(&|t| t.replacen('{', "{\"geometricError\":1,", 1))),
        ("json-missing-property", edit(|t| t["asset"] = json!({}))),
        ("json-wrong-type", edit(|t| t["root"]["geometricError"] = json!("5"))),
        ("json-out-of-range", edit(|t| child(t)["geometricError"] = json!(-1))),
        ("json-array-length", edit(|t| t["root"]["boundingVolume"] = json!({ "box": [1, 2] }))),
        ("json-unknown-value", edit(|t| t["root"]["refine"] = json!("replace"))),
        ("json-empty-string", edit(|t| t["schema"]["name"] = json!(""))),
        ("json-bad-name", edit(|t| properties(t)["a-b"] = json!({ "type": "STRING" }))),
        ("asset-version-unknown", edit(|t| t["asset"]["version"] = json!("0.0"))),
        ("gltf-up-axis", edit(|t| t["asset"]["gltfUpAxis"] = json!("Z"))),
        ("needs-3d-tiles-1.1", edit(|t| t["asset"]["version"] = json!("1.0"))),
        ("gltf-in-3d-tiles-1.0", edit(|t| t["asset"]["version"] = json!("1.0"))),
        ("extension-required-not-used", edit(|t| t["extensionsRequired"] = json!(["X"]))),
        ("extension-not-declared", edit(|t| t["root"]["extensions"] = json!({ "X": {} }))),
        ("tileset-error-below-root", edit(|t| t["geometricError"] = json!(1))),
        ("external-tileset-cycle", edit_external(|t| t["root"]["content"] = json!({ "uri": "../tileset.json" }))),
        (
            "external-tileset-with-children",
            edit(|t| {
                let leaf = child(t).clone();
                t["root"]["children"][1]["children"] = json!([leaf]);
            }),
        ),
        ("root-refine-missing", edit(|t| drop(t["root"].as_object_mut().unwrap().remove("refine")))),
        ("tile-content-twice", edit(|t| child(t)["contents"] = json!([{ "uri": "a.glb" }]))),
        ("tile-children-empty", edit(|t| child(t)["children"] = json!([]))),
        ("content-url-deprecated", edit(|t| child(t)["content"] = json!({ "url": "a.glb" }))),
        ("content-uri-empty", edit(|t| child(t)["content"]["uri"] = json!(""))),
        ("content-group-unknown", edit(|t| child(t)["content"]["group"] = json!(1))),
        ("transform-not-affine", edit(|t| t["root"]["children"][1]["transform"][3] = json!(1))),
        ("transform-singular", edit(|t| t["root"]["children"][1]["transform"][0] = json!(0))),
        ("geometric-error-increases", edit(|t| child(t)["geometricError"] = json!(51))),
        ("leaf-geometric-error", edit(|t| child(t)["geometricError"] = json!(1))),
        ("volume-missing", edit(|t| child(t)["boundingVolume"] = json!({}))),
        ("volume-several", edit_external(|t| t["root"]["boundingVolume"]["sphere"] = json!([0, 0, 0, 1]))),
        ("region-out-of-range", edit(|t| t["root"]["boundingVolume"] = json!({ "region": [-4, 0, 1, 1, 0, 1] }))),
        ("region-inverted", edit(|t| t["root"]["boundingVolume"] = json!({ "region": [0, 1, 1, 0, 0, 1] }))),
        ("region-inverted", edit(|t| t["root"]["boundingVolume"] = json!({ "region": [0, 0, 1, 1, 2, 1] }))),
        ("box-axes-not-orthogonal", edit(|t| t["root"]["boundingVolume"]["box"][4] = json!(5))),
        (
            "box-degenerate",
            edit(|t| child(t)["boundingVolume"] = json!({ "box": [0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0] })),
        ),
        ("sphere-radius-negative", edit(|t| child(t)["boundingVolume"]["sphere"][3] = json!(-3))),
        ("child-outside-parent", edit(|t| child(t)["boundingVolume"]["sphere"][0] = json!(9))),
        (
            "content-volume-outside-tile",
            edit(|t| {
                child(t)["content"]["boundingVolume"] = json!({ "sphere": [1, 1, 1, 4] });
            }),
        ),
        ("content-outside-volume", edit(|t| child(t)["boundingVolume"] = json!({ "sphere": [1, 1, 1, 0.5] }))),
    ]
}

fn of_metadata() -> Vec<(&'static str, Files)> {
    let entity = |change: &dyn Fn(&mut Value)| edit(|t| change(&mut t["metadata"]["properties"]));
    let property = |value: Value| edit(|t| properties(t)["p"] = value);
    let mut list = vec![
        ("metadata-schema-twice", edit(|t| t["schemaUri"] = json!("schema.json"))),
        ("metadata-class-unknown", edit(|t| t["metadata"]["class"] = json!("no"))),
        ("metadata-class-unknown", edit(|t| t["statistics"]["classes"] = json!({ "no": {} }))),
        ("metadata-class-unknown", edit(|t| drop(t.as_object_mut().unwrap().remove("schema")))),
        ("metadata-property-unknown", entity(&|p| p["no"] = json!(1))),
        ("metadata-property-missing", entity(&|p| drop(p.as_object_mut().unwrap().remove("name")))),
        ("metadata-enum-unknown", property(json!({ "type": "ENUM", "enumType": "no" }))),
        ("metadata-enum-duplicate", edit(|t| t["schema"]["enums"]["kind"]["values"][1]["value"] = json!(0))),
        ("metadata-value-type", entity(&|p| p["name"] = json!(1))),
        ("metadata-value-type", entity(&|p| p["kind"] = json!("C"))),
        ("metadata-value-type", entity(&|p| p["size"] = json!([[1, 2]]))),
        ("metadata-value-type", entity(&|p| p["size"] = json!([[1, 2], [3]]))),
        ("metadata-value-type", entity(&|p| p["size"] = json!([[1, 2], [3, 256]]))),
    ];
    for wrong in [
        json!({ "type": "SCALAR" }),
        json!({ "type": "STRING", "componentType": "UINT8" }),
        json!({ "type": "SCALAR", "componentType": "FLOAT32", "normalized": true }),
        json!({ "type": "STRING", "count": 2 }),
        json!({ "type": "SCALAR", "componentType": "INT8", "scale": 2 }),
        json!({ "type": "STRING", "max": 2 }),
        json!({ "type": "STRING", "required": true, "default": "a" }),
        json!({ "type": "BOOLEAN", "noData": true }),
        json!({ "type": "ENUM" }),
        json!({ "type": "STRING", "enumType": "kind" }),
    ] {
        list.push(("metadata-property-type", property(wrong)));
    }
    list
}

fn of_implicit() -> Vec<(&'static str, Files)> {
    let whole = |bytes: Vec<u8>| {
        let mut files = implicit();
        files.insert("0/0/0.subtree".into(), bytes);
        files
    };
    let right = || subtree(&root_subtree(), &[0b1000]);
    let stream = json!({ "bitstream": 0 });
    let mut external = implicit();
    external.insert("1/1/1.glb".into(), tileset().to_string().into_bytes());
    vec![
        ("implicit-volume", edit_implicit(|r| r["boundingVolume"] = json!({ "sphere": [0, 0, 0, 9] }))),
        ("implicit-property", edit_implicit(|r| r["children"] = json!([]))),
        ("implicit-property", edit_implicit(|r| r["metadata"] = json!({ "class": "a" }))),
        (
            "implicit-property",
            edit_implicit(|r| {
                r["content"]["boundingVolume"] = json!({ "sphere": [0, 0, 0, 1] });
            }),
        ),
        ("implicit-template", edit_implicit(|r| r["content"]["uri"] = json!("{level}/{x}.glb"))),
        ("implicit-template", edit_implicit(|r| r["implicitTiling"]["subdivisionScheme"] = json!("OCTREE"))),
        ("implicit-external-tileset", external),
        ("subtree-header", whole(right()[..20].to_vec())),
        ("subtree-header", whole(patch(right(), 4, 2))),
        ("subtree-header", whole([right(), vec![0]].concat())),
        ("subtree-alignment", whole(patch(right(), 16, 7))),
        ("subtree-alignment", edit_subtree(|s| s["bufferViews"][0]["byteOffset"] = json!(1), &[0, 0b1000])),
        ("subtree-buffer", edit_subtree(|s| s["bufferViews"][0]["byteLength"] = json!(99), &[0b1000])),
        ("subtree-buffer", edit_subtree(|_| {}, &[])),
        ("subtree-buffer", edit_subtree(|s| s["buffers"][0]["byteLength"] = json!(99), &[0b1000])),
        ("subtree-availability", edit_subtree(|s| s["childSubtreeAvailability"] = json!({}), &[0b1000])),
        ("subtree-availability", edit_subtree(|s| s["tileAvailability"] = json!({ "constant": 2 }), &[0b1000])),
        ("subtree-availability", edit_subtree(|s| s["tileAvailability"] = json!({ "bitstream": 9 }), &[0b1000])),
        ("subtree-count", edit_subtree(|s| s["childSubtreeAvailability"]["availableCount"] = json!(2), &[0b1000])),
        ("subtree-empty", edit_subtree(|s| s["tileAvailability"] = json!({ "constant": 0 }), &[0b1000])),
        ("subtree-tile-without-parent", two_levels(|s| s["tileAvailability"] = stream.clone(), &[0b10])),
        (
            "subtree-content-without-tile",
            two_levels(
                |s| {
                    s["tileAvailability"] = stream.clone();
                    s["contentAvailability"] = json!([{ "constant": 1 }]);
                },
                &[0b11],
            ),
        ),
        ("subtree-below-available-levels", {
            let mut files = edit_implicit(|r| r["implicitTiling"]["availableLevels"] = json!(1));
            files.insert("0/0/0.subtree".into(), right());
            files
        }),
        (
            "subtree-metadata-count",
            edit_subtree(
                |s| {
                    s["propertyTables"] = json!([{ "class": "a", "count": 5 }]);
                    s["tileMetadata"] = json!(0);
                },
                &[0b1000],
            ),
        ),
        ("property-table", {
            let mut files = edit_subtree(
                |s| {
                    s["propertyTables"] = json!([{ "class": "a", "count": 1, "properties": { "p": { "values": 0 } } }]);
                    s["tileMetadata"] = json!(0);
                },
                &[0b1000],
            );
            let mut json: Value = serde_json::from_slice(&files["tileset.json"]).unwrap();
            let property = json!({ "type": "SCALAR", "componentType": "UINT16" });
            json["schema"] = json!({ "id": "s", "classes": { "a": { "properties": { "p": property } } } });
            files.insert("tileset.json".into(), json.to_string().into_bytes());
            files
        }),
        ("inspection-stopped", implicit()),
    ]
}

fn of_containers() -> Vec<(&'static str, Files)> {
    let b3dm_with = |features: &Value, batches: &Value| {
        let body = &b3dm()[b3dm().windows(4).position(|w| w == b"glTF").unwrap()..];
        with("below/a.b3dm", container(b"b3dm", [features, batches], [&[0; 8], &[0; 8]], None, body))
    };
    let i3dm_with = |features: Value| with("below/a.i3dm", i3dm(&features));
    let pnts_with = |features: Value| with("below/a.pnts", pnts(&features, &Value::Null));
    let one = json!({ "BATCH_LENGTH": 1 });
    let column = |offset: u32| json!({ "a": { "byteOffset": offset, "componentType": "FLOAT", "type": "SCALAR" } });
    let draft = {
        let mut bytes = b"b3dm\x01\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0".to_vec();
        bytes.extend(glb_of(0));
        bytes
    };
    let zeros = |mut bytes: Vec<u8>| {
        let at = bytes.iter().rposition(|b| *b == b' ').unwrap_or(0);
        bytes[at] = 0;
        bytes
    };
    vec![
        ("content-unknown", with("a.glb", b"<html>".to_vec())),
        ("content-unknown", with("a.glb", b"{}".to_vec())),
        ("container-header", with("below/a.b3dm", b"b3dm\x01\0\0\0".to_vec())),
        ("container-header", with("below/a.b3dm", patch(b3dm(), 12, 1 << 20))),
        ("container-header", with("below/a.b3dm", draft)),
        ("container-version", with("below/a.pnts", patch(pnts(&two_points(), &Value::Null), 4, 2))),
        ("container-length", with("below/a.pnts", [pnts(&two_points(), &Value::Null), vec![0; 8]].concat())),
        ("container-alignment", with("below/a.pnts", longer(pnts(&two_points(), &Value::Null)))),
        (
            "container-padding",
            with(
                "below/a.pnts",
                zeros(pnts(&json!({ "POINTS_LENGTH": 2, "POSITION": { "byteOffset": 0 }, "x": 1 }), &Value::Null)),
            ),
        ),
        ("container-gltf-format", with("below/a.i3dm", patch(i3dm(&two_instances()), 28, 2))),
        ("composite-tiles", with("below/a.cmpt", patch(cmpt(&[b3dm()]), 12, 2))),
        ("composite-tiles", with("below/a.cmpt", cmpt(&[patch(b3dm(), 0, 0)]))),
        ("composite-tiles", with("below/a.cmpt", [cmpt(&[b3dm()]), vec![0; 8]].concat())),
        ("feature-table-semantic", b3dm_with(&json!({}), &Value::Null)),
        ("feature-table-semantic", i3dm_with(json!({ "INSTANCES_LENGTH": 1 }))),
        ("feature-table-semantic", i3dm_with(json!({ "INSTANCES_LENGTH": 1, "POSITION": [0, 0, 0] }))),
        (
            "feature-table-semantic",
            i3dm_with(
                json!({ "INSTANCES_LENGTH": 1, "POSITION": { "byteOffset": 0 }, "NORMAL_UP": { "byteOffset": 12 } }),
            ),
        ),
        ("feature-table-semantic", pnts_with(json!({ "POINTS_LENGTH": 1, "POSITION_QUANTIZED": { "byteOffset": 0 } }))),
        (
            "feature-table-semantic",
            pnts_with(json!({ "POINTS_LENGTH": 1, "POSITION": { "byteOffset": 0 }, "BATCH_ID": { "byteOffset": 12 } })),
        ),
        ("feature-table-range", pnts_with(json!({ "POINTS_LENGTH": 3, "POSITION": { "byteOffset": 0 } }))),
        ("feature-table-range", pnts_with(json!({ "POINTS_LENGTH": 1, "POSITION": { "byteOffset": 2 } }))),
        ("batch-table-length", b3dm_with(&one, &json!({ "a": [1, 2] }))),
        ("batch-table-range", b3dm_with(&one, &column(8))),
        ("batch-table-range", b3dm_with(&one, &column(2))),
        ("batch-table-range", b3dm_with(&one, &json!({ "a": {} }))),
        ("batch-table-without-batches", b3dm_with(&json!({ "BATCH_LENGTH": 0 }), &json!({ "a": [] }))),
        ("content-defect", b3dm_with(&one, &column(800))),
    ]
}

/// With another byte that the header knows of.
fn longer(bytes: Vec<u8>) -> Vec<u8> {
    let length = bytes.len() as u32 + 1;
    patch([bytes, vec![0]].concat(), 8, length)
}

fn of_gltf() -> Vec<(&'static str, Files)> {
    let (json, binary) = parts_of_glb();
    let text = json.to_string().into_bytes();
    let whole = |bytes: Vec<u8>| with("a.glb", bytes);
    let mut odd = text.clone();
    odd.resize(odd.len().next_multiple_of(4) + 1, b' ');
    let mut even = text.clone();
    even.resize(even.len().next_multiple_of(4), b' ');
    let metadata = |change: &dyn Fn(&mut Value)| {
        edit_glb(|g| change(&mut g["extensions"]["EXT_structural_metadata"]["propertyTables"][0]))
    };
    let features = |change: &dyn Fn(&mut Value)| {
        edit_glb(|g| {
            change(&mut g["meshes"][0]["primitives"][0]["extensions"]["EXT_mesh_features"]["featureIds"][0]);
        })
    };
    vec![
        ("content-broken", whole(patch(glb_of(0), 12, 1 << 20))),
        (
            "content-not-read",
            edit_glb(|g| {
                g["extensionsUsed"].as_array_mut().unwrap().push(json!("X"));
                g["extensionsRequired"] = json!(["X"]);
            }),
        ),
        ("feature-id-out-of-range", whole(glb_of(5))),
        ("glb-header", whole(b"glTF\x02".to_vec())),
        ("glb-header", whole(patch(glb_of(0), 4, 1))),
        ("glb-length", whole(patch(glb_of(0), 8, 12))),
        ("glb-chunk", whole(patch(glb_of(0), 12, 1 << 20))),
        ("glb-chunk", whole(glb_of_chunks(&[(b"BIN\0", &binary), (b"JSON", &even)]))),
        ("glb-alignment", whole(glb_of_chunks(&[(b"JSON", &odd), (b"BIN\0", &binary)]))),
        ("glb-padding", whole(glb_of_chunks(&[(b"JSON", &[&text[..], &[0; 4][..4 - text.len() % 4]].concat())]))),
        ("glb-buffer", edit_glb(|g| g["buffers"][0]["byteLength"] = json!(4))),
        ("glb-buffer", whole(glb_of_chunks(&[(b"JSON", &even)]))),
        ("gltf-version", edit_glb(|g| g["asset"]["version"] = json!("1.0"))),
        ("gltf-extension-required-not-used", edit_glb(|g| g["extensionsRequired"] = json!(["X"]))),
        ("gltf-extension-not-declared", edit_glb(|g| g["extensionsUsed"] = json!(["EXT_mesh_features"]))),
        ("property-table", metadata(&|t| t["properties"]["name"]["values"] = json!(99))),
        ("property-table", metadata(&|t| t["count"] = json!(9))),
        (
            "property-table",
            metadata(&|t| {
                drop(t["properties"]["name"].as_object_mut().unwrap().remove("stringOffsets"));
            }),
        ),
        ("metadata-class-unknown", metadata(&|t| t["class"] = json!("no"))),
        ("metadata-property-unknown", metadata(&|t| t["properties"]["no"] = json!({ "values": 0 }))),
        ("gltf-feature-ids", features(&|f| f["attribute"] = json!(7))),
        ("gltf-feature-ids", features(&|f| f["propertyTable"] = json!(7))),
        ("gltf-feature-ids", features(&|f| f["texture"] = json!({ "index": 3 }))),
        ("json-out-of-range", features(&|f| f["featureCount"] = json!(0))),
    ]
}
