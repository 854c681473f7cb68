//! What a content decodes to: plain arrays, ready for any renderer.

use super::{FeatureSet, PrimitiveProperties};
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
    /// How, by [`Primitive::material`].
    pub materials: Vec<TileMaterial>,
    /// Decoded pictures, by [`TileMaterial::base_color_image`].
    pub images: Vec<RgbaImage>,
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
        let images: usize = self.images.iter().map(|i| i.rgba8.len()).sum();
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
    pub normals: Vec<[f32; 3]>,
    /// Unit tangents with the side of the bitangent (1 or -1) last; only where the file has them.
    pub tangents: Vec<[f32; 4]>,
    /// Texture coordinates of set 0.
    pub uvs: Vec<[f32; 2]>,
    /// Linear colours.
    pub colors: Vec<[f32; 4]>,
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
            + self.normals.len() * 12
            + self.tangents.len() * 16
            + self.uvs.len() * 8
            + self.colors.len() * 16
            + self.feature_ids.len() * 4
            + self.indices.len() * 4
            + self.outline.len() * 4
            + self.feature_sets.iter().map(FeatureSet::byte_size).sum::<usize>()
            + self.properties.byte_size()
    }
}

/// A glTF material, as far as it is used.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TileMaterial {
    /// Its name; cim-twin's own tiles say `building`, `road`, ... here.
    pub name: String,
    /// Linear base colour factor.
    pub base_color: [f32; 4],
    /// Base colour texture.
    pub base_color_image: Option<usize>,
    /// Metallic factor.
    pub metallic: f32,
    /// Roughness factor.
    pub roughness: f32,
    /// Linear emissive factor.
    pub emissive: [f32; 3],
    /// Transparent pixels are cut away below this alpha.
    pub alpha_cutoff: Option<f32>,
    /// Blended.
    pub blend: bool,
    /// Seen from both sides.
    pub double_sided: bool,
    /// Not lit (`KHR_materials_unlit`).
    pub unlit: bool,
}

impl Default for TileMaterial {
    /// The glTF default material.
    fn default() -> Self {
        Self {
            name: String::new(),
            base_color: [1.0; 4],
            base_color_image: None,
            metallic: 1.0,
            roughness: 1.0,
            emissive: [0.0; 3],
            alpha_cutoff: None,
            blend: false,
            double_sided: false,
            unlit: false,
        }
    }
}

/// A decoded picture.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct RgbaImage {
    /// Pixels across.
    pub width: u32,
    /// Pixels down.
    pub height: u32,
    /// sRGB, 4 bytes a pixel, rows from the top.
    #[serde(with = "crate::transfer::pod")]
    pub rgba8: Vec<u8>,
}
