//! An underpass in the tiles: the ground is open over its ramps, on hills and where it is flat.

use super::{
    terrain_tests::{city, exact, frame, ground, parts},
    write_city,
};
use crate::{
    Silent,
    city::{Area, AreaKind, Attribute, City, Lamp, ModelShape, PlacedModel, Plant, PlantKind, Road, RoadClass},
};
use cim_model::{EntityKey, EntityKind, Place};
use glam::{DVec2, DVec3};
use std::collections::BTreeSet;

fn place(city: &City, [x, y]: [f64; 2]) -> Place {
    let degree = 111_320.0;
    Place::new(city.origin.lon + x / (degree * city.origin.lat.to_radians().cos()), city.origin.lat + y / degree)
}

/// A main road that passes in a tunnel below another one, in a meadow.
fn underpass() -> City {
    let mut city = city(50);
    let lines = [
        ([-400.0, 30.0], [-40.0, 30.0], false),
        ([-40.0, 30.0], [40.0, 30.0], true),
        ([40.0, 30.0], [400.0, 30.0], false),
        ([0.0, -200.0], [0.0, 200.0], false),
    ];
    let road = |(i, (from, to, tunnel)): (usize, ([f64; 2], [f64; 2], bool))| Road {
        key: EntityKey::new(EntityKind::Road, format!("U{i}")),
        name: "下穿通道".into(),
        class: RoadClass::Primary,
        width_m: 14.0,
        points: vec![place(&city, from), place(&city, to)],
        main: true,
        oneway: false,
        attributes: if tunnel { vec![("tunnel".into(), Attribute::Bool(true))] } else { Vec::new() },
    };
    let roads = lines.into_iter().enumerate().map(road).collect();
    let ring = [[-500.0, -300.0], [500.0, -300.0], [500.0, 300.0], [-500.0, 300.0]].map(|p| place(&city, p)).to_vec();
    let key = EntityKey::new(EntityKind::Green, "meadow");
    let (holes, attributes) = (Vec::new(), Vec::new());
    city.areas = vec![Area { key, name: "绿地".into(), kind: AreaKind::Green, ring, holes, attributes }];
    city.roads = roads;
    city
}

/// Whether a triangle is over a point.
fn covers(t: [DVec3; 3], p: DVec2) -> bool {
    let [a, b, c] = t.map(DVec3::truncate);
    let turn = (b - a).perp_dot(c - a);
    turn.abs() > 1e-6 && [(a, b), (b, c), (c, a)].iter().all(|(f, t)| (*t - *f).perp_dot(p - *f) * turn.signum() >= 0.0)
}

fn look(city: &City) {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("city");
    let summary = write_city(city, &out, &exact(), &mut Silent).unwrap();
    assert_eq!((summary.roads, summary.left_out.as_slice()), (4, &[][..]));
    let (ground, frame) = (ground(city), frame(city));
    let parts = parts(&out, &frame);
    // On hills it may be the hill that covers the road: where ramps are open they are this deep.
    for material in ["ground", "green"] {
        let finest = parts[material].iter().filter(|p| p.leaf || p.tile == "base.glb");
        let triangles: Vec<[DVec3; 3]> =
            finest.flat_map(|p| p.triangles.iter().map(|t| t.map(|k| p.at[k as usize]))).collect();
        let over = |x: f64, y: f64| triangles.iter().any(|t| covers(*t, DVec2::new(x, y)));
        for x in [-90.0, -60.0, -45.0, 45.0, 60.0, 90.0] {
            assert!(!over(x, 31.0) && !over(x, 40.0), "{material} hides the ramp at {x}");
            assert!(over(x, 55.0), "{material} is gone beside the ramp at {x}");
        }
        assert!(over(13.0, 31.0) && over(-25.0, 31.0), "{material} is open over the tunnel");
    }
    let mut keys = BTreeSet::new();
    let (mut deepest, mut roof) = (0.0f64, f64::MIN);
    for part in parts["road"].iter().filter(|p| p.leaf) {
        keys.extend(part.keys.iter().cloned());
        for (p, _) in part.at.iter().zip(&part.keys).filter(|(_, key)| key.ends_with("U1")) {
            let above = p.z - ground.z(p.x, 30.0);
            assert!(above < -4.0, "{above} at {}", p.x);
            deepest = deepest.min(above);
        }
    }
    for part in parts["structure"].iter().filter(|p| p.leaf) {
        let ceiling = part
            .at
            .iter()
            .zip(&part.normals)
            .zip(&part.keys)
            .filter(|((_, n), key)| n[2] < -0.9 && key.ends_with("U1"));
        roof = ceiling.map(|((p, _), _)| p.z - ground.z(p.x, 30.0)).fold(roof, f64::max);
    }
    assert_eq!(keys.len(), 4, "{keys:?}");
    assert!(deepest < -5.5 && (-2.5..-0.3).contains(&roof), "{deepest} {roof}");
}

#[test]
fn the_ground_is_open_over_the_ramps_of_an_underpass_on_hills() {
    look(&underpass());
}

#[test]
fn the_ground_is_open_over_the_ramps_of_an_underpass_on_flat_ground() {
    look(&City { terrain: None, ..underpass() });
}

#[test]
fn nothing_hangs_in_the_air_over_a_ramp() {
    let mut city = City { terrain: None, ..underpass() };
    // In the middle of the ramp, a metre inside its wall, and on the ground over the tunnel.
    let places = [[-60.0, 30.0], [-60.0, 41.0 - 1.0], [10.0, 30.0]].map(|p| place(&city, p));
    city.plants = places.map(|place| Plant { place, kind: PlantKind::Broadleaf, height_m: 8.0 }).to_vec();
    city.lamps = places.map(|place| Lamp { place, height_m: 9.0, heading_deg: None, is_lit: true }).to_vec();
    let shape = ModelShape {
        positions: vec![[0.0; 3], [1.0, 0.0, 0.0], [0.0, 0.0, 2.0]],
        normals: vec![[0.0, 1.0, 0.0]; 3],
        colors: vec![[255; 4]; 3],
        indices: vec![0, 1, 2],
        ..ModelShape::default()
    };
    let model = |(i, place): (usize, &Place)| PlacedModel {
        key: EntityKey::new(EntityKind::Component, format!("M{i}")),
        name: "雕塑".into(),
        class: String::new(),
        address: String::new(),
        shape: shape.clone().into(),
        place: *place,
        above_m: 0.0,
        heading_deg: 0.0,
        scale: 1.0,
        attributes: Vec::new(),
    };
    city.placed = places.iter().enumerate().map(model).collect();
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("city");
    let summary = write_city(&city, &out, &exact(), &mut Silent).unwrap();
    assert_eq!((summary.trees_over_ramps, summary.lamps_over_ramps), (1, 1));
    let left: Vec<String> = summary.left_out.iter().map(|(key, _)| key.to_string()).collect();
    assert_eq!(left, [city.placed[0].key.to_string()]);
    assert_eq!(summary.models, city.models.len() + city.placed.len() - 1);
    let report: serde_json::Value = serde_json::from_slice(&std::fs::read(out.join("report.json")).unwrap()).unwrap();
    assert_eq!((&report["trees_over_ramps"], &report["lamps_over_ramps"]), (&1.into(), &1.into()));
}
