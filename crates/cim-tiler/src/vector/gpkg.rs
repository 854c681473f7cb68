//! GeoPackage in: the feature tables of an SQLite file (OGC 12-128r19).
//!
//! SQLite itself, in C, is in the program already: the backend keeps its records in it. No reader of its files in Rust
//! alone is as well kept, or reads all that other programs write.

use super::{
    feature::{Declared, Feature, Layer, NO_GEOMETRY},
    wkb,
};
use crate::city::Attribute;
use rusqlite::{Connection, OpenFlags, OptionalExtension, types::ValueRef};
use std::path::Path;

/// `GPKG` and `GP10`, `GP11`: the application ids of version 1.2 and later, and of those before.
const APPLICATION_IDS: [i64; 3] = [0x4750_4b47, 0x4750_3130, 0x4750_3131];

/// Reads the feature tables.
pub(super) fn read(path: &Path) -> Result<Vec<Layer>, String> {
    if path.extension().is_some_and(|e| e.eq_ignore_ascii_case("gz")) {
        return Err("a GeoPackage cannot be read while it is packed: unpack it first".into());
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(sentence)?;
    // Views and triggers of a stranger's file may not call what changes anything.
    connection.pragma_update(None, "trusted_schema", false).map_err(sentence)?;
    let id: i64 = connection.query_row("PRAGMA application_id", [], |r| r.get(0)).map_err(sentence)?;
    let contents = "SELECT count(*) FROM sqlite_master WHERE name = 'gpkg_contents' AND type IN ('table', 'view')";
    if connection.query_row(contents, [], |r| r.get::<_, i64>(0)).map_err(sentence)? == 0 {
        return Err("it is an SQLite file, but no GeoPackage: it has no table gpkg_contents".into());
    }
    let mut notes = Vec::new();
    if !APPLICATION_IDS.contains(&id) {
        notes.push(format!("its application id {id:#010x} is not a GeoPackage's: it is read as one nevertheless"));
    }
    let tables = tables(&connection).map_err(sentence)?;
    if tables.is_empty() {
        return Err("it has no table of features".into());
    }
    let mut layers = Vec::new();
    for table in tables {
        let name = table.name.clone();
        let mut layer = table.read(&connection, path).map_err(|e| format!("table `{name}`: {}", sentence(e)))?;
        layer.notes.extend(notes.iter().cloned());
        layers.push(layer);
    }
    Ok(layers)
}

fn sentence(e: rusqlite::Error) -> String {
    let text = e.to_string();
    match e.sqlite_error_code() {
        Some(rusqlite::ErrorCode::NotADatabase) => "it is no GeoPackage: it is no SQLite file".into(),
        Some(rusqlite::ErrorCode::DatabaseCorrupt) => format!("it is damaged or cut off: {text}"),
        _ => text,
    }
}

/// A feature table.
struct Table {
    name: String,
    geometry: String,
    srs: Option<i64>,
}

fn tables(connection: &Connection) -> rusqlite::Result<Vec<Table>> {
    let sql = "SELECT c.table_name, g.column_name, g.srs_id FROM gpkg_contents c \
               JOIN gpkg_geometry_columns g ON lower(g.table_name) = lower(c.table_name) \
               WHERE c.data_type = 'features' ORDER BY c.table_name";
    let mut statement = connection.prepare(sql)?;
    let rows = statement.query_map([], |r| Ok(Table { name: r.get(0)?, geometry: r.get(1)?, srs: r.get(2)? }))?;
    rows.collect()
}

/// A name as SQL wants it, whatever is in it.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// Names and declared types of the columns that `SELECT *` gives. Asked for as bytes: the statement's own names must be
/// UTF-8, or rusqlite panics.
fn columns(connection: &Connection, table: &str) -> rusqlite::Result<Vec<(String, String)>> {
    let sql =
        "SELECT CAST(name AS BLOB), CAST(type AS BLOB) FROM pragma_table_xinfo(?1) WHERE hidden <> 1 ORDER BY cid";
    let mut statement = connection.prepare(sql)?;
    let text = |value: ValueRef<'_>| match value {
        ValueRef::Blob(bytes) | ValueRef::Text(bytes) => String::from_utf8_lossy(bytes).into_owned(),
        _ => String::new(),
    };
    let rows = statement.query_map([table], |r| Ok((text(r.get_ref(0)?), text(r.get_ref(1)?))))?;
    rows.collect()
}

impl Table {
    fn read(self, connection: &Connection, path: &Path) -> rusqlite::Result<Layer> {
        let declared = self.srs.map_or(Ok(Declared::Nothing), |id| declared(connection, id))?;
        let mut statement = connection.prepare(&format!("SELECT * FROM {}", quoted(&self.name)))?;
        let (names, types): (Vec<String>, Vec<String>) = columns(connection, &self.name)?.into_iter().unzip();
        let geometry = names.iter().position(|n| n.eq_ignore_ascii_case(&self.geometry));
        let (mut features, mut bad_texts) = (Vec::new(), 0usize);
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let mut feature =
                Feature { number: features.len() + 1, id: None, geometry: Err(NO_GEOMETRY), attributes: Vec::new() };
            for (i, name) in names.iter().enumerate() {
                let value = row.get_ref(i)?;
                if Some(i) == geometry {
                    if let ValueRef::Blob(bytes) = value {
                        feature.geometry = wkb::geopackage(bytes);
                    }
                    continue;
                }
                let value = match value {
                    // Blobs are pictures and the like: no attribute that anybody reads.
                    ValueRef::Null | ValueRef::Blob(_) => continue,
                    ValueRef::Integer(n) if types[i].to_ascii_uppercase().starts_with("BOOL") => {
                        Attribute::Bool(n != 0)
                    }
                    ValueRef::Integer(n) => Attribute::Integer(n),
                    ValueRef::Real(x) => Attribute::Number(x),
                    ValueRef::Text(bytes) => {
                        let text = String::from_utf8_lossy(bytes);
                        bad_texts += usize::from(matches!(text, std::borrow::Cow::Owned(_)));
                        Attribute::Text(text.into_owned())
                    }
                };
                feature.attributes.push((name.clone(), value));
            }
            features.push(feature);
        }
        let mut notes = Vec::new();
        if bad_texts > 0 {
            notes.push(format!("{bad_texts} of its texts are not UTF-8: what cannot be read is shown as \u{fffd}"));
        }
        if geometry.is_none() {
            notes.push(format!("its geometry column `{}` is not there", self.geometry));
        }
        Ok(Layer { name: self.name, path: path.to_owned(), format: "GeoPackage", declared, features, notes })
    }
}

/// What the table of coordinate systems says of one: its EPSG code, else its definition, else its name.
fn declared(connection: &Connection, id: i64) -> rusqlite::Result<Declared> {
    // 0 and -1 stand for systems that nobody knows.
    if id <= 0 {
        return Ok(Declared::Nothing);
    }
    let from = "its table of systems".to_owned();
    let sql = "SELECT organization, organization_coordsys_id, definition, srs_name FROM gpkg_spatial_ref_sys \
               WHERE srs_id = ?1";
    let text = |r: &rusqlite::Row<'_>, i: usize| r.get::<_, Option<String>>(i).map(Option::unwrap_or_default);
    let found = connection
        .query_row(sql, [id], |r| Ok((text(r, 0)?, r.get::<_, Option<i64>>(1)?, text(r, 2)?, text(r, 3)?)))
        .optional()?;
    Ok(match found {
        Some((organization, Some(code), ..)) if organization.eq_ignore_ascii_case("EPSG") => {
            Declared::By(format!("EPSG:{code}"), from)
        }
        Some((_, _, definition, _)) if definition.contains('[') => Declared::By(definition, from),
        Some((.., name)) if !name.trim().is_empty() => Declared::By(name, from),
        _ => Declared::Nothing,
    })
}
