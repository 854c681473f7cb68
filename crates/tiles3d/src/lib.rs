//! OGC 3D Tiles 1.0 and 1.1, engine-free: parse tilesets, decode their content, select what to show, write them.
//! No I/O and no engine: bytes in, plain arrays out; the same on the desktop and in a browser's worker.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

pub mod archive;
pub mod content;
mod diagnostic;
mod gltf;
pub mod inspect;
mod metadata;
pub mod select;
pub mod style;
pub mod tileset;
pub mod transfer;
pub mod wide;
pub mod write;

pub use content::{Content, DecodeError, DecodeOptions, DecodedTile, decode_content};
pub use diagnostic::Diagnostic;
pub use metadata::{FeatureTable, MetadataEntity, PropertyInfo, Value};
pub use select::{
    Bytes, ContentState, Counts, Decision, Failure, Frame, Projection, SelectOptions, Selection, Selector,
    SharedBudget, View, Why,
};
pub use tileset::{BoundingVolume, Refine, Subtree, Tile, TileId, Tileset, TilesetError};
