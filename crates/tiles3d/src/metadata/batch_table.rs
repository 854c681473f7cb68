//! Batch tables of 3D Tiles 1.0: JSON arrays, columns in the binary body, and hierarchies.

use super::{Component, Hierarchy, Value};
use crate::Diagnostic;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};
use std::collections::{BTreeMap, BTreeSet};

/// A batch table.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct BatchTable {
    count: u32,
    columns: BTreeMap<String, Column>,
    hierarchy: Option<Hierarchy>,
    #[serde(with = "crate::transfer::pod")]
    binary: Vec<u8>,
    byte_size: usize,
}

/// A column that was compressed outside of the table's body: `width` numbers a feature, little endian.
#[derive(Debug)]
pub(crate) struct DecodedColumn {
    pub(crate) name: String,
    pub(crate) component: Component,
    pub(crate) width: usize,
    pub(crate) bytes: Vec<u8>,
}

/// The values of one property; those in the binary body are read when they are asked for.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Column {
    Json(#[serde(with = "crate::transfer::json")] Vec<Json>),
    Binary { offset: usize, component: Component, width: usize },
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Reference {
    byte_offset: usize,
    component_type: Component,
    #[serde(rename = "type")]
    kind: String,
}

impl Column {
    /// Reads a column of `count` values from what the JSON says of it. What is usable but odd goes into `odd`.
    pub(super) fn read(value: Json, binary: &[u8], count: usize, odd: &mut Option<String>) -> Result<Self, String> {
        if let Json::Array(values) = value {
            if values.len() != count {
                *odd = Some(format!("{} values for {count} features", values.len()));
            }
            return Ok(Self::Json(values));
        }
        let r = Reference::deserialize(value).map_err(|e| e.to_string())?;
        let width = match r.kind.as_str() {
            "SCALAR" => 1,
            "VEC2" => 2,
            "VEC3" => 3,
            "VEC4" => 4,
            other => return Err(format!("type {other:?} is not SCALAR, VEC2, VEC3 or VEC4")),
        };
        let size = r.component_type.size();
        let end = count.checked_mul(width * size).and_then(|n| n.checked_add(r.byte_offset));
        if end.is_none_or(|end| end > binary.len()) {
            return Err(format!("{count} values do not fit into the binary body of {} bytes", binary.len()));
        }
        if r.byte_offset % size != 0 {
            *odd = Some(format!("byteOffset {} is not a multiple of the component's {size} bytes", r.byte_offset));
        }
        Ok(Self::Binary { offset: r.byte_offset, component: r.component_type, width })
    }

    /// One value; `None` beyond the last.
    pub(super) fn get(&self, row: u32, binary: &[u8]) -> Option<Value> {
        match self {
            Self::Json(values) => values.get(row as usize).map(Value::from),
            Self::Binary { offset, component, width } => {
                let size = component.size();
                let at = (row as usize).checked_mul(width * size)?.checked_add(*offset)?;
                let bytes = binary.get(at..at.checked_add(width * size)?)?;
                if *width == 1 {
                    component.read(bytes)
                } else {
                    bytes.chunks_exact(size).map(|b| component.read(b)).collect::<Option<_>>().map(Value::Array)
                }
            }
        }
    }

    /// Bytes that it takes beside the binary body.
    pub(super) fn byte_size(&self) -> usize {
        match self {
            Self::Json(values) => values.iter().map(json_size).sum(),
            Self::Binary { .. } => size_of::<Self>(),
        }
    }
}

/// Bytes that a JSON value takes, to within the allocator's rounding. The parser limits how deep it can be.
fn json_size(value: &Json) -> usize {
    /// What a map spends on an entry beside its key and value: room kept free in its nodes.
    const ENTRY: usize = 32;
    size_of::<Json>()
        + match value {
            Json::String(text) => text.capacity(),
            Json::Array(list) => list.iter().map(json_size).sum(),
            Json::Object(map) => map.iter().map(|(k, v)| ENTRY + size_of::<String>() + k.len() + json_size(v)).sum(),
            _ => 0,
        }
}

impl BatchTable {
    /// Reads the table of `count` features; columns that cannot be read are left out and named. `decoded` stand in for
    /// what `json` says of the properties of their names.
    pub(crate) fn read(
        mut json: Map<String, Json>,
        binary: &[u8],
        count: u32,
        decoded: Vec<DecodedColumn>,
        found: &mut Vec<Diagnostic>,
    ) -> Self {
        let mut binary = binary.to_vec();
        json.remove("extras");
        let mut extensions = json.remove("extensions").unwrap_or_default();
        let extension = extensions.get_mut("3DTILES_batch_table_hierarchy").map(Json::take);
        // Its spelling before it was an extension; anything but an object is a property that happens to have the name.
        let draft = if json.get("HIERARCHY").is_some_and(Json::is_object) { json.remove("HIERARCHY") } else { None };
        let hierarchy = extension.or(draft).and_then(|json| {
            let read = Hierarchy::read(json, &binary, count, found);
            let name = |why| {
                let message = format!("{why}; the features have no classes");
                found.push(Diagnostic::new("batch-table-hierarchy", "3DTILES_batch_table_hierarchy", message));
            };
            read.map_err(name).ok()
        });
        let mut columns = BTreeMap::new();
        let compressed: BTreeSet<String> = decoded.iter().map(|column| column.name.clone()).collect();
        for (name, value) in json {
            if compressed.contains(&name) {
                continue;
            }
            let mut odd = None;
            match Column::read(value, &binary, count as usize, &mut odd) {
                Ok(column) => {
                    if let Some(why) = odd {
                        let message = format!("{why}; what there is was read");
                        found.push(Diagnostic::new("batch-table-column-odd", name.as_str(), message));
                    }
                    columns.insert(name, column);
                }
                Err(why) => found.push(Diagnostic::new("batch-table-column", name, why)),
            }
        }
        for column in decoded {
            let offset = binary.len();
            binary.extend(column.bytes);
            columns.insert(column.name, Column::Binary { offset, component: column.component, width: column.width });
        }
        if hierarchy.is_none() && !columns.values().any(|c| matches!(c, Column::Binary { .. })) {
            binary = Vec::new();
        }
        binary.shrink_to_fit();
        let byte_size = binary.len()
            + columns.iter().map(|(name, column)| name.len() + column.byte_size()).sum::<usize>()
            + hierarchy.as_ref().map_or(0, Hierarchy::byte_size);
        Self { count, columns, hierarchy, binary, byte_size }
    }

    pub(crate) fn count(&self) -> u32 {
        self.count
    }

    /// Names of all properties, those of the hierarchy's classes too, sorted.
    pub(crate) fn names(&self) -> Vec<&str> {
        let own = self.columns.keys().map(String::as_str);
        let Some(hierarchy) = &self.hierarchy else { return own.collect() };
        let names: BTreeSet<&str> = own.chain(hierarchy.names()).collect();
        names.into_iter().collect()
    }

    /// A property of a feature: from the table itself, or else from the feature's class or the nearest ancestor that has
    /// it.
    pub(crate) fn get(&self, feature: u32, name: &str) -> Option<Value> {
        match self.columns.get(name) {
            Some(column) => column.get(feature, &self.binary),
            None => self.hierarchy.as_ref()?.get(feature, name, &self.binary),
        }
    }

    /// All properties that a feature has, sorted by name.
    pub(crate) fn row(&self, feature: u32) -> Vec<(String, Value)> {
        let own = self.columns.iter();
        let mut row: BTreeMap<&str, Value> =
            own.filter_map(|(name, column)| Some((name.as_str(), column.get(feature, &self.binary)?))).collect();
        if let Some(hierarchy) = &self.hierarchy {
            for (name, value) in hierarchy.row(feature, &self.binary) {
                if !self.columns.contains_key(name) {
                    row.insert(name, value);
                }
            }
        }
        row.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }

    /// Names of the feature's class and those of its ancestors, nearest first.
    pub(crate) fn class_names(&self, feature: u32) -> Vec<&str> {
        self.hierarchy.as_ref().map_or_else(Vec::new, |hierarchy| hierarchy.class_names(feature))
    }

    pub(crate) fn byte_size(&self) -> usize {
        self.byte_size
    }
}

#[cfg(test)]
mod tests;
