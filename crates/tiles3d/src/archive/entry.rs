//! Reading one file of an archive.

use super::{
    ArchiveError,
    index::Sizes,
    packed::{Packed, Packing},
    path::normalize,
    reader::check_length,
    records::{ENCRYPTED, FileRecord, LOCAL_SIZE, SIZES_FOLLOW},
};
use std::ops::Range;

/// A file is read together with its header when both are at most this long; a longer one costs two reads.
const ONE_READ: u64 = 8 << 20;

/// A place where the file may be.
#[derive(Debug, Clone)]
pub(super) struct Candidate {
    pub(super) path: String,
    pub(super) offset: u64,
    /// Where it ends at the latest.
    pub(super) end: u64,
    pub(super) sizes: Option<Sizes>,
}

/// One file of an archive being read: says which bytes it needs, is fed them, and gives the file.
#[derive(Debug)]
pub struct EntryReader {
    uri: String,
    /// Places still to be tried, the next one last.
    candidates: Vec<Candidate>,
    files_end: u64,
    limit: u64,
    state: State,
}

#[derive(Debug, Clone)]
enum State {
    /// The local header and, most often, the data behind it.
    Header {
        range: Range<u64>,
    },
    Data {
        range: Range<u64>,
        record: FileRecord,
    },
    Done(Packed),
}

impl EntryReader {
    pub(super) fn new(uri: &str, candidates: Vec<Candidate>, files_end: u64, limit: u64) -> Self {
        let state = State::Header { range: 0..0 };
        let mut reader = Self { uri: uri.to_owned(), candidates, files_end, limit, state };
        reader.start();
        reader
    }

    /// The bytes of the archive to feed next; `None` once the file is complete.
    #[must_use]
    pub fn need(&self) -> Option<Range<u64>> {
        match &self.state {
            State::Header { range } | State::Data { range, .. } => Some(range.clone()),
            State::Done(_) => None,
        }
    }

    /// Takes the bytes that [`Self::need`] asked for.
    ///
    /// # Errors
    /// They are not as many as asked for, or the file is not where it should be, too large, or stored in a way that is
    /// not read.
    pub fn feed(&mut self, bytes: &[u8]) -> Result<(), ArchiveError> {
        let Some(range) = self.need() else { return Ok(()) };
        check_length(&range, bytes)?;
        match &self.state {
            State::Done(_) => {}
            State::Data { record, .. } => self.state = State::Done(self.packed(record, bytes)?),
            State::Header { .. } => self.header(&range, bytes)?,
        }
        Ok(())
    }

    /// The file's bytes, unpacked and with their checksum verified.
    ///
    /// # Errors
    /// It has not been fed what it needs, or the file is broken.
    pub fn finish(self) -> Result<Vec<u8>, ArchiveError> {
        self.finish_packed()?.unpack()
    }

    /// The file as it is packed, to be unpacked elsewhere.
    ///
    /// # Errors
    /// It has not been fed what it needs.
    pub fn finish_packed(self) -> Result<Packed, ArchiveError> {
        match self.state {
            State::Done(packed) => Ok(packed),
            State::Header { range } | State::Data { range, .. } => {
                Err(ArchiveError::WrongLength { want: range.end - range.start, got: 0 })
            }
        }
    }

    /// Asks for the header of the next candidate; false when there is none left.
    fn start(&mut self) -> bool {
        let Some(candidate) = self.candidates.last() else { return false };
        let least = (LOCAL_SIZE + candidate.path.len()) as u64 + 64;
        let whole = candidate.end.saturating_sub(candidate.offset);
        let length = if whole <= ONE_READ { whole } else { least };
        let end = candidate.offset.saturating_add(length.max(LOCAL_SIZE as u64)).min(self.files_end);
        self.state = State::Header { range: candidate.offset..end };
        true
    }

    fn header(&mut self, range: &Range<u64>, bytes: &[u8]) -> Result<(), ArchiveError> {
        let Some(candidate) = self.candidates.last().cloned() else {
            return Err(ArchiveError::NotFound(self.uri.clone()));
        };
        let Some(mut record) = FileRecord::local(bytes) else {
            // A header longer than the bytes read, at most 30 and two times 65,535: once more, with all of it.
            let most = (range.start + (LOCAL_SIZE + 2 * 0xffff) as u64).min(self.files_end);
            if range.end < most && bytes.starts_with(b"PK\x03\x04") {
                self.state = State::Header { range: range.start..most };
                return Ok(());
            }
            return Err(ArchiveError::broken(&self.uri, "there is no file header where the index says"));
        };
        if normalize(&record.name).as_deref() != Some(&candidate.path) {
            // Another file with the same hash.
            self.candidates.pop();
            return if self.start() { Ok(()) } else { Err(ArchiveError::NotFound(self.uri.clone())) };
        }
        if record.flags & SIZES_FOLLOW != 0 {
            let sizes = candidate.sizes.ok_or_else(|| {
                ArchiveError::broken(&self.uri, "its header does not say its size, which the format requires")
            })?;
            (record.crc32, record.compressed, record.uncompressed) =
                (sizes.crc32, sizes.compressed, sizes.uncompressed);
        }
        self.check(&record)?;
        let start = range.start + record.length as u64;
        let end = start
            .checked_add(record.compressed)
            .filter(|e| *e <= self.files_end)
            .ok_or_else(|| ArchiveError::broken(&self.uri, "its data lies outside the archive"))?;
        let here = usize::try_from(record.compressed).ok().and_then(|n| n.checked_add(record.length));
        self.state = match here.and_then(|e| bytes.get(record.length..e)) {
            Some(data) => State::Done(self.packed(&record, data)?),
            None => State::Data { range: start..end, record },
        };
        Ok(())
    }

    fn check(&self, record: &FileRecord) -> Result<(), ArchiveError> {
        if record.flags & ENCRYPTED != 0 {
            return Err(ArchiveError::Unsupported { path: self.uri.clone(), how: "encrypted".into() });
        }
        if Packing::of(&self.uri, record).is_none() {
            return Err(self.unsupported(record.method));
        }
        let bytes = record.compressed.max(record.uncompressed);
        if bytes > self.limit {
            return Err(ArchiveError::TooLarge { what: self.uri.clone(), bytes, limit: self.limit });
        }
        Ok(())
    }

    fn packed(&self, record: &FileRecord, data: &[u8]) -> Result<Packed, ArchiveError> {
        let packing = Packing::of(&self.uri, record).ok_or_else(|| self.unsupported(record.method))?;
        Ok(Packed { bytes: data.to_vec(), packing: Some(packing) })
    }

    fn unsupported(&self, method: u16) -> ArchiveError {
        ArchiveError::Unsupported { path: self.uri.clone(), how: format!("compressed by method {method}") }
    }
}
