//! Holding a place with what is finer, until the tile that should be shown there is there.

use super::{
    ContentState, Decision,
    entries::Entry,
    measure::Measured,
    walk::{Above, Cover, Walk, has_picture, needs_loading, worse},
};
use crate::tileset::{Refine, Tile, TileId};

impl Walk<'_> {
    /// Renders what is there below a tile.
    pub(super) fn keep_children(&mut self, tile: &Tile, below: &Above) -> Cover {
        let mut cover = Cover::Whole;
        for &child in &tile.children {
            cover = worse(cover, self.keep(child, *below));
        }
        cover
    }

    /// Renders what is there at or below a tile without asking for more. Looks no further than where something is there.
    fn keep(&mut self, id: TileId, above: Above) -> Cover {
        let tileset = self.tileset;
        let Some(tile) = tileset.tile(id) else { return Cover::Unseen };
        self.visited += 1;
        self.entries.link(id, above.parent);
        let mark = self.inside.len();
        let cover = match self.measure(tile, &above, true) {
            Ok(seen) => self.keep_seen(tile, &seen),
            Err(_) => Cover::Unseen,
        };
        self.inside.truncate(mark);
        cover
    }

    fn keep_seen(&mut self, tile: &Tile, seen: &Measured) -> Cover {
        let entry = self.entries.get_mut(tile.id).map_or_else(Entry::default, |e| {
            e.seen = self.frame;
            *e
        });
        let ready = has_picture(tile) && matches!(entry.state, ContentState::Ready { .. });
        if ready && self.sees_content(tile, seen.views) {
            self.pick(tile.id, seen.views, Decision::KeptForHole);
        }
        if ready && tile.refine == Refine::Replace {
            return Cover::Whole;
        }
        let nothing = !needs_loading(tile) || !self.sees_content(tile, seen.views);
        let below =
            Above { parent: tile.id.0, views: seen.views, inside: Some(seen.inside), urgency: 0.0, stage: None };
        match () {
            () if tile.children.is_empty() && entry.state == ContentState::Failed => Cover::Broken,
            () if tile.children.is_empty() => {
                if ready || nothing {
                    Cover::Whole
                } else {
                    Cover::Hole
                }
            }
            () if entry.ready_below > 0 => {
                let cover = self.keep_children(tile, &below);
                if ready { Cover::Whole } else { cover }
            }
            () if ready => Cover::Whole,
            () => Cover::Hole,
        }
    }
}
