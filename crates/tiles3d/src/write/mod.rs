//! Writing 3D Tiles 1.1: glb content with features and properties, and `tileset.json`.

mod glb;
mod tileset;

pub use glb::{Column, FeatureColumns, GlbWriter, WriteError, WritePrimitive};
pub use tileset::{TileNode, write_tileset};
