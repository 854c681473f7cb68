//! Taking a city folder in, when it is new or was made anew.

use super::Store;
use crate::{
    city::{CityFolder, bounds},
    diagnostics::Diagnostics,
};
use cim_model::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};
use serde_json::Value;

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
        let transaction = connection.transaction()?;
        transaction.execute_batch(
            "DELETE FROM feature; DELETE FROM cases; DELETE FROM case_about; DELETE FROM alerts; DELETE FROM kept;",
        )?;
        for (name, features) in city.collections() {
            match features {
                Ok(features) => import_collection(&transaction, &name, &features, diagnostics, now)?,
                Err(e) => diagnostics.report("records-unreadable", format!("{name}.geojson"), e, now),
            }
        }
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

fn import_collection(
    connection: &Connection,
    name: &str,
    features: &[Value],
    diagnostics: &Diagnostics,
    now: Timestamp,
) -> rusqlite::Result<()> {
    let mut insert = connection.prepare(
        "INSERT OR IGNORE INTO feature (collection, position, fid, key, west, south, east, north, json)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    )?;
    for (position, feature) in features.iter().enumerate() {
        let Some(fid) = feature.get("id").and_then(Value::as_str) else {
            diagnostics.report(
                "record-without-id",
                format!("{name}.geojson feature {position}"),
                "it was left out",
                now,
            );
            continue;
        };
        let key = feature.pointer("/properties/key").and_then(Value::as_str);
        let b = feature.get("geometry").and_then(bounds);
        let [w, s, e, n] = b.map_or([None; 4], |b| b.map(Some));
        let added = insert.execute(params![name, position as i64, fid, key, w, s, e, n, feature.to_string()])?;
        if added == 0 {
            diagnostics.report("record-twice", format!("{name}/{fid}"), "the first one is kept", now);
        }
    }
    Ok(())
}

fn meta(connection: &Connection, name: &str) -> rusqlite::Result<Option<String>> {
    connection.query_row("SELECT value FROM meta WHERE name = ?1", [name], |r| r.get(0)).optional()
}

fn set_meta(connection: &Connection, name: &str, value: &str) -> rusqlite::Result<()> {
    connection.execute("INSERT OR REPLACE INTO meta (name, value) VALUES (?1, ?2)", [name, value]).map(|_| ())
}
