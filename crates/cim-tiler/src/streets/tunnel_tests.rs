//! Tunnels: below the ground inside, on it where they end, with ramps that no other road has to go down.

use super::{
    deck_tests::{profile, relief},
    tests::{line, road},
    *,
};
use crate::city::RoadClass::{Footway, Primary, Residential};

const TUNNEL: &[(&str, &str)] = &[("tunnel", "yes"), ("layer", "-1")];

type Given<'a> = (RoadClass, &'a [(&'a str, &'a str)], &'a [(f64, f64)]);

fn build(given: &[Given<'_>], bed: Bed<'_>) -> Vec<Street> {
    let lines: Vec<_> = given.iter().map(|(_, _, l)| line(l)).collect();
    let roads: Vec<Road> = given.iter().enumerate().map(|(i, (class, tags, _))| road(i, *class, tags)).collect();
    let built = streets(&roads, &lines, &Shores::new(std::iter::empty()), bed);
    built.into_iter().map(Option::unwrap).collect()
}

/// A main road from west to east that passes below another one.
const UNDERPASS: &[Given<'_>] = &[
    (Primary, &[], &[(-300., 0.), (-40., 0.)]),
    (Primary, TUNNEL, &[(-40., 0.), (40., 0.)]),
    (Primary, &[], &[(40., 0.), (300., 0.)]),
    (Residential, &[], &[(0., -200.), (0., 200.)]),
];

fn deepest(street: &Street) -> f64 {
    street.course.iter().map(|p| p.z).fold(0.0, f64::min)
}

#[test]
fn an_underpass_goes_down_before_its_tunnel_begins_and_comes_up_behind_it() {
    let streets = build(UNDERPASS, Bed::flat());
    assert!(streets[3].course.iter().all(|p| p.z == 0.0), "what is above stays where it is");
    assert!(streets[1].course.iter().all(|p| (-6.0..-5.9).contains(&p.z)));
    assert_eq!((streets[0].course[0].z, streets[2].course.last().unwrap().z), (0.0, 0.0));
    let meets = |a: &Street, b: &Street| a.course.last().unwrap().distance(b.course[0]);
    assert!(meets(&streets[0], &streets[1]) < 1e-6 && meets(&streets[1], &streets[2]) < 1e-6);
    for pair in streets[..3].iter().flat_map(|s| s.course.windows(2)) {
        let (rise, run) = ((pair[1].z - pair[0].z).abs(), pair[1].truncate().distance(pair[0].truncate()));
        assert!(rise <= 0.0501 * run, "{rise} in {run}");
    }
    assert!(streets[1].pieces.iter().all(|p| p.covered.iter().all(|c| *c)));
    assert!(streets[0].pieces.iter().all(|p| p.covered.iter().all(|c| !c)));
}

#[test]
fn the_ground_is_open_over_the_ramps_and_whole_over_the_tunnel() {
    let streets = build(UNDERPASS, Bed::flat());
    let open = |x: f64| {
        let covers = |ring: &Vec<DVec2>| {
            let [low, high] = [f64::min, f64::max].map(|f| ring.iter().map(|p| p.x).reduce(f).unwrap());
            (low..high).contains(&x)
        };
        streets.iter().flat_map(Street::openings).any(|ring| covers(&ring))
    };
    // Down by six metres at 5 %, with a rounded crest.
    assert!([-140.0, -60.0, -41.0, 41.0, 100.0].into_iter().all(open));
    assert!(![-39.0, 0.0, 39.0, 180.0, -250.0].into_iter().any(open));
    let wide = streets[0].section.half + streets[0].section.pavement;
    let reach = streets.iter().flat_map(Street::openings).flatten().map(|p| p.y.abs()).fold(0.0, f64::max);
    assert!((wide..wide + 0.3).contains(&reach), "{reach}");
}

#[test]
fn a_tunnel_through_a_hill_is_level_and_its_roads_stay_on_the_ground() {
    let hill = relief(|x, _| 30.0 * (-(x / 70.0) * (x / 70.0)).exp() - 30.0 * (-(100.0f64 / 70.0).powi(2)).exp());
    let given: &[Given<'_>] = &[
        (Primary, &[], &[(-300., 0.), (-100., 0.)]),
        (Primary, TUNNEL, &[(-100., 0.), (100., 0.)]),
        (Primary, &[], &[(100., 0.), (300., 0.)]),
    ];
    let streets = build(given, Bed::new(Some(&hill)));
    assert!([0, 2].iter().all(|i| streets[*i].course.iter().all(|p| p.z.abs() < 1e-6)));
    assert!(streets[1].course.iter().all(|p| p.z <= 0.0));
    let heights = profile(&streets[1..2], &hill);
    let (low, high) = heights.iter().fold((f64::MAX, f64::MIN), |(l, h), p| (l.min(p[1]), h.max(p[1])));
    // It takes the slope of the roads before it up, and is level then.
    assert!(low > -1.0 && high < 1.0, "{low} {high}");
    let piece = &streets[1].pieces[0];
    let covered = |x: f64| {
        let i = piece.line.windows(2).position(|w| (w[0].x..=w[1].x).contains(&x)).unwrap();
        piece.covered[i]
    };
    assert!(covered(0.0) && covered(-60.0) && !covered(-98.0) && !covered(98.0));
    let depth = -deepest(&streets[1]);
    assert!((20.0..30.0).contains(&depth), "{depth}");
}

#[test]
fn no_other_road_is_taken_down_with_a_ramp() {
    // A side street 50 m before the tunnel: the ramp begins there, steeper than usual.
    let mut given = UNDERPASS.to_vec();
    given.push((Residential, &[], &[(-90., 0.), (-90., 150.)]));
    let streets = build(&given, Bed::flat());
    assert_eq!(deepest(&streets[4]), 0.0);
    let at = |x: f64| {
        let near = |p: &&DVec3| (p.x - x).abs();
        let points: Vec<&DVec3> = streets[..3].iter().flat_map(|s| &s.course).collect();
        points.into_iter().min_by(|a, b| near(a).total_cmp(&near(b))).unwrap().z
    };
    assert_eq!(at(-90.0), 0.0);
    assert!(at(-40.0) < -4.4, "{}", at(-40.0));
    assert!(streets[1].pieces[0].covered.iter().filter(|c| **c).count() > 8);
}

#[test]
fn paths_go_down_by_stairs_within_their_tunnel() {
    let given: &[Given<'_>] = &[
        (Footway, &[], &[(-60., 0.), (-15., 0.)]),
        (Footway, TUNNEL, &[(-15., 0.), (15., 0.)]),
        (Footway, &[], &[(15., 0.), (60., 0.)]),
        (Primary, &[], &[(0., -200.), (0., 200.)]),
    ];
    let streets = build(given, Bed::flat());
    assert!([0, 2, 3].iter().all(|i| deepest(&streets[*i]) == 0.0));
    assert!((deepest(&streets[1]) + 3.5).abs() < 1e-6);
    let covered = &streets[1].pieces[0].covered;
    assert!(!covered[0] && covered[covered.len() / 2] && !covered[covered.len() - 1]);
}

#[test]
fn a_lower_level_is_deeper() {
    let deep: &[(&str, &str)] = &[("tunnel", "yes"), ("layer", "-2")];
    let given: &[Given<'_>] = &[
        (Primary, &[], &[(-480., 0.), (-150., 0.)]),
        (Primary, TUNNEL, &[(-150., 0.), (0., 0.)]),
        (Primary, deep, &[(0., 0.), (300., 0.)]),
    ];
    let streets = build(given, Bed::flat());
    assert!((deepest(&streets[2]) + 12.0).abs() < 1e-6);
    assert!((streets[1].course.last().unwrap().z - streets[2].course[0].z).abs() < 1e-6);
}
