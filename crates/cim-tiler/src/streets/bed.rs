//! The ground under roads, and how roads lie on it across.

use cim_geo::Relief;
use glam::{DVec2, DVec3};

/// From so many metres above or below the ground on a road turns level across, and it is level so many metres further on.
const TURNS_M: (f64, f64) = (0.3, 1.2);

/// The ground under roads. All heights of roads are metres above it, at the very point that they are of.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bed<'a> {
    relief: Option<&'a Relief>,
    /// What is added to places, so that they are site metres.
    origin: DVec2,
}

impl<'a> Bed<'a> {
    /// The ground of a terrain; flat where there is none.
    pub(crate) fn new(relief: Option<&'a Relief>) -> Self {
        Self { relief, origin: DVec2::ZERO }
    }

    /// Flat ground.
    #[cfg(test)]
    pub(crate) const fn flat() -> Self {
        Self { relief: None, origin: DVec2::ZERO }
    }

    /// The same for places that count from `origin`.
    pub(crate) fn seen_from(self, origin: DVec2) -> Self {
        Self { origin: self.origin + origin, ..self }
    }

    pub(crate) fn is_flat(self) -> bool {
        self.relief.is_none()
    }

    /// Height of the ground, metres above the city's zero.
    pub(crate) fn ground(self, at: DVec2) -> f64 {
        let at = at + self.origin;
        self.relief.map_or(0.0, |r| r.height(at.x, at.y))
    }

    /// How high a road is above the ground at `at`, beside a point of its centre line. On the ground it slopes as the ground
    /// does; what is raised or sunk is level across.
    pub(crate) fn beside(self, centre: DVec3, at: DVec2) -> f64 {
        let share = ((centre.z.abs() - TURNS_M.0) / TURNS_M.1).clamp(0.0, 1.0);
        if self.is_flat() || share == 0.0 {
            return centre.z;
        }
        let level = share * share * (3.0 - 2.0 * share);
        let z = centre.z + level * (self.ground(centre.truncate()) - self.ground(at));
        // No hillside stands out of a ramp.
        if centre.z > 0.0 { z.max(0.0) } else { z }
    }

    /// A point between two of a centre line that has no others between them: raised and sunk roads are straight there,
    /// whatever the ground is like.
    pub(crate) fn between(self, a: DVec3, b: DVec3, share: f64) -> DVec3 {
        let at = a.lerp(b, share);
        if self.is_flat() || a.z.abs().min(b.z.abs()) <= TURNS_M.0 {
            return at;
        }
        let height = |p: DVec3| p.z + self.ground(p.truncate());
        at.truncate().extend(height(a) + (height(b) - height(a)) * share - self.ground(at.truncate()))
    }
}
