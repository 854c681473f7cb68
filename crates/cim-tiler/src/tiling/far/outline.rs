//! Outlines of single buildings, as much of them as is seen from where a tile is used.

use super::moments::{Moments, Plan, Ring, area};
use geo::{LineString, Simplify};

/// Pixels of a courtyard, across, that is filled.
const FILLED: f64 = 2.0;
/// Pixels from the middle of a building to its ends up to which it is a box.
const BOXED: f64 = 4.0;
/// Sides that are simplified at a time: in the worst case that takes a recursion as deep and the time of its square.
const RUN: usize = 2000;
/// Pairs of sides that are looked at for each side, on average at most.
const MOST_PAIRS: usize = 400;
/// Part of the area that an outline may lose or gain.
const AREA_OFF: f64 = 0.15;

/// A plan without what is not seen where a pixel is so many metres: no corner goes that is more than half a pixel off
/// the outline that is left, and the area stays about as large.
pub(super) fn outline(plan: &Plan, pixel: f64) -> Plan {
    let [low, high] = bounds(&plan.ring);
    let seen = |hole: &&Ring| {
        let [low, high] = bounds(hole);
        (high[0] - low[0]).min(high[1] - low[1]) > FILLED * pixel
    };
    let holes: Vec<Ring> = plan.holes.iter().filter(seen).map(|h| straight(h, pixel)).collect();
    if plan.ring.len() > 4 && holes.is_empty() && (high[0] - low[0]).hypot(high[1] - low[1]) < 2.0 * BOXED * pixel {
        let moments = Moments::of_plan(&Plan { ring: plan.ring.clone(), holes: Vec::new() }, low);
        if moments.area > 0.0 {
            let corners = moments.rectangle().corners();
            return Plan { ring: corners.map(|c| [c[0] + low[0], c[1] + low[1]]).to_vec(), holes };
        }
    }
    Plan { ring: straight(&plan.ring, pixel), holes }
}

/// A ring without the bends that are less than half a pixel; as it is where it would cross itself or lose too much.
fn straight(ring: &[[f64; 2]], pixel: f64) -> Ring {
    if ring.len() <= 4 {
        return ring.to_vec();
    }
    let closed: Ring = ring.iter().chain(ring.first()).copied().collect();
    let mut less = Ring::new();
    let mut from = 0;
    while from + 1 < closed.len() {
        let to = (from + RUN).min(closed.len() - 1);
        let run = LineString::from_iter(closed[from..=to].iter().copied()).simplify(0.5 * pixel);
        less.extend(run.into_inner().into_iter().map(|c| [c.x, c.y]));
        // The next run begins with it, and the ring is not closed.
        less.pop();
        from = to;
    }
    let of = |ring: &[[f64; 2]]| area(&Plan { ring: ring.to_vec(), holes: Vec::new() });
    let (before, after) = (of(ring), of(&less));
    let kept = less.len() >= 3 && (after - before).abs() <= AREA_OFF * before && !crosses(&less);
    if kept { less } else { ring.to_vec() }
}

/// Whether two sides of a ring that are no neighbours meet, or so many come near each other that it would take long to
/// know: then they are taken to.
fn crosses(ring: &[[f64; 2]]) -> bool {
    let n = ring.len();
    let side = |i: usize| (ring[i], ring[(i + 1) % n]);
    let turn = |a: [f64; 2], b: [f64; 2], c: [f64; 2]| (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]);
    let span = |i: usize, axis: usize| {
        let (a, b) = side(i);
        [a[axis].min(b[axis]), a[axis].max(b[axis])]
    };
    // Along the axis on which the sides are shorter, for the ring's size, fewer of them are beside each other.
    let [low, high] = bounds(ring);
    let [beside, above] = [0, 1].map(|axis| {
        let sum: f64 = (0..n).map(|i| span(i, axis)).map(|[l, h]| h - l).sum();
        sum / (high[axis] - low[axis]).max(f64::MIN_POSITIVE)
    });
    let axis = usize::from(above < beside);
    let mut order: Vec<(usize, [f64; 2])> = (0..n).map(|i| (i, span(i, axis))).collect();
    order.sort_by(|a, b| a.1[0].total_cmp(&b.1[0]));
    let mut left = MOST_PAIRS * n;
    for (k, (i, [_, end])) in order.iter().enumerate() {
        let ((a, b), [low, high]) = (side(*i), span(*i, 1 - axis));
        for (j, _) in order[k + 1..].iter().take_while(|(_, [begin, _])| begin <= end) {
            if left == 0 {
                return true;
            }
            left -= 1;
            let ((c, d), [l, h]) = (side(*j), span(*j, 1 - axis));
            let neighbours = (i + 1) % n == *j || (j + 1) % n == *i;
            if !neighbours
                && l <= high
                && low <= h
                && turn(a, b, c) * turn(a, b, d) <= 0.0
                && turn(c, d, a) * turn(c, d, b) <= 0.0
            {
                return true;
            }
        }
    }
    false
}

fn bounds(ring: &[[f64; 2]]) -> [[f64; 2]; 2] {
    ring.iter().fold([[f64::MAX; 2], [f64::MIN; 2]], |[low, high], p| {
        [[0, 1].map(|k| low[k].min(p[k])), [0, 1].map(|k| high[k].max(p[k]))]
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn away(ring: &[[f64; 2]], p: [f64; 2]) -> f64 {
        let to = |i: usize| {
            let (a, b) = (ring[i], ring[(i + 1) % ring.len()]);
            let (x, y) = (b[0] - a[0], b[1] - a[1]);
            let t = (((p[0] - a[0]) * x + (p[1] - a[1]) * y) / (x * x + y * y)).clamp(0.0, 1.0);
            (a[0] + x * t - p[0]).hypot(a[1] + y * t - p[1])
        };
        (0..ring.len()).map(to).fold(f64::MAX, f64::min)
    }

    proptest! {
        #[test]
        fn no_corner_goes_that_is_seen(
            radii in prop::collection::vec(20.0..40.0f64, 5..40), pixel in 0.5..8.0f64,
        ) {
            let n = radii.len() as f64;
            let corner = |(i, r): (usize, &f64)| {
                let a = std::f64::consts::TAU * i as f64 / n;
                [r * a.cos(), r * a.sin()]
            };
            let plan = Plan { ring: radii.iter().enumerate().map(corner).collect(), holes: Vec::new() };
            let less = outline(&plan, pixel);
            prop_assert!(less.ring.len() <= plan.ring.len().max(4));
            prop_assert!((area(&less) - area(&plan)).abs() <= AREA_OFF * area(&plan) + 1e-6);
            let [low, high] = bounds(&plan.ring);
            let boxed = (high[0] - low[0]).hypot(high[1] - low[1]) < 2.0 * BOXED * pixel;
            // A box of the same area and centre is within the building's reach.
            let most = if boxed { BOXED * pixel } else { 0.5 * pixel + 1e-9 };
            for p in &plan.ring {
                prop_assert!(away(&less.ring, *p) <= most, "{} of {pixel}", away(&less.ring, *p));
            }
        }
    }

    #[test]
    fn courtyards_are_kept_as_long_as_they_are_seen() {
        let square = |h: f64| vec![[-h, -h], [h, -h], [h, h], [-h, h]];
        let plan = Plan { ring: square(30.0), holes: vec![square(10.0)] };
        assert_eq!(outline(&plan, 2.5), plan);
        assert_eq!(outline(&plan, 9.9).holes.len(), 1);
        assert_eq!(outline(&plan, 10.0), Plan { ring: square(30.0), holes: Vec::new() });
    }

    #[test]
    fn a_small_thing_of_many_corners_is_a_box_of_its_area() {
        let corner = |i: i32| [f64::from(i).cos() * 5.0 + 700.0, f64::from(i).sin() * 5.0];
        let plan = Plan { ring: (0..6).map(corner).collect(), holes: Vec::new() };
        let less = outline(&plan, 5.0);
        assert_eq!(less.ring.len(), 4);
        assert!((area(&less) - area(&plan)).abs() < 1e-6);
    }

    #[test]
    fn a_ring_that_would_cross_itself_stays() {
        assert!(crosses(&[[0.0, 0.0], [10.0, 10.0], [10.0, 0.0], [0.0, 10.0]]));
        assert!(!crosses(&[[0.0, 0.0], [10.0, 0.0], [10.0, 10.0], [0.0, 10.0]]));
    }

    /// A ring around the origin whose corners are as far from it as said.
    fn star(n: usize, radius: impl Fn(usize) -> f64) -> Ring {
        let corner = |i: usize| {
            let a = std::f64::consts::TAU * i as f64 / n as f64;
            [radius(i) * a.cos(), radius(i) * a.sin()]
        };
        (0..n).map(corner).collect()
    }

    /// What [`crosses`] says, by trying all pairs.
    fn crosses_slowly(ring: &[[f64; 2]]) -> bool {
        let n = ring.len();
        let turn =
            |a: [f64; 2], b: [f64; 2], c: [f64; 2]| (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]);
        (0..n).any(|i| {
            (i + 2..n).filter(|j| (j + 1) % n != i).any(|j| {
                let [a, b, c, d] = [i, i + 1, j, j + 1].map(|k| ring[k % n]);
                turn(a, b, c) * turn(a, b, d) <= 0.0 && turn(c, d, a) * turn(c, d, b) <= 0.0
            })
        })
    }

    proptest! {
        #[test]
        fn crossings_are_those_of_all_pairs(
            corners in prop::collection::vec((0..12i32, 0..12i32), 3..9), radii in prop::collection::vec(9.0..40.0f64, 3..60),
        ) {
            let any: Ring = corners.iter().map(|(x, y)| [f64::from(*x), f64::from(*y)]).collect();
            // Where several sides are on one line the products say that they meet, though they are apart.
            let apart = |ring: &[[f64; 2]]| crosses_slowly(ring) && !crosses(ring);
            let on_a_line = any.iter().enumerate().any(|(i, p)| {
                let near: Vec<[f64; 2]> = any.iter().enumerate().filter(|(j, _)| *j != i).map(|(_, q)| *q).collect();
                near.iter().any(|q| near.iter().any(|r| q != r && (q[0] - p[0]) * (r[1] - p[1]) == (q[1] - p[1]) * (r[0] - p[0])))
            });
            prop_assert!(on_a_line || !apart(&any), "{any:?}");
            prop_assert!(!crosses(&any) || crosses_slowly(&any));
            prop_assert!(!crosses(&star(radii.len(), |i| radii[i])));
        }
    }

    #[test]
    fn an_outline_of_a_hundred_thousand_corners_takes_no_minutes() {
        const MANY: usize = 100_000;
        let round = star(MANY, |_| 500.0);
        let saw = star(MANY, |i| if i % 2 == 0 { 500.0 } else { 300.0 });
        let mut comb: Ring =
            (0..MANY as i32).map(|i| [f64::from(i / 2), if i / 2 % 2 == i % 2 { 0.0 } else { 900.0 }]).collect();
        comb.extend([[f64::from(MANY as i32 / 2), -9.0], [0.0, -9.0]]);
        let turned: Ring = comb.iter().map(|[x, y]| [x * 0.8 - y * 0.6, x * 0.6 + y * 0.8]).collect();
        let lying: Ring = comb.iter().map(|[x, y]| [*y, *x]).collect();
        // Of the saw's sides too many are beside each other for anybody to look at all of them.
        for ring in [&round, &comb, &lying] {
            assert!(!crosses(ring));
        }
        for ring in [round, saw, comb, lying, turned] {
            let ring_area = area(&Plan { ring: ring.clone(), holes: Vec::new() });
            let less = outline(&Plan { ring, holes: Vec::new() }, 5.0);
            assert!((area(&less) - ring_area).abs() <= AREA_OFF * ring_area + 1e-6);
        }
        // All sides are beside each other whichever way one looks.
        let wheel: Ring = (0..MANY).map(|i| [if i % 2 == 0 { 0.0 } else { 500.0 }, i as f64 * 1e-3]).collect();
        let bent: Ring = wheel.iter().map(|[x, y]| [x * 0.7 - y * 0.7, x * 0.7 + y * 0.7]).collect();
        assert!(crosses(&bent));
    }
}
