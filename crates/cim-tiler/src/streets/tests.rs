use super::*;
use crate::city::Attribute;
use cim_model::{EntityKey, EntityKind};
use geo::{Area, BooleanOps, Coord, LineString, MultiPolygon, Polygon, unary_union};

pub(super) fn road(id: usize, class: RoadClass, tags: &[(&str, &str)]) -> Road {
    Road {
        key: EntityKey::new(EntityKind::Road, format!("R{id}")),
        name: String::new(),
        class,
        width_m: class.usual_width_m() as f32,
        points: Vec::new(),
        main: false,
        oneway: false,
        attributes: tags.iter().map(|(k, v)| ((*k).to_owned(), Attribute::Text((*v).to_owned()))).collect(),
    }
}

/// A main street of two lanes a side, on the ground or in a tunnel.
pub(crate) fn wide(id: usize, tunnel: bool) -> Road {
    let tags: &[(&str, &str)] = if tunnel { &[("tunnel", "yes")] } else { &[] };
    Road { width_m: 14.0, ..road(id, RoadClass::Primary, tags) }
}

pub(super) fn line(points: &[(f64, f64)]) -> Vec<DVec2> {
    points.iter().map(|p| DVec2::from(*p)).collect()
}

/// Streets of roads on dry land.
fn dry(roads: &[(RoadClass, &[(f64, f64)])]) -> Vec<Street> {
    let lines: Vec<Vec<DVec2>> = roads.iter().map(|(_, l)| line(l)).collect();
    let roads: Vec<Road> = roads.iter().enumerate().map(|(i, (class, _))| road(i, *class, &[])).collect();
    streets(&roads, &lines, &Shores::new(std::iter::empty()), Bed::flat()).into_iter().flatten().collect()
}

fn polygon(points: impl Iterator<Item = DVec3>) -> Polygon<f64> {
    Polygon::new(LineString::from_iter(points.map(|p| Coord { x: p.x, y: p.y })), Vec::new())
}

/// Every piece and every junction, as polygons.
fn carriageways(streets: &[Street]) -> Vec<Polygon<f64>> {
    let side = |line: &[DVec3], half: f64| -> Vec<DVec3> {
        let at = |i: usize| {
            let ahead = line[(i + 1).min(line.len() - 1)] - line[i.min(line.len() - 2)];
            line[i] + (ahead.truncate().normalize().perp() * half).extend(0.0)
        };
        (0..line.len()).map(at).collect()
    };
    let mut out = Vec::new();
    for street in streets {
        for piece in &street.pieces {
            let (left, right) = (side(&piece.line, street.section.half), side(&piece.line, -street.section.half));
            out.push(polygon(right.into_iter().chain(left.into_iter().rev())));
        }
        out.extend(street.junctions.iter().map(|j| polygon(j.outline.iter().copied())));
    }
    out
}

#[test]
fn carriageways_neither_overlap_nor_leave_gaps_where_streets_meet() {
    let streets = dry(&[
        (RoadClass::Primary, &[(-200., 0.), (0., 0.), (200., 10.)]),
        (RoadClass::Tertiary, &[(0., -150.), (0., 0.), (30., 150.)]),
        (RoadClass::Residential, &[(-90., 0.), (-120., 100.)]),
        (RoadClass::Service, &[(100., 5.), (110., -80.)]),
    ]);
    let parts = carriageways(&streets);
    let sum: f64 = parts.iter().map(Area::unsigned_area).sum();
    let union: MultiPolygon<f64> = unary_union(&parts);
    assert!((sum - union.unsigned_area()).abs() < 0.5, "{sum} {}", union.unsigned_area());
    assert_eq!((union.0.len(), union.0[0].interiors().len()), (1, 0));
    // Nowhere is less carriageway than the plain ribbons have; corners add to them.
    let ribbons = [polygon(
        [(-200., 6.5), (-200., -6.5), (200., -6.5), (200., 3.)].map(|(x, y)| DVec3::new(x, y, 0.)).into_iter(),
    )];
    assert!(MultiPolygon::new(ribbons.to_vec()).difference(&union).unsigned_area() < 2.0 * 200.0 * 5.0);
    assert_eq!(streets.iter().map(|s| s.junctions.len()).collect::<Vec<_>>(), [3, 0, 0, 0]);
}

#[test]
fn people_cross_where_large_streets_meet_only() {
    let streets = dry(&[
        (RoadClass::Primary, &[(-200., 0.), (200., 0.)]),
        (RoadClass::Tertiary, &[(0., 0.), (0., 150.)]),
        (RoadClass::Service, &[(100., 0.), (100., -80.)]),
    ]);
    let ends: Vec<[End; 2]> = streets[0].pieces.iter().map(|p| p.ends).collect();
    let from_west = End::Crossing { left: true, ahead: true, right: false };
    let from_east = End::Crossing { left: false, ahead: true, right: true };
    assert_eq!(ends, [[End::Dead, from_west], [from_east, End::Joint], [End::Joint, End::Dead]]);
    assert_eq!(streets[1].pieces[0].ends[0], End::Crossing { left: true, ahead: false, right: true });
}

#[test]
fn a_joint_shortly_before_a_junction_gives_it_room() {
    let streets = dry(&[
        (RoadClass::Primary, &[(-200., 0.), (0., 0.), (200., 0.)]),
        (RoadClass::Primary, &[(0., 0.), (0., 8.)]),
        (RoadClass::Primary, &[(0., 8.), (0., 200.)]),
    ]);
    // The kerbs of the junction reach as far into the side street as they would without the joint.
    let whole = dry(&[
        (RoadClass::Primary, &[(-200., 0.), (0., 0.), (200., 0.)]),
        (RoadClass::Primary, &[(0., 0.), (0., 200.)]),
    ]);
    let area = |s: &[Street]| polygon(s[0].junctions[0].outline.iter().copied()).unsigned_area();
    assert!((area(&streets) - area(&whole)).abs() < 1e-6);
}

#[test]
fn a_bridge_rises_over_a_road_and_what_leads_to_it_climbs() {
    let lines = [
        line(&[(0., -300.), (0., 300.)]),
        line(&[(-300., 0.), (-60., 0.)]),
        line(&[(-60., 0.), (60., 0.)]),
        line(&[(60., 0.), (300., 0.)]),
        line(&[(-60., 0.), (-60., 200.)]),
    ];
    let bridge = [("bridge", "yes"), ("layer", "1")];
    let roads: Vec<Road> =
        (0..5).map(|i| road(i, RoadClass::Primary, if i == 2 { &bridge[..] } else { &[] })).collect();
    let streets: Vec<Street> =
        streets(&roads, &lines, &Shores::new(std::iter::empty()), Bed::flat()).into_iter().flatten().collect();
    assert!(streets[0].course.iter().all(|p| p.z == 0.0));
    let over = streets[2].course.iter().map(|p| p.z).fold(0.0, f64::max);
    assert!((over - 6.0).abs() < 1e-6, "{over}");
    // It ends 60 m from what it crosses: some three metres lower, and its approach takes that up.
    let (last, first) = (streets[1].course.last().unwrap().z, streets[2].course[0].z);
    assert!((last - first).abs() < 1e-9 && (3.0..3.6).contains(&last), "{last} {first}");
    assert!((streets[4].course[0].z - last).abs() < 1e-9);
    for s in &streets {
        for pair in s.course.windows(2) {
            let (rise, run) = ((pair[1].z - pair[0].z).abs(), pair[1].truncate().distance(pair[0].truncate()));
            assert!(rise <= 0.0501 * run, "{rise} in {run}");
        }
    }
    assert_eq!(streets[0].pieces.len(), 1);
    assert!(streets[2].pieces.iter().all(|p| p.bridge.iter().all(|b| *b)));
    assert!(streets[2].pieces[0].piers.iter().all(|(at, _)| at.x.abs() > 10.0));
}

#[test]
fn a_street_over_a_river_is_a_bridge_there() {
    let river: Vec<DVec2> = line(&[(-20., -500.), (20., -500.), (20., 500.), (-20., 500.)]);
    let roads = [road(0, RoadClass::Secondary, &[])];
    let lines = [line(&[(-200., 0.), (200., 0.)])];
    let built = streets(&roads, &lines, &Shores::new(std::iter::once(&river[..])), Bed::flat());
    let street = built[0].as_ref().unwrap();
    let piece = &street.pieces[0];
    for (pair, bridge) in piece.line.windows(2).zip(&piece.bridge) {
        let middle = 0.5 * (pair[0] + pair[1]);
        assert_eq!(*bridge, middle.x.abs() < 23.0, "{middle}");
        // It begins and ends three metres from the shore.
        assert!([-23.0, 23.0].iter().all(|x| !(pair[0].x + 1e-6..pair[1].x - 1e-6).contains(x)), "{middle}");
        assert!(!bridge || middle.z > 1.2);
    }
    assert_eq!((piece.line[0].z, piece.piers.len()), (0.0, 1));
}

#[test]
fn what_is_no_road_has_no_street() {
    let roads = [road(1, RoadClass::Primary, &[]), Road { width_m: f32::NAN, ..road(2, RoadClass::Primary, &[]) }];
    let lines = [line(&[(1., 1.), (1., 1.)]), line(&[(0., 0.), (9., 0.)])];
    assert!(streets(&roads, &lines, &Shores::new(std::iter::empty()), Bed::flat()).iter().all(Option::is_none));
}

#[test]
fn levels_are_read_from_what_sources_write() {
    let of = |tags: &[(&str, &str)]| level(&road(0, RoadClass::Primary, tags).attributes);
    assert_eq!(of(&[("bridge", "viaduct"), ("layer", "2")]), 2);
    assert_eq!(of(&[("bridge", "yes")]), 1);
    assert_eq!(of(&[("bridge", "no"), ("layer", "2")]), 0);
    assert_eq!(of(&[("tunnel", "yes"), ("layer", "-1")]), -1);
    assert_eq!(of(&[("tunnel", "building_passage")]), 0);
    assert_eq!(of(&[("bridge", "yes"), ("layer", "900")]), 5);
    assert_eq!(of(&[]), 0);
}
