//! glTF 2.0, binary and JSON, to plain arrays.

mod accessor;
mod buffer;
mod extensions;
#[cfg(test)]
mod fixture;
mod image;
mod json;
mod legacy;
mod material;
mod pictures;
mod primitive;
mod scene;
mod spec_gloss;
mod texture;
mod version;

use crate::{
    Diagnostic,
    content::{DecodeError, DecodeOptions, DecodedTile, FetchExternal, TileMaterial},
    metadata::{PropertyTable, Schema},
};
use accessor::Source;
use glam::{DMat4, DVec3, DVec4};
use material::{Look, Materials};
use pictures::Pictures;
use serde::Deserialize as _;
use texture::Coordinates;

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
    if bytes.get(..4) != Some(b"glTF") {
        return Err(DecodeError::malformed("glb", "it does not begin with \"glTF\""));
    }
    if word(4)? != 2 {
        return Err(version::unread(&format!("{}.0", word(4)?)));
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
    let root = version::parse(json)?;
    extensions::check(&root)?;
    let buffers = buffer::buffers(&root, binary, options, fetch)?;
    let source = Source { root: &root, buffers: &buffers, max_bytes: options.max_decoded_bytes };
    let mut tile = DecodedTile::default();
    let default_material = root.materials.len();

    let rtc =
        root.extensions.get("CESIUM_RTC").and_then(|e| e.get("center")).and_then(|c| <[f64; 3]>::deserialize(c).ok());
    // The RTC centre is in the frame outside the axis change (its own specification), so it is added after it.
    let rtc = rtc.map(DVec3::from_array).filter(|v| v.is_finite()).unwrap_or_default();
    let axes = if options.gltf_z_up { DMat4::IDENTITY } else { Z_UP_FROM_Y_UP };

    let mut table = None;
    let mut parts = Vec::new();
    for (mesh, transform) in scene::placed_meshes(&root, axes) {
        for primitive in &mesh.primitives {
            match primitive::read_primitive(&source, primitive, default_material, &mut table, &mut tile.diagnostics) {
                Ok(Some(part)) => parts.push((part, transform)),
                Ok(None) => {}
                Err(e) => tile.diagnostics.push(Diagnostic::new("primitive-broken", "glTF primitive", e.to_string())),
            }
        }
    }
    if parts.is_empty() && !tile.diagnostics.is_empty() {
        return Err(DecodeError::malformed("glTF", &tile.diagnostics[0].message));
    }
    let mut pictures = Pictures::new(&source, options, fetch);
    looks(&source, &mut parts, &mut tile, &mut pictures);
    let (images, mut found) = pictures.finish();
    tile.images = images;
    tile.diagnostics.append(&mut found);
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
    if let Some(index) = table {
        match property_table(&source, index, &mut tile.diagnostics) {
            Ok(t) => {
                tile.features.push_properties(t);
            }
            Err(e) => tile.diagnostics.push(Diagnostic::new("property-table-broken", "glTF", e.to_string())),
        }
    }
    let bytes = tile.byte_size();
    if bytes > options.max_decoded_bytes {
        return Err(DecodeError::TooLarge { bytes, limit: options.max_decoded_bytes });
    }
    Ok(tile)
}

/// Reads the materials, with the textures of those that a part has, and gives the parts the texture coordinates that
/// those ask for. The default material is the last.
fn looks(
    source: &Source<'_>,
    parts: &mut [(primitive::Part, DMat4)],
    tile: &mut DecodedTile,
    pictures: &mut Pictures<'_, '_, '_>,
) {
    let mut used = vec![false; source.root.materials.len()];
    for (part, _) in parts.iter() {
        if let Some(used) = used.get_mut(part.material) {
            *used = true;
        }
    }
    let mut materials = Materials::default();
    let mut coordinates = Vec::new();
    for ((i, json), used) in source.root.materials.iter().enumerate().zip(used) {
        let look = if used {
            materials.read(json, i, pictures)
        } else {
            Look { material: material::plain(json), coordinates: Coordinates::default() }
        };
        tile.materials.push(look.material);
        coordinates.push(look.coordinates);
    }
    tile.materials.push(TileMaterial::default());
    for (part, _) in parts {
        let coordinates = coordinates.get(part.material).copied().unwrap_or_default();
        coordinates.apply(&mut part.uvs, &mut part.uvs1);
    }
}

fn property_table(
    source: &Source<'_>,
    index: usize,
    found: &mut Vec<Diagnostic>,
) -> Result<PropertyTable, DecodeError> {
    const WHAT: &str = "EXT_structural_metadata";
    let extension = source.root.extensions.get(WHAT);
    let extension =
        extension.ok_or_else(|| DecodeError::malformed(WHAT, "a primitive refers to it but it is missing"))?;
    let schema = extension
        .get("schema")
        .ok_or_else(|| DecodeError::Unsupported("metadata schema in a file of its own".into()))?;
    let schema = Schema::deserialize(schema).map_err(|e| DecodeError::malformed(WHAT, e))?;
    let table = extension.get("propertyTables").and_then(|t| t.get(index));
    let table = table.ok_or_else(|| DecodeError::malformed(WHAT, format!("there is no property table {index}")))?;
    PropertyTable::read(table, &schema, &|view| source.view(view), found)
}
