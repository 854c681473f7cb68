//! Camera paths and what was selected on them, frame by frame, as checked-in text. A difference is either a mistake or a
//! new behaviour: look at it, then write the traces anew with `TILES3D_WRITE_TRACES=1 cargo test -p tiles3d`.
#![allow(clippy::unwrap_used, reason = "test code")]

mod select_city;

use glam::DVec3;
use select_city::{Loader, Network, look, nested, quadtree};
use std::fmt::Write as _;
use std::time::Duration;
use tiles3d::{Frame, SelectOptions, Selector, TileId, Tileset, View};

/// One path: the views and hints of each frame.
type Path3 = fn(u64) -> (Vec<View>, Vec<View>);

fn list(out: &mut String, name: &str, tiles: impl Iterator<Item = TileId>) {
    let ids: Vec<String> = tiles.map(|id| id.0.to_string()).collect();
    if !ids.is_empty() {
        write!(out, " {name} {}", ids.join(" ")).unwrap();
    }
}

fn trace(mut set: Tileset, options: SelectOptions, network: Network, frames: u64, path: Path3) -> String {
    let mut selector = Selector::new(options);
    let mut loader = Loader::new(network, 11);
    let (mut out, mut last) = (String::new(), String::new());
    for i in 0..frames {
        let (views, hints) = path(i);
        let now = Duration::from_millis(16 * i);
        let frame = Frame { views: &views, hints: &hints, now };
        let s = selector.update_with(&set, &frame, None).clone();
        let mut line = String::new();
        let mut shown = s.render.clone();
        shown.sort_unstable();
        list(&mut line, "show", shown.into_iter());
        list(&mut line, "load", s.load.iter().map(|l| l.0));
        list(&mut line, "cancel", s.cancel.iter().copied());
        list(&mut line, "drop", s.evict.iter().copied());
        loader.step(&mut set, &mut selector, &s, now);
        list(&mut line, "prune", selector.prune(&mut set).iter().copied());
        // Frames like the one before are left out.
        if line != last {
            writeln!(out, "{i}:{line}").unwrap();
            last = line;
        }
    }
    out
}

fn compare(name: &str, found: &str) {
    let path = std::env::current_dir().unwrap().join("tests/traces").join(name);
    if std::env::var_os("TILES3D_WRITE_TRACES").is_some() {
        std::fs::write(&path, found).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap();
    for (a, b) in kept.lines().zip(found.lines()) {
        assert_eq!(a, b, "{name}");
    }
    assert_eq!(kept.lines().count(), found.lines().count(), "{name}");
}

fn slow() -> Network {
    Network { latency: (2, 3), ..Network::default() }
}

#[test]
fn flight_down_and_away() {
    let path = |i| {
        let t = i as f64 / 60.0;
        let height = if i < 60 { 1500.0 - 1400.0 * t } else { 100.0 };
        let x = if i < 60 { 0.0 } else { 300.0 * (t - 1.0) };
        (vec![look(DVec3::new(x, -height, height), DVec3::new(x, 0.0, 0.0))], Vec::new())
    };
    let options = SelectOptions { max_loading: 6, cancel_after_frames: 4, ..SelectOptions::default() };
    compare("flight.txt", &trace(quadtree(5, "REPLACE"), options, slow(), 130, path));
}

#[test]
fn too_small_a_budget() {
    let path = |i| {
        let turn = i as f64 / 40.0;
        (vec![look(DVec3::new(300.0 * turn.cos(), 300.0 * turn.sin(), 140.0), DVec3::ZERO)], Vec::new())
    };
    let options = SelectOptions { max_loading: 6, max_bytes: 25_000, max_error_px: 8.0, ..SelectOptions::default() };
    compare("budget.txt", &trace(quadtree(5, "REPLACE"), options, slow(), 160, path));
}

#[test]
fn a_flight_is_expected_at_its_end() {
    let end = look(DVec3::new(350.0, 350.0, 90.0), DVec3::new(300.0, 300.0, 0.0));
    let path = |i: u64| {
        let end = look(DVec3::new(350.0, 350.0, 90.0), DVec3::new(300.0, 300.0, 0.0));
        let t = (i as f64 / 60.0).min(1.0);
        let at = DVec3::new(-350.0, -350.0, 90.0).lerp(end.position, t) + DVec3::Z * (600.0 * t * (1.0 - t));
        (vec![look(at, at * DVec3::new(0.9, 0.9, 0.0))], if i < 60 { vec![end] } else { Vec::new() })
    };
    assert!(end.planes.len() == 5);
    let options = SelectOptions { max_loading: 6, ..SelectOptions::default() };
    compare("hint.txt", &trace(quadtree(5, "ADD"), options, slow(), 90, path));
}

#[test]
fn external_tilesets_on_a_bad_network() {
    let path = |i| {
        let x = 450.0 * (i as f64 / 50.0).sin();
        let map = look(DVec3::new(0.0, 0.0, 3000.0), DVec3::ZERO).with_cut(1).with_error_scale(4.0);
        (vec![look(DVec3::new(x, -200.0, 60.0), DVec3::new(x, 0.0, 0.0)), map], Vec::new())
    };
    let network = Network { latency: (2, 5), flaky: 200, broken: 50, bytes: 1000 };
    let options = SelectOptions {
        skip_levels: 1,
        skip_factor: 2.0,
        base_error_px: 300.0,
        retry_after: Duration::from_millis(100),
        prune_after_frames: 20,
        keep_tiles: 25,
        ..SelectOptions::default()
    };
    compare("external.txt", &trace(nested(3), options, network, 240, path));
}
