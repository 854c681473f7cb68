//! The binary containers of 3D Tiles 1.0.

pub(super) mod b3dm;
