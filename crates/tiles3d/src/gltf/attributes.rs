//! The attributes of one primitive, wherever they come from.

use super::{
    accessor::Source,
    draco::{self, Draco},
    elements::Elements,
    json::MeshPrimitive,
};
use crate::{Diagnostic, content::DecodeError};

/// The vertices of one primitive.
pub(super) struct Attributes<'s> {
    source: &'s Source<'s>,
    primitive: &'s MeshPrimitive,
    draco: Option<Draco>,
}

impl<'s> Attributes<'s> {
    /// Decompresses what is compressed. A broken stream is an error when the glTF requires it; otherwise its accessors
    /// have the same.
    pub(super) fn new(
        source: &'s Source<'s>,
        primitive: &'s MeshPrimitive,
        found: &mut Vec<Diagnostic>,
    ) -> Result<Self, DecodeError> {
        let draco = match Draco::decode(source, primitive) {
            Err(e) if source.root.extensions_required.iter().any(|name| name == draco::NAME) => return Err(e),
            Err(e) => {
                let message = format!("{e}; read what is not compressed instead");
                found.push(Diagnostic::new("draco-broken", "glTF primitive", message));
                None
            }
            Ok(draco) => draco,
        };
        if let Some(draco) = &draco {
            let position = primitive.attributes.get("POSITION").and_then(|a| source.root.accessors.get(*a));
            let (told, count) = (position.map_or(0, |a| a.count), draco.vertices());
            if told != count {
                let message =
                    format!("its stream has {count} vertices and its accessor {told}; the stream was followed");
                found.push(Diagnostic::new("draco-count", "glTF primitive", message));
            }
            let mode = primitive.mode.unwrap_or(4);
            if draco.has_triangles() && !matches!(mode, 4 | 5) {
                let message = format!("its stream has triangles and its mode is {mode}; drawn as triangles");
                found.push(Diagnostic::new("draco-mode", "glTF primitive", message));
            }
        }
        Ok(Self { source, primitive, draco })
    }

    /// An attribute by its name; `None` when there is none.
    pub(super) fn read(&self, name: &str) -> Option<Result<Elements<'s>, DecodeError>> {
        let index = *self.primitive.attributes.get(name)?;
        let compressed = || {
            let draco = self.draco.as_ref()?;
            match self.source.accessor(index) {
                Ok(accessor) => draco.elements(self.source, name, accessor),
                Err(e) => Some(Err(e)),
            }
        };
        Some(compressed().unwrap_or_else(|| self.source.elements(index)))
    }

    /// Whether the primitive's triangles are a list whatever its mode says.
    pub(super) fn is_list(&self) -> bool {
        self.draco.as_ref().is_some_and(Draco::has_triangles)
    }

    /// The vertices in the order in which they are drawn; `vertices` is how many there are.
    pub(super) fn indices(&self, vertices: usize) -> Result<Vec<u32>, DecodeError> {
        match (&self.draco, self.primitive.indices) {
            (Some(draco), _) if draco.has_triangles() => Ok(draco.indices()),
            (None, Some(accessor)) => self.source.elements(accessor)?.indices(),
            _ => {
                self.source.spend(vertices.saturating_mul(4))?;
                let count = u32::try_from(vertices).map_err(|e| DecodeError::malformed("glTF primitive", e))?;
                Ok((0..count).collect())
            }
        }
    }
}
