//! Vector files.

use super::{Folder, memory, whole};
use cim_tiler::{
    Silent,
    vector::{VectorOptions, make_city},
};

/// Any bytes as a table of places.
pub fn csv(bytes: &[u8]) {
    layer("a.csv", &[("a.csv", bytes)]);
}

/// Any bytes as FlatGeobuf.
pub fn flatgeobuf(bytes: &[u8]) {
    layer("a.fgb", &[("a.fgb", bytes)]);
}

/// Any bytes as GeoJSON, a document or a sequence.
pub fn geojson(bytes: &[u8]) {
    layer("a.geojson", &[("a.geojson", bytes)]);
}

/// Any bytes as a GeoPackage.
pub fn geopackage(bytes: &[u8]) {
    layer("a.gpkg", &[("a.gpkg", bytes)]);
}

/// The bytes before the first mark, four letters, as the shapes of a shapefile, those after it as its table.
pub fn shapefile(bytes: &[u8]) {
    const MARK: &[u8] = b"|dbf";
    let at = bytes.windows(MARK.len()).position(|w| w == MARK);
    let (shapes, table) = at.map_or((bytes, &[][..]), |at| (&bytes[..at], &bytes[at + MARK.len()..]));
    layer("a.shp", &[("a.shp", shapes), ("a.dbf", table), ("a.prj", b"EPSG:4548")]);
}

/// Every feature became things, or is named with the reason.
fn layer(name: &str, files: &[(&str, &[u8])]) {
    let folder = Folder::new();
    files.iter().for_each(|(name, bytes)| drop(folder.file(name, bytes)));
    let size = files.iter().map(|f| f.1.len()).sum();
    let options = VectorOptions { crs: Some("EPSG:4548".into()), ..VectorOptions::default() };
    let path = folder.path().join(name);
    match memory::bounded(size, || make_city(&[path], &options, &mut Silent)) {
        Ok((city, report)) => {
            for layer in &report.layers {
                let named = report.left_out.iter().filter(|l| l.layer == layer.name && l.whole).count();
                // Tables of a GeoPackage may share a name.
                let shared = report.layers.iter().filter(|l| l.name == layer.name).count() > 1;
                assert!(shared || layer.left_out() == named, "{report}");
            }
            whole::look(&city);
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}
