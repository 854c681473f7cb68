//! Flights from view to view.

use super::{FlyTo, MapCamera, MapView};
use bevy::prelude::*;

/// The flight under way.
#[derive(Resource, Debug, Default)]
pub struct Flight(Option<(MapView, MapView, f64, f64)>);

impl Flight {
    /// Where it ends.
    #[must_use]
    pub fn destination(&self) -> Option<MapView> {
        self.0.as_ref().map(|f| f.1)
    }

    /// Ends the flight where it is.
    pub(super) fn stop(&mut self) {
        self.0 = None;
    }
}

pub(super) fn fly(
    mut asked: MessageReader<FlyTo>,
    time: Res<Time<Real>>,
    mut flight: ResMut<Flight>,
    mut camera: ResMut<MapCamera>,
) {
    for to in asked.read() {
        let from = camera.0;
        let end = MapView {
            target: to.target.unwrap_or(from.target),
            heading_deg: to.heading_deg.unwrap_or(from.heading_deg),
            tilt_deg: to.tilt_deg.unwrap_or(from.tilt_deg),
            distance_m: to.distance_m.unwrap_or(from.distance_m),
        };
        if to.secs > 0.0 {
            flight.0 = Some((from, end, 0.0, f64::from(to.secs)));
        } else {
            flight.0 = None;
            camera.0 = end;
        }
    }
    if let Some((from, end, passed, secs)) = &mut flight.0 {
        *passed += time.delta_secs_f64();
        let t = (*passed / *secs).min(1.0);
        if t < 1.0 {
            camera.0 = between(from, end, t);
        } else {
            camera.0 = *end;
            flight.0 = None;
        }
    }
}

/// The view at a share `t` of the flight: eased at both ends, rising over the middle of a long way so that the ground
/// never rushes past.
fn between(a: &MapView, b: &MapView, t: f64) -> MapView {
    let s = t * t * t * (t * (6.0 * t - 15.0) + 10.0);
    let mix = |x: f64, y: f64| x + (y - x) * s;
    let turn = (b.heading_deg - a.heading_deg + 540.0).rem_euclid(360.0) - 180.0;
    let way = a.target.distance(b.target);
    let log = mix(a.distance_m.max(1.0).ln(), b.distance_m.max(1.0).ln()).exp();
    let rise = (0.6 * way - a.distance_m.max(b.distance_m)).max(0.0) * 4.0 * s * (1.0 - s);
    MapView {
        target: a.target.lerp(b.target, s),
        heading_deg: a.heading_deg + turn * s,
        tilt_deg: mix(a.tilt_deg, b.tilt_deg),
        distance_m: log + rise,
    }
}
