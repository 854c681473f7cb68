//! Which side of surfaces is the outside.

use super::{Defect, Polygon, Shape};
use foldhash::fast::RandomState;
use glam::DVec3;
use std::collections::HashMap;

/// A surface beside another: which, and whether both run along their common edge in the same direction, which
/// neighbours of one orientation never do.
type Neighbour = (usize, bool);

/// Turns surfaces so that neighbours agree, closed shells face outwards (the shells of hollows inwards), and what lies
/// on the ground (`faces_up`) looks at the sky.
pub(super) fn orient(polygons: &mut [Polygon], shape: Shape, faces_up: bool, defects: &mut Vec<Defect>) {
    let Adjacency { neighbours, rim, gap } = adjacency(polygons);
    let mut turned = vec![None; polygons.len()];
    let mut any_turned = false;
    for first in 0..polygons.len() {
        if turned[first].is_some() {
            continue;
        }
        let Some(group) = spread(first, &neighbours, &mut turned) else { continue };
        let is_open = group.iter().any(|i| rim[*i]);
        let against = group.iter().filter(|i| turned[**i] == Some(true)).count();
        let flip_all = if faces_up {
            let up: f64 = group.iter().map(|i| sign(turned[*i]) * normal(&polygons[*i]).z).sum();
            up < 0.0
        } else if is_open {
            2 * against > group.len()
        } else {
            let origin = polygons[first].rings[0][0];
            let volume: f64 = group.iter().map(|i| sign(turned[*i]) * volume(&polygons[*i], origin)).sum();
            (volume < 0.0) != (shape == Shape::Cavity)
        };
        for i in group {
            if turned[i] == Some(!flip_all) {
                polygons[i].reverse();
                any_turned = true;
            }
        }
    }
    if any_turned {
        defects.push(Defect::Turned);
    }
    if gap && shape != Shape::Surfaces {
        defects.push(Defect::Gap);
    }
}

fn sign(turned: Option<bool>) -> f64 {
    if turned == Some(true) { -1.0 } else { 1.0 }
}

struct Adjacency {
    /// Of every surface, over the edges that exactly two share.
    neighbours: Vec<Vec<Neighbour>>,
    /// Whether a surface has other edges as well.
    rim: Vec<bool>,
    /// Whether there are edges where an odd number of surfaces meet, which no closed shell has.
    gap: bool,
}

fn adjacency(polygons: &[Polygon]) -> Adjacency {
    let mut numbers: HashMap<[u64; 3], u32, RandomState> = HashMap::default();
    let mut edges: HashMap<(u32, u32), Vec<(usize, bool)>, RandomState> = HashMap::default();
    for (i, polygon) in polygons.iter().enumerate() {
        for ring in &polygon.rings {
            let corners: Vec<u32> = ring
                .iter()
                .map(|c| {
                    let next = numbers.len() as u32;
                    *numbers.entry(c.map(f64::to_bits)).or_insert(next)
                })
                .collect();
            for (k, &a) in corners.iter().enumerate() {
                let b = corners[(k + 1) % corners.len()];
                edges.entry((a.min(b), a.max(b))).or_default().push((i, a < b));
            }
        }
    }
    let mut neighbours = vec![Vec::new(); polygons.len()];
    let mut rim = vec![false; polygons.len()];
    for uses in edges.values() {
        if let [(a, along_a), (b, along_b)] = uses[..]
            && a != b
        {
            neighbours[a].push((b, along_a == along_b));
            neighbours[b].push((a, along_a == along_b));
        } else {
            uses.iter().for_each(|(i, _)| rim[*i] = true);
        }
    }
    // Hash maps have no order; which surface is turned must not depend on it.
    neighbours.iter_mut().for_each(|n| n.sort_unstable());
    let gap = edges.values().any(|uses| uses.len() % 2 == 1);
    Adjacency { neighbours, rim, gap }
}

/// Walks from a surface over its neighbours and notes which must be turned to agree with it. `None` when they cannot
/// agree, as on a Möbius strip: they stay as they are then.
fn spread(first: usize, neighbours: &[Vec<Neighbour>], turned: &mut [Option<bool>]) -> Option<Vec<usize>> {
    turned[first] = Some(false);
    let mut group = vec![first];
    let mut at = 0;
    let mut agree = true;
    while let Some(&i) = group.get(at) {
        at += 1;
        for &(j, against) in &neighbours[i] {
            let wanted = (turned[i] == Some(true)) != against;
            match turned[j] {
                None => {
                    turned[j] = Some(wanted);
                    group.push(j);
                }
                Some(found) => agree &= found == wanted,
            }
        }
    }
    agree.then_some(group)
}

fn normal(polygon: &Polygon) -> DVec3 {
    let origin = polygon.rings[0][0];
    newell(&polygon.rings[0], origin)
}

fn newell(ring: &[[f64; 3]], origin: [f64; 3]) -> DVec3 {
    let at = |c: &[f64; 3]| DVec3::new(c[0] - origin[0], c[1] - origin[1], c[2] - origin[2]);
    (0..ring.len()).map(|i| at(&ring[i]).cross(at(&ring[(i + 1) % ring.len()]))).sum()
}

/// Six times the volume between a surface and the origin. Holes count against their outline, however they are wound.
fn volume(polygon: &Polygon, origin: [f64; 3]) -> f64 {
    let outer = &polygon.rings[0];
    let corner = outer[0];
    let to = DVec3::new(corner[0] - origin[0], corner[1] - origin[1], corner[2] - origin[2]);
    let whole = newell(outer, corner);
    let holes: DVec3 = polygon.rings[1..]
        .iter()
        .map(|r| {
            let hole = newell(r, r[0]);
            if hole.dot(whole) > 0.0 { hole } else { -hole }
        })
        .sum();
    to.dot(whole - holes)
}
