//! Writing archives.

use super::{
    ArchiveError, INDEX_NAME,
    index::Index,
    path::normalize,
    reader::crc32,
    records::{Directory, FileRecord, UTF8},
};
use std::{
    collections::BTreeSet,
    io::{Read, Write},
};

/// How a file is put into an archive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compression {
    /// As it is: the fastest to read. Right for content that is compressed already.
    Stored,
    /// Deflated, unless that makes it no smaller: every reader knows it, and it is the slowest to read.
    Deflate,
}

/// Writes an archive, file after file. The same files give the same bytes: there are no timestamps.
#[derive(Debug)]
pub struct ArchiveWriter<W> {
    sink: W,
    position: u64,
    files: Vec<FileRecord>,
    paths: BTreeSet<String>,
}

impl<W: Write> ArchiveWriter<W> {
    /// An archive that begins where `sink` stands.
    pub fn new(sink: W) -> Self {
        Self { sink, position: 0, files: Vec::new(), paths: BTreeSet::new() }
    }

    /// Adds a file. `path` is relative to the archive's root; it is normalised as readers will.
    ///
    /// # Errors
    /// The path cannot be used or is there already, the file has 4 GiB or more (the format's limit), or the sink failed.
    pub fn add(&mut self, path: &str, bytes: &[u8], compression: Compression) -> Result<(), ArchiveError> {
        let bad = |message| ArchiveError::BadPath { path: path.to_owned(), message };
        let name = normalize(path).ok_or_else(|| bad("it names no file inside the archive"))?;
        if name.len() > usize::from(u16::MAX) {
            return Err(bad("it is longer than 65,535 bytes"));
        }
        if name == INDEX_NAME {
            return Err(bad("the index is written by `finish`"));
        }
        if name.contains(".3tz") || name.contains(".3dtiles.zip") {
            return Err(bad("archives are not nested, and no name may look like one"));
        }
        if !self.paths.insert(name.clone()) {
            return Err(bad("it is there already"));
        }
        self.put(name, bytes, compression)
    }

    /// Writes the index and the directory, and gives the sink back.
    ///
    /// # Errors
    /// The sink failed.
    pub fn finish(mut self) -> Result<W, ArchiveError> {
        let index = Index::write(self.files.iter().map(|f| (f.name.as_str(), f.offset)));
        self.put(INDEX_NAME.to_owned(), &index, Compression::Stored)?;
        let mut out = Vec::new();
        for file in &self.files {
            file.write(true, &mut out);
        }
        let (entries, size, offset) = (self.files.len() as u64, out.len() as u64, self.position);
        Directory { entries, size, offset }.write(offset + size, &mut out);
        self.sink.write_all(&out)?;
        self.sink.flush()?;
        Ok(self.sink)
    }

    fn put(&mut self, name: String, bytes: &[u8], compression: Compression) -> Result<(), ArchiveError> {
        let limit = u64::from(u32::MAX) - 1;
        if bytes.len() as u64 > limit {
            return Err(ArchiveError::TooLarge { what: name, bytes: bytes.len() as u64, limit });
        }
        let packed = match compression {
            Compression::Stored => None,
            Compression::Deflate => Some(deflate(bytes)?).filter(|p| p.len() < bytes.len()),
        };
        let data = packed.as_deref().unwrap_or(bytes);
        let record = FileRecord {
            flags: if name.is_ascii() { 0 } else { UTF8 },
            name,
            method: if packed.is_some() { 8 } else { 0 },
            crc32: crc32(bytes),
            compressed: data.len() as u64,
            uncompressed: bytes.len() as u64,
            offset: self.position,
            length: 0,
            comment: false,
        };
        let mut header = Vec::new();
        record.write(false, &mut header);
        self.sink.write_all(&header)?;
        self.sink.write_all(data)?;
        self.position += (header.len() + data.len()) as u64;
        self.files.push(record);
        Ok(())
    }

    #[cfg(test)]
    pub(super) fn at(sink: W, position: u64) -> Self {
        Self { sink, position, files: Vec::new(), paths: BTreeSet::new() }
    }
}

fn deflate(bytes: &[u8]) -> Result<Vec<u8>, ArchiveError> {
    let mut out = Vec::new();
    flate2::read::DeflateEncoder::new(bytes, flate2::Compression::default()).read_to_end(&mut out)?;
    Ok(out)
}
