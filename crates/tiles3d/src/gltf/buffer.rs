//! The bytes of a glTF: its buffers, what its URIs stand for, and its buffer views.

use super::{
    json::{Buffer, Root},
    meshopt::{self, Compressed},
};
use crate::{
    Diagnostic,
    content::{DecodeError, DecodeOptions, FetchExternal},
};
use base64::Engine as _;
use std::borrow::Cow;

/// The bytes of all buffers that are needed, and those of compressed views.
pub(super) struct Buffers<'a> {
    /// Empty where nothing but compressed views refers to the buffer.
    buffers: Vec<Cow<'a, [u8]>>,
    /// By buffer view; `Err` says why the view could not be decompressed.
    decompressed: Vec<Option<Result<Vec<u8>, String>>>,
}

const VIEW: &str = "glTF buffer view";

impl<'a> Buffers<'a> {
    pub(super) fn read(
        root: &Root,
        binary: Option<&'a [u8]>,
        options: &DecodeOptions,
        fetch: &mut FetchExternal<'_>,
        found: &mut Vec<Diagnostic>,
    ) -> Result<Self, DecodeError> {
        let compressed: Vec<_> = root.buffer_views.iter().map(Compressed::of).collect();
        // A buffer that only stands for what is compressed elsewhere need not have bytes.
        let mut needed = vec![false; root.buffers.len()];
        for (view, compressed) in root.buffer_views.iter().zip(&compressed) {
            let buffer = match compressed {
                Some(Ok(compressed)) => compressed.buffer,
                _ => view.buffer,
            };
            needed.get_mut(buffer).into_iter().for_each(|n| *n = true);
        }
        let mut buffers = Vec::new();
        for (i, (buffer, needed)) in root.buffers.iter().zip(needed).enumerate() {
            buffers.push(if needed { bytes(i, buffer, binary, options, fetch)? } else { Cow::Borrowed(&[][..]) });
        }
        let mut left = options.max_decoded_bytes;
        let mut decompressed = Vec::new();
        for (i, compressed) in compressed.into_iter().enumerate() {
            let Some(compressed) = compressed else {
                decompressed.push(None);
                continue;
            };
            let read = compressed.and_then(|compressed| {
                let limit = options.max_decoded_bytes;
                let bytes = compressed.size();
                left = left.checked_sub(bytes).ok_or(DecodeError::TooLarge { bytes, limit })?;
                let stream = slice(&buffers, compressed.buffer, compressed.byte_offset, compressed.byte_length)?;
                compressed.decode(stream)
            });
            decompressed.push(Some(match read {
                Err(e @ DecodeError::TooLarge { .. }) => return Err(e),
                Err(e) => {
                    let message = format!("{e}; what is in it is left out");
                    found.push(Diagnostic::new("meshopt-broken", format!("buffer view {i}"), message));
                    Err(e.to_string())
                }
                Ok(bytes) => Ok(bytes),
            }));
        }
        Ok(Self { buffers, decompressed })
    }

    /// The bytes of a buffer view, decompressed.
    pub(super) fn view(&self, root: &Root, index: usize) -> Result<&[u8], DecodeError> {
        match self.decompressed.get(index) {
            Some(Some(Ok(bytes))) => return Ok(bytes),
            Some(Some(Err(why))) => return Err(DecodeError::malformed(VIEW, why)),
            _ => {}
        }
        let view = root.buffer_views.get(index).ok_or(DecodeError::Truncated { what: VIEW })?;
        slice(&self.buffers, view.buffer, view.byte_offset, view.byte_length)
    }
}

fn slice<'b>(
    buffers: &'b [Cow<'_, [u8]>],
    buffer: usize,
    offset: usize,
    length: usize,
) -> Result<&'b [u8], DecodeError> {
    let bytes = buffers.get(buffer).zip(offset.checked_add(length)).and_then(|(b, end)| b.get(offset..end));
    bytes.ok_or(DecodeError::Truncated { what: VIEW })
}

/// The bytes of buffer `index`; none of a buffer that says that it is a fallback for compressed views.
fn bytes<'a>(
    index: usize,
    buffer: &Buffer,
    binary: Option<&'a [u8]>,
    options: &DecodeOptions,
    fetch: &mut FetchExternal<'_>,
) -> Result<Cow<'a, [u8]>, DecodeError> {
    let fallback = meshopt::NAMES.iter().filter_map(|name| buffer.extensions.get(*name));
    if fallback.filter_map(|e| e.get("fallback")).any(|f| f.as_bool() == Some(true)) {
        return Ok(Cow::Borrowed(&[]));
    }
    if buffer.byte_length > options.max_decoded_bytes {
        return Err(DecodeError::TooLarge { bytes: buffer.byte_length, limit: options.max_decoded_bytes });
    }
    match (&buffer.uri, binary) {
        (Some(uri), _) => resolve(uri, fetch).map(Cow::Owned),
        (None, Some(chunk)) if index == 0 => Ok(Cow::Borrowed(chunk)),
        _ => Err(DecodeError::Truncated { what: "glTF buffer" }),
    }
}

/// A `data:` URI decoded here, anything else by the caller.
pub(crate) fn resolve(uri: &str, fetch: &mut FetchExternal<'_>) -> Result<Vec<u8>, DecodeError> {
    let fail = |message: String| DecodeError::External { uri: uri.chars().take(80).collect(), message };
    match uri.strip_prefix("data:") {
        Some(data) => {
            let (_, text) = data.split_once(";base64,").ok_or_else(|| fail("data URI is not base64".into()))?;
            base64::engine::general_purpose::STANDARD.decode(text).map_err(|e| fail(e.to_string()))
        }
        None => fetch(uri).map_err(fail),
    }
}
