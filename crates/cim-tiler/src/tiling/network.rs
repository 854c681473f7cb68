//! `network.json`: what vehicles drive on, with the heights of bridges and ramps.

use super::Writer;
use crate::{
    TilerError,
    city::{Edge, RoadClass},
    streets::Street,
};
use cim_model::Place;
use glam::{DVec2, DVec3};
use serde::Serialize;
use std::collections::HashMap;

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
    /// Metres above the ground, one for each point; none for an edge on the ground.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    heights: Vec<f32>,
}

impl Writer<'_> {
    /// Writes the network.
    pub(super) fn network(&mut self, streets: &[Option<Street>]) -> Result<(), TilerError> {
        let city = self.city;
        let raised: HashMap<&str, &Street> = city
            .roads
            .iter()
            .zip(streets)
            .filter_map(|(road, street)| Some((road.key.id.as_str(), street.as_ref()?)))
            .filter(|(_, street)| street.course.iter().any(|p| p.z > 0.0))
            .collect();
        let edges = city.network.edges.iter().map(|e| self.edge(e, raised.get(e.road.as_str()).copied())).collect();
        self.json("network.json", &File { nodes: &city.network.nodes, edges })
    }

    fn edge<'e>(&self, edge: &'e Edge, street: Option<&Street>) -> FileEdge<'e> {
        let (mut points, mut heights) = (edge.points.clone(), Vec::new());
        if let Some(street) = street {
            (points, heights) = self.stations(&edge.points, street);
            if heights.iter().all(|h| *h == 0.0) {
                (points, heights) = (edge.points.clone(), Vec::new());
            }
        }
        let Edge { a, b, class, width_m, oneway, .. } = *edge;
        FileEdge { a, b, road: &edge.road, class, width_m, oneway, points, heights }
    }

    /// The points of an edge and as many between them as its heights need.
    fn stations(&self, points: &[[f64; 2]], street: &Street) -> (Vec<[f64; 2]>, Vec<f32>) {
        let places: Vec<Place> = points.iter().map(|p| Place::new(p[0], p[1])).collect();
        let metres = self.line(&places);
        let (mut out, mut heights) = (Vec::new(), Vec::new());
        for (pair, ends) in points.windows(2).zip(metres.windows(2)) {
            let (a, b) = (ends[0], ends[1]);
            let steps = ((a.distance(b) / STATION_M).ceil() as usize).max(1);
            for k in usize::from(!out.is_empty())..=steps {
                let share = k as f64 / steps as f64;
                let degrees = |i: usize| pair[0][i] + (pair[1][i] - pair[0][i]) * share;
                out.push(if k == steps { pair[1] } else { [degrees(0), degrees(1)] });
                heights.push(height(&street.course, a.lerp(b, share)));
            }
        }
        (out, heights)
    }
}

/// Metres above the ground of the part of a course that is nearest to a point; 0 when none is near.
fn height(course: &[DVec3], at: DVec2) -> f32 {
    let near = course.windows(2).map(|pair| {
        let (from, to) = (pair[0].truncate(), pair[1].truncate());
        let share = ((at - from).dot(to - from) / (to - from).length_squared().max(1e-9)).clamp(0.0, 1.0);
        (at.distance(from.lerp(to, share)), pair[0].z + (pair[1].z - pair[0].z) * share)
    });
    let nearest = near.min_by(|a, b| a.0.total_cmp(&b.0)).filter(|(off, _)| *off < OFF_M);
    // Centimetres are enough, and make a short file.
    nearest.map_or(0.0, |(_, z)| ((z * 100.0).round() / 100.0) as f32)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Silent,
        city::City,
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
    }

    #[test]
    fn what_is_far_from_a_course_is_on_the_ground() {
        let course = [DVec3::new(0.0, 0.0, 0.0), DVec3::new(100.0, 0.0, 4.0)];
        assert_eq!(height(&course, DVec2::new(50.0, 1.0)), 2.0);
        assert_eq!(height(&course, DVec2::new(50.0, 9.0)), 0.0);
        assert_eq!(height(&[], DVec2::ZERO), 0.0);
    }
}
