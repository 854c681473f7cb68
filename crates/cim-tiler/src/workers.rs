//! Work on many things, on all cores, with the result of one.

use std::{
    num::NonZeroUsize,
    sync::{Mutex, PoisonError},
    thread,
};

/// Shares that what is left would make for every core: they become smaller, so that all are done at about the same time.
const SHARES: usize = 4;

/// Does `work` for every item; the results are in the order of the items, so that the number of cores changes nothing.
pub(crate) fn each<'t, T: Sync, R: Send>(items: &'t [T], work: impl Fn(&'t T) -> R + Sync) -> Vec<R> {
    consume(items.iter().collect(), |_, item| work(item))
}

/// As [`each`] with items that are used up, and their numbers: what is done with is freed on the way.
pub(crate) fn consume<T: Send, R: Send>(items: Vec<T>, work: impl Fn(usize, T) -> R + Sync) -> Vec<R> {
    let total = items.len();
    let cores = thread::available_parallelism().map_or(1, NonZeroUsize::get).min(total.max(1));
    let left = Mutex::new(items.into_iter().enumerate());
    let hand = || {
        let mut done: Vec<(usize, Vec<R>)> = Vec::new();
        loop {
            let items: Vec<(usize, T)> = {
                let mut left = left.lock().unwrap_or_else(PoisonError::into_inner);
                let share = (left.len() / (cores * SHARES)).max(1);
                left.by_ref().take(share).collect()
            };
            let Some((first, _)) = items.first() else { return done };
            done.push((*first, items.into_iter().map(|(i, item)| work(i, item)).collect()));
        }
    };
    let mut done = thread::scope(|scope| {
        let others: Vec<_> = (1..cores).map(|_| scope.spawn(hand)).collect();
        let mut done = hand();
        for other in others {
            match other.join() {
                Ok(list) => done.extend(list),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        done
    });
    done.sort_unstable_by_key(|(first, _)| *first);
    let mut out = Vec::with_capacity(total);
    done.into_iter().for_each(|(_, list)| out.extend(list));
    out
}

#[cfg(test)]
mod tests {
    #[test]
    fn results_keep_the_order_of_the_items() {
        let items: Vec<usize> = (0..1001).collect();
        assert_eq!(super::each(&items, |i| i * 2), items.iter().map(|i| i * 2).collect::<Vec<_>>());
        assert_eq!(super::each(&[] as &[usize], |i| *i), [0usize; 0]);
        let numbered = super::consume(items.clone(), |i, item| (i, item));
        assert_eq!(numbered, items.iter().map(|i| (*i, *i)).collect::<Vec<_>>());
    }
}
