//! The shape of a junction: how far its arms are cut back, and how its corners run.

use super::Bed;
use glam::{DVec2, DVec3};
use std::f64::consts::{PI, TAU};

/// Angles this close to straight have no corner between them, radians.
const STRAIGHT: f64 = 0.12;
/// The furthest that an arm is cut back, metres.
const FURTHEST_M: f64 = 60.0;

/// An arm of a junction before it is cut.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Arm {
    /// Away from the junction, unit length.
    pub(crate) direction: DVec2,
    /// Half its carriageway, metres.
    pub(crate) half: f64,
    /// Its pavement, metres.
    pub(crate) pavement: f64,
    /// How far it may be cut back at most, metres.
    pub(crate) room: f64,
    /// Radius that its kerbs want at a corner, metres.
    pub(crate) radius: f64,
}

/// What lies between the left edge of an arm and the right edge of the next one counter-clockwise.
#[derive(Debug, Clone, Copy)]
enum Turn {
    /// A corner of the blocks: where the edges would meet along either arm, and the radius of the kerb.
    Corner { along: [f64; 2], radius: f64, angle: f64 },
    /// The edges go straight on.
    Straight,
    /// The outside of a bend, round the junction's centre.
    Outside { angle: f64 },
}

/// The corners of a junction and the cuts that make room for them.
#[derive(Debug)]
pub(crate) struct Layout {
    /// Metres that each arm is cut back.
    pub(crate) cuts: Vec<f64>,
    turns: Vec<Turn>,
}

/// A kerb from one arm to the next, both cut ends included, and the back of the pavement along it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Corner {
    pub(crate) kerb: Vec<DVec3>,
    /// Empty where there is no pavement.
    pub(crate) back: Vec<DVec3>,
}

/// The left and the right end of an arm's edges where it is cut, seen from the junction.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CutEnd {
    centre: DVec3,
    left: DVec3,
    right: DVec3,
    /// To the left, unit length.
    across: DVec2,
}

impl CutEnd {
    /// The end of a carriageway of half a width at a point of its centre line.
    pub(crate) fn new(centre: DVec3, across: DVec2, half: f64, bed: Bed<'_>) -> Self {
        let (left, right) = (beside(centre, across * half, bed), beside(centre, -across * half, bed));
        Self { centre, left, right, across }
    }

    /// The back of a pavement on the left (1) or on the right (-1).
    fn back(&self, side: f64, pavement: f64, bed: Bed<'_>) -> DVec3 {
        let edge = if side > 0.0 { self.left } else { self.right };
        let at = edge.truncate() + self.across * (side * pavement);
        at.extend(bed.beside(self.centre, at))
    }
}

/// A point beside that of a centre line.
fn beside(centre: DVec3, by: DVec2, bed: Bed<'_>) -> DVec3 {
    let at = centre.truncate() + by;
    at.extend(bed.beside(centre, at))
}

impl Layout {
    /// For arms counter-clockwise, at least two.
    pub(crate) fn new(arms: &[Arm]) -> Self {
        let n = arms.len();
        let mut cuts = vec![0.0f64; n];
        let mut turns = Vec::with_capacity(n);
        for i in 0..n {
            let (a, b) = (&arms[i], &arms[(i + 1) % n]);
            let turn = Turn::between(a, b);
            if let Turn::Corner { along, radius, angle } = turn {
                let more = radius / (0.5 * angle).tan();
                // The back of the pavement turns further out than a tight kerb.
                let back = along_edges(angle, a.half + a.pavement, b.half + b.pavement);
                let paved = a.pavement > 0.0 && b.pavement > 0.0;
                for (k, arm) in [(0, i), (1, (i + 1) % n)] {
                    let want = if paved { (along[k] + more).max(back[k]) } else { along[k] + more };
                    cuts[arm] = cuts[arm].max(want);
                }
            }
            turns.push(turn);
        }
        for (cut, arm) in cuts.iter_mut().zip(arms) {
            *cut = cut.clamp(0.0, arm.room.min(FURTHEST_M));
        }
        Self { cuts, turns }
    }

    /// The corner after arm `i`, between the ends where its edges were really cut.
    pub(crate) fn corner(&self, i: usize, arms: &[Arm], ends: &[CutEnd], (centre, bed): (DVec3, Bed<'_>)) -> Corner {
        let j = (i + 1) % arms.len();
        let (a, b) = (&arms[i], &arms[j]);
        let (from, to) = (&ends[i], &ends[j]);
        let mut kerb = vec![from.left];
        let mut back = vec![from.back(1.0, a.pavement, bed)];
        let paved = a.pavement > 0.0 && b.pavement > 0.0;
        let fits = |along: [f64; 2]| along[0] <= self.cuts[i] + 0.01 && along[1] <= self.cuts[j] + 0.01;
        let at = |p: DVec2| p.extend(bed.beside(centre, p));
        match self.turns[i] {
            Turn::Corner { along, radius, angle } if fits(along) => {
                let edge = |half: f64, along: f64| centre.truncate() + a.direction * along + a.direction.perp() * half;
                let meet = edge(a.half, along[0]);
                let towards = (b.direction + a.direction).normalize_or(a.direction.perp());
                let middle = meet + towards * (radius / (0.5 * angle).sin());
                // From the tangent on this arm to that on the next: seen from the middle, clockwise.
                let first = -a.direction.perp();
                let sweep = PI - angle;
                let steps = if radius < 0.3 { 0 } else { ((radius * sweep / 1.5).ceil() as usize).clamp(2, 10) };
                let inner: Vec<DVec2> = if steps == 0 {
                    vec![meet]
                } else {
                    (0..=steps).map(|k| DVec2::from_angle(-sweep * k as f64 / steps as f64).rotate(first)).collect()
                };
                if steps == 0 {
                    kerb.push(at(meet));
                } else {
                    kerb.extend(inner.iter().map(|d| at(middle + *d * radius)));
                }
                let wide = a.pavement.max(b.pavement);
                if radius > wide && steps > 0 && (a.pavement - b.pavement).abs() < 0.01 {
                    back.extend(inner.iter().map(|d| at(middle + *d * (radius - wide))));
                } else {
                    let along = along_edges(angle, a.half + a.pavement, b.half + b.pavement);
                    if fits(along) {
                        back.push(at(edge(a.half + a.pavement, along[0])));
                    }
                }
            }
            Turn::Outside { angle } => {
                let sweep = angle - PI;
                let steps = ((sweep / 0.26).ceil() as usize).max(1);
                let first = a.direction.perp();
                for k in 0..=steps {
                    let share = k as f64 / steps as f64;
                    let d = DVec2::from_angle(sweep * share).rotate(first);
                    let half = a.half + (b.half - a.half) * share;
                    let pavement = a.pavement + (b.pavement - a.pavement) * share;
                    kerb.push(beside(centre, d * half, bed));
                    back.push(beside(centre, d * (half + pavement), bed));
                }
            }
            Turn::Corner { .. } | Turn::Straight => {}
        }
        kerb.push(to.right);
        back.push(to.back(-1.0, b.pavement, bed));
        let apart = |line: &mut Vec<DVec3>| line.dedup_by(|p, q| p.truncate().distance(q.truncate()) < 0.02);
        apart(&mut kerb);
        apart(&mut back);
        Corner { kerb, back: if paved { back } else { Vec::new() } }
    }
}

impl Turn {
    fn between(a: &Arm, b: &Arm) -> Self {
        let angle = a.direction.angle_to(b.direction).rem_euclid(TAU);
        if angle > PI + STRAIGHT {
            return Self::Outside { angle };
        }
        // Arms that lie on one another have no corner either.
        if !(0.05..=PI - STRAIGHT).contains(&angle) {
            return Self::Straight;
        }
        let along = along_edges(angle, a.half, b.half);
        let tan = (0.5 * angle).tan();
        let room = |arm: &Arm, along: f64| (arm.room.min(FURTHEST_M) - along) * tan;
        let radius = a.radius.min(b.radius).min(room(a, along[0])).min(room(b, along[1])).max(0.0);
        Self::Corner { along, radius, angle }
    }
}

/// Where the left edge of an arm meets the right edge of another that lies `angle` counter-clockwise of it: metres along
/// either.
fn along_edges(angle: f64, half_a: f64, half_b: f64) -> [f64; 2] {
    let (sin, cos) = angle.sin_cos();
    [(half_b + half_a * cos) / sin, (half_a + half_b * cos) / sin]
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn arm(degrees: f64, half: f64) -> Arm {
        let direction = DVec2::from_angle(degrees.to_radians());
        Arm { direction, half, pavement: 3.0, room: 100.0, radius: 8.0 }
    }

    fn ends(arms: &[Arm], layout: &Layout) -> Vec<CutEnd> {
        let end = |(arm, cut): (&Arm, &f64)| {
            let at = (arm.direction * *cut).extend(0.0);
            CutEnd::new(at, arm.direction.perp(), arm.half, Bed::flat())
        };
        arms.iter().zip(&layout.cuts).map(end).collect()
    }

    #[test]
    fn streets_that_cross_squarely_are_cut_by_the_other_and_the_kerb() {
        let arms = [arm(0.0, 10.0), arm(90.0, 6.0), arm(180.0, 10.0), arm(270.0, 6.0)];
        let layout = Layout::new(&arms);
        for (cut, want) in layout.cuts.iter().zip([14.0, 18.0, 14.0, 18.0]) {
            assert!((cut - want).abs() < 1e-9, "{cut} {want}");
        }
        let corner = layout.corner(0, &arms, &ends(&arms, &layout), (DVec3::ZERO, Bed::flat()));
        // The kerb's circle has its middle 8 m from both edges, the back of the pavement is 3 m nearer to it.
        let middle = DVec2::new(14.0, 18.0);
        assert!(corner.kerb.iter().all(|p| (p.truncate().distance(middle) - 8.0).abs() < 1e-6));
        let on_circle = corner.back[1..corner.back.len() - 1].iter();
        assert!(on_circle.clone().count() >= 2);
        assert!(on_circle.into_iter().all(|p| (p.truncate().distance(middle) - 5.0).abs() < 1e-6));
    }

    #[test]
    fn a_side_street_leaves_the_other_side_straight() {
        let arms = [arm(0.0, 10.0), arm(90.0, 6.0), arm(180.0, 10.0)];
        let layout = Layout::new(&arms);
        let corner = layout.corner(2, &arms, &ends(&arms, &layout), (DVec3::ZERO, Bed::flat()));
        assert_eq!(corner.kerb.len(), 2);
        assert!(corner.kerb.iter().all(|p| (p.y + 10.0).abs() < 1e-9));
    }

    #[test]
    fn a_bend_is_rounded_outside() {
        let arms = [arm(0.0, 5.0), arm(90.0, 5.0)];
        let layout = Layout::new(&arms);
        let corner = layout.corner(1, &arms, &ends(&arms, &layout), (DVec3::ZERO, Bed::flat()));
        let round = &corner.kerb[1..corner.kerb.len() - 1];
        assert!(round.len() > 3 && round.iter().all(|p| (p.length() - 5.0).abs() < 1e-9));
    }

    proptest! {
        #[test]
        fn whatever_meets_is_cut_within_its_room(
            arms in proptest::collection::vec((0.0..360.0f64, 1.0..20.0f64, 0.0..4.0f64, 0.5..80.0f64), 2..7)
        ) {
            let mut arms: Vec<Arm> = arms.into_iter().map(|(degrees, half, pavement, room)| {
                Arm { pavement, room, ..arm(degrees, half) }
            }).collect();
            arms.sort_by(|a, b| a.direction.to_angle().total_cmp(&b.direction.to_angle()));
            let layout = Layout::new(&arms);
            for (cut, arm) in layout.cuts.iter().zip(&arms) {
                prop_assert!(*cut >= 0.0 && *cut <= arm.room + 1e-9);
            }
            let ends = ends(&arms, &layout);
            for i in 0..arms.len() {
                let corner = layout.corner(i, &arms, &ends, (DVec3::ZERO, Bed::flat()));
                // Close ends become one point.
                prop_assert!(!corner.kerb.is_empty());
                prop_assert!(corner.kerb.iter().chain(&corner.back).all(|p| p.is_finite()));
            }
        }
    }
}
