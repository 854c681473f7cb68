//! Outlines of single buildings, as much of them as is seen from where a tile is used.

use super::moments::{Moments, Plan, Ring, area};
use geo::{LineString, Simplify};

/// Pixels of a courtyard, across, that is filled.
const FILLED: f64 = 2.0;
/// Pixels from the middle of a building to its ends up to which it is a box.
const BOXED: f64 = 4.0;
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
    let line = LineString::from_iter(ring.iter().chain(ring.first()).copied()).simplify(0.5 * pixel);
    let mut less: Ring = line.into_inner().into_iter().map(|c| [c.x, c.y]).collect();
    less.pop();
    let of = |ring: &[[f64; 2]]| area(&Plan { ring: ring.to_vec(), holes: Vec::new() });
    let (before, after) = (of(ring), of(&less));
    let kept = less.len() >= 3 && (after - before).abs() <= AREA_OFF * before && !crosses(&less);
    if kept { less } else { ring.to_vec() }
}

/// Whether two sides of a ring that are no neighbours meet.
fn crosses(ring: &[[f64; 2]]) -> bool {
    let n = ring.len();
    let side = |i: usize| (ring[i], ring[(i + 1) % n]);
    let turn = |a: [f64; 2], b: [f64; 2], c: [f64; 2]| (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]);
    (0..n).any(|i| {
        (i + 2..n).filter(|j| (j + 1) % n != i).any(|j| {
            let ((a, b), (c, d)) = (side(i), side(j));
            turn(a, b, c) * turn(a, b, d) <= 0.0 && turn(c, d, a) * turn(c, d, b) <= 0.0
        })
    })
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
}
