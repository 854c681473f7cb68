//! `cim-twin tile`: other people's data as a city.

use super::progress::{Bars, summary};
use cim_tiler::{
    cityjson::{CityJsonOptions, tile_cityjson},
    osm::{OsmOptions, tile_osm},
};
use std::path::{Path, PathBuf};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// An OpenStreetMap extract (.osm.pbf), or CityJSON (.json, .jsonl; .gz of either)
    input: PathBuf,
    /// Folder to write the city into
    #[arg(short, long)]
    out: PathBuf,
    /// The city's name; the file's when left out
    #[arg(long)]
    name: Option<String>,
    /// The coordinate system of CityJSON, such as EPSG:7415, in place of the one that it declares
    #[arg(long)]
    crs: Option<String>,
}

/// The formats that are read, by the ends of their files' names.
enum Format {
    Osm,
    CityJson,
}

fn format(path: &Path) -> Option<Format> {
    let name = path.file_name()?.to_string_lossy().to_lowercase();
    let name = name.strip_suffix(".gz").unwrap_or(&name);
    if name.ends_with(".pbf") {
        Some(Format::Osm)
    } else if [".json", ".jsonl", ".cityjson", ".ndjson"].iter().any(|end| name.ends_with(end)) {
        Some(Format::CityJson)
    } else {
        None
    }
}

pub(super) fn run(args: Args) -> Result<(), String> {
    let wanted = "give an OpenStreetMap extract (.osm.pbf) or CityJSON (.json, .jsonl, or .gz of them)";
    if !args.input.is_file() {
        return Err(format!("{} is not a file: {wanted}", args.input.display()));
    }
    let name = args.name.unwrap_or_default();
    let made = match format(&args.input) {
        Some(Format::Osm) => {
            let options = OsmOptions { name_zh: name.clone(), name_en: name, ..OsmOptions::default() };
            tile_osm(&args.input, &args.out, &options, &mut Bars::new()).map_err(|e| e.to_string())?
        }
        Some(Format::CityJson) => {
            let options = CityJsonOptions { name, crs: args.crs };
            let (made, report) =
                tile_cityjson(&args.input, &args.out, &options, &mut Bars::new()).map_err(|e| e.to_string())?;
            println!("{} objects in {}, {} of them stand for their parts", report.objects, report.crs, report.parents);
            made
        }
        None => return Err(format!("{} is of an unknown format: {wanted}", args.input.display())),
    };
    println!("{}", summary(&made, &args.out));
    Ok(())
}
