//! One tile's way from its URLs to something that can be put into the world; everything here runs off the render
//! thread on the desktop.

use super::decode::decode;
use crate::feed::{FetchError, Fetcher, entrance};
use bevy::math::DMat4;
use cim_scene::{Outcome, PreparedTile, Work};
use crossbeam_channel::Sender;
use std::{
    borrow::Cow,
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};
use tiles3d::{
    Diagnostic, TileId,
    archive::Packed,
    content::{TextureFormats, inflate},
    tileset::Subtree,
};
use url::Url;

/// Rounds of fetching the files that a glTF refers to.
const ROUNDS: usize = 4;
/// Larger tilesets are refused, bytes of JSON.
const TILESET_BYTES: usize = 256 << 20;

/// Why a tile, or a part of it, cannot be shown.
#[derive(Debug, thiserror::Error)]
pub(super) enum LoadError {
    #[error(transparent)]
    Fetch(#[from] FetchError),
    #[error("{}", .0.message)]
    Content(Diagnostic),
}

impl LoadError {
    /// Stable diagnostic code.
    pub(super) fn code(&self) -> &'static str {
        match self {
            Self::Fetch(FetchError::Missing(_)) => "tile-missing",
            Self::Fetch(FetchError::TooLarge(_)) => "tile-too-large",
            Self::Fetch(FetchError::Archive { .. }) => "tile-broken",
            Self::Fetch(_) => "tile-unreachable",
            Self::Content(why) => why.code,
        }
    }

    pub(super) fn is_temporary(&self) -> bool {
        matches!(self, Self::Fetch(e) if e.is_temporary())
    }
}

/// What came of a tile's contents.
#[derive(Debug, Default)]
pub(super) struct Loaded {
    /// With the content that each is of.
    pub(super) models: Vec<(Url, PreparedTile)>,
    /// External tilesets, to be grafted in.
    pub(super) tilesets: Vec<(Url, Vec<u8>)>,
    pub(super) defects: Vec<Diagnostic>,
    pub(super) errors: Vec<(Url, LoadError)>,
}

/// Something that arrived.
#[derive(Debug)]
pub(super) enum Parcel {
    /// A `tileset.json`, with the generation of what had asked for it.
    Root { generation: u64, url: Url, result: Result<Vec<u8>, FetchError> },
    /// A tile, with the ticket that it was asked for with.
    Tile { tile: TileId, ticket: Ticket, loaded: Loaded },
    /// A schema of the tileset's metadata.
    Schema { generation: u64, url: Url, result: Result<Vec<u8>, FetchError> },
    /// The subtree that says what a tile of an implicit tileset is, and what is below it.
    Subtree { tile: TileId, ticket: Ticket, url: Url, result: Result<Box<Subtree>, LoadError> },
}

/// Says whether what was asked for is still wanted.
#[derive(Debug, Clone, Default)]
pub(super) struct Ticket(Arc<AtomicBool>);

impl Ticket {
    /// What was asked for is not wanted any more: it may stop, and if it comes it is thrown away.
    pub(super) fn cancel(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    pub(super) fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// What to load.
pub(super) struct Job {
    pub(super) tile: TileId,
    pub(super) ticket: Ticket,
    pub(super) urls: Vec<Url>,
    pub(super) render_from_tile: DMat4,
    pub(super) root_from_tile: DMat4,
    pub(super) gltf_z_up: bool,
    pub(super) texture_formats: TextureFormats,
}

/// Loads the tile and sends it as one parcel.
pub(super) fn start(fetcher: &Fetcher, job: Job, out: Sender<Parcel>) {
    next(fetcher.clone(), Arc::new(job), 0, Loaded::default(), out);
}

/// Loads the subtree that a tile waits for and sends it as one parcel.
pub(super) fn start_subtree(fetcher: &Fetcher, tile: TileId, ticket: Ticket, url: Url, out: Sender<Parcel>) {
    let own = fetcher.clone();
    fetcher.get(url.clone(), move |result| match result {
        Ok(bytes) => subtree(own, Waiting { tile, ticket, url, bytes, files: BTreeMap::new() }, Vec::new(), out),
        Err(e) => {
            let _ = out.send(Parcel::Subtree { tile, ticket, url, result: Err(e.into()) });
        }
    });
}

/// A subtree with the buffers that it refers to, as far as they are here.
struct Waiting {
    tile: TileId,
    ticket: Ticket,
    url: Url,
    bytes: Vec<u8>,
    files: BTreeMap<String, Result<Vec<u8>, String>>,
}

/// Fetches the buffers that are missing, one after the other, then reads the subtree, which may ask for more.
fn subtree(fetcher: Fetcher, mut waiting: Waiting, mut missing: Vec<String>, out: Sender<Parcel>) {
    if let Some(uri) = missing.pop() {
        match waiting.url.join(&uri) {
            Ok(url) => {
                let own = fetcher.clone();
                fetcher.get(url, move |result| {
                    waiting.files.insert(uri, result.map_err(|e| e.to_string()));
                    subtree(own, waiting, missing, out);
                });
            }
            Err(e) => {
                waiting.files.insert(uri, Err(e.to_string()));
                subtree(fetcher, waiting, missing, out);
            }
        }
        return;
    }
    let Waiting { tile, ticket, url, bytes, files } = waiting;
    let parsed = unpacked(bytes.clone()).map(|json| {
        Subtree::parse(&json, &url, &mut |uri: &str| match files.get(uri) {
            Some(known) => known.clone(),
            None => {
                missing.push(uri.to_owned());
                Err("not fetched yet".to_owned())
            }
        })
    });
    // Every round brings a file that was not here before: it ends.
    if !missing.is_empty() {
        subtree(fetcher, Waiting { tile, ticket, url, bytes, files }, missing, out);
        return;
    }
    let result = match parsed {
        Ok(Ok(subtree)) => Ok(Box::new(subtree)),
        Ok(Err(e)) => Err(LoadError::Content(Diagnostic::new("subtree-broken", "", e.to_string()))),
        Err(why) => Err(LoadError::Content(why)),
    };
    let _ = out.send(Parcel::Subtree { tile, ticket, url, result });
}

/// Reads the `index`-th content, then those after it.
fn next(fetcher: Fetcher, job: Arc<Job>, index: usize, loaded: Loaded, out: Sender<Parcel>) {
    let Some(url) = job.urls.get(index).cloned().map(entrance).filter(|_| !job.ticket.is_cancelled()) else {
        // A closed channel means that the application is going down.
        let _ = out.send(Parcel::Tile { tile: job.tile, ticket: job.ticket.clone(), loaded });
        return;
    };
    let fetch = fetcher.clone();
    fetch.get_packed(url.clone(), move |result| begin(fetcher, job, index, (url, result, true), loaded, out));
}

/// Goes on with a content that came, or not; files are unpacked by the decoder while `packed`.
fn begin(
    fetcher: Fetcher,
    job: Arc<Job>,
    index: usize,
    (url, result, packed): (Url, Result<Packed, FetchError>, bool),
    mut loaded: Loaded,
    out: Sender<Parcel>,
) {
    match result {
        Ok(Packed { bytes: content, packing }) => {
            let work = Work {
                render_from_tile: job.render_from_tile,
                root_from_tile: job.root_from_tile,
                gltf_z_up: job.gltf_z_up,
                texture_formats: job.texture_formats,
                packing,
                files: BTreeMap::new(),
            };
            read(fetcher, job, index, Part { url, content, work, round: 0, packed }, loaded, out);
        }
        Err(error) => {
            loaded.errors.push((url, error.into()));
            next(fetcher, job, index + 1, loaded, out);
        }
    }
}

/// A content with the files that it refers to, as far as they are here.
struct Part {
    url: Url,
    content: Vec<u8>,
    work: Work,
    round: usize,
    packed: bool,
}

fn read(fetcher: Fetcher, job: Arc<Job>, index: usize, part: Part, mut loaded: Loaded, out: Sender<Parcel>) {
    if job.ticket.is_cancelled() {
        next(fetcher, job, index, loaded, out);
        return;
    }
    let Part { url, content, work, round, packed } = part;
    decode(content, work, move |content, work, outcome| {
        match outcome {
            Outcome::Missing(missing) if round < ROUNDS => {
                let part = Part { url, content, work, round: round + 1, packed };
                externals(fetcher, job, index, part, missing, loaded, out);
                return;
            }
            Outcome::Missing(missing) => {
                let message = format!("it refers to {} and so on without end", missing.join(", "));
                loaded.errors.push((url, LoadError::Content(Diagnostic::new("tile-broken", "", message))));
            }
            // Once more, unpacked where it is fetched: there it shows whether the archive was written anew.
            Outcome::Damaged(_) if packed => {
                let fetch = fetcher.clone();
                fetch.get(url.clone(), move |result| {
                    begin(fetcher, job, index, (url, result.map(Packed::plain), false), loaded, out);
                });
                return;
            }
            Outcome::Damaged(why) => loaded.errors.push((url, LoadError::Content(why))),
            Outcome::Tileset => match tileset(Packed { bytes: content, packing: work.packing }) {
                Ok(json) => loaded.tilesets.push((url, json)),
                Err(why) => loaded.errors.push((url, LoadError::Content(why))),
            },
            Outcome::Models(models, mut defects) => {
                loaded.models.extend(models.into_iter().map(|m| (url.clone(), m)));
                loaded.defects.append(&mut defects);
            }
            Outcome::Failed(why) => loaded.errors.push((url, LoadError::Content(why))),
        }
        next(fetcher, job, index + 1, loaded, out);
    });
}

/// An external tileset's JSON.
fn tileset(file: Packed) -> Result<Vec<u8>, Diagnostic> {
    unpacked(file.unpack().map_err(|e| Diagnostic::new("tileset-invalid", "", e.to_string()))?)
}

/// A tileset's JSON, which may be stored gzipped.
pub(super) fn unpacked(bytes: Vec<u8>) -> Result<Vec<u8>, Diagnostic> {
    let unpacked = match inflate(&bytes, TILESET_BYTES) {
        Ok(Cow::Borrowed(_)) => None,
        Ok(Cow::Owned(json)) => Some(json),
        Err(e) => return Err(Diagnostic::new("tileset-invalid", "", e.to_string())),
    };
    Ok(unpacked.unwrap_or(bytes))
}

/// Fetches the files that a content refers to, one after the other, then decodes again.
fn externals(
    fetcher: Fetcher,
    job: Arc<Job>,
    index: usize,
    mut part: Part,
    mut missing: Vec<String>,
    loaded: Loaded,
    out: Sender<Parcel>,
) {
    let Some(uri) = missing.pop() else {
        read(fetcher, job, index, part, loaded, out);
        return;
    };
    match part.url.join(&uri) {
        Ok(url) => {
            let (fetch, packed) = (fetcher.clone(), part.packed);
            let go_on = move |result: Result<Packed, FetchError>| {
                part.work.files.insert(uri, result.map_err(|e| e.to_string()));
                externals(fetcher, job, index, part, missing, loaded, out);
            };
            if packed {
                fetch.get_packed(url, go_on);
            } else {
                fetch.get(url, move |result| go_on(result.map(Packed::plain)));
            }
        }
        Err(e) => {
            part.work.files.insert(uri, Err(e.to_string()));
            externals(fetcher, job, index, part, missing, loaded, out);
        }
    }
}
