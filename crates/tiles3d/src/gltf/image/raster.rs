//! PNG, JPEG and WebP.

use super::{Budget, WHAT, Want, check_size};
use crate::content::{DecodeError, Picture, PictureFormat};
use image::{DynamicImage, ImageDecoder as _, ImageFormat, ImageReader};
use std::io::Cursor;

/// PNG or JPEG of any colour type and depth.
pub(super) fn common(
    bytes: &[u8],
    format: ImageFormat,
    want: Want,
    budget: &mut Budget,
) -> Result<Picture, DecodeError> {
    let broken = |e| DecodeError::malformed(WHAT, e);
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    let mut limits = image::Limits::default();
    // PNG counts a row or two besides the pixels.
    limits.max_alloc = Some((budget.left as u64).saturating_add(1 << 20));
    reader.limits(limits);
    let decoder = reader.into_decoder().map_err(broken)?;
    let (width, height) = decoder.dimensions();
    // The decoder's own pixels are gone before the budget matters again, but they have to fit.
    budget.check(usize::try_from(decoder.total_bytes()).unwrap_or(usize::MAX))?;
    take(width, height, want, budget)?;
    let data = match DynamicImage::from_decoder(decoder).map_err(broken)? {
        DynamicImage::ImageRgba8(picture) => picture.into_raw(),
        DynamicImage::ImageRgb8(picture) => with_alpha(picture.as_raw(), want),
        DynamicImage::ImageLuma8(picture) => spread(picture.as_raw(), want),
        other => other.into_rgba8().into_raw(),
    };
    picture(width, height, want, data)
}

/// WebP, lossy or lossless; the first frame of an animated one.
pub(super) fn webp(bytes: &[u8], want: Want, budget: &mut Budget) -> Result<Picture, DecodeError> {
    let broken = |e| DecodeError::malformed(WHAT, e);
    let mut decoder = image_webp::WebPDecoder::new(Cursor::new(bytes)).map_err(broken)?;
    let (width, height) = decoder.dimensions();
    let size = decoder.output_buffer_size().unwrap_or(usize::MAX);
    budget.check(size)?;
    decoder.set_memory_limit(budget.left);
    take(width, height, want, budget)?;
    let mut data = vec![0; size];
    decoder.read_image(&mut data).map_err(broken)?;
    let data = if decoder.has_alpha() { data } else { with_alpha(&data, want) };
    picture(width, height, want, data)
}

/// Takes what the picture will need from the budget, before anything is allocated.
fn take(width: u32, height: u32, want: Want, budget: &mut Budget) -> Result<(), DecodeError> {
    check_size(width, height)?;
    budget.take(PictureFormat::Rgba8.bytes(width, height, levels(width, height, want)))
}

fn levels(width: u32, height: u32, want: Want) -> u32 {
    if want.mips { Picture::full_levels(width, height) } else { 1 }
}

/// Pixels of so many as there will be, with room for the smaller levels.
fn room(pixels: usize, want: Want) -> Vec<u8> {
    Vec::with_capacity(if want.mips { pixels.saturating_mul(16) / 3 + 64 } else { pixels.saturating_mul(4) })
}

fn with_alpha(rgb: &[u8], want: Want) -> Vec<u8> {
    let mut out = room(rgb.len() / 3, want);
    out.extend(rgb.as_chunks::<3>().0.iter().flat_map(|&[r, g, b]| [r, g, b, 255]));
    out
}

fn spread(gray: &[u8], want: Want) -> Vec<u8> {
    let mut out = room(gray.len(), want);
    out.extend(gray.iter().flat_map(|&v| [v, v, v, 255]));
    out
}

fn picture(width: u32, height: u32, want: Want, data: Vec<u8>) -> Result<Picture, DecodeError> {
    if data.len() != PictureFormat::Rgba8.level_bytes(width, height) {
        return Err(DecodeError::malformed(WHAT, "it has another number of pixels than it says"));
    }
    Ok(Picture { width, height, format: PictureFormat::Rgba8, space: want.space, levels: 1, data })
}
