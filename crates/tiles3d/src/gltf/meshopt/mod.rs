//! `EXT_meshopt_compression` and `KHR_meshopt_compression`: buffer views as streams of deltas.

mod filter;
mod groups;
mod sentinels;
mod sums;
mod swizzle;
mod triangles;
mod vertex;

use super::json::BufferView;
use crate::content::DecodeError;
use filter::Filter;
use serde::Deserialize;

/// Both names; the bitstreams of the first are all valid in the second.
pub(super) const NAMES: [&str; 2] = ["EXT_meshopt_compression", "KHR_meshopt_compression"];

/// The extension of a buffer view: where its stream is and what it holds.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Compressed {
    pub(super) buffer: usize,
    #[serde(default)]
    pub(super) byte_offset: usize,
    pub(super) byte_length: usize,
    byte_stride: usize,
    count: usize,
    mode: Mode,
    #[serde(default)]
    filter: Filter,
}

#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
enum Mode {
    Attributes,
    Triangles,
    Indices,
}

/// Why a stream cannot be decoded.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Broken(&'static str);

impl Compressed {
    /// The extension of a buffer view, if it has one.
    pub(super) fn of(view: &BufferView) -> Option<Result<Self, DecodeError>> {
        let json = NAMES.iter().find_map(|name| view.extensions.get(*name))?;
        let read = Self::deserialize(json).map_err(|e| DecodeError::malformed("meshopt buffer view", e));
        Some(read.and_then(|compressed| compressed.fits(view)))
    }

    /// Accessors go by the view, so that elements must lie as it says.
    fn fits(self, view: &BufferView) -> Result<Self, DecodeError> {
        match view.byte_stride {
            Some(stride) if stride != self.byte_stride => {
                let message = format!("elements of {} bytes cannot lie {stride} bytes apart", self.byte_stride);
                Err(DecodeError::malformed("meshopt buffer view", message))
            }
            _ => Ok(self),
        }
    }

    /// Bytes of the decoded view.
    pub(super) fn size(&self) -> usize {
        self.count.saturating_mul(self.byte_stride)
    }

    /// Decodes the stream. The result takes at most about a thousand times the stream's bytes; whether that much is
    /// allowed is checked before, by [`size`](Self::size).
    pub(super) fn decode(&self, stream: &[u8]) -> Result<Vec<u8>, DecodeError> {
        self.try_decode(stream).map_err(|Broken(why)| DecodeError::malformed("meshopt stream", why))
    }

    fn try_decode(&self, stream: &[u8]) -> Result<Vec<u8>, Broken> {
        let (count, stride) = (self.count, self.byte_stride);
        if self.mode != Mode::Attributes {
            if !matches!(stride, 2 | 4) || self.filter != Filter::None {
                return Err(Broken("indices have 2 or 4 bytes and no filter"));
            }
            return match self.mode {
                Mode::Triangles if count.is_multiple_of(3) => triangles::triangles(stream, count, stride),
                Mode::Triangles => Err(Broken("its indices are no whole number of triangles")),
                _ => triangles::sequence(stream, count, stride),
            };
        }
        self.filter.check(stride)?;
        vertex::decode(stream, count, stride, self.filter)
    }
}

#[cfg(test)]
mod tests;
