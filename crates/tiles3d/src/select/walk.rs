//! The walk through the tree that decides what is rendered.
//!
//! Each visit says how well the visible part of the tile's place is covered by what it left in the list. A REPLACE tile
//! that gave way to its children and finds that they do not cover takes back what they left and shows itself. If it is
//! not there itself, what they left stays, and the question goes to the tile above.

use super::{
    ContentState, Decision, SelectOptions, View,
    entries::Entries,
    measure::{Measured, Unseen},
    pressure::{LOOK_AHEAD, Need},
    queue::Queue,
};
use crate::tileset::{Refine, Tile, TileId, Tileset};
use std::time::Duration;

/// No urgency is above this.
const MOST_URGENT: f64 = 16.0;

/// Whether a tile has to be fetched before it is what its file says: models, an external tileset, a subtree.
pub(super) fn needs_loading(tile: &Tile) -> bool {
    !tile.contents.is_empty() || tile.pending.is_some()
}

/// Whether a tile that has been fetched has something to show.
pub(super) fn has_picture(tile: &Tile) -> bool {
    !tile.contents.is_empty()
}

/// How well the visible part of a tile's place is covered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cover {
    /// No view sees the place.
    Unseen,
    /// Views see it, but its request volume keeps them out.
    KeptOut,
    /// It is covered.
    Whole,
    /// It is covered but for something that is broken for good.
    Broken,
    /// It is not covered.
    Hole,
}

/// What a tile needs to know of those above it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Above {
    pub(super) parent: u32,
    /// The views that see the parent.
    pub(super) views: u64,
    /// Where the planes that the parent is wholly inside of begin in [`Walk::inside`].
    pub(super) inside: Option<usize>,
    pub(super) urgency: f64,
    /// Error and depth of the nearest tile above that is not left out.
    pub(super) stage: Option<(f64, u32)>,
}

/// One tile to be rendered, with a bit for each view that sees it.
pub(super) type Pick = (TileId, u64);

/// What one walk is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// To render through the views of this cut.
    Render(u8),
    /// To load what a camera will need when it gets there.
    Preload,
}

pub(super) struct Walk<'a> {
    pub(super) tileset: &'a Tileset,
    pub(super) views: &'a [View],
    pub(super) entries: &'a mut Entries,
    pub(super) options: &'a SelectOptions,
    pub(super) queue: &'a mut Queue,
    pub(super) need: &'a mut Need,
    /// For each tile on the way down and each view, the planes that the tile is wholly inside of.
    pub(super) inside: &'a mut Vec<u32>,
    pub(super) picks: &'a mut Vec<Pick>,
    /// What is only preloaded.
    pub(super) hinted: &'a mut Vec<TileId>,
    /// Tiles looked at.
    pub(super) visited: usize,
    pub(super) purpose: Purpose,
    pub(super) frame: u64,
    pub(super) now: Duration,
    /// Error in force, pixels.
    pub(super) limit: f64,
}

/// What is to be done with a tile that is seen.
struct Plan {
    refine: bool,
    /// Its content is there and has something to show.
    ready: bool,
    wants: bool,
    below: Above,
}

impl Walk<'_> {
    /// Walks from the root through the views of `of`: what to render is in `picks` then. Returns how many tiles were
    /// looked at.
    pub(super) fn run(mut self, of: u64) -> usize {
        self.inside.clear();
        self.picks.clear();
        let above = Above { parent: super::entries::NONE, views: of, inside: None, urgency: MOST_URGENT, stage: None };
        self.visit(self.tileset.root().id, above);
        self.visited
    }

    fn visit(&mut self, id: TileId, above: Above) -> Cover {
        let tileset = self.tileset;
        let Some(tile) = tileset.tile(id) else { return Cover::Unseen };
        self.visited += 1;
        let there = self.entries.link(id, above.parent);
        let mark = self.inside.len();
        let cover = match self.measure(tile, &above, there) {
            Ok(seen) => {
                let plan = self.plan(tile, &seen, &above);
                let cover = match (self.purpose, tile.refine) {
                    (Purpose::Preload, _) => self.preload(tile, &plan),
                    (_, Refine::Add) => self.add(tile, &seen, &plan),
                    (_, Refine::Replace) if plan.refine => self.give_way(tile, &seen, &plan),
                    (_, Refine::Replace) => self.stay(tile, &seen, &plan),
                };
                // After the children, so that a child is dropped before its parent.
                if plan.wants && self.purpose == Purpose::Preload {
                    self.hinted.push(id);
                } else if plan.wants {
                    self.entries.touch(id);
                }
                cover
            }
            Err(unseen) => {
                let (decision, cover) = match unseen {
                    Unseen::Culled => (Decision::Culled, Cover::Unseen),
                    Unseen::KeptOut => (Decision::OutsideRequestVolume, Cover::KeptOut),
                };
                self.note(id, decision);
                cover
            }
        };
        self.inside.truncate(mark);
        cover
    }

    /// Decides whether a tile gives way, and asks for its content.
    fn plan(&mut self, tile: &Tile, seen: &Measured, above: &Above) -> Plan {
        let needs = needs_loading(tile);
        let cut = match self.purpose {
            Purpose::Render(cut) => 1u8 << cut,
            Purpose::Preload => 0,
        };
        let (mut state, mut refine) = (ContentState::Unloaded, false);
        if let Some(entry) = self.entries.get_mut(tile.id) {
            entry.seen = self.frame;
            state = entry.state;
            let held = if entry.refined & cut != 0 { self.options.hold.clamp(0.1, 1.0) } else { 1.0 };
            // What is broken is passed by: its children say what it would have said.
            let broken = needs && state == ContentState::Failed;
            refine = !tile.children.is_empty() && (seen.error > self.limit * held || broken);
            entry.refined = if refine { entry.refined | cut } else { entry.refined & !cut };
        }
        let broken = needs && state == ContentState::Failed;
        let stage = !refine || tile.refine == Refine::Add || self.is_stage(seen.error, tile.depth, above);
        let wants = needs && !broken && stage && self.sees_content(tile, seen.views);
        if wants {
            self.want(tile.id, self.purpose, seen.urgency, above.stage.is_none());
        }
        if !refine && seen.error > self.limit * LOOK_AHEAD {
            self.need.ahead(self.tileset, tile, self.entries);
        }
        let below = Above {
            parent: tile.id.0,
            views: seen.views,
            inside: Some(seen.inside),
            urgency: seen.urgency,
            stage: if needs && !broken && stage { Some((seen.error, tile.depth)) } else { above.stage },
        };
        let ready = has_picture(tile) && matches!(state, ContentState::Ready { .. });
        Plan { refine, ready, wants, below }
    }

    fn preload(&mut self, tile: &Tile, plan: &Plan) -> Cover {
        if plan.refine {
            for &child in &tile.children {
                self.visit(child, plan.below);
            }
        }
        Cover::Unseen
    }

    /// An ADD tile is shown, and its children beside it.
    fn add(&mut self, tile: &Tile, seen: &Measured, plan: &Plan) -> Cover {
        let shown = plan.ready && plan.wants;
        if shown {
            self.pick(tile.id, seen.views, Decision::Rendered);
        } else {
            self.note(tile.id, self.missing(tile, plan));
        }
        let (mut below, mut children) = (Cover::Whole, 0);
        if plan.refine {
            for &child in &tile.children {
                let cover = self.visit(child, plan.below);
                children += usize::from(cover != Cover::Unseen && cover != Cover::KeptOut);
                below = worse(below, cover);
            }
        }
        if plan.wants {
            // Its own picture is what covers its place; children only add to it.
            if plan.ready { Cover::Whole } else { Cover::Hole }
        } else if self.is_broken(tile) {
            if children > 0 { below } else { Cover::Broken }
        } else {
            below
        }
    }

    /// A REPLACE tile that is fine enough, or has nothing finer.
    fn stay(&mut self, tile: &Tile, seen: &Measured, plan: &Plan) -> Cover {
        if !plan.wants {
            self.note(tile.id, self.missing(tile, plan));
            return if self.is_broken(tile) { Cover::Broken } else { Cover::Whole };
        }
        if plan.ready {
            self.pick(tile.id, seen.views, Decision::Rendered);
            return Cover::Whole;
        }
        self.note(tile.id, self.missing(tile, plan));
        if tile.children.is_empty() || self.entries.get(tile.id).is_none_or(|e| e.ready_below == 0) {
            return Cover::Hole;
        }
        // Coming from nearby: what is finer and there keeps the place until the tile itself is there.
        let mark = self.picks.len();
        let cover = self.keep_children(tile, &plan.below);
        if self.picks.len() > mark {
            self.queue.frees(tile.id, self.entries, self.frame);
        }
        cover
    }

    /// A REPLACE tile that gives way to its children, if they cover its place.
    fn give_way(&mut self, tile: &Tile, seen: &Measured, plan: &Plan) -> Cover {
        let mark = self.picks.len();
        let (mut cover, mut any, mut kept_out) = (Cover::Whole, false, false);
        for &child in &tile.children {
            match self.visit(child, plan.below) {
                Cover::Unseen => {}
                Cover::KeptOut => kept_out = true,
                other => {
                    any = true;
                    cover = worse(cover, other);
                }
            }
        }
        if any && self.options.preload_siblings {
            self.want_siblings(tile, seen.urgency);
        }
        let stands_in = !any && kept_out;
        let instead = if stands_in {
            // Nothing finer may be asked for from here: this level is not one to leave out.
            if needs_loading(tile) && !plan.wants && !self.is_broken(tile) {
                self.want(tile.id, self.purpose, seen.urgency, false);
            }
            self.pick_own(tile, seen, plan, mark, Decision::Rendered)
        } else if cover == Cover::Hole {
            self.pick_own(tile, seen, plan, mark, Decision::WaitingForChildren)
        } else if cover == Cover::Broken && seen.error <= self.broken_limit(tile.id) {
            self.pick_own(tile, seen, plan, mark, Decision::StandsInForBroken)
        } else {
            false
        };
        if instead {
            return Cover::Whole;
        }
        let hidden = plan.ready && cover != Cover::Hole;
        let decision = if hidden { Decision::ReplacedByChildren } else { self.missing(tile, plan) };
        self.note(tile.id, decision);
        if stands_in && needs_loading(tile) { Cover::Hole } else { cover }
    }

    /// Shows a tile instead of what those below it left, when it is there.
    fn pick_own(&mut self, tile: &Tile, seen: &Measured, plan: &Plan, mark: usize, as_: Decision) -> bool {
        if plan.ready {
            self.picks.truncate(mark);
            if self.sees_content(tile, seen.views) {
                self.pick(tile.id, seen.views, as_);
            }
        }
        plan.ready
    }

    /// Error up to which a tile stands in for what is broken below it; with a hold band, so that it does not flicker.
    fn broken_limit(&self, id: TileId) -> f64 {
        let stood = self
            .entries
            .get(id)
            .is_some_and(|e| e.decision == Decision::StandsInForBroken && e.rendered + 1 == self.frame);
        let band = if stood { self.options.hold.clamp(0.1, 1.0) } else { 1.0 };
        self.limit * self.options.broken_hold / band
    }

    fn is_broken(&self, tile: &Tile) -> bool {
        needs_loading(tile) && self.entries.state(tile.id) == ContentState::Failed
    }

    pub(super) fn pick(&mut self, id: TileId, views: u64, decision: Decision) {
        self.picks.push((id, views));
        if let Some(entry) = self.entries.get_mut(id) {
            (entry.decided, entry.decision) = (self.frame, decision);
        }
    }

    /// Notes why a tile is not rendered. What an earlier cut of the same frame decided about a rendered tile stays.
    fn note(&mut self, id: TileId, decision: Decision) {
        let preload = self.purpose == Purpose::Preload;
        if let Some(entry) = self.entries.get_mut(id)
            && !(entry.decided == self.frame && (preload || entry.decision.is_rendered()))
        {
            (entry.decided, entry.decision) = (self.frame, decision);
        }
    }

    /// Why a tile that is seen has nothing to show.
    fn missing(&self, tile: &Tile, plan: &Plan) -> Decision {
        if !needs_loading(tile) {
            return Decision::Empty;
        }
        match self.entries.state(tile.id) {
            ContentState::Failed => Decision::Failed,
            _ if !plan.wants && plan.refine => Decision::Skipped,
            _ if !plan.wants => Decision::ContentCulled,
            ContentState::Loading => Decision::Loading,
            ContentState::RetryAt(_) => Decision::WaitingForRetry,
            ContentState::Unloaded => Decision::Queued,
            ContentState::Ready { .. } => Decision::HeldBack,
        }
    }
}

/// The worse of two.
pub(super) fn worse(a: Cover, b: Cover) -> Cover {
    let rank = |c| match c {
        Cover::Hole => 2,
        Cover::Broken => 1,
        _ => 0,
    };
    if rank(b) > rank(a) { b } else { a }
}
