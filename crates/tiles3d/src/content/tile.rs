//! What a content decodes to: plain arrays, ready for any renderer.

use super::{Colors, FeatureSet, Normals, Picture, PrimitiveProperties, TileMaterial};
use crate::{Diagnostic, FeatureTable, metadata::PropertyTexture};
use glam::{DAffine3, DVec3};
use serde::{Deserialize, Serialize};

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
    /// The pictures that hold data (feature ids, properties), by [`TexelSource::image`](super::TexelSource::image): one
    /// level, numbers as in the file.
    pub data_images: Vec<Picture>,
    /// The features and their properties.
    pub features: FeatureTable,
    /// Properties in pictures, by [`PrimitiveProperties::textures`].
    pub property_textures: Vec<PropertyTexture>,
    /// What was wrong without being fatal.
    pub diagnostics: Vec<Diagnostic>,
}

impl DecodedTile {
    /// Bytes that the arrays take.
    #[must_use]
    pub fn byte_size(&self) -> usize {
        let primitives: usize = self.primitives.iter().map(Primitive::byte_size).sum();
        let images: usize = self.images.iter().chain(&self.data_images).map(Picture::byte_size).sum();
        let instances: usize = self.instances.iter().map(|list| list.len() * size_of::<Instance>()).sum();
        let textures: usize = self.property_textures.iter().map(PropertyTexture::byte_size).sum();
        primitives + images + instances + textures + self.features.byte_size()
    }
}

/// What the vertices of a primitive make.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum PrimitiveMode {
    /// A triangle list.
    #[default]
    Triangles,
    /// A line list.
    Lines,
    /// Points.
    Points,
}

/// One indexed primitive. Per-vertex arrays are empty or as long as `positions`.
#[derive(Debug, Clone, Default)]
pub struct Primitive {
    /// Triangles, lines or points.
    pub mode: PrimitiveMode,
    /// Metres from the tile's origin.
    pub positions: Vec<[f32; 3]>,
    /// Unit normals; always there for triangles.
    pub normals: Normals,
    /// Unit tangents with the side of the bitangent (1 or -1) last; only where the file has them.
    pub tangents: Vec<[f32; 4]>,
    /// Texture coordinates of the base colour texture (of another texture when there is no such; of `TEXCOORD_0` when
    /// there is none at all), with the texture's transform in them. [`TextureRef::uvs`](super::TextureRef::uvs) says
    /// which texture takes these and which takes `uvs1`.
    pub uvs: Vec<[f32; 2]>,
    /// Texture coordinates of those textures that need others than `uvs`; empty when all are content with those.
    pub uvs1: Vec<[f32; 2]>,
    /// Colours.
    pub colors: Colors,
    /// Feature of each vertex, numbered as in the tile's [`FeatureTable`]; [`NO_FEATURE`](super::NO_FEATURE) for none. Of
    /// several feature sets it is the first that has properties, else the first. Empty when that set lies in a picture:
    /// then only [`DecodedTile::feature_at`] knows.
    pub feature_ids: Vec<u32>,
    /// All feature sets of `EXT_mesh_features`, in the order of the file.
    pub feature_sets: Vec<FeatureSet>,
    /// Properties by texel and by vertex.
    pub properties: PrimitiveProperties,
    /// Vertex indices, all in range.
    pub indices: Vec<u32>,
    /// Edges to draw as lines (`CESIUM_primitive_outline`), two vertex indices each, all in range.
    pub outline: Vec<u32>,
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
            + self.normals.byte_size()
            + self.tangents.len() * 16
            + (self.uvs.len() + self.uvs1.len()) * 8
            + self.colors.byte_size()
            + self.feature_ids.len() * 4
            + self.indices.len() * 4
            + self.outline.len() * 4
            + self.feature_sets.iter().map(FeatureSet::byte_size).sum::<usize>()
            + self.properties.byte_size()
    }
}
