//! Saying what is being done.

mod counted;
mod lines;
mod pace;
mod watch;

pub(crate) use counted::Counted;
pub use lines::JsonLines;
pub use pace::Pace;
pub(crate) use watch::watch;

/// Hears of the progress of a long step.
pub trait Progress {
    /// A stage begins; `total` steps when they are known.
    fn stage(&mut self, name: &str, total: Option<u64>);
    /// A stage begins whose steps are bytes.
    fn stage_bytes(&mut self, name: &str, total: u64) {
        self.stage(name, Some(total));
    }
    /// Steps of the current stage were done.
    fn advance(&mut self, steps: u64);
}

/// Says nothing.
#[derive(Debug, Default, Clone, Copy)]
pub struct Silent;

impl Progress for Silent {
    fn stage(&mut self, _name: &str, _total: Option<u64>) {}
    fn advance(&mut self, _steps: u64) {}
}
