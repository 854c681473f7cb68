//! Work that cannot say itself how far it is, because it is in other hands or on other threads: it counts, and is watched.

use super::Progress;
use std::{
    sync::{
        atomic::{AtomicU64, Ordering},
        mpsc::{RecvTimeoutError, sync_channel},
    },
    thread,
    time::Duration,
};

/// How often the count is looked at.
const OFTEN: Duration = Duration::from_millis(100);

/// Does the work on a thread of its own, and says how `count` grows meanwhile.
pub(crate) fn watch<R: Send>(progress: &mut dyn Progress, count: &AtomicU64, work: impl FnOnce() -> R + Send) -> R {
    let mut said = count.load(Ordering::Relaxed);
    let mut say = |progress: &mut dyn Progress| {
        let now = count.load(Ordering::Relaxed);
        progress.advance(now.saturating_sub(said));
        said = now;
    };
    thread::scope(|scope| {
        let (end, ended) = sync_channel::<()>(0);
        let working = scope.spawn(move || {
            // Dropped however the work ends.
            let _end = end;
            work()
        });
        while ended.recv_timeout(OFTEN) == Err(RecvTimeoutError::Timeout) {
            say(progress);
        }
        let result = working.join();
        say(progress);
        match result {
            Ok(result) => result,
            Err(panic) => std::panic::resume_unwind(panic),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Default)]
    struct Heard(u64);

    impl Progress for Heard {
        fn stage(&mut self, _: &str, _: Option<u64>) {}
        fn advance(&mut self, steps: u64) {
            self.0 += steps;
        }
    }

    #[test]
    fn all_that_was_counted_is_said() {
        let (mut heard, count) = (Heard::default(), AtomicU64::new(5));
        let result = watch(&mut heard, &count, || {
            for _ in 0..3 {
                count.fetch_add(7, Ordering::Relaxed);
                thread::sleep(Duration::from_millis(60));
            }
            "done"
        });
        assert_eq!((result, heard.0), ("done", 21));
    }

    #[test]
    fn a_panic_goes_on() {
        let count = AtomicU64::new(0);
        let work = || -> u8 { panic!("as wanted") };
        let caught =
            std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| watch(&mut Heard::default(), &count, work)));
        assert_eq!(caught.unwrap_err().downcast_ref::<&str>(), Some(&"as wanted"));
    }
}
