//! Bridges in several parts: one deck, without a hump where a part crosses nothing that is known.

use super::{
    deck_tests::{profile, relief},
    tests::{line, road},
    *,
};
use crate::city::RoadClass::{Residential, Secondary};

const LOW: &[(&str, &str)] = &[("bridge", "yes"), ("layer", "1")];
const HIGH: &[(&str, &str)] = &[("bridge", "yes"), ("layer", "2")];

/// A road from west to east, cut at the places that are given, a bridge where it has tags; and roads below it from south to
/// north.
fn viaduct(cuts: &[(f64, &[(&str, &str)])], east: f64, below: &[f64], bed: Bed<'_>) -> Vec<Street> {
    let ends = cuts.iter().skip(1).map(|c| c.0).chain([east]);
    let mut lines: Vec<Vec<DVec2>> = cuts.iter().zip(ends).map(|(c, to)| line(&[(c.0, 0.), (to, 0.)])).collect();
    let mut roads: Vec<Road> = cuts.iter().enumerate().map(|(i, c)| road(i, Secondary, c.1)).collect();
    for x in below {
        roads.push(road(lines.len(), Residential, &[]));
        lines.push(line(&[(*x, -300.), (*x, 300.)]));
    }
    streets(&roads, &lines, &Shores::new(std::iter::empty()), bed).into_iter().flatten().collect()
}

#[test]
fn a_run_that_clears_a_valley_has_no_humps_at_its_ends() {
    let gorge = relief(|x, _| 20.0 - 20.0 * ((60.0 - x.abs()) / 30.0).clamp(0.0, 1.0));
    let cuts = [(-300., &[][..]), (-60., LOW), (-52., LOW), (52., LOW), (60., &[])];
    let streets = viaduct(&cuts, 300., &[], Bed::new(Some(&gorge)));
    for [x, z] in profile(&streets, &gorge) {
        assert!((z - 20.0).abs() < 0.02, "{z} at {x}");
    }
    // The same bridge in one part.
    let streets = viaduct(&[(-300., &[]), (-60., LOW), (60., &[])], 300., &[], Bed::new(Some(&gorge)));
    assert!(profile(&streets, &gorge).iter().all(|p| (p[1] - 20.0).abs() < 0.02));
}

#[test]
fn a_part_that_crosses_nothing_stays_at_the_height_of_its_neighbours() {
    let cuts = [(-500., &[][..]), (-200., LOW), (-60., HIGH), (60., LOW), (200., &[])];
    let streets = viaduct(&cuts, 500., &[-100., 100.], Bed::flat());
    let heights: Vec<f64> =
        streets[..5].iter().flat_map(|s| &s.course).filter(|p| p.x.abs() <= 100.0).map(|p| p.z).collect();
    assert!(heights.len() > 10 && heights.iter().all(|z| (5.5..6.1).contains(z)), "{heights:?}");
}

#[test]
fn a_deck_comes_down_to_the_ground_where_its_run_ends() {
    let cuts = [(-500., &[][..]), (-200., LOW), (0., LOW), (200., &[])];
    let streets = viaduct(&cuts, 500., &[-100.], Bed::flat());
    let last = &streets[2].course;
    assert!(last[0].z > 5.9, "{}", last[0].z);
    assert!(last.iter().filter(|p| p.x < 60.0).all(|p| p.z > 5.5));
    assert!(last[last.len() - 1].z < 0.01 && streets[3].course.iter().all(|p| p.z < 0.01));
}
