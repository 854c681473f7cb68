//! What can go wrong while making tiles.

use std::path::PathBuf;

/// Why a city could not be written.
#[derive(Debug, thiserror::Error)]
pub enum TilerError {
    /// A file or folder could not be written.
    #[error("cannot write {path}: {source}")]
    Write {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A file could not be read.
    #[error("cannot read {path}: {source}")]
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A file is no usable OpenStreetMap extract.
    #[error("{path} is not a usable OpenStreetMap extract (.osm.pbf, .osm): {reason}")]
    Osm {
        /// Which.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// A file is not usable as what it seems to be.
    #[error("{path} cannot be used as {format}: {reason}")]
    Source {
        /// Which.
        path: PathBuf,
        /// As what: `CityJSON`, `CityGML`, ...
        format: &'static str,
        /// Why, and where.
        reason: String,
    },
    /// A vector file cannot be used.
    #[error("{path} cannot be used as city data: {reason}")]
    Vector {
        /// Which.
        path: PathBuf,
        /// Why, and where in it.
        reason: String,
    },
    /// A mapping file cannot be used.
    #[error("{path} is not a usable mapping file: {reason}")]
    Mapping {
        /// Which.
        path: PathBuf,
        /// Why, and where in it.
        reason: String,
    },
    /// The region is no administrative code.
    #[error("the region `{0}` is not a code of six digits such as 370811")]
    Region(String),
    /// The folder exists and is not a city that may be replaced.
    #[error("{0} exists and holds something else than a city (no site.json): choose another folder or remove it")]
    NotACity(PathBuf),
    /// Another run is at work on the same city.
    #[error("another cim-twin is writing this city just now ({0}): wait for it, or choose another folder")]
    Busy(PathBuf),
    /// No thread could be started that makes tiles.
    #[error("cannot start a thread: {0}")]
    Thread(std::io::Error),
    /// The tiles could not be packed into one file.
    #[error("cannot pack the tiles into {path}: {source}")]
    Archive {
        /// Which.
        path: PathBuf,
        /// Why.
        source: tiles3d::archive::ArchiveError,
    },
    /// A tile could not be put together.
    #[error("tile {tile}: {source}")]
    Tile {
        /// Which.
        tile: String,
        /// Why.
        source: tiles3d::write::WriteError,
    },
    /// JSON could not be made.
    #[error("cannot write {path} as JSON: {source}")]
    Json {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: serde_json::Error,
    },
}
