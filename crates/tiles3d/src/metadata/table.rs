//! Property tables of `EXT_structural_metadata` (its specification, and 3D Metadata, OGC 22-025r4 clause 10).

use super::{
    Value,
    scalar::Scalar,
    schema::{ClassProperty, Enum, Schema},
};
use crate::{Diagnostic, content::DecodeError};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

#[derive(Debug, Deserialize)]
struct Table {
    class: String,
    count: usize,
    #[serde(default)]
    properties: BTreeMap<String, TableProperty>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct TableProperty {
    values: usize,
    array_offsets: Option<usize>,
    string_offsets: Option<usize>,
    array_offset_type: Option<String>,
    string_offset_type: Option<String>,
    offset: Option<serde_json::Value>,
    scale: Option<serde_json::Value>,
}

/// One property table, its columns still as bytes.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct PropertyTable {
    count: u32,
    columns: BTreeMap<String, Column>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Column {
    #[serde(with = "crate::transfer::json")]
    class: ClassProperty,
    #[serde(with = "crate::transfer::json")]
    enumeration: Option<Enum>,
    scalar: Scalar,
    /// Components of one element: 1, 2-4 for vectors, 4-16 for matrices.
    width: usize,
    #[serde(with = "crate::transfer::pod")]
    values: Vec<u8>,
    array_offsets: Option<(Vec<u8>, Scalar)>,
    string_offsets: Option<(Vec<u8>, Scalar)>,
}

impl PropertyTable {
    /// Reads the table `json` of a glTF, a subtree or a tileset; `view` gives the bytes of a buffer view. Properties that
    /// cannot be read are left out and named.
    pub(crate) fn read<'a>(
        json: &serde_json::Value,
        schema: &Schema,
        view: &dyn Fn(usize) -> Result<&'a [u8], DecodeError>,
        found: &mut Vec<Diagnostic>,
    ) -> Result<Self, DecodeError> {
        const WHAT: &str = "property table";
        let table = Table::deserialize(json).map_err(|e| DecodeError::malformed(WHAT, e))?;
        let class = schema
            .classes
            .get(&table.class)
            .ok_or_else(|| DecodeError::malformed(WHAT, format!("there is no class {:?}", table.class)))?;
        let mut columns = BTreeMap::new();
        for (name, class) in &class.properties {
            let column = table.properties.get(name).map(|p| Column::read(view, class, p, schema));
            match column {
                Some(Ok(column)) => drop(columns.insert(name.clone(), column)),
                Some(Err(e)) => found.push(Diagnostic::new("property-broken", name, e.to_string())),
                None if class.default.is_some() => {
                    columns.insert(name.clone(), Column::constant(class));
                }
                None => {}
            }
        }
        let count = u32::try_from(table.count).map_err(|e| DecodeError::malformed(WHAT, e))?;
        Ok(Self { count, columns })
    }

    pub(crate) fn count(&self) -> u32 {
        self.count
    }

    pub(crate) fn names(&self) -> Vec<&str> {
        self.columns.keys().map(String::as_str).collect()
    }

    pub(crate) fn get(&self, feature: u32, name: &str) -> Option<Value> {
        let column = self.columns.get(name)?;
        let value = column.get(feature as usize).unwrap_or(Value::Null);
        Some(column.finish(value))
    }

    pub(crate) fn byte_size(&self) -> usize {
        self.columns.values().map(Column::byte_size).sum()
    }
}

impl Column {
    fn constant(class: &ClassProperty) -> Self {
        Self {
            class: class.clone(),
            enumeration: None,
            scalar: Scalar::Text,
            width: 1,
            values: Vec::new(),
            array_offsets: None,
            string_offsets: None,
        }
    }

    fn read<'a>(
        view: &dyn Fn(usize) -> Result<&'a [u8], DecodeError>,
        class: &ClassProperty,
        p: &TableProperty,
        schema: &Schema,
    ) -> Result<Self, DecodeError> {
        let bad = |message: String| DecodeError::malformed("property table", message);
        let width = match class.kind.as_str() {
            "SCALAR" | "STRING" | "BOOLEAN" | "ENUM" => 1,
            "VEC2" => 2,
            "VEC3" => 3,
            "VEC4" | "MAT2" => 4,
            "MAT3" => 9,
            "MAT4" => 16,
            other => return Err(bad(format!("type {other:?}"))),
        };
        let enumeration = class.enum_type.as_ref().and_then(|e| schema.enums.get(e)).cloned();
        let scalar = match class.kind.as_str() {
            "STRING" => Scalar::Text,
            "BOOLEAN" => Scalar::Bool,
            "ENUM" => {
                let e = enumeration.as_ref().ok_or_else(|| bad(format!("enum {:?}", class.enum_type)))?;
                let name = e.value_type.as_deref().unwrap_or("UINT16");
                Scalar::of(name).ok_or_else(|| bad(format!("enum value type {name:?}")))?
            }
            _ => {
                let name = class.component_type.as_deref().unwrap_or("");
                Scalar::of(name).ok_or_else(|| bad(format!("component type {name:?}")))?
            }
        };
        let offsets = |index: Option<usize>, kind: &Option<String>| {
            index
                .map(|index| {
                    let name = kind.as_deref().unwrap_or("UINT32");
                    let scalar = Scalar::of(name).ok_or_else(|| bad(format!("offset type {name:?}")))?;
                    Ok::<_, DecodeError>((view(index)?.to_vec(), scalar))
                })
                .transpose()
        };
        let mut class = class.clone();
        class.offset = p.offset.clone().or(class.offset);
        class.scale = p.scale.clone().or(class.scale);
        Ok(Self {
            class,
            enumeration,
            scalar,
            width,
            values: view(p.values)?.to_vec(),
            array_offsets: offsets(p.array_offsets, &p.array_offset_type)?,
            string_offsets: offsets(p.string_offsets, &p.string_offset_type)?,
        })
    }

    fn byte_size(&self) -> usize {
        let offsets = |o: &Option<(Vec<u8>, Scalar)>| o.as_ref().map_or(0, |(b, _)| b.len());
        self.values.len() + offsets(&self.array_offsets) + offsets(&self.string_offsets)
    }

    /// The raw value of a feature.
    fn get(&self, feature: usize) -> Option<Value> {
        if !self.class.array {
            return self.element(feature);
        }
        let (start, end) = match (&self.array_offsets, self.class.count) {
            (Some((bytes, kind)), _) => (offset(bytes, *kind, feature)?, offset(bytes, *kind, feature + 1)?),
            (None, Some(n)) => (feature.checked_mul(n)?, feature.checked_mul(n)?.checked_add(n)?),
            (None, None) => return None,
        };
        // An element takes at least a bit: more than that is a lie.
        if end < start || end - start > self.values.len().saturating_mul(8) {
            return None;
        }
        (start..end).map(|i| self.element(i)).collect::<Option<_>>().map(Value::Array)
    }

    fn element(&self, index: usize) -> Option<Value> {
        if self.scalar == Scalar::Text {
            let (bytes, kind) = self.string_offsets.as_ref()?;
            let (start, end) = (offset(bytes, *kind, index)?, offset(bytes, *kind, index + 1)?);
            return Some(Value::String(String::from_utf8_lossy(self.values.get(start..end)?).into_owned()));
        }
        if self.width == 1 {
            return self.scalar.read(&self.values, index);
        }
        let first = index.checked_mul(self.width)?;
        (0..self.width).map(|i| self.scalar.read(&self.values, first + i)).collect::<Option<_>>().map(Value::Array)
    }

    /// `noData`, `normalized`, `offset`, `scale`, enum names and `default`, in the order of the specification.
    fn finish(&self, raw: Value) -> Value {
        let fallback = || self.class.default.as_ref().map_or(Value::Null, Value::from);
        let named = self.name(raw);
        if named == Value::Null || self.class.no_data.as_ref().is_some_and(|n| same(&Value::from(n), &named)) {
            return fallback();
        }
        let (offset, scale) = (self.class.offset.as_ref().map(Value::from), self.class.scale.as_ref().map(Value::from));
        if !self.class.normalized && offset.is_none() && scale.is_none() {
            return named;
        }
        let max = if self.class.normalized { self.scalar.max() } else { 1.0 };
        adjust(named, max, offset.as_ref(), scale.as_ref())
    }

    fn name(&self, raw: Value) -> Value {
        let Some(e) = &self.enumeration else { return raw };
        match raw {
            Value::Array(values) => Value::Array(values.into_iter().map(|v| self.name(v)).collect()),
            other => {
                let number = match other {
                    Value::Int(i) => Some(i),
                    Value::UInt(u) => i64::try_from(u).ok(),
                    _ => None,
                };
                match e.values.iter().find(|v| Some(v.value) == number) {
                    Some(v) => Value::String(v.name.clone()),
                    None => other,
                }
            }
        }
    }
}

fn offset(bytes: &[u8], kind: Scalar, index: usize) -> Option<usize> {
    match kind.read(bytes, index)? {
        Value::UInt(n) => usize::try_from(n).ok(),
        _ => None,
    }
}

fn same(a: &Value, b: &Value) -> bool {
    match (a.as_f64(), b.as_f64(), a, b) {
        (Some(x), Some(y), ..) => x == y,
        (_, _, Value::Array(x), Value::Array(y)) => x.len() == y.len() && x.iter().zip(y).all(|(x, y)| same(x, y)),
        _ => a == b,
    }
}

fn adjust(value: Value, max: f64, offset: Option<&Value>, scale: Option<&Value>) -> Value {
    match value {
        Value::Array(values) => {
            let part = |v: Option<&Value>, i: usize| match v {
                Some(Value::Array(a)) => a.get(i).cloned(),
                other => other.cloned(),
            };
            let each = |(i, v)| adjust(v, max, part(offset, i).as_ref(), part(scale, i).as_ref());
            Value::Array(values.into_iter().enumerate().map(each).collect())
        }
        other => match other.as_f64() {
            Some(x) => {
                let number = |v: Option<&Value>, or: f64| v.and_then(Value::as_f64).unwrap_or(or);
                let x = if max == 1.0 { x } else { (x / max).max(-1.0) };
                Value::Float(x * number(scale, 1.0) + number(offset, 0.0))
            }
            None => other,
        },
    }
}
