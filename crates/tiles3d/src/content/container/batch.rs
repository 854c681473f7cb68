//! Joining a batch table to the features of a tile.

use super::{feature_table::object, header::Parts};
use crate::{
    Diagnostic,
    content::DecodedTile,
    metadata::{BatchTable, DecodedColumn},
};
use serde_json::{Map, Value as Json};

/// The batch table of a container, before the number of features is known.
#[derive(Debug, Default)]
pub(super) struct Batch<'a> {
    pub(super) json: Map<String, Json>,
    binary: &'a [u8],
    /// Columns that were compressed elsewhere; they stand in for those that `json` declares.
    pub(super) decoded: Vec<DecodedColumn>,
    /// Bytes that the table has in the file.
    bytes: usize,
}

impl<'a> Batch<'a> {
    /// Reads the JSON; one that is broken counts as empty and is named.
    pub(super) fn parse(parts: &Parts<'a>, found: &mut Vec<Diagnostic>) -> Self {
        let json = object(parts.batch_json).unwrap_or_else(|e| {
            let message = format!("{e}; the features have no properties");
            found.push(Diagnostic::new("batch-table-invalid", "batch table", message));
            Map::new()
        });
        let bytes = parts.batch_json.len() + parts.batch_binary.len();
        Self { json, binary: parts.batch_binary, decoded: Vec::new(), bytes }
    }

    /// Whether it has nothing to say about any feature.
    pub(super) fn is_empty(&self) -> bool {
        self.json.keys().all(|name| name == "extras")
    }

    /// How many values the longest of its lists has.
    pub(super) fn rows(&self) -> u32 {
        let rows = self.json.values().filter_map(|v| v.as_array()).map(Vec::len).max();
        rows.and_then(|n| u32::try_from(n).ok()).unwrap_or(0)
    }

    /// Adds the features to the tile. `declared` is their number as the file says it, `largest` the largest id in use and
    /// `users` how many vertices, points or instances have one. Returns the number of the first feature.
    pub(super) fn push(
        self,
        tile: &mut DecodedTile,
        declared: Option<u32>,
        largest: Option<u32>,
        users: usize,
    ) -> Option<u32> {
        let count = self.count(declared, largest, users, &mut tile.diagnostics);
        if count == 0 {
            return None;
        }
        if let Some(largest) = largest.filter(|id| *id >= count) {
            let message = format!("batch id {largest} is used, but there are {count} features; it has no properties");
            tile.diagnostics.push(Diagnostic::new("batch-id-out-of-range", "batch table", message));
        }
        let table = BatchTable::read(self.json, self.binary, count, self.decoded, &mut tile.diagnostics);
        Some(tile.features.push_batch(table))
    }

    /// The number of features. A count that neither the geometry nor the table has anything to show for would only cost
    /// time and memory later, so it is lowered to what they have.
    fn count(&self, declared: Option<u32>, largest: Option<u32>, users: usize, found: &mut Vec<Diagnostic>) -> u32 {
        let used = largest.map_or(0, |id| id.saturating_add(1));
        let wanted = declared.filter(|n| *n > 0).unwrap_or(used);
        let most = u32::try_from(users.max(self.bytes)).unwrap_or(u32::MAX);
        if wanted > most {
            let message = format!("{wanted} features, of which the file has at most {most}; {most} were read");
            found.push(Diagnostic::new("batch-length-too-large", "batch table", message));
        }
        wanted.min(most)
    }
}
