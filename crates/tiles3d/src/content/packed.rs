//! Normals and colours of vertices, as small as their file has them.

use crate::wide;
use fast_srgb8::srgb8_to_f32;

/// Unit normals, one for each vertex.
#[derive(Debug, Clone, PartialEq)]
pub enum Normals {
    /// As they are.
    Float(Vec<[f32; 3]>),
    /// In 127ths, none below -127, the fourth is 0: of unit length but for what rounding to them takes, two hundredths.
    Snorm8(Vec<[i8; 4]>),
}

/// Colours with alpha, one for each vertex.
#[derive(Debug, Clone, PartialEq)]
pub enum Colors {
    /// Linear.
    Float(Vec<[f32; 4]>),
    /// Linear, in 255ths.
    Unorm8(Vec<[u8; 4]>),
    /// sRGB (IEC 61966-2-1), in 255ths; the alpha is linear.
    Srgb8(Vec<[u8; 4]>),
}

impl Default for Normals {
    fn default() -> Self {
        Self::Float(Vec::new())
    }
}

impl Normals {
    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::Float(list) => list.len(),
            Self::Snorm8(list) => list.len(),
        }
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// That of a vertex, of unit length but for what rounding took.
    #[must_use]
    pub fn get(&self, vertex: usize) -> Option<[f32; 3]> {
        match self {
            Self::Float(list) => list.get(vertex).copied(),
            Self::Snorm8(list) => list.get(vertex).map(|[x, y, z, _]| [*x, *y, *z].map(|c| f32::from(c) / 127.0)),
        }
    }

    /// All of them, as [`Self::get`] has them.
    pub fn iter(&self) -> impl Iterator<Item = [f32; 3]> + '_ {
        (0..self.len()).filter_map(|vertex| self.get(vertex))
    }

    /// Bytes that they take.
    #[must_use]
    pub fn byte_size(&self) -> usize {
        match self {
            Self::Float(list) => size_of_val(&list[..]),
            Self::Snorm8(list) => size_of_val(&list[..]),
        }
    }
}

impl Default for Colors {
    fn default() -> Self {
        Self::Float(Vec::new())
    }
}

impl Colors {
    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::Float(list) => list.len(),
            Self::Unorm8(list) | Self::Srgb8(list) => list.len(),
        }
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// That of a vertex, linear.
    #[must_use]
    pub fn get(&self, vertex: usize) -> Option<[f32; 4]> {
        let part = |byte: u8| f32::from(byte) / 255.0;
        match self {
            Self::Float(list) => list.get(vertex).copied(),
            Self::Unorm8(list) => list.get(vertex).map(|color| color.map(part)),
            Self::Srgb8(list) => list.get(vertex).map(|color| {
                let [r, g, b] = [color[0], color[1], color[2]].map(srgb8_to_f32);
                [r, g, b, part(color[3])]
            }),
        }
    }

    /// All of them, as [`Self::get`] has them.
    pub fn iter(&self) -> impl Iterator<Item = [f32; 4]> + '_ {
        (0..self.len()).filter_map(|vertex| self.get(vertex))
    }

    /// Bytes that they take.
    #[must_use]
    pub fn byte_size(&self) -> usize {
        match self {
            Self::Float(list) => size_of_val(&list[..]),
            Self::Unorm8(list) | Self::Srgb8(list) => size_of_val(&list[..]),
        }
    }

    /// Whether nothing shines through.
    pub(crate) fn are_opaque(&self) -> bool {
        match self {
            Self::Float(list) => wide::bits(list, |c| u32::from(c[3] < 1.0)) == 0,
            Self::Unorm8(list) | Self::Srgb8(list) => wide::bits(list, |c| u32::from(c[3] != u8::MAX)) == 0,
        }
    }

    /// Gives every vertex the colour of the one that it was made from.
    pub(crate) fn pick(&mut self, vertices: &[u32]) {
        match self {
            Self::Float(list) => *list = picked(list, vertices),
            Self::Unorm8(list) | Self::Srgb8(list) => *list = picked(list, vertices),
        }
    }
}

/// The values of the `vertices`, which are in range; none when there are none.
pub(crate) fn picked<T: Copy + Default>(values: &[T], vertices: &[u32]) -> Vec<T> {
    if values.is_empty() {
        return Vec::new();
    }
    vertices.iter().map(|v| values.get(*v as usize).copied().unwrap_or_default()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packed_values_are_those_that_they_stand_for() {
        let normals = Normals::Snorm8(vec![[127, 0, -127, 0]]);
        assert_eq!((normals.get(0), normals.get(1)), (Some([1.0, 0.0, -1.0]), None));
        assert_eq!((normals.len(), normals.byte_size()), (1, 4));
        let linear = Colors::Unorm8(vec![[0, 255, 51, 102]]);
        assert_eq!(linear.iter().collect::<Vec<_>>(), [[0.0, 1.0, 0.2, 0.4]]);
        let [r, g, b, a] = Colors::Srgb8(vec![[0, 255, 128, 51]]).get(0).unwrap();
        assert_eq!((r, g, a), (0.0, 1.0, 0.2));
        assert!((b - 0.215_861).abs() < 1e-6, "{b}");
        let mut colors = Colors::Srgb8(vec![[1; 4], [2; 4]]);
        colors.pick(&[1, 0, 1]);
        assert_eq!(colors, Colors::Srgb8(vec![[2; 4], [1; 4], [2; 4]]));
        assert!(Normals::default().is_empty() && Colors::default().is_empty());
    }
}
