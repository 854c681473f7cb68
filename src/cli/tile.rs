//! `cim-twin tile`: other people's data as a city.

use super::progress::{Bars, summary};
use cim_tiler::osm::{OsmOptions, tile_osm};
use std::path::PathBuf;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// An OpenStreetMap extract, .osm.pbf
    input: PathBuf,
    /// Folder to write the city into
    #[arg(short, long)]
    out: PathBuf,
    /// The city's name; the file's when left out
    #[arg(long)]
    name: Option<String>,
}

pub(super) fn run(args: Args) -> Result<(), String> {
    if !args.input.is_file() {
        return Err(format!("{} is not a file: give an OpenStreetMap extract (.osm.pbf)", args.input.display()));
    }
    let name = args.name.unwrap_or_default();
    let options = OsmOptions { name_zh: name.clone(), name_en: name, ..OsmOptions::default() };
    let made = tile_osm(&args.input, &args.out, &options, &mut Bars::new()).map_err(|e| e.to_string())?;
    println!("{}", summary(&made, &args.out));
    Ok(())
}
