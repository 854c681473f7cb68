//! Decoding on the desktop: on the thread that fetched.

use cim_scene::{Outcome, Work};

/// Decodes `content`; `done` gets it back with the work and the outcome.
pub(super) fn decode(content: Vec<u8>, work: Work, done: impl FnOnce(Vec<u8>, Work, Outcome) + Send + 'static) {
    let outcome = work.run(&content);
    done(content, work, outcome);
}
