//! `CESIUM_primitive_outline`: which edges of triangles are drawn as lines.

use super::{accessor::Source, json::MeshPrimitive};
use crate::{
    Diagnostic,
    content::{DecodeError, PrimitiveMode},
};

/// The extension's name.
pub(super) const NAME: &str = "CESIUM_primitive_outline";

/// The edges of a primitive with `vertices` vertices, two indices each; none when they are broken.
pub(super) fn read(
    source: &Source<'_>,
    primitive: &MeshPrimitive,
    mode: PrimitiveMode,
    vertices: usize,
    found: &mut Vec<Diagnostic>,
) -> Vec<u32> {
    let Some(extension) = primitive.extensions.get(NAME) else { return Vec::new() };
    let edges = || {
        if mode != PrimitiveMode::Triangles {
            return Err(DecodeError::malformed(NAME, "only triangles have outlines"));
        }
        let accessor = extension.get("indices").and_then(serde_json::Value::as_u64);
        let accessor = accessor.and_then(|a| usize::try_from(a).ok());
        let edges = source.elements(accessor.ok_or(DecodeError::malformed(NAME, "indices are missing"))?)?.indices()?;
        if !edges.len().is_multiple_of(2) {
            return Err(DecodeError::malformed(NAME, format!("{} indices make no whole edges", edges.len())));
        }
        match edges.iter().find(|i| **i as usize >= vertices) {
            Some(i) => Err(DecodeError::malformed(NAME, format!("there is no vertex {i}"))),
            None => Ok(edges),
        }
    };
    edges().unwrap_or_else(|e| {
        found.push(Diagnostic::new("outline-broken", "glTF primitive", format!("{e}; drawn without outline")));
        Vec::new()
    })
}
