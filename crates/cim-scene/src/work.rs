//! Decoding as a piece of work that can be sent elsewhere: to a thread, or as bytes to a browser's worker and back.

use crate::{PreparedTile, prepare};
use glam::DMat4;
use serde::{Deserialize, Serialize};
use std::{borrow::Cow, collections::BTreeMap};
use tiles3d::{
    Content, DecodeError, DecodeOptions, Diagnostic,
    archive::{ArchiveError, Packed, Packing},
    content::TextureFormats,
    decode_content,
};

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
    /// How the content's bytes are packed: those of an archive's file are unpacked where the work is done.
    pub packing: Option<Packing>,
    /// Files that the content refers to, by the URI in it, or why they cannot be had.
    pub files: BTreeMap<String, Result<Packed, String>>,
}

/// What came of it.
#[derive(Debug, Serialize, Deserialize)]
pub enum Outcome {
    /// It refers to files that [`Work::files`] does not have: try again with them.
    Missing(Vec<String>),
    /// What is packed cannot be unpacked: the archive that it is from may be another by now. The diagnostic has no place.
    Damaged(Diagnostic),
    /// It is an external tileset.
    Tileset,
    /// Models ready to be drawn, and what was wrong without being fatal.
    Models(Vec<PreparedTile>, Vec<Diagnostic>),
    /// It cannot be shown; the diagnostic has no place.
    Failed(Diagnostic),
}

impl Work {
    /// Unpacks and decodes `content` and prepares it.
    #[must_use]
    pub fn run(&self, content: &[u8]) -> Outcome {
        let options = DecodeOptions {
            gltf_z_up: self.gltf_z_up,
            tile_transform: Some(self.root_from_tile),
            texture_formats: self.texture_formats,
            ..DecodeOptions::default()
        };
        let damaged = |e: &ArchiveError| Diagnostic::new("tile-broken", "", e.to_string());
        let content = match self.packing.as_ref().map(|packing| packing.unpack(content)).transpose() {
            Ok(unpacked) => unpacked.unwrap_or(Cow::Borrowed(content)),
            Err(e) => return Outcome::Damaged(damaged(&e)),
        };
        let (mut missing, mut broken) = (Vec::new(), None);
        let decoded = decode_content(&content, &options, &mut |uri: &str| match self.files.get(uri) {
            Some(known) => known.clone().and_then(|file| {
                file.unpack().map_err(|e| {
                    broken = Some(damaged(&e));
                    e.to_string()
                })
            }),
            None => {
                missing.push(uri.to_owned());
                Err("not fetched yet".to_owned())
            }
        });
        if !missing.is_empty() {
            return Outcome::Missing(missing);
        }
        if let Some(broken) = broken {
            return Outcome::Damaged(broken);
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
