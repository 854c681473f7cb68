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
