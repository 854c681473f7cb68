//! Right-triangulated irregular networks (Evans, Kirkpatrick and Townsend, 2001): triangles of a square grid that are
//! halved where one of them is farther from the ground than it may be.
//!
//! The deviation of every triangle of the hierarchy is measured over all nodes that it covers, in f64. A triangle is
//! halved together with the one across its longest side, so meshes of one tolerance have no cracks, neighbouring squares
//! included.

use std::collections::HashMap;

/// A square of a grid: its south-western node, and steps of its side, a power of two that its corner is a multiple of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Square {
    pub(crate) column: usize,
    pub(crate) row: usize,
    pub(crate) size: usize,
}

type Node = [usize; 2];

fn middle(a: Node, b: Node) -> Node {
    [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2]
}

/// For every node that halves triangles, how far they, and those that come of them, are from the ground at most.
pub(crate) struct Errors {
    nodes: usize,
    at: Vec<f32>,
}

impl Errors {
    /// Measures a square grid whose sides have `steps`, a power of two.
    pub(crate) fn measure(steps: usize, height: impl Fn(usize, usize) -> f64) -> Self {
        debug_assert!(steps.is_power_of_two());
        let mut errors = Self { nodes: steps + 1, at: vec![0.0; (steps + 1) * (steps + 1)] };
        let mut size = 2;
        while size <= steps {
            for row in (0..steps).step_by(size) {
                for column in (0..steps).step_by(size) {
                    let [sw, se, nw, ne, centre] = corners(Square { column, row, size });
                    for [a, b] in [[sw, se], [se, ne], [ne, nw], [nw, sw]] {
                        // Halved, it has the middles of its legs in the middle of the longest sides.
                        errors.raise([a, b, centre], &height);
                    }
                }
            }
            for row in (0..steps).step_by(size) {
                for column in (0..steps).step_by(size) {
                    for triangle in halves(Square { column, row, size }) {
                        errors.raise(triangle, &height);
                    }
                }
            }
            size *= 2;
        }
        errors
    }

    fn index(&self, node: Node) -> usize {
        node[1] * self.nodes + node[0]
    }

    fn of(&self, node: Node) -> f64 {
        f64::from(self.at[self.index(node)])
    }

    /// Counts a triangle (ends of its longest side, and its right angle) to the node that halves it.
    fn raise(&mut self, [a, b, c]: [Node; 3], height: &impl Fn(usize, usize) -> f64) {
        let mut error = deviation([a, b, c], height);
        // And those that it falls into, whose longest sides are its legs; the last ones fall into nothing.
        if a[0].abs_diff(c[0]).max(a[1].abs_diff(c[1])) > 1 {
            error = error.max(self.of(middle(a, c))).max(self.of(middle(b, c)));
        }
        let at = self.index(middle(a, b));
        // Rounded up: what is said is never less than what is.
        let mut rounded = error as f32;
        if f64::from(rounded) < error {
            rounded = rounded.next_up();
        }
        self.at[at] = self.at[at].max(rounded);
    }

    /// The mesh of a square whose triangles are nowhere farther from the ground than `tolerance`: nodes, and triangles that
    /// turn counter-clockwise.
    pub(crate) fn mesh(&self, square: Square, tolerance: f64) -> (Vec<Node>, Vec<[u32; 3]>) {
        let mut nodes = Vec::new();
        let mut numbers: HashMap<Node, u32> = HashMap::new();
        let mut triangles = Vec::new();
        let mut waiting: Vec<[Node; 3]> = halves(square).to_vec();
        while let Some([a, b, c]) = waiting.pop() {
            let m = middle(a, b);
            // The diagonal of a square of one step has no node in its middle.
            let splits = (a[0] + b[0]).is_multiple_of(2) && (a[1] + b[1]).is_multiple_of(2);
            if splits && self.of(m) > tolerance {
                waiting.extend([[c, a, m], [b, c, m]]);
                continue;
            }
            let mut number = |node: Node| {
                *numbers.entry(node).or_insert_with(|| {
                    nodes.push(node);
                    nodes.len() as u32 - 1
                })
            };
            let turn = (b[0] as i64 - a[0] as i64) * (c[1] as i64 - a[1] as i64)
                - (b[1] as i64 - a[1] as i64) * (c[0] as i64 - a[0] as i64);
            let [a, b, c] = [number(a), number(b), number(c)];
            triangles.push(if turn > 0 { [a, b, c] } else { [a, c, b] });
        }
        (nodes, triangles)
    }
}

fn corners(s: Square) -> [Node; 5] {
    let (w, e, h) = (s.column, s.column + s.size, s.size / 2);
    let (south, north) = (s.row, s.row + s.size);
    [[w, south], [e, south], [w, north], [e, north], [w + h, south + h]]
}

/// The two triangles of a square: the ends of the diagonal, and the right angle. Diagonals of neighbours go opposite ways.
fn halves(s: Square) -> [[Node; 3]; 2] {
    let [sw, se, nw, ne, _] = corners(s);
    if (s.column / s.size + s.row / s.size).is_multiple_of(2) {
        [[sw, ne, se], [ne, sw, nw]]
    } else {
        [[se, nw, ne], [nw, se, sw]]
    }
}

/// The largest vertical distance between a triangle and the ground at the nodes that it covers.
pub(super) fn deviation([a, b, c]: [Node; 3], height: &impl Fn(usize, usize) -> f64) -> f64 {
    let at = |n: Node| [n[0] as f64, n[1] as f64, height(n[0], n[1])];
    let (pa, pb, pc) = (at(a), at(b), at(c));
    let (ux, uy, uz) = (pb[0] - pa[0], pb[1] - pa[1], pb[2] - pa[2]);
    let (vx, vy, vz) = (pc[0] - pa[0], pc[1] - pa[1], pc[2] - pa[2]);
    let det = ux * vy - uy * vx;
    // Rise of the plane for a step east and for a step north.
    let (east, north) = ((uz * vy - vz * uy) / det, (ux * vz - vx * uz) / det);
    let low = a[1].min(b[1]).min(c[1]);
    let high = a[1].max(b[1]).max(c[1]);
    let mut worst: f64 = 0.0;
    for row in low..=high {
        let (mut from, mut to) = (usize::MAX, 0);
        for [p, q] in [[a, b], [b, c], [c, a]] {
            if let Some((l, h)) = crossing(p, q, row) {
                (from, to) = (from.min(l), to.max(h));
            }
        }
        let start = pa[2] + north * (row as f64 - pa[1]) - east * pa[0];
        for column in from..=to {
            worst = worst.max((start + east * column as f64 - height(column, row)).abs());
        }
    }
    worst
}

/// The columns of an edge in a row. Edges are level, upright or diagonal, so all of them are whole.
fn crossing(p: Node, q: Node, row: usize) -> Option<(usize, usize)> {
    let (low, high) = if p[1] <= q[1] { (p, q) } else { (q, p) };
    if row < low[1] || row > high[1] {
        return None;
    }
    if low[1] == high[1] {
        return Some((p[0].min(q[0]), p[0].max(q[0])));
    }
    let up = row - low[1];
    let column = match low[0].cmp(&high[0]) {
        std::cmp::Ordering::Less => low[0] + up,
        std::cmp::Ordering::Equal => low[0],
        std::cmp::Ordering::Greater => low[0] - up,
    };
    Some((column, column))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    /// Twice the area, in steps.
    fn turn([a, b, c]: [Node; 3]) -> i64 {
        let d = |p: Node, k: usize| p[k] as i64 - a[k] as i64;
        d(b, 0) * d(c, 1) - d(b, 1) * d(c, 0)
    }

    fn hills(seed: f64) -> impl Fn(usize, usize) -> f64 {
        move |i, j| {
            let (x, y) = (i as f64, j as f64);
            20.0 * (x * 0.11 + seed).sin() * (y * 0.07).cos() + 3.0 * (x * 0.9 + y * 0.5 + seed).sin() + 0.2 * x
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn no_triangle_is_farther_off_than_the_tolerance_and_neighbours_fit(
            seed in 0.0..6.0f64, tolerance in 0.0..12.0f64, power in 1u32..7,
        ) {
            let steps = 1usize << power;
            let height = hills(seed);
            let errors = Errors::measure(steps, &height);
            // The whole, and its quarters one by one: the same rule holds across their borders.
            let half = steps / 2;
            let quarters = [[0, 0], [half, 0], [0, half], [half, half]];
            let squares = quarters.map(|[column, row]| Square { column, row, size: half.max(1) });
            let mut edges: BTreeMap<[Node; 2], i32> = BTreeMap::new();
            let mut area = 0;
            for square in squares {
                let (nodes, triangles) = errors.mesh(square, tolerance);
                for t in &triangles {
                    let t = t.map(|k| nodes[k as usize]);
                    prop_assert!(turn(t) > 0);
                    area += turn(t);
                    // Independently of `deviation`: every node inside, by barycentric coordinates.
                    let [a, b, c] = t;
                    for j in a[1].min(b[1]).min(c[1])..=a[1].max(b[1]).max(c[1]) {
                        for i in a[0].min(b[0]).min(c[0])..=a[0].max(b[0]).max(c[0]) {
                            let parts = [turn([b, c, [i, j]]), turn([c, a, [i, j]]), turn([a, b, [i, j]])];
                            if parts.iter().all(|w| *w >= 0) {
                                let z = (0..3).map(|k| parts[k] as f64 * height(t[k][0], t[k][1])).sum::<f64>();
                                let off = (z / turn(t) as f64 - height(i, j)).abs();
                                prop_assert!(off <= tolerance + 1e-9, "{off} at {i} {j} in {t:?}");
                            }
                        }
                    }
                    for [p, q] in [[a, b], [b, c], [c, a]] {
                        *edges.entry([p.min(q), p.max(q)]).or_default() += if p < q { 1 } else { -1 };
                    }
                }
            }
            prop_assert_eq!(area, 2 * (2 * half.max(1) * (2 * half.max(1))) as i64);
            // Every edge has its neighbour the other way round, but for the outline.
            for ([p, q], count) in edges {
                let rim = (0..2).any(|k| p[k] == q[k] && (p[k] == 0 || p[k] == steps));
                prop_assert!(count == 0 || rim, "{p:?} {q:?}");
            }
        }
    }

    #[test]
    fn a_plane_is_two_triangles_and_a_peak_is_kept() {
        let plane = Errors::measure(64, |i, j| i as f64 * 0.5 - j as f64);
        assert_eq!(plane.mesh(Square { column: 0, row: 0, size: 64 }, 1e-6).1.len(), 2);
        let peak = Errors::measure(64, |i, j| if (i, j) == (21, 37) { 5.0 } else { 0.0 });
        let (nodes, triangles) = peak.mesh(Square { column: 0, row: 0, size: 64 }, 0.5);
        assert!(nodes.contains(&[21, 37]) && triangles.len() < 120, "{}", triangles.len());
    }
}
