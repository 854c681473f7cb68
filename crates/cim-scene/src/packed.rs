//! Normals and colours as a graphics card takes them, in 16 bits a number.

use glam::{Vec3, Vec4};

/// What stands for 1 in a normal.
const ONE: f32 = 32_767.0;

/// A normal (Snorm16x4, the fourth is 0) of a vector of any length, an upright one of that without length.
#[inline(always)]
pub(crate) fn normal(v: Vec3) -> [i16; 4] {
    let v = if v.length_squared() > 0.0 { v } else { Vec3::Y };
    let v = v * (ONE / v.length());
    [v.x, v.y, v.z, 0.0].map(|c| rounded(c).cast_signed())
}

/// The vector that a normal stands for.
#[inline(always)]
pub(crate) fn direction([x, y, z, _]: [i16; 4]) -> Vec3 {
    Vec3::from([x, y, z].map(f32::from)) / ONE
}

/// A linear colour (Unorm16x4), what is beyond 0 and 1 the nearest of them, and 0 what is no number.
#[inline(always)]
#[expect(clippy::manual_clamp, reason = "clamp leaves what is no number as it is")]
pub(crate) fn color(v: Vec4) -> [u16; 4] {
    v.to_array().map(|c| rounded(c.max(0.0).min(1.0) * f32::from(u16::MAX)))
}

/// The lowest bits of the nearest whole number, of a number whose magnitude is below 2^22. Casts that saturate, and
/// roundings of processors that have no instruction for them, are done one by one.
#[inline(always)]
fn rounded(c: f32) -> u16 {
    // From two thirds of here to four thirds a step of f32 is 1.
    const WHOLE: f32 = 1.5 * (1 << 23) as f32;
    (c + WHOLE).to_bits() as u16
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn sixteen_bits_are_near_enough(v in prop::array::uniform3(-1f32..1.0), c in prop::array::uniform4(0f32..=1.0)) {
            let v = Vec3::from(v);
            prop_assume!(v.length() > 1e-3);
            prop_assert!(direction(normal(v)).distance(v.normalize()) < 3e-5);
            let read = color(Vec4::from(c)).map(|c| f32::from(c) / 65_535.0);
            prop_assert!(Vec4::from(read).distance(Vec4::from(c)) < 2e-5);
        }
    }

    #[test]
    fn what_cannot_be_is_the_nearest_that_can() {
        assert_eq!(normal(Vec3::NEG_Y * 1e-20), [0, -32_767, 0, 0]);
        assert_eq!([Vec3::NAN, Vec3::ZERO].map(normal), [[0, 32_767, 0, 0]; 2]);
        let other_nan = f32::from_bits(0x7fc0_ffff);
        assert_eq!(color(Vec4::new(-1.0, 2.0, other_nan, 1.0)), [0, 65_535, 0, 65_535]);
    }
}
