//! Which tiles to show, which to load, which to drop: engine-free and deterministic.
//!
//! The rule that everything hangs on: a REPLACE tile gives way to its children only when every visible child can
//! cover its part, itself or through its own descendants; until then the tile stays. So no place that was covered is
//! ever uncovered by moving nearer. Moving away works the other way round: while a coarse tile is not there yet, finer
//! tiles that are there keep its place.

use crate::tileset::{Refine, Tile, TileId, Tileset};
use glam::DVec3;

/// One eye on the tileset.
#[derive(Debug, Clone, PartialEq)]
pub struct View {
    /// Where the eye is, root frame, metres.
    pub position: DVec3,
    /// Where it looks, unit vector.
    pub direction: DVec3,
    /// What it sees: planes `(normal, d)` with `normal·p + d >= 0` inside.
    pub planes: Vec<(DVec3, f64)>,
    /// Height of the picture in physical pixels.
    pub viewport_height_px: f64,
    /// Vertical angle of view, radians.
    pub fovy_rad: f64,
}

/// What selection is allowed to do.
#[derive(Debug, Clone, PartialEq)]
pub struct SelectOptions {
    /// Error that may be seen, pixels. Lower is sharper and loads more; higher is coarser and faster.
    pub max_error_px: f64,
    /// Decoded bytes that may be held. Lower makes a small machine happy and coarsens wide views; higher keeps more of
    /// the city ready when the camera comes back.
    pub max_bytes: u64,
    /// Loads wanted at a time. Lower reacts faster when the camera turns, higher uses a fast link better.
    pub max_loading: usize,
}

impl Default for SelectOptions {
    fn default() -> Self {
        Self { max_error_px: 16.0, max_bytes: 1 << 30, max_loading: 24 }
    }
}

/// What has become of a tile's content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ContentState {
    /// Never asked for, or dropped.
    #[default]
    Unloaded,
    /// On its way.
    Loading,
    /// There; its decoded size.
    Ready(u64),
    /// It cannot be had: the rest goes on without it.
    Failed,
}

/// The answer for one frame. Buffers are reused from frame to frame.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Selection {
    /// Show exactly these.
    pub render: Vec<TileId>,
    /// Load these, most urgent first, with their urgency.
    pub load: Vec<(TileId, f64)>,
    /// Drop these.
    pub evict: Vec<TileId>,
    /// Tiles looked at.
    pub visited: usize,
    /// Bytes of all that is held.
    pub bytes: u64,
    /// Error in force, pixels: above the option's when the view needs more than the budget.
    pub error_px: f64,
}

#[derive(Debug, Clone, Copy, Default)]
struct Entry {
    state: ContentState,
    used: u64,
}

/// Remembers what is loaded and decides.
#[derive(Debug)]
pub struct Selector {
    options: SelectOptions,
    entries: Vec<Entry>,
    frame: u64,
    error_px: f64,
    selection: Selection,
    old: Vec<(u64, TileId, u64)>,
}

impl Selector {
    /// A selector that knows nothing yet.
    #[must_use]
    pub fn new(options: SelectOptions) -> Self {
        let error_px = options.max_error_px;
        Self { options, entries: Vec::new(), frame: 0, error_px, selection: Selection::default(), old: Vec::new() }
    }

    /// Says what became of a tile's content.
    pub fn set_state(&mut self, tile: TileId, state: ContentState) {
        let i = tile.0 as usize;
        if i >= self.entries.len() {
            self.entries.resize(i + 1, Entry::default());
        }
        self.entries[i] = Entry { state, used: self.frame };
    }

    /// What is known of a tile's content.
    #[must_use]
    pub fn state(&self, tile: TileId) -> ContentState {
        self.entries.get(tile.0 as usize).map_or(ContentState::Unloaded, |e| e.state)
    }

    /// Decides for this frame.
    pub fn update(&mut self, tileset: &Tileset, views: &[View]) -> &Selection {
        self.frame += 1;
        self.entries.resize(self.entries.len().max(tileset.tiles().len()), Entry::default());
        self.selection.render.clear();
        self.selection.load.clear();
        self.selection.evict.clear();
        self.selection.visited = 0;
        let mut walk = Walk {
            tileset,
            views,
            entries: &mut self.entries,
            out: &mut self.selection,
            frame: self.frame,
            error_px: self.error_px,
        };
        walk.visit(tileset.root());
        self.selection.load.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        let loading = self.entries.iter().filter(|e| e.state == ContentState::Loading).count();
        self.selection.load.truncate(self.options.max_loading.saturating_sub(loading));
        self.keep_budget();
        self.selection.error_px = self.error_px;
        &self.selection
    }

    /// Drops the longest unused while over the budget; coarsens the view smoothly when that is not enough.
    fn keep_budget(&mut self) {
        let (mut held, mut needed) = (0u64, 0u64);
        self.old.clear();
        for (i, entry) in self.entries.iter().enumerate() {
            if let ContentState::Ready(bytes) = entry.state {
                held += bytes;
                if entry.used == self.frame {
                    needed += bytes;
                } else {
                    self.old.push((entry.used, TileId(i as u32), bytes));
                }
            }
        }
        if held > self.options.max_bytes {
            self.old.sort_unstable();
            // Down to a little below the budget, so that the next tile does not evict again at once.
            let goal = self.options.max_bytes - self.options.max_bytes / 16;
            for &(_, tile, bytes) in &self.old {
                if held <= goal {
                    break;
                }
                held -= bytes;
                self.selection.evict.push(tile);
                self.entries[tile.0 as usize].state = ContentState::Unloaded;
            }
        }
        self.selection.bytes = held;
        let limit = self.options.max_error_px;
        self.error_px = if needed > self.options.max_bytes {
            (self.error_px * 1.05).min(limit * 64.0)
        } else if needed < self.options.max_bytes / 4 * 3 {
            (self.error_px / 1.02).max(limit)
        } else {
            self.error_px
        };
    }
}

struct Walk<'a> {
    tileset: &'a Tileset,
    views: &'a [View],
    entries: &'a mut [Entry],
    out: &'a mut Selection,
    frame: u64,
    error_px: f64,
}

impl Walk<'_> {
    /// Returns whether the visible part of the tile's place is covered by what is to be rendered.
    fn visit(&mut self, tile: &Tile) -> bool {
        self.out.visited += 1;
        let Some((error, urgency)) = self.measure(tile) else { return true };
        let entry = &mut self.entries[tile.id.0 as usize];
        entry.used = self.frame;
        let state = entry.state;
        let has_content = !tile.contents.is_empty();
        if has_content && state == ContentState::Unloaded {
            self.out.load.push((tile.id, urgency));
        }
        let ready = !has_content || matches!(state, ContentState::Ready(_) | ContentState::Failed);
        let fine_enough = error <= self.error_px || tile.children.is_empty();
        match tile.refine {
            Refine::Add => {
                if ready && has_content {
                    self.out.render.push(tile.id);
                }
                if !fine_enough {
                    for &child in &tile.children {
                        self.visit_id(child);
                    }
                }
                ready
            }
            Refine::Replace if fine_enough => {
                if ready {
                    if has_content {
                        self.out.render.push(tile.id);
                    }
                    return true;
                }
                let mark = self.out.render.len();
                let kept = !tile.children.is_empty() && tile.children.iter().all(|&c| self.keep(c));
                if !kept {
                    self.out.render.truncate(mark);
                }
                kept
            }
            Refine::Replace => {
                let mark = self.out.render.len();
                let mut covered = true;
                for &child in &tile.children {
                    covered &= self.visit_id(child);
                }
                if covered {
                    return true;
                }
                if ready && has_content {
                    self.out.render.truncate(mark);
                    self.out.render.push(tile.id);
                    return true;
                }
                false
            }
        }
    }

    fn visit_id(&mut self, id: TileId) -> bool {
        let tileset = self.tileset;
        tileset.tile(id).is_none_or(|tile| self.visit(tile))
    }

    /// Renders what is there at or below a tile without asking for more; whether it covers.
    fn keep(&mut self, id: TileId) -> bool {
        let tileset = self.tileset;
        let Some(tile) = tileset.tile(id) else { return true };
        if self.measure(tile).is_none() {
            return true;
        }
        let entry = &mut self.entries[id.0 as usize];
        let ready = matches!(entry.state, ContentState::Ready(_));
        if ready {
            entry.used = self.frame;
            self.out.render.push(id);
            if tile.refine == Refine::Replace {
                return true;
            }
        }
        !tile.children.is_empty() && tile.children.iter().all(|&c| self.keep(c)) || ready
    }

    /// Screen-space error in pixels and urgency, or `None` when no view sees the tile.
    fn measure(&self, tile: &Tile) -> Option<(f64, f64)> {
        let mut best: Option<(f64, f64)> = None;
        for view in self.views {
            let wanted = tile.viewer_request_volume.as_ref().is_none_or(|v| v.distance_to(view.position) <= 0.0);
            if !wanted || !tile.volume.touches(&view.planes) {
                continue;
            }
            let distance = tile.volume.distance_to(view.position).max(0.1);
            let error = tile.geometric_error * view.viewport_height_px / (2.0 * distance * (0.5 * view.fovy_rad).tan());
            let (centre, radius) = tile.volume.bounding_sphere();
            let aim = (centre - view.position).try_normalize().map_or(1.0, |d| d.dot(view.direction).max(0.0));
            let near = radius / (distance + radius);
            let urgency = (1.0 + error.min(1e6)).ln() * (0.5 + 0.5 * aim) + near + 1.0 / f64::from(tile.depth + 1);
            if best.is_none_or(|b| error > b.0) {
                best = Some((error, urgency));
            }
        }
        best
    }
}

#[cfg(test)]
mod tests;
