//! The door through which files and URLs are read.

use super::{
    archive::{self, Archives},
    platform::Platform,
};
use bevy::prelude::*;
use std::{
    ops::Range,
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
};
use tiles3d::{Diagnostic, archive::Packed};
use url::Url;

/// What is done with what was fetched.
pub(super) type Done<T = Vec<u8>> = Box<dyn FnOnce(Result<T, FetchError>) + Send>;

/// Larger answers are refused, bytes.
pub(super) const MAX_BYTES: usize = 512 << 20;

/// Why something could not be fetched.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FetchError {
    /// It does not exist.
    #[error("{0} does not exist")]
    Missing(Url),
    /// The server or the disk says no, or does not answer; it may be better later.
    #[error("{url} could not be read: {reason}")]
    Failed {
        /// What was asked for.
        url: Url,
        /// Why.
        reason: String,
    },
    /// It is too large.
    #[error("{0} is larger than the 512 MiB that one file may have")]
    TooLarge(Url),
    /// An archive that cannot be read, or whose file cannot.
    #[error("{url}: {reason}")]
    Archive {
        /// The archive, or the file inside.
        url: Url,
        /// What is wrong with it.
        reason: String,
    },
    /// A server that only gives whole files, for an archive.
    #[error(
        "{0}: the server does not answer range requests, which reading an archive needs; use a server that does, or \
         unpack the archive there"
    )]
    NoRanges(Url),
    /// A kind of URL that cannot be read here.
    #[error("{0}: only http, https and (on the desktop) file URLs can be read")]
    Scheme(Url),
}

impl FetchError {
    /// Whether asking again later may help.
    #[must_use]
    pub fn is_temporary(&self) -> bool {
        matches!(self, Self::Failed { .. })
    }
}

/// What is done to a URL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Method {
    /// Read it.
    Get,
    /// Send it an empty body.
    Post,
    /// Read the bytes from `start` up to, not including, `end`: all of them, or it fails.
    Part {
        /// First byte.
        start: u64,
        /// The byte after the last.
        end: u64,
    },
}

/// Reads URLs off the render thread.
#[derive(Resource, Clone)]
pub struct Fetcher {
    platform: Platform,
    /// Fetches under way, what is done with their bytes included.
    busy: Arc<AtomicUsize>,
    received: Arc<AtomicU64>,
    archives: Arc<Archives>,
}

impl Fetcher {
    /// Starts the threads that fetch.
    ///
    /// # Errors
    /// The system gives no threads, or the TLS set-up is broken.
    pub fn new() -> Result<Self, String> {
        Ok(Self {
            platform: Platform::new()?,
            busy: Arc::default(),
            received: Arc::default(),
            archives: Arc::default(),
        })
    }

    /// Reads `url` and calls `done` with its bytes: on a thread of its own on the desktop, on the page's event loop in
    /// the browser. `done` may compute; it must not wait. A URL that goes on behind `.3tz/` is a file of that archive.
    pub fn get(&self, url: Url, done: impl FnOnce(Result<Vec<u8>, FetchError>) + Send + 'static) {
        let Some((package, inside)) = archive::split(&url) else {
            self.send(Method::Get, url, done);
            return;
        };
        let done = self.counted(done);
        archive::read(self.clone(), package, inside, url, Packed::unpack, done);
    }

    /// Like [`Self::get`], but leaves a file of an archive as it is packed there: what does not unpack may be one of an
    /// archive that was written anew, and `get` finds out.
    pub fn get_packed(&self, url: Url, done: impl FnOnce(Result<Packed, FetchError>) + Send + 'static) {
        let Some((package, inside)) = archive::split(&url) else {
            self.send(Method::Get, url, move |result| done(result.map(Packed::plain)));
            return;
        };
        let done = self.counted(done);
        archive::read(self.clone(), package, inside, url, Ok, done);
    }

    /// Reads `url` as [`Self::get`] does, but is not counted as under way: for what is asked again and again by itself.
    pub(super) fn poll(&self, url: Url, done: impl FnOnce(Result<Vec<u8>, FetchError>) + Send + 'static) {
        self.platform.send(Method::Get, url, Box::new(done));
    }

    /// Posts nothing to `url`, for addresses that are commands; `done` as in [`Self::get`].
    pub fn post(&self, url: Url, done: impl FnOnce(Result<Vec<u8>, FetchError>) + Send + 'static) {
        self.send(Method::Post, url, done);
    }

    /// Fetches under way, what is done with their bytes included.
    #[must_use]
    pub fn busy(&self) -> usize {
        self.busy.load(Ordering::Acquire)
    }

    /// Bytes of everything that has been fetched.
    #[must_use]
    pub fn received(&self) -> u64 {
        self.received.load(Ordering::Relaxed)
    }

    /// What was wrong with archives that could be read all the same, since the last call.
    pub(crate) fn take_defects(&self) -> Vec<Diagnostic> {
        self.archives.take_defects()
    }

    pub(super) fn archives(&self) -> &Archives {
        &self.archives
    }

    /// Reads these bytes of the file at `url`, all of them.
    pub(super) fn part(
        &self,
        url: Url,
        range: Range<u64>,
        done: impl FnOnce(Result<Vec<u8>, FetchError>) + Send + 'static,
    ) {
        let Range { start, end } = range;
        if end <= start {
            done(Ok(Vec::new()));
            return;
        }
        let whole = url.clone();
        self.send(Method::Part { start, end }, url, move |result| {
            done(result.and_then(|bytes| {
                if bytes.len() as u64 == end - start {
                    return Ok(bytes);
                }
                let reason = format!("{} bytes came where {} were asked for", bytes.len(), end - start);
                Err(FetchError::Archive { url: whole, reason })
            }));
        });
    }

    /// How many bytes the file at `url` has.
    pub(super) fn size(&self, url: Url, done: impl FnOnce(Result<u64, FetchError>) + Send + 'static) {
        self.busy.fetch_add(1, Ordering::AcqRel);
        let busy = Arc::clone(&self.busy);
        self.platform.size(
            url,
            Box::new(move |result| {
                done(result);
                busy.fetch_sub(1, Ordering::AcqRel);
            }),
        );
    }

    fn send(&self, method: Method, url: Url, done: impl FnOnce(Result<Vec<u8>, FetchError>) + Send + 'static) {
        let (received, done) = (Arc::clone(&self.received), self.counted(done));
        self.platform.send(
            method,
            url,
            Box::new(move |result| {
                received.fetch_add(result.as_ref().map_or(0, Vec::len) as u64, Ordering::Relaxed);
                done(result);
            }),
        );
    }

    /// Counts a fetch as under way until `done` is.
    fn counted<T: 'static>(&self, done: impl FnOnce(Result<T, FetchError>) + Send + 'static) -> Done<T> {
        self.busy.fetch_add(1, Ordering::AcqRel);
        let busy = Arc::clone(&self.busy);
        Box::new(move |result| {
            done(result);
            busy.fetch_sub(1, Ordering::AcqRel);
        })
    }

    /// The threads that fetch.
    #[cfg(not(target_arch = "wasm32"))]
    pub(super) fn runtime(&self) -> &tokio::runtime::Runtime {
        self.platform.runtime()
    }
}
