//! OpenStreetMap.

use super::{Folder, memory, whole};
use cim_tiler::{
    Silent,
    osm::{OsmOptions, make_city, recognises},
};

/// Bytes of input that make up for what the decoder of protocol buffers takes at once, whatever the input: room for ten
/// million numbers where a list says that it is so long.
const LISTS: usize = 80 << 10;

/// Any bytes as protocol buffers.
pub fn osm_pbf(bytes: &[u8]) {
    extract("a.osm.pbf", bytes, LISTS);
}

/// Any bytes as XML.
pub fn osm_xml(bytes: &[u8]) {
    extract("a.osm", bytes, 0);
}

fn extract(name: &str, bytes: &[u8], more: usize) {
    let folder = Folder::new();
    let path = folder.file(name, bytes);
    let _ = recognises(&path);
    let made = memory::bounded(bytes.len() + more, || make_city(&path, &OsmOptions::default(), &mut Silent));
    match made {
        Ok(city) => whole::look(&city),
        Err(error) => assert!(error.to_string().contains(name), "{error}"),
    }
}
