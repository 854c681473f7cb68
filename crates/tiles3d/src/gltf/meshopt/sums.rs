//! Sums of deltas: a channel of sixteen elements at once, from its four bytes of each and the element before.
//!
//! Every element waits for the one before; registers of 16 bytes hold four of them, whose sums need three steps instead of
//! four, and bytes do not carry into each other there.

/// Elements of a group.
pub(super) const GROUP: usize = 16;

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

#[cfg(target_arch = "x86_64")]
pub(super) use sse2::sums;

#[cfg(not(target_arch = "x86_64"))]
pub(super) use portable as sums;

/// Writes the channel of the elements whose bytes are `planes` and which follow `last`; the last of them goes there. Each
/// goes to its place at once: with a stop in between it would take twice as long.
#[cfg_attr(all(target_arch = "x86_64", not(test)), expect(dead_code, reason = "for processors without the other"))]
#[inline(always)]
pub(super) fn portable<'a>(
    [a, b, c, d]: [&Bytes; 4],
    mode: Mode,
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

/// With what every x86-64 processor has.
#[cfg(target_arch = "x86_64")]
mod sse2 {
    use super::{Bytes, Mode};
    use safe_arch::{
        add_i8_m128i, add_i16_m128i, byte_shl_imm_u128_m128i, get_i32_from_m128i_s, m128i, set_i32_m128i_s,
        set_splat_i16_m128i, set_splat_i32_m128i, shl_all_u32_m128i, shr_all_u32_m128i, shr_imm_u16_m128i,
        shuffle_ai_f32_all_m128i, sub_i16_m128i, unpack_high_i8_m128i, unpack_high_i16_m128i, unpack_low_i8_m128i,
        unpack_low_i16_m128i, zeroed_m128i,
    };

    /// As [`portable`](super::portable).
    #[inline(always)]
    pub(in super::super) fn sums<'a>(
        planes: [&Bytes; 4],
        mode: Mode,
        last: &mut u32,
        places: impl Iterator<Item = &'a mut [u8; 4]>,
    ) {
        let words = words(planes, mode, last);
        places.zip(words).for_each(|(place, word)| *place = word);
    }

    fn words(planes: [&Bytes; 4], mode: Mode, last: &mut u32) -> [[u8; 4]; 16] {
        let [a, b, c, d] = planes.map(|plane| m128i::from(*plane));
        let (low, low2) = (unpack_low_i8_m128i(a, b), unpack_low_i8_m128i(c, d));
        let (high, high2) = (unpack_high_i8_m128i(a, b), unpack_high_i8_m128i(c, d));
        let deltas = [
            unpack_low_i16_m128i(low, low2),
            unpack_high_i16_m128i(low, low2),
            unpack_low_i16_m128i(high, high2),
            unpack_high_i16_m128i(high, high2),
        ];
        let four = match mode {
            Mode::Bytes => run(deltas, last, |v| v, add_i8_m128i),
            Mode::Shorts => {
                let minus = |v| sub_i16_m128i(zeroed_m128i(), v);
                let signed = |v| shr_imm_u16_m128i::<1>(v) ^ minus(v & set_splat_i16_m128i(1));
                run(deltas, last, signed, add_i16_m128i)
            }
            Mode::Bits(turn) => {
                // A shift by all 32 bits leaves nothing, as it should.
                let [right, left] = [turn as i32, 32 - turn as i32].map(set_i32_m128i_s);
                let turned = |v| shr_all_u32_m128i(v, right) | shl_all_u32_m128i(v, left);
                run(deltas, last, turned, |a, b| a ^ b)
            }
        };
        let mut words = [[0; 4]; 16];
        for (words, four) in words.as_chunks_mut::<4>().0.iter_mut().zip(four) {
            words.as_flattened_mut().copy_from_slice(&<[u8; 16]>::from(four));
        }
        words
    }

    /// The running sums of all four times four, where `read` makes numbers of deltas.
    #[inline(always)]
    fn run(
        deltas: [m128i; 4],
        last: &mut u32,
        read: impl Fn(m128i) -> m128i,
        add: impl Fn(m128i, m128i) -> m128i,
    ) -> [m128i; 4] {
        let mut before = set_splat_i32_m128i(last.cast_signed());
        let sums = deltas.map(|deltas| {
            let v = read(deltas);
            let v = add(v, byte_shl_imm_u128_m128i::<4>(v));
            let v = add(v, byte_shl_imm_u128_m128i::<8>(v));
            let v = add(v, before);
            before = shuffle_ai_f32_all_m128i::<0xff>(v);
            v
        });
        *last = get_i32_from_m128i_s(before).cast_unsigned();
        sums
    }
}

#[cfg(test)]
mod tests {
    use super::*;
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
            portable(planes.each_ref(), mode, &mut last, words.iter_mut());
            prop_assert_eq!((words, last), expected);
            let (mut last, mut words) = (first, [[0; 4]; GROUP]);
            sums(planes.each_ref(), mode, &mut last, words.iter_mut());
            prop_assert_eq!((words, last), expected);
            // The last group of a stream may lack elements.
            let mut words = [[0; 4]; GROUP];
            sums(planes.each_ref(), mode, &mut first.clone(), words[..some].iter_mut());
            prop_assert_eq!(&words[..some], &expected.0[..some]);
            prop_assert!(words[some..].iter().all(|word| *word == [0; 4]));
        }
    }
}
