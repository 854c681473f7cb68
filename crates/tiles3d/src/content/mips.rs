//! Smaller copies of a picture, for surfaces that are far away.

use super::ColorSpace;
use std::sync::LazyLock;

/// sRGB to light and back. Light has 16 bits on the way in and 14 on the way out: fine enough that every sRGB value
/// comes back as itself, small enough for the processor's nearest cache.
struct Srgb {
    light: [u16; 256],
    code: Vec<u8>,
}

static SRGB: LazyLock<Srgb> = LazyLock::new(|| Srgb {
    light: std::array::from_fn(|v| (srgb_to_linear(v as f64 / 255.0) * 65535.0).round() as u16),
    code: (0..1 << 14).map(|i| (linear_to_srgb((f64::from(i) * 4.0 + 1.5) / 65535.0) * 255.0).round() as u8).collect(),
});

impl Srgb {
    /// `light` in 0..=65535.
    fn encode(&self, light: u32) -> u8 {
        self.code[(light.min(65535) >> 2) as usize]
    }
}

/// The sRGB curve (IEC 61966-2-1), 0..=1 to light.
pub(crate) fn srgb_to_linear(v: f64) -> f64 {
    if v <= 0.04045 { v / 12.92 } else { ((v + 0.055) / 1.055).powf(2.4) }
}

/// Light 0..=1 to the sRGB curve.
pub(crate) fn linear_to_srgb(v: f64) -> f64 {
    if v <= 0.003_130_8 { v * 12.92 } else { 1.055 * v.powf(1.0 / 2.4) - 0.055 }
}

/// Appends the smaller levels of the RGBA picture that `data` holds; says how many levels there are now.
pub(super) fn append(width: u32, height: u32, space: ColorSpace, data: &mut Vec<u8>) -> u32 {
    let (mut width, mut height, mut from) = (width as usize, height as usize, 0);
    let mut levels = 1;
    while width > 1 || height > 1 {
        let (w, h) = ((width / 2).max(1), (height / 2).max(1));
        let end = data.len();
        data.resize(end + w * h * 4, 0);
        let (large, small) = data.split_at_mut(end);
        let large = &large[from..];
        if width.is_multiple_of(2) && height.is_multiple_of(2) {
            halve(large, width, small, space);
        } else {
            resample(large, (width, height), small, (w, h), space);
        }
        (width, height, from) = (w, h, end);
        levels += 1;
    }
    levels
}

/// Both sides even, the common case: each pixel is the mean of four.
fn halve(large: &[u8], width: usize, small: &mut [u8], space: ColorSpace) {
    let table = &*SRGB;
    for (rows, out) in large.chunks_exact(width * 8).zip(small.chunks_exact_mut(width * 2)) {
        let (upper, lower) = rows.split_at(width * 4);
        let quads = upper.chunks_exact(8).zip(lower.chunks_exact(8)).zip(out.chunks_exact_mut(4));
        match space {
            ColorSpace::Srgb => quads.for_each(|((a, b), o)| mean_color(table, a, b, o)),
            ColorSpace::Linear => quads.for_each(|((a, b), o)| {
                for k in 0..4 {
                    let sum = u32::from(a[k]) + u32::from(a[k + 4]) + u32::from(b[k]) + u32::from(b[k + 4]);
                    o[k] = ((sum + 2) >> 2) as u8;
                }
            }),
        }
    }
}

/// The mean of two pixels in each of two rows, 8 bytes each.
fn mean_color(table: &Srgb, a: &[u8], b: &[u8], out: &mut [u8]) {
    let light = |v: u8| u32::from(table.light[usize::from(v)]);
    let alphas = [a[3], a[7], b[3], b[7]].map(u32::from);
    let alpha: u32 = alphas.iter().sum();
    // Transparent pixels have any colour: unweighted, it would bleed into the edges of leaves and fences.
    if alpha == 4 * 255 || alpha == 0 {
        for k in 0..3 {
            out[k] = table.encode((light(a[k]) + light(a[k + 4]) + light(b[k]) + light(b[k + 4])) >> 2);
        }
    } else {
        for k in 0..3 {
            let lights = [a[k], a[k + 4], b[k], b[k + 4]].map(light);
            let sum: u32 = lights.iter().zip(alphas).map(|(l, a)| l * a).sum();
            out[k] = table.encode(sum / alpha);
        }
    }
    out[3] = ((alpha + 2) >> 2) as u8;
}

/// Any size: a pixel of the smaller level covers two pixels of an even side and parts of three of an odd one.
fn resample(large: &[u8], size: (usize, usize), small: &mut [u8], to: (usize, usize), space: ColorSpace) {
    let table = &*SRGB;
    let columns: Vec<_> = (0..to.0).map(|i| taps(i, size.0)).collect();
    for (y, row) in small.chunks_exact_mut(to.0 * 4).enumerate() {
        let rows = taps(y, size.1);
        for (column, out) in columns.iter().zip(row.chunks_exact_mut(4)) {
            let (mut plain, mut weighted) = ([0.0f32; 4], [0.0f32; 4]);
            for &(sy, wy) in &rows {
                for &(sx, wx) in column {
                    let at = (sy * size.0 + sx) * 4;
                    let Some(p) = large.get(at..at + 4) else { continue };
                    let (weight, alpha) = (wx * wy, f32::from(p[3]));
                    for k in 0..4 {
                        let value = match space {
                            ColorSpace::Srgb if k < 3 => f32::from(table.light[usize::from(p[k])]),
                            _ => f32::from(p[k]),
                        };
                        plain[k] += value * weight;
                        weighted[k] += value * weight * alpha;
                    }
                }
            }
            for k in 0..4 {
                out[k] = match space {
                    ColorSpace::Srgb if k < 3 => {
                        let light = if plain[3] > 0.0 { weighted[k] / plain[3] } else { plain[k] };
                        table.encode(light.round() as u32)
                    }
                    _ => plain[k].round() as u8,
                };
            }
        }
    }
}

/// Which of `n` pixels the `i`-th of `n / 2` covers, with their shares.
fn taps(i: usize, n: usize) -> [(usize, f32); 3] {
    let last = n - 1;
    if n == 1 {
        [(0, 1.0), (0, 0.0), (0, 0.0)]
    } else if n.is_multiple_of(2) {
        [(2 * i, 0.5), (2 * i + 1, 0.5), (last, 0.0)]
    } else {
        // n = 2m + 1 pixels over m: each covers 2 + 1/m pixels, so its share of the outer two slides from left to right.
        let (m, n) = ((n / 2) as f32, n as f32);
        let k = i as f32;
        [(2 * i, (m - k) / n), (2 * i + 1, m / n), (2 * i + 2, (k + 1.0) / n)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::content::{Picture, PictureFormat};

    fn picture(width: u32, height: u32, space: ColorSpace, data: Vec<u8>) -> Picture {
        Picture { width, height, format: PictureFormat::Rgba8, space, levels: 1, data }
    }

    #[test]
    fn every_colour_survives_all_levels() {
        for v in 0..=255u8 {
            let one = [v, 255 - v, v / 2, 255];
            for (w, h) in [(4, 4), (5, 3), (1, 7)] {
                let p = picture(w, h, ColorSpace::Srgb, one.repeat((w * h) as usize)).with_mips();
                assert!(p.data.chunks_exact(4).all(|c| c == one), "{one:?} at {w} x {h}");
            }
        }
    }

    #[test]
    fn levels_have_the_sizes_that_renderers_expect() {
        let p = picture(20, 6, ColorSpace::Linear, vec![7; 480]).with_mips();
        let sizes: Vec<_> = (0..p.levels).map(|l| p.level(l).unwrap()).map(|l| (l.width, l.height)).collect();
        assert_eq!(sizes, [(20, 6), (10, 3), (5, 1), (2, 1), (1, 1)]);
        assert_eq!(p.data.len(), 4 * (120 + 30 + 5 + 2 + 1));
        assert_eq!(p.level(4).unwrap().data, [7; 4]);
        assert_eq!(p.level(5), None);
        assert_eq!(p.levels, Picture::full_levels(20, 6));
    }

    #[test]
    fn black_and_white_are_averaged_as_light() {
        // Half the light is 188 in sRGB (0.5 -> 0.7354), but 128 as a number.
        let checks = [[0, 0, 0, 255], [255; 4], [255; 4], [0, 0, 0, 255]].concat();
        let last = |space| picture(2, 2, space, checks.clone()).with_mips().level(1).unwrap().data.to_vec();
        assert_eq!(last(ColorSpace::Srgb), [188, 188, 188, 255]);
        assert_eq!(last(ColorSpace::Linear), [128, 128, 128, 255]);
    }

    #[test]
    fn transparent_pixels_do_not_bleed() {
        let leaf = [[10, 200, 30, 255], [255, 0, 255, 0], [255, 0, 255, 0], [255, 0, 255, 0]].concat();
        let p = picture(2, 2, ColorSpace::Srgb, leaf.clone()).with_mips();
        assert_eq!(p.level(1).unwrap().data, [10, 200, 30, 64]);
        let row = picture(3, 1, ColorSpace::Srgb, leaf[..12].to_vec()).with_mips();
        assert_eq!(row.level(1).unwrap().data, [10, 200, 30, 85]);
    }

    #[test]
    fn odd_sides_keep_the_mean() {
        // Linear data 0, 90, 0 in a row of three: its mean is 30.
        let p = picture(3, 1, ColorSpace::Linear, [[0; 4], [90; 4], [0; 4]].concat()).with_mips();
        assert_eq!(p.level(1).unwrap().data, [30; 4]);
        // Five to two: the first covers all of 0 and 1 and half of 2: weights 2/5, 2/5, 1/5.
        let row: Vec<u8> = [50u8, 100, 250, 0, 0].iter().flat_map(|v| [*v; 4]).collect();
        let p = picture(5, 1, ColorSpace::Linear, row).with_mips();
        assert_eq!(p.level(1).unwrap().data, [[110; 4], [50; 4]].concat());
    }
}
