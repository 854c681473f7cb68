//! Whatever the files are, the inspector comes to an end and says something.

use super::builder::*;
use crate::inspect::InspectOptions;
use proptest::prelude::*;
use serde_json::Value;

fn survive(files: &Files) {
    let options = InspectOptions { max_tiles: 2000, max_decoded_bytes: 1 << 20, features: 2 };
    let report = run_with(files, &options);
    let text = report.to_string();
    assert!(text.ends_with("notes"));
    serde_json::to_string(&report).unwrap();
}

/// All places in a JSON document.
fn pointers(value: &Value, here: &str, out: &mut Vec<String>) {
    out.push(here.to_owned());
    match value {
        Value::Array(items) => items.iter().enumerate().for_each(|(i, v)| pointers(v, &format!("{here}/{i}"), out)),
        Value::Object(members) => members.iter().for_each(|(k, v)| pointers(v, &format!("{here}/{k}"), out)),
        _ => {}
    }
}

fn strange() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (-40i64..40).prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "[a-z{}/.:%]{0,12}".prop_map(Value::from),
        Just(serde_json::json!([])),
        Just(serde_json::json!({})),
        proptest::collection::vec(any::<i32>(), 0..17).prop_map(Value::from),
    ]
}

proptest! {
    #[test]
    fn any_bytes_are_survived(bytes in proptest::collection::vec(any::<u8>(), 0..300), which in 0usize..7, magic in 0usize..8) {
        let start: [&[u8]; 8] = [b"", b"{", b"glTF\x02\0\0\0", b"b3dm\x01\0\0\0", b"i3dm\x01\0\0\0", b"pnts\x01\0\0\0",
            b"cmpt\x01\0\0\0", b"\x1f\x8b\x08\0"];
        let mut files = files();
        let path = files.keys().nth(which).unwrap().clone();
        files.insert(path, [start[magic], &bytes].concat());
        survive(&files);
        let mut files = implicit();
        files.insert("0/0/0.subtree".into(), [b"subt\x01\0\0\0", &bytes[..]].concat());
        survive(&files);
    }

    #[test]
    fn any_json_is_survived(text in "[\\[\\]{}\",:0-9a-z]{0,200}") {
        survive(&[("tileset.json".to_owned(), text.into_bytes())].into());
    }

    #[test]
    fn strange_values_anywhere_are_survived(change in proptest::collection::vec((any::<usize>(), strange()), 1..4),
                                            which in 0usize..4) {
        let (mut files, path) = match which {
            0 => (files(), "tileset.json"),
            1 => (files(), "below/tileset.json"),
            2 => (implicit(), "tileset.json"),
            _ => (implicit(), "0/0/0.subtree"),
        };
        let mut json: Value = match which {
            3 => root_subtree(),
            _ => serde_json::from_slice(&files[path]).unwrap(),
        };
        for (at, value) in change {
            let mut places = Vec::new();
            pointers(&json, "", &mut places);
            *json.pointer_mut(&places[at % places.len()]).unwrap() = value;
        }
        let bytes = if which == 3 { subtree(&json, &[8]) } else { json.to_string().into_bytes() };
        files.insert(path.to_owned(), bytes);
        survive(&files);
    }

    #[test]
    fn damaged_contents_are_survived(which in 0usize..7, damage in proptest::collection::vec((any::<usize>(), any::<u8>()), 1..8),
                                     cut in any::<Option<usize>>()) {
        let mut files = files();
        let path = files.keys().nth(which).unwrap().clone();
        let bytes = files.get_mut(&path).unwrap();
        let n = bytes.len();
        for (at, byte) in damage {
            bytes[at % n] = byte;
        }
        if let Some(cut) = cut {
            bytes.truncate(cut % n);
        }
        survive(&files);
    }

    #[test]
    fn strange_values_in_a_glb_are_survived(at in any::<usize>(), value in strange()) {
        let (mut json, binary) = parts_of_glb();
        let mut places = Vec::new();
        pointers(&json, "", &mut places);
        *json.pointer_mut(&places[at % places.len()]).unwrap() = value;
        let mut files = files();
        files.insert("a.glb".into(), glb(&json, b' ', &binary));
        survive(&files);
    }
}

#[test]
fn an_implicit_tileset_that_promises_the_world_is_stopped() {
    let mut files = implicit();
    let mut json: Value = serde_json::from_slice(&files["tileset.json"]).unwrap();
    let tiling = &mut json["root"]["implicitTiling"];
    tiling["subtreeLevels"] = 20.into();
    tiling["availableLevels"] = 40.into();
    files.insert("tileset.json".into(), json.to_string().into_bytes());
    let all = serde_json::json!({ "tileAvailability": { "constant": 1 }, "contentAvailability": [{ "constant": 1 }],
        "childSubtreeAvailability": { "constant": 1 } });
    files.insert("0/0/0.subtree".into(), subtree(&all, &[]));
    let report = run_with(&files, &InspectOptions { max_tiles: 1000, ..Default::default() });
    assert_eq!(report.rules["inspection-stopped"], 1);
    assert!(report.tree.tiles() <= 1001);
}
