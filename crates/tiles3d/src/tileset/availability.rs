//! Availability: one bit for each tile, or one for all.

/// Availability of tiles, contents or subtrees.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Bits {
    All(bool),
    Stream(Vec<u8>),
}

impl Bits {
    pub(crate) fn get(&self, index: u64) -> bool {
        match self {
            Self::All(bit) => *bit,
            Self::Stream(bytes) => {
                let byte = usize::try_from(index / 8).ok().and_then(|i| bytes.get(i));
                byte.is_some_and(|b| b >> (index % 8) & 1 == 1)
            }
        }
    }

    /// How many of the first `length` are set.
    pub(crate) fn count(&self, length: u64) -> u64 {
        match self {
            Self::All(bit) => length * u64::from(*bit),
            Self::Stream(bytes) => {
                let whole = (length / 8) as usize;
                let full: u64 = bytes.iter().take(whole).map(|b| u64::from(b.count_ones())).sum();
                let rest = bytes.get(whole).map_or(0, |b| (b & ((1u8 << (length % 8)) - 1)).count_ones());
                full + u64::from(rest)
            }
        }
    }

    /// How many from `start` to before `end` are set.
    pub(crate) fn count_between(&self, start: u64, end: u64) -> u64 {
        let end = end.max(start);
        let Self::Stream(bytes) = self else { return (end - start) * u64::from(self.get(start)) };
        let single = |from: u64, to: u64| (from..to).map(|i| u64::from(self.get(i))).sum::<u64>();
        let (first, last) = (start.next_multiple_of(8).min(end), end / 8 * 8);
        if last <= first {
            return single(start, end);
        }
        let place = |bit: u64| usize::try_from(bit / 8).unwrap_or(usize::MAX).min(bytes.len());
        let whole = bytes.get(place(first)..place(last)).unwrap_or_default();
        single(start, first) + whole.iter().map(|b| u64::from(b.count_ones())).sum::<u64>() + single(last, end)
    }

    /// The indices from `start` to before `end` that are set.
    pub(crate) fn set(&self, start: u64, end: u64) -> impl Iterator<Item = u64> + '_ {
        // Whole zero bytes are stepped over: sparse trees are mostly that.
        let mut next = start;
        std::iter::from_fn(move || {
            while next < end {
                let here = next;
                if let Self::Stream(bytes) = self
                    && here.is_multiple_of(8)
                    && usize::try_from(here / 8).ok().and_then(|i| bytes.get(i)).is_none_or(|b| *b == 0)
                {
                    next += 8;
                    continue;
                }
                next += 1;
                if self.get(here) {
                    return Some(here);
                }
            }
            None
        })
    }
}

/// Counts the bits that are set before an index, going up: the rows of tables stand in this order.
#[derive(Debug)]
pub(crate) struct Rank<'a> {
    bits: &'a Bits,
    at: u64,
    count: u64,
}

impl<'a> Rank<'a> {
    pub(crate) fn new(bits: &'a Bits) -> Self {
        Self { bits, at: 0, count: 0 }
    }

    /// How many are set before `index`, which is no less than that of the call before.
    pub(crate) fn of(&mut self, index: u64) -> u32 {
        self.count += self.bits.count_between(self.at, index);
        self.at = index.max(self.at);
        u32::try_from(self.count).unwrap_or(u32::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_are_counted_and_listed_from_the_lowest() {
        let bits = Bits::Stream(vec![0b0000_0101, 0, 0b1000_0001]);
        assert_eq!(bits.set(0, 24).collect::<Vec<_>>(), [0, 2, 16, 23]);
        assert_eq!(bits.set(1, 23).collect::<Vec<_>>(), [2, 16]);
        assert_eq!((bits.count(24), bits.count(23), bits.count(3), bits.count(2)), (4, 3, 2, 1));
        assert!(!bits.get(1_000));
        for (start, end) in [(0, 24), (0, 3), (2, 2), (1, 17), (5, 23), (3, 16), (8, 16), (7, 9), (20, 300)] {
            let expected = bits.set(start, end).count() as u64;
            assert_eq!(bits.count_between(start, end), expected, "{start} {end}");
        }
        assert_eq!(Bits::All(true).count_between(3, 9), 6);
        assert_eq!(Bits::All(true).count(5), 5);
        assert_eq!(Bits::All(true).set(2, 4).collect::<Vec<_>>(), [2, 3]);
    }
}
