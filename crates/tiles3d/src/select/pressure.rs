//! The budget of decoded bytes: how much the views need, and how far the error has to rise so that it fits.
//!
//! What a view needs is the sum over the tiles it wants, loaded or not, by their known or estimated sizes. It does not
//! depend on what has been loaded yet, so the error that makes it fit is found once and kept: a steady camera with too
//! small a budget comes to rest. It falls again only when what is needed one step finer is sure to fit as well.

use super::{Bytes, entries::Entries, walk::needs_loading};
use crate::tileset::{Tile, Tileset};

/// Part of the error in force for which is reckoned what a finer picture would need.
pub(super) const LOOK_AHEAD: f64 = 1.0 / 1.05;
/// The error falls by this at most in a frame.
const FALL: f64 = 1.02;
/// And rises by this at most.
const RISE: f64 = 1.05;
/// The largest error in force, as a multiple of the option's.
const WORST: f64 = 1024.0;
/// How full the budget may be one step finer.
const SURE: f64 = 0.95;

/// What the views of a frame need.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Need {
    /// All that is wanted, there or not.
    pub(super) wanted: Bytes,
    /// What of it is there.
    pub(super) wanted_ready: Bytes,
    /// What is there and may not be dropped: of what is wanted, and what is shown instead.
    pub(super) needed: Bytes,
    /// What hints want and is there.
    pub(super) hinted: Bytes,
    /// What would be wanted besides, were the error a step smaller.
    pub(super) ahead: Bytes,
}

impl Need {
    pub(super) fn want(&mut self, size: Bytes, ready: bool) {
        self.wanted += size;
        if ready {
            self.wanted_ready += size;
            self.needed += size;
        }
    }

    pub(super) fn hint(&mut self, size: Bytes, ready: bool) {
        if ready {
            self.hinted += size;
        }
    }

    /// Counts the children of a tile that a slightly smaller error would make give way.
    pub(super) fn ahead(&mut self, tileset: &Tileset, tile: &Tile, entries: &Entries) {
        for &child in &tile.children {
            if tileset.tile(child).is_some_and(needs_loading) {
                self.ahead += entries.size(child);
            }
        }
    }
}

/// The error in force.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pressure {
    pub(super) error_px: f64,
}

impl Pressure {
    /// The error of the next frame. Without need for another it is the option's.
    pub(super) fn update(&mut self, max_error_px: f64, need: &Need, cap: Bytes) {
        let full = need.wanted.part_of(cap);
        if full > 1.0 {
            let rise = full.sqrt().clamp(1.002, RISE);
            self.error_px = (self.error_px * rise).clamp(max_error_px, max_error_px * WORST);
        } else if (need.wanted + need.ahead).part_of(cap) <= SURE {
            self.error_px = (self.error_px / FALL).max(max_error_px);
        } else {
            self.error_px = self.error_px.max(max_error_px);
        }
    }
}
