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
    /// Children.
    pub children: Vec<TileNode>,
}

/// The text of a `tileset.json` with this root.
#[must_use]
pub fn write_tileset(root: &TileNode, geometric_error: f64) -> String {
    json!({
        "asset": { "version": "1.1", "generator": "cim-twin" },
        "geometricError": geometric_error,
        "root": node(root),
    })
    .to_string()
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
    }
    if !tile.children.is_empty() {
        out["children"] = tile.children.iter().map(node).collect();
    }
    out
}
