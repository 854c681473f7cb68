//! `tileset.json`.

use super::{
    ImplicitRoot,
    implicit::{CLASS, class},
};
use crate::Refine;
use glam::DMat4;
use serde_json::{Map, Value, json};

/// A tile to be written.
#[derive(Debug, Clone)]
pub struct TileNode {
    /// Oriented box: centre and three half axes, in the frame of the root's transform.
    pub volume: [f64; 12],
    /// Metres of error when shown instead of its children.
    pub geometric_error: f64,
    /// How children relate to it.
    pub refine: Refine,
    /// Takes the tile's frame to its parent's.
    pub transform: Option<DMat4>,
    /// Relative URI of its content.
    pub content: Option<String>,
    /// Number of the content group that its content is of.
    pub group: Option<u32>,
    /// Children.
    pub children: Vec<TileNode>,
    /// Which quarter of its parent's square it is, in a quadtree: 1 more for the eastern half, 2 more for the northern.
    pub quarter: Option<u8>,
    /// How the tiles below are found in place of children; `content` is a template then.
    pub implicit: Option<ImplicitRoot>,
}

impl TileNode {
    fn any_implicit(&self) -> bool {
        self.implicit.is_some() || self.children.iter().any(Self::any_implicit)
    }
}

/// The text of a `tileset.json` with this root.
#[must_use]
pub fn write_tileset(root: &TileNode, geometric_error: f64) -> String {
    write_layered_tileset(root, geometric_error, &[])
}

/// The text of a `tileset.json` whose content groups are layers that a viewer can switch: a group for each name, in their
/// order, of the class `layer` with the property `layer` (OGC 22-025r4, Metadata: content groups).
#[must_use]
pub fn write_layered_tileset(root: &TileNode, geometric_error: f64, layers: &[&str]) -> String {
    let mut out = json!({
        "asset": { "version": "1.1", "generator": "cim-twin" },
        "geometricError": geometric_error,
        "root": node(root),
    });
    let mut classes = Map::new();
    if root.any_implicit() {
        classes.insert(CLASS.into(), class());
    }
    if !layers.is_empty() {
        let property =
            json!({ "type": "STRING", "required": true, "description": "What the contents of the group show" });
        classes.insert("layer".into(), json!({ "properties": { "layer": property } }));
        let group = |name: &&str| json!({ "class": "layer", "properties": { "layer": name } });
        out["groups"] = layers.iter().map(group).collect();
    }
    if !classes.is_empty() {
        out["schema"] = json!({ "id": "layers", "classes": classes });
    }
    out.to_string()
}

fn node(tile: &TileNode) -> Value {
    let mut out = json!({
        "boundingVolume": { "box": tile.volume },
        "geometricError": tile.geometric_error,
        "refine": match tile.refine { Refine::Add => "ADD", Refine::Replace => "REPLACE" },
    });
    if let Some(m) = tile.transform {
        out["transform"] = json!(m.to_cols_array());
    }
    if let Some(uri) = &tile.content {
        out["content"] = json!({ "uri": uri });
        if let Some(group) = tile.group {
            out["content"]["group"] = json!(group);
        }
    }
    if let Some(implicit) = &tile.implicit {
        out["implicitTiling"] = json!({
            "subdivisionScheme": "QUADTREE",
            "subtreeLevels": implicit.subtree_levels,
            "availableLevels": implicit.available_levels,
            "subtrees": { "uri": implicit.subtrees },
        });
    }
    if !tile.children.is_empty() {
        out["children"] = tile.children.iter().map(node).collect();
    }
    out
}
