//! Opening a file: gzipped or not, JSON or XML, whatever its name says.

use crate::{TilerError, progress::Counted};
use flate2::read::MultiGzDecoder;
use std::{
    fs::File,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    sync::{Arc, atomic::AtomicU64},
};

/// What a file is written in, by its first character.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Syntax {
    /// Begins with `<`.
    Xml,
    /// Begins with `{`.
    Json,
    /// Neither.
    Unknown,
}

/// A file at its first byte, unpacked.
pub(crate) struct Opened {
    pub(crate) path: PathBuf,
    pub(crate) syntax: Syntax,
    /// Whether the file itself is gzipped.
    pub(crate) is_packed: bool,
    pub(crate) reader: Box<dyn BufRead + Send>,
}

const BUFFER: usize = 1 << 16;

/// Opens a file and looks at its beginning.
pub(crate) fn open(path: &Path) -> Result<Opened, TilerError> {
    open_counted(path, Arc::default())
}

/// As [`open`]; `count` grows by the bytes of the file, packed as they are, when they are read.
pub(crate) fn open_counted(path: &Path, count: Arc<AtomicU64>) -> Result<Opened, TilerError> {
    let unreadable = |source| TilerError::Read { path: path.to_owned(), source };
    let file = Counted::new(File::open(path).map_err(unreadable)?, count);
    let mut file = BufReader::with_capacity(BUFFER, file);
    let packed = file.fill_buf().map_err(unreadable)?.starts_with(&[0x1f, 0x8b]);
    let mut reader: Box<dyn BufRead + Send> =
        if packed { Box::new(BufReader::with_capacity(BUFFER, MultiGzDecoder::new(file))) } else { Box::new(file) };
    let head = reader.fill_buf().map_err(|e| TilerError::Source {
        path: path.to_owned(),
        format: "a gzipped file",
        reason: format!("it is damaged or cut off: {e}"),
    })?;
    // Marks of UTF-8 and UTF-16, and the zero bytes of the latter, stand before and between the characters.
    let first = head.iter().find(|b| !matches!(b, 0 | 0xef | 0xbb | 0xbf | 0xfe | 0xff) && !b.is_ascii_whitespace());
    let syntax = match first {
        Some(b'<') => Syntax::Xml,
        Some(b'{') => Syntax::Json,
        _ => Syntax::Unknown,
    };
    Ok(Opened { path: path.to_owned(), syntax, is_packed: packed, reader })
}
