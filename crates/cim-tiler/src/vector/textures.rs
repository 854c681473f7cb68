//! The pictures on model files: kept beside their triangles, or, where that cannot be, as colours of the vertices.

use crate::{
    mesh::linear,
    picture::{Picture, Pixels, Texture, Wrap},
};
use image::RgbaImage;
use std::{collections::HashMap, sync::Arc};
use tiles3d::content::{self, DecodedTile, Primitive, TextureRef, TileMaterial};

/// Bytes of all pictures of all models, at most: they stay in memory until the city is made.
const MAX_BYTES: usize = 1 << 30;

/// The pictures of the models that were read.
#[derive(Default)]
pub(super) struct Textures {
    list: Vec<Picture>,
    bytes: usize,
    /// Those of the model that is being read.
    known: HashMap<Use, Option<usize>>,
    unkept: usize,
}

/// A picture of a model, and how it is used.
#[derive(PartialEq, Eq, Hash)]
struct Use {
    image: usize,
    wrap: Wrap,
    is_opaque: bool,
}

impl Textures {
    /// Another model: its pictures are others than those of the last.
    pub(super) fn begin(&mut self) {
        self.known.clear();
    }

    /// The number of the picture on a primitive; none where it has none, or one that cannot be shown there.
    pub(super) fn picture(
        &mut self,
        model: &DecodedTile,
        primitive: &Primitive,
        material: &TileMaterial,
    ) -> Option<usize> {
        let texture = material.base_color_texture.as_ref()?;
        let uvs = texture.coordinates(primitive);
        if uvs.len() != primitive.positions.len() || texture.transform.is_some() || !Texture::is_near(uvs) {
            return None;
        }
        let is_opaque = material.alpha_cutoff.is_none() && !material.blend;
        let of = Use { image: texture.image, wrap: wrap(texture), is_opaque };
        if let Some(known) = self.known.get(&of) {
            return *known;
        }
        let kept = self.keep(model.images.get(of.image)?, &of);
        self.unkept += usize::from(kept.is_none());
        self.known.insert(of, kept);
        kept
    }

    fn keep(&mut self, image: &content::Picture, of: &Use) -> Option<usize> {
        let mut data = image.rgba8()?.to_vec();
        if self.bytes + data.len() > MAX_BYTES {
            return None;
        }
        self.bytes += data.len();
        if of.is_opaque {
            data.chunks_exact_mut(4).for_each(|pixel| pixel[3] = 255);
        }
        let pixels = Pixels::Here(Arc::new(RgbaImage::from_raw(image.width, image.height, data)?));
        self.list.push(Picture { pixels, size: [image.width, image.height], wrap: of.wrap });
        Some(self.list.len() - 1)
    }

    /// How many pictures could not be kept since this was asked the last time.
    pub(super) fn take_unkept(&mut self) -> usize {
        std::mem::take(&mut self.unkept)
    }

    /// All that were kept, by their numbers.
    pub(super) fn into_pictures(self) -> Vec<Picture> {
        self.list
    }
}

/// What lies outside of a picture: a city's have one answer for both directions.
fn wrap(texture: &TextureRef) -> Wrap {
    let of = |wrap: content::Wrap| match wrap {
        content::Wrap::Repeat => Wrap::Repeat,
        content::Wrap::Mirror => Wrap::Mirror,
        content::Wrap::Clamp => Wrap::Clamp,
    };
    match (of(texture.sampler.wrap_s), of(texture.sampler.wrap_t)) {
        (Wrap::Clamp, other) | (other, _) => other,
    }
}

/// The colour of every vertex: the material's times the vertex's.
pub(super) fn plain(primitive: &Primitive, material: &TileMaterial) -> Vec<[u8; 4]> {
    colors(primitive, material, |_| [1.0; 3])
}

/// The colour of every vertex: the material's, times the vertex's, times the picture's there.
pub(super) fn baked(model: &DecodedTile, primitive: &Primitive, material: &TileMaterial) -> Vec<[u8; 4]> {
    let picture = material.base_color_texture.as_ref().and_then(|t| Some((model.images.get(t.image)?, t)));
    let texel = |v: usize| -> Option<[f32; 3]> {
        let (picture, texture) = picture?;
        let [u, v] = *texture.coordinates(primitive).get(v)?;
        let at = |c: f32, size: u32| ((c.rem_euclid(1.0) * size as f32) as u32).min(size.saturating_sub(1));
        let [r, g, b, _] = picture.pixel(at(u, picture.width), at(v, picture.height))?;
        Some([r, g, b].map(linear))
    };
    colors(primitive, material, |v| texel(v).unwrap_or([1.0; 3]))
}

fn colors(primitive: &Primitive, material: &TileMaterial, texel: impl Fn(usize) -> [f32; 3]) -> Vec<[u8; 4]> {
    let color = |v: usize| {
        let (vertex, texel) = (primitive.colors.get(v).copied().unwrap_or([1.0; 4]), texel(v));
        let of = |k: usize| (material.base_color[k] * vertex[k] * texel[k] * 255.0).round().clamp(0.0, 255.0) as u8;
        [of(0), of(1), of(2), 255]
    };
    (0..primitive.positions.len()).map(color).collect()
}
