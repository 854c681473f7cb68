//! From decoded tiles to what cim-twin draws and picks: merged surfaces in render axes, clouds, copies, rays. It knows no
//! engine, so that the same code runs on the desktop's threads and in a browser's worker.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

mod arrays;
mod bvh;
mod cloud;
mod copies;
mod outlines;
mod packed;
mod pick;
mod points;
mod prepare;
mod runs;
mod surface;
mod tangents;
mod textures;
mod tree;
mod walls;
#[cfg(test)]
mod walls_tests;
mod work;

pub use arrays::MeshArrays;
pub use bvh::{Bvh, RayHit};
pub use cloud::{Cloud, NONE};
pub use copies::{Copy, FEATURE_IN_TAG};
pub use outlines::Outlines;
pub use pick::Pick;
pub use prepare::{Piece, PreparedTile, prepare};
pub use surface::Surface;
pub use work::{Outcome, Work, from_bytes, to_bytes};

#[cfg(test)]
mod tests;
