//! Tilesets: `tileset.json` and what it means, and the subtrees of implicit ones.

mod availability;
mod document;
mod frame;
mod graft;
mod grow;
mod implicit;
mod metadata;
mod prune;
mod region;
mod s2;
mod schema;
mod semantics;
mod shape;
mod subtree;
#[cfg(test)]
mod tests;
mod tree;
mod volume;

pub(crate) use availability::{Bits, Rank};
pub use document::{ClassStatistics, Group, PropertyRange, Statistics};
pub use subtree::Subtree;
pub use tree::{Refine, Tile, TileId, Tileset, TilesetError};
pub use volume::BoundingVolume;
