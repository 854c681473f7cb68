//! A city folder on disk.

use crate::BackendError;
use cim_model::{Case, ClassDictionary, ClassFile, Place, Site, Vehicle};
use serde::Deserialize;
use serde_json::Value;
use std::{
    fs::File,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
};

/// The routable network (`network.json`), as far as driving needs it.
#[derive(Debug, Clone, Default, Deserialize)]
pub(crate) struct Network {
    pub(crate) nodes: Vec<[f64; 2]>,
    pub(crate) edges: Vec<Edge>,
}

/// A piece of road.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Edge {
    pub(crate) a: u32,
    pub(crate) b: u32,
    pub(crate) class: String,
    pub(crate) width_m: f64,
    #[serde(default)]
    pub(crate) oneway: bool,
    pub(crate) points: Vec<[f64; 2]>,
    /// Metres above the ground, one for each point; empty for an edge on the ground.
    #[serde(default)]
    pub(crate) heights: Vec<f64>,
}

/// Where a city's parts are.
#[derive(Debug, Clone)]
pub(crate) struct CityFolder {
    root: PathBuf,
    pub(crate) site: Site,
}

impl CityFolder {
    pub(crate) fn open(root: &Path) -> Result<Self, BackendError> {
        let wrong = |reason: String| BackendError::City { path: root.to_owned(), reason };
        let text = std::fs::read_to_string(root.join("site.json")).map_err(|e| wrong(format!("site.json: {e}")))?;
        let site = serde_json::from_str(&text).map_err(|e| wrong(format!("site.json: {e}")))?;
        Ok(Self { root: root.to_owned(), site })
    }

    pub(crate) fn tiles(&self) -> PathBuf {
        self.root.join("tiles")
    }

    /// The heights of the ground; there are none where it is flat.
    pub(crate) fn terrain_path(&self) -> PathBuf {
        self.root.join("terrain.bin")
    }

    pub(crate) fn network_path(&self) -> PathBuf {
        self.root.join("network.json")
    }

    /// The network; an empty one when there is none or it is broken (then the reason comes along).
    pub(crate) fn network(&self) -> (Network, Option<String>) {
        let read = || -> Result<Network, String> {
            let file = File::open(self.network_path()).map_err(|e| e.to_string())?;
            let network: Network = serde_json::from_reader(BufReader::new(file)).map_err(|e| e.to_string())?;
            let nodes = network.nodes.len() as u32;
            let sound = |e: &Edge| {
                e.a < nodes
                    && e.b < nodes
                    && e.points.len() > 1
                    && e.width_m.is_finite()
                    && e.heights.iter().all(|h| h.is_finite())
            };
            match network.edges.iter().position(|e| !sound(e)) {
                Some(i) => Err(format!("edge {i} has no such node, no line or no width")),
                None => Ok(network),
            }
        };
        read().map_or_else(|e| (Network::default(), Some(e)), |n| (n, None))
    }

    /// Something that changes when the city is made anew: sizes and times of its records.
    pub(crate) fn stamp(&self) -> String {
        let mut stamp = String::from("4");
        let mut names: Vec<_> = std::fs::read_dir(self.root.join("records"))
            .map(|entries| entries.filter_map(Result::ok).map(|e| e.path()).collect())
            .unwrap_or_default();
        names.push(self.root.join("site.json"));
        names.sort();
        for path in names {
            if let Ok(meta) = path.metadata() {
                let time = meta.modified().ok().and_then(|t| t.duration_since(std::time::UNIX_EPOCH).ok());
                stamp += &format!(";{}:{}", meta.len(), time.map_or(0, |t| t.as_millis()));
            }
        }
        stamp
    }

    /// Names and files of the collections.
    pub(crate) fn collections(&self) -> Vec<(String, PathBuf)> {
        let mut paths: Vec<PathBuf> = std::fs::read_dir(self.root.join("records"))
            .map(|entries| entries.filter_map(Result::ok).map(|e| e.path()).collect())
            .unwrap_or_default();
        paths.retain(|p| p.extension().is_some_and(|e| e == "geojson"));
        paths.sort();
        let name = |path: &Path| path.file_stem().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default();
        paths.into_iter().map(|path| (name(&path), path)).collect()
    }

    pub(crate) fn vehicles(&self) -> Result<Vec<Vehicle>, String> {
        let path = self.root.join("records/vehicles.json");
        if !path.exists() {
            return Ok(Vec::new());
        }
        let file = File::open(&path).map_err(|e| e.to_string())?;
        serde_json::from_reader(BufReader::new(file)).map_err(|e| format!("vehicles.json: {e}"))
    }

    /// The standard's classes of events and the city's own (`records/classes.json`). A broken file gives the reason too.
    pub(crate) fn classes(&self) -> (ClassDictionary, Option<String>) {
        let mut dictionary = ClassDictionary::standard();
        let path = self.root.join("records/classes.json");
        if !path.exists() {
            return (dictionary, None);
        }
        let read = std::fs::read(&path).map_err(|e| e.to_string());
        match read.and_then(|text| serde_json::from_slice::<ClassFile>(&text).map_err(|e| e.to_string())) {
            Ok(file) => {
                dictionary.extend(file.classes);
                (dictionary, None)
            }
            Err(e) => (dictionary, Some(e)),
        }
    }

    /// The cases, line by line; a line that is none gives its number and the reason.
    pub(crate) fn cases(&self) -> impl Iterator<Item = Result<Case, String>> + use<> {
        let lines = File::open(self.root.join("records/cases.jsonl")).ok().map(|f| BufReader::new(f).lines());
        lines.into_iter().flatten().enumerate().filter_map(|(i, line)| {
            let line = match line {
                Ok(line) if line.trim().is_empty() => return None,
                Ok(line) => line,
                Err(e) => return Some(Err(format!("line {}: {e}", i + 1))),
            };
            Some(serde_json::from_str(&line).map_err(|e| format!("line {}: {e}", i + 1)))
        })
    }
}

/// West, south, east, north of a GeoJSON geometry; `None` when it has no position.
pub(crate) fn bounds(geometry: &Value) -> Option<[f64; 4]> {
    fn walk(value: &Value, b: &mut [f64; 4]) {
        let Some(list) = value.as_array() else { return };
        if let (Some(x), Some(y)) = (list.first().and_then(Value::as_f64), list.get(1).and_then(Value::as_f64)) {
            *b = [b[0].min(x), b[1].min(y), b[2].max(x), b[3].max(y)];
        } else {
            list.iter().for_each(|v| walk(v, b));
        }
    }
    let mut b = [f64::INFINITY, f64::INFINITY, f64::NEG_INFINITY, f64::NEG_INFINITY];
    walk(geometry.get("coordinates")?, &mut b);
    b.iter().all(|v| v.is_finite()).then_some(b)
}

/// The middle of bounds.
pub(crate) fn middle(b: [f64; 4]) -> Place {
    Place::new(0.5 * (b[0] + b[2]), 0.5 * (b[1] + b[3]))
}
