//! The log of kept live messages: what a client that comes back is told.

use super::StoreError;
use cim_model::{
    Timestamp,
    live::{Body, Envelope, VERSION},
};
use rusqlite::{Connection, params};

/// How many messages the log holds; a client further behind reads the collections again.
pub(crate) const KEPT_MAX: u64 = 100_000;
/// How many are read at a time, so that a client far behind costs little memory.
const AT_ONCE: u32 = 256;

/// What the log holds after a number.
#[derive(Debug, PartialEq)]
pub(crate) enum Missed {
    /// The next messages, oldest first; none when the client has seen everything.
    Messages(Vec<Envelope>),
    /// Some of them are no longer held; the log ends at this number.
    Gone(u64),
}

/// The number of the last message; 0 before the first.
pub(crate) fn last_seq(conn: &Connection) -> Result<u64, StoreError> {
    let last: Option<i64> = conn.prepare_cached("SELECT max(seq) FROM kept")?.query_row([], |row| row.get(0))?;
    Ok(last.and_then(|n| u64::try_from(n).ok()).unwrap_or(0))
}

/// Adds a message and returns its number.
pub(crate) fn append(conn: &Connection, body: &Body, time: Timestamp, max: u64) -> Result<u64, StoreError> {
    let seq = last_seq(conn)? + 1;
    conn.prepare_cached("INSERT INTO kept(seq, time, json) VALUES(?1, ?2, ?3)")?.execute(params![
        sql_int(seq),
        time.0,
        serde_json::to_string(body)?
    ])?;
    conn.prepare_cached("DELETE FROM kept WHERE seq <= ?1")?.execute([sql_int(seq.saturating_sub(max))])?;
    Ok(seq)
}

/// The messages after `seen`.
pub(crate) fn after(conn: &Connection, seen: u64) -> Result<Missed, StoreError> {
    let last = last_seq(conn)?;
    if seen > last {
        return Ok(Missed::Gone(last));
    }
    let first: Option<i64> = conn.prepare_cached("SELECT min(seq) FROM kept")?.query_row([], |row| row.get(0))?;
    if first.and_then(|n| u64::try_from(n).ok()).is_some_and(|first| seen + 1 < first) {
        return Ok(Missed::Gone(last));
    }
    let mut statement = conn.prepare_cached("SELECT seq, time, json FROM kept WHERE seq > ?1 ORDER BY seq LIMIT ?2")?;
    let mut rows = statement.query(params![sql_int(seen), AT_ONCE])?;
    let mut messages = Vec::new();
    while let Some(row) = rows.next()? {
        let seq: i64 = row.get(0)?;
        messages.push(Envelope {
            v: VERSION,
            seq: u64::try_from(seq).unwrap_or(0),
            time: Timestamp(row.get(1)?),
            body: serde_json::from_str(&row.get::<_, String>(2)?)?,
        });
    }
    Ok(Missed::Messages(messages))
}

/// SQLite's integers have a sign; numbers beyond it do not occur (a message a nanosecond for 292 years).
fn sql_int(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use cim_model::CameraStatus;

    fn body(n: u64) -> Body {
        Body::Cameras(vec![CameraStatus { id: n.to_string(), online: true, time: Timestamp(0) }])
    }

    #[test]
    fn numbers_rise_by_one_and_old_messages_go() {
        let conn = Connection::open_in_memory().unwrap();
        super::super::schema::create(&conn).unwrap();
        assert_eq!(after(&conn, 0).unwrap(), Missed::Messages(vec![]));
        assert_eq!(after(&conn, 5).unwrap(), Missed::Gone(0));
        for n in 1..=10 {
            assert_eq!(append(&conn, &body(n), Timestamp(7), 6).unwrap(), n);
        }
        assert_eq!(after(&conn, 3).unwrap(), Missed::Gone(10));
        let Missed::Messages(rest) = after(&conn, 4).unwrap() else { panic!("4 is held") };
        assert_eq!(rest.iter().map(|e| e.seq).collect::<Vec<_>>(), [5, 6, 7, 8, 9, 10]);
        assert_eq!(rest[0].body, body(5));
        assert_eq!(after(&conn, 10).unwrap(), Missed::Messages(vec![]));
        assert_eq!(after(&conn, 11).unwrap(), Missed::Gone(10));
    }
}
