//! What was wrong with the data that came in: counted, named, bounded.

use cim_model::Timestamp;
use serde::Serialize;
use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Mutex, PoisonError},
};

const RECENT: usize = 200;

/// One thing that was wrong.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Occurrence {
    pub(crate) code: &'static str,
    pub(crate) place: String,
    pub(crate) message: String,
    pub(crate) time: Timestamp,
}

#[derive(Debug, Default)]
struct Inner {
    counts: BTreeMap<&'static str, u64>,
    recent: VecDeque<Occurrence>,
}

/// All of it.
#[derive(Debug, Default)]
pub(crate) struct Diagnostics(Mutex<Inner>);

/// `GET /api/diagnostics`.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    counts: BTreeMap<&'static str, u64>,
    recent: Vec<Occurrence>,
}

impl Diagnostics {
    pub(crate) fn report(
        &self,
        code: &'static str,
        place: impl Into<String>,
        message: impl Into<String>,
        now: Timestamp,
    ) {
        let mut inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *inner.counts.entry(code).or_default() += 1;
        if inner.recent.len() == RECENT {
            inner.recent.pop_front();
        }
        inner.recent.push_back(Occurrence { code, place: place.into(), message: message.into(), time: now });
    }

    pub(crate) fn read(&self) -> Report {
        let inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Report { counts: inner.counts.clone(), recent: inner.recent.iter().rev().cloned().collect() }
    }
}
