//! The door through which files and URLs are read.

use super::platform::Platform;
use bevy::prelude::*;
use std::sync::{
    Arc,
    atomic::{AtomicU64, AtomicUsize, Ordering},
};
use url::Url;

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
}

/// Reads URLs off the render thread.
#[derive(Resource, Clone)]
pub struct Fetcher {
    platform: Platform,
    /// Fetches under way, what is done with their bytes included.
    busy: Arc<AtomicUsize>,
    received: Arc<AtomicU64>,
}

impl Fetcher {
    /// Starts the threads that fetch.
    ///
    /// # Errors
    /// The system gives no threads, or the TLS set-up is broken.
    pub fn new() -> Result<Self, String> {
        Ok(Self { platform: Platform::new()?, busy: Arc::default(), received: Arc::default() })
    }

    /// Reads `url` and calls `done` with its bytes: on a thread of its own on the desktop, on the page's event loop in
    /// the browser. `done` may compute; it must not wait.
    pub fn get(&self, url: Url, done: impl FnOnce(Result<Vec<u8>, FetchError>) + Send + 'static) {
        self.send(Method::Get, url, done);
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

    fn send(&self, method: Method, url: Url, done: impl FnOnce(Result<Vec<u8>, FetchError>) + Send + 'static) {
        self.busy.fetch_add(1, Ordering::AcqRel);
        let (busy, received) = (Arc::clone(&self.busy), Arc::clone(&self.received));
        self.platform.send(
            method,
            url,
            Box::new(move |result| {
                received.fetch_add(result.as_ref().map_or(0, Vec::len) as u64, Ordering::Relaxed);
                done(result);
                busy.fetch_sub(1, Ordering::AcqRel);
            }),
        );
    }

    /// The threads that fetch.
    #[cfg(not(target_arch = "wasm32"))]
    pub(super) fn runtime(&self) -> &tokio::runtime::Runtime {
        self.platform.runtime()
    }
}
