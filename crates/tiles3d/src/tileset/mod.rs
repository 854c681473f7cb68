//! Tilesets: `tileset.json` and what it means.

mod prune;
mod schema;
mod tree;
mod volume;

pub use tree::{Refine, Tile, TileId, Tileset, TilesetError};
pub use volume::BoundingVolume;
