//! Writing 3D Tiles 1.1: glb content with features and properties, and `tileset.json`.

mod glb;
mod table;
mod tileset;

pub use glb::{CopyPlace, GlbWriter, WriteCopies, WriteError, WritePrimitive};
pub use table::{Column, FeatureColumns};
pub use tileset::{TileNode, write_tileset};
