//! Features of the collections.

use super::{StoreError, geometry};
use cim_model::Place;
use rusqlite::{Connection, OptionalExtension, Row, params, params_from_iter, types::Value as Sql};
use serde_json::Value;

/// West, south, east, north; west may be greater than east across the date line.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Bbox(pub(crate) [f64; 4]);

/// A feature with what was found out about it at import.
#[derive(Debug, Clone)]
pub(crate) struct Record {
    pub(crate) collection: String,
    pub(crate) place: Option<Place>,
    pub(crate) feature: Value,
}

/// What part of a collection is wanted.
pub(crate) struct Wanted<'a> {
    pub(crate) bbox: Option<Bbox>,
    pub(crate) limit: usize,
    pub(crate) offset: usize,
    /// Puts the current values into a feature.
    pub(crate) refresh: &'a dyn Fn(&mut Value),
    /// Which features are wanted; `None` for all, which the database then counts and pages by itself.
    pub(crate) filter: Option<&'a dyn Fn(&Value) -> bool>,
}

/// Part of a collection.
#[derive(Debug, Default)]
pub(crate) struct Page {
    pub(crate) matched: usize,
    pub(crate) features: Vec<Value>,
}

/// Whether a feature's property equals the text of a query, numbers as numbers.
pub(crate) fn value_matches(value: &Value, text: &str) -> bool {
    match value {
        Value::String(s) => s == text,
        Value::Bool(b) => text == if *b { "true" } else { "false" },
        Value::Number(n) => n.as_f64().zip(text.parse::<f64>().ok()).is_some_and(|(a, b)| a == b),
        Value::Null => text == "null",
        Value::Array(list) => list.iter().any(|v| value_matches(v, text)),
        Value::Object(_) => false,
    }
}

/// Adds a feature or replaces the one of the same collection and id. `false` when it has neither id nor key.
pub(crate) fn put(conn: &Connection, collection: &str, feature: &Value) -> Result<bool, StoreError> {
    let key = feature.pointer("/properties/key").and_then(Value::as_str);
    let fid = match feature.get("id") {
        Some(Value::String(id)) => id.clone(),
        Some(Value::Number(id)) => id.to_string(),
        _ => match key.and_then(|k| k.split_once(':')) {
            Some((_, id)) => id.to_owned(),
            None => return Ok(false),
        },
    };
    let shape = feature.get("geometry").unwrap_or(&Value::Null);
    let place = geometry::representative(shape);
    let bounds = geometry::bounds(shape);
    let side = |i: usize| bounds.map(|b| b[i]);
    conn.prepare_cached(
        "INSERT INTO record(collection, fid, key, lon, lat, west, south, east, north, json)
         VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
         ON CONFLICT(collection, fid) DO UPDATE SET key = excluded.key, lon = excluded.lon, lat = excluded.lat,
         west = excluded.west, south = excluded.south, east = excluded.east, north = excluded.north, json = excluded.json",
    )?
    .execute(params![
        collection,
        fid,
        key,
        place.map(|p| p.lon),
        place.map(|p| p.lat),
        side(0),
        side(1),
        side(2),
        side(3),
        feature.to_string()
    ])?;
    Ok(true)
}

/// Part of a collection, in the order of the file it came from.
pub(crate) fn page(conn: &Connection, collection: &str, wanted: &Wanted<'_>) -> Result<Page, StoreError> {
    let (condition, arguments) = condition(collection, wanted.bbox);
    let mut page = Page::default();
    let Some(filter) = wanted.filter else {
        let count: i64 = conn
            .prepare_cached(&format!("SELECT count(*) FROM record WHERE {condition}"))?
            .query_row(params_from_iter(&arguments), |row| row.get(0))?;
        page.matched = usize::try_from(count).unwrap_or(0);
        let sql = format!(
            "SELECT json FROM record WHERE {condition} ORDER BY row LIMIT {} OFFSET {}",
            wanted.limit, wanted.offset
        );
        let mut statement = conn.prepare(&sql)?;
        let mut rows = statement.query(params_from_iter(&arguments))?;
        while let Some(row) = rows.next()? {
            let mut feature: Value = serde_json::from_str(row.get_ref(0)?.as_str().map_err(rusqlite::Error::from)?)?;
            (wanted.refresh)(&mut feature);
            page.features.push(feature);
        }
        return Ok(page);
    };
    let mut statement = conn.prepare_cached(&format!("SELECT json FROM record WHERE {condition} ORDER BY row"))?;
    let mut rows = statement.query(params_from_iter(&arguments))?;
    while let Some(row) = rows.next()? {
        let mut feature: Value = serde_json::from_str(row.get_ref(0)?.as_str().map_err(rusqlite::Error::from)?)?;
        (wanted.refresh)(&mut feature);
        if filter(&feature) {
            if page.matched >= wanted.offset && page.features.len() < wanted.limit {
                page.features.push(feature);
            }
            page.matched += 1;
        }
    }
    Ok(page)
}

fn condition(collection: &str, bbox: Option<Bbox>) -> (String, Vec<Sql>) {
    let mut arguments = vec![Sql::Text(collection.to_owned())];
    let mut condition = "collection = ?1".to_owned();
    if let Some(Bbox([west, south, east, north])) = bbox {
        let across = if west > east { "OR" } else { "AND" };
        condition.push_str(&format!(" AND (west <= ?2 {across} east >= ?3) AND south <= ?4 AND north >= ?5"));
        arguments.extend([east, west, north, south].map(Sql::Real));
    }
    (condition, arguments)
}

/// One feature of a collection.
pub(crate) fn by_id(conn: &Connection, collection: &str, fid: &str) -> Result<Option<Value>, StoreError> {
    let json: Option<String> = conn
        .prepare_cached("SELECT json FROM record WHERE collection = ?1 AND fid = ?2")?
        .query_row([collection, fid], |row| row.get(0))
        .optional()?;
    Ok(json.map(|j| serde_json::from_str(&j)).transpose()?)
}

/// The feature of an entity.
pub(crate) fn by_key(conn: &Connection, key: &str) -> Result<Option<Record>, StoreError> {
    let found = conn
        .prepare_cached("SELECT collection, json, lon, lat FROM record WHERE key = ?1 ORDER BY row LIMIT 1")?
        .query_row([key], raw)
        .optional()?;
    found.map(record).transpose()
}

/// Every feature of a collection.
pub(crate) fn all(conn: &Connection, collection: &str) -> Result<Vec<Record>, StoreError> {
    let mut statement =
        conn.prepare_cached("SELECT collection, json, lon, lat FROM record WHERE collection = ?1 ORDER BY row")?;
    let rows = statement.query_map([collection], raw)?;
    rows.map(|row| record(row?)).collect()
}

type Raw = (String, String, Option<f64>, Option<f64>);

fn raw(row: &Row<'_>) -> rusqlite::Result<Raw> {
    Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
}

fn record((collection, json, lon, lat): Raw) -> Result<Record, StoreError> {
    let place = lon.zip(lat).map(|(lon, lat)| Place::new(lon, lat));
    Ok(Record { collection, place, feature: serde_json::from_str(&json)? })
}

/// The unit grid cell that a place lies in: its code.
pub(crate) fn grid_at(conn: &Connection, place: Place) -> Result<Option<String>, StoreError> {
    let mut statement = conn.prepare_cached(
        "SELECT fid, json FROM record
         WHERE collection = 'unit_grid' AND west <= ?1 AND east >= ?1 AND south <= ?2 AND north >= ?2",
    )?;
    let mut rows = statement.query([place.lon, place.lat])?;
    while let Some(row) = rows.next()? {
        let feature: Value = serde_json::from_str(&row.get::<_, String>(1)?)?;
        if geometry::contains(feature.get("geometry").unwrap_or(&Value::Null), place) {
            return Ok(Some(row.get(0)?));
        }
    }
    Ok(None)
}
