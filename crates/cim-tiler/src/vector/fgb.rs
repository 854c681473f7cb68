//! FlatGeobuf in.
//!
//! The file is walked here and its tables are verified by the `flatgeobuf` crate; geometry and properties are taken from
//! the verified tables, because the crate's own walk trusts what no verification covers: ends of rings, lengths of
//! texts, the size of the index.

use super::feature::{ARCS, DAMAGED, Declared, Feature, Geometry, Layer, NO_GEOMETRY, Position, Reason};
use crate::city::Attribute;
use flatgeobuf::{
    Column, ColumnType, Geometry as Table, GeometryType, Header, size_prefixed_root_as_feature,
    size_prefixed_root_as_header,
};
use std::path::Path;

/// Bytes of a node of the index.
const NODE_BYTES: u64 = 40;
/// Collections within collections, at most.
const DEEPEST: usize = 16;
const WRONG_PROPERTIES: &str = "properties that do not fit their columns";

/// Reads bytes as a layer.
pub(super) fn read(bytes: &[u8], name: &str, path: &Path) -> Result<Layer, String> {
    let magic = bytes.get(..8).ok_or("it is cut off: a FlatGeobuf begins with 8 bytes")?;
    if &magic[..3] != b"fgb" || &magic[4..7] != b"fgb" {
        return Err("it is no FlatGeobuf: it does not begin with its mark".into());
    }
    if magic[3] != 3 {
        return Err(format!("its version {} is unknown: 3 is read", magic[3]));
    }
    let header_bytes = table(bytes, 8).ok_or("it is cut off within its header")?;
    let header = size_prefixed_root_as_header(header_bytes).map_err(|e| format!("its header is damaged: {e}"))?;
    let index = index_bytes(&header).ok_or("its header is damaged: the size of its index makes no sense")?;
    let first = (8 + header_bytes.len() as u64).checked_add(index);
    let mut at = first
        .and_then(|n| usize::try_from(n).ok())
        .filter(|n| *n <= bytes.len())
        .ok_or_else(|| format!("it is cut off within its index: it has {} bytes", bytes.len()))?;
    let columns: Vec<Column<'_>> = header.columns().map(|c| c.iter().collect()).unwrap_or_default();
    let mut features: Vec<Feature> = Vec::new();
    let mut odd = 0;
    while at < bytes.len() {
        let number = features.len() + 1;
        let part = table(bytes, at)
            .ok_or_else(|| format!("it is cut off in feature {number} of {}, at byte {at}", header.features_count()))?;
        at += part.len();
        features.push(match size_prefixed_root_as_feature(part) {
            Ok(feature) => {
                let (attributes, whole) = match feature.properties() {
                    // A feature may have columns of its own.
                    Some(p) => match feature.columns() {
                        Some(own) => attributes(p.bytes(), &own.iter().collect::<Vec<_>>()),
                        None => attributes(p.bytes(), &columns),
                    },
                    None => (Vec::new(), true),
                };
                odd += usize::from(!whole);
                let geometry = feature.geometry().map_or(Err(NO_GEOMETRY), |g| geometry(&g, header.geometry_type()));
                Feature { number, id: None, geometry, attributes }
            }
            Err(_) => Feature { number, id: None, geometry: Err(DAMAGED), attributes: Vec::new() },
        });
    }
    let count = header.features_count();
    if count > 0 && (features.len() as u64) < count {
        return Err(format!("it is cut off behind feature {}: its header says {count}", features.len()));
    }
    let mut notes = Vec::new();
    if odd > 0 {
        notes.push(format!("{odd} features have {WRONG_PROPERTIES}: what follows them is not read"));
    }
    let declared = crs(&header);
    let name = header.name().filter(|n| !n.trim().is_empty()).unwrap_or(name).to_owned();
    Ok(Layer { name, path: path.to_owned(), format: "FlatGeobuf", declared, features, notes })
}

/// A table with its size in front, as many bytes as it says.
fn table(bytes: &[u8], at: usize) -> Option<&[u8]> {
    let size = u32::from_le_bytes(bytes.get(at..at.checked_add(4)?)?.try_into().ok()?) as usize;
    // The reader of tables wants room for the root's offset.
    (size >= 4).then_some(())?;
    bytes.get(at..at.checked_add(4)?.checked_add(size)?)
}

/// Bytes of the index between header and features.
fn index_bytes(header: &Header<'_>) -> Option<u64> {
    let (mut n, node) = (header.features_count(), u64::from(header.index_node_size()));
    if n == 0 || node == 0 {
        return Some(0);
    }
    if node < 2 {
        return None;
    }
    let mut nodes = n;
    while n > 1 {
        n = n.div_ceil(node);
        nodes = nodes.checked_add(n)?;
    }
    // A single item has a root beside it.
    if header.features_count() == 1 {
        nodes += 1;
    }
    nodes.checked_mul(NODE_BYTES)
}

fn crs(header: &Header<'_>) -> Declared {
    let Some(crs) = header.crs() else { return Declared::Nothing };
    let from = "its header".to_owned();
    let org = crs.org().unwrap_or("EPSG");
    if crs.code() > 0 && org.eq_ignore_ascii_case("EPSG") {
        return Declared::By(format!("EPSG:{}", crs.code()), from);
    }
    let texts = [crs.wkt(), crs.code_string(), crs.name()];
    match texts.into_iter().flatten().find(|t| !t.trim().is_empty()) {
        Some(text) => Declared::By(text.to_owned(), from),
        None => Declared::Nothing,
    }
}

fn geometry(table: &Table<'_>, of_layer: GeometryType) -> Result<Geometry, Reason> {
    let kind = if of_layer == GeometryType::Unknown { table.type_() } else { of_layer };
    let mut out = Geometry::default();
    add(table, kind, &mut out, 0)?;
    if out.is_empty() { Err(NO_GEOMETRY) } else { Ok(out) }
}

fn add(table: &Table<'_>, kind: GeometryType, out: &mut Geometry, depth: usize) -> Result<(), Reason> {
    let parts = || table.parts().map(|p| p.iter().collect::<Vec<_>>()).unwrap_or_default();
    match kind {
        GeometryType::Point => out.points.extend(positions(table).into_iter().take(1)),
        GeometryType::MultiPoint => out.points.extend(positions(table)),
        GeometryType::LineString => out.lines.extend(Some(positions(table)).filter(|l| !l.is_empty())),
        GeometryType::MultiLineString => out.lines.extend(lines(table)?),
        GeometryType::Polygon => out.polygons.extend(Some(lines(table)?).filter(|r| !r.is_empty())),
        GeometryType::Triangle => out.polygons.extend(lines(table)?.into_iter().map(|r| vec![r])),
        GeometryType::MultiPolygon | GeometryType::GeometryCollection => {
            if depth > DEEPEST {
                return Err(DAMAGED);
            }
            let within = |t: GeometryType| if kind == GeometryType::MultiPolygon { GeometryType::Polygon } else { t };
            let inner = parts();
            // A multipolygon of one part may be written as that part alone.
            if inner.is_empty() && kind == GeometryType::MultiPolygon {
                return add(table, GeometryType::Polygon, out, depth + 1);
            }
            for part in inner {
                add(&part, within(part.type_()), out, depth + 1)?;
            }
        }
        GeometryType::CircularString
        | GeometryType::CompoundCurve
        | GeometryType::CurvePolygon
        | GeometryType::MultiCurve
        | GeometryType::MultiSurface
        | GeometryType::Curve
        | GeometryType::Surface => return Err(ARCS),
        _ => return Err(DAMAGED),
    }
    Ok(())
}

fn positions(table: &Table<'_>) -> Vec<Position> {
    let numbers: Vec<f64> = table.xy().map(|xy| xy.iter().collect()).unwrap_or_default();
    // An empty point is written as two that are no numbers.
    numbers.chunks_exact(2).map(|p| [p[0], p[1]]).filter(|p| !(p[0].is_nan() && p[1].is_nan())).collect()
}

/// Rings or lines by their ends; one where there are none.
fn lines(table: &Table<'_>) -> Result<Vec<Vec<Position>>, Reason> {
    let all = positions(table);
    let ends: Vec<usize> = table.ends().map(|e| e.iter().map(|n| n as usize).collect()).unwrap_or_default();
    if all.is_empty() {
        return Ok(Vec::new());
    }
    if ends.is_empty() {
        return Ok(vec![all]);
    }
    let starts = std::iter::once(0).chain(ends.iter().copied());
    starts.zip(&ends).map(|(from, to)| all.get(from..*to).map(<[Position]>::to_vec).ok_or(DAMAGED)).collect()
}

/// The properties as far as they fit their columns, and whether all did.
fn attributes(bytes: &[u8], columns: &[Column<'_>]) -> (Vec<(String, Attribute)>, bool) {
    let mut reader = Bytes(bytes);
    let mut out = Vec::new();
    // Some writers leave a byte behind the last value.
    while reader.0.len() > 1 {
        let Some((name, value)) = attribute(&mut reader, columns) else { return (out, false) };
        out.extend(value.map(|v| (name, v)));
    }
    (out, true)
}

fn attribute(reader: &mut Bytes<'_>, columns: &[Column<'_>]) -> Option<(String, Option<Attribute>)> {
    let column = columns.get(usize::from(u16::from_le_bytes(reader.take()?)))?;
    let integer = |i: i64| Some(Attribute::Integer(i));
    let number = |x: f64| x.is_finite().then_some(Attribute::Number(x));
    let value = match column.type_() {
        ColumnType::Byte => integer(i8::from_le_bytes(reader.take()?).into()),
        ColumnType::UByte => integer(u8::from_le_bytes(reader.take()?).into()),
        ColumnType::Bool => Some(Attribute::Bool(reader.take::<1>()?[0] != 0)),
        ColumnType::Short => integer(i16::from_le_bytes(reader.take()?).into()),
        ColumnType::UShort => integer(u16::from_le_bytes(reader.take()?).into()),
        ColumnType::Int => integer(i32::from_le_bytes(reader.take()?).into()),
        ColumnType::UInt => integer(u32::from_le_bytes(reader.take()?).into()),
        ColumnType::Long => integer(i64::from_le_bytes(reader.take()?)),
        ColumnType::ULong => {
            let n = u64::from_le_bytes(reader.take()?);
            Some(i64::try_from(n).map_or_else(|_| Attribute::Text(n.to_string()), Attribute::Integer))
        }
        // The shortest decimal of a single is what was meant: 18.6, not 18.600000381.
        ColumnType::Float => number(f32::from_le_bytes(reader.take()?).to_string().parse().ok()?),
        ColumnType::Double => number(f64::from_le_bytes(reader.take()?)),
        ColumnType::String | ColumnType::Json | ColumnType::DateTime => {
            Some(Attribute::Text(std::str::from_utf8(reader.long()?).ok()?.to_owned()))
        }
        // Pictures and the like are no attribute that anybody reads.
        ColumnType::Binary => reader.long().map(|_| None)?,
        _ => return None,
    };
    Some((column.name().to_owned(), value))
}

/// Bytes that are taken from the front.
struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (head, rest) = self.0.split_first_chunk::<N>()?;
        self.0 = rest;
        Some(*head)
    }

    /// Bytes with their number in front.
    fn long(&mut self) -> Option<&'a [u8]> {
        let length = u32::from_le_bytes(self.take()?) as usize;
        let (head, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(head)
    }
}
