//! Component types in the binary bodies of feature tables and batch tables (3D Tiles 1.0).

use super::Value;
use serde::{Deserialize, Serialize};

/// The type of one number in a binary body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum Component {
    Byte,
    UnsignedByte,
    Short,
    UnsignedShort,
    Int,
    UnsignedInt,
    Float,
    Double,
}

impl Component {
    /// Bytes that a number takes.
    pub(crate) fn size(self) -> usize {
        match self {
            Self::Byte | Self::UnsignedByte => 1,
            Self::Short | Self::UnsignedShort => 2,
            Self::Int | Self::UnsignedInt | Self::Float => 4,
            Self::Double => 8,
        }
    }

    /// The number that stands for one when the whole range stands for -1..1 or 0..1; 1 for floating point.
    pub(crate) fn unit(self) -> f64 {
        match self {
            Self::Byte => f64::from(i8::MAX),
            Self::UnsignedByte => f64::from(u8::MAX),
            Self::Short => f64::from(i16::MAX),
            Self::UnsignedShort => f64::from(u16::MAX),
            Self::Int => f64::from(i32::MAX),
            Self::UnsignedInt => f64::from(u32::MAX),
            Self::Float | Self::Double => 1.0,
        }
    }

    /// One number; `None` when `b` is not exactly its bytes.
    pub(crate) fn read(self, b: &[u8]) -> Option<Value> {
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
