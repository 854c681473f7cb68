//! What a content decodes to: plain arrays, ready for any renderer.

use super::{Picture, TileMaterial};
use crate::{Diagnostic, FeatureTable};
use glam::{DAffine3, DVec3};

/// Plain arrays of one tile, z up, in the tile's own frame (its `transform` comes next).
#[derive(Debug, Default)]
pub struct DecodedTile {
    /// Added to every position, f64: the positions themselves are small and keep their precision in f32.
    pub origin: DVec3,
    /// What to draw.
    pub primitives: Vec<Primitive>,
    /// Where copies of primitives stand, by [`Primitive::instances`].
    pub instances: Vec<Vec<Instance>>,
    /// How, by [`Primitive::material`]. Those that no primitive has are there, but without textures.
    pub materials: Vec<TileMaterial>,
    /// The pictures that the materials show, by [`TextureRef::image`](super::TextureRef::image).
    pub images: Vec<Picture>,
    /// The features and their properties.
    pub features: FeatureTable,
    /// What was wrong without being fatal.
    pub diagnostics: Vec<Diagnostic>,
}

impl DecodedTile {
    /// Bytes that the arrays take.
    #[must_use]
    pub fn byte_size(&self) -> usize {
        let primitives: usize = self.primitives.iter().map(Primitive::byte_size).sum();
        let images: usize = self.images.iter().map(Picture::byte_size).sum();
        let instances: usize = self.instances.iter().map(|list| list.len() * size_of::<Instance>()).sum();
        primitives + images + instances + self.features.byte_size()
    }
}

/// What the vertices of a primitive make.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PrimitiveMode {
    /// A triangle list.
    Triangles,
    /// A line list.
    Lines,
    /// Points.
    Points,
}

/// One indexed primitive. Per-vertex arrays are empty or as long as `positions`.
#[derive(Debug, Clone)]
pub struct Primitive {
    /// Triangles, lines or points.
    pub mode: PrimitiveMode,
    /// Metres from the tile's origin.
    pub positions: Vec<[f32; 3]>,
    /// Unit normals; always there for triangles.
    pub normals: Vec<[f32; 3]>,
    /// Texture coordinates of the base colour texture (of another texture when there is no such; of `TEXCOORD_0` when
    /// there is none at all), with the texture's transform in them. [`TextureRef::uvs`](super::TextureRef::uvs) says
    /// which texture takes these and which takes `uvs1`.
    pub uvs: Vec<[f32; 2]>,
    /// Texture coordinates of those textures that need others than `uvs`; empty when all are content with those.
    pub uvs1: Vec<[f32; 2]>,
    /// Linear colours.
    pub colors: Vec<[f32; 4]>,
    /// Feature of each vertex.
    pub feature_ids: Vec<u32>,
    /// Vertex indices, all in range.
    pub indices: Vec<u32>,
    /// Index into the tile's materials.
    pub material: usize,
    /// Index into the tile's instances; `None`: it stands once, where it is.
    pub instances: Option<usize>,
}

/// One copy of a primitive.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Instance {
    /// Takes the primitive's positions to metres from the tile's origin.
    pub transform: DAffine3,
    /// The feature that this copy is, in place of those of its vertices.
    pub feature: Option<u32>,
}

impl Primitive {
    fn byte_size(&self) -> usize {
        self.positions.len() * 12
            + self.normals.len() * 12
            + (self.uvs.len() + self.uvs1.len()) * 8
            + self.colors.len() * 16
            + self.feature_ids.len() * 4
            + self.indices.len() * 4
    }
}
