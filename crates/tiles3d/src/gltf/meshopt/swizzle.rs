//! Groups of deltas all 16 at once, on processors that choose bytes by other bytes (`pshufb`, `i8x16.swizzle`, `tbl`).

use super::groups::{GROUP, Groups, WINDOW};
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
}

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
