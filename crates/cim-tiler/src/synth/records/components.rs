//! Components (部件) where such things stand: along kerbs, in lanes, at crossings, where street trees are.

use super::{Survey, grid::Grid, people::spread};
use crate::{
    city::Edge,
    records::{Component, ComponentClass, ComponentState, Components},
    synth::demo::{self, Stand, demo},
    workers,
};
use rand::Rng;
use rand_pcg::Pcg64;
use std::collections::HashMap;

/// Streets that are surveyed before it is counted how many components there are.
const TURN: usize = 1024;
/// Metres of a street at either end that belong to the crossing.
const CROSSING_M: f64 = 16.0;

type Point = [f64; 2];

/// A piece of street.
struct Piece<'a> {
    /// Index of its edge of the network.
    index: usize,
    edge: &'a Edge,
    /// Index of its road.
    road: usize,
    line: Vec<Point>,
    /// Metres from the centre of the city.
    off: f64,
    trees: Vec<Point>,
}

/// Components from the centre outwards until there are as many as are wanted, or no street is left.
pub(super) fn components(survey: &Survey<'_>, grid: &Grid) -> Components {
    let wanted = survey.given.options.components;
    let mut out = Components {
        county: demo().county.clone(),
        authority: "济宁市城市管理局".into(),
        classes: demo().component_classes.iter().map(class).collect(),
        streets: survey.given.roads.iter().map(|r| r.name.clone()).collect(),
        list: Vec::with_capacity(wanted),
    };
    let pieces = pieces(survey);
    let mut numbers = vec![0; out.classes.len()];
    for turn in pieces.chunks(TURN) {
        for component in workers::each(turn, |piece| along(survey, grid, piece)).into_iter().flatten() {
            if out.list.len() >= wanted {
                return out;
            }
            let number = &mut numbers[usize::from(component.class)];
            *number += 1;
            out.list.push(Component { number: *number, ..component });
        }
    }
    out
}

fn class(c: &demo::ComponentClass) -> ComponentClass {
    ComponentClass {
        code: c.code.clone(),
        name: c.name.zh.clone(),
        major: c.code.get(..2).and_then(|m| demo().component_majors.get(m)).cloned().unwrap_or_default(),
        department: c.department.clone(),
        material: c.material.clone(),
        set_at: c.set_at.clone(),
    }
}

/// The pieces of street from the centre outwards, each with its trees.
fn pieces<'a>(survey: &Survey<'a>) -> Vec<Piece<'a>> {
    let (roads, site) = (survey.given.roads, survey.given.site);
    let by_id: HashMap<&str, usize> = roads.iter().enumerate().map(|(i, r)| (r.key.id.as_str(), i)).collect();
    let mut of_road: HashMap<usize, Vec<usize>> = HashMap::new();
    let mut list: Vec<Piece<'_>> = Vec::new();
    for (index, edge) in survey.given.network.edges.iter().enumerate() {
        let Some(&road) = by_id.get(edge.road.as_str()) else { continue };
        let line: Vec<Point> = edge.points.iter().map(|p| site.metres(cim_model::Place::new(p[0], p[1]))).collect();
        let middle = line[line.len() / 2];
        of_road.entry(road).or_default().push(list.len());
        list.push(Piece { index, edge, road, line, off: middle[0].hypot(middle[1]), trees: Vec::new() });
    }
    for tree in survey.given.street_trees {
        let near = |i: &&usize| {
            let m = list[**i].line[list[**i].line.len() / 2];
            ((m[0] - tree.at[0]).hypot(m[1] - tree.at[1]) * 100.0) as u64
        };
        if let Some(&i) = of_road.get(&tree.road).and_then(|pieces| pieces.iter().min_by_key(near)) {
            list[i].trees.push(tree.at);
        }
    }
    list.sort_by(|a, b| a.off.total_cmp(&b.off).then(a.index.cmp(&b.index)));
    list
}

/// The components of one piece of street, which have no numbers yet.
fn along(survey: &Survey<'_>, grid: &Grid, piece: &Piece<'_>) -> Vec<Component> {
    let mut random = Pcg64::new(u128::from(survey.given.options.seed), (0xc0 << 64) + piece.index as u128);
    let half = 0.5 * f64::from(piece.edge.width_m);
    let mut out = Vec::new();
    for (number, class) in demo().component_classes.iter().enumerate() {
        if !class.roads.is_empty() && !class.roads.iter().any(|r| r == piece.edge.class.name()) {
            continue;
        }
        let places = places(class, piece, half, &mut random);
        for (at, heading) in places {
            if survey.in_water(at, 0.0) {
                continue;
            }
            let component = component(survey, grid, piece, (at, heading), &mut random);
            out.push(Component { class: number as u16, ..component });
        }
    }
    out
}

/// Places and directions (east-north) of the components of a class.
fn places(class: &demo::ComponentClass, piece: &Piece<'_>, half: f64, random: &mut Pcg64) -> Vec<(Point, Point)> {
    let length: f64 = piece.line.windows(2).map(|w| (w[1][0] - w[0][0]).hypot(w[1][1] - w[0][1])).sum();
    let (from, to) = (CROSSING_M, length - CROSSING_M);
    let mut out = Vec::new();
    // Metres along the street and to its left; what stands looks across the street unless `ahead`.
    let mut put = |s: f64, left: f64, ahead: bool| {
        if let Some((p, along)) = at(&piece.line, s) {
            let side = [-along[1], along[0]];
            let place = [p[0] + side[0] * left, p[1] + side[1] * left];
            let inwards = if left > 0.0 { [-side[0], -side[1]] } else { side };
            out.push((place, if ahead { along } else { inwards }));
        }
    };
    let start = from + random.random_range(0.0..class.step_m.max(1.0));
    let steps = || (0..).map(|k| start + f64::from(k) * class.step_m).take_while(|s| *s < to);
    let both = [1.0, -1.0];
    match class.place {
        Stand::Kerb => both.iter().for_each(|side| steps().for_each(|s| put(s, side * (half + 0.9), false))),
        Stand::Gutter => both.iter().for_each(|side| steps().for_each(|s| put(s, side * (half - 0.4), true))),
        Stand::Lane => {
            let left = random.random_range(-0.75..0.75) * half;
            steps().for_each(|s| put(s, left, true));
        }
        Stand::Centre => steps().for_each(|s| put(s, 0.0, false)),
        Stand::Pavement => {
            let side = if random.random_bool(0.5) { 1.0 } else { -1.0 };
            steps().for_each(|s| put(s, side * (half + 2.6), false));
        }
        Stand::Stop => {
            if random.random_bool((length / class.step_m).clamp(0.0, 1.0)) {
                both.iter().for_each(|side| put(0.5 * length + side * 20.0, side * (half + 2.2), false));
            }
        }
        Stand::Crossing => {
            // Traffic keeps to the right: the light of an approach stands at its right.
            put(CROSSING_M - 3.0, half + 1.0, true);
            put(length - CROSSING_M + 3.0, -half - 1.0, true);
        }
        Stand::Tree => out.extend(piece.trees.iter().map(|t| (*t, [0.0, 1.0]))),
    }
    out
}

/// The point at so many metres of a line, and the way it goes there.
fn at(line: &[Point], metres: f64) -> Option<(Point, Point)> {
    let mut left = metres;
    for w in line.windows(2) {
        let d = [w[1][0] - w[0][0], w[1][1] - w[0][1]];
        let length = d[0].hypot(d[1]);
        if left <= length && length > 0.0 {
            let u = [d[0] / length, d[1] / length];
            return (left >= 0.0).then_some(([w[0][0] + u[0] * left, w[0][1] + u[1] * left], u));
        }
        left -= length;
    }
    None
}

fn component(
    survey: &Survey<'_>,
    grid: &Grid,
    piece: &Piece<'_>,
    (at, heading): (Point, Point),
    random: &mut Pcg64,
) -> Component {
    let state = match random.random_range(0..1000u32) {
        0..970 => ComponentState::Sound,
        970..990 => ComponentState::Damaged,
        990..996 => ComponentState::Missing,
        _ => ComponentState::Disused,
    };
    let day = |years: std::ops::Range<u32>, dice: u64| {
        let span = u64::from(years.end - years.start).max(1);
        years.start * 10_000
            + (dice % span) as u32 * 10_000
            + (1 + (dice >> 16) % 12) as u32 * 100
            + (1 + (dice >> 32) % 28) as u32
    };
    let recorded = day(2012..2021, spread(random.random()));
    let changed = day(2021..2026, spread(random.random()));
    Component {
        class: 0,
        number: 0,
        place: survey.given.site.place(at),
        heading_deg: heading[0].atan2(heading[1]).to_degrees().rem_euclid(360.0).round() as u16 % 360,
        grid: grid.at(at).map_or(0, |c| c.code),
        street: piece.road as u32,
        state,
        recorded,
        changed,
    }
}
