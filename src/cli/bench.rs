//! `cim-twin bench`: numbers, as a table.

use super::{
    city,
    embedded::{Embedded, Wish},
    streams::print,
    view::graphics,
};
use bevy::app::App;
use cim_twin::{
    app::{AppOptions, Product, build_app},
    headless::{FlightPlan, fly_about, measure_frames, measure_views},
    panels::Language,
    scene::Quality,
};
use std::{net::Ipv4Addr, path::PathBuf};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// The CPU side of a frame: everything but waiting for the graphics card
    Frame {
        /// City folder; the demo city when left out
        #[arg(long)]
        city: Option<PathBuf>,
        /// Frames to measure, after everything has arrived
        #[arg(long, default_value_t = 200)]
        frames: u32,
    },
    /// Views of a city from a server on this machine: the time until each is complete, and what it costs
    Views {
        /// City folder; the demo city when left out
        #[arg(long)]
        city: Option<PathBuf>,
    },
    /// A long random flight, the clock running ahead: whether memory stays within its bounds
    Flight {
        /// City folder; the demo city when left out
        #[arg(long)]
        city: Option<PathBuf>,
        /// Minutes by the application's clock, 0.1 s to a frame
        #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u32).range(4..=10_000))]
        minutes: u32,
        /// The same seed flies the same way
        #[arg(long, default_value_t = 1)]
        seed: u64,
        /// MiB of tiles that are held in main memory, and as many on the graphics card
        #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u32).range(8..=65_536))]
        memory: u32,
    },
}

/// The tiles and panels of a full screen in a picture so small that a software driver is soon done with it: while it
/// works, the processor's caches forget what the application needs.
const LINES: u32 = 36;
const SCREEN_LINES: u16 = 1080;

pub(super) fn run(args: Args) -> Result<(), String> {
    let quality = Quality {
        samples: 1,
        shadow_map: 256,
        error_px: Quality::default().error_px * f64::from(LINES) / f64::from(SCREEN_LINES),
        ..Quality::default()
    };
    match args.what {
        What::Frame { city, frames } => {
            measure(city, true, quality, |app| measure_frames(app, frames, SCREEN_LINES.into()))
        }
        What::Views { city } => measure(city, false, quality, measure_views),
        What::Flight { city, minutes, seed, memory } => {
            let bytes = u64::from(memory) << 20;
            let quality = Quality { cpu_bytes: bytes, gpu_bytes: bytes, ..quality };
            measure(city, false, quality, |app| fly_about(app, FlightPlan { minutes, seed }))
        }
    }
}

/// Measures the application with a backend of its own and prints the table.
fn measure(
    city: Option<PathBuf>,
    panels: bool,
    quality: Quality,
    table: impl FnOnce(App) -> Result<String, String>,
) -> Result<(), String> {
    let scratch = std::env::temp_dir().join(format!("cim-twin-bench-{}.sqlite", std::process::id()));
    let backend = Embedded::start(Wish {
        city: city::wanted(city)?,
        listen: (Ipv4Addr::LOCALHOST, 0).into(),
        simulate: true,
        web_root: None,
        database: Some(scratch.clone()),
    })?;
    let options = AppOptions {
        product: Product::Headless { width: LINES * 16 / 9, height: LINES, panels },
        backend: Some(backend.url.clone()),
        tiles: None,
        view: None,
        language: Language::Zh,
        quality,
    };
    let result = graphics(|| print(table(build_app(options)?)?));
    drop(backend);
    for suffix in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(format!("{}{suffix}", scratch.display()));
    }
    result
}
