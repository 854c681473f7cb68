//! A reader of whole tilesets, as an application is one: whatever is wanted is read from the files, to the last tile.

use crate::build::Files;
use glam::{DMat4, DVec3};
use std::{cell::RefCell, collections::BTreeSet};
use tiles3d::{
    Content, DecodeOptions, DecodedTile, Subtree, TileId, Tileset,
    content::{PrimitiveMode, inflate},
    decode_content,
};
use url::Url;

/// What came of a tileset.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    pub(crate) tileset: Option<Tileset>,
    /// Middles of all triangles, lines and points in the root frame, centimetres, sorted.
    pub(crate) middles: Vec<[i64; 3]>,
    pub(crate) models: Vec<(TileId, DecodedTile)>,
    /// Codes of what was amiss, and errors in words.
    pub(crate) amiss: Vec<String>,
}

impl Seen {
    /// What is known at the middle of the first element of the first model.
    pub(crate) fn at_first(&self) -> Vec<String> {
        let scopes = self.models[0].1.properties_at(0, 0, [0.34, 0.33, 0.33]);
        let of = |(name, value): &(String, tiles3d::Value)| format!("{name}={value}");
        scopes.iter().flat_map(|s| s.properties.iter().map(of)).collect()
    }
}

/// Reads all of it.
pub(crate) fn load(files: &Files) -> Seen {
    load_from(&|path| files.get(path).cloned().ok_or_else(|| format!("{path} is not there")))
}

/// The same from wherever files are read by their paths.
pub(crate) fn load_from(read: &dyn Fn(&str) -> Result<Vec<u8>, String>) -> Seen {
    let reader = Reader { read, seen: RefCell::default() };
    reader.tileset();
    let mut seen = reader.seen.into_inner();
    seen.middles.sort_unstable();
    seen
}

struct Reader<'a> {
    read: &'a dyn Fn(&str) -> Result<Vec<u8>, String>,
    seen: RefCell<Seen>,
}

impl Reader<'_> {
    fn file(&self, url: &Url) -> Result<Vec<u8>, String> {
        (self.read)(url.path().trim_start_matches('/'))
    }

    fn amiss(&self, what: impl ToString) {
        self.seen.borrow_mut().amiss.push(what.to_string());
    }

    fn tileset(&self) {
        let url = Url::parse("http://h/tileset.json").unwrap();
        let read = self.file(&url).and_then(|b| inflate(&b, 1 << 20).map(|b| b.to_vec()).map_err(|e| e.to_string()));
        let parsed = read.and_then(|b| Tileset::parse(&b, &url).map_err(|e| e.to_string()));
        let (mut set, found) = match parsed {
            Ok(parsed) => parsed,
            Err(e) => return self.amiss(e),
        };
        found.iter().for_each(|d| self.amiss(d.code));
        // Tiles come behind those that bring them.
        let mut done = BTreeSet::new();
        loop {
            let next = set.tiles().map(|t| t.id).find(|id| !done.contains(id));
            let Some(id) = next else { break };
            self.schemas(&mut set);
            self.subtrees(&mut set, id);
            done.insert(id);
            self.contents(&mut set, id);
            assert!(done.len() < 1000, "it does not end");
        }
        self.seen.borrow_mut().tileset = Some(set);
    }

    /// The schemas of the tileset and of those that became part of it.
    fn schemas(&self, set: &mut Tileset) {
        while let Some(url) = set.schema_uri().cloned() {
            match self.file(&url).and_then(|b| set.set_schema(&url, &b).map_err(|e| e.to_string())) {
                Ok(found) => found.iter().for_each(|d| self.amiss(d.code)),
                Err(e) => {
                    self.amiss(e);
                    set.drop_schema(&url);
                }
            }
        }
    }

    fn subtrees(&self, set: &mut Tileset, id: TileId) {
        while let Some(url) = set.tile(id).and_then(|t| t.pending.clone()) {
            let mut fetch = |uri: &str| self.file(&url.join(uri).map_err(|e| e.to_string())?);
            let subtree = self.file(&url).and_then(|b| Subtree::parse(&b, &url, &mut fetch).map_err(|e| e.to_string()));
            match subtree.and_then(|s| set.attach_subtree(id, s).map_err(|e| e.to_string())) {
                Ok(found) => found.iter().for_each(|d| self.amiss(d.code)),
                Err(e) => {
                    self.amiss(e);
                    set.drop_pending(id);
                }
            }
        }
    }

    fn contents(&self, set: &mut Tileset, id: TileId) {
        let Some(tile) = set.tile(id).cloned() else { return };
        for url in &tile.contents {
            let bytes = match self.file(url) {
                Ok(bytes) => bytes,
                Err(e) => {
                    self.amiss(e);
                    continue;
                }
            };
            let options = DecodeOptions {
                gltf_z_up: tile.gltf_z_up,
                tile_transform: Some(tile.transform),
                max_decoded_bytes: 1 << 22,
                ..DecodeOptions::default()
            };
            let mut fetch = |uri: &str| self.file(&url.join(uri).map_err(|e| e.to_string())?);
            match decode_content(&bytes, &options, &mut fetch) {
                Ok(Content::Models(models)) => models.into_iter().for_each(|m| self.model(id, m, &tile.transform)),
                Ok(Content::Tileset) => {
                    let json = inflate(&bytes, 1 << 20).unwrap().to_vec();
                    match set.attach_external(id, &json, url) {
                        Ok(found) => found.iter().for_each(|d| self.amiss(d.code)),
                        Err(e) => self.amiss(e),
                    }
                }
                Err(e) => self.amiss(e),
            }
        }
    }

    fn model(&self, id: TileId, model: DecodedTile, root_from_tile: &DMat4) {
        model.diagnostics.iter().for_each(|d| self.amiss(d.code));
        let mut middles = Vec::new();
        for p in &model.primitives {
            let corners = match p.mode {
                PrimitiveMode::Triangles => 3,
                PrimitiveMode::Lines => 2,
                PrimitiveMode::Points => 1,
            };
            for element in p.indices.chunks_exact(corners) {
                let at = |i: &u32| DVec3::from(p.positions[*i as usize].map(f64::from));
                let middle = element.iter().map(at).sum::<DVec3>() / corners as f64;
                let place = |v: DVec3| root_from_tile.transform_point3(model.origin + v);
                match p.instances {
                    Some(list) => {
                        let copies = &model.instances[list];
                        middles.extend(copies.iter().map(|i| place(i.transform.transform_point3(middle))));
                    }
                    None => middles.push(place(middle)),
                }
            }
        }
        let mut seen = self.seen.borrow_mut();
        seen.middles.extend(middles.iter().map(|m| (*m * 100.0).round().to_array().map(|x| x as i64)));
        seen.models.push((id, model));
    }
}
