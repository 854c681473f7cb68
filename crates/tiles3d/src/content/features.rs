//! Which features a primitive shows, and what is known at a place on it.

use super::{DecodedTile, Primitive, PrimitiveMode, TexelSource};
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
    /// Indices into [`DecodedTile::property_textures`].
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

/// A place on a primitive.
struct Place<'a> {
    primitive: &'a Primitive,
    /// Its corners and how much of each there is.
    corners: Vec<(usize, f64)>,
}

impl<'a> Place<'a> {
    fn new(primitive: &'a Primitive, element: usize, weights: [f32; 3]) -> Option<Self> {
        let corners = match primitive.mode {
            PrimitiveMode::Triangles => 3,
            PrimitiveMode::Lines => 2,
            PrimitiveMode::Points => 1,
        };
        let first = element.checked_mul(corners)?;
        let vertices = primitive.indices.get(first..first.checked_add(corners)?)?;
        let corners = vertices.iter().zip(weights).map(|(v, w)| (*v as usize, f64::from(w))).collect();
        Some(Self { primitive, corners })
    }

    /// The corner that has most of it, the first of equals.
    fn nearest(&self) -> Option<usize> {
        let more = |a: (usize, f64), b: &(usize, f64)| if b.1 > a.1 { *b } else { a };
        let (first, rest) = self.corners.split_first()?;
        Some(rest.iter().fold(*first, more).0)
    }

    fn uv(&self, set: u32) -> Option<[f64; 2]> {
        let properties = &self.primitive.properties;
        let uvs = &properties.uv_sets.iter().find(|s| s.set == set)?.uvs;
        // A point is its only corner, whatever the weights say.
        if let [(vertex, _)] = self.corners.as_slice() {
            return uvs.get(*vertex).map(|uv| uv.map(f64::from));
        }
        self.corners.iter().try_fold([0.0; 2], |sum, (vertex, weight)| {
            let uv = uvs.get(*vertex)?;
            Some([sum[0] + weight * f64::from(uv[0]), sum[1] + weight * f64::from(uv[1])])
        })
    }

    fn texel(&self, tile: &DecodedTile, texels: &TexelSource) -> Option<[u8; 4]> {
        texels.texel(tile.data_images.get(texels.image)?, self.uv(texels.texcoord)?)
    }

    fn feature(&self, tile: &DecodedTile, set: &FeatureSet) -> Option<u32> {
        let feature = match &set.source {
            FeatureSource::Primary => self.primary()?,
            FeatureSource::Vertex(ids) => *ids.get(self.nearest()?)?,
            FeatureSource::Whole(feature) => *feature,
            FeatureSource::Texture { texels, null } => {
                let id = texels.number(self.texel(tile, texels)?);
                if Some(id) == *null {
                    return None;
                }
                tile.features.number_of(set.first, id)?
            }
        };
        (feature != NO_FEATURE).then_some(feature)
    }

    fn primary(&self) -> Option<u32> {
        self.primitive.feature_ids.get(self.nearest()?).copied()
    }
}

/// `element` is the number of a triangle, line or point: 0 is made of the primitive's first indices. `weights` are the
/// shares of its corners (barycentric coordinates; only the first two count for a line, none for a point).
///
/// Numbers in pictures are taken from the nearest texel at the interpolated texture coordinate, and numbers by vertex from
/// the corner that has the largest share: neither ids nor classified values may be mixed.
impl DecodedTile {
    /// The feature of a set (an index into [`Primitive::feature_sets`]) at a place. Set 0 of a primitive without sets is
    /// its `feature_ids`. `None` when there is no feature or no such place.
    #[must_use]
    pub fn feature_at(&self, primitive: usize, element: usize, weights: [f32; 3], set: usize) -> Option<u32> {
        let place = Place::new(self.primitives.get(primitive)?, element, weights)?;
        match place.primitive.feature_sets.get(set) {
            Some(set) => place.feature(self, set),
            None if set == 0 => place.primary().filter(|f| *f != NO_FEATURE),
            None => None,
        }
    }

    /// Everything that is known at a place: the feature of every set with its properties, then property textures, then
    /// property attributes. What a copy of the primitive is by itself ([`Instance::feature`](super::Instance)) is in
    /// [`FeatureTable::scope`].
    #[must_use]
    pub fn properties_at(&self, primitive: usize, element: usize, weights: [f32; 3]) -> Vec<Scope> {
        let place = self.primitives.get(primitive).and_then(|p| Place::new(p, element, weights));
        let Some(place) = place else { return Vec::new() };
        let mut out = Vec::new();
        for set in &place.primitive.feature_sets {
            if let Some(feature) = place.feature(self, set) {
                out.push(Scope { label: set.label.clone(), ..self.features.scope(feature) });
            }
        }
        if place.primitive.feature_sets.is_empty()
            && let Some(feature) = place.primary().filter(|f| *f != NO_FEATURE)
        {
            out.push(self.features.scope(feature));
        }
        let properties = &place.primitive.properties;
        for texture in properties.textures.iter().filter_map(|i| self.property_textures.get(*i)) {
            let mut scope = Scope { class: Some(texture.class.clone()), ..Scope::default() };
            for property in &texture.properties {
                if let Some(texel) = place.texel(self, &property.texels) {
                    scope.properties.push((property.name.clone(), property.value(texel)));
                    scope.infos.push(property.info.clone());
                }
            }
            out.push(scope);
        }
        for attribute in &properties.attributes {
            let mut scope = Scope { class: Some(attribute.class.clone()), ..Scope::default() };
            for property in &attribute.properties {
                let value = place.nearest().map_or(Value::Null, |vertex| property.value(vertex));
                scope.properties.push((property.name.clone(), value));
                scope.infos.push(property.info.clone());
            }
            out.push(scope);
        }
        out
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
