//! The moving and changing city: vehicles, bikes, sensors, cameras, alerts.

mod city;
mod columns;
mod draw;
mod layers;
mod models;
mod receive;

pub use city::{Item, LiveCity};
pub use columns::Mover;
pub use layers::Layers;

use crate::{
    feed::{FeedEvent, FeedSystems},
    pick::Selection,
    scene::SiteGeo,
};
use bevy::{prelude::*, transform::TransformSystems};

/// Keeps [`LiveCity`] in step with the feed and draws it.
pub struct LivePlugin;

impl Plugin for LivePlugin {
    fn build(&self, app: &mut App) {
        draw::plugin(app);
        app.init_resource::<LiveCity>()
            .init_resource::<Layers>()
            .init_resource::<SiteGeo>()
            .init_resource::<Selection>()
            .add_message::<FeedEvent>()
            .add_systems(PreUpdate, receive::receive.after(FeedSystems))
            .add_systems(PostUpdate, (draw::upload, draw::tick).chain().before(TransformSystems::Propagate));
    }
}

#[cfg(test)]
mod tests;
