//! Materials of a glTF, whatever their workflow.

use super::{
    json::{Material, SpecularGlossiness, TextureInfo},
    legacy,
    pictures::Pictures,
    spec_gloss::SpecGloss,
    texture::{Coordinates, Placed},
};
use crate::content::{ColorSpace, TileMaterial};
use serde::Deserialize as _;
use serde_json::Value;

/// A material, and what its textures ask of the primitives that have it.
pub(super) struct Look {
    pub(super) material: TileMaterial,
    pub(super) coordinates: Coordinates,
}

/// What the workflows differ in.
pub(super) struct Base {
    pub(super) color: [f32; 4],
    pub(super) color_texture: Option<Placed>,
    pub(super) metallic: f32,
    pub(super) roughness: f32,
    pub(super) metallic_roughness_texture: Option<Placed>,
    /// Emission and its texture, where the workflow has its own.
    pub(super) emissive: Option<([f32; 3], Option<TextureInfo>)>,
    pub(super) unlit: bool,
    pub(super) blend: bool,
    pub(super) double_sided: bool,
}

impl Default for Base {
    fn default() -> Self {
        Self {
            color: [1.0; 4],
            color_texture: None,
            metallic: 1.0,
            roughness: 1.0,
            metallic_roughness_texture: None,
            emissive: None,
            unlit: false,
            blend: false,
            double_sided: false,
        }
    }
}

/// Reads materials; what two of them share is made once.
#[derive(Default)]
pub(super) struct Materials {
    spec_gloss: SpecGloss,
}

impl Materials {
    /// A material with its textures.
    pub(super) fn read(&mut self, json: &Material, index: usize, pictures: &mut Pictures<'_, '_, '_>) -> Look {
        let base = self.base(json, index, pictures);
        let mut material = plain(json);
        let mut texture = |info: &Option<TextureInfo>, space| Placed::read(info.as_ref()?, space, pictures);
        let normal = texture(&json.normal_texture, ColorSpace::Linear);
        let occlusion = texture(&json.occlusion_texture, ColorSpace::Linear);
        let emissive_info = match &base.emissive {
            Some((factor, info)) => {
                material.emissive = *factor;
                info
            }
            None => &json.emissive_texture,
        };
        let emissive = texture(emissive_info, ColorSpace::Srgb);
        if emissive_info.is_some() && emissive.is_none() {
            // The factor is white as a rule: without the texture the whole surface would glow.
            material.emissive = [0.0; 3];
        }
        let textures = [base.color_texture, base.metallic_roughness_texture, normal, occlusion, emissive];
        let (refs, coordinates) = Coordinates::assign(textures);
        [
            material.base_color_texture,
            material.metallic_roughness_texture,
            material.normal_texture,
            material.occlusion_texture,
            material.emissive_texture,
        ] = refs;
        material.base_color = base.color;
        material.metallic = base.metallic;
        material.roughness = base.roughness;
        material.unlit |= base.unlit;
        material.blend |= base.blend && material.alpha_cutoff.is_none();
        material.double_sided |= base.double_sided;
        Look { material, coordinates }
    }

    fn base(&mut self, json: &Material, index: usize, pictures: &mut Pictures<'_, '_, '_>) -> Base {
        if let Some(extension) = json.extensions.get("KHR_materials_pbrSpecularGlossiness") {
            match SpecularGlossiness::deserialize(extension) {
                Ok(json) => return self.spec_gloss.read(&json, index, pictures),
                Err(e) => pictures.note(
                    "material-broken",
                    format!("material {index}"),
                    format!("KHR_materials_pbrSpecularGlossiness: {e}; drawn as without it"),
                ),
            }
        }
        if let Some(base) = legacy::base(&json.extensions, pictures) {
            return base;
        }
        let pbr = &json.pbr_metallic_roughness;
        let mut texture = |info: &Option<TextureInfo>, space| Placed::read(info.as_ref()?, space, pictures);
        Base {
            color: finite(pbr.base_color_factor, [1.0; 4]),
            color_texture: texture(&pbr.base_color_texture, ColorSpace::Srgb),
            metallic: one(pbr.metallic_factor, 1.0),
            roughness: one(pbr.roughness_factor, 1.0),
            metallic_roughness_texture: texture(&pbr.metallic_roughness_texture, ColorSpace::Linear),
            ..Base::default()
        }
    }
}

/// A material without textures, in the workflow that every file has.
pub(super) fn plain(json: &Material) -> TileMaterial {
    let pbr = &json.pbr_metallic_roughness;
    let alpha = json.alpha_mode.as_deref().unwrap_or("OPAQUE");
    let strength = json.extensions.get("KHR_materials_emissive_strength").and_then(|e| e.get("emissiveStrength"));
    let strength = strength.and_then(Value::as_f64).map_or(1.0, |s| s.max(0.0) as f32);
    TileMaterial {
        name: json.name.clone(),
        base_color: finite(pbr.base_color_factor, [1.0; 4]),
        metallic: one(pbr.metallic_factor, 1.0),
        roughness: one(pbr.roughness_factor, 1.0),
        normal_scale: one(json.normal_texture.as_ref().and_then(|t| t.scale), 1.0),
        occlusion_strength: one(json.occlusion_texture.as_ref().and_then(|t| t.strength), 1.0),
        emissive: finite(Some(finite(json.emissive_factor, [0.0; 3]).map(|e| e * strength)), [0.0; 3]),
        alpha_cutoff: (alpha == "MASK").then_some(one(json.alpha_cutoff, 0.5)),
        blend: alpha == "BLEND",
        double_sided: json.double_sided,
        unlit: json.extensions.contains_key("KHR_materials_unlit"),
        ..TileMaterial::default()
    }
}

/// What is written, or the default where a number is too large for an f32.
pub(super) fn finite<const N: usize>(written: Option<[f32; N]>, default: [f32; N]) -> [f32; N] {
    written.filter(|v| v.iter().all(|v| v.is_finite())).unwrap_or(default)
}

fn one(written: Option<f32>, default: f32) -> f32 {
    finite(written.map(|v| [v]), [default])[0]
}

#[cfg(test)]
mod tests;
