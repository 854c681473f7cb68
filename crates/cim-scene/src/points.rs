//! What rays meet of a point cloud.

use crate::{
    RayHit,
    tree::{Node, build, enters, walk},
};
use glam::Vec3;
use serde::{Deserialize, Serialize};
use std::cell::Cell;

/// Shares of the picture's height that a point is at least wide to a ray, half of it: the smallest points that are drawn
/// are hit by who points at them. 2.5 pixels of 1,000 at the camera's opening angle of 45 degrees.
const LEAST_RAD: f32 = 0.001;

/// The points of one cloud in the tile's own metres (relative to its anchor), each a disc that faces who looks.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct PointTree {
    radius_m: f32,
    #[serde(with = "tiles3d::transfer::pod")]
    positions: Vec<[f32; 3]>,
    /// `u32::MAX` for none.
    #[serde(with = "tiles3d::transfer::pod")]
    features: Vec<u32>,
    /// The number that each point had when it was given; empty when nobody asks.
    #[serde(with = "tiles3d::transfer::pod")]
    numbers: Vec<u32>,
    #[serde(with = "tiles3d::transfer::pod")]
    nodes: Vec<Node>,
}

impl PointTree {
    /// `points` are place and feature; `numbered`: hits say which point it was.
    pub(crate) fn new(points: &[([f32; 3], u32)], radius_m: f32, numbered: bool) -> Self {
        let place = |(at, _): &([f32; 3], u32)| (Vec3::from(*at), Vec3::from(*at));
        let (order, nodes) = build(&points.iter().map(place).collect::<Vec<_>>());
        let each = || order.iter().map(|i| points[*i as usize]);
        let features = if points.iter().any(|p| p.1 != u32::MAX) { each().map(|p| p.1).collect() } else { Vec::new() };
        let numbers = if numbered { order.clone() } else { Vec::new() };
        Self { radius_m, positions: each().map(|p| p.0).collect(), features, numbers, nodes }
    }

    /// The first point that a ray hits, through those whose feature does not count; `direction` has length 1.
    pub(crate) fn cast_where(
        &self,
        origin: Vec3,
        direction: Vec3,
        limit: f32,
        counts: impl Fn(u32) -> bool,
    ) -> Option<RayHit> {
        let inverse = direction.recip();
        let mut best: Option<RayHit> = None;
        let nearest = Cell::new(limit);
        let radius = |away: f32| self.radius_m.max(away * LEAST_RAD);
        let inside = |node: &Node| {
            let far = (Vec3::from(node.low) - origin).abs().max((Vec3::from(node.high) - origin).abs()).length();
            enters(node, origin, inverse, radius(far), nearest.get())
        };
        walk(&self.nodes, inside, |range| {
            for i in range {
                let Some(away) = self.positions.get(i).map(|p| Vec3::from(*p) - origin) else { continue };
                let distance = away.dot(direction);
                let aside = (away - direction * distance).length();
                let feature = self.features.get(i).copied().filter(|f| *f != u32::MAX);
                let hit = distance > 0.0 && distance < nearest.get() && aside <= radius(distance);
                if hit && feature.is_none_or(&counts) {
                    nearest.set(distance);
                    let element = self.numbers.get(i).copied();
                    best = Some(RayHit { distance, feature, element, weights: [1.0, 0.0, 0.0], cloud: None });
                }
            }
        });
        best
    }

    /// Lowest and highest corner of one feature; `None` when it has no point here.
    pub(crate) fn feature_bounds(&self, feature: u32) -> Option<(Vec3, Vec3)> {
        let own = self.positions.iter().zip(&self.features).filter(|(_, f)| **f == feature);
        own.map(|(p, _)| (Vec3::from(*p), Vec3::from(*p))).reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)))
    }

    /// Memory that it takes, bytes.
    pub(crate) fn byte_size(&self) -> usize {
        size_of_val(&self.positions[..])
            + size_of_val(&self.features[..])
            + size_of_val(&self.numbers[..])
            + size_of_val(&self.nodes[..])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn finds_what_every_point_by_itself_would_give(
            points in proptest::collection::vec((proptest::array::uniform3(-20.0f32..20.0), 0u32..4), 0..200),
            from in proptest::array::uniform3(-50.0f32..50.0),
            to in proptest::array::uniform3(-10.0f32..10.0),
        ) {
            let tree = PointTree::new(&points, 0.8, true);
            let origin = Vec3::from(from);
            let Some(direction) = (Vec3::from(to) - origin).try_normalize() else { return Ok(()) };
            let one = |p: &([f32; 3], u32)| {
                let away = Vec3::from(p.0) - origin;
                let distance = away.dot(direction);
                let aside = (away - direction * distance).length();
                (p.1 != 3 && distance > 0.0 && aside <= 0.8).then_some(distance)
            };
            let best = points.iter().enumerate().filter_map(|(i, p)| Some((one(p)?, i))).min_by(|a, b| a.0.total_cmp(&b.0));
            let hit = tree.cast_where(origin, direction, 1e9, |f| f != 3);
            prop_assert_eq!(hit.map(|h| h.distance), best.map(|b| b.0));
            if let Some(hit) = hit {
                let number = hit.element.unwrap() as usize;
                prop_assert_eq!(hit.feature, Some(points[number].1));
                prop_assert_eq!(one(&points[number]), Some(hit.distance));
            }
        }
    }

    #[test]
    fn far_points_are_as_wide_as_they_are_drawn() {
        let tree = PointTree::new(&[([0.0, 0.0, -1000.0], u32::MAX)], 0.1, false);
        let towards = |x: f32| Vec3::new(x, 0.0, -1000.0).normalize();
        let hit = tree.cast_where(Vec3::ZERO, towards(0.8), 1e9, |_| true).unwrap();
        assert_eq!((hit.feature, hit.element), (None, None));
        assert!(tree.cast_where(Vec3::ZERO, towards(1.5), 1e9, |_| true).is_none());
    }
}
