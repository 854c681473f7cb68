//! Groups of deltas on any processor: eight at a time, a byte each, and without branches: which of them are whole bytes
//! differs from group to group and cannot be foreseen.

use super::{
    groups::{GROUP, Groups, WINDOW},
    sums::{self, Mode},
};

const ONES: u64 = 0x0101_0101_0101_0101;

/// With nothing but numbers of 64 bits.
#[derive(Clone, Copy)]
pub(super) struct Portable;

impl Groups for Portable {
    fn one<const SIGNED: bool>(self, window: &[u8; WINDOW], group: &mut [u8; GROUP]) -> usize {
        // Bit i where byte i is not 0.
        let spread = |byte: u8| {
            let bits = (u64::from(byte) * ONES) & 0x8040_2010_0804_0201;
            (bits + 0x7f * ONES) >> 7 & ONES
        };
        put::<2, SIGNED>(window, [spread(window[0]), spread(window[1])], [0; 2], group)
    }

    fn two<const SIGNED: bool>(self, window: &[u8; WINDOW], group: &mut [u8; GROUP]) -> usize {
        let spread = |byte: u8| {
            let byte = u32::from(byte);
            // No two of the copies meet.
            ((byte >> 6) | (byte * (1 << 4 | 1 << 14 | 1 << 24))) & 0x0303_0303
        };
        let eight = |a: u8, b: u8| u64::from(spread(a)) | u64::from(spread(b)) << 32;
        let values = [eight(window[0], window[1]), eight(window[2], window[3])];
        put::<4, SIGNED>(window, values.map(|v| (v + 0x7d * ONES) >> 7 & ONES), values, group)
    }

    fn four<const SIGNED: bool>(self, window: &[u8; WINDOW], group: &mut [u8; GROUP]) -> usize {
        let eight = |bytes: [u8; 4]| {
            let v = u64::from(u32::from_le_bytes(bytes));
            let v = (v | v << 16) & 0x0000_ffff_0000_ffff;
            let v = (v | v << 8) & 0x00ff_00ff_00ff_00ff;
            (v >> 4 | v << 8) & 0x0f0f_0f0f_0f0f_0f0f
        };
        let [a, b, c, d, e, f, g, h, ..] = *window;
        let values = [eight([a, b, c, d]), eight([e, f, g, h])];
        put::<8, SIGNED>(window, values.map(|v| (v + 0x71 * ONES) >> 7 & ONES), values, group)
    }

    fn eight<const SIGNED: bool>(self, window: &[u8; WINDOW], group: &mut [u8; GROUP]) -> usize {
        for (out, bytes) in group.as_chunks_mut::<8>().0.iter_mut().zip(window.as_chunks::<8>().0) {
            *out = read::<SIGNED>(u64::from_le_bytes(*bytes)).to_le_bytes();
        }
        GROUP
    }

    #[inline(always)]
    fn sums<'a, 'b, P: Iterator<Item = &'b mut [u8; 4]>>(
        self,
        mode: Mode,
        last: &mut u32,
        groups: impl Iterator<Item = ([&'a [u8; GROUP]; 4], P)>,
    ) {
        for (planes, places) in groups {
            sums::portable(mode, planes, last, places);
        }
    }
}

/// Eight deltas as they are, or as signed ones: 1 stands for -1, 2 for 1, 3 for -2.
#[inline(always)]
fn read<const SIGNED: bool>(deltas: u64) -> u64 {
    let odd = deltas & ONES;
    if SIGNED { ((deltas >> 1) & (0x7f * ONES)) ^ (odd * 0xff) } else { deltas }
}

/// Writes `values`, and the bytes from `BITS` on where `whole` is 1. Returns how many bytes the group takes.
#[inline(always)]
fn put<const BITS: usize, const SIGNED: bool>(
    window: &[u8; WINDOW],
    whole: [u64; 2],
    values: [u64; 2],
    group: &mut [u8; GROUP],
) -> usize {
    let mut next = BITS;
    for ((whole, value), out) in whole.into_iter().zip(values).zip(group.as_chunks_mut::<8>().0) {
        let bytes = window.get(next..).and_then(<[u8]>::first_chunk).map_or(0, |b| u64::from_le_bytes(*b));
        let mask = whole * 0xff;
        *out = read::<SIGNED>(value & !mask | expanded(bytes, whole) & mask).to_le_bytes();
        next += (whole.wrapping_mul(ONES) >> 56) as usize;
    }
    next
}

/// The first of `bytes` where `places` is first 1, the second where it is next, and so on; anything elsewhere.
fn expanded(bytes: u64, places: u64) -> u64 {
    // The 1 of each byte to a bit of the highest.
    let [four, two, one] = MOVES[(places.wrapping_mul(0x0102_0408_1020_4080) >> 56) as usize];
    let x = bytes & !four | bytes << 32 & four;
    let x = x & !two | x << 16 & two;
    x & !one | x << 8 & one
}

/// By the eight places, a bit each: which bytes are where they belong after they were moved up by 4, by 2 and by 1
/// (Hacker's Delight, 7-5). None is in the way of another: a later byte moves at least as far.
static MOVES: [[u64; 3]; 256] = {
    let mut moves = [[0; 3]; 256];
    let mut places = 0;
    while places < 256 {
        let (mut rank, mut place) = (0, 0);
        while place < 8 {
            if places >> place & 1 == 1 {
                let distance = place - rank;
                let mut step = 0;
                while step < 3 {
                    let so_far = distance & (0b111 << (2 - step));
                    if distance >> (2 - step) & 1 == 1 {
                        moves[places][step] |= 0xff << (8 * (rank + so_far));
                    }
                    step += 1;
                }
                rank += 1;
            }
            place += 1;
        }
        places += 1;
    }
    moves
};
