//! `network.json`: what vehicles drive on, with the heights of bridges, tunnels and ramps.

use super::Writer;
use crate::{
    TilerError,
    city::{Edge, Road, RoadClass},
    records::{Geometry, RaisedLine},
    streets::{Bed, Street, level},
};
use cim_model::{EntityKey, EntityKind, Place};
use glam::{DVec2, DVec3};
use rstar::{
    RTree,
    primitives::{GeomWithData, Line},
};
use serde::Serialize;
use std::collections::{BTreeMap, HashMap};

/// Metres between the points of an edge that is not on the ground.
const STATION_M: f64 = 10.0;
/// How far from its road an edge may run, metres: junctions are where several roads nearly end.
const OFF_M: f64 = 2.0;

#[derive(Serialize)]
struct File<'a> {
    nodes: &'a [[f64; 2]],
    edges: Vec<FileEdge<'a>>,
}

#[derive(Serialize)]
struct FileEdge<'a> {
    a: u32,
    b: u32,
    road: &'a str,
    class: RoadClass,
    width_m: f32,
    oneway: bool,
    points: Vec<[f64; 2]>,
    /// Metres above the ground, one for each point, below it in tunnels; none for an edge on the ground.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    heights: Vec<f64>,
}

/// A segment of a course, with the heights of its ends and the level of its road.
type Segment = GeomWithData<Line<[f64; 2]>, ([f64; 2], i8)>;

/// A street, and on which level it runs.
type Levelled<'a> = (&'a Street, i8);

/// The courses of roads, for how high they are.
struct Courses<'a> {
    streets: HashMap<&'a str, Levelled<'a>>,
    /// Segments of all courses that are not on the ground.
    off_ground: RTree<Segment>,
    bed: Bed<'a>,
}

impl<'a> Courses<'a> {
    fn new(roads: &'a [Road], streets: &'a [Option<Street>], bed: Bed<'a>) -> Self {
        let streets: HashMap<&str, Levelled<'_>> = roads
            .iter()
            .zip(streets)
            .filter_map(|(road, street)| Some((road.key.id.as_str(), (street.as_ref()?, level(&road.attributes)))))
            .collect();
        let mut segments: Vec<Segment> = streets
            .values()
            .flat_map(|(s, level)| s.course.windows(2).map(move |w| (w, *level)))
            .filter(|(w, _)| w[0].z != 0.0 || w[1].z != 0.0)
            .map(|(w, level)| {
                let line = Line::new([w[0].x, w[0].y], [w[1].x, w[1].y]);
                GeomWithData::new(line, ([w[0].z, w[1].z], level))
            })
            .collect();
        // A map's order is that of the day, and what is equally near would follow it.
        let place = |s: &Segment| (s.geom().from, s.geom().to, s.data);
        segments.sort_by(|a, b| place(a).partial_cmp(&place(b)).unwrap_or(std::cmp::Ordering::Equal));
        Self { streets, off_ground: RTree::bulk_load(segments), bed }
    }

    /// Metres above the ground of a road at a point of it. Joints are moved to make room for junctions, so that a road may be
    /// another's for its last metres: there that is asked, which runs on the same level.
    fn height(&self, street: Option<Levelled<'_>>, at: DVec2) -> f64 {
        let own = street.and_then(|(s, _)| height(&s.course, at, self.bed));
        own.or_else(|| self.of_others(street.map_or(0, |s| s.1), at)).unwrap_or(0.0)
    }

    fn of_others(&self, level: i8, at: DVec2) -> Option<f64> {
        let near = self.off_ground.nearest_neighbor_iter_with_distance_2(&at.to_array());
        let mut near = near.take_while(|(_, off)| *off < OFF_M * OFF_M);
        let (near, _) = near.find(|(s, _)| s.data.1 == level)?;
        let ([from, to], data) = ([near.geom().from, near.geom().to].map(DVec2::from), near.data.0);
        height(&[from.extend(data[0]), to.extend(data[1])], at, self.bed)
    }

    /// Whether an edge of a street is anywhere off the ground.
    fn leaves_ground(&self, street: Option<Levelled<'_>>, points: &[DVec2]) -> bool {
        street.is_some_and(|(s, _)| s.course.iter().any(|p| p.z != 0.0))
            || self.off_ground.size() > 0 && points.iter().any(|p| self.height(street, *p) != 0.0)
    }
}

impl Writer<'_> {
    /// Writes the network; gives the records of roads that are anywhere off the ground, with how high they are.
    pub(super) fn network(
        &mut self,
        streets: &[Option<Street>],
    ) -> Result<BTreeMap<EntityKey, RaisedLine>, TilerError> {
        let city = self.city;
        let courses = Courses::new(&city.roads, streets, self.ground.bed());
        let edges = city.network.edges.iter().map(|e| self.edge(e, &courses)).collect();
        self.json("network.json", &File { nodes: &city.network.nodes, edges })?;
        let records = city.records.collections.values().flatten().filter(|f| f.key.kind == EntityKind::Road);
        let raised = records.filter_map(|record| {
            let Geometry::LineString(line) = &record.geometry else { return None };
            let points: Vec<[f64; 2]> = line.iter().map(|p| [p.lon, p.lat]).collect();
            let (points, heights) = self.raised(&record.key.id, &points, &courses)?;
            let line = points.into_iter().map(|p| Place::new(p[0], p[1])).collect();
            Some((record.key.clone(), (line, heights)))
        });
        Ok(raised.collect())
    }

    fn edge<'e>(&self, edge: &'e Edge, courses: &Courses<'_>) -> FileEdge<'e> {
        let raised = self.raised(&edge.road, &edge.points, courses);
        let (points, heights) = raised.unwrap_or_else(|| (edge.points.clone(), Vec::new()));
        let Edge { a, b, class, width_m, oneway, .. } = *edge;
        FileEdge { a, b, road: &edge.road, class, width_m, oneway, points, heights }
    }

    /// The points of a line along a road with as many between them as its heights need, and the heights, metres above the
    /// ground; `None` where all of it is on the ground.
    fn raised(&self, road: &str, points: &[[f64; 2]], courses: &Courses<'_>) -> Option<(Vec<[f64; 2]>, Vec<f64>)> {
        let places: Vec<Place> = points.iter().map(|p| Place::new(p[0], p[1])).collect();
        let metres = self.line(&places);
        let street = courses.streets.get(road).copied();
        if !courses.leaves_ground(street, &metres) {
            return None;
        }
        // Heights count from the ground, whose own bends are in them.
        let station = self.ground.relief().map_or(STATION_M, |r| r.step().clamp(0.2 * STATION_M, STATION_M));
        let (points, heights) = stations((points, &metres), station, |at| courses.height(street, at));
        heights.iter().any(|h| *h != 0.0).then_some((points, heights))
    }
}

/// The points of an edge, in degrees and in metres, and as many between them as its heights need.
fn stations(
    (points, metres): (&[[f64; 2]], &[DVec2]),
    station: f64,
    height: impl Fn(DVec2) -> f64,
) -> (Vec<[f64; 2]>, Vec<f64>) {
    let (mut out, mut heights) = (Vec::new(), Vec::new());
    for (pair, ends) in points.windows(2).zip(metres.windows(2)) {
        let (a, b) = (ends[0], ends[1]);
        let steps = ((a.distance(b) / station).ceil() as usize).max(1);
        for k in usize::from(!out.is_empty())..=steps {
            let share = k as f64 / steps as f64;
            let degrees = |i: usize| pair[0][i] + (pair[1][i] - pair[0][i]) * share;
            out.push(if k == steps { pair[1] } else { [degrees(0), degrees(1)] });
            // Centimetres are enough, and make a short file.
            heights.push((height(a.lerp(b, share)) * 100.0).round() / 100.0);
        }
    }
    (out, heights)
}

/// Metres above the ground of the part of a course that is nearest to a point; `None` when none is near.
fn height(course: &[DVec3], at: DVec2, bed: Bed<'_>) -> Option<f64> {
    let near = course.windows(2).map(|pair| {
        let (from, to) = (pair[0].truncate(), pair[1].truncate());
        let share = ((at - from).dot(to - from) / (to - from).length_squared().max(1e-9)).clamp(0.0, 1.0);
        (at.distance(from.lerp(to, share)), bed.between(pair[0], pair[1], share).z)
    });
    near.min_by(|a, b| a.0.total_cmp(&b.0)).filter(|(off, _)| *off < OFF_M).map(|(_, z)| z)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Silent,
        city::{Attribute, City},
        streets::{Shores, streets},
        synth::{SynthOptions, make_city},
        tiling::{TilingOptions, write_city},
    };

    #[test]
    fn bridges_of_the_canal_have_heights_that_rise_and_fall_steadily() {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("city");
        let options = SynthOptions { buildings: 600, cases: 1, bikes: 1, components: 0, ..SynthOptions::default() };
        let city: City = make_city(&options);
        write_city(&city, &out, &TilingOptions::default(), &mut Silent).unwrap();
        let text = std::fs::read(out.join("network.json")).unwrap();
        let network: serde_json::Value = serde_json::from_slice(&text).unwrap();
        let edges = network["edges"].as_array().unwrap();
        assert_eq!(edges.len(), city.network.edges.len());
        let numbers =
            |v: &serde_json::Value| v.as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect::<Vec<_>>();
        let mut raised = 0;
        for (edge, given) in edges.iter().zip(&city.network.edges) {
            let points: Vec<Vec<f64>> = edge["points"].as_array().unwrap().iter().map(numbers).collect();
            assert_eq!((points[0][0], points[0][1]), (given.points[0][0], given.points[0][1]));
            let Some(heights) = edge.get("heights").map(numbers) else { continue };
            raised += 1;
            assert_eq!(heights.len(), points.len());
            assert!(heights.iter().all(|h| (0.0..3.0).contains(h)), "{heights:?}");
            // No more than 5 % over stations of ten metres, and centimetres are rounded.
            assert!(heights.windows(2).all(|w| (w[1] - w[0]).abs() < 0.53), "{heights:?}");
        }
        assert!(raised > 3 && raised < edges.len(), "{raised} of {}", edges.len());
        // The records of roads go over the bridges with them.
        let text = std::fs::read(out.join("records/roads.geojson")).unwrap();
        let records: serde_json::Value = serde_json::from_slice(&text).unwrap();
        let mut highest: f64 = 0.0;
        for (record, given) in records["features"].as_array().unwrap().iter().zip(&city.records.collections["roads"]) {
            assert_eq!(record["id"], given.key.id.as_str());
            let Geometry::LineString(line) = &given.geometry else { unreachable!("roads are lines") };
            let points = record["geometry"]["coordinates"].as_array().unwrap().len();
            let Some(heights) = record["properties"].get("heights_m").map(numbers) else {
                assert_eq!(points, line.len());
                continue;
            };
            assert!(heights.len() == points && points >= line.len(), "{record}");
            highest = heights.into_iter().fold(highest, f64::max);
        }
        assert!((1.0..3.0).contains(&highest), "{highest}");
    }

    #[test]
    fn a_road_takes_no_height_from_a_tunnel_below_it() {
        let road = |id: &str, tunnel: bool| Road {
            key: EntityKey::new(EntityKind::Road, id),
            name: String::new(),
            class: RoadClass::Primary,
            width_m: 14.0,
            points: Vec::new(),
            main: false,
            oneway: false,
            attributes: if tunnel { vec![("tunnel".into(), Attribute::Bool(true))] } else { Vec::new() },
        };
        // The first road is the second one's for its last metres, which a junction wants.
        let roads = [road("A", false), road("B", false), road("T", true)];
        let lines = [[(-200.0, 0.0), (0.0, 0.0)], [(0.0, 0.0), (10.0, 0.0)], [(-5.0, -200.0), (-5.0, 200.0)]];
        let lines = lines.map(|l| l.map(DVec2::from).to_vec());
        let built = streets(&roads, &lines, &Shores::new(std::iter::empty()), Bed::flat());
        let courses = Courses::new(&roads, &built, Bed::flat());
        let height = |id: &str, x: f64| courses.height(courses.streets.get(id).copied(), DVec2::new(x, 0.0));
        assert_eq!((height("A", -100.0), height("A", -5.0), height("B", 5.0)), (0.0, 0.0, 0.0));
        assert!(height("T", -5.0) < -5.9);
    }

    #[test]
    fn what_is_far_from_a_course_is_on_the_ground() {
        let course = [DVec3::new(0.0, 0.0, 0.0), DVec3::new(100.0, 0.0, 4.0)];
        assert_eq!(height(&course, DVec2::new(50.0, 1.0), Bed::flat()), Some(2.0));
        assert_eq!(height(&course, DVec2::new(50.0, 9.0), Bed::flat()), None);
        assert_eq!(height(&[], DVec2::ZERO, Bed::flat()), None);
    }
}
