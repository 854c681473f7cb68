//! The rules of the binary glTF container.

use super::{document, finding::Findings, gltf, rules};
use serde_json::Value;

const JSON: u32 = 0x4E4F_534A;
const BIN: u32 = 0x004E_4942;

/// Checks a glb and the JSON in it; `None` when there is no JSON to go on with.
pub(super) fn check(bytes: &[u8], place: &str, find: &mut Findings) -> Option<Value> {
    let word = |at: usize| bytes.get(at..at.checked_add(4)?)?.try_into().ok().map(u32::from_le_bytes);
    let (Some(version), Some(length)) = (word(4), word(8)) else {
        find.add(&rules::GLB_HEADER, place, "is shorter than its header");
        return None;
    };
    if !bytes.starts_with(b"glTF") {
        find.add(&rules::GLB_HEADER, place, "does not begin with glTF");
        return None;
    }
    if version != 2 {
        find.add(&rules::GLB_HEADER, place, format!("version {version} is not 2"));
        return None;
    }
    if length as usize != bytes.len() {
        find.add(&rules::GLB_LENGTH, place, format!("says {length} bytes, but has {}", bytes.len()));
    }
    let (mut json, mut binary) = (None, None);
    let (mut at, mut index) = (12usize, 0);
    while at < bytes.len() {
        let (Some(size), Some(kind)) = (word(at), word(at + 4)) else {
            find.add(&rules::GLB_CHUNK, place, format!("{} bytes follow its last chunk", bytes.len() - at));
            break;
        };
        let chunk = (at + 8).checked_add(size as usize).and_then(|end| bytes.get(at + 8..end));
        let Some(chunk) = chunk else {
            find.add(&rules::GLB_CHUNK, place, format!("chunk {index} of {size} bytes goes beyond the file"));
            break;
        };
        if !size.is_multiple_of(4) {
            find.add(&rules::GLB_ALIGNMENT, place, format!("chunk {index} of {size} bytes is no multiple of 4 long"));
        }
        match (index, kind) {
            (0, JSON) => json = Some(chunk),
            (1, BIN) => binary = Some(chunk),
            (0, _) => find.add(&rules::GLB_CHUNK, place, "its first chunk is not JSON"),
            (_, JSON | BIN) => find.add(&rules::GLB_CHUNK, place, format!("chunk {index} is out of its place")),
            _ => {}
        }
        at += 8 + chunk.len();
        index += 1;
    }
    let Some(text) = json else {
        find.add(&rules::GLB_CHUNK, place, "has no JSON chunk");
        return None;
    };
    let end = text.iter().rposition(|b| *b != 0).map_or(0, |i| i + 1);
    if end < text.len() {
        find.add(&rules::GLB_PADDING, place, "its JSON is padded with zeros instead of spaces");
    }
    let json = document::parse(text.get(..end)?, &format!("{place}#"), find)?;
    check_buffer(&json, binary, place, find);
    gltf::check(&json, &format!("{place}#"), find);
    Some(json)
}

/// The first buffer, when it has no URI, is the binary chunk, which may be up to three bytes longer.
fn check_buffer(json: &Value, binary: Option<&[u8]>, place: &str, find: &mut Findings) {
    let first = json.get("buffers").and_then(|b| b.get(0)).filter(|b| b.get("uri").is_none());
    let Some(length) = first.and_then(|b| b.get("byteLength")).and_then(Value::as_u64) else { return };
    // Buffers of compressed meshes may have no bytes of their own.
    if first.and_then(|b| b.get("extensions")).is_some() {
        return;
    }
    match binary {
        None => find.add(&rules::GLB_BUFFER, place, "its buffer has no uri, and there is no binary chunk"),
        Some(chunk) => {
            let chunk = chunk.len() as u64;
            if chunk < length || chunk > length + 3 {
                let message = format!("its buffer of {length} bytes is in a chunk of {chunk}");
                find.add(&rules::GLB_BUFFER, place, message);
            }
        }
    }
}
