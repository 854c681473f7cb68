use crate::{
    Silent,
    city::City,
    records::{Feature, Geometry},
    synth::{SynthOptions, make_city, write_city},
};
use cim_geo::{Geodetic, SiteFrame};
use cim_model::{Case, CaseStage, CaseState, EntityKind, Place, StepOutcome, Vehicle};
use std::collections::{BTreeMap, BTreeSet, HashMap};

fn small(seed: u64) -> City {
    make_city(&options(seed))
}

fn options(seed: u64) -> SynthOptions {
    SynthOptions { seed, buildings: 600, cases: 900, bikes: 1_500, components: 3_000, ..SynthOptions::default() }
}

fn metres(city: &City) -> impl Fn(Place) -> [f64; 2] {
    let frame = SiteFrame::new(Geodetic::new(city.origin.lon, city.origin.lat, 0.0));
    move |p| {
        let enu = frame.to_enu(Geodetic::new(p.lon, p.lat, 0.0));
        [enu.x, enu.y]
    }
}

fn cells(city: &City) -> Vec<Feature> {
    city.records.cells.iter().map(crate::records::UnitCell::feature).collect()
}

fn point(f: &Feature) -> Place {
    let Geometry::Point(p) = f.geometry else { panic!("{} is no point", f.key) };
    p
}

#[test]
fn the_demo_city_has_the_numbers_of_the_reference_city() {
    let city = crate::synth::tests::demo_city();
    let r = &city.records;
    let count = |name: &str| r.collections[name].len();
    assert_eq!(["camera", "sensor", "shop_sign", "shared_bike"].map(count), [2_000, 500, 10_000, 60_000]);
    assert_eq!((r.components.list.len(), count("flood_point")), (300_000, 60));
    assert!(count("muck_site") > 50 && count("muck_dump") > 5 && count("bike_area") > 2_000);
    for of in ["市直", "任城区", "高新区", "太白湖新区"] {
        let mark = format!("{of}示范路段");
        let shown = |f: &&Feature| f.properties.get("demonstration").and_then(|d| d.as_str()) == Some(mark.as_str());
        assert!(r.collections["roads"].iter().filter(shown).count() > 0, "{of}");
    }
    assert_eq!(r.collections["roads"].iter().filter(|f| f.properties["main"] == true).count(), 238);
    assert_eq!((r.vehicles.len(), r.cases.len()), (417 + 945, 20_000));
    assert!(r.cells.len() > 30_000, "{}", r.cells.len());
    let mut tallest: Vec<_> = city.buildings.iter().collect();
    tallest.sort_by(|a, b| b.height_m.total_cmp(&a.height_m).then(a.key.cmp(&b.key)));
    let with_cases: BTreeSet<_> = r.cases.iter().filter_map(|c| c.summary.subject.as_ref()).collect();
    for building in &tallest[..200] {
        assert!(with_cases.contains(&building.key), "{} has no case", building.key);
    }
    let kinds: BTreeSet<EntityKind> = with_cases.iter().map(|k| k.kind).collect();
    for kind in
        ["building", "road", "vehicle", "sensor", "camera", "sign", "bike", "grid", "water", "green", "component"]
    {
        assert!(kinds.contains(&EntityKind::from_name(kind).unwrap()), "no case about a {kind}");
    }
    for kind in [EntityKind::ConstructionSite, EntityKind::DumpSite, EntityKind::FloodPoint] {
        assert!(kinds.contains(&kind), "no case about a {}", kind.name());
    }
    let states = |s: CaseState| r.cases.iter().filter(|c| c.summary.state == s).count();
    assert!(states(CaseState::Open) > 60 && states(CaseState::Suspended) > 5 && states(CaseState::Void) > 20);
    assert!((20..200).contains(&r.cases.iter().filter(|c| c.summary.place.is_none()).count()));
    assert!(r.cases.iter().any(|c| c.summary.class == "X7-03"));
    assert!(r.cases.iter().any(|c| c.steps.iter().any(|s| s.outcome == StepOutcome::Rework)));
}

#[test]
fn a_seed_makes_the_same_records_and_more_bikes_change_no_case() {
    assert_eq!(small(1).records, small(1).records);
    assert_ne!(small(1).records.cases, small(2).records.cases);
    let more = make_city(&SynthOptions { bikes: 1_501, ..options(1) });
    assert_eq!(more.records.collections["camera"], small(1).records.collections["camera"]);
}

#[test]
fn keys_are_unique_and_every_key_that_a_record_names_exists() {
    let city = small(3);
    let mut keys = BTreeSet::new();
    let cells = cells(&city);
    for f in city.records.collections.values().flatten().chain(&cells) {
        assert!(!f.properties["name"].as_str().unwrap().is_empty());
        assert_eq!(f.key.to_string().parse::<cim_model::EntityKey>().unwrap(), f.key);
        assert!(keys.insert(f.key.clone()), "{} twice", f.key);
    }
    let plates: BTreeSet<_> = city.records.vehicles.iter().map(|v| &v.plate).collect();
    assert_eq!(plates.len(), city.records.vehicles.len());
    keys.extend(city.buildings.iter().map(|b| b.key.clone()));
    keys.extend(city.areas.iter().map(|a| a.key.clone()));
    for component in &city.records.components.list {
        let key = city.records.components.key(component).unwrap();
        assert!(key.id.len() == 16 && keys.insert(key.clone()), "{key} is no code or comes twice");
    }
    let vehicle = |v: &Vehicle| cim_model::EntityKey::new(EntityKind::Vehicle, v.id.clone());
    keys.extend(city.records.vehicles.iter().map(vehicle));
    for case in &city.records.cases {
        for key in case.summary.related.iter().chain(&case.summary.subject) {
            assert!(keys.contains(key), "case {} names {key}", case.summary.id);
        }
    }
    for sign in &city.records.collections["shop_sign"] {
        assert!(keys.contains(&sign.properties["building"].as_str().unwrap().parse().unwrap()));
    }
}

#[test]
fn steps_follow_one_another_and_agree_with_the_state() {
    let now = SynthOptions::default().now;
    let city = small(4);
    let mut inspectors: HashMap<String, String> = HashMap::new();
    for f in &cells(&city) {
        inspectors.insert(f.key.to_string(), f.properties["inspector"].as_str().unwrap().to_owned());
    }
    let ids: BTreeSet<_> = city.records.cases.iter().map(|c| &c.summary.id).collect();
    assert_eq!(ids.len(), city.records.cases.len());
    for Case { summary, steps, attachments, .. } in &city.records.cases {
        let id = &summary.id;
        assert_eq!(id.len(), 19);
        assert_eq!((steps[0].started, steps[0].stage), (summary.reported, CaseStage::Collection), "{id}");
        for pair in steps.windows(2) {
            assert_eq!(pair[0].ended, Some(pair[1].started), "{id}");
            let back = pair[0].outcome == StepOutcome::Rework && pair[1].stage == CaseStage::Handling;
            assert!(pair[1].stage >= pair[0].stage || back, "{id}");
        }
        for step in steps {
            assert!(step.started <= now && step.ended.is_none_or(|e| e >= step.started && e <= now), "{id}");
            assert!(step.deadline.is_none_or(|d| d > step.started) && !step.operator.is_empty(), "{id}");
            assert_eq!(step.ended.is_none(), step.outcome == StepOutcome::Running, "{id}");
            if step.action == "现场核查"
                && let Some(grid) = summary.related.iter().chain(&summary.subject).find(|k| k.kind == EntityKind::Grid)
            {
                assert_eq!(step.operator, inspectors[&grid.to_string()], "{id}");
            }
        }
        let last = &steps[steps.len() - 1];
        assert_eq!(last.stage, summary.stage, "{id}");
        let running = last.outcome == StepOutcome::Running;
        match summary.state {
            CaseState::Open | CaseState::Suspended => assert!(running && summary.closed.is_none(), "{id}"),
            CaseState::Closed => {
                assert!(!running && summary.stage == CaseStage::Evaluation && summary.closed.is_some(), "{id}");
            }
            CaseState::Void => assert!(!running && summary.stage == CaseStage::Filing, "{id}"),
        }
        let handled = steps.iter().any(|s| s.stage == CaseStage::Handling && s.ended.is_some());
        assert_eq!(attachments.len(), 1 + usize::from(handled), "{id}");
        assert_eq!(attachments[0].url, format!("/media/cases/{id}/before.png"));
    }
}

#[test]
fn cells_have_codes_of_15_digits_and_leave_no_gap() {
    let city = small(5);
    let to = metres(&city);
    let mut edges: BTreeMap<[[i64; 2]; 2], i32> = BTreeMap::new();
    for cell in &cells(&city) {
        let code = cell.properties["code"].as_str().unwrap();
        assert!(code.len() == 15 && code.starts_with("370811") && code.bytes().all(|b| b.is_ascii_digit()), "{code}");
        assert_eq!(cell.key.id, code);
        let area = cell.properties["area_m2"].as_f64().unwrap();
        assert!((3_000.0..30_000.0).contains(&area), "{code}: {area} m²");
        let Geometry::Polygon(rings) = &cell.geometry else { panic!("no polygon") };
        let ring: Vec<[i64; 2]> = rings[0].iter().map(|p| to(*p).map(|x| (x * 100.0).round() as i64)).collect();
        for i in 0..ring.len() {
            let (mut a, mut b) = (ring[i], ring[(i + 1) % ring.len()]);
            if a > b {
                (a, b) = (b, a);
            }
            *edges.entry([a, b]).or_default() += 1;
        }
    }
    // An edge belongs to two cells, or to one at the rim.
    let rim = edges.values().filter(|n| **n == 1).count();
    assert!(edges.values().all(|n| *n <= 2) && rim * 4 < edges.len(), "{rim} of {}", edges.len());
}

#[test]
fn cells_lie_in_the_community_that_their_code_names() {
    let city = small(5);
    let to = metres(&city);
    let ring = |f: &Feature| -> Vec<[f64; 2]> {
        let Geometry::Polygon(rings) = &f.geometry else { panic!("{} is no polygon", f.key) };
        rings[0].iter().map(|p| to(*p)).collect()
    };
    let areas: HashMap<&str, (Vec<[f64; 2]>, f64)> =
        city.records.collections["admin"].iter().map(|f| (f.key.id.as_str(), (ring(f), 0.0))).collect();
    assert!(areas.contains_key("370811") && areas.contains_key("370811001") && areas.contains_key("370811001001"));
    let mut sums: HashMap<&str, f64> = HashMap::new();
    let cells = cells(&city);
    for cell in &cells {
        let cell_ring = ring(cell);
        let n = cell_ring.len() as f64;
        let middle = cell_ring.iter().fold([0.0; 2], |c, p| [c[0] + p[0] / n, c[1] + p[1] / n]);
        for digits in [6, 9, 12] {
            let code = &cell.key.id[..digits];
            assert!(crate::ring::inside(&areas[code].0, middle), "{} lies outside {code}", cell.key);
            *sums.entry(code).or_default() += 0.5 * crate::mesh::twice_area(&cell_ring).abs();
        }
    }
    for (code, (outline, _)) in &areas {
        let area = 0.5 * crate::mesh::twice_area(outline).abs();
        assert!((area - sums[code]).abs() < 1e-3 * area, "{code}: {area} m², its cells {}", sums[code]);
    }
}

#[test]
fn components_stand_where_such_things_stand() {
    let city = small(6);
    let to = metres(&city);
    let all = &city.records.components;
    let lines = city.roads.iter().map(|r| r.points.iter().map(|p| to(*p)).collect()).collect();
    let roads = super::index::SegmentIndex::new(lines);
    let ring = |places: &[Place]| places.iter().map(|p| to(*p)).collect::<Vec<_>>();
    let buildings = super::index::PolygonIndex::new(city.buildings.iter().map(|b| ring(&b.footprint)).collect());
    let cells: BTreeSet<u64> = city.records.cells.iter().map(|c| c.code).collect();
    let mut seen = BTreeSet::new();
    for c in &all.list {
        let (at, class) = (to(c.place), &all.classes[usize::from(c.class)]);
        seen.insert(class.code.as_str());
        assert!(buildings.at(at).is_none(), "a {} in a building", class.name);
        assert!(c.grid == 0 || cells.contains(&c.grid), "{}", c.grid);
        let near = roads.nearest(at, 40.0, |road| road == c.street as usize).unwrap();
        let from_kerb = near.distance - 0.5 * f64::from(city.roads[near.line].width_m);
        match class.code.as_str() {
            "0101" | "0102" | "0103" | "0104" | "0110" | "0111" => {
                assert!(from_kerb < 0.0, "a {} {from_kerb} m beside the carriageway", class.name);
            }
            "0118" | "0305" | "0113" | "0209" => {
                assert!((0.5..1.5).contains(&from_kerb), "a {} {from_kerb} m from the kerb", class.name);
            }
            _ => {}
        }
    }
    assert!(seen.len() > 24, "{seen:?}");
}

#[test]
fn cameras_stand_by_roads_and_bikes_outside_buildings_and_water() {
    let city = small(6);
    let to = metres(&city);
    let mains: Vec<Vec<[f64; 2]>> =
        city.roads.iter().filter(|r| r.main).map(|r| r.points.iter().map(|p| to(*p)).collect()).collect();
    let roads = super::index::SegmentIndex::new(mains);
    for camera in &city.records.collections["camera"] {
        assert!(camera.key.id.len() == 20 && camera.key.id[10..13] == *"132");
        let near = roads.nearest(to(point(camera)), 40.0, |_| true);
        assert!(near.is_some(), "{} stands by no main road", camera.key);
    }
    let ring = |places: &[Place]| places.iter().map(|p| to(*p)).collect::<Vec<_>>();
    let buildings = super::index::PolygonIndex::new(city.buildings.iter().map(|b| ring(&b.footprint)).collect());
    let water: Vec<_> = city.areas.iter().filter(|a| a.key.kind == EntityKind::Water).map(|a| ring(&a.ring)).collect();
    assert_eq!(city.records.collections["shared_bike"].len(), 1_500);
    for bike in &city.records.collections["shared_bike"] {
        let at = to(point(bike));
        assert!(buildings.at(at).is_none(), "{} stands in a building", bike.key);
        assert!(!water.iter().any(|w| crate::ring::inside(w, at)), "{} lies in the water", bike.key);
    }
}

#[test]
fn the_files_read_back_as_what_was_made() {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("city");
    let options =
        SynthOptions { seed: 7, buildings: 300, cases: 250, bikes: 100, components: 800, ..SynthOptions::default() };
    let summary = write_city(&options, &out, &mut Silent).unwrap();
    let city = make_city(&options);
    let read = |name: &str| std::fs::read_to_string(out.join("records").join(name)).unwrap();
    let cases: Vec<Case> = read("cases.jsonl").lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(cases, city.records.cases);
    assert_eq!(summary.cases, 250);
    assert_eq!(serde_json::from_str::<Vec<Vehicle>>(&read("vehicles.json")).unwrap(), city.records.vehicles);
    let components: serde_json::Value = serde_json::from_str(&read("components.geojson")).unwrap();
    assert_eq!(components["features"].as_array().unwrap().len(), 800);
    for (name, features) in &city.records.collections {
        let value: serde_json::Value = serde_json::from_str(&read(&format!("{name}.geojson"))).unwrap();
        assert_eq!(value["features"].as_array().unwrap().len(), features.len(), "{name}");
        for f in value["features"].as_array().unwrap() {
            assert!(
                f["id"].is_string() && f["properties"]["key"].as_str().unwrap().ends_with(f["id"].as_str().unwrap())
            );
            if f["geometry"]["type"] == "Polygon" {
                let ring = f["geometry"]["coordinates"][0].as_array().unwrap();
                assert_eq!(ring[0], ring[ring.len() - 1]);
            }
        }
    }
}
