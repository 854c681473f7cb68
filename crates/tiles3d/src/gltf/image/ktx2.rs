//! The container KTX 2.0: its header, its levels, and the formats in it that are not Basis Universal's.

use super::{Budget, WHAT, Want, basis, check_size, inflate};
use crate::content::{DecodeError, Picture, PictureFormat, TextureFormats};
use std::borrow::Cow;

/// The first bytes of every such file.
pub(super) const MAGIC: [u8; 12] = *b"\xABKTX 20\xBB\r\n\x1A\n";

const HEADER: usize = 80;
const LEVEL: usize = 24;

/// A file whose every offset has been checked.
#[derive(Debug)]
pub(super) struct Ktx2<'a> {
    /// The whole file.
    pub(super) bytes: &'a [u8],
    pub(super) vk_format: u32,
    pub(super) width: u32,
    pub(super) height: u32,
    /// Supercompression scheme.
    pub(super) scheme: u32,
    /// Where the supercompression's global data is.
    pub(super) global: std::ops::Range<usize>,
    /// The data format descriptor, its own length before it.
    pub(super) descriptor: &'a [u8],
    /// Levels that the file has, whether they are read or not.
    pub(super) level_count: usize,
    /// Those that are read, the largest first.
    pub(super) levels: Vec<Level<'a>>,
}

/// One level, as it lies in the file.
#[derive(Debug, Clone, Copy)]
pub(super) struct Level<'a> {
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) bytes: &'a [u8],
}

/// Decodes a plain picture of two dimensions.
pub(super) fn decode(bytes: &[u8], want: Want, budget: &mut Budget) -> Result<Picture, DecodeError> {
    let mut file = Ktx2::parse(bytes)?;
    if !want.levels {
        file.levels.truncate(1);
    }
    if let Some(source) = basis::Source::of(&file)? {
        return basis::decode(&file, &source, want, budget);
    }
    let layout = Layout::of(file.vk_format)
        .filter(|l| l.is_taken(want.formats, file.width, file.height))
        .ok_or_else(|| unsupported(format!("KTX 2 with the Vulkan format {}", file.vk_format)))?;
    let format = layout.format();
    budget.check(layout.level_bytes(file.width, file.height))?;
    budget.take(format.bytes(file.width, file.height, file.levels.len() as u32))?;
    let mut data = Vec::new();
    for level in &file.levels {
        let size = layout.level_bytes(level.width, level.height);
        layout.append(&file.inflate(level, size)?, &mut data);
    }
    let levels = file.levels.len() as u32;
    Ok(Picture { width: file.width, height: file.height, format, space: want.space, levels, data })
}

pub(super) fn unsupported(what: String) -> DecodeError {
    DecodeError::Unsupported(what)
}

impl<'a> Ktx2<'a> {
    fn parse(bytes: &'a [u8]) -> Result<Self, DecodeError> {
        let cut = || DecodeError::Truncated { what: WHAT };
        let word = |at: usize| {
            let b = bytes.get(at..at + 4).and_then(|b| b.first_chunk::<4>()).ok_or_else(cut)?;
            Ok::<u32, DecodeError>(u32::from_le_bytes(*b))
        };
        let long = |at: usize| Ok::<u64, DecodeError>(u64::from(word(at)?) | u64::from(word(at + 4)?) << 32);
        let range = |offset: u64, length: u64| {
            let end = offset.checked_add(length).filter(|e| *e <= bytes.len() as u64).ok_or_else(cut)?;
            Ok::<_, DecodeError>(offset as usize..end as usize)
        };
        let (width, height, depth) = (word(20)?, word(24)?, word(28)?);
        let (layers, faces) = (word(32)?, word(36)?);
        if depth != 0 || layers > 1 || faces != 1 {
            return Err(unsupported("KTX 2 with depth, layers or faces".into()));
        }
        check_size(width, height)?;
        let level_count = word(40)?.max(1);
        if level_count > Picture::full_levels(width, height) {
            return Err(DecodeError::malformed(WHAT, format!("{level_count} levels for {width} by {height} pixels")));
        }
        let levels = (0..level_count)
            .map(|l| {
                let at = HEADER + l as usize * LEVEL;
                let (width, height) = ((width >> l).max(1), (height >> l).max(1));
                Ok(Level { width, height, bytes: &bytes[range(long(at)?, long(at + 8)?)?] })
            })
            .collect::<Result<Vec<_>, DecodeError>>()?;
        let descriptor = range(u64::from(word(48)?), u64::from(word(52)?))?;
        Ok(Self {
            bytes,
            vk_format: word(12)?,
            width,
            height,
            scheme: word(44)?,
            global: range(long(64)?, long(72)?)?,
            descriptor: &bytes[descriptor],
            level_count: level_count as usize,
            levels,
        })
    }

    /// A level's first `size` bytes as they were before they were compressed.
    pub(super) fn inflate(&self, level: &Level<'a>, size: usize) -> Result<Cow<'a, [u8]>, DecodeError> {
        match self.scheme {
            0 => level.bytes.get(..size).map(Cow::Borrowed).ok_or(DecodeError::Truncated { what: WHAT }),
            2 => inflate::zstandard(level.bytes, size).map(Cow::Owned),
            3 => inflate::zlib(level.bytes, size).map(Cow::Owned),
            other => Err(unsupported(format!("KTX 2 with supercompression {other}"))),
        }
    }
}

/// How the pixels lie in a level.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Layout {
    /// `channels` of `bytes` each, integers from 0 to 1; `swapped` has blue first.
    Channels { channels: usize, bytes: usize, swapped: bool },
    /// Blocks, as the device takes them.
    Blocks(PictureFormat),
}

impl Layout {
    /// By `VkFormat`. Unorm and sRGB are the same here: what a texture is used for says which it is.
    fn of(vk_format: u32) -> Option<Self> {
        let channels = |channels, bytes, swapped| Self::Channels { channels, bytes, swapped };
        Some(match vk_format {
            9 | 15 => channels(1, 1, false),
            16 | 22 => channels(2, 1, false),
            23 | 29 => channels(3, 1, false),
            30 | 36 => channels(3, 1, true),
            37 | 43 => channels(4, 1, false),
            44 | 50 => channels(4, 1, true),
            70 => channels(1, 2, false),
            77 => channels(2, 2, false),
            84 => channels(3, 2, false),
            91 => channels(4, 2, false),
            131..=134 => Self::Blocks(PictureFormat::Bc1),
            137 | 138 => Self::Blocks(PictureFormat::Bc3),
            145 | 146 => Self::Blocks(PictureFormat::Bc7),
            147 | 148 => Self::Blocks(PictureFormat::Etc2Rgb),
            151 | 152 => Self::Blocks(PictureFormat::Etc2Rgba),
            _ => return None,
        })
    }

    fn format(self) -> PictureFormat {
        match self {
            Self::Channels { .. } => PictureFormat::Rgba8,
            Self::Blocks(format) => format,
        }
    }

    /// Whether the device takes it; blocks only if the largest level is made of whole ones (WebGPU's rule).
    fn is_taken(self, formats: TextureFormats, width: u32, height: u32) -> bool {
        let whole = width.is_multiple_of(4) && height.is_multiple_of(4);
        match self.format() {
            PictureFormat::Rgba8 => true,
            PictureFormat::Bc1 | PictureFormat::Bc3 | PictureFormat::Bc7 => formats.bc && whole,
            PictureFormat::Etc2Rgb | PictureFormat::Etc2Rgba => formats.etc2 && whole,
            PictureFormat::Astc4x4 => formats.astc && whole,
        }
    }

    fn level_bytes(self, width: u32, height: u32) -> usize {
        match self {
            Self::Channels { channels, bytes, .. } => width as usize * height as usize * channels * bytes,
            Self::Blocks(format) => format.level_bytes(width, height),
        }
    }

    /// Missing colours are 0 and a missing alpha is 1, as when a device reads such a format.
    fn append(self, level: &[u8], out: &mut Vec<u8>) {
        match self {
            Self::Blocks(_) | Self::Channels { channels: 4, bytes: 1, swapped: false } => out.extend_from_slice(level),
            Self::Channels { channels, bytes, swapped } => {
                out.extend(level.chunks_exact(channels * bytes).flat_map(|pixel| {
                    let mut rgba = [0, 0, 0, 255];
                    for (to, from) in rgba.iter_mut().zip(pixel.chunks_exact(bytes)) {
                        *to = match *from {
                            // 65535 / 257 = 255, rounded to the nearest.
                            [low, high] => ((u32::from(u16::from_le_bytes([low, high])) + 128) / 257) as u8,
                            [v] => v,
                            _ => 0,
                        };
                    }
                    if swapped {
                        rgba.swap(0, 2);
                    }
                    rgba
                }));
            }
        }
    }
}
