//! Defects that do not stop the rest.

use serde::{Deserialize, Deserializer, Serialize};
use std::{
    collections::BTreeSet,
    sync::{Mutex, PoisonError},
};

/// Something in a tileset or a tile that could not be used as it is written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Diagnostic {
    /// Stable name of the kind of defect.
    pub code: &'static str,
    /// Where: a URL or a place in the file.
    pub place: String,
    /// What is wrong and what was done instead.
    pub message: String,
}

impl Diagnostic {
    /// A defect of the kind `code`.
    #[must_use]
    pub fn new(code: &'static str, place: impl Into<String>, message: impl Into<String>) -> Self {
        Self { code, place: place.into(), message: message.into() }
    }
}

/// As it comes from elsewhere.
#[derive(Deserialize)]
struct Sent {
    code: String,
    place: String,
    message: String,
}

impl<'de> Deserialize<'de> for Diagnostic {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Sent { code, place, message } = Sent::deserialize(deserializer)?;
        Ok(Self { code: kept(&code), place, message })
    }
}

/// Codes that came in so far; there are only as many as the program has.
static CODES: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());

/// The code for as long as the program runs.
fn kept(code: &str) -> &'static str {
    let mut codes = CODES.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = codes.get(code) {
        return known;
    }
    let kept: &'static str = Box::leak(code.to_owned().into_boxed_str());
    codes.insert(kept);
    kept
}
