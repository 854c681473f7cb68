//! Sheets of parts of pictures, as WebP.

use super::{
    Cache,
    cut::{Part, cut},
    pack::{SIDE, pack},
    region::Region,
};
use crate::picture::Picture;
use image::{Rgba, RgbaImage, imageops};
use tiles3d::write::WriteError;

/// Pixels around a part that show what is around it in its picture, so that the first two smaller levels, each half as
/// large, show nothing of its neighbours on the sheet.
const GUTTER: u32 = 4;
/// Of WebP, up to 100.
const QUALITY: f32 = 80.0;

/// A sheet with what is on it.
pub(super) struct Sheet {
    pub(super) pixels: RgbaImage,
    pub(super) regions: Vec<(Region, At)>,
}

/// Where a part is on its sheet: its upper left corner, and its pixels for one of the picture.
#[derive(Debug, Clone, Copy)]
pub(super) struct At {
    pub(super) from: [f64; 2],
    pub(super) scale: [f64; 2],
}

/// Puts parts on sheets, whole pictures on one of their own each; also those whose pictures could not be read.
pub(super) fn sheets(all: Vec<Region>, pictures: &[Picture], cache: &mut Cache) -> (Vec<Sheet>, Vec<Region>) {
    let sized: Vec<Sized> = all.into_iter().map(Sized::new).collect();
    let (whole, parts): (Vec<Sized>, Vec<Sized>) = sized.into_iter().partition(|s| s.region.is_whole);
    let packed = pack(&parts.iter().map(|s| s.slot).collect::<Vec<_>>());
    let mut unread = Vec::new();
    let mut on_sheets: Vec<Vec<(Sized, [u32; 2], RgbaImage)>> = packed.sheets.iter().map(|_| Vec::new()).collect();
    for (part, slot) in parts.into_iter().zip(&packed.slots) {
        match part.cut(pictures, cache) {
            Some(pixels) => on_sheets[slot.sheet].push((part, [slot.x, slot.y], pixels)),
            None => unread.push(part.region),
        }
    }
    let mut out: Vec<Sheet> = on_sheets
        .into_iter()
        .zip(packed.sheets)
        .filter(|(parts, _)| !parts.is_empty())
        .map(|(parts, size)| sheet(parts, size))
        .collect();
    for whole in whole {
        match whole.cut(pictures, cache) {
            Some(pixels) => {
                out.push(Sheet { pixels, regions: vec![(whole.region, At { from: [0.0; 2], scale: whole.scale })] })
            }
            None => unread.push(whole.region),
        }
    }
    (out, unread)
}

/// A part with the size that it is shown in.
struct Sized {
    region: Region,
    /// Pixels that it becomes.
    out: [u32; 2],
    /// The same for one of the picture.
    scale: [f64; 2],
    gutter: u32,
    /// With the gutters.
    slot: [u32; 2],
}

impl Sized {
    fn new(region: Region) -> Self {
        let gutter = if region.is_whole { 0 } else { GUTTER };
        let most = SIDE - 2 * gutter;
        let longest = region.size[0].max(region.size[1]);
        let scale = region.scale.min(f64::from(most) / f64::from(longest));
        let out = region.size.map(|s| ((f64::from(s) * scale).ceil() as u32).clamp(1, most));
        let slot = if region.is_whole { out } else { out.map(|s| (s + 2 * gutter).next_multiple_of(GUTTER)) };
        let scale = [0, 1].map(|k| f64::from(out[k]) / f64::from(region.size[k]));
        Self { region, out, scale, gutter, slot }
    }

    fn cut(&self, pictures: &[Picture], cache: &mut Cache) -> Option<RgbaImage> {
        let Region { picture, at, size, wrap, .. } = self.region;
        Some(cut(cache.get(pictures, picture)?, &Part { at, size, out: self.out, wrap }, self.gutter, self.slot))
    }
}

fn sheet(parts: Vec<(Sized, [u32; 2], RgbaImage)>, [width, height]: [u32; 2]) -> Sheet {
    // What is empty is as bright as the rest: the smallest levels are of everything.
    let (mut sum, mut count) = ([0u64; 3], 0u64);
    for Rgba([r, g, b, _]) in parts.iter().flat_map(|(_, _, p)| p.pixels()) {
        sum = [sum[0] + u64::from(*r), sum[1] + u64::from(*g), sum[2] + u64::from(*b)];
        count += 1;
    }
    let [r, g, b] = sum.map(|s| (s / count.max(1)) as u8);
    let mut pixels = RgbaImage::from_pixel(width, height, Rgba([r, g, b, 255]));
    let mut regions = Vec::with_capacity(parts.len());
    for (part, [x, y], cut) in parts {
        imageops::replace(&mut pixels, &cut, i64::from(x), i64::from(y));
        let from = [x, y].map(|c| f64::from(c + part.gutter));
        regions.push((part.region, At { from, scale: part.scale }));
    }
    Sheet { pixels, regions }
}

impl Sheet {
    /// The bytes of the file, and whether parts of it are transparent.
    pub(super) fn webp(&self) -> Result<(Vec<u8>, bool), WriteError> {
        let (width, height) = self.pixels.dimensions();
        let is_masked = self.pixels.pixels().any(|p| p.0[3] < 128);
        let opaque: Vec<u8>;
        let encoder = if is_masked {
            webp::Encoder::from_rgba(&self.pixels, width, height)
        } else {
            opaque = self.pixels.pixels().flat_map(|p| [p.0[0], p.0[1], p.0[2]]).collect();
            webp::Encoder::from_rgb(&opaque, width, height)
        };
        let fail = |e| WriteError::Encode { what: "an atlas of pictures".into(), why: format!("{e:?}") };
        Ok((encoder.encode_simple(false, QUALITY).map_err(fail)?.to_vec(), is_masked))
    }
}
