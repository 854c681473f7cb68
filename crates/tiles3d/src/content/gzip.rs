//! Files that are gzip-compressed as they lie on the server.

use super::DecodeError;
use flate2::bufread::GzDecoder;
use std::{borrow::Cow, io::Read as _};

/// Inflates `bytes` when they are a gzip file (RFC 1952; several members after each other are one file), and hands
/// anything else through as it is. For content, `tileset.json` and subtree files alike: 3D Tiles lets a server keep any
/// of them compressed without telling.
///
/// # Errors
/// The gzip file is damaged, or inflates to more than `limit` bytes.
pub fn inflate(bytes: &[u8], limit: usize) -> Result<Cow<'_, [u8]>, DecodeError> {
    const MAGIC: &[u8] = &[0x1f, 0x8b];
    if !bytes.starts_with(MAGIC) {
        return Ok(Cow::Borrowed(bytes));
    }
    let (mut out, mut rest) = (Vec::new(), bytes);
    // Padding after the last member does no harm and is left alone.
    while rest.starts_with(MAGIC) {
        let room = (limit - out.len()) as u64;
        let mut member = GzDecoder::new(rest).take(room.saturating_add(1));
        member.read_to_end(&mut out).map_err(|e| DecodeError::malformed("gzip file", e))?;
        if out.len() > limit {
            return Err(DecodeError::TooLarge { bytes: out.len(), limit });
        }
        rest = member.into_inner().into_inner();
    }
    Ok(Cow::Owned(out))
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::{Compression, write::GzEncoder};
    use proptest::prelude::*;
    use std::io::Write as _;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn other_bytes_pass_through_uncopied() {
        assert!(matches!(inflate(b"glTF", 0), Ok(Cow::Borrowed(b"glTF"))));
        assert!(matches!(inflate(b"", 0), Ok(Cow::Borrowed(b""))));
    }

    #[test]
    fn members_are_joined_and_padding_is_left_alone() {
        let mut file = gzip(b"{\"asset\":");
        file.extend(gzip(b"{}}"));
        file.extend([0; 5]);
        assert_eq!(inflate(&file, 100).unwrap().as_ref(), b"{\"asset\":{}}");
    }

    #[test]
    fn a_bomb_is_refused_and_a_file_of_just_the_limit_is_not() {
        let bomb = gzip(&vec![0; 10 << 20]);
        assert!(bomb.len() < 20_000);
        assert!(matches!(inflate(&bomb, (10 << 20) - 1), Err(DecodeError::TooLarge { .. })));
        assert_eq!(inflate(&bomb, 10 << 20).unwrap().len(), 10 << 20);
        let two: Vec<u8> = [bomb.clone(), bomb].concat();
        assert!(matches!(inflate(&two, 15 << 20), Err(DecodeError::TooLarge { .. })));
    }

    #[test]
    fn a_damaged_file_is_an_error() {
        let file = gzip(b"some text that is long enough to be cut");
        assert!(inflate(&file[..file.len() - 6], 1000).is_err());
        let mut wrong = file.clone();
        let crc = wrong.len() - 8;
        wrong[crc] ^= 1;
        assert!(inflate(&wrong, 1000).is_err());
    }

    proptest! {
        #[test]
        fn any_bytes_after_the_magic_are_survived(tail in proptest::collection::vec(any::<u8>(), 0..200)) {
            let bytes = [&[0x1f, 0x8b, 8][..], &tail].concat();
            if let Ok(out) = inflate(&bytes, 10_000) {
                prop_assert!(out.len() <= 10_000);
            }
        }
    }
}
