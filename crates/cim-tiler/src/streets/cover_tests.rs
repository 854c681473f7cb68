//! What leads or stands over the open ramp of a tunnel has ground below it.

use super::{
    tests::{line, road},
    *,
};
use crate::city::RoadClass::{Footway, Primary};

/// A main road from west to east with a tunnel from -40 to 40 m, and another road; covered.
fn ramps(class: RoadClass, other: &[(f64, f64)], tags: &[(&str, &str)], buildings: &[&[(f64, f64)]]) -> Vec<Street> {
    let tunnel = [("tunnel", "yes"), ("layer", "-1")];
    let lines =
        [line(&[(-300., 0.), (-40., 0.)]), line(&[(-40., 0.), (40., 0.)]), line(&[(40., 0.), (300., 0.)]), line(other)];
    let roads: Vec<Road> = [(Primary, &[][..]), (Primary, &tunnel), (Primary, &[]), (class, tags)]
        .into_iter()
        .enumerate()
        .map(|(i, (class, tags))| road(i, class, tags))
        .collect();
    let mut built = streets(&roads, &lines, &Shores::new(std::iter::empty()), Bed::flat());
    cover(&mut built, &roads, || buildings.iter().map(|b| line(b)).collect(), Bed::flat());
    built.into_iter().map(Option::unwrap).collect()
}

/// Whether the ground is open at so many metres east, on the middle of the ramp.
fn open(streets: &[Street], x: f64) -> bool {
    streets.iter().flat_map(Street::openings).any(|ring| {
        let [low, high] = [f64::min, f64::max].map(|f| ring.iter().map(|p| p.x).reduce(f).unwrap());
        (low..high).contains(&x)
    })
}

#[test]
fn a_path_over_a_ramp_has_the_ground_to_lie_on() {
    let streets = ramps(Footway, &[(-60., -50.), (-60., 50.)], &[], &[]);
    assert!(![-60.0, -59.0, -61.0].into_iter().any(|x| open(&streets, x)));
    assert!([-65.0, -55.0, -45.0, 60.0].into_iter().all(|x| open(&streets, x)));
    let covered = |s: &Street| -> f64 {
        let segments = s.pieces.iter().flat_map(|p| p.line.windows(2).zip(&p.covered));
        segments.filter(|(_, c)| **c).map(|(w, _)| w[0].truncate().distance(w[1].truncate())).sum()
    };
    let wide = 2.0 * (streets[3].section.half + streets[3].section.pavement);
    assert!((wide..wide + 2.0).contains(&covered(&streets[0])), "{}", covered(&streets[0]));
    assert_eq!(covered(&streets[2]), 0.0);
    // What runs along it, and a bridge, do not close it.
    assert!(open(&ramps(Footway, &[(-200., 3.), (-45., -3.)], &[], &[]), -100.0));
    assert!(open(&ramps(Footway, &[(-60., -50.), (-60., 50.)], &[("bridge", "yes")], &[]), -60.0));
}

#[test]
fn a_building_over_a_ramp_stands_on_ground_and_one_beside_it_changes_nothing() {
    let away: &[(f64, f64)] = &[(0., 200.), (50., 200.)];
    let over: &[(f64, f64)] = &[(-80., -30.), (-62., -30.), (-62., 30.), (-80., 30.)];
    let beside: &[(f64, f64)] = &[(60., 5.), (80., 5.), (80., 30.), (60., 30.)];
    let streets = ramps(Footway, away, &[], &[over, beside]);
    assert!(!open(&streets, -79.0) && !open(&streets, -63.0));
    assert!([-81.0, -61.0, 61.0, 79.0].into_iter().all(|x| open(&streets, x)));
    // A building that stands where the tunnel begins covers the ramp up to it.
    let mouth: &[(f64, f64)] = &[(-55., -30.), (20., -30.), (20., 30.), (-55., 30.)];
    let streets = ramps(Footway, away, &[], &[mouth]);
    assert!(!open(&streets, -54.0) && !open(&streets, -42.0) && open(&streets, -56.0));
}
