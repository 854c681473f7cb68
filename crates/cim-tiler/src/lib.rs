//! City data in, OGC 3D Tiles 1.1 out; and the synthetic city.
//!
//! Every source becomes a [`city::City`] (WGS 84, plain Rust); [`tiling::write_city`] turns a city into a folder with
//! `site.json`, `network.json`, `records/` and `tiles/tileset.json`. The same city gives the same bytes.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

mod atlas;
mod attributes;
pub mod city;
mod citygml;
mod cityjson;
pub mod citymodel;
mod crs;
mod error;
mod mesh;
mod network;
pub mod osm;
pub mod packed;
pub mod picture;
mod progress;
pub mod records;
mod ring;
mod streets;
pub mod synth;
pub mod terrain;
pub mod tiling;
pub mod vector;
mod workers;

pub use crs::{AxisOrder, CrsError, SourceCrs};
pub use error::TilerError;
pub use progress::{JsonLines, Pace, Progress, Silent};
pub use tiling::{CitySummary, Tiling, TilingOptions};
