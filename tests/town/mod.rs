//! A small synthetic city in a temporary folder, made once for a test program.

use cim_model::Timestamp;
use cim_tiler::{Silent, synth::SynthOptions};
use std::{path::Path, sync::OnceLock};
use tempfile::TempDir;

/// The city's folder.
pub(crate) fn folder() -> &'static Path {
    static CITY: OnceLock<TempDir> = OnceLock::new();
    CITY.get_or_init(|| {
        let folder = TempDir::new().unwrap();
        let options = SynthOptions {
            buildings: 900,
            cases: 900,
            bikes: 600,
            components: 4_000,
            now: Timestamp::parse("2026-11-01T00:00:00+08:00").unwrap(),
            ..SynthOptions::default()
        };
        cim_tiler::synth::write_city(&options, &folder.path().join("city"), &mut Silent).unwrap();
        folder
    })
    .path()
}
