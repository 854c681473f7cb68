//! `tileset.json`.

use crate::Refine;
use glam::DMat4;
use serde_json::{Value, json};

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
    if !layers.is_empty() {
        let property =
            json!({ "type": "STRING", "required": true, "description": "What the contents of the group show" });
        out["schema"] = json!({ "id": "layers", "classes": { "layer": { "properties": { "layer": property } } } });
        let group = |name: &&str| json!({ "class": "layer", "properties": { "layer": name } });
        out["groups"] = layers.iter().map(group).collect();
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
    if !tile.children.is_empty() {
        out["children"] = tile.children.iter().map(node).collect();
    }
    out
}
