use super::*;
use crate::{Silent, city::Attribute, records::Geometry};
use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
};

/// The real extract, when this machine has it.
fn helsinki() -> Option<PathBuf> {
    let base = std::env::current_dir().unwrap();
    let found = base.ancestors().map(|a| a.join("shared/data/osm/Helsinki.osm.pbf")).find(|p| p.exists());
    if found.is_none() {
        eprintln!("skipped: Helsinki.osm.pbf is not there");
    }
    found
}

#[test]
fn a_real_extract_becomes_a_city() {
    let Some(input) = helsinki() else { return };
    let city = make_city(&input, &OsmOptions::default(), &mut Silent).unwrap();
    assert!(city.buildings.len() > 400 && city.roads.len() > 1_500 && city.areas.len() > 100);
    assert_eq!((city.name_en.as_str(), city.utc_offset_minutes), ("Helsinki", 120));
    assert!((24.8..25.1).contains(&city.origin.lon) && (60.1..60.3).contains(&city.origin.lat));
    assert!(city.buildings.iter().any(|b| !b.holes.is_empty()), "no courtyard");
    let heights: BTreeSet<u32> = city.buildings.iter().map(|b| b.height_m as u32).collect();
    assert!(heights.len() > 8, "{heights:?}");
    assert!(city.roads.iter().any(|r| r.oneway && r.main));
    // Tags that decide nothing here are kept too.
    assert!(city.buildings.iter().flat_map(|b| &b.attributes).any(|(k, _)| k == "addr:postcode"));
    assert!(city.roads.iter().all(|r| r.attributes.iter().any(|(k, _)| k == "highway")));
    let keys: BTreeSet<_> = city.buildings.iter().map(|b| &b.key).chain(city.areas.iter().map(|a| &a.key)).collect();
    assert_eq!(keys.len(), city.buildings.len() + city.areas.len());
    let mut reasons: BTreeMap<_, usize> = BTreeMap::new();
    city.findings.left_out.iter().for_each(|(key, why)| *reasons.entry((key.kind, *why)).or_default() += 1);
    assert!(city.findings.left_out.len() < 300, "{reasons:?}");
    // Central Helsinki has a railway station, a metro and what leads there; and a service tunnel 30 m below the ground.
    let tunnel = |r: &&Road| r.attributes.iter().any(|(k, v)| k == "tunnel" && *v != Attribute::Text("no".into()));
    assert_eq!(city.roads.iter().filter(tunnel).count(), 259);
    for (name, count) in [("roads", city.roads.len()), ("unit_grid", 20)] {
        assert!(city.records.collections[name].len() >= count, "{name}");
    }
    for cell in &city.records.collections["unit_grid"] {
        assert!(cell.key.id.len() == 15 && matches!(cell.geometry, Geometry::Polygon(_)));
    }
    assert_eq!(city.records.vehicles.len(), 180);
}

#[test]
fn the_network_of_a_real_extract_is_one_piece_whose_edges_end_at_its_nodes() {
    let Some(input) = helsinki() else { return };
    let city = make_city(&input, &OsmOptions::default(), &mut Silent).unwrap();
    let n = &city.network;
    assert!(n.edges.len() > 200 && n.edges.iter().any(|e| e.oneway));
    let roads: BTreeSet<_> = city.roads.iter().map(|r| r.key.id.as_str()).collect();
    let mut next: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    for e in &n.edges {
        assert_eq!((e.points[0], e.points[e.points.len() - 1]), (n.nodes[e.a as usize], n.nodes[e.b as usize]));
        assert!(roads.contains(e.road.as_str()) && e.class < RoadClass::Footway);
        next.entry(e.a).or_default().push(e.b);
        next.entry(e.b).or_default().push(e.a);
    }
    let (mut seen, mut queue) = (BTreeSet::from([0]), vec![0]);
    while let Some(at) = queue.pop() {
        queue.extend(next[&at].iter().filter(|k| seen.insert(**k)));
    }
    assert_eq!(seen.len(), n.nodes.len());
}

#[test]
fn a_real_extract_becomes_a_city_folder_twice_the_same() {
    let Some(input) = helsinki() else { return };
    let dir = tempfile::tempdir().unwrap();
    let mut bytes = Vec::new();
    for name in ["one", "two"] {
        let out = dir.path().join(name);
        let summary = tile_osm(&input, &out, &OsmOptions::default(), &mut Silent).unwrap();
        assert!(summary.buildings > 400 && summary.roads > 1_500 && summary.tiles > 3);
        let read = |file: &str| std::fs::read(out.join(file)).unwrap();
        bytes.push(["site.json", "network.json", "records/unit_grid.geojson", "tiles/base.glb"].map(read));
    }
    assert_eq!(bytes[0], bytes[1]);
}

#[test]
fn what_is_no_extract_is_refused_in_a_sentence() {
    let dir = tempfile::tempdir().unwrap();
    let tile = |path: &Path, options: &OsmOptions| {
        tile_osm(path, &dir.path().join("city"), options, &mut Silent).unwrap_err().to_string()
    };
    let missing = dir.path().join("nowhere.osm.pbf");
    assert!(tile(&missing, &OsmOptions::default()).contains("nowhere.osm.pbf"));
    let noise = dir.path().join("noise.osm.pbf");
    std::fs::write(&noise, [7_u8; 4096]).unwrap();
    let text = tile(&noise, &OsmOptions::default());
    assert!(text.contains("noise.osm.pbf is not a usable OpenStreetMap extract"), "{text}");
    let empty = dir.path().join("empty.osm.pbf");
    std::fs::write(&empty, []).unwrap();
    assert!(tile(&empty, &OsmOptions::default()).contains("nothing that is drawn"));
    let region = OsmOptions { region: "12".into(), ..OsmOptions::default() };
    assert!(tile(&empty, &region).contains("six digits"));
}

#[test]
fn a_damaged_extract_gives_a_city_or_a_sentence() {
    let Some(input) = helsinki() else { return };
    let dir = tempfile::tempdir().unwrap();
    let whole = std::fs::read(input).unwrap();
    let path = dir.path().join("damaged.osm.pbf");
    for round in 0..24_usize {
        let mut bytes = whole.clone();
        if round % 2 == 0 {
            bytes.truncate(whole.len() * (round + 1) / 25);
        } else {
            for k in 0..8 {
                let at = (round * 7_919 + k * 104_729) * 31 % whole.len();
                bytes[at] ^= 0x55;
            }
        }
        std::fs::write(&path, bytes).unwrap();
        if let Err(e) = make_city(&path, &OsmOptions::default(), &mut Silent) {
            assert!(e.to_string().contains("damaged.osm.pbf"), "{e}");
        }
    }
}
