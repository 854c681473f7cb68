//! Defects as they are found.

use super::rules::{Rule, Severity};
use serde::Serialize;
use std::collections::BTreeMap;

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
    let key = key.to_string();
    if key.contains(['~', '/']) {
        format!("{place}/{}", key.replace('~', "~0").replace('/', "~1"))
    } else {
        format!("{place}/{key}")
    }
}

/// Text of the files in messages: not more than a line of it.
pub(super) fn short(text: &str) -> String {
    if text.chars().count() <= 80 { text.to_owned() } else { text.chars().take(80).chain(['…']).collect() }
}
