//! What is known at a place on a tile.

use super::{
    DecodedTile, FeatureSet, FeatureSource, NO_FEATURE, Picture, Primitive, PrimitiveMode, PrimitiveProperties, Scope,
    TexelSource,
};
use crate::{FeatureTable, metadata::PropertyTexture};
use serde::{Deserialize, Serialize};

/// What is kept of a tile whose primitives have gone to the graphics card, so that it can still be asked what is known at
/// a place ([`Self::properties_at`]). Of primitives of which no more is known than the feature of each vertex nothing is
/// kept.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct TileSurfaces {
    /// By primitive.
    kept: Vec<Kept>,
    data_images: Vec<Picture>,
    property_textures: Vec<PropertyTexture>,
}

/// A primitive without what is drawn.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Kept {
    mode: PrimitiveMode,
    #[serde(with = "crate::transfer::pod")]
    indices: Vec<u32>,
    #[serde(with = "crate::transfer::pod")]
    feature_ids: Vec<u32>,
    feature_sets: Vec<FeatureSet>,
    properties: PrimitiveProperties,
}

/// A primitive and what its surface refers to.
#[derive(Clone, Copy)]
struct Surface<'a> {
    mode: PrimitiveMode,
    indices: &'a [u32],
    feature_ids: &'a [u32],
    feature_sets: &'a [FeatureSet],
    properties: &'a PrimitiveProperties,
    data_images: &'a [Picture],
    property_textures: &'a [PropertyTexture],
    features: &'a FeatureTable,
}

/// A place on a primitive.
struct Place<'a> {
    on: Surface<'a>,
    /// Its corners and how much of each there is.
    corners: Vec<(usize, f64)>,
}

impl<'a> Place<'a> {
    fn new(on: Surface<'a>, element: usize, weights: [f32; 3]) -> Option<Self> {
        let corners = match on.mode {
            PrimitiveMode::Triangles => 3,
            PrimitiveMode::Lines => 2,
            PrimitiveMode::Points => 1,
        };
        let first = element.checked_mul(corners)?;
        let vertices = on.indices.get(first..first.checked_add(corners)?)?;
        let corners = vertices.iter().zip(weights).map(|(v, w)| (*v as usize, f64::from(w))).collect();
        Some(Self { on, corners })
    }

    /// The corner that has most of it, the first of equals.
    fn nearest(&self) -> Option<usize> {
        let more = |a: (usize, f64), b: &(usize, f64)| if b.1 > a.1 { *b } else { a };
        let (first, rest) = self.corners.split_first()?;
        Some(rest.iter().fold(*first, more).0)
    }

    fn uv(&self, set: u32) -> Option<[f64; 2]> {
        let uvs = &self.on.properties.uv_sets.iter().find(|s| s.set == set)?.uvs;
        // A point is its only corner, whatever the weights say.
        if let [(vertex, _)] = self.corners.as_slice() {
            return uvs.get(*vertex).map(|uv| uv.map(f64::from));
        }
        self.corners.iter().try_fold([0.0; 2], |sum, (vertex, weight)| {
            let uv = uvs.get(*vertex)?;
            Some([sum[0] + weight * f64::from(uv[0]), sum[1] + weight * f64::from(uv[1])])
        })
    }

    fn texel(&self, texels: &TexelSource) -> Option<[u8; 4]> {
        texels.texel(self.on.data_images.get(texels.image)?, self.uv(texels.texcoord)?)
    }

    fn feature(&self, set: &FeatureSet) -> Option<u32> {
        let feature = match &set.source {
            FeatureSource::Primary => self.primary()?,
            FeatureSource::Vertex(ids) => *ids.get(self.nearest()?)?,
            FeatureSource::Whole(feature) => *feature,
            FeatureSource::Texture { texels, null } => {
                let id = texels.number(self.texel(texels)?);
                if Some(id) == *null {
                    return None;
                }
                self.on.features.number_of(set.first, id)?
            }
        };
        (feature != NO_FEATURE).then_some(feature)
    }

    fn primary(&self) -> Option<u32> {
        self.on.feature_ids.get(self.nearest()?).copied().filter(|f| *f != NO_FEATURE)
    }

    fn feature_of(&self, set: usize) -> Option<u32> {
        match self.on.feature_sets.get(set) {
            Some(set) => self.feature(set),
            None if set == 0 => self.primary(),
            None => None,
        }
    }

    fn properties(&self) -> Vec<Scope> {
        let on = &self.on;
        let mut out = Vec::new();
        for set in on.feature_sets {
            if let Some(feature) = self.feature(set) {
                out.push(Scope { label: set.label.clone(), ..on.features.scope(feature) });
            }
        }
        if on.feature_sets.is_empty()
            && let Some(feature) = self.primary()
        {
            out.push(on.features.scope(feature));
        }
        for texture in on.properties.textures.iter().filter_map(|i| on.property_textures.get(*i)) {
            let mut scope = Scope { class: Some(texture.class.clone()), ..Scope::default() };
            for property in &texture.properties {
                if let Some(texel) = self.texel(&property.texels) {
                    scope.properties.push((property.name.clone(), property.value(texel)));
                    scope.infos.push(property.info.clone());
                }
            }
            out.push(scope);
        }
        let Some(vertex) = self.nearest() else { return out };
        for attribute in &on.properties.attributes {
            let mut scope = Scope { class: Some(attribute.class.clone()), ..Scope::default() };
            for property in &attribute.properties {
                scope.properties.push((property.name.clone(), property.value(vertex)));
                scope.infos.push(property.info.clone());
            }
            out.push(scope);
        }
        out
    }
}

impl Primitive {
    fn surface<'a>(&'a self, tile: &'a DecodedTile) -> Surface<'a> {
        Surface {
            mode: self.mode,
            indices: &self.indices,
            feature_ids: &self.feature_ids,
            feature_sets: &self.feature_sets,
            properties: &self.properties,
            data_images: &tile.data_images,
            property_textures: &tile.property_textures,
            features: &tile.features,
        }
    }

    /// Whether more is known of its surface than the feature of each vertex.
    fn knows_more(&self) -> bool {
        self.feature_sets.len() > 1
            || self.feature_sets.iter().any(|s| s.source != FeatureSource::Primary)
            || !self.properties.textures.is_empty()
            || !self.properties.attributes.is_empty()
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
        Place::new(self.primitives.get(primitive)?.surface(self), element, weights)?.feature_of(set)
    }

    /// Everything that is known at a place: the feature of every set with its properties, then property textures, then
    /// property attributes. What a copy of the primitive is by itself ([`Instance::feature`](super::Instance)) is in
    /// [`FeatureTable::scope`].
    #[must_use]
    pub fn properties_at(&self, primitive: usize, element: usize, weights: [f32; 3]) -> Vec<Scope> {
        let place = self.primitives.get(primitive).and_then(|p| Place::new(p.surface(self), element, weights));
        place.map(|p| p.properties()).unwrap_or_default()
    }

    /// Takes out what [`TileSurfaces`] needs. Indices and feature ids are copied, what is data alone is moved.
    #[must_use]
    pub fn take_surfaces(&mut self) -> TileSurfaces {
        let keep = |p: &mut Primitive| {
            if !p.knows_more() {
                return Kept::default();
            }
            Kept {
                mode: p.mode,
                indices: p.indices.clone(),
                feature_ids: p.feature_ids.clone(),
                feature_sets: std::mem::take(&mut p.feature_sets),
                properties: std::mem::take(&mut p.properties),
            }
        };
        let kept: Vec<Kept> = self.primitives.iter_mut().map(keep).collect();
        if kept.iter().all(|k| k.indices.is_empty()) {
            return TileSurfaces::default();
        }
        TileSurfaces {
            kept,
            data_images: std::mem::take(&mut self.data_images),
            property_textures: std::mem::take(&mut self.property_textures),
        }
    }
}

/// Places as in [`DecodedTile::properties_at`]; `features` are those of the tile that this was taken out of.
impl TileSurfaces {
    /// Whether nothing was kept.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.kept.is_empty()
    }

    /// Whether more is known of a primitive's surface than the feature of each vertex.
    #[must_use]
    pub fn knows(&self, primitive: usize) -> bool {
        self.kept.get(primitive).is_some_and(|k| !k.indices.is_empty())
    }

    /// The feature of the first set that has one at a place.
    #[must_use]
    pub fn feature_at(
        &self,
        features: &FeatureTable,
        primitive: usize,
        element: usize,
        weights: [f32; 3],
    ) -> Option<u32> {
        let place = Place::new(self.surface(features, primitive)?, element, weights)?;
        (0..place.on.feature_sets.len().max(1)).find_map(|set| place.feature_of(set))
    }

    /// Everything that is known at a place; nothing where [`Self::knows`] is false.
    #[must_use]
    pub fn properties_at(
        &self,
        features: &FeatureTable,
        primitive: usize,
        element: usize,
        weights: [f32; 3],
    ) -> Vec<Scope> {
        let place = self.surface(features, primitive).and_then(|s| Place::new(s, element, weights));
        place.map(|p| p.properties()).unwrap_or_default()
    }

    /// Bytes that it takes.
    #[must_use]
    pub fn byte_size(&self) -> usize {
        let kept = |k: &Kept| {
            size_of::<Kept>()
                + size_of_val(k.indices.as_slice())
                + size_of_val(k.feature_ids.as_slice())
                + k.feature_sets.iter().map(FeatureSet::byte_size).sum::<usize>()
                + k.properties.byte_size()
        };
        self.kept.iter().map(kept).sum::<usize>()
            + self.data_images.iter().map(Picture::byte_size).sum::<usize>()
            + self.property_textures.iter().map(PropertyTexture::byte_size).sum::<usize>()
    }

    fn surface<'a>(&'a self, features: &'a FeatureTable, primitive: usize) -> Option<Surface<'a>> {
        let kept = self.kept.get(primitive)?;
        Some(Surface {
            mode: kept.mode,
            indices: &kept.indices,
            feature_ids: &kept.feature_ids,
            feature_sets: &kept.feature_sets,
            properties: &kept.properties,
            data_images: &self.data_images,
            property_textures: &self.property_textures,
            features,
        })
    }
}
