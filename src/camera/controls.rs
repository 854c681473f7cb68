//! Mouse, trackpad and keyboard.
//!
//! Left drag pans: the grabbed point of the ground stays under the pointer. Right drag, or left with Ctrl, turns and
//! tilts. The wheel zooms to the pointer. Arrows or WASD pan, Q and E turn, Page Up and Down tilt, + and - zoom, N turns
//! north up, Home goes home.

use super::{CameraLimits, FlyTo, InputBlocked, MapCamera, MapView, flight::Flight};
use crate::scene::SiteGeo;
use bevy::{
    input::{
        gestures::PinchGesture,
        mouse::{MouseScrollUnit, MouseWheel},
    },
    math::{DVec2, DVec3},
    prelude::*,
    window::PrimaryWindow,
};

/// What goes on after the hand has let go.
#[derive(Resource, Debug, Default)]
pub(super) struct Motion {
    /// Metres a second over the ground.
    pan: DVec3,
    /// Degrees a second: heading, tilt.
    turn: DVec2,
    /// Natural logarithm of the distance still to be zoomed.
    zoom: f64,
    /// Where to zoom to.
    anchor: Option<DVec3>,
    last: Option<Vec2>,
}

/// Seconds after which a motion has died down to a third.
const INERTIA_SECS: f64 = 0.16;

/// Everything that a person can do with a hand.
#[derive(bevy::ecs::system::SystemParam)]
pub(super) struct Hands<'w, 's> {
    buttons: Option<Res<'w, ButtonInput<MouseButton>>>,
    keys: Option<Res<'w, ButtonInput<KeyCode>>>,
    wheel: MessageReader<'w, 's, MouseWheel>,
    pinch: MessageReader<'w, 's, PinchGesture>,
    windows: Query<'w, 's, &'static Window, With<PrimaryWindow>>,
    fly: MessageWriter<'w, FlyTo>,
}

#[expect(clippy::too_many_arguments, reason = "a system's parameters are its inputs")]
pub(super) fn steer(
    mut hands: Hands<'_, '_>,
    time: Res<Time<Real>>,
    limits: Res<CameraLimits>,
    site: Res<SiteGeo>,
    blocked: Res<InputBlocked>,
    mut motion: ResMut<Motion>,
    mut flight: ResMut<Flight>,
    mut camera: ResMut<MapCamera>,
) {
    let (Some(buttons), Some(keys), Ok(window)) = (&hands.buttons, &hands.keys, hands.windows.single()) else { return };
    let dt = time.delta_secs_f64().clamp(1e-4, 0.1);
    let size = window.size();
    let cursor = window.cursor_position();
    let view = camera.0;
    let mut next = view;

    // A drag that began on the map goes on over the panels.
    let free = !blocked.pointer || motion.last.is_some();
    let held = |b| free && buttons.pressed(b);
    let ctrl = keys.any_pressed([KeyCode::ControlLeft, KeyCode::ControlRight]);
    let orbit = held(MouseButton::Right) || (held(MouseButton::Left) && ctrl);
    let pan = held(MouseButton::Left) && !orbit;
    match (motion.last, cursor) {
        (Some(from), Some(to)) if orbit || pan => {
            flight.stop();
            motion.zoom = 0.0;
            if orbit {
                let d = (to - from).as_dvec2();
                motion.turn = DVec2::new(d.x * 0.3, -d.y * 0.22) / dt;
                motion.pan = DVec3::ZERO;
            } else if let (Some(a), Some(b)) = (ground_under(&view, from, size), ground_under(&view, to, size)) {
                motion.pan = (a - b).clamp_length_max(view.distance_m * 4.0) / dt;
                motion.turn = DVec2::ZERO;
                next.target += motion.pan * dt;
            }
        }
        _ => {}
    }
    motion.last = cursor.filter(|_| orbit || pan);

    let notches: f64 = hands
        .wheel
        .read()
        .map(|w| f64::from(w.y) * if w.unit == MouseScrollUnit::Line { 1.0 } else { 0.02 })
        .chain(hands.pinch.read().map(|p| f64::from(p.0) * 5.0))
        .sum();
    if notches != 0.0 && !blocked.pointer {
        flight.stop();
        motion.zoom = (motion.zoom - 0.22 * notches).clamp(-3.0, 3.0);
        motion.anchor = cursor.and_then(|c| ground_under(&view, c, size));
    }

    let key = |list: &[KeyCode]| f64::from(u8::from(!blocked.keyboard && keys.any_pressed(list.iter().copied())));
    let axis = |plus: &[KeyCode], minus: &[KeyCode]| key(plus) - key(minus);
    let east = axis(&[KeyCode::ArrowRight, KeyCode::KeyD], &[KeyCode::ArrowLeft, KeyCode::KeyA]);
    let ahead = axis(&[KeyCode::ArrowUp, KeyCode::KeyW], &[KeyCode::ArrowDown, KeyCode::KeyS]);
    if east != 0.0 || ahead != 0.0 {
        flight.stop();
        let (sin, cos) = view.heading_deg.to_radians().sin_cos();
        motion.pan = DVec3::new(cos * east + sin * ahead, 0.0, sin * east - cos * ahead) * view.distance_m * 0.8;
    }
    let turn = DVec2::new(
        axis(&[KeyCode::KeyE], &[KeyCode::KeyQ]) * 70.0,
        axis(&[KeyCode::PageUp], &[KeyCode::PageDown]) * 50.0,
    );
    if turn != DVec2::ZERO {
        flight.stop();
        motion.turn = turn;
    }
    let zoom = axis(&[KeyCode::Minus, KeyCode::NumpadSubtract], &[KeyCode::Equal, KeyCode::NumpadAdd]);
    if zoom != 0.0 {
        flight.stop();
        motion.zoom = zoom * 0.35;
        motion.anchor = None;
    }
    if !blocked.keyboard && keys.just_pressed(KeyCode::KeyN) {
        hands.fly.write(FlyTo { heading_deg: Some(0.0), secs: 0.6, ..default() });
    }
    if !blocked.keyboard && keys.just_pressed(KeyCode::Home) {
        hands.fly.write(limits.home.fly_to(1.2));
    }

    if !pan {
        next.target += motion.pan * dt;
    }
    next.heading_deg += motion.turn.x * dt;
    next.tilt_deg += motion.turn.y * dt;
    let step = motion.zoom * (1.0 - (-dt / INERTIA_SECS).exp());
    zoom_to(&mut next, step, motion.anchor);
    motion.zoom -= step;
    let decay = (-dt / INERTIA_SECS).exp();
    if !pan {
        motion.pan *= decay;
    }
    motion.turn *= if orbit { 0.0 } else { decay };
    if next != view {
        follow_ground(&site, view.target, &mut next.target);
        camera.0 = limits.clamp(next);
    }
}

/// Keeps a target that moves over the ground as high above it as it was: over hills, and over the earth, which falls away
/// from the site's plane by 126 m at 40 km.
pub(super) fn follow_ground(site: &SiteGeo, from: DVec3, to: &mut DVec3) {
    to.y += site.ground_m(*to) - site.ground_m(from);
}

/// Tilts a view whose eye is in a hill towards the sky until it is out.
pub(super) fn out_of_ground(site: &SiteGeo, mut view: MapView) -> MapView {
    /// Metres that an eye keeps over the ground.
    const OVER_M: f64 = 2.0;
    let over = |view: &MapView| {
        let eye = view.eye();
        eye.y - site.ground_m(eye)
    };
    let least = OVER_M.min(0.2 * view.distance_m);
    while site.relief.is_some() && view.tilt_deg > 0.0 && over(&view) < least {
        view.tilt_deg = (view.tilt_deg - 1.0).max(0.0);
    }
    view
}

/// Scales the distance by e^`step`; the anchor keeps its place on the screen.
fn zoom_to(view: &mut MapView, step: f64, anchor: Option<DVec3>) {
    let scale = step.exp();
    view.distance_m *= scale;
    if let Some(anchor) = anchor {
        view.target = anchor + (view.target - anchor) * scale;
    }
}

/// The point of the target's level under a point of the window (logical pixels). Near the horizon, a far one.
pub(super) fn ground_under(view: &MapView, at: Vec2, size: Vec2) -> Option<DVec3> {
    let (eye, ray) = view.ray(at, size);
    let down = -ray.y;
    let height = eye.y - view.target.y;
    if down < 0.02 || height <= 0.0 {
        return None;
    }
    Some(eye + ray * (height / down)).filter(|p| p.is_finite())
}
