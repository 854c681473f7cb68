//! How a surface looks.

use super::{texel::Wrap, tile::Primitive};
use glam::DAffine2;
use serde::{Deserialize, Serialize};

/// A glTF material in metallic-roughness terms, whichever workflow its file uses.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TileMaterial {
    /// Its name; cim-twin's own tiles say `building`, `road`, ... here.
    pub name: String,
    /// Linear base colour factor.
    pub base_color: [f32; 4],
    /// Base colour texture (sRGB, alpha in A), times `base_color`.
    pub base_color_texture: Option<TextureRef>,
    /// Metallic factor.
    pub metallic: f32,
    /// Roughness factor.
    pub roughness: f32,
    /// Texture of roughness (G) and metallic (B), linear, times the factors.
    pub metallic_roughness_texture: Option<TextureRef>,
    /// Normals in tangent space, linear, y up.
    pub normal_texture: Option<TextureRef>,
    /// Times the x and y of the normal texture.
    pub normal_scale: f32,
    /// Ambient occlusion (R), linear.
    pub occlusion_texture: Option<TextureRef>,
    /// How much of the occlusion texture counts, 0 to 1.
    pub occlusion_strength: f32,
    /// Linear emissive factor times its strength (`KHR_materials_emissive_strength`): may be above 1.
    pub emissive: [f32; 3],
    /// Emissive texture (sRGB), times `emissive`.
    pub emissive_texture: Option<TextureRef>,
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
            base_color_texture: None,
            metallic: 1.0,
            roughness: 1.0,
            metallic_roughness_texture: None,
            normal_texture: None,
            normal_scale: 1.0,
            occlusion_texture: None,
            occlusion_strength: 1.0,
            emissive: [0.0; 3],
            emissive_texture: None,
            alpha_cutoff: None,
            blend: false,
            double_sided: false,
            unlit: false,
        }
    }
}

impl TileMaterial {
    /// Every texture that it uses.
    pub fn textures(&self) -> impl Iterator<Item = &TextureRef> {
        [
            &self.base_color_texture,
            &self.metallic_roughness_texture,
            &self.normal_texture,
            &self.occlusion_texture,
            &self.emissive_texture,
        ]
        .into_iter()
        .flatten()
    }
}

/// A picture, and how it lies on a surface.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct TextureRef {
    /// Index into [`DecodedTile::images`](super::DecodedTile::images), always in range.
    pub image: usize,
    /// How it is read.
    pub sampler: Sampler,
    /// Which texture coordinates of a primitive it takes. The base colour texture takes [`UvSlot::First`] whenever the
    /// material has one.
    pub uvs: UvSlot,
    /// What is still to be done to those coordinates. `None` nearly always: the transforms of `KHR_texture_transform`
    /// are in the coordinates already, unless the textures of a material need more than two different ones.
    pub transform: Option<TextureTransform>,
}

impl TextureRef {
    /// The coordinates in a primitive that this texture takes.
    #[must_use]
    pub fn coordinates<'p>(&self, primitive: &'p Primitive) -> &'p [[f32; 2]] {
        match self.uvs {
            UvSlot::First => &primitive.uvs,
            UvSlot::Second => &primitive.uvs1,
        }
    }
}

/// One of the two sets of texture coordinates of a [`Primitive`]. They are numbered by use, not as in the file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum UvSlot {
    /// [`Primitive::uvs`].
    #[default]
    First,
    /// [`Primitive::uvs1`].
    Second,
}

/// How a picture is read (glTF 2.0, 3.8.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Sampler {
    /// Outside 0 to 1 across.
    pub wrap_s: Wrap,
    /// Outside 0 to 1 down.
    pub wrap_t: Wrap,
    /// When a pixel of the picture is larger than one of the screen.
    pub mag: Filter,
    /// When it is smaller: within a level.
    pub min: Filter,
    /// When it is smaller: between levels; `None` reads the largest level only.
    pub mip: Option<Filter>,
}

impl Default for Sampler {
    /// What glTF leaves open is as smooth as can be.
    fn default() -> Self {
        Self {
            wrap_s: Wrap::Repeat,
            wrap_t: Wrap::Repeat,
            mag: Filter::Linear,
            min: Filter::Linear,
            mip: Some(Filter::Linear),
        }
    }
}

/// How pixels become the value between them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Filter {
    /// The nearest one.
    Nearest,
    /// A blend of the neighbours.
    Linear,
}

/// An affine change of texture coordinates (`KHR_texture_transform`).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct TextureTransform {
    /// Added last.
    pub offset: [f32; 2],
    /// Radians; turns the coordinates counter-clockwise as seen in the picture.
    pub rotation: f32,
    /// Multiplied first.
    pub scale: [f32; 2],
}

impl Default for TextureTransform {
    /// No change.
    fn default() -> Self {
        Self { offset: [0.0; 2], rotation: 0.0, scale: [1.0; 2] }
    }
}

impl TextureTransform {
    /// Whether it changes nothing.
    #[must_use]
    pub fn is_identity(&self) -> bool {
        *self == Self::default()
    }

    /// As a matrix: the translation after the rotation after the scale.
    #[must_use]
    pub fn matrix(&self) -> DAffine2 {
        // v points down in a picture, so what looks counter-clockwise there is a negative angle in the plane.
        let [scale, offset] = [self.scale, self.offset].map(|v| v.map(f64::from).into());
        DAffine2::from_scale_angle_translation(scale, -f64::from(self.rotation), offset)
    }

    /// The changed coordinates.
    #[must_use]
    pub fn apply(&self, uv: [f64; 2]) -> [f64; 2] {
        self.matrix().transform_point2(uv.into()).to_array()
    }
}
