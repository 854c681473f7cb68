//! The rules of selection one at a time, on small tilesets.
#![allow(clippy::unwrap_used, reason = "test code")]

mod select_city;

use glam::DVec3;
use select_city::{Loader, Network, look, nested, quadtree, square};
use std::time::Duration;
use tiles3d::select::Sight;
use tiles3d::{
    Bytes, ContentState, Decision, Failure, Frame, SelectOptions, Selection, Selector, SharedBudget, TileId, Tileset,
    View,
};
use url::Url;

fn above(x: f64, y: f64, z: f64) -> View {
    look(DVec3::new(x, y, z), DVec3::new(x, y, 0.0))
}

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

/// Updates and loads everything until nothing more is asked for.
fn settle(set: &mut Tileset, selector: &mut Selector, views: &[View]) -> Selection {
    let mut loader = Loader::new(Network::default(), 1);
    for _ in 0..200 {
        let selection = selector.update(set, views).clone();
        if selection.load.is_empty() && loader.loading() == 0 {
            return selection;
        }
        loader.step(set, selector, &selection, Duration::ZERO);
    }
    panic!("never settled");
}

fn depths(set: &Tileset, tiles: &[TileId]) -> Vec<u32> {
    let mut depths: Vec<u32> = tiles.iter().map(|id| set.tile(*id).unwrap().depth).collect();
    depths.sort_unstable();
    depths.dedup();
    depths
}

fn parse(root: &str) -> Tileset {
    let text = format!(r#"{{"asset":{{"version":"1.1"}},"root":{root}}}"#);
    Tileset::parse(text.as_bytes(), &Url::parse("http://h/t.json").unwrap()).unwrap().0
}

#[test]
fn views_of_one_cut_show_the_same_tiles_each_those_it_sees() {
    let mut set = quadtree(5, "REPLACE");
    let mut selector = Selector::new(SelectOptions::default());
    // Two slices of a wall: the same eye, one looks left and one right.
    let slice = |x: f64| look(DVec3::new(0.0, -600.0, 200.0), DVec3::new(x, 0.0, 0.0));
    let views = [slice(-700.0), slice(700.0)];
    let both = settle(&mut set, &mut selector, &views);
    let (left, right): (Vec<_>, Vec<_>) = (both.per_view(0).collect(), both.per_view(1).collect());
    assert!(left.len() < both.render.len() && right.len() < both.render.len());
    assert!(both.render.iter().all(|id| left.contains(id) || right.contains(id)));
    for id in &left {
        assert!(set.tile(*id).unwrap().volume.touches(&views[0].planes));
    }
    assert_eq!(both.per_view(64).count(), 0);
}

#[test]
fn a_cut_of_its_own_is_as_coarse_as_its_view_allows() {
    let mut set = quadtree(5, "REPLACE");
    let mut selector = Selector::new(SelectOptions::default());
    let near = above(0.0, 0.0, 60.0);
    let plan = View::orthographic(DVec3::Z * 100.0, DVec3::NEG_Z, Vec::new(), 200.0, 1024.0);
    let all = settle(&mut set, &mut selector, &[near.clone(), plan.clone().with_cut(1)]);
    let map: Vec<_> = all.per_view(1).collect();
    // 64 m of error in 1,024 m over 200 px is 12.5 px.
    assert_eq!(map, [set.root().id]);
    assert!(depths(&set, &all.per_view(0).collect::<Vec<_>>()).contains(&4));
    let finer = settle(&mut set, &mut selector, &[near, plan.with_cut(1).with_error_scale(0.5)]);
    assert_eq!(depths(&set, &finer.per_view(1).collect::<Vec<_>>()), [1]);
}

#[test]
fn hints_load_after_the_views_and_are_never_shown() {
    let mut set = quadtree(6, "REPLACE");
    let mut selector = Selector::new(SelectOptions { max_loading: 1000, ..SelectOptions::default() });
    let (here, there) = (above(-300.0, -300.0, 60.0), above(300.0, 300.0, 60.0));
    let alone = settle(&mut set, &mut selector, std::slice::from_ref(&here));
    let there = [there];
    let frame = Frame { views: &[here], hints: &there, now: ms(0) };
    let first = selector.update_with(&set, &frame, None).clone();
    assert_eq!(first.render, alone.render);
    assert!(!first.load.is_empty() && first.load.iter().all(|(_, urgency)| *urgency < 0.0));
    let mut loader = Loader::new(Network::default(), 1);
    for _ in 0..50 {
        let selection = selector.update_with(&set, &frame, None).clone();
        assert_eq!(selection.render, alone.render);
        loader.step(&mut set, &mut selector, &selection, ms(0));
    }
    let arrived = selector.update(&set, &there).clone();
    assert!(depths(&set, &arrived.render).contains(&5));
    assert!(arrived.load.iter().all(|(_, urgency)| *urgency < 0.0), "only what is beside the picture");
}

#[test]
fn hints_never_push_out_what_is_seen() {
    let mut set = quadtree(6, "REPLACE");
    let here = above(-300.0, -300.0, 60.0);
    let mut selector = Selector::new(SelectOptions::default());
    let alone = settle(&mut set, &mut selector, std::slice::from_ref(&here));
    let max_bytes = alone.wanted.cpu * 11 / 10;
    let mut selector = Selector::new(SelectOptions { max_bytes, ..SelectOptions::default() });
    let frame = Frame { views: &[here], hints: &[above(300.0, 300.0, 60.0)], now: ms(0) };
    let mut loader = Loader::new(Network::default(), 1);
    let mut evicted = 0;
    for i in 0..300 {
        let selection = selector.update_with(&set, &frame, None).clone();
        assert!(selection.bytes <= max_bytes);
        if i > 150 {
            evicted += selection.evict.len();
            assert_eq!(selection.render, alone.render);
        }
        loader.step(&mut set, &mut selector, &selection, ms(0));
    }
    assert_eq!(evicted, 0, "hints come and go");
}

#[test]
fn a_camera_that_turns_finds_what_was_beside_the_picture() {
    let coarsest = |preload_siblings| {
        let mut set = quadtree(6, "REPLACE");
        let mut selector = Selector::new(SelectOptions { preload_siblings, ..SelectOptions::default() });
        settle(&mut set, &mut selector, &[above(-60.0, 10.0, 60.0)]);
        let turned = selector.update(&set, &[above(-40.0, 25.0, 60.0)]).render.clone();
        depths(&set, &turned)[0]
    };
    assert!(coarsest(true) > coarsest(false), "{} {}", coarsest(true), coarsest(false));
}

#[test]
fn coarse_comes_first_and_then_the_middle() {
    let set = quadtree(6, "REPLACE");
    let mut selector = Selector::new(SelectOptions { max_loading: 10_000, ..SelectOptions::default() });
    let load = selector.update(&set, &[above(100.0, 100.0, 80.0)]).load.clone();
    assert_eq!(load[0].0, set.root().id);
    for (i, (id, _)) in load.iter().enumerate() {
        let parent = set.tile(*id).unwrap().parent;
        assert!(parent.is_none_or(|p| load[..i].iter().any(|l| l.0 == p)), "{id:?} before its parent");
    }
    let leaves = load.iter().map(|l| square(&set, l.0)).filter(|s| s.half < 17.0);
    let from_middle: Vec<f64> = leaves.map(|s| (s.x - 100.0).hypot(s.y - 100.0)).collect();
    let mean = |d: &[f64]| d.iter().sum::<f64>() / d.len() as f64;
    let (early, late) = from_middle.split_at(from_middle.len() / 2);
    assert!(mean(early) < mean(late), "{} {}", mean(early), mean(late));
}

#[test]
fn what_nobody_wants_any_more_is_cancelled() {
    let set = quadtree(5, "REPLACE");
    let options = SelectOptions { cancel_after_frames: 5, max_loading: 8, ..SelectOptions::default() };
    let mut selector = Selector::new(options);
    let load = selector.update(&set, &[above(-300.0, -300.0, 30.0)]).load.clone();
    for (id, _) in &load {
        selector.set_state(*id, ContentState::Loading);
    }
    assert_eq!(selector.counts().loading, 8);
    let away = look(DVec3::new(0.0, 0.0, 50.0), DVec3::new(0.0, 0.0, 500.0));
    let cancelled: Vec<usize> =
        (0..8).map(|_| selector.update(&set, std::slice::from_ref(&away)).cancel.len()).collect();
    assert_eq!(cancelled, [0, 0, 0, 0, 0, 8, 0, 0]);
    assert_eq!(selector.counts().loading, 0);
    // One that comes all the same is kept.
    selector.set_state(load[0].0, ContentState::ready(7));
    assert_eq!(selector.update(&set, &[away]).bytes, 7);
}

#[test]
fn what_fails_for_the_time_being_is_asked_for_again_later_each_time() {
    let set = quadtree(1, "REPLACE");
    let (root, view) = (set.root().id, [above(0.0, 0.0, 900.0)]);
    let mut selector = Selector::new(SelectOptions { max_tries: 4, ..SelectOptions::default() });
    let mut asked = Vec::new();
    for i in 0..2000 {
        let now = ms(10 * i);
        let frame = Frame { views: &view, hints: &[], now };
        if !selector.update_with(&set, &frame, None).load.is_empty() {
            asked.push(now.as_millis());
            selector.set_state(root, ContentState::Loading);
            selector.set_failed(root, Failure::Temporary, now);
        }
    }
    assert_eq!(asked, [0, 1000, 3000, 7000]);
    assert_eq!((selector.state(root), selector.counts().failed), (ContentState::Failed, 1));
    let why = selector.why(&set, root);
    assert_eq!(why.decision, Decision::Failed);
    assert!(why.to_string().starts_with("tile 0: missing: broken; given up after 4 tries"), "{why}");
    // Until somebody says otherwise.
    selector.set_state(root, ContentState::Unloaded);
    assert_eq!(selector.update(&set, &view).load.len(), 1);
    assert_eq!(selector.set_failed(root, Failure::Permanent, ms(0)), ContentState::Failed);
}

/// The leaf below the middle of a quadtree of 4 levels is broken.
fn with_a_broken_leaf() -> (Tileset, TileId) {
    let set = quadtree(4, "REPLACE");
    let leaf = set.tiles().find(|t| t.depth == 3 && square(&set, t.id).x == 64.0 && square(&set, t.id).y == 64.0);
    let leaf = leaf.unwrap().id;
    (set, leaf)
}

#[test]
fn for_a_broken_leaf_the_tile_above_stays_unless_it_is_much_too_coarse() {
    let (mut set, leaf) = with_a_broken_leaf();
    let parent = set.tile(leaf).unwrap().parent.unwrap();
    let mut selector = Selector::new(SelectOptions::default());
    selector.set_failed(leaf, Failure::Permanent, ms(0));
    // The parent's error is 16 m: 26 px from 500 m, 132 px from 110 m, with 64 px the most it may stand in for.
    let far = settle(&mut set, &mut selector, &[above(64.0, 64.0, 500.0)]);
    assert!(far.render.contains(&parent) && far.render.iter().any(|id| set.tile(*id).unwrap().depth == 3));
    let why = selector.why(&set, parent);
    assert_eq!(why.decision, Decision::StandsInForBroken);
    let neighbour = set.tile(parent).unwrap().children.iter().copied().find(|c| *c != leaf).unwrap();
    let why = selector.why(&set, neighbour);
    assert_eq!((why.decision, why.because_of), (Decision::HeldBack, Some(parent)));
    let near = settle(&mut set, &mut selector, &[above(64.0, 64.0, 110.0)]);
    assert!(!near.render.contains(&parent) && near.render.contains(&neighbour));
}

#[test]
fn a_broken_tile_with_children_is_passed_by() {
    let mut set = quadtree(3, "REPLACE");
    let inner = set.root().children[0];
    let mut selector = Selector::new(SelectOptions::default());
    selector.set_failed(inner, Failure::Permanent, ms(0));
    // All of depth 1 would do.
    let s = settle(&mut set, &mut selector, &[above(0.0, 0.0, 2500.0)]);
    let children = set.tile(inner).unwrap().children.clone();
    assert!(children.iter().all(|c| s.render.contains(c)), "{:?}", s.render);
    assert_eq!(s.render.len(), 7);
}

#[test]
fn a_trembling_camera_does_not_flicker() {
    let mut set = quadtree(3, "REPLACE");
    let changes = |set: &mut Tileset, hold: f64| {
        let mut selector = Selector::new(SelectOptions { hold, ..SelectOptions::default() });
        // The error of the root is 64 m: 16 px at about 3,300 m.
        let view = |i: u64| above(0.0, 0.0, 3306.0 + if i.is_multiple_of(2) { 60.0 } else { -60.0 });
        settle(set, &mut selector, &[view(1)]);
        let mut last = Vec::new();
        (0..40)
            .filter(|i| {
                let render = selector.update(set, &[view(*i)]).render.clone();
                std::mem::replace(&mut last, render.clone()) != render
            })
            .count()
    };
    assert_eq!(changes(&mut set, 0.8), 1, "the first frame");
    assert_eq!(changes(&mut set, 1.0), 40, "without a hold band the test would not tremble");
}

#[test]
fn levels_may_be_left_out() {
    let view = [above(100.0, 100.0, 40.0)];
    let loaded = |skip_levels| {
        let mut set = quadtree(7, "REPLACE");
        let options = SelectOptions { skip_levels, base_error_px: 2000.0, ..SelectOptions::default() };
        let mut selector = Selector::new(options);
        let s = settle(&mut set, &mut selector, &view);
        (selector.counts().ready, s.render)
    };
    let (all, skipped) = (loaded(0), loaded(2));
    assert_eq!(all.1, skipped.1, "the same picture");
    assert!(skipped.0 < all.0, "{} {}", skipped.0, all.0);
    let mut set = quadtree(7, "REPLACE");
    let mut selector = Selector::new(SelectOptions { skip_levels: 2, base_error_px: 2000.0, ..Default::default() });
    settle(&mut set, &mut selector, &view);
    assert!(set.tiles().any(|t| selector.why(&set, t.id).decision == Decision::Skipped));
}

const BOX: &str = r#""boundingVolume":{"box":[0,0,0,50,0,0,0,50,0,0,0,10]}"#;

#[test]
fn an_empty_tile_in_between_makes_no_hole() {
    // A picture, replaced by a group that has none, with the finer pictures beside one another below it.
    let leaf = |uri: &str| format!(r#"{{{BOX},"geometricError":0,"content":{{"uri":"{uri}.glb"}}}}"#);
    for refine in ["ADD", "REPLACE"] {
        let set = parse(&format!(
            r#"{{{BOX},"geometricError":100,"refine":"REPLACE","content":{{"uri":"root.glb"}},"children":[
            {{{BOX},"geometricError":90,"refine":"{refine}","children":[{},{}]}}]}}"#,
            leaf("a"),
            leaf("b")
        ));
        let mut selector = Selector::new(SelectOptions::default());
        let view = [above(0.0, 0.0, 60.0)];
        let ready = |selector: &mut Selector, id| selector.set_state(TileId(id), ContentState::ready(1));
        ready(&mut selector, 0);
        assert_eq!(selector.update(&set, &view).render, [TileId(0)], "{refine}");
        assert_eq!(selector.why(&set, TileId(0)).decision, Decision::WaitingForChildren);
        assert_eq!(selector.why(&set, TileId(1)).decision, Decision::Empty);
        ready(&mut selector, 2);
        assert_eq!(selector.update(&set, &view).render, [TileId(0)], "{refine}");
        ready(&mut selector, 3);
        assert_eq!(selector.update(&set, &view).render, [TileId(2), TileId(3)], "{refine}");
    }
}

#[test]
fn a_request_volume_keeps_eyes_out() {
    let set = parse(&format!(
        r#"{{{BOX},"geometricError":100,"refine":"REPLACE","content":{{"uri":"root.glb"}},"children":[
        {{{BOX},"viewerRequestVolume":{{"sphere":[0,0,0,70]}},"geometricError":0,"content":{{"uri":"a.glb"}}}}]}}"#
    ));
    let mut selector = Selector::new(SelectOptions::default());
    let (inside, outside) = ([above(0.0, 0.0, 60.0)], [above(0.0, 0.0, 80.0)]);
    assert_eq!(selector.update(&set, &outside).load.len(), 1);
    assert_eq!(selector.why(&set, TileId(1)).decision, Decision::OutsideRequestVolume);
    assert_eq!(selector.update(&set, &inside).load.len(), 2);
    selector.set_state(TileId(0), ContentState::ready(1));
    selector.set_state(TileId(1), ContentState::ready(1));
    assert_eq!(selector.update(&set, &inside).render, [TileId(1)]);
    assert_eq!(selector.update(&set, &outside).render, [TileId(0)], "nothing finer may be shown");
    let both = [outside[0].clone(), inside[0].clone()];
    assert_eq!(selector.update(&set, &both).render, [TileId(1)]);
    let sights: Vec<Sight> = selector.why(&set, TileId(1)).sights;
    assert_eq!((sights[0].let_in, sights[1].let_in), (false, true));
}

#[test]
fn content_out_of_view_is_not_loaded() {
    let set = parse(&format!(
        r#"{{{BOX},"geometricError":0,"content":{{"uri":"a.glb",
        "boundingVolume":{{"box":[40,40,0,5,0,0,0,5,0,0,0,5]}}}}}}"#
    ));
    let mut selector = Selector::new(SelectOptions::default());
    assert!(selector.update(&set, &[above(-40.0, -40.0, 30.0)]).load.is_empty());
    assert_eq!(selector.why(&set, TileId(0)).decision, Decision::ContentCulled);
    assert_eq!(selector.update(&set, &[above(40.0, 40.0, 30.0)]).load.len(), 1);
}

#[test]
fn what_arrives_and_does_not_fit_is_dropped_and_not_asked_for_again() {
    let set = quadtree(2, "REPLACE");
    let mut selector = Selector::new(SelectOptions { max_bytes: 100, ..SelectOptions::default() });
    let view = [above(0.0, 0.0, 30.0)];
    let mut loads = Vec::new();
    for _ in 0..200 {
        let s = selector.update(&set, &view).clone();
        loads.push(s.load.len());
        for (id, _) in s.load {
            // The root takes half of the budget, a child by itself all of it.
            selector.set_state(id, ContentState::ready(if id.0 == 0 { 50 } else { 100 }));
        }
    }
    assert_eq!(selector.selection().render, [TileId(0)]);
    assert!(selector.selection().bytes <= 100);
    assert_eq!(loads.iter().sum::<usize>(), 5, "{loads:?}");
}

#[test]
fn a_tile_larger_than_the_whole_budget_is_too_large_and_what_is_below_it_is_shown() {
    let set = quadtree(2, "REPLACE");
    let options = SelectOptions { max_bytes: 100, max_gpu_bytes: 100, ..SelectOptions::default() };
    let mut selector = Selector::new(options.clone());
    let view = [above(0.0, 0.0, 600.0)];
    let mut most = 0;
    for _ in 0..60 {
        let s = selector.update(&set, &view).clone();
        most = most.max(s.bytes).max(s.gpu_bytes);
        for (id, _) in s.load {
            let state = ContentState::Ready { cpu: 1, gpu: if id.0 == 0 { 101 } else { 20 } };
            let counts_as = selector.set_state(id, state);
            assert_eq!(counts_as, if id.0 == 0 { ContentState::Failed } else { state });
        }
    }
    assert_eq!(depths(&set, &selector.selection().render), [1]);
    assert!(most <= 100, "{most}");
    let why = selector.why(&set, TileId(0));
    assert!(why.too_large && why.size == Some(Bytes { cpu: 1, gpu: 101 }), "{why}");
    assert!(why.to_string().contains("larger than the whole memory budget"), "{why}");

    // More memory, another chance; less does not take back what is there.
    selector.set_options(SelectOptions { max_gpu_bytes: 99, ..options.clone() });
    assert_eq!(selector.state(TileId(0)), ContentState::Failed);
    selector.set_options(SelectOptions { max_gpu_bytes: 200, ..options });
    assert_eq!(selector.state(TileId(0)), ContentState::Unloaded);
    assert!(!selector.why(&set, TileId(0)).too_large);
}

#[test]
fn a_leaf_that_is_too_large_leaves_what_is_above_it() {
    let set = quadtree(2, "REPLACE");
    let options = SelectOptions { max_bytes: 100, broken_hold: f64::INFINITY, ..SelectOptions::default() };
    let mut selector = Selector::new(options);
    let view = [above(-300.0, -300.0, 600.0)];
    for _ in 0..60 {
        for (id, _) in selector.update(&set, &view).clone().load {
            selector.set_state(id, ContentState::ready(if id.0 == 0 { 10 } else { 1000 }));
        }
    }
    let s = selector.selection();
    assert_eq!((s.render.as_slice(), s.bytes), (&[TileId(0)][..], 10));
    assert_eq!(selector.counts().failed, 4);
}

#[test]
fn two_tilesets_share_requests_and_bytes() {
    let mut sets = [quadtree(6, "REPLACE"), quadtree(6, "REPLACE")];
    let mut selectors = [1.0, 2.0].map(|e| Selector::new(SelectOptions { max_error_px: e, ..Default::default() }));
    let slow = Network { latency: (3, 6), ..Network::default() };
    let mut loaders = [Loader::new(slow, 1), Loader::new(slow, 2)];
    let limit = Bytes { cpu: 120_000, gpu: 90_000 };
    let mut shared = SharedBudget::new(10, limit);
    let views = [above(0.0, 0.0, 300.0)];
    let mut most = 0;
    for i in 0..3000u64 {
        for n in 0..2 {
            let frame = Frame { views: &views, hints: &[], now: ms(16 * i) };
            let s = selectors[n].update_with(&sets[n], &frame, Some(&mut shared)).clone();
            loaders[n].step(&mut sets[n], &mut selectors[n], &s, ms(16 * i));
            if i > 2500 {
                assert!(s.load.is_empty() && s.evict.is_empty(), "frame {i} of {n}: {s:?}");
            }
        }
        most = most.max(loaders.iter().map(Loader::loading).sum());
        let held = selectors.iter().fold(0, |sum, s| sum + s.selection().bytes);
        assert!(held <= limit.cpu + 3000, "frame {i}: {held}");
    }
    assert!((8..=10).contains(&most), "{most}");
    let held = selectors.each_ref().map(|s| s.selection().bytes);
    assert!(held.iter().all(|h| *h > 30_000), "{held:?}");
    selectors[0].leave(&mut shared);
    assert_eq!(shared.held().cpu, held[1]);
}

#[test]
fn what_is_pruned_is_loaded_again_when_it_is_seen_again() {
    let mut set = nested(3);
    let before = set.tiles().len();
    let options = SelectOptions { prune_after_frames: 10, keep_tiles: 0, ..SelectOptions::default() };
    let mut selector = Selector::new(options);
    let near = [above(-200.0, -200.0, 60.0)];
    let first = settle(&mut set, &mut selector, &near);
    assert!(set.tiles().len() > before);
    assert!(selector.prune(&mut set).is_empty(), "it is seen");
    let away = [look(DVec3::new(0.0, 0.0, 50.0), DVec3::new(0.0, 0.0, 500.0))];
    let mut gone = Vec::new();
    for _ in 0..30 {
        selector.update(&set, &away);
        gone.extend_from_slice(selector.prune(&mut set));
    }
    assert_eq!(set.tiles().len(), before);
    let shown_and_gone: Vec<_> = first.render.iter().filter(|id| set.tile(**id).is_none()).collect();
    assert!(!shown_and_gone.is_empty() && shown_and_gone.iter().all(|id| gone.contains(id)));
    let held: u64 =
        set.tiles().map(|t| if let ContentState::Ready { cpu, .. } = selector.state(t.id) { cpu } else { 0 }).sum();
    assert_eq!(selector.update(&set, &away).bytes, held);
    let again = settle(&mut set, &mut selector, &near);
    assert_eq!(again.render.len(), first.render.len());
}

#[test]
fn tiles_that_nobody_looked_at_say_so() {
    let mut set = quadtree(4, "REPLACE");
    let mut selector = Selector::new(SelectOptions::default());
    assert_eq!(selector.why(&set, TileId(5)).decision, Decision::Unknown);
    assert_eq!(selector.why(&set, TileId(500)).decision, Decision::Unknown);
    let s = settle(&mut set, &mut selector, &[above(0.0, 0.0, 2500.0)]);
    let fine = s.render[0];
    let below = set.tile(fine).unwrap().children[0];
    let why = selector.why(&set, below);
    assert_eq!((why.decision, why.because_of), (Decision::TooFine, Some(fine)));
    assert!(why.to_string().contains("finer than needed (tile 1)\n  view 0: error"), "{why}");
    let parent = selector.why(&set, set.root().id);
    assert_eq!(parent.decision, Decision::ReplacedByChildren);
}

#[test]
fn views_with_broken_numbers_see_nothing() {
    let set = quadtree(3, "REPLACE");
    let mut selector = Selector::new(SelectOptions::default());
    let nan = View::perspective(DVec3::NAN, DVec3::Z, Vec::new(), f64::NAN, 0.0);
    let s = selector.update(&set, &[nan]);
    assert!(s.render.is_empty() && s.load.is_empty());
    let flat = View::perspective(DVec3::Z, DVec3::Z, vec![(DVec3::NAN, 0.0)], f64::NAN, f64::NAN);
    selector.update(&set, &[flat.with_error_scale(f64::NAN)]);
    let many: Vec<View> = (0..70).map(|i| above(f64::from(i), 0.0, 90.0).with_cut(i as u8)).collect();
    selector.update(&set, &many);
}

#[test]
fn the_deepest_tree_there_may_be_is_walked() {
    let text = format!(r#"{{"asset":{{"version":"1.1"}},"root":{{{BOX},"geometricError":90}}}}"#);
    let mut set = parse(&format!(r#"{{{BOX},"geometricError":90}}"#));
    let url = Url::parse("http://h/deeper.json").unwrap();
    let mut last = set.root().id;
    while set.attach_external(last, text.as_bytes(), &url).is_ok() {
        last = set.tile(last).unwrap().children[0];
    }
    let depth = set.tile(last).unwrap().depth;
    let mut selector = Selector::new(SelectOptions::default());
    assert_eq!(selector.update(&set, &[above(0.0, 0.0, 60.0)]).visited, depth as usize + 1);
    assert!(depth > 200);
}
