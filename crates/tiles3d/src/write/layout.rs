//! The parts of a glb on their way into it: streams of elements that share buffer views, accessors into them, and the
//! container.

use super::{Compression, WriteError};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Vertices, for graphics cards.
pub(super) const ARRAY_BUFFER: u32 = 34962;
/// Indices, for graphics cards.
pub(super) const ELEMENT_ARRAY_BUFFER: u32 = 34963;

/// What elements are made of: an accessor's side of them, and a buffer view's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Format {
    /// `componentType`: 5120 to 5126.
    pub(super) component: u32,
    /// `type`.
    pub(super) kind: &'static str,
    pub(super) normalized: bool,
    /// Bytes from one element to the next; a multiple of 4 but for indices.
    pub(super) stride: usize,
    /// The use that graphics cards make of them, if any.
    pub(super) target: Option<u32>,
}

impl Format {
    pub(super) const fn vertex(component: u32, kind: &'static str, stride: usize) -> Self {
        Self { component, kind, normalized: false, stride, target: Some(ARRAY_BUFFER) }
    }

    pub(super) const fn normalized(self) -> Self {
        Self { normalized: true, ..self }
    }
}

/// What a compressed view is decoded with (`EXT_meshopt_compression`, "filter").
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Filter {
    None,
    Octahedral,
    #[cfg(feature = "compress")]
    Quaternion,
    Exponential,
}

/// A buffer view to be.
#[derive(Debug)]
pub(super) struct Stream {
    /// As they are stored; with a filter, as they are before it.
    pub(super) bytes: Vec<u8>,
    /// Whose elements they are, so that others of the same join them.
    name: &'static str,
    pub(super) format: Option<Format>,
    pub(super) filter: Filter,
}

/// Puts a glb together.
#[derive(Debug)]
pub(super) struct Layout {
    coded: bool,
    pub(super) streams: Vec<Stream>,
    accessors: Vec<Value>,
    used: BTreeSet<&'static str>,
    required: BTreeSet<&'static str>,
}

impl Layout {
    pub(super) fn new(compression: Compression) -> Self {
        let coded = match compression {
            #[cfg(feature = "compress")]
            Compression::Meshopt => true,
            _ => false,
        };
        let (streams, accessors) = (Vec::new(), Vec::new());
        Self { coded, streams, accessors, used: BTreeSet::new(), required: BTreeSet::new() }
    }

    /// Whether streams become streams of differences, so that they may have filters.
    pub(super) fn is_coded(&self) -> bool {
        self.coded
    }

    /// Notes an extension that readers may ignore.
    pub(super) fn uses(&mut self, extension: &'static str) {
        self.used.insert(extension);
    }

    /// Notes an extension that readers must know.
    pub(super) fn requires(&mut self, extension: &'static str) {
        self.used.insert(extension);
        self.required.insert(extension);
    }

    /// A buffer view of its own.
    pub(super) fn view(&mut self, bytes: &[u8]) -> usize {
        self.streams.push(Stream { bytes: bytes.to_vec(), name: "", format: None, filter: Filter::None });
        self.streams.len() - 1
    }

    /// An accessor of `count` elements, which join those of the same name and format. `name` is the attribute's, or what
    /// else tells them apart.
    pub(super) fn elements(
        &mut self,
        name: &'static str,
        format: Format,
        filter: Filter,
        count: usize,
        bytes: &[u8],
    ) -> usize {
        let same = |s: &Stream| s.name == name && s.format == Some(format) && s.filter == filter;
        let view = self.streams.iter().position(same).unwrap_or_else(|| {
            self.streams.push(Stream { bytes: Vec::new(), name, format: Some(format), filter });
            self.streams.len() - 1
        });
        let offset = self.streams[view].bytes.len();
        self.streams[view].bytes.extend_from_slice(bytes);
        let mut accessor = self.described(format, count);
        accessor["bufferView"] = json!(view);
        if offset > 0 {
            accessor["byteOffset"] = json!(offset);
        }
        self.accessor(accessor)
    }

    /// An accessor without a buffer view: of what is compressed elsewhere.
    pub(super) fn described(&self, format: Format, count: usize) -> Value {
        let mut accessor = json!({ "componentType": format.component, "count": count, "type": format.kind });
        if format.normalized {
            accessor["normalized"] = json!(true);
        }
        accessor
    }

    pub(super) fn accessor(&mut self, accessor: Value) -> usize {
        self.accessors.push(accessor);
        self.accessors.len() - 1
    }

    /// Says between which numbers the components of an accessor are, as positions must (glTF 2.0, 3.7.2.1).
    pub(super) fn bound(&mut self, accessor: usize, low: Value, high: Value) {
        if let Some(accessor) = self.accessors.get_mut(accessor) {
            accessor["min"] = low;
            accessor["max"] = high;
        }
    }

    /// The glb around everything.
    pub(super) fn finish(mut self, mut root: Value) -> Result<Vec<u8>, WriteError> {
        let (views, bin, fallback) = self.views()?;
        if !bin.is_empty() {
            let mut buffers = vec![json!({ "byteLength": bin.len() })];
            if fallback > 0 {
                buffers.push(json!({ "byteLength": fallback,
                    "extensions": { "EXT_meshopt_compression": { "fallback": true } } }));
            }
            root["buffers"] = json!(buffers);
            root["bufferViews"] = json!(views);
        }
        if !self.accessors.is_empty() {
            root["accessors"] = json!(self.accessors);
        }
        if !self.used.is_empty() {
            root["extensionsUsed"] = json!(self.used);
        }
        if !self.required.is_empty() {
            root["extensionsRequired"] = json!(self.required);
        }
        container(root.to_string().into_bytes(), &bin)
    }

    /// The buffer views, the bytes of the first buffer, and how many the second would have, which only stands for what is
    /// compressed in the first.
    fn views(&mut self) -> Result<(Vec<Value>, Vec<u8>, usize), WriteError> {
        let (mut views, mut bin, mut fallback) = (Vec::new(), Vec::<u8>::new(), 0usize);
        for stream in std::mem::take(&mut self.streams) {
            // What property tables require and everything else allows.
            bin.resize(bin.len().next_multiple_of(8), 0);
            let mut view = json!({ "buffer": 0, "byteOffset": bin.len(), "byteLength": stream.bytes.len() });
            if let Some(target) = stream.format.and_then(|f| f.target) {
                view["target"] = json!(target);
                if target == ARRAY_BUFFER {
                    view["byteStride"] = json!(stream.format.map(|f| f.stride));
                }
            }
            match self.coded(&stream)? {
                None => bin.extend_from_slice(&stream.bytes),
                Some((extension, coded)) => {
                    let mut extension = extension;
                    extension["byteOffset"] = json!(bin.len());
                    view["extensions"] = json!({ "EXT_meshopt_compression": extension });
                    view["buffer"] = json!(1);
                    view["byteOffset"] = json!(fallback);
                    fallback = (fallback + stream.bytes.len()).next_multiple_of(8);
                    bin.extend_from_slice(&coded);
                    self.requires("EXT_meshopt_compression");
                }
            }
            views.push(view);
        }
        bin.resize(bin.len().next_multiple_of(4), 0);
        Ok((views, bin, fallback))
    }

    /// The extension of a view and its bytes, where it is smaller with it.
    #[cfg(feature = "compress")]
    fn coded(&self, stream: &Stream) -> Result<Option<(Value, Vec<u8>)>, WriteError> {
        if self.is_coded() { super::meshopt::coded(stream) } else { Ok(None) }
    }

    #[cfg(not(feature = "compress"))]
    fn coded(&self, _: &Stream) -> Result<Option<(Value, Vec<u8>)>, WriteError> {
        Ok(None)
    }
}

/// A glb of its two chunks (glTF 2.0, 4).
fn container(mut text: Vec<u8>, bin: &[u8]) -> Result<Vec<u8>, WriteError> {
    text.resize(text.len().next_multiple_of(4), b' ');
    let binary = if bin.is_empty() { 0 } else { 8 + bin.len() };
    let total = u32::try_from(12 + 8 + text.len() + binary).map_err(|_| WriteError::TooLarge)?;
    let mut out = Vec::with_capacity(total as usize);
    out.extend(b"glTF");
    out.extend(2u32.to_le_bytes());
    out.extend(total.to_le_bytes());
    out.extend((text.len() as u32).to_le_bytes());
    out.extend(b"JSON");
    out.extend(&text);
    if !bin.is_empty() {
        out.extend((bin.len() as u32).to_le_bytes());
        out.extend(b"BIN\0");
        out.extend(bin);
    }
    Ok(out)
}
