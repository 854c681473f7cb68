//! Rings from ways, and multipolygons from rings.

use super::read::{Data, Relation};
use cim_model::Place;
use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

/// Of latitude.
pub(super) const METRES_OF_A_DEGREE: f64 = 111_320.0;

/// An outline with the holes that lie in it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Outline {
    pub(super) ring: Vec<Place>,
    pub(super) holes: Vec<Vec<Place>>,
}

impl Outline {
    /// Area without the holes, square metres.
    pub(super) fn area(&self) -> f64 {
        area_m2(&self.ring) - self.holes.iter().map(|h| area_m2(h)).sum::<f64>()
    }

    /// A place in it: the middle of its longest chord half way up.
    pub(super) fn inner_place(&self) -> Option<Place> {
        let (low, high) = self.ring.iter().fold((f64::MAX, f64::MIN), |(l, h), p| (l.min(p.lat), h.max(p.lat)));
        // Not quite half way, where corners like to be.
        let lat = low + 0.4917 * (high - low);
        let mut chords: Vec<f64> = Vec::new();
        for ring in std::iter::once(&self.ring).chain(&self.holes) {
            for i in 0..ring.len() {
                let (a, b) = (ring[i], ring[(i + 1) % ring.len()]);
                if (a.lat > lat) != (b.lat > lat) {
                    chords.push(a.lon + (b.lon - a.lon) * (lat - a.lat) / (b.lat - a.lat));
                }
            }
        }
        chords.sort_by(f64::total_cmp);
        let longest = chords.chunks_exact(2).max_by(|a, b| (a[1] - a[0]).total_cmp(&(b[1] - b[0])))?;
        Some(Place::new(0.5 * (longest[0] + longest[1]), lat))
    }

    /// Whether a place is in it and in none of its holes.
    pub(super) fn contains(&self, p: Place) -> bool {
        inside(&self.ring, p) && !self.holes.iter().any(|h| inside(h, p))
    }
}

/// Area of a ring in either direction, square metres.
fn area_m2(ring: &[Place]) -> f64 {
    let Some(first) = ring.first() else { return 0.0 };
    let east = METRES_OF_A_DEGREE * first.lat.to_radians().cos();
    let at = |p: &Place| [(p.lon - first.lon) * east, (p.lat - first.lat) * METRES_OF_A_DEGREE];
    let twice: f64 = (0..ring.len())
        .map(|i| {
            let (a, b) = (at(&ring[i]), at(&ring[(i + 1) % ring.len()]));
            a[0] * b[1] - b[0] * a[1]
        })
        .sum();
    0.5 * twice.abs()
}

/// Joins ways end to end, turning them where that helps and is allowed; closed chains (the first node repeated at the
/// end) and those that stay open.
pub(super) fn join(ways: Vec<Vec<i64>>, may_turn: bool) -> (Vec<Vec<i64>>, Vec<Vec<i64>>) {
    let mut ends: HashMap<i64, Vec<usize>> = HashMap::new();
    let mut followed: HashSet<i64> = HashSet::new();
    let mut left: Vec<Option<Vec<i64>>> = ways.into_iter().map(|w| Some(w).filter(|w| w.len() > 1)).collect();
    for (i, way) in left.iter().enumerate() {
        if let Some([first, .., last]) = way.as_deref()
            && first != last
        {
            ends.entry(*first).or_default().push(i);
            followed.insert(*last);
            if may_turn {
                ends.entry(*last).or_default().push(i);
            }
        }
    }
    // Ways that nothing leads to come first, so that no chain is begun in its middle.
    let mut order: Vec<usize> = (0..left.len()).collect();
    order.sort_by_key(|i| left[*i].as_ref().is_some_and(|w| followed.contains(&w[0])));
    let (mut closed, mut open) = (Vec::new(), Vec::new());
    for i in order {
        let Some(mut chain) = left[i].take() else { continue };
        while chain[0] != chain[chain.len() - 1] {
            let end = chain[chain.len() - 1];
            let next = ends.get(&end).and_then(|list| list.iter().find_map(|k| left[*k].take()));
            let Some(mut next) = next else { break };
            if next[0] != end {
                next.reverse();
            }
            chain.extend(next.into_iter().skip(1));
        }
        if chain[0] == chain[chain.len() - 1] { closed.push(chain) } else { open.push(chain) }
    }
    (closed, open)
}

/// The outlines of a multipolygon; `None` when a ring is not closed or its nodes are missing.
pub(super) fn multipolygon(data: &Data, relation: &Relation) -> Option<Vec<Outline>> {
    let rings = |members: &[i64]| -> Option<Vec<Vec<Place>>> {
        let ways = members.iter().map(|m| data.way_index.get(m).map(|i| data.ways[*i].nodes.clone()));
        let (closed, open) = join(ways.collect::<Option<Vec<_>>>()?, true);
        if !open.is_empty() {
            return None;
        }
        closed.iter().map(|r| places(data, &r[..r.len() - 1])).collect()
    };
    let mut outlines: Vec<Outline> =
        rings(&relation.outer)?.into_iter().map(|ring| Outline { ring, holes: Vec::new() }).collect();
    for hole in rings(&relation.inner)? {
        let first = *hole.first()?;
        if let Some(outline) = outlines.iter_mut().find(|o| inside(&o.ring, first)) {
            outline.holes.push(hole);
        }
    }
    Some(outlines).filter(|o| !o.is_empty())
}

/// The outline that each of some outlines of one building shares the ground with: the largest, where it touches that or
/// lies in it.
pub(super) fn wholes(outlines: &[Outline]) -> Vec<Option<Arc<[Place]>>> {
    let largest = outlines.iter().max_by(|a, b| a.area().total_cmp(&b.area()));
    let Some(largest) = largest.filter(|_| outlines.len() > 1) else { return vec![None; outlines.len()] };
    let shared: Arc<[Place]> = largest.ring.as_slice().into();
    let bits = |p: &Place| (p.lon.to_bits(), p.lat.to_bits());
    let corners: HashSet<_> = largest.ring.iter().map(bits).collect();
    let touches = |o: &Outline| {
        o.ring.iter().any(|p| corners.contains(&bits(p))) || o.ring.first().is_some_and(|p| inside(&largest.ring, *p))
    };
    outlines.iter().map(|o| touches(o).then(|| shared.clone())).collect()
}

/// The places of nodes; `None` when one is missing.
pub(super) fn places(data: &Data, nodes: &[i64]) -> Option<Vec<Place>> {
    nodes.iter().map(|n| data.place(*n)).collect()
}

/// Whether a place lies in a ring.
pub(super) fn inside(ring: &[Place], p: Place) -> bool {
    let mut odd = false;
    for i in 0..ring.len() {
        let (a, b) = (ring[i], ring[(i + 1) % ring.len()]);
        if (a.lat > p.lat) != (b.lat > p.lat) && p.lon < (b.lon - a.lon) * (p.lat - a.lat) / (b.lat - a.lat) + a.lon {
            odd = !odd;
        }
    }
    odd
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ways_in_any_order_and_direction_make_rings() {
        let (closed, open) = join(vec![vec![1, 2, 3], vec![5, 1], vec![5, 4, 3], vec![7, 8, 9, 7], vec![10, 11]], true);
        assert_eq!(closed.len(), 2);
        assert!(closed.iter().all(|r| r[0] == r[r.len() - 1]));
        assert_eq!(closed[0].len(), 6);
        assert_eq!(open, vec![vec![10, 11]]);
    }

    #[test]
    fn coastlines_join_only_in_their_direction() {
        let (closed, open) = join(vec![vec![3, 4], vec![1, 2, 3], vec![4, 5], vec![8, 7], vec![9, 7]], false);
        assert!(closed.is_empty());
        assert!(open.contains(&vec![1, 2, 3, 4, 5]) && open.contains(&vec![8, 7]) && open.contains(&vec![9, 7]));
        let (closed, open) = join(vec![vec![2, 3], vec![1, 2], vec![3, 1]], false);
        assert_eq!((closed.len(), open.len()), (1, 0));
    }
}
