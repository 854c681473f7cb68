//! Taking parts of the tree out that no view has seen for long.

use super::{ContentState, Selector};
use crate::tileset::{TileId, Tileset};

/// Grafts looked at in one call: the cost of a frame does not grow with the tree.
const GRAFTS_A_CALL: usize = 64;

impl Selector {
    /// Takes out what was grafted into the tree and has not been seen by any view or hint for
    /// [`super::SelectOptions::prune_after_frames`], while the tree has more tiles than
    /// [`super::SelectOptions::keep_tiles`]. Meant for every frame, after what the update asked for has been started.
    ///
    /// Returns the ids whose content is to be dropped: of the tiles that are gone, and of those that point to them again
    /// and count as never loaded. Ids of gone tiles are given to others by the next graft; a result that arrives late is
    /// recognised by [`Tileset::generation`]. Tiles on their way are waited for.
    pub fn prune(&mut self, tileset: &mut Tileset) -> &[TileId] {
        self.pruned.clear();
        let mut tiles = tileset.tiles().len();
        for _ in 0..GRAFTS_A_CALL {
            if tiles <= self.options.keep_tiles {
                break;
            }
            self.cursor = tileset.next_graft(self.cursor);
            let Some(pointer) = self.cursor else { break };
            if !self.is_long_unseen(pointer) {
                continue;
            }
            let begin = self.pruned.len();
            tileset.grafted(pointer, &mut self.pruned);
            let grafted = &self.pruned[begin..];
            if grafted.iter().any(|id| self.entries.state(*id) == ContentState::Loading) {
                self.pruned.truncate(begin);
                continue;
            }
            tileset.cut(pointer, grafted);
            for id in grafted {
                self.entries.forget(*id);
            }
            self.entries.set(pointer, ContentState::Unloaded);
            self.pruned.push(pointer);
            tiles = tileset.tiles().len();
        }
        &self.pruned
    }

    /// Forgets tiles that another selector over the same tileset took out ([`Self::prune`]).
    pub fn forget(&mut self, tiles: &[TileId]) {
        for tile in tiles {
            self.entries.forget(*tile);
        }
    }

    /// Whether a tile has not been seen for long, and nothing below it then either: a walk comes down through it.
    fn is_long_unseen(&self, id: TileId) -> bool {
        let since = self.frame.saturating_sub(u64::from(self.options.prune_after_frames));
        self.entries.get(id).is_none_or(|e| e.seen < since && e.state != ContentState::Loading)
    }
}
