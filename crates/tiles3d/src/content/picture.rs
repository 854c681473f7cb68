//! Pictures as a renderer takes them: pixels or compressed blocks, with their mip levels.

use super::mips;
use serde::{Deserialize, Serialize};

/// What the numbers of a picture mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum ColorSpace {
    /// Colours: red, green and blue are sRGB, alpha is linear.
    Srgb,
    /// Data (normals, roughness, occlusion, ...): used as it is.
    Linear,
}

/// How a picture's bytes are laid out. Blocks are 4 by 4 pixels, rows of blocks from the top; a level whose size is no
/// multiple of 4 has whole blocks at its right and lower edge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum PictureFormat {
    /// 4 bytes a pixel: red, green, blue, alpha.
    Rgba8,
    /// BC1 (DXT1), 8 bytes a block, opaque or with alpha of one bit.
    Bc1,
    /// BC3 (DXT5), 16 bytes a block.
    Bc3,
    /// BC7, 16 bytes a block.
    Bc7,
    /// ETC2 without alpha, 8 bytes a block.
    Etc2Rgb,
    /// ETC2 with EAC alpha, 16 bytes a block.
    Etc2Rgba,
    /// ASTC of 4 by 4 pixels, 16 bytes a block.
    Astc4x4,
}

impl PictureFormat {
    /// Bytes of one level of so many pixels.
    #[must_use]
    pub fn level_bytes(self, width: u32, height: u32) -> usize {
        let (across, down) = (width as usize, height as usize);
        let blocks = across.div_ceil(4).saturating_mul(down.div_ceil(4));
        match self {
            Self::Rgba8 => across.saturating_mul(down).saturating_mul(4),
            Self::Bc1 | Self::Etc2Rgb => blocks.saturating_mul(8),
            Self::Bc3 | Self::Bc7 | Self::Etc2Rgba | Self::Astc4x4 => blocks.saturating_mul(16),
        }
    }

    /// Bytes of so many levels, the largest of `width` by `height` pixels.
    #[must_use]
    pub fn bytes(self, width: u32, height: u32, levels: u32) -> usize {
        (0..levels.min(32))
            .map(|l| self.level_bytes((width >> l).max(1), (height >> l).max(1)))
            .fold(0, usize::saturating_add)
    }
}

/// The compressed formats that a device takes. More of them mean less memory for `KHR_texture_basisu` pictures; with
/// none, all pictures come as [`PictureFormat::Rgba8`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TextureFormats {
    /// BC1 to BC7: desktops.
    pub bc: bool,
    /// ETC2 and EAC: phones, WebGL2 on them.
    pub etc2: bool,
    /// ASTC, low dynamic range: phones, some laptops.
    pub astc: bool,
}

/// A decoded picture.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Picture {
    /// Pixels across.
    pub width: u32,
    /// Pixels down.
    pub height: u32,
    /// The layout of `data`.
    pub format: PictureFormat,
    /// Whether a shader is to convert from sRGB.
    pub space: ColorSpace,
    /// Mip levels, at least 1. Each is half as large as the one before (rounded down, at least 1 pixel).
    pub levels: u32,
    /// The levels one after the other, the largest first, each with rows from the top.
    #[serde(with = "crate::transfer::pod")]
    pub data: Vec<u8>,
}

/// One level of a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PictureLevel<'a> {
    /// Pixels across.
    pub width: u32,
    /// Pixels down.
    pub height: u32,
    /// In the picture's format.
    pub data: &'a [u8],
}

impl Picture {
    /// One level of a picture, the largest being 0; `None` when there is no such level.
    #[must_use]
    pub fn level(&self, level: u32) -> Option<PictureLevel<'_>> {
        if level >= self.levels {
            return None;
        }
        let (width, height) = ((self.width >> level).max(1), (self.height >> level).max(1));
        let from = self.format.bytes(self.width, self.height, level);
        let end = from.checked_add(self.format.level_bytes(width, height))?;
        Some(PictureLevel { width, height, data: self.data.get(from..end)? })
    }

    /// The pixels of the largest level, when they are not compressed.
    #[must_use]
    pub fn rgba8(&self) -> Option<&[u8]> {
        (self.format == PictureFormat::Rgba8).then(|| self.level(0)).flatten().map(|l| l.data)
    }

    /// One pixel of the largest level, when it is not compressed and the pixel is in it.
    #[must_use]
    pub fn pixel(&self, x: u32, y: u32) -> Option<[u8; 4]> {
        if self.format != PictureFormat::Rgba8 || x >= self.width || y >= self.height {
            return None;
        }
        let at = (y as usize * self.width as usize + x as usize) * 4;
        self.data.get(at..at + 4)?.try_into().ok()
    }

    /// Bytes that it takes, all levels together.
    #[must_use]
    pub fn byte_size(&self) -> usize {
        self.data.len()
    }

    /// Adds all smaller levels down to one pixel, each pixel the mean of those that it covers: colours are averaged as
    /// light and weighted with their alpha, data as numbers. A picture that is compressed or has levels already stays
    /// as it is.
    #[must_use]
    pub fn with_mips(mut self) -> Self {
        let whole = self.data.len() == self.format.level_bytes(self.width, self.height);
        if self.format == PictureFormat::Rgba8 && self.levels == 1 && whole {
            self.levels = mips::append(self.width, self.height, self.space, &mut self.data);
        }
        self
    }

    /// Levels of a full chain for a picture of this size.
    pub(crate) fn full_levels(width: u32, height: u32) -> u32 {
        u32::BITS - width.max(height).max(1).leading_zeros()
    }
}
