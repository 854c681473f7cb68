//! Mode 0, attributes: byte-wise deltas between elements, in blocks of at most 256 elements and groups of 16
//! (`KHR_meshopt_compression`, appendix A; version 0 is that of `EXT_meshopt_compression`).

use super::{
    Broken,
    filter::Filter,
    groups::{GROUP, Groups, WINDOW},
    sentinels::Portable,
    sums::Mode,
    swizzle::{self, Swizzled},
};
use fearless_simd::dispatch;

/// Most elements of a block.
const BLOCK: usize = 256;
/// Most bytes of a block.
const BLOCK_BYTES: usize = 8192;
/// Bits of a delta by the mode of its group, of which version 1 has two lists, by the control mode of the byte. Version 0
/// has what [`Groups::coded`] reads.
const BITS: [[u8; 4]; 2] = [[0, 1, 2, 4], [1, 2, 4, 8]];

/// The deltas of one byte of all elements of a block.
type Plane = [u8; BLOCK];

/// Decodes `count` elements of `stride` bytes, a multiple of 4 up to 256, and does with them what the filter says.
pub(super) fn decode(stream: &[u8], count: usize, stride: usize, filter: Filter) -> Result<Vec<u8>, Broken> {
    match swizzle::level() {
        // All of it for one kind of processor: whatever is called in between may use its vectors, too.
        Some(level) => dispatch!(level, simd => decode_by(Swizzled(simd), stream, (count, stride), filter)),
        None => decode_by(Portable, stream, (count, stride), filter),
    }
}

#[inline(always)]
fn decode_by<G: Groups>(
    read: G,
    stream: &[u8],
    (count, stride): (usize, usize),
    filter: Filter,
) -> Result<Vec<u8>, Broken> {
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
    let mut reader = Reader { bytes: body, at: 0, end };
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
                    None => reader.coded_plane(read, elements, plane)?,
                    Some(2) => plane.fill(0),
                    Some(3) => {
                        plane[..elements].copy_from_slice(reader.take(elements)?);
                        if signed {
                            plane.iter_mut().for_each(|v| *v = *v >> 1 ^ (*v & 1).wrapping_neg());
                        }
                    }
                    Some(list) if signed => {
                        reader.plane::<G, true>(read, elements, BITS[usize::from(list & 1)], plane)?
                    }
                    Some(list) => reader.plane::<G, false>(read, elements, BITS[usize::from(list & 1)], plane)?,
                }
            }
            let mode = match mode {
                0 => Mode::Bytes,
                1 => Mode::Shorts,
                bits => Mode::Bits(u32::from(bits >> 4)),
            };
            accumulate(read, block, (stride, channel), &planes, mode, last);
        }
        filter.apply(block, stride);
        out.extend_from_slice(block);
    }
    if reader.at != end {
        return Err(Broken("it is longer than its elements"));
    }
    Ok(out)
}

/// Writes the 4 bytes of a channel of every element, each from its deltas and the element before.
#[inline(always)]
fn accumulate<G: Groups>(
    read: G,
    block: &mut [u8],
    (stride, channel): (usize, usize),
    planes: &[Plane; 4],
    mode: Mode,
    last: &mut u32,
) {
    let words = block.as_chunks_mut::<4>().0;
    match stride {
        4 => each::<G, 1>(read, words, channel, planes, mode, last),
        8 => each::<G, 2>(read, words, channel, planes, mode, last),
        12 => each::<G, 3>(read, words, channel, planes, mode, last),
        16 => each::<G, 4>(read, words, channel, planes, mode, last),
        _ => {
            let groups = words.chunks_mut(stride / 4 * GROUP).map(|group| {
                let elements = group.chunks_exact_mut(stride / 4);
                elements.filter_map(|element| element.get_mut(channel))
            });
            read.sums(mode, last, self::groups(planes).zip(groups));
        }
    }
}

/// The same where an element has `WORDS` words.
#[inline(always)]
fn each<G: Groups, const WORDS: usize>(
    read: G,
    words: &mut [[u8; 4]],
    channel: usize,
    planes: &[Plane; 4],
    mode: Mode,
    last: &mut u32,
) {
    // Only the last group of all is not whole.
    let (whole, rest) = words.as_chunks_mut::<WORDS>().0.as_chunks_mut::<GROUP>();
    let mut groups = groups(planes);
    let places = whole.iter_mut().map(|group| group.iter_mut().map(|element| &mut element[channel % WORDS]));
    read.sums(mode, last, groups.by_ref().take(places.len()).zip(places));
    if !rest.is_empty() {
        let places = rest.iter_mut().map(|element| &mut element[channel % WORDS]);
        read.sums(mode, last, groups.take(1).zip(std::iter::once(places)));
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
}

impl<'a> Reader<'a> {
    #[inline(always)]
    fn take(&mut self, length: usize) -> Result<&'a [u8], Broken> {
        let end = self.at + length;
        let taken = self.bytes.get(self.at..end).filter(|_| end <= self.end).ok_or(Broken("it is cut off"))?;
        self.at = end;
        Ok(taken)
    }

    /// One byte of `elements` elements as version 0 has it.
    #[inline(always)]
    fn coded_plane<G: Groups>(&mut self, read: G, elements: usize, plane: &mut Plane) -> Result<(), Broken> {
        let groups = elements.div_ceil(GROUP);
        let codes = self.take(groups.div_ceil(4))?;
        let fours = plane.as_chunks_mut::<GROUP>().0[..groups].chunks_mut(4);
        for (&codes, four) in codes.iter().zip(fours) {
            if codes == 0 {
                four.fill([0; GROUP]);
                continue;
            }
            for (i, group) in four.iter_mut().enumerate() {
                self.at += read.coded(codes >> (2 * i), self.window()?, group);
            }
        }
        self.within()
    }

    /// One byte of `elements` elements, whose deltas have the `bits` of their mode.
    #[inline(always)]
    fn plane<G: Groups, const SIGNED: bool>(
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
            let window = self.window()?;
            self.at += match bits {
                1 => read.one::<SIGNED>(window, group),
                2 => read.two::<SIGNED>(window, group),
                4 => read.four::<SIGNED>(window, group),
                _ => read.eight::<SIGNED>(window, group),
            };
        }
        self.within()
    }

    /// The bytes of the next group.
    #[inline(always)]
    fn window(&self) -> Result<&'a [u8; WINDOW], Broken> {
        self.bytes.get(self.at..).and_then(<[u8]>::first_chunk).ok_or(Broken("it is cut off"))
    }

    /// What was read beyond the end is thrown away with the error.
    #[inline(always)]
    fn within(&self) -> Result<(), Broken> {
        if self.at > self.end { Err(Broken("it is cut off")) } else { Ok(()) }
    }
}
