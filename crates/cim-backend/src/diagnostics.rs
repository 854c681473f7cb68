//! What was wrong with the data that came in: counted, named, bounded.

use cim_model::Timestamp;
use serde::{Deserialize, Serialize};
use std::{
    borrow::Cow,
    collections::{BTreeMap, VecDeque},
    sync::{Mutex, PoisonError},
};

const RECENT: usize = 200;

/// One thing that was wrong.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Occurrence {
    pub(crate) code: Cow<'static, str>,
    pub(crate) place: String,
    pub(crate) message: String,
    pub(crate) time: Timestamp,
}

#[derive(Debug, Default)]
struct Inner {
    counts: BTreeMap<Cow<'static, str>, u64>,
    recent: VecDeque<Occurrence>,
}

/// All of it.
#[derive(Debug, Default)]
pub(crate) struct Diagnostics(Mutex<Inner>);

/// `GET /api/diagnostics`.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Report {
    counts: BTreeMap<Cow<'static, str>, u64>,
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
        *inner.counts.entry(code.into()).or_default() += 1;
        if inner.recent.len() == RECENT {
            inner.recent.pop_front();
        }
        inner.recent.push_back(Occurrence {
            code: code.into(),
            place: place.into(),
            message: message.into(),
            time: now,
        });
    }

    /// Takes what an earlier run had found: what is wrong with stored records stays wrong.
    pub(crate) fn restore(&self, report: Report) {
        let mut inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for (code, count) in report.counts {
            *inner.counts.entry(code).or_default() += count;
        }
        inner.recent.extend(report.recent.into_iter().rev());
        while inner.recent.len() > RECENT {
            inner.recent.pop_front();
        }
    }

    pub(crate) fn read(&self) -> Report {
        let inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Report { counts: inner.counts.clone(), recent: inner.recent.iter().rev().cloned().collect() }
    }
}
