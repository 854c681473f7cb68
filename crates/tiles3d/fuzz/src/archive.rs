//! 3tz archives.

use super::memory;
use tiles3d::archive::{ArchiveError, ArchiveLimits, ArchiveReader};

/// Bytes that a file of the archive, or its index, may take here.
const LIMIT: u64 = 1 << 20;
/// Reads that opening an archive or reading a file may take: each is a request to a server.
const READS: usize = 12;

/// Any bytes as an archive: opened, and every file read whose name stands somewhere in it.
pub fn archive(bytes: &[u8]) {
    memory::bounded(bytes.len(), || {
        let limits = ArchiveLimits { max_file_bytes: LIMIT, max_index_bytes: LIMIT };
        let Ok(mut archive) = ArchiveReader::new(bytes.len() as u64, limits) else { return };
        let mut reads = 0;
        while let Some(range) = archive.need() {
            reads += 1;
            assert!(reads <= READS, "opening comes to no end");
            if archive.feed(part(bytes, range)).is_err() {
                return;
            }
        }
        assert!(archive.is_open());
        let _ = archive.diagnostics();
        for name in names(bytes).into_iter().take(16) {
            if let Some(Ok(file)) = read(bytes, &archive, &name) {
                assert!(file.len() as u64 <= LIMIT);
            }
        }
    });
}

fn read(bytes: &[u8], archive: &ArchiveReader, name: &str) -> Option<Result<Vec<u8>, ArchiveError>> {
    let mut entry = archive.entry(name)?;
    // As many more as there are files of the same hash.
    let most = READS + 2 * archive.file_count();
    let mut reads = 0;
    while let Some(range) = entry.need() {
        reads += 1;
        assert!(reads <= most, "reading {name:?} comes to no end");
        if let Err(e) = entry.feed(part(bytes, range)) {
            return Some(Err(e));
        }
    }
    Some(entry.finish())
}

/// The bytes that are asked for, which must be there.
fn part(bytes: &[u8], range: std::ops::Range<u64>) -> &[u8] {
    assert!(range.start <= range.end && range.end <= bytes.len() as u64, "{range:?} of {} bytes", bytes.len());
    &bytes[range.start as usize..range.end as usize]
}

/// Names in what looks like a file's local header.
fn names(bytes: &[u8]) -> Vec<String> {
    let mut out = vec!["tileset.json".to_owned(), "@3dtilesIndex1@".to_owned()];
    for (at, _) in bytes.windows(4).enumerate().filter(|(_, magic)| *magic == b"PK\x03\x04") {
        let length = bytes.get(at + 26..at + 28).map_or(0, |b| usize::from(b[0]) | usize::from(b[1]) << 8);
        out.extend(bytes.get(at + 30..at + 30 + length).map(|name| String::from_utf8_lossy(name).into_owned()));
    }
    out
}
