//! Bridges on a terrain: from abutment to abutment, whatever the ground does between them.

use super::{
    tests::{line, road},
    *,
};
use cim_geo::Relief;
use proptest::prelude::*;

/// Heights over a square of a kilometre.
pub(super) fn relief(height: impl Fn(f64, f64) -> f64) -> Relief {
    let at = |k: u32| -500.0 + 5.0 * f64::from(k);
    let heights = (0..=200).flat_map(|j| (0..=200).map(|i| height(at(i), at(j)) as f32).collect::<Vec<_>>());
    Relief::new([-500.0; 2], 5.0, (201, 201), heights.collect()).unwrap()
}

/// A road from west to east with a bridge from -60 to 60 m, in two parts; and a road below it from south to north.
fn over_a_valley(relief: &Relief, shores: &Shores) -> Vec<Street> {
    let lines = [
        line(&[(0., -300.), (0., 300.)]),
        line(&[(-300., 0.), (-60., 0.)]),
        line(&[(-60., 0.), (20., 0.)]),
        line(&[(20., 0.), (60., 0.)]),
        line(&[(60., 0.), (300., 0.)]),
    ];
    let bridge = [("bridge", "yes"), ("layer", "1")];
    let tags = |i: usize| if i == 2 || i == 3 { &bridge[..] } else { &[] };
    let roads: Vec<Road> = (0..5).map(|i| road(i, RoadClass::Secondary, tags(i))).collect();
    streets(&roads, &lines, shores, Bed::new(Some(relief))).into_iter().flatten().collect()
}

/// The centre line of some streets one after the other, metres east and above the city's zero.
pub(super) fn profile(streets: &[Street], relief: &Relief) -> Vec<[f64; 2]> {
    let points = streets.iter().flat_map(|s| s.course.iter().map(|p| [p.x, p.z + relief.height(p.x, p.y)]));
    let mut out: Vec<[f64; 2]> = points.collect();
    out.dedup_by(|a, b| (a[0] - b[0]).abs() < 1e-3 && (a[1] - b[1]).abs() < 1e-3);
    out
}

fn none() -> Shores {
    Shores::new(std::iter::empty())
}

/// Twenty metres deep, with banks that begin at the bridge's ends.
fn gorge(x: f64) -> f64 {
    20.0 - 20.0 * ((60.0 - x.abs()) / 30.0).clamp(0.0, 1.0)
}

#[test]
fn a_deck_runs_straight_over_a_valley() {
    let relief = relief(|x, _| gorge(x));
    let streets = over_a_valley(&relief, &none());
    assert!(streets[0].course.iter().all(|p| p.z == 0.0), "the road below stays on the ground");
    for [x, z] in profile(&streets[1..], &relief) {
        assert!((z - 20.0).abs() < 0.02, "{z} at {x}");
    }
    // Nothing sags, and what carries it stands on the valley's floor.
    let middle = streets[2].course.iter().find(|p| p.x.abs() < 6.0).unwrap();
    assert!((middle.z - 20.0).abs() < 0.02);
    assert!(streets[2].pieces.iter().any(|p| p.piers.iter().any(|(at, _)| at.z > 10.0)));
}

#[test]
fn a_deck_is_level_across_and_its_approaches_slope_as_the_ground_does() {
    // A slope to the north, and a gorge across it.
    let relief = relief(|x, y| gorge(x) + 0.1 * y);
    let bed = Bed::new(Some(&relief));
    let high = |centre: DVec3, across: f64| {
        let at = centre.truncate() + DVec2::new(0.0, across);
        bed.beside(centre, at) + bed.ground(at)
    };
    let streets = over_a_valley(&relief, &none());
    let on_deck = streets[2].course.iter().find(|p| p.x.abs() < 20.0).unwrap();
    assert!((high(*on_deck, 5.0) - high(*on_deck, -5.0)).abs() < 1e-9);
    let approach = streets[1].course[0];
    assert!((high(approach, 5.0) - high(approach, -5.0) - 1.0).abs() < 1e-3);
}

#[test]
fn a_bridge_that_is_too_low_for_what_it_crosses_is_raised() {
    let shallow = relief(|x, _| 0.1 * gorge(x));
    let streets = over_a_valley(&shallow, &none());
    let top = profile(&streets[2..4], &shallow).iter().map(|p| p[1]).fold(0.0, f64::max);
    // Six metres above the road below, or a little less at the nearest station. Its second part crosses nothing that is
    // known and asks for no more, so that it is not above its own abutments, which are two metres higher than the road.
    assert!((5.9..6.7).contains(&top), "{top}");
    // A bridge over a bridge is above that, not above the ground.
    let deep = relief(|x, _| gorge(x));
    let lines = [line(&[(-60., 0.), (60., 0.)]), line(&[(0., -200.), (0., 200.)])];
    let roads =
        [("1", 0), ("2", 1)].map(|(layer, i)| road(i, RoadClass::Primary, &[("bridge", "yes"), ("layer", layer)]));
    let built = super::streets(&roads, &lines, &none(), Bed::new(Some(&deep)));
    let upper = built[1].as_ref().unwrap().course.iter().filter(|p| p.y.abs() < 3.1).map(|p| p.z).fold(0.0, f64::max);
    assert!((upper - 26.0).abs() < 0.2, "{upper}");
}

#[test]
fn a_bridge_between_high_banks_does_not_come_down_to_the_water() {
    let relief = relief(|x, _| 0.4 * gorge(x));
    let river = line(&[(-20., -400.), (20., -400.), (20., 400.), (-20., 400.)]);
    let shores = Shores::new(std::iter::once(&river[..]));
    let lines = [line(&[(-200., 0.), (200., 0.)])];
    let built = streets(&[road(0, RoadClass::Primary, &[])], &lines, &shores, Bed::new(Some(&relief)));
    let street = built[0].as_ref().unwrap();
    // No bridge is tagged: it begins three metres from the water, on the banks' feet.
    for (pair, bridge) in street.pieces[0].line.windows(2).zip(&street.pieces[0].bridge) {
        assert!(!bridge || pair[0].z + relief.height(pair[0].x, 0.0) > 1.0);
    }
    let tagged = over_a_valley(&relief, &shores);
    for [x, z] in profile(&tagged[2..4], &relief) {
        assert!((7.9..8.7).contains(&z), "{z} at {x}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn decks_clear_what_they_cross_and_have_no_steps_or_kinks(
        depth in 0.0..40.0f64, west in -0.06..0.06f64, east in -0.06..0.06f64, rise in -3.0..3.0f64,
    ) {
        let relief = relief(|x, _| {
            let bank = if x < 0.0 { west * (-60.0 - x).max(0.0) } else { rise + east * (x - 60.0).max(0.0) };
            let within = ((60.0 - x.abs()) / 30.0).clamp(0.0, 1.0);
            bank - depth * within
        });
        let streets = over_a_valley(&relief, &none());
        for s in &streets[1..] {
            prop_assert!(s.course.iter().all(|p| p.z >= -1e-9));
        }
        let profile = profile(&streets[1..], &relief);
        // Stations beside the crossing are three metres from it at most.
        let over = profile.iter().filter(|p| p[0].abs() < 3.1).map(|p| p[1]).fold(f64::MIN, f64::max);
        let below = relief.height(0.0, 0.0);
        prop_assert!(over >= below + 5.9, "{} {}", over, below);
        let mut slopes = Vec::new();
        for pair in profile.windows(2) {
            let run = pair[1][0] - pair[0][0];
            prop_assert!(run > 0.01, "a step at {:?}", pair);
            if run > 2.0 {
                slopes.push((pair[1][1] - pair[0][1]) / run);
            }
        }
        // No more than between two ramps at the usual gradient, down one and up the next.
        prop_assert!(slopes.windows(2).all(|w| (w[1] - w[0]).abs() < 0.101), "{:?}", slopes);
    }
}
