//! What a walk asks for.

use super::{
    ContentState, Decision,
    entries::Entry,
    walk::{Above, Purpose, Walk, needs_loading},
};
use crate::tileset::{Tile, TileId};

impl Walk<'_> {
    /// Whether a REPLACE tile on the way down is loaded too, not left out.
    pub(super) fn is_stage(&self, error: f64, depth: u32, above: &Above) -> bool {
        let o = self.options;
        above.stage.is_none_or(|(stage_error, stage_depth)| {
            o.skip_levels == 0
                || error >= o.base_error_px
                || depth > stage_depth.saturating_add(o.skip_levels) && error * o.skip_factor <= stage_error
        })
    }

    /// Asks for a tile's content. `first` when nothing above could stand for it.
    pub(super) fn want(&mut self, id: TileId, purpose: Purpose, urgency: f64, first: bool) {
        let size = self.entries.size(id);
        let Some(entry) = self.entries.get_mut(id) else { return };
        let ready = matches!(entry.state, ContentState::Ready { .. });
        if purpose == Purpose::Preload {
            if entry.hinted != self.frame {
                entry.hinted = self.frame;
                self.need.hint(size, ready);
            }
        } else if entry.used != self.frame {
            entry.used = self.frame;
            self.need.want(size, ready);
        }
        let due = match entry.state {
            ContentState::Unloaded => true,
            ContentState::RetryAt(at) => self.now >= at,
            _ => false,
        };
        if due {
            self.queue.push(id, entry, self.frame, purpose, urgency, first);
        }
    }

    /// Asks, last of all, for the children beside those that are seen: when the camera turns, a child that is not there
    /// would bring back the coarse tile above.
    pub(super) fn want_siblings(&mut self, tile: &Tile, urgency: f64) {
        let tileset = self.tileset;
        for child in tile.children.iter().filter_map(|c| tileset.tile(*c)).filter(|c| needs_loading(c)) {
            let culled = |e: &Entry| e.decided == self.frame && e.decision == Decision::Culled;
            if self.entries.get(child.id).is_some_and(culled) {
                self.want(child.id, Purpose::Preload, urgency, false);
                self.hinted.push(child.id);
            }
        }
    }
}
