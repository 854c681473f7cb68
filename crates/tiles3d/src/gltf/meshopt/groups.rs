//! Groups of 16 deltas of few bits. Where all bits of one are set, it is the next of the whole bytes that follow.

use super::sums::Mode;

/// Deltas of a group.
pub(super) const GROUP: usize = 16;
/// Bytes that a group takes at most.
pub(super) const WINDOW: usize = 24;

/// A way to read groups, and to sum them up. What reads returns how many bytes of the window the group takes; `SIGNED` deltas
/// are written as the bytes that they stand for: 1 is -1, 2 is 1, 3 is -2.
pub(super) trait Groups: Copy {
    /// Deltas of one bit, the first of which is the lowest of a byte.
    fn one<const SIGNED: bool>(self, window: &[u8; WINDOW], group: &mut [u8; GROUP]) -> usize;
    /// Deltas of two bits, the first of which is the highest of a byte.
    fn two<const SIGNED: bool>(self, window: &[u8; WINDOW], group: &mut [u8; GROUP]) -> usize;
    /// Deltas of four bits, the first of which is the highest of a byte.
    fn four<const SIGNED: bool>(self, window: &[u8; WINDOW], group: &mut [u8; GROUP]) -> usize;
    /// Deltas of whole bytes.
    fn eight<const SIGNED: bool>(self, window: &[u8; WINDOW], group: &mut [u8; GROUP]) -> usize;

    /// Signed deltas of 0, 2, 4 or 8 bits, by `code` from 0 to 3, which is known only when it is read.
    #[inline(always)]
    fn coded(self, code: u8, window: &[u8; WINDOW], group: &mut [u8; GROUP]) -> usize {
        match code & 3 {
            0 => {
                *group = [0; GROUP];
                0
            }
            1 => self.two::<true>(window, group),
            2 => self.four::<true>(window, group),
            _ => self.eight::<true>(window, group),
        }
    }

    /// Writes the channel of the elements which follow `last`, from their four bytes to their places, group after group; the
    /// last of them goes to `last`.
    fn sums<'a, 'b, P: Iterator<Item = &'b mut [u8; 4]>>(
        self,
        mode: Mode,
        last: &mut u32,
        groups: impl Iterator<Item = ([&'a [u8; GROUP]; 4], P)>,
    );
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gltf::meshopt::{
        sentinels::Portable,
        swizzle::{self, Swizzled},
    };
    use fearless_simd::dispatch;
    use proptest::prelude::*;

    /// Delta by delta.
    fn slow(bits: usize, window: &[u8; WINDOW]) -> ([u8; GROUP], usize) {
        if bits == 8 {
            return (std::array::from_fn(|i| window[i]), GROUP);
        }
        let most = (1u8 << bits) - 1;
        let mut next = 2 * bits;
        let group = std::array::from_fn(|i| {
            let shift = if bits == 1 { i % 8 } else { 8 - bits - i * bits % 8 };
            let value = window[i * bits / 8] >> shift & most;
            if value < most {
                return value;
            }
            next += 1;
            window[next - 1]
        });
        (group, next)
    }

    fn read<G: Groups, const SIGNED: bool>(read: G, bits: usize, window: &[u8; WINDOW]) -> ([u8; GROUP], usize) {
        let mut group = [0xee; GROUP];
        let taken = match bits {
            1 => read.one::<SIGNED>(window, &mut group),
            2 => read.two::<SIGNED>(window, &mut group),
            4 => read.four::<SIGNED>(window, &mut group),
            _ => read.eight::<SIGNED>(window, &mut group),
        };
        (group, taken)
    }

    fn agree_by(way: &str, groups: impl Groups, window: &[u8; WINDOW]) {
        for (code, bits) in [(1, 2), (2, 4), (3, 8), (0, 0)] {
            let (group, taken) = if bits == 0 { ([0; GROUP], 0) } else { slow(bits, window) };
            let group = group.map(|v| v >> 1 ^ (v & 1).wrapping_neg());
            let mut read = [0xee; GROUP];
            let read = (groups.coded(code, window, &mut read), read);
            assert_eq!(read, (taken, group), "{way}, code {code} of {window:?}");
        }
        for bits in [1, 2, 4, 8] {
            let (group, taken) = slow(bits, window);
            assert_eq!(read::<_, false>(groups, bits, window), (group, taken), "{way}, {bits} bits of {window:?}");
            let group = group.map(|v| v >> 1 ^ (v & 1).wrapping_neg());
            assert_eq!(
                read::<_, true>(groups, bits, window),
                (group, taken),
                "{way}, {bits} signed bits of {window:?}"
            );
        }
    }

    fn agree(window: &[u8; WINDOW]) {
        agree_by("portable", Portable, window);
        for level in swizzle::every_level() {
            dispatch!(level, simd => agree_by(&format!("{level:?}"), Swizzled(simd), window));
        }
    }

    #[test]
    fn every_half_of_one_bit_and_every_choice_of_whole_bytes_is_expanded() {
        for places in 0..=255u8 {
            // As deltas of one bit they are the places themselves, in either half.
            let mut window: [u8; WINDOW] = std::array::from_fn(|i| 0x40 + i as u8);
            for half in 0..2 {
                [window[0], window[1]] = [[places, 0x5a], [0xa5, places]][half];
                agree(&window);
            }
            // As wider ones those whose bits are all set.
            for (bits, most) in [(2, 3u8), (4, 15)] {
                for other in [0, most - 1] {
                    let mut window: [u8; WINDOW] = std::array::from_fn(|i| 0x81 + i as u8);
                    window[..2 * bits].fill(0);
                    for i in 0..GROUP {
                        let value = if places >> (i % 8) & 1 == 1 { most } else { other };
                        window[i * bits / 8] |= value << (8 - bits - i * bits % 8);
                    }
                    agree(&window);
                }
            }
        }
    }

    #[test]
    fn every_byte_is_spread_as_it_should_be() {
        for byte in 0..=255 {
            for at in 0..8 {
                let mut window: [u8; WINDOW] = std::array::from_fn(|i| (i * 29) as u8);
                window[at] = byte;
                agree(&window);
            }
        }
    }

    proptest! {
        #[test]
        fn random_windows_are_read_as_delta_by_delta(window in prop::array::uniform24(any::<u8>())) {
            agree(&window);
        }
    }
}
