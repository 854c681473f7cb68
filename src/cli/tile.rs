//! `cim-twin tile`: other people's data as a city.

use super::{
    progress::Voice,
    sources::{self, Format},
    tiling::Tiles,
};
use cim_tiler::{
    AxisOrder, CitySummary,
    citymodel::{CityModelOptions, ModelHeights, tile_city_model},
    osm::{OsmOptions, tile_osm},
    packed::Inputs,
    terrain::TerrainSource,
    vector::{self, Mapping, VectorOptions, tile_vector},
};
use std::path::{Path, PathBuf};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// An OpenStreetMap extract (.osm.pbf, .osm); or city models, CityGML (.gml, .xml) and CityJSON (.json, .jsonl); or
    /// vector files (GeoJSON, shapefiles, FlatGeobuf, GeoPackage, and .csv tables of places or of models in them); .gz
    /// of any but the .pbf. Several files of the latter two, or a folder or .zip of them, make one city
    #[arg(required = true)]
    inputs: Vec<PathBuf>,
    /// Folder to write the city into
    #[arg(short, long)]
    out: PathBuf,
    /// The city's name; the file's when left out
    #[arg(long)]
    name: Option<String>,
    /// A coordinate system, such as EPSG:4549 or GCJ02: of city models in place of the one that they declare, of vector
    /// files where they declare none
    #[arg(long)]
    crs: Option<String>,
    /// Which coordinate of city models comes first, in place of what their coordinates look like
    #[arg(long, value_enum)]
    axes: Option<Axes>,
    /// What the layers of vector files are and what their attributes mean (docs/importing.md); guessed, and printed, where
    /// it says nothing
    #[arg(long)]
    mapping: Option<PathBuf>,
    #[command(flatten)]
    tiles: Tiles,
    #[command(flatten)]
    terrain: Terrain,
    /// Say progress and outcome as lines of JSON on standard output
    #[arg(long)]
    json: bool,
}

/// What the city stands on.
#[derive(Debug, clap::Args)]
struct Terrain {
    /// An elevation model that the city stands on: GeoTIFF (.tif), ASCII grid (.asc, .agr), also .gz, or a folder or .zip
    /// of them; give it again for more
    #[arg(long = "terrain")]
    terrain: Vec<PathBuf>,
    /// Its coordinate system, in place of the one that it declares, such as EPSG:4549, or with that of its heights
    /// EPSG:4549+5737
    #[arg(long, requires = "terrain")]
    terrain_crs: Option<String>,
    /// The height that is 0 in the city, metres; its low ground when left out
    #[arg(long, requires = "terrain", allow_hyphen_values = true)]
    terrain_datum: Option<f64>,
    /// Where city models stand on it
    #[arg(long, value_enum, default_value = "seen")]
    model_heights: Heights,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Heights {
    /// At their own heights where these look like the terrain's, else on the ground
    Seen,
    /// At their own heights
    Own,
    /// Each on the lowest ground under it
    Ground,
}

impl From<Heights> for ModelHeights {
    fn from(heights: Heights) -> Self {
        match heights {
            Heights::Seen => Self::Seen,
            Heights::Own => Self::Own,
            Heights::Ground => Self::Ground,
        }
    }
}

impl Terrain {
    /// The elevation models that are meant, of the files in `terrain`.
    fn source(&self, terrain: &[PathBuf]) -> Result<TerrainSource, String> {
        if self.terrain_datum.is_some_and(|d| !d.is_finite()) {
            return Err("--terrain-datum is not a height in metres".into());
        }
        let files = sources::elevation_models(terrain)?;
        Ok(TerrainSource { files, crs: self.terrain_crs.clone(), datum_m: self.terrain_datum })
    }
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Axes {
    /// Easting or longitude
    East,
    /// Northing or latitude
    North,
}

impl From<Axes> for AxisOrder {
    fn from(axes: Axes) -> Self {
        match axes {
            Axes::East => Self::EastFirst,
            Axes::North => Self::NorthFirst,
        }
    }
}

pub(super) fn run(args: Args) -> Result<(), String> {
    let voice = Voice::new(args.json);
    let open = |inputs: &[PathBuf], what: &str| {
        Inputs::open(inputs, &args.out, what, &mut *voice.progress()).map_err(|e| e.to_string())
    };
    let inputs = open(&args.inputs, "data")?;
    let models = open(&args.terrain.terrain, "terrain")?;
    let terrain = args.terrain.source(models.paths())?;
    let inputs = inputs.paths();
    if inputs.iter().all(|path| vector::recognises(path)) {
        return run_vector(args, inputs, terrain, voice);
    }
    if args.mapping.is_some() {
        return Err("--mapping is for vector files: GeoJSON, shapefiles, FlatGeobuf, GeoPackage and tables".into());
    }
    let (files, format) = sources::files(inputs)?;
    let tiling = args.tiles.into();
    let name = args.name.unwrap_or_default();
    let made = match format {
        Format::Osm => {
            let options = OsmOptions { name_zh: name.clone(), name_en: name, terrain, tiling, ..OsmOptions::default() };
            tile_osm(&files[0], &args.out, &options, &mut *voice.progress()).map_err(|e| e.to_string())?
        }
        Format::CityModel => {
            let heights = args.terrain.model_heights.into();
            let axes = args.axes.map(Into::into);
            let options = CityModelOptions { name, crs: args.crs, axes, terrain, heights, tiling };
            let (made, report) =
                tile_city_model(&files, &args.out, &options, &mut *voice.progress()).map_err(|e| e.to_string())?;
            let order = if report.axes == AxisOrder::NorthFirst { ", northing first" } else { "" };
            voice.say(&format!(
                "{} objects in {}{order}, {} of them stand for their parts",
                report.objects, report.crs, report.parents
            ));
            report.cautions.iter().for_each(|caution| voice.say(caution));
            made
        }
    };
    finish(voice, &made, &args.out);
    Ok(())
}

fn finish(voice: Voice, made: &CitySummary, out: &Path) {
    if !made.terrain.is_empty() {
        voice.say(&made.terrain);
    }
    voice.made(made, out);
}

fn run_vector(args: Args, inputs: &[PathBuf], terrain: TerrainSource, voice: Voice) -> Result<(), String> {
    let mapping = args.mapping.as_deref().map(Mapping::read).transpose().map_err(|e| e.to_string())?;
    let tiling = args.tiles.into();
    let options = VectorOptions {
        name: args.name.unwrap_or_default(),
        crs: args.crs,
        mapping: mapping.unwrap_or_default(),
        terrain,
        tiling,
    };
    let (made, report) = tile_vector(inputs, &args.out, &options, &mut *voice.progress()).map_err(|e| e.to_string())?;
    voice.say(report.to_string().trim_end());
    finish(voice, &made, &args.out);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::{CommandFactory, Parser};

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        args: Args,
    }

    #[test]
    fn systems_of_city_and_terrain_are_told_apart() {
        Line::command().debug_assert();
        let line = ["tile", "a.gml", "-o", "city", "--crs", "EPSG:7415", "--terrain", "a.tif", "--terrain", "b.asc"];
        let line = line.into_iter().chain(["--terrain-crs", "EPSG:28992+5709", "--terrain-datum", "-2.5"]);
        let args = Line::try_parse_from(line).unwrap().args;
        let source = args.terrain.source(&args.terrain.terrain).unwrap();
        assert_eq!(args.crs.as_deref(), Some("EPSG:7415"));
        assert_eq!(
            (source.files.len(), source.crs.as_deref(), source.datum_m),
            (2, Some("EPSG:28992+5709"), Some(-2.5))
        );
        let alone = Line::try_parse_from(["tile", "a.gml", "-o", "city", "--terrain-crs", "EPSG:4549"]);
        assert!(alone.is_err());
    }
}
