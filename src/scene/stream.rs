//! Streaming the city's tiles: what was asked for arrives and is put into the world.

use super::{
    Quality,
    load::{LoadError, Loaded, Parcel, Ticket, unpacked},
    opening::Opening,
    upload::{Shown, Stage, state_image},
};
use crate::{
    diagnostics::Diagnostics,
    feed::{FetchError, Fetcher, entrance},
};
use bevy::{math::DMat4, prelude::*};
use cim_model::Place;
use crossbeam_channel::{Receiver, Sender, bounded};
use std::{collections::HashMap, time::Duration};
use tiles3d::{ContentState, SelectOptions, Selector, TileId, Tileset, select::Failure, tileset::Subtree};
use url::Url;

/// Parcels that may wait; more make the loading threads wait.
const WAITING: usize = 64;
/// Bytes of tiles that one frame puts into the world.
const BYTES_A_FRAME: u64 = 12 << 20;

/// Which tileset to show. Changing it replaces the city.
#[derive(Resource, Debug, Clone, Default, PartialEq)]
pub struct TilesetSource {
    /// Its `tileset.json`, or an archive (`.3tz`).
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
    /// Decoded bytes held in main memory.
    pub cpu_bytes: u64,
    /// Bytes held by the graphics card.
    pub gpu_bytes: u64,
    /// Tiles in the tree.
    pub tree: usize,
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
    pub(super) tileset: Option<Tileset>,
    pub(super) selector: Selector,
    options: SelectOptions,
    pub(super) shown: HashMap<TileId, Shown>,
    pub(super) rendered: Vec<TileId>,
    pub(super) render_from_root: DMat4,
    /// What is on its way.
    pub(super) tickets: HashMap<TileId, Ticket>,
    pub(super) failed: usize,
    pub(super) opening: bool,
    /// The schema that was asked for last.
    schema: Option<Url>,
    /// Second of the program in which the tileset came.
    pub(super) came_secs: f64,
    pub(super) sender: Sender<Parcel>,
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
            tickets: HashMap::new(),
            failed: 0,
            opening: false,
            schema: None,
            came_secs: 0.0,
            sender,
            receiver,
            blank,
            changes: 0,
        }
    }
}

fn options(quality: &Quality) -> SelectOptions {
    let options = SelectOptions {
        max_error_px: quality.error_px,
        max_bytes: quality.cpu_bytes,
        max_gpu_bytes: quality.gpu_bytes,
        ..SelectOptions::default()
    };
    // A browser decodes on few threads.
    if cfg!(target_arch = "wasm32") { SelectOptions { max_loading: 8, ..options } } else { options }
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
    stream.tickets.drain().for_each(|(_, ticket)| ticket.cancel());
    stream.rendered.clear();
    stream.failed = 0;
    stream.schema = None;
    for (_, shown) in stream.shown.drain() {
        for entity in shown.entities {
            commands.entity(entity).despawn();
        }
    }
    *status = SceneStatus::default();
    stream.opening = source.url.is_some();
    if let Some(url) = source.url.clone().map(entrance) {
        let (generation, sender) = (stream.generation, stream.sender.clone());
        fetcher.get(url.clone(), move |result| {
            let _ = sender.send(Parcel::Root { generation, url, result });
        });
    }
}

/// Takes what arrived, within the frame's budget.
pub(super) fn receive(
    mut stream: ResMut<Stream>,
    time: Res<Time<Real>>,
    fetcher: Res<Fetcher>,
    mut stage: Stage<'_, '_>,
    mut diagnostics: ResMut<Diagnostics>,
    mut status: ResMut<SceneStatus>,
    mut opening: Opening<'_>,
) {
    for d in fetcher.take_defects() {
        diagnostics.report(d.code, d.place, d.message);
    }
    let mut budget = 0u64;
    while budget < BYTES_A_FRAME {
        let Ok(parcel) = stream.receiver.try_recv() else { break };
        status.quiet_frames = 0;
        match parcel {
            Parcel::Root { generation, url, result } if generation == stream.generation => {
                stream.opening = false;
                let parsed = result
                    .map_err(|e| e.to_string())
                    .and_then(|bytes| unpacked(bytes).map_err(|d| d.message))
                    .and_then(|bytes| Tileset::parse(&bytes, &url).map_err(|e| e.to_string()));
                match parsed {
                    Ok((tileset, defects)) => {
                        for d in defects {
                            diagnostics.report(d.code, d.place, d.message);
                        }
                        stream.render_from_root = opening.settle(&tileset);
                        stream.tileset = Some(tileset);
                        stream.came_secs = opening.now_secs();
                        status.opened = true;
                    }
                    Err(problem) => {
                        diagnostics.report("tileset-invalid", url.as_str(), problem.clone());
                        status.problem = Some(problem);
                    }
                }
            }
            Parcel::Tile { tile, ticket, loaded } if !ticket.is_cancelled() => {
                budget += loaded.models.iter().map(|m| m.1.gpu_bytes).sum::<u64>();
                stream.accept(tile, loaded, time.elapsed(), &mut stage, &mut diagnostics);
            }
            Parcel::Subtree { tile, ticket, url, result } if !ticket.is_cancelled() => {
                stream.graft(tile, &url, result, time.elapsed(), &mut diagnostics);
            }
            Parcel::Schema { generation, url, result } if generation == stream.generation => {
                stream.take_schema(&url, result, &mut diagnostics);
            }
            Parcel::Root { .. } | Parcel::Tile { .. } | Parcel::Subtree { .. } | Parcel::Schema { .. } => {}
        }
    }
}

impl Stream {
    /// Asks for the schema that the metadata waits for, once.
    pub(super) fn ask_schema(&mut self, fetcher: &Fetcher) {
        let Some(url) = self.tileset.as_ref().and_then(Tileset::schema_uri) else { return };
        if self.schema.as_ref() == Some(url) {
            return;
        }
        let (url, generation, sender) = (url.clone(), self.generation, self.sender.clone());
        self.schema = Some(url.clone());
        fetcher.get(url.clone(), move |result| {
            let _ = sender.send(Parcel::Schema { generation, url, result });
        });
    }

    /// Gives the tileset its schema. Without one its metadata is shown as it is written.
    fn take_schema(&mut self, url: &Url, result: Result<Vec<u8>, FetchError>, diagnostics: &mut Diagnostics) {
        let Some(tileset) = &mut self.tileset else { return };
        let taken = match result {
            Ok(bytes) => tileset.set_schema(url, &bytes).map_err(|e| e.to_string()),
            Err(e) => Err(e.to_string()),
        };
        match taken {
            Ok(defects) => defects.into_iter().for_each(|d| diagnostics.report(d.code, d.place, d.message)),
            Err(problem) => {
                diagnostics.report("schema-unreadable", url.as_str(), problem);
                tileset.drop_schema(url);
            }
        }
    }

    /// Puts a subtree where its tile waits for it. One that cannot be had leaves an empty place.
    fn graft(
        &mut self,
        tile: TileId,
        url: &Url,
        result: Result<Box<Subtree>, LoadError>,
        now: Duration,
        diagnostics: &mut Diagnostics,
    ) {
        self.tickets.remove(&tile);
        let Some(tileset) = &mut self.tileset else { return };
        if let Err(e) = &result
            && e.is_temporary()
            && self.selector.set_failed(tile, Failure::Temporary, now) != ContentState::Failed
        {
            return;
        }
        let attached = match result {
            Ok(subtree) => tileset.attach_subtree(tile, *subtree).map_err(|e| ("subtree-broken", e.to_string())),
            Err(e) => Err((e.code(), e.to_string())),
        };
        match attached {
            Ok(defects) => defects.into_iter().for_each(|d| diagnostics.report(d.code, d.place, d.message)),
            Err((code, message)) => {
                diagnostics.report(code, url.as_str(), message);
                tileset.drop_pending(tile);
                self.failed += 1;
            }
        }
        // It is another tile now: with contents of its own, or with none.
        self.selector.set_state(tile, ContentState::Unloaded);
    }

    fn accept(
        &mut self,
        tile: TileId,
        loaded: Loaded,
        now: Duration,
        stage: &mut Stage<'_, '_>,
        diagnostics: &mut Diagnostics,
    ) {
        self.tickets.remove(&tile);
        for d in loaded.defects {
            diagnostics.report(d.code, d.place, d.message);
        }
        let nothing = loaded.models.is_empty() && loaded.tilesets.is_empty();
        if nothing && !loaded.errors.is_empty() {
            let temporary = loaded.errors.iter().any(|(_, e)| e.is_temporary());
            let failure = if temporary { Failure::Temporary } else { Failure::Permanent };
            if self.selector.set_failed(tile, failure, now) != ContentState::Failed {
                return;
            }
            self.failed += 1;
        }
        for (url, error) in &loaded.errors {
            diagnostics.report(error.code(), url.as_str(), error.to_string());
        }
        if nothing && !loaded.errors.is_empty() {
            return;
        }
        if let Some(tileset) = &mut self.tileset {
            for (url, bytes) in loaded.tilesets {
                match tileset.attach_external(tile, &bytes, &url) {
                    Ok(defects) => defects.into_iter().for_each(|d| diagnostics.report(d.code, d.place, d.message)),
                    Err(e) => diagnostics.report("tileset-invalid", url.as_str(), e.to_string()),
                }
            }
        }
        let cpu = loaded.models.iter().map(|m| m.1.cpu_bytes).sum();
        let gpu = loaded.models.iter().map(|m| m.1.gpu_bytes).sum();
        if self.selector.set_state(tile, ContentState::Ready { cpu, gpu }) == ContentState::Failed {
            let (max, max_gpu) = (self.options.max_bytes, self.options.max_gpu_bytes);
            let message = format!(
                "it takes {cpu} bytes and {gpu} on the graphics card, more than all tiles may together ({max} and {max_gpu})"
            );
            let place = self.tileset.as_ref().and_then(|t| t.tile(tile)?.contents.first().map(ToString::to_string));
            diagnostics.report("tile-too-large", place.unwrap_or_default(), message);
            self.failed += 1;
            return;
        }
        let shown = Shown::new(loaded.models, &self.blank, stage);
        self.shown.insert(tile, shown);
        self.changes += 1;
    }
}
