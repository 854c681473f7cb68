//! Batch tables of 3D Tiles 1.0: JSON arrays, and columns in the binary body.

use super::Value;
use crate::Diagnostic;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A batch table.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct BatchTable {
    count: u32,
    columns: BTreeMap<String, Column>,
    #[serde(with = "crate::transfer::pod")]
    binary: Vec<u8>,
}

#[derive(Debug, Serialize, Deserialize)]
enum Column {
    Json(#[serde(with = "crate::transfer::json")] Vec<serde_json::Value>),
    Binary { offset: usize, component: Component, width: usize },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum Component {
    Byte,
    UnsignedByte,
    Short,
    UnsignedShort,
    Int,
    UnsignedInt,
    Float,
    Double,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Reference {
    byte_offset: usize,
    component_type: Component,
    #[serde(rename = "type")]
    kind: String,
}

impl Component {
    fn size(self) -> usize {
        match self {
            Self::Byte | Self::UnsignedByte => 1,
            Self::Short | Self::UnsignedShort => 2,
            Self::Int | Self::UnsignedInt | Self::Float => 4,
            Self::Double => 8,
        }
    }

    fn read(self, b: &[u8]) -> Option<Value> {
        Some(match self {
            Self::Byte => Value::Int(i8::from_le_bytes(b.try_into().ok()?).into()),
            Self::UnsignedByte => Value::UInt(u8::from_le_bytes(b.try_into().ok()?).into()),
            Self::Short => Value::Int(i16::from_le_bytes(b.try_into().ok()?).into()),
            Self::UnsignedShort => Value::UInt(u16::from_le_bytes(b.try_into().ok()?).into()),
            Self::Int => Value::Int(i32::from_le_bytes(b.try_into().ok()?).into()),
            Self::UnsignedInt => Value::UInt(u32::from_le_bytes(b.try_into().ok()?).into()),
            Self::Float => Value::Float(f32::from_le_bytes(b.try_into().ok()?).into()),
            Self::Double => Value::Float(f64::from_le_bytes(b.try_into().ok()?)),
        })
    }
}

impl BatchTable {
    /// Reads the table; columns that cannot be read are left out and named.
    pub(crate) fn parse(json: &[u8], binary: &[u8], count: u32, found: &mut Vec<Diagnostic>) -> Self {
        let mut columns = BTreeMap::new();
        let text = json.trim_ascii_end();
        if !text.is_empty() {
            match serde_json::from_slice::<serde_json::Map<String, serde_json::Value>>(text) {
                Ok(map) => {
                    for (name, value) in map {
                        if name == "extensions" || name == "extras" || name == "HIERARCHY" {
                            continue;
                        }
                        match column(value, binary.len(), count) {
                            Ok(column) => drop(columns.insert(name, column)),
                            Err(why) => found.push(Diagnostic::new("batch-table-column", name, why)),
                        }
                    }
                }
                Err(e) => found.push(Diagnostic::new("batch-table-invalid", "batch table", e.to_string())),
            }
        }
        Self { count, columns, binary: binary.to_vec() }
    }

    pub(crate) fn count(&self) -> u32 {
        self.count
    }

    pub(crate) fn names(&self) -> Vec<&str> {
        self.columns.keys().map(String::as_str).collect()
    }

    pub(crate) fn get(&self, feature: u32, name: &str) -> Option<Value> {
        match self.columns.get(name)? {
            Column::Json(values) => values.get(feature as usize).map(Value::from),
            Column::Binary { offset, component, width } => {
                let size = component.size();
                let read = |i: usize| {
                    let at = offset + (feature as usize * width + i) * size;
                    self.binary.get(at..at + size).and_then(|b| component.read(b))
                };
                if *width == 1 { read(0) } else { (0..*width).map(read).collect::<Option<_>>().map(Value::Array) }
            }
        }
    }

    pub(crate) fn byte_size(&self) -> usize {
        let json = |c: &Column| if let Column::Json(v) = c { v.len() * 48 } else { 0 };
        self.binary.len() + self.columns.values().map(json).sum::<usize>()
    }
}

fn column(value: serde_json::Value, binary: usize, count: u32) -> Result<Column, String> {
    match value {
        serde_json::Value::Array(values) => Ok(Column::Json(values)),
        other => {
            let r: Reference = serde_json::from_value(other).map_err(|e| e.to_string())?;
            let width = match r.kind.as_str() {
                "SCALAR" => 1,
                "VEC2" => 2,
                "VEC3" => 3,
                "VEC4" => 4,
                other => return Err(format!("type {other:?} is not SCALAR, VEC2, VEC3 or VEC4")),
            };
            let end = (count as usize)
                .checked_mul(width * r.component_type.size())
                .and_then(|n| n.checked_add(r.byte_offset));
            if end.is_none_or(|end| end > binary) {
                return Err("points outside the binary body".into());
            }
            Ok(Column::Binary { offset: r.byte_offset, component: r.component_type, width })
        }
    }
}
