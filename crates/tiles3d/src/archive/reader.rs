//! Opening an archive: from its last bytes to the index.

use super::{
    ArchiveError, EntryReader, INDEX_NAME,
    entry::Candidate,
    index::Index,
    path,
    records::{
        Bytes, CENTRAL, Directory, ENCRYPTED, END, END_SIZE, END64_SIZE, FileRecord, LOCAL_SIZE, LOCATOR64,
        LOCATOR64_SIZE,
    },
};
use crate::Diagnostic;
use std::ops::Range;

/// What an archive may cost.
#[derive(Debug, Clone, Copy)]
pub struct ArchiveLimits {
    /// Bytes that one file may take, compressed or not. Larger ones are refused; raising it lets a hostile archive take
    /// as much memory.
    pub max_file_bytes: u64,
    /// Bytes that the index, or the directory where there is no index, may take. 24 a file in the index, about 100 in
    /// the directory.
    pub max_index_bytes: u64,
}

impl Default for ArchiveLimits {
    fn default() -> Self {
        Self { max_file_bytes: 512 << 20, max_index_bytes: 256 << 20 }
    }
}

/// The longest comment and the end records: what is read first. Small archives are opened by this one read.
const TAIL: u64 = 0xffff + (END_SIZE + LOCATOR64_SIZE + END64_SIZE) as u64;
/// Extra fields that a local header is expected to have at most; more costs another read.
const USUAL_EXTRA: u64 = 64;
/// How far before the directory's end the index file's record may begin.
const LAST_RECORD: usize = 1024;

/// An archive being opened, and then where its files are.
#[derive(Debug)]
pub struct ArchiveReader {
    size: u64,
    limits: ArchiveLimits,
    state: State,
    /// The end of the archive, kept until it is open: most of what is needed next is in it.
    tail: Vec<u8>,
    index: Index,
    diagnostics: Vec<Diagnostic>,
}

#[derive(Debug, Clone)]
enum State {
    Tail,
    /// The ZIP64 end record at this place.
    End64(u64),
    /// The last record of the directory, which should be the index file's.
    Last(Directory),
    /// The index file; its local header and its bytes.
    Index {
        directory: Directory,
        record: FileRecord,
        extra: u64,
    },
    /// The whole directory.
    Directory(Directory),
    Open {
        files_end: u64,
    },
}

impl ArchiveReader {
    /// An archive of this many bytes, not yet open.
    ///
    /// # Errors
    /// It is too short to be one.
    pub fn new(size: u64, limits: ArchiveLimits) -> Result<Self, ArchiveError> {
        if size < END_SIZE as u64 {
            return Err(ArchiveError::NotAnArchive("it is too short"));
        }
        let (index, diagnostics) = (Index::default(), Vec::new());
        Ok(Self { size, limits, state: State::Tail, tail: Vec::new(), index, diagnostics })
    }

    /// The bytes of the archive to feed next; `None` once it is open.
    #[must_use]
    pub fn need(&self) -> Option<Range<u64>> {
        match &self.state {
            State::Tail => Some(self.size.saturating_sub(TAIL)..self.size),
            State::End64(at) => Some(*at..at + END64_SIZE as u64),
            State::Last(d) => {
                let end = d.offset + d.size;
                Some(end.saturating_sub(LAST_RECORD as u64).max(d.offset)..end)
            }
            State::Index { directory, record, extra } => {
                let header = LOCAL_SIZE as u64 + INDEX_NAME.len() as u64 + extra;
                Some(record.offset..(record.offset + header + record.compressed).min(directory.offset))
            }
            State::Directory(d) => Some(d.offset..d.offset + d.size),
            State::Open { .. } => None,
        }
    }

    /// Takes the bytes that [`Self::need`] asked for.
    ///
    /// # Errors
    /// They are not as many as asked for, or neither an index nor a directory can be read. It cannot be used then.
    pub fn feed(&mut self, bytes: &[u8]) -> Result<(), ArchiveError> {
        let Some(range) = self.need() else { return Ok(()) };
        check_length(&range, bytes)?;
        if matches!(self.state, State::Tail) {
            self.tail = bytes.to_vec();
            self.state = self.end_records(bytes)?;
        } else {
            self.step(bytes)?;
        }
        // What lies in the tail need not be fetched again.
        while let Some(range) = self.need() {
            let tail_start = self.size - self.tail.len() as u64;
            let Some(from) = range.start.checked_sub(tail_start) else { break };
            let Some(part) = self.tail.get(from as usize..(range.end - tail_start) as usize).map(<[u8]>::to_vec) else {
                break;
            };
            self.step(&part)?;
        }
        if self.need().is_none() {
            self.tail = Vec::new();
        }
        Ok(())
    }

    /// Whether files can be looked up.
    #[must_use]
    pub fn is_open(&self) -> bool {
        matches!(self.state, State::Open { .. })
    }

    /// How many files the index lists.
    #[must_use]
    pub fn file_count(&self) -> usize {
        self.index.len()
    }

    /// What was wrong with the archive without stopping it from being read.
    #[must_use]
    pub fn diagnostics(&self) -> &[Diagnostic] {
        &self.diagnostics
    }

    /// A reader for the file that a URI relative to the archive's root means: `./`, a leading `/`, `\`, percent encoding
    /// and a query do not matter. `None` when the archive is not open or does not list it.
    #[must_use]
    pub fn entry(&self, uri: &str) -> Option<EntryReader> {
        let State::Open { files_end } = self.state else { return None };
        let mut candidates = Vec::new();
        for path in path::candidates(uri) {
            candidates.extend(self.index.find(&path).map(|offset| Candidate {
                path: path.clone(),
                offset,
                end: self.index.next_after(offset).unwrap_or(files_end),
                sizes: self.index.sizes(offset),
            }));
        }
        // The first is tried last-in-first-out.
        candidates.reverse();
        (!candidates.is_empty()).then(|| EntryReader::new(uri, candidates, files_end, self.limits.max_file_bytes))
    }

    fn step(&mut self, bytes: &[u8]) -> Result<(), ArchiveError> {
        self.state = match self.state.clone() {
            State::Tail | State::Open { .. } => return Ok(()),
            State::End64(at) => {
                let directory = Directory::end64(bytes)
                    .ok_or_else(|| ArchiveError::broken("ZIP64 end record", "it is not where its locator says"))?;
                self.check_directory(directory, at)?
            }
            State::Last(directory) => match last_record(bytes) {
                Some(record) => self.index_record(directory, record)?,
                None => self.fall_back(directory, "the last file is not the index")?,
            },
            State::Index { directory, record, extra } => self.read_index(directory, record, extra, bytes)?,
            State::Directory(directory) => {
                self.index = Index::from_directory(bytes, directory.offset, &mut self.diagnostics);
                if self.index.len() == 0 && directory.entries > 0 {
                    return Err(ArchiveError::broken("central directory", "it lists no file that can be read"));
                }
                State::Open { files_end: directory.offset }
            }
        };
        Ok(())
    }

    fn end_records(&self, tail: &[u8]) -> Result<State, ArchiveError> {
        let b = Bytes(tail);
        let last = tail.len().saturating_sub(END_SIZE);
        // The comment may hold anything, so the last record that fits is taken.
        let fits = |&at: &usize| b.u32(at) == Some(END) && tail.get(at..).and_then(Directory::end).is_some();
        let at = (0..=last).rev().find(fits).ok_or(ArchiveError::NotAnArchive("it has no end record"))?;
        let directory =
            tail.get(at..).and_then(Directory::end).ok_or(ArchiveError::NotAnArchive("it has no end record"))?;
        let end = self.size - tail.len() as u64 + at as u64;
        if directory.is_wide()
            && let Some(locator) = at.checked_sub(LOCATOR64_SIZE)
        {
            // Exactly 65,535 files need no ZIP64, so that a missing locator is no defect.
            if b.u32(locator) == Some(LOCATOR64)
                && let Some(place) = b.u64(locator + 8)
            {
                if place.checked_add(END64_SIZE as u64).is_none_or(|e| e > end) {
                    return Err(ArchiveError::broken("ZIP64 locator", "it points outside the archive"));
                }
                return Ok(State::End64(place));
            }
        }
        self.check_directory(directory, end)
    }

    fn check_directory(&self, directory: Directory, end: u64) -> Result<State, ArchiveError> {
        if directory.offset.checked_add(directory.size).is_none_or(|e| e > end) {
            return Err(ArchiveError::broken("end record", "the directory that it names lies outside the archive"));
        }
        Ok(State::Last(directory))
    }

    fn index_record(&mut self, directory: Directory, record: FileRecord) -> Result<State, ArchiveError> {
        let reason = if record.flags & ENCRYPTED != 0 || record.method != 0 {
            "the index is compressed or encrypted, which the format forbids"
        } else if record.compressed > self.limits.max_index_bytes {
            "the index is larger than the limit"
        } else if record.offset.checked_add(record.compressed).is_none_or(|e| e > directory.offset) {
            "the index lies outside the archive"
        } else {
            if record.comment {
                let message = "the index has a comment, which the format forbids";
                self.diagnostics.push(Diagnostic::new("archive-index-comment", INDEX_NAME, message));
            }
            return Ok(State::Index { directory, record, extra: USUAL_EXTRA });
        };
        self.fall_back(directory, reason)
    }

    fn read_index(
        &mut self,
        directory: Directory,
        record: FileRecord,
        extra: u64,
        bytes: &[u8],
    ) -> Result<State, ArchiveError> {
        let Some(local) = FileRecord::local(bytes).filter(|l| l.name == INDEX_NAME) else {
            return self.fall_back(directory, "there is no index where the directory says");
        };
        let content = usize::try_from(record.compressed).ok().and_then(|n| Bytes(bytes).slice(local.length, n));
        let Some(content) = content else {
            // Its header is longer than thought: one more read with the true length.
            let true_extra = (local.length - LOCAL_SIZE - INDEX_NAME.len()) as u64;
            if true_extra > extra {
                return Ok(State::Index { directory, record, extra: true_extra });
            }
            return self.fall_back(directory, "the index is cut off");
        };
        if crc32(content) != record.crc32 {
            return self.fall_back(directory, "the index's checksum is wrong");
        }
        let mut found = Vec::new();
        match Index::parse(content, record.offset, &mut found) {
            Ok(index) => {
                self.index = index;
                self.diagnostics.append(&mut found);
                Ok(State::Open { files_end: record.offset })
            }
            Err(reason) => self.fall_back(directory, &reason),
        }
    }

    fn fall_back(&mut self, directory: Directory, reason: &str) -> Result<State, ArchiveError> {
        if directory.size > self.limits.max_index_bytes {
            let (bytes, limit) = (directory.size, self.limits.max_index_bytes);
            return Err(ArchiveError::TooLarge { what: "central directory".into(), bytes, limit });
        }
        let message = format!("{reason}; the whole directory is read instead");
        self.diagnostics.push(Diagnostic::new("archive-index-unusable", INDEX_NAME, message));
        Ok(State::Directory(directory))
    }
}

/// The index file's record, when the directory ends with it.
fn last_record(end: &[u8]) -> Option<FileRecord> {
    let b = Bytes(end);
    (0..end.len()).rev().filter(|&at| b.u32(at) == Some(CENTRAL)).find_map(|at| {
        let rest = end.get(at..)?;
        FileRecord::central(rest).filter(|r| r.name == INDEX_NAME && r.length == rest.len())
    })
}

pub(super) fn check_length(range: &Range<u64>, bytes: &[u8]) -> Result<(), ArchiveError> {
    let (want, got) = (range.end.saturating_sub(range.start), bytes.len() as u64);
    if want == got { Ok(()) } else { Err(ArchiveError::WrongLength { want, got }) }
}

pub(super) fn crc32(bytes: &[u8]) -> u32 {
    let mut crc = flate2::Crc::new();
    crc.update(bytes);
    crc.sum()
}
