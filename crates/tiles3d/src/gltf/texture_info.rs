//! glTF texture infos that point at data: feature id textures and property textures.

use super::{
    pictures::Pictures,
    texture::{Place, placed, sampler},
};
use crate::content::{Sampler, TexelSource};
use serde::Deserialize;
use serde_json::{Map, Value as Json};

/// More channels than any value has bytes.
const MOST_CHANNELS: usize = 1024;

/// A texture info with channels. `EXT_feature_metadata` has the texture info in an object of its own, and letters for
/// channels.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct DataTexture {
    index: Option<usize>,
    #[serde(default)]
    tex_coord: usize,
    texture: Option<Box<DataTexture>>,
    channels: Option<Channels>,
    #[serde(default)]
    extensions: Map<String, Json>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Channels {
    Numbers(Vec<u8>),
    Letters(String),
}

/// Where the data of a texture info lies.
pub(super) fn texels(json: &Json, pictures: &mut Pictures<'_, '_, '_>) -> Result<TexelSource, String> {
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
    let (index, tex_coord, extensions) = match texture {
        Some(inner) => (inner.index, inner.tex_coord, inner.extensions),
        None => (index, tex_coord, extensions),
    };
    let root = pictures.source().root;
    let texture = index.filter(|i| *i < root.textures.len()).ok_or("there is no such texture")?;
    let image = pictures.data_of(texture).ok_or("its texture has no picture that can be read")?;
    let Sampler { wrap_s, wrap_t, .. } = sampler(texture, root);
    let Place { set, transform } = placed(tex_coord, &extensions);
    let texcoord = u32::try_from(set).map_err(|e| e.to_string())?;
    Ok(TexelSource { image, texcoord, channels, wrap: [wrap_s, wrap_t], transform })
}
