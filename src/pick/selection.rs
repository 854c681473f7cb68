//! What is selected.

use bevy::{math::DVec3, prelude::*};
use cim_model::EntityKey;

/// Something a person pointed at.
#[derive(Debug, Clone, PartialEq)]
pub struct Picked {
    /// What it is.
    pub key: EntityKey,
    /// Its name, possibly empty.
    pub name: String,
    /// The point hit, site metres.
    pub point: Option<DVec3>,
    /// Name and value of what the scene knows of it.
    pub attributes: Vec<(String, String)>,
}

/// The one selected entity.
#[derive(Resource, Debug, Default)]
pub struct Selection {
    /// `None` when nothing is selected.
    pub current: Option<Picked>,
}

/// Changes the selection: the only way to do it, for pointers, panels, links and the web API alike.
#[derive(Message, Debug, Clone)]
pub struct Select(pub Option<Picked>);

/// A click at a point of the primary window, logical pixels from the top left.
#[derive(Message, Debug, Clone, Copy)]
pub struct PickAt(pub Vec2);
