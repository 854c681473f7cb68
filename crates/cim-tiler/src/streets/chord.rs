//! What bridges and tunnels run along where there is a terrain: a line from where they leave the ground to where they come
//! back to it.

use super::{Bed, Edge, frame_at, point_at};

/// Metres over which a bridge takes up the slope of the road that leads to it, at most.
const EASED_M: f64 = 25.0;
/// The slope more than the bridge's own that it takes up at most.
const STEEPEST: f64 = 0.1;
/// Metres over which the slope of the road before it is measured.
const BEFORE_M: f64 = 15.0;
/// Rounds that heights of places between abutments are evened out in, at most.
const ROUNDS: usize = 4000;

/// A stretch of an edge that does not lie on the ground: metres along it.
pub(super) type Stretch = (f64, f64);

#[derive(Debug, Clone, Copy, Default)]
struct End {
    /// Metres above the city's zero.
    height: f64,
    /// What the line rises more than straight to the other end, into the stretch.
    slope: f64,
}

/// The line of one stretch.
#[derive(Debug, Clone, Copy)]
struct Chord {
    stretch: Stretch,
    ends: [End; 2],
}

impl Chord {
    fn length(&self) -> f64 {
        (self.stretch.1 - self.stretch.0).max(1e-6)
    }

    fn height(&self, at: f64) -> f64 {
        let (length, [a, b]) = (self.length(), self.ends);
        let share = ((at - self.stretch.0) / length).clamp(0.0, 1.0);
        let eased = EASED_M.min(0.5 * length);
        // As steep as the road before it, and as steep as the line after a few metres.
        let ease = |end: End, from: f64| end.slope * from * (1.0 - (from / eased).min(1.0)).powi(2);
        let straight = a.height + (b.height - a.height) * share;
        straight + ease(a, share * length) + ease(b, (1.0 - share) * length)
    }
}

/// The lines of all stretches, by edge.
#[derive(Debug)]
pub(super) struct Chords(Vec<Vec<Chord>>);

impl Chords {
    /// For the stretches of each edge; flat ground needs none.
    pub(super) fn new(edges: &[Edge], places: usize, stretches: &[Vec<Stretch>], bed: Bed<'_>) -> Self {
        let mut out = Self(vec![Vec::new(); edges.len()]);
        if bed.is_flat() {
            return out;
        }
        let joined = Joined::new(edges, places, stretches);
        for (e, edge) in edges.iter().enumerate() {
            for stretch in merged(&stretches[e]) {
                let height = |at: f64| End { height: bed.ground(point_at(&edge.line, at)), slope: 0.0 };
                out.0[e].push(Chord { stretch, ends: [height(stretch.0), height(stretch.1)] });
            }
        }
        out.level(&joined);
        out.ease(edges, &joined, bed);
        out
    }

    /// How far above the ground the line of an edge is where it has one; 0 on the ground.
    pub(super) fn above(&self, edge: usize, line: &[glam::DVec2], at: f64, bed: Bed<'_>) -> f64 {
        let on = |c: &&Chord| (c.stretch.0..=c.stretch.1).contains(&at);
        self.0[edge].iter().find(on).map_or(0.0, |c| c.height(at) - bed.ground(point_at(line, at)))
    }

    /// Evens out the heights of places that have no ground: each is the mean of its neighbours by how near they are, so
    /// that a run of stretches is one straight line.
    fn level(&mut self, joined: &Joined) {
        let free: Vec<usize> = (0..joined.at.len()).filter(|p| joined.is_free(*p)).collect();
        for _ in 0..ROUNDS {
            let mut moved: f64 = 0.0;
            for &place in &free {
                let (mut sum, mut weight) = (0.0, 0.0);
                for &(e, k, end) in &joined.at[place] {
                    let chord = &self.0[e][k];
                    sum += chord.ends[1 - end].height / chord.length();
                    weight += 1.0 / chord.length();
                }
                let height = sum / weight;
                for &(e, k, end) in &joined.at[place] {
                    moved = moved.max((self.0[e][k].ends[end].height - height).abs());
                    self.0[e][k].ends[end].height = height;
                }
            }
            if moved < 1e-4 {
                break;
            }
        }
    }

    /// Has stretches begin as steep as what leads to them.
    fn ease(&mut self, edges: &[Edge], joined: &Joined, bed: Bed<'_>) {
        for (e, edge) in edges.iter().enumerate() {
            for k in 0..self.0[e].len() {
                let chord = self.0[e][k];
                let straight = (chord.ends[1].height - chord.ends[0].height) / chord.length();
                for end in [0, 1] {
                    let (at, sign) = if end == 0 { (chord.stretch.0, 1.0) } else { (chord.stretch.1, -1.0) };
                    let place = if end == 0 { edge.from } else { edge.to };
                    let within = at > 1e-3 && at < edge.length - 1e-3;
                    let before = if within {
                        let back = (at - sign * BEFORE_M).clamp(0.0, edge.length);
                        Some((point_at(&edge.line, back), (at - back).abs()))
                    } else if joined.is_free(place) {
                        None
                    } else {
                        let ahead = sign * frame_at(&edge.line, at, end == 0).1;
                        joined.before(edges, place, ahead)
                    };
                    let Some((back, run)) = before.filter(|(_, run)| *run > 1.0) else { continue };
                    let slope = (bed.ground(point_at(&edge.line, at)) - bed.ground(back)) / run;
                    self.0[e][k].ends[end].slope = (slope - sign * straight).clamp(-STEEPEST, STEEPEST);
                }
            }
        }
    }
}

/// What of stretches meets at places.
struct Joined {
    /// By place: the edge, which of its stretches, and which end of that is there.
    at: Vec<Vec<(usize, usize, usize)>>,
    /// By place: the edges that are on the ground there, and whether they begin there.
    grounded: Vec<Vec<(usize, bool)>>,
    /// Whether bridges and tunnels meet there.
    mixed: Vec<bool>,
}

impl Joined {
    fn new(edges: &[Edge], places: usize, stretches: &[Vec<Stretch>]) -> Self {
        let mut out =
            Self { at: vec![Vec::new(); places], grounded: vec![Vec::new(); places], mixed: vec![false; places] };
        for (e, edge) in edges.iter().enumerate() {
            let merged = merged(&stretches[e]);
            for (end, place) in [(0, edge.from), (1, edge.to)] {
                let reaches = |s: &Stretch| if end == 0 { s.0 <= 1e-3 } else { s.1 >= edge.length - 1e-3 };
                match merged.iter().position(reaches) {
                    Some(k) => {
                        let below = |e: usize| edges[e].level < 0;
                        out.mixed[place] |= out.at[place].iter().any(|(other, _, _)| below(*other) != below(e));
                        out.at[place].push((e, k, end));
                    }
                    None => out.grounded[place].push((e, end == 0)),
                }
            }
        }
        out
    }

    /// Whether nothing holds a place on the ground.
    fn is_free(&self, place: usize) -> bool {
        self.at[place].len() > 1 && self.grounded[place].is_empty() && !self.mixed[place]
    }

    /// A point on the road that leads straightest to a place in a direction, and how many metres before it.
    fn before(&self, edges: &[Edge], place: usize, ahead: glam::DVec2) -> Option<(glam::DVec2, f64)> {
        let points = self.grounded[place].iter().map(|&(e, begins)| {
            let edge = &edges[e];
            let run = BEFORE_M.min(edge.length);
            let back = point_at(&edge.line, if begins { run } else { edge.length - run });
            let end = point_at(&edge.line, if begins { 0.0 } else { edge.length });
            (back, run, (end - back).normalize_or_zero().dot(ahead))
        });
        let straight = points.filter(|(_, _, along)| *along > 0.5).max_by(|a, b| a.2.total_cmp(&b.2));
        straight.map(|(back, run, _)| (back, run))
    }
}

/// Stretches that overlap as one, ascending.
fn merged(stretches: &[Stretch]) -> Vec<Stretch> {
    let mut sorted = stretches.to_vec();
    sorted.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut out: Vec<Stretch> = Vec::with_capacity(sorted.len());
    for (from, to) in sorted {
        match out.last_mut() {
            Some(last) if from <= last.1 => last.1 = last.1.max(to),
            _ => out.push((from, to)),
        }
    }
    out
}
