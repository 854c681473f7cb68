//! Management grid cells and the roads with a chief: boundaries, fills, who is where.

mod book;
mod draw;

pub use book::{Cell, GridBook, RoadLine, Zone};

use crate::{
    camera::MapCamera,
    feed::{FeedEvent, FeedSystems},
    live::Layers,
    pick::Selection,
    scene::SiteGeo,
};
use bevy::prelude::*;

/// Keeps and draws the grid.
pub struct GridPlugin;

impl Plugin for GridPlugin {
    fn build(&self, app: &mut App) {
        app.init_resource::<GridBook>()
            .init_resource::<Layers>()
            .init_resource::<Selection>()
            .init_resource::<SiteGeo>()
            .init_resource::<MapCamera>()
            .add_message::<FeedEvent>()
            .add_systems(PreUpdate, book::receive.after(FeedSystems))
            .add_systems(Update, (draw::lines, draw::fill));
    }
}

#[cfg(test)]
mod tests;
