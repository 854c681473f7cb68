//! One frame: walk, choose loads, drop what is over the budget.

use super::{
    Bytes, ContentState, Decision, Frame, MAX_CUTS, MAX_VIEWS, Need, Selection, Selector, SharedBudget, View,
    measure::{bits, ones},
    queue::Room,
    walk::{Purpose, Walk},
};
use crate::tileset::{TileId, Tileset};

impl Selector {
    /// Decides for this frame, within its own limits and those that it shares with others.
    pub fn update_with(
        &mut self,
        tileset: &Tileset,
        frame: &Frame<'_>,
        mut shared: Option<&mut SharedBudget>,
    ) -> &Selection {
        self.frame += 1;
        self.now = self.now.max(frame.now);
        self.entries.grow(tileset.places());
        let s = &mut self.selection;
        s.render.clear();
        s.views.clear();
        s.load.clear();
        s.cancel.clear();
        s.evict.clear();
        self.queue.clear();
        if let Some(shared) = shared.as_deref_mut() {
            self.seat.get_or_insert_with(|| shared.join());
        }
        let seat = self.seat;
        let own = self.options.max();
        let cap = shared.as_deref().zip(seat).map_or(own, |(shared, seat)| shared.cap(seat).min(own));
        self.make_room(cap);

        copy(frame.views, &mut self.views);
        copy(frame.hints, &mut self.hints);
        let mut need = Need::default();
        self.selection.visited = self.walk(tileset, &mut need);

        let in_flight = self.cancel();
        let counts = self.entries.counts();
        let wants = counts.loading + self.queue.len();
        let requests = shared
            .as_deref_mut()
            .zip(seat)
            .map_or(usize::MAX, |(shared, seat)| shared.requests(seat, wants))
            .min(self.options.max_loading)
            .saturating_sub(counts.loading);
        let held = self.entries.held;
        let room = Room { requests, cap, in_flight, idle: counts.loading == 0, held };
        let coming = self.queue.choose(&room, &need, &mut self.entries, &mut self.selection.load);
        self.over = coming.over.or(self.over);
        self.evict(cap, in_flight + coming.bytes);
        self.pressure.update(self.options.max_error_px, &need, cap);

        let held = self.entries.held;
        let s = &mut self.selection;
        s.waiting = self.queue.len() - s.load.len();
        (s.bytes, s.gpu_bytes, s.wanted, s.error_px) = (held.cpu, held.gpu, need.wanted, self.pressure.error_px);
        if let Some((shared, seat)) = shared.zip(seat) {
            shared.report(seat, counts.loading + s.load.len(), held, need.wanted + need.hinted);
        }
        &self.selection
    }

    /// Walks for the hints, then for each cut. What is only preloaded is touched first and what the views want last, in
    /// that order it is dropped.
    fn walk(&mut self, tileset: &Tileset, need: &mut Need) -> usize {
        let mut visited = 0;
        for id in self.hinted.drain(..) {
            self.entries.touch(id);
        }
        let hints = usable(&self.hints);
        if hints != 0 {
            visited += self.walk_one(tileset, need, Purpose::Preload, hints);
        }
        let all = usable(&self.views);
        for cut in 0..MAX_CUTS {
            let of = ones(all).filter(|v| self.views[*v].cut.min(MAX_CUTS - 1) == cut).fold(0, |set, v| set | 1 << v);
            if of != 0 {
                visited += self.walk_one(tileset, need, Purpose::Render(cut), of);
                self.render(need);
            }
        }
        visited
    }

    fn walk_one(&mut self, tileset: &Tileset, need: &mut Need, purpose: Purpose, of: u64) -> usize {
        let walk = Walk {
            tileset,
            views: if purpose == Purpose::Preload { &self.hints } else { &self.views },
            entries: &mut self.entries,
            options: &self.options,
            queue: &mut self.queue,
            need,
            inside: &mut self.inside,
            picks: &mut self.picks,
            hinted: &mut self.hinted,
            visited: 0,
            purpose,
            frame: self.frame,
            now: self.now,
            limit: self.pressure.error_px,
        };
        walk.run(of)
    }

    /// Puts what a walk picked into the list, once however many cuts picked it.
    fn render(&mut self, need: &mut Need) {
        for &(id, views) in &self.picks {
            let size = self.entries.size(id);
            let Some(entry) = self.entries.get_mut(id) else { continue };
            if entry.rendered == self.frame {
                if let Some(seen) = self.selection.views.get_mut(entry.render_slot as usize) {
                    *seen |= views;
                }
                continue;
            }
            (entry.rendered, entry.render_slot) = (self.frame, self.selection.render.len() as u32);
            self.selection.render.push(id);
            self.selection.views.push(views);
            if entry.used != self.frame {
                // Shown for want of another: it may not be dropped, and unless it is about to go it counts as wanted.
                entry.used = self.frame;
                need.needed += size;
                if entry.decision != Decision::KeptForHole {
                    need.wanted += size;
                    need.wanted_ready += size;
                }
                self.entries.touch(id);
            }
        }
    }

    /// Lists the loads that nobody has wanted for long; returns what the others will take, by estimate.
    fn cancel(&mut self) -> Bytes {
        let patience = u64::from(self.options.cancel_after_frames);
        let mut in_flight = Bytes::default();
        let mut next = self.entries.first_loading();
        while let Some(id) = next {
            next = self.entries.after(id);
            let Some(entry) = self.entries.get(id) else { continue };
            if self.frame - entry.used.max(entry.hinted) > patience {
                self.entries.set(id, ContentState::Unloaded);
                self.selection.cancel.push(id);
            } else {
                in_flight += self.entries.size(id);
            }
        }
        in_flight
    }

    /// Before anything is decided: what has come since the last update must fit. First goes what the last frame did not
    /// need, then of what came the finest; its size is known now, and it is not asked for again before it fits. Only the
    /// one tile that was allowed to be over the budget may stay so.
    fn make_room(&mut self, cap: Bytes) {
        while !self.entries.held.fits(cap) {
            let Some(id) = self.entries.oldest() else { break };
            if self.entries.get(id).is_none_or(|e| e.used + 1 >= self.frame) {
                break;
            }
            self.drop_content(id);
        }
        // Parents have the smaller ids.
        self.arrived.sort_unstable();
        while let Some(id) = self.arrived.pop() {
            if self.entries.held.fits(cap) {
                self.arrived.clear();
                break;
            }
            let shown = self.entries.get(id).is_some_and(|e| e.rendered + 1 == self.frame);
            if matches!(self.entries.state(id), ContentState::Ready { .. }) && !shown && self.over != Some(id) {
                self.drop_content(id);
            }
        }
        self.over = self.over.filter(|id| self.entries.state(*id) == ContentState::Loading);
    }

    /// Drops the longest unused while what is held and what is coming are over the budget, down to a little below.
    fn evict(&mut self, cap: Bytes, coming: Bytes) {
        if (self.entries.held + coming).fits(cap) {
            return;
        }
        let goal = cap.with_slack();
        while !(self.entries.held + coming).fits(goal)
            && let Some(id) = self.entries.oldest()
            && self.entries.get(id).is_some_and(|e| e.used != self.frame)
        {
            self.drop_content(id);
        }
    }

    fn drop_content(&mut self, id: TileId) {
        self.entries.set(id, ContentState::Unloaded);
        self.selection.evict.push(id);
    }
}

/// One bit for each view that can be looked through.
fn usable(views: &[View]) -> u64 {
    ones(bits(views.len())).filter(|v| views[*v].is_usable()).fold(0, |set, v| set | 1 << v)
}

/// Copies views into buffers that are kept.
fn copy(from: &[View], to: &mut Vec<View>) {
    let from = &from[..from.len().min(MAX_VIEWS)];
    to.truncate(from.len());
    for (i, view) in from.iter().enumerate() {
        match to.get_mut(i) {
            Some(place) => view.copy_into(place),
            None => to.push(view.clone()),
        }
    }
}
