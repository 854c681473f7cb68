//! OpenStreetMap.

use super::{Folder, memory, whole};
use cim_tiler::{
    Silent,
    osm::{OsmOptions, make_city, recognises},
};

/// Any bytes as protocol buffers.
pub fn osm_pbf(bytes: &[u8]) {
    extract("a.osm.pbf", bytes);
}

/// Any bytes as XML.
pub fn osm_xml(bytes: &[u8]) {
    extract("a.osm", bytes);
}

fn extract(name: &str, bytes: &[u8]) {
    let folder = Folder::new();
    let path = folder.file(name, bytes);
    let _ = recognises(&path);
    let made = memory::bounded(bytes.len(), || make_city(&path, &OsmOptions::default(), &mut Silent));
    match made {
        Ok(city) => whole::look(&city),
        Err(error) => assert!(error.to_string().contains(name), "{error}"),
    }
}
