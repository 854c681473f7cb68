use super::build::*;
use crate::{DecodeError, DecodeOptions, Value, content::decode_content};
use glam::DVec3;
use proptest::prelude::*;
use serde_json::{Value as Json, json};

fn batched(ids: [u8; 3]) -> Vec<u8> {
    let (json, binary) = triangle([0.0; 3], ids);
    glb(&json, &binary)
}

fn two() -> Builder {
    Builder::feature(json!({ "BATCH_LENGTH": 2, "RTC_CENTER": [1.5, 2.5, 3.5] }))
        .batch(json!({ "name": ["a", "b"], "extras": { "any": 1 } }))
        .body(batched([0, 1, 1]))
}

fn words(words: &[u32]) -> Vec<u8> {
    words.iter().flat_map(|w| w.to_le_bytes()).collect()
}

#[test]
fn batches_and_the_centre_are_read() {
    let tile = decode(&two().b3dm()).unwrap();
    assert_eq!(codes(&tile), Vec::<&str>::new());
    assert_eq!(tile.origin, DVec3::new(1.5, 2.5, 3.5));
    assert_eq!(tile.features.count(), 2);
    // Flat normals give each corner its own vertex, in the triangle's order.
    assert_eq!(tile.primitives[0].feature_ids, [0, 1, 1]);
    assert_eq!(tile.features.row(1), [("name".to_owned(), Value::String("b".into()))]);

    let in_body = Builder::feature(json!({ "BATCH_LENGTH": 0 })).with("RTC_CENTER", &[1.0f32, 2.0, 3.0]);
    let tile = decode(&in_body.body(batched([0; 3])).b3dm()).unwrap();
    assert_eq!(tile.origin, DVec3::new(1.0, 2.0, 3.0));
}

#[test]
fn the_headers_of_both_drafts_are_read() {
    let table = b"{\"name\":[\"a\",\"b\"]} ";
    let model = batched([0, 1, 1]);
    let file = |header: &[u32], table: &[u8]| {
        let mut out = b"b3dm".to_vec();
        out.extend(words(&[1, (8 + header.len() * 4 + table.len() + model.len()) as u32 + 4]));
        out.extend(words(header));
        out.extend(table);
        out.extend(&model);
        out
    };
    let length = table.len() as u32;
    let drafts = [file(&[2, length], table), file(&[length, 0, 2], table)];
    for bytes in drafts {
        let tile = decode(&bytes).unwrap();
        assert!(codes(&tile).contains(&"b3dm-draft-header"), "{:?}", tile.diagnostics);
        assert_eq!(tile.features.get(1, "name"), Some(Value::String("b".into())));
    }
    // Without a table the glTF follows at once.
    for bytes in [file(&[2, 0], b""), file(&[0, 0, 2], b"")] {
        let tile = decode(&bytes).unwrap();
        assert_eq!(tile.features.count(), 2);
        assert_eq!(tile.features.row(1), []);
    }
}

#[test]
fn a_length_that_disagrees_with_the_file_is_named() {
    let valid = two().b3dm();
    let mut more = valid.clone();
    more.extend([b' '; 40]);
    let tile = decode(&more).unwrap();
    assert_eq!(codes(&tile), ["container-length"]);
    assert_eq!(tile.features.count(), 2);
    for wrong in [0u32, 12, u32::MAX] {
        let mut bytes = valid.clone();
        bytes[8..12].copy_from_slice(&wrong.to_le_bytes());
        let tile = decode(&bytes).unwrap();
        assert_eq!(codes(&tile), ["container-length"]);
        assert_eq!(tile.features.count(), 2);
    }
    // The parts must fit, whatever the whole is said to be.
    for field in 3..7 {
        let mut bytes = valid.clone();
        bytes[field * 4..field * 4 + 4].copy_from_slice(&0x00ff_ffffu32.to_le_bytes());
        assert!(matches!(decode(&bytes), Err(DecodeError::Truncated { .. })), "{field}");
    }
}

#[test]
fn padding_that_is_missing_is_named_and_read_all_the_same() {
    let feature = br#"{"BATCH_LENGTH":2}"#;
    let model = batched([0, 1, 1]);
    let mut bytes = b"b3dm".to_vec();
    bytes.extend(words(&[1, (28 + feature.len() + model.len()) as u32, feature.len() as u32, 0, 0, 0]));
    bytes.extend(feature);
    bytes.extend(model);
    let tile = decode(&bytes).unwrap();
    assert_eq!(codes(&tile), ["container-alignment"]);
    assert!(tile.diagnostics[0].message.contains("byte 46"), "{}", tile.diagnostics[0].message);
    assert_eq!(tile.features.count(), 2);
}

#[test]
fn padding_after_the_glb_and_a_glb_in_json_are_read() {
    let mut padded = two();
    padded.body.extend([b' '; 16]);
    assert_eq!(decode(&padded.b3dm()).unwrap().primitives.len(), 1);
    let (mut json, binary) = triangle([0.0; 3], [0; 3]);
    use base64::Engine as _;
    let data = base64::engine::general_purpose::STANDARD.encode(binary);
    json["buffers"][0]["uri"] = json!(format!("data:application/octet-stream;base64,{data}"));
    let text = Builder { body: json.to_string().into_bytes(), ..two() };
    assert_eq!(decode(&text.b3dm()).unwrap().primitives.len(), 1);
}

#[test]
fn broken_tables_do_not_cost_the_model() {
    let with = |batch: Json| decode(&two().batch(batch).b3dm()).unwrap();
    let named = |batch: Json, code: &str| {
        let tile = with(batch);
        assert!(codes(&tile).contains(&code), "{:?}", tile.diagnostics);
        assert_eq!(tile.primitives.len(), 1);
        assert_eq!(tile.features.count(), 2);
        tile
    };
    named(json!([1, 2]), "batch-table-invalid");
    named(json!({ "a": 3 }), "batch-table-column");
    let short = named(json!({ "a": [1] }), "batch-table-column-odd");
    assert_eq!((short.features.get(0, "a"), short.features.get(1, "a")), (Some(Value::Int(1)), None));
    let outside = json!({ "a": { "byteOffset": 8, "componentType": "FLOAT", "type": "SCALAR" } });
    named(outside, "batch-table-column");

    let length = |value: Json| {
        let file = Builder { feature: Some(json!({ "BATCH_LENGTH": value })), ..two() };
        decode(&file.b3dm()).unwrap()
    };
    assert_eq!(codes(&length(json!("two"))), ["batch-length-invalid"]);
    assert_eq!(length(json!("two")).features.count(), 2);
    let lie = length(json!(4_000_000_000u32));
    assert!(codes(&lie).contains(&"batch-length-too-large"));
    assert!(lie.features.count() < 100);
    assert!(codes(&length(json!(1))).contains(&"batch-id-out-of-range"));

    let centre = Builder { feature: Some(json!({ "RTC_CENTER": [1, 2, "x"] })), ..two() };
    assert!(matches!(decode(&centre.b3dm()), Err(DecodeError::Malformed { .. })));
    let mut no_json = two().b3dm();
    no_json[28] = b'x';
    assert!(matches!(decode(&no_json), Err(DecodeError::Malformed { .. })));
}

#[test]
fn a_compressed_file_is_read() {
    use std::io::Write as _;
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(&two().b3dm()).unwrap();
    let file = encoder.finish().unwrap();
    assert_eq!(decode(&file).unwrap().features.count(), 2);
    let small = DecodeOptions { max_decoded_bytes: 100, ..Default::default() };
    let refused = decode_content(&file, &small, &mut |_| Err("no".into()));
    assert!(matches!(refused, Err(DecodeError::TooLarge { .. })));
}

proptest! {
    #[test]
    fn a_damaged_file_is_survived(way in 0u8..4, at in 0usize..4000, value in any::<u32>()) {
        survive(&damaged(&two().b3dm(), way, at, value));
    }

    #[test]
    fn any_bytes_are_survived(tail in proptest::collection::vec(any::<u8>(), 0..300)) {
        survive(&[&b"b3dm\x01\0\0\0"[..], &tail].concat());
    }
}
