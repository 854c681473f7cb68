use super::build::*;
use crate::{Content, DecodeError, DecodeOptions, content::decode_content};
use proptest::prelude::*;
use serde_json::json;

fn composite(tiles: &[Vec<u8>]) -> Vec<u8> {
    let inner = tiles.concat();
    let mut out = b"cmpt".to_vec();
    [1, 16 + inner.len() as u32, tiles.len() as u32].iter().for_each(|w| out.extend(w.to_le_bytes()));
    out.extend(inner);
    out
}

fn points(count: usize) -> Vec<u8> {
    let positions: Vec<f32> = (0..count * 3).map(|i| i as f32).collect();
    Builder::feature(json!({ "POINTS_LENGTH": count })).with("POSITION", &positions).pnts()
}

fn buildings() -> Vec<u8> {
    Builder::feature(json!({ "BATCH_LENGTH": 1 })).body(triangle_glb()).b3dm()
}

fn trees() -> Vec<u8> {
    let file = Builder::feature(json!({ "INSTANCES_LENGTH": 2 })).with("POSITION", &[0.0f32; 6]);
    file.body(triangle_glb()).i3dm()
}

/// What each model has: points, or the instances of its triangle.
fn kinds(bytes: &[u8]) -> Vec<(usize, usize)> {
    let tiles = decode_all(bytes).unwrap();
    let of = |t: &crate::DecodedTile| (t.primitives[0].positions.len(), t.instances.iter().map(Vec::len).sum());
    tiles.iter().map(of).collect()
}

#[test]
fn tiles_of_every_kind_come_out_in_their_order() {
    let nested = composite(&[points(2), composite(&[trees()])]);
    let file = composite(&[buildings(), nested, triangle_glb(), points(5)]);
    assert_eq!(kinds(&file), [(3, 0), (2, 0), (3, 2), (3, 0), (5, 0)]);
    assert!(decode_all(&file).unwrap().iter().all(|t| t.diagnostics.is_empty()));
    assert!(decode_all(&composite(&[])).unwrap().is_empty());
}

#[test]
fn padding_that_no_tile_counts_as_its_own_is_skipped() {
    let mut short = points(1);
    short.truncate(short.len() - 4);
    let length = short.len() as u32;
    assert_eq!(length % 8, 4);
    short[8..12].copy_from_slice(&length.to_le_bytes());
    short[16..20].copy_from_slice(&12u32.to_le_bytes());
    short.extend([0; 4]);
    let file = composite(&[short, points(2)]);
    assert_eq!(kinds(&file), [(1, 0), (2, 0)]);
}

#[test]
fn a_broken_tile_is_named_and_the_rest_goes_on() {
    let mut broken = points(3);
    broken[28] = b'x';
    let mut unknown = points(1);
    unknown[..4].copy_from_slice(b"vctr");
    let tiles = decode_all(&composite(&[broken.clone(), points(1), unknown, points(2)])).unwrap();
    assert_eq!(tiles.iter().map(|t| t.primitives[0].positions.len()).collect::<Vec<_>>(), [1, 2]);
    assert_eq!(codes(&tiles[0]), ["composite-tile-broken"; 2]);
    assert_eq!(tiles[0].diagnostics[1].place, "composite tile 2");
    assert!(tiles[0].diagnostics[1].message.contains("vctr"));
    // Nothing to show is an error, and the first reason is the one given.
    assert!(matches!(decode_all(&composite(&[broken])), Err(DecodeError::Malformed { .. })));
}

#[test]
fn lengths_that_lie_end_it_there() {
    let whole = composite(&[points(1), points(2)]);
    let mut more = whole.clone();
    more[12..16].copy_from_slice(&u32::MAX.to_le_bytes());
    let tiles = decode_all(&more).unwrap();
    assert_eq!((tiles.len(), codes(&tiles[0])), (2, vec!["composite-cut-off"]));
    let mut none = whole.clone();
    none[24..28].copy_from_slice(&0u32.to_le_bytes());
    let tiles = decode_all(&none).unwrap();
    assert_eq!((tiles[0].primitives.len(), codes(&tiles[0])), (0, vec!["composite-tile-length"]));
    // The last tile says that it is longer than the file.
    let at = 16 + points(1).len() + 8;
    let mut long = whole.clone();
    long[at..at + 4].copy_from_slice(&u32::MAX.to_le_bytes());
    let tiles = decode_all(&long).unwrap();
    assert_eq!((tiles.len(), codes(&tiles[1])), (2, vec!["container-length"]));
    assert!(matches!(decode_all(&whole[..12]), Err(DecodeError::Truncated { .. })));
    assert!(matches!(decode_all(b"cmpt\x02\0\0\0\x10\0\0\0\0\0\0\0"), Err(DecodeError::Malformed { .. })));
}

#[test]
fn nesting_has_an_end() {
    let nest = |depth: usize| (0..depth).fold(points(1), |inner, _| composite(&[inner]));
    assert_eq!(decode_all(&nest(8)).unwrap().len(), 1);
    assert!(matches!(decode_all(&nest(9)), Err(DecodeError::Malformed { .. })));
    assert!(decode_all(&nest(2000)).is_err());
}

#[test]
fn the_limit_is_for_all_together() {
    let file = composite(&vec![points(100); 10]);
    let options = |max_decoded_bytes| DecodeOptions { max_decoded_bytes, ..Default::default() };
    let Ok(Content::Models(tiles)) = decode_content(&file, &options(5000), &mut |_| Err("no".into())) else { panic!() };
    // A hundred points are 1,600 bytes.
    assert_eq!(tiles.len(), 3);
    assert_eq!(codes(&tiles[0]).len(), 7);
}

proptest! {
    #[test]
    fn a_damaged_file_is_survived(way in 0u8..4, at in 0usize..4000, value in any::<u32>()) {
        let file = composite(&[composite(&[points(2), buildings()]), trees()]);
        survive(&damaged(&file, way, at, value));
    }

    #[test]
    fn any_bytes_are_survived(tail in proptest::collection::vec(any::<u8>(), 0..300)) {
        survive(&[&b"cmpt\x01\0\0\0"[..], &tail].concat());
    }
}
