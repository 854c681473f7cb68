//! Archives over anything that reads and seeks.

use super::{ArchiveError, ArchiveLimits, ArchiveReader};
use crate::Diagnostic;
use std::{
    io::{Read, Seek, SeekFrom},
    ops::Range,
};

/// An open archive over a file, or anything else that reads and seeks. Blocks while it reads.
#[derive(Debug)]
pub struct ArchiveFile<R> {
    source: R,
    reader: ArchiveReader,
}

impl<R: Read + Seek> ArchiveFile<R> {
    /// Opens the archive that `source` holds from its start to its end.
    ///
    /// # Errors
    /// It cannot be read, or is not an archive.
    pub fn open(mut source: R, limits: ArchiveLimits) -> Result<Self, ArchiveError> {
        let size = source.seek(SeekFrom::End(0))?;
        let mut reader = ArchiveReader::new(size, limits)?;
        while let Some(range) = reader.need() {
            reader.feed(&read(&mut source, range)?)?;
        }
        Ok(Self { source, reader })
    }

    /// The bytes of the file that a URI relative to the archive's root means.
    ///
    /// # Errors
    /// It is not there, cannot be read, or is broken.
    pub fn read(&mut self, uri: &str) -> Result<Vec<u8>, ArchiveError> {
        let mut entry = self.reader.entry(uri).ok_or_else(|| ArchiveError::NotFound(uri.to_owned()))?;
        while let Some(range) = entry.need() {
            entry.feed(&read(&mut self.source, range)?)?;
        }
        entry.finish()
    }

    /// How many files the index lists.
    #[must_use]
    pub fn file_count(&self) -> usize {
        self.reader.file_count()
    }

    /// What was wrong with the archive without stopping it from being read.
    #[must_use]
    pub fn diagnostics(&self) -> &[Diagnostic] {
        self.reader.diagnostics()
    }
}

/// The readers ask for nothing outside the size that the source itself said.
fn read<R: Read + Seek>(source: &mut R, range: Range<u64>) -> Result<Vec<u8>, ArchiveError> {
    source.seek(SeekFrom::Start(range.start))?;
    let mut out = Vec::new();
    source.take(range.end.saturating_sub(range.start)).read_to_end(&mut out)?;
    Ok(out)
}
