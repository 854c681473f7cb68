//! A bounding volume hierarchy over the triangles of one tile: what a ray hits first.

use bytemuck::{Pod, Zeroable};
use glam::Vec3;
use serde::{Deserialize, Serialize};

/// Triangles of a leaf at most.
const LEAF: usize = 8;

#[derive(Debug, Clone, Copy, Pod, Zeroable)]
#[repr(C)]
struct Node {
    low: [f32; 3],
    high: [f32; 3],
    /// First triangle of a leaf, or the right child of an inner node (the left one comes next).
    at: u32,
    /// Triangles of a leaf; 0 for an inner node.
    count: u32,
}

/// What a ray hit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RayHit {
    /// Multiples of the ray's direction from its origin.
    pub distance: f32,
    /// Feature of the triangle; `None` when it has none.
    pub feature: Option<u32>,
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
    #[serde(with = "tiles3d::transfer::pod")]
    nodes: Vec<Node>,
}

impl Bvh {
    /// Builds over a triangle list; `features` has one entry per vertex, `u32::MAX` for none.
    #[must_use]
    pub fn new(positions: Vec<[f32; 3]>, indices: Vec<u32>, features: Vec<u32>) -> Self {
        let all: Vec<[u32; 3]> = indices.chunks_exact(3).map(|t| [t[0], t[1], t[2]]).collect();
        let at = |t: &[u32; 3]| t.map(|i| Vec3::from(positions[i as usize]));
        let mut order: Vec<(u32, Vec3)> =
            (0..all.len() as u32).map(|i| (i, at(&all[i as usize]).iter().sum::<Vec3>() / 3.0)).collect();
        let mut nodes = Vec::with_capacity(order.len() / 2 + 1);
        let mut stack = vec![(0usize, order.len(), None::<usize>)];
        while let Some((from, to, parent)) = stack.pop() {
            let mut low = Vec3::INFINITY;
            let mut high = Vec3::NEG_INFINITY;
            for (t, _) in &order[from..to] {
                for p in at(&all[*t as usize]) {
                    low = low.min(p);
                    high = high.max(p);
                }
            }
            let node = nodes.len();
            if let Some(parent) = parent {
                let parent: &mut Node = &mut nodes[parent];
                parent.at = node as u32;
            }
            if to - from <= LEAF {
                nodes.push(Node { low: low.into(), high: high.into(), at: from as u32, count: (to - from) as u32 });
                continue;
            }
            let size = high - low;
            let axis = if size.x >= size.y && size.x >= size.z { 0 } else { usize::from(size.z > size.y) + 1 };
            let middle = (to - from) / 2;
            order[from..to].select_nth_unstable_by(middle, |a, b| a.1[axis].total_cmp(&b.1[axis]));
            nodes.push(Node { low: low.into(), high: high.into(), at: 0, count: 0 });
            // The left half is popped first and so lands right behind its parent.
            stack.push((from + middle, to, Some(node)));
            stack.push((from, from + middle, None));
        }
        let indices = order.iter().map(|(t, _)| all[*t as usize]).collect();
        Self { positions, indices, features, nodes }
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
        let mut nearest = limit;
        let mut stack = vec![0u32];
        while let Some(index) = stack.pop() {
            let Some(node) = self.nodes.get(index as usize) else { continue };
            if node.count == 0 && node.at == 0 || !enters(node, origin, inverse, nearest) {
                continue;
            }
            if node.count == 0 {
                stack.push(node.at);
                stack.push(index + 1);
                continue;
            }
            for t in &self.indices[node.at as usize..(node.at + node.count) as usize] {
                let corners = t.map(|i| Vec3::from(self.positions[i as usize]));
                if let Some(distance) = meets(corners, origin, direction).filter(|d| *d < nearest) {
                    let feature = self.features.get(t[0] as usize).copied().filter(|f| *f != u32::MAX);
                    if feature.is_some_and(|f| !counts(f)) {
                        continue;
                    }
                    nearest = distance;
                    best = Some(RayHit { distance, feature });
                }
            }
        }
        best
    }

    /// Memory that it takes, bytes.
    #[must_use]
    pub fn byte_size(&self) -> usize {
        size_of_val(&self.positions[..])
            + size_of_val(&self.indices[..])
            + size_of_val(&self.features[..])
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

/// Slab test.
fn enters(node: &Node, origin: Vec3, inverse: Vec3, limit: f32) -> bool {
    let (a, b) = ((Vec3::from(node.low) - origin) * inverse, (Vec3::from(node.high) - origin) * inverse);
    let (near, far) = (a.min(b).max_element().max(0.0), a.max(b).min_element().min(limit));
    near <= far
}

/// Möller-Trumbore; distance along the ray.
fn meets([a, b, c]: [Vec3; 3], origin: Vec3, direction: Vec3) -> Option<f32> {
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
    (u >= 0.0 && v >= 0.0 && u + v <= 1.0 && t > 0.0).then_some(t)
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
        Bvh::new(positions, indices, features)
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
                if let Some(t) = meets(corners, origin, direction).filter(|t| *t < best.0) {
                    best = (t, Some(f));
                }
            }
            let hit = bvh.cast(origin, direction, 1e9).unwrap();
            assert_eq!((hit.distance, hit.feature), best);
            assert_eq!(hit.feature, Some(i));
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
