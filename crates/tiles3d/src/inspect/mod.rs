//! What is in a tileset, and what is wrong with it: the JSON schemas and the prose rules of 3D Tiles 1.0 and 1.1 (OGC
//! 22-025r4) as checks, every file read to the last tile.
//!
//! [`inspect`] walks from a `tileset.json` through external tilesets, subtrees and contents, each file once, and gives a
//! [`Report`]. [`RULES`] lists everything that it looks for. The checks read the files' bytes themselves and do not
//! trust the decoders of this crate, which mend what they can.

mod container;
mod document;
mod finding;
mod given;
mod glb;
mod gltf;
mod implicit;
mod metadata;
mod model;
mod print;
mod report;
mod rules;
mod schemas;
mod shape;
mod subtree;
mod table;
mod tile;
mod tileset;
mod volume;
mod walk;

pub use finding::Defect;
pub use report::{Counts, ExtensionUse, FileTally, PropertySummary, Report, RootVolume, Tree};
pub use rules::{RULES, Rule, Severity};

use url::Url;

/// How to inspect.
#[derive(Debug, Clone, Copy)]
pub struct InspectOptions {
    /// So many features are quoted with all their properties.
    pub features: usize,
    /// The walk stops after so many tiles, with an [`Info`](Severity::Info); an implicit tileset can promise more than
    /// anyone has time for.
    pub max_tiles: u64,
    /// Contents that decode to more are not decoded, bytes.
    pub max_decoded_bytes: usize,
}

impl Default for InspectOptions {
    fn default() -> Self {
        Self { features: 3, max_tiles: 4_000_000, max_decoded_bytes: 1 << 30 }
    }
}

/// Gives the bytes of a file, or why it cannot be had.
pub type Fetch<'a> = dyn FnMut(&Url) -> Result<Vec<u8>, String> + 'a;

/// Inspects the tileset at `url`, everything that it refers to included. Never fails: what cannot be read is a defect.
#[must_use]
pub fn inspect(url: &Url, options: &InspectOptions, fetch: &mut Fetch<'_>) -> Report {
    walk::Walk::new(url, options, fetch).run()
}

#[cfg(test)]
mod tests;
