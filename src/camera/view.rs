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

    /// The ray from the eye through a point of a picture: `at` and `size` in the same pixels, `at` from the top left.
    /// Origin in site metres and unit direction.
    #[must_use]
    pub fn ray(&self, at: Vec2, size: Vec2) -> (DVec3, DVec3) {
        let half = (0.5 * f64::from(super::FOVY_RAD)).tan();
        let (x, y) = (f64::from(2.0 * at.x / size.x - 1.0), f64::from(1.0 - 2.0 * at.y / size.y));
        let aspect = f64::from(size.x) / f64::from(size.y);
        let ray = self.rotation().as_dquat() * DVec3::new(x * half * aspect, y * half, -1.0);
        (self.eye(), ray.normalize_or(self.forward()))
    }

    /// Where a point (site metres) is seen in a picture of `size` pixels, from the top left; `None` behind the eye.
    #[must_use]
    pub fn project(&self, point: DVec3, size: Vec2) -> Option<Vec2> {
        let p = self.rotation().as_dquat().inverse() * (point - self.eye());
        if p.z > -1e-3 {
            return None;
        }
        let half = (0.5 * f64::from(super::FOVY_RAD)).tan();
        let aspect = f64::from(size.x) / f64::from(size.y);
        let (x, y) = (p.x / (-p.z * half * aspect), p.y / (-p.z * half));
        Some(Vec2::new((0.5 * (x + 1.0)) as f32 * size.x, (0.5 * (1.0 - y)) as f32 * size.y))
    }

    /// Metres that one pixel stands for at a distance, in a picture of `height_px`.
    #[must_use]
    pub fn metres_per_pixel(distance_m: f64, height_px: f32) -> f64 {
        2.0 * distance_m * (0.5 * f64::from(super::FOVY_RAD)).tan() / f64::from(height_px.max(1.0))
    }

    /// The message that flies to this view.
    #[must_use]
    pub fn fly_to(&self, secs: f32) -> FlyTo {
        FlyTo {
            target: Some(self.target),
            heading_deg: Some(self.heading_deg),
            tilt_deg: Some(self.tilt_deg),
            distance_m: Some(self.distance_m),
            secs,
        }
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
    fn a_point_is_seen_where_its_ray_goes() {
        let view = MapView { target: DVec3::new(10.0, 0.0, 5.0), heading_deg: 33.0, tilt_deg: 61.0, distance_m: 900.0 };
        let size = Vec2::new(1600.0, 900.0);
        for at in [Vec2::new(800.0, 450.0), Vec2::new(10.0, 880.0), Vec2::new(1500.0, 300.0)] {
            let (origin, direction) = view.ray(at, size);
            assert!(view.project(origin + direction * 700.0, size).unwrap().distance(at) < 0.01);
        }
        assert_eq!(view.project(view.eye() - view.forward(), size), None);
    }

    #[test]
    fn rotation_looks_along_forward() {
        for (heading_deg, tilt_deg) in [(0.0, 0.0), (90.0, 45.0), (200.0, 80.0)] {
            let view = MapView { heading_deg, tilt_deg, ..default() };
            let looked = (view.rotation() * Vec3::NEG_Z).as_dvec3();
            assert!((looked - view.forward()).length() < 1e-5, "{heading_deg} {tilt_deg}");
        }
    }
}
