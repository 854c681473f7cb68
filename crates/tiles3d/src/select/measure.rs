//! How large a tile's error looks, and to which views.

use super::{
    View,
    walk::{Above, Walk},
};
use crate::tileset::Tile;

/// What the views of one cut see of a tile.
#[derive(Debug, Clone, Copy)]
pub(super) struct Measured {
    /// One bit for each view that sees it.
    pub(super) views: u64,
    /// Where the planes that it is wholly inside of begin in [`Walk::inside`].
    pub(super) inside: usize,
    /// The largest error in any view, in pixels of a view whose error counts once.
    pub(super) error: f64,
    /// How much it is wanted, 0 to 16.
    pub(super) urgency: f64,
}

/// Why no view sees a tile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unseen {
    /// It is outside of what they see.
    Culled,
    /// They see it, but are outside its request volume.
    KeptOut,
}

/// One bit for each of `n` things.
pub(super) fn bits(n: usize) -> u64 {
    if n >= 64 { u64::MAX } else { (1 << n) - 1 }
}

/// The places of the bits that are set.
pub(super) fn ones(mut set: u64) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let i = (set != 0).then(|| set.trailing_zeros() as usize)?;
        set &= set - 1;
        Some(i)
    })
}

/// Whether a view is where the tile wants it to be.
pub(super) fn is_let_in(view: &View, tile: &Tile) -> bool {
    tile.viewer_request_volume.as_ref().is_none_or(|v| v.distance_to(view.position) <= 0.0)
}

impl Walk<'_> {
    /// Looks at a tile through the views that see its parent. Children are inside their parent's volume (clause 7.3),
    /// so a view that does not see the parent is not asked, nor a plane that the parent is wholly inside of.
    ///
    /// Only what is not `there` yet is ranked: the rest takes the rank of what is above it.
    pub(super) fn measure(&mut self, tile: &Tile, above: &Above, there: bool) -> Result<Measured, Unseen> {
        let (centre, radius) = tile.volume.bounding_sphere();
        let inside = self.inside.len();
        self.inside.resize(inside + self.views.len(), 0);
        let mut seen = Measured { views: 0, inside, error: 0.0, urgency: 0.0 };
        let mut why = Unseen::Culled;
        for v in ones(above.views) {
            let view = &self.views[v];
            let known = above.inside.map_or(0, |at| self.inside[at + v]);
            let Some(planes) = view.cull(&tile.volume, centre, radius, known) else { continue };
            if !is_let_in(view, tile) {
                why = Unseen::KeptOut;
                continue;
            }
            self.inside[inside + v] = planes;
            seen.views |= 1 << v;
            let distance = tile.volume.distance_to(view.position);
            let error = view.error_px(tile.geometric_error, distance) / view.error_scale;
            seen.error = seen.error.max(error);
            if there {
                continue;
            }
            let near = radius / (distance + radius).max(f64::MIN_POSITIVE);
            let urgency = (1.0 + error.min(1e6)).ln() * (0.5 + 0.5 * view.aim(centre, radius)) + near;
            seen.urgency = seen.urgency.max(urgency);
        }
        // A tile never comes before the one above it: coarse first, then the detail.
        seen.urgency = if there { above.urgency } else { seen.urgency.min(above.urgency) };
        if seen.views == 0 { Err(why) } else { Ok(seen) }
    }

    /// Whether any of these views sees a tile's content, which may be much smaller than the tile.
    pub(super) fn sees_content(&self, tile: &Tile, views: u64) -> bool {
        let volumes = &tile.content_volumes;
        volumes.is_empty() || ones(views).any(|v| volumes.iter().any(|c| c.touches(&self.views[v].planes)))
    }
}
