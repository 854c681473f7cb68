//! Groups of deltas all 16 at once, on processors that choose bytes by other bytes (`pshufb`, `i8x16.swizzle`, `tbl`).

use super::{
    groups::{GROUP, Groups, WINDOW},
    sums::{self, Mode},
};
use fearless_simd::{Level, prelude::*, u8x16};

/// What this processor can, if it can choose bytes so: x86-64 since 2008, WebAssembly where it is built with `simd128`, and
/// every AArch64.
pub(super) fn level() -> Option<Level> {
    let level = Level::new();
    #[cfg(target_arch = "x86_64")]
    let chooses = level.as_sse4_2().is_some();
    #[cfg(not(target_arch = "x86_64"))]
    let chooses = !level.is_fallback();
    chooses.then_some(level)
}

/// Every level that this processor can, for tests.
#[cfg(test)]
pub(super) fn every_level() -> Vec<Level> {
    let best = level();
    #[cfg(target_arch = "x86_64")]
    let lesser = best
        .and_then(Level::as_sse4_2)
        .map(Level::Sse4_2)
        .into_iter()
        .chain(best.and_then(Level::as_avx2).map(Level::Avx2));
    #[cfg(not(target_arch = "x86_64"))]
    let lesser = std::iter::empty();
    best.into_iter().chain(lesser).collect()
}

/// With the vectors of `S`.
#[derive(Clone, Copy)]
pub(super) struct Swizzled<S>(pub(super) S);

impl<S: Simd> Groups for Swizzled<S> {
    #[inline(always)]
    fn one<const SIGNED: bool>(self, window: &[u8; WINDOW], group: &mut [u8; GROUP]) -> usize {
        let bits = u16::from_le_bytes([window[0], window[1]]);
        let mask = self.0.from_bitmask_mask8x16(u64::from(bits));
        let expanded = self.0.expand_u8x16(self.load::<2>(window), mask);
        self.store::<SIGNED>(expanded, group);
        2 + bits.count_ones() as usize
    }

    #[inline(always)]
    fn two<const SIGNED: bool>(self, window: &[u8; WINDOW], group: &mut [u8; GROUP]) -> usize {
        let bytes = self.load::<0>(window);
        let nibbles = self.0.zip_low_u8x16(bytes >> 4, bytes);
        let pairs = self.0.zip_low_u8x16(nibbles >> 2, nibbles) & self.splat(3);
        self.put::<4, SIGNED>(window, pairs, 3, group)
    }

    #[inline(always)]
    fn four<const SIGNED: bool>(self, window: &[u8; WINDOW], group: &mut [u8; GROUP]) -> usize {
        let bytes = self.load::<0>(window);
        let nibbles = self.0.zip_low_u8x16(bytes >> 4, bytes) & self.splat(15);
        self.put::<8, SIGNED>(window, nibbles, 15, group)
    }

    #[inline(always)]
    fn eight<const SIGNED: bool>(self, window: &[u8; WINDOW], group: &mut [u8; GROUP]) -> usize {
        self.store::<SIGNED>(self.load::<0>(window), group);
        GROUP
    }

    /// Without branches: which code is next cannot be foreseen. And how many bytes the group takes, for which the next one
    /// waits, is found beside the vectors, in half their time.
    #[inline(always)]
    fn coded(self, code: u8, window: &[u8; WINDOW], group: &mut [u8; GROUP]) -> usize {
        let Code { bytes, pairs, nibbles, whole, most, next, last, shift } = CODES[usize::from(code & 3)];
        let [a, b, c, d, e, f, g, h, ..] = *window;
        let word = u64::from_le_bytes([a, b, c, d, e, f, g, h]);
        let both = word & word >> 1;
        let sentinels = both & both >> shift & last;

        let first = self.load::<0>(window);
        let by_four = self.0.zip_low_u8x16(first >> 4, first);
        let by_two = self.0.zip_low_u8x16(by_four >> 2, by_four);
        let values = (by_two & self.splat(pairs)) | (by_four & self.splat(nibbles)) | (first & self.splat(whole));
        // Nothing is as large where no delta is few bits.
        let mask = self.0.simd_eq_u8x16(values & self.splat(!whole), self.splat(most));
        let rest = window.get(usize::from(next)..).and_then(<[u8]>::first_chunk::<GROUP>);
        let rest = u8x16::from_slice(self.0, rest.unwrap_or(&[0; GROUP]));
        self.store::<true>(self.0.expand_merge_u8x16(rest, mask, values), group);
        usize::from(bytes) + sentinels.count_ones() as usize
    }

    #[inline(always)]
    fn sums<'a, 'b, P: Iterator<Item = &'b mut [u8; 4]>>(
        self,
        mode: Mode,
        last: &mut u32,
        groups: impl Iterator<Item = ([&'a [u8; GROUP]; 4], P)>,
    ) {
        match mode {
            Mode::Bytes => sums::vectors(self.0, sums::ByBytes, last, groups),
            Mode::Shorts => sums::vectors(self.0, sums::ByShorts, last, groups),
            Mode::Bits(turn) => sums::vectors(self.0, sums::ByBits(turn), last, groups),
        }
    }
}

/// How a group is read by its code.
#[derive(Clone, Copy)]
struct Code {
    /// What it takes without its whole bytes.
    bytes: u8,
    /// The bits of a delta where it has two, four or eight of them; otherwise none.
    pairs: u8,
    nibbles: u8,
    whole: u8,
    /// The delta that is a whole byte.
    most: u8,
    /// Where the whole bytes begin.
    next: u8,
    /// The lowest bit of every delta that may be a whole byte.
    last: u64,
    /// From the lowest two bits of a delta to the highest two.
    shift: u8,
}

/// By the two bits of a code.
static CODES: [Code; 4] = {
    const NONE: Code = Code { bytes: 0, pairs: 0, nibbles: 0, whole: 0, most: 0xff, next: 0, last: 0, shift: 0 };
    [
        NONE,
        Code { bytes: 4, pairs: 3, most: 3, next: 4, last: 0x5555_5555, ..NONE },
        Code { bytes: 8, nibbles: 15, most: 15, next: 8, last: 0x1111_1111_1111_1111, shift: 2, ..NONE },
        Code { bytes: 16, whole: 0xff, ..NONE },
    ]
};

impl<S: Simd> Swizzled<S> {
    #[inline(always)]
    fn splat(self, byte: u8) -> u8x16<S> {
        self.0.splat_u8x16(byte)
    }

    /// The 16 bytes from `AT` on, which is at most 8.
    #[inline(always)]
    fn load<const AT: usize>(self, window: &[u8; WINDOW]) -> u8x16<S> {
        u8x16::from_slice(self.0, &window[AT..AT + GROUP])
    }

    /// Writes `values`, and the bytes from `BYTES` on where one is `most`. Returns how many bytes the group takes.
    #[inline(always)]
    fn put<const BYTES: usize, const SIGNED: bool>(
        self,
        window: &[u8; WINDOW],
        values: u8x16<S>,
        most: u8,
        group: &mut [u8; GROUP],
    ) -> usize {
        let mask = self.0.simd_eq_u8x16(values, self.splat(most));
        let merged = self.0.expand_merge_u8x16(self.load::<BYTES>(window), mask, values);
        self.store::<SIGNED>(merged, group);
        BYTES + self.0.to_bitmask_mask8x16(mask).count_ones() as usize
    }

    #[inline(always)]
    fn store<const SIGNED: bool>(self, deltas: u8x16<S>, group: &mut [u8; GROUP]) {
        let odd = deltas & self.splat(1);
        *group = if SIGNED { (deltas >> 1) ^ (self.splat(0) - odd) } else { deltas }.into();
    }
}
