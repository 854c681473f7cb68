//! Metadata of tilesets and subtrees, and what it changes.

use super::builder::*;
use crate::{
    MetadataEntity, Value,
    tileset::{BoundingVolume, Refine, TileId, TilesetError},
};
use glam::DVec3;
use serde_json::json;

fn properties(entity: Option<MetadataEntity>) -> Vec<(String, Value)> {
    entity.unwrap().properties
}

fn le(numbers: &[f64]) -> Vec<u8> {
    numbers.iter().flat_map(|x| x.to_le_bytes()).collect()
}

#[test]
fn tables_of_a_subtree_say_what_its_tiles_are() {
    let scalar = |semantic: &str| json!({ "type": "SCALAR", "componentType": "FLOAT64", "semantic": semantic });
    let list = |semantic: &str, count: u32| json!({ "type": "SCALAR", "componentType": "FLOAT64", "array": true, "count": count, "semantic": semantic });
    let mut json = implicit(&cube(), "QUADTREE", (2, 3), &json!({}));
    let mut error = scalar("TILE_GEOMETRIC_ERROR");
    error["noData"] = json!(-1);
    json["schema"] = json!({ "classes": {
        "tile": { "properties": {
            "box": list("TILE_BOUNDING_BOX", 12),
            "error": error,
            "point": { "type": "VEC3", "componentType": "FLOAT64", "semantic": "TILE_HORIZON_OCCLUSION_POINT" },
            "refine": { "type": "SCALAR", "componentType": "UINT8", "semantic": "TILE_REFINE" },
        } },
        "content": { "properties": {
            "sphere": list("CONTENT_BOUNDING_SPHERE", 4),
            "uri": { "type": "STRING", "semantic": "CONTENT_URI" },
            "group": { "type": "SCALAR", "componentType": "UINT8", "semantic": "CONTENT_GROUP_ID" },
        } },
        "subtree": { "properties": { "by": { "type": "STRING" } } },
    } });
    json["groups"] = json!([{ "class": "subtree", "properties": { "by": "A" } }, { "class": "subtree", "properties": { "by": "B" } }]);
    json["root"]["content"]["group"] = json!(1);
    let (mut set, found) = tileset(&json);
    assert!(found.is_empty(), "{found:?}");

    // Tiles 0, 2 and 4; contents of 2 and 4.
    let mut subtree = SubtreeBuilder::new();
    let boxes: Vec<f64> = (0..3).flat_map(|i| [f64::from(i), 0., 0., 1., 0., 0., 0., 1., 0., 0., 0., 1.]).collect();
    let v = [
        subtree.view(&le(&boxes)),
        subtree.view(&le(&[50.0, -1.0, 20.0])),
        subtree.view(&le(&[1.0; 9])),
        subtree.view(&[1, 0, 7]),
        subtree.view(&le(&[7.0, 0.0, 0.0, 0.5, 8.0, 0.0, 0.0, 0.25])),
        subtree.view(b"own.glb"),
        subtree.view(&[0, 0, 7]),
        subtree.view(&[1, 0]),
    ];
    let subtree = subtree
        .stream("tileAvailability", &[1, 0, 1, 0, 1])
        .with("contentAvailability", json!([{ "bitstream": 9 }]))
        .with(
            "propertyTables",
            json!([
                { "class": "content", "count": 2, "properties": {
                    "sphere": { "values": v[4] }, "group": { "values": v[7] },
                    "uri": { "values": v[5], "stringOffsets": v[6], "stringOffsetType": "UINT8" } } },
                { "class": "tile", "count": 3, "properties": {
                    "box": { "values": v[0] }, "error": { "values": v[1] }, "point": { "values": v[2] },
                    "refine": { "values": v[3] } } },
            ]),
        )
        .with("tileMetadata", json!(1))
        .with("contentMetadata", json!([0]))
        .with("subtreeMetadata", json!({ "class": "subtree", "properties": { "by": "me" } }));
    let mut subtree = subtree;
    assert_eq!(subtree.view(&bits(&[0, 0, 1, 0, 1])), 9);
    assert_eq!(set.attach_subtree(TileId(0), subtree.parse()).unwrap(), []);

    let middle = |id: u32| tile(&set, id).volume.bounding_sphere().0;
    assert_eq!([middle(0), middle(1), middle(2)], [DVec3::ZERO, DVec3::X, DVec3::new(2.0, 0.0, 0.0)]);
    let errors = [0, 1, 2].map(|i| tile(&set, i).geometric_error);
    assert_eq!(errors, [50.0, 32.0, 20.0], "no data: what it would be otherwise");
    assert_eq!([0, 1, 2].map(|i| tile(&set, i).refine), [Refine::Replace, Refine::Add, Refine::Add]);
    assert_eq!(contents(tile(&set, 1)), ["c/1.1.0.glb"]);
    assert_eq!(contents(tile(&set, 2)), ["own.glb"]);
    let small = BoundingVolume::Sphere { center: DVec3::new(8.0, 0.0, 0.0), radius: 0.25 };
    assert_eq!(tile(&set, 2).content_volumes, [small]);

    let entity = set.tile_metadata(TileId(2)).unwrap();
    assert_eq!((entity.class.as_str(), entity.get("error")), ("tile", Some(&Value::Float(20.0))));
    assert_eq!(entity.get("refine"), Some(&Value::UInt(7)));
    assert_eq!(set.tile_metadata(TileId(1)).unwrap().get("error"), Some(&Value::Null));
    let uri = set.content_metadata(TileId(2), 0).unwrap().get("uri").cloned();
    assert_eq!(uri, Some(Value::String("own.glb".into())));
    assert_eq!(set.content_group(TileId(1), 0).unwrap().0, 1, "its row says so too");
    assert_eq!(set.content_group(TileId(2), 0).unwrap().1.metadata.get("by"), Some(&Value::String("A".into())));
    assert_eq!(properties(set.subtree_metadata(TileId(2))), [("by".into(), Value::String("me".into()))]);
}

#[test]
fn heights_of_tiles_make_regions_thin() {
    let mut json = implicit(&json!({ "region": [2.0, 0.6, 2.01, 0.61, 0, 320] }), "QUADTREE", (2, 2), &json!({}));
    let height = |semantic: &str| json!({ "type": "SCALAR", "componentType": "FLOAT32", "semantic": semantic });
    json["schema"] = json!({ "classes": { "t": { "properties": { "top": height("TILE_MAXIMUM_HEIGHT"),
        "inner": height("CONTENT_MAXIMUM_HEIGHT") } } } });
    let (mut set, _) = tileset(&json);
    let mut subtree = SubtreeBuilder::new();
    let tops: Vec<u8> = [320.0f32, 80.0, 40.0, 20.0, 10.0].iter().flat_map(|x| x.to_le_bytes()).collect();
    let view = subtree.view(&tops);
    let subtree = subtree
        .with("contentAvailability", json!([{ "constant": 1 }]))
        .with(
            "propertyTables",
            json!([{ "class": "t", "count": 5, "properties": { "top": { "values": view },
            "inner": { "values": view } } }]),
        )
        .with("tileMetadata", json!(0))
        .with("contentMetadata", json!([0]));
    assert_eq!(set.attach_subtree(TileId(0), subtree.parse()).unwrap(), []);
    let thick = |volume: &BoundingVolume| match volume {
        BoundingVolume::Box { half_axes, .. } => 2.0 * half_axes.z_axis.length(),
        BoundingVolume::Sphere { .. } => panic!("a sphere"),
    };
    // The ground of a part bulges by some 34 m: 0.0025² / 2 of the Earth's radius northwards, and less eastwards.
    let bulge = thick(&tile(&set, 4).volume) - 10.0;
    assert!((30.0..36.0).contains(&bulge), "{bulge}");
    assert!((thick(&tile(&set, 1).volume) - 80.0 - bulge).abs() < 1.0);
    assert!((thick(&tile(&set, 3).volume) - 20.0 - bulge).abs() < 1.0);
    assert_eq!(tile(&set, 3).content_volumes, [tile(&set, 3).volume.clone()]);
}

#[test]
fn a_schema_may_come_later() {
    let mut json = implicit(&cube(), "QUADTREE", (1, 1), &json!({}));
    json["schemaUri"] = json!("schema.json");
    json["metadata"] = json!({ "class": "c", "properties": { "n": 5 } });
    let (mut set, found) = tileset(&json);
    assert!(found.is_empty());
    assert_eq!(set.schema_uri(), Some(&url("schema.json")));
    assert_eq!(properties(set.metadata()), [("n".into(), Value::Int(5))], "as it is written");
    let mut subtree = SubtreeBuilder::new();
    let view = subtree.view(&[9]);
    let subtree = subtree
        .with("propertyTables", json!([{ "class": "c", "count": 1, "properties": { "n": { "values": view } } }]))
        .with("tileMetadata", json!(0));
    assert_eq!(codes(&set.attach_subtree(TileId(0), subtree.parse()).unwrap()), ["schema-missing"]);
    assert_eq!(set.tile_metadata(TileId(0)), None);

    let schema = json!({ "classes": { "c": { "properties": {
        "n": { "type": "SCALAR", "componentType": "UINT8", "normalized": true, "scale": 255 } } } } });
    assert_eq!(set.set_schema(&url("schema.json"), schema.to_string().as_bytes()).unwrap(), []);
    assert_eq!(set.schema_uri(), None);
    assert_eq!(properties(set.metadata()), [("n".into(), Value::Float(5.0))]);
    assert_eq!(properties(set.tile_metadata(TileId(0))), [("n".into(), Value::Float(9.0))]);

    let (mut set, _) = tileset(&json);
    assert!(matches!(set.set_schema(&url("schema.json"), b"<html>"), Err(TilesetError::Schema { .. })));
    assert_eq!(set.schema_uri(), None);
    assert_eq!(codes(&set.attach_subtree(TileId(0), subtree.parse()).unwrap()), ["schema-missing"]);
}

#[test]
fn explicit_tiles_are_what_their_metadata_says() {
    let json = json!({
        "asset": { "version": "1.1", "tilesetVersion": "7", "extras": { "by": "me" } },
        "properties": { "Height": { "minimum": 1, "maximum": 2.5 }, "bad": 3 },
        "schema": { "classes": { "c": { "properties": {
            "sphere": { "type": "SCALAR", "componentType": "FLOAT64", "array": true, "count": 4,
                        "semantic": "TILE_BOUNDING_SPHERE" },
            "error": { "type": "SCALAR", "componentType": "FLOAT32", "semantic": "TILE_GEOMETRIC_ERROR" },
        } } } },
        "groups": [{ "class": "c" }],
        "root": {
            "boundingVolume": cube(), "geometricError": 9,
            "metadata": { "class": "c", "properties": { "sphere": [1, 2, 3, 4], "error": 5, "more": 1 } },
            "contents": [{ "uri": "a.glb", "group": 0 }, { "uri": "b.glb", "group": 1 }, { "uri": "" }],
        },
    });
    let (set, found) = tileset(&json);
    assert_eq!(codes(&found), ["property-unknown", "content-group-invalid", "tile-uri-invalid"]);
    let root = tile(&set, 0);
    assert_eq!(root.volume, BoundingVolume::Sphere { center: DVec3::new(1.0, 2.0, 3.0), radius: 4.0 });
    assert_eq!((root.geometric_error, root.contents.len()), (5.0, 2));
    assert_eq!((set.content_group(root.id, 0).unwrap().0, set.content_group(root.id, 1)), (0, None));
    assert_eq!(set.tileset_version(), Some("7"));
    assert_eq!(set.asset_extras(), Some(&json!({ "by": "me" })));
    let ranges = set.property_ranges().unwrap();
    assert_eq!((ranges.len(), ranges["Height"].minimum, ranges["Height"].maximum), (1, 1.0, 2.5));
}

#[test]
fn an_external_tileset_has_metadata_of_its_own() {
    let class = json!({ "classes": { "c": { "properties": { "n": { "type": "SCALAR", "componentType": "INT8" } } } } });
    let entity = |n: i32| json!({ "class": "c", "properties": { "n": n } });
    let file = |n: i32, uris: &[&str]| {
        let contents: Vec<_> = uris.iter().map(|u| json!({ "uri": u, "metadata": entity(n + 2) })).collect();
        json!({ "asset": { "version": "1.1" }, "schema": class, "metadata": entity(n), "root": {
            "boundingVolume": cube(), "geometricError": 1, "metadata": entity(n + 1), "contents": contents } })
    };
    let (mut set, found) = tileset(&file(10, &["inner.json", "a.glb"]));
    assert!(found.is_empty(), "{found:?}");
    let inner = file(20, &["b.glb"]).to_string();
    set.attach_external(TileId(0), inner.as_bytes(), &url("inner.json")).unwrap();
    let n = |entity: Option<MetadataEntity>| entity.and_then(|e| e.get("n").cloned());
    let int = |n| Some(Value::Int(n));
    assert_eq!(
        (n(set.metadata()), n(set.metadata_at(TileId(0))), n(set.metadata_at(TileId(1)))),
        (int(10), int(10), int(20))
    );
    assert_eq!((n(set.tile_metadata(TileId(0))), n(set.tile_metadata(TileId(1)))), (int(11), int(21)));
    assert_eq!((contents(tile(&set, 0)), n(set.content_metadata(TileId(0), 0))), (vec!["a.glb"], int(12)));
    assert_eq!(set.content_metadata(TileId(0), 1), None);
    let mut gone = Vec::new();
    set.grafted(TileId(0), &mut gone);
    set.cut(TileId(0), &gone);
    assert_eq!((n(set.content_metadata(TileId(0), 1)), n(set.metadata_at(TileId(1)))), (int(12), None));
}
