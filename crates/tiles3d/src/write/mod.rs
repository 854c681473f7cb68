//! Writing 3D Tiles 1.1: glb content with features and properties, and `tileset.json`.

mod copies;
#[cfg(feature = "compress")]
mod draco;
mod error;
#[cfg(feature = "compress")]
mod faces;
mod glb;
mod grid;
mod implicit;
mod layout;
mod material;
mod mesh;
#[cfg(feature = "compress")]
mod meshopt;
mod options;
mod plain;
mod primitive;
mod table;
mod tileset;

pub use error::WriteError;
pub use glb::GlbWriter;
pub use implicit::{ImplicitRoot, ImplicitTree, split_details, write_implicit};
pub use material::{WriteImage, WriteWrap};
pub use options::{Compression, WriteOptions};
pub use primitive::{CopyPlace, WriteCopies, WritePrimitive};
pub use table::{Column, FeatureColumns};
pub use tileset::{TileNode, write_layered_tileset, write_tileset};

#[cfg(test)]
mod tests;
