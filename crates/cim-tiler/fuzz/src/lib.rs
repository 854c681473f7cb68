//! What the fuzz targets do with any bytes: one function for each reader of other people's data in cim-tiler. They do not
//! only ask for no panic, but also that what comes out is a city of places on the Earth, that no object is lost, and that
//! every refusal says why.
//!
//! The test `fuzz_corpus` of cim-tiler includes this file and puts every file of the corpus through it.

mod definitions;
mod heights;
#[path = "../../../tiles3d/fuzz/src/memory.rs"]
mod memory;
mod models;
mod osm;
mod packed;
mod vectors;
mod whole;

pub use definitions::{mapping, wkt};
pub use heights::{ascii_grid, geotiff};
pub use models::{citygml, cityjson};
pub use osm::{osm_pbf, osm_xml};
pub use packed::packed;
pub use vectors::{csv, flatgeobuf, geojson, geopackage, shapefile};

use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// What is done with bytes.
pub type Target = fn(&[u8]);

/// Every target with its name: that of its binary and of its corpus.
pub const TARGETS: [(&str, Target); 14] = [
    ("ascii_grid", ascii_grid),
    ("citygml", citygml),
    ("cityjson", cityjson),
    ("csv", csv),
    ("flatgeobuf", flatgeobuf),
    ("geojson", geojson),
    ("geopackage", geopackage),
    ("geotiff", geotiff),
    ("mapping", mapping),
    ("osm_pbf", osm_pbf),
    ("osm_xml", osm_xml),
    ("packed", packed),
    ("shapefile", shapefile),
    ("wkt", wkt),
];

/// A folder of its own, gone afterwards.
pub(crate) struct Folder(TempDir);

impl Folder {
    pub(crate) fn new() -> Self {
        Self(TempDir::new().expect("a temporary folder can be made"))
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn file(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.0.path().join(name);
        std::fs::write(&path, bytes).expect("a temporary file can be written");
        path
    }
}
