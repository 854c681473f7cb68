//! Values of properties.

use serde::Serialize;
use std::fmt;

/// The value of one property of one feature, whatever the file's encoding.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Value {
    /// Not given, or the property's `noData`.
    Null,
    /// Boolean.
    Bool(bool),
    /// Signed integer.
    Int(i64),
    /// Unsigned integer.
    UInt(u64),
    /// Number.
    Float(f64),
    /// Text, or the name of an enum's value.
    String(String),
    /// Vector, matrix (column by column) or array.
    Array(Vec<Value>),
    /// An object of a JSON batch table.
    Object(serde_json::Map<String, serde_json::Value>),
}

impl From<&serde_json::Value> for Value {
    fn from(json: &serde_json::Value) -> Self {
        match json {
            serde_json::Value::Null => Self::Null,
            serde_json::Value::Bool(b) => Self::Bool(*b),
            serde_json::Value::Number(n) => n
                .as_i64()
                .map(Self::Int)
                .or_else(|| n.as_u64().map(Self::UInt))
                .unwrap_or_else(|| n.as_f64().map_or(Self::Null, Self::Float)),
            serde_json::Value::String(s) => Self::String(s.clone()),
            serde_json::Value::Array(a) => Self::Array(a.iter().map(Self::from).collect()),
            serde_json::Value::Object(o) => Self::Object(o.clone()),
        }
    }
}

impl Value {
    /// As a number, when it is one.
    #[must_use]
    pub fn as_f64(&self) -> Option<f64> {
        match self {
            Self::Int(i) => Some(*i as f64),
            Self::UInt(u) => Some(*u as f64),
            Self::Float(f) => Some(*f),
            _ => None,
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("–"),
            Self::Bool(b) => write!(f, "{b}"),
            Self::Int(i) => write!(f, "{i}"),
            Self::UInt(u) => write!(f, "{u}"),
            // f32 columns come out as their shortest text, not with the digits that f64 adds.
            Self::Float(x) if f64::from(*x as f32) == *x => write!(f, "{}", *x as f32),
            Self::Float(x) => write!(f, "{x}"),
            Self::String(s) => f.write_str(s),
            Self::Array(a) => {
                for (i, v) in a.iter().enumerate() {
                    write!(f, "{}{v}", if i == 0 { "" } else { ", " })?;
                }
                Ok(())
            }
            Self::Object(o) => write!(f, "{}", serde_json::Value::Object(o.clone())),
        }
    }
}
