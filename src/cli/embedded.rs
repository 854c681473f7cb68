//! The backend inside this program.

use cim_backend::{Backend, BackendOptions};
use std::{net::SocketAddr, path::PathBuf};
use tokio::runtime::Runtime;
use url::Url;

/// A running backend; it stops when this is dropped.
pub(super) struct Embedded {
    runtime: Runtime,
    backend: Option<Backend>,
    /// Its root.
    pub(super) url: Url,
}

/// What to serve and where.
pub(super) struct Wish {
    pub(super) city: PathBuf,
    pub(super) listen: SocketAddr,
    pub(super) simulate: bool,
    pub(super) web_root: Option<PathBuf>,
    /// The database; beside the city when `None`.
    pub(super) database: Option<PathBuf>,
}

impl Embedded {
    pub(super) fn start(wish: Wish) -> Result<Self, String> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .thread_name("backend")
            .enable_all()
            .build()
            .map_err(|e| format!("cannot start the backend's threads: {e}"))?;
        let database = wish.database.unwrap_or_else(|| wish.city.join("twin.sqlite"));
        let options = BackendOptions {
            city: wish.city,
            database,
            listen: wish.listen,
            web_root: wish.web_root,
            simulate: wish.simulate,
            seed: 20_261_123,
        };
        let backend = runtime.block_on(cim_backend::start(options)).map_err(|e| e.to_string())?;
        let url = backend.url().parse().map_err(|e| format!("{}: {e}", backend.url()))?;
        Ok(Self { runtime, backend: Some(backend), url })
    }

    /// Waits until the user ends the program with Ctrl+C, then until everything is closed.
    pub(super) fn until_ctrl_c(mut self) -> Result<(), String> {
        let Some(backend) = self.backend.take() else { return Ok(()) };
        self.runtime.block_on(async move {
            tokio::signal::ctrl_c().await.map_err(|e| format!("cannot listen for Ctrl+C: {e}"))?;
            backend.shutdown().await.map_err(|e| e.to_string())
        })
    }
}

impl Drop for Embedded {
    fn drop(&mut self) {
        if let Some(backend) = self.backend.take() {
            // The program is ending: an error of the server has nobody left to hear it.
            let _ = self.runtime.block_on(backend.shutdown());
        }
    }
}

/// The folder of the built web page: beside the program, or in the source tree that it was started from.
pub(super) fn web_root() -> Option<PathBuf> {
    let beside = std::env::current_exe().ok().and_then(|p| Some(p.parent()?.join("web")));
    let here = std::env::current_dir().ok().map(|d| d.join("web/dist"));
    [beside, here].into_iter().flatten().find(|p| p.join("index.html").is_file())
}
