//! Why a tile is shown, coarse, hidden or missing: for the inspector.

use super::{Bytes, ContentState, Selector, View, entries::Entry, measure::is_let_in, walk::needs_loading};
use crate::tileset::{Refine, Tile, TileId, Tileset};
use std::fmt;
use std::time::Duration;

/// What the last update decided about a tile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// It is shown as it should be.
    Rendered,
    /// It is shown though it is too coarse: not all that is finer is there yet.
    WaitingForChildren,
    /// It is shown though it is finer than needed: what is coarser is not there yet.
    KeptForHole,
    /// It is shown though it is too coarse: something finer in its place is broken for good.
    StandsInForBroken,
    /// What is finer is shown instead.
    ReplacedByChildren,
    /// It is finer than needed: a tile above it is fine enough.
    TooFine,
    /// No view sees it.
    Culled,
    /// Views see it, but no eye is inside the volume from which it is to be requested.
    OutsideRequestVolume,
    /// Views see its volume, but not that of its content.
    ContentCulled,
    /// It has nothing to show itself.
    Empty,
    /// Its level is left out on the way down.
    Skipped,
    /// Wanted, and waiting for a free request.
    Queued,
    /// Wanted, but it does not fit into the budget of bytes.
    BudgetLimited,
    /// Wanted and on its way.
    Loading,
    /// There, but not all beside it is: something above it is shown.
    HeldBack,
    /// It could not be reached and is asked for again later.
    WaitingForRetry,
    /// It is broken for good.
    Failed,
    /// There is no such tile, or no update has looked at it yet.
    Unknown,
}

impl Decision {
    /// Whether the tile is shown.
    #[must_use]
    pub fn is_rendered(self) -> bool {
        matches!(self, Self::Rendered | Self::WaitingForChildren | Self::KeptForHole | Self::StandsInForBroken)
    }
}

impl fmt::Display for Decision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Rendered => "shown",
            Self::WaitingForChildren => "shown until all that is finer is there",
            Self::KeptForHole => "shown, finer than needed, until what is coarser is there",
            Self::StandsInForBroken => "shown for something finer that is broken",
            Self::ReplacedByChildren => "hidden: finer tiles are shown instead",
            Self::TooFine => "hidden: finer than needed",
            Self::Culled => "hidden: out of view",
            Self::OutsideRequestVolume => "hidden: the eye is outside its request volume",
            Self::ContentCulled => "hidden: its content is out of view",
            Self::Empty => "nothing to show itself",
            Self::Skipped => "hidden: its level is left out",
            Self::Queued => "missing: waits for a free request",
            Self::BudgetLimited => "missing: does not fit into the memory budget",
            Self::Loading => "missing: loading",
            Self::HeldBack => "hidden until its neighbours are there too",
            Self::WaitingForRetry => "missing: could not be reached, will be tried again",
            Self::Failed => "missing: broken",
            Self::Unknown => "not looked at",
        })
    }
}

/// A tile as one view sees it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sight {
    /// Which of the update's views.
    pub view: usize,
    /// Its error there, pixels.
    pub error_px: f64,
    /// The error that is allowed there, pixels: the one in force times the view's own factor.
    pub limit_px: f64,
    /// Metres from the eye to its volume.
    pub distance_m: f64,
    /// Whether the view sees its volume.
    pub in_view: bool,
    /// Whether the eye is where the tile wants it to be.
    pub let_in: bool,
}

/// Why a tile is as it is, after the last update.
#[derive(Debug, Clone, PartialEq)]
pub struct Why {
    /// Which tile.
    pub tile: TileId,
    /// What was decided.
    pub decision: Decision,
    /// The tile that settled it, when it was another: the one that is shown instead, or is fine enough, or out of view.
    pub because_of: Option<TileId>,
    /// What has become of its content.
    pub state: ContentState,
    /// Tries that failed.
    pub tries: u8,
    /// Its decoded size, when it is known.
    pub size: Option<Bytes>,
    /// Whether that is more than the whole budget, so that it counts as broken.
    pub too_large: bool,
    /// Its geometric error, metres.
    pub geometric_error: f64,
    /// The clock of the last update.
    pub now: Duration,
    /// How each view sees it.
    pub sights: Vec<Sight>,
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "tile {}: {}", self.tile.0, self.decision)?;
        if let Some(other) = self.because_of {
            write!(f, " (tile {})", other.0)?;
        }
        match self.state {
            ContentState::RetryAt(at) => {
                write!(f, "; next try in {:.1} s, {} failed", at.saturating_sub(self.now).as_secs_f64(), self.tries)?;
            }
            ContentState::Failed if self.tries > 0 => write!(f, "; given up after {} tries", self.tries)?,
            _ => {}
        }
        if self.too_large {
            f.write_str("; larger than the whole memory budget")?;
        }
        if let Some(size) = self.size {
            write!(f, "; {} bytes, {} on the GPU", size.cpu, size.gpu)?;
        }
        for s in &self.sights {
            write!(f, "\n  view {}: ", s.view)?;
            match (s.in_view, s.let_in) {
                (false, _) => f.write_str("out of view")?,
                (true, false) => f.write_str("outside the request volume")?,
                (true, true) => write!(f, "error {:.1} px of {:.1} allowed", s.error_px, s.limit_px)?,
            }
            write!(f, ", {:.1} m away", s.distance_m)?;
        }
        Ok(())
    }
}

impl Selector {
    /// Why a tile is as it is, after the last update. For people and tests: it allocates.
    #[must_use]
    pub fn why(&self, tileset: &Tileset, tile: TileId) -> Why {
        let entry = self.entries.get(tile).copied().unwrap_or_default();
        let found = tileset.tile(tile);
        let (decision, because_of) = found.map_or((Decision::Unknown, None), |t| self.settled(tileset, t, &entry));
        Why {
            tile,
            decision,
            because_of,
            state: entry.state,
            tries: entry.tries,
            size: entry.too_large.or(entry.size),
            too_large: entry.too_large.is_some(),
            geometric_error: found.map_or(0.0, |t| t.geometric_error),
            now: self.now,
            sights: found
                .map_or_else(Vec::new, |t| self.views.iter().enumerate().map(|(i, v)| self.sight(i, v, t)).collect()),
        }
    }

    fn sight(&self, i: usize, view: &View, tile: &Tile) -> Sight {
        let distance_m = tile.volume.distance_to(view.position);
        Sight {
            view: i,
            error_px: view.error_px(tile.geometric_error, distance_m),
            limit_px: self.pressure.error_px * view.error_scale,
            distance_m,
            in_view: view.is_usable() && tile.volume.touches(&view.planes),
            let_in: is_let_in(view, tile),
        }
    }

    fn settled(&self, tileset: &Tileset, tile: &Tile, entry: &Entry) -> (Decision, Option<TileId>) {
        if self.frame == 0 {
            return (Decision::Unknown, None);
        }
        if entry.decided != self.frame {
            return self.not_reached(tileset, tile, entry);
        }
        // Beside an ADD tile its descendants are shown too; a REPLACE tile is shown instead of them.
        let replaces = |id: TileId| tileset.tile(id).is_some_and(|t| t.refine == Refine::Replace);
        let shown_above = || {
            let mut above = self.above(tileset, tile);
            above.find(|(id, e)| e.rendered == self.frame && replaces(*id)).map(|(id, _)| id)
        };
        match entry.decision {
            // It was picked, and then something above was shown instead.
            d if d.is_rendered() && entry.rendered != self.frame => (Decision::HeldBack, shown_above()),
            Decision::HeldBack => (Decision::HeldBack, shown_above()),
            Decision::ReplacedByChildren => match shown_above() {
                Some(other) => (Decision::HeldBack, Some(other)),
                None => (Decision::ReplacedByChildren, None),
            },
            d => (d, None),
        }
    }

    /// No walk came as far as this tile: the nearest one above that a walk looked at says why.
    fn not_reached(&self, tileset: &Tileset, tile: &Tile, entry: &Entry) -> (Decision, Option<TileId>) {
        match self.above(tileset, tile).find(|(_, e)| e.decided == self.frame) {
            None => (Decision::Unknown, None),
            Some((other, e)) => match e.decision {
                d @ (Decision::Culled | Decision::OutsideRequestVolume) => (d, Some(other)),
                _ if needs_loading(tile) && entry.state == ContentState::Failed => (Decision::Failed, Some(other)),
                _ => (Decision::TooFine, Some(other)),
            },
        }
    }

    fn above<'a>(&'a self, tileset: &'a Tileset, tile: &Tile) -> impl Iterator<Item = (TileId, &'a Entry)> {
        let parent = |id: TileId| tileset.tile(id).and_then(|t| t.parent);
        std::iter::successors(tile.parent, move |id| parent(*id))
            .filter_map(|id| self.entries.get(id).map(|entry| (id, entry)))
    }
}
