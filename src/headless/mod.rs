//! The application without a window: it draws into an image, by itself, as fast as it can.

mod flight;
mod frames;
mod memory;
mod picture;
mod views;

pub use flight::{FlightPlan, fly_about};
pub use frames::measure_frames;
pub use picture::{Shot, take};
pub use views::measure_views;

use crate::camera::MainCamera;
use bevy::{
    app::ScheduleRunnerPlugin,
    camera::{ImageRenderTarget, RenderTarget},
    prelude::*,
    render::render_resource::TextureFormat,
    time::TimeUpdateStrategy,
};
use std::time::Duration;

/// The image that the camera draws into.
#[derive(Resource, Debug, Clone)]
pub struct Canvas {
    /// Handle of the image.
    pub image: Handle<Image>,
    /// Pixels.
    pub size: UVec2,
    /// Pixels to a point of the panels.
    pub scale: f32,
}

/// Gives the camera of a headless application an image to draw into and makes time go by frames.
pub fn make_headless(app: &mut App, size: UVec2) {
    let image = Image::new_target_texture(size.x, size.y, TextureFormat::Rgba8UnormSrgb, None);
    let image = app.world_mut().resource_mut::<Assets<Image>>().add(image);
    app.insert_resource(Canvas { image, size, scale: 1.0 })
        .insert_resource(TimeUpdateStrategy::Automatic)
        .add_plugins(ScheduleRunnerPlugin::run_loop(Duration::ZERO))
        .add_observer(|added: On<Add, MainCamera>, canvas: Res<Canvas>, mut commands: Commands| {
            let target = ImageRenderTarget { handle: canvas.image.clone(), scale_factor: canvas.scale };
            commands.entity(added.entity).insert(RenderTarget::Image(target));
        });
}
