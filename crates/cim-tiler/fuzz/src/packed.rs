//! Archives.

use super::{Folder, memory};
use cim_tiler::{Silent, packed::Inputs};
use std::path::Path;

/// Bytes that one byte of an archive may become, at most: Deflate64 repeats 65,538 bytes at once.
const MOST: u64 = 66_000;

/// Any bytes as a zip archive and as a gzipped file: what is unpacked lies where it should, in proportion, and goes again.
pub fn packed(bytes: &[u8]) {
    for name in ["a.zip", "a.gpkg.gz"] {
        let folder = Folder::new();
        let archive = folder.file(name, bytes);
        memory::bounded(bytes.len(), || {
            match Inputs::open(&[archive], &folder.path().join("city"), "data", &mut Silent) {
                Ok(inputs) => {
                    assert!(
                        inputs.paths().iter().all(|path| path.exists()),
                        "what was unpacked is not where it is said to be"
                    );
                    let total = size(folder.path());
                    assert!(total <= bytes.len() as u64 * MOST, "{total} bytes of {}", bytes.len());
                }
                Err(error) => assert!(error.to_string().contains(name), "{error}"),
            }
        });
        let left = std::fs::read_dir(folder.path()).expect("the folder is there").count();
        assert_eq!(left, 1, "something beside the archive is left");
    }
}

fn size(folder: &Path) -> u64 {
    let entries = std::fs::read_dir(folder).expect("the folder can be read");
    let size = |entry: std::fs::DirEntry| {
        let found = entry.metadata().expect("what was written has a size");
        if found.is_dir() { size(&entry.path()) } else { found.len() }
    };
    entries.map(|entry| size(entry.expect("the folder can be read"))).sum()
}
