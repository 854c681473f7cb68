//! What is under the pointer, and what is selected.

mod choose;
mod pointer;
mod selection;

pub use choose::{Card, EntityCard};
pub use selection::{PickAt, Picked, Select, Selection};

use crate::{
    camera::{FlyTo, InputBlocked},
    feed::{FeedEvent, Request},
};
use bevy::prelude::*;

/// Turns clicks into selections and selections into light.
pub struct PickPlugin;

impl Plugin for PickPlugin {
    fn build(&self, app: &mut App) {
        app.init_resource::<Selection>()
            .init_resource::<EntityCard>()
            .init_resource::<InputBlocked>()
            .add_message::<PickAt>()
            .add_message::<Select>()
            .add_message::<Request>()
            .add_message::<FeedEvent>()
            .add_message::<FlyTo>()
            .add_systems(
                Update,
                (pointer::click, choose::pick, choose::select, choose::fill_card, choose::light).chain(),
            );
    }
}

#[cfg(test)]
mod tests;
