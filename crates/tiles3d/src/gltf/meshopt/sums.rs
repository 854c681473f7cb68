//! Sums of deltas: a channel of sixteen elements at once, from its four bytes of each and the element before.
//!
//! Every element waits for the one before; registers of 16 bytes hold four of them, whose sums need three steps instead of
//! four, and bytes do not carry into each other there.

use super::groups::GROUP;
use fearless_simd::{Bytes as _, prelude::*, u8x16, u16x8, u32x4};

/// One byte of each element of a group.
type Bytes = [u8; GROUP];

/// How the channel of an element follows from that of the one before.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Mode {
    /// Bytes are added.
    Bytes,
    /// Numbers of 16 bits are added: 1 stands for -1, 2 for 1, 3 for -2.
    Shorts,
    /// Bits that differ, turned right by so many.
    Bits(u32),
}

/// Writes the channel of the elements whose bytes are `planes` and which follow `last`; the last of them goes there. Each
/// goes to its place at once: with a stop in between it would take twice as long.
#[inline(always)]
pub(super) fn portable<'a>(
    mode: Mode,
    [a, b, c, d]: [&Bytes; 4],
    last: &mut u32,
    places: impl Iterator<Item = &'a mut [u8; 4]>,
) {
    let deltas = a.iter().zip(b).zip(c).zip(d).map(|(((a, b), c), d)| [*a, *b, *c, *d]);
    match mode {
        Mode::Bytes => {
            // Four sums beside each other, since each waits for the one before.
            let [mut w, mut x, mut y, mut z] = last.to_le_bytes();
            for (place, [a, b, c, d]) in places.zip(deltas) {
                (w, x, y, z) = (w.wrapping_add(a), x.wrapping_add(b), y.wrapping_add(c), z.wrapping_add(d));
                *place = [w, x, y, z];
            }
            *last = u32::from_le_bytes([w, x, y, z]);
        }
        Mode::Shorts => {
            for (place, deltas) in places.zip(deltas) {
                *last = add_shorts(unzigzag_shorts(u32::from_le_bytes(deltas)), *last);
                *place = last.to_le_bytes();
            }
        }
        Mode::Bits(turn) => {
            for (place, deltas) in places.zip(deltas) {
                *last ^= u32::from_le_bytes(deltas).rotate_right(turn);
                *place = last.to_le_bytes();
            }
        }
    }
}

/// Two numbers of 16 bits at once: 1 becomes -1, 2 becomes 1, 3 becomes -2.
fn unzigzag_shorts(v: u32) -> u32 {
    ((v >> 1) & 0x7fff_7fff) ^ ((v & 0x0001_0001) * 0xffff)
}

/// Two sums without carry from one to the other.
fn add_shorts(a: u32, b: u32) -> u32 {
    ((a & 0x7fff_7fff) + (b & 0x7fff_7fff)) ^ ((a ^ b) & 0x8000_8000)
}

/// The same of group after group with the vectors of `S`, for the sums that `M` is.
#[inline(always)]
pub(super) fn vectors<'a, 'b, S: Simd, M: Sums, P: Iterator<Item = &'b mut [u8; 4]>>(
    simd: S,
    mode: M,
    last: &mut u32,
    groups: impl Iterator<Item = ([&'a Bytes; 4], P)>,
) {
    let zero = simd.splat_u32x4(0);
    let mut before = simd.splat_u32x4(*last);
    for ([a, b, c, d], places) in groups {
        let (a, b) = (u8x16::from_slice(simd, a), u8x16::from_slice(simd, b));
        let (c, d) = (u8x16::from_slice(simd, c), u8x16::from_slice(simd, d));
        let low: u16x8<S> = simd.zip_low_u8x16(a, b).bitcast();
        let low2: u16x8<S> = simd.zip_low_u8x16(c, d).bitcast();
        let high: u16x8<S> = simd.zip_high_u8x16(a, b).bitcast();
        let high2: u16x8<S> = simd.zip_high_u8x16(c, d).bitcast();
        let deltas = [
            simd.zip_low_u16x8(low, low2).bitcast(),
            simd.zip_high_u16x8(low, low2).bitcast(),
            simd.zip_low_u16x8(high, high2).bitcast(),
            simd.zip_high_u16x8(high, high2).bitcast(),
        ];
        let mut words = [[0; 4]; 4];
        for (words, deltas) in words.iter_mut().zip(deltas) {
            let v = mode.read(simd, deltas);
            let v = M::add(v, simd.slide_u32x4::<3>(zero, v));
            let v = M::add(v, simd.slide_u32x4::<2>(zero, v));
            // The next four wait for one sum of these, not for finding the last of them, too.
            let ends = simd.zip_high_u32x4(v, v);
            let all = simd.zip_high_u32x4(ends, ends);
            *words = M::add(v, before).into();
            before = M::add(before, all);
        }
        places.zip(words.as_flattened()).for_each(|(place, word)| *place = word.to_le_bytes());
    }
    *last = <[u32; 4]>::from(before)[0];
}

/// What is summed up, and how. Closures would not always become part of what is made for a processor.
pub(super) trait Sums: Copy {
    /// Numbers of deltas.
    fn read<S: Simd>(self, simd: S, deltas: u32x4<S>) -> u32x4<S>;
    fn add<S: Simd>(a: u32x4<S>, b: u32x4<S>) -> u32x4<S>;
}

/// [`Mode::Bytes`].
#[derive(Clone, Copy)]
pub(super) struct ByBytes;
/// [`Mode::Shorts`].
#[derive(Clone, Copy)]
pub(super) struct ByShorts;
/// [`Mode::Bits`].
#[derive(Clone, Copy)]
pub(super) struct ByBits(pub(super) u32);

impl Sums for ByBytes {
    #[inline(always)]
    fn read<S: Simd>(self, _: S, deltas: u32x4<S>) -> u32x4<S> {
        deltas
    }

    #[inline(always)]
    fn add<S: Simd>(a: u32x4<S>, b: u32x4<S>) -> u32x4<S> {
        let (a, b): (u8x16<S>, u8x16<S>) = (a.bitcast(), b.bitcast());
        (a + b).bitcast()
    }
}

impl Sums for ByShorts {
    #[inline(always)]
    fn read<S: Simd>(self, simd: S, deltas: u32x4<S>) -> u32x4<S> {
        let shorts: u16x8<S> = deltas.bitcast();
        let odd = shorts & simd.splat_u16x8(1);
        ((shorts >> 1) ^ (simd.splat_u16x8(0) - odd)).bitcast()
    }

    #[inline(always)]
    fn add<S: Simd>(a: u32x4<S>, b: u32x4<S>) -> u32x4<S> {
        let (a, b): (u16x8<S>, u16x8<S>) = (a.bitcast(), b.bitcast());
        (a + b).bitcast()
    }
}

impl Sums for ByBits {
    #[inline(always)]
    fn read<S: Simd>(self, _: S, deltas: u32x4<S>) -> u32x4<S> {
        // A turn by nothing is a shift by nothing both ways.
        (deltas >> self.0) | (deltas << ((32 - self.0) & 31))
    }

    #[inline(always)]
    fn add<S: Simd>(a: u32x4<S>, b: u32x4<S>) -> u32x4<S> {
        a ^ b
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gltf::meshopt::{groups::Groups as _, swizzle};
    use fearless_simd::dispatch;
    use proptest::prelude::*;

    /// Element by element, byte by byte, as the specification tells it.
    fn slow(planes: &[Bytes; 4], mode: Mode, mut last: u32) -> ([[u8; 4]; GROUP], u32) {
        let words = std::array::from_fn(|i| {
            let delta = std::array::from_fn(|k| planes[k][i]);
            let before = last.to_le_bytes();
            let word: [u8; 4] = match mode {
                Mode::Bytes => std::array::from_fn(|k| before[k].wrapping_add(delta[k])),
                Mode::Shorts => {
                    let short = |bytes: [u8; 4], k: usize| u16::from_le_bytes([bytes[2 * k], bytes[2 * k + 1]]);
                    let next = |k| {
                        let d = short(delta, k);
                        short(before, k).wrapping_add(if d % 2 == 0 { d / 2 } else { !(d / 2) })
                    };
                    let [[a, b], [c, d]] = [next(0), next(1)].map(u16::to_le_bytes);
                    [a, b, c, d]
                }
                Mode::Bits(turn) => (last ^ u32::from_le_bytes(delta).rotate_right(turn)).to_le_bytes(),
            };
            last = u32::from_le_bytes(word);
            word
        });
        (words, last)
    }

    proptest! {
        #[test]
        fn all_ways_to_sum_are_the_same(
            planes in prop::array::uniform4(prop::array::uniform16(any::<u8>())),
            first in any::<u32>(),
            some in 0..GROUP,
            mode in prop_oneof![Just(Mode::Bytes), Just(Mode::Shorts), (0u32..16).prop_map(Mode::Bits)],
        ) {
            let expected = slow(&planes, mode, first);
            let (mut last, mut words) = (first, [[0; 4]; GROUP]);
            portable(mode, planes.each_ref(), &mut last, words.iter_mut());
            prop_assert_eq!((words, last), expected);
            for level in swizzle::every_level() {
                dispatch!(level, simd => {
                    let swizzled = swizzle::Swizzled(simd);
                    let (mut last, mut words) = (first, [[0; 4]; GROUP]);
                    swizzled.sums(mode, &mut last, std::iter::once((planes.each_ref(), words.iter_mut())));
                    assert_eq!((words, last), expected, "{level:?}");
                    // The second group follows the first, and the last one of a stream may lack elements.
                    let mut words = [[0; 4]; 2 * GROUP];
                    let (one, two) = words.split_at_mut(GROUP);
                    let groups = [one.iter_mut(), two[..some].iter_mut()];
                    swizzled.sums(mode, &mut first.clone(), groups.into_iter().map(|g| (planes.each_ref(), g)));
                    let next = slow(&planes, mode, last).0;
                    assert_eq!(words[..GROUP], expected.0, "{level:?}");
                    assert_eq!(&words[GROUP..GROUP + some], &next[..some], "{level:?}");
                    assert!(words[GROUP + some..].iter().all(|word| *word == [0; 4]), "{level:?}");
                });
            }
        }
    }
}
