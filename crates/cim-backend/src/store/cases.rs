//! Cases and alerts.

use super::Store;
use cim_model::{Alert, Case};
use rusqlite::{Connection, OptionalExtension, params};

/// Alerts that are held; the oldest go first.
const ALERTS_HELD: i64 = 200_000;

/// Writes a case with everything that it is about.
pub(super) fn put(connection: &Connection, case: &Case) -> rusqlite::Result<()> {
    let s = &case.summary;
    let state = serde_json::to_value(s.state).ok().and_then(|v| v.as_str().map(str::to_owned)).unwrap_or_default();
    // A case always becomes JSON: its map keys are text and its numbers come from JSON.
    let Ok(json) = serde_json::to_string(case) else { return Ok(()) };
    connection
        .prepare_cached(
            "INSERT OR REPLACE INTO cases (id, reported, state, lon, lat, json) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?
        .execute(params![s.id, s.reported.0, state, s.place.map(|p| p.lon), s.place.map(|p| p.lat), json])?;
    let mut about = connection.prepare_cached("INSERT OR IGNORE INTO case_about (key, case_id) VALUES (?1, ?2)")?;
    for key in s.subject.iter().chain(&s.related) {
        about.execute(params![key.to_string(), s.id])?;
    }
    about.execute(params![format!("case:{}", s.id), s.id])?;
    Ok(())
}

impl Store {
    /// Writes a case.
    pub(crate) fn put_case(&self, case: &Case) -> rusqlite::Result<()> {
        let mut connection = self.lock();
        let transaction = connection.transaction()?;
        put(&transaction, case)?;
        transaction.commit()
    }

    /// A case by its number.
    pub(crate) fn case(&self, id: &str) -> rusqlite::Result<Option<Case>> {
        let json: Option<String> = self
            .lock()
            .prepare_cached("SELECT json FROM cases WHERE id = ?1")?
            .query_row([id], |r| r.get(0))
            .optional()?;
        Ok(json.and_then(|j| serde_json::from_str(&j).ok()))
    }

    /// The classes that cases have: code, a name, how many cases.
    pub(crate) fn case_classes(&self) -> rusqlite::Result<Vec<(String, String, u64)>> {
        let connection = self.lock();
        let mut query = connection.prepare(
            "SELECT json_extract(json, '$.summary.class') AS class, MIN(json_extract(json, '$.summary.class_name')), COUNT(*)
             FROM cases WHERE class IS NOT NULL GROUP BY class",
        )?;
        let rows = query.query_map([], |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?)))?;
        rows.collect()
    }

    /// How many cases are about the key, and one page of them, newest first.
    pub(crate) fn cases_about(&self, key: &str, limit: usize, offset: usize) -> rusqlite::Result<(usize, Vec<Case>)> {
        let connection = self.lock();
        let total: i64 = connection
            .prepare_cached("SELECT count(*) FROM case_about WHERE key = ?1")?
            .query_row([key], |r| r.get(0))?;
        let mut statement = connection.prepare_cached(
            "SELECT json FROM case_about JOIN cases ON cases.id = case_id WHERE key = ?1
             ORDER BY reported DESC, id LIMIT ?2 OFFSET ?3",
        )?;
        let rows = statement.query_map(params![key, limit as i64, offset as i64], |r| r.get::<_, String>(0))?;
        let mut cases = Vec::new();
        for row in rows {
            cases.extend(serde_json::from_str::<Case>(&row?).ok());
        }
        Ok((total as usize, cases))
    }

    /// Cases that still run, oldest first.
    pub(crate) fn open_cases(&self, limit: usize) -> rusqlite::Result<Vec<Case>> {
        let connection = self.lock();
        let mut statement =
            connection.prepare_cached("SELECT json FROM cases WHERE state = 'open' ORDER BY reported DESC LIMIT ?1")?;
        let rows = statement.query_map([limit as i64], |r| r.get::<_, String>(0))?;
        let mut cases = Vec::new();
        for row in rows {
            cases.extend(serde_json::from_str::<Case>(&row?).ok());
        }
        Ok(cases)
    }

    /// Writes an alert.
    pub(crate) fn put_alert(&self, alert: &Alert) -> rusqlite::Result<()> {
        let Ok(json) = serde_json::to_string(alert) else { return Ok(()) };
        let connection = self.lock();
        connection
            .prepare_cached(
                "INSERT OR REPLACE INTO alerts (id, time, source, lon, lat, json) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            )?
            .execute(params![
                alert.id,
                alert.time.0,
                alert.source.to_string(),
                alert.place.map(|p| p.lon),
                alert.place.map(|p| p.lat),
                json
            ])?;
        connection
            .prepare_cached(
                "DELETE FROM alerts WHERE (SELECT count(*) FROM alerts) > ?1
                 AND time < (SELECT time FROM alerts ORDER BY time DESC LIMIT 1 OFFSET ?1)",
            )?
            .execute([ALERTS_HELD])?;
        Ok(())
    }

    /// An alert by its id.
    pub(crate) fn alert(&self, id: &str) -> rusqlite::Result<Option<Alert>> {
        let json: Option<String> = self
            .lock()
            .prepare_cached("SELECT json FROM alerts WHERE id = ?1")?
            .query_row([id], |r| r.get(0))
            .optional()?;
        Ok(json.and_then(|j| serde_json::from_str(&j).ok()))
    }

    /// The newest alerts, newest first.
    pub(crate) fn alerts(&self, limit: usize) -> rusqlite::Result<Vec<Alert>> {
        let connection = self.lock();
        let mut statement = connection.prepare_cached("SELECT json FROM alerts ORDER BY time DESC, id LIMIT ?1")?;
        let rows = statement.query_map([limit as i64], |r| r.get::<_, String>(0))?;
        let mut alerts = Vec::new();
        for row in rows {
            alerts.extend(serde_json::from_str::<Alert>(&row?).ok());
        }
        Ok(alerts)
    }
}
