//! What an inspection gives.

use super::{
    finding::{Defect, Findings},
    rules::Severity,
};
use crate::Value;
use serde::Serialize;
use std::collections::BTreeMap;

/// What is in a tileset and what is wrong with it.
#[derive(Debug, Default, Serialize)]
pub struct Report {
    /// Where the tileset is.
    pub url: String,
    /// `asset.version`; empty when there is none.
    pub version: String,
    /// `geometricError` of the tileset, metres.
    pub geometric_error: Option<f64>,
    /// The root's bounding volume.
    pub volume: Option<RootVolume>,
    /// Shape of the tree.
    pub tree: Tree,
    /// Files by kind: `tileset`, `subtree`, `glb`, `b3dm`, ...
    pub files: BTreeMap<&'static str, FileTally>,
    /// What the contents hold.
    pub counts: Counts,
    /// Extensions by name, of the tilesets and of their glTF.
    pub extensions: BTreeMap<String, ExtensionUse>,
    /// Bounding volumes of tiles by kind.
    pub volumes: BTreeMap<&'static str, u64>,
    /// Properties of features by name.
    pub properties: BTreeMap<String, PropertySummary>,
    /// The first features with all their properties.
    pub samples: Vec<Vec<(String, Value)>>,
    /// What is wrong, in the order in which it was found; at most 1,000 of each rule.
    pub defects: Vec<Defect>,
    /// How often each rule is broken, those left out of `defects` included.
    pub rules: BTreeMap<&'static str, u64>,
}

/// The root's bounding volume.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RootVolume {
    /// `box`, `region` or `sphere`.
    pub kind: &'static str,
    /// Centre of the sphere around it, metres in the tileset's frame.
    pub center: [f64; 3],
    /// Radius of that sphere, metres.
    pub radius: f64,
    /// Longitude and latitude of the centre in degrees and its height in metres, when the frame is the Earth's.
    pub geodetic: Option<[f64; 3]>,
}

/// Shape of the tree. Tiles of external tilesets and implicit tiles count.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Tree {
    /// How many tiles there are at each depth; the root's is 0.
    pub tiles_by_depth: Vec<u64>,
    /// Tiles without children and without an external tileset.
    pub leaves: u64,
    /// Tiles without content.
    pub empty: u64,
    /// Tiles that are refined by adding their children.
    pub add: u64,
    /// Tiles that are replaced by their children.
    pub replace: u64,
    /// Implicit root tiles.
    pub implicit_roots: u64,
    /// External tilesets.
    pub external_tilesets: u64,
}

impl Tree {
    /// All tiles.
    #[must_use]
    pub fn tiles(&self) -> u64 {
        self.tiles_by_depth.iter().sum()
    }

    pub(super) fn count(&mut self, depth: usize, tiles: u64) {
        if self.tiles_by_depth.len() <= depth {
            self.tiles_by_depth.resize(depth + 1, 0);
        }
        if let Some(n) = self.tiles_by_depth.get_mut(depth) {
            *n += tiles;
        }
    }
}

/// Files of one kind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct FileTally {
    /// How many.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
}

/// What the contents hold, decoded.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Models; a composite has several.
    pub models: u64,
    /// Primitives.
    pub primitives: u64,
    /// Vertices, each copy of an instanced primitive not counted again.
    pub vertices: u64,
    /// Triangles, likewise.
    pub triangles: u64,
    /// Line segments, likewise.
    pub lines: u64,
    /// Points, likewise.
    pub points: u64,
    /// Copies of instanced primitives.
    pub instances: u64,
    /// Pictures.
    pub images: u64,
    /// Features.
    pub features: u64,
    /// Bytes of all arrays.
    pub decoded_bytes: u64,
}

/// How an extension is used.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct ExtensionUse {
    /// Tilesets that list it as used.
    pub tilesets: u64,
    /// Contents that list it as used.
    pub contents: u64,
    /// Tilesets and contents that require it.
    pub required: u64,
}

/// One property of features.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct PropertySummary {
    /// `boolean`, `number`, `string`, `array` or `object`; several when files differ.
    pub kinds: Vec<&'static str>,
    /// Features that have a value for it; of each model, the first million are counted.
    pub count: u64,
    /// Some different values.
    pub examples: Vec<Value>,
}

impl Report {
    /// Defects of this severity, those left out of `defects` included.
    #[must_use]
    pub fn count(&self, severity: Severity) -> u64 {
        let of = |name: &str| super::RULES.iter().any(|r| r.name == name && r.severity == severity);
        self.rules.iter().filter(|(name, _)| of(name)).map(|(_, n)| n).sum()
    }

    /// Whether nothing is an error.
    #[must_use]
    pub fn is_valid(&self) -> bool {
        self.count(Severity::Error) == 0
    }

    pub(super) fn close(mut self, find: Findings) -> Self {
        (self.defects, self.rules) = (find.defects, find.counts);
        self
    }
}
