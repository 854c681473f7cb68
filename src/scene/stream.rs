//! Streaming the city's tiles: what the camera needs comes, what it does not need goes.

use super::{
    Quality,
    load::{self, Job, Loaded, Parcel},
    opening::Opening,
    upload::{Shown, Stage, state_image},
};
use crate::{
    camera::{FOVY_RAD, MainCamera, MapCamera, MapView},
    diagnostics::Diagnostics,
    feed::Fetcher,
};
use bevy::{
    math::{DMat4, DVec2, DVec3},
    prelude::*,
};
use cim_model::Place;
use crossbeam_channel::{Receiver, Sender, bounded};
use std::collections::HashMap;
use tiles3d::{ContentState, SelectOptions, Selector, TileId, Tileset, View};
use url::Url;

/// Parcels that may wait; more make the loading threads wait.
const WAITING: usize = 64;
/// Bytes of tiles that one frame puts into the world.
const BYTES_A_FRAME: u64 = 12 << 20;
/// How often a tile that could not be reached is asked for again.
const TRIES: u8 = 3;

/// Which tileset to show. Changing it replaces the city.
#[derive(Resource, Debug, Clone, Default, PartialEq)]
pub struct TilesetSource {
    /// Its `tileset.json`.
    pub url: Option<Url>,
    /// Origin of the site's frame; the middle of the tileset when `None`.
    pub origin: Option<Place>,
    /// It was asked for by a person: what the backend says does not replace it.
    pub fixed: bool,
}

/// How streaming stands.
#[derive(Resource, Debug, Clone, Default, PartialEq)]
pub struct SceneStatus {
    /// The tileset has been read: the site's frame and the home view are known.
    pub opened: bool,
    /// Tiles shown.
    pub rendered: usize,
    /// Tiles on their way.
    pub loading: usize,
    /// Tiles that cannot be had.
    pub failed: usize,
    /// Tiles held.
    pub held: usize,
    /// Decoded bytes held.
    pub bytes: u64,
    /// Error in force, pixels.
    pub error_px: f64,
    /// Why there is no tileset at all, for a person.
    pub problem: Option<String>,
    /// Frames since anything last changed; `u32::MAX` is never reached.
    pub quiet_frames: u32,
}

impl SceneStatus {
    /// Whether the picture is complete: nothing is on its way, or there is nothing that could come.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        self.quiet_frames >= 8
    }
}

/// The tileset and what of it is here.
#[derive(Resource)]
pub(super) struct Stream {
    generation: u64,
    tileset: Option<Tileset>,
    selector: Selector,
    options: SelectOptions,
    pub(super) shown: HashMap<TileId, Shown>,
    pub(super) rendered: Vec<TileId>,
    render_from_root: DMat4,
    tries: HashMap<TileId, u8>,
    failed: usize,
    opening: bool,
    sender: Sender<Parcel>,
    receiver: Receiver<Parcel>,
    blank: Handle<Image>,
    /// Rises when tiles come or go.
    pub(super) changes: u64,
}

impl FromWorld for Stream {
    fn from_world(world: &mut World) -> Self {
        let (sender, receiver) = bounded(WAITING);
        let blank = world.resource_mut::<Assets<Image>>().add(state_image(1));
        let options = options(world.resource::<Quality>());
        Self {
            generation: 0,
            tileset: None,
            selector: Selector::new(options.clone()),
            options,
            shown: HashMap::new(),
            rendered: Vec::new(),
            render_from_root: DMat4::IDENTITY,
            tries: HashMap::new(),
            failed: 0,
            opening: false,
            sender,
            receiver,
            blank,
            changes: 0,
        }
    }
}

/// A browser tab has less memory and one thread.
fn options(quality: &Quality) -> SelectOptions {
    let options = SelectOptions { max_error_px: quality.error_px, ..SelectOptions::default() };
    if cfg!(target_arch = "wasm32") {
        SelectOptions { max_bytes: 256 << 20, max_loading: 8, ..options }
    } else {
        options
    }
}

/// Begins anew when the source changed.
pub(super) fn open(
    source: Res<TilesetSource>,
    fetcher: Res<Fetcher>,
    mut stream: ResMut<Stream>,
    mut status: ResMut<SceneStatus>,
    mut commands: Commands,
) {
    if !source.is_changed() {
        return;
    }
    let stream = &mut *stream;
    stream.generation += 1;
    stream.changes += 1;
    stream.tileset = None;
    stream.selector = Selector::new(stream.options.clone());
    stream.tries.clear();
    stream.rendered.clear();
    stream.failed = 0;
    for (_, shown) in stream.shown.drain() {
        for entity in shown.entities {
            commands.entity(entity).despawn();
        }
    }
    *status = SceneStatus::default();
    stream.opening = source.url.is_some();
    if let Some(url) = source.url.clone() {
        let (generation, sender) = (stream.generation, stream.sender.clone());
        fetcher.get(url.clone(), move |result| {
            let _ = sender.send(Parcel::Root { generation, url, result });
        });
    }
}

/// Takes what arrived, within the frame's budget.
pub(super) fn receive(
    mut stream: ResMut<Stream>,
    mut stage: Stage<'_, '_>,
    mut diagnostics: ResMut<Diagnostics>,
    mut status: ResMut<SceneStatus>,
    mut opening: Opening<'_>,
) {
    let mut budget = 0u64;
    while budget < BYTES_A_FRAME {
        let Ok(parcel) = stream.receiver.try_recv() else { break };
        status.quiet_frames = 0;
        match parcel {
            Parcel::Root { generation, url, result } if generation == stream.generation => {
                stream.opening = false;
                let parsed = result
                    .map_err(|e| e.to_string())
                    .and_then(|bytes| Tileset::parse(&bytes, &url).map_err(|e| e.to_string()));
                match parsed {
                    Ok((tileset, defects)) => {
                        for d in defects {
                            diagnostics.report(d.code, d.place, d.message);
                        }
                        stream.render_from_root = opening.settle(&tileset);
                        stream.tileset = Some(tileset);
                        status.opened = true;
                    }
                    Err(problem) => {
                        diagnostics.report("tileset-invalid", url.as_str(), problem.clone());
                        status.problem = Some(problem);
                    }
                }
            }
            Parcel::Tile { generation, tile, loaded } if generation == stream.generation => {
                budget += loaded.models.iter().map(|m| m.bytes).sum::<u64>();
                stream.accept(tile, loaded, &mut stage, &mut diagnostics);
            }
            _ => {}
        }
    }
}

impl Stream {
    fn accept(&mut self, tile: TileId, loaded: Loaded, stage: &mut Stage<'_, '_>, diagnostics: &mut Diagnostics) {
        for d in loaded.defects {
            diagnostics.report(d.code, d.place, d.message);
        }
        let nothing = loaded.models.is_empty() && loaded.tilesets.is_empty();
        for (url, error) in &loaded.errors {
            let tries = self.tries.entry(tile).or_default();
            *tries += 1;
            if nothing && error.is_temporary() && *tries < TRIES {
                self.selector.set_state(tile, ContentState::Unloaded);
                return;
            }
            diagnostics.report(error.code(), url.as_str(), error.to_string());
        }
        if let Some(tileset) = &mut self.tileset {
            for (url, bytes) in loaded.tilesets {
                match tileset.attach_external(tile, &bytes, &url) {
                    Ok(defects) => defects.into_iter().for_each(|d| diagnostics.report(d.code, d.place, d.message)),
                    Err(e) => diagnostics.report("tileset-invalid", url.as_str(), e.to_string()),
                }
            }
        }
        if nothing && !loaded.errors.is_empty() {
            self.failed += 1;
            self.selector.set_state(tile, ContentState::Failed);
            return;
        }
        let bytes = loaded.models.iter().map(|m| m.bytes).sum();
        let shown = Shown::new(loaded.models, &self.blank, stage);
        self.shown.insert(tile, shown);
        self.changes += 1;
        self.selector.set_state(tile, ContentState::Ready(bytes));
    }
}

/// Decides what is shown, asks for what is missing, drops what is not needed.
pub(super) fn select(
    mut stream: ResMut<Stream>,
    fetcher: Res<Fetcher>,
    map: Res<MapCamera>,
    camera: Query<&Camera, With<MainCamera>>,
    mut status: ResMut<SceneStatus>,
    mut visibility: Query<&mut Visibility>,
    mut commands: Commands,
) {
    let stream = &mut *stream;
    let opening = stream.opening;
    let Some(tileset) = &stream.tileset else {
        status.quiet_frames = if opening { 0 } else { status.quiet_frames.saturating_add(1) };
        return;
    };
    let size = camera
        .single()
        .ok()
        .and_then(Camera::physical_viewport_size)
        .map_or(DVec2::new(1280.0, 720.0), |s| s.as_dvec2());
    let view = view_in_root(&map.0, size, &stream.render_from_root.inverse());
    let selection = stream.selector.update(tileset, &[view]);

    for tile in &selection.evict {
        for entity in stream.shown.remove(tile).into_iter().flat_map(|s| s.entities) {
            commands.entity(entity).despawn();
        }
        stream.changes += 1;
    }
    let mut show = |tiles: &[TileId], as_: Visibility| {
        for entity in tiles.iter().filter_map(|t| stream.shown.get(t)).flat_map(|s| &s.entities) {
            if let Ok(mut v) = visibility.get_mut(*entity) {
                v.set_if_neq(as_);
            }
        }
    };
    let mut now = selection.render.clone();
    now.sort_unstable();
    let gone: Vec<TileId> = stream.rendered.iter().filter(|t| now.binary_search(t).is_err()).copied().collect();
    show(&gone, Visibility::Hidden);
    show(&now, Visibility::Inherited);
    let asked: Vec<TileId> = selection.load.iter().map(|l| l.0).collect();
    let (bytes, error_px) = (selection.bytes, selection.error_px);
    for id in &asked {
        let Some(tile) = tileset.tile(*id) else { continue };
        stream.selector.set_state(*id, ContentState::Loading);
        let job = Job {
            generation: stream.generation,
            tile: *id,
            urls: tile.contents.clone(),
            render_from_tile: stream.render_from_root * tile.transform,
            gltf_z_up: tile.gltf_z_up,
        };
        load::start(&fetcher, job, stream.sender.clone());
    }
    let loading = tileset.tiles().filter(|t| stream.selector.state(t.id) == ContentState::Loading).count();
    let same = now == stream.rendered && loading == 0;
    stream.rendered = now;
    let quiet_frames = if same { status.quiet_frames.saturating_add(1) } else { 0 };
    let next = SceneStatus {
        opened: true,
        rendered: stream.rendered.len(),
        loading,
        failed: stream.failed,
        held: stream.shown.len(),
        bytes,
        error_px,
        problem: None,
        quiet_frames,
    };
    status.set_if_neq(next);
}

/// The map's view in the tileset's root frame.
fn view_in_root(view: &MapView, size: DVec2, root_from_render: &DMat4) -> View {
    let rotation = view.rotation().as_dquat();
    let turn = |v: DVec3| root_from_render.transform_vector3(rotation * v);
    let position = root_from_render.transform_point3(view.eye());
    let (right, up, ahead) = (turn(DVec3::X), turn(DVec3::Y), turn(DVec3::NEG_Z));
    let half = (0.5 * f64::from(FOVY_RAD)).tan();
    let wide = half * (size.x / size.y.max(1.0));
    let inward = [ahead * wide + right, ahead * wide - right, ahead * half + up, ahead * half - up];
    let mut planes: Vec<_> = inward
        .into_iter()
        .map(|n| {
            let n = n.normalize();
            (n, -n.dot(position))
        })
        .collect();
    planes.push((ahead, -ahead.dot(position)));
    View { position, direction: ahead, planes, viewport_height_px: size.y, fovy_rad: f64::from(FOVY_RAD) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_view_holds_its_target_and_not_what_is_behind_or_beside() {
        let view =
            MapView { target: DVec3::new(100.0, 0.0, -50.0), heading_deg: 30.0, tilt_deg: 60.0, distance_m: 800.0 };
        let seen = view_in_root(&view, DVec2::new(1600.0, 900.0), &DMat4::IDENTITY);
        let inside = |p: DVec3| seen.planes.iter().all(|(n, d)| n.dot(p) + d >= 0.0);
        assert!(inside(view.target));
        assert!(!inside(view.eye() - view.forward() * 10.0));
        let right = view.rotation().as_dquat() * DVec3::X;
        assert!(inside(view.target + right * 580.0) && !inside(view.target + right * 600.0));
    }
}
