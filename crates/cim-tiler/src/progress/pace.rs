//! How fast a stage goes, and when it will be done.

use std::time::Duration;

/// A stage on its way. It knows no clock: whoever has one says what time it is, from whatever beginning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// Steps that were done.
    pub done: u64,
    /// All steps, when they are known.
    pub total: Option<u64>,
    began: Duration,
}

impl Pace {
    /// A stage that begins now.
    #[must_use]
    pub const fn new(total: Option<u64>, now: Duration) -> Self {
        Self { done: 0, total, began: now }
    }

    /// Steps a second since it began; `None` before anything was done.
    #[must_use]
    pub fn rate_per_s(&self, now: Duration) -> Option<f64> {
        let seconds = now.saturating_sub(self.began).as_secs_f64();
        (self.done > 0 && seconds > 0.0).then(|| self.done as f64 / seconds)
    }

    /// Seconds until it is done, if it goes on as it did; `None` where nobody can know.
    #[must_use]
    pub fn left_s(&self, now: Duration) -> Option<f64> {
        let left = self.total?.saturating_sub(self.done);
        if left == 0 {
            return Some(0.0);
        }
        self.rate_per_s(now).map(|rate| left as f64 / rate)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_takes_as_long_as_what_was_done() {
        let at = Duration::from_secs;
        let mut pace = Pace::new(Some(100), at(50));
        assert_eq!((pace.rate_per_s(at(55)), pace.left_s(at(55))), (None, None));
        pace.done = 20;
        assert_eq!((pace.rate_per_s(at(55)), pace.left_s(at(55))), (Some(4.0), Some(20.0)));
        assert_eq!(pace.rate_per_s(at(50)), None);
        pace.done = 140;
        assert_eq!(pace.left_s(at(60)), Some(0.0));
        let mut open = Pace::new(None, at(0));
        open.done = 30;
        assert_eq!((open.rate_per_s(at(10)), open.left_s(at(10))), (Some(3.0), None));
    }
}
