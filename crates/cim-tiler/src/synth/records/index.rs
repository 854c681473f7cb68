//! Looking things up by place: buckets of the plane.

use crate::{
    ring::inside,
    synth::squares::{Rings, Squares},
};
use std::collections::HashMap;

type Bucket = (i32, i32);

fn bucket(p: [f64; 2], edge: f64) -> Bucket {
    ((p[0] / edge).floor() as i32, (p[1] / edge).floor() as i32)
}

/// Buckets that a box touches.
fn buckets(low: [f64; 2], high: [f64; 2], edge: f64) -> impl Iterator<Item = Bucket> {
    let (a, b) = (bucket(low, edge), bucket(high, edge));
    (a.0..=b.0).flat_map(move |i| (a.1..=b.1).map(move |j| (i, j)))
}

fn extent(points: &[[f64; 2]]) -> ([f64; 2], [f64; 2]) {
    points.iter().fold(([f64::MAX; 2], [f64::MIN; 2]), |(low, high), p| {
        ([low[0].min(p[0]), low[1].min(p[1])], [high[0].max(p[0]), high[1].max(p[1])])
    })
}

/// Polygons without holes.
#[derive(Debug)]
pub(super) struct PolygonIndex {
    pub(super) rings: Rings,
    buckets: Squares<u32>,
}

impl PolygonIndex {
    const EDGE: f64 = 60.0;

    pub(super) fn new(rings: Rings) -> Self {
        let buckets = Squares::new(|put| {
            for (i, ring) in rings.iter().enumerate() {
                let (low, high) = extent(ring);
                buckets(low, high, Self::EDGE).for_each(|b| put(b, i as u32));
            }
        });
        Self { rings, buckets }
    }

    /// The first polygon that holds a point.
    pub(super) fn at(&self, p: [f64; 2]) -> Option<usize> {
        let near = self.buckets.get(bucket(p, Self::EDGE));
        near.iter().map(|i| *i as usize).find(|i| inside(&self.rings[*i], p))
    }

    pub(super) fn centre(&self, i: usize) -> [f64; 2] {
        let ring = &self.rings[i];
        let n = ring.len().max(1) as f64;
        ring.iter().fold([0.0; 2], |c, p| [c[0] + p[0] / n, c[1] + p[1] / n])
    }
}

/// Lines, looked up by the nearest of their segments.
#[derive(Debug)]
pub(super) struct SegmentIndex {
    pub(super) lines: Vec<Vec<[f64; 2]>>,
    buckets: HashMap<Bucket, Vec<(u32, u32)>>,
}

/// The nearest line to a point.
#[derive(Debug, Clone, Copy)]
pub(super) struct Nearest {
    pub(super) line: usize,
    pub(super) distance: f64,
    /// The nearest point of the line.
    pub(super) foot: [f64; 2],
}

impl SegmentIndex {
    const EDGE: f64 = 120.0;

    pub(super) fn new(lines: Vec<Vec<[f64; 2]>>) -> Self {
        let mut map: HashMap<Bucket, Vec<(u32, u32)>> = HashMap::new();
        for (i, line) in lines.iter().enumerate() {
            for (k, pair) in line.windows(2).enumerate() {
                let (low, high) = extent(pair);
                for b in buckets(low, high, Self::EDGE) {
                    map.entry(b).or_default().push((i as u32, k as u32));
                }
            }
        }
        Self { lines, buckets: map }
    }

    /// The nearest line within `reach` metres that `wanted` accepts.
    pub(super) fn nearest(&self, p: [f64; 2], reach: f64, wanted: impl Fn(usize) -> bool) -> Option<Nearest> {
        let mut best: Option<Nearest> = None;
        for b in buckets([p[0] - reach, p[1] - reach], [p[0] + reach, p[1] + reach], Self::EDGE) {
            for &(line, k) in self.buckets.get(&b).map_or(&[][..], Vec::as_slice) {
                let line = line as usize;
                if !wanted(line) {
                    continue;
                }
                let foot = foot(self.lines[line][k as usize], self.lines[line][k as usize + 1], p);
                let distance = (p[0] - foot[0]).hypot(p[1] - foot[1]);
                if distance <= reach && best.is_none_or(|n| distance < n.distance) {
                    best = Some(Nearest { line, distance, foot });
                }
            }
        }
        best
    }
}

fn foot(a: [f64; 2], b: [f64; 2], p: [f64; 2]) -> [f64; 2] {
    let d = [b[0] - a[0], b[1] - a[1]];
    let length2 = (d[0] * d[0] + d[1] * d[1]).max(1e-9);
    let t = (((p[0] - a[0]) * d[0] + (p[1] - a[1]) * d[1]) / length2).clamp(0.0, 1.0);
    [a[0] + t * d[0], a[1] + t * d[1]]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_holds_a_point_and_what_is_nearest_are_found() {
        let square = |x: f64| vec![[x, 0.0], [x + 100.0, 0.0], [x + 100.0, 100.0], [x, 100.0]];
        let polygons = PolygonIndex::new([square(-50.0), square(200.0)].iter().collect());
        assert_eq!([[0.0, 50.0], [299.0, 1.0], [150.0, 50.0]].map(|p| polygons.at(p)), [Some(0), Some(1), None]);
        let lines = SegmentIndex::new(vec![vec![[0.0, 0.0], [1000.0, 0.0]], vec![[0.0, 90.0], [1000.0, 90.0]]]);
        let found = lines.nearest([500.0, 60.0], 100.0, |_| true).unwrap();
        assert_eq!((found.line, found.foot), (1, [500.0, 90.0]));
        assert_eq!(lines.nearest([500.0, 60.0], 100.0, |i| i == 0).unwrap().distance, 60.0);
        assert!(lines.nearest([500.0, 400.0], 100.0, |_| true).is_none());
    }
}
