//! A quadtree of tiles as an implicit one (OGC 22-025r4, clause 9): its root names the scheme, and subtree files say which
//! tiles there are, with their volumes and errors as metadata.

use super::{TileNode, WriteError};
use crate::Refine;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Levels of a subtree: 1,365 tiles at most, their availability 171 bytes.
const SUBTREE_LEVELS: u32 = 6;
/// Levels of a tree at most: the coordinates of the last are exact wherever numbers are f64.
const MOST_LEVELS: u32 = 48;
/// Id of the class of tiles in the tileset's schema.
pub(super) const CLASS: &str = "tile";

/// How the tiles below an implicit root are found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImplicitRoot {
    /// Template of the subtrees' URIs.
    pub subtrees: String,
    /// Levels of every subtree.
    pub subtree_levels: u32,
    /// Levels of the tree.
    pub available_levels: u32,
}

/// An implicit tree: what stands for it in `tileset.json`, and the subtree files with their paths beside that.
#[derive(Debug, Clone)]
pub struct ImplicitTree {
    /// The implicit root.
    pub root: TileNode,
    /// Path and bytes of every subtree.
    pub subtrees: Vec<(String, Vec<u8>)>,
}

/// Where a tile is in a quadtree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Cell {
    level: u32,
    x: u64,
    y: u64,
}

impl Cell {
    const ROOT: Self = Self { level: 0, x: 0, y: 0 };

    fn quarter(self, quarter: u8) -> Self {
        let (x, y) = (u64::from(quarter & 1), u64::from(quarter >> 1));
        Self { level: self.level + 1, x: 2 * self.x + x, y: 2 * self.y + y }
    }

    fn fill(self, template: &str) -> String {
        let Self { level, x, y } = self;
        let values = [("{level}", u64::from(level)), ("{x}", x), ("{y}", y)];
        values.iter().fold(template.to_owned(), |text, (name, value)| text.replace(name, &value.to_string()))
    }

    /// Its place in the Morton order of the tiles of its level below `root`.
    fn morton(self, root: Self) -> usize {
        let below = self.level - root.level;
        let bit = |value: u64, k: u32| (value >> k & 1) as usize;
        (0..below).map(|k| bit(self.x, k) << (2 * k) | bit(self.y, k) << (2 * k + 1)).sum()
    }
}

/// The tree below a node as an implicit one: every tile is one of the quarters of its parent's square
/// ([`TileNode::quarter`]), all refine alike, and content, where there is any, lies at `contents` with `{level}`, `{x}` and
/// `{y}` filled in; so do the subtrees at `subtrees`.
///
/// Volumes and errors stay what they were: they are metadata of the tiles (`TILE_BOUNDING_BOX`, `TILE_GEOMETRIC_ERROR`).
///
/// # Errors
/// The tree is no such tree.
pub fn write_implicit(tree: &TileNode, contents: &str, subtrees: &str) -> Result<ImplicitTree, WriteError> {
    let mut cells: BTreeMap<Cell, Tile<'_>> = BTreeMap::new();
    let mut open = vec![(Cell::ROOT, tree)];
    let bad = |cell: Cell, why: &str| WriteError::NoQuadtree {
        place: format!("level {}, x {}, y {}", cell.level, cell.x, cell.y),
        why: why.to_owned(),
    };
    while let Some((cell, node)) = open.pop() {
        if node.transform.is_some() || node.implicit.is_some() {
            return Err(bad(cell, "a tile has a frame of its own"));
        }
        // The refinement of a tile without children says nothing.
        if node.refine != tree.refine && !node.children.is_empty() {
            return Err(bad(cell, "tiles refine differently"));
        }
        if node.content.is_some() && node.group != tree.group {
            return Err(bad(cell, "contents are of several groups"));
        }
        if node.content.as_ref().is_some_and(|uri| *uri != cell.fill(contents)) {
            return Err(bad(cell, "the content is called otherwise than the template says"));
        }
        if cell.level + 1 == MOST_LEVELS && !node.children.is_empty() {
            return Err(bad(cell, "the tree is too deep"));
        }
        for child in &node.children {
            let quarter =
                child.quarter.filter(|q| *q < 4).ok_or_else(|| bad(cell, "a child is none of its quarters"))?;
            open.push((cell.quarter(quarter), child));
        }
        let tile = Tile { volume: &node.volume, error: node.geometric_error, content: node.content.is_some() };
        if cells.insert(cell, tile).is_some() {
            return Err(bad(cell, "two children are the same quarter"));
        }
    }
    let available_levels = cells.keys().map(|c| c.level + 1).max().unwrap_or(1);
    let implicit = ImplicitRoot { subtrees: subtrees.to_owned(), subtree_levels: SUBTREE_LEVELS, available_levels };
    let root = TileNode {
        volume: tree.volume,
        geometric_error: tree.geometric_error,
        refine: tree.refine,
        transform: None,
        content: Some(contents.to_owned()),
        group: tree.group,
        children: Vec::new(),
        quarter: tree.quarter,
        implicit: Some(implicit),
    };
    let roots: Vec<Cell> = cells.keys().filter(|c| c.level % SUBTREE_LEVELS == 0).copied().collect();
    let subtrees = roots.into_iter().map(|cell| (cell.fill(subtrees), subtree(cell, &cells))).collect();
    Ok(ImplicitTree { root, subtrees })
}

struct Tile<'a> {
    volume: &'a [f64; 12],
    error: f64,
    content: bool,
}

/// The bits of an availability (clause 9.8.2), least significant first.
struct Bits {
    bytes: Vec<u8>,
    length: usize,
    set: usize,
}

impl Bits {
    fn new(length: usize) -> Self {
        Self { bytes: vec![0; length.div_ceil(8)], length, set: 0 }
    }

    fn set(&mut self, bit: usize) {
        self.bytes[bit / 8] |= 1 << (bit % 8);
        self.set += 1;
    }

    /// What the subtree says of it: a constant where all are alike.
    fn json(&self, body: &mut Body) -> Value {
        match self.set {
            0 => json!({ "constant": 0 }),
            n if n == self.length => json!({ "constant": 1 }),
            n => json!({ "bitstream": body.view(&self.bytes), "availableCount": n }),
        }
    }
}

/// The binary part of a subtree, its views one after the other.
#[derive(Default)]
struct Body {
    bytes: Vec<u8>,
    views: Vec<Value>,
}

impl Body {
    fn view(&mut self, bytes: &[u8]) -> usize {
        self.bytes.resize(self.bytes.len().next_multiple_of(8), 0);
        self.views.push(json!({ "buffer": 0, "byteOffset": self.bytes.len(), "byteLength": bytes.len() }));
        self.bytes.extend_from_slice(bytes);
        self.views.len() - 1
    }
}

/// The file of the subtree below a cell (clauses 9.9 and 9.11).
fn subtree(root: Cell, cells: &BTreeMap<Cell, Tile<'_>>) -> Vec<u8> {
    let above = |level: u32| ((1usize << (2 * level)) - 1) / 3;
    let (mut tiles, mut contents) = (Bits::new(above(SUBTREE_LEVELS)), Bits::new(above(SUBTREE_LEVELS)));
    let mut below = Bits::new(1 << (2 * SUBTREE_LEVELS));
    let mut found: BTreeMap<usize, &Tile<'_>> = BTreeMap::new();
    for level in 0..=SUBTREE_LEVELS {
        let edge = 1u64 << level;
        let (x, y) = (root.x * edge, root.y * edge);
        let level_of = |x: u64| Cell { level: root.level + level, x, y };
        // Of every column the rows of this subtree, in the order of the map.
        for x in x..x + edge {
            let column = cells.range(level_of(x)..Cell { y: y + edge, ..level_of(x) });
            for (cell, tile) in column {
                let bit = cell.morton(root);
                if level == SUBTREE_LEVELS {
                    below.set(bit);
                    continue;
                }
                tiles.set(above(level) + bit);
                if tile.content {
                    contents.set(above(level) + bit);
                }
                found.insert(above(level) + bit, tile);
            }
        }
    }
    let mut body = Body::default();
    let availability = [&tiles, &contents, &below].map(|bits| bits.json(&mut body));
    let [tile_availability, content_availability, child_subtree_availability] = availability;
    let boxes: Vec<u8> = found.values().flat_map(|t| t.volume.iter().flat_map(|v| v.to_le_bytes())).collect();
    let errors: Vec<u8> = found.values().flat_map(|t| t.error.to_le_bytes()).collect();
    let table = json!({
        "class": CLASS,
        "count": found.len(),
        "properties": { "box": { "values": body.view(&boxes) }, "error": { "values": body.view(&errors) } },
    });
    body.bytes.resize(body.bytes.len().next_multiple_of(8), 0);
    let json = json!({
        "buffers": [{ "byteLength": body.bytes.len() }],
        "bufferViews": body.views,
        "propertyTables": [table],
        "tileMetadata": 0,
        "tileAvailability": tile_availability,
        "contentAvailability": [content_availability],
        "childSubtreeAvailability": child_subtree_availability,
    });
    file(json.to_string().into_bytes(), &body.bytes)
}

/// A binary subtree (clause 9.10): both parts end at a multiple of 8 bytes.
fn file(mut json: Vec<u8>, body: &[u8]) -> Vec<u8> {
    json.resize(json.len().next_multiple_of(8), b' ');
    let mut out = Vec::with_capacity(24 + json.len() + body.len());
    out.extend_from_slice(b"subt");
    out.extend_from_slice(&1u32.to_le_bytes());
    out.extend_from_slice(&(json.len() as u64).to_le_bytes());
    out.extend_from_slice(&(body.len() as u64).to_le_bytes());
    out.extend_from_slice(&json);
    out.extend_from_slice(body);
    out
}

/// The class of the tiles for the tileset's schema.
pub(super) fn class() -> Value {
    json!({
        "description": "What the tiles of implicit trees are, where the division of their root says less",
        "properties": {
            "box": {
                "type": "SCALAR", "componentType": "FLOAT64", "array": true, "count": 12, "required": true,
                "semantic": "TILE_BOUNDING_BOX",
            },
            "error": {
                "type": "SCALAR", "componentType": "FLOAT64", "required": true, "semantic": "TILE_GEOMETRIC_ERROR",
            },
        },
    })
}

/// A tree whose details are added to tiles (ADD) below others that are replaced (REPLACE), as two trees of which each
/// refines in one way: what is left of it, and the details, whose other tiles are empty.
#[must_use]
pub fn split_details(mut tree: TileNode) -> (TileNode, Option<TileNode>) {
    let children = std::mem::take(&mut tree.children);
    let empty = TileNode { content: None, refine: Refine::Replace, ..tree.clone() };
    if tree.refine == Refine::Add {
        let details = (!children.is_empty()).then_some(TileNode { children, ..empty });
        return (TileNode { geometric_error: 0.0, refine: Refine::Replace, ..tree }, details);
    }
    let mut details = Vec::new();
    for child in children {
        let (rest, more) = split_details(child);
        tree.children.push(rest);
        details.extend(more);
    }
    let details = (!details.is_empty()).then_some(TileNode { children: details, ..empty });
    (tree, details)
}
