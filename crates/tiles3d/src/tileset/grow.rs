//! Tiles as a tileset's file lists them.

use super::{
    Refine, Tile, TileId, Tileset,
    document::Document,
    frame,
    implicit::{ContentTemplate, Implicit, Place, Scheme},
    metadata::{ContentMetadata, Source, TileMetadata},
    schema::{ContentJson, TileJson, TilesetJson},
    semantics::{ContentOverrides, TileOverrides},
    shape::Shape,
    tree::{MAX_DEPTH, MAX_TILES},
};
use crate::{Diagnostic, Value, metadata::EntityJson};
use glam::DMat4;
use serde::Deserialize as _;
use std::sync::Arc;
use url::Url;

/// Values of `asset.version` whose meaning is known: the standards', and what drafts of 1.0 wrote.
const VERSIONS: [&str; 3] = ["0.0", "1.0", "1.1"];

/// Where a tileset's file comes from and goes to.
pub(super) struct Origin<'a> {
    pub(super) url: &'a Url,
    /// The tile that its root hangs below.
    pub(super) parent: Option<TileId>,
    /// What that tile's frame is in the root frame.
    pub(super) transform: DMat4,
}

/// What all tiles of a file share.
struct File<'a> {
    url: &'a Url,
    z_up: bool,
    /// The root tile of the file: its metadata is kept there.
    document: TileId,
}

/// A tile to be added.
struct Sapling {
    json: TileJson,
    parent: Option<TileId>,
    /// The transform of the parent.
    outer: DMat4,
}

/// What a tile is in itself: everything but its contents and its place in the tree.
struct Trunk {
    shape: Shape,
    transform: DMat4,
    geometric_error: f64,
    refine: Refine,
    own: Option<Source>,
}

/// The contents of a tile.
#[derive(Default)]
struct Leaves {
    urls: Vec<Url>,
    volumes: Vec<super::BoundingVolume>,
    metadata: Vec<ContentMetadata>,
}

impl Tileset {
    /// Adds the tiles of a file, without recursion. Adds none when its root is unusable.
    pub(super) fn grow(&mut self, mut json: TilesetJson, origin: &Origin<'_>, found: &mut Vec<Diagnostic>) {
        let version = &json.asset.version;
        if !VERSIONS.contains(&version.as_str()) {
            let version: String = version.chars().take(20).collect();
            let message = format!("asset.version is {version:?}, which is not known; read as 1.1 is");
            found.push(Diagnostic::new("tileset-version-unknown", origin.url.as_str(), message));
        }
        let axis = json.asset.gltf_up_axis.as_deref().unwrap_or("Y");
        let z_up = axis.eq_ignore_ascii_case("z");
        if !z_up && !axis.eq_ignore_ascii_case("y") {
            let axis: String = axis.chars().take(20).collect();
            let message = format!("asset.gltfUpAxis is {axis:?}, neither Y nor Z; read as Y");
            found.push(Diagnostic::new("tileset-up-axis-unknown", origin.url.as_str(), message));
        }
        let document = Document::parse(&mut json, origin.url, found);
        let root = self.next_id(origin.parent);
        self.metadata.open(root, document, found);
        let file = File { url: origin.url, z_up, document: root };
        let mut queue = vec![Sapling { json: json.root, parent: origin.parent, outer: origin.transform }];
        while let Some(sapling) = queue.pop() {
            let before = queue.len();
            self.plant(sapling, &file, &mut queue, found);
            queue.get_mut(before..).unwrap_or_default().reverse();
        }
        if self.tile(root).is_none() {
            self.metadata.forget(root);
        }
    }

    /// Adds one tile and puts those below it into the queue.
    fn plant(&mut self, sapling: Sapling, file: &File<'_>, queue: &mut Vec<Sapling>, found: &mut Vec<Diagnostic>) {
        let Sapling { mut json, parent, outer } = sapling;
        let depth = parent.and_then(|p| self.tile(p)).map_or(0, |p| p.depth + 1);
        let place = format!("{} (tile {}, depth {depth})", file.url, self.tiles.len());
        if depth > MAX_DEPTH || self.tiles().len() >= MAX_TILES {
            let message = "more levels or tiles than any city needs; cut";
            found.push(Diagnostic::new("tileset-too-deep", place, message));
            return;
        }
        let Some(trunk) = self.trunk(&json, parent, &outer, file, &place, found) else { return };
        let id = self.next_id(parent);
        let contents = json.take_contents();
        let implicit = json.implicit().is_some();
        let (mut leaves, mut pending) = (Leaves::default(), None);
        if let Some(tiling) = json.implicit() {
            match self.implicit(tiling, &trunk, contents, file, &place, found) {
                Ok((implicit, url)) => {
                    self.subtree_roots.insert(id, (Arc::new(implicit), Place { level: 0, at: [0; 3] }));
                    pending = Some(url);
                }
                Err(message) => {
                    let message = format!("{message}; there is nothing below this tile");
                    found.push(Diagnostic::new("implicit-tiling-invalid", &*place, message));
                }
            }
            if !json.children.is_empty() {
                let message = "children beside implicit tiling; they are left out";
                found.push(Diagnostic::new("implicit-tiling-children", &*place, message));
            }
        } else {
            leaves = self.leaves(contents, &trunk, file, &place, found);
        }
        for child in json.children.into_iter().filter(|_| !implicit) {
            match TileJson::deserialize(child) {
                Ok(child) => queue.push(Sapling { json: child, parent: Some(id), outer: trunk.transform }),
                Err(e) => found.push(Diagnostic::new("tile-invalid", &*place, format!("a child: {e}; left out"))),
            }
        }
        let request = json.viewer_request_volume.as_ref().and_then(Shape::parse);
        if request.is_none() && json.viewer_request_volume.is_some() {
            let message =
                "viewerRequestVolume is no box, region, sphere or S2 cell; the tile is wanted from everywhere";
            found.push(Diagnostic::new("tile-volume-invalid", &*place, message));
        }
        self.put(Tile {
            id,
            parent,
            children: Vec::new(),
            transform: trunk.transform,
            volume: trunk.shape.volume(&trunk.transform),
            viewer_request_volume: request.map(|shape| shape.volume(&trunk.transform)),
            geometric_error: trunk.geometric_error,
            refine: trunk.refine,
            content_volumes: if leaves.volumes.len() == leaves.urls.len() { leaves.volumes } else { Vec::new() },
            contents: leaves.urls,
            pending,
            depth,
            gltf_z_up: file.z_up,
        });
        self.metadata.put(id, TileMetadata { document: file.document, own: trunk.own, contents: leaves.metadata });
        if let Some(p) = parent.and_then(|p| self.tiles.get_mut(p.0 as usize)) {
            p.children.push(id);
        }
    }

    /// What the tile is in itself; `None` when it has no usable volume.
    fn trunk(
        &self,
        json: &TileJson,
        parent: Option<TileId>,
        outer: &DMat4,
        file: &File<'_>,
        place: &str,
        found: &mut Vec<Diagnostic>,
    ) -> Option<Trunk> {
        let (inherited, parent_error) = parent
            .and_then(|p| self.tile(p))
            .map_or((Refine::Replace, f64::INFINITY), |p| (p.refine, p.geometric_error));
        // The metadata of implicit tiles is in their subtrees.
        let own = json.metadata.as_ref().or_else(|| json.extensions.get("3DTILES_metadata"));
        let own = own.filter(|_| json.implicit().is_none());
        let own = self.entity(own, file, place, found);
        let said = match &own {
            Some(entity) => TileOverrides::read(&|semantic| self.meaning(entity, file, semantic)),
            None => TileOverrides::default(),
        };
        let local = said.transform.unwrap_or_else(|| matrix(json.transform.as_deref(), place, found));
        let written = Shape::parse(&json.bounding_volume);
        let Some(shape) = said.bounds.apply(written.as_ref()).or(written) else {
            let message =
                "no box, region, sphere or S2 cell of finite numbers; the tile and those below it are left out";
            found.push(Diagnostic::new("tile-volume-invalid", place, message));
            return None;
        };
        let geometric_error = match said.geometric_error.or(json.geometric_error) {
            Some(e) if e.is_finite() && e >= 0.0 => e,
            other => {
                let message = format!("geometricError is {other:?}; half its parent's is assumed");
                found.push(Diagnostic::new("tile-error-invalid", place, message));
                if parent_error.is_finite() { parent_error * 0.5 } else { 0.0 }
            }
        };
        let refine = match json.refine.as_deref().map(str::to_ascii_uppercase).as_deref() {
            Some("ADD") => Refine::Add,
            Some("REPLACE") => Refine::Replace,
            Some(other) => {
                found.push(Diagnostic::new("tile-refine-invalid", place, format!("refine is {other:?}")));
                inherited
            }
            None => inherited,
        };
        let transform = frame::within(outer, &local).unwrap_or_else(|| {
            let message = "takes the tile farther away than anything is, with those around it; ignored";
            found.push(Diagnostic::new("tile-transform-invalid", place, message));
            *outer
        });
        Some(Trunk {
            shape,
            transform,
            geometric_error,
            refine: said.refine.unwrap_or(refine),
            own: own.map(|entity| Source::Json(Box::new(entity))),
        })
    }

    /// The contents of an explicit tile.
    fn leaves(
        &self,
        contents: Vec<ContentJson>,
        trunk: &Trunk,
        file: &File<'_>,
        place: &str,
        found: &mut Vec<Diagnostic>,
    ) -> Leaves {
        let mut out = Leaves::default();
        for content in contents {
            let (group, own) = content.metadata();
            let own = self.entity(own, file, place, found);
            let said = match &own {
                Some(entity) => ContentOverrides::read(&|semantic| self.meaning(entity, file, semantic)),
                None => ContentOverrides::default(),
            };
            let uri = said.uri.as_deref().unwrap_or(&content.uri);
            let Some(url) = content_url(file.url, uri, place, found) else { continue };
            out.urls.push(url);
            let written = content.bounding_volume.as_ref().and_then(Shape::parse);
            if written.is_none() && content.bounding_volume.is_some() {
                let message = "the volume of a content is no box, region, sphere or S2 cell; it has that of its tile";
                found.push(Diagnostic::new("tile-volume-invalid", place, message));
            }
            let shape = said.bounds.apply(written.as_ref().or(Some(&trunk.shape))).or(written);
            out.volumes.extend(shape.map(|shape| shape.volume(&trunk.transform)));
            let document = self.metadata.document(file.document);
            let group = document.and_then(|d| said.group.or_else(|| d.group_number(group, place, found)));
            out.metadata.push(ContentMetadata { group, own: own.map(|entity| Source::Json(Box::new(entity))) });
        }
        out
    }

    /// The implicit tree below a tile, and the URL of its first subtree; otherwise why there is none.
    fn implicit(
        &self,
        json: &serde_json::Value,
        trunk: &Trunk,
        contents: Vec<ContentJson>,
        file: &File<'_>,
        place: &str,
        found: &mut Vec<Diagnostic>,
    ) -> Result<(Implicit, Url), String> {
        let (scheme, subtrees) = Scheme::parse(json)?;
        if matches!(trunk.shape, Shape::Sphere { .. }) {
            return Err("a sphere cannot be divided".to_owned());
        }
        let document = self.metadata.document(file.document);
        let contents = contents.into_iter().map(|content| {
            if content.uri.is_empty() {
                let message = "a content has no uri; no tile has this content";
                found.push(Diagnostic::new("tile-uri-invalid", place, message));
            }
            let group = document.and_then(|d| d.group_number(content.metadata().0, place, found));
            ContentTemplate { uri: content.uri, group }
        });
        let implicit = Implicit {
            scheme,
            subtrees,
            contents: contents.collect(),
            base: file.url.clone(),
            shape: trunk.shape.clone(),
            frame: trunk.transform,
            geometric_error: trunk.geometric_error,
            refine: trunk.refine,
            document: file.document,
        };
        let url = implicit.subtree_url(Place { level: 0, at: [0; 3] })?;
        Ok((implicit, url))
    }

    /// The metadata of a tile or content; what is wrong with it by its schema is told here, once.
    fn entity(
        &self,
        json: Option<&serde_json::Value>,
        file: &File<'_>,
        place: &str,
        found: &mut Vec<Diagnostic>,
    ) -> Option<EntityJson> {
        let entity = EntityJson::parse(json, place, found)?;
        if let Some(schema) = self.metadata.document(file.document).and_then(|d| d.schema.as_deref()) {
            let _ = entity.read(Some(schema), place, found);
        }
        Some(entity)
    }

    /// What an entity has for a semantic; nothing without a schema.
    fn meaning(&self, entity: &EntityJson, file: &File<'_>, semantic: &str) -> Option<Value> {
        entity.by_semantic(semantic, self.metadata.document(file.document)?.schema.as_deref()?)
    }
}

/// The absolute URL of a content.
fn content_url(base: &Url, uri: &str, place: &str, found: &mut Vec<Diagnostic>) -> Option<Url> {
    let problem = if uri.is_empty() {
        // It would be the tileset itself.
        "a content has no uri".to_owned()
    } else {
        match base.join(uri) {
            Ok(url) => return Some(url),
            Err(e) => format!("content uri {uri:?}: {e}"),
        }
    };
    found.push(Diagnostic::new("tile-uri-invalid", place, format!("{problem}; the content is left out")));
    None
}

fn matrix(numbers: Option<&[f64]>, place: &str, found: &mut Vec<Diagnostic>) -> DMat4 {
    match numbers {
        None => DMat4::IDENTITY,
        Some(v) => match <&[f64; 16]>::try_from(v) {
            Ok(v) if v.iter().all(|x| x.is_finite() && x.abs() < 1e12) => DMat4::from_cols_array(v),
            _ => {
                found.push(Diagnostic::new("tile-transform-invalid", place, "not 16 finite numbers; ignored"));
                DMat4::IDENTITY
            }
        },
    }
}
