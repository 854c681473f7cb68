//! The command line.

mod bench;
mod city;
mod embedded;
mod inspect;
mod progress;
mod serve;
mod snapshot;
mod sources;
mod streams;
mod synth;
mod tile;
mod tiling;
mod view;

use cim_model::Site;
use cim_twin::scene::CityStyle;
use clap::{Parser, Subcommand};
use std::{path::Path, process::ExitCode};
use url::Url;

/// A city digital twin: 3D Tiles, live vehicles, sensors, alerts and case history. 城市数字孪生。
#[derive(Debug, Parser)]
#[command(name = "cim-twin", version, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Open the city in a window (打开城市).
    View(view::Args),
    /// Run the backend alone and serve the web page (运行后台与网页).
    Serve(serve::Args),
    /// Make the synthetic city (生成模拟城市).
    Synth(synth::Args),
    /// Turn OpenStreetMap data, CityGML or CityJSON into a city (导入城市数据).
    Tile(tile::Args),
    /// Read a tileset to the last tile and say what is in it and what is wrong with it (检查瓦片).
    Inspect(inspect::Args),
    /// Draw a view into a PNG file, without a window (截图).
    Snapshot(snapshot::Args),
    /// Measure (性能测量).
    Bench(bench::Args),
}

/// Reads the command line and does what it says. What went wrong is one sentence on standard error, and exit code 2.
#[must_use]
pub(crate) fn run() -> ExitCode {
    let result = match Cli::parse().command {
        Command::View(args) => view::run(args),
        Command::Serve(args) => serve::run(args),
        Command::Synth(args) => synth::run(args),
        Command::Tile(args) => tile::run(args),
        Command::Inspect(args) => inspect::run(&args),
        Command::Snapshot(args) => snapshot::run(args),
        Command::Bench(args) => bench::run(args),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            streams::tell(format_args!("cim-twin: {message}"));
            ExitCode::from(2)
        }
    }
}

/// A tileset as the user wrote it: a URL, a file, a city folder, or a folder with a tileset.json.
fn location(text: &str) -> Result<Url, String> {
    if text.starts_with("http://") || text.starts_with("https://") || text.starts_with("file://") {
        return text.parse().map_err(|e| format!("`{text}` is not a URL: {e}"));
    }
    let path = Path::new(text);
    let full = path.canonicalize().map_err(|e| format!("{text} cannot be opened: {e}"))?;
    if full.is_dir() {
        return entrance(&full);
    }
    Url::from_file_path(&full).map_err(|()| format!("{text} is not a path that can be opened"))
}

/// The tileset of a folder: what its site.json names if it is a city's, else the tileset.json in it.
fn entrance(folder: &Path) -> Result<Url, String> {
    let place = folder.display();
    let url = Url::from_directory_path(folder).map_err(|()| format!("{place} is not a path that can be opened"))?;
    let site = folder.join("site.json");
    let tileset = if site.is_file() {
        let bytes = std::fs::read(&site).map_err(|e| format!("{} cannot be read: {e}", site.display()))?;
        serde_json::from_slice::<Site>(&bytes).map_err(|e| format!("{}: {e}", site.display()))?.tileset_url
    } else if folder.join("tileset.json").is_file() {
        "tileset.json".to_owned()
    } else {
        return Err(format!("the folder {place} holds no site.json and no tileset.json"));
    };
    url.join(&tileset).map_err(|e| format!("{}: the tileset's place `{tileset}`: {e}", site.display()))
}

/// A style by its name or from a file; none when nothing is asked for.
fn style(asked: Option<&str>) -> Result<CityStyle, String> {
    let Some(asked) = asked else { return Ok(CityStyle::default()) };
    let path = std::path::Path::new(asked);
    if !path.is_file() {
        return CityStyle::named(asked).map_err(|e| format!("{e}, or give a file"));
    }
    let bytes = std::fs::read(path).map_err(|e| format!("{asked} cannot be read: {e}"))?;
    let name = path.file_stem().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    CityStyle::parse(&name, &bytes).map_err(|e| format!("{asked}: {e}"))
}
