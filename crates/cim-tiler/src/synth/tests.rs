use super::*;
use crate::{Silent, city::Facet};
use std::collections::{BTreeMap, BTreeSet};
use tiles3d::write::Compression;

/// The demo city, made once for all tests that look at it.
pub(super) fn demo_city() -> &'static City {
    static CITY: std::sync::OnceLock<City> = std::sync::OnceLock::new();
    CITY.get_or_init(|| make_city(&SynthOptions::default()))
}

fn small(seed: u64) -> City {
    let options =
        SynthOptions { seed, buildings: 600, cases: 700, bikes: 900, components: 2_000, ..SynthOptions::default() };
    make_city(&options)
}

#[test]
fn the_demo_city_has_the_numbers_of_the_design() {
    let city = demo_city();
    assert_eq!(city.buildings.len(), 100_000);
    assert_eq!(city.roads.iter().filter(|r| r.main).count(), 238);
    let keys: BTreeSet<_> = city.buildings.iter().map(|b| &b.key).collect();
    assert_eq!(keys.len(), 100_000);
    let count = |class: &str| city.buildings.iter().filter(|b| b.class == class).count();
    for (class, least) in [("住宅", 50_000), ("商铺", 2_000), ("工业", 3_000), ("办公", 1_500), ("学校", 1_000)]
    {
        assert!(count(class) > least, "{class}: {}", count(class));
    }
    assert!(["商业", "医院", "公共", "在建"].iter().all(|c| count(c) > 100));
    assert!(city.buildings.iter().any(|b| b.height_m > 120.0));
    // Slabs face south: their long sides run east, but for the bends of the plan.
    let frame = SiteFrame::new(Geodetic::new(city.origin.lon, city.origin.lat, 0.0));
    let metres = |p: &Place| frame.to_enu(Geodetic::new(p.lon, p.lat, 0.0)).truncate();
    let slabs = city.buildings.iter().filter(|b| b.class == "住宅" && b.floors > 4 && b.footprint.len() == 4);
    for b in slabs.step_by(97) {
        let side = metres(&b.footprint[1]) - metres(&b.footprint[0]);
        assert!(side.x > 30.0 && side.y.abs() < 0.2 * side.x, "{} looks {side}", b.key);
    }
    assert!(city.areas.iter().any(|a| a.name == "太白湖") && city.areas.iter().any(|a| a.name == "老运河"));
}

#[test]
fn a_seed_makes_one_city() {
    let text = |c: &City| format!("{:?}", c.buildings);
    assert_eq!(text(&small(1)), text(&small(1)));
    assert_ne!(text(&small(1)), text(&small(2)));
}

#[test]
fn the_network_is_one_piece_and_its_edges_end_at_its_nodes() {
    let city = small(3);
    let n = &city.network;
    let mut next: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    for e in &n.edges {
        assert_eq!((e.points[0], e.points[e.points.len() - 1]), (n.nodes[e.a as usize], n.nodes[e.b as usize]));
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
fn streets_cross_the_canal_and_the_river_and_do_not_run_along_in_them() {
    for city in [demo_city(), &small(1), &small(2)] {
        let frame = SiteFrame::new(Geodetic::new(city.origin.lon, city.origin.lat, 0.0));
        let metres = |p: &Place| frame.to_enu(Geodetic::new(p.lon, p.lat, 0.0)).truncate();
        let rings = ["老运河", "洸府河"].map(|name| {
            let area = city.areas.iter().find(|a| a.name == name).unwrap();
            area.ring.iter().map(|p| metres(p).to_array()).collect::<Vec<_>>()
        });
        let mut bridges = 0;
        for road in &city.roads {
            let line: Vec<_> = road.points.iter().map(metres).collect();
            let mut wet = 0;
            for pair in line.windows(2) {
                let steps = (pair[0].distance(pair[1]) / 5.0).ceil().max(1.0) as u32;
                for k in 0..steps {
                    let at = pair[0].lerp(pair[1], f64::from(k) / f64::from(steps)).to_array();
                    wet = if rings.iter().any(|ring| crate::ring::inside(ring, at)) { wet + 1 } else { 0 };
                    bridges += usize::from(wet == 1);
                    // The river is 64 m wide.
                    assert!(wet * 5 < 160, "{} {} is in the water for {} m", road.key, road.name, wet * 5);
                }
            }
        }
        assert!(bridges > 5, "{bridges}");
    }
}

#[test]
fn buildings_keep_off_carriageways() {
    let city = small(4);
    let frame = SiteFrame::new(Geodetic::new(city.origin.lon, city.origin.lat, 0.0));
    let metres = |p: &Place| frame.to_enu(Geodetic::new(p.lon, p.lat, 0.0)).truncate();
    let roads: Vec<(f64, Vec<glam::DVec2>)> =
        city.roads.iter().map(|r| (f64::from(r.width_m) / 2.0, r.points.iter().map(metres).collect())).collect();
    for b in &city.buildings {
        for corner in b.footprint.iter().map(metres) {
            for (half, line) in &roads {
                for s in line.windows(2) {
                    let d = s[1] - s[0];
                    let t = ((corner - s[0]).dot(d) / d.length_squared()).clamp(0.0, 1.0);
                    assert!(corner.distance(s[0] + t * d) > *half, "{} stands on a road", b.key);
                }
            }
        }
    }
}

#[test]
fn trees_stand_along_streets_and_in_greens_and_nowhere_in_the_way() {
    let city = small(4);
    let frame = SiteFrame::new(Geodetic::new(city.origin.lon, city.origin.lat, 0.0));
    let metres = |p: &Place| frame.to_enu(Geodetic::new(p.lon, p.lat, 0.0)).truncate();
    let ring = |places: &[Place]| places.iter().map(metres).map(|p| p.to_array()).collect::<Vec<_>>();
    let footprints: Vec<_> = city.buildings.iter().map(|b| ring(&b.footprint)).collect();
    let waters: Vec<_> =
        city.areas.iter().filter(|a| a.kind == crate::city::AreaKind::Water).map(|a| ring(&a.ring)).collect();
    let lines: Vec<(f64, Vec<glam::DVec2>)> =
        city.roads.iter().map(|r| (f64::from(r.width_m) / 2.0, r.points.iter().map(metres).collect())).collect();
    assert!(city.plants.len() > 4 * city.buildings.len(), "{}", city.plants.len());
    let mut street = 0;
    for plant in city.plants.iter().step_by(7) {
        let at = metres(&plant.place);
        assert!((3.0..12.0).contains(&plant.height_m), "{}", plant.height_m);
        assert!(!footprints.iter().any(|r| crate::ring::inside(r, at.to_array())), "a tree in a house");
        assert!(!waters.iter().any(|r| crate::ring::inside(r, at.to_array())), "a tree in water");
        let mut nearest = f64::MAX;
        for (half, line) in &lines {
            for s in line.windows(2) {
                let d = s[1] - s[0];
                let t = ((at - s[0]).dot(d) / d.length_squared()).clamp(0.0, 1.0);
                nearest = nearest.min(at.distance(s[0] + t * d) - half);
            }
        }
        assert!(nearest > 0.4, "a tree on a carriageway: {nearest}");
        street += usize::from(nearest < 2.0);
    }
    assert!(street * 7 > city.plants.len() / 8, "{street}");
}

#[test]
fn yards_have_walls_and_schools_have_tracks() {
    let city = small(4);
    let schools = city.models.iter().filter(|m| m.name.contains("学"));
    let red = |f: &Facet| f.color.is_some_and(|[r, g, _]| r > 150 && g < 100);
    assert!(schools.clone().count() > 0 && schools.clone().all(|m| m.levels[0].iter().any(red)));
    for model in &city.models {
        let [paved, all] = &model.levels[..] else { panic!("{} has {} levels", model.key, model.levels.len()) };
        assert!(paved.len() <= all.len() && !all.is_empty(), "{}", model.key);
        assert!(paved.iter().flat_map(|f| f.rings.iter().flatten()).all(|p| p.height_m < 0.2), "{}", model.key);
    }
    assert!(city.models.iter().filter(|m| m.height_m > 1.5).count() * 2 > city.models.len());
}

#[test]
fn what_is_written_is_a_tileset_whose_leaves_hold_every_building_once() {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("city");
    let options =
        SynthOptions { seed: 5, buildings: 600, cases: 300, bikes: 300, components: 500, ..SynthOptions::default() };
    let summary = write_city(&options, &out, &mut Silent).unwrap();
    assert_eq!((summary.buildings, summary.left_out.len()), (600, 0));
    let url = url::Url::from_file_path(out.join("tiles/tileset.json")).unwrap();
    let bytes = std::fs::read(out.join("tiles/tileset.json")).unwrap();
    let (set, found) = tiles3d::Tileset::parse(&bytes, &url).unwrap();
    assert_eq!(found, []);
    let mut keys = BTreeSet::new();
    for tile in set.tiles() {
        for content in &tile.contents {
            let bytes = std::fs::read(content.to_file_path().unwrap()).unwrap();
            let decoded =
                tiles3d::decode_content(&bytes, &tiles3d::DecodeOptions::default(), &mut |_| Err(String::new()));
            let tiles3d::Content::Models(models) = decoded.unwrap() else { panic!("not a model") };
            let [model] = &models[..] else { panic!("not one model") };
            assert_eq!(model.diagnostics, []);
            let m = tile.transform;
            for p in &model.primitives {
                let once = [tiles3d::content::Instance { transform: glam::DAffine3::IDENTITY, feature: None }];
                let copies = p.instances.map_or(&once[..], |i| &model.instances[i]);
                for (copy, v) in copies.iter().flat_map(|c| p.positions.iter().map(move |v| (c, v))) {
                    let own = copy.transform.transform_point3(glam::Vec3::from_array(*v).as_dvec3());
                    let at = m.transform_point3(model.origin + own);
                    assert!(tile.volume.distance_to(at) < 0.01, "a vertex outside its tile's volume");
                }
            }
            if tile.children.is_empty() {
                keys.extend(
                    (0..model.features.count()).filter_map(|f| model.features.get(f, "key")).map(|k| k.to_string()),
                );
            }
        }
    }
    assert_eq!(keys.iter().filter(|k| k.starts_with("building:")).count(), 600);
    let other = dir.path().join("other");
    write_city(&options, &other, &mut Silent).unwrap();
    assert_eq!(bytes, std::fs::read(other.join("tiles/tileset.json")).unwrap());
}

#[test]
fn a_folder_of_something_else_is_not_overwritten() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("thesis.txt"), "years of work").unwrap();
    let result = write_city(
        &SynthOptions { seed: 1, buildings: 50, cases: 0, bikes: 0, components: 0, ..SynthOptions::default() },
        dir.path(),
        &mut Silent,
    );
    assert!(matches!(result, Err(TilerError::NotACity(_))));
    assert!(dir.path().join("thesis.txt").exists());
}

#[test]
fn nothing_is_lost_in_the_tiles_and_none_is_large() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("city");
    let options = SynthOptions { buildings: 12_000, cases: 10, bikes: 10, components: 10, ..SynthOptions::default() };
    let city = make_city(&options);
    let summary = crate::tiling::write_city(&city, &out, &options.tiling, &mut Silent).unwrap();
    assert_eq!(summary.left_out, []);
    assert_eq!((summary.buildings, summary.roads, summary.areas), (12_000, city.roads.len(), city.areas.len()));
    for tile in std::fs::read_dir(out.join("tiles")).unwrap() {
        let tile = tile.unwrap();
        let size = tile.metadata().unwrap().len();
        assert!(size < 2 << 20, "{}: {size} bytes", tile.file_name().display());
    }
}

/// The tiles of a city: their bytes, and how many features and triangles are in them.
fn measured(compression: Compression) -> BTreeMap<String, (usize, u32, usize)> {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("city");
    let tiling = TilingOptions { compression, ..TilingOptions::default() };
    let options = SynthOptions { seed: 8, buildings: 400, cases: 0, bikes: 0, tiling, ..SynthOptions::default() };
    write_city(&options, &out, &mut Silent).unwrap();
    let mut tiles = BTreeMap::new();
    for tile in std::fs::read_dir(out.join("tiles")).unwrap() {
        let tile = tile.unwrap();
        let name = tile.file_name().into_string().unwrap();
        if name.ends_with(".json") {
            continue;
        }
        let glb = std::fs::read(tile.path()).unwrap();
        let decoded = tiles3d::decode_content(&glb, &tiles3d::DecodeOptions::default(), &mut |_| Err(String::new()));
        let tiles3d::Content::Models(models) = decoded.unwrap() else { panic!("not a model") };
        assert_eq!(models[0].diagnostics, [], "{name}");
        let copies = |i: Option<usize>| i.map_or(1, |i| models[0].instances[i].len());
        let triangles: usize = models[0].primitives.iter().map(|p| p.indices.len() / 3 * copies(p.instances)).sum();
        tiles.insert(name, (glb.len(), models[0].features.count(), triangles));
    }
    tiles
}

#[test]
fn compression_makes_tiles_small_and_loses_nothing() {
    let plain = measured(Compression::None);
    // Buildings, roads, trees: of small tiles with many shapes much is JSON.
    let bytes = |tiles: &BTreeMap<String, (usize, u32, usize)>, first: char| -> usize {
        tiles.iter().filter(|(name, _)| name.starts_with(first)).map(|(_, (bytes, ..))| bytes).sum()
    };
    for compression in [Compression::Meshopt, Compression::Draco] {
        let small = measured(compression);
        for first in ['b', 'r'] {
            let (large, small) = (bytes(&plain, first), bytes(&small, first));
            assert!(small * 3 < large, "{compression:?} {first}: {small} of {large}");
        }
        assert!(bytes(&small, 't') < bytes(&plain, 't'), "{compression:?}");
        assert!(plain.keys().eq(small.keys()));
        for ((name, (_, features, triangles)), (_, f, t)) in plain.iter().zip(small.values()) {
            assert_eq!(features, f, "{compression:?} {name}");
            // Slivers thinner than the grid are no triangles any more.
            assert!(t <= triangles && t * 100 >= triangles * 98, "{compression:?} {name}: {t} of {triangles}");
        }
    }
}
