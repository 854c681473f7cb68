//! `cim-twin synth`: the synthetic city.

use super::{city, progress::Voice, tiling::Tiles};
use cim_model::Timestamp;
use cim_tiler::synth::SynthOptions;
use std::path::PathBuf;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Folder to write the city into
    #[arg(short, long)]
    out: PathBuf,
    /// Buildings: more makes a larger city
    #[arg(long, default_value_t = SynthOptions::default().buildings)]
    buildings: usize,
    /// Cases of the past year
    #[arg(long, default_value_t = SynthOptions::default().cases)]
    cases: usize,
    /// Shared bikes
    #[arg(long, default_value_t = SynthOptions::default().bikes)]
    bikes: usize,
    /// Components such as lamps, covers and signs, from the centre outwards
    #[arg(long, default_value_t = SynthOptions::default().components)]
    components: usize,
    /// Changes every random choice
    #[arg(long, default_value_t = SynthOptions::default().seed)]
    seed: u64,
    /// The time up to which the city has a past, such as 2026-11-01T00:00:00+08:00; now when left out
    #[arg(long, value_parser = Timestamp::parse)]
    until: Option<Timestamp>,
    #[command(flatten)]
    tiles: Tiles,
    /// Say progress and outcome as lines of JSON on standard output
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: Args) -> Result<(), String> {
    let options = SynthOptions {
        seed: args.seed,
        buildings: args.buildings,
        cases: args.cases,
        bikes: args.bikes,
        components: args.components,
        now: args.until.unwrap_or_else(city::now),
        tiling: args.tiles.into(),
    };
    let voice = Voice::new(args.json);
    let made = cim_tiler::synth::write_city(&options, &args.out, &mut *voice.progress());
    voice.made(&made.map_err(|e| e.to_string())?, &args.out);
    Ok(())
}
