//! Component types of 3D Metadata and how they lie in memory (OGC 22-025r4, clause 10.6).

use super::Value;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Scalar {
    Bool,
    Text,
    I8,
    U8,
    I16,
    U16,
    I32,
    U32,
    I64,
    U64,
    F32,
    F64,
}

impl Scalar {
    pub(crate) fn of(name: &str) -> Option<Self> {
        Some(match name {
            "INT8" => Self::I8,
            "UINT8" => Self::U8,
            "INT16" => Self::I16,
            "UINT16" => Self::U16,
            "INT32" => Self::I32,
            "UINT32" => Self::U32,
            "INT64" => Self::I64,
            "UINT64" => Self::U64,
            "FLOAT32" => Self::F32,
            "FLOAT64" => Self::F64,
            _ => return None,
        })
    }

    pub(crate) fn size(self) -> usize {
        match self {
            Self::Bool | Self::Text | Self::I8 | Self::U8 => 1,
            Self::I16 | Self::U16 => 2,
            Self::I32 | Self::U32 | Self::F32 => 4,
            Self::I64 | Self::U64 | Self::F64 => 8,
        }
    }

    pub(crate) fn read(self, bytes: &[u8], index: usize) -> Option<Value> {
        let size = self.size();
        if self == Self::Bool {
            return bytes.get(index / 8).map(|b| Value::Bool(b >> (index % 8) & 1 == 1));
        }
        let b = bytes.get(index.checked_mul(size)?..index.checked_add(1)?.checked_mul(size)?)?;
        Some(match self {
            Self::Bool | Self::Text => return None,
            Self::I8 => Value::Int(i8::from_le_bytes(b.try_into().ok()?).into()),
            Self::U8 => Value::UInt(u8::from_le_bytes(b.try_into().ok()?).into()),
            Self::I16 => Value::Int(i16::from_le_bytes(b.try_into().ok()?).into()),
            Self::U16 => Value::UInt(u16::from_le_bytes(b.try_into().ok()?).into()),
            Self::I32 => Value::Int(i32::from_le_bytes(b.try_into().ok()?).into()),
            Self::U32 => Value::UInt(u32::from_le_bytes(b.try_into().ok()?).into()),
            Self::I64 => Value::Int(i64::from_le_bytes(b.try_into().ok()?)),
            Self::U64 => Value::UInt(u64::from_le_bytes(b.try_into().ok()?)),
            Self::F32 => Value::Float(f32::from_le_bytes(b.try_into().ok()?).into()),
            Self::F64 => Value::Float(f64::from_le_bytes(b.try_into().ok()?)),
        })
    }

    /// The largest value, for `normalized` integers.
    pub(crate) fn max(self) -> f64 {
        match self {
            Self::I8 => f64::from(i8::MAX),
            Self::U8 => f64::from(u8::MAX),
            Self::I16 => f64::from(i16::MAX),
            Self::U16 => f64::from(u16::MAX),
            Self::I32 => f64::from(i32::MAX),
            Self::U32 => f64::from(u32::MAX),
            Self::I64 => i64::MAX as f64,
            Self::U64 => u64::MAX as f64,
            _ => 1.0,
        }
    }
}
