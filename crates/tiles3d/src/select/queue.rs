//! What to load next.

use super::{
    Bytes, Decision,
    entries::{Entries, Entry},
    pressure::Need,
    walk::Purpose,
};
use crate::tileset::TileId;
use std::cmp::Ordering;

/// Added to the urgency of tiles without which nothing at all is shown in their place.
const FIRST_PICTURE: f64 = 100.0;
/// Taken from the urgency of what only a hint wants.
const HINT: f64 = 100.0;

#[derive(Debug, Clone, Copy)]
struct Candidate {
    id: TileId,
    urgency: f64,
    /// Finer tiles hold its place and can go when it is there.
    frees: bool,
    /// Only a hint wants it.
    hint: bool,
}

/// Most urgent first; the same tiles always in the same order. Parents have the smaller ids.
fn order(a: &Candidate, b: &Candidate) -> Ordering {
    b.urgency.total_cmp(&a.urgency).then(a.id.cmp(&b.id))
}

/// The tiles that would be loaded if there were no limits.
#[derive(Debug, Default)]
pub(super) struct Queue {
    candidates: Vec<Candidate>,
}

/// What limits the choice.
#[derive(Debug, Clone, Copy)]
pub(super) struct Room {
    /// Requests that may be started.
    pub(super) requests: usize,
    /// The budget.
    pub(super) cap: Bytes,
    /// What is on its way, by estimate.
    pub(super) in_flight: Bytes,
    /// Whether anything is on its way.
    pub(super) idle: bool,
    /// Bytes held.
    pub(super) held: Bytes,
}

impl Queue {
    pub(super) fn clear(&mut self) {
        self.candidates.clear();
    }

    pub(super) fn len(&self) -> usize {
        self.candidates.len()
    }

    /// Adds a tile, or makes it more urgent when another view wants it too.
    pub(super) fn push(
        &mut self,
        id: TileId,
        entry: &mut Entry,
        frame: u64,
        purpose: Purpose,
        urgency: f64,
        first: bool,
    ) {
        let hint = purpose == Purpose::Preload;
        let class = if hint {
            -HINT
        } else if first {
            FIRST_PICTURE
        } else {
            0.0
        };
        let urgency = urgency + class;
        if entry.queued == frame {
            if let Some(c) = self.candidates.get_mut(entry.queue_slot as usize) {
                c.urgency = c.urgency.max(urgency);
                c.hint &= hint;
            }
            return;
        }
        (entry.queued, entry.queue_slot) = (frame, self.candidates.len() as u32);
        self.candidates.push(Candidate { id, urgency, frees: false, hint });
    }

    /// Notes that finer tiles hold a candidate's place.
    pub(super) fn frees(&mut self, id: TileId, entries: &Entries, frame: u64) {
        let slot = entries.get(id).filter(|e| e.queued == frame).map(|e| e.queue_slot as usize);
        if let Some(c) = slot.and_then(|slot| self.candidates.get_mut(slot)) {
            c.frees = true;
        }
    }

    /// Chooses what to load now: the most urgent, as many as there are requests, none that surely does not fit.
    pub(super) fn choose(
        &mut self,
        room: &Room,
        need: &Need,
        entries: &mut Entries,
        load: &mut Vec<(TileId, f64)>,
    ) -> Coming {
        let mut coming = Coming::default();
        if room.requests == 0 {
            return coming;
        }
        if room.requests < self.candidates.len() {
            self.candidates.select_nth_unstable_by(room.requests, order);
        }
        let count = room.requests.min(self.candidates.len());
        let (chosen, others) = self.candidates.split_at_mut(count);
        chosen.sort_unstable_by(order);
        for c in chosen {
            let size = entries.size(c.id);
            if fits(c, size, room, need, &coming) {
                coming.bytes += size;
                load.push((c.id, c.urgency));
            } else if load.is_empty() && is_over(c, size, room, need) {
                coming = Coming { bytes: size, over: Some(c.id) };
                load.push((c.id, c.urgency));
            } else if let Some(entry) = entries.get_mut(c.id).filter(|e| e.decision == Decision::Queued) {
                entry.decision = Decision::BudgetLimited;
            }
        }
        if load.is_empty() && room.idle {
            // Nothing of the most urgent fits, but something less urgent may, and may even make room for them.
            let all = others.iter().filter(|c| {
                let size = entries.size(c.id);
                fits(c, size, room, need, &coming) || is_over(c, size, room, need)
            });
            if let Some(c) = all.min_by(|a, b| order(a, b)) {
                let size = entries.size(c.id);
                let over = (!fits(c, size, room, need, &coming)).then_some(c.id);
                coming = Coming { bytes: size, over };
                load.push((c.id, c.urgency));
            }
        }
        coming
    }
}

/// What chosen loads will take.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Coming {
    pub(super) bytes: Bytes,
    /// The one that is over the budget.
    pub(super) over: Option<TileId>,
}

/// Whether a tile fits beside what may not be dropped and what is on its way.
fn fits(c: &Candidate, size: Bytes, room: &Room, need: &Need, coming: &Coming) -> bool {
    let hints = if c.hint { need.hinted } else { Bytes::default() };
    (need.needed + hints + room.in_flight + coming.bytes + size).fits(room.cap)
}

/// Whether a tile may be over the budget for a moment, when nothing else is on its way: what holds its place goes as
/// soon as it is there. And the first tile of all is loaded however large others of its tileset were: how large it is
/// itself is not known before it is here. If it then is larger than the whole budget it is not kept, whether it is the
/// first or not, and counts as too large ([`super::Selector::set_state`]): a budget that one tile may break is none, and
/// to show its children, or the tile above it, is what happens to every other tile that cannot be had.
fn is_over(c: &Candidate, size: Bytes, room: &Room, need: &Need) -> bool {
    let makes_room = c.frees && (need.wanted_ready + size).fits(room.cap) && room.held.fits(room.cap);
    room.idle && !c.hint && (makes_room || need.needed == Bytes::default())
}
