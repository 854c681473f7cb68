//! The Grand Canal, the river Guangfu and Taibai Lake.

use super::plan::Plan;
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
    let steps = |f: &dyn Fn(f64) -> [f64; 2]| (0..=80).map(|i| f(f64::from(i) / 40.0 - 1.0)).collect::<Vec<_>>();
    // The old canal comes from the west, turns through the centre and leaves to the south.
    let canal = steps(&|t| [t * r * 0.9 - 180.0, 260.0 - 900.0 * (t + 0.2).max(0.0).powi(2) + 130.0 * (t * 5.0).sin()]);
    let river = steps(&|t| [0.52 * r + 160.0 * (t * 3.1).sin(), t * r]);
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
