//! When to connect, when to give up, when to try again: the connection's state without its sockets.

use cim_model::live::{Body, Envelope};

/// Seconds without any message after which a connection counts as dead: three heartbeats.
const SILENCE_SECS: f64 = 15.0;
/// Seconds before the first new try; each further one waits twice as long.
const FIRST_WAIT_SECS: f64 = 0.5;
/// Seconds between tries at most.
const LONGEST_WAIT_SECS: f64 = 10.0;

/// Where the connection stands.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Phase {
    /// Not wanted.
    Idle,
    /// To be made at this second.
    Waiting(f64),
    /// Asked for.
    Opening,
    /// Messages flow; the second of the last one.
    Live(f64),
}

/// What is to be done now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// Nothing.
    Rest,
    /// Connect.
    Open,
    /// The connection is dead: close it.
    Close,
}

/// What a message means for the rest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum News {
    /// Pass it on.
    Fresh,
    /// It was seen before: it came again after a reconnection.
    Old,
    /// Everything must be read again.
    ReadAll,
}

/// The connection, as seconds go by.
#[derive(Debug)]
pub(super) struct Link {
    phase: Phase,
    /// Tries since it last worked.
    pub(super) attempt: u32,
    /// Epoch and number of the last kept message.
    pub(super) seen: Option<(u64, u64)>,
    /// Rises with every connection: what an earlier one still delivers is told by it.
    pub(super) generation: u64,
}

impl Default for Link {
    fn default() -> Self {
        Self { phase: Phase::Idle, attempt: 0, seen: None, generation: 0 }
    }
}

impl Link {
    /// Connect as soon as possible, knowing nothing.
    pub(super) fn start(&mut self, now: f64) {
        *self = Self { phase: Phase::Waiting(now), attempt: 0, seen: None, generation: self.generation + 1 };
    }

    /// What is to be done at the second `now`.
    pub(super) fn step(&mut self, now: f64) -> Step {
        match self.phase {
            Phase::Waiting(at) if now >= at => {
                self.phase = Phase::Opening;
                self.attempt += 1;
                self.generation += 1;
                Step::Open
            }
            Phase::Live(last) if now - last > SILENCE_SECS => Step::Close,
            _ => Step::Rest,
        }
    }

    /// It failed or ended.
    pub(super) fn lost(&mut self, now: f64) {
        let wait = FIRST_WAIT_SECS * f64::from(1u32 << self.attempt.saturating_sub(1).min(5));
        self.phase = Phase::Waiting(now + wait.min(LONGEST_WAIT_SECS));
    }

    /// A message came.
    pub(super) fn heard(&mut self, envelope: &Envelope, now: f64) -> News {
        self.phase = Phase::Live(now);
        self.attempt = 0;
        match &envelope.body {
            Body::Hello { epoch, .. } => {
                let same = self.seen.is_some_and(|(e, _)| e == *epoch);
                if same {
                    News::Fresh
                } else {
                    self.seen = Some((*epoch, envelope.seq));
                    News::ReadAll
                }
            }
            Body::Resync => {
                if let Some((_, seq)) = &mut self.seen {
                    *seq = envelope.seq;
                }
                News::ReadAll
            }
            body => match &mut self.seen {
                Some((_, seq)) if body.is_kept() && envelope.seq <= *seq => News::Old,
                Some((_, seq)) => {
                    *seq = (*seq).max(envelope.seq);
                    News::Fresh
                }
                None => News::Fresh,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cim_model::{Timestamp, live::VERSION};

    fn envelope(seq: u64, body: Body) -> Envelope {
        Envelope { v: VERSION, seq, time: Timestamp(0), body }
    }

    #[test]
    fn waits_longer_and_longer_but_never_for_ever() {
        let mut link = Link::default();
        assert_eq!(link.step(0.0), Step::Rest);
        link.start(0.0);
        let (mut now, mut waits) = (0.0, Vec::new());
        for _ in 0..12 {
            let from = now;
            while link.step(now) != Step::Open {
                now += 0.25;
            }
            waits.push(now - from);
            link.lost(now);
        }
        assert!(waits.windows(2).all(|w| w[1] >= w[0]), "{waits:?}");
        assert!(*waits.last().unwrap() <= LONGEST_WAIT_SECS + 0.25);
    }

    #[test]
    fn silence_is_death_and_messages_are_life() {
        let mut link = Link::default();
        link.start(0.0);
        assert_eq!(link.step(0.0), Step::Open);
        link.heard(&envelope(0, Body::Heartbeat), 1.0);
        assert_eq!(link.step(10.0), Step::Rest);
        assert_eq!(link.step(17.0), Step::Close);
    }

    #[test]
    fn a_known_epoch_goes_on_and_an_unknown_one_reads_all() {
        let mut link = Link::default();
        link.start(0.0);
        let hello = |epoch, seq| envelope(seq, Body::Hello { server: String::new(), epoch });
        assert_eq!(link.heard(&hello(7, 5), 0.0), News::ReadAll);
        assert_eq!(link.heard(&envelope(6, Body::Alerts(vec![])), 0.0), News::Fresh);
        link.lost(1.0);
        assert_eq!(link.seen, Some((7, 6)));
        assert_eq!(link.heard(&hello(7, 9), 2.0), News::Fresh);
        assert_eq!(link.heard(&envelope(6, Body::Alerts(vec![])), 2.0), News::Old);
        assert_eq!(link.heard(&envelope(7, Body::Alerts(vec![])), 2.0), News::Fresh);
        assert_eq!(link.heard(&envelope(9, Body::Resync), 2.0), News::ReadAll);
        assert_eq!(link.heard(&hello(8, 1), 3.0), News::ReadAll);
        assert_eq!(link.seen, Some((8, 1)));
    }
}
