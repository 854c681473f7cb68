//! Tile content: what its first bytes say it is, and what it decodes to.

mod container;
mod error;
mod features;
mod texel;
mod tile;

pub use crate::metadata::{ClassInfo, PropertyAttribute, PropertyInfo, PropertyTexture, TexelProperty, VertexProperty};
pub use error::DecodeError;
pub use features::{FeatureSet, FeatureSource, NO_FEATURE, PrimitiveProperties, Scope, UvSet};
pub use texel::{TexelSource, Wrap};
pub use tile::{DecodedTile, Instance, Primitive, PrimitiveMode, RgbaImage, TileMaterial};

use crate::gltf;

/// How to read a content.
#[derive(Debug, Clone, Copy)]
pub struct DecodeOptions {
    /// The glTF is z-up already (1.0 `asset.gltfUpAxis: "Z"`).
    pub gltf_z_up: bool,
    /// Content that decodes to more is refused, bytes.
    pub max_decoded_bytes: usize,
}

impl Default for DecodeOptions {
    fn default() -> Self {
        Self { gltf_z_up: false, max_decoded_bytes: 512 << 20 }
    }
}

/// A decoded content.
#[derive(Debug)]
pub enum Content {
    /// Something to draw: one model, or those of a composite.
    Models(Vec<DecodedTile>),
    /// JSON: an external tileset.
    Tileset,
}

/// Files that a glTF refers to, fetched by the caller: relative URI in, bytes or a reason out.
pub type FetchExternal<'a> = dyn FnMut(&str) -> Result<Vec<u8>, String> + 'a;

/// Decodes a tile's content by its first bytes: glb, b3dm, glTF JSON, or JSON of an external tileset.
///
/// # Errors
/// It is none of these, broken, too large, or requires something unknown.
pub fn decode_content(
    bytes: &[u8],
    options: &DecodeOptions,
    fetch: &mut FetchExternal<'_>,
) -> Result<Content, DecodeError> {
    let model = |tile| Ok(Content::Models(vec![tile]));
    match bytes.get(..4) {
        Some(b"glTF") => model(gltf::decode_glb(bytes, options, fetch)?),
        Some(b"b3dm") => model(container::b3dm::decode(bytes, options, fetch)?),
        Some(magic @ (b"i3dm" | b"pnts" | b"cmpt" | b"subt")) => {
            Err(DecodeError::Unsupported(String::from_utf8_lossy(magic).into_owned()))
        }
        _ => {
            let start = bytes.iter().position(|b| !b.is_ascii_whitespace() && !b"\xef\xbb\xbf".contains(b));
            if start.and_then(|i| bytes.get(i)) != Some(&b'{') {
                return Err(DecodeError::Unsupported("neither glb, b3dm nor JSON".into()));
            }
            let json: serde_json::Value =
                serde_json::from_slice(bytes).map_err(|e| DecodeError::malformed("JSON content", e))?;
            if json.get("root").is_some() {
                Ok(Content::Tileset)
            } else {
                model(gltf::decode_json(bytes, options, fetch)?)
            }
        }
    }
}

#[cfg(test)]
mod tests;
