//! `cim-twin snapshot`: a picture without a window.

use super::{
    city,
    embedded::{Embedded, Wish},
    view::{graphics, reachable},
};
use cim_model::{EntityKey, Timestamp};
use cim_twin::{
    app::{AppOptions, Product, build_app},
    camera::ViewSpec,
    headless::{Shot, take},
    panels::Language,
    scene::{Quality, Sun, TileInspector},
};
use std::{net::Ipv4Addr, path::PathBuf};
use url::Url;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// A tileset alone: URL, file, city folder, folder with a tileset.json, or .3tz archive
    #[arg(long, conflicts_with_all = ["city", "backend"])]
    tiles: Option<String>,
    /// City folder; the demo city when left out
    #[arg(long, conflicts_with = "backend")]
    city: Option<PathBuf>,
    /// A backend that runs somewhere
    #[arg(long)]
    backend: Option<Url>,
    /// home, or lon,lat,distance[,heading[,tilt]] in degrees and metres
    #[arg(long, default_value = "home", allow_hyphen_values = true)]
    view: ViewSpec,
    /// The PNG file to write
    #[arg(short, long)]
    out: PathBuf,
    /// Pixels, WIDTHxHEIGHT
    #[arg(long, default_value = "1280x720", value_parser = size)]
    size: (u32, u32),
    /// Samples a pixel, 1 or 4: fewer is faster
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u32).range(1..=4))]
    samples: u32,
    /// Edge of the shadow maps in pixels, 0 for no shadows
    #[arg(long, default_value_t = 2048, value_parser = clap::value_parser!(u32).range(0..=8192))]
    shadows: u32,
    /// Seconds to wait for all tiles before the picture is taken anyway
    #[arg(long, default_value_t = 120)]
    patience: u32,
    /// Let the city play for so many seconds first; without it the picture is always the same
    #[arg(long, default_value_t = 0)]
    live: u32,
    /// Select this entity, such as building:370811B000001
    #[arg(long)]
    select: Option<EntityKey>,
    /// Draw the panels too
    #[arg(long)]
    panels: bool,
    /// Language of the panels: zh or en
    #[arg(long, default_value = "zh")]
    lang: Language,
    /// What colours the city: height, use, or a file in the 3D Tiles Styling language
    #[arg(long)]
    style: Option<String>,
    /// Draw the tiles' volumes, and with --panels the tile inspector
    #[arg(long)]
    inspect_tiles: bool,
    /// The time that the city is lit for, such as 2026-12-22T16:00:00+08:00
    #[arg(long, value_parser = Timestamp::parse)]
    time: Option<Timestamp>,
}

fn size(text: &str) -> Result<(u32, u32), String> {
    let wrong = || format!("`{text}` is not a size such as 1280x720 (16 to 8192 pixels each)");
    let (w, h) = text.split_once(['x', 'X']).ok_or_else(wrong)?;
    let edge = |t: &str| t.trim().parse().ok().filter(|n| (16..=8192).contains(n)).ok_or_else(wrong);
    Ok((edge(w)?, edge(h)?))
}

pub(super) fn run(args: Args) -> Result<(), String> {
    let (width, height) = args.size;
    let style = super::style(args.style.as_deref())?;
    let tiles = args.tiles.as_deref().map(super::location).transpose()?;
    let mut embedded = None;
    let scratch;
    let backend = match (args.backend, &tiles) {
        (Some(url), _) => Some(reachable(url)?),
        (None, Some(_)) => None,
        (None, None) => {
            // A city that another program serves keeps its own database.
            scratch = std::env::temp_dir().join(format!("cim-twin-snapshot-{}.sqlite", std::process::id()));
            let started = Embedded::start(Wish {
                city: city::wanted(args.city)?,
                listen: (Ipv4Addr::LOCALHOST, 0).into(),
                simulate: args.live > 0,
                web_root: None,
                database: Some(scratch.clone()),
            })?;
            let url = started.url.clone();
            embedded = Some((started, scratch));
            Some(url)
        }
    };
    let options = AppOptions {
        product: Product::Headless { width, height, panels: args.panels },
        backend,
        tiles,
        view: Some(args.view),
        language: args.lang,
        quality: Quality { samples: args.samples, shadow_map: args.shadows, ..Quality::default() },
    };
    let shot = Shot { out: args.out, patience_secs: args.patience, live_secs: args.live, select: args.select };
    let result = graphics(|| {
        let mut app = build_app(options)?;
        app.insert_resource(style);
        app.insert_resource(TileInspector { on: args.inspect_tiles, ..TileInspector::default() });
        if let Some(time) = args.time {
            app.insert_resource(Sun { time, live: false });
        }
        take(app, shot)
    });
    if let Some((started, scratch)) = embedded {
        drop(started);
        for suffix in ["", "-wal", "-shm"] {
            // What cannot be removed from the folder of temporary files is removed by the system.
            let _ = std::fs::remove_file(format!("{}{suffix}", scratch.display()));
        }
    }
    result
}
