//! Quadtrees as implicit tiling: what is read back is what was there.

use super::*;
use crate::{
    Refine, Subtree, Tile, TileId, Tileset,
    inspect::{InspectOptions, inspect},
};
use proptest::prelude::*;
use std::collections::BTreeMap;
use url::Url;

const CONTENTS: &str = "b/{level}/{x}/{y}.glb";
const SUBTREES: &str = "b/{level}/{x}/{y}.subtree";

/// A quadtree over a square of 4,096 m: `dice` says which tiles have children and content.
fn quadtree(dice: &mut dyn FnMut() -> u8, [level, x, y]: [u64; 3], quarter: Option<u8>) -> TileNode {
    let edge = 4096.0 / (1u64 << level) as f64;
    let centre = |k: u64| (k as f64 + 0.5) * edge - 2048.0;
    let mut children = Vec::new();
    if level < 8 && (level < 1 || dice() < 90) {
        for q in 0..4u8 {
            if dice() < 140 {
                let at = [level + 1, 2 * x + u64::from(q & 1), 2 * y + u64::from(q >> 1)];
                children.push(quadtree(dice, at, Some(q)));
            }
        }
    }
    // Not quite its square, but within its parent's volume.
    let half = edge * 0.5 - 0.5 * level as f64;
    let high = 100.0 - level as f64;
    TileNode {
        volume: [centre(x), centre(y), 0.0, half, 0.0, 0.0, 0.0, half, 0.0, 0.0, 0.0, high],
        geometric_error: if children.is_empty() { 0.0 } else { edge * 0.04 },
        refine: Refine::Replace,
        transform: None,
        content: (dice() < 200).then(|| format!("b/{level}/{x}/{y}.glb")),
        group: Some(1),
        children,
        quarter,
        implicit: None,
    }
}

/// The whole city: the tree below a root on the ground.
fn city(tree: TileNode) -> TileNode {
    TileNode {
        volume: [0.0, 0.0, 0.0, 5000.0, 0.0, 0.0, 0.0, 5000.0, 0.0, 0.0, 0.0, 200.0],
        geometric_error: 1000.0,
        refine: Refine::Add,
        transform: Some(cim_geo::SiteFrame::new(cim_geo::Geodetic::new(116.6, 35.4, 0.0)).ecef_from_enu()),
        content: None,
        group: None,
        children: vec![tree],
        quarter: None,
        implicit: None,
    }
}

/// What the inspector finds: defects, tiles and contents.
fn walk(root: &TileNode, files: &BTreeMap<String, Vec<u8>>) -> (String, u64, u64) {
    let text = write_layered_tileset(root, 2000.0, &["terrain", "building"]);
    let glb = GlbWriter::write(&[], &FeatureColumns { count: 0, columns: Default::default() }, DVec3::ZERO).unwrap();
    let url = Url::parse("https://city.example/tiles/tileset.json").unwrap();
    let report = inspect(&url, &InspectOptions::default(), &mut |url| {
        let path = url.path().strip_prefix("/tiles/").unwrap_or_default();
        match path {
            "tileset.json" => Ok(text.clone().into_bytes()),
            _ if path.ends_with(".glb") => Ok(glb.clone()),
            _ => files.get(path).cloned().ok_or_else(|| format!("{path} is not there")),
        }
    });
    let defects: Vec<String> = report.defects.iter().map(|d| format!("{d:?}")).collect();
    (defects.join("\n"), report.tree.tiles(), report.files.get("glb").map_or(0, |f| f.files))
}

/// The tiles of a tileset as the engine reads them: contents with their volumes, errors and groups.
fn read(root: &TileNode, files: &BTreeMap<String, Vec<u8>>) -> BTreeMap<String, String> {
    let url = Url::parse("https://city.example/tiles/tileset.json").unwrap();
    let text = write_layered_tileset(root, 2000.0, &["terrain", "building"]);
    let (mut tileset, found) = Tileset::parse(text.as_bytes(), &url).unwrap();
    assert!(found.is_empty(), "{found:?}");
    let path = |url: &Url| url.path().strip_prefix("/tiles/").unwrap().to_owned();
    for id in (0..).map(TileId) {
        let Some(tile) = tileset.tile(id) else { break };
        let Some(url) = tile.pending.clone() else { continue };
        let subtree = Subtree::parse(&files[&path(&url)], &url, &mut |_| Err("no buffers".into())).unwrap();
        assert_eq!(tileset.attach_subtree(id, subtree).unwrap(), []);
    }
    let tile = |(id, t): (TileId, &Tile)| {
        let group = tileset.content_group(id, 0).map(|(number, _)| number);
        let what = format!("{:?} {} {:?} {group:?}", t.volume, t.geometric_error, t.refine);
        t.contents.iter().map(|c| (path(c), what.clone())).collect::<Vec<_>>()
    };
    (0..).map(TileId).zip(tileset.tiles()).flat_map(tile).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn an_implicit_tree_has_the_tiles_of_the_explicit_one(dice in proptest::collection::vec(any::<u8>(), 1..400)) {
        let mut at = 0;
        let mut roll = || { at += 1; dice[at % dice.len()] };
        let tree = quadtree(&mut roll, [0; 3], None);
        let (explicit, none) = (city(tree.clone()), BTreeMap::new());
        let implicit = write_implicit(&tree, CONTENTS, SUBTREES).unwrap();
        let files: BTreeMap<_, _> = implicit.subtrees.into_iter().collect();
        let implicit = city(implicit.root);
        prop_assert_eq!(read(&implicit, &files), read(&explicit, &none));
        prop_assert_eq!(walk(&implicit, &files), walk(&explicit, &none));
    }
}

#[test]
fn what_is_no_quadtree_is_refused_with_its_place() {
    let tree = || quadtree(&mut || 100, [0; 3], None);
    let why = |tree: TileNode| write_implicit(&tree, CONTENTS, SUBTREES).unwrap_err().to_string();
    let with = |change: fn(&mut TileNode)| {
        let mut tree = tree();
        assert!(tree.children.len() > 1 && tree.children[0].children.is_empty());
        change(&mut tree);
        tree
    };
    let text = why(with(|t| (t.children[1].quarter, t.children[1].content) = (Some(0), None)));
    assert!(text.contains("same quarter") && text.contains("level 1, x 0, y 0"), "{text}");
    assert!(why(with(|t| t.children[0].quarter = None)).contains("none of its quarters"));
    assert!(why(with(|t| t.children[0].quarter = Some(4))).contains("none of its quarters"));
    assert!(why(with(|t| t.children[0].content = Some("c.glb".into()))).contains("template"));
    assert!(why(with(|t| t.children[0].group = None)).contains("groups"));
    assert!(why(with(|t| t.children[0].transform = Some(glam::DMat4::IDENTITY))).contains("frame"));
    let mixed = with(|t| {
        let mut below = t.children[1].clone();
        (below.quarter, below.content) = (Some(0), None);
        t.children[0].children = vec![below];
        t.children[0].refine = Refine::Add;
    });
    assert!(why(mixed).contains("refine differently"));
}

#[test]
fn details_become_a_tree_of_their_own() {
    let mut tree = quadtree(&mut || 100, [0; 3], None);
    let details = TileNode { content: Some("d.glb".into()), quarter: Some(0), ..tree.children[1].clone() };
    tree.children[1].refine = Refine::Add;
    tree.children[1].geometric_error = 6.0;
    tree.children[1].children = vec![details.clone()];
    let (rest, found) = split_details(tree.clone());
    let found = found.unwrap();
    assert_eq!((rest.children.len(), rest.children[1].children.len()), (tree.children.len(), 0));
    assert_eq!(
        (rest.children[1].content.as_ref(), rest.children[1].geometric_error),
        (tree.children[1].content.as_ref(), 0.0)
    );
    let [on_the_way] = &found.children[..] else { panic!("{found:?}") };
    assert_eq!((found.content.as_ref(), on_the_way.content.as_ref(), on_the_way.quarter), (None, None, Some(1)));
    assert_eq!((on_the_way.geometric_error, on_the_way.refine), (6.0, Refine::Replace));
    assert_eq!(on_the_way.children[0].content, details.content);
    assert!(split_details(rest).1.is_none());
}
