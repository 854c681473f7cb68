//! Tables as text (RFC 4180): a row for each thing, with the columns of its place.

use super::{
    dbf,
    feature::{Declared, Feature, Geometry, Layer, Reason},
};
use crate::city::Attribute;
use encoding_rs::{GB18030, UTF_8};
use std::{borrow::Cow, path::Path};

const NO_PLACE: Reason = "its row has no place: the columns of it hold no numbers";
const OTHER_LENGTH: Reason = "its row has more cells than the table has columns";
/// Bytes of a row at most: a quote that is never closed is not to swallow a file.
const LONGEST_ROW: usize = 1 << 20;
/// Names of the columns of a place, as [`plain`] writes them: in degrees, and in the units of the coordinate system.
const DEGREES: (&[&str], &[&str]) = (&["lon", "longitude", "lng", "long", "经度"], &["lat", "latitude", "纬度"]);
const METRES: (&[&str], &[&str]) = (&["x", "easting", "东坐标", "横坐标"], &["y", "northing", "北坐标", "纵坐标"]);

/// Letters and digits in lower case: how names are compared.
fn plain(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// The columns of east and north, and whether they are degrees.
fn place_columns(names: &[String]) -> Option<(usize, usize, bool)> {
    let names: Vec<String> = names.iter().map(|n| plain(n)).collect();
    let find = |of: &[&str]| of.iter().find_map(|wanted| names.iter().position(|n| n == wanted));
    let pair = |(east, north): (&[&str], &[&str]), degrees| Some((find(east)?, find(north)?, degrees));
    pair(DEGREES, true).or_else(|| pair(METRES, false))
}

/// Whether a text is a table of places, from its beginning.
pub(super) fn looks_like(start: &[u8]) -> bool {
    let (text, _) = decode(start, None);
    let line = text.lines().next().unwrap_or_default();
    let separator = separator(line);
    place_columns(&split(line, separator).1).is_some()
}

/// Reads bytes as a layer. `encoding` is what a mapping says.
pub(super) fn read(bytes: &[u8], name: &str, path: &Path, encoding: Option<&str>) -> Result<Layer, String> {
    let (text, note) = decode(bytes, encoding);
    let separator = separator(text.lines().next().unwrap_or_default());
    let (mut rest, names) = split(&text, separator);
    let names: Vec<String> = names.into_iter().map(|n| n.trim().to_owned()).collect();
    let Some((east, north, degrees)) = place_columns(&names) else {
        return Err(format!(
            "its first line names no columns of a place: `lon` and `lat`, or `x` and `y`; it names: {}",
            names.join(", ")
        ));
    };
    let mut rows: Vec<Vec<String>> = Vec::new();
    while !rest.is_empty() {
        let (after, row) = split(rest, separator);
        if rest.len() - after.len() > LONGEST_ROW {
            return Err(format!("its row {} is longer than a row can be: is a quote never closed?", rows.len() + 1));
        }
        rest = after;
        // A line without anything in it is no row.
        if row.iter().any(|cell| !cell.trim().is_empty()) {
            rows.push(row);
        }
    }
    let types: Vec<Type> = (0..names.len()).map(|c| Type::of(rows.iter().filter_map(|row| row.get(c)))).collect();
    let features = rows.into_iter().zip(1..).map(|(row, number)| {
        let coordinate =
            |c: usize| row.get(c).and_then(|cell| cell.trim().parse::<f64>().ok()).filter(|x| x.is_finite());
        let geometry = match (coordinate(east), coordinate(north)) {
            _ if row.len() > names.len() => Err(OTHER_LENGTH),
            (Some(x), Some(y)) => Ok(Geometry { points: vec![[x, y]], ..Geometry::default() }),
            _ => Err(NO_PLACE),
        };
        let cells = names.iter().zip(&types).zip(&row).filter(|((name, _), _)| !name.is_empty());
        let attributes = cells.filter_map(|((name, kind), cell)| Some((name.clone(), kind.value(cell)?))).collect();
        Feature { number, id: None, geometry, attributes }
    });
    let declared = if degrees { Declared::Degrees } else { Declared::Nothing };
    let features = features.collect();
    let notes = note.into_iter().collect();
    Ok(Layer { name: name.to_owned(), path: path.to_owned(), format: "CSV", declared, features, notes })
}

/// The text, and what a person should know of how it was found.
fn decode<'b>(bytes: &'b [u8], label: Option<&str>) -> (Cow<'b, str>, Option<String>) {
    if let Some(encoding) = label.and_then(dbf::encoding) {
        return (encoding.decode(bytes).0, None);
    }
    // A beginning may be cut in the middle of a character.
    match std::str::from_utf8(bytes) {
        Err(e) if e.error_len().is_some() => {
            let note = "it is not UTF-8 and was read as GB18030: say its encoding in a mapping where that is wrong";
            (GB18030.decode(bytes).0, Some(note.into()))
        }
        _ => (UTF_8.decode(bytes).0, None),
    }
}

/// What stands between the cells, by the first line.
fn separator(line: &str) -> char {
    let count = |c: char| line.matches(c).count();
    [',', ';', '\t'].into_iter().rev().max_by_key(|c| count(*c)).unwrap_or(',')
}

/// What comes after the first row, and its cells.
fn split(text: &str, separator: char) -> (&str, Vec<String>) {
    let mut row = Vec::new();
    let (mut cell, mut quoted, mut begun) = (String::new(), false, false);
    let mut letters = text.char_indices().peekable();
    while let Some((at, c)) = letters.next() {
        match c {
            '"' if quoted => {
                if letters.next_if(|(_, next)| *next == '"').is_some() {
                    cell.push('"');
                } else {
                    quoted = false;
                }
            }
            '"' if !begun => (quoted, begun) = (true, true),
            '\n' if !quoted => {
                if cell.ends_with('\r') {
                    cell.pop();
                }
                row.push(cell);
                return (&text[at + 1..], row);
            }
            c if c == separator && !quoted => {
                row.push(std::mem::take(&mut cell));
                begun = false;
            }
            c => {
                begun |= !c.is_whitespace();
                cell.push(c);
            }
        }
    }
    row.push(cell);
    ("", row)
}

/// What the cells of a column are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Type {
    Integer,
    Number,
    Text,
}

impl Type {
    /// The narrowest that all cells with something in them are.
    fn of<'c>(cells: impl Iterator<Item = &'c String>) -> Self {
        let cells = cells.map(|c| c.trim()).filter(|c| !c.is_empty());
        cells.map(Self::one).max().unwrap_or(Self::Text)
    }

    fn one(cell: &str) -> Self {
        let digits = cell.strip_prefix('-').unwrap_or(cell);
        // Codes with zeros before them, and those that are longer than a number can be, are no numbers.
        let code = digits.len() > 1 && digits.starts_with('0') && !digits.starts_with("0.");
        let whole = digits.bytes().all(|b| b.is_ascii_digit());
        let decimal = digits.bytes().all(|b| b.is_ascii_digit() || b"+-.eE".contains(&b));
        match cell.parse::<i64>() {
            Ok(_) if whole && !code => Self::Integer,
            _ if whole || code || !decimal => Self::Text,
            _ if cell.parse::<f64>().is_ok_and(f64::is_finite) => Self::Number,
            _ => Self::Text,
        }
    }

    /// The value of a cell; `None` for an empty one.
    fn value(self, cell: &str) -> Option<Attribute> {
        let cell = cell.trim();
        let text = || Attribute::Text(cell.to_owned());
        (!cell.is_empty()).then(|| match self {
            Self::Integer => cell.parse().map_or_else(|_| text(), Attribute::Integer),
            Self::Number => cell.parse().map_or_else(|_| text(), Attribute::Number),
            Self::Text => text(),
        })
    }
}
