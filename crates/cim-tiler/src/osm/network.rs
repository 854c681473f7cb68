//! The routable network: drivable ways, cut where they meet.

use super::{
    read::{Data, Way},
    tags::{self, Kind},
};
use crate::{
    city::{Edge, Network, RoadClass},
    network::NetworkBuilder,
};
use std::collections::HashMap;

/// The largest connected part of the drivable ways.
pub(super) fn network(data: &Data) -> Network {
    let ways: Vec<(&Way, RoadClass)> = data
        .ways
        .iter()
        .filter_map(|w| match w.kind {
            Some(Kind::Road(class)) if tags::drivable(&w.tags, class) => Some((w, class)),
            _ => None,
        })
        .collect();
    let mut uses: HashMap<i64, u32> = HashMap::new();
    for (way, _) in &ways {
        for (i, node) in way.nodes.iter().enumerate() {
            // An end counts twice: it is a node of the network even where nothing joins.
            *uses.entry(*node).or_default() += if i == 0 || i + 1 == way.nodes.len() { 2 } else { 1 };
        }
    }
    let mut build = NetworkBuilder::new();
    for (way, class) in ways {
        let mut from = 0;
        for i in 1..way.nodes.len() {
            if uses.get(&way.nodes[i]).is_some_and(|n| *n > 1) {
                add(&mut build, data, way, class, &way.nodes[from..=i]);
                from = i;
            }
        }
    }
    build.largest_part()
}

/// Adds a piece of a way; one whose nodes the extract cut off is left out.
fn add(build: &mut NetworkBuilder<i64>, data: &Data, way: &Way, class: RoadClass, nodes: &[i64]) {
    let places: Option<Vec<[f64; 2]>> = nodes.iter().map(|n| data.place(*n).map(|p| [p.lon, p.lat])).collect();
    let Some(mut points) = places else { return };
    let (mut a, mut b) = (nodes[0], nodes[nodes.len() - 1]);
    let direction = tags::direction(&way.tags);
    if direction < 0 {
        points.reverse();
        (a, b) = (b, a);
    }
    let width_m = tags::width_m(&way.tags, class) as f32;
    let road = format!("w{}", way.id);
    build.edge(a, b, Edge { a: 0, b: 0, road, class, width_m, oneway: direction != 0, points });
}
