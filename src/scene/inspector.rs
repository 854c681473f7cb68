//! The tile inspector: what the stream is doing, and why the tile under the pointer is as it is.

use super::{
    frame::RenderOrigin,
    stream::{SceneStatus, Stream},
};
use crate::camera::{InputBlocked, MapCamera};
use bevy::{
    math::{DMat3, DVec3},
    prelude::*,
    window::PrimaryWindow,
};
use tiles3d::{BoundingVolume, ContentState, Tile, TileId, Tileset, select::Decision};

/// Volumes drawn at a time.
const VOLUMES: usize = 400;
/// Metres beyond which nothing is under the pointer.
const REACH_M: f64 = 1.0e6;

/// The inspector. Nothing is worked out while it is off.
#[derive(Resource, Debug, Clone, Default, PartialEq)]
pub struct TileInspector {
    /// Whether it is on.
    pub on: bool,
    /// How the stream stands.
    pub stream: StreamFacts,
    /// The tile under the pointer (in the middle of the picture when there is none), and the tiles above it up to the root.
    pub line: Vec<TileFacts>,
}

/// How the stream stands.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct StreamFacts {
    /// Tiles in the tree.
    pub tree: usize,
    /// Tiles that the last frame looked at.
    pub visited: usize,
    /// Tiles wanted that wait for a free request or for memory.
    pub waiting: usize,
    /// Bytes held in main memory, and the most that may be.
    pub cpu: (u64, u64),
    /// Bytes held by the graphics card, and the most that may be.
    pub gpu: (u64, u64),
    /// Error in force and the one that is asked for, pixels.
    pub error_px: (f64, f64),
}

/// Why a tile is as it is.
#[derive(Debug, Clone, PartialEq)]
pub struct TileFacts {
    /// Its number in the tree.
    pub tile: u32,
    /// What was decided; the message `tile-...` says it in words.
    pub decision: &'static str,
    /// Its error on the screen, pixels.
    pub error_px: f64,
    /// Its geometric error, metres.
    pub geometric_error: f64,
    /// Metres from the eye to its volume.
    pub distance_m: f64,
    /// Its decoded bytes, when they are known.
    pub bytes: Option<u64>,
    /// The last part of its content's address.
    pub content: String,
}

pub(super) fn toggle(
    keys: Option<Res<ButtonInput<KeyCode>>>,
    blocked: Res<InputBlocked>,
    mut inspector: ResMut<TileInspector>,
) {
    if !blocked.keyboard && keys.is_some_and(|k| k.just_pressed(KeyCode::F8)) {
        inspector.on = !inspector.on;
    }
}

/// Works out what the inspector shows.
pub(super) fn inspect(
    stream: Res<Stream>,
    map: Res<MapCamera>,
    windows: Query<&Window, With<PrimaryWindow>>,
    mut inspector: ResMut<TileInspector>,
) {
    if !inspector.on {
        return;
    }
    let Some(tileset) = &stream.tileset else { return };
    let window = windows.single().ok();
    let size = window.map_or(Vec2::new(16.0, 9.0), Window::size);
    let at = window.and_then(Window::cursor_position).unwrap_or(0.5 * size);
    let (origin, direction) = map.0.ray(at, size);
    let mut next = tile_under(&stream, origin, direction);
    let mut line = Vec::new();
    while let Some(tile) = next.and_then(|id| tileset.tile(id)) {
        line.push(facts(&stream, tileset, tile));
        next = tile.parent;
    }
    let (selection, options) = (stream.selector.selection(), stream.selector.options());
    let now = StreamFacts {
        tree: tileset.tiles().len(),
        visited: selection.visited,
        waiting: selection.waiting,
        cpu: (selection.bytes, options.max_bytes),
        gpu: (selection.gpu_bytes, options.max_gpu_bytes),
        error_px: (selection.error_px, options.max_error_px),
    };
    inspector.set_if_neq(TileInspector { on: true, stream: now, line });
}

/// The shown tile that a ray hits first.
fn tile_under(stream: &Stream, origin: DVec3, direction: DVec3) -> Option<TileId> {
    let mut best: Option<(f64, TileId)> = None;
    for id in &stream.rendered {
        for part in stream.shown.get(id).iter().flat_map(|s| &s.parts) {
            let limit = best.map_or(REACH_M, |b| b.0);
            let local = (origin - part.prepared.anchor).as_vec3();
            if let Some(hit) = part.cast(local, direction.as_vec3(), limit as f32) {
                best = Some((f64::from(hit.distance), *id));
            }
        }
    }
    best.map(|b| b.1)
}

fn facts(stream: &Stream, tileset: &Tileset, tile: &Tile) -> TileFacts {
    let why = stream.selector.why(tileset, tile.id);
    let sight = why.sights.first();
    let content = tile.contents.first().and_then(|url| url.path_segments()?.next_back().map(str::to_owned));
    TileFacts {
        tile: tile.id.0,
        decision: word(why.decision),
        error_px: sight.map_or(0.0, |s| s.error_px),
        geometric_error: why.geometric_error,
        distance_m: sight.map_or(0.0, |s| s.distance_m),
        bytes: why.size.map(|b| b.cpu + b.gpu),
        content: content.unwrap_or_default(),
    }
}

/// The message that says a decision in words.
fn word(decision: Decision) -> &'static str {
    match decision {
        Decision::Rendered => "tile-rendered",
        Decision::WaitingForChildren => "tile-waiting-for-children",
        Decision::KeptForHole => "tile-kept-for-hole",
        Decision::StandsInForBroken => "tile-stands-in-for-broken",
        Decision::ReplacedByChildren => "tile-replaced-by-children",
        Decision::TooFine => "tile-too-fine",
        Decision::Culled => "tile-culled",
        Decision::OutsideRequestVolume => "tile-outside-request-volume",
        Decision::ContentCulled => "tile-content-culled",
        Decision::Empty => "tile-empty",
        Decision::Skipped => "tile-skipped",
        Decision::Queued => "tile-queued",
        Decision::BudgetLimited => "tile-budget-limited",
        Decision::Loading => "tile-loading",
        Decision::HeldBack => "tile-held-back",
        Decision::WaitingForRetry => "tile-waiting-for-retry",
        Decision::Failed => "tile-failed",
        Decision::Unknown => "tile-unknown",
    }
}

/// Draws the volumes of what is shown (green, yellow where it is too coarse), on its way (blue) and broken (red).
pub(super) fn draw(
    inspector: Res<TileInspector>,
    stream: Res<Stream>,
    status: Res<SceneStatus>,
    origin: Res<RenderOrigin>,
    mut gizmos: Gizmos,
) {
    let Some(tileset) = stream.tileset.as_ref().filter(|_| inspector.on) else { return };
    let aimed = inspector.line.first().map(|f| f.tile);
    let asked = stream.tickets.keys();
    for id in stream.rendered.iter().chain(asked).take(VOLUMES) {
        let Some(tile) = tileset.tile(*id) else { continue };
        let color = match stream.selector.state(*id) {
            _ if aimed == Some(id.0) => Color::linear_rgb(1.0, 1.0, 1.0),
            ContentState::Loading => Color::linear_rgb(0.1, 0.4, 1.0),
            ContentState::Failed | ContentState::RetryAt(_) => Color::linear_rgb(1.0, 0.1, 0.05),
            _ if tile.geometric_error > 0.0 && status.loading > 0 => Color::linear_rgb(1.0, 0.7, 0.1),
            _ => Color::linear_rgb(0.1, 0.9, 0.3),
        };
        let to_world = |p: DVec3| origin.to_world(stream.render_from_root.transform_point3(p));
        match &tile.volume {
            BoundingVolume::Box { center, half_axes } => cage(&mut gizmos, *center, half_axes, to_world, color),
            other => {
                let (center, radius) = other.bounding_sphere();
                let radius = radius.min(1.0e5);
                cage(&mut gizmos, center, &DMat3::from_diagonal(DVec3::splat(radius)), to_world, color);
            }
        }
    }
}

/// The twelve edges of a box.
fn cage(gizmos: &mut Gizmos<'_, '_>, center: DVec3, half: &DMat3, to_world: impl Fn(DVec3) -> Vec3, color: Color) {
    let corner = |i: usize| {
        let side = |bit: usize| if i >> bit & 1 == 0 { -1.0 } else { 1.0 };
        to_world(center + half.x_axis * side(0) + half.y_axis * side(1) + half.z_axis * side(2))
    };
    for i in 0..8usize {
        for bit in 0..3 {
            if i >> bit & 1 == 0 {
                gizmos.line(corner(i), corner(i | 1 << bit), color);
            }
        }
    }
}
