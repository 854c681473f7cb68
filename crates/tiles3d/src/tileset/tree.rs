//! The tree of tiles, external tilesets grafted in.

use super::{
    BoundingVolume,
    grow::Origin,
    implicit::{Implicit, Place},
    metadata::TreeMetadata,
    prune::Slots,
    schema::TilesetJson,
};
use crate::Diagnostic;
use glam::DMat4;
use std::{collections::BTreeMap, sync::Arc};
use url::Url;

/// Deeper nesting is refused: no city needs it, and a cyclic external tileset would never end.
pub(super) const MAX_DEPTH: u32 = 256;
/// More tiles than this are refused.
pub(super) const MAX_TILES: usize = 4_000_000;

/// Extensions of a tileset that may be required.
const KNOWN: [&str; 5] = [
    "3DTILES_bounding_volume_S2",
    "3DTILES_content_gltf",
    "3DTILES_implicit_tiling",
    "3DTILES_metadata",
    "3DTILES_multiple_contents",
];

/// How the children of a tile relate to it (clause 7.5).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refine {
    /// Children are shown beside it.
    Add,
    /// Children are shown instead of it.
    Replace,
}

/// Index of a tile in its [`Tileset`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TileId(pub u32);

/// One tile.
#[derive(Debug, Clone)]
pub struct Tile {
    /// Itself.
    pub id: TileId,
    /// Its parent; `None` for the root.
    pub parent: Option<TileId>,
    /// Its children.
    pub children: Vec<TileId>,
    /// Takes the tile's own frame to the root frame: all transforms on the way multiplied in f64.
    pub transform: DMat4,
    /// Bounding volume in the root frame.
    pub volume: BoundingVolume,
    /// The eye must be inside this volume for the tile to be wanted (clause 7.4).
    pub viewer_request_volume: Option<BoundingVolume>,
    /// Metres of error when this tile is shown instead of its children.
    pub geometric_error: f64,
    /// How the children relate to it.
    pub refine: Refine,
    /// Absolute URLs of its contents.
    pub contents: Vec<Url>,
    /// Tighter volumes of its contents in the root frame (clause 7.7.2); empty when any content has none of its own.
    pub content_volumes: Vec<BoundingVolume>,
    /// The subtree that says what this tile is and what is below it, not read yet: the tile has no contents and no
    /// children until [`Tileset::attach_subtree`].
    pub pending: Option<Url>,
    /// Steps from the root.
    pub depth: u32,
    /// Whether the glTF content's up axis is z (1.0 `gltfUpAxis`), not the standard's y.
    pub gltf_z_up: bool,
}

/// A tileset with everything grafted in so far. Tiles live in one arena and are never moved; places of pruned tiles
/// are used again ([`Self::generation`]).
#[derive(Debug, Clone)]
pub struct Tileset {
    pub(super) tiles: Vec<Tile>,
    pub(super) slots: Slots,
    pub(super) metadata: TreeMetadata,
    /// Where the roots of subtrees, read and unread, are in their implicit trees.
    pub(super) subtree_roots: BTreeMap<TileId, (Arc<Implicit>, Place)>,
    /// `asset.version`.
    pub version: String,
    /// Where it came from.
    pub url: Url,
    /// `geometricError` of the tileset.
    pub geometric_error: f64,
}

/// Why a tileset could not be read.
#[derive(Debug, thiserror::Error)]
pub enum TilesetError {
    /// Not JSON, or not a tileset.
    #[error("{url} is not a tileset.json: {source}")]
    Json {
        /// Which.
        url: Url,
        /// Where in the JSON and why.
        source: serde_json::Error,
    },
    /// A required extension is not supported.
    #[error("{url} requires the extension {extension}, which this program does not read")]
    Extension {
        /// Which tileset.
        url: Url,
        /// Which extension.
        extension: String,
    },
    /// The root has no usable bounding volume.
    #[error("{0} has a root without a valid bounding volume")]
    Root(Url),
    /// The tile to graft onto does not exist.
    #[error("{url} was to be attached to tile {tile}, which does not exist")]
    Tile {
        /// Which tileset.
        url: Url,
        /// The missing index.
        tile: u32,
    },
    /// The tile waits for no subtree.
    #[error("{url} was to be attached to tile {tile}, which waits for no subtree")]
    NotPending {
        /// Which subtree.
        url: Url,
        /// The tile's index.
        tile: u32,
    },
    /// The subtree says less than the tileset needs to know.
    #[error("the subtree {url}: {message}")]
    Subtree {
        /// Which subtree.
        url: Url,
        /// What is missing.
        message: String,
    },
    /// Not the schema that a tileset refers to.
    #[error("{url} is no metadata schema: {source}")]
    Schema {
        /// Which file.
        url: Url,
        /// Where in the JSON and why.
        source: serde_json::Error,
    },
}

impl Tileset {
    /// Reads a `tileset.json` that came from `url`.
    ///
    /// # Errors
    /// It is not one, requires something unknown, or has no usable root. Defects of single tiles are diagnostics.
    pub fn parse(bytes: &[u8], url: &Url) -> Result<(Self, Vec<Diagnostic>), TilesetError> {
        let json = read(bytes, url)?;
        let mut set = Self {
            tiles: Vec::new(),
            slots: Slots::default(),
            metadata: TreeMetadata::default(),
            subtree_roots: BTreeMap::new(),
            version: json.asset.version.clone(),
            url: url.clone(),
            geometric_error: json.geometric_error.unwrap_or(0.0),
        };
        let mut found = Vec::new();
        set.grow(json, &Origin { url, parent: None, transform: DMat4::IDENTITY }, &mut found);
        if set.tiles.is_empty() { Err(TilesetError::Root(url.clone())) } else { Ok((set, found)) }
    }

    /// Grafts the external tileset that was the content of `tile`; returns the new root's id and what was wrong.
    ///
    /// # Errors
    /// As [`Self::parse`], or the tile does not exist. The tree is unchanged then.
    pub fn attach_external(&mut self, tile: TileId, bytes: &[u8], url: &Url) -> Result<Vec<Diagnostic>, TilesetError> {
        let Some(parent) = self.tile(tile) else {
            return Err(TilesetError::Tile { url: url.clone(), tile: tile.0 });
        };
        let pointer_before = parent.clone();
        let json = read(bytes, url)?;
        let mut found = Vec::new();
        let before = self.tiles().len();
        self.grow(json, &Origin { url, parent: Some(tile), transform: pointer_before.transform }, &mut found);
        if self.tiles().len() == before {
            return Err(TilesetError::Root(url.clone()));
        }
        self.slots.remember(pointer_before);
        // What stood here was a pointer, not something to show: it always gives way to what it pointed to.
        if let Some(pointer) = self.tiles.get_mut(tile.0 as usize) {
            pointer.geometric_error = f64::INFINITY;
            while let Some(n) = pointer.contents.iter().position(|c| c == url) {
                pointer.contents.remove(n);
                if n < pointer.content_volumes.len() {
                    pointer.content_volumes.remove(n);
                }
                self.metadata.hide_content(tile, n);
            }
        }
        Ok(found)
    }

    /// The root.
    #[must_use]
    pub fn root(&self) -> &Tile {
        &self.tiles[0]
    }

    /// A tile by its index.
    #[must_use]
    pub fn tile(&self, id: TileId) -> Option<&Tile> {
        self.tiles.get(id.0 as usize).filter(|tile| tile.id == id)
    }

    /// All tiles, in the order of their ids: parents before children.
    pub fn tiles(&self) -> impl ExactSizeIterator<Item = &Tile> {
        self.slots.live(&self.tiles)
    }
}

fn read(bytes: &[u8], url: &Url) -> Result<TilesetJson, TilesetError> {
    let json: TilesetJson =
        serde_json::from_slice(bytes).map_err(|source| TilesetError::Json { url: url.clone(), source })?;
    if let Some(extension) = json.extensions_required.iter().find(|e| !KNOWN.contains(&e.as_str())) {
        return Err(TilesetError::Extension { url: url.clone(), extension: extension.clone() });
    }
    Ok(json)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn url() -> Url {
        Url::parse("http://h/city/tileset.json?v=1").unwrap()
    }

    const SPHERE: &str = r#""boundingVolume":{"sphere":[0,0,0,10]}"#;

    #[test]
    fn transforms_multiply_and_refine_is_inherited() {
        let text = format!(
            r#"{{"asset":{{"version":"1.1"}},"geometricError":9,"root":{{{SPHERE},"geometricError":8,"refine":"ADD",
            "transform":[1,0,0,0,0,1,0,0,0,0,1,0,100,0,0,1],"content":{{"uri":"a.glb"}},
            "children":[{{{SPHERE},"geometricError":1,"content":{{"url":"sub/b.glb"}},
            "transform":[1,0,0,0,0,1,0,0,0,0,1,0,0,5,0,1]}}, 3]}}}}"#
        );
        let (set, found) = Tileset::parse(text.as_bytes(), &url()).unwrap();
        assert_eq!(set.tiles().len(), 2);
        let child = set.tile(set.root().children[0]).unwrap();
        assert_eq!(child.refine, Refine::Add);
        assert_eq!(child.contents[0].as_str(), "http://h/city/sub/b.glb");
        assert_eq!(child.volume.bounding_sphere().0, glam::DVec3::new(100.0, 5.0, 0.0));
        assert_eq!(found.iter().map(|d| d.code).collect::<Vec<_>>(), ["tile-invalid"]);
    }

    #[test]
    fn a_tileset_that_contains_itself_ends() {
        let text = format!(r#"{{"asset":{{"version":"1.0"}},"root":{{{SPHERE},"geometricError":8}}}}"#);
        let (mut set, _) = Tileset::parse(text.as_bytes(), &url()).unwrap();
        let mut last = set.root().id;
        for _ in 0..MAX_DEPTH + 10 {
            if set.attach_external(last, text.as_bytes(), &url()).is_err() {
                return;
            }
            last = TileId(set.tiles().len() as u32 - 1);
        }
        panic!("never ended");
    }

    #[test]
    fn what_is_not_a_tileset_is_named() {
        assert!(matches!(Tileset::parse(b"<html>", &url()), Err(TilesetError::Json { .. })));
        let bad = br#"{"asset":{},"root":{"boundingVolume":{"box":[1,2]},"geometricError":1}}"#;
        assert!(matches!(Tileset::parse(bad, &url()), Err(TilesetError::Root(_))));
    }

    proptest! {
        #[test]
        fn any_json_is_survived(text in "[\\[\\]{}\",:0-9a-z]{0,200}") {
            let _ = Tileset::parse(text.as_bytes(), &url());
        }
    }
}
