//! Starting, stopping, and what all parts share.

use crate::{
    BackendError, api,
    city::CityFolder,
    decks::Decks,
    diagnostics::Diagnostics,
    ingest,
    live::Hub,
    simulate,
    store::{Since, Store},
};
use cim_geo::{Geodetic, SiteFrame};
use cim_model::{ClassDictionary, Site, Timestamp, Vehicle};
use std::{net::SocketAddr, path::PathBuf, sync::Arc, time::SystemTime};
use tokio::{net::TcpListener, sync::watch, task::JoinHandle};

/// How to start.
#[derive(Debug, Clone)]
pub struct BackendOptions {
    /// The city folder.
    pub city: PathBuf,
    /// The database file; it is made when it does not exist.
    pub database: PathBuf,
    /// Where to listen; port 0 takes any free one.
    pub listen: SocketAddr,
    /// Folder of the web page; `None` for a page that says how to build it.
    pub web_root: Option<PathBuf>,
    /// Whether the city plays by itself.
    pub simulate: bool,
    /// Changes what the simulator makes up.
    pub seed: u64,
}

/// What every request may need.
pub(crate) struct Shared {
    pub(crate) store: Store,
    pub(crate) hub: Hub,
    pub(crate) diagnostics: Diagnostics,
    pub(crate) classes: ClassDictionary,
    pub(crate) site: Site,
    pub(crate) frame: SiteFrame,
    pub(crate) vehicles: Vec<Vehicle>,
    pub(crate) decks: Decks,
    pub(crate) epoch: u64,
    stop: watch::Sender<bool>,
}

impl Shared {
    /// The time.
    pub(crate) fn now(&self) -> Timestamp {
        now()
    }

    /// Changes when the server is to stop.
    pub(crate) fn stopping(&self) -> watch::Receiver<bool> {
        self.stop.subscribe()
    }

    /// Runs something on the database away from the threads that serve; `None` when it failed, which is reported.
    pub(crate) async fn with_store<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&Store) -> rusqlite::Result<T> + Send + 'static,
    ) -> Option<T> {
        let shared = Arc::clone(self);
        let result = tokio::task::spawn_blocking(move || work(&shared.store)).await;
        match result {
            Ok(Ok(value)) => Some(value),
            Ok(Err(e)) => {
                self.diagnostics.report("database", "store", e.to_string(), self.now());
                tracing::error!("the database failed: {e}");
                None
            }
            Err(_) => None,
        }
    }

    pub(crate) async fn last_seq(self: &Arc<Self>) -> Option<u64> {
        self.with_store(Store::last_seq).await
    }

    pub(crate) async fn kept_since(self: &Arc<Self>, seq: u64, limit: usize) -> Option<Since> {
        self.with_store(move |s| s.kept_since(seq, limit)).await
    }

    /// Publishes reports, as every producer does; what was refused and why.
    pub(crate) async fn publish(self: &Arc<Self>, bodies: Vec<cim_model::live::Body>) -> ingest::Outcome {
        ingest::publish(self, bodies).await
    }
}

fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Timestamp(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

/// A running backend. It stops when this is dropped; [`Backend::shutdown`] waits for it.
pub struct Backend {
    address: SocketAddr,
    shared: Arc<Shared>,
    server: JoinHandle<Result<(), String>>,
}

/// Opens the city and the database, listens, and serves.
///
/// # Errors
/// The folder is no city, the database cannot be used, or the address is taken.
pub async fn start(options: BackendOptions) -> Result<Backend, BackendError> {
    let folder = CityFolder::open(&options.city)?;
    let listener = TcpListener::bind(options.listen).await.map_err(|source| match source.kind() {
        std::io::ErrorKind::AddrInUse => BackendError::PortInUse(options.listen),
        _ => BackendError::Listen { address: options.listen, source },
    })?;
    let address = listener.local_addr().map_err(|source| BackendError::Listen { address: options.listen, source })?;
    let database = options.database.clone();
    let opened = {
        let folder = folder.clone();
        tokio::task::spawn_blocking(move || {
            let diagnostics = Diagnostics::default();
            let store = Store::open(&options.database)?;
            let wrong = |source| BackendError::Database { path: options.database.clone(), source };
            store.import(&folder, &diagnostics, now()).map_err(wrong)?;
            let epoch = store.epoch().map_err(wrong)?;
            let vehicles = folder.vehicles().unwrap_or_else(|e| {
                diagnostics.report("records-unreadable", "vehicles.json", e, now());
                Vec::new()
            });
            let (classes, broken) = folder.classes();
            if let Some(reason) = broken {
                diagnostics.report("records-unreadable", "classes.json", reason, now());
            }
            for (class, name, count) in store.case_classes().map_err(wrong)? {
                if classes.get(&class).is_none() {
                    let text = format!("{count} cases of {name} are shown by the name they came with");
                    diagnostics.report("unknown-class", class, text, now());
                }
            }
            let (network, broken) = folder.network();
            if let Some(reason) = broken {
                diagnostics.report("records-unreadable", "network.json", reason, now());
            }
            Ok((store, diagnostics, classes, epoch, (vehicles, network)))
        })
        .await
    };
    let (store, diagnostics, classes, epoch, (vehicles, network)) =
        opened.map_err(|e| BackendError::Server(format!("opening {} failed: {e}", database.display())))??;
    let site = folder.site.clone();
    let frame = SiteFrame::new(Geodetic::new(site.origin.lon, site.origin.lat, 0.0));
    let shared = Arc::new(Shared {
        store,
        hub: Hub::new(),
        diagnostics,
        classes,
        frame,
        site,
        vehicles,
        decks: Decks::new(&network, frame),
        epoch,
        stop: watch::Sender::new(false),
    });
    if options.simulate {
        tokio::spawn(simulate::run(Arc::clone(&shared), network, options.seed));
    }
    let router = api::router(Arc::clone(&shared), &folder, options.web_root.as_deref());
    let mut stopping = shared.stopping();
    let server = tokio::spawn(async move {
        axum::serve(listener, router)
            .with_graceful_shutdown(async move {
                // An error means that the backend was dropped.
                let _ = stopping.changed().await;
            })
            .await
            .map_err(|e| e.to_string())
    });
    Ok(Backend { address, shared, server })
}

impl Backend {
    /// Where it listens.
    #[must_use]
    pub fn local_addr(&self) -> SocketAddr {
        self.address
    }

    /// Its root, ending in `/`.
    #[must_use]
    pub fn url(&self) -> String {
        let host =
            if self.address.ip().is_unspecified() { "127.0.0.1".to_owned() } else { self.address.ip().to_string() };
        format!("http://{host}:{}/", self.address.port())
    }

    /// Stops and waits until every connection is closed.
    ///
    /// # Errors
    /// The server had failed.
    pub async fn shutdown(mut self) -> Result<(), BackendError> {
        self.shared.stop.send_replace(true);
        let ended = tokio::time::timeout(std::time::Duration::from_secs(5), &mut self.server).await;
        match ended {
            Ok(Ok(result)) => result.map_err(BackendError::Server),
            Ok(Err(e)) => Err(BackendError::Server(e.to_string())),
            Err(_) => {
                self.server.abort();
                Ok(())
            }
        }
    }

    /// Waits until the server ends by itself, which it does only when it fails.
    ///
    /// # Errors
    /// Why it failed.
    pub async fn wait(mut self) -> Result<(), BackendError> {
        match (&mut self.server).await {
            Ok(result) => result.map_err(BackendError::Server),
            Err(e) => Err(BackendError::Server(e.to_string())),
        }
    }
}

impl Drop for Backend {
    fn drop(&mut self) {
        self.shared.stop.send_replace(true);
        self.server.abort();
    }
}
