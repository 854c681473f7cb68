//! `--compression`: how small tiles are, and what reading them asks for.

use tiles3d::write;

#[derive(Debug, Clone, Copy, Default, clap::ValueEnum)]
pub(super) enum Compression {
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
