//! A hierarchy of boxes over small things: which of them a ray may meet.

use bytemuck::{Pod, Zeroable};
use glam::Vec3;
use std::ops::Range;

/// Things of a leaf at most.
const LEAF: usize = 8;

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

/// Brings things, each with its middle, into an order that rays find fast; `bounds` gives a thing's box.
pub(crate) fn build(order: &mut [(u32, Vec3)], bounds: impl Fn(u32) -> (Vec3, Vec3)) -> Vec<Node> {
    let mut nodes = Vec::with_capacity(order.len() / 2 + 1);
    let mut stack = vec![(0usize, order.len(), None::<usize>)];
    while let Some((from, to, parent)) = stack.pop() {
        let mut low = Vec3::INFINITY;
        let mut high = Vec3::NEG_INFINITY;
        for (thing, _) in &order[from..to] {
            let (least, most) = bounds(*thing);
            low = low.min(least);
            high = high.max(most);
        }
        let node = nodes.len();
        if let Some(parent) = parent {
            let parent: &mut Node = &mut nodes[parent];
            parent.at = node as u32;
        }
        if to - from <= LEAF {
            nodes.push(Node { low: low.into(), high: high.into(), at: from as u32, count: (to - from) as u32 });
            continue;
        }
        let size = high - low;
        let axis = if size.x >= size.y && size.x >= size.z { 0 } else { usize::from(size.z > size.y) + 1 };
        let middle = (to - from) / 2;
        order[from..to].select_nth_unstable_by(middle, |a, b| a.1[axis].total_cmp(&b.1[axis]));
        nodes.push(Node { low: low.into(), high: high.into(), at: 0, count: 0 });
        // The left half is popped first and so lands right behind its parent.
        stack.push((from + middle, to, Some(node)));
        stack.push((from, from + middle, None));
    }
    nodes
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
