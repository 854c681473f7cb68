//! The city folder while it is built: beside its place, so that an interrupted run leaves nothing half done there.

use super::{CitySummary, TilingOptions};
use crate::{Progress, TilerError};
use std::{
    fs,
    io::{self, BufWriter, Read as _},
    path::{Path, PathBuf},
};
use tiles3d::archive::{ArchiveWriter, Compression};

/// The tileset as one file, where a server looks for tiles.
pub(super) const ARCHIVE: &str = "tiles/tileset.3tz";
/// The same while it is packed.
const PACKED: &str = "packed";
/// The tileset as a folder, also while it is built.
const TILES: &str = "tiles";

/// A file of the folder.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(super) struct Written {
    /// Path in the folder, with `/`.
    pub(super) path: String,
    pub(super) bytes: u64,
    pub(super) crc32: u32,
}

/// The folder of a city that is being written.
pub(super) struct Folder {
    out: PathBuf,
    part: PathBuf,
    old: PathBuf,
}

impl Folder {
    /// For a city at `out`.
    ///
    /// # Errors
    /// Something that is no city is there, or the disk refuses.
    pub(super) fn new(out: &Path) -> Result<Self, TilerError> {
        if out.exists() && !out.join("site.json").exists() && fs::read_dir(out).is_ok_and(|mut d| d.next().is_some()) {
            return Err(TilerError::NotACity(out.to_owned()));
        }
        let name = out.file_name().map_or_else(|| "city".into(), |n| n.to_string_lossy().into_owned());
        let beside = |end: &str| out.with_file_name(format!(".{name}.{end}"));
        let this = Self { out: out.to_owned(), part: beside("part"), old: beside("old") };
        // Of a run that was stopped while it changed the new city for the old one.
        if this.old.exists() {
            if this.out.exists() { fs::remove_dir_all(&this.old) } else { fs::rename(&this.old, &this.out) }
                .map_err(|e| this.failed(&this.old, e))?;
        }
        fs::create_dir_all(&this.part).map_err(|e| this.failed(&this.part, e))?;
        Ok(this)
    }

    /// Where files are while the city is built.
    pub(super) fn part(&self) -> &Path {
        &self.part
    }

    fn failed(&self, path: &Path, source: io::Error) -> TilerError {
        TilerError::Write { path: path.to_owned(), source }
    }

    /// Forgets what an earlier run left.
    pub(super) fn clear(&self) -> Result<(), TilerError> {
        fs::remove_dir_all(&self.part)
            .and_then(|()| fs::create_dir_all(&self.part))
            .map_err(|e| self.failed(&self.part, e))
    }

    /// Writes a file, `/` in its path.
    pub(super) fn write(&self, path: &str, bytes: &[u8]) -> Result<Written, TilerError> {
        let file = self.part.join(path);
        let written = match fs::write(&file, bytes) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => {
                file.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| fs::write(&file, bytes))
            }
            other => other,
        };
        written.map_err(|e| self.failed(&file, e))?;
        Ok(Written { path: path.to_owned(), bytes: bytes.len() as u64, crc32: crc32(bytes) })
    }

    /// Whether what an earlier run wrote is all there as it was written.
    pub(super) fn has(&self, files: &[Written]) -> bool {
        let same = |f: &Written| {
            fs::read(self.part.join(&f.path)).is_ok_and(|b| b.len() as u64 == f.bytes && crc32(&b) == f.crc32)
        };
        files.iter().all(same)
    }

    /// Packs the tiles into one file where that is wanted.
    pub(super) fn pack(&self, options: &TilingOptions, progress: &mut dyn Progress) -> Result<(), TilerError> {
        if !options.archive {
            return Ok(());
        }
        let tiles = self.part.join(TILES);
        let mut files = Vec::new();
        list(&tiles, String::new(), &mut files).map_err(|e| self.failed(&tiles, e))?;
        progress.stage("packing the tiles", Some(files.len() as u64));
        let path = self.part.join(PACKED);
        let sink = fs::File::create(&path).map_err(|e| self.failed(&path, e))?;
        let mut archive = ArchiveWriter::new(BufWriter::new(sink));
        let refused = |source| TilerError::Archive { path: path.clone(), source };
        for name in files {
            let file = tiles.join(&name);
            let bytes = fs::read(&file).map_err(|e| self.failed(&file, e))?;
            // Geometry is compressed already, and is read as it is.
            let how = if name.ends_with(".glb") { Compression::Stored } else { Compression::Deflate };
            archive.add(&name, &bytes, how).map_err(refused)?;
            progress.advance(1);
        }
        archive.finish().map_err(refused)?;
        let place = self.part.join(ARCHIVE);
        fs::remove_dir_all(&tiles)
            .and_then(|()| fs::create_dir(&tiles))
            .and_then(|()| fs::rename(&path, &place))
            .map_err(|e| self.failed(&place, e))
    }

    /// Puts the city into its place. Files that are as they were stay the same files, with the time of their last change: who
    /// copies the folder to where it is served copies what changed.
    pub(super) fn finish(self, summary: &mut CitySummary, progress: &mut dyn Progress) -> Result<(), TilerError> {
        let mut files = Vec::new();
        list(&self.part, String::new(), &mut files).map_err(|e| self.failed(&self.part, e))?;
        summary.bytes = 0;
        if self.out.exists() {
            progress.stage("comparing with the city that was there", Some(files.len() as u64));
        }
        for name in files {
            let (new, old) = (self.part.join(&name), self.out.join(&name));
            let bytes = fs::metadata(&new).map_err(|e| self.failed(&new, e))?.len();
            summary.bytes += bytes;
            if fs::metadata(&old).is_ok_and(|o| o.is_file() && o.len() == bytes) && same(&old, &new).unwrap_or(false) {
                keep(&old, &new).map_err(|e| self.failed(&new, e))?;
                summary.unchanged += usize::from(name.ends_with(".glb"));
            }
            progress.advance(1);
        }
        if self.out.exists() {
            fs::rename(&self.out, &self.old).map_err(|e| self.failed(&self.out, e))?;
        }
        fs::rename(&self.part, &self.out).map_err(|e| self.failed(&self.out, e))?;
        if self.old.exists() {
            fs::remove_dir_all(&self.old).map_err(|e| self.failed(&self.old, e))?;
        }
        Ok(())
    }
}

fn crc32(bytes: &[u8]) -> u32 {
    let mut crc = flate2::Crc::new();
    crc.update(bytes);
    crc.sum()
}

/// The files of a folder and those below it, by name.
fn list(folder: &Path, name: String, files: &mut Vec<String>) -> io::Result<()> {
    let mut inside: Vec<_> = fs::read_dir(folder)?.collect::<Result<_, _>>()?;
    inside.sort_by_key(fs::DirEntry::file_name);
    for entry in inside {
        let name = format!("{name}{}", entry.file_name().to_string_lossy());
        if entry.file_type()?.is_dir() {
            list(&entry.path(), name + "/", files)?;
        } else {
            files.push(name);
        }
    }
    Ok(())
}

/// Whether two files of one length hold the same.
fn same(a: &Path, b: &Path) -> io::Result<bool> {
    const PART: usize = 1 << 18;
    let (mut a, mut b) = (fs::File::open(a)?, fs::File::open(b)?);
    let (mut left, mut right) = (Vec::with_capacity(PART), Vec::with_capacity(PART));
    loop {
        left.clear();
        right.clear();
        a.by_ref().take(PART as u64).read_to_end(&mut left)?;
        b.by_ref().take(PART as u64).read_to_end(&mut right)?;
        if left != right || left.is_empty() {
            return Ok(left == right);
        }
    }
}

/// Makes `new` the same file as `old`, which holds the same; where a disk cannot do that, a file of the same time.
fn keep(old: &Path, new: &Path) -> io::Result<()> {
    let mut link = new.as_os_str().to_owned();
    link.push(".same");
    let link = PathBuf::from(link);
    if fs::hard_link(old, &link).is_ok() {
        return fs::rename(&link, new);
    }
    let modified = fs::metadata(old)?.modified()?;
    fs::File::options().write(true).open(new)?.set_modified(modified)
}
