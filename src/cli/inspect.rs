//! `cim-twin inspect`: everything in a tileset, read to the last tile, and everything wrong with it.

use super::streams::{print, tell};
use std::fs::File;
use tiles3d::{
    archive::{ArchiveFile, ArchiveLimits},
    inspect::{InspectOptions, Severity, inspect},
};
use url::Url;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// A tileset file, a city folder, a folder with a tileset.json, or a .3tz archive
    tiles: String,
    /// Print this many features with all their properties
    #[arg(long, default_value_t = 3)]
    features: u32,
    /// Print the report as JSON
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args) -> Result<(), String> {
    let location = super::location(&args.tiles)?;
    let options = InspectOptions { features: args.features as usize, ..InspectOptions::default() };
    let report = if location.path().ends_with(".3tz") {
        let mut archive = open(&location)?;
        for d in archive.diagnostics() {
            tell(format_args!("{} at {}: {}", d.code, d.place, d.message));
        }
        // The archive stands for a folder of its name.
        let folder = format!("{location}/");
        let root = Url::parse(&format!("{folder}tileset.json")).map_err(|e| format!("{folder}: {e}"))?;
        inspect(&root, &options, &mut |url| match url.as_str().strip_prefix(&folder) {
            Some(path) => archive.read(path).map_err(|e| e.to_string()),
            None => read(url),
        })
    } else {
        inspect(&location, &options, &mut read)
    };
    if args.json {
        let text = serde_json::to_string_pretty(&report).map_err(|e| e.to_string())?;
        print(text)?;
    } else {
        print(&report)?;
    }
    match report.count(Severity::Error) {
        0 => Ok(()),
        errors => Err(format!("{} breaks the specification in {errors} places", args.tiles)),
    }
}

fn open(url: &Url) -> Result<ArchiveFile<File>, String> {
    let path = url.to_file_path().map_err(|()| format!("{url}: only files can be inspected"))?;
    let file = File::open(&path).map_err(|e| format!("{} cannot be opened: {e}", path.display()))?;
    ArchiveFile::open(file, ArchiveLimits::default()).map_err(|e| format!("{}: {e}", path.display()))
}

fn read(url: &Url) -> Result<Vec<u8>, String> {
    let path = url.to_file_path().map_err(|()| format!("{url}: only files can be inspected"))?;
    std::fs::read(&path).map_err(|e| format!("{} cannot be read: {e}", path.display()))
}
