//! The binary containers of 3D Tiles 1.0.

pub(super) mod b3dm;
mod batch;
pub(super) mod cmpt;
mod color;
mod draco;
mod feature_table;
mod header;
pub(super) mod i3dm;
mod model;
mod orientation;
pub(super) mod pnts;
mod values;

#[cfg(test)]
mod tests;
