//! Paths as the index hashes them.

use md5::{Digest as _, Md5};

/// MD5 of a path as two little-endian numbers, in the order in which the index is sorted.
pub(super) type PathHash = (u64, u64);

/// The hash under which the index lists a path that is normalised already.
pub(super) fn hash(path: &str) -> PathHash {
    let digest: [u8; 16] = Md5::digest(path.as_bytes()).into();
    let (mut low, mut high) = ([0; 8], [0; 8]);
    low.copy_from_slice(&digest[..8]);
    high.copy_from_slice(&digest[8..]);
    (u64::from_le_bytes(low), u64::from_le_bytes(high))
}

/// Slashes forward, no leading slash, `.` and `..` resolved. `None` when nothing is left or it leads out of the
/// archive.
pub(super) fn normalize(path: &str) -> Option<String> {
    let path = path.replace('\\', "/");
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()?),
            other => parts.push(other),
        }
    }
    (!parts.is_empty()).then(|| parts.join("/"))
}

/// The paths that a relative URI may mean, the likeliest first: without query and fragment and with its percent
/// encoding undone, then as it is written (files may be named with a `%`, `?` or `#`).
pub(super) fn candidates(uri: &str) -> Vec<String> {
    let bare = uri.split(['?', '#']).next().unwrap_or_default();
    let mut out: Vec<String> = Vec::new();
    for text in [decode(bare).as_deref(), Some(bare), Some(uri)].into_iter().flatten() {
        out.extend(normalize(text).filter(|path| !out.contains(path)));
    }
    out
}

/// Undoes percent encoding; `None` when there is none, or the bytes are not UTF-8.
fn decode(text: &str) -> Option<String> {
    if !text.contains('%') {
        return None;
    }
    let digit = |b: Option<&u8>| b.and_then(|b| char::from(*b).to_digit(16)).map(|d| d as u8);
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut i = 0;
    while let Some(&b) = bytes.get(i) {
        match (b, digit(bytes.get(i + 1)), digit(bytes.get(i + 2))) {
            (b'%', Some(high), Some(low)) => {
                out.push(high << 4 | low);
                i += 3;
            }
            _ => {
                out.push(b);
                i += 1;
            }
        }
    }
    String::from_utf8(out).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uris_become_the_paths_that_archives_hold() {
        assert_eq!(candidates("./a/../b\\c.glb"), ["b/c.glb"]);
        assert_eq!(candidates("/tileset.json?v=1"), ["tileset.json", "tileset.json?v=1"]);
        assert_eq!(candidates("%E8%BF%90/a%20b.glb"), ["运/a b.glb", "%E8%BF%90/a%20b.glb"]);
        assert_eq!(candidates("100%.glb"), ["100%.glb"]);
        assert_eq!(candidates("%ff.glb"), ["%ff.glb"]);
        assert!(candidates("../../etc/passwd").is_empty());
        assert!(candidates("").is_empty());
    }

    #[test]
    fn a_hash_is_two_little_endian_halves() {
        // md5("") is d41d8cd98f00b204e9800998ecf8427e (RFC 1321).
        assert_eq!(hash(""), (0x04b2_008f_d98c_1dd4, 0x7e42_f8ec_9809_80e9));
    }
}
