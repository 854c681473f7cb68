//! Vectors of unit length.

use glam::Vec3;

/// The unit vector along `v`, or another where there is none. The square of a length that is out of all proportion is no number,
/// or one of hardly any digits.
pub(crate) fn direction(v: Vec3, otherwise: Vec3) -> Vec3 {
    let square = v.length_squared();
    if (1e-30..1e30).contains(&square) {
        return v / square.sqrt();
    }
    (v / v.abs().max_element()).normalize_or(otherwise)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tiniest_and_the_largest_vectors_have_a_direction() {
        for size in [f32::from_bits(1), 3e-23, 1e-12, 1.0, 1e19, f32::MAX] {
            let d = direction(Vec3::new(size, 0.0, -size), Vec3::Y);
            assert!((d - Vec3::new(1.0, 0.0, -1.0).normalize()).length() < 1e-5, "{size:e}: {d}");
        }
        for none in [Vec3::ZERO, Vec3::NAN, Vec3::INFINITY] {
            assert_eq!(direction(none, Vec3::Y), Vec3::Y);
        }
    }
}
