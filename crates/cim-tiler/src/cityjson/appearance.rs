//! Appearances of CityJSON (2.0, 6): the colours and pictures of surfaces, in the default theme or the first there is.

use super::{document::Geometry, geometry::Lists};
use crate::{
    citymodel::Defect,
    picture::{Pictures, Texture, Wrap, byte},
};
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Appearance {
    materials: Vec<Material>,
    textures: Vec<Picture>,
    #[serde(rename = "vertices-texture")]
    vertices: Vec<[f64; 2]>,
    #[serde(rename = "default-theme-material")]
    material_theme: Option<String>,
    #[serde(rename = "default-theme-texture")]
    texture_theme: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Material {
    diffuse_color: Option<[f64; 3]>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Picture {
    image: String,
    wrap_mode: Option<String>,
    border_color: Option<Vec<f64>>,
}

/// What a geometry says of its surfaces in a theme: one number for all of them, or lists nested as its boundaries.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Theme {
    value: Option<usize>,
    values: Value,
}

impl Appearance {
    /// Whether nothing is in it.
    pub(super) fn is_empty(&self) -> bool {
        self.materials.is_empty() && self.textures.is_empty()
    }
}

/// The themes of a geometry that are shown.
pub(super) struct Looks<'a> {
    appearance: &'a Appearance,
    material: Option<&'a Theme>,
    texture: Option<&'a Theme>,
    pictures: &'a mut Pictures,
}

impl<'a> Looks<'a> {
    pub(super) fn new(appearance: &'a Appearance, geometry: &'a Geometry, pictures: &'a mut Pictures) -> Self {
        let material = theme(&geometry.material, appearance.material_theme.as_deref());
        let texture = theme(&geometry.texture, appearance.texture_theme.as_deref());
        Self { appearance, material, texture, pictures }
    }

    /// Its lists beside the boundaries.
    pub(super) fn lists(&self, geometry: &'a Geometry) -> Lists<'a> {
        Lists {
            boundaries: &geometry.boundaries,
            meaning: &geometry.semantics.values,
            material: self.material.map_or(&Value::Null, |t| &t.values),
            texture: self.texture.map_or(&Value::Null, |t| &t.values),
        }
    }

    /// The colour of a surface with this entry in its material's list.
    pub(super) fn color(&self, entry: &Value) -> Option<[u8; 3]> {
        let number = self.material?.value.or_else(|| usize::try_from(entry.as_u64()?).ok())?;
        Some(self.appearance.materials.get(number)?.diffuse_color?.map(byte))
    }

    /// The picture on a surface of rings with so many corners, with this entry in its texture's list.
    pub(super) fn texture(
        &mut self,
        entry: &Value,
        corners: &[Vec<usize>],
        defects: &mut Vec<Defect>,
    ) -> Option<Texture> {
        let rings = entry.as_array()?;
        // Of surfaces without a picture (6.4): a list of nothing for every ring.
        let numbers: Vec<Option<u64>> = rings.iter().map(|r| r.get(0).and_then(Value::as_u64)).collect();
        let first = numbers.iter().flatten().next().copied()?;
        let placed = usize::try_from(first).ok().and_then(|first| self.appearance.textures.get(first));
        let uvs: Option<Vec<_>> =
            corners.iter().enumerate().map(|(i, corners)| self.ring(rings.get(i)?, first, corners.len())).collect();
        let (Some(named), Some(uvs)) = (placed, uvs) else {
            defects.push(Defect::PictureUnplaced);
            return None;
        };
        let wrap = Wrap::named(named.wrap_mode.as_deref().unwrap_or_default(), named.border_color.as_deref());
        match self.pictures.find(&named.image, wrap) {
            Ok(picture) => {
                let texture = Texture::new(picture, uvs);
                if texture.is_none() {
                    defects.push(Defect::PictureUnplaced);
                }
                texture
            }
            Err(defect) => {
                defects.push(defect);
                None
            }
        }
    }

    /// The number of a picture, then those of the corners' texture coordinates.
    fn ring(&self, entry: &Value, picture: u64, corners: usize) -> Option<Vec<[f32; 2]>> {
        let (first, rest) = entry.as_array()?.split_first()?;
        if first.as_u64() != Some(picture) || rest.len() != corners {
            return None;
        }
        let uv = |number: &Value| {
            let uv = self.appearance.vertices.get(usize::try_from(number.as_u64()?).ok()?)?;
            Some(uv.map(|c| c as f32))
        };
        rest.iter().map(uv).collect()
    }
}

fn theme<'a>(themes: &'a BTreeMap<String, Theme>, usual: Option<&str>) -> Option<&'a Theme> {
    usual.and_then(|name| themes.get(name)).or_else(|| themes.values().next())
}
