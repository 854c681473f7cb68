//! The routable network: drivable ways, cut where they meet.

use super::{
    read::{Data, Way},
    tags::{self, Kind},
};
use crate::city::{Edge, Network, RoadClass};
use std::collections::HashMap;

/// The largest connected part of the drivable ways: a vehicle on any other could go nowhere.
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
    let mut build = Build::default();
    for (way, class) in ways {
        let mut from = 0;
        for i in 1..way.nodes.len() {
            if uses.get(&way.nodes[i]).is_some_and(|n| *n > 1) {
                build.edge(data, way, class, &way.nodes[from..=i]);
                from = i;
            }
        }
    }
    build.largest_part()
}

#[derive(Default)]
struct Build {
    network: Network,
    index: HashMap<i64, u32>,
}

impl Build {
    fn node(&mut self, id: i64, at: [f64; 2]) -> u32 {
        *self.index.entry(id).or_insert_with(|| {
            self.network.nodes.push(at);
            self.network.nodes.len() as u32 - 1
        })
    }

    /// Adds a piece of a way; one whose nodes the extract cut off is left out.
    fn edge(&mut self, data: &Data, way: &Way, class: RoadClass, nodes: &[i64]) {
        let places: Option<Vec<[f64; 2]>> = nodes.iter().map(|n| data.place(*n).map(|p| [p.lon, p.lat])).collect();
        let Some(mut points) = places.filter(|p| p.len() > 1) else { return };
        let (mut a, mut b) = (nodes[0], nodes[nodes.len() - 1]);
        let direction = tags::direction(&way.tags);
        if direction < 0 {
            points.reverse();
            (a, b) = (b, a);
        }
        if a == b && points.len() < 4 {
            return;
        }
        let (a, b) = (self.node(a, points[0]), self.node(b, points[points.len() - 1]));
        let width_m = tags::width_m(&way.tags, class) as f32;
        self.network.edges.push(Edge {
            a,
            b,
            road: format!("w{}", way.id),
            class,
            width_m,
            oneway: direction != 0,
            points,
        });
    }

    fn largest_part(self) -> Network {
        let Network { nodes, edges } = self.network;
        let mut parent: Vec<u32> = (0..nodes.len() as u32).collect();
        for e in &edges {
            let (a, b) = (root(&mut parent, e.a), root(&mut parent, e.b));
            parent[a as usize] = b;
        }
        let roots: Vec<u32> = (0..nodes.len() as u32).map(|n| root(&mut parent, n)).collect();
        let mut sizes: HashMap<u32, usize> = HashMap::new();
        roots.iter().for_each(|r| *sizes.entry(*r).or_default() += 1);
        let Some((&largest, _)) = sizes.iter().max_by_key(|(root, size)| (**size, **root)) else {
            return Network::default();
        };
        let mut new_index = vec![0; nodes.len()];
        let mut kept = Network::default();
        for (i, node) in nodes.into_iter().enumerate().filter(|(i, _)| roots[*i] == largest) {
            new_index[i] = kept.nodes.len() as u32;
            kept.nodes.push(node);
        }
        kept.edges = edges
            .into_iter()
            .filter(|e| roots[e.a as usize] == largest)
            .map(|e| Edge { a: new_index[e.a as usize], b: new_index[e.b as usize], ..e })
            .collect();
        kept
    }
}

/// The representative of a node's part, halving the path on the way.
fn root(parent: &mut [u32], mut n: u32) -> u32 {
    while parent[n as usize] != n {
        parent[n as usize] = parent[parent[n as usize] as usize];
        n = parent[n as usize];
    }
    n
}
