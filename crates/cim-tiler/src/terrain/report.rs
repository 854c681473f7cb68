//! What is said of a city's ground.

use super::raster::Header;
use std::fmt;

/// Where the heights of a city come from, and what was assumed.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TerrainReport {
    /// Files that have heights where the city is.
    pub files: usize,
    /// Their coordinate systems.
    pub crs: Vec<String>,
    /// What a user of these should know.
    pub cautions: Vec<String>,
    /// What their heights count from, as they or the caller say it.
    pub heights: Vec<String>,
    /// Files that do not say what their heights count from.
    pub assumed: usize,
    /// Metres between the pixels of the finest file.
    pub step_m: f64,
    /// Metres between the nodes of the city's ground.
    pub grid_m: f64,
    /// The lowest ground in the city, metres in the system of the heights.
    pub low_m: f64,
    /// The highest.
    pub high_m: f64,
    /// The height that is 0 in the city.
    pub datum_m: f64,
    /// Share of the city where nothing was measured: heights come from around.
    pub filled_share: f64,
    /// Whether surveyed models stand at their own heights, or each on the ground under it; `None` without any.
    pub models_keep_heights: Option<bool>,
}

impl TerrainReport {
    pub(super) fn add(&mut self, header: &Header) {
        let once = |list: &mut Vec<String>, name: &str| {
            if !list.iter().any(|n| n == name) {
                list.push(name.to_owned());
            }
        };
        self.files += 1;
        once(&mut self.crs, &header.crs.name);
        if let Some(caution) = header.crs.caution() {
            once(&mut self.cautions, &format!("{}: {caution}", header.crs.name));
        }
        if header.vertical.declared {
            once(&mut self.heights, &header.vertical.name);
        } else {
            self.assumed += 1;
        }
    }
}

impl fmt::Display for TerrainReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let files = if self.files == 1 { "1 file".to_owned() } else { format!("{} files", self.files) };
        let systems = self.crs.join(", ");
        writeln!(f, "terrain: {files} in {systems}, {:.1} m apart, one grid of {:.1} m", self.step_m, self.grid_m)?;
        self.cautions.iter().try_for_each(|caution| writeln!(f, "{caution}"))?;
        let mut heights = self.heights.join(", ");
        if self.assumed > 0 {
            let comma = if heights.is_empty() { "" } else { "; " };
            heights +=
                &format!("{comma}not declared, taken as metres above the sea (--terrain-crs EPSG:4549+5737 says it)");
        }
        writeln!(f, "heights: {heights}")?;
        write!(
            f,
            "ground of the city: {:.1} to {:.1} m; {:.1} m is 0 in the city",
            self.low_m, self.high_m, self.datum_m
        )?;
        if self.filled_share > 0.0005 {
            write!(f, "; {:.1} % of it has no heights and takes those around", self.filled_share * 100.0)?;
        }
        match self.models_keep_heights {
            Some(true) => write!(f, "\nmodels: at their own heights (--model-heights ground puts each on the ground)"),
            Some(false) => write!(f, "\nmodels: each on the lowest ground under it (--model-heights own keeps theirs)"),
            None => Ok(()),
        }
    }
}
