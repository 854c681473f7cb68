//! Progress for machines: a line of JSON at a time.

use super::{Pace, Progress};
use serde::Serialize;
use std::{io::Write, time::Duration};

/// Time between two lines at least: four a second.
const BETWEEN: Duration = Duration::from_millis(250);

/// Writes progress as lines of JSON, four a second at most:
/// `{"stage":"buildings","done":220,"total":1000,"unit":"steps","rate_per_s":55.0,"eta_s":14.2}`. What is not known is `null`.
///
/// Whether anybody reads them is no reason to stop making a city: errors of writing are not looked at.
#[derive(Debug)]
pub struct JsonLines<W, C> {
    to: W,
    clock: C,
    stage: String,
    bytes: bool,
    pace: Pace,
    written: Option<Duration>,
}

#[derive(Serialize)]
struct Line<'a> {
    stage: &'a str,
    done: u64,
    total: Option<u64>,
    /// `bytes` or `steps`.
    unit: &'a str,
    rate_per_s: Option<f64>,
    eta_s: Option<f64>,
}

impl<W: Write, C: FnMut() -> Duration> JsonLines<W, C> {
    /// Writes to `to`; `clock` says how long ago some fixed moment was.
    pub fn new(to: W, clock: C) -> Self {
        let pace = Pace::new(None, Duration::ZERO);
        Self { to, clock, stage: String::new(), bytes: false, pace, written: None }
    }

    fn begin(&mut self, name: &str, total: Option<u64>, bytes: bool) {
        let now = (self.clock)();
        self.stage.replace_range(.., name);
        (self.bytes, self.pace) = (bytes, Pace::new(total, now));
        self.write(now);
    }

    fn write(&mut self, now: Duration) {
        if self.written.is_some_and(|at| now.saturating_sub(at) < BETWEEN) {
            return;
        }
        self.written = Some(now);
        let tenths = |x: f64| (x * 10.0).round() / 10.0;
        let line = Line {
            stage: &self.stage,
            done: self.pace.done,
            total: self.pace.total,
            unit: if self.bytes { "bytes" } else { "steps" },
            rate_per_s: self.pace.rate_per_s(now).map(tenths),
            eta_s: self.pace.left_s(now).map(tenths),
        };
        if let Ok(text) = serde_json::to_string(&line) {
            let _ = writeln!(self.to, "{text}").and_then(|()| self.to.flush());
        }
    }
}

impl<W: Write, C: FnMut() -> Duration> Progress for JsonLines<W, C> {
    fn stage(&mut self, name: &str, total: Option<u64>) {
        self.begin(name, total, false);
    }

    fn stage_bytes(&mut self, name: &str, total: u64) {
        self.begin(name, Some(total), true);
    }

    fn advance(&mut self, steps: u64) {
        self.pace.done += steps;
        let now = (self.clock)();
        self.write(now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn told(work: impl FnOnce(&mut dyn Progress, &std::cell::Cell<u64>)) -> Vec<Value> {
        let (mut out, ms) = (Vec::new(), std::cell::Cell::new(0));
        work(&mut JsonLines::new(&mut out, || Duration::from_millis(ms.get())), &ms);
        String::from_utf8(out).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    #[test]
    fn lines_say_stage_rate_and_time_left() {
        let lines = told(|progress, ms| {
            progress.stage_bytes("reading \"a\"", 1_000);
            ms.set(500);
            progress.advance(200);
            ms.set(1_000);
            progress.stage("putting together", None);
            ms.set(3_000);
            progress.advance(7);
        });
        let line = |stage, done, total: Option<u64>, unit, rate: Option<f64>, left: Option<f64>| json!({ "stage": stage, "done": done, "total": total, "unit": unit, "rate_per_s": rate, "eta_s": left });
        assert_eq!(
            lines,
            [
                line("reading \"a\"", 0, Some(1_000), "bytes", None, None),
                line("reading \"a\"", 200, Some(1_000), "bytes", Some(400.0), Some(2.0)),
                line("putting together", 0, None, "steps", None, None),
                line("putting together", 7, None, "steps", Some(3.5), None),
            ]
        );
    }

    #[test]
    fn there_are_four_lines_a_second_at_most() {
        let lines = told(|progress, ms| {
            progress.stage("buildings", Some(10_000));
            for i in 0..10_000 {
                ms.set(i);
                progress.advance(1);
            }
        });
        assert_eq!(lines.len(), 40);
        assert!(lines.iter().all(|line| line["total"] == 10_000));
    }

    #[test]
    fn a_reader_that_went_away_stops_nothing() {
        struct Gone;
        impl Write for Gone {
            fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
                Err(std::io::ErrorKind::BrokenPipe.into())
            }
            fn flush(&mut self) -> std::io::Result<()> {
                Err(std::io::ErrorKind::BrokenPipe.into())
            }
        }
        let mut lines = JsonLines::new(Gone, || Duration::ZERO);
        lines.stage("trees", Some(1));
        lines.advance(1);
        assert_eq!(lines.pace.done, 1);
    }
}
