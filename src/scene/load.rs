//! One tile's way from its URLs to something that can be put into the world; everything here runs off the render
//! thread on the desktop.

use crate::feed::{FetchError, Fetcher};
use bevy::math::DMat4;
use cim_scene::{PreparedTile, prepare};
use crossbeam_channel::Sender;
use std::{collections::HashMap, sync::Arc};
use tiles3d::{Content, DecodeError, DecodeOptions, Diagnostic, TileId, decode_content};
use url::Url;

/// Rounds of fetching the files that a glTF refers to.
const ROUNDS: usize = 4;

/// Why a tile, or a part of it, cannot be shown.
#[derive(Debug, thiserror::Error)]
pub(super) enum LoadError {
    #[error(transparent)]
    Fetch(#[from] FetchError),
    #[error(transparent)]
    Decode(#[from] DecodeError),
}

impl LoadError {
    /// Stable diagnostic code.
    pub(super) fn code(&self) -> &'static str {
        match self {
            Self::Fetch(FetchError::Missing(_)) => "tile-missing",
            Self::Fetch(FetchError::TooLarge(_)) | Self::Decode(DecodeError::TooLarge { .. }) => "tile-too-large",
            Self::Fetch(_) => "tile-unreachable",
            Self::Decode(DecodeError::Unsupported(_) | DecodeError::UnsupportedExtension(_)) => "tile-unsupported",
            Self::Decode(_) => "tile-broken",
        }
    }

    pub(super) fn is_temporary(&self) -> bool {
        matches!(self, Self::Fetch(e) if e.is_temporary())
    }
}

/// What came of a tile's contents.
#[derive(Debug, Default)]
pub(super) struct Loaded {
    pub(super) models: Vec<PreparedTile>,
    /// External tilesets, to be grafted in.
    pub(super) tilesets: Vec<(Url, Vec<u8>)>,
    pub(super) defects: Vec<Diagnostic>,
    pub(super) errors: Vec<(Url, LoadError)>,
}

/// Something that arrived, with the generation of the tileset that had asked for it.
#[derive(Debug)]
pub(super) enum Parcel {
    Root { generation: u64, url: Url, result: Result<Vec<u8>, FetchError> },
    Tile { generation: u64, tile: TileId, loaded: Loaded },
}

/// What to load.
pub(super) struct Job {
    pub(super) generation: u64,
    pub(super) tile: TileId,
    pub(super) urls: Vec<Url>,
    pub(super) render_from_tile: DMat4,
    pub(super) gltf_z_up: bool,
}

/// Loads the tile and sends it as one parcel.
pub(super) fn start(fetcher: &Fetcher, job: Job, out: Sender<Parcel>) {
    next(fetcher.clone(), Arc::new(job), 0, Loaded::default(), out);
}

/// Reads the `index`-th content, then those after it.
fn next(fetcher: Fetcher, job: Arc<Job>, index: usize, mut loaded: Loaded, out: Sender<Parcel>) {
    let Some(url) = job.urls.get(index).cloned() else {
        // A closed channel means that the application is going down.
        let _ = out.send(Parcel::Tile { generation: job.generation, tile: job.tile, loaded });
        return;
    };
    let fetch = fetcher.clone();
    fetch.get(url.clone(), move |result| match result {
        Ok(bytes) => decode(fetcher, job, index, Part { url, bytes, have: HashMap::new(), round: 0 }, loaded, out),
        Err(error) => {
            loaded.errors.push((url, error.into()));
            next(fetcher, job, index + 1, loaded, out);
        }
    });
}

/// A content with the files that it refers to, as far as they are here.
struct Part {
    url: Url,
    bytes: Vec<u8>,
    have: HashMap<String, Result<Vec<u8>, String>>,
    round: usize,
}

fn decode(fetcher: Fetcher, job: Arc<Job>, index: usize, mut part: Part, mut loaded: Loaded, out: Sender<Parcel>) {
    let mut missing = Vec::new();
    let options = DecodeOptions { gltf_z_up: job.gltf_z_up, ..DecodeOptions::default() };
    let result = decode_content(&part.bytes, &options, &mut |uri: &str| match part.have.get(uri) {
        Some(known) => known.clone(),
        None => {
            missing.push(uri.to_owned());
            Err("not fetched yet".to_owned())
        }
    });
    if !missing.is_empty() && part.round < ROUNDS {
        part.round += 1;
        externals(fetcher, job, index, part, missing, loaded, out);
        return;
    }
    match result {
        Ok(Content::Models(tiles)) => {
            for mut tile in tiles {
                loaded.defects.append(&mut tile.diagnostics);
                loaded.models.push(prepare(tile, &job.render_from_tile));
            }
        }
        Ok(Content::Tileset) => loaded.tilesets.push((part.url, part.bytes)),
        Err(error) => loaded.errors.push((part.url, error.into())),
    }
    next(fetcher, job, index + 1, loaded, out);
}

/// Fetches the files that a glTF refers to, one after the other, then decodes again.
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
        decode(fetcher, job, index, part, loaded, out);
        return;
    };
    match part.url.join(&uri) {
        Ok(url) => {
            let fetch = fetcher.clone();
            fetch.get(url, move |result| {
                part.have.insert(uri, result.map_err(|e| e.to_string()));
                externals(fetcher, job, index, part, missing, loaded, out);
            });
        }
        Err(e) => {
            part.have.insert(uri, Err(e.to_string()));
            externals(fetcher, job, index, part, missing, loaded, out);
        }
    }
}
