//! Subtrees made part of the tree: the tiles of an implicit tileset as they are (OGC 22-025r4, clause 9).

use super::{
    Bits, BoundingVolume, Refine, Subtree, Tile, TileId, Tileset, TilesetError,
    availability::Rank,
    frame,
    implicit::{Implicit, Place, Scheme},
    metadata::{ContentMetadata, Source, TileMetadata},
    semantics::{ContentOverrides, Meanings, Of, TileOverrides},
    shape::Shape,
    tree::{MAX_DEPTH, MAX_TILES},
};
use crate::{Diagnostic, metadata::PropertyTable};
use glam::DMat4;
use std::sync::Arc;
use url::Url;

/// Tiles of one subtree that are made, its children's roots counted. A few bytes can say that any number is there; ten
/// full levels of a quadtree are within this.
const MAX_GRAFT: usize = 500_000;
/// Bytes of the URLs and metadata of one subtree's contents.
const MAX_BYTES: usize = 256 << 20;
/// Defects of one subtree's tiles that are told.
const MAX_TOLD: usize = 64;

/// A property table and what it is a table of.
struct Rows {
    index: usize,
    /// `None` while its schema is not there.
    table: Option<Arc<PropertyTable>>,
}

impl Rows {
    fn meanings(rows: Option<&Self>, of: Of) -> Meanings<'_> {
        rows.and_then(|r| r.table.as_ref()).map(|table| Meanings::new(of, table)).unwrap_or_default()
    }
}

/// What a subtree says that a tile is.
struct Described {
    volume: BoundingVolume,
    geometric_error: f64,
    refine: Refine,
    transform: DMat4,
    contents: Vec<Url>,
    content_volumes: Vec<BoundingVolume>,
    metadata: TileMetadata,
}

/// One subtree on its way into the tree.
struct Graft<'a> {
    implicit: &'a Implicit,
    subtree: &'a Subtree,
    root: TileId,
    /// Where the subtree's root is.
    place: Place,
    tile_rows: Option<&'a Rows>,
    tile_meanings: Meanings<'a>,
    tile_rank: Rank<'a>,
    content_rows: &'a [Option<Rows>],
    content_meanings: Vec<Meanings<'a>>,
    content_ranks: Vec<Rank<'a>>,
    /// What the contents made so far take.
    bytes: usize,
}

impl Tileset {
    /// Makes a subtree part of the tree: `tile`, which waited for it ([`Tile::pending`]), gets its contents and what is
    /// below it, parents before children; the roots of the subtrees below wait for theirs. Returns what was wrong.
    ///
    /// The tile has to be loaded again afterwards if it has contents now: a selector is told that it is unloaded.
    ///
    /// # Errors
    /// The tile does not exist or waits for no subtree, or bitstreams are shorter than the tileset's levels need. The
    /// tree is unchanged then; [`Self::drop_pending`] ends the wait.
    pub fn attach_subtree(&mut self, tile: TileId, subtree: Subtree) -> Result<Vec<Diagnostic>, TilesetError> {
        let url = subtree.url.clone();
        let Some(before) = self.tile(tile).cloned() else {
            return Err(TilesetError::Tile { url, tile: tile.0 });
        };
        let root = self.subtree_roots.get(&tile).cloned();
        let Some((implicit, place)) = root.filter(|_| before.pending.is_some()) else {
            return Err(TilesetError::NotPending { url, tile: tile.0 });
        };
        let mut subtree = subtree;
        let mut found = std::mem::take(&mut subtree.found);
        fit(&mut subtree, &implicit, &mut found)?;
        count_rows(&mut subtree, implicit.scheme);

        let raw = std::mem::take(&mut subtree.metadata);
        let (tile_table, content_tables) = (raw.tiles, raw.contents.clone());
        let tables = self.metadata.put_subtree(tile, implicit.document, &url, raw, &mut found);
        let rows = |index: Option<usize>| {
            let index = index?;
            tables?.rows(index).map(|table| Rows { index, table })
        };
        let tile_rows = rows(tile_table);
        let content_rows: Vec<_> = content_tables.into_iter().map(rows).collect();

        self.slots.remember(before);
        let mut graft = Graft {
            implicit: &implicit,
            subtree: &subtree,
            root: tile,
            place,
            tile_rows: tile_rows.as_ref(),
            tile_meanings: Rows::meanings(tile_rows.as_ref(), Of::Tile),
            tile_rank: Rank::new(&subtree.tiles),
            content_rows: &content_rows,
            content_meanings: content_rows.iter().map(|r| Rows::meanings(r.as_ref(), Of::Content)).collect(),
            content_ranks: subtree.contents.iter().map(Rank::new).collect(),
            bytes: 0,
        };
        if let Some(t) = self.tiles.get_mut(tile.0 as usize) {
            t.pending = None;
        }
        if subtree.tiles.get(0) {
            graft.grow(self, &mut found);
        } else {
            let message = "has no root tile, though the tileset says so; nothing is there";
            found.push(Diagnostic::new("subtree-empty", url.as_str(), message));
        }
        Ok(found)
    }

    /// Ends a tile's wait for a subtree that cannot be had: nothing is there, for good. Does nothing to other tiles.
    pub fn drop_pending(&mut self, tile: TileId) {
        if let Some(tile) = self.tiles.get_mut(tile.0 as usize).filter(|t| t.id == tile) {
            tile.pending = None;
        }
    }
}

/// Checks that there is a bit for each tile.
fn fit(subtree: &mut Subtree, implicit: &Implicit, found: &mut Vec<Diagnostic>) -> Result<(), TilesetError> {
    let scheme = implicit.scheme;
    let tiles = scheme.tiles_above(scheme.subtree_levels);
    let short = |bits: &Bits, length: u64| match bits {
        Bits::Stream(bytes) if (bytes.len() as u64) < length.div_ceil(8) => {
            Some(format!("{} bytes where {length} bits need {}", bytes.len(), length.div_ceil(8)))
        }
        _ => None,
    };
    let checks = [
        ("tileAvailability", short(&subtree.tiles, tiles)),
        ("childSubtreeAvailability", short(&subtree.children, scheme.subtrees_below())),
    ];
    for (what, problem) in checks {
        if let Some(problem) = problem {
            return Err(TilesetError::Subtree { url: subtree.url.clone(), message: format!("{what} has {problem}") });
        }
    }
    for (i, bits) in subtree.contents.iter_mut().enumerate() {
        if let Some(problem) = short(bits, tiles) {
            let message = format!("availability of content {i} has {problem}; there is none of this content");
            found.push(Diagnostic::new("subtree-content-broken", subtree.url.as_str(), message));
            *bits = Bits::All(false);
        }
    }
    if subtree.contents.len() > implicit.contents.len() {
        let message = format!("{} contents where the tileset has {}", subtree.contents.len(), implicit.contents.len());
        found.push(Diagnostic::new("subtree-contents-many", subtree.url.as_str(), message));
        subtree.contents.truncate(implicit.contents.len());
    }
    Ok(())
}

/// The tables of the first drafts did not say how long they are: as long as there are tiles.
fn count_rows(subtree: &mut Subtree, scheme: Scheme) {
    let rows = subtree.tiles.count(scheme.tiles_above(scheme.subtree_levels));
    if let Some(table) = subtree.metadata.tiles.and_then(|t| subtree.metadata.tables.get_mut(t))
        && let Some(table) = table.as_object_mut()
    {
        table.entry("count").or_insert_with(|| rows.into());
    }
}

impl Graft<'_> {
    /// Adds the tiles level by level, so that where it is cut the coarse levels are whole.
    fn grow(&mut self, set: &mut Tileset, found: &mut Vec<Diagnostic>) {
        let scheme = self.implicit.scheme;
        let described = set.tile(self.root).map(|t| t.transform).map(|t| self.describe(0, self.place, t, found));
        let Some((root, described)) = set.tiles.get_mut(self.root.0 as usize).zip(described) else { return };
        root.volume = described.volume;
        root.geometric_error = described.geometric_error;
        root.refine = described.refine;
        root.transform = described.transform;
        root.contents = described.contents;
        root.content_volumes = described.content_volumes;
        set.metadata.put(self.root, described.metadata);

        let mut row = vec![(0u64, self.root)];
        let mut made = 0usize;
        for level in 1..=scheme.subtree_levels {
            if self.place.level + level >= scheme.available_levels || row.is_empty() {
                return;
            }
            let is_subtree_root = level == scheme.subtree_levels;
            let (bits, first) = if is_subtree_root {
                (&self.subtree.children, 0)
            } else {
                (&self.subtree.tiles, scheme.tiles_above(level))
            };
            let mut next = Vec::new();
            for (above, parent) in row {
                for index in above * scheme.children()..(above + 1) * scheme.children() {
                    if !bits.get(first + index) {
                        continue;
                    }
                    let depth = set.tile(parent).map_or(0, |p| p.depth + 1);
                    let too_many = made >= MAX_GRAFT || set.tiles().len() >= MAX_TILES || self.bytes > MAX_BYTES;
                    if too_many || depth > MAX_DEPTH {
                        let message = format!("cut after {made} tiles at level {level}: more than can be held");
                        found.push(Diagnostic::new("subtree-too-large", self.subtree.url.as_str(), message));
                        return;
                    }
                    made += 1;
                    let place = scheme.below(self.place, level, index);
                    let id = if is_subtree_root {
                        self.add_root(set, parent, place, depth, found)
                    } else {
                        self.add(set, parent, place, first + index, depth, found)
                    };
                    next.push((index, id));
                }
            }
            row = next;
        }
    }

    /// Adds a tile of the subtree.
    fn add(
        &mut self,
        set: &mut Tileset,
        parent: TileId,
        place: Place,
        index: u64,
        depth: u32,
        found: &mut Vec<Diagnostic>,
    ) -> TileId {
        let (outer, gltf_z_up) = set.tile(parent).map_or((self.implicit.frame, false), |p| (p.transform, p.gltf_z_up));
        let described = self.describe(index, place, outer, found);
        let id = set.next_id(Some(parent));
        set.put(Tile {
            id,
            parent: Some(parent),
            children: Vec::new(),
            transform: described.transform,
            volume: described.volume,
            viewer_request_volume: None,
            geometric_error: described.geometric_error,
            refine: described.refine,
            contents: described.contents,
            content_volumes: described.content_volumes,
            pending: None,
            depth,
            gltf_z_up,
        });
        set.metadata.put(id, described.metadata);
        adopt(set, parent, id);
        id
    }

    /// Adds the root of a subtree below.
    fn add_root(
        &self,
        set: &mut Tileset,
        parent: TileId,
        place: Place,
        depth: u32,
        found: &mut Vec<Diagnostic>,
    ) -> TileId {
        let (outer, gltf_z_up) = set.tile(parent).map_or((self.implicit.frame, false), |p| (p.transform, p.gltf_z_up));
        let pending = self.implicit.subtree_url(place);
        let pending = pending.map_err(|message| {
            self.tell("subtree-uri-invalid", format!("the subtree at {place}: {message}; it is left out"), found);
        });
        let id = set.next_id(Some(parent));
        set.put(Tile {
            id,
            parent: Some(parent),
            children: Vec::new(),
            transform: outer,
            volume: self.volume(self.implicit.shape(place).as_ref()),
            viewer_request_volume: None,
            geometric_error: self.implicit.error(place.level),
            refine: self.implicit.refine,
            contents: Vec::new(),
            content_volumes: Vec::new(),
            pending: pending.ok(),
            depth,
            gltf_z_up,
        });
        if let Some((implicit, _)) = set.subtree_roots.get(&self.root).cloned() {
            set.subtree_roots.insert(id, (implicit, place));
        }
        adopt(set, parent, id);
        id
    }

    /// Tells of a defect, but not of the same in every tile.
    fn tell(&self, code: &'static str, message: String, found: &mut Vec<Diagnostic>) {
        if found.len() < MAX_TOLD {
            found.push(Diagnostic::new(code, self.subtree.url.as_str(), message));
        }
    }

    /// The volume of what the division gives: in the frame of the implicit root tile.
    fn volume(&self, derived: Option<&Shape>) -> BoundingVolume {
        derived.unwrap_or(&self.implicit.shape).volume(&self.implicit.frame)
    }

    /// What the tile with a bit of tile availability is.
    fn describe(&mut self, index: u64, place: Place, outer: DMat4, found: &mut Vec<Diagnostic>) -> Described {
        let row = self.tile_rank.of(index);
        let meanings = &self.tile_meanings;
        let said = match self.tile_rows.and_then(|rows| rows.table.as_ref()) {
            Some(table) => TileOverrides::read(&|semantic| meanings.get(table, row, semantic)),
            None => TileOverrides::default(),
        };
        let transform = said.transform.map_or(outer, |local| {
            frame::within(&outer, &local).unwrap_or_else(|| {
                let message = format!("the transform of {place} takes it farther away than anything is; ignored");
                self.tell("tile-transform-invalid", message, found);
                outer
            })
        });
        let derived = self.implicit.shape(place);
        let given = said.bounds.apply(derived.as_ref());
        let volume = match &given {
            Some(shape) => shape.volume(&transform),
            None => self.volume(derived.as_ref()),
        };
        let own = self.tile_rows.map(|rows| Source::Row { subtree: self.root, table: rows.index, row });
        let mut out = Described {
            volume,
            geometric_error: said.geometric_error.unwrap_or_else(|| self.implicit.error(place.level)),
            refine: said.refine.unwrap_or(self.implicit.refine),
            transform,
            contents: Vec::new(),
            content_volumes: Vec::new(),
            metadata: TileMetadata { document: self.implicit.document, own, contents: Vec::new() },
        };
        let shape = given.or(derived);
        let subtree = self.subtree;
        for (n, _) in subtree.contents.iter().enumerate().filter(|(_, bits)| bits.get(index)) {
            self.content(n, index, place, shape.as_ref(), &mut out, found);
        }
        if out.content_volumes.len() != out.contents.len() {
            out.content_volumes = Vec::new();
        }
        out
    }

    /// Adds the content number `n` of the implicit root tile to a tile.
    fn content(
        &mut self,
        n: usize,
        index: u64,
        place: Place,
        shape: Option<&Shape>,
        out: &mut Described,
        found: &mut Vec<Diagnostic>,
    ) {
        let Some((template, rank)) = self.implicit.contents.get(n).zip(self.content_ranks.get_mut(n)) else { return };
        let row = rank.of(index);
        let rows = self.content_rows.get(n).and_then(Option::as_ref);
        let table = rows.and_then(|rows| rows.table.as_ref());
        let said = match table.zip(self.content_meanings.get(n)) {
            Some((table, meanings)) => ContentOverrides::read(&|semantic| meanings.get(table, row, semantic)),
            None => ContentOverrides::default(),
        };
        let url = match &said.uri {
            Some(uri) => self.implicit.base.join(uri).map_err(|e| format!("{uri:?}: {e}")),
            // The tileset's file has been told of it.
            None if template.uri.is_empty() => return,
            None => self.implicit.content_url(template, place),
        };
        let url = match url {
            Ok(url) => url,
            Err(message) => {
                let message = format!("content {n} at {place}: {message}; it is left out");
                return self.tell("tile-uri-invalid", message, found);
            }
        };
        self.bytes += url.as_str().len() + size_of::<Url>() + size_of::<ContentMetadata>();
        out.contents.push(url);
        out.content_volumes.extend(said.bounds.apply(shape).map(|shape| shape.volume(&out.transform)));
        let own = rows.map(|rows| Source::Row { subtree: self.root, table: rows.index, row });
        out.metadata.contents.push(ContentMetadata { group: said.group.or(template.group), own });
    }
}

fn adopt(set: &mut Tileset, parent: TileId, child: TileId) {
    if let Some(p) = set.tiles.get_mut(parent.0 as usize) {
        p.children.push(child);
    }
}
