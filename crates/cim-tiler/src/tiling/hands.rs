//! Work on tiles on all cores at once, with the result of one.

use super::{CitySummary, Writer, folder::Written};
use crate::{Progress, TilerError, citymodel::Defect};
use std::{
    num::NonZeroUsize,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
        mpsc::{SyncSender, sync_channel},
    },
    thread,
};

/// Messages that wait for the one who listens, at most.
const WAITING: usize = 256;

/// Bytes of the stack of a hand: outlines are simplified by recursion.
const STACK: usize = 64 << 20;

/// What is heard of a job.
enum Heard<R> {
    Steps(u64),
    /// Its number, and what came of it.
    Done(usize, Result<(R, Gain), TilerError>),
}

/// What a hand has gained by a job.
pub(super) struct Gain {
    pub(super) summary: CitySummary,
    /// Its files.
    pub(super) written: Vec<Written>,
}

/// Tells of a job's progress.
struct Telling<'a, R>(&'a SyncSender<Heard<R>>);

impl<R> Progress for Telling<'_, R> {
    fn stage(&mut self, _name: &str, _total: Option<u64>) {}

    fn advance(&mut self, steps: u64) {
        // Nobody listens any more when the one who did has panicked: then the job is the last.
        let _ = self.0.send(Heard::Steps(steps));
    }
}

/// Has the others stop after their jobs when it goes.
struct Stop<'a>(&'a AtomicBool);

impl Drop for Stop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// As many as there are cores.
pub(super) fn cores() -> usize {
    thread::available_parallelism().map_or(1, NonZeroUsize::get)
}

impl<'a> Writer<'a> {
    /// Does all jobs, as many at a time as there are hands. The results, and what the summary gains, come in the order of the
    /// jobs, whoever was first.
    pub(super) fn together<J: Send, R: Send>(
        &mut self,
        jobs: Vec<J>,
        progress: &mut dyn Progress,
        work: impl Fn(&mut Writer<'a>, J, &mut dyn Progress) -> Result<R, TilerError> + Sync,
    ) -> Result<Vec<R>, TilerError> {
        let done = self.apart(self.hands, jobs, progress, work)?;
        let gained = done.into_iter().map(|(result, gain)| {
            self.gain(gain.summary);
            result
        });
        Ok(gained.collect())
    }

    /// As [`Self::together`] with so many hands, and with what was gained by each job left to the caller.
    pub(super) fn apart<J: Send, R: Send>(
        &mut self,
        count: usize,
        jobs: Vec<J>,
        progress: &mut dyn Progress,
        work: impl Fn(&mut Writer<'a>, J, &mut dyn Progress) -> Result<R, TilerError> + Sync,
    ) -> Result<Vec<(R, Gain)>, TilerError> {
        let mut done: Vec<Option<(R, Gain)>> = jobs.iter().map(|_| None).collect();
        let mut hands: Vec<Writer<'a>> = self.spare.drain(..).collect();
        hands.resize_with(count, || self.hand());
        let jobs = Mutex::new(jobs.into_iter().enumerate());
        let (stop, work) = (AtomicBool::new(false), &work);
        let mut failed: Option<(usize, TilerError)> = None;
        thread::scope(|scope| {
            let (send, heard) = sync_channel(WAITING);
            for (number, hand) in hands.iter_mut().enumerate() {
                let (send, jobs, stop) = (send.clone(), &jobs, &stop);
                let work = move || {
                    while !stop.load(Ordering::Relaxed) {
                        let Some((number, job)) = jobs.lock().unwrap_or_else(PoisonError::into_inner).next() else {
                            break;
                        };
                        let result = work(hand, job, &mut Telling(&send)).map(|made| (made, hand.gained()));
                        if result.is_err() {
                            stop.store(true, Ordering::Relaxed);
                        }
                        if send.send(Heard::Done(number, result)).is_err() {
                            break;
                        }
                    }
                };
                let started = thread::Builder::new().stack_size(STACK).spawn_scoped(scope, work);
                // Where there is no room for all of them, fewer do the work.
                if let Err(e) = started
                    && number == 0
                {
                    failed = Some((0, TilerError::Thread(e)));
                }
            }
            drop(send);
            let _stop = Stop(&stop);
            for heard in heard {
                match heard {
                    Heard::Steps(steps) => progress.advance(steps),
                    Heard::Done(number, Ok(result)) => done[number] = Some(result),
                    Heard::Done(number, Err(e)) if failed.as_ref().is_none_or(|(n, _)| number < *n) => {
                        failed = Some((number, e))
                    }
                    Heard::Done(..) => {}
                }
            }
        });
        self.spare = hands;
        if let Some((_, e)) = failed {
            return Err(e);
        }
        Ok(done.into_iter().flatten().collect())
    }

    /// What a hand has gained since it was asked last.
    fn gained(&mut self) -> Gain {
        self.unread.clear();
        Gain { summary: std::mem::take(&mut self.summary), written: std::mem::take(&mut self.written) }
    }

    pub(super) fn gain(&mut self, gained: CitySummary) {
        let CitySummary { buildings, models, roads, areas, tiles, resumed, left_out, mended, .. } = gained;
        let counts = [buildings, models, roads, areas, tiles, resumed];
        let s = &mut self.summary;
        let own = [&mut s.buildings, &mut s.models, &mut s.roads, &mut s.areas, &mut s.tiles, &mut s.resumed];
        own.into_iter().zip(counts).for_each(|(own, n)| *own += n);
        s.left_out.extend(left_out);
        for (key, why) in mended {
            // A thing has surfaces in several tiles.
            if why != Defect::PictureUnread.note() || self.unread.insert(key.clone()) {
                self.summary.mended.push((key, why));
            }
        }
    }
}
