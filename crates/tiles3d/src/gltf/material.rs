//! Materials of a glTF.

use super::json::{Material, Root};
use crate::content::TileMaterial;

pub(super) fn material(m: &Material, root: &Root) -> TileMaterial {
    let pbr = &m.pbr_metallic_roughness;
    let image = pbr.base_color_texture.as_ref().and_then(|t| root.textures.get(t.index)).and_then(|t| t.source);
    let alpha = m.alpha_mode.as_deref().unwrap_or("OPAQUE");
    TileMaterial {
        name: m.name.clone(),
        base_color: pbr.base_color_factor.unwrap_or([1.0; 4]),
        base_color_image: image,
        metallic: pbr.metallic_factor.unwrap_or(1.0),
        roughness: pbr.roughness_factor.unwrap_or(1.0),
        emissive: m.emissive_factor.unwrap_or_default(),
        alpha_cutoff: (alpha == "MASK").then_some(m.alpha_cutoff.unwrap_or(0.5)),
        blend: alpha == "BLEND",
        double_sided: m.double_sided,
        unlit: m.extensions.contains_key("KHR_materials_unlit"),
    }
}
