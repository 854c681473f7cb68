//! Property tables of `EXT_structural_metadata` (its specification, and 3D Metadata, OGC 22-025r4 clause 10), and the
//! feature tables of its predecessor `EXT_feature_metadata`.

use super::{
    PropertyInfo, Value,
    check::{self, Bounds},
    column::{Column, ColumnIn, LONGEST_ARRAY, OffsetsIn},
    property::{PropertyType, Shape},
    scalar::Scalar,
    schema::{Class, ClassProperty, Schema},
};
use crate::{Diagnostic, content::DecodeError};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use std::collections::BTreeMap;

const WHAT: &str = "property table";

/// Rows that a table without any column in the file may claim: nothing shows how many there really are.
const MOST_ROWS_WITHOUT_BYTES: usize = 1 << 20;

#[derive(Debug, Deserialize)]
struct Table {
    name: Option<String>,
    class: String,
    count: usize,
    #[serde(default)]
    properties: BTreeMap<String, Json>,
}

/// The aliases are the words of `EXT_feature_metadata`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct TableProperty {
    #[serde(alias = "bufferView")]
    values: usize,
    #[serde(alias = "arrayOffsetBufferView")]
    array_offsets: Option<usize>,
    #[serde(alias = "stringOffsetBufferView")]
    string_offsets: Option<usize>,
    array_offset_type: Option<String>,
    string_offset_type: Option<String>,
    offset_type: Option<String>,
    offset: Option<Json>,
    scale: Option<Json>,
    min: Option<Json>,
    max: Option<Json>,
}

/// What a schema says of the class of a table, a property texture or a property attribute.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClassInfo {
    /// The class's id in the schema.
    pub id: String,
    /// A name for people.
    pub name: Option<String>,
    /// What it is.
    pub description: Option<String>,
    /// The name of the table, property texture or property attribute.
    pub source: Option<String>,
}

impl ClassInfo {
    pub(crate) fn new(id: &str, class: &Class, source: Option<String>) -> Self {
        Self { id: id.to_owned(), name: class.name.clone(), description: class.description.clone(), source }
    }

    /// Bytes that it takes beside itself.
    pub(crate) fn byte_size(&self) -> usize {
        let texts = [&self.name, &self.description, &self.source];
        self.id.len() + texts.into_iter().flatten().map(String::len).sum::<usize>()
    }
}

/// One property table, its columns still as bytes.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct PropertyTable {
    class: ClassInfo,
    count: u32,
    columns: BTreeMap<String, Column>,
}

/// A property of a table before the number of rows is known.
struct Found<'s, 'a> {
    id: &'s str,
    class: &'s ClassProperty,
    kind: PropertyType,
    json: TableProperty,
    bytes: ColumnIn<'a>,
}

impl PropertyTable {
    /// Reads the table `json` of a glTF, a subtree or a tileset; `view` gives the bytes of a buffer view. Properties that
    /// cannot be read are left out and named.
    pub(crate) fn read<'a>(
        json: &Json,
        schema: &Schema,
        view: &dyn Fn(usize) -> Result<&'a [u8], DecodeError>,
        found: &mut Vec<Diagnostic>,
    ) -> Result<Self, DecodeError> {
        let table = Table::deserialize(json).map_err(|e| DecodeError::malformed(WHAT, e))?;
        let class = schema.classes.get(&table.class);
        let class =
            class.ok_or_else(|| DecodeError::malformed(WHAT, format!("there is no class {:?}", table.class)))?;
        let properties = schema.properties(class);
        for id in table.properties.keys().filter(|id| !properties.contains_key(id.as_str())) {
            let message = format!("class {:?} has no readable property of this name; left out", table.class);
            found.push(Diagnostic::new("property-unknown", id, message));
        }
        let mut present = Vec::new();
        let mut columns = BTreeMap::new();
        for (id, class) in properties {
            let kind = match PropertyType::new(class, schema) {
                Ok(kind) => kind,
                Err(message) => {
                    if table.properties.contains_key(id) {
                        found.push(Diagnostic::new("property-broken", id, format!("{message}; left out")));
                    }
                    continue;
                }
            };
            match table.properties.get(id) {
                Some(json) => match Found::new(id, class, kind, json, view) {
                    Ok(property) => present.push(property),
                    Err(e) => found.push(Diagnostic::new("property-broken", id, format!("{e}; left out"))),
                },
                None => {
                    if class.required {
                        let message = "required by its class, but the table does not have it";
                        found.push(Diagnostic::new("property-missing", id, message));
                    }
                    if kind.has_default() {
                        columns.insert(id.to_owned(), Column::absent(PropertyInfo::new(class, &kind), kind));
                    }
                }
            }
        }
        let count = rows(&table, &present, found)?;
        for property in present {
            let (id, column) = property.read(count as usize, found);
            columns.insert(id, column);
        }
        Ok(Self { class: ClassInfo::new(&table.class, class, table.name), count, columns })
    }

    /// The number of rows.
    pub(crate) fn count(&self) -> u32 {
        self.count
    }

    /// What the table's rows are.
    pub(crate) fn class(&self) -> &ClassInfo {
        &self.class
    }

    pub(crate) fn names(&self) -> Vec<&str> {
        self.columns.keys().map(String::as_str).collect()
    }

    /// The value of a row; `None` when there is no such property.
    pub(crate) fn get(&self, row: u32, name: &str) -> Option<Value> {
        Some(self.columns.get(name)?.get(row as usize))
    }

    /// All properties of a row.
    pub(crate) fn row(&self, row: u32) -> Vec<(String, Value)> {
        self.columns.iter().map(|(id, column)| (id.clone(), column.get(row as usize))).collect()
    }

    /// Appends the numbers of all rows; `false`, and nothing appended, when there is no such property.
    pub(crate) fn fill(&self, name: &str, out: &mut Vec<f64>) -> bool {
        let column = self.columns.get(name);
        if let Some(column) = column {
            column.fill(self.count as usize, out);
        }
        column.is_some()
    }

    pub(crate) fn info(&self, name: &str) -> Option<&PropertyInfo> {
        self.columns.get(name).map(|column| &column.info)
    }

    /// The property that has this semantic.
    pub(crate) fn by_semantic(&self, semantic: &str) -> Option<&str> {
        let has = |column: &Column| column.info.semantic.as_deref() == Some(semantic);
        self.columns.iter().find(|(_, column)| has(column)).map(|(id, _)| id.as_str())
    }

    /// Bytes that it takes.
    pub(crate) fn byte_size(&self) -> usize {
        let columns = self.columns.iter().map(|(id, column)| id.len() + column.byte_size()).sum::<usize>();
        size_of::<Self>() + self.class.byte_size() + columns
    }
}

/// The number of rows: what the table says, but no more than the longest column has bytes for.
fn rows(table: &Table, present: &[Found<'_, '_>], found: &mut Vec<Diagnostic>) -> Result<u32, DecodeError> {
    let held = present.iter().map(|p| p.bytes.rows(&p.kind)).max().unwrap_or(MOST_ROWS_WITHOUT_BYTES);
    let count = table.count.min(held);
    if count < table.count {
        let message = format!("{} rows are declared, of which the file has {count}", table.count);
        found.push(Diagnostic::new("property-table-short", WHAT, message));
    }
    u32::try_from(count).map_err(|e| DecodeError::malformed(WHAT, e))
}

impl<'s, 'a> Found<'s, 'a> {
    fn new(
        id: &'s str,
        class: &'s ClassProperty,
        mut kind: PropertyType,
        json: &Json,
        view: &dyn Fn(usize) -> Result<&'a [u8], DecodeError>,
    ) -> Result<Self, DecodeError> {
        let bad = |message: &str| DecodeError::malformed(WHAT, message);
        if matches!(kind.shape, Shape::Fixed(n) if n > LONGEST_ARRAY) {
            return Err(bad("its arrays are too long"));
        }
        let json = TableProperty::deserialize(json).map_err(|e| DecodeError::malformed(WHAT, e))?;
        let offsets = |index: Option<usize>, name: &Option<String>| {
            let Some(index) = index else { return Ok(None) };
            let name = name.as_ref().or(json.offset_type.as_ref()).map_or("UINT32", String::as_str);
            let kind = match name {
                "UINT8" | "UINT16" | "UINT32" | "UINT64" => Scalar::of(name),
                _ => None,
            };
            let kind = kind.ok_or_else(|| DecodeError::malformed(WHAT, format!("{name:?} is no type of offsets")))?;
            Ok::<_, DecodeError>(Some(OffsetsIn { kind, bytes: view(index)? }))
        };
        let array_offsets = match kind.shape {
            Shape::Variable => {
                let offsets = offsets(json.array_offsets, &json.array_offset_type)?;
                Some(offsets.ok_or_else(|| bad("arrays of varying length without array offsets"))?)
            }
            _ => None,
        };
        let string_offsets = match kind.scalar {
            Scalar::Text => {
                let offsets = offsets(json.string_offsets, &json.string_offset_type)?;
                Some(offsets.ok_or_else(|| bad("strings without string offsets"))?)
            }
            _ => None,
        };
        let bytes = ColumnIn { values: view(json.values)?, array_offsets, string_offsets };
        kind.adjust(json.offset.as_ref(), json.scale.as_ref());
        Ok(Self { id, class, kind, json, bytes })
    }

    fn read(self, count: usize, diagnostics: &mut Vec<Diagnostic>) -> (String, Column) {
        let held = self.bytes.rows(&self.kind);
        if held < count {
            let message = format!("there are values for {held} of {count} rows; the others have none");
            diagnostics.push(Diagnostic::new("property-short", self.id, message));
        }
        let bounds = Bounds {
            min: self.json.min.as_ref().or(self.class.min.as_ref()),
            max: self.json.max.as_ref().or(self.class.max.as_ref()),
        };
        let column = self.bytes.own(PropertyInfo::new(self.class, &self.kind), self.kind, count);
        for (code, message) in check::column(&column, count.min(held), bounds) {
            diagnostics.push(Diagnostic::new(code, self.id, message));
        }
        (self.id.to_owned(), column)
    }
}
