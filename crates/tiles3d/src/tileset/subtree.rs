//! Subtree files (OGC 22-025r4, clauses 9.8 and 9.9): which tiles, contents and further subtrees there are, and their
//! metadata. Binary or JSON.

use super::Bits;
use crate::{
    Diagnostic,
    content::{DecodeError, FetchExternal},
    metadata::EntityJson,
};
use serde::Deserialize;
use serde_json::Value;
use std::{collections::BTreeMap, sync::Arc};
use url::Url;

const WHAT: &str = "subtree";

/// A subtree file, read but not yet part of a [`super::Tileset`]: [`super::Tileset::attach_subtree`] makes it one.
///
/// How many levels it has is said by the tileset alone, so lengths of bitstreams are checked there. Reading needs
/// nothing of the tileset and may happen on any thread.
#[derive(Debug)]
pub struct Subtree {
    pub(super) url: Url,
    pub(super) tiles: Bits,
    /// For each content of the implicit root tile.
    pub(super) contents: Vec<Bits>,
    pub(super) children: Bits,
    pub(super) metadata: SubtreeMetadata,
    pub(super) found: Vec<Diagnostic>,
}

/// The metadata of a subtree, as bytes until its schema is there.
#[derive(Debug, Clone, Default)]
pub(super) struct SubtreeMetadata {
    pub(super) tables: Vec<Value>,
    pub(super) views: Views,
    /// The table of the tiles.
    pub(super) tiles: Option<usize>,
    /// The tables of the contents, in the order of [`Subtree::contents`].
    pub(super) contents: Vec<Option<usize>>,
    pub(super) own: Option<EntityJson>,
}

/// The buffer views, and the buffers that are used.
#[derive(Debug, Clone, Default)]
pub(super) struct Views {
    views: Vec<ViewJson>,
    buffers: BTreeMap<usize, Arc<[u8]>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct SubtreeJson {
    #[serde(default)]
    buffers: Vec<BufferJson>,
    #[serde(default)]
    buffer_views: Vec<ViewJson>,
    tile_availability: AvailabilityJson,
    /// An array; one alone before 1.1.
    #[serde(default)]
    content_availability: Value,
    child_subtree_availability: AvailabilityJson,
    #[serde(default)]
    property_tables: Vec<Value>,
    #[serde(default)]
    tile_metadata: Option<usize>,
    #[serde(default)]
    content_metadata: Vec<Option<usize>>,
    #[serde(default)]
    subtree_metadata: Option<Value>,
    #[serde(default)]
    extensions: Value,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct BufferJson {
    uri: Option<String>,
    byte_length: usize,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ViewJson {
    buffer: usize,
    #[serde(default)]
    byte_offset: usize,
    byte_length: usize,
}

#[derive(Debug, Deserialize)]
struct AvailabilityJson {
    /// Before 1.1 it was called `bufferView`.
    #[serde(alias = "bufferView")]
    bitstream: Option<usize>,
    constant: Option<u8>,
}

impl Subtree {
    /// Reads a subtree that came from `url`. `fetch` gives the bytes of the buffers that it refers to: the URI as it is
    /// written, relative to `url`, in; bytes or a reason out. Only those that are used are asked for, each once.
    ///
    /// # Errors
    /// It is no subtree, cut off, or the availability of its tiles or of the subtrees below cannot be had. What is wrong
    /// with its contents and metadata is told when it is attached.
    pub fn parse(bytes: &[u8], url: &Url, fetch: &mut FetchExternal<'_>) -> Result<Self, DecodeError> {
        let (json, chunk) = chunks(bytes)?;
        let mut json: SubtreeJson = serde_json::from_slice(json).map_err(|e| DecodeError::malformed(WHAT, e))?;
        let mut found = Vec::new();
        let mut reader =
            Reader { buffers: &json.buffers, chunk, fetch, views: &json.buffer_views, fetched: BTreeMap::new() };
        let mut views = Views { views: json.buffer_views.clone(), buffers: BTreeMap::new() };

        let tiles = reader.bits(&json.tile_availability, &mut views)?;
        let children = reader.bits(&json.child_subtree_availability, &mut views)?;
        let several = json.extensions.get("3DTILES_multiple_contents").and_then(|e| e.get("contentAvailability"));
        let list = match several.unwrap_or(&json.content_availability) {
            Value::Array(list) => list.as_slice(),
            Value::Null => &[],
            one => std::slice::from_ref(one),
        };
        let mut contents = Vec::with_capacity(list.len());
        for (i, one) in list.iter().enumerate() {
            let one = AvailabilityJson::deserialize(one).map_err(|e| DecodeError::malformed(WHAT, e));
            contents.push(one.and_then(|one| reader.bits(&one, &mut views)).unwrap_or_else(|e| {
                let message = format!("availability of content {i}: {e}; there is none of this content");
                found.push(Diagnostic::new("subtree-content-broken", url.as_str(), message));
                Bits::All(false)
            }));
        }

        // The first drafts had one table for the tiles, without its length.
        if let Some(old) = json.extensions.get("3DTILES_metadata").filter(|old| old.get("class").is_some()) {
            json.tile_metadata = json.tile_metadata.or(Some(json.property_tables.len()));
            json.property_tables.push(old.clone());
        }
        let own = EntityJson::parse(json.subtree_metadata.as_ref(), url.as_str(), &mut found);
        let mut metadata = SubtreeMetadata {
            tables: json.property_tables,
            views: Views::default(),
            tiles: json.tile_metadata,
            contents: json.content_metadata,
            own,
        };
        let used = metadata.used();
        for view in metadata.tables.iter().enumerate().filter(|(i, _)| used.contains(i)).flat_map(|(_, t)| columns(t)) {
            if let Err(e) = reader.load(view, &mut views) {
                let message = format!("buffer view {view}: {e}; the properties in it are left out");
                found.push(Diagnostic::new("subtree-metadata-broken", url.as_str(), message));
            }
        }
        if !used.is_empty() {
            metadata.views = views;
        }
        Ok(Self { url: url.clone(), tiles, contents, children, metadata, found })
    }

    /// Where it came from.
    #[must_use]
    pub fn url(&self) -> &Url {
        &self.url
    }
}

impl SubtreeMetadata {
    /// The tables that tiles and contents have.
    pub(super) fn used(&self) -> Vec<usize> {
        self.tiles.into_iter().chain(self.contents.iter().copied().flatten()).collect()
    }
}

impl Views {
    /// The bytes of a view.
    pub(super) fn get(&self, view: usize) -> Result<&[u8], DecodeError> {
        let outside = || DecodeError::Truncated { what: "subtree buffer view" };
        let view = self.views.get(view).ok_or_else(outside)?;
        let buffer = self.buffers.get(&view.buffer).ok_or_else(outside)?;
        let end = view.byte_offset.checked_add(view.byte_length).ok_or_else(outside)?;
        buffer.get(view.byte_offset..end).ok_or_else(outside)
    }
}

/// The views that the columns of a table are in.
fn columns(table: &Value) -> impl Iterator<Item = usize> + '_ {
    const NAMES: [&str; 6] =
        ["values", "arrayOffsets", "stringOffsets", "bufferView", "arrayOffsetBufferView", "stringOffsetBufferView"];
    let columns = table.get("properties").and_then(Value::as_object).into_iter().flat_map(|map| map.values());
    let views = columns.flat_map(|column| NAMES.into_iter().filter_map(move |name| column.get(name)?.as_u64()));
    views.filter_map(|view| usize::try_from(view).ok())
}

/// The JSON and what a binary file has behind it.
fn chunks(bytes: &[u8]) -> Result<(&[u8], Option<&[u8]>), DecodeError> {
    let cut = || DecodeError::Truncated { what: WHAT };
    if !bytes.starts_with(b"subt") {
        return Ok((bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes), None));
    }
    let header = bytes.get(..24).ok_or_else(cut)?;
    let length = |at: usize| {
        let word = header.get(at..at + 8).and_then(|b| b.try_into().ok()).map(u64::from_le_bytes);
        word.and_then(|n| usize::try_from(n).ok()).ok_or_else(cut)
    };
    if header.get(4..8) != Some(&[1, 0, 0, 0]) {
        return Err(DecodeError::Unsupported("subtree of a version other than 1".into()));
    }
    let end = length(8)?.checked_add(24).ok_or_else(cut)?;
    let json = bytes.get(24..end).ok_or_else(cut)?;
    let binary = length(16)?;
    let chunk = bytes.get(end..end.checked_add(binary).ok_or_else(cut)?).ok_or_else(cut)?;
    Ok((json, (binary > 0).then_some(chunk)))
}

/// Gets buffers as they are needed.
struct Reader<'a, 'f, 'g> {
    buffers: &'a [BufferJson],
    views: &'a [ViewJson],
    chunk: Option<&'a [u8]>,
    fetch: &'f mut FetchExternal<'g>,
    /// What came of each file.
    fetched: BTreeMap<&'a str, Result<Arc<[u8]>, String>>,
}

impl Reader<'_, '_, '_> {
    /// Makes sure that the buffer of a view is there.
    fn load(&mut self, view: usize, into: &mut Views) -> Result<(), DecodeError> {
        let missing = |what: String| DecodeError::malformed(WHAT, what);
        let index = self.views.get(view).ok_or_else(|| missing(format!("there is no buffer view {view}")))?.buffer;
        if into.buffers.contains_key(&index) {
            return Ok(());
        }
        let buffer = self.buffers.get(index).ok_or_else(|| missing(format!("there is no buffer {index}")))?;
        let bytes: Arc<[u8]> = match (&buffer.uri, self.chunk) {
            (Some(uri), _) => {
                let fetch = &mut *self.fetch;
                let fetched = self.fetched.entry(uri).or_insert_with(|| fetch(uri).map(Arc::from));
                let short = || uri.chars().take(80).collect();
                fetched.clone().map_err(|message| DecodeError::External { uri: short(), message })?
            }
            (None, Some(chunk)) if index == 0 => chunk.into(),
            _ => return Err(missing(format!("buffer {index} has no uri, and there is no chunk for it"))),
        };
        if bytes.len() < buffer.byte_length {
            return Err(missing(format!("buffer {index} has {} bytes of {}", bytes.len(), buffer.byte_length)));
        }
        into.buffers.insert(index, bytes);
        Ok(())
    }

    fn bits(&mut self, json: &AvailabilityJson, into: &mut Views) -> Result<Bits, DecodeError> {
        match (json.bitstream, json.constant) {
            (Some(view), _) => {
                self.load(view, into)?;
                Ok(Bits::Stream(into.get(view)?.to_vec()))
            }
            (None, Some(constant @ (0 | 1))) => Ok(Bits::All(constant == 1)),
            _ => Err(DecodeError::malformed(WHAT, "availability has neither a bitstream nor a constant of 0 or 1")),
        }
    }
}
