//! The rules of subtree files, binary and JSON.

use super::{
    document,
    finding::{Findings, at},
    given::Given,
    implicit::Implicit,
    metadata, rules, schemas,
};
use crate::{content::DecodeError, tileset::Bits};
use serde_json::Value;

/// What a subtree says is there.
#[derive(Debug)]
pub(super) struct Subtree {
    pub(super) tiles: Bits,
    /// For each content of the tiles.
    pub(super) contents: Vec<Bits>,
    pub(super) children: Bits,
    /// What its tables say of the tiles and contents.
    pub(super) given: Given,
}

/// Gives the bytes of a file that the subtree refers to; `None` when it cannot be had, which is a defect found there.
pub(super) type Buffer<'a> = dyn FnMut(&str, &mut Findings) -> Option<Vec<u8>> + 'a;

/// Checks a subtree whose root is at `level` of the implicit tree. `None` when it cannot be walked.
pub(super) fn check(
    bytes: &[u8],
    implicit: &Implicit,
    level: u64,
    schema: Option<&Value>,
    place: &str,
    find: &mut Findings,
    buffer: &mut Buffer<'_>,
) -> Option<Subtree> {
    let (json, binary) = if bytes.starts_with(b"subt") { header(bytes, place, find)? } else { (bytes, None) };
    let json = document::parse(json, place, find)?;
    schemas::SUBTREE.check(&json, place, find);
    let buffers = buffers(&json, binary, place, find, buffer);
    let bits = implicit.tiles_above(implicit.subtree_levels);
    let read = |value: Option<&Value>, length: u64, place: &str, find: &mut Findings| {
        value.and_then(|v| availability(v, length, &json, &buffers, place, find))
    };
    let tiles = read(json.get("tileAvailability"), bits, &at(place, "tileAvailability"), find)?;
    let children_length = 1u64 << (implicit.dimensions() * implicit.subtree_levels);
    let place_children = at(place, "childSubtreeAvailability");
    let children = read(json.get("childSubtreeAvailability"), children_length, &place_children, find)?;
    let list = json.get("contentAvailability").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let mut contents = Vec::new();
    for (i, value) in list.iter().enumerate() {
        let place = at(&at(place, "contentAvailability"), i);
        contents.push(read(Some(value), bits, &place, find).unwrap_or(Bits::All(false)));
    }
    check_availability(&tiles, &contents, &children, implicit, level, place, find);
    check_metadata(&json, &tiles, &contents, bits, schema, place, find);
    let view = |index: usize| {
        let view = json.get("bufferViews").and_then(|v| v.get(index)).and_then(|v| view_bytes(v, &buffers));
        view.ok_or(DecodeError::Truncated { what: "subtree buffer view" })
    };
    let given = Given::read(&json, schema, &view);
    Some(Subtree { tiles, contents, children, given })
}

/// The JSON and the binary chunk.
fn header<'a>(bytes: &'a [u8], place: &str, find: &mut Findings) -> Option<(&'a [u8], Option<&'a [u8]>)> {
    let word = |at: usize| bytes.get(at..at + 8).and_then(|b| b.try_into().ok()).map(u64::from_le_bytes);
    let (Some(version), Some(json), Some(binary)) =
        (bytes.get(4..8).and_then(|b| b.try_into().ok()).map(u32::from_le_bytes), word(8), word(16))
    else {
        find.add(&rules::SUBTREE_HEADER, place, "is shorter than its header of 24 bytes");
        return None;
    };
    if version != 1 {
        find.add(&rules::SUBTREE_HEADER, place, format!("version {version} is not 1"));
    }
    for (what, length) in [("JSON", json), ("binary", binary)] {
        if !length.is_multiple_of(8) {
            let message = format!("its {what} chunk of {length} bytes does not end at a multiple of 8");
            find.add(&rules::SUBTREE_ALIGNMENT, place, message);
        }
    }
    let end = usize::try_from(json).ok().and_then(|j| j.checked_add(24));
    let all = end.and_then(|e| usize::try_from(binary).ok().and_then(|b| b.checked_add(e)));
    if all != Some(bytes.len()) {
        let message = format!("has {} bytes; header and chunks are 24 + {json} + {binary}", bytes.len());
        find.add(&rules::SUBTREE_HEADER, place, message);
    }
    let end = end?;
    let rest = bytes.get(end..)?;
    let chunk = rest.get(..usize::try_from(binary).ok()?.min(rest.len()))?;
    Some((bytes.get(24..end)?, (binary > 0).then_some(chunk)))
}

fn buffers(
    json: &Value,
    binary: Option<&[u8]>,
    place: &str,
    find: &mut Findings,
    fetch: &mut Buffer<'_>,
) -> Vec<Vec<u8>> {
    let mut out = Vec::new();
    for (i, buffer) in json.get("buffers").and_then(Value::as_array).into_iter().flatten().enumerate() {
        let place = at(&at(place, "buffers"), i);
        let bytes = match (buffer.get("uri").and_then(Value::as_str), binary) {
            (Some(uri), _) => fetch(uri, find).unwrap_or_default(),
            (None, Some(chunk)) if i == 0 => chunk.to_vec(),
            _ => {
                find.add(&rules::SUBTREE_BUFFER, &place, "has no uri, and there is no binary chunk for it");
                Vec::new()
            }
        };
        let length = buffer.get("byteLength").and_then(Value::as_u64).unwrap_or(0);
        if length > bytes.len() as u64 && !bytes.is_empty() {
            let message = format!("says {length} bytes, but there are {}", bytes.len());
            find.add(&rules::SUBTREE_BUFFER, &place, message);
        }
        out.push(bytes);
    }
    for (i, view) in json.get("bufferViews").and_then(Value::as_array).into_iter().flatten().enumerate() {
        let place = at(&at(place, "bufferViews"), i);
        if view.get("byteOffset").and_then(Value::as_u64).is_some_and(|o| !o.is_multiple_of(8)) {
            find.add(&rules::SUBTREE_ALIGNMENT, &place, "its byteOffset is no multiple of 8");
        }
        if view_bytes(view, &out).is_none() {
            find.add(&rules::SUBTREE_BUFFER, &place, "points outside its buffer");
        }
    }
    out
}

fn view_bytes<'a>(view: &Value, buffers: &'a [Vec<u8>]) -> Option<&'a [u8]> {
    let number = |key: &str| view.get(key).and_then(Value::as_u64).and_then(|n| usize::try_from(n).ok());
    let start = number("byteOffset")?;
    buffers.get(number("buffer")?)?.get(start..start.checked_add(number("byteLength")?)?)
}

fn availability(
    value: &Value,
    length: u64,
    json: &Value,
    buffers: &[Vec<u8>],
    place: &str,
    find: &mut Findings,
) -> Option<Bits> {
    // The extension that came before 1.1 said bufferView.
    let stream = value.get("bitstream").or_else(|| value.get("bufferView"));
    let bits = match (value.get("constant").and_then(Value::as_u64), stream.and_then(Value::as_u64)) {
        (Some(constant @ (0 | 1)), None) => Bits::All(constant == 1),
        (None, Some(view)) => {
            let view = json.get("bufferViews").and_then(|v| v.get(usize::try_from(view).ok()?));
            let Some(bytes) = view.and_then(|v| view_bytes(v, buffers)) else {
                find.add(&rules::SUBTREE_AVAILABILITY, place, "its bitstream cannot be read");
                return None;
            };
            let needed = length.div_ceil(8);
            if (bytes.len() as u64) < needed {
                let message = format!("has {} bytes where {length} bits need {needed}", bytes.len());
                find.add(&rules::SUBTREE_AVAILABILITY, place, message);
                return None;
            }
            Bits::Stream(bytes.to_vec())
        }
        _ => {
            find.add(&rules::SUBTREE_AVAILABILITY, place, "needs either a bitstream or a constant that is 0 or 1");
            return None;
        }
    };
    if let Some(said) = value.get("availableCount").and_then(Value::as_u64) {
        let counted = bits.count(length);
        if said != counted {
            find.add(&rules::SUBTREE_COUNT, place, format!("says {said} are available; {counted} are"));
        }
    }
    Some(bits)
}

fn check_availability(
    tiles: &Bits,
    contents: &[Bits],
    children: &Bits,
    implicit: &Implicit,
    level: u64,
    place: &str,
    find: &mut Findings,
) {
    let total = implicit.tiles_above(implicit.subtree_levels);
    if tiles.count(total) == 0 {
        find.add(&rules::SUBTREE_EMPTY, &at(place, "tileAvailability"), "has no tile");
    }
    // Bits that are all the same break neither of the following rules.
    if let Bits::Stream(_) = tiles {
        for l in 1..implicit.subtree_levels {
            let (first, above) = (implicit.tiles_above(l), implicit.tiles_above(l - 1));
            for tile in tiles.set(first, implicit.tiles_above(l + 1)) {
                if !tiles.get(above + ((tile - first) >> implicit.dimensions())) {
                    let message = format!("tile {tile} (level {l}) is available, but the tile above it is not");
                    find.add(&rules::SUBTREE_PARENT, &at(place, "tileAvailability"), message);
                }
            }
        }
    }
    for (i, content) in contents.iter().enumerate() {
        let place = at(&at(place, "contentAvailability"), i);
        match (content, tiles) {
            (Bits::All(false), _) | (_, Bits::All(true)) => {}
            (Bits::All(true), _) => {
                if tiles.count(total) < total {
                    find.add(&rules::SUBTREE_CONTENT, &place, "is 1 for all tiles, but some tiles are not available");
                }
            }
            (Bits::Stream(_), _) => {
                for tile in content.set(0, total).filter(|t| !tiles.get(*t)) {
                    let message = format!("content {tile} is available, but its tile is not");
                    find.add(&rules::SUBTREE_CONTENT, &place, message);
                }
            }
        }
    }
    let below = implicit.available_levels.saturating_sub(level);
    if u64::from(implicit.subtree_levels) > below {
        let first = implicit.tiles_above(below as u32);
        if let Some(tile) = tiles.set(first, total).next() {
            let message = format!("tile {tile} is below the {} available levels", implicit.available_levels);
            find.add(&rules::SUBTREE_LEVELS, &at(place, "tileAvailability"), message);
        }
    }
    let next = 1u64 << (implicit.dimensions() * implicit.subtree_levels);
    if u64::from(implicit.subtree_levels) >= below && children.set(0, next).next().is_some() {
        let message = format!("there are subtrees below the {} available levels", implicit.available_levels);
        find.add(&rules::SUBTREE_LEVELS, &at(place, "childSubtreeAvailability"), message);
    }
}

fn check_metadata(
    json: &Value,
    tiles: &Bits,
    contents: &[Bits],
    bits: u64,
    schema: Option<&Value>,
    place: &str,
    find: &mut Findings,
) {
    metadata::check_entity(json.get("subtreeMetadata"), schema, &at(place, "subtreeMetadata"), find);
    let tables = json.get("propertyTables").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    for (i, table) in tables.iter().enumerate() {
        let place = at(&at(place, "propertyTables"), i);
        if let Some(class) =
            table.get("class").and_then(Value::as_str).and_then(|id| metadata::class(id, schema, &place, find))
        {
            metadata::check_names(class, table.get("properties"), &place, find);
            metadata::check_table(json, table, class, schema, &place, find);
        }
    }
    let mut check = |index: Option<&Value>, available: u64, place: &str| {
        let Some(index) = index.and_then(Value::as_u64) else { return };
        match usize::try_from(index).ok().and_then(|i| tables.get(i)) {
            None => find.add(&rules::SUBTREE_METADATA, place, format!("there is no property table {index}")),
            Some(table) => {
                let rows = table.get("count").and_then(Value::as_u64).unwrap_or(0);
                if rows != available {
                    let message = format!("its table has {rows} rows for {available} available");
                    find.add(&rules::SUBTREE_METADATA, place, message);
                }
            }
        }
    };
    check(json.get("tileMetadata"), tiles.count(bits), &at(place, "tileMetadata"));
    for (i, index) in json.get("contentMetadata").and_then(Value::as_array).into_iter().flatten().enumerate() {
        let available = contents.get(i).map_or(0, |c| c.count(bits));
        check(Some(index), available, &at(&at(place, "contentMetadata"), i));
    }
}
