//! Defects that do not stop the rest.

/// Something in a tileset or a tile that could not be used as it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// Stable name of the kind of defect.
    pub code: &'static str,
    /// Where: a URL or a place in the file.
    pub place: String,
    /// What is wrong and what was done instead.
    pub message: String,
}

impl Diagnostic {
    pub(crate) fn new(code: &'static str, place: impl Into<String>, message: impl Into<String>) -> Self {
        Self { code, place: place.into(), message: message.into() }
    }
}
