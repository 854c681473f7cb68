//! The elements of an extract, one after another, whichever of its formats it is in: that is seen by its first bytes.

use super::{pbf, xml};
use crate::{Progress, TilerError, progress::Counted};
use flate2::read::MultiGzDecoder;
use std::{
    fs::File,
    io::{BufRead, BufReader, Read},
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

const BUFFER: usize = 1 << 16;
/// Elements between two words on the progress.
const OFTEN: u32 = 4096;

/// Which elements a pass over the file is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pass {
    Nodes,
    Ways,
    Relations,
}

impl Pass {
    const fn stage(self) -> &'static str {
        match self {
            Self::Nodes => "reading nodes",
            Self::Ways => "reading ways",
            Self::Relations => "reading relations",
        }
    }
}

/// Takes the elements of a pass.
pub(super) trait Sink {
    /// A node at degrees east and north.
    fn node<'a>(&mut self, _id: i64, _lon: f64, _lat: f64, _tags: &mut dyn Iterator<Item = (&'a str, &'a str)>) {}

    /// A way along nodes.
    fn way<'a>(
        &mut self,
        _id: i64,
        _nodes: &mut dyn Iterator<Item = i64>,
        _tags: &mut dyn Iterator<Item = (&'a str, &'a str)>,
    ) {
    }

    /// A relation with the ways that are its members, and whether each has the role `inner`.
    fn relation<'a>(
        &mut self,
        _id: i64,
        _ways: &mut dyn Iterator<Item = (i64, bool)>,
        _tags: &mut dyn Iterator<Item = (&'a str, &'a str)>,
    ) {
    }
}

/// How an extract is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Pbf,
    Xml,
    GzippedXml,
    Bzip2,
}

/// Hands every element of the pass to the sink.
pub(super) fn each(
    path: &Path,
    pass: Pass,
    sink: &mut dyn Sink,
    progress: &mut dyn Progress,
) -> Result<(), TilerError> {
    let unreadable = |source| TilerError::Read { path: path.to_owned(), source };
    let broken = |reason: String| TilerError::Osm { path: path.to_owned(), reason };
    let file = File::open(path).map_err(unreadable)?;
    progress.stage_bytes(pass.stage(), file.metadata().map_err(unreadable)?.len());
    let read = Arc::new(AtomicU64::new(0));
    let format = format(path).map_err(unreadable)?;
    let mut told = Told { sink, progress, read: read.clone(), elements: 0, said: 0 };
    let file = BufReader::with_capacity(BUFFER, Counted::new(file, read));
    match format {
        Format::Pbf => pbf::pass(file, pass, &mut told).map_err(broken)?,
        Format::Xml | Format::GzippedXml => {
            let packed = format == Format::GzippedXml;
            xml::pass(unpacked(file, packed), pass, &mut told).map_err(|fault| {
                let line = line(path, packed, fault.byte);
                broken(format!("line {line}: {}", fault.reason))
            })?;
        }
        Format::Bzip2 => return Err(broken("it is packed with bzip2: unpack it first (bunzip2)".into())),
    }
    told.say();
    Ok(())
}

/// Whether a file is an extract by what is in it.
pub(super) fn recognises(path: &Path) -> bool {
    /// Bytes in which the root of an XML file is looked for: comments may stand before it.
    const HEAD: u64 = 4096;
    match format(path) {
        Ok(format @ (Format::Xml | Format::GzippedXml)) => {
            let Ok(file) = File::open(path) else { return false };
            let mut head = Vec::new();
            // A damaged archive is looked at as far as it goes.
            let _ = unpacked(BufReader::new(file), format == Format::GzippedXml).take(HEAD).read_to_end(&mut head);
            let root = |w: &[u8]| w.starts_with(b"<osm") && !w[4..].first().is_some_and(u8::is_ascii_lowercase);
            (0..head.len()).any(|at| root(&head[at..]))
        }
        Ok(Format::Pbf) => head(path, 64).is_ok_and(|head| head.windows(9).any(|w| w == b"OSMHeader")),
        Ok(Format::Bzip2) | Err(_) => false,
    }
}

fn head(path: &Path, bytes: u64) -> std::io::Result<Vec<u8>> {
    let mut head = Vec::new();
    File::open(path)?.take(bytes).read_to_end(&mut head)?;
    Ok(head)
}

fn format(path: &Path) -> std::io::Result<Format> {
    let head = head(path, 256)?;
    let first = head.iter().find(|b| !matches!(b, 0xef | 0xbb | 0xbf) && !b.is_ascii_whitespace());
    Ok(match head.as_slice() {
        [0x1f, 0x8b, ..] => Format::GzippedXml,
        [b'B', b'Z', b'h', ..] => Format::Bzip2,
        // XML of 16 bits is told that it is not UTF-8.
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => Format::Xml,
        // The protocol buffers begin with the length of the header, four bytes: far less than 16 MiB.
        [0, ..] => Format::Pbf,
        _ if first == Some(&b'<') => Format::Xml,
        _ => Format::Pbf,
    })
}

fn unpacked<'a>(file: impl BufRead + 'a, packed: bool) -> Box<dyn BufRead + 'a> {
    if packed { Box::new(BufReader::with_capacity(BUFFER, MultiGzDecoder::new(file))) } else { Box::new(file) }
}

/// The number of the line, from 1, that holds a byte. Reads the file anew: for messages.
fn line(path: &Path, packed: bool, byte: u64) -> usize {
    let Ok(file) = File::open(path) else { return 1 };
    BufReader::new(unpacked(BufReader::new(file), packed).take(byte)).split(b'\n').map_while(Result::ok).count().max(1)
}

/// A sink that says how far the file was read.
struct Told<'a> {
    sink: &'a mut dyn Sink,
    progress: &'a mut dyn Progress,
    read: Arc<AtomicU64>,
    elements: u32,
    said: u64,
}

impl Told<'_> {
    fn one(&mut self) {
        self.elements += 1;
        if self.elements == OFTEN {
            self.elements = 0;
            self.say();
        }
    }

    fn say(&mut self) {
        let read = self.read.load(Ordering::Relaxed);
        self.progress.advance(read - self.said);
        self.said = read;
    }
}

impl Sink for Told<'_> {
    fn node<'a>(&mut self, id: i64, lon: f64, lat: f64, tags: &mut dyn Iterator<Item = (&'a str, &'a str)>) {
        self.one();
        self.sink.node(id, lon, lat, tags);
    }

    fn way<'a>(
        &mut self,
        id: i64,
        nodes: &mut dyn Iterator<Item = i64>,
        tags: &mut dyn Iterator<Item = (&'a str, &'a str)>,
    ) {
        self.one();
        self.sink.way(id, nodes, tags);
    }

    fn relation<'a>(
        &mut self,
        id: i64,
        ways: &mut dyn Iterator<Item = (i64, bool)>,
        tags: &mut dyn Iterator<Item = (&'a str, &'a str)>,
    ) {
        self.one();
        self.sink.relation(id, ways, tags);
    }
}
