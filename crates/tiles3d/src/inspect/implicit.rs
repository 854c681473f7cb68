//! The rules of implicit root tiles, and where their tiles and subtrees are.

use super::{
    finding::{Findings, at},
    rules,
    volume::Volume,
};
use serde_json::Value;

/// Deeper trees are refused: tile coordinates of every depth above are exact.
const MAX_LEVELS: u64 = 48;

/// An implicit root tile that can be walked.
#[derive(Debug, Clone)]
pub(super) struct Implicit {
    pub(super) octree: bool,
    pub(super) subtree_levels: u32,
    pub(super) available_levels: u64,
    pub(super) subtrees: String,
}

impl Implicit {
    /// `None` when the schema forbids it, or it is deeper than anything real.
    pub(super) fn parse(json: &Value) -> Option<Self> {
        let whole = |key: &str| json.get(key).and_then(Value::as_f64).filter(|n| n.fract() == 0.0 && *n >= 1.0);
        let octree = match json.get("subdivisionScheme")?.as_str()? {
            "QUADTREE" => false,
            "OCTREE" => true,
            _ => return None,
        };
        let (levels, available) = (whole("subtreeLevels")? as u64, whole("availableLevels")? as u64);
        // The index of a tile within its subtree has to fit into 63 bits.
        let most = if octree { 20 } else { 30 };
        let subtrees = json.get("subtrees")?.get("uri")?.as_str()?.to_owned();
        let subtree_levels = u32::try_from(levels).ok().filter(|l| *l <= most)?;
        Some(Self { octree, subtree_levels, available_levels: available.min(MAX_LEVELS), subtrees })
    }

    /// Bits of one step in a Morton index.
    pub(super) fn dimensions(&self) -> u32 {
        if self.octree { 3 } else { 2 }
    }

    /// Tiles of the levels above `level` in a subtree.
    pub(super) fn tiles_above(&self, level: u32) -> u64 {
        let children = 1u64 << self.dimensions();
        (children.pow(level) - 1) / (children - 1)
    }

    /// The coordinates of the tile with this Morton index, `level` levels below `root`.
    pub(super) fn coordinates(&self, root: [u64; 3], level: u32, index: u64) -> [u64; 3] {
        let mut out = root.map(|c| c << level);
        let d = self.dimensions();
        for bit in 0..level {
            for (k, c) in out.iter_mut().enumerate().take(d as usize) {
                *c |= (index >> (bit * d + k as u32) & 1) << bit;
            }
        }
        out
    }
}

/// A template with a tile's coordinates put in.
pub(super) fn fill(template: &str, level: u64, at: [u64; 3]) -> String {
    let values = [("{level}", level), ("{x}", at[0]), ("{y}", at[1]), ("{z}", at[2])];
    values.iter().fold(template.to_owned(), |text, (name, value)| text.replace(name, &value.to_string()))
}

/// The rules of an implicit root tile.
pub(super) fn check_root(
    tile: &Value,
    implicit: &Value,
    children: Option<usize>,
    volume: Option<&Volume>,
    place: &str,
    find: &mut Findings,
) {
    if matches!(volume, Some(Volume::Sphere { .. })) {
        let message = "a sphere cannot be subdivided; a box, a region or an S2 cell is needed";
        find.add(&rules::IMPLICIT_VOLUME, &at(place, "boundingVolume"), message);
    }
    if children.is_some() {
        find.add(&rules::IMPLICIT_PROPERTY, &at(place, "children"), "an implicit root tile has no explicit children");
    }
    if tile.get("metadata").is_some() {
        find.add(&rules::IMPLICIT_PROPERTY, &at(place, "metadata"), "an implicit tile's metadata is in its subtree");
    }
    let octree = implicit.get("subdivisionScheme").and_then(Value::as_str) == Some("OCTREE");
    let check_template = |uri: Option<&Value>, place: &str, find: &mut Findings| {
        let Some(uri) = uri.and_then(Value::as_str) else { return };
        let wanted: &[&str] = if octree { &["{level}", "{x}", "{y}", "{z}"] } else { &["{level}", "{x}", "{y}"] };
        let missing: Vec<&str> = wanted.iter().copied().filter(|v| !uri.contains(v)).collect();
        if !missing.is_empty() {
            find.add(&rules::IMPLICIT_TEMPLATE, place, format!("lacks {}", missing.join(", ")));
        }
    };
    let subtrees = at(&at(place, "implicitTiling"), "subtrees");
    check_template(implicit.get("subtrees").and_then(|s| s.get("uri")), &at(&subtrees, "uri"), find);
    let single = tile.get("content").map(|c| (at(place, "content"), c));
    let several = tile.get("contents").and_then(Value::as_array).into_iter().flatten().enumerate();
    let several = several.map(|(i, c)| (at(&at(place, "contents"), i), c));
    for (place, content) in single.into_iter().chain(several) {
        check_template(content.get("uri"), &at(&place, "uri"), find);
        if content.get("boundingVolume").is_some() {
            let message = "a content volume of an implicit tile is in its subtree";
            find.add(&rules::IMPLICIT_PROPERTY, &at(&place, "boundingVolume"), message);
        }
    }
}
