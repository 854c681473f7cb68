//! The index: where each file's local header is, by the hash of its path.

use super::{
    INDEX_NAME,
    path::{PathHash, hash, normalize},
    records::{Bytes, FileRecord, SIZES_FOLLOW},
};
use crate::Diagnostic;
use std::collections::BTreeMap;

/// Bytes of one entry: 16 of the hash, 8 of the offset.
pub(super) const ENTRY: usize = 24;

/// Sizes that only the directory knows (the local header says that they follow the data).
#[derive(Debug, Clone, Copy)]
pub(super) struct Sizes {
    pub(super) crc32: u32,
    pub(super) compressed: u64,
    pub(super) uncompressed: u64,
}

/// Where the files are.
#[derive(Debug, Default)]
pub(super) struct Index {
    /// Sorted by hash.
    entries: Vec<(PathHash, u64)>,
    /// Offsets of the local headers, sorted: a file reaches at most to the next one.
    offsets: Vec<u64>,
    sizes: BTreeMap<u64, Sizes>,
}

impl Index {
    /// From the bytes of the index file. `end` is where the files end. Entries that point behind it are dropped and an
    /// unsorted index is sorted, with a diagnostic each.
    ///
    /// # Errors
    /// What is wrong when nothing of it can be used.
    pub(super) fn parse(bytes: &[u8], end: u64, found: &mut Vec<Diagnostic>) -> Result<Self, String> {
        if bytes.is_empty() || !bytes.len().is_multiple_of(ENTRY) {
            return Err(format!("its {} bytes are not entries of {ENTRY}", bytes.len()));
        }
        let b = Bytes(bytes);
        let mut entries = Vec::with_capacity(bytes.len() / ENTRY);
        let mut outside = 0u64;
        for at in (0..bytes.len()).step_by(ENTRY) {
            if let (Some(low), Some(high), Some(offset)) = (b.u64(at), b.u64(at + 8), b.u64(at + 16)) {
                if offset < end {
                    entries.push(((low, high), offset));
                } else {
                    outside += 1;
                }
            }
        }
        if entries.is_empty() {
            return Err("all its entries point outside the archive".into());
        }
        if outside > 0 {
            let message = format!("{outside} entries point outside the archive; these files cannot be found");
            found.push(Diagnostic::new("archive-index-outside", INDEX_NAME, message));
        }
        if !entries.is_sorted_by_key(|e| e.0) {
            found.push(Diagnostic::new("archive-index-unsorted", INDEX_NAME, "not sorted by hash; sorted here"));
        }
        Ok(Self::new(entries, BTreeMap::new(), found))
    }

    /// From the whole central directory. Records after the first broken one are lost, with a diagnostic.
    pub(super) fn from_directory(bytes: &[u8], end: u64, found: &mut Vec<Diagnostic>) -> Self {
        let (mut entries, mut sizes) = (Vec::new(), BTreeMap::new());
        let mut at = 0;
        while at < bytes.len() {
            let Some(record) = bytes.get(at..).and_then(FileRecord::central) else {
                let message = format!("broken after {} files; the rest is lost", entries.len());
                found.push(Diagnostic::new("archive-directory-broken", "central directory", message));
                break;
            };
            at += record.length;
            if record.name.ends_with('/') || record.name == INDEX_NAME || record.offset >= end {
                continue;
            }
            if record.flags & SIZES_FOLLOW != 0 {
                let FileRecord { crc32, compressed, uncompressed, .. } = record;
                sizes.insert(record.offset, Sizes { crc32, compressed, uncompressed });
            }
            if let Some(path) = normalize(&record.name) {
                entries.push((hash(&path), record.offset));
            }
        }
        Self::new(entries, sizes, found)
    }

    fn new(mut entries: Vec<(PathHash, u64)>, sizes: BTreeMap<u64, Sizes>, found: &mut Vec<Diagnostic>) -> Self {
        entries.sort_unstable();
        let twice = entries.windows(2).filter(|w| matches!(w, [a, b] if a.0 == b.0)).count();
        if twice > 0 {
            let message = format!("{twice} entries have the same hash as another; told apart by the files' names");
            found.push(Diagnostic::new("archive-index-duplicate", INDEX_NAME, message));
        }
        let mut offsets: Vec<u64> = entries.iter().map(|e| e.1).collect();
        offsets.sort_unstable();
        offsets.dedup();
        Self { entries, offsets, sizes }
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// Offsets of the local headers that may be this path's: several when hashes collide.
    pub(super) fn find(&self, path: &str) -> impl Iterator<Item = u64> {
        let wanted = hash(path);
        let first = self.entries.partition_point(|e| e.0 < wanted);
        self.entries.iter().skip(first).take_while(move |e| e.0 == wanted).map(|e| e.1)
    }

    /// Where the file at `offset` ends at the latest, when another follows it.
    pub(super) fn next_after(&self, offset: u64) -> Option<u64> {
        self.offsets.get(self.offsets.partition_point(|o| *o <= offset)).copied()
    }

    pub(super) fn sizes(&self, offset: u64) -> Option<Sizes> {
        self.sizes.get(&offset).copied()
    }

    /// The bytes of the index file for these files.
    pub(super) fn write<'a>(files: impl Iterator<Item = (&'a str, u64)>) -> Vec<u8> {
        let mut entries: Vec<(PathHash, u64)> = files.map(|(path, offset)| (hash(path), offset)).collect();
        entries.sort_unstable();
        let mut out = Vec::with_capacity(entries.len() * ENTRY);
        for ((low, high), offset) in entries {
            out.extend(low.to_le_bytes());
            out.extend(high.to_le_bytes());
            out.extend(offset.to_le_bytes());
        }
        out
    }
}
