//! The command line.

mod bench;
mod city;
mod embedded;
mod inspect;
mod progress;
mod serve;
mod snapshot;
mod synth;
mod tile;
mod tiling;
mod view;

use cim_twin::scene::CityStyle;
use clap::{Parser, Subcommand};
use std::process::ExitCode;

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
            eprintln!("cim-twin: {message}");
            ExitCode::from(2)
        }
    }
}

/// A file or URL as the user wrote it.
fn location(text: &str) -> Result<url::Url, String> {
    if text.starts_with("http://") || text.starts_with("https://") || text.starts_with("file://") {
        return text.parse().map_err(|e| format!("`{text}` is not a URL: {e}"));
    }
    let mut path = std::path::PathBuf::from(text);
    if path.is_dir() {
        let candidates = [path.join("tileset.json"), path.join("tiles/tileset.json")];
        path = candidates
            .into_iter()
            .find(|p| p.is_file())
            .ok_or_else(|| format!("the folder {text} holds no tileset.json"))?;
    }
    let path = path.canonicalize().map_err(|e| format!("{text} cannot be opened: {e}"))?;
    url::Url::from_file_path(&path).map_err(|()| format!("{text} is not a path that can be opened"))
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
