//! `cim-twin tile`: other people's data as a city.

use super::progress::{Bars, summary};
use cim_tiler::{
    cityjson::{CityJsonOptions, tile_cityjson},
    osm::{OsmOptions, tile_osm},
    vector::{self, Mapping, VectorOptions, tile_vector},
};
use std::path::{Path, PathBuf};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// An OpenStreetMap extract (.osm.pbf), or CityJSON (.json, .jsonl; .gz of either), or vector files and folders of
    /// them (GeoJSON, shapefiles, FlatGeobuf, GeoPackage), of which several make one city
    #[arg(required = true)]
    inputs: Vec<PathBuf>,
    /// Folder to write the city into
    #[arg(short, long)]
    out: PathBuf,
    /// The city's name; the file's when left out
    #[arg(long)]
    name: Option<String>,
    /// A coordinate system, such as EPSG:4549 or GCJ02: that of vector files which declare none; for CityJSON in place of
    /// the one that it declares
    #[arg(long)]
    crs: Option<String>,
    /// What the layers of vector files are and what their attributes mean (docs/importing.md); guessed, and printed, where
    /// it says nothing
    #[arg(long)]
    mapping: Option<PathBuf>,
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
    if args.inputs.iter().all(|p| vector::recognises(p)) {
        return run_vector(args);
    }
    if args.mapping.is_some() {
        return Err("--mapping is for vector files: GeoJSON, shapefiles, FlatGeobuf and GeoPackage".into());
    }
    let wanted = "give an OpenStreetMap extract (.osm.pbf), CityJSON (.json, .jsonl, or .gz of them), or vector files \
                  (.geojson, .shp, .fgb, .gpkg)";
    let [input] = args.inputs.as_slice() else {
        let odd = args.inputs.iter().find(|p| !vector::recognises(p)).map(|p| p.display().to_string());
        return Err(format!("{} is no vector file: only of those several make one city", odd.unwrap_or_default()));
    };
    if !input.is_file() {
        return Err(format!("{} is not a file: {wanted}", input.display()));
    }
    let name = args.name.unwrap_or_default();
    let made = match format(input) {
        Some(Format::Osm) => {
            let options = OsmOptions { name_zh: name.clone(), name_en: name, ..OsmOptions::default() };
            tile_osm(input, &args.out, &options, &mut Bars::new()).map_err(|e| e.to_string())?
        }
        Some(Format::CityJson) => {
            let options = CityJsonOptions { name, crs: args.crs };
            let (made, report) =
                tile_cityjson(input, &args.out, &options, &mut Bars::new()).map_err(|e| e.to_string())?;
            println!("{} objects in {}, {} of them stand for their parts", report.objects, report.crs, report.parents);
            made
        }
        None => return Err(format!("{} is of an unknown format: {wanted}", input.display())),
    };
    println!("{}", summary(&made, &args.out));
    Ok(())
}

fn run_vector(args: Args) -> Result<(), String> {
    let mapping = args.mapping.as_deref().map(Mapping::read).transpose().map_err(|e| e.to_string())?;
    let options =
        VectorOptions { name: args.name.unwrap_or_default(), crs: args.crs, mapping: mapping.unwrap_or_default() };
    let (made, report) = tile_vector(&args.inputs, &args.out, &options, &mut Bars::new()).map_err(|e| e.to_string())?;
    print!("{report}");
    println!("{}", summary(&made, &args.out));
    Ok(())
}
