//! Tile content: what its first bytes say it is, and what it decodes to.

mod container;
mod direction;
mod error;
mod features;
mod gzip;
mod material;
pub(crate) mod mips;
mod packed;
mod picture;
mod surface;
mod texel;
mod tile;

pub use crate::metadata::{ClassInfo, PropertyAttribute, PropertyInfo, PropertyTexture, TexelProperty, VertexProperty};
pub(crate) use direction::direction;
pub use error::DecodeError;
pub use features::{FeatureSet, FeatureSource, NO_FEATURE, PrimitiveProperties, Scope, UvSet};
pub use gzip::inflate;
pub use material::{Filter, Sampler, TextureRef, TextureTransform, TileMaterial, UvSlot};
pub(crate) use packed::picked;
pub use packed::{Colors, Normals};
pub use picture::{ColorSpace, Picture, PictureFormat, PictureLevel, TextureFormats};
pub use surface::TileSurfaces;
pub use texel::{TexelSource, Wrap};
pub use tile::{DecodedTile, Instance, Primitive, PrimitiveMode};

use crate::gltf;
use glam::DMat4;

/// How to read a content.
#[derive(Debug, Clone, Copy)]
pub struct DecodeOptions {
    /// The glTF is z-up already (1.0 `asset.gltfUpAxis: "Z"`).
    pub gltf_z_up: bool,
    /// Content that decodes to more is refused, bytes.
    pub max_decoded_bytes: usize,
    /// Pictures get the smaller levels that their file lacks: a third more memory, and far surfaces do not shimmer.
    /// Compressed pictures keep the levels of their file.
    pub mips: bool,
    /// The compressed formats that the device takes.
    pub texture_formats: TextureFormats,
    /// Takes the tile's frame to the Earth's (ECEF, metres): all transforms from the root to the tile multiplied. Needed
    /// by instances that stand upright where they are (`EAST_NORTH_UP` of i3dm). `None`: the tile's frame is the
    /// Earth's.
    pub tile_transform: Option<DMat4>,
}

impl Default for DecodeOptions {
    fn default() -> Self {
        Self {
            gltf_z_up: false,
            max_decoded_bytes: 512 << 20,
            mips: true,
            texture_formats: TextureFormats::default(),
            tile_transform: None,
        }
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

/// Decodes a tile's content by its first bytes: glb, b3dm, i3dm, pnts, cmpt, glTF JSON, or JSON of an external tileset;
/// any of them may be gzip-compressed.
///
/// # Errors
/// It is none of these, broken, too large, or requires something unknown.
pub fn decode_content(
    bytes: &[u8],
    options: &DecodeOptions,
    fetch: &mut FetchExternal<'_>,
) -> Result<Content, DecodeError> {
    let bytes = inflate(bytes, options.max_decoded_bytes)?;
    if let Some(json) = json(&bytes) {
        /// What tells a tileset from a glTF.
        #[derive(serde::Deserialize)]
        struct Probe {
            root: Option<serde::de::IgnoredAny>,
            meshes: Option<serde::de::IgnoredAny>,
            #[serde(default)]
            asset: serde_json::Value,
        }
        let probe: Probe = serde_json::from_slice(json).map_err(|e| DecodeError::malformed("JSON content", e))?;
        return if probe.root.is_some() {
            Ok(Content::Tileset)
        } else if probe.meshes.is_none() && probe.asset.get("version").is_none() {
            // What a server says in JSON instead of an error is not to be shown as a model of nothing.
            let message = "it is neither a tileset (no root) nor a glTF (no asset.version)";
            Err(DecodeError::malformed("JSON content", message))
        } else {
            Ok(Content::Models(vec![gltf::decode_json(json, options, fetch)?]))
        };
    }
    models(&bytes, options, fetch, 0).map(Content::Models)
}

/// Decodes binary content. `depth` is the number of composites around it.
fn models(
    bytes: &[u8],
    options: &DecodeOptions,
    fetch: &mut FetchExternal<'_>,
    depth: usize,
) -> Result<Vec<DecodedTile>, DecodeError> {
    let model = match bytes.get(..4) {
        Some(b"glTF") => gltf::decode_glb(bytes, options, fetch),
        Some(b"b3dm") => container::b3dm::decode(bytes, options, fetch),
        Some(b"i3dm") => container::i3dm::decode(bytes, options, fetch),
        Some(b"pnts") => container::pnts::decode(bytes, options),
        Some(b"cmpt") => return container::cmpt::decode(bytes, options, fetch, depth),
        Some(magic) if magic.iter().all(u8::is_ascii_alphanumeric) => {
            Err(DecodeError::Unsupported(String::from_utf8_lossy(magic).into_owned()))
        }
        _ => Err(DecodeError::Unsupported("neither glb, b3dm, i3dm, pnts, cmpt nor JSON".into())),
    }?;
    Ok(vec![model])
}

/// The text of a JSON content without its byte order mark and the space before it; `None` when it is none.
fn json(bytes: &[u8]) -> Option<&[u8]> {
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes).trim_ascii_start();
    text.starts_with(b"{").then_some(text)
}

#[cfg(test)]
mod tests;
