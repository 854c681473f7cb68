//! Esri shapefiles in: `.shp` with its `.dbf`, `.prj` and `.cpg` beside it.
//!
//! Own code, not the `shapefile` crate's: records are taken one by one, so that a damaged one is reported and the rest
//! read; there it ends the reading, and a damaged length overflows. The tests write their files with that crate.

use super::{
    dbf::Table,
    feature::{DAMAGED, Declared, Feature, Geometry, Layer, NO_GEOMETRY, Position, Reason},
    source::Source,
};
use crate::{TilerError, ring::inside};

const DELETED: Reason = "its row in the .dbf is marked as deleted";
const MULTIPATCH: Reason = "it is a multipatch (surfaces in space): save it as polygons, or as CityJSON";

/// Reads a shapefile; `encoding` is the mapping's word on the table.
pub(super) fn read(source: &Source, name: &str, encoding: Option<&str>) -> Result<Layer, TilerError> {
    let fail = |reason: String| TilerError::Vector { path: source.path.clone(), reason };
    let bytes = source.bytes()?;
    let shapes = shapes(&bytes).map_err(fail)?;
    let missing = || {
        fail("its .dbf, which holds the attributes, is not beside it: a shapefile is .shp, .shx, .dbf and .prj".into())
    };
    let table = source.beside("dbf").ok_or_else(missing)?;
    let table_fail = |reason: String| TilerError::Vector { path: table.path.clone(), reason };
    let table_bytes = table.bytes()?;
    let page = source.beside("cpg").map(|s| s.text()).transpose()?.filter(|t| !t.trim().is_empty());
    let declared = encoding
        .map(|e| (e, "the mapping"))
        .or_else(|| page.as_deref().map(str::trim).filter(|t| !t.eq_ignore_ascii_case("oem")).map(|t| (t, "its .cpg")));
    let rows = Table::open(&table_bytes, declared).map_err(table_fail)?;
    let mut notes = rows.notes.clone();
    if rows.rows != shapes.len() {
        notes.push(format!("its .shp has {} shapes and its .dbf {} rows", shapes.len(), rows.rows));
    }
    let features = shapes.into_iter().enumerate().map(|(i, geometry)| {
        let geometry = if rows.is_deleted(i) && i < rows.rows { Err(DELETED) } else { geometry };
        Feature { number: i + 1, id: None, geometry, attributes: rows.row(i) }
    });
    let features = features.collect();
    let declared = match source.beside("prj") {
        Some(prj) => Declared::By(prj.text()?, "its .prj".into()),
        None => Declared::Nothing,
    };
    Ok(Layer { name: name.into(), path: source.path.clone(), format: "Shapefile", declared, features, notes })
}

/// The shapes of a `.shp`, in its order.
pub(super) fn shapes(bytes: &[u8]) -> Result<Vec<Result<Geometry, Reason>>, String> {
    let header = bytes.get(..100).ok_or("it is cut off: a shapefile begins with 100 bytes")?;
    let big = |b: &[u8], i: usize| Some(i32::from_be_bytes(b.get(i..i + 4)?.try_into().ok()?));
    if big(header, 0) != Some(9994) {
        return Err("it is no shapefile: it does not begin with the number 9994".into());
    }
    let version = i32_at(header, 28).unwrap_or(0);
    if version != 1000 {
        return Err(format!("its version {version} is unknown: 1000 is read"));
    }
    let words = big(header, 24).unwrap_or(0);
    let length = usize::try_from(words).ok().and_then(|w| w.checked_mul(2)).filter(|n| *n >= 100);
    let length = length.ok_or_else(|| format!("its header is damaged: it says a length of {words} words"))?;
    let mut shapes = Vec::new();
    let mut at = 100;
    while at < length {
        let number = shapes.len() + 1;
        let cut = || format!("it is cut off in record {number}: it has {} bytes of {length}", bytes.len());
        let words = bytes.get(at..at + 8).and_then(|h| big(h, 4)).ok_or_else(cut)?;
        let size = usize::try_from(words).ok().and_then(|w| w.checked_mul(2));
        let size = size.ok_or_else(|| format!("record {number} is damaged: it says a length of {words} words"))?;
        let content = bytes.get(at + 8..(at + 8).saturating_add(size)).ok_or_else(cut)?;
        shapes.push(shape(content));
        at += 8 + size;
    }
    Ok(shapes)
}

fn i32_at(bytes: &[u8], at: usize) -> Option<i32> {
    Some(i32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

fn count_at(bytes: &[u8], at: usize) -> Option<usize> {
    i32_at(bytes, at).and_then(|n| usize::try_from(n).ok())
}

/// A shape of any kind. Heights and measures stand behind the plane coordinates, which are the same for all.
fn shape(bytes: &[u8]) -> Result<Geometry, Reason> {
    let mut out = Geometry::default();
    match i32_at(bytes, 0).ok_or(DAMAGED)? {
        0 => return Err(NO_GEOMETRY),
        1 | 11 | 21 => out.points = positions(bytes, 4, 1).ok_or(DAMAGED)?,
        8 | 18 | 28 => {
            let count = count_at(bytes, 36).ok_or(DAMAGED)?;
            out.points = positions(bytes, 40, count).ok_or(DAMAGED)?;
        }
        3 | 13 | 23 => out.lines = parts(bytes).ok_or(DAMAGED)?,
        5 | 15 | 25 => out.polygons = polygons(parts(bytes).ok_or(DAMAGED)?),
        31 => return Err(MULTIPATCH),
        _ => return Err(DAMAGED),
    }
    if out.is_empty() { Err(NO_GEOMETRY) } else { Ok(out) }
}

fn positions(bytes: &[u8], at: usize, count: usize) -> Option<Vec<Position>> {
    let list = bytes.get(at..at.checked_add(count.checked_mul(16)?)?)?;
    let number = |b: &[u8]| b.try_into().map_or(f64::NAN, f64::from_le_bytes);
    Some(list.chunks_exact(16).map(|p| [number(&p[..8]), number(&p[8..])]).collect())
}

/// The parts of a line or polygon.
fn parts(bytes: &[u8]) -> Option<Vec<Vec<Position>>> {
    let (parts, count) = (count_at(bytes, 36)?, count_at(bytes, 40)?);
    let list = bytes.get(44..44usize.checked_add(parts.checked_mul(4)?)?)?;
    let all = positions(bytes, 44 + list.len(), count)?;
    let starts: Vec<usize> = (0..parts).map(|i| count_at(list, 4 * i)).collect::<Option<_>>()?;
    let ends = starts.iter().skip(1).copied().chain([count]);
    starts.iter().zip(ends).map(|(&from, to)| all.get(from..to).map(<[Position]>::to_vec)).collect()
}

/// Polygons from rings: outer ones turn clockwise, holes counter-clockwise and belong to the smallest outer ring around
/// them. Where no ring turns clockwise the author did not know that; then the nesting decides.
pub(super) fn polygons(rings: Vec<Vec<Position>>) -> Vec<Vec<Vec<Position>>> {
    struct Ring {
        line: Vec<Position>,
        twice_area: f64,
        low: Position,
        high: Position,
    }
    let fold = |line: &[Position], from: f64, pick: fn(f64, f64) -> f64| {
        [0, 1].map(|k| line.iter().map(|p| p[k]).fold(from, pick))
    };
    let mut rings: Vec<Ring> = rings
        .into_iter()
        .map(|line| Ring {
            twice_area: crate::mesh::twice_area(&line),
            low: fold(&line, f64::MAX, f64::min),
            high: fold(&line, f64::MIN, f64::max),
            line,
        })
        .collect();
    if rings.len() < 2 {
        return rings.into_iter().map(|r| vec![r.line]).collect();
    }
    // Large ones first: what is around a ring comes before it.
    rings.sort_by(|a, b| b.twice_area.abs().total_cmp(&a.twice_area.abs()));
    let around = |outer: &Ring, inner: &Ring| {
        let boxed = (0..2).all(|k| outer.low[k] <= inner.low[k] && outer.high[k] >= inner.high[k]);
        boxed && inner.line.first().is_some_and(|p| inside(&outer.line, *p))
    };
    let turned = rings.iter().any(|r| r.twice_area < 0.0);
    let mut polygons: Vec<(usize, Vec<Vec<Position>>)> = Vec::new();
    for (i, ring) in rings.iter().enumerate() {
        let outer =
            if turned { ring.twice_area < 0.0 } else { rings[..i].iter().filter(|r| around(r, ring)).count() % 2 == 0 };
        let parent = if outer { None } else { polygons.iter().rposition(|(k, _)| around(&rings[*k], ring)) };
        match parent.and_then(|p| polygons.get_mut(p)) {
            Some((_, rings)) => rings.push(ring.line.clone()),
            // A hole in nothing is a piece that was drawn the wrong way round.
            None => polygons.push((i, vec![ring.line.clone()])),
        }
    }
    polygons.into_iter().map(|(_, rings)| rings).collect()
}
