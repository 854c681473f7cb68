//! One limit over several tilesets.
//!
//! Each selector says in every update how much it wants and holds. What there is is dealt out evenly; what one does not
//! want goes to the others. A selector that is no longer updated keeps what it holds until it leaves.

use super::Bytes;

/// Requests and bytes that several selectors share. Each selector keeps to one such budget.
#[derive(Debug, Clone)]
pub struct SharedBudget {
    requests: usize,
    bytes: Bytes,
    seats: Vec<Option<Seat>>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Seat {
    loading: usize,
    wants_requests: usize,
    held: Bytes,
    wants: Bytes,
}

/// One selector's place in a [`SharedBudget`].
#[derive(Debug, Clone, Copy)]
pub(super) struct SeatId(usize);

impl SharedBudget {
    /// So many requests at a time and so many decoded bytes, over all selectors that are updated with it.
    #[must_use]
    pub fn new(requests: usize, bytes: Bytes) -> Self {
        Self { requests, bytes, seats: Vec::new() }
    }

    /// Requests on their way for all selectors together, those included that they were told to start.
    #[must_use]
    pub fn loading(&self) -> usize {
        self.seats.iter().flatten().map(|s| s.loading).sum()
    }

    /// Bytes held by all selectors together.
    #[must_use]
    pub fn held(&self) -> Bytes {
        self.seats.iter().flatten().fold(Bytes::default(), |sum, s| sum + s.held)
    }

    /// A seat for one more.
    pub(super) fn join(&mut self) -> SeatId {
        let free = self.seats.iter().position(Option::is_none).unwrap_or(self.seats.len());
        if free == self.seats.len() {
            self.seats.push(None);
        }
        // Until it has said what it wants, it may want anything.
        self.seats[free] = Some(Seat { wants: Bytes { cpu: u64::MAX, gpu: u64::MAX }, ..Seat::default() });
        SeatId(free)
    }

    pub(super) fn leave(&mut self, seat: SeatId) {
        if let Some(seat) = self.seats.get_mut(seat.0) {
            *seat = None;
        }
    }

    /// Bytes that one selector may hold: its share, and never what others still hold.
    pub(super) fn cap(&self, seat: SeatId) -> Bytes {
        let share = |of: fn(&Bytes) -> u64| self.share(seat, of(&self.bytes), |s| of(&s.wants));
        let fair = Bytes { cpu: share(|b| b.cpu), gpu: share(|b| b.gpu) };
        let others = self.others(seat).fold(Bytes::default(), |sum, s| sum + s.held);
        fair.min(self.bytes - others)
    }

    /// Requests that one selector may have on their way, when it wants so many.
    pub(super) fn requests(&mut self, seat: SeatId, wants: usize) -> usize {
        if let Some(Some(own)) = self.seats.get_mut(seat.0) {
            own.wants_requests = wants;
        }
        let fair = self.share(seat, self.requests as u64, |s| s.wants_requests as u64) as usize;
        let others: usize = self.others(seat).map(|s| s.loading).sum();
        fair.min(self.requests.saturating_sub(others))
    }

    /// Says how a selector stands after an update.
    pub(super) fn report(&mut self, seat: SeatId, loading: usize, held: Bytes, wants: Bytes) {
        if let Some(Some(own)) = self.seats.get_mut(seat.0) {
            *own = Seat { loading, held, wants, ..*own };
        }
    }

    fn others(&self, seat: SeatId) -> impl Iterator<Item = &Seat> {
        self.seats.iter().enumerate().filter(move |(i, _)| *i != seat.0).filter_map(|(_, s)| s.as_ref())
    }

    /// Deals `all` out evenly, nobody more than they want; when that leaves some, the rest goes to everybody evenly.
    fn share(&self, seat: SeatId, all: u64, wants: impl Fn(&Seat) -> u64) -> u64 {
        let Some(Some(own)) = self.seats.get(seat.0) else { return 0 };
        let seats = || self.seats.iter().flatten().map(&wants);
        let everybody = seats().count().max(1) as u64;
        let mut even = all / everybody;
        // What those who want less than the even part leave raises it for the others; it settles in at most one round
        // for each.
        for _ in 0..everybody {
            let content = seats().filter(|w| *w <= even).fold(0u64, u64::saturating_add);
            let hungry = seats().filter(|w| *w > even).count() as u64;
            if hungry == 0 {
                return wants(own) + all.saturating_sub(content) / everybody;
            }
            even = all.saturating_sub(content) / hungry;
        }
        wants(own).min(even)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn cpu(cpu: u64) -> Bytes {
        Bytes { cpu, gpu: 0 }
    }

    #[test]
    fn what_one_does_not_want_goes_to_the_others() {
        let mut shared = SharedBudget::new(10, cpu(100));
        let (a, b) = (shared.join(), shared.join());
        assert_eq!((shared.cap(a).cpu, shared.requests(a, 30)), (50, 10));
        shared.report(a, 10, cpu(70), cpu(150));
        assert_eq!((shared.cap(b).cpu, shared.requests(b, 2)), (30, 0), "the first still holds and loads the most");
        shared.report(b, 0, cpu(10), cpu(20));
        assert_eq!((shared.cap(a).cpu, shared.requests(a, 30)), (80, 8));
        shared.report(b, 0, cpu(10), cpu(70));
        assert_eq!(shared.cap(a).cpu, 50);
        assert_eq!((shared.loading(), shared.held()), (10, cpu(80)));
        shared.leave(b);
        assert_eq!(shared.cap(a).cpu, 100);
        assert_eq!(shared.join().0, b.0, "a seat is used again");
    }

    proptest! {
        #[test]
        fn shares_never_add_up_to_more(all in 0u64..1000, wants in prop::collection::vec(0u64..500, 1..8)) {
            let mut shared = SharedBudget::new(0, cpu(all));
            for want in &wants {
                let seat = shared.join();
                shared.report(seat, 0, cpu(0), cpu(*want));
            }
            let shares: Vec<u64> = (0..wants.len()).map(|i| shared.cap(SeatId(i)).cpu).collect();
            prop_assert!(shares.iter().sum::<u64>() <= all, "{shares:?}");
            let fair = all / wants.len() as u64;
            for (share, want) in shares.iter().zip(&wants) {
                prop_assert!(*share >= fair.min(*want), "{shares:?} of {all} for {wants:?}");
            }
        }
    }
}
