//! How a city is cut into tiles, whatever it was read from.

use tiles3d::write::{Compression, WriteOptions};

/// How the tree of tiles is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Tiling {
    /// Every tile in `tileset.json`: whatever reads 3D Tiles reads it.
    #[default]
    Explicit,
    /// Quadtrees of 3D Tiles 1.1 (OGC 22-025r4, clause 9): `tileset.json` is a few lines and the rest of the tree comes
    /// with what is looked at. For cities whose `tileset.json` would be tens of megabytes.
    Implicit,
}

/// How tiles are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TilingOptions {
    /// How their geometry is stored; what each kind costs is said there.
    pub compression: Compression,
    /// How their tree is told.
    pub tiling: Tiling,
    /// One file, `tiles/tileset.3tz` (3D Tiles Archive Format 1.3), in place of many.
    pub archive: bool,
}

impl Default for TilingOptions {
    /// A folder of explicit tiles, compressed with meshopt: a third of the bytes or less, and quicker to decode than to
    /// load the rest.
    fn default() -> Self {
        Self { compression: Compression::Meshopt, tiling: Tiling::Explicit, archive: false }
    }
}

impl TilingOptions {
    /// What the writer of tiles is told. All of a city's tiles are on one grid of 1/128 m, but for those that may be `off_m`
    /// metres off: their grid is a part of that one.
    pub(super) fn write(&self, off_m: f64) -> WriteOptions {
        let usual = WriteOptions::default();
        WriteOptions { compression: self.compression, precision_m: usual.precision_m.max(off_m) }
    }

    /// Where the tileset is, relative to the city folder.
    pub(super) fn entrance(&self) -> &'static str {
        if self.archive { super::folder::ARCHIVE } else { "tiles/tileset.json" }
    }
}
