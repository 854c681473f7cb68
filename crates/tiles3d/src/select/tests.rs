use super::*;
use glam::DVec3;
use url::Url;

/// A quadtree of `levels` levels over a square of 1,024 m; every tile has content.
fn quadtree(levels: u32, refine: &str) -> Tileset {
    fn tile(level: u32, levels: u32, x: f64, y: f64, half: f64, refine: &str) -> String {
        let children = if level + 1 < levels {
            let h = half / 2.0;
            [(-h, -h), (h, -h), (-h, h), (h, h)]
                .map(|(dx, dy)| tile(level + 1, levels, x + dx, y + dy, h, refine))
                .join(",")
        } else {
            String::new()
        };
        let error = if level + 1 < levels { half / 8.0 } else { 0.0 };
        format!(
            r#"{{"boundingVolume":{{"box":[{x},{y},0,{half},0,0,0,{half},0,0,0,10]}},"geometricError":{error},
            "refine":"{refine}","content":{{"uri":"{level}_{x}_{y}.glb"}},"children":[{children}]}}"#
        )
    }
    let text = format!(r#"{{"asset":{{"version":"1.1"}},"root":{}}}"#, tile(0, levels, 0.0, 0.0, 512.0, refine));
    Tileset::parse(text.as_bytes(), &Url::parse("http://h/t.json").unwrap()).unwrap().0
}

fn above(x: f64, y: f64, z: f64) -> View {
    View::perspective(DVec3::new(x, y, z), DVec3::NEG_Z, Vec::new(), 1000.0, 1.0)
}

/// How often each 64 m cell of the square is covered by rendered tiles.
fn coverage(set: &Tileset, render: &[TileId]) -> Vec<u32> {
    let mut cells = vec![0; 256];
    for id in render {
        let BoundingVolumeBox { x, y, half } = square(set, *id);
        for (i, cell) in cells.iter_mut().enumerate() {
            let (cx, cy) = (-480.0 + 64.0 * (i % 16) as f64, -480.0 + 64.0 * (i / 16) as f64);
            *cell += u32::from((cx - x).abs() < half && (cy - y).abs() < half);
        }
    }
    cells
}

struct BoundingVolumeBox {
    x: f64,
    y: f64,
    half: f64,
}

fn square(set: &Tileset, id: TileId) -> BoundingVolumeBox {
    let crate::BoundingVolume::Box { center, half_axes } = &set.tile(id).unwrap().volume else { panic!("no box") };
    BoundingVolumeBox { x: center.x, y: center.y, half: half_axes.x_axis.x }
}

#[test]
fn replace_never_shows_a_hole_or_two_at_once() {
    let set = quadtree(5, "REPLACE");
    let mut selector = Selector::new(SelectOptions { max_loading: 7, ..Default::default() });
    let mut pending: Vec<TileId> = Vec::new();
    let (mut seed, mut covered) = (12345u64, false);
    let mut random = move |n: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) as usize % n.max(1)
    };
    for frame in 0..600 {
        let t = f64::from(frame) / 40.0;
        let view = above(400.0 * t.sin(), 400.0 * (0.7 * t).cos(), 30.0 + 1500.0 * (0.5 + 0.5 * (0.3 * t).cos()));
        let selection = selector.update(&set, &[view]).clone();
        let cells = coverage(&set, &selection.render);
        covered |= cells.iter().all(|&c| c == 1);
        if covered {
            assert!(cells.iter().all(|&c| c == 1), "frame {frame}: {cells:?}");
        }
        for (id, _) in selection.load {
            selector.set_state(id, ContentState::Loading);
            pending.push(id);
        }
        // Loads end in any order, some of them badly.
        for _ in 0..random(3) {
            if !pending.is_empty() {
                let id = pending.swap_remove(random(pending.len()));
                selector.set_state(id, ContentState::ready(1000));
            }
        }
    }
    assert!(covered);
}

#[test]
fn the_same_path_gives_the_same_trace() {
    let trace = || {
        let set = quadtree(4, "REPLACE");
        let mut selector = Selector::new(SelectOptions::default());
        let mut out = Vec::new();
        for i in 0..50 {
            let s = selector.update(&set, &[above(f64::from(i) * 9.0, 0.0, 100.0)]).clone();
            for (id, _) in s.load.iter().take(2) {
                selector.set_state(*id, ContentState::ready(10));
            }
            out.push(s);
        }
        out
    };
    assert_eq!(trace(), trace());
}

#[test]
fn add_shows_parents_beside_children() {
    let set = quadtree(3, "ADD");
    let mut selector = Selector::new(SelectOptions { max_loading: 1000, ..Default::default() });
    for _ in 0..4 {
        let load = selector.update(&set, &[above(0.0, 0.0, 20.0)]).load.clone();
        for (id, _) in load {
            selector.set_state(id, ContentState::ready(10));
        }
    }
    let render = selector.update(&set, &[above(0.0, 0.0, 20.0)]).render.clone();
    assert!(render.contains(&set.root().id) && render.len() > 4);
}

#[test]
fn failed_tiles_do_not_stop_the_rest() {
    let set = quadtree(3, "REPLACE");
    let mut selector = Selector::new(SelectOptions { max_loading: 1000, ..Default::default() });
    for _ in 0..6 {
        let load = selector.update(&set, &[above(0.0, 0.0, 20.0)]).load.clone();
        for (i, (id, _)) in load.into_iter().enumerate() {
            let bad = set.tile(id).unwrap().depth == 2 && i % 3 == 0;
            selector.set_state(id, if bad { ContentState::Failed } else { ContentState::ready(10) });
        }
    }
    let render = selector.update(&set, &[above(0.0, 0.0, 20.0)]).render.clone();
    assert!(render.iter().any(|id| set.tile(*id).unwrap().depth == 2));
}

#[test]
fn the_budget_is_kept_by_coarsening() {
    let set = quadtree(6, "REPLACE");
    let options = SelectOptions { max_bytes: 40_000, max_loading: 1000, max_error_px: 2.0, ..Default::default() };
    let mut selector = Selector::new(options);
    let mut worst = 0;
    for frame in 0..800 {
        let s = selector.update(&set, &[above(0.0, 0.0, 60.0)]).clone();
        for (id, _) in s.load {
            selector.set_state(id, ContentState::ready(1000));
        }
        if frame > 400 {
            worst = worst.max(s.bytes);
            assert!(!s.render.is_empty());
        }
    }
    assert!(worst <= 80_000, "{worst}");
}
