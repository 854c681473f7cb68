//! Where the ground is open: over cuttings that lead to tunnels. What lies there is taken out of the ground's meshes, and
//! nothing stands there.

use crate::streets::Street;
use geo::{BooleanOps, BoundingRect, Contains, Coord, LineString, MultiLineString, MultiPolygon, Polygon, unary_union};
use glam::{DVec2, DVec3};
use rstar::{AABB, RTree, primitives::GeomWithData, primitives::Rectangle};
use tiles3d::write::WritePrimitive;

/// Pixels of a tile larger than this show no cuttings, metres.
const COARSEST_PIXEL_M: f64 = 4.0;
/// Square metres by which a triangle must shrink to be cut.
const LEAST_M2: f64 = 1e-4;
/// Metres from the edge of an opening within which something stands beside it: sources are no more exact, and the widths
/// of roads are often guessed.
const BESIDE_M: f64 = 2.5;
/// Metres that such a thing is put behind the edge.
const BEHIND_M: f64 = 0.5;

/// What there is to stand on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Footing {
    /// The ground.
    Firm,
    /// Nothing, but the edge of the opening is near: the place beside it.
    Edge(DVec2),
    /// Nothing.
    Open,
}

/// The outlines of all openings, site metres.
#[derive(Default)]
pub(super) struct Cuts {
    polygons: Vec<Polygon<f64>>,
    tree: RTree<GeomWithData<Rectangle<[f64; 2]>, usize>>,
}

impl Cuts {
    /// The openings over streets.
    pub(super) fn new(streets: &[Option<Street>]) -> Self {
        let open: Vec<Polygon<f64>> =
            streets.iter().flatten().flat_map(|s| s.openings()).map(|ring| polygon(ring.into_iter())).collect();
        if open.is_empty() {
            return Self::default();
        }
        let polygons: Vec<Polygon<f64>> = unary_union(&open).into_iter().collect();
        let bounded = |(i, p): (usize, &Polygon<f64>)| {
            let bounds = p.bounding_rect()?;
            let corners = ([bounds.min().x, bounds.min().y], [bounds.max().x, bounds.max().y]);
            Some(GeomWithData::new(Rectangle::from_corners(corners.0, corners.1), i))
        };
        let tree = RTree::bulk_load(polygons.iter().enumerate().filter_map(bounded).collect());
        Self { polygons, tree }
    }

    /// The same, or none where pixels are so many metres large that nobody sees them.
    pub(super) fn seen(&self, pixel_m: f64) -> Option<&Self> {
        (pixel_m < COARSEST_PIXEL_M && !self.polygons.is_empty()).then_some(self)
    }

    fn near(&self, low: DVec2, high: DVec2) -> MultiPolygon<f64> {
        let around = AABB::from_corners(low.to_array(), high.to_array());
        let mut found: Vec<usize> = self.tree.locate_in_envelope_intersecting(&around).map(|r| r.data).collect();
        found.sort_unstable();
        MultiPolygon::new(found.into_iter().map(|i| self.polygons[i].clone()).collect())
    }

    /// The opening over a point.
    fn over(&self, at: DVec2) -> Option<&Polygon<f64>> {
        let near = self.tree.locate_in_envelope_intersecting(&AABB::from_point(at.to_array()));
        near.map(|r| &self.polygons[r.data]).find(|p| p.contains(&Coord { x: at.x, y: at.y }))
    }

    /// What there is to stand on at a point.
    pub(super) fn footing(&self, at: DVec2) -> Footing {
        let Some(polygon) = self.over(at) else { return Footing::Firm };
        let rings = std::iter::once(polygon.exterior()).chain(polygon.interiors());
        let edge = rings.flat_map(LineString::lines).map(|line| {
            let (from, along) = (DVec2::new(line.start.x, line.start.y), DVec2::new(line.dx(), line.dy()));
            from + along * ((at - from).dot(along) / along.length_squared().max(1e-9)).clamp(0.0, 1.0)
        });
        let edge = edge.min_by(|a, b| a.distance(at).total_cmp(&b.distance(at)));
        let beside = edge.filter(|e| e.distance(at) < BESIDE_M).map(|e| e + (e - at).normalize_or_zero() * BEHIND_M);
        beside.filter(|p| self.over(*p).is_none()).map_or(Footing::Open, Footing::Edge)
    }

    /// The parts of a line between two points that lie outside of all openings, as shares of it.
    pub(super) fn outside(&self, a: DVec2, b: DVec2) -> Vec<[f64; 2]> {
        let near = self.near(a.min(b), a.max(b));
        if near.0.is_empty() {
            return vec![[0.0, 1.0]];
        }
        let coord = |p: DVec2| Coord { x: p.x, y: p.y };
        let line = MultiLineString::new(vec![LineString::new(vec![coord(a), coord(b)])]);
        let length = a.distance_squared(b).max(1e-9);
        let share = |c: &Coord<f64>| ((DVec2::new(c.x, c.y) - a).dot(b - a) / length).clamp(0.0, 1.0);
        let parts = near.clip(&line, true).0;
        let ends = |l: LineString<f64>| {
            let shares = l.0.iter().map(share);
            let [from, to] = shares.fold([1.0f64, 0.0f64], |[l, h], s| [l.min(s), h.max(s)]);
            (from < to).then_some([from, to])
        };
        let mut parts: Vec<[f64; 2]> = parts.into_iter().filter_map(ends).collect();
        parts.sort_by(|a, b| a[0].total_cmp(&b[0]));
        parts
    }

    /// Takes the openings out of a part whose corners are relative to `origin`.
    pub(super) fn carve(&self, part: &mut WritePrimitive, origin: DVec3) {
        let plan = |p: &[f32; 3]| DVec2::new(f64::from(p[0]), f64::from(p[1])) + origin.truncate();
        let corners = part.positions.iter().map(plan);
        let (low, high) = corners.fold((DVec2::MAX, DVec2::MIN), |(l, h), p| (l.min(p), h.max(p)));
        if part.positions.is_empty() || self.near(low, high).0.is_empty() {
            return;
        }
        let triangles = std::mem::take(&mut part.indices);
        for t in triangles.chunks_exact(3) {
            let corners = [t[0], t[1], t[2]].map(|i| plan(&part.positions[i as usize]));
            match self.rest(corners) {
                None => part.indices.extend(t),
                Some(rest) => {
                    for polygon in rest {
                        add_rest(part, [t[0], t[1], t[2]], corners, &polygon, origin);
                    }
                }
            }
        }
    }

    /// What is left of a triangle; `None` where it is as it was.
    fn rest(&self, corners: [DVec2; 3]) -> Option<MultiPolygon<f64>> {
        let [a, b, c] = corners;
        let area = 0.5 * (b - a).perp_dot(c - a);
        let near = self.near(a.min(b).min(c), a.max(b).max(c));
        // What stands upright has no area that could be taken away.
        if near.0.is_empty() || area.abs() < LEAST_M2 {
            return None;
        }
        let rest = polygon(corners.into_iter()).difference(&near);
        let left: f64 = rest.iter().map(geo::Area::unsigned_area).sum();
        (left < area.abs() - LEAST_M2).then_some(rest)
    }
}

fn polygon(points: impl Iterator<Item = DVec2>) -> Polygon<f64> {
    Polygon::new(points.map(|p| Coord { x: p.x, y: p.y }).collect(), Vec::new())
}

/// Adds a polygon in the plane of a triangle of a part.
fn add_rest(part: &mut WritePrimitive, t: [u32; 3], corners: [DVec2; 3], polygon: &Polygon<f64>, origin: DVec3) {
    let [a, b, c] = corners;
    let twice = (b - a).perp_dot(c - a);
    let first = part.positions.len() as u32;
    let mut outline: Vec<[f64; 2]> = Vec::new();
    let mut holes: Vec<u32> = Vec::new();
    for (i, ring) in std::iter::once(polygon.exterior()).chain(polygon.interiors()).enumerate() {
        if i > 0 {
            holes.push(outline.len() as u32);
        }
        // A ring ends where it begins.
        outline.extend(ring.0.iter().skip(1).map(|c| [c.x, c.y]));
    }
    for p in &outline {
        let p = DVec2::from(*p);
        let share = [(b - p).perp_dot(c - p) / twice, (c - p).perp_dot(a - p) / twice, (a - p).perp_dot(b - p) / twice];
        let mix = |values: &[[f32; 3]]| -> [f64; 3] {
            [0, 1, 2].map(|k| (0..3).map(|i| share[i] * f64::from(values[t[i] as usize][k])).sum())
        };
        let (z, normal) = (mix(&part.positions)[2], DVec3::from(mix(&part.normals)).normalize_or(DVec3::Z));
        part.positions.push([(p.x - origin.x) as f32, (p.y - origin.y) as f32, z as f32]);
        part.normals.push(normal.as_vec3().to_array());
        if let Some(color) = part.colors.get(t[0] as usize).copied() {
            part.colors.push(color);
        }
        if let Some(feature) = part.feature_ids.get(t[0] as usize).copied() {
            part.feature_ids.push(feature);
        }
    }
    let mut triangles: Vec<u32> = Vec::new();
    earcut::Earcut::new().earcut(outline.iter().copied(), &holes, &mut triangles);
    for t in triangles.chunks_exact(3) {
        let [p, q, r] = [t[0], t[1], t[2]].map(|i| DVec2::from(outline[i as usize]));
        let turns_alike = ((q - p).perp_dot(r - p) >= 0.0) == (twice >= 0.0);
        let order = if turns_alike { [t[0], t[1], t[2]] } else { [t[0], t[2], t[1]] };
        part.indices.extend(order.map(|i| first + i));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mesh::{Surface, add_ground};

    /// An opening 10 m wide from the origin 100 m to the east, with a gap in its middle.
    fn cuts() -> Cuts {
        let square = |x: f64| [(x, -5.0), (x + 40.0, -5.0), (x + 40.0, 5.0), (x, 5.0)].map(DVec2::from);
        let polygons = vec![polygon(square(0.0).into_iter()), polygon(square(60.0).into_iter())];
        let rectangle =
            |(i, x): (usize, f64)| GeomWithData::new(Rectangle::from_corners([x, -5.0], [x + 40.0, 5.0]), i);
        let tree = RTree::bulk_load([0.0, 60.0].into_iter().enumerate().map(rectangle).collect());
        Cuts { polygons, tree }
    }

    #[test]
    fn the_ground_is_open_there_and_nowhere_else() {
        let mut ground = Surface::Ground.primitive();
        add_ground(&mut ground, [-80.0, -90.0], [170.0, 100.0], 50.0);
        for p in &mut ground.positions {
            p[2] = 0.02 * p[0] - 0.01 * p[1];
        }
        let origin = DVec3::new(7.0, -3.0, 1.0);
        ground.positions.iter_mut().for_each(|p| (p[0], p[1]) = (p[0] - 7.0, p[1] + 3.0));
        cuts().carve(&mut ground, origin);
        let mut area = 0.0;
        for t in ground.indices.chunks_exact(3) {
            let at = |k: usize| DVec3::from(ground.positions[t[k] as usize].map(f64::from)) + origin.with_z(0.0);
            let [a, b, c] = [at(0), at(1), at(2)];
            let turn = (b - a).truncate().perp_dot((c - a).truncate());
            assert!(turn > -1e-4, "turned over");
            area += 0.5 * turn;
            let middle = (a + b + c) / 3.0;
            let open =
                middle.y.abs() < 4.99 && (0.01..39.99).contains(&(middle.x % 60.0)) && (0.0..100.0).contains(&middle.x);
            assert!(!open || turn < 1e-3, "{middle}");
            assert!((middle.z - (0.02 * middle.x - 0.01 * middle.y)).abs() < 1e-3);
        }
        assert!((area - (250.0 * 190.0 - 800.0)).abs() < 0.1, "{area}");
        assert_eq!(ground.positions.len(), ground.normals.len());
    }

    #[test]
    fn what_stands_in_an_opening_is_put_beside_it_or_has_nothing_to_stand_on() {
        let footing = |x: f64, y: f64| cuts().footing(DVec2::new(x, y));
        assert_eq!(footing(50.0, 0.0), Footing::Firm);
        assert_eq!(footing(20.0, 6.0), Footing::Firm);
        assert_eq!(footing(20.0, 4.0), Footing::Edge(DVec2::new(20.0, 5.5)));
        assert_eq!(footing(20.0, 1.0), Footing::Open);
        assert_eq!(Cuts::default().footing(DVec2::ZERO), Footing::Firm);
    }

    #[test]
    fn lines_are_cut_where_they_cross() {
        let parts = cuts().outside(DVec2::new(-10.0, 0.0), DVec2::new(90.0, 0.0));
        let expected = [[0.0, 0.1], [0.5, 0.7]];
        assert_eq!(parts.len(), 2);
        for (part, expected) in parts.iter().zip(expected) {
            assert!((0..2).all(|k| (part[k] - expected[k]).abs() < 1e-6), "{parts:?}");
        }
        assert_eq!(cuts().outside(DVec2::new(-10.0, 9.0), DVec2::new(90.0, 9.0)), [[0.0, 1.0]]);
        assert!(cuts().seen(5.0).is_none() && cuts().seen(1.0).is_some() && Cuts::default().seen(0.1).is_none());
    }
}
