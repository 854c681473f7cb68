//! Work on many things, on all cores, with the result of one.

use std::num::NonZeroUsize;

/// Does `work` for every item; the results are in the order of the items, so that the number of cores changes nothing.
pub(crate) fn each<'t, T: Sync, R: Send>(items: &'t [T], work: impl Fn(&'t T) -> R + Sync) -> Vec<R> {
    let cores = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let share = items.len().div_ceil(cores).max(1);
    let work = &work;
    std::thread::scope(|scope| {
        let parts: Vec<_> =
            items.chunks(share).map(|part| scope.spawn(move || part.iter().map(work).collect::<Vec<R>>())).collect();
        let mut out = Vec::with_capacity(items.len());
        for part in parts {
            match part.join() {
                Ok(list) => out.extend(list),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        out
    })
}

/// As [`each`] with items that are used up, and their numbers: what is done with is freed on the way.
pub(crate) fn consume<T: Send, R: Send>(items: Vec<T>, work: impl Fn(usize, T) -> R + Sync) -> Vec<R> {
    let cores = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let share = items.len().div_ceil(cores).max(1);
    let total = items.len();
    let mut parts: Vec<(usize, Vec<T>)> = Vec::new();
    let mut rest = items;
    while !rest.is_empty() {
        let from = rest.len().saturating_sub(1) / share * share;
        parts.push((from, rest.split_off(from)));
    }
    parts.reverse();
    let work = &work;
    std::thread::scope(|scope| {
        let running: Vec<_> = parts
            .into_iter()
            .map(|(from, part)| {
                scope.spawn(move || part.into_iter().zip(from..).map(|(t, i)| work(i, t)).collect::<Vec<R>>())
            })
            .collect();
        let mut out = Vec::with_capacity(total);
        for part in running {
            match part.join() {
                Ok(list) => out.extend(list),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        out
    })
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
