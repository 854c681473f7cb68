use crate::{
    Silent, TilingOptions,
    synth::{SynthOptions, make_city},
    tiling::write_city,
};
use serde_json::Value as Json;
use std::{collections::BTreeMap, fs, path::Path};
use tiles3d::{
    Content, DecodeOptions, DecodedTile, Value, decode_content,
    inspect::{InspectOptions, inspect},
};

/// A tile of buildings: its error, its content and how large that is, and the tiles below it.
struct Node {
    error: f64,
    tile: Option<(DecodedTile, u64)>,
    children: Vec<Node>,
}

fn node(json: &Json, folder: &Path) -> Node {
    let children = json["children"].as_array().into_iter().flatten().map(|c| node(c, folder)).collect();
    let tile = json["content"]["uri"].as_str().map(|uri| {
        let bytes = fs::read(folder.join("tiles").join(uri)).unwrap();
        let content = decode_content(&bytes, &DecodeOptions::default(), &mut |_| Err(String::new())).unwrap();
        let Content::Models(mut models) = content else { panic!("not a model") };
        (models.remove(0), bytes.len() as u64)
    });
    Node { error: json["geometricError"].as_f64().unwrap(), tile, children }
}

/// The tree of the buildings of a synthetic city of so many.
fn buildings(count: usize, folder: &Path) -> Node {
    let options =
        SynthOptions { seed: 9, buildings: count, cases: 0, bikes: 0, components: 0, ..SynthOptions::default() };
    let summary = write_city(&make_city(&options), folder, &TilingOptions::default(), &mut Silent).unwrap();
    assert_eq!((summary.buildings, summary.left_out.len()), (count, 0));
    let json: Json = serde_json::from_slice(&fs::read(folder.join("tiles/tileset.json")).unwrap()).unwrap();
    let is_building = |c: &&Json| {
        json["groups"][c["content"]["group"].as_u64()? as usize]["properties"]["layer"]
            .as_str()
            .map(|l| l == "building")
    };
    let trees = json["root"]["children"].as_array().unwrap();
    node(trees.iter().find(|c| is_building(c) == Some(true)).unwrap(), folder)
}

/// East and north of every corner that looks up, with its feature's key.
fn roofs(tile: &DecodedTile) -> Vec<([f64; 2], Option<String>)> {
    let mut out = Vec::new();
    for p in &tile.primitives {
        for ((at, normal), feature) in p.positions.iter().zip(p.normals.iter()).zip(&p.feature_ids) {
            let key = match tile.features.get(*feature, "key") {
                Some(Value::String(key)) => Some(key),
                _ => None,
            };
            if normal[2].abs() > 0.3 {
                out.push(([tile.origin.x + f64::from(at[0]), tile.origin.y + f64::from(at[1])], key));
            }
        }
    }
    out
}

/// The triangles that look up, east and north of their corners.
fn tops(tile: &DecodedTile) -> Vec<[[f64; 2]; 3]> {
    let of = |p: &tiles3d::content::Primitive| -> Vec<[[f64; 2]; 3]> {
        let at = |i: u32| {
            let p = p.positions[i as usize];
            [tile.origin.x + f64::from(p[0]), tile.origin.y + f64::from(p[1])]
        };
        let looks_up = |t: &&[u32; 3]| p.normals.get(t[0] as usize).is_some_and(|n| n[2].abs() > 0.3);
        p.indices.as_chunks::<3>().0.iter().filter(looks_up).map(|t| t.map(at)).collect()
    };
    tile.primitives.iter().flat_map(of).collect()
}

/// How far a place is from a triangle: not at all within it.
fn away(triangle: &[[f64; 2]; 3], p: [f64; 2]) -> f64 {
    if crate::ring::inside(triangle, p) {
        return 0.0;
    }
    let to = |i: usize| {
        let (a, b) = (triangle[i], triangle[(i + 1) % 3]);
        let (x, y) = (b[0] - a[0], b[1] - a[1]);
        let t = (((p[0] - a[0]) * x + (p[1] - a[1]) * y) / (x * x + y * y)).clamp(0.0, 1.0);
        (a[0] + x * t - p[0]).hypot(a[1] + y * t - p[1])
    };
    (0..3).map(to).fold(f64::MAX, f64::min)
}

/// The middle of every building by its key, from the leaves below a tile.
fn places(node: &Node) -> BTreeMap<String, [f64; 2]> {
    if node.children.is_empty() {
        let mut sums: BTreeMap<String, ([f64; 2], f64)> = BTreeMap::new();
        for ([x, y], key) in node.tile.iter().flat_map(|(tile, _)| roofs(tile)) {
            let (sum, n) = sums.entry(key.expect("a building without a key in a leaf")).or_default();
            (sum[0], sum[1], *n) = (sum[0] + x, sum[1] + y, *n + 1.0);
        }
        return sums.into_iter().map(|(key, (sum, n))| (key, sum.map(|c| c / n))).collect();
    }
    node.children.iter().flat_map(places).collect()
}

/// Checks every tile above the leaves, and counts them.
fn check(node: &Node) -> usize {
    if node.children.is_empty() {
        return 0;
    }
    let (tile, bytes) = node.tile.as_ref().expect("buildings vanish");
    let tops = tops(tile);
    for (key, place) in places(node) {
        let away = tops.iter().map(|t| away(t, place)).fold(f64::MAX, f64::min);
        assert!(away <= node.error, "{key} is {away} m from anything in a tile of {} m", node.error);
    }
    let below: u64 = node.children.iter().filter_map(|c| c.tile.as_ref()).map(|t| t.1).sum();
    assert!(*bytes < below, "{bytes} bytes above {below}");
    for child in &node.children {
        assert!(child.error < node.error);
    }
    1 + node.children.iter().map(check).sum::<usize>()
}

#[test]
fn no_building_vanishes_from_afar_and_every_tile_is_cheaper_than_those_below_it() {
    let folder = tempfile::tempdir().unwrap();
    let root = buildings(4_000, &folder.path().join("city"));
    assert_eq!(places(&root).len(), 4_000);
    assert!(check(&root) > 10);
    let (tile, _) = root.tile.as_ref().unwrap();
    let rows: Vec<_> = (0..tile.features.count()).map(|f| tile.features.row(f)).collect();
    let says = |row: &[(String, Value)], name: &str| row.iter().find(|(n, _)| n == name).map(|(_, v)| v.to_string());
    let mass = rows.iter().find(|row| says(row, "name").as_deref() == Some("建筑群")).unwrap();
    assert!(mass.iter().all(|(name, value)| name != "key" || *value == Value::Null), "{mass:?}");
    assert!(says(mass, "class").is_some_and(|c| !c.is_empty()));
}

#[test]
fn a_city_from_afar_has_no_defect() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("city");
    buildings(1_500, &out);
    let url = url::Url::from_file_path(out.join("tiles/tileset.json")).unwrap();
    let report = inspect(&url, &InspectOptions::default(), &mut |url| {
        fs::read(url.to_file_path().unwrap()).map_err(|e| e.to_string())
    });
    assert_eq!(report.defects.len(), 0, "{report}");
}
