//! Lies and damage.

use super::builder::*;
use crate::tileset::{Subtree, TileId, Tileset};
use proptest::prelude::*;
use serde_json::{Value, json};

/// Attaches what can be parsed; the tree is then a tree.
fn survive(bytes: &[u8], set: &mut Tileset) {
    let subtree = Subtree::parse(bytes, &url("s/0.subtree"), &mut |uri| {
        if uri.len() % 2 == 0 { Ok(vec![0xff; 64]) } else { Err("no".into()) }
    });
    if let Ok(subtree) = subtree {
        let _ = set.attach_subtree(TileId(0), subtree);
    }
    for tile in set.tiles() {
        assert!(tile.volume.bounding_sphere().1.is_finite());
        for child in &tile.children {
            assert_eq!(set.tile(*child).unwrap().parent, Some(tile.id));
        }
        for n in 0..tile.contents.len() {
            let _ = (set.content_metadata(tile.id, n), set.content_group(tile.id, n));
        }
        let _ = (set.tile_metadata(tile.id), set.subtree_metadata(tile.id));
    }
}

/// A tileset whose subtree has everything.
fn everything() -> (Value, Vec<u8>) {
    let mut json = implicit(&cube(), "QUADTREE", (2, 5), &json!({}));
    json["schema"] = json!({ "classes": { "t": { "properties": {
        "error": { "type": "SCALAR", "componentType": "FLOAT64", "semantic": "TILE_GEOMETRIC_ERROR" },
        "names": { "type": "STRING", "array": true },
    } } } });
    let mut subtree = SubtreeBuilder::new();
    let errors: Vec<u8> = [5.0f64, 4.0, 3.0].iter().flat_map(|x| x.to_le_bytes()).collect();
    let views = [
        subtree.view(&errors),
        subtree.view(b"abcd"),
        subtree.view(&[0, 1, 2, 4]),
        subtree.view(&[0, 1, 2, 3]),
        subtree.view(&bits(&[1, 0, 1, 1, 0])),
    ];
    let subtree = subtree
        .with("contentAvailability", json!([{ "bitstream": views[4], "availableCount": 3 }]))
        .with("tileAvailability", json!({ "bitstream": views[4], "availableCount": 3 }))
        .with(
            "propertyTables",
            json!([{ "class": "t", "count": 3, "properties": {
            "error": { "values": views[0] },
            "names": { "values": views[1], "stringOffsets": views[2], "stringOffsetType": "UINT8",
                       "arrayOffsets": views[3], "arrayOffsetType": "UINT8" } } }]),
        )
        .with("tileMetadata", json!(0))
        .with("contentMetadata", json!([0]))
        .with("subtreeMetadata", json!({ "class": "t", "properties": { "error": 1 } }));
    (json, subtree.binary())
}

#[test]
fn lying_levels_do_not_explode() {
    // A hundred bytes that say that there is everything.
    let all = SubtreeBuilder::new().with("childSubtreeAvailability", json!({ "constant": 1 }));
    let all = all.with("contentAvailability", json!([{ "constant": 1 }]));
    for (scheme, levels, most) in [("QUADTREE", 30, 500_001), ("OCTREE", 20, 500_001), ("QUADTREE", 7, 21_845)] {
        let (mut set, _) = tileset(&implicit(&cube(), scheme, (levels, 4_000_000_000), &json!({})));
        let found = set.attach_subtree(TileId(0), all.parse()).unwrap();
        assert_eq!(set.tiles().len(), most);
        assert_eq!(codes(&found).contains(&"subtree-too-large"), levels > 7);
    }
    let (set, found) = tileset(&implicit(&cube(), "QUADTREE", (60, 60), &json!({})));
    assert_eq!((codes(&found), &tile(&set, 0).pending), (vec!["implicit-tiling-invalid"], &None));
    // A short bitstream under deep levels is refused before anything is made of it.
    let (mut set, _) = tileset(&implicit(&cube(), "QUADTREE", (30, 30), &json!({})));
    let short = SubtreeBuilder::new().stream("childSubtreeAvailability", &[1; 64]);
    assert!(set.attach_subtree(TileId(0), short.parse()).is_err());
}

#[test]
fn contents_of_every_tile_do_not_explode_either() {
    // A thousand contents of a thousand bytes each, in every one of half a million tiles.
    let many: Vec<Value> = (0..1000).map(|_| json!({ "uri": format!("{{x}}{}", "a".repeat(1000)) })).collect();
    let mut json = implicit(&cube(), "QUADTREE", (30, 30), &json!({ "contents": many }));
    json["root"].as_object_mut().unwrap().remove("content");
    let all: Vec<Value> = (0..1000).map(|_| json!({ "constant": 1 })).collect();
    let (mut set, _) = tileset(&json);
    let found = set.attach_subtree(TileId(0), SubtreeBuilder::new().with("contentAvailability", json!(all)).parse());
    assert_eq!((codes(&found.unwrap()), set.tiles().len() < 300), (vec!["subtree-too-large"], true));

    // A template that makes no URL of any tile is told of a few times.
    let (mut set, _) =
        tileset(&implicit(&cube(), "QUADTREE", (6, 6), &json!({ "content": { "uri": "http://[{x}/" } })));
    let all = SubtreeBuilder::new().with("contentAvailability", json!([{ "constant": 1 }]));
    assert_eq!(set.attach_subtree(TileId(0), all.parse()).unwrap().len(), 64);
    assert_eq!(set.tiles().len(), 1365);
    let (set, found) = tileset(&implicit(&cube(), "QUADTREE", (6, 6), &json!({ "content": {} })));
    assert_eq!((codes(&found), set.tiles().len()), (vec!["tile-uri-invalid"], 1));
}

#[test]
fn chunks_that_are_not_there_are_refused() {
    let good = SubtreeBuilder::new().binary();
    assert!(parse(&good).is_ok());
    for cut in 0..good.len() {
        assert!(parse(&good[..cut]).is_err());
    }
    for (at, byte) in [(4, 2), (8, 0xff), (15, 0xff), (16, 1), (23, 0xff)] {
        let mut bytes = good.clone();
        bytes[at] = byte;
        assert!(parse(&bytes).is_err(), "{at}");
    }
    assert!(parse(b"{}").is_err() && parse(b"").is_err());
    let neither = SubtreeBuilder::new().with("tileAvailability", json!({}));
    assert!(parse(&neither.binary()).is_err());
    let two = SubtreeBuilder::new().with("tileAvailability", json!({ "constant": 2 }));
    assert!(parse(&two.binary()).is_err());
}

proptest! {
    #[test]
    fn random_bytes_are_survived(which in 0usize..3, bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let start: [&[u8]; 3] = [b"subt\x01\0\0\0", b"{", b""];
        let all: Vec<u8> = start[which].iter().copied().chain(bytes).collect();
        survive(&all, &mut tileset(&everything().0).0);
    }

    #[test]
    fn a_damaged_subtree_is_survived(at in any::<prop::sample::Index>(), byte in any::<u8>(), cut in any::<prop::sample::Index>()) {
        let (json, mut bytes) = everything();
        let i = at.index(bytes.len());
        bytes[i] = byte;
        survive(&bytes, &mut tileset(&json).0);
        survive(&bytes[..cut.index(bytes.len())], &mut tileset(&json).0);
    }

    #[test]
    fn damaged_numbers_of_a_subtree_are_survived(which in any::<prop::sample::Index>(), value in prop_oneof![any::<u64>(), 0u64..20]) {
        let (json, bytes) = everything();
        let length = u64::from_le_bytes(bytes[8..16].try_into().unwrap()) as usize;
        let text = damage(std::str::from_utf8(&bytes[24..24 + length]).unwrap(), which, value);
        let mut damaged = bytes[..8].to_vec();
        damaged.extend((text.len() as u64).to_le_bytes());
        damaged.extend(&bytes[16..24]);
        damaged.extend(text.as_bytes());
        damaged.extend(&bytes[24 + length..]);
        survive(&damaged, &mut tileset(&json).0);
    }

    #[test]
    fn damaged_numbers_of_an_implicit_tileset_are_survived(which in any::<prop::sample::Index>(), value in prop_oneof![any::<u64>(), 0u64..70]) {
        let (json, bytes) = everything();
        let text = damage(&json.to_string(), which, value);
        if let Ok((mut set, _)) = Tileset::parse(text.as_bytes(), &url("tileset.json")) {
            survive(&bytes, &mut set);
            let (mut again, _) = Tileset::parse(text.as_bytes(), &url("tileset.json")).unwrap();
            let all = SubtreeBuilder::new().with("contentAvailability", json!([{ "constant": 1 }]));
            // Everything is there, but for the deepest of what is said.
            if value < 8 {
                survive(&all.binary(), &mut again);
            }
        }
    }
}

/// The text with one of its digits made another number.
fn damage(text: &str, which: prop::sample::Index, value: u64) -> String {
    let digits: Vec<usize> = text.char_indices().filter(|(_, c)| c.is_ascii_digit()).map(|(i, _)| i).collect();
    let at = digits[which.index(digits.len())];
    format!("{}{value}{}", &text[..at], &text[at + 1..])
}
