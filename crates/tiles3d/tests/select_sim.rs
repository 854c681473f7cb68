//! Random flights over cities on a bad network with too little memory: what must hold in every frame.
#![allow(clippy::unwrap_used, reason = "test code")]

mod select_city;

use proptest::prelude::*;
use select_city::{Loader, Network, coverage, look, nested, quadtree, wander};
use std::time::Duration;
use tiles3d::{SelectOptions, Selector, TileId, Tileset, View};

fn clock(frame: u64) -> Duration {
    Duration::from_millis(16 * frame)
}

/// Flies, and checks each frame; returns what was rendered and loaded as one number.
fn fly(set: &mut Tileset, options: &SelectOptions, network: Network, seed: u64, frames: u64) -> u64 {
    let mut selector = Selector::new(options.clone());
    let mut loader = Loader::new(network, seed);
    let mut trace = 0u64;
    let mut mix = |id: TileId, what: u64| {
        trace = (trace ^ u64::from(id.0) ^ what << 40).wrapping_mul(0x100_0000_01b3).rotate_left(5);
    };
    let mut covered = false;
    for i in 0..frames {
        let view = wander(seed, i);
        let frame = tiles3d::Frame { views: std::slice::from_ref(&view), hints: &[], now: clock(i) };
        let selection = selector.update_with(set, &frame, None).clone();
        let cells = coverage(set, &selection.render, &view);
        assert!(cells.iter().all(|c| *c <= 1), "frame {i}: covered twice: {cells:?}");
        // The root is there from its arrival until the camera has looked past the whole city.
        let root = matches!(selector.state(set.root().id), tiles3d::ContentState::Ready { .. });
        covered |= root;
        assert!(!root || cells.iter().all(|c| *c == 1), "frame {i}: a hole: {cells:?}");
        assert!(selection.bytes <= options.max_bytes + loader.largest.0, "frame {i}: {}", selection.bytes);
        assert!(selection.gpu_bytes <= options.max_gpu_bytes + loader.largest.1);
        assert!(selection.evict.iter().all(|e| !selection.render.contains(e)), "frame {i}: dropped what is shown");
        selection.render.iter().for_each(|id| mix(*id, 1));
        selection.load.iter().for_each(|(id, _)| mix(*id, 2));
        selection.evict.iter().for_each(|id| mix(*id, 3));
        selection.cancel.iter().for_each(|id| mix(*id, 4));
        loader.step(set, &mut selector, &selection, clock(i));
        assert!(loader.loading() <= options.max_loading);
        assert_eq!(loader.loading(), selector.counts().loading);
        selector.prune(set).iter().for_each(|id| mix(*id, 5));
    }
    assert!(covered || network.flaky > 0, "the root never came");
    trace
}

fn networks() -> impl Strategy<Value = Network> {
    (0u64..20, 0u64..40, 0u64..200, 0u64..60).prop_map(|(least, more, flaky, broken)| Network {
        latency: (least, more),
        flaky,
        broken,
        bytes: 1000,
    })
}

fn all_options() -> impl Strategy<Value = SelectOptions> {
    (4_000u64..200_000, 4_000u64..200_000, 1usize..30, 0u32..3, any::<(bool, bool)>(), 0u32..90).prop_map(
        |(max_bytes, max_gpu_bytes, max_loading, skip_levels, (base, preload_siblings), cancel_after_frames)| {
            SelectOptions {
                max_bytes,
                max_gpu_bytes,
                max_loading,
                skip_levels,
                skip_factor: 4.0,
                base_error_px: if base { 200.0 } else { f64::INFINITY },
                cancel_after_frames,
                preload_siblings,
                // Never a gap, so that the check is sharp.
                broken_hold: f64::INFINITY,
                retry_after: Duration::from_millis(200),
                max_tries: 200,
                prune_after_frames: 60,
                keep_tiles: 30,
                ..SelectOptions::default()
            }
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_hole_no_double_cover_within_the_budget(seed in any::<u64>(), options in all_options(), network in networks()) {
        fly(&mut quadtree(6, "REPLACE"), &options, network, seed, 500);
    }

    #[test]
    fn external_tilesets_come_and_go(seed in any::<u64>(), options in all_options(), network in networks()) {
        let first = fly(&mut nested(4), &options, network, seed, 500);
        prop_assert_eq!(first, fly(&mut nested(4), &options, network, seed, 500), "the same seed, another trace");
    }
}

#[test]
fn thousands_of_frames_do_not_grow_the_tree() {
    let options = SelectOptions {
        max_bytes: 300_000,
        prune_after_frames: 100,
        keep_tiles: 200,
        max_error_px: 8.0,
        ..SelectOptions::default()
    };
    let mut set = nested(5);
    let mut selector = Selector::new(options);
    let mut loader = Loader::new(Network::default(), 3);
    let (mut most_early, mut most_late, mut pruned) = (0, 0, 0);
    for i in 0..12_000 {
        let view = wander(9, i);
        let selection = selector.update(&set, &[view]).clone();
        loader.step(&mut set, &mut selector, &selection, clock(i));
        let gone = selector.prune(&mut set).len();
        assert!(set.tiles().len() < 2000);
        pruned += gone;
        let most = if i < 4000 { &mut most_early } else { &mut most_late };
        *most = set.tiles().count().max(*most);
    }
    assert!(pruned > 5000, "{pruned}");
    assert!(most_late <= most_early + most_early / 4, "{most_early} {most_late}");
}

/// A budget that is much too small: the picture becomes coarser and then stays as it is.
fn comes_to_rest(view: &View, max_bytes: u64, error: f64) {
    let mut set = quadtree(7, "REPLACE");
    let options = SelectOptions { max_bytes, max_error_px: error, ..SelectOptions::default() };
    let mut selector = Selector::new(options);
    let mut loader = Loader::new(Network { latency: (2, 9), ..Network::default() }, 5);
    let mut last = Vec::new();
    for i in 0..3000 {
        let selection = selector.update(&set, std::slice::from_ref(view)).clone();
        if i > 1500 {
            assert_eq!((selection.load.len(), selection.evict.len()), (0, 0), "frame {i}, {max_bytes} bytes");
            assert_eq!(selection.render, last, "frame {i}, {max_bytes} bytes");
            assert!(selection.error_px > error, "frame {i}: it does not fit");
            assert_eq!(coverage(&set, &selection.render, view), vec![1; coverage(&set, &[], view).len()]);
        }
        last.clone_from(&selection.render);
        loader.step(&mut set, &mut selector, &selection, clock(i));
    }
}

#[test]
fn a_steady_camera_with_too_small_a_budget_comes_to_rest() {
    let oblique = look(glam::DVec3::new(100.0, -300.0, 120.0), glam::DVec3::ZERO);
    let down = look(glam::DVec3::new(7.0, 3.0, 900.0), glam::DVec3::ZERO);
    for bytes in [6_000, 20_000, 47_000, 111_000] {
        comes_to_rest(&oblique, bytes, 1.0);
        comes_to_rest(&down, bytes, 0.5);
    }
}

#[test]
fn a_larger_budget_lets_the_error_fall_again() {
    let mut set = quadtree(6, "REPLACE");
    let view = look(glam::DVec3::new(100.0, -300.0, 120.0), glam::DVec3::ZERO);
    let small = SelectOptions { max_bytes: 30_000, max_error_px: 2.0, ..SelectOptions::default() };
    let mut selector = Selector::new(small.clone());
    let mut loader = Loader::new(Network::default(), 5);
    for i in 0..2400 {
        if i == 1200 {
            selector.set_options(SelectOptions { max_bytes: 10_000_000, ..small.clone() });
        }
        let selection = selector.update(&set, std::slice::from_ref(&view)).clone();
        if i == 1199 {
            assert!(selection.error_px > 4.0, "{}", selection.error_px);
        }
        loader.step(&mut set, &mut selector, &selection, clock(i));
    }
    assert_eq!(selector.selection().error_px, 2.0);
}
