//! A city on hills: what its tiles show, read back and held against the hills themselves.

use super::{
    TilingOptions, drop_m,
    ground::DETAILS_M,
    relief::{Ground, Lie},
    terrain::FINEST_M,
    write_city,
};
use crate::{
    Silent,
    city::{Area, AreaKind, City},
    mesh::Surface,
    synth::{SynthOptions, make_city},
    terrain::{Terrain, TerrainReport},
};
use cim_geo::{Geodetic, Relief, SiteFrame};
use cim_model::{EntityKey, EntityKind, Place, Site};
use glam::DVec3;
use std::collections::{BTreeMap, BTreeSet};
use tiles3d::{Content, DecodeOptions, Tileset, decode_content, write::Compression};

/// Heights as they were computed.
pub(super) fn exact() -> TilingOptions {
    TilingOptions { compression: Compression::None, ..TilingOptions::default() }
}

fn hill(x: f64, y: f64) -> f64 {
    25.0 + 18.0 * (x / 410.0).sin() * (y / 530.0).cos() + 0.012 * x
}

fn terrain() -> Terrain {
    let (steps, step) = (256u32, 40.0);
    let corner = -0.5 * step * f64::from(steps);
    let at = |k: u32| corner + step * f64::from(k);
    let heights = (0..=steps).flat_map(|j| (0..=steps).map(move |i| hill(at(i), at(j)) as f32)).collect();
    let mut relief = Relief::new([corner; 2], step, (steps + 1, steps + 1), heights).unwrap();
    relief.datum_m = 101.0;
    Terrain { relief, report: TerrainReport::default() }
}

pub(super) fn city(buildings: usize) -> City {
    let options = SynthOptions { seed: 3, buildings, cases: 20, bikes: 20, ..SynthOptions::default() };
    let mut city = City { terrain: Some(terrain()), ..make_city(&options) };
    // These hills know nothing of the city's lakes, which have a test of their own.
    city.areas.retain(|a| a.kind != AreaKind::Water);
    city
}

pub(super) fn frame(city: &City) -> SiteFrame {
    SiteFrame::new(Geodetic::new(city.origin.lon, city.origin.lat, 0.0))
}

pub(super) fn ground(city: &City) -> Ground {
    let frame = frame(city);
    Ground::new(city, |ring| super::metres(&frame, ring))
}

/// Corners in site metres, their features' keys and the triangles of a tile's primitives of one material.
pub(super) struct Part {
    pub(super) tile: String,
    pub(super) leaf: bool,
    pub(super) error: f64,
    pub(super) at: Vec<DVec3>,
    pub(super) keys: Vec<String>,
    pub(super) normals: Vec<[f32; 3]>,
    pub(super) triangles: Vec<[u32; 3]>,
}

pub(super) fn parts(folder: &std::path::Path, frame: &SiteFrame) -> BTreeMap<String, Vec<Part>> {
    let url = url::Url::from_file_path(folder.join("tiles/tileset.json")).unwrap();
    let (set, found) = Tileset::parse(&std::fs::read(folder.join("tiles/tileset.json")).unwrap(), &url).unwrap();
    assert_eq!(found, []);
    let mut parts: BTreeMap<String, Vec<Part>> = BTreeMap::new();
    for tile in set.tiles() {
        let coarser = |child: &tiles3d::TileId| set.tile(*child).unwrap().geometric_error <= tile.geometric_error;
        assert!(tile.children.iter().all(coarser), "a child with more error than its parent");
        for content in &tile.contents {
            let bytes = std::fs::read(content.to_file_path().unwrap()).unwrap();
            let decoded = decode_content(&bytes, &DecodeOptions::default(), &mut |_| Err(String::new())).unwrap();
            let Content::Models(models) = decoded else { panic!("not a model") };
            for model in &models {
                for p in &model.primitives {
                    let site = frame.enu_from_ecef() * tile.transform;
                    let once = [tiles3d::content::Instance { transform: glam::DAffine3::IDENTITY, feature: None }];
                    let copies = p.instances.map_or(&once[..], |i| &model.instances[i]);
                    let mut at = Vec::new();
                    for (copy, v) in copies.iter().flat_map(|c| p.positions.iter().map(move |v| (c, v))) {
                        let own = copy.transform.transform_point3(glam::Vec3::from_array(*v).as_dvec3());
                        let ecef = tile.transform.transform_point3(model.origin + own);
                        assert!(tile.volume.distance_to(ecef) < 0.01, "{content}: a vertex outside its tile's volume");
                        at.push(site.transform_point3(model.origin + own));
                    }
                    let key = |f: &u32| model.features.get(*f, "key").map(|k| k.to_string()).unwrap_or_default();
                    parts.entry(model.materials[p.material].name.clone()).or_default().push(Part {
                        tile: content.path_segments().unwrap().next_back().unwrap().to_owned(),
                        // Kerbs and markings come below a leaf.
                        leaf: tile.geometric_error <= DETAILS_M,
                        error: tile.geometric_error,
                        at,
                        keys: p.feature_ids.iter().map(key).collect(),
                        normals: p.normals.iter().collect(),
                        triangles: p.indices.chunks_exact(3).map(|t| [t[0], t[1], t[2]]).collect(),
                    });
                }
            }
        }
    }
    parts
}

/// Twice the area of a triangle in plan.
fn plan(t: [DVec3; 3]) -> f64 {
    (t[1] - t[0]).truncate().perp_dot((t[2] - t[0]).truncate())
}

/// Points inside a triangle, corners and middles of edges included.
fn samples(t: [DVec3; 3]) -> impl Iterator<Item = DVec3> {
    const N: u32 = 6;
    (0..=N).flat_map(move |i| {
        (0..=N - i).map(move |j| {
            let (u, v) = (f64::from(i) / f64::from(N), f64::from(j) / f64::from(N));
            t[0] + (t[1] - t[0]) * u + (t[2] - t[0]) * v
        })
    })
}

#[test]
fn a_city_on_hills_stands_and_lies_on_them() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("city");
    let city = city(700);
    let (ground, frame) = (ground(&city), frame(&city));
    let summary = write_city(&city, &out, &exact(), &mut Silent).unwrap();
    assert_eq!(summary.left_out, []);
    let counts = (summary.buildings, summary.roads, summary.areas);
    assert_eq!(counts, (700, city.roads.len(), city.areas.len()));
    let parts = parts(&out, &frame);
    assert!(!out.join("tiles/base.glb").exists());

    // The ground: nowhere above the hills, and not farther below them than its error and what it is lowered by.
    let mut square = 0.0;
    for part in &parts["ground"] {
        let tolerance = if part.leaf { FINEST_M } else { part.error / 16.0 };
        for t in &part.triangles {
            let t = t.map(|k| part.at[k as usize]);
            if plan(t) < 1e-3 {
                continue;
            }
            square += if part.leaf { 0.5 * plan(t) } else { 0.0 };
            for p in samples(t) {
                let below = ground.z(p.x, p.y) - p.z;
                assert!(below > 0.59 && below < 0.61 + 2.0 * tolerance, "{}: {below} of {tolerance}", part.tile);
            }
        }
        assert!(part.normals.iter().all(|n| n[2] > 0.9), "{}", part.tile);
    }
    let edge = 256.0 * 40.0;
    assert!((square / (edge * edge) - 1.0).abs() < 1e-6, "the leaves cover {square} square metres");

    // Walls reach into the ground, and no building is more than a wall's depth under it.
    let mut feet: BTreeMap<&str, f64> = BTreeMap::new();
    for part in parts["building"].iter().filter(|p| p.leaf) {
        for (p, key) in part.at.iter().zip(&part.keys) {
            let above = p.z - ground.z(p.x, p.y);
            let foot = feet.entry(key).or_insert(f64::MAX);
            *foot = foot.min(p.z);
            // A foot is a corner at the lowest height of its building; none of them hangs in the air.
            assert!(above > -60.0);
        }
        for (p, key) in part.at.iter().zip(&part.keys) {
            if p.z - feet[key.as_str()] < 0.01 {
                assert!(p.z < ground.z(p.x, p.y) - 0.7, "{key} hangs over the ground");
            }
        }
    }
    assert_eq!(feet.len(), 700);

    // Roads: between the ground and a hand above it, all over.
    let mut lowest: f64 = f64::MAX;
    for part in parts["road"].iter().filter(|p| p.leaf) {
        for t in &part.triangles {
            for p in samples(t.map(|k| part.at[k as usize])) {
                let above = p.z - ground.z(p.x, p.y);
                lowest = lowest.min(above);
                assert!((0.05..0.4).contains(&above), "{}: {above}", part.tile);
            }
        }
    }
    // In coarse tiles they are farther off, but never hidden.
    for part in parts["road"].iter().filter(|p| !p.leaf) {
        let above = part.triangles.iter().flat_map(|t| samples(t.map(|k| part.at[k as usize])));
        assert!(above.map(|p| p.z - ground.z(p.x, p.y)).all(|a| a > -0.5), "{}", part.tile);
    }
    assert!(lowest < 0.3);
    let keys: BTreeSet<&String> = parts["road"].iter().filter(|p| p.leaf).flat_map(|p| &p.keys).collect();
    assert_eq!(keys.len(), city.roads.len());

    // Trees: their lowest point is where the ground is.
    for part in parts["plant"].iter().filter(|p| p.leaf) {
        assert!(part.at.iter().all(|p| p.z - ground.z(p.x, p.y) > -1.5), "{}", part.tile);
    }
}

#[test]
fn the_viewer_gets_the_heights_that_the_tiles_show() {
    let folder = tempfile::tempdir().unwrap();
    let mut written = Vec::new();
    let city = city(300);
    let ground = ground(&city);
    for name in ["one", "two"] {
        let out = folder.path().join(name);
        write_city(&city, &out, &exact(), &mut Silent).unwrap();
        let site: Site = serde_json::from_slice(&std::fs::read(out.join("site.json")).unwrap()).unwrap();
        let bytes = std::fs::read(out.join(site.terrain_url.unwrap())).unwrap();
        let grid = Relief::from_bytes(&bytes).unwrap();
        assert_eq!(grid.datum_m, 101.0);
        for k in 0..900 {
            let (x, y) = (-900.0 + 61.0 * f64::from(k % 30), -900.0 + 61.0 * f64::from(k / 30));
            let off = (grid.height(x, y) + drop_m(x, y) - ground.z(x, y)).abs();
            assert!(off <= grid.error_m + 0.05, "{off} of {}", grid.error_m);
        }
        written.push((bytes, std::fs::read(out.join("tiles/e.glb")).unwrap()));
    }
    assert!(written[0] == written[1]);
    let flat = City { terrain: None, ..city };
    write_city(&flat, &folder.path().join("flat"), &exact(), &mut Silent).unwrap();
    let text = std::fs::read_to_string(folder.path().join("flat/site.json")).unwrap();
    assert!(!text.contains("terrain") && !folder.path().join("flat/terrain.bin").exists());
}

fn pond(name: &str, centre: Place, half: [f64; 2]) -> Area {
    let ring = [(-1.0, -1.0), (1.0, -1.0), (1.0, 1.0), (-1.0, 1.0)];
    let ring = ring.map(|(x, y)| Place::new(centre.lon + x * half[0], centre.lat + y * half[1])).to_vec();
    let key = EntityKey::new(EntityKind::Water, name);
    Area { key, name: name.into(), kind: AreaKind::Water, ring, holes: Vec::new(), attributes: Vec::new() }
}

#[test]
fn a_lake_is_level_at_its_lowest_shore_and_a_river_goes_down_its_valley() {
    let mut city = city(50);
    let o = city.origin;
    // A bowl around the origin, open to nothing; and a slope of one in fifty to the east, far off.
    let (steps, step, corner) = (256u32, 20.0, -2560.0);
    let bowl = |x: f64, y: f64| if x.abs() < 900.0 { 0.002 * x.abs() + 0.003 * y.abs() } else { 0.02 * x };
    let at = |k: u32| corner + step * f64::from(k);
    let heights = (0..=steps).flat_map(|j| (0..=steps).map(move |i| bowl(at(i), at(j)) as f32)).collect();
    let relief = Relief::new([corner; 2], step, (steps + 1, steps + 1), heights).unwrap();
    city.terrain = Some(Terrain { relief, report: TerrainReport::default() });
    let east = Place::new(o.lon + 0.019, o.lat);
    city.areas = vec![pond("lake", o, [0.004, 0.003]), pond("river", east, [0.006, 0.0003])];
    let g = ground(&city);
    let ring = super::metres(&frame(&city), &city.areas[0].ring);
    // The lowest shore of the bowl's lake is in the middle of its nearest side, which the corners do not tell.
    let (x, y) = (ring[1][0].abs(), ring[1][1].abs());
    let expected = (0.002 * x).min(0.003 * y);
    let Lie::Level(level) = g.lie(0) else { panic!("no lake") };
    assert!((level - expected).abs() < 0.05, "{level} {expected}");
    assert_eq!(g.lie(1), Lie::Draped);
    // The ground under the lake does not stand out of it, and beyond the shore it is as it was.
    for k in 0..400 {
        let (u, v) = (f64::from(k % 20) / 9.5 - 1.0, f64::from(k / 20) / 9.5 - 1.0);
        let (inside_x, inside_y) = (u * (x - 2.0 * step), v * (y - 2.0 * step));
        assert!(g.z(inside_x, inside_y) - drop_m(inside_x, inside_y) <= level + 1e-4);
    }
    assert!((g.z(x + 60.0, 0.0) - drop_m(x + 60.0, 0.0) - bowl(x + 60.0, 0.0)).abs() < 1e-3);
}

#[test]
fn what_is_laid_on_hills_keeps_its_area_and_has_no_cracks() {
    let city = city(50);
    let g = ground(&city);
    let origin = DVec3::new(300.0, -200.0, g.z(300.0, -200.0));
    let mut part = Surface::Green.primitive();
    let ring = [[-400.0, -300.0], [350.0, -310.0], [420.0, 280.0], [0.0, 60.0], [-380.0, 330.0]];
    assert!(crate::mesh::add_area(&mut part, &ring, &[], 0.02, 7));
    let area = |p: &tiles3d::write::WritePrimitive| -> f64 {
        let at = |k: u32| glam::Vec3::from_array(p.positions[k as usize]).as_dvec3();
        p.indices.chunks_exact(3).map(|t| plan([at(t[0]), at(t[1]), at(t[2])])).sum()
    };
    let before = area(&part);
    g.lay(&mut part, origin, 0.0, Lie::Draped);
    assert!((area(&part) - before).abs() < 1e-4 * before);
    assert_eq!(part.positions.len(), part.normals.len());
    assert_eq!((part.positions.len(), part.positions.len()), (part.colors.len(), part.feature_ids.len()));
    let mut edges: BTreeMap<(u32, u32), i32> = BTreeMap::new();
    let mut worst: f64 = 0.0;
    for t in part.indices.chunks_exact(3) {
        let at = |k: usize| origin + glam::Vec3::from_array(part.positions[t[k] as usize]).as_dvec3();
        for p in samples([at(0), at(1), at(2)]) {
            worst = worst.max((p.z - 0.02 - g.z(p.x, p.y)).abs());
        }
        for k in 0..3 {
            let (a, b) = (t[k], t[(k + 1) % 3]);
            *edges.entry((a.min(b), a.max(b))).or_default() += if a < b { 1 } else { -1 };
        }
    }
    assert!(worst < 0.3, "{worst}");
    // Edges without a neighbour are those of the outline: as long as it, and no more.
    let open = edges.iter().filter(|(_, n)| **n != 0).map(|((a, b), _)| {
        let at = |k: &u32| glam::Vec3::from_array(part.positions[*k as usize]).as_dvec3().truncate();
        at(a).distance(at(b))
    });
    let around: f64 = (0..5).map(|i| glam::DVec2::from(ring[i]).distance(glam::DVec2::from(ring[(i + 1) % 5]))).sum();
    assert!((open.sum::<f64>() - around).abs() < 0.1);
}
