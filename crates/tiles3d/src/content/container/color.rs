//! Colours of points, which are sRGB in the file.

use super::values::Values;
use crate::{content::Colors, metadata::Component, wide};
use std::sync::LazyLock;

/// Linear value of an sRGB one, both 0 to 1 (IEC 61966-2-1).
pub(super) fn to_linear(srgb: f64) -> f32 {
    (if srgb <= 0.04045 { srgb / 12.92 } else { ((srgb + 0.055) / 1.055).powf(2.4) }) as f32
}

/// [`to_linear`] of `0/max`, `1/max`, ... `max/max`.
fn table<const N: usize>() -> [f32; N] {
    std::array::from_fn(|i| to_linear(i as f64 / (N - 1) as f64))
}

static OF_6_BITS: LazyLock<[f32; 64]> = LazyLock::new(table);
static OF_5_BITS: LazyLock<[f32; 32]> = LazyLock::new(table);

/// Colours of `N` sRGB components, of which a fourth is the alpha. Integers stand for 0 to 1 over their whole range.
pub(super) fn colors<const N: usize>(values: &Values<'_>) -> Colors {
    if values.component == Component::UnsignedByte && values.width == N {
        let color = |p: &[u8; N]| std::array::from_fn(|k| p.get(k).copied().unwrap_or(u8::MAX));
        return Colors::Srgb8(wide::map(values.bytes.as_chunks::<N>().0, color));
    }
    let unit = values.component.unit();
    let color = |p: [f64; N]| {
        let mut out = [1.0; 4];
        for (k, (out, value)) in out.iter_mut().zip(p).enumerate() {
            // What is not a number is black.
            let value = if value > 0.0 { (value / unit).min(1.0) } else { 0.0 };
            *out = if k < 3 { to_linear(value) } else { value as f32 };
        }
        out
    };
    Colors::Float(values.each(color))
}

/// Linear colours of 5 bits of red, 6 of green and 5 of blue, red on top.
pub(super) fn colors_565(values: &Values<'_>) -> Colors {
    let (five, six) = (&*OF_5_BITS, &*OF_6_BITS);
    let color = |[packed]: [f64; 1]| {
        let packed = usize::from(packed as u16);
        [five[packed >> 11 & 31], six[packed >> 5 & 63], five[packed & 31], 1.0]
    };
    Colors::Float(values.each(color))
}
