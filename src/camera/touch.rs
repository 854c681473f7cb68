//! Fingers: one pans, two zoom, turn and tilt.

use super::{
    CameraLimits, InputBlocked, MapCamera,
    controls::{follow_ground, ground_under},
    flight::Flight,
};
use crate::scene::SiteGeo;
use bevy::{prelude::*, window::PrimaryWindow};

pub(super) fn steer(
    touches: Option<Res<Touches>>,
    windows: Query<&Window, With<PrimaryWindow>>,
    limits: Res<CameraLimits>,
    site: Res<SiteGeo>,
    blocked: Res<InputBlocked>,
    mut flight: ResMut<Flight>,
    mut camera: ResMut<MapCamera>,
) {
    let (Some(touches), Ok(window)) = (touches, windows.single()) else { return };
    if blocked.pointer {
        return;
    }
    let size = window.size();
    let fingers: Vec<(Vec2, Vec2)> = touches.iter().map(|t| (t.previous_position(), t.position())).collect();
    let mut view = camera.0;
    match fingers[..] {
        [(from, to)] if from != to => {
            if let (Some(a), Some(b)) = (ground_under(&view, from, size), ground_under(&view, to, size)) {
                view.target += (a - b).clamp_length_max(view.distance_m);
            }
        }
        [(from_a, to_a), (from_b, to_b)] => {
            let (before, after) = (from_b - from_a, to_b - to_a);
            let middle = 0.5 * (to_a + to_b);
            let moved = middle - 0.5 * (from_a + from_b);
            let scale = f64::from((before.length() / after.length().max(1.0)).clamp(0.5, 2.0));
            if let Some(anchor) = ground_under(&view, middle, size) {
                view.target = anchor + (view.target - anchor) * scale;
            }
            view.distance_m *= scale;
            view.heading_deg -= f64::from(before.angle_to(after).to_degrees());
            view.tilt_deg -= f64::from(moved.y) * 0.12;
        }
        _ => return,
    }
    flight.stop();
    if view != camera.0 {
        follow_ground(&site, camera.0.target, &mut view.target);
        camera.0 = limits.clamp(view);
    }
}
