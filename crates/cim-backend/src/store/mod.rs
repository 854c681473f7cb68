//! The records, in SQLite.

mod cases;
mod features;
mod import;
mod log;

pub(crate) use features::Query;
pub(crate) use log::Since;

use crate::BackendError;
use rusqlite::Connection;
use std::{
    path::Path,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// Changes with the tables; a database of another number is filled anew.
const VERSION: i64 = 2;

/// Tables. The `id` of a feature is its collection's number times 2^32 and its place in the collection, so that a
/// collection is a range of ids, in its own order; `first` and `last` of a box are that number too, the third dimension
/// of the R*Tree. Indices of features are made when they are in (`store/import.rs`). `key` columns hold `kind:id`; `json` columns hold what the API answers.
const SCHEMA: &str = "
PRAGMA journal_mode = WAL;
PRAGMA synchronous = NORMAL;
CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS collection (number INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, size INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS feature (
  id INTEGER PRIMARY KEY, fid TEXT NOT NULL, key TEXT, west REAL, south REAL, east REAL, north REAL, json TEXT NOT NULL);
CREATE VIRTUAL TABLE IF NOT EXISTS feature_box USING rtree (id, west, east, south, north, first, last);
CREATE TABLE IF NOT EXISTS cases (
  id TEXT PRIMARY KEY, reported INTEGER NOT NULL, state TEXT NOT NULL, lon REAL, lat REAL, json TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS cases_reported ON cases (reported DESC);
CREATE TABLE IF NOT EXISTS case_about (key TEXT NOT NULL, case_id TEXT NOT NULL, PRIMARY KEY (key, case_id)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS alerts (
  id TEXT PRIMARY KEY, time INTEGER NOT NULL, source TEXT NOT NULL, lon REAL, lat REAL, json TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS alerts_time ON alerts (time DESC);
CREATE TABLE IF NOT EXISTS kept (seq INTEGER PRIMARY KEY, json TEXT NOT NULL);
";

/// The database behind one lock: every access is short.
pub(crate) struct Store(Mutex<Connection>);

impl Store {
    /// Opens or makes the database.
    pub(crate) fn open(path: &Path) -> Result<Self, BackendError> {
        if let Some(folder) = path.parent().filter(|f| !f.as_os_str().is_empty()) {
            std::fs::create_dir_all(folder)
                .map_err(|source| BackendError::DatabaseFolder { path: path.to_owned(), source })?;
        }
        let wrong = |source| BackendError::Database { path: path.to_owned(), source };
        let connection = Connection::open(path).map_err(wrong)?;
        connection.busy_timeout(std::time::Duration::from_secs(5)).map_err(wrong)?;
        let version: i64 = connection.query_row("PRAGMA user_version", [], |r| r.get(0)).map_err(wrong)?;
        if version != VERSION {
            let anew = format!(
                "DROP TABLE IF EXISTS feature; DROP TABLE IF EXISTS collection; DROP TABLE IF EXISTS feature_box;
                 DROP TABLE IF EXISTS meta; PRAGMA user_version = {VERSION};"
            );
            connection.execute_batch(&anew).map_err(wrong)?;
        }
        connection.execute_batch(SCHEMA).map_err(wrong)?;
        Ok(Self(Mutex::new(connection)))
    }

    fn lock(&self) -> MutexGuard<'_, Connection> {
        // A panic while the lock was held left at worst an unfinished transaction, which SQLite rolls back.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
