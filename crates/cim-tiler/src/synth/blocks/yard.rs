//! What belongs to a block besides its houses: paths, walls and gates, tracks, chimneys, cranes.

use super::{Block, bend};

/// A plane polygon: outer ring and holes, east-north metres and metres above the ground.
#[derive(Debug, Clone, PartialEq)]
pub(in super::super) struct Face {
    pub(in super::super) rings: Vec<Vec<[f64; 3]>>,
    pub(in super::super) color: [u8; 3],
}

/// A block's yard.
#[derive(Debug, Clone, PartialEq)]
pub(in super::super) struct Yard {
    pub(in super::super) name: String,
    /// What lies on the ground, seen from afar too.
    pub(in super::super) paved: Vec<Face>,
    /// What stands.
    pub(in super::super) standing: Vec<Face>,
}

pub(super) const ASPHALT: [u8; 3] = [112, 113, 116];
pub(super) const FLAGSTONE: [u8; 3] = [178, 170, 158];
pub(super) const CONCRETE: [u8; 3] = [168, 166, 160];
pub(super) const EARTH: [u8; 3] = [150, 124, 92];
pub(super) const TRACK: [u8; 3] = [170, 78, 58];
pub(super) const LAWN: [u8; 3] = [104, 140, 78];
pub(super) const BRICK: [u8; 3] = [176, 120, 98];
pub(super) const PLASTER: [u8; 3] = [222, 214, 200];
pub(super) const STEEL: [u8; 3] = [168, 172, 176];
const WHITE: [u8; 3] = [240, 240, 236];

/// Metres above the ground: of a pavement, of what lies on it, of lines on that.
const LAYERS_M: [f64; 3] = [0.07, 0.11, 0.15];
/// Corners of half a circle.
const ARC: usize = 10;

impl Yard {
    pub(super) fn new(estate: &str) -> Self {
        Self { name: format!("{estate}院落"), paved: Vec::new(), standing: Vec::new() }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.paved.is_empty() && self.standing.is_empty()
    }
}

impl Block<'_> {
    fn up(&self, p: [f64; 2], z: f64) -> [f64; 3] {
        let [x, y] = bend([self.low[0] + p[0], self.low[1] + p[1]]);
        [x, y, z]
    }

    /// Whether no water is near.
    pub(super) fn dry(&self, corners: &[[f64; 2]]) -> bool {
        let ring: Vec<[f64; 2]> = corners.iter().map(|c| self.metres(*c)).collect();
        !self.wet(&ring, 3.0)
    }

    /// A flat area in one of three layers.
    fn lay(&mut self, rings: &[Vec<[f64; 2]>], layer: usize, color: [u8; 3]) {
        if !rings.first().is_some_and(|outer| self.dry(outer)) {
            return;
        }
        let z = LAYERS_M[layer.min(2)];
        let rings = rings.iter().map(|r| r.iter().map(|p| self.up(*p, z)).collect()).collect();
        self.yard.paved.push(Face { rings, color });
    }

    /// A paved rectangle.
    pub(super) fn pave(&mut self, [x, y]: [f64; 2], [w, d]: [f64; 2], color: [u8; 3]) {
        self.lay(&[vec![[x, y], [x + w, y], [x + w, y + d], [x, y + d]]], 0, color);
    }

    /// A car park with its bays.
    pub(super) fn car_park(&mut self, [x, y]: [f64; 2], [w, d]: [f64; 2]) {
        self.pave([x, y], [w, d], ASPHALT);
        let bays = (w / 2.6).floor() as usize;
        for k in (0..=bays).step_by(2) {
            let at = x + k as f64 * 2.6;
            self.lay(&[vec![[at, y], [at + 0.2, y], [at + 0.2, y + 5.0], [at, y + 5.0]]], 1, WHITE);
        }
    }

    /// A wall, 0.3 m thick: its two sides and its top.
    pub(super) fn wall(&mut self, a: [f64; 2], b: [f64; 2], height: f64, color: [u8; 3]) {
        let d = [b[0] - a[0], b[1] - a[1]];
        let length = d[0].hypot(d[1]);
        if length < 0.5 || !self.dry(&[a, b]) {
            return;
        }
        let n = [-0.15 * d[1] / length, 0.15 * d[0] / length];
        let left = [[a[0] + n[0], a[1] + n[1]], [b[0] + n[0], b[1] + n[1]]];
        let right = [[a[0] - n[0], a[1] - n[1]], [b[0] - n[0], b[1] - n[1]]];
        let faces = [
            vec![self.up(right[0], 0.0), self.up(right[1], 0.0), self.up(right[1], height), self.up(right[0], height)],
            vec![self.up(left[1], 0.0), self.up(left[0], 0.0), self.up(left[0], height), self.up(left[1], height)],
            vec![
                self.up(right[0], height),
                self.up(right[1], height),
                self.up(left[1], height),
                self.up(left[0], height),
            ],
        ];
        self.yard.standing.extend(faces.map(|ring| Face { rings: vec![ring], color }));
    }

    /// Walls round the block, `inset` metres inside, with a gate in the middle of the south side and a lodge beside it.
    pub(super) fn enclose(&mut self, inset: f64, height: f64, color: [u8; 3]) {
        let (w, d) = (self.width(), self.depth());
        let (west, east, south, north) = (inset, w - inset, inset, d - inset);
        let (left, right) = (0.5 * w - 5.0, 0.5 * w + 5.0);
        for (a, b) in [
            ([west, south], [left, south]),
            ([right, south], [east, south]),
            ([east, south], [east, north]),
            ([east, north], [west, north]),
            ([west, north], [west, south]),
        ] {
            self.wall(a, b, height, color);
        }
        for x in [left, right] {
            self.prism(&square([x, south], 0.6), 0.0, height + 1.4, color);
        }
        self.prism(&square([right + 4.0, south + 3.0], 1.8), 0.0, 3.0, PLASTER);
    }

    /// An upright body: sides and top.
    pub(super) fn prism(&mut self, ring: &[[f64; 2]], low: f64, high: f64, color: [u8; 3]) {
        self.frustum(ring, ring, low, high, color);
    }

    /// A body between two rings of as many corners, counter-clockwise: sides and top.
    pub(super) fn frustum(&mut self, foot: &[[f64; 2]], top: &[[f64; 2]], low: f64, high: f64, color: [u8; 3]) {
        if foot.len() != top.len() || !self.dry(foot) {
            return;
        }
        for k in 0..foot.len() {
            let next = (k + 1) % foot.len();
            let ring =
                vec![self.up(foot[k], low), self.up(foot[next], low), self.up(top[next], high), self.up(top[k], high)];
            self.yard.standing.push(Face { rings: vec![ring], color });
        }
        let lid = top.iter().map(|p| self.up(*p, high)).collect();
        self.yard.standing.push(Face { rings: vec![lid], color });
    }

    /// Stands that rise from an inner ring to an outer one of as many corners.
    pub(super) fn bowl(&mut self, inner: &[[f64; 2]], outer: &[[f64; 2]], low: f64, high: f64, color: [u8; 3]) {
        if inner.len() != outer.len() || !self.dry(outer) {
            return;
        }
        for k in 0..inner.len() {
            let next = (k + 1) % inner.len();
            // The upper side looks up: the ring turns the other way than that of a body's side.
            let ring = vec![
                self.up(inner[k], low),
                self.up(outer[k], high),
                self.up(outer[next], high),
                self.up(inner[next], low),
            ];
            self.yard.standing.push(Face { rings: vec![ring], color });
        }
    }

    /// An upright wall along a ring, seen from outside.
    pub(super) fn shell(&mut self, ring: &[[f64; 2]], low: f64, high: f64, color: [u8; 3]) {
        if !self.dry(ring) {
            return;
        }
        for k in 0..ring.len() {
            let (a, b) = (ring[k], ring[(k + 1) % ring.len()]);
            let ring = vec![self.up(a, low), self.up(b, low), self.up(b, high), self.up(a, high)];
            self.yard.standing.push(Face { rings: vec![ring], color });
        }
    }

    /// One tooth of a sawtooth roof.
    pub(super) fn tooth(
        &mut self,
        [west, east]: [f64; 2],
        [south, north]: [f64; 2],
        [low, high]: [f64; 2],
        color: [u8; 3],
    ) {
        const GLASS: [u8; 3] = [150, 176, 190];
        let slope = vec![
            self.up([west, south], low),
            self.up([east, south], low),
            self.up([east, north], high),
            self.up([west, north], high),
        ];
        let glass = vec![
            self.up([east, north], low),
            self.up([west, north], low),
            self.up([west, north], high),
            self.up([east, north], high),
        ];
        let left = vec![self.up([west, north], low), self.up([west, south], low), self.up([west, north], high)];
        let right = vec![self.up([east, south], low), self.up([east, north], low), self.up([east, north], high)];
        for (ring, color) in [(slope, color), (glass, GLASS), (left, color), (right, color)] {
            self.yard.standing.push(Face { rings: vec![ring], color });
        }
    }

    /// A chimney with a red and white head.
    pub(super) fn chimney(&mut self, at: [f64; 2], height: f64) {
        let r = |share: f64| 0.045 * height * share;
        self.frustum(&circle(at, r(1.0), 8), &circle(at, r(0.7), 8), 0.0, 0.7 * height, CONCRETE);
        for (k, color) in [(0, [196, 62, 48]), (1, WHITE), (2, [196, 62, 48])] {
            let (low, high) = (0.7 + 0.1 * f64::from(k), 0.8 + 0.1 * f64::from(k));
            let ring = circle(at, r(0.66), 8);
            self.prism(&ring, low * height, high * height, color);
        }
    }

    /// A tower crane.
    pub(super) fn crane(&mut self, at: [f64; 2], height: f64, along_east: bool) {
        const YELLOW: [u8; 3] = [226, 170, 40];
        self.prism(&square(at, 0.9), 0.0, height + 5.0, YELLOW);
        let (back, ahead) = (-14.0, 46.0);
        let arm = if along_east {
            [
                [at[0] + back, at[1] - 0.7],
                [at[0] + ahead, at[1] - 0.7],
                [at[0] + ahead, at[1] + 0.7],
                [at[0] + back, at[1] + 0.7],
            ]
        } else {
            [
                [at[0] - 0.7, at[1] + back],
                [at[0] + 0.7, at[1] + back],
                [at[0] + 0.7, at[1] + ahead],
                [at[0] - 0.7, at[1] + ahead],
            ]
        };
        self.prism(&arm, height, height + 1.4, YELLOW);
    }

    /// A running track, its long axis to the north: `length` metres of straight, `radius` to its outer edge.
    pub(super) fn track(&mut self, [x, y]: [f64; 2], length: f64, radius: f64) {
        let oval = |r: f64| oval([x, y], length, r);
        let lane = 1.22;
        let lanes = if radius > 30.0 { 8.0 } else { 6.0 };
        let inner = radius - lanes * lane;
        self.lay(&[oval(radius)], 0, TRACK);
        self.lay(&[oval(inner)], 1, LAWN);
        let mut r = inner + lane;
        while r < radius - 0.3 {
            self.lay(&[oval(r + 0.12), reversed(oval(r))], 1, WHITE);
            r += 2.0 * lane;
        }
        let (w, d) = (inner * 1.15, length * 0.98);
        for (low, high) in [
            ([x - 0.5 * w, y - 0.5 * d], [x + 0.5 * w, y - 0.5 * d + 0.25]),
            ([x - 0.5 * w, y + 0.5 * d], [x + 0.5 * w, y + 0.5 * d + 0.25]),
            ([x - 0.5 * w, y - 0.12], [x + 0.5 * w, y + 0.12]),
        ] {
            self.lay(&[vec![low, [high[0], low[1]], high, [low[0], high[1]]]], 2, WHITE);
        }
    }
}

pub(super) fn square([x, y]: [f64; 2], half: f64) -> [[f64; 2]; 4] {
    [[x - half, y - half], [x + half, y - half], [x + half, y + half], [x - half, y + half]]
}

pub(super) fn circle([x, y]: [f64; 2], r: f64, corners: usize) -> Vec<[f64; 2]> {
    let angle = |k: usize| std::f64::consts::TAU * k as f64 / corners as f64;
    (0..corners).map(|k| [x + r * angle(k).cos(), y + r * angle(k).sin()]).collect()
}

/// Two half circles and the straights between them, counter-clockwise.
pub(super) fn oval([x, y]: [f64; 2], length: f64, r: f64) -> Vec<[f64; 2]> {
    let half = |turn: f64, shift: f64| {
        (0..=ARC).map(move |k| {
            let a = turn + std::f64::consts::PI * k as f64 / ARC as f64;
            [x + r * a.cos(), y + shift + r * a.sin()]
        })
    };
    half(0.0, 0.5 * length).chain(half(std::f64::consts::PI, -0.5 * length)).collect()
}

fn reversed(mut ring: Vec<[f64; 2]>) -> Vec<[f64; 2]> {
    ring.reverse();
    ring
}
