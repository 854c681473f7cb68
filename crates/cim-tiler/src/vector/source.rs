//! Files and folders: which of them hold layers, what stands beside them, and their bytes, gzipped or not.

use super::{csv, feature::Layer, fgb, geojson, gpkg, mapping::Mapping, shp};
use crate::{Progress, TilerError};
use flate2::read::MultiGzDecoder;
use std::{
    fs::{self, File},
    io::Read,
    path::{Path, PathBuf},
};

/// Larger files are refused, unpacked: they would not fit into memory.
const MAX_BYTES: u64 = 4 << 30;
/// Folders within folders, at most.
const DEEPEST: usize = 16;
/// So much of a `.json` is looked at to know whether it is GeoJSON.
const START_BYTES: u64 = 64 << 10;
/// Endings of what belongs to a shapefile and is read with it, or is of no use here.
const BESIDE: [&str; 15] =
    ["shx", "dbf", "prj", "cpg", "sbn", "sbx", "fbn", "fbx", "ain", "aih", "qix", "qpj", "qmd", "xml", "lyr"];

/// What a file is read as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    GeoJson,
    Shapefile,
    FlatGeobuf,
    GeoPackage,
    Csv,
}

/// A file, by its name.
#[derive(Debug, Clone)]
pub(super) struct Source {
    pub(super) path: PathBuf,
}

/// The name in lower case without `.gz`, and whether that was there.
fn plain_name(path: &Path) -> (String, bool) {
    let name = path.file_name().map(|n| n.to_string_lossy().to_lowercase()).unwrap_or_default();
    match name.strip_suffix(".gz") {
        Some(rest) => (rest.to_owned(), true),
        None => (name, false),
    }
}

fn format(path: &Path) -> Option<Format> {
    let (name, _) = plain_name(path);
    let ending = name.rsplit_once('.').map(|(_, e)| e)?;
    match ending {
        "geojson" | "geojsonl" | "geojsons" | "geojsonseq" => Some(Format::GeoJson),
        "json" | "jsonl" | "ndjson" => geojson::looks_like(&start(path)?).then_some(Format::GeoJson),
        "shp" => Some(Format::Shapefile),
        "fgb" => Some(Format::FlatGeobuf),
        "gpkg" => Some(Format::GeoPackage),
        "csv" | "tsv" => Some(Format::Csv),
        _ => None,
    }
}

/// The beginning of a file, unpacked.
fn start(path: &Path) -> Option<Vec<u8>> {
    let source = Source { path: path.to_owned() };
    let mut start = Vec::new();
    let read = source.reader().ok()?.take(START_BYTES).read_to_end(&mut start);
    // A damaged archive is looked at as far as it goes.
    (read.is_ok() || !start.is_empty()).then_some(start)
}

/// Whether a file that happens to lie in a folder is to be read: tables without places lie about everywhere.
fn is_layer(path: &Path) -> bool {
    match format(path) {
        Some(Format::Csv) => start(path).is_some_and(|start| csv::looks_like(&start)),
        other => other.is_some(),
    }
}

/// Whether a file is of one of the formats, or a folder that has one in it.
pub(super) fn recognises(path: &Path) -> bool {
    if path.is_dir() {
        files(path, 0).is_ok_and(|list| list.iter().any(|f| is_layer(f)))
    } else {
        format(path).is_some()
    }
}

/// The layers of files and folders, and the files of the folders that are none.
pub(super) fn layers(
    inputs: &[PathBuf],
    mapping: &Mapping,
    progress: &mut dyn Progress,
) -> Result<(Vec<Layer>, Vec<PathBuf>), TilerError> {
    let mut folders = Vec::new();
    for input in inputs {
        folders.push(if input.is_dir() { files(input, 0)? } else { vec![input.clone()] });
    }
    let size = |path: &Path| fs::metadata(path).map_or(0, |file| file.len());
    progress.stage_bytes("reading", folders.iter().flatten().map(|path| size(path)).sum());
    let (mut layers, mut unread) = (Vec::new(), Vec::new());
    for (input, inside) in inputs.iter().zip(folders) {
        if !input.is_dir() {
            layers.extend(open(input, mapping)?);
            progress.advance(size(input));
            continue;
        }
        let before = layers.len();
        for path in inside {
            progress.advance(size(&path));
            let ending = plain_name(&path).0.rsplit_once('.').map(|(_, e)| e.to_owned()).unwrap_or_default();
            if is_layer(&path) {
                layers.extend(open(&path, mapping)?);
            } else if !BESIDE.contains(&ending.as_str()) {
                unread.push(path);
            }
        }
        if layers.len() == before {
            let reason = "the folder holds no GeoJSON, FlatGeobuf, GeoPackage, shapefile or table of places".into();
            return Err(TilerError::Vector { path: input.clone(), reason });
        }
    }
    Ok((layers, unread))
}

/// The files under a folder, sorted; hidden ones and links are left alone.
fn files(folder: &Path, depth: usize) -> Result<Vec<PathBuf>, TilerError> {
    let unreadable = |source| TilerError::Read { path: folder.to_owned(), source };
    let mut out = Vec::new();
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        let kind = entry.file_type().map_err(unreadable)?;
        if entry.file_name().to_string_lossy().starts_with('.') {
            continue;
        }
        if kind.is_dir() && depth < DEEPEST {
            out.extend(files(&entry.path(), depth + 1)?);
        } else if kind.is_file() {
            out.push(entry.path());
        }
    }
    out.sort();
    Ok(out)
}

fn open(path: &Path, mapping: &Mapping) -> Result<Vec<Layer>, TilerError> {
    let source = Source { path: path.to_owned() };
    let fail = |reason: String| TilerError::Vector { path: path.to_owned(), reason };
    let (plain, _) = plain_name(path);
    // The name as it is written, not in lower case.
    let written = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    let stem: String = plain.rsplit_once('.').map_or(plain.as_str(), |(stem, _)| stem).to_owned();
    let stem: String = written.chars().take(stem.chars().count()).collect();
    match format(path) {
        Some(Format::GeoJson) => Ok(vec![geojson::read(&source.bytes()?, &stem, path).map_err(fail)?]),
        Some(Format::Shapefile) => {
            let encoding = mapping.find(&stem).and_then(|m| m.encoding.as_deref());
            Ok(vec![shp::read(&source, &stem, encoding)?])
        }
        Some(Format::FlatGeobuf) => Ok(vec![fgb::read(&source.bytes()?, &stem, path).map_err(fail)?]),
        Some(Format::GeoPackage) => gpkg::read(path).map_err(fail),
        Some(Format::Csv) => {
            let encoding = mapping.find(&stem).and_then(|m| m.encoding.as_deref());
            Ok(vec![csv::read(&source.bytes()?, &stem, path, encoding).map_err(fail)?])
        }
        None if path.exists() => {
            Err(fail("it is neither GeoJSON, FlatGeobuf, GeoPackage, a shapefile nor a table (.csv)".into()))
        }
        None => Err(TilerError::Read { path: path.to_owned(), source: std::io::ErrorKind::NotFound.into() }),
    }
}

impl Source {
    fn reader(&self) -> std::io::Result<Box<dyn Read>> {
        let mut file = File::open(&self.path)?;
        let mut magic = Vec::new();
        file.by_ref().take(2).read_to_end(&mut magic)?;
        let packed = magic == [0x1f, 0x8b];
        let rest = std::io::Cursor::new(magic).chain(file);
        Ok(if packed { Box::new(MultiGzDecoder::new(rest)) } else { Box::new(rest) })
    }

    /// All of it, unpacked.
    pub(super) fn bytes(&self) -> Result<Vec<u8>, TilerError> {
        let fail = |reason: String| TilerError::Vector { path: self.path.clone(), reason };
        let unreadable = |source| TilerError::Read { path: self.path.clone(), source };
        let reader = self.reader().map_err(unreadable)?;
        let mut bytes = Vec::new();
        reader.take(MAX_BYTES + 1).read_to_end(&mut bytes).map_err(|e| match e.kind() {
            std::io::ErrorKind::UnexpectedEof | std::io::ErrorKind::InvalidInput | std::io::ErrorKind::InvalidData => {
                fail(format!("its archive is damaged or cut off after {} unpacked bytes: {e}", bytes.len()))
            }
            _ => unreadable(e),
        })?;
        if bytes.len() as u64 > MAX_BYTES {
            return Err(fail("it is larger than the 4 GiB that are read at a time: split it".into()));
        }
        Ok(bytes)
    }

    /// All of it as text.
    pub(super) fn text(&self) -> Result<String, TilerError> {
        // Names of places in a `.prj` may be in any encoding; what matters there is ASCII.
        Ok(String::from_utf8_lossy(&self.bytes()?).trim_start_matches('\u{feff}').to_owned())
    }

    /// The file of the same name with another ending, in whatever case, gzipped or not.
    pub(super) fn beside(&self, ending: &str) -> Option<Self> {
        let (own, _) = plain_name(&self.path);
        let stem = own.rsplit_once('.').map(|(stem, _)| stem)?;
        let wanted = format!("{stem}.{ending}");
        let folder = self.path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let mut found: Vec<PathBuf> =
            fs::read_dir(folder).ok()?.flatten().map(|e| e.path()).filter(|p| plain_name(p).0 == wanted).collect();
        found.sort();
        found.into_iter().next().map(|path| Self { path })
    }
}
