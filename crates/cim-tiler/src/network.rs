//! Putting a network of roads together: nodes by what tells them apart, edges between them.

use crate::city::{Edge, Network};
use std::{collections::HashMap, hash::Hash};

/// A network while it is put together; `K` tells one node from another.
pub(crate) struct NetworkBuilder<K> {
    network: Network,
    index: HashMap<K, u32>,
}

impl<K: Eq + Hash> NetworkBuilder<K> {
    pub(crate) fn new() -> Self {
        Self { network: Network::default(), index: HashMap::new() }
    }

    /// Adds a piece of road from node `a` to node `b`; the indices in `edge` are set here. A loop of fewer than four
    /// points, or a piece of one point, is none.
    pub(crate) fn edge(&mut self, a: K, b: K, mut edge: Edge) {
        let (Some(first), Some(last)) = (edge.points.first().copied(), edge.points.last().copied()) else { return };
        if edge.points.len() < 2 || (a == b && edge.points.len() < 4) {
            return;
        }
        edge.a = self.node(a, first);
        edge.b = self.node(b, last);
        self.network.edges.push(edge);
    }

    fn node(&mut self, key: K, at: [f64; 2]) -> u32 {
        *self.index.entry(key).or_insert_with(|| {
            self.network.nodes.push(at);
            self.network.nodes.len() as u32 - 1
        })
    }

    /// The largest connected part: a vehicle on any other could go nowhere.
    pub(crate) fn largest_part(self) -> Network {
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
