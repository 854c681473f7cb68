//! The log of kept messages, from which clients that come back are served.

use super::Store;
use cim_model::live::Body;
use rusqlite::params;

/// Messages that are held; a client that was away for longer reads everything again.
const HELD: i64 = 100_000;

/// A stretch of the log.
pub(crate) enum Since {
    /// Every message after the one asked for: number and message.
    All(Vec<(u64, Body)>),
    /// Some of them are no longer held.
    Gone,
}

impl Store {
    /// Number of the last message.
    pub(crate) fn last_seq(&self) -> rusqlite::Result<u64> {
        let last: Option<i64> = self.lock().query_row("SELECT max(seq) FROM kept", [], |r| r.get(0))?;
        Ok(last.unwrap_or(0).unsigned_abs())
    }

    /// Appends a message; its number.
    pub(crate) fn keep(&self, body: &Body) -> rusqlite::Result<u64> {
        let json = serde_json::to_string(body).unwrap_or_else(|_| "\"heartbeat\"".into());
        let connection = self.lock();
        connection.prepare_cached("INSERT INTO kept (json) VALUES (?1)")?.execute([json])?;
        let seq = connection.last_insert_rowid();
        if seq % 512 == 0 {
            connection.execute("DELETE FROM kept WHERE seq <= ?1", [seq - HELD])?;
        }
        Ok(seq.unsigned_abs())
    }

    /// At most `limit` messages after `seq`.
    pub(crate) fn kept_since(&self, seq: u64, limit: usize) -> rusqlite::Result<Since> {
        let connection = self.lock();
        let (first, last): (Option<i64>, Option<i64>) =
            connection.query_row("SELECT min(seq), max(seq) FROM kept", [], |r| Ok((r.get(0)?, r.get(1)?)))?;
        let (Some(first), Some(last)) = (first, last) else {
            return Ok(if seq == 0 { Since::All(Vec::new()) } else { Since::Gone });
        };
        let seq = i64::try_from(seq).unwrap_or(i64::MAX);
        if seq + 1 < first || seq > last {
            return Ok(Since::Gone);
        }
        let mut statement =
            connection.prepare_cached("SELECT seq, json FROM kept WHERE seq > ?1 ORDER BY seq LIMIT ?2")?;
        let rows =
            statement.query_map(params![seq, limit as i64], |r| Ok((r.get::<_, i64>(0)?, r.get::<_, String>(1)?)))?;
        let mut list = Vec::new();
        for row in rows {
            let (seq, json) = row?;
            // What an older version kept in a form that is not read any more is passed over, not a dead end.
            list.push((seq.unsigned_abs(), serde_json::from_str(&json).unwrap_or(Body::Heartbeat)));
        }
        Ok(Since::All(list))
    }
}
