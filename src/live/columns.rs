//! Where many things of one layer are, column by column.

use bevy::math::DVec3;
use std::collections::HashMap;

/// Seconds between two reports beyond which the way between them is not drawn: the thing is simply elsewhere.
const LONGEST_WAY_SECS: f64 = 12.0;
/// Metres between two reports beyond which it was moved, not driven.
const LONGEST_WAY_M: f64 = 400.0;

/// Where one thing is, between its last two reports.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Mover {
    /// Site metres at `from_secs`.
    pub from: DVec3,
    /// Site metres at `to_secs`.
    pub to: DVec3,
    /// Seconds since the program started.
    pub from_secs: f64,
    /// Seconds since the program started.
    pub to_secs: f64,
    /// Radians clockwise from north at `from_secs`.
    pub heading_from: f32,
    /// Radians clockwise from north at `to_secs`.
    pub heading_to: f32,
}

impl Mover {
    /// Something that stands.
    #[must_use]
    pub fn standing(at: DVec3, heading: f32) -> Self {
        Self { from: at, to: at, from_secs: 0.0, to_secs: 0.0, heading_from: heading, heading_to: heading }
    }

    /// Site metres at a second.
    #[must_use]
    pub fn at(&self, secs: f64) -> DVec3 {
        let share = ((secs - self.from_secs) / (self.to_secs - self.from_secs).max(1e-3)).clamp(0.0, 1.0);
        self.from.lerp(self.to, share)
    }

    /// A report arrived: from where it is drawn now to where it was reported, in as long as the last report took.
    pub(super) fn report(&mut self, to: DVec3, heading: f32, now: f64, since_last_secs: f64) {
        let from = self.at(now);
        let jump = from.distance(to) > LONGEST_WAY_M || since_last_secs > LONGEST_WAY_SECS;
        self.from = if jump { to } else { from };
        self.to = to;
        self.from_secs = now;
        self.to_secs = now + since_last_secs.clamp(0.3, LONGEST_WAY_SECS);
        self.heading_from = self.heading_to;
        self.heading_to = heading;
    }
}

/// Index by id, with dense columns behind it.
#[derive(Debug, Clone)]
pub(super) struct Columns<T> {
    index: HashMap<String, usize>,
    pub(super) ids: Vec<String>,
    pub(super) movers: Vec<Mover>,
    pub(super) data: Vec<T>,
}

impl<T> Default for Columns<T> {
    fn default() -> Self {
        Self { index: HashMap::new(), ids: Vec::new(), movers: Vec::new(), data: Vec::new() }
    }
}

impl<T> Columns<T> {
    pub(super) fn get(&self, id: &str) -> Option<usize> {
        self.index.get(id).copied()
    }

    pub(super) fn insert(&mut self, id: &str, mover: Mover, data: T) -> usize {
        if let Some(at) = self.get(id) {
            self.movers[at] = mover;
            self.data[at] = data;
            return at;
        }
        let at = self.ids.len();
        self.index.insert(id.to_owned(), at);
        self.ids.push(id.to_owned());
        self.movers.push(mover);
        self.data.push(data);
        at
    }

    pub(super) fn len(&self) -> usize {
        self.ids.len()
    }

    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_never_makes_it_jump_on_the_screen() {
        let mut m = Mover::standing(DVec3::ZERO, 0.0);
        m.report(DVec3::new(20.0, 0.0, 0.0), 1.0, 100.0, 2.0);
        let before = m.at(101.0);
        m.report(DVec3::new(45.0, 0.0, 0.0), 1.2, 101.0, 2.0);
        assert_eq!(m.at(101.0), before);
        assert_eq!(m.at(103.0), DVec3::new(45.0, 0.0, 0.0));
        assert_eq!(m.at(110.0), DVec3::new(45.0, 0.0, 0.0));
    }

    #[test]
    fn what_was_away_for_long_is_simply_elsewhere() {
        let mut m = Mover::standing(DVec3::ZERO, 0.0);
        m.report(DVec3::new(300.0, 0.0, 0.0), 0.0, 100.0, 60.0);
        assert_eq!(m.at(100.0), m.to);
    }
}
