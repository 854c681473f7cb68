//! The map camera's state: what is looked at, from where.

use bevy::{math::DVec3, prelude::*};

/// What the camera shows, in a map's own terms.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MapView {
    /// The point looked at, site metres (x east, y up, z south).
    pub target: DVec3,
    /// Degrees clockwise from north that the top of the screen points to.
    pub heading_deg: f64,
    /// Degrees between the view and straight down; 0 looks down, 85 almost along the ground.
    pub tilt_deg: f64,
    /// Metres from the target to the eye.
    pub distance_m: f64,
}

impl Default for MapView {
    fn default() -> Self {
        Self { target: DVec3::ZERO, heading_deg: 0.0, tilt_deg: 55.0, distance_m: 2500.0 }
    }
}

impl MapView {
    /// The eye's position, site metres.
    #[must_use]
    pub fn eye(&self) -> DVec3 {
        self.target - self.forward() * self.distance_m
    }

    /// Unit vector of the line of sight.
    #[must_use]
    pub fn forward(&self) -> DVec3 {
        let (h, t) = (self.heading_deg.to_radians(), self.tilt_deg.to_radians());
        DVec3::new(h.sin() * t.sin(), -t.cos(), -h.cos() * t.sin())
    }

    /// Rotation that turns Bevy's camera (looking along -z) into this view; heading keeps north up when looking down.
    #[must_use]
    pub fn rotation(&self) -> Quat {
        Quat::from_rotation_y(-self.heading_deg.to_radians() as f32)
            * Quat::from_rotation_x((self.tilt_deg - 90.0).to_radians() as f32)
    }
}

/// The one camera of the product: where it is now.
#[derive(Resource, Debug, Clone, Copy, Default, PartialEq)]
pub struct MapCamera(pub MapView);

/// Marks the Bevy camera entity that shows [`MapCamera`].
#[derive(Component, Debug, Clone, Copy)]
pub struct MainCamera;

/// Flies there. Fields that are `None` stay as they are.
#[derive(Message, Debug, Clone, Copy, Default)]
pub struct FlyTo {
    /// New target, site metres.
    pub target: Option<DVec3>,
    /// New heading, degrees.
    pub heading_deg: Option<f64>,
    /// New tilt, degrees.
    pub tilt_deg: Option<f64>,
    /// New distance, metres.
    pub distance_m: Option<f64>,
    /// Seconds the flight takes; 0 jumps.
    pub secs: f32,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rotation_looks_along_forward() {
        for (heading_deg, tilt_deg) in [(0.0, 0.0), (90.0, 45.0), (200.0, 80.0)] {
            let view = MapView { heading_deg, tilt_deg, ..default() };
            let looked = (view.rotation() * Vec3::NEG_Z).as_dvec3();
            assert!((looked - view.forward()).length() < 1e-5, "{heading_deg} {tilt_deg}");
        }
    }
}
