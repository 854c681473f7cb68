//! The tables.

use super::StoreError;
use rusqlite::Connection;

/// Raised with every change of the tables; a database of another version is filled anew from the city folder.
pub(super) const VERSION: u32 = 1;

const TABLES: &str = "
CREATE TABLE IF NOT EXISTS meta(name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS record(
    row INTEGER PRIMARY KEY,
    collection TEXT NOT NULL,
    fid TEXT NOT NULL,
    key TEXT,
    lon REAL, lat REAL,
    west REAL, south REAL, east REAL, north REAL,
    json TEXT NOT NULL,
    UNIQUE(collection, fid));
CREATE INDEX IF NOT EXISTS record_key ON record(key);
CREATE INDEX IF NOT EXISTS record_collection ON record(collection);
CREATE INDEX IF NOT EXISTS record_box ON record(collection, west, east, south, north);
CREATE TABLE IF NOT EXISTS case_file(
    id TEXT PRIMARY KEY, reported INTEGER NOT NULL, state TEXT NOT NULL, origin TEXT NOT NULL, json TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS case_running ON case_file(origin, state);
CREATE TABLE IF NOT EXISTS case_about(
    key TEXT NOT NULL, reported INTEGER NOT NULL, id TEXT NOT NULL, PRIMARY KEY(key, reported, id)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS case_about_id ON case_about(id);
CREATE TABLE IF NOT EXISTS alert(id TEXT PRIMARY KEY, time INTEGER NOT NULL, json TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS alert_time ON alert(time);
CREATE TABLE IF NOT EXISTS camera(id TEXT PRIMARY KEY, json TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS vehicle(id TEXT PRIMARY KEY, json TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS kept(seq INTEGER PRIMARY KEY, time INTEGER NOT NULL, json TEXT NOT NULL);
";

/// Makes what is missing.
pub(super) fn create(conn: &Connection) -> Result<(), StoreError> {
    Ok(conn.execute_batch(TABLES)?)
}

/// Throws everything away and makes the tables anew.
pub(super) fn recreate(conn: &Connection) -> Result<(), StoreError> {
    for table in ["meta", "record", "case_file", "case_about", "alert", "camera", "vehicle", "kept"] {
        conn.execute_batch(&format!("DROP TABLE IF EXISTS {table};"))?;
    }
    create(conn)
}
