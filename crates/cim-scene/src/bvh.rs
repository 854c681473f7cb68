//! A bounding volume hierarchy over the triangles of one tile: what a ray hits first.

use crate::tree::{Node, build, enters, walk};
use glam::Vec3;
use serde::{Deserialize, Serialize};
use std::cell::Cell;

/// What a ray hit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RayHit {
    /// Multiples of the ray's direction from its origin.
    pub distance: f32,
    /// Feature of the triangle or point; `None` when it has none.
    pub feature: Option<u32>,
    /// The triangle or point, counted as it was given; `None` where such numbers are not kept.
    pub element: Option<u32>,
    /// Shares of the triangle's corners.
    pub weights: [f32; 3],
    /// The cloud whose point it is; `None` for a triangle.
    pub cloud: Option<usize>,
}

/// Triangles in the tile's own metres (relative to its anchor) in an order that rays find fast.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Bvh {
    #[serde(with = "tiles3d::transfer::pod")]
    positions: Vec<[f32; 3]>,
    #[serde(with = "tiles3d::transfer::pod")]
    indices: Vec<[u32; 3]>,
    #[serde(with = "tiles3d::transfer::pod")]
    features: Vec<u32>,
    /// The number that each triangle had when it was given; empty when nobody asks.
    #[serde(with = "tiles3d::transfer::pod")]
    numbers: Vec<u32>,
    #[serde(with = "tiles3d::transfer::pod")]
    nodes: Vec<Node>,
}

impl Bvh {
    /// Builds over a triangle list; `features` has one entry per vertex, `u32::MAX` for none.
    #[must_use]
    pub fn new(positions: Vec<[f32; 3]>, indices: Vec<u32>, features: Vec<u32>) -> Self {
        Self { numbers: Vec::new(), ..Self::numbered(positions, indices, features) }
    }

    /// As [`Self::new`]; hits say which triangle it was ([`RayHit::element`]), for four bytes more a triangle.
    #[must_use]
    pub fn numbered(positions: Vec<[f32; 3]>, indices: Vec<u32>, features: Vec<u32>) -> Self {
        let all: Vec<[u32; 3]> = indices.chunks_exact(3).map(|t| [t[0], t[1], t[2]]).collect();
        let bounds = |t: &[u32; 3]| {
            let [a, b, c] = t.map(|i| Vec3::from(positions[i as usize]));
            (a.min(b).min(c), a.max(b).max(c))
        };
        let (numbers, nodes) = build(&all.iter().map(bounds).collect::<Vec<_>>());
        let indices = numbers.iter().map(|t| all[*t as usize]).collect();
        Self { positions, indices, features, numbers, nodes }
    }

    /// The first hit of a ray within `limit` multiples of `direction`; both sides of a triangle count.
    #[must_use]
    pub fn cast(&self, origin: Vec3, direction: Vec3, limit: f32) -> Option<RayHit> {
        self.cast_where(origin, direction, limit, |_| true)
    }

    /// As [`Self::cast`], through triangles whose feature is not to be hit.
    #[must_use]
    pub fn cast_where(
        &self,
        origin: Vec3,
        direction: Vec3,
        limit: f32,
        counts: impl Fn(u32) -> bool,
    ) -> Option<RayHit> {
        let inverse = direction.recip();
        let mut best: Option<RayHit> = None;
        let nearest = Cell::new(limit);
        let inside = |node: &Node| enters(node, origin, inverse, 0.0, nearest.get());
        walk(&self.nodes, inside, |range| {
            for (i, t) in range.clone().zip(&self.indices[range]) {
                let corners = t.map(|i| Vec3::from(self.positions[i as usize]));
                let Some((distance, weights)) = meets(corners, origin, direction) else { continue };
                let feature = self.features.get(t[0] as usize).copied().filter(|f| *f != u32::MAX);
                if distance < nearest.get() && feature.is_none_or(&counts) {
                    nearest.set(distance);
                    best =
                        Some(RayHit { distance, feature, element: self.numbers.get(i).copied(), weights, cloud: None });
                }
            }
        });
        best
    }

    /// Memory that it takes, bytes.
    #[must_use]
    pub fn byte_size(&self) -> usize {
        size_of_val(&self.positions[..])
            + size_of_val(&self.indices[..])
            + size_of_val(&self.features[..])
            + size_of_val(&self.numbers[..])
            + size_of_val(&self.nodes[..])
    }

    /// Lowest and highest corner; `None` without triangles.
    #[must_use]
    pub fn bounds(&self) -> Option<(Vec3, Vec3)> {
        self.nodes.first().filter(|_| !self.indices.is_empty()).map(|n| (n.low.into(), n.high.into()))
    }

    /// Lowest and highest corner of one feature; `None` when it has no triangle here.
    #[must_use]
    pub fn feature_bounds(&self, feature: u32) -> Option<(Vec3, Vec3)> {
        let mut found = None;
        for (p, f) in self.positions.iter().zip(&self.features) {
            if *f == feature {
                let p = Vec3::from(*p);
                let (low, high) = found.get_or_insert((p, p));
                *low = low.min(p);
                *high = high.max(p);
            }
        }
        found
    }
}

/// Möller-Trumbore; distance along the ray, and the shares of the corners.
fn meets([a, b, c]: [Vec3; 3], origin: Vec3, direction: Vec3) -> Option<(f32, [f32; 3])> {
    let (ab, ac) = (b - a, c - a);
    let p = direction.cross(ac);
    let det = ab.dot(p);
    if det.abs() < 1e-12 {
        return None;
    }
    let s = (origin - a) / det;
    let u = s.dot(p);
    let q = s.cross(ab);
    let v = direction.dot(q);
    let t = ac.dot(q);
    (u >= 0.0 && v >= 0.0 && u + v <= 1.0 && t > 0.0).then_some((t, [1.0 - u - v, u, v]))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A field of `n` by `n` small upright triangles, feature = number.
    fn field(n: u32) -> Bvh {
        let (mut positions, mut features) = (Vec::new(), Vec::new());
        for i in 0..n * n {
            let (x, z) = ((i % n) as f32 * 10.0, (i / n) as f32 * 10.0);
            positions.extend([[x, 0.0, z], [x + 4.0, 0.0, z], [x + 2.0, 5.0, z]]);
            features.extend([i; 3]);
        }
        let indices = (0..positions.len() as u32).collect();
        Bvh::numbered(positions, indices, features)
    }

    #[test]
    fn finds_what_every_triangle_by_itself_would_give() {
        let bvh = field(20);
        for i in 0..400u32 {
            let target = Vec3::new((i % 20) as f32 * 10.0 + 2.0, 1.0, (i / 20) as f32 * 10.0);
            let origin = target + Vec3::new(0.3, 4.0, 6.0);
            let direction = target - origin;
            let mut best = (f32::MAX, None);
            for f in 0..400u32 {
                let (x, z) = ((f % 20) as f32 * 10.0, (f / 20) as f32 * 10.0);
                let corners = [Vec3::new(x, 0.0, z), Vec3::new(x + 4.0, 0.0, z), Vec3::new(x + 2.0, 5.0, z)];
                if let Some(t) = meets(corners, origin, direction).map(|m| m.0).filter(|t| *t < best.0) {
                    best = (t, Some(f));
                }
            }
            let hit = bvh.cast(origin, direction, 1e9).unwrap();
            assert_eq!((hit.distance, hit.feature), best);
            assert_eq!((hit.feature, hit.element), (Some(i), Some(i)));
            let [a, b, c] = hit.weights;
            let met = a * Vec3::ZERO + b * Vec3::X * 4.0 + c * Vec3::new(2.0, 5.0, 0.0);
            assert!((met - Vec3::new(2.0, 1.0, 0.0)).length() < 1e-3, "{met}");
        }
        assert_eq!(bvh.cast(Vec3::new(0.0, 50.0, 0.0), Vec3::Y, 1e9), None);
        // Through what does not count to what stands behind it.
        let (origin, ahead) = (Vec3::new(2.0, 1.0, -5.0), Vec3::Z);
        assert_eq!(bvh.cast(origin, ahead, 1e9).unwrap().feature, Some(0));
        assert_eq!(bvh.cast_where(origin, ahead, 1e9, |f| f > 20).unwrap().feature, Some(40));
    }

    #[test]
    fn nothing_is_hit_in_nothing() {
        let bvh = Bvh::new(Vec::new(), Vec::new(), Vec::new());
        assert_eq!(bvh.cast(Vec3::ZERO, Vec3::X, 1e9), None);
        assert_eq!(bvh.bounds(), None);
    }
}
