//! Decoding as a piece of work that can be sent elsewhere: to a thread, or as bytes to a browser's worker and back.

use crate::{PreparedTile, prepare};
use glam::DMat4;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use tiles3d::{Content, DecodeError, DecodeOptions, Diagnostic, content::TextureFormats, decode_content};

/// How a content is to be decoded, beside its bytes.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Work {
    /// Takes the tile's frame to site metres in render axes.
    pub render_from_tile: DMat4,
    /// Takes the tile's frame to the tileset's root frame: what stands upright on the globe needs to know where it is.
    pub root_from_tile: DMat4,
    /// The glTF is z-up already (1.0 `asset.gltfUpAxis: "Z"`).
    pub gltf_z_up: bool,
    /// The compressed pictures that the device takes.
    pub texture_formats: TextureFormats,
    /// Files that the content refers to, by the URI in it: their bytes, or why they cannot be had.
    pub files: BTreeMap<String, Result<Vec<u8>, String>>,
}

/// What came of it.
#[derive(Debug, Serialize, Deserialize)]
pub enum Outcome {
    /// It refers to files that [`Work::files`] does not have: try again with them.
    Missing(Vec<String>),
    /// It is an external tileset.
    Tileset,
    /// Models ready to be drawn, and what was wrong without being fatal.
    Models(Vec<PreparedTile>, Vec<Diagnostic>),
    /// It cannot be shown; the diagnostic has no place.
    Failed(Diagnostic),
}

impl Work {
    /// Decodes `content` and prepares it.
    #[must_use]
    pub fn run(&self, content: &[u8]) -> Outcome {
        let options = DecodeOptions {
            gltf_z_up: self.gltf_z_up,
            tile_transform: Some(self.root_from_tile),
            texture_formats: self.texture_formats,
            ..DecodeOptions::default()
        };
        let mut missing = Vec::new();
        let decoded = decode_content(content, &options, &mut |uri: &str| match self.files.get(uri) {
            Some(known) => known.clone(),
            None => {
                missing.push(uri.to_owned());
                Err("not fetched yet".to_owned())
            }
        });
        if !missing.is_empty() {
            return Outcome::Missing(missing);
        }
        match decoded {
            Ok(Content::Tileset) => Outcome::Tileset,
            Ok(Content::Models(mut tiles)) => {
                let defects = tiles.iter_mut().flat_map(|t| std::mem::take(&mut t.diagnostics)).collect();
                Outcome::Models(tiles.into_iter().map(|t| prepare(t, &self.render_from_tile)).collect(), defects)
            }
            Err(error) => Outcome::Failed(Diagnostic::new(code(&error), "", error.to_string())),
        }
    }
}

fn code(error: &DecodeError) -> &'static str {
    match error {
        DecodeError::TooLarge { .. } => "tile-too-large",
        DecodeError::Unsupported(_) | DecodeError::UnsupportedExtension(_) => "tile-unsupported",
        _ => "tile-broken",
    }
}

/// As bytes, for a worker or from one.
///
/// # Errors
/// Never for what this crate made.
pub fn to_bytes<T: Serialize>(value: &T) -> Result<Vec<u8>, String> {
    postcard::to_allocvec(value).map_err(|e| e.to_string())
}

/// Back from bytes.
///
/// # Errors
/// They are not what [`to_bytes`] made of the same version of this crate.
pub fn from_bytes<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Result<T, String> {
    postcard::from_bytes(bytes).map_err(|e| e.to_string())
}
