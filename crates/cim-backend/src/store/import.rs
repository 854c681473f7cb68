//! Taking a city folder in, when it is new or was made anew.

use super::{Store, features::first_id};
use crate::{
    city::{CityFolder, bounds},
    diagnostics::Diagnostics,
    geojson::each_feature,
};
use cim_model::Timestamp;
use rusqlite::{Connection, OptionalExtension, Transaction, params};
use serde_json::Value;
use std::{
    collections::HashSet,
    fs::File,
    io::BufReader,
    path::Path,
    sync::mpsc::{SyncSender, sync_channel},
};

/// Features that go from the thread that reads to the one that writes at a time.
const BATCH: usize = 512;
/// Batches that may wait.
const WAITING: usize = 8;

impl Store {
    /// Imports the folder's records unless they are in already. A record that cannot be used is named; the rest goes in.
    pub(crate) fn import(&self, city: &CityFolder, diagnostics: &Diagnostics, now: Timestamp) -> rusqlite::Result<()> {
        let stamp = city.stamp();
        let mut connection = self.lock();
        let known: Option<String> = meta(&connection, "city")?;
        if known.as_deref() == Some(&stamp) {
            // What could not be taken in then is still missing now.
            let found = meta(&connection, "defects")?.and_then(|text| serde_json::from_str(&text).ok());
            found.into_iter().for_each(|report| diagnostics.restore(report));
            return Ok(());
        }
        let mut transaction = connection.transaction()?;
        // Rows first and indices after: kept in order all along, they would cost several times as much.
        transaction.execute_batch(
            "DROP INDEX IF EXISTS feature_key; DROP INDEX IF EXISTS feature_fid;
             DELETE FROM collection; DELETE FROM feature; DELETE FROM feature_box;
             DELETE FROM cases; DELETE FROM case_about; DELETE FROM alerts; DELETE FROM kept;",
        )?;
        for (number, (name, path)) in (1..).zip(city.collections()) {
            if let Err(e) = import_collection(&mut transaction, (number, &name), &path, diagnostics, now)? {
                diagnostics.report("records-unreadable", format!("{name}.geojson"), e, now);
            }
        }
        transaction
            .execute_batch("CREATE INDEX feature_key ON feature (key); CREATE INDEX feature_fid ON feature (fid);")?;
        for case in city.cases() {
            match case {
                Ok(case) => super::cases::put(&transaction, &case)?,
                Err(e) => diagnostics.report("case-unreadable", "cases.jsonl", e, now),
            }
        }
        set_meta(&transaction, "city", &stamp)?;
        let found = serde_json::to_string(&diagnostics.read()).unwrap_or_default();
        set_meta(&transaction, "defects", &found)?;
        // Another city is another stream: what clients have seen of the old one means nothing.
        set_meta(&transaction, "epoch", &(now.0.unsigned_abs() & 0x7fff_ffff_ffff_ffff).to_string())?;
        transaction.commit()
    }

    /// Identifies the stream of kept messages.
    pub(crate) fn epoch(&self) -> rusqlite::Result<u64> {
        Ok(meta(&self.lock(), "epoch")?.and_then(|e| e.parse().ok()).unwrap_or(1))
    }
}

/// What the table has of a feature.
struct Row {
    fid: String,
    key: Option<String>,
    bounds: Option<[f64; 4]>,
    json: String,
}

/// Reads a file on one thread and writes its features on this one. A file that breaks off leaves nothing, and the reason.
fn import_collection(
    transaction: &mut Transaction<'_>,
    (number, name): (i64, &str),
    path: &Path,
    diagnostics: &Diagnostics,
    now: Timestamp,
) -> rusqlite::Result<Result<(), String>> {
    let savepoint = transaction.savepoint()?;
    let (sender, receiver) = sync_channel::<Vec<(usize, Option<Row>)>>(WAITING);
    let (size, read) = std::thread::scope(|scope| {
        let reader = scope.spawn(move || read_features(path, &sender));
        let mut size = 0;
        let mut known = HashSet::new();
        for (position, row) in receiver.into_iter().flatten() {
            let Some(row) = row else {
                let place = format!("{name}.geojson feature {position}");
                diagnostics.report("record-without-id", place, "it was left out", now);
                continue;
            };
            if !known.insert(row.fid.clone()) {
                diagnostics.report("record-twice", format!("{name}/{}", row.fid), "the first one is kept", now);
                continue;
            }
            insert(&savepoint, (number, size), &row)?;
            size += 1;
        }
        let read = reader.join().unwrap_or_else(|_| Err("reading it failed".into()));
        Ok::<_, rusqlite::Error>((size, read))
    })?;
    // A file without features is no collection.
    if read.is_ok() && size > 0 {
        let text = "INSERT INTO collection (number, name, size) VALUES (?1, ?2, ?3)";
        savepoint.execute(text, params![number, name, size])?;
        savepoint.commit()?;
    }
    // Without a commit the savepoint is rolled back.
    Ok(read)
}

/// Sends what a file has, feature by feature; `None` for one without an id.
fn read_features(path: &Path, sender: &SyncSender<Vec<(usize, Option<Row>)>>) -> Result<(), String> {
    let file = File::open(path).map_err(|e| e.to_string())?;
    let mut batch = Vec::with_capacity(BATCH);
    let mut position = 0;
    let result = each_feature(BufReader::with_capacity(1 << 16, file), &mut |feature| {
        let row = feature.get("id").and_then(Value::as_str).map(|fid| Row {
            fid: fid.to_owned(),
            key: feature.pointer("/properties/key").and_then(Value::as_str).map(str::to_owned),
            bounds: feature.get("geometry").and_then(bounds),
            json: feature.to_string(),
        });
        batch.push((position, row));
        position += 1;
        if batch.len() == BATCH {
            // Nobody listens any more once writing has failed, which is said there.
            let _ = sender.send(std::mem::replace(&mut batch, Vec::with_capacity(BATCH)));
        }
    });
    let _ = sender.send(batch);
    result
}

fn insert(connection: &Connection, (number, position): (i64, i64), row: &Row) -> rusqlite::Result<()> {
    let id = first_id(number) + position;
    let [w, s, e, n] = row.bounds.map_or([None; 4], |b| b.map(Some));
    connection
        .prepare_cached(
            "INSERT INTO feature (id, fid, key, west, south, east, north, json) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        )?
        .execute(params![id, row.fid, row.key, w, s, e, n, row.json])?;
    if row.bounds.is_some() {
        connection
            .prepare_cached(
                "INSERT INTO feature_box (id, west, east, south, north, first, last) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6)",
            )?
            .execute(params![id, w, e, s, n, number])?;
    }
    Ok(())
}

fn meta(connection: &Connection, name: &str) -> rusqlite::Result<Option<String>> {
    connection.query_row("SELECT value FROM meta WHERE name = ?1", [name], |r| r.get(0)).optional()
}

fn set_meta(connection: &Connection, name: &str, value: &str) -> rusqlite::Result<()> {
    connection.execute("INSERT OR REPLACE INTO meta (name, value) VALUES (?1, ?2)", [name, value]).map(|_| ())
}
