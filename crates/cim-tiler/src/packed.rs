//! Sources as they are handed over: `.zip` archives of any of the formats, and files gzipped whose formats must be read
//! from any place (`GeoPackage`, `GeoTIFF`). They are unpacked beside the city for as long as they are read.

use crate::{Progress, TilerError};
use flate2::read::MultiGzDecoder;
use std::{
    borrow::Cow,
    fs::{self, File},
    io::{self, Read, Write as _},
    path::{Component, Path, PathBuf},
};
use zip::{ZipArchive, read::ZipFile, result::ZipError};

/// More than this is not unpacked, bytes in all: what a whole country hands over stays below.
const MAX_BYTES: u64 = 256 << 30;
/// Files in one archive, at most.
const MAX_FILES: usize = 1 << 20;
/// Bytes that are unpacked between two reports of progress.
const CHUNK: usize = 1 << 20;
/// Formats that can be read only unpacked, by the ends of their names without `.gz`.
const UNPACKED_ONLY: [&str; 3] = ["gpkg", "tif", "tiff"];
const FORMAT: &str = "an archive";

/// Inputs of which none is packed any more. What was unpacked for them goes when this is dropped.
#[derive(Debug)]
pub struct Inputs {
    paths: Vec<PathBuf>,
    folder: Option<PathBuf>,
}

impl Inputs {
    /// Takes files and folders as they are, and of the packed ones among the files (see [`is_packed`]) what is in them:
    /// the folder or file of their name without `.zip` or `.gz`, in a hidden folder beside `out`. `use_` keeps several
    /// sets of inputs of one city apart.
    ///
    /// # Errors
    /// An archive is damaged, locked with a password, packed in a way that nobody uses, names a place outside itself, has
    /// files that lie over one another, or is too large unpacked; or its contents cannot be written.
    pub fn open(inputs: &[PathBuf], out: &Path, use_: &str, progress: &mut dyn Progress) -> Result<Self, TilerError> {
        let mut opened = Self { paths: inputs.to_vec(), folder: None };
        if !inputs.iter().any(|path| is_packed(path)) {
            return Ok(opened);
        }
        let name = out.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        let folder = out.with_file_name(format!(".{name}.{use_}-unpacked"));
        // What a run left that was cut off.
        match fs::remove_dir_all(&folder) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(unwritable(&folder, e)),
            _ => {}
        }
        opened.folder = Some(folder.clone());
        let packed = |path: &PathBuf| fs::metadata(path).map_or(0, |m| if is_packed(path) { m.len() } else { 0 });
        progress.stage_bytes("unpacking", inputs.iter().map(packed).sum());
        let mut left = MAX_BYTES;
        for (number, path) in opened.paths.iter_mut().enumerate().filter(|(_, path)| is_packed(path)) {
            let size = packed(path);
            // Archives of one name from several folders stay apart.
            let inside = folder.join(number.to_string());
            fs::create_dir_all(&inside).map_err(|e| unwritable(&inside, e))?;
            let into = inside.join(path.file_stem().unwrap_or_default());
            let archive = std::mem::replace(path, into.clone());
            if ending(&archive) == "zip" {
                unzip(&archive, &into, &mut left)?;
            } else {
                gunzip(&archive, &into, &mut left)?;
            }
            progress.advance(size);
        }
        Ok(opened)
    }

    /// Where everything is.
    #[must_use]
    pub fn paths(&self) -> &[PathBuf] {
        &self.paths
    }
}

impl Drop for Inputs {
    fn drop(&mut self) {
        if let Some(folder) = &self.folder {
            // Nobody is left to hear of it; the next run for the same city tries again.
            let _ = fs::remove_dir_all(folder);
        }
    }
}

/// Whether a file has to be unpacked before it can be read, by its name: `.zip`, and `.gz` of a `GeoPackage` or `GeoTIFF`.
#[must_use]
pub fn is_packed(path: &Path) -> bool {
    let packed = match ending(path).as_str() {
        "zip" => true,
        "gz" => path.file_stem().is_some_and(|stem| UNPACKED_ONLY.contains(&ending(Path::new(stem)).as_str())),
        _ => false,
    };
    packed && !path.is_dir()
}

fn ending(path: &Path) -> String {
    path.extension().map(|e| e.to_string_lossy().to_lowercase()).unwrap_or_default()
}

fn unwritable(path: &Path, source: io::Error) -> TilerError {
    TilerError::Write { path: path.to_owned(), source }
}

fn fail(path: &Path, reason: impl Into<String>) -> TilerError {
    TilerError::Source { path: path.to_owned(), format: FORMAT, reason: reason.into() }
}

fn too_large(path: &Path) -> TilerError {
    fail(path, format!("unpacked it is larger than {} GiB: unpack it, and give what is needed of it", MAX_BYTES >> 30))
}

fn gunzip(archive: &Path, into: &Path, left: &mut u64) -> Result<(), TilerError> {
    let file = File::open(archive).map_err(|source| TilerError::Read { path: archive.to_owned(), source })?;
    write(&mut MultiGzDecoder::new(file), into, left)?.map_err(|at| match at {
        Stop::TooLarge => too_large(archive),
        Stop::Damaged(at, e) => fail(archive, format!("it is damaged or cut off after {at} unpacked bytes: {e}")),
    })
}

fn unzip(archive: &Path, into: &Path, left: &mut u64) -> Result<(), TilerError> {
    let file = File::open(archive).map_err(|source| TilerError::Read { path: archive.to_owned(), source })?;
    let mut zip = ZipArchive::new(io::BufReader::new(file)).map_err(|e| fail(archive, sentence(&e)))?;
    if zip.len() > MAX_FILES {
        return Err(fail(archive, format!("it has {} files; more than {MAX_FILES} are not read", zip.len())));
    }
    // Deflate makes a thousand bytes of one at the most, Deflate64 65,000; files that share their bytes as many as they like.
    if zip.has_overlapping_entries().map_err(|e| fail(archive, sentence(&e)))? {
        return Err(fail(archive, "its files lie over one another, as in archives that are made to fill a disk"));
    }
    fs::create_dir_all(into).map_err(|e| unwritable(into, e))?;
    for number in 0..zip.len() {
        let mut entry = zip.by_index(number).map_err(|e| fail(archive, sentence(&e)))?;
        let name = name(&entry);
        if entry.is_dir() || name.ends_with('/') || entry.is_symlink() || name.starts_with("__MACOSX/") {
            continue;
        }
        let place = inside(&name).ok_or_else(|| {
            fail(archive, format!("its file `{name}` would be written outside of the archive's folder"))
        })?;
        let place = into.join(place);
        if place.exists() {
            return Err(fail(archive, format!("it has two files named `{name}`")));
        }
        if let Some(folder) = place.parent() {
            fs::create_dir_all(folder).map_err(|e| unwritable(folder, e))?;
        }
        write(&mut entry, &place, left)?.map_err(|stop| match stop {
            Stop::TooLarge => too_large(archive),
            Stop::Damaged(at, e) => {
                fail(archive, format!("its file `{name}` is damaged or cut off after {at} unpacked bytes: {e}"))
            }
        })?;
    }
    Ok(())
}

/// The entry's name. Windows writes those of Chinese files in the system's own encoding and does not say so.
fn name<R: Read>(entry: &ZipFile<'_, R>) -> String {
    let raw = entry.name_raw();
    let name = match std::str::from_utf8(raw) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => encoding_rs::GB18030.decode_without_bom_handling(raw).0,
    };
    name.replace('\\', "/")
}

/// The name as a path below a folder; none if it leads out of it.
fn inside(name: &str) -> Option<PathBuf> {
    let mut path = PathBuf::new();
    for part in Path::new(name).components() {
        match part {
            Component::Normal(part) if !part.to_string_lossy().contains(['\0', ':']) => path.push(part),
            Component::CurDir => {}
            _ => return None,
        }
    }
    (!path.as_os_str().is_empty()).then_some(path)
}

/// Why unpacking stopped.
enum Stop {
    TooLarge,
    /// After so many bytes.
    Damaged(u64, io::Error),
}

/// Copies what is unpacked into a file, at most `left` bytes of it. Outer errors are of writing, inner ones of what is read.
fn write(from: &mut dyn Read, place: &Path, left: &mut u64) -> Result<Result<(), Stop>, TilerError> {
    let mut to = File::create(place).map_err(|e| unwritable(place, e))?;
    let (mut chunk, mut done) = (vec![0; CHUNK], 0_u64);
    loop {
        let read = match from.read(&mut chunk) {
            Ok(0) => return Ok(Ok(())),
            Ok(read) => read,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
            Err(e) => return Ok(Err(Stop::Damaged(done, e))),
        };
        done += read as u64;
        match left.checked_sub(read as u64) {
            Some(rest) => *left = rest,
            None => return Ok(Err(Stop::TooLarge)),
        }
        to.write_all(&chunk[..read]).map_err(|e| unwritable(place, e))?;
    }
}

fn sentence(error: &ZipError) -> String {
    match error {
        ZipError::UnsupportedArchive(text) if *text == ZipError::PASSWORD_REQUIRED => {
            "it is locked with a password: unpack it first".into()
        }
        other => format!("it is damaged, or no zip archive: {other}"),
    }
}

#[cfg(test)]
mod tests;
