//! What a click meant: small things before large ones, things before the ground.

use super::{PickAt, Picked, Select, Selection};
use crate::{
    camera::{MainCamera, MapCamera, MapView},
    feed::{Clock, FeedEvent, Request},
    grid::GridBook,
    live::{Layers, LiveCity},
    scene::{Highlights, TileScene},
};
use bevy::{ecs::system::SystemParam, math::DVec3, prelude::*};
use cim_model::{EntityKey, EntityKind, LayerId, Place};
use serde_json::{Map, Value};

/// Pixels beside a small thing that still mean it.
const NEAR_PX: f32 = 14.0;
/// Tint of what is selected: linear rgb and strength.
const SELECTED: [u8; 4] = [255, 150, 20, 200];

/// What the backend knows of the selected entity.
#[derive(Debug, Clone, PartialEq)]
pub struct Card {
    /// Which.
    pub key: EntityKey,
    /// Where it is.
    pub place: Option<Place>,
    /// Everything that is known of it.
    pub properties: Map<String, Value>,
}

/// The card of the selection, once it has arrived.
#[derive(Resource, Debug, Default)]
pub struct EntityCard(pub Option<Card>);

/// Everything that can be pointed at.
#[derive(SystemParam)]
pub(super) struct Targets<'w> {
    map: Res<'w, MapCamera>,
    clock: Res<'w, Clock>,
    layers: Res<'w, Layers>,
    city: Res<'w, LiveCity>,
    grid: Res<'w, GridBook>,
    tiles: TileScene<'w>,
}

pub(super) fn pick(
    mut asked: MessageReader<PickAt>,
    camera: Query<&Camera, With<MainCamera>>,
    targets: Targets<'_>,
    mut out: MessageWriter<Select>,
) {
    for PickAt(at) in asked.read() {
        let size = camera.single().ok().and_then(Camera::logical_viewport_size);
        if let Some(size) = size {
            out.write(Select(targets.under(*at, size)));
        }
    }
}

impl Targets<'_> {
    /// What is at a point of the picture.
    fn under(&self, at: Vec2, size: Vec2) -> Option<Picked> {
        let view = &self.map.0;
        let (origin, direction) = view.ray(at, size);
        let hit =
            if self.layers.is_on(LayerId::TerrainBuildings) { self.tiles.raycast(origin, direction) } else { None };
        let far = hit.as_ref().map_or(f64::INFINITY, |h| h.distance_m);
        if let Some(picked) = self.small_thing(view, at, size, far) {
            return Some(picked);
        }
        let ground = hit
            .as_ref()
            .map(|h| h.point)
            .or_else(|| (direction.y < -1e-4).then(|| origin + direction * (origin.y / -direction.y)));
        // A site is meant by whoever points at its ground or its fence.
        let bare = |k: &EntityKey| matches!(k.kind, EntityKind::Green | EntityKind::Other);
        let bare = hit.as_ref().and_then(|h| h.key.as_ref()).is_none_or(bare);
        if let (true, Some(point)) = (bare, ground)
            && let Some(zone) = self.grid.zone_at(point, |layer| self.layers.is_on(layer))
        {
            return Some(area(&zone.key, &zone.name, point));
        }
        if let Some(hit) = &hit
            && let Some(key) = &hit.key
            && !matches!(key.kind, EntityKind::Green)
        {
            return Some(Picked {
                key: key.clone(),
                name: hit.name.clone(),
                point: Some(hit.point),
                attributes: hit.attributes.clone(),
            });
        }
        if let Some(picked) = ground.and_then(|point| self.on_ground(point)) {
            return Some(picked);
        }
        let hit = hit?;
        Some(Picked { key: hit.key?, name: hit.name, point: Some(hit.point), attributes: hit.attributes })
    }

    /// The cell of the unit grid, or else the community, that a point of the ground lies in.
    fn on_ground(&self, point: DVec3) -> Option<Picked> {
        let cell = if self.layers.is_on(LayerId::UnitGrid) { self.grid.cell_at(point) } else { None };
        if let Some(cell) = cell {
            return Some(area(&cell.key, &cell.name, point));
        }
        let zone = if self.layers.is_on(LayerId::Admin) { self.grid.admin_at(point) } else { None };
        zone.map(|z| area(&z.key, &z.name, point))
    }

    /// The nearest thing of the live layers beside the pointer that is not behind a wall.
    fn small_thing(&self, view: &MapView, at: Vec2, size: Vec2, wall_m: f64) -> Option<Picked> {
        let now = self.clock.elapsed_secs();
        let eye = view.eye();
        let mut best: Option<(f32, EntityKey, DVec3)> = None;
        for layer in cim_model::LAYERS.iter().map(|l| l.id).filter(|l| self.layers.is_on(*l)) {
            for (key, foot) in self.city.placed(layer, now) {
                let distance = eye.distance(foot);
                let middle = foot + DVec3::Y * middle_m(&key, distance, size.y);
                if distance > wall_m + 25.0 {
                    continue;
                }
                let Some(seen) = view.project(middle, size) else { continue };
                // Near things are large on the screen.
                let reach = NEAR_PX.max((3.0 / MapView::metres_per_pixel(distance, size.y)) as f32);
                let off = seen.distance(at) / reach;
                if off <= 1.0 && best.as_ref().is_none_or(|b| off < b.0) {
                    best = Some((off, key, foot));
                }
            }
        }
        let (_, key, foot) = best?;
        let name = match key.kind {
            EntityKind::Vehicle => self.city.vehicle(&key.id).map(|v| v.plate.clone()),
            _ => self.city.item(&key).map(|i| i.name.clone()),
        };
        Some(Picked { key, name: name.unwrap_or_default(), point: Some(foot), attributes: Vec::new() })
    }
}

/// An area that was pointed at.
fn area(key: &EntityKey, name: &str, point: DVec3) -> Picked {
    Picked { key: key.clone(), name: name.to_owned(), point: Some(point), attributes: Vec::new() }
}

/// Metres from the foot of a thing to the middle of what is drawn of it; far things are drawn larger.
fn middle_m(key: &EntityKey, distance_m: f64, height_px: f32) -> f64 {
    let (own, whole_m, least_px) = match key.kind {
        EntityKind::Alert => (17.5, 21.0, 26.0),
        EntityKind::Sensor => (6.0, 7.2, 9.0),
        EntityKind::Camera => (6.5, 7.1, 9.0),
        EntityKind::Case => (5.0, 7.0, 12.0),
        EntityKind::Vehicle => (1.5, 4.9, 4.0),
        EntityKind::FloodPoint => (3.0, 6.2, 9.0),
        _ => (0.5, 2.0, 0.0),
    };
    own * (least_px * MapView::metres_per_pixel(distance_m, height_px) / whole_m).max(1.0)
}

/// Takes a new selection and asks what is known of it.
pub(super) fn select(
    mut asked: MessageReader<Select>,
    mut selection: ResMut<Selection>,
    mut card: ResMut<EntityCard>,
    mut requests: MessageWriter<Request>,
) {
    let Some(Select(next)) = asked.read().last() else { return };
    if next.as_ref().map(|p| &p.key) != selection.current.as_ref().map(|p| &p.key) {
        card.0 = None;
        if let Some(picked) = next {
            requests.write(Request::Entity(picked.key.clone()));
            requests.write(Request::CaseList(picked.key.clone()));
        }
    }
    selection.current.clone_from(next);
}

/// Keeps the card of the selection.
pub(super) fn fill_card(mut events: MessageReader<FeedEvent>, selection: Res<Selection>, mut card: ResMut<EntityCard>) {
    for event in events.read() {
        if let FeedEvent::Entity { key, place, properties } = event
            && selection.current.as_ref().is_some_and(|p| p.key == *key)
        {
            card.0 = Some(Card { key: key.clone(), place: *place, properties: properties.clone() });
        }
    }
}

/// Lights up what is selected.
pub(super) fn light(selection: Res<Selection>, mut highlights: ResMut<Highlights>) {
    if selection.is_changed() {
        let tints = selection.current.iter().map(|p| (p.key.clone(), SELECTED)).collect();
        highlights.set_if_neq(Highlights { tints });
    }
}
