//! What happens to elements after mode 0 (`KHR_meshopt_compression`, appendix B). Values that the specification leaves open
//! become some number.

use super::Broken;
use serde::Deserialize;

/// What is done with elements.
#[derive(Debug, Clone, Copy, Default, PartialEq, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(super) enum Filter {
    #[default]
    None,
    Octahedral,
    Quaternion,
    Exponential,
    Color,
}

impl Filter {
    /// Whether elements of `stride` bytes can be filtered.
    pub(super) fn check(self, stride: usize) -> Result<(), Broken> {
        let fits = match self {
            Self::None | Self::Exponential => (4..=256).contains(&stride) && stride.is_multiple_of(4),
            Self::Octahedral | Self::Color => matches!(stride, 4 | 8),
            Self::Quaternion => stride == 8,
        };
        if fits { Ok(()) } else { Err(Broken("its stride does not go with its filter")) }
    }

    /// Filters whole elements of `stride` bytes. Part of whatever calls it, so that it is made for the same processor.
    #[inline(always)]
    pub(super) fn apply(self, elements: &mut [u8], stride: usize) {
        match (self, stride) {
            (Self::None, _) => {}
            (Self::Octahedral, 4) => octahedral8(elements),
            (Self::Octahedral, _) => octahedral16(elements),
            (Self::Quaternion, _) => quaternion(elements),
            (Self::Exponential, _) => exponential(elements),
            (Self::Color, 4) => color8(elements),
            (Self::Color, _) => color16(elements),
        }
    }
}

/// Octahedral coordinates of 8 bits to unit vectors; the fourth component stays.
#[inline(always)]
fn octahedral8(bytes: &mut [u8]) {
    for element in bytes.as_chunks_mut().0 {
        // As whole words, so that the compiler does several at once.
        let word = u32::from_le_bytes(*element);
        let [x, y, z] = [24, 16, 8].map(|up| ((word << up).cast_signed() >> 24) as f32);
        let [x, y, z] = octahedron([x, y, z], 127.0).map(|c| nearest(c) & 0xff);
        *element = (x | y << 8 | z << 16 | word & 0xff00_0000).to_le_bytes();
    }
}

/// The same of 16 bits.
#[inline(always)]
fn octahedral16(bytes: &mut [u8]) {
    for element in bytes.as_chunks_mut().0 {
        let [x, y, z, w] = read(element);
        let [x, y, z] = octahedron([x, y, z].map(f32::from), 32767.0).map(|c| round(c) as i16);
        *element = write([x, y, z, w]);
    }
}

/// A vector of the length `max` from its octahedral x and y; the third number is what stands for 1 in them.
#[inline(always)]
fn octahedron([x, y, one]: [f32; 3], max: f32) -> [f32; 3] {
    let z = one - x.abs() - y.abs();
    let fold = z.min(0.0);
    let unfold = |v: f32| if v >= 0.0 { v + fold } else { v - fold };
    let (x, y) = (unfold(x), unfold(y));
    let scale = max / (x * x + y * y + z * z).sqrt();
    [x, y, z].map(|v| v * scale)
}

/// The nearest integer of a number between -2^22 and 2^22, the even one of two, in two's complement: the low bits of a sum whose last digit has
/// the value 1. Unlike a cast it needs no care for numbers out of range, of which some number comes.
#[inline(always)]
fn nearest(x: f32) -> u32 {
    const LAST_DIGIT_IS_ONE: f32 = 12_582_912.0;
    (x + LAST_DIGIT_IS_ONE).to_bits()
}

/// Quaternions without their largest component to whole ones.
#[inline(always)]
fn quaternion(bytes: &mut [u8]) {
    for element in bytes.as_chunks_mut().0 {
        let [x, y, z, code] = read(element);
        let scale = std::f32::consts::FRAC_1_SQRT_2 / f32::from(code | 3);
        let [x, y, z] = [x, y, z].map(|v| f32::from(v) * scale);
        let w = (1.0 - x * x - y * y - z * z).max(0.0).sqrt();
        let mut turned = [w, x, y, z].map(|v| round(v * 32767.0) as i16);
        turned.rotate_right(usize::from(code.cast_unsigned() & 3));
        *element = write(turned);
    }
}

/// Mantissas of 24 and exponents of 8 bits to floats.
#[inline(always)]
fn exponential(bytes: &mut [u8]) {
    for word in bytes.as_chunks_mut().0 {
        let v = i32::from_le_bytes(*word);
        // Made of its bits: exact, and much faster than a power.
        let power = f32::from_bits((((v >> 24) + 127) as u32) << 23);
        *word = (power * ((v << 8) >> 8) as f32).to_le_bytes();
    }
}

/// YCoCg of 8 bits to RGB.
#[inline(always)]
fn color8(bytes: &mut [u8]) {
    for element in bytes.as_chunks_mut().0 {
        let [y, co, cg, a] = *element;
        let [co, cg] = [co, cg].map(|c| i32::from(c.cast_signed()));
        *element = color(i32::from(y), co, cg, u32::from(a), 255.0).map(|c| c as u8);
    }
}

/// The same of 16 bits.
#[inline(always)]
fn color16(bytes: &mut [u8]) {
    for element in bytes.as_chunks_mut().0 {
        let [y, co, cg, a] = read(element);
        let [y, a] = [y, a].map(i16::cast_unsigned);
        let rgba = color(i32::from(y), i32::from(co), i32::from(cg), u32::from(a), 65535.0);
        *element = write(rgba.map(|c| (c as u16).cast_signed()));
    }
}

#[inline(always)]
fn color(y: i32, co: i32, cg: i32, a: u32, max: f32) -> [f32; 4] {
    // The highest bit of alpha says how many bits there are; alpha itself has one less.
    let all = (1u32 << (32 - a.leading_zeros())) - 1;
    let alpha = a & all >> 1;
    let alpha = (alpha << 1 | alpha & 1) as i32;
    let scale = max / all as f32;
    [y + co - cg, y + cg, y - co - cg, alpha].map(|c| round(c as f32 * scale))
}

/// To the nearest integer, halves away from zero: the cut-off of the cast that follows does the rest.
#[inline(always)]
fn round(x: f32) -> f32 {
    x + 0.5f32.copysign(x)
}

#[inline(always)]
fn read(element: &[u8; 8]) -> [i16; 4] {
    let [a, b, c, d, e, f, g, h] = *element;
    [[a, b], [c, d], [e, f], [g, h]].map(i16::from_le_bytes)
}

#[inline(always)]
fn write(values: [i16; 4]) -> [u8; 8] {
    let [[a, b], [c, d], [e, f], [g, h]] = values.map(i16::to_le_bytes);
    [a, b, c, d, e, f, g, h]
}
