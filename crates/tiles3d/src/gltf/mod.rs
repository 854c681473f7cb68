//! glTF 2.0, binary and JSON, to plain arrays.

mod accessor;
mod attributes;
mod buffer;
mod draco;
mod elements;
mod features;
mod flat;
mod glb;
mod image;
mod instancing;
mod json;
mod material;
mod meshopt;
mod metadata;
mod model;
mod outline;
mod place;
mod primitive;
mod scene;
mod texture_info;
mod topology;

use crate::{
    Diagnostic,
    content::{DecodeError, DecodeOptions, DecodedTile, FetchExternal, TileMaterial},
};
use accessor::Source;
use buffer::Buffers;
pub(crate) use buffer::resolve;
use glam::{DMat4, DVec3, DVec4};
use json::Root;
use model::Model;
use serde::Deserialize as _;

const SUPPORTED: [&str; 12] = [
    "CESIUM_RTC",
    "CESIUM_primitive_outline",
    "EXT_feature_metadata",
    "EXT_instance_features",
    "EXT_mesh_features",
    "EXT_mesh_gpu_instancing",
    "EXT_meshopt_compression",
    "EXT_structural_metadata",
    "KHR_draco_mesh_compression",
    "KHR_materials_unlit",
    "KHR_mesh_quantization",
    "KHR_meshopt_compression",
];

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
    let root: Root = serde_json::from_slice(json).map_err(|e| DecodeError::malformed("glTF JSON", e))?;
    if let Some(unknown) = root.extensions_required.iter().find(|e| !SUPPORTED.contains(&e.as_str())) {
        return Err(DecodeError::UnsupportedExtension(unknown.clone()));
    }
    let buffers = Buffers::read(&root, binary, options, fetch, &mut found)?;
    let source = Source::new(&root, &buffers, options.max_decoded_bytes);
    let mut tile = DecodedTile {
        materials: root.materials.iter().map(|m| material::material(m, &root)).collect(),
        diagnostics: found,
        ..Default::default()
    };
    tile.images = image::images(&source, &mut tile.diagnostics, options, fetch)?;
    let images = tile.images.len();
    for m in &mut tile.materials {
        m.base_color_image = m.base_color_image.filter(|i| *i < images);
    }
    let default_material = tile.materials.len();
    tile.materials.push(TileMaterial::default());

    let rtc =
        root.extensions.get("CESIUM_RTC").and_then(|e| e.get("center")).and_then(|c| <[f64; 3]>::deserialize(c).ok());
    // The RTC centre is in the frame outside the axis change (its own specification), so it is added after it.
    let rtc = rtc.map(DVec3::from_array).filter(|v| v.is_finite()).unwrap_or_default();
    let axes = if options.gltf_z_up { DMat4::IDENTITY } else { Z_UP_FROM_Y_UP };

    let metadata = metadata::Metadata::read(&source, fetch, &mut tile);
    let anchor = Model { source: &source, metadata, default_material, axes, anchor: None }.build(&mut tile)?;
    tile.origin = anchor + rtc;
    let bytes = tile.byte_size();
    if bytes > options.max_decoded_bytes {
        return Err(DecodeError::TooLarge { bytes, limit: options.max_decoded_bytes });
    }
    Ok(tile)
}
