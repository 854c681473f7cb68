//! Terrain.

use super::Folder;
use cim_model::{Place, SiteBounds};
use cim_tiler::{Silent, terrain::TerrainSource};

/// Any bytes as an ASCII grid.
pub fn ascii_grid(bytes: &[u8]) {
    ground("a.asc", bytes);
}

/// Any bytes as a GeoTIFF.
pub fn geotiff(bytes: &[u8]) {
    ground("a.tif", bytes);
}

/// The ground of a city in the middle of the Dutch grid has a height everywhere.
fn ground(name: &str, bytes: &[u8]) {
    const ORIGIN: Place = Place { lon: 5.387_638_9, lat: 52.156_160_6 };
    let (w, h) = (0.0146, 0.009);
    let (west, east) = (ORIGIN.lon - w, ORIGIN.lon + w);
    let bounds = SiteBounds { west, south: ORIGIN.lat - h, east, north: ORIGIN.lat + h };
    let folder = Folder::new();
    let source = TerrainSource {
        files: vec![folder.file(name, bytes)],
        crs: Some("EPSG:28992".into()),
        ..TerrainSource::default()
    };
    match source.read(ORIGIN, bounds, &mut Silent) {
        Ok(terrain) => {
            let terrain = terrain.expect("a file was given");
            for (x, y) in [(0.0, 0.0), (-900.0, 900.0), (900.0, -900.0)] {
                assert!(terrain.height(x, y).is_finite(), "no height at {x} {y}");
            }
        }
        Err(error) => assert!(error.to_string().contains(name), "{error}"),
    }
}
