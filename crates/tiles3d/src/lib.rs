//! OGC 3D Tiles 1.0 and 1.1, engine-free: parse tilesets, decode their content, select what to show, write them.
//! No I/O and no engine: bytes in, plain arrays out; the same on the desktop and in a browser's worker.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

pub mod content;
mod diagnostic;
mod gltf;
mod metadata;
pub mod select;
pub mod style;
pub mod tileset;
pub mod write;

pub use content::{Content, DecodeError, DecodeOptions, DecodedTile, decode_content};
pub use diagnostic::Diagnostic;
pub use metadata::{FeatureTable, Value};
pub use select::{ContentState, SelectOptions, Selection, Selector, View};
pub use tileset::{BoundingVolume, Refine, Tile, TileId, Tileset, TilesetError};
