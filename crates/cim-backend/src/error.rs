//! What can keep the backend from starting.

use std::{net::SocketAddr, path::PathBuf};

/// Why the backend cannot start, one sentence for a person.
#[derive(Debug, thiserror::Error)]
pub enum BackendError {
    /// Somebody listens there already.
    #[error("{0} is already in use: stop the other program or choose another port with --port")]
    PortInUse(SocketAddr),
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// Which.
        address: SocketAddr,
        /// Why.
        source: std::io::Error,
    },
    /// The folder is no city.
    #[error("{path} is not a city folder ({reason}): make one with `cim-twin synth` or `cim-twin tile`")]
    City {
        /// Which folder.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// The database cannot be used.
    #[error("the database {path} cannot be used: {source}")]
    Database {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: rusqlite::Error,
    },
    /// The folder of the database cannot be made.
    #[error("the folder of the database {path} cannot be made: {source}")]
    DatabaseFolder {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The server ended with an error.
    #[error("the server stopped: {0}")]
    Server(String),
}
