//! What of the city is shown, asked for and let go, frame by frame.

use super::{
    load::{self, Job},
    picture::texture_formats,
    stream::{SceneStatus, Stream},
};
use crate::{
    camera::{FOVY_RAD, Flight, MainCamera, MapCamera, MapView},
    feed::Fetcher,
};
use bevy::{
    math::{DMat4, DVec2, DVec3},
    prelude::*,
    render::renderer::RenderDevice,
};
use tiles3d::{
    ContentState, TileId, View,
    select::{Frame, Projection},
};

/// What selection looks at.
#[derive(bevy::ecs::system::SystemParam)]
pub(super) struct Eyes<'w, 's> {
    map: Res<'w, MapCamera>,
    flight: Res<'w, Flight>,
    camera: Query<'w, 's, &'static Camera, With<MainCamera>>,
    time: Res<'w, Time<Real>>,
}

impl Eyes<'_, '_> {
    /// Pixels of the picture.
    fn size(&self) -> DVec2 {
        let camera = self.camera.single().ok().and_then(Camera::physical_viewport_size);
        camera.map_or(DVec2::new(1280.0, 720.0), |s| s.as_dvec2())
    }
}

/// Decides what is shown, asks for what is missing, drops what is not needed.
pub(super) fn select(
    mut stream: ResMut<Stream>,
    fetcher: Res<Fetcher>,
    eyes: Eyes<'_, '_>,
    device: Option<Res<RenderDevice>>,
    mut status: ResMut<SceneStatus>,
    mut visibility: Query<&mut Visibility>,
    mut commands: Commands,
) {
    let stream = &mut *stream;
    stream.ask_schema(&fetcher);
    let opening = stream.opening;
    let Some(tileset) = &mut stream.tileset else {
        status.quiet_frames = if opening { 0 } else { status.quiet_frames.saturating_add(1) };
        return;
    };
    let root_from_render = stream.render_from_root.inverse();
    let view = |map: &MapView| view_in_root(map, eyes.size(), &root_from_render);
    let views = [view(&eyes.map.0)];
    // Where a flight ends is asked for while it is under way.
    let hints: Vec<View> = eyes.flight.destination().iter().map(view).collect();
    let frame = Frame { views: &views, hints: &hints, now: eyes.time.elapsed() };
    let selection = stream.selector.update_with(tileset, &frame, None);

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
    let cancelled = selection.cancel.clone();
    let (cpu_bytes, gpu_bytes, error_px) = (selection.bytes, selection.gpu_bytes, selection.error_px);
    for id in cancelled {
        if let Some(ticket) = stream.tickets.remove(&id) {
            ticket.cancel();
            stream.selector.set_state(id, ContentState::Unloaded);
        }
    }
    for id in &asked {
        let Some(tile) = tileset.tile(*id) else { continue };
        stream.selector.set_state(*id, ContentState::Loading);
        let ticket = stream.tickets.entry(*id).or_default().clone();
        if let Some(url) = tile.pending.clone() {
            load::start_subtree(&fetcher, *id, ticket, url, stream.sender.clone());
            continue;
        }
        let job = Job {
            tile: *id,
            ticket,
            urls: tile.contents.clone(),
            render_from_tile: stream.render_from_root * tile.transform,
            root_from_tile: tile.transform,
            gltf_z_up: tile.gltf_z_up,
            texture_formats: texture_formats(device.as_deref()),
        };
        load::start(&fetcher, job, stream.sender.clone());
    }
    // Ids of what is pruned may be given to other tiles later: nothing may be held for them.
    for id in stream.selector.prune(tileset) {
        if let Some(ticket) = stream.tickets.remove(id) {
            ticket.cancel();
        }
        for entity in stream.shown.remove(id).into_iter().flat_map(|s| s.entities) {
            commands.entity(entity).despawn();
        }
    }
    let loading = stream.selector.counts().loading;
    let same = now == stream.rendered && loading == 0;
    stream.rendered = now;
    let quiet_frames = if same { status.quiet_frames.saturating_add(1) } else { 0 };
    let next = SceneStatus {
        opened: true,
        rendered: stream.rendered.len(),
        loading,
        failed: stream.failed,
        held: stream.shown.len(),
        cpu_bytes,
        gpu_bytes,
        tree: tileset.tiles().len(),
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
    let projection = Projection::Perspective { fovy_rad: f64::from(FOVY_RAD) };
    View::framed(position, turn(DVec3::NEG_Z), turn(DVec3::Y), size, projection)
}
