//! Which of the files that `cim-twin tile` is given are meant, and what they are.

use cim_tiler::osm;
use std::path::{Path, PathBuf};

/// Folders within folders, at most.
const DEEPEST: usize = 16;
/// What can be given.
const WANTED: &str = "give an OpenStreetMap extract (.osm.pbf, .osm), CityGML (.gml, .xml), CityJSON (.json, .jsonl), or \
                      vector files (.geojson, .shp, .fgb, .gpkg, .csv), or a .zip of any";

/// The formats that are read, by the ends of their files' names; extracts of OpenStreetMap also by what is in them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    Osm,
    CityModel,
}

fn ends(path: &Path, list: &[&str]) -> bool {
    let name = path.file_name().map(|n| n.to_string_lossy().to_lowercase()).unwrap_or_default();
    let name = name.strip_suffix(".gz").unwrap_or(&name);
    list.iter().any(|end| name.ends_with(end))
}

fn format(path: &Path) -> Option<Format> {
    if ends(path, &[".pbf", ".osm", ".osm.bz2"]) || (ends(path, &[".xml"]) && osm::recognises(path)) {
        Some(Format::Osm)
    } else if ends(path, &[".json", ".jsonl", ".cityjson", ".ndjson", ".gml", ".xml", ".citygml"]) {
        Some(Format::CityModel)
    } else {
        None
    }
}

/// The files that are meant, and their one format. Of a folder, those that can be read, by name.
pub(super) fn files(inputs: &[PathBuf]) -> Result<(Vec<PathBuf>, Format), String> {
    let mut files = Vec::new();
    for input in inputs {
        if input.is_dir() {
            let inside = within(input, &|path| format(path).is_some())?;
            if inside.is_empty() {
                return Err(format!("{} holds no file that can be read: {WANTED}", input.display()));
            }
            files.extend(inside);
        } else if input.is_file() {
            files.push(input.clone());
        } else {
            return Err(format!("{} is not a file: {WANTED}", input.display()));
        }
    }
    let mut found = None;
    for path in &files {
        let this = format(path).ok_or_else(|| format!("{} is of an unknown format: {WANTED}", path.display()))?;
        if *found.get_or_insert(this) != this {
            return Err(format!("{} is of another format than the files before it", path.display()));
        }
    }
    let format = found.ok_or_else(|| WANTED.to_owned())?;
    if format == Format::Osm && files.len() > 1 {
        return Err("one OpenStreetMap extract makes a city: merge several with `osmium merge`".into());
    }
    Ok((files, format))
}

/// The elevation models that are meant. Of a folder, those of the formats' names, by name.
pub(super) fn elevation_models(inputs: &[PathBuf]) -> Result<Vec<PathBuf>, String> {
    let mut files = Vec::new();
    for path in inputs {
        if !path.is_dir() {
            files.push(path.clone());
            continue;
        }
        let inside = within(path, &|path| ends(path, &[".tif", ".tiff", ".asc", ".agr"]))?;
        if inside.is_empty() {
            return Err(format!("{} holds no elevation model (.tif, .asc)", path.display()));
        }
        files.extend(inside);
    }
    Ok(files)
}

/// The wanted files under a folder, sorted; hidden ones and links to folders are left alone.
fn within(folder: &Path, wanted: &dyn Fn(&Path) -> bool) -> Result<Vec<PathBuf>, String> {
    let mut found = Vec::new();
    let mut open = vec![(folder.to_owned(), 0)];
    while let Some((folder, depth)) = open.pop() {
        let unreadable = |e| format!("{} cannot be read: {e}", folder.display());
        for entry in std::fs::read_dir(&folder).map_err(unreadable)? {
            let entry = entry.map_err(unreadable)?;
            let path = entry.path();
            if entry.file_name().to_string_lossy().starts_with('.') {
                continue;
            }
            if entry.file_type().map_err(unreadable)?.is_dir() {
                if depth < DEEPEST {
                    open.push((path, depth + 1));
                }
            } else if path.is_file() && wanted(&path) {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_searched_for_what_can_be_read() {
        let folder = tempfile::tempdir().unwrap();
        let deep = folder.path().join("a/b");
        std::fs::create_dir_all(&deep).unwrap();
        for name in ["a/one.gml", "a/b/two.GML.gz", "a/b/dem.asc.gz", "dem.TIF", "a/.hidden.gml", "readme.pdf"] {
            std::fs::write(folder.path().join(name), "").unwrap();
        }
        let inputs = [folder.path().to_owned()];
        let (models, format) = files(&inputs).unwrap();
        assert_eq!(models, [deep.join("two.GML.gz"), folder.path().join("a/one.gml")]);
        assert_eq!(format, Format::CityModel);
        assert_eq!(elevation_models(&inputs).unwrap(), [deep.join("dem.asc.gz"), folder.path().join("dem.TIF")]);
        let none = elevation_models(&[folder.path().join("a/b/c")]).unwrap();
        assert_eq!(none, [folder.path().join("a/b/c")], "what is not there is said by who opens it");
    }
}
