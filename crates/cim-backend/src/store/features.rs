//! Features of collections.

use super::Store;
use rusqlite::{OptionalExtension, ToSql, params, types::Value as Sql};

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
    from: &'static str,
    /// Names of west, south, east, north.
    bounds: [&'static str; 4],
    /// Prefix of a property in the JSON.
    properties: &'static str,
    order: &'static str,
}

const FEATURES: Source = Source {
    from: "feature WHERE collection = ?1",
    bounds: ["west", "south", "east", "north"],
    properties: "$.properties.",
    order: "position",
};
const CASES: Source = Source {
    from: "cases WHERE ?1 = 'case'",
    bounds: ["lon", "lat", "lon", "lat"],
    properties: "$.summary.",
    order: "reported DESC",
};
const ALERTS: Source = Source {
    from: "alerts WHERE ?1 = 'ai_alarm'",
    bounds: ["lon", "lat", "lon", "lat"],
    properties: "$.",
    order: "time DESC",
};

impl Store {
    /// Names and sizes of the collections that came with the city.
    pub(crate) fn collections(&self) -> rusqlite::Result<Vec<(String, usize)>> {
        let connection = self.lock();
        let mut statement = connection
            .prepare_cached("SELECT collection, count(*) FROM feature GROUP BY collection ORDER BY collection")?;
        let rows = statement.query_map([], |r| Ok((r.get(0)?, r.get::<_, i64>(1)? as usize)))?;
        rows.collect()
    }

    /// How many match, and the JSON of one page of them. Collections `case` and `ai_alarm` give cases and alerts.
    pub(crate) fn page(&self, collection: &str, query: &Query) -> rusqlite::Result<(usize, Vec<String>)> {
        let source = match collection {
            "case" => CASES,
            "ai_alarm" => ALERTS,
            _ => FEATURES,
        };
        let mut clause = source.from.to_owned();
        let mut values: Vec<Sql> = vec![Sql::Text(collection.to_owned())];
        let mut bind = |value: Sql| {
            values.push(value);
            values.len()
        };
        if let Some([w, s, e, n]) = query.bbox {
            let [west, south, east, north] = source.bounds;
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
            let path = bind(Sql::Text(format!("{}\"{}\"", source.properties, name.replace('"', ""))));
            let (a, b) = (bind(Sql::Text(value.clone())), bind(other));
            clause += &format!(" AND json_extract(json, ?{path}) IN (?{a}, ?{b})");
        }
        let connection = self.lock();
        let bound: Vec<&dyn ToSql> = values.iter().map(|v| v as &dyn ToSql).collect();
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
        self.lock()
            .prepare_cached("SELECT json FROM feature WHERE collection = ?1 AND fid = ?2")?
            .query_row(params![collection, fid], |r| r.get(0))
            .optional()
    }

    /// The feature of that key: its collection and JSON.
    pub(crate) fn feature_by_key(&self, key: &str) -> rusqlite::Result<Option<(String, String)>> {
        self.lock()
            .prepare_cached("SELECT collection, json FROM feature WHERE key = ?1 LIMIT 1")?
            .query_row([key], |r| Ok((r.get(0)?, r.get(1)?)))
            .optional()
    }
}
