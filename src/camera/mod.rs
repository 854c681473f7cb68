//! The map camera: pan, orbit, tilt and zoom as in any web map, with inertia, and flights.

mod controls;
mod flight;
mod touch;
mod view;
mod viewspec;

pub use flight::Flight;
pub use view::{FlyTo, MainCamera, MapCamera, MapView};
pub use viewspec::{ViewSpec, ViewSpecError};

use crate::scene::{RenderOrigin, SiteGeo};
use bevy::{
    input::{gestures::PinchGesture, mouse::MouseWheel},
    math::DVec3,
    prelude::*,
    render::view::NoIndirectDrawing,
    transform::TransformSystems,
};

/// Vertical angle of view, radians.
pub const FOVY_RAD: f32 = std::f32::consts::FRAC_PI_4;

/// How far the camera may go.
#[derive(Resource, Debug, Clone, Copy)]
pub struct CameraLimits {
    /// Centre of what there is to see, site metres.
    pub centre: DVec3,
    /// Metres around the centre within which the target stays.
    pub reach_m: f64,
    /// Metres that the camera keeps from its target at least.
    pub nearest_m: f64,
    /// Where "home" is.
    pub home: MapView,
}

impl Default for CameraLimits {
    fn default() -> Self {
        Self { centre: DVec3::ZERO, reach_m: 50_000.0, nearest_m: 15.0, home: MapView::default() }
    }
}

impl CameraLimits {
    /// The nearest view that is allowed: finite, above its target, within reach. What cannot be mended is home.
    #[must_use]
    pub fn clamp(&self, view: MapView) -> MapView {
        let finite =
            view.target.is_finite() && [view.heading_deg, view.tilt_deg, view.distance_m].iter().all(|v| v.is_finite());
        if !finite {
            return self.home;
        }
        let offset = view.target - self.centre;
        MapView {
            target: self.centre + offset.clamp_length_max(self.reach_m),
            heading_deg: view.heading_deg.rem_euclid(360.0),
            tilt_deg: view.tilt_deg.clamp(0.0, 84.0),
            distance_m: view.distance_m.clamp(self.nearest_m, (self.reach_m * 4.0).max(self.nearest_m * 60.0)),
        }
    }
}

/// The view to begin with, once the site is known; home when `None`.
#[derive(Resource, Debug, Clone, Copy, Default)]
pub struct FirstView(pub Option<ViewSpec>);

/// Whether something else, such as a panel, has the pointer or the keyboard.
#[derive(Resource, Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct InputBlocked {
    /// Pointer, wheel and touch are not for the map.
    pub pointer: bool,
    /// Keys are not for the map.
    pub keyboard: bool,
}

/// The systems after which the camera stands still for the frame; they run in `PostUpdate`.
#[derive(SystemSet, Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct CameraSystems;

/// Moves [`MapCamera`] and shows it.
pub struct CameraPlugin;

impl Plugin for CameraPlugin {
    fn build(&self, app: &mut App) {
        app.init_resource::<MapCamera>()
            .init_resource::<CameraLimits>()
            .init_resource::<RenderOrigin>()
            .init_resource::<SiteGeo>()
            .init_resource::<InputBlocked>()
            .init_resource::<controls::Motion>()
            .init_resource::<Flight>()
            .add_message::<FlyTo>()
            .add_message::<MouseWheel>()
            .add_message::<PinchGesture>()
            .add_systems(Startup, spawn)
            .add_systems(Update, (touch::steer, controls::steer, flight::fly, limit).chain())
            .add_systems(PostUpdate, show.in_set(CameraSystems).before(TransformSystems::Propagate));
    }
}

fn spawn(mut commands: Commands) {
    commands.spawn((
        MainCamera,
        // A city is some hundred large meshes: drawing them one by one costs less than preparing it on the graphics card.
        NoIndirectDrawing,
        Camera3d::default(),
        Projection::from(PerspectiveProjection { fov: FOVY_RAD, near: 1.0, far: 200_000.0, ..default() }),
    ));
}

fn limit(limits: Res<CameraLimits>, site: Res<SiteGeo>, mut camera: ResMut<MapCamera>) {
    let allowed = controls::out_of_ground(&site, limits.clamp(camera.0));
    if allowed != camera.0 {
        camera.0 = allowed;
    }
}

/// Puts Bevy's camera where the map camera is; the near plane follows the distance, so that depth keeps its precision.
fn show(
    map: Res<MapCamera>,
    mut origin: ResMut<RenderOrigin>,
    mut camera: Query<(&mut Transform, &mut Projection), With<MainCamera>>,
) {
    let eye = map.0.eye();
    let mut moved = *origin;
    if moved.follow(eye) {
        *origin = moved;
    }
    for (mut transform, mut projection) in &mut camera {
        transform.translation = origin.to_world(eye);
        transform.rotation = map.0.rotation();
        if let Projection::Perspective(p) = &mut *projection {
            p.near = (map.0.distance_m as f32 * 0.01).clamp(0.005, 50.0);
        }
    }
}

#[cfg(test)]
mod tests;
