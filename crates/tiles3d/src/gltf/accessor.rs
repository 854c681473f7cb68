//! What the indices of a glTF stand for: buffer views and accessors, with every bound checked.

use super::{
    buffer::Buffers,
    elements::{Component, Elements, Kind, Shape},
    json::{Accessor, Root},
};
use crate::content::DecodeError;
use std::{borrow::Cow, cell::Cell};

/// The glTF's JSON with the bytes behind it.
pub(super) struct Source<'a> {
    pub(super) root: &'a Root,
    pub(super) buffers: &'a Buffers<'a>,
    pub(super) max_bytes: usize,
    /// Bytes that may still be made of them. The same accessor may be used again and again, so a limit for each use does
    /// not do.
    left: Cell<usize>,
}

/// Reads an attribute of a primitive, or of a node's instances, by its name; `None` when there is none.
pub(super) type ReadAttribute<'a> = dyn Fn(&str) -> Option<Result<Elements<'a>, DecodeError>> + 'a;

const WHAT: &str = "glTF accessor";

impl<'a> Source<'a> {
    pub(super) fn new(root: &'a Root, buffers: &'a Buffers<'a>, max_bytes: usize) -> Self {
        // What is made on the way to the tile's arrays counts too, so this is more than they may take.
        Self { root, buffers, max_bytes, left: Cell::new(max_bytes.saturating_mul(4)) }
    }

    /// Counts `bytes` that are about to be made.
    pub(super) fn spend(&self, bytes: usize) -> Result<(), DecodeError> {
        match self.left.get().checked_sub(bytes) {
            Some(left) if bytes <= self.max_bytes => {
                self.left.set(left);
                Ok(())
            }
            _ => Err(DecodeError::TooLarge { bytes, limit: self.max_bytes }),
        }
    }

    /// The bytes of a buffer view.
    pub(super) fn view(&self, index: usize) -> Result<&'a [u8], DecodeError> {
        self.buffers.view(self.root, index)
    }

    pub(super) fn accessor(&self, index: usize) -> Result<&'a Accessor, DecodeError> {
        self.root.accessors.get(index).ok_or(DecodeError::Truncated { what: WHAT })
    }

    /// The elements of an accessor. Those of sparse accessors, and of those without a buffer view, are made.
    pub(super) fn elements(&self, index: usize) -> Result<Elements<'a>, DecodeError> {
        let accessor = self.accessor(index)?;
        let kind = kind(accessor)?;
        // What is read of it is about as large as it is in f32.
        self.spend(accessor.count.saturating_mul(kind.shape.width() * 4))?;
        let dense = match accessor.buffer_view {
            Some(view) => {
                let stride = self.root.buffer_views.get(view).and_then(|v| v.byte_stride);
                let bytes = self.view(view)?.get(accessor.byte_offset..).unwrap_or_default();
                Elements::new(Cow::Borrowed(bytes), accessor.count, stride, kind)?
            }
            None => Elements::new(Cow::Owned(vec![0; accessor.count * kind.size()]), accessor.count, None, kind)?,
        };
        let Some(sparse) = &accessor.sparse else { return Ok(dense) };
        self.spend(sparse.count.saturating_mul(4))?;
        let part = |view, offset, kind| {
            let bytes = self.view(view)?.get(offset..).unwrap_or_default();
            Elements::new(Cow::Borrowed(bytes), sparse.count, None, kind)
        };
        let component = Component::of(sparse.indices.component_type.unwrap_or(0))?;
        let scalar = Kind { shape: Shape::Vector(1), component, normalized: false };
        let indices = part(sparse.indices.buffer_view, sparse.indices.byte_offset, scalar)?.indices()?;
        dense.replaced(&indices, &part(sparse.values.buffer_view, sparse.values.byte_offset, kind)?)
    }
}

/// What the elements of an accessor are made of.
pub(super) fn kind(accessor: &Accessor) -> Result<Kind, DecodeError> {
    Ok(Kind {
        shape: Shape::of(&accessor.kind)?,
        component: Component::of(accessor.component_type)?,
        normalized: accessor.normalized,
    })
}
