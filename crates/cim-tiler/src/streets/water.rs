//! Where lines cross water.

use super::levels::meets;
use glam::DVec2;
use rstar::{
    AABB, RTree,
    primitives::{GeomWithData, Line},
};

/// The shores of all waters.
#[derive(Debug)]
pub(crate) struct Shores {
    tree: RTree<GeomWithData<Line<[f64; 2]>, ()>>,
    east: f64,
}

impl Shores {
    /// From rings in site metres, islands among them.
    pub(crate) fn new<'r>(rings: impl Iterator<Item = &'r [DVec2]>) -> Self {
        let mut segments = Vec::new();
        for ring in rings.filter(|r| r.len() > 2 && r.iter().all(|p| p.is_finite())) {
            for (i, a) in ring.iter().enumerate() {
                let b = ring[(i + 1) % ring.len()];
                segments.push(GeomWithData::new(Line::new(a.to_array(), b.to_array()), ()));
            }
        }
        let east = segments.iter().map(|s| s.geom().from[0]).fold(0.0, f64::max) + 1.0;
        Self { tree: RTree::bulk_load(segments), east }
    }

    /// Whether a point is in the water, by the even-odd rule.
    fn holds(&self, p: DVec2) -> bool {
        let ray = AABB::from_corners(p.to_array(), [self.east.max(p.x), p.y]);
        let crossed = self.tree.locate_in_envelope_intersecting(&ray).filter(|s| {
            let (a, b) = (s.geom().from, s.geom().to);
            (a[1] > p.y) != (b[1] > p.y) && p.x < (b[0] - a[0]) * (p.y - a[1]) / (b[1] - a[1]) + a[0]
        });
        crossed.count() % 2 == 1
    }

    /// The stretches of a line that lie over water: from and to, metres along it.
    pub(crate) fn crossings(&self, line: &[DVec2]) -> Vec<(f64, f64)> {
        if self.tree.size() == 0 || line.len() < 2 {
            return Vec::new();
        }
        let (mut shores, mut at) = (Vec::new(), 0.0);
        for pair in line.windows(2) {
            let (a, b) = (pair[0], pair[1]);
            let around = AABB::from_corners(a.min(b).to_array(), a.max(b).to_array());
            for shore in self.tree.locate_in_envelope_intersecting(&around) {
                let (c, d) = (DVec2::from(shore.geom().from), DVec2::from(shore.geom().to));
                shores.extend(meets(a, b, c, d).map(|t| at + t * a.distance(b)));
            }
            at += a.distance(b);
        }
        shores.sort_by(f64::total_cmp);
        let mut wet = self.holds(line[0]);
        let (mut out, mut from) = (Vec::new(), 0.0);
        for shore in shores.into_iter().chain([at]) {
            // A line along a shore is in and out of the water by inches.
            if wet && shore - from > 1.0 {
                out.push((from, shore));
            }
            (wet, from) = (!wet, shore);
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_crosses_a_river_and_its_island() {
        let square = |low: f64, high: f64| [(low, low), (high, low), (high, high), (low, high)].map(DVec2::from);
        let (lake, island) = (square(0.0, 100.0), square(40.0, 60.0));
        let shores = Shores::new([&lake[..], &island[..]].into_iter());
        let across = [DVec2::new(-50.0, 50.0), DVec2::new(30.0, 50.0), DVec2::new(150.0, 50.0)];
        assert_eq!(shores.crossings(&across), [(50.0, 90.0), (110.0, 150.0)]);
        assert_eq!(shores.crossings(&[DVec2::new(10.0, 10.0), DVec2::new(20.0, 10.0)]), [(0.0, 10.0)]);
        assert!(shores.crossings(&[DVec2::new(-50.0, -1.0), DVec2::new(150.0, -1.0)]).is_empty());
        assert!(Shores::new(std::iter::empty()).crossings(&across).is_empty());
    }
}
