//! What was wrong with the data, counted and named: nothing that a person should know is swallowed.

use bevy::prelude::*;
use serde::Deserialize;
use std::collections::{BTreeMap, VecDeque};

/// How many single occurrences are kept for the data-quality panel.
const RECENT: usize = 200;

/// One thing that was wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Occurrence {
    /// Stable name of the kind of defect, such as `tile-broken`.
    pub code: &'static str,
    /// Where: a URL, a key, a file.
    pub place: String,
    /// What was wrong and what became of it.
    pub message: String,
}

/// What the backend found wrong, as it last said (`GET api/diagnostics`).
#[derive(Resource, Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub struct BackendDefects {
    /// How often each code occurred since the backend started.
    pub counts: BTreeMap<String, u64>,
    /// The most recent ones, newest first.
    pub recent: Vec<BackendDefect>,
}

/// One of them.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct BackendDefect {
    /// Stable name of the kind of defect.
    pub code: String,
    /// Where: a file, a key.
    pub place: String,
    /// What was wrong and what became of it.
    pub message: String,
}

/// All diagnostics since the program started. Bounded: counts per code, and the most recent occurrences.
#[derive(Resource, Debug, Default)]
pub struct Diagnostics {
    counts: BTreeMap<&'static str, u64>,
    recent: VecDeque<Occurrence>,
}

impl Diagnostics {
    /// Counts an occurrence and writes it to the log; the log hears of each code at its 1st, 2nd, 4th, 8th ... time.
    pub fn report(&mut self, code: &'static str, place: impl Into<String>, message: impl Into<String>) {
        let occurrence = Occurrence { code, place: place.into(), message: message.into() };
        let count = self.counts.entry(code).or_default();
        *count += 1;
        if count.is_power_of_two() {
            warn!("{code} (no. {count}) at {}: {}", occurrence.place, occurrence.message);
        }
        if self.recent.len() == RECENT {
            self.recent.pop_front();
        }
        self.recent.push_back(occurrence);
    }

    /// How often each code occurred, by code.
    pub fn counts(&self) -> impl Iterator<Item = (&'static str, u64)> + '_ {
        self.counts.iter().map(|(code, n)| (*code, *n))
    }

    /// The most recent occurrences, newest first.
    pub fn recent(&self) -> impl Iterator<Item = &Occurrence> {
        self.recent.iter().rev()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_all_and_keeps_the_newest() {
        let mut d = Diagnostics::default();
        for i in 0..1000 {
            d.report("tile-broken", format!("{i}.glb"), "cut off");
        }
        assert_eq!(d.counts().collect::<Vec<_>>(), [("tile-broken", 1000)]);
        assert_eq!(d.recent().count(), RECENT);
        assert_eq!(d.recent().next().unwrap().place, "999.glb");
    }
}
