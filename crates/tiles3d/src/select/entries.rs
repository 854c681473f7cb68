//! What is remembered of each tile, and the two lists through them: what is there, longest unused first, and what is on
//! its way. Every change keeps the counts, so that no frame looks at more tiles than it visits.

use super::{Bytes, ContentState, Counts, Decision};
use crate::tileset::TileId;

/// No tile.
pub(super) const NONE: u32 = u32::MAX;
/// Ids from here on are not believed: no tileset holds as many tiles.
const MAX_ID: u32 = 1 << 24;

#[derive(Debug, Clone, Copy)]
pub(super) struct Entry {
    pub(super) state: ContentState,
    /// Decoded size when it was last there.
    pub(super) size: Option<Bytes>,
    /// Its decoded size, when that alone is more than the whole budget.
    pub(super) too_large: Option<Bytes>,
    /// Frame in which a view last wanted its content.
    pub(super) used: u64,
    /// Frame in which a hint last wanted its content.
    pub(super) hinted: u64,
    /// Frame in which a view or hint last saw it.
    pub(super) seen: u64,
    /// Frame of `decision`.
    pub(super) decided: u64,
    /// Frame in which it was last rendered, and its place in that frame's list.
    pub(super) rendered: u64,
    pub(super) render_slot: u32,
    /// Frame in which it was last a candidate for loading, and its place among them.
    pub(super) queued: u64,
    pub(super) queue_slot: u32,
    pub(super) parent: u32,
    /// Tiles below it that are there.
    pub(super) ready_below: u32,
    prev: u32,
    next: u32,
    pub(super) decision: Decision,
    /// One bit for each cut in which it gave way to its children.
    pub(super) refined: u8,
    pub(super) tries: u8,
    linked: bool,
}

impl Default for Entry {
    fn default() -> Self {
        Self {
            state: ContentState::Unloaded,
            size: None,
            too_large: None,
            used: 0,
            hinted: 0,
            seen: 0,
            decided: 0,
            rendered: 0,
            render_slot: 0,
            queued: 0,
            queue_slot: 0,
            parent: NONE,
            ready_below: 0,
            prev: NONE,
            next: NONE,
            decision: Decision::Culled,
            refined: 0,
            tries: 0,
            linked: false,
        }
    }
}

/// Ends of a list that runs through the entries.
#[derive(Debug, Clone, Copy)]
struct List {
    head: u32,
    tail: u32,
    len: usize,
}

impl List {
    const EMPTY: Self = Self { head: NONE, tail: NONE, len: 0 };

    fn push(&mut self, entries: &mut [Entry], i: u32) {
        let entry = &mut entries[i as usize];
        (entry.prev, entry.next) = (self.tail, NONE);
        match entries.get_mut(self.tail as usize) {
            Some(last) => last.next = i,
            None => self.head = i,
        }
        self.tail = i;
        self.len += 1;
    }

    fn remove(&mut self, entries: &mut [Entry], i: u32) {
        let entry = &mut entries[i as usize];
        let (prev, next) = (entry.prev, entry.next);
        (entry.prev, entry.next) = (NONE, NONE);
        match entries.get_mut(prev as usize) {
            Some(before) => before.next = next,
            None => self.head = next,
        }
        match entries.get_mut(next as usize) {
            Some(after) => after.prev = prev,
            None => self.tail = prev,
        }
        self.len -= 1;
    }
}

#[derive(Debug)]
pub(super) struct Entries {
    list: Vec<Entry>,
    /// Tiles that are there, longest unused first.
    recent: List,
    /// Tiles on their way, longest first.
    flight: List,
    /// Bytes of all that is there.
    pub(super) held: Bytes,
    retrying: usize,
    failed: usize,
    known: u64,
    known_bytes: Bytes,
}

impl Entries {
    pub(super) fn new() -> Self {
        Self {
            list: Vec::new(),
            recent: List::EMPTY,
            flight: List::EMPTY,
            held: Bytes::default(),
            retrying: 0,
            failed: 0,
            known: 0,
            known_bytes: Bytes::default(),
        }
    }

    pub(super) fn counts(&self) -> Counts {
        let (loading, ready) = (self.flight.len, self.recent.len);
        Counts { loading, ready, retrying: self.retrying, failed: self.failed }
    }

    /// Makes room for ids below `len`.
    pub(super) fn grow(&mut self, len: usize) {
        if len > self.list.len() {
            self.list.resize(len, Entry::default());
        }
    }

    pub(super) fn get(&self, id: TileId) -> Option<&Entry> {
        self.list.get(id.0 as usize)
    }

    pub(super) fn get_mut(&mut self, id: TileId) -> Option<&mut Entry> {
        self.list.get_mut(id.0 as usize)
    }

    pub(super) fn state(&self, id: TileId) -> ContentState {
        self.get(id).map_or(ContentState::Unloaded, |e| e.state)
    }

    /// The tile that has been there unused the longest.
    pub(super) fn oldest(&self) -> Option<TileId> {
        (self.recent.head != NONE).then_some(TileId(self.recent.head))
    }

    /// The load that began the longest ago.
    pub(super) fn first_loading(&self) -> Option<TileId> {
        (self.flight.head != NONE).then_some(TileId(self.flight.head))
    }

    /// The one after `id` in its list.
    pub(super) fn after(&self, id: TileId) -> Option<TileId> {
        self.get(id).map(|e| e.next).filter(|n| *n != NONE).map(TileId)
    }

    /// Changes what has become of a tile's content. Returns whether there is such a tile.
    pub(super) fn set(&mut self, id: TileId, state: ContentState) -> bool {
        if id.0 >= MAX_ID {
            return false;
        }
        let i = id.0 as usize;
        self.grow(i + 1);
        let old = self.list[i].state;
        match old {
            ContentState::Loading => self.flight.remove(&mut self.list, id.0),
            ContentState::Ready { cpu, gpu } => {
                self.recent.remove(&mut self.list, id.0);
                self.held -= Bytes { cpu, gpu };
            }
            ContentState::RetryAt(_) => self.retrying -= 1,
            ContentState::Failed => self.failed -= 1,
            ContentState::Unloaded => {}
        }
        self.list[i].state = state;
        match state {
            ContentState::Loading => self.flight.push(&mut self.list, id.0),
            ContentState::Ready { cpu, gpu } => {
                self.recent.push(&mut self.list, id.0);
                self.held += Bytes { cpu, gpu };
                self.learn(i, Bytes { cpu, gpu });
            }
            ContentState::RetryAt(_) => self.retrying += 1,
            ContentState::Failed => self.failed += 1,
            ContentState::Unloaded => {}
        }
        let there = |s| matches!(s, ContentState::Ready { .. });
        match (there(old), there(state)) {
            (false, true) => self.count_above(id, 1, true),
            (true, false) => self.count_above(id, 1, false),
            _ => {}
        }
        true
    }

    /// Remembers how large a content is.
    fn learn(&mut self, i: usize, size: Bytes) {
        match self.list[i].size.replace(size) {
            Some(before) => self.known_bytes -= before,
            None => self.known += 1,
        }
        self.known_bytes += size;
    }

    /// What a tile's content takes: what it took last time, else the mean of all that have been there.
    pub(super) fn size(&self, id: TileId) -> Bytes {
        self.get(id).and_then(|e| e.size).unwrap_or_else(|| self.mean())
    }

    fn mean(&self) -> Bytes {
        let n = self.known.max(1);
        Bytes { cpu: self.known_bytes.cpu / n, gpu: self.known_bytes.gpu / n }
    }

    /// Moves a tile that is there to the end of the list of what is long unused.
    pub(super) fn touch(&mut self, id: TileId) {
        if matches!(self.state(id), ContentState::Ready { .. }) {
            self.recent.remove(&mut self.list, id.0);
            self.recent.push(&mut self.list, id.0);
        }
    }

    /// Says which tile is above. Loads are counted up to the root from then on. Returns whether the tile is there.
    pub(super) fn link(&mut self, id: TileId, parent: u32) -> bool {
        let Some(entry) = self.get_mut(id) else { return false };
        let there = matches!(entry.state, ContentState::Ready { .. });
        if !entry.linked {
            (entry.linked, entry.parent) = (true, parent);
            let below = entry.ready_below + u32::from(there);
            self.count_above(id, below, true);
        }
        there
    }

    fn count_above(&mut self, id: TileId, n: u32, more: bool) {
        let mut at = id;
        while n > 0
            && let Some(parent) = self.get(at).filter(|e| e.linked).map(|e| TileId(e.parent))
        {
            let Some(entry) = self.get_mut(parent) else { return };
            entry.ready_below =
                if more { entry.ready_below.saturating_add(n) } else { entry.ready_below.saturating_sub(n) };
            at = parent;
        }
    }

    /// Asks again for what was too large for a smaller budget.
    pub(super) fn forgive(&mut self, max: Bytes) {
        for i in 0..self.list.len() {
            if self.list[i].too_large.take_if(|size| size.fits(max)).is_some() {
                self.set(TileId(i as u32), ContentState::Unloaded);
            }
        }
    }

    /// Forgets all about a tile that is gone.
    pub(super) fn forget(&mut self, id: TileId) {
        self.set(id, ContentState::Unloaded);
        if let Some(entry) = self.get_mut(id) {
            let size = entry.size;
            *entry = Entry::default();
            if let Some(size) = size {
                self.known -= 1;
                self.known_bytes -= size;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// What the counts must be, counted the slow way.
    fn check(e: &Entries, parents: &[u32]) {
        let there = |i: usize| matches!(e.list[i].state, ContentState::Ready { .. });
        let (mut held, mut ready, mut below) = (0, 0, vec![0; parents.len()]);
        for (i, parent) in parents.iter().enumerate() {
            if let ContentState::Ready { cpu, .. } = e.list[i].state {
                held += cpu;
                ready += 1;
                let mut at = *parent;
                while at != NONE {
                    below[at as usize] += 1;
                    at = parents[at as usize];
                }
            }
        }
        assert_eq!((e.held.cpu, e.counts().ready), (held, ready));
        assert!((0..parents.len()).all(|i| e.list[i].ready_below == below[i]));
        let mut walked = Vec::new();
        let mut at = e.oldest();
        while let Some(id) = at {
            assert!(there(id.0 as usize));
            walked.push(id);
            at = e.after(id);
        }
        assert_eq!(walked.len(), ready);
    }

    proptest! {
        #[test]
        fn lists_and_counts_agree_with_the_states(steps in prop::collection::vec((0u32..20, 0u8..8, 1u64..100), 1..200)) {
            let parents: Vec<u32> = (0..20).map(|i: u32| if i == 0 { NONE } else { (i - 1) / 3 }).collect();
            let mut e = Entries::new();
            e.grow(20);
            // Some are linked only after they are there, parents first as a walk does.
            for (tile, what, bytes) in steps {
                let id = TileId(tile);
                match what {
                    0 | 1 => { e.set(id, ContentState::ready(bytes)); }
                    2 => { e.set(id, ContentState::Loading); }
                    3 => { e.set(id, ContentState::Unloaded); }
                    4 => { e.set(id, ContentState::Failed); }
                    5 => e.touch(id),
                    6 => { e.set(id, ContentState::RetryAt(std::time::Duration::ZERO)); }
                    _ => {
                        let mut path = vec![tile];
                        while let Some(&p) = path.last().filter(|t| parents[**t as usize] != NONE) {
                            path.push(parents[p as usize]);
                        }
                        for t in path.into_iter().rev() {
                            e.link(TileId(t), parents[t as usize]);
                        }
                    }
                }
            }
            for t in 0..20u32 {
                e.link(TileId(t), parents[t as usize]);
            }
            check(&e, &parents);
            for t in (0..20u32).rev() {
                e.forget(TileId(t));
            }
            prop_assert_eq!((e.held, e.counts(), e.mean()), (Bytes::default(), Counts::default(), Bytes::default()));
        }
    }

    #[test]
    fn unheard_of_ids_take_no_memory() {
        let mut e = Entries::new();
        assert!(!e.set(TileId(u32::MAX), ContentState::ready(1)));
        assert!(e.list.is_empty() && e.state(TileId(u32::MAX)) == ContentState::Unloaded);
    }
}
