//! The header that b3dm, i3dm and pnts have in common, and the parts that it cuts the file into.

use crate::{Diagnostic, content::DecodeError};

/// A container with a feature table and a batch table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    B3dm,
    I3dm,
    Pnts,
}

impl Kind {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::B3dm => "b3dm",
            Self::I3dm => "i3dm",
            Self::Pnts => "pnts",
        }
    }

    fn header_length(self) -> usize {
        if self == Self::I3dm { 32 } else { 28 }
    }
}

/// What lies between the header and the end.
#[derive(Debug, Default)]
pub(super) struct Parts<'a> {
    pub(super) feature_json: &'a [u8],
    pub(super) feature_binary: &'a [u8],
    pub(super) batch_json: &'a [u8],
    pub(super) batch_binary: &'a [u8],
    /// What follows the tables: the glTF or its URI.
    pub(super) body: &'a [u8],
    /// `gltfFormat` of an i3dm.
    pub(super) gltf_format: u32,
    /// The number of features, which the two drafts of the b3dm header held themselves.
    pub(super) batch_length: Option<u32>,
    /// What is wrong with the header.
    pub(super) diagnostics: Vec<Diagnostic>,
}

/// The little-endian word at `at`.
pub(super) fn word(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}

/// Reads the header and cuts the parts out.
///
/// # Errors
/// The header is cut off, of another version, or its parts do not fit into the file.
pub(super) fn read(bytes: &[u8], kind: Kind) -> Result<Parts<'_>, DecodeError> {
    let name = kind.name();
    let cut = DecodeError::Truncated { what: name };
    let header = |index: usize| word(bytes, index * 4).ok_or(DecodeError::Truncated { what: name });
    if header(1)? != 1 {
        return Err(DecodeError::malformed(name, format!("version {} is not 1", header(1)?)));
    }
    let mut parts = Parts::default();
    let (mut lengths, mut at) = ([header(3)?, header(4)?, header(5)?, header(6)?], kind.header_length());
    if kind == Kind::I3dm {
        parts.gltf_format = header(7)?;
    }
    if let Some(draft) = (kind == Kind::B3dm).then(|| draft_header(bytes, lengths)).flatten() {
        (lengths, at) = (draft.lengths, draft.header_length);
        parts.batch_length = Some(draft.batch_length);
        let message = "the header is that of a draft from before 3D Tiles 1.0; read as such";
        parts.diagnostics.push(Diagnostic::new("b3dm-draft-header", name, message));
    }
    let start = at;
    let tables = lengths.iter().try_fold(at, |at, &length| at.checked_add(length as usize));
    let tables = tables.filter(|end| *end <= bytes.len()).ok_or(cut)?;
    let end = end(bytes, header(2)?, tables, name, &mut parts.diagnostics);
    let mut cuts = [at; 4];
    let mut part = |k: usize| {
        let from = at;
        at += lengths[k] as usize;
        cuts[k] = at;
        bytes.get(from..at).unwrap_or_default()
    };
    parts.feature_json = part(0);
    parts.feature_binary = part(1);
    parts.batch_json = part(2);
    parts.batch_binary = part(3);
    parts.body = bytes.get(tables..end).unwrap_or_default();
    if let Some(message) = misalignment(start, cuts, end, kind) {
        parts.diagnostics.push(Diagnostic::new("container-alignment", name, message));
    }
    Ok(parts)
}

/// Where the container ends: at its `byteLength`, when that makes sense. `least` is where its tables end.
pub(super) fn end(bytes: &[u8], declared: u32, least: usize, name: &'static str, found: &mut Vec<Diagnostic>) -> usize {
    let (declared, present) = (declared as usize, bytes.len());
    let (end, what) = if declared == present {
        return present;
    } else if declared > present {
        (present, "fewer are there; what is there was read")
    } else if declared < least {
        (present, "its own tables need more; all bytes were read")
    } else {
        (declared, "more are there; what follows was ignored")
    };
    let message = format!("byteLength says {declared} bytes, the file has {present}: {what}");
    found.push(Diagnostic::new("container-length", name, message));
    end
}

/// The first part that does not end on a multiple of eight bytes, in words.
fn misalignment(start: usize, cuts: [usize; 4], end: usize, kind: Kind) -> Option<String> {
    let names = ["feature table JSON", "feature table body", "batch table JSON", "batch table body"];
    let mut from = start;
    let mut ends = Vec::new();
    for (name, cut) in names.into_iter().zip(cuts) {
        // An empty part ends where the one before it ended, which has been looked at.
        if cut != from {
            ends.push((name, cut));
        }
        from = cut;
    }
    ends.push((kind.name(), end));
    let (name, at) = ends.into_iter().find(|(_, at)| at % 8 != 0)?;
    Some(format!("the {name} ends at byte {at}, which is not a multiple of 8; read all the same"))
}

struct Draft {
    lengths: [u32; 4],
    header_length: usize,
    batch_length: u32,
}

/// Two drafts had shorter b3dm headers: `batchLength, batchTableByteLength` and
/// `batchTableJSONByteLength, batchTableBinaryByteLength, batchLength`. What stands where today's header has a length is
/// then the start of a JSON text or of a glb, and taken as a number it is larger than any file.
fn draft_header(bytes: &[u8], lengths: [u32; 4]) -> Option<Draft> {
    let text_at = |at: usize| {
        let start = bytes.get(at..)?;
        Some(start.starts_with(b"glTF") || start.trim_ascii_start().starts_with(b"{"))
    };
    let too_large = |length: u32| length as usize > bytes.len();
    if too_large(lengths[2]) && text_at(20)? {
        return Some(Draft { lengths: [0, 0, lengths[1], 0], header_length: 20, batch_length: lengths[0] });
    }
    if too_large(lengths[3]) && text_at(24)? {
        let drafted = [0, 0, lengths[0], lengths[1]];
        return Some(Draft { lengths: drafted, header_length: 24, batch_length: lengths[2] });
    }
    None
}
