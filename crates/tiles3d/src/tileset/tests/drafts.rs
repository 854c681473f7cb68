//! What 1.0's extensions wrote in other places and by other names.

use super::builder::*;
use crate::{Value, tileset::TileId};
use serde_json::{Value as Json, json};

#[test]
fn extensions_of_1_0_are_read() {
    let class = |properties: serde_json::Value| json!({ "properties": properties });
    let json = json!({
        "asset": { "version": "1.0" },
        "extensionsRequired": ["3DTILES_implicit_tiling", "3DTILES_multiple_contents", "3DTILES_bounding_volume_S2"],
        "extensions": { "3DTILES_metadata": {
            "schema": { "classes": {
                "city": class(json!({ "name": { "type": "STRING" } })),
                "layer": class(json!({ "color": { "type": "ARRAY", "componentType": "UINT8", "componentCount": 3 } })),
                "tile": class(json!({ "n": { "type": "UINT8" } })),
            } },
            "tileset": { "class": "city", "properties": { "name": "Philadelphia" } },
            "groups": {
                "buildings": { "class": "layer", "properties": { "color": [128, 128, 128] } },
                "trees": { "class": "layer", "properties": { "color": [10, 240, 30] } },
            },
            "statistics": { "classes": { "tile": { "count": 3 } } },
        } },
        "root": {
            "boundingVolume": cube(), "geometricError": 64, "refine": "REPLACE",
            "extensions": {
                "3DTILES_multiple_contents": { "content": [
                    { "uri": "b/{level}/{x}/{y}.b3dm", "extensions": { "3DTILES_metadata": { "group": "buildings" } } },
                    { "uri": "t/{level}/{x}/{y}.i3dm", "extensions": { "3DTILES_metadata": { "group": "trees" } } },
                ] },
                "3DTILES_implicit_tiling": {
                    "subdivisionScheme": "QUADTREE", "subtreeLevels": 2, "maximumLevel": 1,
                    "subtrees": { "uri": "s/{level}/{x}/{y}.subtree" },
                },
            },
        },
    });
    let (mut set, found) = tileset(&json);
    assert!(found.is_empty(), "{found:?}");
    assert_eq!(set.metadata().unwrap().get("name"), Some(&Value::String("Philadelphia".into())));
    let ids: Vec<_> = set.groups().into_iter().map(|g| g.id.unwrap()).collect();
    assert_eq!(ids, ["buildings", "trees"]);
    assert_eq!(set.statistics().unwrap().classes["tile"].count, Some(3));

    let mut subtree = SubtreeBuilder::new();
    let views =
        [subtree.view(&bits(&[1, 1, 0, 0, 1])), subtree.view(&bits(&[0, 1, 0, 0, 0])), subtree.view(&[4, 5, 6])];
    let subtree = subtree.with("tileAvailability", json!({ "bufferView": views[0] })).with("extensions", json!({
        "3DTILES_multiple_contents": { "contentAvailability": [{ "bufferView": views[1] }, { "bufferView": views[0] }] },
        "3DTILES_metadata": { "class": "tile", "properties": { "n": { "bufferView": views[2] } } },
    }));
    assert_eq!(set.attach_subtree(TileId(0), subtree.parse()).unwrap(), []);
    assert_eq!(set.tiles().len(), 3);
    assert_eq!(contents(tile(&set, 1)), ["b/1/0/0.b3dm", "t/1/0/0.i3dm"]);
    assert_eq!(contents(tile(&set, 2)), ["t/1/1/1.i3dm"]);
    let (number, group) = set.content_group(TileId(2), 0).unwrap();
    assert_eq!((number, group.id.as_deref()), (1, Some("trees")));
    let color = [10, 240, 30].map(Value::UInt).to_vec();
    assert_eq!(group.metadata.get("color"), Some(&Value::Array(color)));
    assert_eq!(set.tile_metadata(TileId(2)).unwrap().get("n"), Some(&Value::UInt(6)));
}

#[test]
fn one_availability_alone_is_a_list_of_one() {
    let (mut set, _) = tileset(&implicit(&cube(), "QUADTREE", (1, 1), &json!({})));
    let subtree = SubtreeBuilder::new().with("contentAvailability", json!({ "constant": 1 }));
    set.attach_subtree(TileId(0), subtree.parse()).unwrap();
    assert_eq!(contents(tile(&set, 0)), ["c/0.0.0.glb"]);
}

#[test]
fn tiles_and_contents_of_1_0_have_metadata() {
    let class = json!({ "properties": { "n": { "type": "SCALAR", "componentType": "UINT8" } } });
    let entity = |n: u8| json!({ "3DTILES_metadata": { "class": "c", "properties": { "n": n } } });
    let json = json!({
        "asset": { "version": "1.0" },
        "extensions": { "3DTILES_metadata": { "schema": { "classes": { "c": class } },
            "metadata": { "class": "c", "properties": { "n": 1 } } } },
        "root": { "boundingVolume": cube(), "geometricError": 1, "extensions": entity(2),
            "content": { "uri": "a.b3dm", "extensions": entity(3) } },
    });
    let (set, found) = tileset(&json);
    assert!(found.is_empty(), "{found:?}");
    let n = |entity: Option<crate::MetadataEntity>| entity.unwrap().get("n").cloned().unwrap();
    let all = [n(set.metadata()), n(set.tile_metadata(TileId(0))), n(set.content_metadata(TileId(0), 0))];
    assert_eq!(all, [1, 2, 3].map(Value::UInt));
    assert_eq!(set.content_group(TileId(0), 0), None);
}

#[test]
fn a_version_that_is_not_known_is_told_once_and_the_tiles_are_read() {
    let json = |version: Json| {
        let leaf = json!({ "boundingVolume": cube(), "geometricError": 0, "content": { "uri": "a.glb" } });
        json!({ "asset": { "version": version },
            "root": { "boundingVolume": cube(), "geometricError": 1, "children": [leaf.clone(), leaf] } })
    };
    for known in ["0.0", "1.0", "1.1"] {
        assert_eq!(tileset(&json(json!(known))).1, []);
    }
    for unknown in ["2.0", "1.2", "", "1.0.1"] {
        let (mut set, found) = tileset(&json(json!(unknown)));
        assert_eq!((codes(&found), set.tiles().len()), (vec!["tileset-version-unknown"], 3));
        assert!(found[0].message.contains(&format!("{unknown:?}")) && found[0].place == set.url.as_str());
        // A tileset within it speaks for itself.
        let url = set.url.join("b.json").unwrap();
        let attached = set.attach_external(TileId(1), json(json!("1.1")).to_string().as_bytes(), &url).unwrap();
        assert_eq!(attached, []);
        let attached = set.attach_external(TileId(2), json(json!("9")).to_string().as_bytes(), &url).unwrap();
        assert_eq!((codes(&attached), attached[0].place.as_str()), (vec!["tileset-version-unknown"], url.as_str()));
    }
}
