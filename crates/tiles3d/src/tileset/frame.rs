//! Frames of tiles within each other.

use super::shape::FARTHEST;
use glam::DMat4;

/// What takes the frame of a tile to the root frame, given that of the tile around it. `None` when the product is no place
/// any more: transforms that are harmless alone multiply beyond all numbers in a deep tree.
pub(super) fn within(outer: &DMat4, local: &DMat4) -> Option<DMat4> {
    let product = *outer * *local;
    // Comparing fails for what is no number.
    product.to_cols_array().iter().all(|x| x.abs() < FARTHEST).then_some(product)
}

#[cfg(test)]
mod tests {
    use super::*;
    use glam::DVec3;

    #[test]
    fn products_beyond_all_numbers_are_no_frames() {
        let large = DMat4::from_scale(DVec3::splat(1e7));
        let small = DMat4::from_scale(DVec3::splat(1e-3));
        assert_eq!(within(&large, &small), Some(large * small));
        assert_eq!(within(&large, &large), None);
        assert_eq!(within(&DMat4::NAN, &small), None);
    }
}
