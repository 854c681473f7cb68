//! Mode 0, attributes: byte-wise deltas between elements, in blocks of at most 256 elements and groups of 16
//! (`KHR_meshopt_compression`, appendix A; version 0 is that of `EXT_meshopt_compression`).

use super::Broken;

/// Most elements of a block.
const BLOCK: usize = 256;
const GROUP: usize = 16;
/// Bytes that a group takes at most: 8 of bits and 16 of values that do not fit them.
const WINDOW: usize = 24;
/// Bits of a delta by the mode of its group.
const BITS_0: [u8; 4] = [0, 2, 4, 8];
/// Version 1 has two such lists, by the control mode of the byte.
const BITS_1: [[u8; 4]; 2] = [[0, 1, 2, 4], [1, 2, 4, 8]];

/// The deltas of one byte of all elements of a block.
type Plane = [u8; BLOCK];

/// Decodes `count` elements of `stride` bytes, a multiple of 4 up to 256.
pub(super) fn decode(stream: &[u8], count: usize, stride: usize) -> Result<Vec<u8>, Broken> {
    let (header, body) = stream.split_first().ok_or(Broken("it is empty"))?;
    let (channels, padding) = match header {
        0xa0 => (0, 32),
        0xa1 => (stride / 4, WINDOW),
        _ => return Err(Broken("it has another header than attributes have")),
    };
    let tail = stride + channels;
    let end = body.len().checked_sub(tail.max(padding)).ok_or(Broken("it is cut off"))?;
    let most = ((8192 / stride) & !(GROUP - 1)).min(BLOCK);
    // What a block takes at least; a count that the stream cannot hold costs no memory.
    let least = if channels > 0 { channels } else { stride };
    if count.div_ceil(most).checked_mul(least).is_none_or(|bytes| bytes > end) {
        return Err(Broken("it is too short for its count"));
    }
    let (baseline, modes) = body.get(body.len() - tail..).unwrap_or_default().split_at(stride);
    let mut last = [0u32; 64];
    for (last, word) in last.iter_mut().zip(baseline.as_chunks().0) {
        *last = u32::from_le_bytes(*word);
    }
    if modes.iter().any(|mode| !matches!(mode, 0 | 1) && mode & 15 != 2) {
        return Err(Broken("it has an unknown channel mode"));
    }
    let mut out = vec![0; count * stride];
    let mut planes = [[0; BLOCK]; 4];
    let mut reader = Reader { bytes: body, at: 0, end };
    for block in out.chunks_mut(most * stride) {
        let elements = block.len() / stride;
        let control = reader.take(channels)?;
        for (channel, last) in last.iter_mut().enumerate().take(stride / 4) {
            let control = control.get(channel).copied();
            for (k, plane) in planes.iter_mut().enumerate() {
                match control.map(|bits| bits >> (2 * k) & 3) {
                    None => reader.plane(elements, BITS_0, plane)?,
                    Some(2) => plane.fill(0),
                    Some(3) => plane[..elements].copy_from_slice(reader.take(elements)?),
                    Some(list) => reader.plane(elements, BITS_1[usize::from(list & 1)], plane)?,
                }
            }
            let at = 4 * channel;
            *last = match modes.get(channel) {
                None | Some(0) => {
                    accumulate(block, stride, at, &planes, *last, |v, last| add_bytes(unzigzag_bytes(v), last))
                }
                Some(1) => accumulate(block, stride, at, &planes, *last, |v, last| add_words(unzigzag_words(v), last)),
                Some(mode) => {
                    let turn = u32::from(mode >> 4);
                    accumulate(block, stride, at, &planes, *last, |v, last| v.rotate_right(turn) ^ last)
                }
            };
        }
    }
    if reader.at != end {
        return Err(Broken("it is longer than its elements"));
    }
    Ok(out)
}

/// Writes the 4 bytes of a channel of every element, each from its deltas and the element before; returns the last.
fn accumulate(
    block: &mut [u8],
    stride: usize,
    at: usize,
    planes: &[Plane; 4],
    mut last: u32,
    step: impl Fn(u32, u32) -> u32,
) -> u32 {
    let [a, b, c, d] = planes;
    for (i, element) in block.chunks_exact_mut(stride).enumerate().take(BLOCK) {
        last = step(u32::from_le_bytes([a[i], b[i], c[i], d[i]]), last);
        if let Some(word) = element.get_mut(at..at + 4) {
            word.copy_from_slice(&last.to_le_bytes());
        }
    }
    last
}

/// Four bytes at once: 1 becomes -1, 2 becomes 1, 3 becomes -2.
fn unzigzag_bytes(v: u32) -> u32 {
    ((v >> 1) & 0x7f7f_7f7f) ^ ((v & 0x0101_0101) * 0xff)
}

fn unzigzag_words(v: u32) -> u32 {
    ((v >> 1) & 0x7fff_7fff) ^ ((v & 0x0001_0001) * 0xffff)
}

/// Four sums without carry from one byte to the next.
fn add_bytes(a: u32, b: u32) -> u32 {
    ((a & 0x7f7f_7f7f) + (b & 0x7f7f_7f7f)) ^ ((a ^ b) & 0x8080_8080)
}

fn add_words(a: u32, b: u32) -> u32 {
    ((a & 0x7fff_7fff) + (b & 0x7fff_7fff)) ^ ((a ^ b) & 0x8000_8000)
}

/// A place in a stream.
struct Reader<'a> {
    /// Everything after the header; the tail is part of it, so that groups can be read in whole windows.
    bytes: &'a [u8],
    at: usize,
    /// Where the tail and its padding begin.
    end: usize,
}

impl<'a> Reader<'a> {
    fn take(&mut self, length: usize) -> Result<&'a [u8], Broken> {
        let end = self.at + length;
        let taken = self.bytes.get(self.at..end).filter(|_| end <= self.end).ok_or(Broken("it is cut off"))?;
        self.at = end;
        Ok(taken)
    }

    /// One byte of `elements` elements.
    fn plane(&mut self, elements: usize, bits: [u8; 4], plane: &mut Plane) -> Result<(), Broken> {
        let groups = elements.div_ceil(GROUP);
        let modes = self.take(groups.div_ceil(4))?;
        for (i, group) in plane.as_chunks_mut::<GROUP>().0.iter_mut().enumerate().take(groups) {
            let bits = bits[usize::from(modes[i / 4] >> (i % 4 * 2) & 3)];
            if bits == 0 {
                *group = [0; GROUP];
                continue;
            }
            let window = self.bytes.get(self.at..).and_then(<[u8]>::first_chunk::<WINDOW>);
            let window = window.ok_or(Broken("it is cut off"))?;
            self.at += match bits {
                1 => sentinels::<1>(window, group),
                2 => sentinels::<2>(window, group),
                4 => sentinels::<4>(window, group),
                _ => {
                    group.copy_from_slice(&window[..GROUP]);
                    GROUP
                }
            };
        }
        // What was read beyond the end is thrown away with the error.
        if self.at > self.end { Err(Broken("it is cut off")) } else { Ok(()) }
    }
}

/// 16 deltas of `BITS` bits; where all bits are set, the delta is the next of the whole bytes that follow. Returns how
/// many bytes they take.
fn sentinels<const BITS: usize>(window: &[u8; WINDOW], group: &mut [u8; GROUP]) -> usize {
    const MASK: usize = 31;
    let most = (1u8 << BITS) - 1;
    let mut bytes = [0; MASK + 1];
    bytes[..WINDOW].copy_from_slice(window);
    let mut next = 2 * BITS;
    for (i, delta) in group.iter_mut().enumerate() {
        let byte = bytes[i * BITS / 8];
        let shift = i * BITS % 8;
        // Single bits begin at the low end of a byte, wider ones at the high end.
        let value = byte >> (if BITS == 1 { shift } else { 8 - BITS - shift }) & most;
        let whole = bytes[next & MASK];
        let outside = value == most;
        *delta = if outside { whole } else { value };
        next += usize::from(outside);
    }
    next
}
