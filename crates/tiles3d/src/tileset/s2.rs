//! S2 cells (`3DTILES_bounding_volume_S2`): squares of a cube's faces, projected onto the sphere of the ellipsoid's
//! normals with the quadratic projection.

use super::BoundingVolume;
use cim_geo::wgs84;
use glam::{DMat3, DVec3};

/// The deepest level of cells.
const MAX_LEVEL: u32 = 30;
/// Heights below this are no heights: the middle of the Earth is near.
pub(super) const LOWEST: f64 = -6.0e6;
/// Metres that sums of this size may be off.
const SLACK: f64 = 1e-6;

/// By orientation of the Hilbert curve and position on it: which of the four squares, i in the higher bit.
const SQUARE_AT: [[u8; 4]; 4] = [[0, 1, 3, 2], [0, 2, 3, 1], [3, 2, 0, 1], [3, 1, 0, 2]];
/// By position: how the curve is turned inside that square; bit 0 swaps the axes, bit 1 inverts them.
const TURNED: [u8; 4] = [1, 0, 0, 3];

/// A cell: one square of the grid of 2^level by 2^level on a face of the cube.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cell {
    face: u8,
    level: u32,
    i: u32,
    j: u32,
}

impl Cell {
    /// From a token: the id in hexadecimal without its trailing zeros.
    pub(super) fn from_token(token: &str) -> Option<Self> {
        if token.is_empty() || token.len() > 16 || !token.bytes().all(|b| b.is_ascii_hexdigit()) {
            return None;
        }
        let id = u64::from_str_radix(token, 16).ok()?;
        Self::from_id(id << (4 * (16 - token.len())))
    }

    /// From an id: three bits for the face, two for each level, and a one.
    pub(super) fn from_id(id: u64) -> Option<Self> {
        let face = (id >> 61) as u8;
        let end = id.trailing_zeros();
        if face > 5 || end > 2 * MAX_LEVEL || !end.is_multiple_of(2) {
            return None;
        }
        let level = MAX_LEVEL - end / 2;
        let (mut i, mut j, mut orientation) = (0, 0, face & 1);
        for k in 1..=level {
            let position = (id >> (61 - 2 * k) & 3) as usize;
            let square = SQUARE_AT.get(usize::from(orientation)).and_then(|s| s.get(position)).copied().unwrap_or(0);
            (i, j) = (i << 1 | u32::from(square >> 1), j << 1 | u32::from(square & 1));
            orientation ^= TURNED.get(position).copied().unwrap_or(0);
        }
        Some(Self { face, level, i, j })
    }

    /// The cell at these coordinates of the grid `level` levels further down: x runs along i, y along j on every face.
    /// Below the deepest level of S2 it is the cell of that level around it.
    pub(super) fn part(self, level: u32, x: u64, y: u64) -> Self {
        let down = level.min(MAX_LEVEL - self.level);
        let too_deep = level - down;
        let at = |start: u32, step: u64| (u64::from(start) << down) as u32 | (step >> too_deep.min(63)) as u32;
        Self { face: self.face, level: self.level + down, i: at(self.i, x), j: at(self.j, y) }
    }

    /// The ellipsoid's unit normals at the corners, counter-clockwise from the lowest i and j.
    pub(super) fn corners(self) -> [DVec3; 4] {
        let size = f64::from(1u32 << self.level);
        let at = |steps: u32| {
            let s = f64::from(steps) / size;
            if s >= 0.5 { (4.0 * s * s - 1.0) / 3.0 } else { (1.0 - 4.0 * (1.0 - s) * (1.0 - s)) / 3.0 }
        };
        [(0, 0), (1, 0), (1, 1), (0, 1)].map(|(di, dj)| {
            let (u, v) = (at(self.i + di), at(self.j + dj));
            let p = match self.face {
                0 => DVec3::new(1.0, u, v),
                1 => DVec3::new(-u, 1.0, v),
                2 => DVec3::new(-u, -v, 1.0),
                3 => DVec3::new(-1.0, -v, -u),
                4 => DVec3::new(v, -1.0, -u),
                _ => DVec3::new(v, u, -1.0),
            };
            p / p.length()
        })
    }

    /// The box around what is above the cell between two heights, metres.
    ///
    /// Seen along its middle normal the top of the box is where that normal leaves the upper surface, and its bottom is
    /// below a corner: both surfaces only fall away from there. Sideways nothing inside the cell reaches further than
    /// its edges, which are looked at in steps; what the arcs between the steps may add is less than their sagitta.
    pub(super) fn volume(self, min_height: f64, max_height: f64) -> BoundingVolume {
        let corners = self.corners();
        let sum: DVec3 = corners.iter().sum();
        let up = sum / sum.length();
        let widest = corners.iter().enumerate().map(|(k, n)| n.angle_between(corners[(k + 1) % 4])).fold(0.0, f64::max);
        let steps: u32 = if widest < 0.1 { 4 } else { 16 };
        // Points at equal steps of the chord are furthest apart in its middle.
        let apart = 2.0 * (0.5 * widest).tan() / f64::from(steps);
        let reach = (wgs84::A + min_height.abs().max(max_height.abs())) * 1.02;
        let sagitta = reach * apart * apart / 8.0 + SLACK;

        let mut edge = Vec::with_capacity(8 * steps as usize);
        for (k, from) in corners.iter().enumerate() {
            for step in 0..steps {
                let n = from.lerp(corners[(k + 1) % 4], f64::from(step) / f64::from(steps));
                let n = n / n.length();
                edge.extend([at_height(n, min_height), at_height(n, max_height)]);
            }
        }
        let top = up.dot(at_height(up, max_height)) + SLACK;
        let bottom = corners.iter().map(|n| up.dot(at_height(*n, min_height))).fold(f64::INFINITY, f64::min) - SLACK;

        // A rectangle around four corners is smallest when it has a side in common with them.
        let sides = (0..4).map(|k| {
            let side = corners[(k + 1) % 4] - corners[k];
            let along = (side - up * side.dot(up)).normalize_or(up.any_orthonormal_vector());
            let across = up.cross(along);
            let span = |axis: DVec3| {
                let (low, high) = edge.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), p| {
                    let x = axis.dot(*p);
                    (low.min(x), high.max(x))
                });
                (low - sagitta, high + sagitta)
            };
            (along, across, span(along), span(across))
        });
        let area = |a: (f64, f64), b: (f64, f64)| (a.1 - a.0) * (b.1 - b.0);
        let best = sides.min_by(|a, b| area(a.2, a.3).total_cmp(&area(b.2, b.3)));
        let (along, across, a, b) = best.unwrap_or((DVec3::X, DVec3::Y, (0.0, 0.0), (0.0, 0.0)));
        boxed([(along, a), (across, b), (up, (bottom, top))])
    }
}

/// The box between two distances along each of three unit vectors at right angles.
pub(super) fn boxed(spans: [(DVec3, (f64, f64)); 3]) -> BoundingVolume {
    let middle = |(axis, (low, high)): (DVec3, (f64, f64))| axis * (0.5 * (low + high));
    let half = |(axis, (low, high)): (DVec3, (f64, f64))| axis * (0.5 * (high - low));
    let [a, b, c] = spans;
    BoundingVolume::Box {
        center: middle(a) + middle(b) + middle(c),
        half_axes: DMat3::from_cols(half(a), half(b), half(c)),
    }
}

/// The point at a height above the ellipsoid where its normal is `n`.
fn at_height(n: DVec3, height: f64) -> DVec3 {
    let squares = DVec3::new(wgs84::A * wgs84::A, wgs84::A * wgs84::A, wgs84::B * wgs84::B);
    let scaled = squares * n;
    scaled / scaled.dot(n).sqrt() + n * height
}

#[cfg(test)]
mod tests {
    use super::*;
    use cim_geo::Geodetic;
    use proptest::prelude::*;

    fn cell(token: &str) -> Cell {
        Cell::from_token(token).unwrap()
    }

    fn check_corners(token: &str, expected: [(f64, f64); 4]) {
        for (n, (lon, lat)) in cell(token).corners().into_iter().zip(expected) {
            let (x, y) = (n.y.atan2(n.x).to_degrees(), n.z.asin().to_degrees());
            assert!((x - lon).abs() < 1e-12 && (y - lat).abs() < 1e-12, "{token}: {x} {y} for {lon} {lat}");
        }
    }

    #[test]
    fn corners_are_those_of_the_s2_library() {
        // The first is in CesiumJS's and cesium-native's tests too; all are what the Python port of S2 gives.
        check_corners(
            "2ef59bd352b93ac3",
            [
                (105.64131799299665, -10.490091077431977),
                (105.64131808248949, -10.490091072946313),
                (105.64131808248948, -10.490090989764633),
                (105.64131799299665, -10.4900909942503),
            ],
        );
        check_corners(
            "89c6c7",
            [
                (-75.24790606076353, 40.01039115725467),
                (-75.24790606076353, 39.92998970604115),
                (-75.15453807607074, 39.917849427860766),
                (-75.15453807607074, 39.99824482593354),
            ],
        );
        check_corners(
            "1234567",
            [
                (9.857141640656728, 27.457562482717464),
                (9.879474449063784, 27.455972974892116),
                (9.879474449063785, 27.479221224325627),
                (9.857141640656728, 27.48081163775571),
            ],
        );
        let low = 35.264_389_682_754_654;
        check_corners("1", [(-45.0, -low), (45.0, -low), (45.0, low), (-45.0, low)]);
        check_corners("b", [(-135.0, -low), (135.0, -low), (45.0, -low), (-45.0, -low)]);
        check_corners("84", [(-135.0, low), (-135.0, 0.0), (-90.0, 0.0), (-90.0, 45.0)]);
    }

    #[test]
    fn tokens_that_name_no_cell_are_refused() {
        for token in ["", "0", "X", "LOL", "🤡", "2a", "+1", "99999999999999999", "d", "ffffffffffffffff"] {
            assert_eq!(Cell::from_token(token), None, "{token:?}");
        }
        assert_eq!(Cell::from_id(3_383_782_026_967_071_427), Some(cell("2ef59bd352b93ac3")));
        assert_eq!(Cell::from_id(0), None);
    }

    #[test]
    fn parts_follow_the_axes_of_the_face() {
        // The values of cesium-native's tests, and what S2 gives on an odd face.
        for (whole, at, part) in [
            ("1", (0, 0), "04"),
            ("1", (1, 0), "1c"),
            ("1", (0, 1), "0c"),
            ("1", (1, 1), "14"),
            ("3", (0, 0), "24"),
            ("3", (1, 0), "2c"),
            ("3", (1, 1), "34"),
            ("3", (0, 1), "3c"),
        ] {
            assert_eq!(cell(whole).part(1, at.0, at.1), cell(part));
        }
        assert_eq!(cell("3").part(30, 728_236_762, 399_580_323), cell("2ef59bd352b93ac3"));
        assert_eq!(cell("2ef59bd352b93ac3").part(3, 7, 0), cell("2ef59bd352b93ac3"));
    }

    /// Whether many places above the cell are in its box; the share of the box's volume that the cell takes about.
    fn check(cell: Cell, low: f64, high: f64) -> f64 {
        let volume = cell.volume(low, high);
        let BoundingVolume::Box { half_axes, .. } = &volume else { panic!("no box") };
        let [a, b, c, d] = cell.corners();
        for s in 0..=20 {
            for t in 0..=20 {
                let (s, t) = (f64::from(s) / 20.0, f64::from(t) / 20.0);
                // Straight lines in the plane through the corners are arcs on the sphere.
                let n = a.lerp(b, s).lerp(d.lerp(c, s), t).normalize();
                for h in [low, 0.5 * (low + high), high] {
                    let lat = n.z.asin();
                    let p = Geodetic::from_radians(n.y.atan2(n.x), lat, h).to_ecef();
                    assert!(volume.distance_to(p) < 1e-5, "{cell:?}: {} m out", volume.distance_to(p));
                }
            }
        }
        let area = 0.5 * (c - a).cross(d - b).length() * wgs84::A * wgs84::A;
        area / (4.0 * half_axes.x_axis.length() * half_axes.y_axis.length())
    }

    #[test]
    fn boxes_are_tight() {
        assert!(check(cell("89c6c7"), 0.0, 1000.0) > 0.75);
        let BoundingVolume::Box { half_axes, .. } = cell("89c6c7").volume(0.0, 1000.0) else { panic!("no box") };
        // 9 km across: the ground falls by 3 m from the middle to the corners.
        assert!((half_axes.z_axis.length() - 501.5).abs() < 1.0, "{}", half_axes.z_axis.length());
        assert!(check(cell("1"), 0.0, 0.0) > 0.5);
    }

    proptest! {
        #[test]
        fn boxes_hold_their_cells(id in any::<u64>(), low in -10_000.0..10_000.0f64, thick in 0.0..1e6f64) {
            let id = (id % 6) << 61 | (id >> 3) | 1;
            for level in [0u32, 1, 2, 4, 8, 13, 20, 30] {
                let end = 1u64 << (2 * (30 - level));
                if let Some(cell) = Cell::from_id((id & !(end - 1) & !end) | end) {
                    let share = check(cell, low, low + thick);
                    prop_assert!(level < 4 || share > 0.3 || thick > 1e4, "{share}");
                }
            }
        }
    }
}
