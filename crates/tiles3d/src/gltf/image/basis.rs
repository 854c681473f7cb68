//! Basis Universal in KTX 2 (`KHR_texture_basisu`): ETC1S with BasisLZ and UASTC, and ASTC as it is.
//!
//! The transcoder gets containers that are written here, never the file's own: it trusts some offsets, and what it
//! trusts has then been checked.

use super::{
    Budget, WHAT, Want,
    ktx2::{Ktx2, Level, MAGIC, unsupported},
};
use crate::content::{ColorSpace, DecodeError, Picture, PictureFormat};
use basisu::{DecodeFlags, TargetFormat, Transcoder};
use std::{
    borrow::Cow,
    panic::{AssertUnwindSafe, catch_unwind},
};

/// Colour models of a data format descriptor (Khronos Data Format 1.4, 5.6).
const MODEL_ASTC: u8 = 162;
const MODEL_ETC1S: u8 = 163;
const MODEL_UASTC: u8 = 166;

/// What a file's blocks are.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Source {
    /// BasisLZ over all levels.
    Etc1s { alpha: bool },
    /// 16 bytes for 4 by 4 pixels.
    Uastc { alpha: bool },
    /// 16 bytes for `width` by `height` pixels.
    Astc { vk_format: u32, width: u32, height: u32 },
}

impl Source {
    /// `None`: not Basis Universal's.
    pub(super) fn of(file: &Ktx2<'_>) -> Result<Option<Self>, DecodeError> {
        if let (157..=184, Some(&[width, height])) =
            (file.vk_format, file.descriptor.get(16..18).and_then(|b| b.first_chunk::<2>()))
        {
            let (width, height) = (u32::from(width) + 1, u32::from(height) + 1);
            return Ok(Some(Self::Astc { vk_format: file.vk_format, width, height }));
        }
        if file.vk_format != 0 {
            return Ok(None);
        }
        let channel = |sample: usize| file.descriptor.get(28 + 16 * sample + 3).map(|b| b & 15);
        match file.descriptor.get(12) {
            Some(&MODEL_ETC1S) if file.scheme == 1 => Ok(Some(Self::Etc1s { alpha: channel(1).is_some() })),
            Some(&MODEL_UASTC) => Ok(Some(Self::Uastc { alpha: matches!(channel(0), Some(3 | 5)) })),
            Some(model) => Err(unsupported(format!("KTX 2 with the colour model {model}"))),
            None => Err(DecodeError::Truncated { what: WHAT }),
        }
    }

    /// Pixels of a block, across and down.
    fn block(&self) -> (u32, u32) {
        match *self {
            Self::Astc { width, height, .. } => (width, height),
            _ => (4, 4),
        }
    }
}

/// Transcodes every level to the best format that the device takes.
pub(super) fn decode(
    file: &Ktx2<'_>,
    source: &Source,
    want: Want,
    budget: &mut Budget,
) -> Result<Picture, DecodeError> {
    let (target, format) = target(file, source, want);
    budget.take(format.bytes(file.width, file.height, file.levels.len() as u32))?;
    let mut data = Vec::new();
    if let Source::Etc1s { .. } = source {
        let container = etc1s_container(file)?;
        for (l, level) in file.levels.iter().enumerate() {
            data.extend(transcode(&container, l as u32, target, format.level_bytes(level.width, level.height))?);
        }
    } else {
        for level in &file.levels {
            let container = block_container(file, source, level)?;
            data.extend(transcode(&container, 0, target, format.level_bytes(level.width, level.height))?);
        }
    }
    let levels = file.levels.len() as u32;
    Ok(Picture { width: file.width, height: file.height, format, space: want.space, levels, data })
}

/// Which format to transcode to. The small and equal ones come first: UASTC is ASTC, ETC1S is ETC; BC1 holds opaque
/// ETC1S in half the memory of BC7 without showing it.
fn target(file: &Ktx2<'_>, source: &Source, want: Want) -> (TargetFormat, PictureFormat) {
    const BC7: (TargetFormat, PictureFormat) = (TargetFormat::Bc7Rgba, PictureFormat::Bc7);
    const ASTC: (TargetFormat, PictureFormat) = (TargetFormat::Astc4x4Rgba, PictureFormat::Astc4x4);
    const ETC2: (TargetFormat, PictureFormat) = (TargetFormat::Etc2Rgba, PictureFormat::Etc2Rgba);
    const RGBA: (TargetFormat, PictureFormat) = (TargetFormat::Rgba32, PictureFormat::Rgba8);
    let formats = want.formats;
    // WebGPU refuses compressed textures whose largest level is not made of whole blocks.
    if !file.width.is_multiple_of(4) || !file.height.is_multiple_of(4) {
        return RGBA;
    }
    match *source {
        Source::Etc1s { alpha: false } if formats.etc2 => (TargetFormat::Etc1Rgb, PictureFormat::Etc2Rgb),
        Source::Etc1s { alpha: true } if formats.etc2 => ETC2,
        Source::Etc1s { alpha: false } if formats.bc => (TargetFormat::Bc1Rgb, PictureFormat::Bc1),
        Source::Etc1s { .. } if formats.bc => BC7,
        Source::Etc1s { .. } | Source::Uastc { .. } if formats.astc => ASTC,
        Source::Astc { width: 4, height: 4, .. } if formats.astc => ASTC,
        _ if formats.bc => BC7,
        // Data suffers from ETC2: `KHR_texture_basisu` asks for plain pixels then.
        _ if formats.etc2 && want.space == ColorSpace::Srgb => ETC2,
        _ => RGBA,
    }
}

fn transcode(container: &[u8], level: u32, target: TargetFormat, size: usize) -> Result<Vec<u8>, DecodeError> {
    // The transcoder is a port of C++ that counts on wrapping numbers; where those are checked, a damaged stream makes
    // it panic. That costs this picture only.
    let result =
        catch_unwind(AssertUnwindSafe(|| Transcoder::new(container)?.transcode(level, target, DecodeFlags::NONE)));
    match result {
        Ok(Ok(blocks)) if blocks.len() == size => Ok(blocks),
        Ok(Err(e)) => Err(DecodeError::malformed(WHAT, format!("Basis Universal: {e:?}"))),
        _ => Err(DecodeError::malformed(WHAT, "Basis Universal: the stream is damaged")),
    }
}

/// One level of blocks as a file of its own, without supercompression.
fn block_container(file: &Ktx2<'_>, source: &Source, level: &Level<'_>) -> Result<Vec<u8>, DecodeError> {
    let (across, down) = source.block();
    let size = level.width.div_ceil(across) as usize * level.height.div_ceil(down) as usize * 16;
    let blocks: Cow<'_, [u8]> = file.inflate(level, size)?;
    let (vk_format, model, alpha) = match *source {
        Source::Astc { vk_format, .. } => (vk_format, MODEL_ASTC, true),
        Source::Uastc { alpha } | Source::Etc1s { alpha } => (0, MODEL_UASTC, alpha),
    };
    let mut out = Vec::with_capacity(148 + size);
    out.extend(MAGIC);
    let mut words = |words: &[u32]| out.extend(words.iter().flat_map(|w| w.to_le_bytes()));
    // Format, type size, width, height, depth, layers, faces, levels, scheme.
    words(&[vk_format, 1, level.width, level.height, 0, 0, 1, 1, 0]);
    // Descriptor, key-value data, global data (64 bits each).
    words(&[104, 44, 0, 0, 0, 0, 0, 0]);
    // The level: offset, length, length when inflated (64 bits each).
    words(&[148, 0, size as u32, 0, size as u32, 0]);
    // Total size; vendor and type; version 2 and block size; model, primaries BT.709, linear; block's size.
    let blocks_are = (across - 1) | (down - 1) << 8;
    words(&[44, 0, 2 | 40 << 16, u32::from(model) | 1 << 8 | 1 << 16, blocks_are]);
    // Bytes of the plane; one sample of 128 bits with its channel; position; lowest; highest.
    words(&[16, 0, 127 << 16 | if alpha { 3 << 24 } else { 0 }, 0, 0, u32::MAX]);
    out.extend_from_slice(&blocks);
    Ok(out)
}

/// The file with what the transcoder would trust checked or cleared: no key-value data, no video, and no image or
/// table outside its level or the global data.
fn etc1s_container(file: &Ktx2<'_>) -> Result<Vec<u8>, DecodeError> {
    let cut = || DecodeError::Truncated { what: WHAT };
    let global = &file.bytes[file.global.clone()];
    let word = |at: usize| {
        let b = global.get(at..at + 4).and_then(|b| b.first_chunk::<4>()).ok_or_else(cut)?;
        Ok::<u64, DecodeError>(u64::from(u32::from_le_bytes(*b)))
    };
    let images = file.level_count;
    // The header, an image description of 20 bytes for each level, the endpoints, the selectors, the tables.
    let tables = word(4)?.saturating_add(word(8)?).saturating_add(word(12)?);
    if tables.saturating_add(20 + 20 * images as u64) > global.len() as u64 {
        return Err(cut());
    }
    for (l, level) in file.levels.iter().enumerate() {
        let image = 20 + 20 * l;
        let within = |at: usize| Ok::<bool, DecodeError>(word(at)? + word(at + 4)? <= level.bytes.len() as u64);
        if !within(image + 4)? || !within(image + 12)? {
            return Err(cut());
        }
    }
    let mut out = file.bytes.to_vec();
    let mut clear = |range: std::ops::Range<usize>| {
        if let Some(part) = out.get_mut(range) {
            part.fill(0);
        }
    };
    clear(56..64);
    for l in 0..images {
        let flags = file.global.start + 20 + 20 * l;
        clear(flags..flags + 4);
    }
    if let Some(levels) = out.get_mut(40..44) {
        levels.copy_from_slice(&(images as u32).to_le_bytes());
    }
    Ok(out)
}
