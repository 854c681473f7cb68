//! How the commands that make cities write their tiles.

use cim_tiler::TilingOptions;
use tiles3d::write;

/// Options of every command that makes a city.
#[derive(Debug, Clone, Copy, clap::Args)]
pub(super) struct Tiles {
    /// How the tiles' geometry is stored
    #[arg(long, value_enum, default_value_t)]
    compression: Compression,
    /// How the tree of tiles is told
    #[arg(long, value_enum, default_value_t)]
    tiling: Tiling,
    /// Pack the tiles into one file, tiles/tileset.3tz (3D Tiles archive)
    #[arg(long)]
    archive: bool,
}

impl From<Tiles> for TilingOptions {
    fn from(tiles: Tiles) -> Self {
        let Tiles { compression, tiling, archive } = tiles;
        Self { compression: compression.into(), tiling: tiling.into(), archive }
    }
}

#[derive(Debug, Clone, Copy, Default, clap::ValueEnum)]
enum Compression {
    /// Quantised to 8 mm and coded (EXT_meshopt_compression): small, and quick to read
    #[default]
    Meshopt,
    /// Quantised to 8 mm and coded (KHR_draco_mesh_compression): the smallest, and slow to read
    Draco,
    /// Floats: large, exact, and read by everything
    None,
}

impl From<Compression> for write::Compression {
    fn from(compression: Compression) -> Self {
        match compression {
            Compression::Meshopt => Self::Meshopt,
            Compression::Draco => Self::Draco,
            Compression::None => Self::None,
        }
    }
}

#[derive(Debug, Clone, Copy, Default, clap::ValueEnum)]
enum Tiling {
    /// Every tile in tileset.json: read by everything
    #[default]
    Explicit,
    /// Quadtrees of 3D Tiles 1.1: a short tileset.json, the rest of the tree as it is needed; for very large cities
    Implicit,
}

impl From<Tiling> for cim_tiler::Tiling {
    fn from(tiling: Tiling) -> Self {
        match tiling {
            Tiling::Explicit => Self::Explicit,
            Tiling::Implicit => Self::Implicit,
        }
    }
}
