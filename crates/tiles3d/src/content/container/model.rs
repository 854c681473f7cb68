//! The glTF inside b3dm and i3dm.

use super::header::word;
use crate::{
    content::{DecodeError, DecodeOptions, DecodedTile, FetchExternal},
    gltf,
};

/// Decodes a glTF, binary or (which the specification does not foresee, but files have) JSON. Padding after it is
/// ignored.
pub(super) fn decode(
    bytes: &[u8],
    options: &DecodeOptions,
    fetch: &mut FetchExternal<'_>,
) -> Result<DecodedTile, DecodeError> {
    if bytes.starts_with(b"glTF") {
        let length = word(bytes, 8).unwrap_or(0) as usize;
        let glb = if length >= 12 { bytes.get(..length) } else { None };
        return gltf::decode_glb(glb.unwrap_or(bytes), options, fetch);
    }
    let text = bytes.trim_ascii();
    if text.starts_with(b"{") {
        return gltf::decode_json(text, options, fetch);
    }
    Err(match bytes.first() {
        None => DecodeError::Truncated { what: "the container's glTF" },
        Some(_) => DecodeError::malformed("the container's glTF", "neither a binary glTF nor JSON"),
    })
}
