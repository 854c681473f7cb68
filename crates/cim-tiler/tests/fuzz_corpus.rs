//! Every file of the fuzz targets' corpora, put through its target again: what fuzzing found stays mended. `make fuzz`
//! finds more; a file that shows a defect is kept in the corpus under a name that says which.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, reason = "test code")]

#[allow(unreachable_pub, reason = "public for the fuzz targets")]
#[path = "../fuzz/src/lib.rs"]
mod targets;

use std::path::{Path, PathBuf};

fn corpus() -> PathBuf {
    std::env::current_dir().unwrap().join("fuzz/corpus")
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut out: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    out.sort();
    out
}

#[test]
fn nothing_in_the_corpora_breaks_a_reader() {
    for (name, target) in targets::TARGETS {
        let files = files(&corpus().join(name));
        assert!(!files.is_empty(), "{name} has no corpus");
        for file in files {
            let bytes = std::fs::read(&file).unwrap();
            if let Err(panic) = std::panic::catch_unwind(|| target(&bytes)) {
                eprintln!("{name} fails on {}", file.display());
                std::panic::resume_unwind(panic);
            }
        }
    }
}

/// What is in a corpus has a target, and is small.
#[test]
fn corpora_are_known_and_small() {
    for folder in files(&corpus()) {
        let name = folder.file_name().unwrap().to_str().unwrap();
        assert!(targets::TARGETS.iter().any(|(target, _)| *target == name), "{name} is no target");
        let bytes: u64 = files(&folder).iter().map(|file| file.metadata().unwrap().len()).sum();
        assert!(bytes <= 100 << 10, "the corpus of {name} has {bytes} bytes");
    }
}
