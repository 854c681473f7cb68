//! A hierarchy of boxes over small things: which of them a ray may meet.

use bytemuck::{Pod, Zeroable};
use glam::Vec3;
use std::ops::Range;
use tiles3d::wide;

/// Things of a leaf at most.
const LEAF: usize = 12;
/// Cells of the curve along the longest side. More of them, and codes of more than 24 bits, sort longer and lead rays no
/// better.
const CELLS: f32 = 255.0;

#[derive(Debug, Clone, Copy, Pod, Zeroable)]
#[repr(C)]
pub(crate) struct Node {
    pub(crate) low: [f32; 3],
    pub(crate) high: [f32; 3],
    /// First thing of a leaf, or the right child of an inner node (the left one comes next).
    at: u32,
    /// Things of a leaf; 0 for an inner node.
    count: u32,
}

impl Node {
    fn bounds(&self) -> Bounds {
        (self.low.into(), self.high.into())
    }
}

/// Lowest and highest corner of a thing.
pub(crate) type Bounds = (Vec3, Vec3);

/// The order in which the things with these `bounds` are found fast, and the boxes over them.
///
/// Things are sorted along a Morton curve and divided where its codes differ first: a fifth of the time that it takes to
/// look for the middle of every box, and a tile's boxes are built as often as the tile comes.
pub(crate) fn build(bounds: &[Bounds]) -> (Vec<u32>, Vec<Node>) {
    let (low, high) =
        bounds.iter().fold((Vec3::INFINITY, Vec3::NEG_INFINITY), |all, b| join(all, (b.0 + b.1, b.0 + b.1)));
    let scale = CELLS / (high - low).max_element().max(f32::MIN_POSITIVE);
    let mut codes = Vec::new();
    wide::extend(&mut codes, bounds, |b| code((b.0 + b.1 - low) * scale));
    let mut order: Vec<(u32, u32)> = codes.into_iter().zip(0..).collect();
    radsort::sort_by_key(&mut order, |(code, _)| *code);
    let mut nodes: Vec<Node> = Vec::with_capacity(order.len() / 2 + 1);
    let mut stack = vec![(0, order.len(), None::<usize>)];
    while let Some((from, to, parent)) = stack.pop() {
        let node = nodes.len();
        if let Some(parent) = parent.and_then(|p| nodes.get_mut(p)) {
            parent.at = node as u32;
        }
        let things = order.get_mut(from..to).unwrap_or_default();
        let is_leaf = things.len() <= LEAF;
        let (at, count) = if is_leaf { (from, things.len()) } else { (0, 0) };
        nodes.push(Node { low: [0.0; 3], high: [0.0; 3], at: at as u32, count: count as u32 });
        if !is_leaf {
            let middle = from + division(things, bounds);
            // The left part is popped first and so lands right behind its parent.
            stack.push((middle, to, Some(node)));
            stack.push((from, middle, None));
        }
    }
    let order: Vec<u32> = order.into_iter().map(|(_, thing)| thing).collect();
    // Children come after their parents.
    for node in (0..nodes.len()).rev() {
        let Node { at, count, .. } = nodes[node];
        let (low, high) = if count == 0 && at != 0 {
            join(nodes[node + 1].bounds(), nodes[at as usize].bounds())
        } else {
            let things = order.get(at as usize..(at + count) as usize).unwrap_or_default();
            things.iter().map(|thing| bounds[*thing as usize]).fold((Vec3::INFINITY, Vec3::NEG_INFINITY), join)
        };
        (nodes[node].low, nodes[node].high) = (low.into(), high.into());
    }
    (order, nodes)
}

fn join(a: Bounds, b: Bounds) -> Bounds {
    (a.0.min(b.0), a.1.max(b.1))
}

/// How many of the things, which are sorted by their codes, have a lower first differing bit than the rest. Where all are
/// alike, as those are that lie together while one is far off, half of them come before the middle of their longest side.
fn division(things: &mut [(u32, u32)], bounds: &[Bounds]) -> usize {
    let (Some((first, _)), Some((last, _))) = (things.first(), things.last()) else { return 0 };
    if let Some(bit) = (first ^ last).checked_ilog2() {
        return things.partition_point(|(code, _)| code >> bit == first >> bit);
    }
    let at = |(_, thing): &(u32, u32)| bounds.get(*thing as usize).map_or(Vec3::ZERO, |b| b.0 + b.1);
    let around = things.iter().map(|t| (at(t), at(t))).fold((Vec3::INFINITY, Vec3::NEG_INFINITY), join);
    let axis = (around.1 - around.0).max_position();
    let half = things.len() / 2;
    things.select_nth_unstable_by(half, |a, b| at(a)[axis].total_cmp(&at(b)[axis]));
    half
}

/// The Morton code of a place whose coordinates are between 0 and [`CELLS`].
#[inline(always)]
fn code(place: Vec3) -> u32 {
    // The nearest whole number is in the lowest bits of a float between this and its double; casts that saturate are done
    // one by one. The bits are spread with two zeros after each.
    const WHOLE: f32 = (1 << 23) as f32;
    let apart = |v: f32| {
        let v = (v + WHOLE).to_bits() & 255;
        let v = (v | v << 8) & 0xf00f;
        let v = (v | v << 4) & 0xc_30c3;
        (v | v << 2) & 0x24_9249
    };
    apart(place.x) << 2 | apart(place.z) << 1 | apart(place.y)
}

/// Gives the things of every leaf that the ray enters to `leaf`.
pub(crate) fn walk(nodes: &[Node], enters: impl Fn(&Node) -> bool, mut leaf: impl FnMut(Range<usize>)) {
    let mut stack = vec![0u32];
    while let Some(index) = stack.pop() {
        let Some(node) = nodes.get(index as usize) else { continue };
        if node.count == 0 && node.at == 0 || !enters(node) {
            continue;
        }
        if node.count == 0 {
            stack.push(node.at);
            stack.push(index + 1);
            continue;
        }
        leaf(node.at as usize..(node.at + node.count) as usize);
    }
}

/// Whether a ray comes into a box, `grown` metres larger on all sides, before `limit` (slab test). `inverse` holds the
/// reciprocals of its direction.
pub(crate) fn enters(node: &Node, origin: Vec3, inverse: Vec3, grown: f32, limit: f32) -> bool {
    let (low, high) = (Vec3::from(node.low) - grown, Vec3::from(node.high) + grown);
    let (a, b) = ((low - origin) * inverse, (high - origin) * inverse);
    let (near, far) = (a.min(b).max_element().max(0.0), a.max(b).min_element().min(limit));
    near <= far
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Things of every leaf below a node, whose box holds them.
    fn things(order: &[u32], nodes: &[Node], node: usize, bounds: &[Bounds]) -> Vec<u32> {
        let own = &nodes[node];
        let below = if own.count == 0 && own.at != 0 {
            assert!(own.at as usize > node + 1, "the right child comes after the left one");
            [node + 1, own.at as usize].iter().flat_map(|child| things(order, nodes, *child, bounds)).collect()
        } else {
            assert!(own.count as usize <= LEAF);
            order[own.at as usize..(own.at + own.count) as usize].to_vec()
        };
        for thing in &below {
            let (low, high) = bounds[*thing as usize];
            assert_eq!(join(own.bounds(), (low, high)), own.bounds());
        }
        below
    }

    proptest! {
        #[test]
        fn every_thing_is_in_one_leaf_and_in_all_boxes_above_it(
            corners in prop::collection::vec(prop::array::uniform3(-1e4f32..1e4), 1..300),
            // Many in few places, in a plane, and on a line.
            places in 1usize..300,
            flat in prop::array::uniform3(any::<bool>()),
            size in 0.0f32..50.0,
        ) {
            let thing = |i: usize| {
                let at = corners[i % places.min(corners.len())];
                let at = Vec3::from_array(std::array::from_fn(|k| if flat[k] { 7.0 } else { at[k] }));
                (at, at + size)
            };
            let bounds: Vec<Bounds> = (0..corners.len()).map(thing).collect();
            let (order, nodes) = build(&bounds);
            let mut found = things(&order, &nodes, 0, &bounds);
            found.sort_unstable();
            prop_assert_eq!(found, (0..bounds.len() as u32).collect::<Vec<_>>());
        }
    }

    #[test]
    fn what_lies_together_is_divided_however_far_another_is() {
        let at = |i: u32| Vec3::new(((i * 7919) % 40) as f32, ((i * 7919) / 40 % 50) as f32, 0.0);
        let mut bounds: Vec<Bounds> = (0..2000).map(|i| (at(i), at(i) + 1.0)).collect();
        bounds.push((Vec3::splat(5e4), Vec3::splat(5e4)));
        let (_, nodes) = build(&bounds);
        let size = |n: &Node| Vec3::from(n.high) - Vec3::from(n.low);
        let leaves = nodes.iter().filter(|n| n.count > 0).collect::<Vec<_>>();
        let mean = leaves.iter().map(|n| size(n).x * size(n).y).sum::<f32>() / leaves.len() as f32;
        // Together they are 40 by 50.
        assert!(mean < 60.0, "{mean} m2");
    }

    #[test]
    fn what_is_nowhere_has_its_place_too() {
        let wild = [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, f32::MAX, f32::MIN, 1.0];
        let bounds: Vec<Bounds> = wild.iter().cycle().take(60).map(|v| (Vec3::splat(*v), Vec3::splat(*v))).collect();
        let (mut order, nodes) = build(&bounds);
        order.sort_unstable();
        assert_eq!(order, (0..60).collect::<Vec<_>>());
        assert_eq!(nodes.iter().map(|n| n.count).sum::<u32>(), 60);
        assert!(build(&[]).0.is_empty());
    }
}
