//! The bytes of a glTF: its buffers, what its URIs stand for, and its buffer views.

use super::{
    json::{Buffer, Root},
    meshopt::{self, Compressed},
};
use crate::{
    Diagnostic,
    content::{DecodeError, DecodeOptions, FetchExternal},
};
use base64::{
    Engine as _, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
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
        let (mut buffers, mut first_error) = (Vec::new(), None);
        for (i, (buffer, needed)) in root.buffers.iter().zip(needed).enumerate() {
            let read = if needed { bytes(i, buffer, binary, options, fetch) } else { Ok(Cow::Borrowed(&[][..])) };
            // The caller hears of every file at once, not of one a time.
            buffers.push(read.unwrap_or_else(|e| {
                first_error.get_or_insert(e);
                Cow::Borrowed(&[])
            }));
        }
        if let Some(error) = first_error {
            return Err(error);
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
                if let Some(view) = root.buffer_views.get(i).filter(|view| view.byte_length != bytes) {
                    let message = format!("its stream makes {bytes} bytes, not the {} it says", view.byte_length);
                    found.push(Diagnostic::new("meshopt-length", format!("buffer view {i}"), message));
                }
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
        (Some(uri), _) => resolve(uri, fetch).map(|mut owned| {
            // What is beyond its length is not the buffer's.
            owned.truncate(buffer.byte_length);
            Cow::Owned(owned)
        }),
        (None, Some(chunk)) if index == 0 => Ok(Cow::Borrowed(chunk)),
        _ => Err(DecodeError::Truncated { what: "glTF buffer" }),
    }
}

/// A `data:` URI (RFC 2397) decoded here, anything else by the caller.
pub(crate) fn resolve(uri: &str, fetch: &mut FetchExternal<'_>) -> Result<Vec<u8>, DecodeError> {
    let fail = |message: String| DecodeError::External { uri: uri.chars().take(80).collect(), message };
    match uri.split_at_checked(5) {
        Some((scheme, data)) if scheme.eq_ignore_ascii_case("data:") => {
            let (kind, text) = data.split_once(',').ok_or_else(|| fail("data URI without a comma".into()))?;
            let plain = || percent_decoded(text).ok_or_else(|| fail("data URI with a broken % escape".into()));
            if !kind.rsplit(';').next().is_some_and(|last| last.trim().eq_ignore_ascii_case("base64")) {
                return plain();
            }
            // Nearly always the text is base64 and nothing else; some writers escape it or break its lines.
            LENIENT.decode(text).or_else(|_| {
                let mut text = plain()?;
                text.retain(|b| !b.is_ascii_whitespace());
                LENIENT.decode(&text).map_err(|e| fail(e.to_string()))
            })
        }
        _ => fetch(uri).map_err(fail),
    }
}

/// Base64 whose padding may be missing.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// Undoes `%41` (RFC 3986, 2.1).
fn percent_decoded(text: &str) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    let digit = |b: Option<u8>| char::from(b?).to_digit(16).map(|d| d as u8);
    while let Some(b) = bytes.next() {
        out.push(if b == b'%' { digit(bytes.next())? << 4 | digit(bytes.next())? } else { b });
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn data(uri: &str) -> Result<Vec<u8>, DecodeError> {
        resolve(uri, &mut |_| Err("asked for".into()))
    }

    #[test]
    fn data_uris_are_read_as_rfc_2397_has_them() {
        let same = [
            "data:application/octet-stream;base64,AAECA/8=",
            "data:application/gltf-buffer;base64,AAECA/8",
            "DATA:;BASE64,AAECA/8=",
            "data:;charset=utf-8;base64,%41%41EC%41%2f8%3D",
            "data:application/octet-stream,%00%01%02%03%ff",
            "data:,%00%01%02%03%FF",
            "data:application/octet-stream;base64,AAEC\n A/8=",
        ];
        for uri in same {
            assert_eq!(data(uri).unwrap(), [0, 1, 2, 3, 255], "{uri}");
        }
        assert_eq!(data("data:text/plain,A%20brief+note").unwrap(), b"A brief+note");
        assert_eq!(data("data:,").unwrap(), b"");
    }

    #[test]
    fn broken_data_uris_are_errors() {
        for uri in ["data:base64", "data:;base64,@@@@", "data:,%4", "data:,%zz", "other.bin"] {
            assert!(matches!(data(uri), Err(DecodeError::External { .. })), "{uri}");
        }
    }
}
