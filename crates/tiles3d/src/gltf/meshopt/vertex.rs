//! Mode 0, attributes: byte-wise deltas between elements, in blocks of at most 256 elements and groups of 16
//! (`KHR_meshopt_compression`, appendix A; version 0 is that of `EXT_meshopt_compression`).

use super::{
    Broken,
    groups::{Groups, WINDOW},
    sentinels::Portable,
    sums::{GROUP, Mode, sums},
    swizzle::{self, Swizzled},
};
use fearless_simd::{Level, dispatch};

/// Most elements of a block.
const BLOCK: usize = 256;
/// Most bytes of a block.
const BLOCK_BYTES: usize = 8192;
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
    let most = ((BLOCK_BYTES / stride) & !(GROUP - 1)).min(BLOCK);
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
    let mut out = Vec::with_capacity(count * stride);
    // Blocks are made here and copied while they are in the cache: memory that is asked for as zeros comes from the system,
    // page by page.
    let mut made = [0; BLOCK_BYTES];
    let mut planes = [[0; BLOCK]; 4];
    let mut reader = Reader { bytes: body, at: 0, end, level: swizzle::level() };
    for first in (0..count).step_by(most) {
        let elements = most.min(count - first);
        let block = &mut made[..elements * stride];
        let control = reader.take(channels)?;
        for (channel, last) in last.iter_mut().enumerate().take(stride / 4) {
            let control = control.get(channel).copied();
            let mode = modes.get(channel).copied().unwrap_or(0);
            // Signed bytes are made while they are read: those of other modes are no bytes of their own.
            let signed = mode == 0;
            for (k, plane) in planes.iter_mut().enumerate() {
                match control.map(|bits| bits >> (2 * k) & 3) {
                    None => reader.plane::<true>(elements, BITS_0, plane)?,
                    Some(2) => plane.fill(0),
                    Some(3) => {
                        plane[..elements].copy_from_slice(reader.take(elements)?);
                        if signed {
                            plane.iter_mut().for_each(|v| *v = *v >> 1 ^ (*v & 1).wrapping_neg());
                        }
                    }
                    Some(list) if signed => reader.plane::<true>(elements, BITS_1[usize::from(list & 1)], plane)?,
                    Some(list) => reader.plane::<false>(elements, BITS_1[usize::from(list & 1)], plane)?,
                }
            }
            let mode = match mode {
                0 => Mode::Bytes,
                1 => Mode::Shorts,
                bits => Mode::Bits(u32::from(bits >> 4)),
            };
            accumulate(block, (stride, channel), &planes, mode, last);
        }
        out.extend_from_slice(block);
    }
    if reader.at != end {
        return Err(Broken("it is longer than its elements"));
    }
    Ok(out)
}

/// Writes the 4 bytes of a channel of every element, each from its deltas and the element before.
fn accumulate(block: &mut [u8], (stride, channel): (usize, usize), planes: &[Plane; 4], mode: Mode, last: &mut u32) {
    let words = block.as_chunks_mut::<4>().0;
    match stride {
        4 => each::<1>(words, channel, planes, mode, last),
        8 => each::<2>(words, channel, planes, mode, last),
        12 => each::<3>(words, channel, planes, mode, last),
        16 => each::<4>(words, channel, planes, mode, last),
        _ => {
            for (group, planes) in words.chunks_mut(stride / 4 * GROUP).zip(groups(planes)) {
                let elements = group.chunks_exact_mut(stride / 4);
                sums(planes, mode, last, elements.filter_map(|element| element.get_mut(channel)));
            }
        }
    }
}

/// The same where an element has `WORDS` words.
fn each<const WORDS: usize>(words: &mut [[u8; 4]], channel: usize, planes: &[Plane; 4], mode: Mode, last: &mut u32) {
    for (group, planes) in words.as_chunks_mut::<WORDS>().0.chunks_mut(GROUP).zip(groups(planes)) {
        // Only the last group of all is not whole.
        match group.as_chunks_mut::<GROUP>() {
            ([group], _) => sums(planes, mode, last, group.iter_mut().map(|element| &mut element[channel % WORDS])),
            (_, group) => sums(planes, mode, last, group.iter_mut().map(|element| &mut element[channel % WORDS])),
        }
    }
}

/// The bytes of a channel, group after group.
#[inline(always)]
fn groups([a, b, c, d]: &[Plane; 4]) -> impl Iterator<Item = [&[u8; GROUP]; 4]> {
    let [a, b, c, d] = [a, b, c, d].map(|plane| plane.as_chunks::<GROUP>().0);
    a.iter().zip(b).zip(c).zip(d).map(|(((a, b), c), d)| [a, b, c, d])
}

/// A place in a stream.
struct Reader<'a> {
    /// Everything after the header; the tail is part of it, so that groups can be read in whole windows.
    bytes: &'a [u8],
    at: usize,
    /// Where the tail and its padding begin.
    end: usize,
    /// What the processor can, if it can choose bytes by other bytes.
    level: Option<Level>,
}

impl<'a> Reader<'a> {
    fn take(&mut self, length: usize) -> Result<&'a [u8], Broken> {
        let end = self.at + length;
        let taken = self.bytes.get(self.at..end).filter(|_| end <= self.end).ok_or(Broken("it is cut off"))?;
        self.at = end;
        Ok(taken)
    }

    /// One byte of `elements` elements.
    fn plane<const SIGNED: bool>(&mut self, elements: usize, bits: [u8; 4], plane: &mut Plane) -> Result<(), Broken> {
        match self.level {
            Some(level) => dispatch!(level, simd => self.groups::<_, SIGNED>(Swizzled(simd), elements, bits, plane)),
            None => self.groups::<_, SIGNED>(Portable, elements, bits, plane),
        }
    }

    #[inline(always)]
    fn groups<G: Groups, const SIGNED: bool>(
        &mut self,
        read: G,
        elements: usize,
        bits: [u8; 4],
        plane: &mut Plane,
    ) -> Result<(), Broken> {
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
                1 => read.one::<SIGNED>(window, group),
                2 => read.two::<SIGNED>(window, group),
                4 => read.four::<SIGNED>(window, group),
                _ => read.eight::<SIGNED>(window, group),
            };
        }
        // What was read beyond the end is thrown away with the error.
        if self.at > self.end { Err(Broken("it is cut off")) } else { Ok(()) }
    }
}
