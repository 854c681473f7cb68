//! Batched 3D Model (3D Tiles 1.0, Batched 3D Model clause).

use super::{
    batch::Batch,
    feature_table::FeatureTable,
    header::{self, Kind},
    model,
};
use crate::{
    Diagnostic,
    content::{DecodeError, DecodeOptions, DecodedTile, FetchExternal},
};

/// Decodes the glTF, moves it to `RTC_CENTER` and gives its `_BATCHID`s their properties.
pub(crate) fn decode(
    bytes: &[u8],
    options: &DecodeOptions,
    fetch: &mut FetchExternal<'_>,
) -> Result<DecodedTile, DecodeError> {
    let mut parts = header::read(bytes, Kind::B3dm)?;
    let table = FeatureTable::parse(parts.feature_json, parts.feature_binary, "b3dm feature table")?;
    let mut tile = model::decode(parts.body, options, fetch)?;
    tile.diagnostics.append(&mut parts.diagnostics);

    tile.origin += table.vector("RTC_CENTER")?.unwrap_or_default();
    let declared = match table.count("BATCH_LENGTH") {
        Ok(count) => count.or(parts.batch_length),
        Err(e) => {
            let message = format!("{e}; the ids in use say how many features there are");
            tile.diagnostics.push(Diagnostic::new("batch-length-invalid", "b3dm feature table", message));
            None
        }
    };
    let batch = Batch::parse(&parts, &mut tile.diagnostics);
    if tile.features.count() > 0 {
        if !batch.is_empty() {
            let message = "the glTF has property tables of its own, which its feature ids refer to; not read";
            tile.diagnostics.push(Diagnostic::new("batch-table-unused", "batch table", message));
        }
        return Ok(tile);
    }
    let ids = || tile.primitives.iter().flat_map(|p| p.feature_ids.iter().copied());
    let (largest, users) = (ids().max(), ids().count());
    batch.push(&mut tile, declared, largest, users);
    Ok(tile)
}
