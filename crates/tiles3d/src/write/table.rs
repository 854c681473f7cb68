//! Property tables (`EXT_structural_metadata`).

use super::{WriteError, layout::Layout};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// The values of one property.
#[derive(Debug, Clone)]
pub enum Column {
    /// Text.
    Text(Vec<String>),
    /// Numbers.
    F32(Vec<f32>),
    /// Small counts.
    U16(Vec<u16>),
    /// Text that not every feature has.
    SomeText(Vec<Option<String>>),
    /// Whole numbers that not every feature has.
    I64(Vec<Option<i64>>),
    /// Numbers that not every feature has.
    F64(Vec<Option<f64>>),
    /// Yes or no.
    Bool(Vec<bool>),
}

impl Column {
    pub(super) fn len(&self) -> usize {
        match self {
            Self::Text(v) => v.len(),
            Self::F32(v) => v.len(),
            Self::U16(v) => v.len(),
            Self::SomeText(v) => v.len(),
            Self::I64(v) => v.len(),
            Self::F64(v) => v.len(),
            Self::Bool(v) => v.len(),
        }
    }
}

/// The property table: name to values, all of the same length.
#[derive(Debug, Default, Clone)]
pub struct FeatureColumns {
    /// How many features.
    pub count: usize,
    /// Values by property id.
    pub columns: BTreeMap<String, Column>,
}

impl Layout {
    /// The extension's JSON; the values go into the binary chunk.
    pub(super) fn table(&mut self, features: &FeatureColumns) -> Result<Value, WriteError> {
        let (mut class, mut table) = (json!({}), json!({}));
        let ids = property_ids(features.columns.keys());
        for ((name, column), id) in features.columns.iter().zip(ids) {
            if column.len() != features.count {
                return Err(WriteError::Length { what: name.clone(), got: column.len(), want: features.count });
            }
            let (mut kind, values) = self.column(column)?;
            if id != *name {
                kind["name"] = json!(name);
            }
            class[&id] = kind;
            table[&id] = values;
        }
        Ok(json!({
            "schema": { "id": "cim_twin", "classes": { "feature": { "properties": class } } },
            "propertyTables": [{ "class": "feature", "count": features.count, "properties": table }],
        }))
    }

    /// What the class and what the table say of a column.
    fn column(&mut self, column: &Column) -> Result<(Value, Value), WriteError> {
        let scalar = |kind: &str| json!({ "type": "SCALAR", "componentType": kind });
        Ok(match column {
            Column::Text(values) => (json!({ "type": "STRING" }), self.text(values.iter().map(String::as_str))?),
            Column::SomeText(values) => {
                let mut kind = json!({ "type": "STRING" });
                let none = unused_text(values);
                if values.contains(&None) {
                    kind["noData"] = json!(none);
                }
                (kind, self.text(values.iter().map(|v| v.as_deref().unwrap_or(&none)))?)
            }
            Column::F32(values) => (scalar("FLOAT32"), self.numbers(bytemuck::cast_slice(values))),
            Column::U16(values) => (scalar("UINT16"), self.numbers(bytemuck::cast_slice(values))),
            Column::I64(values) => {
                // 32 bits where they suffice: readers in JavaScript have no 64-bit numbers of their own.
                let narrow = values.iter().flatten().all(|v| i32::try_from(*v).is_ok_and(|v| v != i32::MIN));
                let none = if narrow { i64::from(i32::MIN) } else { unused_integer(values) };
                let mut kind = scalar(if narrow { "INT32" } else { "INT64" });
                if values.contains(&None) {
                    kind["noData"] = json!(none);
                }
                let all = values.iter().map(|v| v.unwrap_or(none));
                let bytes: Vec<u8> = if narrow {
                    all.flat_map(|v| (v as i32).to_le_bytes()).collect()
                } else {
                    all.flat_map(i64::to_le_bytes).collect()
                };
                (kind, self.numbers(&bytes))
            }
            Column::F64(values) => {
                // Not a number is nothing to any reader, and JSON cannot say it.
                let known = |v: &Option<f64>| v.filter(|x| x.is_finite());
                let none = unused_number(values);
                let mut kind = scalar("FLOAT64");
                if values.iter().any(|v| known(v).is_none()) {
                    kind["noData"] = json!(none);
                }
                let all: Vec<f64> = values.iter().map(|v| known(v).unwrap_or(none)).collect();
                (kind, self.numbers(bytemuck::cast_slice(&all)))
            }
            Column::Bool(values) => {
                let mut bits = vec![0u8; values.len().div_ceil(8)];
                for (i, _) in values.iter().enumerate().filter(|v| *v.1) {
                    bits[i / 8] |= 1 << (i % 8);
                }
                (json!({ "type": "BOOLEAN" }), self.numbers(&bits))
            }
        })
    }

    fn numbers(&mut self, bytes: &[u8]) -> Value {
        json!({ "values": self.view(bytes) })
    }

    fn text<'a>(&mut self, values: impl Iterator<Item = &'a str>) -> Result<Value, WriteError> {
        let mut offsets = vec![0u32];
        let mut text = Vec::new();
        for v in values {
            text.extend(v.as_bytes());
            offsets.push(u32::try_from(text.len()).map_err(|_| WriteError::TooLarge)?);
        }
        let end = text.len();
        // A buffer view may not be empty.
        if text.is_empty() {
            text.push(0);
        }
        let values = self.view(&text);
        let (kind, offsets) = match end {
            0..=0xff => ("UINT8", self.view(&offsets.iter().map(|o| *o as u8).collect::<Vec<u8>>())),
            0x100..=0xffff => {
                ("UINT16", self.view(&offsets.iter().flat_map(|o| (*o as u16).to_le_bytes()).collect::<Vec<u8>>()))
            }
            _ => ("UINT32", self.view(bytemuck::cast_slice(&offsets))),
        };
        Ok(json!({ "values": values, "stringOffsets": offsets, "stringOffsetType": kind }))
    }
}

/// Ids that the specification allows (`^[a-zA-Z_][a-zA-Z0-9_]*$`) for any names, each one once.
fn property_ids<'a>(names: impl Iterator<Item = &'a String>) -> Vec<String> {
    let mut taken = BTreeSet::new();
    let id = |name: &String| {
        let fits = |c: char| if c.is_ascii_alphanumeric() || c == '_' { c } else { '_' };
        let mut id: String = name.chars().map(fits).collect();
        if !id.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') {
            id.insert(0, '_');
        }
        let plain = id.clone();
        let mut number = 2;
        while !taken.insert(id.clone()) {
            id = format!("{plain}_{number}");
            number += 1;
        }
        id
    };
    names.map(id).collect()
}

/// A text that no feature has, to stand for none.
fn unused_text(values: &[Option<String>]) -> String {
    let mut text = String::new();
    while values.iter().flatten().any(|v| *v == text) {
        text.push('-');
    }
    text
}

fn unused_integer(values: &[Option<i64>]) -> i64 {
    // The least whole number that JSON's readers agree on, and up from there.
    (-9_007_199_254_740_991..).find(|n| !values.contains(&Some(*n))).unwrap_or(i64::MIN)
}

fn unused_number(values: &[Option<f64>]) -> f64 {
    [-9999.0, -1.0e9, -1.0e30, -1.0e300].into_iter().find(|x| !values.contains(&Some(*x))).unwrap_or(f64::MIN)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Content, DecodeOptions, Value as Read, decode_content,
        write::{GlbWriter, WritePrimitive},
    };
    use glam::DVec3;

    #[test]
    fn every_type_comes_back_and_what_is_not_there_stays_away() {
        let part = WritePrimitive {
            material: "m".into(),
            positions: vec![[0.0; 3], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]],
            normals: vec![[0.0, 0.0, 1.0]; 3],
            feature_ids: vec![0, 1, 2],
            indices: vec![0, 1, 2],
            ..Default::default()
        };
        let columns = [
            ("some-text", Column::SomeText(vec![Some(String::new()), None, Some("甲".into())])),
            ("some_text", Column::SomeText(vec![Some("-".into()), Some("x".into()), None])),
            ("用途", Column::I64(vec![Some(3), None, Some(-7)])),
            ("9large", Column::I64(vec![Some(1 << 40), None, Some(-9_007_199_254_740_991)])),
            ("real", Column::F64(vec![Some(0.1), Some(f64::NAN), Some(-9999.0)])),
            ("flag", Column::Bool(vec![true, false, true])),
        ];
        let columns = columns.into_iter().map(|(n, c)| (n.to_owned(), c)).collect();
        let glb = GlbWriter::write(&[part], &FeatureColumns { count: 3, columns }, DVec3::ZERO).unwrap();
        let decoded = decode_content(&glb, &DecodeOptions::default(), &mut |_| Err(String::new())).unwrap();
        let Content::Models(tiles) = decoded else { panic!("not a model") };
        let get = |f: u32, name: &str| tiles[0].features.get(f, name).unwrap();
        let text = |s: &str| Read::String(s.into());
        assert_eq!([0, 1, 2].map(|f| get(f, "some_text")), [text(""), Read::Null, text("甲")]);
        assert_eq!([0, 1, 2].map(|f| get(f, "some_text_2")), [text("-"), text("x"), Read::Null]);
        assert_eq!([0, 1, 2].map(|f| get(f, "__")), [Read::Int(3), Read::Null, Read::Int(-7)]);
        let large = [Read::Int(1 << 40), Read::Null, Read::Int(-9_007_199_254_740_991)];
        assert_eq!([0, 1, 2].map(|f| get(f, "_9large")), large);
        assert_eq!([0, 1, 2].map(|f| get(f, "real")), [Read::Float(0.1), Read::Null, Read::Float(-9999.0)]);
        assert_eq!([0, 1, 2].map(|f| get(f, "flag")), [true, false, true].map(Read::Bool));
    }
}
