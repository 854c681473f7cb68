//! Taking grafted parts out of the tree again, so that a year of flying does not grow it.
//!
//! What an external tileset or a subtree brought can be fetched again: the tile that pointed to it is put back as it was
//! before, and the places of what hung below it are free for the next graft. A tile never takes a place below its
//! parent's, so that the order of ids stays one of parents before children; the arena's length is then bounded by the
//! most tiles ever held at a time, times the levels of nested tilesets.

use super::{Tile, TileId, Tileset};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

/// The id of a place with no tile.
const NOBODY: TileId = TileId(u32::MAX);

/// Which places of the arena are free, and what stood where something was grafted.
#[derive(Debug, Clone, Default)]
pub(super) struct Slots {
    free: BTreeSet<u32>,
    /// How often each place has been freed; what is beyond the end never was.
    generations: Vec<u32>,
    grafts: BTreeMap<TileId, Tile>,
}

impl Slots {
    /// Remembers a tile as it was before something was grafted onto it. The first time counts: a tile with two external
    /// tilesets gets both pointers back.
    pub(super) fn remember(&mut self, before: Tile) {
        self.grafts.entry(before.id).or_insert(before);
    }

    /// The tiles that are there.
    pub(super) fn live<'a>(&self, tiles: &'a [Tile]) -> impl ExactSizeIterator<Item = &'a Tile> + use<'a> {
        Live { places: tiles.iter(), left: tiles.len().saturating_sub(self.free.len()) }
    }
}

struct Live<'a> {
    places: std::slice::Iter<'a, Tile>,
    left: usize,
}

impl<'a> Iterator for Live<'a> {
    type Item = &'a Tile;

    fn next(&mut self) -> Option<&'a Tile> {
        let tile = self.places.find(|tile| tile.id != NOBODY)?;
        self.left = self.left.saturating_sub(1);
        Some(tile)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

impl ExactSizeIterator for Live<'_> {}

impl Tileset {
    /// How often the place of an id has been taken from a tile and given to another. What was started for a tile (a
    /// download, a decode) belongs to it only while this number is the same.
    #[must_use]
    pub fn generation(&self, id: TileId) -> u32 {
        self.slots.generations.get(id.0 as usize).copied().unwrap_or(0)
    }

    /// Length of the arena: every id is below it.
    pub(crate) fn places(&self) -> usize {
        self.tiles.len()
    }

    /// The first tile after `after` onto which something is grafted.
    pub(crate) fn next_graft(&self, after: Option<TileId>) -> Option<TileId> {
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        self.slots.grafts.range((from, Bound::Unbounded)).next().map(|(id, _)| *id)
    }

    /// The tiles that hang below `pointer` because they were grafted there, those of nested grafts too.
    pub(crate) fn grafted(&self, pointer: TileId, out: &mut Vec<TileId>) {
        let Some((before, now)) = self.slots.grafts.get(&pointer).zip(self.tile(pointer)) else { return };
        let start = out.len();
        out.extend(now.children.iter().filter(|c| !before.children.contains(c)));
        let mut next = start;
        while let Some(tile) = out.get(next).and_then(|id| self.tile(*id)) {
            next += 1;
            out.extend_from_slice(&tile.children);
        }
    }

    /// Takes out what was grafted onto `pointer` and puts the pointer back. `gone` is what [`Self::grafted`] lists.
    pub(crate) fn cut(&mut self, pointer: TileId, gone: &[TileId]) {
        let Some(before) = self.slots.grafts.remove(&pointer) else { return };
        if let Some(tile) = self.tiles.get_mut(pointer.0 as usize) {
            *tile = before;
        }
        self.metadata.restore(pointer, self.subtree_roots.contains_key(&pointer));
        for id in gone {
            let place = id.0 as usize;
            let Some(tile) = self.tiles.get_mut(place).filter(|tile| tile.id == *id) else { continue };
            tile.id = NOBODY;
            tile.children = Vec::new();
            tile.contents = Vec::new();
            tile.content_volumes = Vec::new();
            tile.pending = None;
            self.metadata.forget(*id);
            self.subtree_roots.remove(id);
            self.slots.grafts.remove(id);
            self.slots.free.insert(id.0);
            if self.slots.generations.len() <= place {
                self.slots.generations.resize(place + 1, 0);
            }
            self.slots.generations[place] = self.slots.generations[place].wrapping_add(1);
        }
    }

    /// The id that the next tile below `parent` gets.
    pub(super) fn next_id(&self, parent: Option<TileId>) -> TileId {
        let above = parent.map_or(Bound::Unbounded, |p| Bound::Excluded(p.0));
        let free = self.slots.free.range((above, Bound::Unbounded)).next();
        TileId(free.copied().unwrap_or(self.tiles.len() as u32))
    }

    /// Puts a tile with an id from [`Self::next_id`] into its place.
    pub(super) fn put(&mut self, tile: Tile) {
        match self.tiles.get_mut(tile.id.0 as usize) {
            Some(place) => {
                self.slots.free.remove(&tile.id.0);
                *place = tile;
            }
            None => self.tiles.push(tile),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use url::Url;

    fn json(children: &str) -> String {
        format!(
            r#"{{"asset":{{"version":"1.1"}},"root":{{"boundingVolume":{{"sphere":[0,0,0,9]}},"geometricError":4,
            "children":[{children}]}}}}"#
        )
    }

    fn tile(uri: &str) -> String {
        format!(
            r#"{{"boundingVolume":{{"sphere":[0,0,0,9]}},"geometricError":2,"content":{{"uri":"{uri}",
            "boundingVolume":{{"sphere":[1,0,0,2]}}}}}}"#
        )
    }

    fn url(name: &str) -> Url {
        Url::parse("http://h/").unwrap().join(name).unwrap()
    }

    fn cut(set: &mut Tileset, pointer: u32) -> Vec<TileId> {
        let mut gone = Vec::new();
        set.grafted(TileId(pointer), &mut gone);
        set.cut(TileId(pointer), &gone);
        gone
    }

    #[test]
    fn a_cut_graft_leaves_the_pointer_as_it_was_and_its_places_are_used_again() {
        let two = json(&[tile("a.json"), tile("b.json")].join(","));
        let (mut set, _) = Tileset::parse(two.as_bytes(), &url("t.json")).unwrap();
        assert_eq!(set.tile(TileId(1)).unwrap().content_volumes.len(), 1);
        let inner = json(&tile("c.json"));
        set.attach_external(TileId(1), inner.as_bytes(), &url("a.json")).unwrap();
        set.attach_external(TileId(4), json("").as_bytes(), &url("c.json")).unwrap();
        assert_eq!((set.tiles().len(), set.tile(TileId(1)).unwrap().geometric_error), (6, f64::INFINITY));
        assert_eq!(set.next_graft(None), Some(TileId(1)));
        assert_eq!(set.next_graft(Some(TileId(1))), Some(TileId(4)));

        assert_eq!(cut(&mut set, 1), [TileId(3), TileId(4), TileId(5)]);
        let pointer = set.tile(TileId(1)).unwrap();
        assert_eq!((pointer.geometric_error, pointer.contents[0].as_str()), (2.0, "http://h/a.json"));
        assert!(pointer.children.is_empty() && set.tile(TileId(4)).is_none() && set.next_graft(None).is_none());
        assert_eq!((set.tiles().len(), set.tiles().count(), set.places()), (3, 3, 6));
        assert_eq!((set.generation(TileId(4)), set.generation(TileId(0)), set.generation(TileId(99))), (1, 0, 0));

        set.attach_external(TileId(2), inner.as_bytes(), &url("b.json")).unwrap();
        assert_eq!(set.tile(TileId(2)).unwrap().children, [TileId(3)]);
        assert_eq!(set.tile(TileId(3)).unwrap().children, [TileId(4)]);
        assert_eq!((set.places(), set.tiles().len()), (6, 5));
        assert!(cut(&mut set, 0).is_empty(), "nothing was grafted there");
    }

    #[test]
    fn grafting_and_cutting_for_ever_does_not_grow_the_arena() {
        let many: Vec<String> = (0..10).map(|i| tile(&format!("{i}.json"))).collect();
        let (mut set, _) = Tileset::parse(json(&many.join(",")).as_bytes(), &url("t.json")).unwrap();
        let (mut seed, mut on) = (7u64, [false; 10]);
        for _ in 0..2000 {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let i = (seed >> 33) as usize % 10;
            if on[i] {
                cut(&mut set, i as u32 + 1);
            } else {
                let size = 1 + i % 4;
                let inner: Vec<String> = (0..size).map(|c| tile(&format!("{c}.glb"))).collect();
                let external = url(&format!("{i}.json"));
                set.attach_external(TileId(i as u32 + 1), json(&inner.join(",")).as_bytes(), &external).unwrap();
            }
            on[i] = !on[i];
            assert!(set.tiles().all(|t| t.children.iter().all(|c| c.0 > t.id.0)));
        }
        assert!(set.places() <= 11 + 2 * 35, "{}", set.places());
    }
}
