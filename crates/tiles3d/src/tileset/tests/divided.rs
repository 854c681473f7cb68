//! Implicit trees: which tiles there are and what they are.

use super::builder::*;
use crate::{
    ContentState, SelectOptions, Selector, View,
    tileset::{BoundingVolume, Refine, Subtree, TileId, TilesetError},
};
use cim_geo::Geodetic;
use glam::DVec3;
use serde_json::json;

fn box_of(volume: &BoundingVolume) -> (DVec3, DVec3) {
    let BoundingVolume::Box { center, half_axes: a } = volume else { panic!("no box") };
    (*center, DVec3::new(a.x_axis.length(), a.y_axis.length(), a.z_axis.length()))
}

#[test]
fn a_quadtree_grows_subtree_by_subtree() {
    let translate = json!({ "transform": [1,0,0,0, 0,1,0,0, 0,0,1,0, 100,0,0,1] });
    let (mut set, found) = tileset(&implicit(&cube(), "QUADTREE", (2, 4), &translate));
    assert!(found.is_empty(), "{found:?}");
    let root = tile(&set, 0);
    assert_eq!(root.pending, Some(url("s/0.0.0.subtree")));
    assert!(root.contents.is_empty() && root.children.is_empty());

    // The root and its second and fourth child; of their 16 places below two are subtrees.
    let mut below = [0; 16];
    (below[5], below[15], below[0]) = (1, 1, 1);
    let first = SubtreeBuilder::new()
        .stream("tileAvailability", &[1, 0, 1, 0, 1])
        .with("contentAvailability", json!([{ "bitstream": 2 }]))
        .stream("childSubtreeAvailability", &below);
    let mut first = first;
    first.view(&bits(&[0, 0, 1, 0, 1]));
    assert_eq!(set.attach_subtree(TileId(0), first.parse()).unwrap(), []);

    let root = tile(&set, 0);
    assert_eq!((root.pending.as_ref(), root.contents.len(), root.children.len()), (None, 0, 2));
    assert_eq!(set.tiles().len(), 5, "a subtree below a tile that is not there is not there either");
    let (a, b) = (tile(&set, 1), tile(&set, 2));
    assert_eq!((contents(a), contents(b)), (vec!["c/1.1.0.glb"], vec!["c/1.1.1.glb"]));
    assert_eq!((a.geometric_error, a.refine, a.depth, a.parent), (32.0, Refine::Add, 1, Some(TileId(0))));
    assert_eq!(box_of(&a.volume), (DVec3::new(104.0, -4.0, 0.0), DVec3::new(4.0, 4.0, 4.0)));
    assert_eq!(a.transform.w_axis.x, 100.0);
    let (c, d) = (tile(&set, 3), tile(&set, 4));
    assert_eq!((c.parent, c.pending.as_ref()), (Some(TileId(1)), Some(&url("s/2.3.0.subtree"))));
    assert_eq!((d.parent, d.pending.as_ref()), (Some(TileId(2)), Some(&url("s/2.3.3.subtree"))));
    assert_eq!(box_of(&d.volume), (DVec3::new(106.0, 6.0, 0.0), DVec3::new(2.0, 2.0, 4.0)));
    assert_eq!(d.geometric_error, 16.0);

    // The last levels: whatever is said to be below them is not.
    let last = SubtreeBuilder::new()
        .with("contentAvailability", json!([{ "constant": 1 }]))
        .with("childSubtreeAvailability", json!({ "constant": 1 }));
    assert_eq!(set.attach_subtree(TileId(4), last.parse()).unwrap(), []);
    let d = tile(&set, 4);
    assert_eq!((contents(d), d.children.len()), (vec!["c/2.3.3.glb"], 4));
    let corner = set.tile(d.children[3]).unwrap();
    assert_eq!((contents(corner), corner.children.len()), (vec!["c/3.7.7.glb"], 0));
    assert_eq!(box_of(&corner.volume), (DVec3::new(107.0, 7.0, 0.0), DVec3::new(1.0, 1.0, 4.0)));

    assert!(matches!(set.attach_subtree(TileId(4), last.parse()), Err(TilesetError::NotPending { .. })));
    assert!(matches!(set.attach_subtree(TileId(99), last.parse()), Err(TilesetError::Tile { .. })));
    set.drop_pending(TileId(3));
    assert_eq!(tile(&set, 3).pending, None);
    assert!(matches!(set.attach_subtree(TileId(3), last.parse()), Err(TilesetError::NotPending { .. })));
}

#[test]
fn a_selector_asks_for_a_subtree_as_for_a_content() {
    let (mut set, _) = tileset(&implicit(&cube(), "QUADTREE", (1, 2), &json!({})));
    let view = View::perspective(DVec3::new(0.0, 0.0, 20.0), DVec3::NEG_Z, Vec::new(), 1000.0, 1.0);
    let mut selector = Selector::new(SelectOptions::default());
    let asked = |selector: &mut Selector, set: &_| selector.update(set, std::slice::from_ref(&view)).load.clone();
    assert_eq!(asked(&mut selector, &set)[0].0, TileId(0));
    selector.set_state(TileId(0), ContentState::Loading);
    let subtree = SubtreeBuilder::new().with("childSubtreeAvailability", json!({ "constant": 1 }));
    set.attach_subtree(TileId(0), subtree.parse()).unwrap();
    selector.set_state(TileId(0), ContentState::Unloaded);
    let mut below: Vec<u32> = asked(&mut selector, &set).iter().map(|l| l.0.0).collect();
    below.sort_unstable();
    assert_eq!(below, [1, 2, 3, 4]);
}

#[test]
fn an_octree_divides_its_height_too() {
    let (mut set, _) = tileset(&implicit(&cube(), "OCTREE", (2, 2), &json!({})));
    let mut tiles = [0; 9];
    (tiles[0], tiles[1 + 5]) = (1, 1);
    let subtree = SubtreeBuilder::new().stream("tileAvailability", &tiles);
    let subtree = subtree.with("contentAvailability", json!([{ "constant": 1 }]));
    set.attach_subtree(TileId(0), subtree.parse()).unwrap();
    assert_eq!(contents(tile(&set, 0)), ["c/0.0.0.0.glb"]);
    assert_eq!(contents(tile(&set, 1)), ["c/1.1.0.1.glb"]);
    assert_eq!(box_of(&tile(&set, 1).volume), (DVec3::new(4.0, -4.0, 2.0), DVec3::new(4.0, 4.0, 2.0)));
}

#[test]
fn regions_and_cells_are_where_they_are_on_the_earth() {
    // A transform changes neither.
    let shifted = json!({ "transform": [1,0,0,0, 0,1,0,0, 0,0,1,0, 1e6,0,0,1] });
    let region = json!({ "region": [2.0, 0.6, 2.002, 0.601, 0, 100] });
    let cell = json!({ "extensions": { "3DTILES_bounding_volume_S2": {
        "token": "89c6c7", "minimumHeight": 0, "maximumHeight": 100 } } });
    let (lon, lat) = (-75.201_222, 39.964_12);
    let (mut regions, found) = tileset(&implicit(&region, "OCTREE", (2, 2), &shifted));
    assert!(found.is_empty());
    let (mut cells, found) = tileset(&implicit(&cell, "OCTREE", (2, 2), &shifted));
    assert!(found.is_empty());
    for set in [&mut regions, &mut cells] {
        set.attach_subtree(TileId(0), SubtreeBuilder::new().parse()).unwrap();
        assert_eq!(set.tiles().len(), 9);
    }
    // The child at x 1, y 0, z 1: its middle is in it, those of the others are not.
    let middle = Geodetic::from_radians(2.0015, 0.600_25, 75.0).to_ecef();
    let inside: Vec<u32> = (1..9).filter(|i| tile(&regions, *i).volume.distance_to(middle) <= 0.0).collect();
    assert_eq!(inside, [6]);
    // The middle of the cell is a corner of all four parts below.
    let middle = Geodetic::new(lon, lat, 10.0).to_ecef();
    for i in 1..9 {
        let distance = tile(&cells, i).volume.distance_to(middle);
        assert!(if i < 5 { distance < 50.0 } else { (20.0..60.0).contains(&distance) }, "{i}: {distance}");
    }
}

#[test]
fn buffers_may_be_in_files() {
    let mut below = [0; 16];
    below[0] = 1;
    let subtree =
        SubtreeBuilder::new().stream("tileAvailability", &[1, 1, 0, 0, 0]).stream("childSubtreeAvailability", &below);
    let (json, buffer) = subtree.external("bits.bin");
    let mut asked = Vec::new();
    let read = Subtree::parse(&json, &url("s/0.0.0.json"), &mut |uri| {
        asked.push(uri.to_owned());
        Ok(buffer.clone())
    });
    let (mut set, _) = tileset(&implicit(&cube(), "QUADTREE", (2, 9), &json!({})));
    set.attach_subtree(TileId(0), read.unwrap()).unwrap();
    assert_eq!((asked, set.tiles().len()), (vec!["bits.bin".to_owned()], 3));
    let missing = Subtree::parse(&json, &url("s/0.0.0.json"), &mut |_| Err("404".into()));
    assert!(missing.unwrap_err().to_string().contains("404"));
    let short = Subtree::parse(&json, &url("s/0.0.0.json"), &mut |_| Ok(vec![1]));
    assert!(short.is_err());
}

#[test]
fn several_contents_have_an_availability_each() {
    let two = json!({ "contents": [{ "uri": "a/{level}/{x}/{y}.glb" }, { "uri": "b/{level}/{x}/{y}.glb" }] });
    let mut json = implicit(&cube(), "QUADTREE", (2, 2), &two);
    json["root"].as_object_mut().unwrap().remove("content");
    let (mut set, _) = tileset(&json);
    let mut subtree = SubtreeBuilder::new();
    let view = subtree.view(&bits(&[0, 1, 0, 0, 1]));
    let subtree =
        subtree.with("contentAvailability", json!([{ "bitstream": view }, { "constant": 1 }, { "constant": 1 }]));
    let found = set.attach_subtree(TileId(0), subtree.parse()).unwrap();
    assert_eq!(codes(&found), ["subtree-contents-many"]);
    assert_eq!(contents(tile(&set, 0)), ["b/0/0/0.glb"]);
    assert_eq!(contents(tile(&set, 1)), ["a/1/0/0.glb", "b/1/0/0.glb"]);
    assert_eq!(contents(tile(&set, 3)), ["b/1/0/1.glb"]);
}

#[test]
fn what_is_wrong_is_named_and_the_rest_stays() {
    let (mut set, _) = tileset(&implicit(&cube(), "QUADTREE", (3, 3), &json!({})));
    // Bits for two levels of three.
    let short = SubtreeBuilder::new().stream("tileAvailability", &[1; 5]).parse();
    assert!(matches!(set.attach_subtree(TileId(0), short), Err(TilesetError::Subtree { .. })));
    assert!(tile(&set, 0).pending.is_some());
    let mut content = SubtreeBuilder::new();
    let view = content.view(&[1]);
    let content = content.with("contentAvailability", json!([{ "bitstream": view }]));
    assert_eq!(codes(&set.attach_subtree(TileId(0), content.parse()).unwrap()), ["subtree-content-broken"]);
    assert_eq!(set.tiles().len(), 21);

    let (mut set, _) = tileset(&implicit(&cube(), "QUADTREE", (3, 3), &json!({})));
    let empty = SubtreeBuilder::new().with("tileAvailability", json!({ "constant": 0 }));
    assert_eq!(codes(&set.attach_subtree(TileId(0), empty.parse()).unwrap()), ["subtree-empty"]);
    assert_eq!((set.tiles().len(), &tile(&set, 0).pending), (1, &None));

    let sphere = json!({ "sphere": [0, 0, 0, 1] });
    let (set, found) = tileset(&implicit(&sphere, "QUADTREE", (3, 3), &json!({ "children": [3] })));
    assert_eq!(codes(&found), ["implicit-tiling-invalid", "implicit-tiling-children"]);
    assert_eq!((set.tiles().len(), &tile(&set, 0).pending), (1, &None));
}

#[test]
fn a_pruned_subtree_can_be_attached_again() {
    let (mut set, _) = tileset(&implicit(&cube(), "QUADTREE", (1, 9), &json!({})));
    let all = SubtreeBuilder::new().with("childSubtreeAvailability", json!({ "constant": 1 }));
    let all = all.with("contentAvailability", json!([{ "constant": 1 }]));
    set.attach_subtree(TileId(0), all.parse()).unwrap();
    set.attach_subtree(TileId(2), all.parse()).unwrap();
    let (before, tiles) = (format!("{set:?}").len(), set.tiles().len());
    for _ in 0..3 {
        let mut gone = Vec::new();
        set.grafted(TileId(2), &mut gone);
        assert_eq!(gone.len(), 4);
        set.cut(TileId(2), &gone);
        let pointer = tile(&set, 2);
        assert_eq!((pointer.pending.as_ref(), pointer.contents.len()), (Some(&url("s/1.1.0.subtree")), 0));
        set.attach_subtree(TileId(2), all.parse()).unwrap();
        assert_eq!(contents(tile(&set, 2)), ["c/1.1.0.glb"]);
    }
    assert_eq!(set.tiles().len(), tiles);
    assert!(format!("{set:?}").len() < before + 200, "nothing is left of what was cut");
}
