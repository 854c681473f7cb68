//! Materials from before metallic-roughness that live on in glTF 2.0: `KHR_materials_common` and
//! `KHR_techniques_webgl`. Their shaders are not run: the colour that they start from is what a city needs.

use super::{
    json::TextureInfo,
    material::{Base, finite},
    pictures::Pictures,
    texture::Placed,
};
use crate::content::ColorSpace;
use serde::Deserialize as _;
use serde_json::{Map, Value};

/// The material of one of the two extensions, if there is one.
pub(super) fn base(extensions: &Map<String, Value>, pictures: &mut Pictures<'_, '_, '_>) -> Option<Base> {
    extensions
        .get("KHR_materials_common")
        .map(|e| common(e, pictures))
        .or_else(|| extensions.get("KHR_techniques_webgl").map(|e| technique(e, pictures)))
}

/// `KHR_materials_common`: Lambert, Phong, Blinn or constant.
fn common(extension: &Value, pictures: &mut Pictures<'_, '_, '_>) -> Base {
    let values = extension.get("values").unwrap_or(extension);
    let number = |name: &str| values.get(name).and_then(Value::as_f64).map(|v| v as f32);
    let flag =
        |name: &str| [values, extension].iter().find_map(|v| v.get(name)).and_then(Value::as_bool).unwrap_or(false);
    let (color, texture) = values.get("diffuse").map(paint).unwrap_or_default();
    let mut base = Base { metallic: 0.0, ..Base::default() };
    base.color = color.unwrap_or([1.0; 4]);
    base.color[3] *= number("transparency").unwrap_or(1.0).clamp(0.0, 1.0);
    base.color_texture = texture.and_then(|t| Placed::read(&t, ColorSpace::Srgb, pictures));
    if let Some((color, texture)) = values.get("emission").map(paint) {
        let [r, g, b, _] = color.unwrap_or(if texture.is_some() { [1.0; 4] } else { [0.0; 4] });
        base.emissive = Some(([r, g, b], texture));
    }
    let shiny = extension.get("technique").and_then(Value::as_str).is_some_and(|t| t == "PHONG" || t == "BLINN");
    if let Some(shininess) = number("shininess").filter(|s| shiny && *s > 0.0) {
        // The highlight of a Blinn-Phong exponent is as wide as that of this roughness (Karis 2013).
        base.roughness = (2.0 / (shininess + 2.0)).powf(0.25);
    }
    base.unlit = extension.get("technique").and_then(Value::as_str) == Some("CONSTANT");
    base.blend = flag("transparent") || base.color[3] < 1.0;
    base.double_sided = flag("doubleSided");
    base
}

/// `KHR_techniques_webgl`: the uniforms have any name, but exporters agree on a few.
fn technique(extension: &Value, pictures: &mut Pictures<'_, '_, '_>) -> Base {
    let none = Map::new();
    let values = extension.get("values").and_then(Value::as_object).unwrap_or(&none);
    let known = |names: &[&str]| names.iter().filter_map(|n| values.get(*n)).map(paint).collect::<Vec<_>>();
    let mut paints = known(&["u_diffuse", "diffuse", "u_diffuse_mat", "u_tex", "u_diffuse_tex", "diffuseTex"]);
    paints.extend(values.iter().filter(|(n, _)| n.to_ascii_lowercase().contains("diffuse")).map(|(_, v)| paint(v)));
    let color = paints.iter().find_map(|p| p.0);
    // Unlit models have their only texture in the emission.
    paints.extend(known(&["u_emission"]));
    let texture = paints.into_iter().find_map(|p| p.1);
    let mut base = Base { metallic: 0.0, ..Base::default() };
    base.color = color.unwrap_or([1.0; 4]);
    base.color_texture = texture.and_then(|t| Placed::read(&t, ColorSpace::Srgb, pictures));
    base.blend = base.color[3] < 1.0;
    base
}

/// A value that is a colour or a texture.
fn paint(value: &Value) -> (Option<[f32; 4]>, Option<TextureInfo>) {
    let color = <[f32; 4]>::deserialize(value)
        .ok()
        .or_else(|| <[f32; 3]>::deserialize(value).ok().map(|[r, g, b]| [r, g, b, 1.0]));
    let texture = TextureInfo::deserialize(value).ok().filter(|_| value.is_object());
    (color.map(|c| finite(Some(c), [1.0; 4])), texture)
}
