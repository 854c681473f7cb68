//! Batched 3D Model (3D Tiles 1.0, Batched 3D Model clause).

use crate::{
    content::{DecodeError, DecodeOptions, DecodedTile, FetchExternal},
    gltf,
    metadata::BatchTable,
};
use glam::DVec3;
use serde_json::Value as Json;

pub(crate) fn decode(
    bytes: &[u8],
    options: &DecodeOptions,
    fetch: &mut FetchExternal<'_>,
) -> Result<DecodedTile, DecodeError> {
    let word = |at: usize| {
        let b = bytes.get(at..at + 4).ok_or(DecodeError::Truncated { what: "b3dm header" })?;
        Ok::<usize, DecodeError>(b.iter().rev().fold(0usize, |n, &b| n << 8 | usize::from(b)))
    };
    if word(4)? != 1 {
        return Err(DecodeError::malformed("b3dm header", format!("version {} is not 1", word(4)?)));
    }
    let (mut lengths, mut at) = ([word(12)?, word(16)?, word(20)?, word(24)?], 28usize);
    // Two drafts had shorter headers; their third or fifth word is then the glTF's magic or the table's JSON.
    if bytes.get(20..24) == Some(b"glTF") {
        (lengths, at) = ([0, 0, word(16)?, 0], 20);
    } else if bytes.get(24..28) == Some(b"glTF") {
        (lengths, at) = ([0, 0, word(16)?, word(20)?], 24);
    }
    let mut part = |what: &'static str, length: usize| {
        let end = at.checked_add(length).ok_or(DecodeError::Truncated { what })?;
        let slice = bytes.get(at..end).ok_or(DecodeError::Truncated { what })?;
        at = end;
        Ok::<&[u8], DecodeError>(slice)
    };
    let feature_json = part("b3dm feature table", lengths[0])?;
    let feature_binary = part("b3dm feature table body", lengths[1])?;
    let batch_json = part("b3dm batch table", lengths[2])?;
    let batch_binary = part("b3dm batch table body", lengths[3])?;
    let model = bytes.get(at..).unwrap_or_default();
    let mut tile = gltf::decode_glb(model, options, fetch)?;

    let features: Json = if feature_json.trim_ascii().is_empty() {
        Json::Null
    } else {
        serde_json::from_slice(feature_json.trim_ascii())
            .map_err(|e| DecodeError::malformed("b3dm feature table", e))?
    };
    if let Some(center) = rtc_center(&features, feature_binary) {
        tile.origin += center;
    }
    let count = features.get("BATCH_LENGTH").and_then(Json::as_u64).unwrap_or(0);
    let seen = tile.primitives.iter().flat_map(|p| p.feature_ids.iter()).max().map_or(0, |m| u64::from(*m) + 1);
    // Every feature needs at least a vertex: a larger BATCH_LENGTH is a lie that would cost memory later.
    let count = if count == 0 { seen } else { count.min(seen.max(batch_json.len() as u64)) };
    if count > 0 {
        let table = BatchTable::parse(batch_json, batch_binary, count as u32, &mut tile.diagnostics);
        tile.features.push_batch(table);
    }
    Ok(tile)
}

fn rtc_center(features: &Json, binary: &[u8]) -> Option<DVec3> {
    let value = features.get("RTC_CENTER")?;
    let numbers: Vec<f64> = match value.get("byteOffset").and_then(Json::as_u64) {
        Some(offset) => {
            let at = usize::try_from(offset).ok()?;
            let bytes = binary.get(at..at.checked_add(12)?)?;
            bytes.chunks_exact(4).map(|b| f64::from(f32::from_le_bytes([b[0], b[1], b[2], b[3]]))).collect()
        }
        None => value.as_array()?.iter().filter_map(Json::as_f64).collect(),
    };
    let [x, y, z] = numbers.try_into().ok()?;
    Some(DVec3::new(x, y, z)).filter(|v| v.is_finite())
}
