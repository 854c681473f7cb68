//! The rules of the binary containers of 3D Tiles 1.0: b3dm, i3dm, pnts and cmpt.

use super::{
    document,
    finding::Findings,
    glb, rules,
    table::{self, Kind},
};
use serde_json::Value;

/// Composites inside composites are followed so deep.
const MAX_NESTING: u32 = 16;

/// The lengths of the four parts that follow a header, and where they begin.
struct Parts<'a> {
    feature_json: &'a [u8],
    feature_binary: &'a [u8],
    batch_json: &'a [u8],
    batch_binary: &'a [u8],
    body: &'a [u8],
}

fn word(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..at.checked_add(4)?)?.try_into().ok().map(u32::from_le_bytes)
}

/// Checks a container, and what it contains. Its glTF documents are given to `gltf`.
pub(super) fn check(bytes: &[u8], place: &str, find: &mut Findings, gltf: &mut dyn FnMut(&Value)) {
    check_nested(bytes, place, 0, find, gltf);
}

fn check_nested(bytes: &[u8], place: &str, depth: u32, find: &mut Findings, gltf: &mut dyn FnMut(&Value)) {
    let (Some(version), Some(length)) = (word(bytes, 4), word(bytes, 8)) else {
        return find.add(&rules::CONTAINER_HEADER, place, "is shorter than its header");
    };
    if version != 1 {
        find.add(&rules::CONTAINER_VERSION, place, format!("version {version} is not 1"));
    }
    if length as usize != bytes.len() {
        find.add(&rules::CONTAINER_LENGTH, place, format!("says {length} bytes, but has {}", bytes.len()));
    }
    if !length.is_multiple_of(8) {
        find.add(&rules::CONTAINER_ALIGNMENT, place, format!("its {length} bytes do not end at a multiple of 8"));
    }
    match bytes.get(..4) {
        Some(b"cmpt") => composite(bytes, place, depth, find, gltf),
        Some(b"b3dm") => {
            if bytes.get(20..24) == Some(b"glTF") || bytes.get(24..28) == Some(b"glTF") {
                return find.add(&rules::CONTAINER_HEADER, place, "has the shorter header of a draft");
            }
            let Some(parts) = parts(bytes, 28, place, find) else { return };
            table::check(Kind::Batched, &parts.tables(), place, find);
            embedded(parts.body, place, find, gltf);
        }
        Some(b"i3dm") => {
            let Some(parts) = parts(bytes, 32, place, find) else { return };
            table::check(Kind::Instanced, &parts.tables(), place, find);
            match word(bytes, 28) {
                Some(0) => {
                    let uri = std::str::from_utf8(parts.body).unwrap_or_default();
                    if uri.trim_end_matches(['\0', ' ']).is_empty() {
                        find.add(&rules::CONTAINER_FORMAT, place, "says that its glTF is at a URI, but has none");
                    }
                }
                Some(1) => embedded(parts.body, place, find, gltf),
                other => {
                    let message = format!("gltfFormat is {}, neither 0 nor 1", other.unwrap_or_default());
                    find.add(&rules::CONTAINER_FORMAT, place, message);
                }
            }
        }
        _ => {
            let Some(parts) = parts(bytes, 28, place, find) else { return };
            table::check(Kind::Points, &parts.tables(), place, find);
        }
    }
}

impl<'a> Parts<'a> {
    fn tables(&self) -> table::Tables<'a> {
        table::Tables {
            feature_json: self.feature_json,
            feature_binary: self.feature_binary,
            batch_json: self.batch_json,
            batch_binary: self.batch_binary,
        }
    }
}

fn parts<'a>(bytes: &'a [u8], header: usize, place: &str, find: &mut Findings) -> Option<Parts<'a>> {
    let mut at = header;
    let mut part = |word_at: usize| {
        let length = word(bytes, word_at)? as usize;
        let slice = bytes.get(at..at.checked_add(length)?)?;
        at += length;
        Some(slice)
    };
    let slices = part(12).zip(part(16)).zip(part(20).zip(part(24)));
    let Some(((feature_json, feature_binary), (batch_json, batch_binary))) = slices else {
        find.add(&rules::CONTAINER_HEADER, place, "its tables are longer than the file");
        return None;
    };
    let mut end = header;
    let all = [
        ("feature table JSON", feature_json, true),
        ("feature table binary", feature_binary, false),
        ("batch table JSON", batch_json, true),
        ("batch table binary", batch_binary, false),
    ];
    for (what, slice, is_json) in all {
        end += slice.len();
        if !slice.is_empty() && !end.is_multiple_of(8) {
            let message = format!("its {what} ends at byte {end}, which is no multiple of 8");
            find.add(&rules::CONTAINER_ALIGNMENT, place, message);
        }
        if is_json && slice.last().is_some_and(|b| *b != b' ' && *b != b'}') {
            find.add(&rules::CONTAINER_PADDING, place, format!("its {what} is not padded with spaces"));
        }
    }
    Some(Parts { feature_json, feature_binary, batch_json, batch_binary, body: bytes.get(at..).unwrap_or_default() })
}

/// The glb of a b3dm or i3dm; padding to 8 bytes may follow it.
fn embedded(body: &[u8], place: &str, find: &mut Findings, gltf: &mut dyn FnMut(&Value)) {
    let length = word(body, 8).map(|n| n as usize).filter(|n| (body.len().saturating_sub(7)..=body.len()).contains(n));
    let glb = length.and_then(|n| body.get(..n)).unwrap_or(body);
    if let Some(json) = glb::check(glb, &format!("{place} (glb)"), find) {
        gltf(&json);
    }
}

fn composite(bytes: &[u8], place: &str, depth: u32, find: &mut Findings, gltf: &mut dyn FnMut(&Value)) {
    let Some(count) = word(bytes, 12) else {
        return find.add(&rules::CONTAINER_HEADER, place, "is shorter than its header");
    };
    if depth >= MAX_NESTING {
        return find.add(&rules::COMPOSITE, place, format!("composites are nested more than {MAX_NESTING} deep"));
    }
    let mut at = 16usize;
    for i in 0..count {
        let rest = bytes.get(at..).unwrap_or_default();
        let length = word(rest, 8).map(|n| n as usize);
        let Some(tile) = length.filter(|n| *n >= 12).and_then(|n| rest.get(..n)) else {
            return find.add(&rules::COMPOSITE, place, format!("tile {i} of {count} is not within it"));
        };
        let place = format!("{place} (tile {i})");
        match tile.get(..4) {
            Some(b"b3dm" | b"i3dm" | b"pnts" | b"cmpt") => check_nested(tile, &place, depth + 1, find, gltf),
            Some(b"glTF") => {
                if let Some(json) = glb::check(tile, &place, find) {
                    gltf(&json);
                }
            }
            _ => find.add(&rules::COMPOSITE, &place, "is of no known format"),
        }
        at += tile.len();
    }
    if at != bytes.len() {
        find.add(&rules::COMPOSITE, place, format!("{} bytes follow its last tile", bytes.len().saturating_sub(at)));
    }
}

/// The JSON of a table; nothing at all stands for an empty one.
pub(super) fn json(bytes: &[u8], place: &str, find: &mut Findings) -> Value {
    let text = bytes.trim_ascii_end();
    let end = text.iter().rposition(|b| *b != 0).map_or(0, |i| i + 1);
    match text.get(..end) {
        None | Some([]) => Value::Object(serde_json::Map::new()),
        Some(text) => document::parse(text, place, find).unwrap_or(Value::Null),
    }
}
