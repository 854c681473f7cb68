//! Levels of KTX 2 that are compressed as a whole.

use super::WHAT;
use crate::content::DecodeError;
use std::io::Read;

/// A window that every decoder of Zstandard takes (RFC 8878, 3.1.1.1.2).
const COMMON_WINDOW: u64 = 8 << 20;

/// One Zstandard frame of at least `size` bytes; the first `size` of them.
pub(super) fn zstandard(bytes: &[u8], size: usize) -> Result<Vec<u8>, DecodeError> {
    // The decoder makes room for the whole window at once, so a window that the content cannot need is a lie.
    let window = window(bytes).ok_or(DecodeError::Truncated { what: WHAT })?;
    if window > COMMON_WINDOW.max(2 * size as u64) {
        return Err(DecodeError::malformed(WHAT, format!("Zstandard window of {window} bytes for {size} bytes")));
    }
    let decoder = ruzstd::decoding::StreamingDecoder::new(bytes).map_err(|e| DecodeError::malformed(WHAT, e))?;
    read(decoder, size)
}

/// A zlib stream of at least `size` bytes; the first `size` of them.
pub(super) fn zlib(bytes: &[u8], size: usize) -> Result<Vec<u8>, DecodeError> {
    read(flate2::read::ZlibDecoder::new(bytes), size)
}

fn read(from: impl Read, size: usize) -> Result<Vec<u8>, DecodeError> {
    let mut out = Vec::new();
    from.take(size as u64).read_to_end(&mut out).map_err(|e| DecodeError::malformed(WHAT, e))?;
    if out.len() < size {
        return Err(DecodeError::Truncated { what: WHAT });
    }
    Ok(out)
}

/// The window that a Zstandard frame asks for (RFC 8878, 3.1.1.1).
fn window(bytes: &[u8]) -> Option<u64> {
    let (magic, rest) = bytes.split_first_chunk::<4>()?;
    if u32::from_le_bytes(*magic) != 0xFD2F_B528 {
        return None;
    }
    let (&descriptor, rest) = rest.split_first()?;
    let single_segment = descriptor & 0x20 != 0;
    if !single_segment {
        let exponent = rest.first()? >> 3;
        let base = 1u64 << (10 + exponent);
        return Some(base + base / 8 * u64::from(rest.first()? & 7));
    }
    let at = [0, 1, 2, 4][usize::from(descriptor & 3)];
    let length = [1, 2, 4, 8][usize::from(descriptor >> 6)];
    let field = rest.get(at..at + length)?;
    let size = field.iter().rev().fold(0u64, |n, &b| n << 8 | u64::from(b));
    Some(if length == 2 { size + 256 } else { size })
}
