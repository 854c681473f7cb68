//! The table of a shapefile (dBASE III, IV): fixed-width rows, in whatever encoding its author had.
//!
//! Own code, not the `dbase` crate's: there one field that is no number loses its record, and every record after it.

use crate::city::Attribute;
use encoding_rs::{Encoding, GB18030, UTF_8};

/// A table.
pub(super) struct Table<'a> {
    bytes: &'a [u8],
    fields: Vec<Field<'a>>,
    first: usize,
    row: usize,
    pub(super) rows: usize,
    encoding: &'static Encoding,
    /// What a person should know of how it was read.
    pub(super) notes: Vec<String>,
}

struct Field<'a> {
    raw_name: &'a [u8],
    name: String,
    kind: u8,
    at: usize,
    len: usize,
    decimals: u8,
}

impl<'a> Table<'a> {
    /// `declared` is the encoding that the mapping, or a `.cpg` file, names, with its source.
    pub(super) fn open(bytes: &'a [u8], declared: Option<(&str, &str)>) -> Result<Self, String> {
        let header = bytes.get(..32).ok_or("it is cut off: a table begins with 32 bytes")?;
        let word = |i: usize| usize::from(u16::from_le_bytes([header[i], header[i + 1]]));
        if !matches!(header[0] & 0x07, 3 | 4) && !matches!(header[0], 0x30..=0x32 | 0xf5) {
            return Err(format!("its version {:#04x} is unknown: dBASE III and IV are read", header[0]));
        }
        let rows = u32::from_le_bytes([header[4], header[5], header[6], header[7]]) as usize;
        let (first, row) = (word(8), word(10));
        let mut fields: Vec<Field<'a>> = Vec::new();
        let mut at = 1;
        for i in 1.. {
            let end = i * 32;
            match bytes.get(end) {
                Some(0x0d) => break,
                _ if end + 32 > first.max(33) => break,
                _ => {}
            }
            let f = bytes.get(end..end + 32).ok_or("it is cut off within its list of fields")?;
            let raw_name = f[..11].split(|b| *b == 0).next().unwrap_or_default();
            let len = usize::from(f[16]);
            fields.push(Field { raw_name, name: String::new(), kind: f[11], at, len, decimals: f[17] });
            at += len;
        }
        if fields.is_empty() || row < at {
            return Err("its header is damaged: the fields are wider than a row".into());
        }
        let needed = row.checked_mul(rows).and_then(|n| n.checked_add(first));
        // The end mark behind the last row, and its padding, may be missing.
        if needed.is_none_or(|n| n > bytes.len()) {
            let whole = bytes.len().saturating_sub(first) / row;
            return Err(format!("it is cut off in row {}: its header says {rows} rows", whole + 1));
        }
        let mut table = Self { bytes, fields, first, row, rows, encoding: UTF_8, notes: Vec::new() };
        table.choose_encoding(declared, header[29])?;
        table.name_fields();
        Ok(table)
    }

    /// The encoding that is declared, when the texts are in it; else the one they are in.
    fn choose_encoding(&mut self, declared: Option<(&str, &str)>, driver: u8) -> Result<(), String> {
        let named = match declared {
            Some((label, from)) => Some((
                encoding(label).ok_or_else(|| format!("{from} names an unknown encoding `{label}`"))?,
                from.to_owned(),
            )),
            None => language_driver(driver).map(|e| (e, "the header of its .dbf".to_owned())),
        };
        let tries = named.iter().map(|n| n.0).chain([UTF_8, GB18030]);
        let fitting = tries.into_iter().find(|e| self.texts().all(|t| decode(t, e).1));
        self.encoding = fitting.or(named.as_ref().map(|n| n.0)).unwrap_or(GB18030);
        let wrong = self.texts().filter(|t| !decode(t, self.encoding).1).count();
        let name = self.encoding.name();
        if let Some((declared, from)) = named.filter(|n| n.0 != self.encoding) {
            self.notes.push(format!("{from} says {}, but its texts are {name}: read as {name}", declared.name()));
        } else if wrong > 0 {
            self.notes.push(format!("{wrong} of its texts are not {name}: what cannot be read is shown as \u{fffd}"));
        } else if declared.is_none() && language_driver(driver).is_none() && self.texts().any(|t| !t.is_ascii()) {
            self.notes.push(format!("its encoding is not declared (no .cpg): read as {name}"));
        }
        Ok(())
    }

    /// All texts of the table and the names of its fields.
    fn texts(&self) -> impl Iterator<Item = &'a [u8]> + '_ {
        let cells = (0..self.rows)
            .flat_map(move |r| self.fields.iter().filter(|f| f.kind == b'C').filter_map(move |f| self.cell(r, f)));
        self.fields.iter().map(|f| f.raw_name).chain(cells)
    }

    fn name_fields(&mut self) {
        let mut names: Vec<String> = Vec::new();
        for field in &mut self.fields {
            let mut name = decode(field.raw_name, self.encoding).0.trim().to_owned();
            // Ten bytes are few: names cut short may coincide, and an attribute must not hide another.
            let mut n = 1;
            while name.is_empty() || names.contains(&name) {
                n += 1;
                name = format!("{}_{n}", name.trim_end_matches(|c: char| c == '_' || c.is_ascii_digit()));
            }
            names.push(name.clone());
            field.name = name;
            if matches!(field.kind, b'M' | b'G' | b'P') {
                self.notes.push(format!("its attribute `{}` is in a memo file, which is not read", field.name));
            }
        }
    }

    fn cell(&self, row: usize, field: &Field<'_>) -> Option<&'a [u8]> {
        let at = self.first + row * self.row + field.at;
        self.bytes.get(at..at + field.len)
    }

    /// Whether a row is marked as deleted.
    pub(super) fn is_deleted(&self, row: usize) -> bool {
        self.bytes.get(self.first + row * self.row) == Some(&b'*')
    }

    /// The attributes of a row that have a value.
    pub(super) fn row(&self, row: usize) -> Vec<(String, Attribute)> {
        if row >= self.rows {
            return Vec::new();
        }
        let value = |f: &Field<'_>| Some((f.name.clone(), value(self.cell(row, f)?, f, self.encoding)?));
        self.fields.iter().filter_map(value).collect()
    }
}

/// The value of a cell; `None` where it is blank.
fn value(cell: &[u8], field: &Field<'_>, encoding: &'static Encoding) -> Option<Attribute> {
    let text = || {
        let text = decode(cell, encoding).0;
        let text = text.trim_matches(|c: char| c.is_whitespace() || c == '\0');
        (!text.is_empty()).then(|| text.to_owned())
    };
    match field.kind {
        b'N' | b'F' => {
            // Stars are a number that did not fit into its cell.
            let text = text().filter(|t| !t.starts_with('*'))?;
            let whole = field.decimals == 0 && field.kind == b'N';
            let integer = whole.then(|| text.parse().ok().map(Attribute::Integer)).flatten();
            let number = || text.replace(',', ".").parse().ok().filter(|x: &f64| x.is_finite()).map(Attribute::Number);
            Some(integer.or_else(number).unwrap_or(Attribute::Text(text)))
        }
        b'L' => match cell.first()? {
            b'T' | b't' | b'Y' | b'y' => Some(Attribute::Bool(true)),
            b'F' | b'f' | b'N' | b'n' => Some(Attribute::Bool(false)),
            _ => None,
        },
        b'D' => {
            let text = text()?;
            let digits = text.len() == 8 && text.bytes().all(|b| b.is_ascii_digit());
            if digits && text.starts_with("0000") {
                return None;
            }
            Some(Attribute::Text(if digits { format!("{}-{}-{}", &text[..4], &text[4..6], &text[6..]) } else { text }))
        }
        b'I' | b'+' => cell.try_into().ok().map(|b| Attribute::Integer(i32::from_le_bytes(b).into())),
        b'O' | b'B' if cell.len() == 8 => {
            cell.try_into().ok().map(f64::from_le_bytes).filter(|x| x.is_finite()).map(Attribute::Number)
        }
        b'M' | b'G' | b'P' | b'B' | b'@' | b'T' => None,
        _ => text().map(Attribute::Text),
    }
}

/// Text, and whether all of it is in the encoding. A character that the end of the cell cut in two is no fault: cells
/// have so many bytes, and many programs fill them to the last.
fn decode(bytes: &[u8], encoding: &'static Encoding) -> (String, bool) {
    let end = bytes.iter().rposition(|b| !matches!(b, b' ' | 0)).map_or(0, |i| i + 1);
    let bytes = &bytes[..end];
    if let Some(text) = encoding.decode_without_bom_handling_and_without_replacement(bytes) {
        return (text.into_owned(), true);
    }
    for cut in 1..=3.min(bytes.len()) {
        let (kept, tail) = bytes.split_at(bytes.len() - cut);
        if tail[0] >= 0x80
            && let Some(text) = encoding.decode_without_bom_handling_and_without_replacement(kept)
        {
            return (text.into_owned(), true);
        }
    }
    (encoding.decode_without_bom_handling(bytes).0.into_owned(), false)
}

/// The encoding of a label as `.cpg` files and people write it: `UTF-8`, `GBK`, `936`, `CP936`, `ANSI 1252`, ...
pub(super) fn encoding(label: &str) -> Option<&'static Encoding> {
    let plain = label.trim().trim_start_matches('\u{feff}').to_ascii_lowercase().replace('_', "-");
    let number = plain.trim_start_matches(|c: char| !c.is_ascii_digit());
    let by_number = match number {
        "936" | "54936" | "52936" | "20936" => Some("gb18030"),
        "65001" => Some("utf-8"),
        "950" => Some("big5"),
        "932" => Some("shift_jis"),
        "949" => Some("euc-kr"),
        "88591" | "8859-1" | "1252" => Some("windows-1252"),
        "1250" | "1251" | "1253" | "1254" | "1255" | "1256" | "1257" | "1258" => {
            return Encoding::for_label(format!("windows-{number}").as_bytes());
        }
        _ => None,
    };
    // GBK and GB 2312 are parts of GB 18030.
    let found = Encoding::for_label(by_number.unwrap_or(&plain).as_bytes())?;
    Some(if found == encoding_rs::GBK { GB18030 } else { found })
}

/// The encoding of a language driver id (byte 29 of the header), for those that say one.
fn language_driver(id: u8) -> Option<&'static Encoding> {
    match id {
        0x4d => Some(GB18030),
        0x4f | 0x78 => encoding("950"),
        0x13 | 0x7b => encoding("932"),
        0x4e | 0x79 => encoding("949"),
        0x7a => Some(GB18030),
        0xc9 => encoding("1251"),
        0xc8 => encoding("1250"),
        0x03 | 0x58 | 0x59 => encoding("1252"),
        _ => None,
    }
}
