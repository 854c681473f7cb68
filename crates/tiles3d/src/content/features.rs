//! Which features a primitive shows, and what else is known of its surface.

use super::TexelSource;
use crate::{
    FeatureTable, Value,
    metadata::{ClassInfo, PropertyAttribute, PropertyInfo},
};
use serde::{Deserialize, Serialize};

/// Stands for no feature wherever features are numbered.
pub const NO_FEATURE: u32 = u32::MAX;

/// One way in which a primitive is divided into features (`EXT_mesh_features`). All numbers are the tile's: row `r` of
/// the set's table is feature `first + r`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FeatureSet {
    /// What the file calls it.
    pub label: Option<String>,
    /// Number of its first feature in the tile's [`FeatureTable`].
    pub first: u32,
    /// How many features there are from there on.
    pub count: u32,
    /// Whether they have a property table; without one they are only numbered.
    pub has_table: bool,
    /// Where on the primitive they are.
    pub source: FeatureSource,
}

/// Where on a primitive the features of a set are.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum FeatureSource {
    /// By vertex, in the primitive's own [`feature_ids`](Primitive::feature_ids).
    Primary,
    /// By vertex; [`NO_FEATURE`] where there is none.
    Vertex(#[serde(with = "crate::transfer::pod")] Vec<u32>),
    /// By texel: no numbers by vertex can stand for them.
    Texture {
        /// The picture that has them.
        texels: TexelSource,
        /// The number in the picture that stands for no feature.
        null: Option<u32>,
    },
    /// The whole primitive is one feature (`EXT_structural_metadata` of its node).
    Whole(u32),
}

/// Texture coordinates of one set as the file has them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct UvSet {
    /// Which set: `TEXCOORD_1` is 1.
    pub set: u32,
    /// One for each vertex.
    #[serde(with = "crate::transfer::pod")]
    pub uvs: Vec<[f32; 2]>,
}

/// What is known of a primitive's surface beside its features (`EXT_structural_metadata`).
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct PrimitiveProperties {
    /// The texture coordinates that feature ids and properties in pictures need.
    pub uv_sets: Vec<UvSet>,
    /// Indices into [`DecodedTile::property_textures`](super::DecodedTile::property_textures).
    pub textures: Vec<usize>,
    /// Properties by vertex.
    pub attributes: Vec<PropertyAttribute>,
}

/// What one source says at a place: a row of a table, a texel, or a vertex.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Scope {
    /// What the file calls the feature set; `None` for textures and attributes, and when it has no name.
    pub label: Option<String>,
    /// The class, with the name of the table, texture or attribute; `None` for batch tables and bare features.
    pub class: Option<ClassInfo>,
    /// The feature; `None` for textures and attributes.
    pub feature: Option<u32>,
    /// The properties by name.
    pub properties: Vec<(String, Value)>,
    /// What the schema says of each of them, in the same order; empty for batch tables.
    pub infos: Vec<PropertyInfo>,
}

impl FeatureSet {
    /// Gives every vertex the feature of the one that it was made from.
    pub(crate) fn pick(&mut self, vertices: &[u32]) {
        if let FeatureSource::Vertex(ids) = &mut self.source {
            *ids = vertices.iter().map(|v| ids.get(*v as usize).copied().unwrap_or(NO_FEATURE)).collect();
        }
    }

    /// Bytes that it takes.
    #[must_use]
    pub fn byte_size(&self) -> usize {
        let source = match &self.source {
            FeatureSource::Vertex(ids) => size_of_val(ids.as_slice()),
            FeatureSource::Texture { texels, .. } => texels.channels.len(),
            FeatureSource::Primary | FeatureSource::Whole(_) => 0,
        };
        size_of::<Self>() + self.label.as_ref().map_or(0, String::len) + source
    }
}

impl PrimitiveProperties {
    /// Gives every vertex what the one that it was made from has.
    pub(crate) fn pick(&mut self, vertices: &[u32]) {
        for set in &mut self.uv_sets {
            set.uvs = vertices.iter().map(|v| set.uvs.get(*v as usize).copied().unwrap_or_default()).collect();
        }
        self.attributes.iter_mut().for_each(|a| a.pick(vertices));
    }

    /// Bytes that it takes.
    #[must_use]
    pub fn byte_size(&self) -> usize {
        let uvs = self.uv_sets.iter().map(|s| size_of::<UvSet>() + size_of_val(s.uvs.as_slice())).sum::<usize>();
        let attributes = self.attributes.iter().map(PropertyAttribute::byte_size).sum::<usize>();
        uvs + attributes + size_of_val(self.textures.as_slice())
    }
}

impl FeatureTable {
    /// A feature with everything that its table says.
    #[must_use]
    pub fn scope(&self, feature: u32) -> Scope {
        let properties = self.row(feature);
        let class = self.class_info(feature).cloned();
        let info = |name: &String| self.property_info(feature, name).cloned().unwrap_or_default();
        let infos = if class.is_some() { properties.iter().map(|(name, _)| info(name)).collect() } else { Vec::new() };
        Scope { label: None, class, feature: Some(feature), properties, infos }
    }
}
