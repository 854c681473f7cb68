//! Component types of 3D Metadata and how they lie in memory (OGC 22-025r4, clause 10.6): little-endian, tightly packed,
//! booleans as bits.

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

/// A number type as it lies in a column.
pub(crate) trait Number: Copy + PartialEq {
    /// Reads it from exactly its bytes; anything else is zero.
    fn of_bytes(bytes: &[u8]) -> Self;

    /// The JSON number that stands for the same value, if it does.
    fn of_json(json: &serde_json::Value) -> Option<Self>;

    /// Converted; 64-bit integers lose what does not fit into 53 bits.
    fn as_f64(self) -> f64;
}

macro_rules! integers {
    ($($t:ty),*) => { $(impl Number for $t {
        #[inline]
        fn of_bytes(bytes: &[u8]) -> Self {
            bytes.try_into().map_or(0, Self::from_le_bytes)
        }

        fn of_json(json: &serde_json::Value) -> Option<Self> {
            let whole = json.as_i64().map(i128::from).or_else(|| json.as_u64().map(i128::from));
            // Some writers give integers as floats.
            let whole = whole.or_else(|| json.as_f64().filter(|x| x.fract() == 0.0).map(|x| x as i128));
            Self::try_from(whole?).ok()
        }

        #[inline]
        fn as_f64(self) -> f64 {
            self as f64
        }
    })* };
}
integers!(i8, u8, i16, u16, i32, u32, i64, u64);

macro_rules! floats {
    ($($t:ty),*) => { $(impl Number for $t {
        #[inline]
        fn of_bytes(bytes: &[u8]) -> Self {
            bytes.try_into().map_or(0.0, Self::from_le_bytes)
        }

        fn of_json(json: &serde_json::Value) -> Option<Self> {
            json.as_f64().map(|x| x as Self)
        }

        #[inline]
        fn as_f64(self) -> f64 {
            f64::from(self)
        }
    })* };
}
floats!(f32, f64);

/// Runs `$body` with `$t` as the number type that the scalar stands for, `$other` for booleans and text.
macro_rules! with_number {
    ($scalar:expr, $t:ident => $body:expr, else $other:expr) => {{
        macro_rules! arm {
            ($type:ty) => {{
                type $t = $type;
                $body
            }};
        }
        match $scalar {
            $crate::metadata::scalar::Scalar::Bool | $crate::metadata::scalar::Scalar::Text => $other,
            $crate::metadata::scalar::Scalar::I8 => arm!(i8),
            $crate::metadata::scalar::Scalar::U8 => arm!(u8),
            $crate::metadata::scalar::Scalar::I16 => arm!(i16),
            $crate::metadata::scalar::Scalar::U16 => arm!(u16),
            $crate::metadata::scalar::Scalar::I32 => arm!(i32),
            $crate::metadata::scalar::Scalar::U32 => arm!(u32),
            $crate::metadata::scalar::Scalar::I64 => arm!(i64),
            $crate::metadata::scalar::Scalar::U64 => arm!(u64),
            $crate::metadata::scalar::Scalar::F32 => arm!(f32),
            $crate::metadata::scalar::Scalar::F64 => arm!(f64),
        }
    }};
}
pub(crate) use with_number;

impl Scalar {
    /// A component type by its name in a schema; no booleans and no text.
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

    /// Its name in a schema.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Bool => "BOOLEAN",
            Self::Text => "STRING",
            Self::I8 => "INT8",
            Self::U8 => "UINT8",
            Self::I16 => "INT16",
            Self::U16 => "UINT16",
            Self::I32 => "INT32",
            Self::U32 => "UINT32",
            Self::I64 => "INT64",
            Self::U64 => "UINT64",
            Self::F32 => "FLOAT32",
            Self::F64 => "FLOAT64",
        }
    }

    /// Bytes of one; a boolean has a bit and a text any number.
    pub(crate) fn size(self) -> usize {
        with_number!(self, T => size_of::<T>(), else 1)
    }

    pub(crate) fn is_float(self) -> bool {
        matches!(self, Self::F32 | Self::F64)
    }

    /// One value of a packed array; `None` beyond its end, and for text.
    pub(crate) fn read(self, bytes: &[u8], index: usize) -> Option<Value> {
        let size = self.size();
        if self == Self::Bool {
            return bytes.get(index / 8).map(|b| Value::Bool(b >> (index % 8) & 1 == 1));
        }
        let b = bytes.get(index.checked_mul(size)?..index.checked_add(1)?.checked_mul(size)?)?;
        Some(match self {
            Self::Bool | Self::Text => return None,
            Self::I8 => Value::Int(i8::of_bytes(b).into()),
            Self::U8 => Value::UInt(u8::of_bytes(b).into()),
            Self::I16 => Value::Int(i16::of_bytes(b).into()),
            Self::U16 => Value::UInt(u16::of_bytes(b).into()),
            Self::I32 => Value::Int(i32::of_bytes(b).into()),
            Self::U32 => Value::UInt(u32::of_bytes(b).into()),
            Self::I64 => Value::Int(i64::of_bytes(b)),
            Self::U64 => Value::UInt(u64::of_bytes(b)),
            Self::F32 => Value::Float(f32::of_bytes(b).into()),
            Self::F64 => Value::Float(f64::of_bytes(b)),
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
