//! The metadata of a tree: kept beside the tiles, for those that have any.

use super::{
    Tileset, TilesetError,
    document::{Document, Group, PropertyRange, Statistics},
    subtree::SubtreeMetadata,
    tree::TileId,
};
use crate::{
    Diagnostic, MetadataEntity,
    metadata::{EntityJson, PropertyTable, Schema},
};
use serde::Deserialize as _;
use std::{collections::BTreeMap, sync::Arc};
use url::Url;

/// The metadata of a tileset with everything grafted in so far.
#[derive(Debug, Clone, Default)]
pub(super) struct TreeMetadata {
    /// By the root tile of each file.
    documents: BTreeMap<TileId, Document>,
    /// By the root tile of each subtree that has metadata.
    subtrees: BTreeMap<TileId, SubtreeTables>,
    tiles: BTreeMap<TileId, TileMetadata>,
    /// Of tiles with a content that gave way to the external tileset that it was, as it was before.
    whole: BTreeMap<TileId, TileMetadata>,
}

/// The metadata of one tile and its contents.
#[derive(Debug, Clone)]
pub(super) struct TileMetadata {
    /// The root tile of the file that it is of.
    pub(super) document: TileId,
    pub(super) own: Option<Source>,
    /// As many as the tile has contents, or none.
    pub(super) contents: Vec<ContentMetadata>,
}

/// The metadata of one content.
#[derive(Debug, Clone, Default)]
pub(super) struct ContentMetadata {
    pub(super) group: Option<u32>,
    pub(super) own: Option<Source>,
}

/// Where the values are.
#[derive(Debug, Clone)]
pub(super) enum Source {
    Json(Box<EntityJson>),
    /// A row of a table of a subtree, by the subtree's root tile.
    Row {
        subtree: TileId,
        table: usize,
        row: u32,
    },
}

/// The property tables of a subtree.
#[derive(Debug, Clone)]
pub(super) struct SubtreeTables {
    document: TileId,
    url: Url,
    own: Option<EntityJson>,
    /// What the tables are read from, until they are.
    raw: Option<Arc<SubtreeMetadata>>,
    tables: Vec<Option<Arc<PropertyTable>>>,
}

impl TileMetadata {
    /// Whether there is anything in it.
    pub(super) fn is_some(&self) -> bool {
        self.own.is_some() || self.contents.iter().any(|c| c.group.is_some() || c.own.is_some())
    }
}

impl SubtreeTables {
    fn read(&mut self, schema: &Schema, found: &mut Vec<Diagnostic>) {
        let Some(raw) = self.raw.take() else { return };
        let used = raw.used();
        let mut defects = Vec::new();
        let read = |(i, json)| {
            if !used.contains(&i) {
                return None;
            }
            let table = PropertyTable::read(json, schema, &|view| raw.views.get(view), &mut defects);
            table
                .map(Arc::new)
                .map_err(|e| defects.push(Diagnostic::new("property-table-broken", "", e.to_string())))
                .ok()
        };
        self.tables = raw.tables.iter().enumerate().map(read).collect();
        if let Some(own) = &self.own {
            let _ = own.read(Some(schema), "subtreeMetadata", &mut defects);
        }
        found.extend(defects.into_iter().map(|d| Diagnostic { place: format!("{} {}", self.url, d.place), ..d }));
    }

    fn table(&self, index: usize) -> Option<&Arc<PropertyTable>> {
        self.tables.get(index)?.as_ref()
    }

    /// What rows of a table may be kept for: the table, or nothing yet while its schema is not there. `None` when there
    /// is no such table, or it could not be read.
    pub(super) fn rows(&self, index: usize) -> Option<Option<Arc<PropertyTable>>> {
        match &self.raw {
            Some(raw) => (index < raw.tables.len()).then_some(None),
            None => Some(Some(self.table(index)?.clone())),
        }
    }
}

impl TreeMetadata {
    /// Takes the file whose root tile will be `root`; its schema may be known already from another file.
    pub(super) fn open(&mut self, root: TileId, mut document: Document, found: &mut Vec<Diagnostic>) {
        if document.is_schema_wanted {
            let known = self.documents.values().find(|d| d.schema_url == document.schema_url && d.schema.is_some());
            if let Some(schema) = known.and_then(|d| d.schema.clone()) {
                document.schema = Some(schema);
                document.is_schema_wanted = false;
                document.check(found);
            }
        }
        self.documents.insert(root, document);
    }

    /// The file whose root tile this is.
    pub(super) fn document(&self, root: TileId) -> Option<&Document> {
        self.documents.get(&root)
    }

    /// Keeps the metadata of a tile.
    pub(super) fn put(&mut self, tile: TileId, metadata: TileMetadata) {
        if metadata.is_some() {
            self.tiles.insert(tile, metadata);
        }
    }

    /// Takes the tables of the subtree at `root`, and reads them if their schema is there.
    pub(super) fn put_subtree(
        &mut self,
        root: TileId,
        document: TileId,
        url: &Url,
        mut raw: SubtreeMetadata,
        found: &mut Vec<Diagnostic>,
    ) -> Option<&SubtreeTables> {
        if raw.used().is_empty() && raw.own.is_none() {
            return None;
        }
        let own = raw.own.take();
        let mut tables =
            SubtreeTables { document, url: url.clone(), own, raw: Some(Arc::new(raw)), tables: Vec::new() };
        match self.documents.get(&document) {
            Some(Document { schema: Some(schema), .. }) => tables.read(schema, found),
            Some(Document { is_schema_wanted: true, .. }) => {
                let message = "the schema has not been fetched: its metadata changes no volume and no error";
                found.push(Diagnostic::new("schema-missing", url.as_str(), message));
            }
            _ => {
                let message = "there is no schema; its metadata is left out";
                found.push(Diagnostic::new("schema-missing", url.as_str(), message));
                tables.raw = None;
            }
        }
        self.subtrees.insert(root, tables);
        self.subtrees.get(&root)
    }

    /// A content of a tile was an external tileset and is no content of it any more.
    pub(super) fn hide_content(&mut self, tile: TileId, n: usize) {
        if let Some(metadata) = self.tiles.get_mut(&tile)
            && n < metadata.contents.len()
        {
            self.whole.entry(tile).or_insert_with(|| metadata.clone());
            metadata.contents.remove(n);
        }
    }

    /// Forgets what belongs to a tile that is gone.
    pub(super) fn forget(&mut self, tile: TileId) {
        self.documents.remove(&tile);
        self.whole.remove(&tile);
        self.subtrees.remove(&tile);
        self.tiles.remove(&tile);
    }

    /// What was grafted onto a tile has been taken out again. The root of a subtree has nothing that is not of the
    /// subtree.
    pub(super) fn restore(&mut self, tile: TileId, is_subtree_root: bool) {
        let whole = self.whole.remove(&tile);
        if is_subtree_root {
            self.subtrees.remove(&tile);
            self.tiles.remove(&tile);
        } else if let Some(whole) = whole {
            self.tiles.insert(tile, whole);
        }
    }

    fn entity(&self, source: &Source, document: TileId) -> Option<MetadataEntity> {
        match source {
            Source::Json(json) => {
                let schema = self.documents.get(&document).and_then(|d| d.schema.as_deref());
                Some(json.read(schema, "", &mut Vec::new()))
            }
            Source::Row { subtree, table, row } => {
                let table = self.subtrees.get(subtree)?.table(*table)?;
                let is_row = *row < table.count();
                is_row.then(|| MetadataEntity { class: table.class().id.clone(), properties: table.row(*row) })
            }
        }
    }
}

impl Tileset {
    /// The next schema that is in a file of its own and has not been given by [`Self::set_schema`] nor given up by
    /// [`Self::drop_schema`]. Subtrees are best attached after it: their metadata may say tighter volumes.
    #[must_use]
    pub fn schema_uri(&self) -> Option<&Url> {
        let wanted = self.metadata.documents.values().find(|d| d.is_schema_wanted);
        wanted.and_then(|d| d.schema_url.as_ref())
    }

    /// Gives the schema file that came from `url` to every tileset in the tree that refers to it; returns what is wrong
    /// with the metadata by that schema.
    ///
    /// # Errors
    /// It is no schema. It is asked for no more then.
    pub fn set_schema(&mut self, url: &Url, bytes: &[u8]) -> Result<Vec<Diagnostic>, TilesetError> {
        let json: Result<serde_json::Value, _> = serde_json::from_slice(bytes);
        let schema = match json.and_then(Schema::deserialize) {
            Ok(schema) => Arc::new(schema),
            Err(source) => {
                self.drop_schema(url);
                return Err(TilesetError::Schema { url: url.clone(), source });
            }
        };
        let mut found = Vec::new();
        let TreeMetadata { documents, subtrees, tiles, .. } = &mut self.metadata;
        let mut given = Vec::new();
        for (root, document) in documents.iter_mut() {
            if document.is_schema_wanted && document.schema_url.as_ref() == Some(url) {
                document.is_schema_wanted = false;
                document.schema = Some(schema.clone());
                document.check(&mut found);
                given.push(*root);
            }
        }
        for tables in subtrees.values_mut().filter(|t| given.contains(&t.document)) {
            tables.read(&schema, &mut found);
        }
        for (id, tile) in tiles.iter().filter(|(_, t)| given.contains(&t.document)) {
            for source in tile.own.iter().chain(tile.contents.iter().filter_map(|c| c.own.as_ref())) {
                if let Source::Json(json) = source {
                    let _ = json.read(Some(&schema), &format!("{url} (tile {})", id.0), &mut found);
                }
            }
        }
        Ok(found)
    }

    /// Gives up a schema that cannot be had: metadata is given as it is written, and tables of subtrees are left out.
    pub fn drop_schema(&mut self, url: &Url) {
        for document in self.metadata.documents.values_mut().filter(|d| d.schema_url.as_ref() == Some(url)) {
            document.is_schema_wanted = false;
        }
    }

    /// The metadata of the tileset as a whole.
    #[must_use]
    pub fn metadata(&self) -> Option<MetadataEntity> {
        self.metadata.document(TileId(0))?.metadata(&mut Vec::new())
    }

    /// The metadata of the tileset file that a tile comes from: of an external one for the tiles that it brought.
    #[must_use]
    pub fn metadata_at(&self, tile: TileId) -> Option<MetadataEntity> {
        self.above(tile).find_map(|id| self.metadata.document(id))?.metadata(&mut Vec::new())
    }

    /// The groups of the tileset, by their numbers.
    #[must_use]
    pub fn groups(&self) -> Vec<Group> {
        let document = self.metadata.document(TileId(0));
        document.map_or_else(Vec::new, |d| (0..d.groups.len()).filter_map(|n| d.group(n, &mut Vec::new())).collect())
    }

    /// What the tileset says of the values of its metadata as a whole.
    #[must_use]
    pub fn statistics(&self) -> Option<&Statistics> {
        self.metadata.document(TileId(0)).map(|d| &d.statistics)
    }

    /// Least and greatest values of the features' properties by their names, as 1.0 writes them (`properties`).
    #[must_use]
    pub fn property_ranges(&self) -> Option<&BTreeMap<String, PropertyRange>> {
        self.metadata.document(TileId(0)).map(|d| &d.properties)
    }

    /// `asset.tilesetVersion`: which edition of the tileset this is, in its maker's words.
    #[must_use]
    pub fn tileset_version(&self) -> Option<&str> {
        self.metadata.document(TileId(0))?.tileset_version.as_deref()
    }

    /// `asset.extras`: whatever its maker added.
    #[must_use]
    pub fn asset_extras(&self) -> Option<&serde_json::Value> {
        self.metadata.document(TileId(0))?.extras.as_ref()
    }

    /// The metadata of a tile, from the tileset's file or a subtree's table.
    #[must_use]
    pub fn tile_metadata(&self, tile: TileId) -> Option<MetadataEntity> {
        let metadata = self.metadata.tiles.get(&tile)?;
        self.metadata.entity(metadata.own.as_ref()?, metadata.document)
    }

    /// The metadata of a tile's content number `n`, by the order of [`super::Tile::contents`].
    #[must_use]
    pub fn content_metadata(&self, tile: TileId, n: usize) -> Option<MetadataEntity> {
        let metadata = self.metadata.tiles.get(&tile)?;
        self.metadata.entity(metadata.contents.get(n)?.own.as_ref()?, metadata.document)
    }

    /// The group of a tile's content number `n`: its number in its tileset's file, and what it is.
    #[must_use]
    pub fn content_group(&self, tile: TileId, n: usize) -> Option<(u32, Group)> {
        let metadata = self.metadata.tiles.get(&tile)?;
        let number = metadata.contents.get(n)?.group?;
        let group = self.metadata.document(metadata.document)?.group(number as usize, &mut Vec::new())?;
        Some((number, group))
    }

    /// The metadata of the subtree that a tile comes from.
    #[must_use]
    pub fn subtree_metadata(&self, tile: TileId) -> Option<MetadataEntity> {
        let root = self.above(tile).find(|id| self.subtree_roots.contains_key(id))?;
        let tables = self.metadata.subtrees.get(&root)?;
        let schema = self.metadata.document(tables.document).and_then(|d| d.schema.as_deref());
        Some(tables.own.as_ref()?.read(schema, "", &mut Vec::new()))
    }

    /// A tile and all above it.
    fn above(&self, tile: TileId) -> impl Iterator<Item = TileId> {
        std::iter::successors(self.tile(tile), |t| self.tile(t.parent?)).map(|t| t.id)
    }
}
