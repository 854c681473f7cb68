//! The tree of tiles, external tilesets grafted in.

use super::{
    BoundingVolume,
    prune::Slots,
    schema::{TileJson, TilesetJson},
};
use crate::Diagnostic;
use glam::DMat4;
use url::Url;

/// Deeper nesting is refused: no city needs it, and a cyclic external tileset would never end.
const MAX_DEPTH: u32 = 256;
/// More tiles than this are refused.
const MAX_TILES: usize = 4_000_000;

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
            version: json.asset.version.clone(),
            url: url.clone(),
            geometric_error: json.geometric_error.unwrap_or(0.0),
        };
        let mut found = Vec::new();
        let context = Context { url, z_up: z_up(&json), parent: None };
        set.add(json.root, &context, &DMat4::IDENTITY, &mut found);
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
        let (transform, pointer_before) = (parent.transform, parent.clone());
        let json = read(bytes, url)?;
        let mut found = Vec::new();
        let before = self.tiles().len();
        let context = Context { url, z_up: z_up(&json), parent: Some(tile) };
        self.add(json.root, &context, &transform, &mut found);
        if self.tiles().len() == before {
            return Err(TilesetError::Root(url.clone()));
        }
        self.slots.remember(pointer_before);
        // What stood here was a pointer, not something to show: it always gives way to what it pointed to.
        if let Some(pointer) = self.tiles.get_mut(tile.0 as usize) {
            pointer.contents.retain(|c| c != url);
            pointer.geometric_error = f64::INFINITY;
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

    /// Adds a tile and those below it, without recursion.
    fn add(&mut self, root: TileJson, context: &Context<'_>, transform: &DMat4, found: &mut Vec<Diagnostic>) {
        let mut queue = vec![(root, context.parent, *transform)];
        while let Some((json, parent, outer)) = queue.pop() {
            let (depth, inherited, parent_error) = parent
                .and_then(|p| self.tile(p))
                .map_or((0, Refine::Replace, f64::INFINITY), |p| (p.depth + 1, p.refine, p.geometric_error));
            let place = || format!("{} (tile {}, depth {depth})", context.url, self.tiles.len());
            if depth > MAX_DEPTH || self.tiles().len() >= MAX_TILES {
                found.push(Diagnostic::new(
                    "tileset-too-deep",
                    place(),
                    "more levels or tiles than any city needs; cut",
                ));
                continue;
            }
            let transform = outer * matrix(json.transform.as_deref(), &place, found);
            let Some(volume) = BoundingVolume::parse(&json.bounding_volume, &transform) else {
                found.push(Diagnostic::new(
                    "tile-volume-invalid",
                    place(),
                    "no box, region or sphere of finite numbers; the tile and those below it are left out",
                ));
                continue;
            };
            let geometric_error = match json.geometric_error {
                Some(e) if e.is_finite() && e >= 0.0 => e,
                other => {
                    let message = format!("geometricError is {other:?}; half its parent's is assumed");
                    found.push(Diagnostic::new("tile-error-invalid", place(), message));
                    if parent_error.is_finite() { parent_error * 0.5 } else { 0.0 }
                }
            };
            let refine = match json.refine.as_deref().map(str::to_ascii_uppercase).as_deref() {
                Some("ADD") => Refine::Add,
                Some("REPLACE") => Refine::Replace,
                Some(other) => {
                    found.push(Diagnostic::new("tile-refine-invalid", place(), format!("refine is {other:?}")));
                    inherited
                }
                None => inherited,
            };
            if json.implicit_tiling.is_some() {
                found.push(Diagnostic::new(
                    "implicit-tiling-unsupported",
                    place(),
                    "implicit tiling is not read yet; only this tile's own content is shown",
                ));
            }
            let mut contents = Vec::new();
            let mut content_volumes = Some(Vec::new());
            let implicit = json.implicit_tiling.is_some();
            for content in json.content.into_iter().chain(json.contents).filter(|_| !implicit) {
                match context.url.join(&content.uri) {
                    Ok(url) => {
                        contents.push(url);
                        let volume = content.bounding_volume.as_ref();
                        let volume = volume.and_then(|v| BoundingVolume::parse(v, &transform));
                        content_volumes = content_volumes.zip(volume).map(|(mut all, v)| {
                            all.push(v);
                            all
                        });
                    }
                    Err(e) => found.push(Diagnostic::new(
                        "tile-uri-invalid",
                        place(),
                        format!("content uri {:?}: {e}", content.uri),
                    )),
                }
            }
            let id = self.next_id(parent);
            let viewer_request_volume =
                json.viewer_request_volume.as_ref().and_then(|v| BoundingVolume::parse(v, &transform));
            let mut children = Vec::new();
            for child in json.children {
                match serde_json::from_value::<TileJson>(child) {
                    Ok(child) => children.push((child, Some(id), transform)),
                    Err(e) => found.push(Diagnostic::new("tile-invalid", place(), format!("a child: {e}; left out"))),
                }
            }
            queue.extend(children.into_iter().rev());
            self.put(Tile {
                id,
                parent,
                children: Vec::new(),
                transform,
                volume,
                viewer_request_volume,
                geometric_error,
                refine,
                contents,
                content_volumes: content_volumes.unwrap_or_default(),
                depth,
                gltf_z_up: context.z_up,
            });
            if let Some(p) = parent.and_then(|p| self.tiles.get_mut(p.0 as usize)) {
                p.children.push(id);
            }
        }
    }
}

struct Context<'a> {
    url: &'a Url,
    z_up: bool,
    parent: Option<TileId>,
}

fn z_up(json: &TilesetJson) -> bool {
    json.asset.gltf_up_axis.as_deref().is_some_and(|axis| axis.eq_ignore_ascii_case("z"))
}

fn read(bytes: &[u8], url: &Url) -> Result<TilesetJson, TilesetError> {
    let json: TilesetJson =
        serde_json::from_slice(bytes).map_err(|source| TilesetError::Json { url: url.clone(), source })?;
    let known = ["3DTILES_content_gltf", "3DTILES_metadata", "3DTILES_multiple_contents"];
    if let Some(extension) = json.extensions_required.iter().find(|e| !known.contains(&e.as_str())) {
        return Err(TilesetError::Extension { url: url.clone(), extension: extension.clone() });
    }
    Ok(json)
}

fn matrix(numbers: Option<&[f64]>, place: &dyn Fn() -> String, found: &mut Vec<Diagnostic>) -> DMat4 {
    match numbers {
        None => DMat4::IDENTITY,
        Some(v) => match <&[f64; 16]>::try_from(v) {
            Ok(v) if v.iter().all(|x| x.is_finite() && x.abs() < 1e12) => DMat4::from_cols_array(v),
            _ => {
                found.push(Diagnostic::new("tile-transform-invalid", place(), "not 16 finite numbers; ignored"));
                DMat4::IDENTITY
            }
        },
    }
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
