//! Tiles, volumes and subtrees that are not what the standard has.

use super::beside;
use crate::{build::*, tree};
use serde_json::{Value as Json, json};

type Rows = Vec<(&'static str, Files)>;

/// A whole tile of which one property is another.
fn tile(change: impl FnOnce(&mut Json)) -> Files {
    let mut tile = leaf("a.glb");
    change(&mut tile);
    beside(tile, files([("a.glb", glb())]))
}

fn without(key: &str) -> Files {
    tile(|t| drop(t.as_object_mut().unwrap().remove(key)))
}

fn volume(volume: Json) -> Files {
    tile(|t| t["boundingVolume"] = volume)
}

fn tiling(change: impl FnOnce(&mut Json)) -> Files {
    let (json, bits) = tree::sparse(0b1_0001, None);
    let inner = tree::implicit("QUADTREE", "subtree", ("s/0/0/0.subtree", subtree(&json, &bits)));
    let mut root: Json = serde_json::from_slice::<Json>(&inner["tileset.json"]).unwrap()["root"].take();
    change(&mut root);
    beside(root, inner.into_iter().filter(|f| f.0 != "tileset.json").collect())
}

pub(super) fn rows() -> Rows {
    let s2 = |token: &str, low: f64| {
        volume(json!({ "extensions": { "3DTILES_bounding_volume_S2":
            { "token": token, "minimumHeight": low, "maximumHeight": 10 } } }))
    };
    vec![
        ("a tile without a volume", without("boundingVolume")),
        ("a box of 11 numbers", volume(json!({ "box": vec![1; 11] }))),
        ("a sphere of three numbers", volume(json!({ "sphere": [0, 0, 0] }))),
        ("a region of five numbers", volume(json!({ "region": [0, 0, 1, 1, 0] }))),
        ("an S2 cell without a token", s2("", 0.0)),
        ("an S2 cell that is none", s2("zz", 0.0)),
        ("a volume that is a word", tile(|t| t["boundingVolume"] = json!({ "box": "big" }))),
        ("a request volume of no kind", tile(|t| t["viewerRequestVolume"] = json!({}))),
        ("a request volume of three numbers", tile(|t| t["viewerRequestVolume"] = json!({ "sphere": [0, 0, 0] }))),
        ("a content in a volume of no kind", tile(|t| t["content"]["boundingVolume"] = json!({ "sphere": [0] }))),
        ("an error below zero", tile(|t| t["geometricError"] = json!(-1))),
        ("a tile without an error", without("geometricError")),
        ("a refinement that is none", tile(|t| t["refine"] = json!("MULTIPLY"))),
        ("a transform of 15 numbers", tile(|t| t["transform"] = json!(vec![0; 15]))),
        ("a content without a URI", tile(|t| t["content"] = json!({}))),
        ("a content at no address", tile(|t| t["content"]["uri"] = json!("http://"))),
        ("a child that is no tile", tile(|t| t["children"] = json!([7]))),
        ("a content in a group that is not there", tile(|t| t["content"]["group"] = json!(3))),
        ("a tile of a class that is not there", tile(|t| t["metadata"] = json!({ "class": 3 }))),
        (
            "implicit tiling without subtrees",
            tiling(|t| drop(t["implicitTiling"].as_object_mut().unwrap().remove("subtrees"))),
        ),
        ("implicit tiling of no levels", tiling(|t| t["implicitTiling"]["availableLevels"] = json!(0))),
        ("implicit tiling in subtrees of no levels", tiling(|t| t["implicitTiling"]["subtreeLevels"] = json!(0))),
        ("implicit tiling in a sphere", tiling(|t| t["boundingVolume"] = json!({ "sphere": [0, 0, 0, 9] }))),
        ("implicit tiling beside children", tiling(|t| t["children"] = json!([leaf("0/0/0.glb")]))),
    ]
}

/// A tileset within another that is not one.
pub(super) fn external() -> Rows {
    let within = |bytes: Vec<u8>| beside(leaf("b.json"), files([("b.json", bytes), ("a.glb", glb())]));
    let with = |more: Json| within(tileset_with(leaf("a.glb"), more));
    vec![
        ("an external tileset of an unknown version", with(json!({ "asset": { "version": "2.0" } }))),
        ("an external tileset of no version", with(json!({ "asset": {} }))),
        ("an external tileset whose up is unknown", with(json!({ "asset": { "version": "1.0", "gltfUpAxis": "W" } }))),
        ("an external tileset that requires what is unknown", with(json!({ "extensionsRequired": ["VENDOR_x"] }))),
        ("an external tileset within itself", within(tileset(leaf("b.json")))),
        (
            "an external tileset without a root",
            within(json!({ "asset": { "version": "1.1" } }).to_string().into_bytes()),
        ),
        ("an external tileset whose schema is not there", with(json!({ "schemaUri": "none.json" }))),
        ("an external tileset whose schema is none", with(json!({ "schema": { "classes": 3 } }))),
    ]
}
