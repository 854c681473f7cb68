//! glTF texture infos that point at data: feature id textures and property textures.

use super::json::Root;
use crate::content::{TexelSource, Wrap};
use serde::Deserialize;
use serde_json::Value as Json;

/// More channels than any value has bytes.
const MOST_CHANNELS: usize = 1024;

/// A texture info with channels. `EXT_feature_metadata` has the texture info in an object of its own, and letters for
/// channels.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct DataTexture {
    index: Option<usize>,
    #[serde(default)]
    tex_coord: u32,
    texture: Option<Box<DataTexture>>,
    channels: Option<Channels>,
    #[serde(default)]
    extensions: Extensions,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Channels {
    Numbers(Vec<u8>),
    Letters(String),
}

#[derive(Debug, Default, Deserialize)]
struct Extensions {
    #[serde(rename = "KHR_texture_transform")]
    transform: Option<Transform>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Transform {
    offset: [f32; 2],
    rotation: f32,
    scale: [f32; 2],
    tex_coord: Option<u32>,
}

impl Default for Transform {
    fn default() -> Self {
        Self { offset: [0.0; 2], rotation: 0.0, scale: [1.0; 2], tex_coord: None }
    }
}

/// Where the data of a texture info lies. `images` is how many pictures there are.
pub(super) fn texels(root: &Root, json: &Json, images: usize) -> Result<TexelSource, String> {
    let outer = DataTexture::deserialize(json).map_err(|e| e.to_string())?;
    let channels = match outer.channels {
        Some(Channels::Numbers(numbers)) => numbers,
        Some(Channels::Letters(letters)) => letters.chars().map(|c| "rgba".find(c).map_or(4, |i| i as u8)).collect(),
        None => vec![0],
    };
    if channels.is_empty() || channels.len() > MOST_CHANNELS || channels.iter().any(|c| *c > 3) {
        return Err("its channels are not of red, green, blue and alpha (0 to 3)".into());
    }
    let DataTexture { index, tex_coord, texture, extensions, .. } = outer;
    let (index, tex_coord, transform) = match texture {
        Some(inner) => (inner.index, inner.tex_coord, inner.extensions.transform),
        None => (index, tex_coord, extensions.transform),
    };
    let texture = index.and_then(|i| root.textures.get(i)).ok_or("there is no such texture")?;
    let image = texture.source.filter(|i| *i < images).ok_or("its texture has no picture that can be read")?;
    let sampler = texture.sampler.and_then(|i| root.samplers.get(i));
    let wrap = sampler.map_or_else(Default::default, |s| [wrap(s.wrap_s), wrap(s.wrap_t)]);
    let texcoord = transform.as_ref().and_then(|t| t.tex_coord).unwrap_or(tex_coord);
    Ok(TexelSource { image, texcoord, channels, wrap, transform: transform.map(|t| t.matrix()) })
}

impl Transform {
    /// Scaled, then turned counter-clockwise as seen on the picture, then moved (`KHR_texture_transform`).
    fn matrix(&self) -> [[f32; 3]; 2] {
        let (sin, cos) = self.rotation.sin_cos();
        let [u, v] = self.scale;
        [[cos * u, sin * v, self.offset[0]], [-sin * u, cos * v, self.offset[1]]]
    }
}

fn wrap(mode: Option<u32>) -> Wrap {
    match mode {
        Some(33071) => Wrap::Clamp,
        Some(33648) => Wrap::Mirror,
        _ => Wrap::Repeat,
    }
}
