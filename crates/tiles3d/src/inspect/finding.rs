//! Defects as they are found.

use super::rules::{Rule, Severity};
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Of each rule, so many breaches are kept; the rest is counted.
const KEPT: u64 = 1000;

/// One breach of a rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Defect {
    /// How bad it is.
    pub severity: Severity,
    /// The rule's stable name.
    pub rule: &'static str,
    /// The clause that it breaks.
    pub clause: &'static str,
    /// The file, and the JSON pointer or part in it.
    pub place: String,
    /// What is wrong.
    pub message: String,
}

/// What has been found so far.
#[derive(Debug, Default)]
pub(super) struct Findings {
    pub(super) defects: Vec<Defect>,
    pub(super) counts: BTreeMap<&'static str, u64>,
}

impl Findings {
    pub(super) fn add(&mut self, rule: &Rule, place: &str, message: impl Into<String>) {
        self.add_with(rule, rule.clause, place, message);
    }

    /// With a clause that says more than the rule's own: the schema that a JSON object breaks.
    pub(super) fn add_with(&mut self, rule: &Rule, clause: &'static str, place: &str, message: impl Into<String>) {
        let count = self.counts.entry(rule.name).or_insert(0);
        *count += 1;
        if *count <= KEPT {
            let (severity, rule) = (rule.severity, rule.name);
            self.defects.push(Defect { severity, rule, clause, place: place.to_owned(), message: message.into() });
        }
    }
}

/// The place of a member: JSON pointer syntax (RFC 6901) behind the file's `#`.
pub(super) fn at(place: &str, key: impl std::fmt::Display) -> String {
    let mut path = Path(String::with_capacity(place.len() + 24));
    path.0.push_str(place);
    path.enter(key);
    path.0
}

/// A place that goes down into members and comes back. Places are long where folders are deep, and most are never told.
#[derive(Debug)]
pub(super) struct Path(String);

impl Path {
    pub(super) fn new(place: &str) -> Self {
        Self(place.to_owned())
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    /// Goes to a member; [`Self::leave`] with what is returned comes back.
    pub(super) fn enter(&mut self, key: impl std::fmt::Display) -> usize {
        let length = self.0.len();
        self.0.push('/');
        // Writing to a text cannot fail.
        let _ = write!(Escaped(&mut self.0), "{key}");
        length
    }

    pub(super) fn leave(&mut self, length: usize) {
        self.0.truncate(length);
    }
}

/// Writes a key as JSON pointers have it.
struct Escaped<'p>(&'p mut String);

impl std::fmt::Write for Escaped<'_> {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        for c in text.chars() {
            match c {
                '~' => self.0.push_str("~0"),
                '/' => self.0.push_str("~1"),
                other => self.0.push(other),
            }
        }
        Ok(())
    }
}

/// Text of the files in messages: not more than a line of it.
pub(super) fn short(text: &str) -> String {
    if text.chars().count() <= 80 { text.to_owned() } else { text.chars().take(80).chain(['…']).collect() }
}
