//! Values of expressions: JavaScript's primitive types, GLSL's vectors, regular expressions.

use super::RegExp;
use super::number;
use crate::metadata;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

/// A `vec2`, `vec3` or `vec4`. Colours are `vec4` with sRGB components and alpha from 0 to 1.
#[derive(Clone, Copy, PartialEq)]
pub struct Vector {
    components: [f64; 4],
    /// 2, 3 or 4.
    size: u8,
}

impl Vector {
    /// A vector of the first 2, 3 or 4 components given; `None` when there are fewer than 2 or more than 4.
    #[must_use]
    pub fn new(components: &[f64]) -> Option<Self> {
        let size = components.len();
        if !(2..=4).contains(&size) {
            return None;
        }
        let mut all = [0.0; 4];
        for (to, from) in all.iter_mut().zip(components) {
            *to = *from;
        }
        Some(Self { components: all, size: size as u8 })
    }

    /// A colour: red, green, blue, alpha.
    #[must_use]
    pub fn rgba(components: [f64; 4]) -> Self {
        Self { components, size: 4 }
    }

    /// The components.
    #[must_use]
    pub fn as_slice(&self) -> &[f64] {
        self.components.get(..usize::from(self.size)).unwrap_or(&self.components)
    }

    /// The four components of a `vec4`.
    #[must_use]
    pub fn as_vec4(&self) -> Option<[f64; 4]> {
        (self.size == 4).then_some(self.components)
    }

    pub(super) fn map(self, f: impl Fn(f64) -> f64) -> Self {
        let mut out = self;
        for (to, from) in out.components.iter_mut().zip(self.as_slice()) {
            *to = f(*from);
        }
        out
    }

    /// Component by component; `None` when the sizes differ.
    pub(super) fn zip(self, other: Self, f: impl Fn(f64, f64) -> f64) -> Option<Self> {
        if self.size != other.size {
            return None;
        }
        let mut out = self;
        for ((to, a), b) in out.components.iter_mut().zip(self.as_slice()).zip(other.as_slice()) {
            *to = f(*a, *b);
        }
        Some(out)
    }
}

impl fmt::Debug for Vector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "vec{}{:?}", self.size, self.as_slice())
    }
}

impl fmt::Display for Vector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts: Vec<String> = self.as_slice().iter().map(|x| number::to_text(*x)).collect();
        write!(f, "({})", parts.join(", "))
    }
}

/// The value of an expression or of a property that an expression reads.
#[derive(Debug, Clone)]
pub enum Value {
    /// A property that the feature does not have.
    Undefined,
    /// A property that says that it has no value.
    Null,
    /// Boolean.
    Bool(bool),
    /// Number. Integers beyond 2^53 are rounded, as in JavaScript.
    Number(f64),
    /// Text.
    String(Arc<str>),
    /// A vector or a colour.
    Vector(Vector),
    /// An array.
    Array(Arc<[Value]>),
    /// An object of a JSON batch table.
    Object(Arc<BTreeMap<String, Value>>),
    /// A regular expression.
    RegExp(Arc<RegExp>),
}

impl Value {
    /// A text value.
    #[must_use]
    pub fn text(text: &str) -> Self {
        Self::String(text.into())
    }

    /// As JavaScript's `Boolean(value)`.
    #[must_use]
    pub fn to_bool(&self) -> bool {
        match self {
            Self::Undefined | Self::Null => false,
            Self::Bool(b) => *b,
            Self::Number(x) => *x != 0.0 && !x.is_nan(),
            Self::String(s) => !s.is_empty(),
            Self::Vector(_) | Self::Array(_) | Self::Object(_) | Self::RegExp(_) => true,
        }
    }

    /// As JavaScript's `Number(value)`.
    #[must_use]
    pub fn to_number(&self) -> f64 {
        match self {
            Self::Null => 0.0,
            Self::Bool(b) => f64::from(u8::from(*b)),
            Self::Number(x) => *x,
            Self::String(s) => number::from_text(s),
            Self::Array(a) => match a.as_ref() {
                [] => 0.0,
                [Self::Undefined | Self::Null] => 0.0,
                [Self::Bool(_)] => f64::NAN,
                [one] => one.to_number(),
                _ => f64::NAN,
            },
            Self::Undefined | Self::Vector(_) | Self::Object(_) | Self::RegExp(_) => f64::NAN,
        }
    }

    /// JavaScript's `===`, with vectors compared component by component. Arrays and objects are equal only to themselves.
    #[must_use]
    pub fn strictly_equals(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Undefined, Self::Undefined) | (Self::Null, Self::Null) => true,
            (Self::Bool(a), Self::Bool(b)) => a == b,
            (Self::Number(a), Self::Number(b)) => a == b,
            (Self::String(a), Self::String(b)) => a == b,
            (Self::Vector(a), Self::Vector(b)) => a == b,
            (Self::Array(a), Self::Array(b)) => Arc::ptr_eq(a, b),
            (Self::Object(a), Self::Object(b)) => Arc::ptr_eq(a, b),
            (Self::RegExp(a), Self::RegExp(b)) => a == b,
            _ => false,
        }
    }

    /// `value.name` and `value['name']`: components of vectors, members of objects, `length` of texts and arrays.
    pub(super) fn member(&self, name: &str) -> Self {
        match self {
            Self::Vector(v) => {
                let index = match name {
                    "x" | "r" => 0,
                    "y" | "g" => 1,
                    "z" | "b" => 2,
                    "w" | "a" => 3,
                    _ => return Self::Undefined,
                };
                v.as_slice().get(index).map_or(Self::Undefined, |x| Self::Number(*x))
            }
            Self::Object(o) => o.get(name).cloned().unwrap_or(Self::Undefined),
            Self::Array(a) if name == "length" => Self::Number(a.len() as f64),
            Self::String(s) if name == "length" => Self::Number(s.encode_utf16().count() as f64),
            _ => Self::Undefined,
        }
    }

    /// `value[index]`.
    pub(super) fn index(&self, index: &Self) -> Self {
        let at = match index {
            Self::String(name) => return self.member(name),
            Self::Number(x) if *x >= 0.0 && x.fract() == 0.0 && *x < 4e9 => *x as usize,
            _ => return Self::Undefined,
        };
        match self {
            Self::Vector(v) => v.as_slice().get(at).map_or(Self::Undefined, |x| Self::Number(*x)),
            Self::Array(a) => a.get(at).cloned().unwrap_or(Self::Undefined),
            Self::String(s) => s.chars().nth(at).map_or(Self::Undefined, |c| Self::text(c.encode_utf8(&mut [0; 4]))),
            _ => Self::Undefined,
        }
    }

    /// Reads a property. An array of two to four numbers is a vector when the property is declared as one.
    pub(super) fn of_property(value: metadata::Value, vector: bool) -> Self {
        if vector && let Some(v) = vector_of(&value) {
            return Self::Vector(v);
        }
        Self::from(value)
    }
}

/// The numbers of an array as a vector.
pub(super) fn vector_of(value: &metadata::Value) -> Option<Vector> {
    let metadata::Value::Array(items) = value else { return None };
    if items.len() > 4 {
        return None;
    }
    Vector::new(&items.iter().map(metadata::Value::as_f64).collect::<Option<Vec<f64>>>()?)
}

impl From<metadata::Value> for Value {
    fn from(value: metadata::Value) -> Self {
        match value {
            metadata::Value::Null => Self::Null,
            metadata::Value::Bool(b) => Self::Bool(b),
            metadata::Value::Int(i) => Self::Number(i as f64),
            metadata::Value::UInt(u) => Self::Number(u as f64),
            metadata::Value::Float(x) => Self::Number(x),
            metadata::Value::String(s) => Self::String(s.into()),
            metadata::Value::Array(a) => Self::Array(a.into_iter().map(Self::from).collect()),
            metadata::Value::Object(o) => {
                Self::Object(Arc::new(o.iter().map(|(k, v)| (k.clone(), v.into())).collect()))
            }
        }
    }
}

impl From<&serde_json::Value> for Value {
    fn from(json: &serde_json::Value) -> Self {
        Self::from(metadata::Value::from(json))
    }
}

/// The text that `String(value)` gives ("String conversions" of the specification).
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Undefined => f.write_str("undefined"),
            Self::Null => f.write_str("null"),
            Self::Bool(b) => write!(f, "{b}"),
            Self::Number(x) => f.write_str(&number::to_text(*x)),
            Self::String(s) => f.write_str(s),
            Self::Vector(v) => write!(f, "{v}"),
            Self::Array(items) => {
                f.write_str("[")?;
                for (i, item) in items.iter().enumerate() {
                    write!(f, "{}{item}", if i == 0 { "" } else { ", " })?;
                }
                f.write_str("]")
            }
            Self::Object(_) => f.write_str("[object Object]"),
            Self::RegExp(r) => write!(f, "{r}"),
        }
    }
}
