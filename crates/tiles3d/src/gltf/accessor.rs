//! Reading accessors with every bound checked.

use super::json::{Accessor, Root};
use crate::content::DecodeError;

/// The glTF's JSON with the bytes behind it.
pub(super) struct Source<'a> {
    pub(super) root: &'a Root,
    pub(super) buffers: &'a [std::borrow::Cow<'a, [u8]>],
    pub(super) max_bytes: usize,
}

const WHAT: &str = "glTF accessor";

/// All components of an attribute, element by element.
pub(super) struct Components {
    /// Components of an element; matrices column by column.
    pub(super) width: usize,
    /// Whether integers were divided to 0..1 or -1..1.
    pub(super) normalized: bool,
    pub(super) components: Vec<f64>,
}

/// Reads an attribute of a primitive, or of a node's instances, by its name; `None` when there is none.
pub(super) type ReadAttribute<'a> = dyn Fn(&str) -> Option<Result<Components, DecodeError>> + 'a;

impl<'a> Source<'a> {
    /// The bytes of a buffer view.
    pub(super) fn view(&'a self, index: usize) -> Result<&'a [u8], DecodeError> {
        let view = self.root.buffer_views.get(index).ok_or(DecodeError::Truncated { what: "glTF buffer view" })?;
        let end = view.byte_offset.checked_add(view.byte_length);
        let buffer = self.buffers.get(view.buffer);
        buffer
            .zip(end)
            .and_then(|(b, end)| b.get(view.byte_offset..end))
            .ok_or(DecodeError::Truncated { what: "glTF buffer view" })
    }

    pub(super) fn accessor(&self, index: usize) -> Result<&Accessor, DecodeError> {
        self.root.accessors.get(index).ok_or(DecodeError::Truncated { what: WHAT })
    }

    /// All components as f64, `N` per element; integers divided to -1..1 or 0..1 when `normalized`.
    pub(super) fn floats<const N: usize>(&self, index: usize) -> Result<Vec<[f64; N]>, DecodeError> {
        let accessor = self.accessor(index)?;
        let width = width(&accessor.kind)?;
        if width < N {
            return Err(DecodeError::malformed(WHAT, format!("{} where {N} components are needed", accessor.kind)));
        }
        let kind = Component::of(accessor.component_type)?;
        let size = kind.size();
        let mut out = self.allocate(accessor.count, [0.0; N])?;
        if let Some(view) = accessor.buffer_view {
            let layout = Layout::new(&accessor.kind, width, size);
            let stride = self.root.buffer_views.get(view).and_then(|v| v.byte_stride).unwrap_or(layout.size);
            let bytes = self.view(view)?.get(accessor.byte_offset..).unwrap_or_default();
            check(bytes.len(), accessor.count, stride, layout.size)?;
            for (i, element) in out.iter_mut().enumerate() {
                for (k, value) in element.iter_mut().enumerate() {
                    let at = i * stride + layout.at(k, size);
                    *value = kind.read(&bytes[at..at + size], accessor.normalized);
                }
            }
        }
        if let Some(sparse) = &accessor.sparse {
            let index_kind = Component::of(sparse.indices.component_type.unwrap_or(0))?;
            let indices = self.view(sparse.indices.buffer_view)?.get(sparse.indices.byte_offset..).unwrap_or_default();
            let values = self.view(sparse.values.buffer_view)?.get(sparse.values.byte_offset..).unwrap_or_default();
            check(indices.len(), sparse.count, index_kind.size(), index_kind.size())?;
            let layout = Layout::new(&accessor.kind, width, size);
            check(values.len(), sparse.count, layout.size, layout.size)?;
            for i in 0..sparse.count {
                let at = i * index_kind.size();
                let target = index_kind.read(&indices[at..at + index_kind.size()], false) as usize;
                let Some(element) = out.get_mut(target) else {
                    return Err(DecodeError::Truncated { what: "glTF sparse accessor" });
                };
                for (k, value) in element.iter_mut().enumerate() {
                    let at = i * layout.size + layout.at(k, size);
                    *value = kind.read(&values[at..at + size], accessor.normalized);
                }
            }
        }
        Ok(out)
    }

    /// All components of an accessor of any type.
    pub(super) fn components(&self, index: usize) -> Result<Components, DecodeError> {
        let accessor = self.accessor(index)?;
        let width = width(&accessor.kind)?;
        let components = match width {
            1 => self.floats::<1>(index)?.into_flattened(),
            2 => self.floats::<2>(index)?.into_flattened(),
            3 => self.floats::<3>(index)?.into_flattened(),
            4 => self.floats::<4>(index)?.into_flattened(),
            9 => self.floats::<9>(index)?.into_flattened(),
            _ => self.floats::<16>(index)?.into_flattened(),
        };
        let whole = matches!(Component::of(accessor.component_type)?, Component::U32 | Component::F32);
        Ok(Components { width, normalized: accessor.normalized && !whole, components })
    }

    /// Scalars as u32; negative and fractional ones are refused with an error.
    pub(super) fn indices(&self, index: usize) -> Result<Vec<u32>, DecodeError> {
        self.floats::<1>(index)?
            .into_iter()
            .map(|[v]| {
                if v >= 0.0 && v <= f64::from(u32::MAX) && v.fract() == 0.0 {
                    Ok(v as u32)
                } else {
                    Err(DecodeError::malformed(WHAT, format!("{v} is not an index")))
                }
            })
            .collect()
    }

    /// A vector that a lying count cannot make larger than the limit.
    fn allocate<T: Clone>(&self, count: usize, value: T) -> Result<Vec<T>, DecodeError> {
        let bytes = count.saturating_mul(size_of::<T>());
        if bytes > self.max_bytes {
            return Err(DecodeError::TooLarge { bytes, limit: self.max_bytes });
        }
        Ok(vec![value; count])
    }
}

fn check(bytes: usize, count: usize, stride: usize, element: usize) -> Result<(), DecodeError> {
    let last = count.saturating_sub(1).checked_mul(stride).and_then(|n| n.checked_add(element));
    if stride < element || (count > 0 && last.is_none_or(|n| n > bytes)) {
        return Err(DecodeError::Truncated { what: WHAT });
    }
    Ok(())
}

/// How the components of an element lie: the columns of matrices begin at multiples of 4 bytes (glTF 2.0, 3.6.2.4).
struct Layout {
    /// Bytes of an element.
    size: usize,
    rows: usize,
    column: usize,
}

impl Layout {
    /// `width` components of `size` bytes.
    fn new(kind: &str, width: usize, size: usize) -> Self {
        let rows = match kind {
            "MAT2" => 2,
            "MAT3" => 3,
            "MAT4" => 4,
            _ => return Self { size: width * size, rows: width, column: width * size },
        };
        let column = (rows * size).next_multiple_of(4);
        Self { size: rows * column, rows, column }
    }

    /// Where component `k` begins in its element.
    fn at(&self, k: usize, size: usize) -> usize {
        k / self.rows * self.column + k % self.rows * size
    }
}

fn width(kind: &str) -> Result<usize, DecodeError> {
    Ok(match kind {
        "SCALAR" => 1,
        "VEC2" => 2,
        "VEC3" => 3,
        "VEC4" | "MAT2" => 4,
        "MAT3" => 9,
        "MAT4" => 16,
        other => return Err(DecodeError::malformed(WHAT, format!("type {other:?}"))),
    })
}

#[derive(Debug, Clone, Copy)]
enum Component {
    I8,
    U8,
    I16,
    U16,
    U32,
    F32,
}

impl Component {
    fn of(code: u32) -> Result<Self, DecodeError> {
        Ok(match code {
            5120 => Self::I8,
            5121 => Self::U8,
            5122 => Self::I16,
            5123 => Self::U16,
            5125 => Self::U32,
            5126 => Self::F32,
            other => return Err(DecodeError::malformed(WHAT, format!("component type {other}"))),
        })
    }

    fn size(self) -> usize {
        match self {
            Self::I8 | Self::U8 => 1,
            Self::I16 | Self::U16 => 2,
            Self::U32 | Self::F32 => 4,
        }
    }

    /// `b` has exactly [`Self::size`] bytes.
    fn read(self, b: &[u8], normalized: bool) -> f64 {
        let (value, max) = match (self, b) {
            (Self::I8, [a, ..]) => (f64::from(*a as i8), 127.0),
            (Self::U8, [a, ..]) => (f64::from(*a), 255.0),
            (Self::I16, [a, b, ..]) => (f64::from(i16::from_le_bytes([*a, *b])), 32767.0),
            (Self::U16, [a, b, ..]) => (f64::from(u16::from_le_bytes([*a, *b])), 65535.0),
            (Self::U32, [a, b, c, d, ..]) => (f64::from(u32::from_le_bytes([*a, *b, *c, *d])), 1.0),
            (Self::F32, [a, b, c, d, ..]) => return f64::from(f32::from_le_bytes([*a, *b, *c, *d])),
            _ => return 0.0,
        };
        if normalized { (value / max).max(-1.0) } else { value }
    }
}
