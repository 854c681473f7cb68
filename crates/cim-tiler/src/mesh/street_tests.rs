//! What is built of streets, seen from above.

use super::{Surface, street::StreetTarget};
use crate::{
    city::{Road, RoadClass},
    streets::{Bed, Shores, Street, streets, tests::wide},
};
use cim_model::{EntityKey, EntityKind};
use glam::DVec2;
use tiles3d::write::WritePrimitive;

struct Built {
    road: WritePrimitive,
    sidewalk: WritePrimitive,
    marking: WritePrimitive,
    structure: WritePrimitive,
}

impl Built {
    fn new() -> Self {
        let [road, sidewalk, marking, structure] =
            [Surface::Road, Surface::Sidewalk, Surface::Marking, Surface::Structure].map(Surface::primitive);
        Self { road, sidewalk, marking, structure }
    }

    fn target(&mut self) -> StreetTarget<'_> {
        let Self { road, sidewalk, marking, structure } = self;
        StreetTarget { road, sidewalk, marking, structure, bed: Bed::flat() }
    }
}

/// A main road to the east and a street that comes from the north, 0 being where they meet.
fn crossroads(shores: &Shores) -> Vec<(RoadClass, Street)> {
    let road = |class: RoadClass, width_m: f32| Road {
        key: EntityKey::new(EntityKind::Road, class.name()),
        name: String::new(),
        class,
        width_m,
        points: Vec::new(),
        main: false,
        oneway: false,
        attributes: Vec::new(),
    };
    let roads = [road(RoadClass::Primary, 30.0), road(RoadClass::Tertiary, 14.0)];
    let lines = [vec![DVec2::new(-300.0, 0.0), DVec2::new(300.0, 0.0)], vec![DVec2::ZERO, DVec2::new(0.0, 300.0)]];
    let built = streets(&roads, &lines, shores, Bed::flat());
    roads.iter().map(|r| r.class).zip(built.into_iter().flatten()).collect()
}

fn dry() -> Shores {
    Shores::new(std::iter::empty())
}

/// Middles of triangles in plan.
fn middles(p: &WritePrimitive) -> Vec<DVec2> {
    let at = |i: u32| DVec2::new(f64::from(p.positions[i as usize][0]), f64::from(p.positions[i as usize][1]));
    p.indices.chunks_exact(3).map(|t| (at(t[0]) + at(t[1]) + at(t[2])) / 3.0).collect()
}

#[test]
fn what_is_painted_lies_on_the_carriageway_and_not_on_the_junction() {
    let mut built = Built::new();
    for (class, street) in crossroads(&dry()) {
        built.target().markings(&street, class, 0);
    }
    // The street is 14 m wide, its kerbs have 7 m: the junction reaches 14 m to either side and 22 m to the north.
    for p in middles(&built.marking) {
        let (main, side) = (p.y.abs() <= 15.0, p.x.abs() <= 7.0 && p.y > 15.0);
        assert!(main || side, "{p} is beside both roads");
        let (across, ahead) = (p.x.abs() < 14.0 && p.y.abs() < 15.0, p.x.abs() < 7.0 && (15.0..22.0).contains(&p.y));
        assert!(!across && !ahead, "{p} is on the junction");
    }
    let above = built.marking.positions.iter().all(|v| (v[2] - 0.13).abs() < 1e-5);
    assert!(above, "paint lies on the carriageway");
}

#[test]
fn who_comes_waits_on_the_right() {
    let mut built = Built::new();
    let streets = crossroads(&dry());
    let (class, street) = &streets[1];
    built.target().markings(street, *class, 0);
    // A stop line is the only paint wider than a metre across the street; who comes from the north has the west on the right.
    let p = &built.marking;
    let at = |i: u32| p.positions[i as usize];
    let wide: Vec<f32> = p
        .indices
        .chunks_exact(3)
        .map(|t| [at(t[0])[0], at(t[1])[0], at(t[2])[0]])
        .filter(|x| x.iter().fold(0.0f32, |w, a| w.max((a - x[0]).abs())) > 1.0)
        .flatten()
        .collect();
    assert!(!wide.is_empty() && wide.iter().all(|x| (-7.01..=0.01).contains(x)), "{wide:?}");
}

#[test]
fn pavements_lie_a_kerb_above_and_go_round_the_corner() {
    let mut built = Built::new();
    for (class, street) in crossroads(&dry()) {
        built.target().street(&street, class, 0);
        built.target().kerbs(&street, 0);
    }
    let top = built.sidewalk.positions.iter().map(|p| p[2]).fold(0.0, f32::max);
    assert!((top - 0.25).abs() < 1e-5, "{top}");
    assert!(built.road.positions.iter().all(|p| (p[2] - 0.1).abs() < 1e-5));
    assert!(built.structure.indices.is_empty());
    // Between the main road's pavement in the north-east and that of the street there is no gap.
    let paved = |x: f64, y: f64| {
        let p = &built.sidewalk;
        let at = |i: u32| DVec2::new(f64::from(p.positions[i as usize][0]), f64::from(p.positions[i as usize][1]));
        p.indices.chunks_exact(3).any(|t| {
            let [a, b, c] = [at(t[0]), at(t[1]), at(t[2])];
            let q = DVec2::new(x, y);
            [(a, b), (b, c), (c, a)].iter().all(|(from, to)| (*to - *from).perp_dot(q - *from) >= 0.0)
        })
    };
    assert!(paved(40.0, 17.0) && paved(8.0, 60.0));
    // The kerb's circle has its middle at (14, 22): a metre nearer to it than the kerb is pavement, a metre farther road.
    let on_the_way = DVec2::new(-1.0, -1.0).normalize();
    let (inner, outer) = (DVec2::new(14.0, 22.0) + on_the_way * 6.0, DVec2::new(14.0, 22.0) + on_the_way * 8.0);
    assert!(paved(inner.x, inner.y) && !paved(outer.x, outer.y));
}

#[test]
fn a_bridge_has_a_deck_parapets_and_piers() {
    let river = [(100.0, -400.0), (180.0, -400.0), (180.0, 400.0), (100.0, 400.0)].map(DVec2::from);
    let mut built = Built::new();
    for (class, street) in crossroads(&Shores::new(std::iter::once(&river[..]))) {
        built.target().street(&street, class, 0);
    }
    let over = |p: &&[f32; 3]| (105.0..175.0).contains(&p[0]);
    let heights =
        |f: fn(f32, f32) -> f32, from: f32| built.structure.positions.iter().filter(over).map(|p| p[2]).fold(from, f);
    let (low, high) = (heights(f32::min, f32::MAX), heights(f32::max, f32::MIN));
    // Piers stand in the water; a parapet is 1.1 m above the pavement on the crest.
    assert_eq!(low, -2.0);
    assert!((3.0..4.0).contains(&high), "{high}");
    let deck = built.road.positions.iter().filter(over).map(|p| p[2]).fold(f32::MAX, f32::min);
    assert!(deck > 1.4, "{deck}");
}

#[test]
fn the_corners_of_a_raised_junction_have_walls_to_the_ground() {
    // Water under the junction itself: a dry one has none.
    let pond = [(-60.0, -60.0), (60.0, -60.0), (60.0, 60.0), (-60.0, 60.0)].map(DVec2::from);
    let walls = |shores: &Shores| {
        let mut built = Built::new();
        for (class, street) in crossroads(shores) {
            let junctions = Street { pieces: Vec::new(), ..street };
            built.target().street(&junctions, class, 0);
        }
        built.structure
    };
    assert!(walls(&dry()).indices.is_empty());
    let raised = walls(&Shores::new(std::iter::once(&pond[..])));
    let (low, high) = raised.positions.iter().fold((f32::MAX, f32::MIN), |(l, h), p| (l.min(p[2]), h.max(p[2])));
    assert!(low < 0.0 && high > 1.4 + 1.1, "{low} {high}");
}

#[test]
fn a_tunnel_has_walls_a_roof_and_a_portal_at_each_end() {
    let roads = [wide(1, false), wide(2, true), wide(3, false)];
    let lines =
        [(-300.0, -40.0), (-40.0, 40.0), (40.0, 300.0)].map(|(a, b)| vec![DVec2::new(a, 0.0), DVec2::new(b, 0.0)]);
    let streets = streets(&roads, &lines, &dry(), Bed::flat());
    let mut built = Built::new();
    built.target().street(streets[1].as_ref().unwrap(), RoadClass::Primary, 0);
    let p = &built.structure;
    let with = |x: f32, direction: [f32; 3]| -> Vec<[f32; 3]> {
        let alike = |n: &[f32; 3]| (0..3).all(|k| (n[k] - direction[k]).abs() < 1e-3);
        let found = p.positions.iter().zip(&p.normals).filter(|(at, n)| (at[0] - x).abs() < 0.01 && alike(n));
        found.map(|(at, _)| *at).collect()
    };
    for (x, outwards) in [(-40.0, -1.0), (40.0, 1.0)] {
        let wall = with(x, [outwards, 0.0, 0.0]);
        let (low, high) = wall.iter().fold((f32::MAX, f32::MIN), |(l, h), p| (l.min(p[2]), h.max(p[2])));
        // The room is 4.8 m high, and a parapet keeps people from falling down.
        assert!((-1.2..-1.0).contains(&low) && (1.15..1.25).contains(&high), "{low} {high}");
        let wide = wall.iter().map(|p| p[1]).fold(0.0, f32::max);
        assert!((11.0..11.5).contains(&wide), "{wide}");
    }
    let down = p.positions.iter().zip(&p.normals).filter(|(_, n)| n[2] < -0.9);
    assert!(down.clone().count() > 8 && down.into_iter().all(|(at, _)| at[2] < -1.0));
    // Its ramps are walled as high as they are deep.
    let mut ramp = Built::new();
    ramp.target().street(streets[0].as_ref().unwrap(), RoadClass::Primary, 0);
    let near = ramp.structure.positions.iter().filter(|p| (-60.0..-40.0).contains(&p[0]));
    let (low, high) = near.fold((f32::MAX, f32::MIN), |(l, h), p| (l.min(p[2]), h.max(p[2])));
    assert!(low < -4.9 && (1.15..1.4).contains(&high), "{low} {high}");
}

#[test]
fn the_walls_of_a_sunk_corner_are_seen_from_both_sides() {
    // A ramp in two parts that bends where they meet.
    let roads = [wide(4, false), wide(5, false), wide(6, true)];
    let lines = [[(-300.0, 150.0), (-90.0, 0.0)], [(-90.0, 0.0), (-40.0, 0.0)], [(-40.0, 0.0), (60.0, 0.0)]];
    let lines = lines.map(|l| l.map(DVec2::from).to_vec());
    let mut built = Built::new();
    for street in streets(&roads, &lines, &dry(), Bed::flat()).into_iter().flatten() {
        let bend = |j: &&crate::streets::Junction| j.outline.iter().all(|p| p.x < -60.0);
        let junctions = street.junctions.iter().filter(bend).cloned().collect();
        built.target().street(&Street { pieces: Vec::new(), junctions, ..street }, RoadClass::Primary, 0);
    }
    let looks = |sign: f32| built.structure.normals.iter().filter(|n| n[1] * sign > 0.1).count();
    assert!(looks(1.0) > 0 && looks(1.0) == looks(-1.0), "{} {}", looks(1.0), looks(-1.0));
}
