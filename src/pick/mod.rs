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

/// The systems that change the [`Selection`]: what follows it runs after them, so that no frame shows one thing's card
/// over another thing's history.
#[derive(SystemSet, Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PickSystems;

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
                (pointer::click, choose::pick, choose::select, choose::fill_card, choose::light)
                    .chain()
                    .in_set(PickSystems),
            );
    }
}

#[cfg(test)]
mod tests;
