//! The Grand Canal, the river Guangfu and Taibai Lake.

use super::plan::{Line, Plan, bend};
use crate::ring::inside;

/// A body of water, east-north metres.
#[derive(Debug)]
pub(super) struct Water {
    pub(super) id: &'static str,
    pub(super) name: &'static str,
    pub(super) ring: Vec<[f64; 2]>,
    /// Streets end at a lake; they cross everything else.
    pub(super) is_lake: bool,
    /// Rivers: the centre line and half the width. For a distance test that is cheaper than the ring's.
    line: Vec<[f64; 2]>,
    half_width: f64,
    /// Lowest and highest corner, for a test that is cheaper still.
    extent: ([f64; 2], [f64; 2]),
}

impl Water {
    /// Whether a point is in the water or within `margin` metres of it.
    pub(super) fn contains(&self, p: [f64; 2], margin: f64) -> bool {
        let (low, high) = self.extent;
        if (0..2).any(|k| p[k] < low[k] - margin || p[k] > high[k] + margin) {
            return false;
        }
        if self.line.is_empty() {
            return inside(&self.ring, p) || (margin > 0.0 && near(&closed(&self.ring), p, margin));
        }
        near(&self.line, p, self.half_width + margin)
    }
}

pub(super) fn waters(plan: &Plan) -> Vec<Water> {
    let r = plan.half_extent() + 600.0;
    // The old canal comes from the west, turns through the centre and leaves to the south; the river flows from north to south.
    let canal = |x: f64| {
        let t = (x + 180.0) / (0.9 * r);
        260.0 - 900.0 * (t + 0.2).max(0.0).powi(2) + 130.0 * (t * 5.0).sin()
    };
    let canal = between(&plan.columns, &plan.rows, 0.9 * r, canal);
    let river = between(&plan.rows, &plan.columns, r, |y| 0.52 * r + 160.0 * (y / r * 3.1).sin());
    let river = river.into_iter().map(|[y, x]| [x, y]).collect::<Vec<_>>();
    let [canal, river] = [canal, river].map(|line| line.into_iter().map(bend).collect::<Vec<_>>());
    let lake: Vec<[f64; 2]> = (0..56)
        .map(|i| {
            let a = std::f64::consts::TAU * f64::from(i) / 56.0;
            let wave = 1.0 + 0.13 * (3.0 * a + 0.5).sin() + 0.06 * (7.0 * a).sin();
            [-0.2 * r + 0.34 * r * wave * a.cos(), -0.78 * r + 0.2 * r * wave * a.sin()]
        })
        .collect();
    let extent = extent(&lake);
    vec![
        Water { id: "W1", name: "太白湖", ring: lake, is_lake: true, line: Vec::new(), half_width: 0.0, extent },
        ribbon("W2", "老运河", canal, 19.0),
        ribbon("W3", "洸府河", river, 32.0),
    ]
}

/// A water course of a city of streets, in the plan's metres along and across: it flows in the middle between two streets, and
/// near to where it is `wanted` it passes from one gap to the next, so that no street runs along in it. `across` are the streets
/// that cross it, `beside` those that run with it, `reach` is how far it flows on either side of the centre.
fn between(across: &[Line], beside: &[Line], reach: f64, wanted: impl Fn(f64) -> f64) -> Vec<[f64; 2]> {
    /// Metres along of a way from one gap to the next.
    const PASSAGE_M: f64 = 300.0;
    /// Metres along between points: of a passage, and of the rest, which the plan bends only a little.
    const STEP_M: f64 = 25.0;
    const STEPS_BETWEEN: usize = 4;
    let spacing = (beside[beside.len() - 1].at - beside[0].at) / (beside.len() - 1) as f64;
    let middle = |gap: i64| {
        let last = beside.len() as i64 - 2;
        let k = gap.clamp(0, last);
        0.5 * (beside[k as usize].at + beside[k as usize + 1].at) + (gap - k) as f64 * spacing
    };
    let nearest = |at: f64| {
        (-8..beside.len() as i64 + 8).min_by(|a, b| (middle(*a) - at).abs().total_cmp(&(middle(*b) - at).abs()))
    };
    let mut gap = nearest(wanted(-reach)).unwrap_or_default();
    // It passes on between two of the streets that cross it: each passage, where its middle is and to which gap it leads.
    let (first, mut passages) = (gap, Vec::new());
    for pair in across.windows(2) {
        let at = 0.5 * (pair[0].at + pair[1].at);
        let free = passages.last().is_none_or(|(last, _)| at - last >= PASSAGE_M);
        let off = wanted(at) - middle(gap);
        if free && off.abs() > 0.7 * spacing {
            gap += off.signum() as i64;
            passages.push((at, gap));
        }
    }
    let steps = (2.0 * reach / STEP_M).ceil() as usize;
    (0..=steps)
        .map(|i| (i, -reach + 2.0 * reach * i as f64 / steps as f64))
        .filter(|(i, along)| {
            i % STEPS_BETWEEN == 0 || passages.iter().any(|(at, _)| (along - at).abs() < 0.5 * PASSAGE_M + STEP_M)
        })
        .map(|(_, along)| {
            let mut from = middle(first);
            for (at, gap) in &passages {
                let t = ((along - at) / PASSAGE_M + 0.5).clamp(0.0, 1.0);
                from += (middle(*gap) - from) * t * t * (3.0 - 2.0 * t);
            }
            [along, from]
        })
        .collect()
}

fn ribbon(id: &'static str, name: &'static str, line: Vec<[f64; 2]>, half_width: f64) -> Water {
    let side = |sign: f64| {
        (0..line.len()).map(move |i| (i, sign)).map(|(i, sign)| {
            let (a, b) = (line[i.max(1) - 1], line[(i + 1).min(line.len() - 1)]);
            let d = [b[0] - a[0], b[1] - a[1]];
            let n = d[0].hypot(d[1]);
            [line[i][0] - sign * half_width * d[1] / n, line[i][1] + sign * half_width * d[0] / n]
        })
    };
    let mut ring: Vec<[f64; 2]> = side(-1.0).collect();
    let mut left: Vec<[f64; 2]> = side(1.0).collect();
    left.reverse();
    ring.extend(left);
    let extent = extent(&ring);
    Water { id, name, ring, is_lake: false, line, half_width, extent }
}

fn extent(points: &[[f64; 2]]) -> ([f64; 2], [f64; 2]) {
    points.iter().fold(([f64::MAX; 2], [f64::MIN; 2]), |(low, high), p| {
        ([low[0].min(p[0]), low[1].min(p[1])], [high[0].max(p[0]), high[1].max(p[1])])
    })
}

fn closed(ring: &[[f64; 2]]) -> Vec<[f64; 2]> {
    ring.iter().chain(ring.first()).copied().collect()
}

/// Whether a line passes within `reach` metres.
fn near(line: &[[f64; 2]], p: [f64; 2], reach: f64) -> bool {
    line.windows(2).any(|w| {
        // Most pieces are far off along one axis alone.
        let apart = |k: usize| p[k] < w[0][k].min(w[1][k]) - reach || p[k] > w[0][k].max(w[1][k]) + reach;
        if apart(0) || apart(1) {
            return false;
        }
        let (d, e) = ([w[1][0] - w[0][0], w[1][1] - w[0][1]], [p[0] - w[0][0], p[1] - w[0][1]]);
        let t = ((d[0] * e[0] + d[1] * e[1]) / (d[0] * d[0] + d[1] * d[1]).max(1e-9)).clamp(0.0, 1.0);
        (e[0] - t * d[0]).hypot(e[1] - t * d[1]) < reach
    })
}
