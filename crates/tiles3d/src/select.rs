//! Which tiles to show, which to load, which to drop: engine-free and deterministic.
//!
//! The rule that everything hangs on: a REPLACE tile gives way to its children only when every visible child can
//! cover its part, itself or through its own descendants; until then the tile stays. So no place that was covered is
//! ever uncovered by moving nearer. Moving away works the other way round: while a coarse tile is not there yet, finer
//! tiles that are there keep its place.
//!
//! What is broken for good would hold up that rule for ever. A broken tile with children is passed by. For a broken
//! leaf the tile above stays, and all around it stays as coarse, but only while that is not much too coarse
//! ([`SelectOptions::broken_hold`]): one missing file must not blur a quarter of the city, and from nearby the detail
//! beside the gap is worth more than its being filled.
//!
//! A frame costs what it visits, not what there is, and a frame in which nothing changes allocates nothing.

mod entries;
mod hold;
mod measure;
mod options;
mod pressure;
mod prune;
mod queue;
mod shared;
mod state;
mod update;
mod view;
mod walk;
mod want;
mod why;

pub use options::SelectOptions;
pub use shared::SharedBudget;
pub use state::{Bytes, ContentState, Counts, Failure};
pub use view::{MAX_CUTS, MAX_VIEWS, Projection, View};
pub use why::{Decision, Sight, Why};

use crate::tileset::{TileId, Tileset};
use entries::Entries;
use pressure::{Need, Pressure};
use queue::Queue;
use shared::SeatId;
use std::time::Duration;
use walk::Pick;

/// What [`Selector::update`] takes as the time between two frames.
const FRAME: Duration = Duration::from_nanos(16_666_667);

/// What selection is asked.
#[derive(Debug, Clone, Copy, Default)]
pub struct Frame<'a> {
    /// The eyes. At most [`MAX_VIEWS`] of them are looked through.
    pub views: &'a [View],
    /// Where eyes will be: the end of a camera flight, the next page of a playlist. Nothing is rendered for them; what
    /// they need is loaded after all that the views need, and only where it fits beside that.
    pub hints: &'a [View],
    /// The clock: any that does not run backwards. It says when to ask again for what could not be reached.
    pub now: Duration,
}

/// The answer for one frame. Buffers are reused from frame to frame.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Selection {
    /// Show exactly these.
    pub render: Vec<TileId>,
    /// For each of `render`, one bit for each view that sees it: bit 0 for the first view.
    pub views: Vec<u64>,
    /// Load these, most urgent first, with their urgency.
    pub load: Vec<(TileId, f64)>,
    /// These are on their way and no longer wanted: stop them if that is possible. They count as never asked for; if one
    /// arrives all the same, say so as ever.
    pub cancel: Vec<TileId>,
    /// Drop these.
    pub evict: Vec<TileId>,
    /// Tiles looked at.
    pub visited: usize,
    /// Tiles wanted and not there, that could not be asked for in this frame.
    pub waiting: usize,
    /// Bytes of all that is held in main memory.
    pub bytes: u64,
    /// Bytes of all that is held on the GPU.
    pub gpu_bytes: u64,
    /// What all that is wanted would take at the error in force, by known and estimated sizes.
    pub wanted: Bytes,
    /// Error in force, pixels: above the option's when the view needs more than the budget.
    pub error_px: f64,
}

impl Selection {
    /// The tiles that one of the update's views shows.
    pub fn per_view(&self, view: usize) -> impl Iterator<Item = TileId> {
        let bit = 1u64.checked_shl(view as u32).unwrap_or(0);
        self.render.iter().zip(&self.views).filter(move |(_, views)| **views & bit != 0).map(|(id, _)| *id)
    }
}

/// Remembers what is loaded and decides.
#[derive(Debug)]
pub struct Selector {
    options: SelectOptions,
    entries: Entries,
    frame: u64,
    now: Duration,
    pressure: Pressure,
    selection: Selection,
    /// The last frame's views and hints.
    views: Vec<View>,
    hints: Vec<View>,
    queue: Queue,
    inside: Vec<u32>,
    picks: Vec<Pick>,
    /// What hints wanted in the last frame, and what lay beside the seen tiles.
    hinted: Vec<TileId>,
    /// Tiles that came since the last update.
    arrived: Vec<TileId>,
    /// The tile on its way that may be over the budget for a moment.
    over: Option<TileId>,
    pruned: Vec<TileId>,
    /// The graft that pruning looked at last.
    cursor: Option<TileId>,
    seat: Option<SeatId>,
}

impl Selector {
    /// A selector that knows nothing yet.
    #[must_use]
    pub fn new(options: SelectOptions) -> Self {
        Self {
            pressure: Pressure { error_px: options.max_error_px },
            options,
            entries: Entries::new(),
            frame: 0,
            now: Duration::ZERO,
            selection: Selection::default(),
            views: Vec::new(),
            hints: Vec::new(),
            queue: Queue::default(),
            inside: Vec::new(),
            picks: Vec::new(),
            hinted: Vec::new(),
            arrived: Vec::new(),
            over: None,
            pruned: Vec::new(),
            cursor: None,
            seat: None,
        }
    }

    /// What it is allowed to do.
    #[must_use]
    pub fn options(&self) -> &SelectOptions {
        &self.options
    }

    /// Allows it something else from the next update on. What is loaded stays, as far as it fits.
    pub fn set_options(&mut self, options: SelectOptions) {
        // At rest the error is the option's; under pressure it stays as many times as large.
        let pressure = self.pressure.error_px / self.options.max_error_px;
        self.pressure.error_px = options.max_error_px * if pressure.is_finite() { pressure.max(1.0) } else { 1.0 };
        self.options = options;
        self.entries.forgive(self.options.max());
    }

    /// Says what became of a tile's content; the answer says what it counts as now. What came and is larger by itself
    /// than the whole budget counts as [`ContentState::Failed`] and is to be dropped: its children are shown, or, where
    /// nothing finer is, what stands in for a broken tile. A larger budget gives it another chance.
    pub fn set_state(&mut self, tile: TileId, state: ContentState) -> ContentState {
        let size = match state {
            ContentState::Ready { cpu, gpu } => Some(Bytes { cpu, gpu }),
            _ => None,
        };
        let too_large = size.is_some_and(|s| !s.fits(self.options.max()));
        let state = if too_large { ContentState::Failed } else { state };
        if !self.entries.set(tile, state) {
            return ContentState::Unloaded;
        }
        let Some(entry) = self.entries.get_mut(tile) else { return ContentState::Unloaded };
        entry.too_large = size.filter(|_| too_large);
        match state {
            ContentState::Loading => entry.used = self.frame,
            ContentState::Ready { .. } => {
                entry.tries = 0;
                self.arrived.push(tile);
            }
            _ => {}
        }
        state
    }

    /// Says that a tile's content could not be had. What failed for the time being is asked for again, later each time,
    /// and counts as broken for good after [`SelectOptions::max_tries`]; the answer says what it counts as now.
    pub fn set_failed(&mut self, tile: TileId, failure: Failure, now: Duration) -> ContentState {
        let tries = self.entries.get(tile).map_or(0, |e| e.tries).saturating_add(1);
        let wait = if failure == Failure::Temporary { self.options.wait(tries) } else { None };
        let state = wait.map_or(ContentState::Failed, |wait| ContentState::RetryAt(now.saturating_add(wait)));
        self.set_state(tile, state);
        if let Some(entry) = self.entries.get_mut(tile) {
            entry.tries = tries;
        }
        state
    }

    /// What is known of a tile's content.
    #[must_use]
    pub fn state(&self, tile: TileId) -> ContentState {
        self.entries.state(tile)
    }

    /// How many tiles are in which state. Costs nothing.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.entries.counts()
    }

    /// The last update's answer.
    #[must_use]
    pub fn selection(&self) -> &Selection {
        &self.selection
    }

    /// Decides for this frame, with the clock a sixtieth of a second on and no limits but its own.
    pub fn update(&mut self, tileset: &Tileset, views: &[View]) -> &Selection {
        let now = self.now.saturating_add(FRAME);
        self.update_with(tileset, &Frame { views, hints: &[], now }, None)
    }

    /// Gives back what it has of a budget shared with others. What it holds no longer counts there, so this is for when
    /// its tiles are dropped.
    pub fn leave(&mut self, shared: &mut SharedBudget) {
        if let Some(seat) = self.seat.take() {
            shared.leave(seat);
        }
    }
}

#[cfg(test)]
mod tests;
