//! Point clouds: every point is three vertices of a triangle that covers a disc.

use crate::arrays::Turn;
use fast_srgb8::f32x4_to_srgb8;
use glam::{DVec3, Vec3};
use serde::{Deserialize, Serialize};
use tiles3d::content::{Colors, Primitive};

/// In place of a feature or a normal: none.
pub const NONE: u32 = u32::MAX;

/// A cloud ready for a graphics card.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Cloud {
    /// Metres from the tile's anchor, render axes, three times each point.
    #[serde(with = "tiles3d::transfer::pod")]
    pub positions: Vec<[f32; 3]>,
    /// One for every position: sRGB colour in the lower three bytes and the corner of the triangle (0 to 2) in the
    /// uppermost; feature; normal, x and z in 15 bits each from bits 17 and 2, the lowest bit set when y is upwards.
    #[serde(with = "tiles3d::transfer::pod")]
    pub packed: Vec<[u32; 3]>,
    /// Metres between neighbours, about.
    pub spacing_m: f32,
    /// Lowest corner of a box round them.
    pub low: Vec3,
    /// Highest corner.
    pub high: Vec3,
}

impl Cloud {
    /// Memory that its arrays take, bytes.
    #[must_use]
    pub fn byte_size(&self) -> usize {
        size_of_val(&self.positions[..]) + size_of_val(&self.packed[..])
    }

    /// Packs the points of a primitive, whose material has the factor `color`.
    pub(crate) fn new(p: &Primitive, color: [f32; 4], turn: &Turn) -> Self {
        let mut positions = Vec::with_capacity(p.indices.len() * 3);
        let mut packed = Vec::with_capacity(p.indices.len() * 3);
        let (mut low, mut high) = (Vec3::INFINITY, Vec3::NEG_INFINITY);
        let is_white = color[..3] == [1.0; 3];
        let rgba = |i: usize| match &p.colors {
            Colors::Srgb8(own) if is_white => own.get(i).copied().unwrap_or([u8::MAX; 4]),
            own => {
                let own = own.get(i).unwrap_or([1.0; 4]);
                f32x4_to_srgb8(std::array::from_fn(|k| own[k] * color[k]))
            }
        };
        for &i in &p.indices {
            let i = i as usize;
            let Some(at) = p.positions.get(i).map(|v| turn.point(*v)) else { continue };
            low = low.min(Vec3::from(at));
            high = high.max(Vec3::from(at));
            let [r, g, b, _] = rgba(i);
            let rgb = u32::from_le_bytes([r, g, b, 0]);
            let feature = p.feature_ids.get(i).copied().unwrap_or(NONE);
            let normal = p.normals.get(i).map_or(NONE, |n| pack_normal(turn.normal(n).to_array()));
            positions.extend([at; 3]);
            packed.extend([0, 1, 2].map(|corner| [rgb | corner << 24, feature, normal]));
        }
        let count = positions.len() / 3;
        let spacing_m = spacing(low, high, count);
        Self { positions, packed, spacing_m, low, high }
    }
}

/// Metres between neighbours when so many points lie on the surfaces of things in a box.
fn spacing(low: Vec3, high: Vec3, count: usize) -> f32 {
    if count == 0 {
        return 0.0;
    }
    let mut extent = (high - low).as_dvec3().max(DVec3::ZERO).to_array();
    extent.sort_by(f64::total_cmp);
    ((extent[2] * extent[1].max(extent[2] * 0.05)) / count as f64).sqrt() as f32 * 1.25
}

/// 15 bits of x, 15 of z, and whether y is upwards.
fn pack_normal(n: [f32; 3]) -> u32 {
    let part = |v: f32| ((v.clamp(-1.0, 1.0) + 1.0) * 16383.0 + 0.5) as u32;
    part(n[0]) << 17 | part(n[2]) << 2 | u32::from(n[1] >= 0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thousand_points_on_a_square_are_a_grid_apart() {
        let metres = spacing(Vec3::ZERO, Vec3::new(100.0, 3.0, 100.0), 10_000);
        assert!((metres - 1.25).abs() < 1e-4);
        assert_eq!(spacing(Vec3::INFINITY, Vec3::NEG_INFINITY, 0), 0.0);
    }

    #[test]
    fn colours_keep_all_their_eight_bits() {
        let linear = |byte: u32| {
            let s = byte as f32 / 255.0;
            if s <= 0.04045 { s / 12.92 } else { ((s + 0.055) / 1.055).powf(2.4) }
        };
        let points = Primitive {
            positions: vec![[0.0; 3]; 256],
            colors: Colors::Float((0..256).map(|b| [linear(b), linear(255 - b), 0.0, 1.0]).collect()),
            indices: (0..256).collect(),
            ..Primitive::default()
        };
        let bytes = Colors::Srgb8((0..=255).map(|b| [b, 255 - b, 0, 255]).collect());
        for (colors, factor) in [(points.colors.clone(), 1.0), (bytes.clone(), 1.0), (bytes, 0.5)] {
            let cloud = Cloud::new(&Primitive { colors, ..points.clone() }, [1.0, 1.0, factor, 1.0], &Turn::NONE);
            for (byte, packed) in (0..256).zip(cloud.packed.chunks(3)) {
                assert_eq!(packed[0][0], byte | (255 - byte) << 8);
            }
        }
    }
}
