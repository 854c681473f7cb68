//! The network from centre lines. Nothing says which of them belong together but where they are: ends that lie within
//! half a metre of one another are one junction, and so is an end on another line.

use crate::{
    city::{Edge, Network, Road, RoadClass},
    network::NetworkBuilder,
};
use cim_model::Place;
use rstar::{
    RTree,
    primitives::{GeomWithData, Line},
};
use std::collections::HashMap;

/// Ends this close are the same junction, metres.
const SAME_M: f64 = 0.5;
/// Metres of a degree of latitude.
const DEGREE_M: f64 = 111_320.0;

/// The largest connected part of what can be driven on.
pub(super) fn network(roads: &[Road], origin: Place) -> Network {
    let roads: Vec<&Road> = roads.iter().filter(|r| r.class < RoadClass::Footway && r.points.len() > 1).collect();
    let frame = Frame::new(origin);
    let lines = joined(&roads, &frame);
    let mut places = Places::new(frame);
    let corners: Vec<Vec<u32>> = lines.iter().map(|l| l.iter().map(|p| places.number(*p)).collect()).collect();
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
    for ((road, line), course) in roads.iter().zip(&corners).zip(&lines) {
        let mut from = 0;
        for i in 1..line.len() {
            if uses[line[i] as usize] > 1 && (line[i] != line[from] || i > from + 2) {
                // Pieces end exactly where their junction is, so that nothing jumps there.
                let mut points: Vec<[f64; 2]> = course[from..=i].iter().map(|p| [p.lon, p.lat]).collect();
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

/// Metres around a place, flat.
#[derive(Clone, Copy)]
struct Frame {
    origin: Place,
    east_m: f64,
}

impl Frame {
    fn new(origin: Place) -> Self {
        Self { origin, east_m: DEGREE_M * origin.lat.to_radians().cos().max(1e-3) }
    }

    fn metres(&self, p: Place) -> [f64; 2] {
        [(p.lon - self.origin.lon) * self.east_m, (p.lat - self.origin.lat) * DEGREE_M]
    }
}

/// The courses of roads with a corner more wherever another road ends on them.
fn joined(roads: &[&Road], frame: &Frame) -> Vec<Vec<Place>> {
    let mut segments = Vec::new();
    for (r, road) in roads.iter().enumerate() {
        for (i, pair) in road.points.windows(2).enumerate() {
            segments.push(GeomWithData::new(Line::new(frame.metres(pair[0]), frame.metres(pair[1])), (r, i)));
        }
    }
    let tree = RTree::bulk_load(segments);
    // By road and segment: how far along, and the end that lies there.
    let mut more: HashMap<(usize, usize), Vec<(f64, Place)>> = HashMap::new();
    for (r, road) in roads.iter().enumerate() {
        for end in [road.points.first(), road.points.last()].into_iter().flatten() {
            let at = frame.metres(*end);
            for segment in tree.locate_within_distance(at, SAME_M * SAME_M).filter(|s| s.data.0 != r) {
                let (from, to) = (segment.geom().from, segment.geom().to);
                let along = [to[0] - from[0], to[1] - from[1]];
                let length = along[0].hypot(along[1]);
                let distance = ((at[0] - from[0]) * along[0] + (at[1] - from[1]) * along[1]) / length;
                // What lies by a corner meets that corner.
                if distance > SAME_M && distance < length - SAME_M {
                    more.entry(segment.data).or_default().push((distance, *end));
                }
            }
        }
    }
    let course = |(r, road): (usize, &&Road)| {
        let mut out = Vec::with_capacity(road.points.len());
        for (i, corner) in road.points.iter().enumerate() {
            out.push(*corner);
            let mut here = more.get(&(r, i)).cloned().unwrap_or_default();
            here.sort_by(|a, b| a.0.total_cmp(&b.0));
            out.extend(here.into_iter().map(|(_, p)| p));
        }
        out
    };
    roads.iter().enumerate().map(course).collect()
}

/// Numbers of places, the same for those that are close.
struct Places {
    frame: Frame,
    metres: Vec<[f64; 2]>,
    degrees: Vec<[f64; 2]>,
    cells: HashMap<[i64; 2], Vec<u32>>,
}

impl Places {
    fn new(frame: Frame) -> Self {
        Self { frame, metres: Vec::new(), degrees: Vec::new(), cells: HashMap::new() }
    }

    fn at(&self, number: u32) -> [f64; 2] {
        self.degrees[number as usize]
    }

    fn number(&mut self, p: Place) -> u32 {
        let at = self.frame.metres(p);
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
