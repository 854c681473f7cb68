//! The bytes of a glTF: its buffers, and what its URIs stand for.

use super::json::Root;
use crate::content::{DecodeError, DecodeOptions, FetchExternal};
use base64::Engine as _;
use std::borrow::Cow;

pub(super) fn buffers<'a>(
    root: &Root,
    binary: Option<&'a [u8]>,
    options: &DecodeOptions,
    fetch: &mut FetchExternal<'_>,
) -> Result<Vec<Cow<'a, [u8]>>, DecodeError> {
    let mut out = Vec::new();
    for (i, buffer) in root.buffers.iter().enumerate() {
        if buffer.byte_length > options.max_decoded_bytes {
            return Err(DecodeError::TooLarge { bytes: buffer.byte_length, limit: options.max_decoded_bytes });
        }
        out.push(match (&buffer.uri, binary) {
            (Some(uri), _) => Cow::Owned(resolve(uri, fetch)?),
            (None, Some(chunk)) if i == 0 => Cow::Borrowed(chunk),
            _ => return Err(DecodeError::Truncated { what: "glTF buffer" }),
        });
    }
    Ok(out)
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
