//! The inspector.

use super::memory;
use tiles3d::inspect::{InspectOptions, inspect as run};
use url::Url;

/// Something of everything refers to files here.
const TILESET: &str = r#"{
    "asset": { "version": "1.1" }, "geometricError": 100, "schemaUri": "schema.json",
    "root": {
        "boundingVolume": { "sphere": [0, 0, 0, 10] }, "geometricError": 50, "refine": "ADD",
        "content": { "uri": "a.glb" },
        "children": [{
            "boundingVolume": { "box": [0, 0, 0, 5, 0, 0, 0, 5, 0, 0, 0, 5] }, "geometricError": 10,
            "content": { "uri": "{level}.{x}.{y}.b3dm" },
            "implicitTiling": {
                "subdivisionScheme": "QUADTREE", "subtreeLevels": 2, "availableLevels": 3,
                "subtrees": { "uri": "{level}.{x}.{y}.subtree" }
            }
        }]
    }
}"#;

/// Any bytes as every file of a tileset; as the tileset itself when they look like one.
pub fn inspect(bytes: &[u8]) {
    let Ok(url) = Url::parse("http://h/tileset.json") else { return };
    let is_tileset = bytes.starts_with(b"{") && bytes.windows(6).any(|part| part == b"\"root\"");
    let options = InspectOptions { max_tiles: 2000, max_decoded_bytes: 1 << 20, features: 2 };
    memory::bounded(bytes.len(), || {
        let report = run(&url, &options, &mut |file| match file.path() {
            "/tileset.json" if !is_tileset => Ok(TILESET.as_bytes().to_vec()),
            _ => Ok(bytes.to_vec()),
        });
        assert!(report.to_string().ends_with("notes"));
        assert!(serde_json::to_string(&report).is_ok());
        // What every file but the first holds is either read or found to be wrong.
        assert!(!report.files.is_empty() || !report.defects.is_empty());
    });
}
