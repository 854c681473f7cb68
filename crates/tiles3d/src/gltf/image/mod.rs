//! From the bytes of a picture to a [`Picture`]: PNG, JPEG, WebP and KTX 2.

mod basis;
mod inflate;
mod ktx2;
mod raster;

use crate::content::{ColorSpace, DecodeError, DecodeOptions, Picture, PictureFormat, TextureFormats};

const WHAT: &str = "picture";

/// Pixels on a side. Larger ones do not fit into the textures of most devices.
const MAX_SIDE: u32 = 16_384;

/// What a picture is wanted for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Want {
    pub(super) space: ColorSpace,
    /// Compressed formats to choose from.
    pub(super) formats: TextureFormats,
    /// Make the smaller levels if the file lacks them.
    pub(super) mips: bool,
    /// Read the smaller levels of the file.
    pub(super) levels: bool,
}

impl Want {
    /// To be shown.
    pub(super) fn shown(space: ColorSpace, options: &DecodeOptions) -> Self {
        Self { space, formats: options.texture_formats, mips: options.mips, levels: true }
    }

    /// To be computed with: the numbers of the file.
    pub(super) fn exact() -> Self {
        Self { space: ColorSpace::Linear, formats: TextureFormats::default(), mips: false, levels: false }
    }
}

/// Bytes that pictures may still take. What was taken for a picture that turns out broken is not given back, so that
/// many broken ones do not cost more time than many good ones.
#[derive(Debug)]
pub(super) struct Budget {
    left: usize,
    limit: usize,
}

impl Budget {
    pub(super) fn new(limit: usize) -> Self {
        Self { left: limit, limit }
    }

    /// Refuses what does not fit.
    pub(super) fn check(&self, bytes: usize) -> Result<(), DecodeError> {
        if bytes > self.left { Err(DecodeError::TooLarge { bytes, limit: self.limit }) } else { Ok(()) }
    }

    pub(super) fn take(&mut self, bytes: usize) -> Result<(), DecodeError> {
        self.check(bytes)?;
        self.left -= bytes;
        Ok(())
    }
}

/// Decodes a picture by its first bytes; what the glTF calls it does not matter.
pub(super) fn decode(bytes: &[u8], want: Want, budget: &mut Budget) -> Result<Picture, DecodeError> {
    if bytes.starts_with(&ktx2::MAGIC) {
        let picture = ktx2::decode(bytes, want, budget)?;
        if want.mips && picture.format == PictureFormat::Rgba8 && picture.levels == 1 {
            let levels = Picture::full_levels(picture.width, picture.height);
            budget.take(picture.format.bytes(picture.width, picture.height, levels) - picture.byte_size())?;
            return Ok(picture.with_mips());
        }
        return Ok(picture);
    }
    let raster = if bytes.starts_with(b"\x89PNG\r\n\x1a\n") {
        raster::common(bytes, image::ImageFormat::Png, want, budget)
    } else if bytes.starts_with(&[0xFF, 0xD8, 0xFF]) {
        raster::common(bytes, image::ImageFormat::Jpeg, want, budget)
    } else if bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP") {
        raster::webp(bytes, want, budget)
    } else {
        Err(DecodeError::malformed(WHAT, "neither PNG, JPEG, WebP nor KTX 2"))
    }?;
    Ok(if want.mips { raster.with_mips() } else { raster })
}

/// Refuses sizes that no picture has.
fn check_size(width: u32, height: u32) -> Result<(), DecodeError> {
    if width == 0 || height == 0 || width > MAX_SIDE || height > MAX_SIDE {
        let message = format!("{width} by {height} pixels, where 1 to {MAX_SIDE} a side are read");
        return Err(DecodeError::malformed(WHAT, message));
    }
    Ok(())
}

#[cfg(test)]
pub(super) mod tests;
