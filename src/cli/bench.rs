//! `cim-twin bench`: numbers, as a table.

use super::{
    city,
    embedded::{Embedded, Wish},
    view::graphics,
};
use cim_twin::{
    app::{AppOptions, Product, build_app},
    headless::measure_frames,
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
}

pub(super) fn run(args: Args) -> Result<(), String> {
    let What::Frame { city, frames } = args.what;
    let scratch = std::env::temp_dir().join(format!("cim-twin-bench-{}.sqlite", std::process::id()));
    let backend = Embedded::start(Wish {
        city: city::wanted(city)?,
        listen: (Ipv4Addr::LOCALHOST, 0).into(),
        simulate: true,
        web_root: None,
        database: Some(scratch.clone()),
    })?;
    // The tiles and panels of a full screen in a picture so small that a software driver is soon done with it: while it
    // works, the processor's caches forget what the application needs.
    const LINES: u32 = 36;
    const SCREEN_LINES: u16 = 1080;
    let options = AppOptions {
        product: Product::Headless { width: LINES * 16 / 9, height: LINES, panels: true },
        backend: Some(backend.url.clone()),
        tiles: None,
        view: None,
        language: Language::Zh,
        quality: Quality {
            samples: 1,
            shadow_map: 256,
            error_px: Quality::default().error_px * f64::from(LINES) / f64::from(SCREEN_LINES),
            ..Quality::default()
        },
    };
    let result = graphics(|| {
        let table = measure_frames(build_app(options)?, frames, SCREEN_LINES.into())?;
        println!("{table}");
        Ok(())
    });
    drop(backend);
    for suffix in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(format!("{}{suffix}", scratch.display()));
    }
    result
}
