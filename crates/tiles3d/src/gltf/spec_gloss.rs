//! `KHR_materials_pbrSpecularGlossiness` in metallic-roughness terms.
//!
//! The same surface, seen from the other workflow: a dielectric reflects 4 % of the light in no colour and shows its
//! diffuse colour, a metal reflects in its colour and shows no other. The share of metal follows from a quadratic
//! equation for the brightness of the two colours (the conversion in the extension's own examples).

use super::{
    json::{SpecularGlossiness, TextureInfo},
    material::Base,
    pictures::Pictures,
    texture::{Placed, has_coordinates, place},
};
use crate::content::{
    ColorSpace, DecodeError, Picture, PictureFormat,
    mips::{linear_to_srgb, srgb_to_linear},
};
use std::{collections::BTreeMap, rc::Rc};

/// What a dielectric reflects head-on.
const DIELECTRIC: f32 = 0.04;
const EPSILON: f32 = 1e-6;

/// A surface in metallic-roughness terms; colours are linear.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Metal {
    pub(super) color: [f32; 3],
    pub(super) metallic: f32,
}

/// Converts linear diffuse and specular colours.
pub(super) fn convert(diffuse: [f32; 3], specular: [f32; 3]) -> Metal {
    let strength = 1.0 - specular.into_iter().fold(0.0, f32::max);
    let metallic = solve_metallic(brightness(diffuse), brightness(specular), strength);
    let color = std::array::from_fn(|k| {
        let from_diffuse = diffuse[k] * strength / (1.0 - DIELECTRIC) / (1.0 - metallic).max(EPSILON);
        let from_specular = (specular[k] - DIELECTRIC * (1.0 - metallic)) / metallic.max(EPSILON);
        let share = metallic * metallic;
        (from_diffuse + (from_specular - from_diffuse) * share).clamp(0.0, 1.0)
    });
    Metal { color, metallic }
}

/// How bright a colour seems.
fn brightness([r, g, b]: [f32; 3]) -> f32 {
    (0.299 * r * r + 0.587 * g * g + 0.114 * b * b).sqrt()
}

fn solve_metallic(diffuse: f32, specular: f32, strength: f32) -> f32 {
    if specular < DIELECTRIC {
        return 0.0;
    }
    let a = DIELECTRIC;
    let b = diffuse * strength / (1.0 - DIELECTRIC) + specular - 2.0 * DIELECTRIC;
    let c = DIELECTRIC - specular;
    let root = (b * b - 4.0 * a * c).max(0.0).sqrt();
    ((root - b) / (2.0 * a)).clamp(0.0, 1.0)
}

/// The pictures that a conversion makes: base colour, metallic and roughness.
type Pair = (Option<usize>, usize);
/// Textures and the bits of the factors: what a conversion depends on.
type Key = (Option<usize>, usize, [u32; 8]);

/// Converts materials; those with the same textures and factors share the pictures.
#[derive(Default)]
pub(super) struct SpecGloss {
    made: BTreeMap<Key, Option<Pair>>,
}

struct Factors {
    diffuse: [f32; 4],
    specular: [f32; 3],
    glossiness: f32,
}

impl SpecGloss {
    pub(super) fn read(
        &mut self,
        json: &SpecularGlossiness,
        index: usize,
        pictures: &mut Pictures<'_, '_, '_>,
    ) -> Base {
        let unit = |v: f32| if v.is_finite() { v.clamp(0.0, 1.0) } else { 1.0 };
        let factors = Factors {
            diffuse: json.diffuse_factor.unwrap_or([1.0; 4]).map(unit),
            specular: json.specular_factor.unwrap_or([1.0; 3]).map(unit),
            glossiness: unit(json.glossiness_factor.unwrap_or(1.0)),
        };
        let mut usable = |info: &Option<TextureInfo>| info.clone().filter(|t| has_coordinates(t, pictures));
        let (diffuse, glossy) = (usable(&json.diffuse_texture), usable(&json.specular_glossiness_texture));
        if let Some(glossy) = &glossy
            && let Some(base) = self.textured(&factors, diffuse.as_ref(), glossy, index, pictures)
        {
            return base;
        }
        // Without a texture for it, what reflects is the same everywhere: a factor says it all. With a diffuse texture
        // the share of metal is that of its factor, as if the texture were white.
        let [r, g, b, a] = factors.diffuse;
        let metal = convert([r, g, b], factors.specular);
        let color_texture = diffuse.and_then(|t| Placed::read(&t, ColorSpace::Srgb, pictures));
        let [r, g, b] = metal.color;
        Base {
            color: [r, g, b, a],
            color_texture,
            metallic: metal.metallic,
            roughness: 1.0 - factors.glossiness,
            ..Base::default()
        }
    }

    /// A material with a specular-glossiness texture; `None` when its picture cannot be had.
    fn textured(
        &mut self,
        factors: &Factors,
        diffuse: Option<&TextureInfo>,
        glossy: &TextureInfo,
        index: usize,
        pictures: &mut Pictures<'_, '_, '_>,
    ) -> Option<Base> {
        // Pixels belong together only where both textures lie alike.
        let together = diffuse.filter(|d| place(d) == place(glossy));
        let ([r, g, b, a], [x, y, z]) = (factors.diffuse, factors.specular);
        let bits = [r, g, b, a, x, y, z, factors.glossiness].map(f32::to_bits);
        let key = (together.map(|d| d.index), glossy.index, bits);
        let pair = match self.made.get(&key) {
            Some(known) => *known,
            None => {
                let pair = make(factors, together, diffuse.is_none(), glossy, index, pictures);
                self.made.insert(key, pair);
                pair
            }
        };
        let (color, metallic_roughness) = pair?;
        let root = pictures.source().root;
        let mut base =
            Base { metallic_roughness_texture: Some(Placed::new(metallic_roughness, glossy, root)), ..Base::default() };
        match color {
            // The factors are in the pixels.
            Some(image) => base.color_texture = Some(Placed::new(image, together.unwrap_or(glossy), root)),
            None => {
                base.color = factors.diffuse;
                base.color_texture = diffuse.and_then(|t| Placed::read(t, ColorSpace::Srgb, pictures));
            }
        }
        Some(base)
    }
}

/// Makes the pictures; only metallic and roughness when the diffuse texture lies otherwise than the other one.
fn make(
    factors: &Factors,
    diffuse: Option<&TextureInfo>,
    plain: bool,
    glossy: &TextureInfo,
    index: usize,
    pictures: &mut Pictures<'_, '_, '_>,
) -> Option<Pair> {
    let glossy = pictures.exact(glossy.index)?;
    let diffuse = match diffuse {
        Some(info) => Some(pictures.exact(info.index)?),
        None => None,
    };
    let light: [f32; 256] = std::array::from_fn(|v| srgb_to_linear(v as f64 / 255.0) as f32);
    let pixels = Pixels { factors, diffuse: diffuse.clone(), glossy: glossy.clone(), light: &light };
    let add = |pictures: &mut Pictures<'_, '_, '_>, picture: Picture| match pictures.add(picture) {
        Ok(image) => Some(image),
        Err(e) => {
            note(pictures, index, &e);
            None
        }
    };
    let metallic_roughness = add(pictures, pixels.metallic_roughness())?;
    let color = match (&diffuse, plain) {
        (Some(like), _) => Some(add(pictures, pixels.color(like))?),
        (None, true) => Some(add(pictures, pixels.color(&glossy))?),
        (None, false) => None,
    };
    Some((color, metallic_roughness))
}

fn note(pictures: &mut Pictures<'_, '_, '_>, index: usize, e: &DecodeError) {
    let message = format!("specular-glossiness texture: {e}; drawn without it");
    pictures.note("material-texture-dropped", format!("material {index}"), message);
}

/// The two pictures of a material with its factors.
struct Pixels<'a> {
    factors: &'a Factors,
    diffuse: Option<Rc<Picture>>,
    glossy: Rc<Picture>,
    light: &'a [f32; 256],
}

impl Pixels<'_> {
    /// Roughness in G, metallic in B; as large as the specular-glossiness picture.
    fn metallic_roughness(&self) -> Picture {
        self.map(&self.glossy, ColorSpace::Linear, |metal, _, glossiness| {
            [255, byte(1.0 - glossiness), byte(metal.metallic), 255]
        })
    }

    /// Base colour and alpha; as large as `like`.
    fn color(&self, like: &Picture) -> Picture {
        let code: Vec<u8> = (0..=4096).map(|i| byte(linear_to_srgb(f64::from(i) / 4096.0) as f32)).collect();
        self.map(like, ColorSpace::Srgb, |metal, alpha, _| {
            let [r, g, b] = metal.color.map(|c| code[((c * 4096.0).round() as usize).min(4096)]);
            [r, g, b, byte(alpha)]
        })
    }

    fn map(&self, like: &Picture, space: ColorSpace, pixel: impl Fn(Metal, f32, f32) -> [u8; 4]) -> Picture {
        let (width, height) = (like.width, like.height);
        let mut data = Vec::with_capacity(PictureFormat::Rgba8.level_bytes(width, height));
        let lit = |rgb: [u8; 3]| rgb.map(|v| self.light[usize::from(v)]);
        let f = self.factors;
        // Neighbours are often equal, and the equation is the dear part.
        let mut last = None;
        for y in 0..height {
            for x in 0..width {
                let at = |p: &Picture| {
                    let scale = |i: u32, to: u32, of: u32| (u64::from(i) * u64::from(to) / u64::from(of)) as u32;
                    p.pixel(scale(x, p.width, width), scale(y, p.height, height)).unwrap_or([255; 4])
                };
                let texels = (self.diffuse.as_deref().map_or([255; 4], at), at(&self.glossy));
                let ([dr, dg, db, da], [sr, sg, sb, gloss]) = texels;
                let metal = match last {
                    Some((known, metal)) if known == texels => metal,
                    _ => {
                        let (d, s) = (lit([dr, dg, db]), lit([sr, sg, sb]));
                        let diffuse = std::array::from_fn(|k| d[k] * f.diffuse[k]);
                        convert(diffuse, std::array::from_fn(|k| s[k] * f.specular[k]))
                    }
                };
                last = Some((texels, metal));
                let (alpha, glossiness) = (f32::from(da) / 255.0, f32::from(gloss) / 255.0);
                data.extend(pixel(metal, alpha * f.diffuse[3], glossiness * f.glossiness));
            }
        }
        Picture { width, height, format: PictureFormat::Rgba8, space, levels: 1, data }
    }
}

fn byte(v: f32) -> u8 {
    (v.clamp(0.0, 1.0) * 255.0).round() as u8
}

#[cfg(test)]
mod tests;
