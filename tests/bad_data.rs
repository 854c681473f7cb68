//! Bad data is normal: broken, missing and huge tiles are counted by name, and the rest of the city is shown.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::disallowed_methods)]

mod town;

use cim_twin::{
    app::{AppOptions, Product, build_app},
    diagnostics::Diagnostics,
    panels::Language,
    scene::{Quality, SceneStatus},
};
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};
use tempfile::TempDir;
use url::Url;

fn copy(from: &Path, to: &Path) -> Vec<PathBuf> {
    std::fs::create_dir_all(to).unwrap();
    let mut contents = Vec::new();
    for entry in std::fs::read_dir(from).unwrap().map(Result::unwrap) {
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            contents.extend(copy(&entry.path(), &target));
        } else {
            std::fs::copy(entry.path(), &target).unwrap();
            contents.extend((target.extension().is_some_and(|e| e == "glb")).then_some(target));
        }
    }
    contents.sort();
    contents
}

/// Shows the tileset until nothing changes any more; the counts of what was wrong, and how it stands.
fn show(tileset: &Path) -> (BTreeMap<&'static str, u64>, SceneStatus) {
    let mut app = build_app(AppOptions {
        product: Product::Headless { width: 320, height: 200, panels: false },
        backend: None,
        tiles: Some(Url::from_file_path(tileset).unwrap()),
        view: None,
        language: Language::Zh,
        quality: Quality { samples: 1, shadow_map: 0, cascades: 1, error_px: 1.0, ..Quality::default() },
    })
    .unwrap();
    app.finish();
    app.cleanup();
    let end = Instant::now() + Duration::from_secs(90);
    while !app.world().resource::<SceneStatus>().is_settled() {
        assert!(Instant::now() < end, "it hangs: {:?}", app.world().resource::<SceneStatus>());
        app.update();
    }
    (app.world().resource::<Diagnostics>().counts().collect(), app.world().resource::<SceneStatus>().clone())
}

#[test]
fn bad_tiles_are_named_and_the_rest_is_shown() {
    let folder = TempDir::new().unwrap();
    let tiles = copy(&town::folder().join("city/tiles"), folder.path());
    let sound = show(&folder.path().join("tileset.json"));
    assert_eq!(sound.0, BTreeMap::new());
    // The coarsest tile is the first that is shown: the others stand on it.
    assert!(tiles.len() > 4 && sound.1.held > 4, "{tiles:?} {:?}", sound.1);
    let road = |p: &&PathBuf| p.file_name().is_some_and(|n| n.to_string_lossy().starts_with('r'));
    let roads: Vec<_> = tiles.iter().filter(road).collect();
    let bad = &roads[roads.len() - 4..];
    let whole = std::fs::read(bad[0]).unwrap();
    std::fs::write(bad[0], &whole[..whole.len() / 2]).unwrap();
    std::fs::write(bad[1], b"<html>502 Bad Gateway</html>").unwrap();
    std::fs::remove_file(bad[2]).unwrap();
    // Sparse: it takes no room on the disk.
    std::fs::File::create(bad[3]).unwrap().set_len(3 << 30).unwrap();
    let (counts, status) = show(&folder.path().join("tileset.json"));
    assert_eq!(status.failed, 4, "{counts:?}");
    assert!(status.rendered > 0 && status.problem.is_none());
    assert_eq!(counts.get("tile-missing"), Some(&1), "{counts:?}");
    assert_eq!(counts.get("tile-too-large"), Some(&1), "{counts:?}");
    let unreadable = counts.get("tile-broken").unwrap_or(&0) + counts.get("tile-unsupported").unwrap_or(&0);
    assert_eq!(unreadable, 2, "{counts:?}");
}

#[test]
fn a_tileset_that_is_none_is_said_so() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("tileset.json");
    std::fs::write(&path, b"{\"asset\": ").unwrap();
    let (counts, status) = show(&path);
    assert_eq!(counts.get("tileset-invalid"), Some(&1));
    assert!(status.problem.is_some());
}
