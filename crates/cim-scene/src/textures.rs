//! How the textures of a material lie on one primitive, in the two sets of coordinates that a graphics card gets.

use tiles3d::content::{NO_FEATURE, Primitive, TextureRef, TextureTransform, TileMaterial, UvSlot};

/// A material whose textures take their coordinates as they are, and those coordinates.
pub(crate) struct Laid {
    pub(crate) material: TileMaterial,
    /// By vertex; empty without textures.
    pub(crate) first: Vec<[f32; 2]>,
    /// By vertex; empty when all textures take the first ones.
    pub(crate) second: Vec<[f32; 2]>,
}

/// Lays the textures of a material on a primitive, the base colour first. The second set of coordinates shares its place
/// with the features' numbers: of a primitive that has features, and where textures lie in more than two ways, the
/// textures beyond are left out. They are details of light; the colours stay.
pub(crate) fn lay(material: &TileMaterial, p: &Primitive) -> Laid {
    let mut material = material.clone();
    let most = if p.feature_ids.iter().any(|f| *f != NO_FEATURE) || p.instances.is_some() { 1 } else { 2 };
    let mut ways: Vec<(UvSlot, Option<TextureTransform>)> = Vec::new();
    let mut sets = Vec::new();
    for slot in [
        &mut material.base_color_texture,
        &mut material.emissive_texture,
        &mut material.normal_texture,
        &mut material.metallic_roughness_texture,
        &mut material.occlusion_texture,
    ] {
        let Some(texture) = slot else { continue };
        let way = (texture.uvs, texture.transform);
        let at = ways.iter().position(|w| *w == way).or_else(|| {
            let coordinates = coordinates(texture, p)?;
            (ways.len() < most).then(|| {
                ways.push(way);
                sets.push(coordinates);
                ways.len() - 1
            })
        });
        match at {
            Some(at) => {
                texture.uvs = if at == 0 { UvSlot::First } else { UvSlot::Second };
                texture.transform = None;
            }
            None => *slot = None,
        }
    }
    let mut sets = sets.into_iter();
    Laid { material, first: sets.next().unwrap_or_default(), second: sets.next().unwrap_or_default() }
}

/// The coordinates of a texture with its transform done; `None` when the primitive lacks them.
fn coordinates(texture: &TextureRef, p: &Primitive) -> Option<Vec<[f32; 2]>> {
    let uvs = texture.coordinates(p);
    if uvs.len() != p.positions.len() {
        return None;
    }
    Some(match texture.transform {
        Some(transform) => uvs.iter().map(|uv| transform.apply(uv.map(f64::from)).map(|v| v as f32)).collect(),
        None => uvs.to_vec(),
    })
}
