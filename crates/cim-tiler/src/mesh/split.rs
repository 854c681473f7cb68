//! Splitting triangles until their edges are as short as somebody wants them.

use std::collections::HashMap;
use tiles3d::write::WritePrimitive;

/// An edge by its vertices, the smaller number first.
type Edge = (u32, u32);

fn edge(a: u32, b: u32) -> Edge {
    (a.min(b), a.max(b))
}

/// Halves the edges of which `wanted` says so until there are none, by the positions of their ends. Triangles that share
/// vertices fit afterwards.
///
/// A triangle with such an edge is halved at its longest edge first (Rivara, 1984), and so is its neighbour there: every
/// round makes the longest edges shorter, whatever the shape of the triangles.
pub(crate) fn split(part: &mut WritePrimitive, wanted: impl Fn(&[f32; 3], &[f32; 3]) -> bool) {
    let mut triangles: Vec<[u32; 3]> =
        std::mem::take(&mut part.indices).chunks_exact(3).map(|t| [t[0], t[1], t[2]]).collect();
    let mut known: HashMap<Edge, bool> = HashMap::new();
    loop {
        let mut marked: HashMap<Edge, Option<u32>> = HashMap::new();
        for [a, b, c] in &triangles {
            for e in [edge(*a, *b), edge(*b, *c), edge(*c, *a)] {
                let at = |k: u32| &part.positions[k as usize];
                if *known.entry(e).or_insert_with(|| wanted(at(e.0), at(e.1))) {
                    marked.insert(e, None);
                }
            }
        }
        if marked.is_empty() {
            break;
        }
        let mut more = true;
        while more {
            more = false;
            for t in &triangles {
                let [e, f, g] = from_longest(part, *t).edges();
                let any = marked.contains_key(&f) || marked.contains_key(&g);
                more |= any && marked.insert(e, None).is_none();
            }
        }
        let mut next = Vec::with_capacity(2 * triangles.len());
        for t in triangles {
            halves(part, from_longest(part, t), &mut marked, &mut next);
        }
        triangles = next;
    }
    part.indices = triangles.into_iter().flatten().collect();
}

/// A triangle that begins with its longest edge.
#[derive(Clone, Copy)]
struct Turned([u32; 3]);

impl Turned {
    fn edges(self) -> [Edge; 3] {
        let [a, b, c] = self.0;
        [edge(a, b), edge(b, c), edge(c, a)]
    }
}

fn from_longest(part: &WritePrimitive, t: [u32; 3]) -> Turned {
    let length = |k: usize| {
        let (a, b) = (part.positions[t[k] as usize], part.positions[t[(k + 1) % 3] as usize]);
        (b[0] - a[0]).powi(2) + (b[1] - a[1]).powi(2)
    };
    // Of edges of one length the same one from both sides, so that neighbours do not pass a mark around for ever.
    let longer = |a: &usize, b: &usize| {
        length(*a).total_cmp(&length(*b)).then_with(|| edge(t[*a], t[(a + 1) % 3]).cmp(&edge(t[*b], t[(b + 1) % 3])))
    };
    let k = (0..3).max_by(longer).unwrap_or(0);
    Turned([t[k], t[(k + 1) % 3], t[(k + 2) % 3]])
}

/// The parts of a triangle whose marked edges are halved; one that has any has its longest.
fn halves(part: &mut WritePrimitive, whole: Turned, marked: &mut HashMap<Edge, Option<u32>>, out: &mut Vec<[u32; 3]>) {
    let [a, b, c] = whole.0;
    let mut middle = |part: &mut WritePrimitive, a: u32, b: u32| {
        let known = marked.get_mut(&edge(a, b))?;
        Some(*known.get_or_insert_with(|| halve(part, a, b)))
    };
    let Some(m) = middle(part, a, b) else {
        out.push(whole.0);
        return;
    };
    for [p, q, r] in [[b, c, m], [c, a, m]] {
        match middle(part, p, q) {
            Some(n) => out.extend([[p, n, r], [n, q, r]]),
            None => out.push([p, q, r]),
        }
    }
}

/// A new vertex in the middle of an edge.
fn halve(part: &mut WritePrimitive, a: u32, b: u32) -> u32 {
    let middle = part.positions.len() as u32;
    let (a, b) = (a as usize, b as usize);
    let (p, q) = (part.positions[a], part.positions[b]);
    part.positions.push([0, 1, 2].map(|k| 0.5 * (p[k] + q[k])));
    let (n, o) = (part.normals[a], part.normals[b]);
    let normal = glam::Vec3::from_array([0, 1, 2].map(|k| n[k] + o[k])).normalize_or(glam::Vec3::from_array(n));
    part.normals.push(normal.to_array());
    if let Some(color) = part.colors.get(a).copied() {
        part.colors.push(color);
    }
    if let Some((u, v)) = part.uvs.get(a).copied().zip(part.uvs.get(b).copied()) {
        part.uvs.push([0, 1].map(|k| 0.5 * (u[k] + v[k])));
    }
    if let Some(feature) = part.feature_ids.get(a).copied() {
        part.feature_ids.push(feature);
    }
    middle
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mesh::Surface;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_triangle_ends_up_small_even_without_an_area(
            corners in proptest::collection::vec((-50.0..50.0f32, -50.0..50.0f32), 4..12), line in any::<bool>(),
        ) {
            let mut part = Surface::Green.primitive();
            for (x, y) in &corners {
                part.positions.push(if line { [*x, 2.0 * *x, 0.0] } else { [*x, *y, 0.0] });
            }
            part.normals = vec![[0.0, 0.0, 1.0]; corners.len()];
            part.indices = (1..corners.len() as u32 - 1).flat_map(|k| [0, k, k + 1]).collect();
            let length = |a: &[f32; 3], b: &[f32; 3]| (b[0] - a[0]).hypot(b[1] - a[1]);
            let area = |p: &WritePrimitive| -> f32 {
                let at = |k: u32| glam::Vec2::from_slice(&p.positions[k as usize]);
                p.indices.chunks_exact(3).map(|t| (at(t[1]) - at(t[0])).perp_dot(at(t[2]) - at(t[0]))).sum()
            };
            let before = area(&part);
            split(&mut part, |a, b| length(a, b) > 11.0);
            prop_assert!((area(&part) - before).abs() < 0.1);
            for t in part.indices.chunks_exact(3) {
                for k in 0..3 {
                    prop_assert!(length(&part.positions[t[k] as usize], &part.positions[t[(k + 1) % 3] as usize]) <= 11.0);
                }
            }
        }
    }
}
