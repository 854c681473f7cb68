//! A city in one file: a `.3tz` archive is shown as the folder that it was made of, from the disk and over HTTP, by ranges.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::disallowed_methods)]

mod town;

use cim_twin::{
    app::{AppOptions, Product, build_app},
    diagnostics::Diagnostics,
    feed::Fetcher,
    panels::Language,
    scene::{Quality, SceneStatus},
};
use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader, Read, Write},
    net::TcpListener,
    path::Path,
    process::{Command, Stdio},
    time::{Duration, Instant},
};
use tempfile::TempDir;
use tiles3d::archive::{ArchiveWriter, Compression};
use url::Url;

/// What came of showing a tileset.
struct Seen {
    counts: BTreeMap<&'static str, u64>,
    status: SceneStatus,
    received: u64,
}

/// Shows the tileset, or the backend's, until nothing changes any more.
fn show(tiles: Option<Url>, backend: Option<Url>) -> Seen {
    let mut app = build_app(AppOptions {
        product: Product::Headless { width: 320, height: 200, panels: false },
        backend,
        tiles,
        view: None,
        language: Language::Zh,
        quality: Quality { samples: 1, shadow_map: 0, cascades: 1, error_px: 1.0, ..Quality::default() },
    })
    .unwrap();
    app.finish();
    app.cleanup();
    let end = Instant::now() + Duration::from_secs(90);
    loop {
        let status = app.world().resource::<SceneStatus>();
        if status.is_settled() && (status.opened || status.problem.is_some()) {
            break;
        }
        assert!(Instant::now() < end, "it hangs: {status:?}");
        app.update();
    }
    Seen {
        counts: app.world().resource::<Diagnostics>().counts().collect(),
        status: app.world().resource::<SceneStatus>().clone(),
        received: app.world().resource::<Fetcher>().received(),
    }
}

/// All files below `folder`, by their path from `root`.
fn pack(root: &Path, folder: &Path, writer: &mut ArchiveWriter<Vec<u8>>) {
    let mut entries: Vec<_> = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            pack(root, &path, writer);
        } else {
            let name = path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
            writer.add(&name, &std::fs::read(&path).unwrap(), Compression::Deflate).unwrap();
        }
    }
}

/// The town's tiles as an archive.
fn archive() -> Vec<u8> {
    let tiles = town::folder().join("city/tiles");
    let mut writer = ArchiveWriter::new(Vec::new());
    pack(&tiles, &tiles, &mut writer);
    writer.finish().unwrap()
}

fn file_url(path: &Path) -> Url {
    Url::from_file_path(path).unwrap()
}

#[test]
fn an_archive_on_the_disk_is_the_folder_that_it_was_made_of() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("town.3tz");
    let bytes = archive();
    std::fs::write(&path, &bytes).unwrap();
    let plain = show(Some(file_url(&town::folder().join("city/tiles/tileset.json"))), None);
    let packed = show(Some(file_url(&path)), None);
    assert_eq!(packed.counts, BTreeMap::new());
    assert!(plain.status.held > 4 && packed.status.held == plain.status.held, "{:?}", packed.status);
    assert_eq!((packed.status.failed, packed.status.gpu_bytes), (0, plain.status.gpu_bytes));

    // The roads are broken: their tiles are named, and the others are shown. Their names begin with an r, 30 bytes into the
    // local header; their data is behind it.
    let mut broken = bytes.clone();
    let is_road = |at: &usize| bytes[*at..].starts_with(b"PK\x03\x04") && bytes[at + 30] == b'r';
    let roads: Vec<usize> = (0..bytes.len() - 30).filter(is_road).collect();
    assert!(roads.len() > 4, "{roads:?}");
    roads.iter().for_each(|at| broken[at + 100..at + 164].fill(0xa5));
    std::fs::write(&path, &broken).unwrap();
    let seen = show(Some(file_url(&path)), None);
    let named = seen.counts.get("tile-broken").copied().unwrap_or(0);
    assert!(named > 0 && seen.counts.len() == 1, "{:?}", seen.counts);
    assert_eq!((seen.status.failed as u64, &seen.status.problem), (named, &None));
    assert!(seen.status.rendered > 0);

    std::fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
    let seen = show(Some(file_url(&path)), None);
    assert_eq!(seen.counts.get("tileset-invalid"), Some(&1), "{:?}", seen.counts);
    assert!(seen.status.problem.unwrap().contains("not a 3tz"));
}

#[test]
fn the_backend_serves_a_city_whose_tiles_are_an_archive() {
    let city = TempDir::new().unwrap();
    copy_but_tiles(&town::folder().join("city"), city.path());
    let site = city.path().join("site.json");
    let mut description: serde_json::Value = serde_json::from_slice(&std::fs::read(&site).unwrap()).unwrap();
    description["tileset_url"] = "tiles/town.3tz".into();
    std::fs::write(&site, description.to_string()).unwrap();
    let bytes = archive();
    std::fs::create_dir(city.path().join("tiles")).unwrap();
    std::fs::write(city.path().join("tiles/town.3tz"), &bytes).unwrap();

    let database = city.path().join("town.sqlite");
    let mut process = Command::new(env!("CARGO_BIN_EXE_cim-twin"))
        .args(["serve", "--port", "0", "--city", city.path().to_str().unwrap()])
        .args(["--database", database.to_str().unwrap()])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let base: Url = line.trim().parse().unwrap();
    let alone = show(Some(base.join("tiles/town.3tz").unwrap()), None);
    let seen = show(None, Some(base));
    process.kill().unwrap();
    process.wait().unwrap();
    for seen in [&alone, &seen] {
        assert_eq!((seen.status.failed, &seen.status.problem), (0, &None), "{:?}", seen.counts);
        assert!(seen.status.held > 4, "{:?}", seen.status);
    }
    assert_eq!(alone.counts, BTreeMap::new());
    // By ranges: every tile once, the index beside them, and not the whole file for each.
    assert!(alone.received < bytes.len() as u64 + 200_000, "{} of {}", alone.received, bytes.len());
}

fn copy_but_tiles(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).unwrap().map(Result::unwrap).filter(|e| e.file_name() != "tiles") {
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            std::fs::create_dir(&target).unwrap();
            copy_but_tiles(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), &target).unwrap();
        }
    }
}

#[test]
fn a_server_without_ranges_is_said_to_be_one() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url: Url = format!("http://{}/town.3tz", listener.local_addr().unwrap()).parse().unwrap();
    // It ends with the test program.
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut request = [0; 4096];
            let _ = stream.read(&mut request);
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nConnection: close\r\n\r\nPK\x03\x04");
        }
    });
    let seen = show(Some(url), None);
    assert_eq!(seen.counts.get("tileset-invalid"), Some(&1), "{:?}", seen.counts);
    assert!(seen.status.problem.unwrap().contains("range requests"));
}
