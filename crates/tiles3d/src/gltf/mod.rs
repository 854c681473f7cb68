//! glTF 2.0, binary and JSON, to plain arrays.

mod accessor;
mod attributes;
mod buffer;
mod draco;
mod elements;
mod extensions;
mod features;
#[cfg(test)]
mod fixture;
mod flat;
mod glb;
mod image;
mod instancing;
mod json;
mod legacy;
mod looks;
mod material;
mod meshopt;
mod metadata;
mod model;
mod outline;
mod pictures;
mod place;
mod primitive;
mod scene;
mod spec_gloss;
mod texture;
mod texture_info;
mod topology;
mod version;

use crate::{
    Diagnostic,
    content::{DecodeError, DecodeOptions, DecodedTile, FetchExternal},
};
use accessor::Source;
use buffer::Buffers;
pub(crate) use buffer::resolve;
pub(crate) use draco::check_version;
use glam::{DMat4, DVec3, DVec4};
use json::Root;
use looks::Looks;
use metadata::{Metadata, Schemas};
use model::Model;
use pictures::Pictures;
use serde::Deserialize as _;

/// Takes glTF's y-up to 3D Tiles' z-up: (x, y, z) becomes (x, -z, y).
const Z_UP_FROM_Y_UP: DMat4 = DMat4::from_cols(
    DVec4::new(1.0, 0.0, 0.0, 0.0),
    DVec4::new(0.0, 0.0, 1.0, 0.0),
    DVec4::new(0.0, -1.0, 0.0, 0.0),
    DVec4::new(0.0, 0.0, 0.0, 1.0),
);

/// Decodes a binary glTF.
pub(crate) fn decode_glb(
    bytes: &[u8],
    options: &DecodeOptions,
    fetch: &mut FetchExternal<'_>,
) -> Result<DecodedTile, DecodeError> {
    let mut found = Vec::new();
    let chunks = glb::chunks(bytes, &mut found)?;
    decode(chunks.json, chunks.binary, found, options, fetch)
}

/// Decodes a glTF in JSON.
pub(crate) fn decode_json(
    json: &[u8],
    options: &DecodeOptions,
    fetch: &mut FetchExternal<'_>,
) -> Result<DecodedTile, DecodeError> {
    decode(json, None, Vec::new(), options, fetch)
}

fn decode(
    json: &[u8],
    binary: Option<&[u8]>,
    mut found: Vec<Diagnostic>,
    options: &DecodeOptions,
    fetch: &mut FetchExternal<'_>,
) -> Result<DecodedTile, DecodeError> {
    let root = version::parse(json)?;
    extensions::check(&root)?;
    let buffers = Buffers::read(&root, binary, options, fetch, &mut found)?;
    let source = Source::new(&root, &buffers, options.max_decoded_bytes);
    let mut tile = DecodedTile { diagnostics: found, ..DecodedTile::default() };

    // The RTC centre is in the frame outside the axis change (its own specification), so it is added after it.
    let rtc = centre(&root, &mut tile.diagnostics);
    let axes = if options.gltf_z_up { DMat4::IDENTITY } else { Z_UP_FROM_Y_UP };

    let schemas = Schemas::read(&root, fetch, &mut tile.diagnostics);
    let mut pictures = Pictures::new(&source, options, fetch);
    let metadata = Metadata::read(schemas, &mut pictures, &mut tile);
    let mut looks = Looks::new(pictures, &mut tile);
    let anchor = Model { source: &source, metadata, looks: &mut looks, axes, anchor: None }.build(&mut tile)?;
    looks.finish(&mut tile);
    tile.origin = anchor + rtc;
    let bytes = tile.byte_size();
    if bytes > options.max_decoded_bytes {
        return Err(DecodeError::TooLarge { bytes, limit: options.max_decoded_bytes });
    }
    Ok(tile)
}

/// What positions are relative to (`CESIUM_RTC`); zero when the glTF does not say so.
fn centre(root: &Root, found: &mut Vec<Diagnostic>) -> DVec3 {
    let Some(extension) = root.extensions.get("CESIUM_RTC") else { return DVec3::ZERO };
    let center = extension.get("center").and_then(|c| <[f64; 3]>::deserialize(c).ok());
    center.map(DVec3::from_array).filter(|v| v.is_finite()).unwrap_or_else(|| {
        let message = "its center is not three numbers; the model is shown where it would be without";
        found.push(Diagnostic::new("rtc-broken", "CESIUM_RTC", message));
        DVec3::ZERO
    })
}
