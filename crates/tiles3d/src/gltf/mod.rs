//! glTF 2.0, binary and JSON, to plain arrays.

mod accessor;
mod buffer;
mod features;
mod image;
mod json;
mod material;
mod metadata;
mod primitive;
mod scene;
mod texture_info;

use crate::{
    Diagnostic,
    content::{DecodeError, DecodeOptions, DecodedTile, FetchExternal, TileMaterial},
};
use accessor::Source;
pub(crate) use buffer::resolve;
use glam::{DMat4, DVec3, DVec4};
use json::Root;
use serde::Deserialize as _;

const SUPPORTED: [&str; 6] = [
    "CESIUM_RTC",
    "EXT_feature_metadata",
    "EXT_mesh_features",
    "EXT_structural_metadata",
    "KHR_materials_unlit",
    "KHR_mesh_quantization",
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
    let word = |at: usize| {
        let b = bytes.get(at..at + 4).ok_or(DecodeError::Truncated { what: "glb" })?;
        Ok::<u32, DecodeError>(u32::from_le_bytes([b[0], b[1], b[2], b[3]]))
    };
    if bytes.get(..4) != Some(b"glTF") || word(4)? != 2 {
        return Err(DecodeError::Unsupported(format!("glTF binary version {}", word(4).unwrap_or(0))));
    }
    let (mut json, mut binary, mut at) = (None, None, 12usize);
    while at + 8 <= bytes.len() {
        let (length, kind) = (word(at)? as usize, word(at + 4)?);
        let end = (at + 8).checked_add(length).ok_or(DecodeError::Truncated { what: "glb chunk" })?;
        let chunk = bytes.get(at + 8..end).ok_or(DecodeError::Truncated { what: "glb chunk" })?;
        match kind {
            0x4E4F_534A => json = json.or(Some(chunk)),
            0x004E_4942 => binary = binary.or(Some(chunk)),
            _ => {}
        }
        at = end;
    }
    let json = json.ok_or(DecodeError::Truncated { what: "glb JSON chunk" })?;
    decode(json, binary, options, fetch)
}

/// Decodes a glTF in JSON.
pub(crate) fn decode_json(
    json: &[u8],
    options: &DecodeOptions,
    fetch: &mut FetchExternal<'_>,
) -> Result<DecodedTile, DecodeError> {
    decode(json, None, options, fetch)
}

fn decode(
    json: &[u8],
    binary: Option<&[u8]>,
    options: &DecodeOptions,
    fetch: &mut FetchExternal<'_>,
) -> Result<DecodedTile, DecodeError> {
    let root: Root = serde_json::from_slice(json).map_err(|e| DecodeError::malformed("glTF JSON", e))?;
    if let Some(unknown) = root.extensions_required.iter().find(|e| !SUPPORTED.contains(&e.as_str())) {
        return Err(DecodeError::UnsupportedExtension(unknown.clone()));
    }
    let buffers = buffer::buffers(&root, binary, options, fetch)?;
    let source = Source { root: &root, buffers: &buffers, max_bytes: options.max_decoded_bytes };
    let mut tile = DecodedTile {
        materials: root.materials.iter().map(|m| material::material(m, &root)).collect(),
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

    let mut metadata = metadata::Metadata::read(&source, fetch, &mut tile);
    let mut parts = Vec::new();
    for (node, mesh, transform) in scene::placed_meshes(&root, axes) {
        for primitive in &mesh.primitives {
            match primitive::read_primitive(&source, primitive, default_material, &mut metadata, &mut tile) {
                Ok(Some(mut part)) => {
                    part.add_node_feature(metadata.node_feature(&node.extensions));
                    parts.push((part, transform));
                }
                Ok(None) => {}
                Err(e) => tile.diagnostics.push(Diagnostic::new("primitive-broken", "glTF primitive", e.to_string())),
            }
        }
    }
    if parts.is_empty() && !tile.diagnostics.is_empty() {
        return Err(DecodeError::malformed("glTF", &tile.diagnostics[0].message));
    }
    // Positions far from zero (whole cities in ECEF) lose their precision in f32: the first vertex becomes the origin.
    let anchor = parts
        .iter()
        .find_map(|(p, m)| p.positions.first().map(|v| m.transform_point3(DVec3::from_array(*v))))
        .filter(|v| v.is_finite() && v.length() > 10_000.0)
        .unwrap_or_default();
    tile.origin = anchor + rtc;
    for (part, transform) in parts {
        tile.primitives.push(part.place(&transform, anchor));
    }
    let bytes = tile.byte_size();
    if bytes > options.max_decoded_bytes {
        return Err(DecodeError::TooLarge { bytes, limit: options.max_decoded_bytes });
    }
    Ok(tile)
}
