//! How a city is cut into tiles, whatever it was read from.

use tiles3d::write::{Compression, WriteOptions};

/// How tiles are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TilingOptions {
    /// How their geometry is stored; what each kind costs is said there.
    pub compression: Compression,
}

impl Default for TilingOptions {
    /// Compressed with meshopt: a third of the bytes or less, and quicker to decode than to load the rest.
    fn default() -> Self {
        Self { compression: Compression::Meshopt }
    }
}

impl TilingOptions {
    /// What the writer of tiles is told. All of a city's tiles are on one grid of 1/128 m.
    pub(super) fn write(&self) -> WriteOptions {
        WriteOptions { compression: self.compression, ..WriteOptions::default() }
    }
}
