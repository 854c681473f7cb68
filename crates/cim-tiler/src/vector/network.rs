//! The network from centre lines. Nothing says which of them belong together but where they are: ends that lie within
//! half a metre of one another are one junction, and so is an end on another line's corner.

use crate::{
    city::{Edge, Network, Road, RoadClass},
    network::NetworkBuilder,
};
use cim_model::Place;
use std::collections::HashMap;

/// Ends this close are the same junction, metres.
const SAME_M: f64 = 0.5;
/// Metres of a degree of latitude.
const DEGREE_M: f64 = 111_320.0;

/// The largest connected part of what can be driven on.
pub(super) fn network(roads: &[Road], origin: Place) -> Network {
    let roads: Vec<&Road> = roads.iter().filter(|r| r.class < RoadClass::Footway && r.points.len() > 1).collect();
    let mut places = Places::new(origin);
    let corners: Vec<Vec<u32>> = roads.iter().map(|r| r.points.iter().map(|p| places.number(*p)).collect()).collect();
    let mut uses = vec![0u32; places.metres.len()];
    for line in &corners {
        let mut before = None;
        for (i, place) in line.iter().enumerate() {
            // A line that lingers at a place passes it once; an end is a node even where nothing joins.
            if before != Some(place) {
                uses[*place as usize] += if i == 0 { 2 } else { 1 };
            }
            before = Some(place);
        }
        if let Some(last) = line.last() {
            uses[*last as usize] += 2;
        }
    }
    let mut build = NetworkBuilder::new();
    for (road, line) in roads.iter().zip(&corners) {
        let mut from = 0;
        for i in 1..line.len() {
            if uses[line[i] as usize] > 1 && (line[i] != line[from] || i > from + 2) {
                // Pieces end exactly where their junction is, so that nothing jumps there.
                let mut points: Vec<[f64; 2]> = road.points[from..=i].iter().map(|p| [p.lon, p.lat]).collect();
                let n = points.len();
                (points[0], points[n - 1]) = (places.at(line[from]), places.at(line[i]));
                let (class, width_m, oneway) = (road.class, road.width_m, road.oneway);
                let edge = Edge { a: 0, b: 0, road: road.key.id.clone(), class, width_m, oneway, points };
                build.edge(line[from], line[i], edge);
                from = i;
            }
        }
    }
    build.largest_part()
}

/// Numbers of places, the same for those that are close.
struct Places {
    origin: Place,
    east_m: f64,
    metres: Vec<[f64; 2]>,
    degrees: Vec<[f64; 2]>,
    cells: HashMap<[i64; 2], Vec<u32>>,
}

impl Places {
    fn new(origin: Place) -> Self {
        let east_m = DEGREE_M * origin.lat.to_radians().cos().max(1e-3);
        Self { origin, east_m, metres: Vec::new(), degrees: Vec::new(), cells: HashMap::new() }
    }

    fn at(&self, number: u32) -> [f64; 2] {
        self.degrees[number as usize]
    }

    fn number(&mut self, p: Place) -> u32 {
        let at = [(p.lon - self.origin.lon) * self.east_m, (p.lat - self.origin.lat) * DEGREE_M];
        let cell = at.map(|x| (x / SAME_M).floor() as i64);
        let around = (-1..=1).flat_map(|i| (-1..=1).map(move |j| [cell[0] + i, cell[1] + j]));
        let distance = |k: &u32| {
            let other = self.metres[*k as usize];
            (other[0] - at[0]).hypot(other[1] - at[1])
        };
        let near = around.filter_map(|c| self.cells.get(&c)).flatten().copied();
        let nearest = near.filter(|k| distance(k) <= SAME_M).min_by(|a, b| distance(a).total_cmp(&distance(b)));
        nearest.unwrap_or_else(|| {
            let number = self.metres.len() as u32;
            self.metres.push(at);
            self.degrees.push([p.lon, p.lat]);
            self.cells.entry(cell).or_default().push(number);
            number
        })
    }
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
    fn a_ring_road_goes_round() {
        let n = network(&[road("o", &[(0., 0.), (50., 0.), (50., 50.), (0., 50.), (0., 0.)])], Place::new(116.0, 35.0));
        assert_eq!((n.edges.len(), n.nodes.len(), n.edges[0].points.len()), (1, 1, 5));
        assert!(network(&[], Place::new(0.0, 0.0)).edges.is_empty());
    }
}
