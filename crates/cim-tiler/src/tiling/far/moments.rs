//! How much of the plan something covers, where, and how it is spread and turned.

use crate::mesh::twice_area;

/// Corners of a ring, metres.
pub(super) type Ring = Vec<[f64; 2]>;

/// A building's land.
#[derive(Debug, Clone, Default, PartialEq)]
pub(in crate::tiling) struct Plan {
    /// Its outline, either direction, first corner not repeated.
    pub(in crate::tiling) ring: Ring,
    /// Its courtyards.
    pub(in crate::tiling) holes: Vec<Ring>,
}

/// The integrals of 1, x, y, xx, xy and yy over an area, and which way its walls run.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Moments {
    pub(super) area: f64,
    first: [f64; 2],
    second: [f64; 3],
    /// Four times the angles of the walls as a vector: walls at right angles are the same.
    turn: [f64; 2],
}

/// An upright rectangle of the plan, turned.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Rectangle {
    pub(super) centre: [f64; 2],
    /// The direction of its first side, of length 1.
    pub(super) along: [f64; 2],
    /// Half of its sides.
    pub(super) half: [f64; 2],
}

/// The longest that a rectangle may be for its width.
const LONGEST: f64 = 12.0;

impl Moments {
    /// Those of a ring around `origin`, its area positive whichever way it turns.
    pub(super) fn of(ring: &[[f64; 2]], origin: [f64; 2]) -> Self {
        let mut out = Self::default();
        for (i, p) in ring.iter().enumerate() {
            let q = ring[(i + 1) % ring.len()];
            let [ax, ay, bx, by] = [p[0] - origin[0], p[1] - origin[1], q[0] - origin[0], q[1] - origin[1]];
            let cross = ax * by - bx * ay;
            out.area += cross / 2.0;
            out.first[0] += cross * (ax + bx) / 6.0;
            out.first[1] += cross * (ay + by) / 6.0;
            out.second[0] += cross * (ax * ax + ax * bx + bx * bx) / 12.0;
            out.second[1] += cross * (2.0 * ax * ay + ax * by + bx * ay + 2.0 * bx * by) / 24.0;
            out.second[2] += cross * (ay * ay + ay * by + by * by) / 12.0;
        }
        if out.area < 0.0 { out.times(-1.0) } else { out }
    }

    /// Those of some land around `origin`, its courtyards left out, its walls' direction known.
    pub(super) fn of_plan(plan: &Plan, origin: [f64; 2]) -> Self {
        let mut out = Self::of(&plan.ring, origin);
        for hole in &plan.holes {
            out.add(&Self::of(hole, origin).times(-1.0));
        }
        out.turn = turn(&plan.ring).map(|c| c * out.area);
        out
    }

    pub(super) fn times(mut self, by: f64) -> Self {
        let all = self.first.iter_mut().chain(&mut self.second).chain(&mut self.turn);
        all.for_each(|c| *c *= by);
        self.area *= by;
        self
    }

    pub(super) fn add(&mut self, other: &Self) {
        self.area += other.area;
        (0..2).for_each(|k| self.first[k] += other.first[k]);
        (0..3).for_each(|k| self.second[k] += other.second[k]);
        (0..2).for_each(|k| self.turn[k] += other.turn[k]);
    }

    /// The same walls' direction as `other`, for a part of it.
    pub(super) fn turned_as(mut self, other: &Self) -> Self {
        self.turn = other.turn.map(|c| c * self.area / other.area);
        self
    }

    /// The rectangle of the same area and centre, as long and as wide in proportion as the area is spread along its
    /// walls and across them. Relative to the origin of the moments.
    pub(super) fn rectangle(&self) -> Rectangle {
        let centre = self.first.map(|c| c / self.area);
        let angle = 0.25 * self.turn[1].atan2(self.turn[0]);
        let along = [angle.cos(), angle.sin()];
        let [xx, xy, yy] = [
            self.second[0] / self.area - centre[0] * centre[0],
            self.second[1] / self.area - centre[0] * centre[1],
            self.second[2] / self.area - centre[1] * centre[1],
        ];
        let spread = |[x, y]: [f64; 2]| (x * x * xx + 2.0 * x * y * xy + y * y * yy).max(1e-9);
        let ratio = (spread(along) / spread([-along[1], along[0]])).sqrt().clamp(1.0 / LONGEST, LONGEST);
        Rectangle { centre, along, half: sides(self.area, ratio) }
    }
}

/// Half of the sides of a rectangle that is `ratio` times as long as it is wide.
fn sides(area: f64, ratio: f64) -> [f64; 2] {
    [0.5 * (area * ratio).sqrt(), 0.5 * (area / ratio).sqrt()]
}

impl Rectangle {
    pub(super) fn corners(&self) -> [[f64; 2]; 4] {
        let [[x, y], [a, b]] = [self.along, self.half];
        [[-a, -b], [a, -b], [a, b], [-a, b]]
            .map(|[s, t]| [self.centre[0] + x * s - y * t, self.centre[1] + y * s + x * t])
    }

    /// How far it reaches east and north of its centre.
    fn reach(&self) -> [f64; 2] {
        let [[x, y], [a, b]] = [self.along.map(f64::abs), self.half];
        [x * a + y * b, y * a + x * b]
    }

    /// The same area within a square: moved, then less long, then along the square's sides; the whole square where the
    /// area is larger.
    pub(super) fn within(mut self, [low, high]: [[f64; 2]; 2]) -> Self {
        let room = [0, 1].map(|k| 0.5 * (high[k] - low[k]));
        let fits = |r: &Self| (0..2).all(|k| r.reach()[k] <= room[k]);
        let area = 4.0 * self.half[0] * self.half[1];
        let ratio = self.half[0] / self.half[1];
        for less in [1.0, 0.5, 0.0] {
            self.half = sides(area, ratio.powf(less));
            if fits(&self) {
                break;
            }
        }
        if !fits(&self) {
            // A quarter of a turn at most: its first side is nearer to the east or to the north.
            let lies = self.along[0].abs() >= self.along[1].abs();
            let half = sides(area, if lies { ratio } else { 1.0 / ratio });
            let east = half[0].clamp((area / (4.0 * room[1])).min(room[0]), room[0]);
            self.along = [1.0, 0.0];
            self.half = [east, (area / (4.0 * east)).min(room[1])];
        }
        let reach = self.reach();
        let within = |k: usize| {
            let (least, most) = (low[k] + reach[k], high[k] - reach[k]);
            if least < most { self.centre[k].clamp(least, most) } else { 0.5 * (low[k] + high[k]) }
        };
        self.centre = [within(0), within(1)];
        self
    }
}

/// Four times the angles of the edges as a vector of length 1, the long ones before all.
fn turn(ring: &[[f64; 2]]) -> [f64; 2] {
    let mut sum = [0.0; 2];
    for (i, p) in ring.iter().enumerate() {
        let q = ring[(i + 1) % ring.len()];
        let (x, y) = (q[0] - p[0], q[1] - p[1]);
        let (re, im, length) = (x * x - y * y, 2.0 * x * y, x * x + y * y);
        if length > 0.0 {
            sum[0] += (re * re - im * im) / length;
            sum[1] += 2.0 * re * im / length;
        }
    }
    let length = sum[0].hypot(sum[1]);
    if length > 0.0 { sum.map(|c| c / length) } else { [1.0, 0.0] }
}

/// What of a ring lies between two lines across an axis; pieces of it stay joined along these lines, which adds no area.
pub(super) fn strip(ring: &[[f64; 2]], axis: usize, [low, high]: [f64; 2]) -> Ring {
    let half = |ring: &[[f64; 2]], at: f64, sign: f64| -> Ring {
        let mut out = Ring::with_capacity(ring.len() + 2);
        for (i, p) in ring.iter().enumerate() {
            let q = ring[(i + 1) % ring.len()];
            let (from, to) = (sign * (p[axis] - at), sign * (q[axis] - at));
            if from >= 0.0 {
                out.push(*p);
            }
            if (from >= 0.0) != (to >= 0.0) {
                let t = from / (from - to);
                out.push([0, 1].map(|k| p[k] + (q[k] - p[k]) * t));
            }
        }
        out
    };
    half(&half(ring, low, 1.0), high, -1.0)
}

/// The area of a plan without its courtyards.
pub(in crate::tiling) fn area(plan: &Plan) -> f64 {
    0.5 * (twice_area(&plan.ring).abs() - plan.holes.iter().map(|h| twice_area(h).abs()).sum::<f64>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    pub(in crate::tiling::far) fn rectangle(centre: [f64; 2], half: [f64; 2], angle: f64) -> Ring {
        Rectangle { centre, along: [angle.cos(), angle.sin()], half }.corners().to_vec()
    }

    proptest! {
        #[test]
        fn a_rectangle_is_its_own_rectangle(
            x in -900.0..900.0f64, y in -900.0..900.0f64, a in 4.0..30.0f64, b in 4.0..30.0f64, angle in -3.0..3.0f64,
        ) {
            let ring = rectangle([x, y], [a, b], angle);
            let found = Moments::of_plan(&Plan { ring: ring.clone(), holes: Vec::new() }, [x + 5.0, y - 9.0]).rectangle();
            for c in found.corners() {
                let near = |p: &[f64; 2]| (c[0] + x + 5.0 - p[0]).hypot(c[1] + y - 9.0 - p[1]) < 1e-3;
                prop_assert!(ring.iter().any(near), "{c:?} of {ring:?}");
            }
        }

        #[test]
        fn what_is_fitted_stays_in_its_square_and_keeps_its_area(
            x in -20.0..30.0f64, y in -20.0..30.0f64, a in 0.5..30.0f64, b in 0.5..30.0f64, angle in -3.0..3.0f64,
        ) {
            let r = Rectangle { centre: [x, y], along: [angle.cos(), angle.sin()], half: [a, b] };
            let fitted = r.within([[0.0; 2], [10.0; 2]]);
            for c in fitted.corners().iter().flatten() {
                prop_assert!((-1e-9..=10.0 + 1e-9).contains(c), "{fitted:?}");
            }
            let area = 4.0 * fitted.half[0] * fitted.half[1];
            prop_assert!((area - (4.0 * a * b).min(100.0)).abs() < 1e-6, "{area} of {}", 4.0 * a * b);
        }

        #[test]
        fn strips_share_out_all_of_an_area(radii in prop::collection::vec(2.0..30.0f64, 3..20)) {
            let n = radii.len() as f64;
            let corner = |(i, r): (usize, &f64)| {
                let a = std::f64::consts::TAU * i as f64 / n;
                [r * a.cos(), r * a.sin()]
            };
            let ring: Ring = radii.iter().enumerate().map(corner).collect();
            let whole = Moments::of(&ring, [0.0; 2]);
            let mut sum = Moments::default();
            for k in -4..4 {
                sum.add(&Moments::of(&strip(&ring, 0, [f64::from(k) * 10.0, f64::from(k + 1) * 10.0]), [0.0; 2]));
            }
            prop_assert!((sum.area - whole.area).abs() < 1e-6 * (1.0 + whole.area));
            prop_assert!((sum.second[1] - whole.second[1]).abs() < 1e-6 * (1.0 + whole.second[0].abs()));
        }
    }

    #[test]
    fn a_courtyard_is_no_area() {
        let plan =
            Plan { ring: rectangle([0.0; 2], [20.0, 10.0], 0.3), holes: vec![rectangle([0.0; 2], [5.0; 2], 0.3)] };
        assert!((area(&plan) - 700.0).abs() < 1e-6);
        assert!((Moments::of_plan(&plan, [3.0, 4.0]).area - 700.0).abs() < 1e-6);
    }
}
