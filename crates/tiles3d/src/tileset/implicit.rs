//! Implicit tiling (OGC 22-025r4, clause 9; 1.0's `3DTILES_implicit_tiling`): what the root of an implicit tree says of
//! all the tiles below it.

use super::{TileId, shape::Shape};
use serde_json::Value;
use std::fmt;
use url::Url;

/// Levels of a tree that are read: their coordinates are exact in f64.
const MAX_LEVELS: u64 = 48;
/// Longer URLs are not made: a template may name a coordinate as often as it likes.
const MAX_URL: usize = 4096;

/// How a tree is divided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Scheme {
    pub(super) octree: bool,
    /// Levels of one subtree.
    pub(super) subtree_levels: u32,
    /// Levels of the whole tree.
    pub(super) available_levels: u32,
}

/// An implicit root tile.
#[derive(Debug, Clone)]
pub(super) struct Implicit {
    pub(super) scheme: Scheme,
    /// Template of the subtrees' URIs.
    pub(super) subtrees: String,
    pub(super) contents: Vec<ContentTemplate>,
    /// What the templates are relative to: the URL of the tileset's file.
    pub(super) base: Url,
    /// The volume that is divided, in the frame of `frame`.
    pub(super) shape: Shape,
    pub(super) frame: glam::DMat4,
    /// Refinement of all its tiles.
    pub(super) refine: super::Refine,
    /// Geometric error of level 0.
    pub(super) geometric_error: f64,
    /// The tile that the metadata of the tileset's file is kept at.
    pub(super) document: TileId,
}

/// A content of the implicit root tile.
#[derive(Debug, Clone)]
pub(super) struct ContentTemplate {
    pub(super) uri: String,
    /// The group of this content in all tiles.
    pub(super) group: Option<u32>,
}

/// Where a tile is in an implicit tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) level: u32,
    /// x, y and, in an octree, z.
    pub(super) at: [u64; 3],
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [x, y, z] = self.at;
        write!(f, "level {}, x {x}, y {y}, z {z}", self.level)
    }
}

impl Scheme {
    /// From JSON; otherwise what is wrong.
    pub(super) fn parse(json: &Value) -> Result<(Self, String), String> {
        let whole = |key: &str| {
            let number = json.get(key).and_then(Value::as_f64);
            number.filter(|n| n.fract() == 0.0 && (0.0..1e15).contains(n)).map(|n| n as u64)
        };
        let octree = match json.get("subdivisionScheme").and_then(Value::as_str) {
            Some("QUADTREE") => false,
            Some("OCTREE") => true,
            other => return Err(format!("subdivisionScheme is {other:?}, not QUADTREE or OCTREE")),
        };
        // The index of a tile within its subtree has to fit into 63 bits.
        let most = if octree { 20 } else { 30 };
        let subtree_levels = whole("subtreeLevels").filter(|n| (1..=most).contains(n));
        let subtree_levels =
            subtree_levels.ok_or_else(|| format!("subtreeLevels is not a whole number from 1 to {most}"))?;
        let levels = whole("availableLevels").or_else(|| whole("maximumLevel").map(|n| n + 1));
        let levels = levels.filter(|n| *n > 0).ok_or("there is no availableLevels above 0")?;
        let subtrees = json.get("subtrees").and_then(|s| s.get("uri")).and_then(Value::as_str);
        let subtrees = subtrees.ok_or("there is no subtrees.uri")?.to_owned();
        let available_levels = levels.min(MAX_LEVELS) as u32;
        Ok((Self { octree, subtree_levels: subtree_levels as u32, available_levels }, subtrees))
    }

    /// Bits of one step in a Morton index.
    pub(super) fn dimensions(self) -> u32 {
        if self.octree { 3 } else { 2 }
    }

    /// Children of a tile.
    pub(super) fn children(self) -> u64 {
        1 << self.dimensions()
    }

    /// Tiles of a subtree above its level `level`.
    pub(super) fn tiles_above(self, level: u32) -> u64 {
        ((1u64 << (self.dimensions() * level)) - 1) / (self.children() - 1)
    }

    /// Subtrees that can hang below one.
    pub(super) fn subtrees_below(self) -> u64 {
        1 << (self.dimensions() * self.subtree_levels)
    }

    /// The tile with this Morton index, `level` levels below `root`.
    pub(super) fn below(self, root: Place, level: u32, index: u64) -> Place {
        let d = self.dimensions();
        let mut at = root.at.map(|c| c << level);
        for bit in 0..level {
            for (k, c) in at.iter_mut().enumerate().take(d as usize) {
                *c |= (index >> (bit * d + k as u32) & 1) << bit;
            }
        }
        Place { level: root.level + level, at }
    }
}

impl Implicit {
    /// The subtree whose root is at a place.
    pub(super) fn subtree_url(&self, place: Place) -> Result<Url, String> {
        self.resolve(&self.subtrees, place)
    }

    /// A content at a place.
    pub(super) fn content_url(&self, template: &ContentTemplate, place: Place) -> Result<Url, String> {
        self.resolve(&template.uri, place)
    }

    fn resolve(&self, template: &str, place: Place) -> Result<Url, String> {
        let uri = fill(template, place);
        if uri.len() > MAX_URL {
            return Err(format!("the URI is longer than {MAX_URL} bytes"));
        }
        self.base.join(&uri).map_err(|e| format!("{uri:?}: {e}"))
    }

    /// Half of its parent's for each level (clause 9.3.1).
    pub(super) fn error(&self, level: u32) -> f64 {
        self.geometric_error * 0.5f64.powi(level as i32)
    }

    /// The volume that the division gives a tile.
    pub(super) fn shape(&self, place: Place) -> Option<Shape> {
        self.shape.part(self.scheme.octree, place.level, place.at)
    }
}

/// A template with a tile's coordinates put in.
fn fill(template: &str, place: Place) -> String {
    let values = [("{level}", place.level.into()), ("{x}", place.at[0]), ("{y}", place.at[1]), ("{z}", place.at[2])];
    let (mut out, mut rest) = (String::with_capacity(template.len() + 16), template);
    while let Some(open) = rest.find('{').filter(|_| out.len() <= MAX_URL) {
        let (before, from) = rest.split_at(open);
        out.push_str(before);
        let name = values.iter().find(|(name, _)| from.starts_with(name));
        let length = match name {
            Some((name, value)) => {
                out.push_str(&value.to_string());
                name.len()
            }
            None => {
                out.push('{');
                1
            }
        };
        rest = from.get(length..).unwrap_or_default();
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn scheme(octree: bool, subtree_levels: u32) -> Scheme {
        Scheme { octree, subtree_levels, available_levels: 20 }
    }

    #[test]
    fn morton_indices_are_those_of_the_specification() {
        let root = Place { level: 0, at: [0; 3] };
        let quad = |level, index| scheme(false, 5).below(root, level, index).at;
        assert_eq!(quad(2, 0b0101), [0b11, 0b00, 0]);
        assert_eq!(quad(4, 0b0100_1110), [0b1010, 0b0011, 0]);
        assert_eq!(quad(4, 0b0011_0110), [0b0110, 0b0101, 0]);
        assert_eq!(quad(3, 19), [5, 1, 0]);
        let oct = |index| scheme(true, 4).below(root, 3, index).at;
        assert_eq!(oct(0b1_0001_0001), [0b001, 0b010, 0b100]);
        assert_eq!(oct(0b1_0110_1101), [0b111, 0b000, 0b111]);
        let below = scheme(false, 3).below(Place { level: 3, at: [5, 1, 0] }, 1, 2);
        assert_eq!(below, Place { level: 4, at: [10, 3, 0] });
    }

    #[test]
    fn lengths_are_those_of_the_specification() {
        assert_eq!((scheme(false, 7).tiles_above(7), scheme(false, 7).subtrees_below()), (5461, 16384));
        assert_eq!((scheme(true, 3).tiles_above(3), scheme(true, 3).subtrees_below()), (73, 512));
        assert_eq!((scheme(false, 30).subtrees_below(), scheme(true, 20).subtrees_below()), (1 << 60, 1 << 60));
    }

    #[test]
    fn templates_are_filled_once() {
        let place = Place { level: 3, at: [5, 1, 7] };
        assert_eq!(fill("{level}/{x}/{y}/{z}.glb", place), "3/5/1/7.glb");
        assert_eq!(fill("{z}-{x}{x}?{q}{é}{", place), "7-55?{q}{é}{");
    }

    #[test]
    fn levels_that_no_tree_has_are_refused() {
        let parse = |levels: serde_json::Value, available: &str| {
            let mut json =
                json!({ "subdivisionScheme": "OCTREE", "subtreeLevels": levels, "subtrees": { "uri": "s" } });
            json[available] = json!(5);
            Scheme::parse(&json).map(|s| s.0.available_levels)
        };
        assert_eq!(parse(json!(3), "availableLevels"), Ok(5));
        assert_eq!(parse(json!(3.0), "maximumLevel"), Ok(6));
        for levels in [json!(60), json!(0), json!(-1), json!(1.5), json!("3"), json!(1e300)] {
            assert!(parse(levels, "availableLevels").is_err());
        }
        assert!(parse(json!(3), "levels").is_err());
    }
}
