//! Flat normals for triangles that come without any.

use crate::content::{Normals, Primitive, direction, picked};
use glam::Vec3;

/// Without normals the client shall use flat ones (glTF 2.0, 3.7.2.1): each triangle gets vertices of its own.
pub(super) fn flat_normals(p: &mut Primitive) {
    let corners = std::mem::take(&mut p.indices);
    p.positions = picked(&p.positions, &corners);
    p.uvs = picked(&p.uvs, &corners);
    p.uvs1 = picked(&p.uvs1, &corners);
    p.colors.pick(&corners);
    p.feature_ids = picked(&p.feature_ids, &corners);
    p.feature_sets.iter_mut().for_each(|set| set.pick(&corners));
    p.properties.pick(&corners);
    if !p.outline.is_empty() {
        p.outline = outline(&p.outline, &corners);
    }
    let mut normals = Vec::with_capacity(p.positions.len());
    for triangle in p.positions.as_chunks().0 {
        let [a, b, c]: [Vec3; 3] = triangle.map(Vec3::from_array);
        normals.extend([direction((b - a).cross(c - a), Vec3::Z).to_array(); 3]);
    }
    p.normals = Normals::Float(normals);
    p.indices = (0..corners.len() as u32).collect();
}

/// The edges of an outline after vertex `i` became every corner that was it. Each edge is drawn once, on the first triangle
/// that has it; edges of no triangle go.
fn outline(edges: &[u32], corners: &[u32]) -> Vec<u32> {
    let key = |a: u32, b: u32| (a.min(b), a.max(b));
    let mut wanted: Vec<(u32, u32)> = edges.as_chunks().0.iter().map(|&[a, b]| key(a, b)).collect();
    wanted.sort_unstable();
    wanted.dedup();
    let mut drawn = vec![false; wanted.len()];
    let mut out = Vec::with_capacity(2 * wanted.len());
    for (t, &[a, b, c]) in corners.as_chunks().0.iter().enumerate() {
        let first = 3 * t as u32;
        for (k, l, edge) in [(0, 1, key(a, b)), (1, 2, key(b, c)), (2, 0, key(c, a))] {
            if let Ok(found) = wanted.binary_search(&edge)
                && let Some(drawn) = drawn.get_mut(found).filter(|drawn| !**drawn)
            {
                *drawn = true;
                out.extend([first + k, first + l]);
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn triangles_get_vertices_normals_and_outlines_of_their_own() {
        let mut p = Primitive {
            positions: vec![[0.0; 3], [2.0, 0.0, 0.0], [0.0, 2.0, 0.0], [0.0, 0.0, 2.0]],
            feature_ids: vec![10, 11, 12, 13],
            indices: vec![0, 1, 2, 0, 3, 1],
            outline: vec![1, 0, 2, 1, 3, 2],
            ..Default::default()
        };
        flat_normals(&mut p);
        assert_eq!(p.indices, [0, 1, 2, 3, 4, 5]);
        assert_eq!(p.feature_ids, [10, 11, 12, 10, 13, 11]);
        let [up, aside] = [[0.0, 0.0, 1.0], [0.0, 1.0, 0.0]];
        assert_eq!(p.normals, Normals::Float(vec![up, up, up, aside, aside, aside]));
        // The edge of both triangles once; the edge of none is gone.
        assert_eq!(p.outline, [0, 1, 1, 2]);
        assert!(p.uvs.is_empty());
    }

    #[test]
    fn triangles_without_area_look_up() {
        let mut p = Primitive { positions: vec![[1.0; 3]], indices: vec![0, 0, 0], ..Default::default() };
        flat_normals(&mut p);
        assert_eq!(p.normals, Normals::Float(vec![[0.0, 0.0, 1.0]; 3]));
    }
}
