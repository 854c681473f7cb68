//! What is selected.

use crate::{live::LiveCity, scene::TileScene};
use bevy::{math::DVec3, prelude::*};
use cim_model::{EntityKey, EntityKind};

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

impl Picked {
    /// What is known here of an entity that was named, not pointed at, at a second of the program.
    #[must_use]
    pub fn named(key: EntityKey, city: &LiveCity, tiles: &TileScene<'_>, now_secs: f64) -> Self {
        if let Some(hit) = tiles.describe(&key) {
            return Self { key, name: hit.name, point: Some(hit.point), attributes: hit.attributes };
        }
        let name = match key.kind {
            EntityKind::Vehicle => city.vehicle(&key.id).map(|v| v.plate.clone()),
            _ => city.item(&key).map(|i| i.name.clone()),
        };
        let point = city.position(&key, now_secs);
        Self { key, name: name.unwrap_or_default(), point, attributes: Vec::new() }
    }
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
