//! Files as they are packed in an archive, and unpacking them: with no archive at hand, so that it can happen elsewhere.

use super::{ArchiveError, reader::crc32, records::FileRecord};
use serde::{Deserialize, Serialize};
use std::{borrow::Cow, io::Read};

/// How a file of an archive is packed, as its header says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Packing {
    /// For messages.
    path: String,
    method: Method,
    /// Bytes of the file; the archive's limit has allowed so many.
    size: u64,
    crc32: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum Method {
    Stored,
    Deflate,
    Zstandard,
}

impl Packing {
    /// By a file's record; `None` when the method is none that is read.
    pub(super) fn of(path: &str, record: &FileRecord) -> Option<Self> {
        let method = match record.method {
            0 => Method::Stored,
            8 => Method::Deflate,
            93 => Method::Zstandard,
            _ => return None,
        };
        Some(Self { path: path.to_owned(), method, size: record.uncompressed, crc32: record.crc32 })
    }

    /// The file that `packed` is, its size and its checksum verified. No more than one byte beyond its size is unpacked.
    ///
    /// # Errors
    /// The bytes are no such file.
    pub fn unpack<'a>(&self, packed: &'a [u8]) -> Result<Cow<'a, [u8]>, ArchiveError> {
        let broken = |message: String| ArchiveError::broken(&self.path, message);
        let bytes = match self.method {
            Method::Stored => Cow::Borrowed(packed),
            Method::Deflate => {
                Cow::Owned(inflate(flate2::read::DeflateDecoder::new(packed), self.size).map_err(broken)?)
            }
            Method::Zstandard => Cow::Owned(zstd(packed, self.size).map_err(broken)?),
        };
        if bytes.len() as u64 != self.size {
            return Err(broken(format!("it is not the {} bytes that its header says", self.size)));
        }
        if crc32(&bytes) != self.crc32 {
            return Err(broken("its checksum is wrong".into()));
        }
        Ok(bytes)
    }
}

/// A file that may still be packed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Packed {
    /// As they lie in the archive, or the file's own.
    #[serde(with = "crate::transfer::pod")]
    pub bytes: Vec<u8>,
    /// `None` for a file that is no archive's.
    pub packing: Option<Packing>,
}

impl Packed {
    /// A file as it is.
    #[must_use]
    pub fn plain(bytes: Vec<u8>) -> Self {
        Self { bytes, packing: None }
    }

    /// The file, with the checks of [`Packing::unpack`].
    ///
    /// # Errors
    /// It is broken.
    pub fn unpack(self) -> Result<Vec<u8>, ArchiveError> {
        let unpacked = match self.packing.as_ref().map(|packing| packing.unpack(&self.bytes)).transpose()? {
            Some(Cow::Owned(unpacked)) => Some(unpacked),
            Some(Cow::Borrowed(_)) | None => None,
        };
        Ok(unpacked.unwrap_or(self.bytes))
    }
}

/// All that `decoder` gives, but at most one byte more than `size`: the surplus shows that the size is a lie.
fn inflate(decoder: impl Read, size: u64) -> Result<Vec<u8>, String> {
    let mut out = Vec::new();
    decoder.take(size.saturating_add(1)).read_to_end(&mut out).map_err(|e| e.to_string())?;
    Ok(out)
}

/// All Zstandard frames of `data`.
fn zstd(mut data: &[u8], size: u64) -> Result<Vec<u8>, String> {
    let mut out = Vec::new();
    while !data.is_empty() && out.len() as u64 <= size {
        window_fits(data, size)?;
        let decoder = ruzstd::decoding::StreamingDecoder::new(&mut data).map_err(|e| e.to_string())?;
        out.extend(inflate(decoder, size - out.len() as u64)?);
    }
    Ok(out)
}

/// Refuses a frame whose window, which the decoder allocates, is out of proportion to what the file holds.
fn window_fits(frame: &[u8], size: u64) -> Result<(), String> {
    // RFC 8878, 3.1.1.1: the descriptor's bit 5 says that there is no window but the content itself.
    let descriptor = frame.get(4).copied().ok_or("it is cut off")?;
    if descriptor & 0x20 == 0 {
        let byte = frame.get(5).copied().ok_or("it is cut off")?;
        let base = 1u64 << (10 + (byte >> 3));
        let window = base + base / 8 * u64::from(byte & 7);
        // Encoders round up, and have a least window of their own.
        if window > size.saturating_mul(4).max(8 << 20) {
            return Err(format!("it asks for a window of {window} bytes to unpack {size}"));
        }
        return Ok(());
    }
    let length = 1usize << (descriptor >> 6);
    let dictionary = [0usize, 1, 2, 4][usize::from(descriptor & 3)];
    let field = frame.get(5 + dictionary..5 + dictionary + length).ok_or("it is cut off")?;
    let content = field.iter().rev().fold(0u64, |n, b| n << 8 | u64::from(*b)) + if length == 2 { 256 } else { 0 };
    if content > size { Err(format!("a frame says {content} bytes where the header says {size}")) } else { Ok(()) }
}
