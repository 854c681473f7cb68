//! Features of collections.

use super::Store;
use rusqlite::{Connection, OptionalExtension, ToSql, params, types::Value as Sql};

/// What to read of a collection.
#[derive(Debug, Clone, Default)]
pub(crate) struct Query {
    /// West, south, east, north.
    pub(crate) bbox: Option<[f64; 4]>,
    /// Property and value that it must have.
    pub(crate) filters: Vec<(String, String)>,
    pub(crate) limit: usize,
    pub(crate) offset: usize,
}

/// Where the parts of a table are that hold what a collection shows.
struct Source {
    /// Tables and the condition that every row fulfils.
    from: String,
    /// What the condition binds.
    values: Vec<Sql>,
    /// Names of west, south, east, north.
    bounds: [&'static str; 4],
    /// Prefix of a property in the JSON.
    properties: &'static str,
    order: &'static str,
}

impl Source {
    fn cases() -> Self {
        Self {
            from: "cases WHERE true".into(),
            values: Vec::new(),
            bounds: ["lon", "lat", "lon", "lat"],
            properties: "$.summary.",
            order: "reported DESC",
        }
    }

    fn alerts() -> Self {
        Self {
            from: "alerts WHERE true".into(),
            values: Vec::new(),
            bounds: ["lon", "lat", "lon", "lat"],
            properties: "$.",
            order: "time DESC",
        }
    }

    /// The features of a collection; through the R*Tree when they are looked for by place. Its numbers are 32 bits wide
    /// and rounded outwards, so the features' own bounds are asked too.
    fn features(number: i64, bbox: Option<[f64; 4]>) -> Self {
        let (from, values) = match bbox {
            None => (
                "feature WHERE feature.id BETWEEN ?1 AND ?2",
                vec![Sql::Integer(first_id(number)), Sql::Integer(first_id(number + 1) - 1)],
            ),
            Some([w, s, e, n]) => (
                "feature_box AS box CROSS JOIN feature ON feature.id = box.id
                 WHERE box.first <= ?1 AND box.last >= ?1
                 AND box.west <= ?2 AND box.east >= ?3 AND box.south <= ?4 AND box.north >= ?5",
                vec![Sql::Integer(number), Sql::Real(e), Sql::Real(w), Sql::Real(n), Sql::Real(s)],
            ),
        };
        Self {
            from: from.into(),
            values,
            bounds: ["feature.west", "feature.south", "feature.east", "feature.north"],
            properties: "$.properties.",
            order: "feature.id",
        }
    }

    /// The condition with box and filters in it.
    fn clause(&mut self, query: &Query) -> String {
        let mut clause = self.from.clone();
        let mut bind = |value: Sql| {
            self.values.push(value);
            self.values.len()
        };
        if let Some([w, s, e, n]) = query.bbox {
            let [west, south, east, north] = self.bounds;
            for (column, op, limit) in [(west, "<=", e), (east, ">=", w), (south, "<=", n), (north, ">=", s)] {
                clause += &format!(" AND {column} {op} ?{}", bind(Sql::Real(limit)));
            }
        }
        for (name, value) in &query.filters {
            // A text and a number that look alike are both meant.
            let other = match value.as_str() {
                "true" => Sql::Integer(1),
                "false" => Sql::Integer(0),
                text => text.parse().map_or_else(|_| Sql::Text(text.to_owned()), Sql::Real),
            };
            let path = bind(Sql::Text(format!("{}\"{}\"", self.properties, name.replace('"', ""))));
            let (a, b) = (bind(Sql::Text(value.clone())), bind(other));
            clause += &format!(" AND json_extract(json, ?{path}) IN (?{a}, ?{b})");
        }
        clause
    }
}

/// The id of the first feature of the collection of that number.
pub(super) fn first_id(number: i64) -> i64 {
    number << 32
}

impl Store {
    /// Names and sizes of the collections that came with the city.
    pub(crate) fn collections(&self) -> rusqlite::Result<Vec<(String, usize)>> {
        let connection = self.lock();
        let mut statement = connection.prepare_cached("SELECT name, size FROM collection ORDER BY name")?;
        let rows = statement.query_map([], |r| Ok((r.get(0)?, r.get::<_, i64>(1)? as usize)))?;
        rows.collect()
    }

    /// How many match, and the JSON of one page of them. Collections `case` and `ai_alarm` give cases and alerts.
    pub(crate) fn page(&self, collection: &str, query: &Query) -> rusqlite::Result<(usize, Vec<String>)> {
        let connection = self.lock();
        let mut source = match collection {
            "case" => Source::cases(),
            "ai_alarm" => Source::alerts(),
            _ => {
                let Some((number, size)) = number_and_size(&connection, collection)? else {
                    return Ok((0, Vec::new()));
                };
                if query.bbox.is_none() && query.filters.is_empty() {
                    return Ok((size, stretch(&connection, number, query)?));
                }
                Source::features(number, query.bbox)
            }
        };
        let clause = source.clause(query);
        let bound: Vec<&dyn ToSql> = source.values.iter().map(|v| v as &dyn ToSql).collect();
        let count: i64 = connection
            .prepare_cached(&format!("SELECT count(*) FROM {clause}"))?
            .query_row(bound.as_slice(), |r| r.get(0))?;
        let text = format!(
            "SELECT json FROM {clause} ORDER BY {} LIMIT {} OFFSET {}",
            source.order, query.limit, query.offset
        );
        let mut statement = connection.prepare(&text)?;
        let rows = statement.query_map(bound.as_slice(), |r| r.get(0))?.collect::<rusqlite::Result<_>>()?;
        Ok((count as usize, rows))
    }

    /// One feature of a collection that came with the city.
    pub(crate) fn feature(&self, collection: &str, fid: &str) -> rusqlite::Result<Option<String>> {
        let connection = self.lock();
        let Some((number, _)) = number_and_size(&connection, collection)? else { return Ok(None) };
        connection
            .prepare_cached("SELECT json FROM feature WHERE fid = ?1 AND id BETWEEN ?2 AND ?3")?
            .query_row(params![fid, first_id(number), first_id(number + 1) - 1], |r| r.get(0))
            .optional()
    }

    /// The feature of that key: its collection and JSON.
    pub(crate) fn feature_by_key(&self, key: &str) -> rusqlite::Result<Option<(String, String)>> {
        self.lock()
            .prepare_cached(
                "SELECT name, json FROM feature JOIN collection ON number = feature.id >> 32 WHERE key = ?1 LIMIT 1",
            )?
            .query_row([key], |r| Ok((r.get(0)?, r.get(1)?)))
            .optional()
    }
}

fn number_and_size(connection: &Connection, collection: &str) -> rusqlite::Result<Option<(i64, usize)>> {
    connection
        .prepare_cached("SELECT number, size FROM collection WHERE name = ?1")?
        .query_row([collection], |r| Ok((r.get(0)?, r.get::<_, i64>(1)? as usize)))
        .optional()
}

/// A page of all features of a collection: their ids have no gaps, so that the last page costs no more than the first.
fn stretch(connection: &Connection, number: i64, query: &Query) -> rusqlite::Result<Vec<String>> {
    let last = first_id(number + 1) - 1;
    let from = i64::try_from(query.offset).unwrap_or(i64::MAX).saturating_add(first_id(number)).min(last);
    let limit = i64::try_from(query.limit).unwrap_or(i64::MAX);
    let mut statement =
        connection.prepare_cached("SELECT json FROM feature WHERE id BETWEEN ?1 AND ?2 ORDER BY id LIMIT ?3")?;
    let rows = statement.query_map([from, last, limit], |r| r.get(0))?;
    rows.collect()
}
