//! 3D Tiles archives (`.3tz`, 3D Tiles Archive Format 1.3): a ZIP whose last file, `@3dtilesIndex1@`, says where every
//! other file lies, so that a tile is found without reading the directory.
//!
//! Reading does no I/O. [`ArchiveReader`] and [`EntryReader`] say which bytes of the archive they need next and are fed
//! them, so that the same code reads local files, HTTP ranges and a browser's blobs:
//!
//! ```
//! # use tiles3d::archive::{ArchiveLimits, ArchiveReader, ArchiveWriter, Compression};
//! # let mut writer = ArchiveWriter::new(Vec::new());
//! # writer.add("tileset.json", b"{}", Compression::Stored)?;
//! # let file = writer.finish()?;
//! # let fetch = |range: std::ops::Range<u64>| &file[range.start as usize..range.end as usize];
//! let mut archive = ArchiveReader::new(file.len() as u64, ArchiveLimits::default())?;
//! while let Some(range) = archive.need() {
//!     archive.feed(fetch(range))?;
//! }
//! let mut entry = archive.entry("tileset.json").ok_or("not in the archive")?;
//! while let Some(range) = entry.need() {
//!     entry.feed(fetch(range))?;
//! }
//! assert_eq!(entry.finish()?, b"{}");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! [`EntryReader::finish_packed`] leaves the unpacking to whoever has the time: a [`Packed`] file knows how.
//!
//! [`ArchiveFile`] does the same over anything that reads and seeks; [`ArchiveWriter`] writes archives.

mod entry;
mod error;
mod file;
mod index;
mod packed;
mod path;
mod reader;
mod records;
mod writer;

pub use entry::EntryReader;
pub use error::ArchiveError;
pub use file::ArchiveFile;
pub use packed::{Packed, Packing};
pub use reader::{ArchiveLimits, ArchiveReader};
pub use writer::{ArchiveWriter, Compression};

/// Name of the index file.
const INDEX_NAME: &str = "@3dtilesIndex1@";

#[cfg(test)]
mod tests;
