//! What is known of the cases of the selected thing.

use crate::feed::Request;
use bevy::prelude::*;
use cim_model::{Case, CaseSummary, EntityKey};
use std::collections::BTreeMap;

/// How many cases of one thing are shown.
const SHOWN: usize = 500;

/// The list of cases of one thing.
#[derive(Debug, Clone, PartialEq)]
pub enum History {
    /// Asked for.
    Loading,
    /// Here.
    Ready {
        /// How many there are in all.
        total: usize,
        /// The newest, newest first.
        cases: Vec<CaseSummary>,
    },
    /// It could not be had.
    Failed(String),
}

/// The case whose timeline is shown.
#[derive(Debug, Clone, PartialEq)]
pub enum OpenCase {
    /// Asked for; the case number.
    Loading(String),
    /// Here.
    Ready(Box<Case>),
    /// It could not be had: case number and reason.
    Failed(String, String),
}

/// The history of the selected thing.
#[derive(Resource, Debug, Default)]
pub struct CaseBook {
    key: Option<EntityKey>,
    history: Option<History>,
    open: Option<OpenCase>,
    images: BTreeMap<String, Vec<u8>>,
}

impl CaseBook {
    /// Whose history it is.
    #[must_use]
    pub fn key(&self) -> Option<&EntityKey> {
        self.key.as_ref()
    }

    /// The list, `None` when nothing is selected.
    #[must_use]
    pub fn history(&self) -> Option<&History> {
        self.history.as_ref()
    }

    /// The opened case.
    #[must_use]
    pub fn open(&self) -> Option<&OpenCase> {
        self.open.as_ref()
    }

    /// The encoded picture behind an attachment's URL, once it has arrived.
    #[must_use]
    pub fn image(&self, url: &str) -> Option<&[u8]> {
        self.images.get(url).map(Vec::as_slice)
    }

    pub(super) fn begin(&mut self, key: Option<EntityKey>) {
        self.history = key.as_ref().map(|_| History::Loading);
        self.key = key;
        self.close_case();
    }

    pub(super) fn summary(&self, id: &str) -> Option<&CaseSummary> {
        match &self.history {
            Some(History::Ready { cases, .. }) => cases.iter().find(|c| c.id == id),
            _ => None,
        }
    }

    pub(super) fn open_case(&mut self, id: String) {
        self.images.clear();
        self.open = Some(OpenCase::Loading(id));
    }

    pub(super) fn close_case(&mut self) {
        self.open = None;
        self.images.clear();
    }

    pub(super) fn set_history(&mut self, key: &EntityKey, total: usize, mut cases: Vec<CaseSummary>) {
        if self.key.as_ref() == Some(key) {
            cases.truncate(SHOWN);
            self.history = Some(History::Ready { total, cases });
        }
    }

    /// True when it is the case that was asked for.
    pub(super) fn set_case(&mut self, case: &Case) -> bool {
        let wanted = self.open_id() == Some(case.summary.id.as_str());
        if wanted {
            self.open = Some(OpenCase::Ready(Box::new(case.clone())));
        }
        wanted
    }

    pub(super) fn set_image(&mut self, url: &str, bytes: &[u8]) {
        let wanted = matches!(&self.open, Some(OpenCase::Ready(c)) if c.attachments.iter().any(|a| a.url == url));
        if wanted {
            self.images.insert(url.to_owned(), bytes.to_vec());
        }
    }

    pub(super) fn fail(&mut self, request: &Request, message: &str) {
        match request {
            Request::CaseList(key) if self.key.as_ref() == Some(key) => {
                self.history = Some(History::Failed(message.to_owned()));
            }
            Request::Case(id) if self.open_id() == Some(id) => {
                self.open = Some(OpenCase::Failed(id.clone(), message.to_owned()));
            }
            _ => {}
        }
    }

    /// Takes a changed or new case into the list; true when it is the open one and must be read again.
    pub(super) fn update(&mut self, case: &CaseSummary) -> bool {
        let about = self.key.as_ref().is_some_and(|k| case.subject.as_ref() == Some(k) || case.related.contains(k));
        if let (true, Some(History::Ready { total, cases })) = (about, &mut self.history) {
            if let Some(known) = cases.iter_mut().find(|c| c.id == case.id) {
                *known = case.clone();
            } else {
                *total += 1;
                let at = cases.partition_point(|c| c.reported > case.reported);
                cases.insert(at, case.clone());
                cases.truncate(SHOWN);
            }
        }
        self.open_id() == Some(case.id.as_str())
    }

    fn open_id(&self) -> Option<&str> {
        match self.open.as_ref()? {
            OpenCase::Loading(id) | OpenCase::Failed(id, _) => Some(id),
            OpenCase::Ready(case) => Some(&case.summary.id),
        }
    }
}
