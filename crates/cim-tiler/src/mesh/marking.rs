//! What is painted on carriageways, by GB 5768.3: centre and lane lines, stop lines, crossings, arrows. Traffic keeps to the
//! right.

use super::{
    Look, linear_bytes,
    street::{CARRIAGEWAY_M, MARKING_M, StreetTarget},
    strip::{add_polygon, add_strip, length, part},
};
use crate::{
    city::RoadClass,
    streets::{End, Piece, Section, Street},
};
use glam::{DVec2, DVec3};

const UP_M: f64 = CARRIAGEWAY_M + MARKING_M;
/// Width of lines between lanes, metres.
const LINE_M: f64 = 0.15;
/// Metres before a stop line in which lanes must not be changed: their lines are solid there.
const SOLID_M: f64 = 30.0;
/// From the junction to its crossing, metres.
const BEFORE_CROSSING_M: f64 = 1.5;
/// From the crossing to the stop line, metres.
const BEFORE_STOP_M: f64 = 2.0;

/// Lines and gaps, metres.
type Dash = (f64, f64);
/// Between lanes of one direction where 60 km/h and more are driven, and where less.
const FAST: Dash = (6.0, 9.0);
const SLOW: Dash = (2.0, 4.0);
/// Between directions.
const CENTRE: Dash = (4.0, 6.0);

/// What is painted on one piece of a street.
struct Painter<'a, 'b> {
    to: &'a mut StreetTarget<'b>,
    piece: &'a Piece,
    section: Section,
    class: RoadClass,
    length: f64,
    feature: u32,
    /// Metres along the piece where lines begin and end: at the stop lines.
    clear: [f64; 2],
}

impl StreetTarget<'_> {
    /// Adds what is painted on a street. Side streets have nothing painted on them.
    pub(crate) fn markings(&mut self, street: &Street, class: RoadClass, feature: u32) {
        if class > RoadClass::Tertiary {
            return;
        }
        for piece in &street.pieces {
            let length = length(&piece.line);
            let depth = if class <= RoadClass::Secondary { 5.0 } else { 4.0 };
            let taken = |end: End| {
                if matches!(end, End::Crossing { .. }) { BEFORE_CROSSING_M + depth + BEFORE_STOP_M } else { 0.0 }
            };
            let mut before = piece.ends.map(taken);
            // Between junctions that are this close there is room for nothing.
            if before[0] + before[1] + 8.0 > length {
                before = [0.0; 2];
            }
            let clear = [before[0], length - before[1]];
            let section = street.section;
            let mut painter = Painter { to: self, piece, section, class, length, feature, clear };
            for end in [0, 1].into_iter().filter(|end| before[*end] > 0.0) {
                painter.crossing(end, depth);
                painter.stop_line(end);
                painter.arrows(end);
            }
            painter.lines();
        }
    }
}

impl Painter<'_, '_> {
    fn white(&self) -> Look {
        Look { color: [255; 4], feature: self.feature }
    }

    fn yellow(&self) -> Look {
        Look { color: linear_bytes([250, 192, 62]), feature: self.feature }
    }

    /// A strip along the piece between two distances and two offsets to the right.
    fn paint(&mut self, along: (f64, f64), across: (f64, f64), look: Look) {
        if let Some(line) = part(&self.piece.line, along.0, along.1, self.to.bed) {
            add_strip((self.to.marking, self.to.bed), &line, across, UP_M, look);
        }
    }

    fn line(&mut self, along: (f64, f64), offset: f64, look: Look) {
        self.paint(along, (offset - 0.5 * LINE_M, offset + 0.5 * LINE_M), look);
    }

    fn dashes(&mut self, (from, to): (f64, f64), offset: f64, (dash, gap): Dash, look: Look) {
        let mut at = from;
        while at + dash <= to {
            self.line((at, at + dash), offset, look);
            at += dash + gap;
        }
    }

    /// Whether vehicles wait at an end.
    fn waits(&self, end: usize) -> bool {
        matches!(self.piece.ends[end], End::Crossing { .. }) && (self.clear[0] > 0.0 || self.clear[1] < self.length)
    }

    fn lines(&mut self) {
        let (s, white, yellow) = (self.section, self.white(), self.yellow());
        let all = (self.clear[0], self.clear[1]);
        if s.back > 0 {
            if s.ahead > 1 || s.back > 1 {
                self.line(all, -LINE_M, yellow);
                self.line(all, LINE_M, yellow);
            } else {
                let solid = [0, 1].map(|end| if self.waits(end) { SOLID_M } else { 0.0 });
                let (from, to) = ((all.0 + solid[0]).min(all.1), (all.1 - solid[1]).max(all.0));
                if from < to {
                    self.line((all.0, from), 0.0, yellow);
                    self.dashes((from, to), 0.0, CENTRE, yellow);
                    self.line((to, all.1), 0.0, yellow);
                } else {
                    self.line(all, 0.0, yellow);
                }
            }
        }
        // Offsets of the lines between lanes, and the end that the lanes lead to.
        let two_way = s.back > 0;
        let left = if two_way { 0.0 } else { -s.half };
        let mut between: Vec<(f64, usize)> = (1..s.ahead).map(|i| (left + f64::from(i) * s.lane, 1)).collect();
        between.extend((1..s.back).map(|i| (-f64::from(i) * s.lane, 0)));
        let dash = if self.class <= RoadClass::Secondary { FAST } else { SLOW };
        for (offset, end) in between {
            let solid = if self.waits(end) { SOLID_M } else { 0.0 };
            if end == 1 {
                let to = (all.1 - solid).max(all.0);
                self.dashes((all.0, to), offset, dash, white);
                self.line((to, all.1), offset, white);
            } else {
                let from = (all.0 + solid).min(all.1);
                self.line((all.0, from), offset, white);
                self.dashes((from, all.1), offset, dash, white);
            }
        }
        let edge =
            if s.cycles { Some(s.lanes_half()) } else { (self.class <= RoadClass::Trunk).then_some(s.half - 0.5) };
        for offset in edge.into_iter().flat_map(|e| [e, -e]) {
            self.line(all, offset, white);
        }
    }

    /// A zebra crossing: stripes along the road, 45 cm wide and 60 cm apart, all across.
    fn crossing(&mut self, end: usize, depth: f64) {
        const STRIPE: Dash = (0.45, 0.6);
        let along = self.stretch(end, BEFORE_CROSSING_M, BEFORE_CROSSING_M + depth);
        let half = self.section.half - 0.4;
        let (count, look) = (((2.0 * half) / (STRIPE.0 + STRIPE.1)).floor(), self.white());
        let first = -0.5 * (count * (STRIPE.0 + STRIPE.1) - STRIPE.1);
        for i in 0..count as u32 {
            let offset = first + f64::from(i) * (STRIPE.0 + STRIPE.1);
            self.paint(along, (offset, offset + STRIPE.0), look);
        }
    }

    /// Distances from an end as distances along the piece, ascending.
    fn stretch(&self, end: usize, near: f64, far: f64) -> (f64, f64) {
        if end == 0 { (near, far) } else { (self.length - far, self.length - near) }
    }

    /// Metres from an end to its stop line.
    fn stop(&self, end: usize) -> f64 {
        if end == 0 { self.clear[0] } else { self.length - self.clear[1] }
    }

    /// Offsets of the lanes that lead to an end, from the centre of the road outwards: to the right of one who drives there.
    fn approach(&self, end: usize) -> Option<(f64, f64, u32)> {
        let s = self.section;
        match (end, s.back) {
            (1, 0) => Some((-s.half, s.half, s.ahead)),
            (1, _) => Some((0.0, s.half, s.ahead)),
            (_, 0) => None,
            _ => Some((0.0, s.half, s.back)),
        }
    }

    fn stop_line(&mut self, end: usize) {
        const WIDE_M: f64 = 0.3;
        let Some((from, to, _)) = self.approach(end) else { return };
        let at = self.stop(end);
        let along = self.stretch(end, at - WIDE_M, at);
        let across = if end == 1 { (from, to) } else { (-to, -from) };
        self.paint(along, across, self.white());
    }

    /// An arrow in each lane that leads to an end, and again further back.
    fn arrows(&mut self, end: usize) {
        const LONG_M: f64 = 6.0;
        let End::Crossing { left, ahead, right } = self.piece.ends[end] else { return };
        let Some((from, _, lanes)) = self.approach(end) else { return };
        if lanes < 2 {
            return;
        }
        let stop = self.stop(end);
        for back in [6.0, 50.0] {
            let (tip, foot) = (stop + back, stop + back + LONG_M);
            if foot + self.stop(1 - end) + 10.0 > self.length {
                return;
            }
            let (near, far) = self.stretch(end, tip, foot);
            let Some(line) = part(&self.piece.line, near, far, self.to.bed) else { return };
            let (head, tail) = if end == 1 { (line[line.len() - 1], line[0]) } else { (line[0], line[line.len() - 1]) };
            let heading = (head - tail).truncate().normalize_or(DVec2::X);
            for lane in 0..lanes {
                let offset = from + (f64::from(lane) + 0.5) * self.section.lane;
                let first = lane == 0;
                let last = lane + 1 == lanes;
                let ways = [left && first, ahead && !(first && left && lanes > 2), right && last];
                let foot = tail + (-heading.perp() * offset).extend(0.0);
                self.arrow(foot, heading, ways, (head.z - tail.z) / LONG_M);
            }
        }
    }

    /// An arrow 6 m long from its foot on: to the left, straight on, to the right.
    fn arrow(&mut self, foot: DVec3, heading: DVec2, ways: [bool; 3], slope: f64) {
        let look = self.white();
        let right = -heading.perp();
        let to = &mut *self.to.marking;
        let mut shape = |points: &[[f64; 2]]| {
            let at = |&[x, y]: &[f64; 2]| foot + (heading * y + right * x).extend(slope * y);
            add_polygon(to, &points.iter().map(at).collect::<Vec<_>>(), UP_M, look);
        };
        let [left, ahead, turn_right] = ways;
        if !(left || ahead || turn_right) {
            return;
        }
        let top = if ahead { 3.8 } else { 3.3 };
        shape(&[[-0.1, 0.0], [0.1, 0.0], [0.1, top], [-0.1, top]]);
        if ahead {
            shape(&[[-0.45, 3.8], [0.45, 3.8], [0.0, 6.0]]);
        }
        for side in [(-1.0, left), (1.0, turn_right)].into_iter().filter(|(_, shown)| *shown).map(|(s, _)| s) {
            shape(&[[0.1 * side, 2.4], [0.6 * side, 2.9], [0.6 * side, 3.3], [0.1 * side, 2.8]]);
            shape(&[[0.6 * side, 2.4], [1.3 * side, 3.5], [0.6 * side, 3.8]]);
        }
    }
}
