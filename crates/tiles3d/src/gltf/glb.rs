//! The container of binary glTF (glTF 2.0, clause 4).

use super::version;
use crate::{Diagnostic, content::DecodeError};

/// The chunks of a binary glTF.
#[derive(Debug)]
pub(super) struct Chunks<'a> {
    pub(super) json: &'a [u8],
    /// The first buffer, if it is in the file.
    pub(super) binary: Option<&'a [u8]>,
}

const WHAT: &str = "glb";
const HEADER: usize = 12;
const JSON: u32 = u32::from_le_bytes(*b"JSON");
const BIN: u32 = u32::from_le_bytes(*b"BIN\0");

/// Takes the container apart. Chunks of unknown types, and bytes after the length that the header tells, are passed over.
pub(super) fn chunks<'a>(bytes: &'a [u8], found: &mut Vec<Diagnostic>) -> Result<Chunks<'a>, DecodeError> {
    let header = bytes.first_chunk::<HEADER>().ok_or(DecodeError::Truncated { what: WHAT })?;
    let [magic, version, length] = words(header);
    if magic != u32::from_le_bytes(*b"glTF") {
        return Err(DecodeError::malformed(WHAT, "it does not begin with \"glTF\""));
    }
    if version != 2 {
        return Err(version::unread(&format!("{version}.0")));
    }
    let mut note = |message: String| found.push(Diagnostic::new("glb-structure", WHAT, message));
    // A wrong length is no reason to give up where the chunks are whole.
    let end = match length as usize {
        length if length > bytes.len() => {
            note(format!("its header says {length} bytes, but it has {}; read to its end", bytes.len()));
            bytes.len()
        }
        length if length < HEADER => {
            note(format!("its header says {length} bytes; read to its end"));
            bytes.len()
        }
        length => length,
    };
    let (mut json, mut binary) = (None, None);
    let mut rest = bytes.get(HEADER..end).unwrap_or_default();
    while let Some((head, after)) = rest.split_first_chunk::<8>() {
        let [length, kind] = words(head);
        let (chunk, next) =
            after.split_at_checked(length as usize).ok_or(DecodeError::Truncated { what: "glb chunk" })?;
        if length % 4 != 0 {
            note(format!("a chunk of {length} bytes does not end at a multiple of 4"));
        }
        match kind {
            JSON => json = json.or(Some(chunk)),
            BIN => binary = binary.or(Some(chunk)),
            _ => {}
        }
        rest = next;
    }
    let json = json.ok_or(DecodeError::Truncated { what: "glb JSON chunk" })?;
    Ok(Chunks { json, binary })
}

fn words<const BYTES: usize, const WORDS: usize>(bytes: &[u8; BYTES]) -> [u32; WORDS] {
    let words = bytes.as_chunks().0;
    std::array::from_fn(|i| words.get(i).map_or(0, |word| u32::from_le_bytes(*word)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chunk(kind: &[u8; 4], body: &[u8]) -> Vec<u8> {
        [&(body.len() as u32).to_le_bytes(), kind, body].concat()
    }

    fn file(length: u32, chunks: &[Vec<u8>]) -> Vec<u8> {
        let mut bytes = b"glTF\x02\0\0\0".to_vec();
        bytes.extend(length.to_le_bytes());
        bytes.extend(chunks.concat());
        if length == 0 {
            let length = (bytes.len() as u32).to_le_bytes();
            bytes[8..12].copy_from_slice(&length);
        }
        bytes
    }

    #[test]
    fn unknown_chunks_and_what_follows_the_file_are_passed_over() {
        let mut bytes = file(0, &[chunk(b"JSON", b"{}  "), chunk(b"XTRA", b"1234"), chunk(b"BIN\0", b"abcd")]);
        bytes.extend(*b"padding");
        let mut found = Vec::new();
        let read = chunks(&bytes, &mut found).unwrap();
        assert_eq!((read.json, read.binary), (&b"{}  "[..], Some(&b"abcd"[..])));
        assert!(found.is_empty());
    }

    #[test]
    fn wrong_lengths_are_told_and_the_chunks_still_read() {
        for length in [11, 4_000_000_000] {
            let bytes = file(length, &[chunk(b"JSON", b"{} ")]);
            let mut found = Vec::new();
            assert_eq!(chunks(&bytes, &mut found).unwrap().json, b"{} ");
            // The chunk is not aligned either.
            assert_eq!(found.len(), 2);
        }
    }

    #[test]
    fn broken_containers_are_refused() {
        let refused = |bytes: &[u8]| chunks(bytes, &mut Vec::new()).unwrap_err().to_string();
        assert!(refused(b"glTF\x02\0\0\0").contains("cut off"));
        assert!(refused(b"glTF\x01\0\0\0\x0c\0\0\0").contains("glTF 1.0"));
        assert!(refused(&file(0, &[])).contains("JSON"));
        let mut long = file(0, &[chunk(b"JSON", b"{}  ")]);
        long[12] = 5;
        assert!(refused(&long).contains("chunk"));
    }
}
