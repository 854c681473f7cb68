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
    /// Surfaces of it that have colours in place of their pictures.
    unkept: usize,
}

/// A picture of a model, and how it is used.
#[derive(PartialEq, Eq, Hash)]
struct Use {
    image: usize,
    wrap: Wrap,
    /// Pixels of less alpha are not there; none where all are.
    least_alpha: Option<u8>,
}

impl Textures {
    /// Another part of a file: its pictures are others than those of the last.
    pub(super) fn begin(&mut self) {
        self.known.clear();
    }

    /// Where the list ends, to [`go back`](Self::go_back) to.
    pub(super) fn mark(&self) -> usize {
        self.list.len()
    }

    /// Forgets the pictures of a file that turned out to be unusable.
    pub(super) fn go_back(&mut self, mark: usize) {
        for picture in self.list.drain(mark..) {
            self.bytes -= 4 * picture.size[0] as usize * picture.size[1] as usize;
        }
        self.unkept = 0;
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
        let fits = uvs.len() == primitive.positions.len() && texture.transform.is_none() && Texture::is_near(uvs);
        let of = Use { image: texture.image, wrap: wrap(texture), least_alpha: least_alpha(material) };
        let kept = match self.known.get(&of) {
            _ if !fits => None,
            Some(known) => *known,
            None => {
                let kept = model.images.get(of.image).and_then(|image| self.keep(image, &of));
                self.known.insert(of, kept);
                kept
            }
        };
        self.unkept += usize::from(kept.is_none());
        kept
    }

    fn keep(&mut self, image: &content::Picture, of: &Use) -> Option<usize> {
        let mut data = image.rgba8()?.to_vec();
        if self.bytes + data.len() > MAX_BYTES {
            return None;
        }
        self.bytes += data.len();
        // What is there is there as a whole: nothing in a city is seen through.
        let least = of.least_alpha.unwrap_or(0);
        data.chunks_exact_mut(4).for_each(|pixel| pixel[3] = if pixel[3] >= least { 255 } else { 0 });
        let pixels = Pixels::Here(Arc::new(RgbaImage::from_raw(image.width, image.height, data)?));
        self.list.push(Picture { pixels, size: [image.width, image.height], wrap: of.wrap });
        Some(self.list.len() - 1)
    }

    /// How many surfaces have colours in place of their pictures since this was asked the last time.
    pub(super) fn take_unkept(&mut self) -> usize {
        std::mem::take(&mut self.unkept)
    }

    /// All that were kept, by their numbers.
    pub(super) fn into_pictures(self) -> Vec<Picture> {
        self.list
    }
}

/// Alpha of a picture's pixels below which they are not there (glTF 2.0, 3.9.4): where they are blended, panes of glass
/// stay and the corners of leaves do not.
fn least_alpha(material: &TileMaterial) -> Option<u8> {
    /// Of what is blended.
    const HARDLY_THERE: f32 = 0.05;
    let cutoff = material.alpha_cutoff.or(material.blend.then_some(HARDLY_THERE))?;
    // Times the material's own.
    Some((cutoff / material.base_color[3].max(1e-3) * 255.0).ceil().clamp(1.0, 255.0) as u8)
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
        let (vertex, texel) = (primitive.colors.get(v).unwrap_or([1.0; 4]), texel(v));
        let of = |k: usize| (material.base_color[k] * vertex[k] * texel[k] * 255.0).round().clamp(0.0, 255.0) as u8;
        [of(0), of(1), of(2), 255]
    };
    (0..primitive.positions.len()).map(color).collect()
}
