//! The bytes of a glTF: its buffers, and what its URIs stand for.

use super::json::Root;
use crate::content::{DecodeError, DecodeOptions, FetchExternal};
use base64::{
    Engine as _, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use std::borrow::Cow;

pub(super) fn buffers<'a>(
    root: &Root,
    binary: Option<&'a [u8]>,
    options: &DecodeOptions,
    fetch: &mut FetchExternal<'_>,
) -> Result<Vec<Cow<'a, [u8]>>, DecodeError> {
    let mut out = Vec::new();
    let mut first_error = None;
    let mut bytes = 0usize;
    for (i, buffer) in root.buffers.iter().enumerate() {
        bytes = bytes.saturating_add(buffer.byte_length);
        if bytes > options.max_decoded_bytes {
            return Err(DecodeError::TooLarge { bytes, limit: options.max_decoded_bytes });
        }
        let got = match (&buffer.uri, binary) {
            (Some(uri), _) => resolve(uri, fetch).map(Cow::Owned),
            (None, Some(chunk)) if i == 0 => Ok(Cow::Borrowed(chunk)),
            _ => Err(DecodeError::Truncated { what: "glTF buffer" }),
        };
        match got {
            Ok(mut buffer_bytes) => {
                // What is beyond its length is not the buffer's.
                if let Cow::Owned(owned) = &mut buffer_bytes {
                    owned.truncate(buffer.byte_length);
                }
                out.push(buffer_bytes);
            }
            // The caller hears of every file at once, not of one a time.
            Err(e) => first_error = first_error.or(Some(e)),
        }
    }
    first_error.map_or(Ok(out), Err)
}

/// A `data:` URI (RFC 2397) decoded here, anything else by the caller.
pub(super) fn resolve(uri: &str, fetch: &mut FetchExternal<'_>) -> Result<Vec<u8>, DecodeError> {
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
