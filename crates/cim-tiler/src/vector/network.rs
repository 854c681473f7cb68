//! The network from centre lines: where they meet is found by [`Meeting`].

use crate::{
    city::{Edge, Network, Road, RoadClass},
    network::NetworkBuilder,
    streets::{Course, Meeting, level},
};
use cim_model::Place;
use glam::DVec2;

/// Metres of a degree of latitude.
const DEGREE_M: f64 = 111_320.0;

/// The largest connected part of what can be driven on.
pub(super) fn network(roads: &[Road], origin: Place) -> Network {
    let roads: Vec<&Road> = roads.iter().filter(|r| r.class < RoadClass::Footway && r.points.len() > 1).collect();
    let east_m = DEGREE_M * origin.lat.to_radians().cos().max(1e-3);
    let metres = |p: &Place| DVec2::new((p.lon - origin.lon) * east_m, (p.lat - origin.lat) * DEGREE_M);
    let lines: Vec<Vec<DVec2>> = roads.iter().map(|r| r.points.iter().map(metres).collect()).collect();
    let courses: Vec<Course<'_>> =
        roads.iter().zip(&lines).map(|(r, points)| Course { points, level: level(&r.attributes) }).collect();
    let meeting = Meeting::new(&courses);
    let at = |(road, point): (usize, usize)| {
        let p = roads[road].points[point];
        [p.lon, p.lat]
    };
    let mut build = NetworkBuilder::new();
    for (r, road) in roads.iter().enumerate() {
        for (from, to) in meeting.pieces(r) {
            let (a, b) = (meeting.places[r][from], meeting.places[r][to]);
            // Pieces end exactly where their junction is, so that nothing jumps there.
            let mut points: Vec<[f64; 2]> = meeting.courses[r][from..=to].iter().map(|c| at(*c)).collect();
            let n = points.len();
            (points[0], points[n - 1]) = (at(meeting.at[a]), at(meeting.at[b]));
            let (class, width_m, oneway) = (road.class, road.width_m, road.oneway);
            build.edge(a, b, Edge { a: 0, b: 0, road: road.key.id.clone(), class, width_m, oneway, points });
        }
    }
    build.largest_part()
}

#[cfg(test)]
mod tests {
    use super::*;
    use cim_model::{EntityKey, EntityKind};

    fn road(id: &str, corners: &[(f64, f64)]) -> Road {
        let origin = Place::new(116.0, 35.0);
        let east_m = DEGREE_M * origin.lat.to_radians().cos();
        Road {
            key: EntityKey::new(EntityKind::Road, id),
            name: id.into(),
            class: RoadClass::Primary,
            width_m: 10.0,
            points: corners.iter().map(|(x, y)| Place::new(116.0 + x / east_m, 35.0 + y / DEGREE_M)).collect(),
            main: true,
            oneway: false,
            attributes: Vec::new(),
        }
    }

    #[test]
    fn ends_that_nearly_meet_are_one_junction_and_ends_on_a_corner_cut_the_line() {
        let roads = [
            road("a", &[(0., 0.), (100., 0.), (200., 0.)]),
            // Begins 30 cm off the end of `a`; 40 cm off a cell's edge or not does not matter.
            road("b", &[(200.3, 0.1), (300., 0.)]),
            // Ends on a corner in the middle of `a`.
            road("c", &[(100., 0.), (100., 90.)]),
            road("far", &[(900., 0.), (990., 0.)]),
        ];
        let n = network(&roads, Place::new(116.0, 35.0));
        let edges: Vec<_> = n.edges.iter().map(|e| e.road.as_str()).collect();
        assert_eq!((edges, n.nodes.len()), (vec!["a", "a", "b", "c"], 5));
        for e in &n.edges {
            assert_eq!((e.points[0], e.points[e.points.len() - 1]), (n.nodes[e.a as usize], n.nodes[e.b as usize]));
        }
    }

    #[test]
    fn ends_on_a_line_cut_it_and_crossings_do_not() {
        let roads = [
            road("a", &[(0., 0.), (200., 0.)]),
            road("b", &[(50., 0.2), (50., 90.)]),
            road("c", &[(150., -90.), (150., -0.1)]),
            // A bridge.
            road("d", &[(100., -50.), (100., 50.)]),
        ];
        let n = network(&roads, Place::new(116.0, 35.0));
        let edges: Vec<_> = n.edges.iter().map(|e| e.road.as_str()).collect();
        assert_eq!((edges, n.nodes.len()), (vec!["a", "a", "a", "b", "c"], 6));
        for e in &n.edges {
            assert_eq!((e.points[0], e.points[e.points.len() - 1]), (n.nodes[e.a as usize], n.nodes[e.b as usize]));
        }
    }

    #[test]
    fn a_ring_road_goes_round() {
        let n = network(&[road("o", &[(0., 0.), (50., 0.), (50., 50.), (0., 50.), (0., 0.)])], Place::new(116.0, 35.0));
        assert_eq!((n.edges.len(), n.nodes.len(), n.edges[0].points.len()), (1, 1, 5));
        assert!(network(&[], Place::new(0.0, 0.0)).edges.is_empty());
    }
}
