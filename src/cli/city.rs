//! Where the demo city is, and making it when it is not there.

use super::{
    progress::{Bars, summary},
    streams::tell,
};
use cim_model::Timestamp;
use cim_tiler::synth::SynthOptions;
use std::{path::PathBuf, time::SystemTime};

/// The folder for what cim-twin keeps on this computer.
pub(super) fn data_folder() -> Result<PathBuf, String> {
    dirs::data_local_dir()
        .map(|d| d.join("cim-twin"))
        .ok_or_else(|| "there is no home folder to keep the demo city in: give one with --city".to_owned())
}

/// The demo city, made now if it was never made by this version.
pub(super) fn demo() -> Result<PathBuf, String> {
    let folder = data_folder()?.join(format!("demo-city-{}", env!("CARGO_PKG_VERSION")));
    if !folder.join("site.json").is_file() {
        tell(format_args!("正在生成模拟城市 / making the demo city: {}", folder.display()));
        if let Some(parent) = folder.parent() {
            std::fs::create_dir_all(parent).map_err(|e| format!("{} cannot be made: {e}", parent.display()))?;
        }
        let options = SynthOptions { now: now(), ..SynthOptions::default() };
        let made = cim_tiler::synth::write_city(&options, &folder, &mut Bars::new()).map_err(|e| e.to_string())?;
        tell(summary(&made, &folder));
    }
    Ok(folder)
}

/// The city that was asked for, or the demo city.
pub(super) fn wanted(city: Option<PathBuf>) -> Result<PathBuf, String> {
    match city {
        None => demo(),
        Some(path) if path.join("site.json").is_file() => Ok(path),
        Some(path) => {
            Err(format!("{} is not a city folder (no site.json): make one with `cim-twin synth`", path.display()))
        }
    }
}

/// The computer's clock.
#[expect(clippy::disallowed_methods, reason = "the command line may read the clock; what it starts is told the time")]
pub(super) fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Timestamp(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}
