//! A small map with a bridge and a tunnel on a small terrain, and what vehicles are told of both.

use super::*;
use crate::Silent;
use std::{collections::BTreeMap, fmt::Write as _, fs};

const ORIGIN: [f64; 2] = [116.58, 35.41];
const DEGREE_M: f64 = 111_320.0;

fn degrees(x: f64, y: f64) -> [f64; 2] {
    [ORIGIN[0] + x / (DEGREE_M * ORIGIN[1].to_radians().cos()), ORIGIN[1] + y / DEGREE_M]
}

/// A gorge 20 m deep round the origin, and a hill 400 m east of it.
fn height(x: f64) -> f64 {
    let gorge = 20.0 * ((60.0 - x.abs()) / 30.0).clamp(0.0, 1.0);
    let hill = 30.0 * (-((x - 400.0) / 45.0).powi(2)).exp();
    40.0 - gorge + hill
}

fn terrain() -> String {
    let [west, south] = degrees(-450.0, -300.0);
    let (step, columns, rows) = (5.0 / DEGREE_M, 270, 120);
    let mut text = format!("ncols {columns}\nnrows {rows}\nxllcorner {west}\nyllcorner {south}\ncellsize {step}\n");
    for _ in 0..rows {
        for i in 0..columns {
            let lon = west + (f64::from(i) + 0.5) * step;
            let x = (lon - ORIGIN[0]) * DEGREE_M * ORIGIN[1].to_radians().cos();
            let _ = write!(text, "{:.3} ", height(x));
        }
        text.push('\n');
    }
    text
}

/// Ids of nodes and their metres; ids of ways, their nodes and tags.
fn map() -> String {
    let nodes = [(1, -300.), (2, -60.), (3, 60.), (4, 300.), (5, 500.), (6, 700.)].map(|(id, x)| (id, x, 0.0));
    let across = [(7, 0.0, -200.0), (8, 0.0, 200.0)];
    let bridge = "<tag k='bridge' v='yes'/><tag k='layer' v='1'/>";
    let tunnel = "<tag k='tunnel' v='yes'/><tag k='layer' v='-1'/>";
    let ways = [(11, 1, 2, ""), (12, 2, 3, bridge), (13, 3, 4, ""), (14, 4, 5, tunnel), (15, 5, 6, ""), (16, 7, 8, "")];
    let mut text = String::from("<osm version='0.6'>");
    for (id, x, y) in nodes.into_iter().chain(across) {
        let [lon, lat] = degrees(x, y);
        let _ = write!(text, "<node id='{id}' lat='{lat:.7}' lon='{lon:.7}'/>");
    }
    for (id, from, to, tags) in ways {
        let _ = write!(
            text,
            "<way id='{id}'><nd ref='{from}'/><nd ref='{to}'/><tag k='highway' v='secondary'/>{tags}</way>"
        );
    }
    text + "</osm>"
}

#[test]
fn the_network_of_a_small_map_says_how_high_its_bridge_and_how_deep_its_tunnel_is() {
    let folder = tempfile::tempdir().unwrap();
    let [osm, asc, out] = ["map.osm", "ground.asc", "city"].map(|name| folder.path().join(name));
    fs::write(&osm, map()).unwrap();
    fs::write(&asc, terrain()).unwrap();
    let terrain = TerrainSource { files: vec![asc], crs: Some("EPSG:4326".into()), datum_m: None };
    let options = OsmOptions { terrain, ..OsmOptions::default() };
    let summary = tile_osm(&osm, &out, &options, &mut Silent).unwrap();
    assert_eq!((summary.roads, summary.left_out.as_slice()), (6, &[][..]));
    let network: serde_json::Value = serde_json::from_slice(&fs::read(out.join("network.json")).unwrap()).unwrap();
    let edges = network["edges"].as_array().unwrap();
    // All but the road in the gorge, which nothing joins.
    let roads: Vec<&str> = edges.iter().map(|e| e["road"].as_str().unwrap()).collect();
    assert_eq!(roads, ["w11", "w12", "w13", "w14", "w15"]);
    let numbers = |v: &serde_json::Value| v.as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect::<Vec<_>>();
    let mut at_ends: BTreeMap<String, Vec<f64>> = BTreeMap::new();
    let mut golden = String::new();
    for edge in edges {
        let Some(heights) = edge.get("heights").map(numbers) else { continue };
        let points: Vec<Vec<f64>> = edge["points"].as_array().unwrap().iter().map(numbers).collect();
        for (node, height) in [("a", heights[0]), ("b", heights[heights.len() - 1])] {
            at_ends.entry(edge[node].to_string()).or_default().push(height);
        }
        // Every 40 m or so: metres east, and above the ground.
        let _ = write!(golden, "{}", edge["road"].as_str().unwrap());
        for (p, h) in points.iter().zip(&heights).step_by(8) {
            let x = (p[0] - ORIGIN[0]) * DEGREE_M * ORIGIN[1].to_radians().cos();
            let _ = write!(golden, " {x:.0}:{h:.1}");
        }
        golden.push('\n');
    }
    assert!(at_ends.values().flatten().all(|h| h.abs() < 0.05), "the ground is where both end: {at_ends:?}");
    assert_eq!(golden, GOLDEN);
}

/// The deck is level while the gorge falls away below it; the tunnel is while the hill rises above it.
const GOLDEN: &str = "\
w12 -60:0.0 -24:19.3 11:19.2 47:8.0
w14 300:0.0 336:-3.7 371:-19.6 407:-29.1 442:-12.2 478:-1.3
";
