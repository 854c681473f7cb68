//! The type of a property: how its values lie in memory, and what becomes of them on the way out.

use super::{
    Value,
    scalar::{Number, Scalar, with_number},
    schema::{ClassProperty, Enum, Schema},
};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

/// What a schema says of a property, for people.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PropertyInfo {
    /// A name for people; the property's id is what it is asked for by.
    pub name: Option<String>,
    /// What it is.
    pub description: Option<String>,
    /// What it means to programs: `NAME`, `ID`, ... (3D Metadata Semantic Reference).
    pub semantic: Option<String>,
    /// Its type in the schema's words: `VEC3 FLOAT32`, `array of 10 BOOLEAN`, `ENUM roofType`.
    pub type_text: String,
    /// Whether every feature must have it.
    pub required: bool,
}

/// How values lie in memory and what they mean.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct PropertyType {
    pub(crate) scalar: Scalar,
    /// Components of one element: 1, 2-4 for vectors, 4-16 for matrices.
    pub(crate) width: usize,
    pub(crate) shape: Shape,
    names: Option<EnumNames>,
    normalized: bool,
    /// By component, the array's elements after each other; repeated when there are more components; empty for none.
    offset: Vec<f64>,
    scale: Vec<f64>,
    #[serde(with = "crate::transfer::json")]
    no_data: Option<Json>,
    #[serde(with = "crate::transfer::json")]
    default: Option<Json>,
}

/// Whether a value is an array.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Shape {
    Single,
    /// An array of always so many elements.
    Fixed(usize),
    Variable,
}

/// Names by value, sorted.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct EnumNames(Vec<(i128, String)>);

impl EnumNames {
    fn new(values: &Enum) -> Self {
        let mut names: Vec<_> = values.values.iter().map(|v| (v.value, v.name.clone())).collect();
        names.sort();
        Self(names)
    }

    fn get(&self, value: i128) -> Option<&str> {
        let at = self.0.binary_search_by_key(&value, |(v, _)| *v).ok()?;
        self.0.get(at).map(|(_, name)| name.as_str())
    }

    /// Numbers without a name stay numbers.
    fn apply(&self, raw: Value) -> Value {
        let number = match &raw {
            Value::Int(i) => i128::from(*i),
            Value::UInt(u) => i128::from(*u),
            Value::Float(x) if x.fract() == 0.0 => *x as i128,
            Value::Array(_) => {
                let Value::Array(values) = raw else { return raw };
                return Value::Array(values.into_iter().map(|v| self.apply(v)).collect());
            }
            _ => return raw,
        };
        self.get(number).map_or(raw, |name| Value::String(name.to_owned()))
    }
}

impl PropertyType {
    /// The type of a property of a class, also in the words of `EXT_feature_metadata` (`FLOAT32` for a scalar, `ARRAY`
    /// of a component type).
    pub(crate) fn new(class: &ClassProperty, schema: &Schema) -> Result<Self, String> {
        let legacy_array = class.kind == "ARRAY";
        let kind = if legacy_array { class.component_type.as_deref().unwrap_or("") } else { class.kind.as_str() };
        let width = match kind {
            "VEC2" => 2,
            "VEC3" => 3,
            "VEC4" | "MAT2" => 4,
            "MAT3" => 9,
            "MAT4" => 16,
            _ => 1,
        };
        let mut names = None;
        let scalar = match kind {
            "STRING" => Scalar::Text,
            "BOOLEAN" => Scalar::Bool,
            "ENUM" => {
                let id = class.enum_type.as_deref().unwrap_or("");
                let values = schema.enums.get(id).ok_or_else(|| format!("there is no readable enum {id:?}"))?;
                names = Some(EnumNames::new(values));
                let name = values.value_type.as_deref().unwrap_or("UINT16");
                let whole = Scalar::of(name).filter(|s| !s.is_float());
                whole.ok_or_else(|| format!("{name:?} is no type for the values of an enum"))?
            }
            "SCALAR" | "VEC2" | "VEC3" | "VEC4" | "MAT2" | "MAT3" | "MAT4" => {
                let name = class.component_type.as_deref().unwrap_or("");
                Scalar::of(name).ok_or_else(|| format!("there is no component type {name:?}"))?
            }
            other => Scalar::of(other).ok_or_else(|| format!("there is no type {other:?}"))?,
        };
        let shape = match class.count {
            _ if !class.array && !legacy_array => Shape::Single,
            Some(0) => return Err("an array of always 0 elements".into()),
            Some(n) => Shape::Fixed(n),
            None => Shape::Variable,
        };
        let numeric = names.is_none() && !matches!(scalar, Scalar::Bool | Scalar::Text);
        let mut out = Self {
            scalar,
            width,
            shape,
            names,
            normalized: class.normalized && numeric && !scalar.is_float(),
            offset: Vec::new(),
            scale: Vec::new(),
            no_data: class.no_data.clone().filter(|v| !v.is_null()),
            default: class.default.clone().filter(|v| !v.is_null()),
        };
        out.adjust(class.offset.as_ref(), class.scale.as_ref());
        Ok(out)
    }

    /// Puts an offset and a scale in place of its own.
    pub(crate) fn adjust(&mut self, offset: Option<&Json>, scale: Option<&Json>) {
        if self.is_numeric() {
            if let Some(offset) = offset {
                self.offset = flat(offset);
            }
            if let Some(scale) = scale {
                self.scale = flat(scale);
            }
        }
    }

    /// Numbers, not enums, booleans or text.
    pub(crate) fn is_numeric(&self) -> bool {
        self.names.is_none() && !matches!(self.scalar, Scalar::Bool | Scalar::Text)
    }

    pub(crate) fn is_enum(&self) -> bool {
        self.names.is_some()
    }

    pub(crate) fn is_normalized(&self) -> bool {
        self.normalized
    }

    pub(crate) fn has_default(&self) -> bool {
        self.default.is_some()
    }

    pub(crate) fn has_name(&self, value: i128) -> bool {
        self.names.as_ref().is_none_or(|names| names.get(value).is_some())
    }

    /// Whether its enum has a value of this name.
    pub(crate) fn has_value(&self, name: &str) -> bool {
        self.names.as_ref().is_some_and(|names| names.0.iter().any(|(_, n)| n == name))
    }

    /// The type in the schema's words.
    pub(crate) fn text(&self, class: &ClassProperty) -> String {
        let element = match (self.width, class.kind.as_str()) {
            (_, "ENUM") => format!("ENUM {}", class.enum_type.as_deref().unwrap_or("")),
            _ if self.is_enum() => format!("ENUM {}", class.enum_type.as_deref().unwrap_or("")),
            (1, _) if !self.is_numeric() => self.scalar.name().to_owned(),
            (1, _) => format!("SCALAR {}", self.scalar.name()),
            (_, kind) => format!("{kind} {}", self.scalar.name()),
        };
        let normalized = if self.normalized { " normalized" } else { "" };
        match self.shape {
            Shape::Single => format!("{element}{normalized}"),
            Shape::Fixed(n) => format!("array of {n} {element}{normalized}"),
            Shape::Variable => format!("array of {element}{normalized}"),
        }
    }

    /// How many elements `bytes` bytes hold; text has no say.
    pub(crate) fn elements_in(&self, bytes: usize) -> usize {
        match self.scalar {
            Scalar::Bool => bytes.saturating_mul(8),
            _ => bytes / self.scalar.size() / self.width.max(1),
        }
    }

    /// Bytes that `elements` elements take.
    pub(crate) fn bytes_of(&self, elements: usize) -> usize {
        match self.scalar {
            Scalar::Bool => elements.div_ceil(8),
            _ => elements.saturating_mul(self.width).saturating_mul(self.scalar.size()),
        }
    }

    /// Bytes of one value on its own; `None` for text and for arrays of varying length.
    pub(crate) fn packed_bytes(&self) -> Option<usize> {
        match self.shape {
            _ if self.scalar == Scalar::Text => None,
            Shape::Single => Some(self.bytes_of(1)),
            Shape::Fixed(n) => Some(self.bytes_of(n)),
            Shape::Variable => None,
        }
    }

    /// The raw element of a packed array; none of text.
    pub(crate) fn element(&self, values: &[u8], index: usize) -> Option<Value> {
        if self.width == 1 {
            return self.scalar.read(values, index);
        }
        let first = index.checked_mul(self.width)?;
        (0..self.width)
            .map(|i| self.scalar.read(values, first.checked_add(i)?))
            .collect::<Option<_>>()
            .map(Value::Array)
    }

    /// The raw value of a row of a packed array; none of text and of variable length.
    pub(crate) fn packed(&self, values: &[u8], row: usize) -> Option<Value> {
        match self.shape {
            Shape::Single => self.element(values, row),
            Shape::Fixed(n) => {
                let first = row.checked_mul(n)?;
                let end = first.checked_add(n).filter(|end| *end <= self.elements_in(values.len()))?;
                (first..end).map(|i| self.element(values, i)).collect::<Option<_>>().map(Value::Array)
            }
            Shape::Variable => None,
        }
    }

    /// From the raw value to what is meant: enum names, `noData`, `normalized`, `scale` and `offset`, `default`
    /// (OGC 22-025r4, clause 10.5.5). Numbers that are not finite, which files may not have, count as missing.
    pub(crate) fn finish(&self, raw: Option<Value>) -> Value {
        let Some(raw) = raw else { return self.missing() };
        let named = match &self.names {
            Some(names) => names.apply(raw),
            None => raw,
        };
        if matches!(&named, Value::Float(x) if !x.is_finite())
            || self.no_data.as_ref().is_some_and(|n| same(n, &named, self.scalar))
        {
            return self.missing();
        }
        if !self.is_numeric() || (!self.normalized && self.offset.is_empty() && self.scale.is_empty()) {
            return finite(named);
        }
        let mut component = 0;
        self.transform(named, &mut component)
    }

    /// What stands for a value that is missing.
    pub(crate) fn missing(&self) -> Value {
        self.default.as_ref().map_or(Value::Null, Value::from)
    }

    fn transform(&self, value: Value, component: &mut usize) -> Value {
        match value {
            Value::Array(values) => Value::Array(values.into_iter().map(|v| self.transform(v, component)).collect()),
            other => {
                let at = *component;
                *component += 1;
                match other.as_f64() {
                    Some(x) if x.is_finite() => Value::Float(self.number(x, at)),
                    _ => Value::Null,
                }
            }
        }
    }

    /// A raw number made what it stands for, as component `at`.
    fn number(&self, raw: f64, at: usize) -> f64 {
        let x = if self.normalized { (raw / self.scalar.max()).max(-1.0) } else { raw };
        let pick = |list: &[f64], or: f64| at.checked_rem(list.len()).and_then(|i| list.get(i)).copied().unwrap_or(or);
        pick(&self.offset, 0.0) + pick(&self.scale, 1.0) * x
    }

    /// The same for values that were normalised already.
    pub(crate) fn already_normalized(&self) -> Self {
        Self { normalized: false, ..self.clone() }
    }

    /// The same, but what is missing stays missing.
    pub(crate) fn without_default(&self) -> Self {
        Self { default: None, ..self.clone() }
    }

    /// The same without a default and without any change to numbers.
    pub(crate) fn untransformed(&self) -> Self {
        Self { normalized: false, offset: Vec::new(), scale: Vec::new(), ..self.without_default() }
    }

    /// Appends the numbers of `rows` rows of a packed array; `NaN` for what is missing and for what is no number.
    pub(crate) fn fill(&self, values: &[u8], rows: usize, out: &mut Vec<f64>) {
        let missing = self.missing().as_f64().unwrap_or(f64::NAN);
        let end = out.len().saturating_add(rows);
        if self.is_numeric() && self.width == 1 && self.shape == Shape::Single {
            let plain = !self.normalized && self.offset.is_empty() && self.scale.is_empty();
            with_number!(self.scalar, T => {
                let no_data = self.no_data.as_ref().and_then(T::of_json);
                let numbers = values.chunks_exact(size_of::<T>()).take(rows).map(T::of_bytes);
                let convert = |x: T| {
                    let number = x.as_f64();
                    if Some(x) == no_data || !number.is_finite() {
                        missing
                    } else if plain {
                        number
                    } else {
                        self.number(number, 0)
                    }
                };
                out.extend(numbers.map(convert));
            }, else ());
            out.resize(end, missing);
        } else if self.is_numeric() || matches!(self.scalar, Scalar::Bool) || self.names.is_some() {
            out.extend((0..rows).map(|row| self.finish(self.packed(values, row)).as_f64().unwrap_or(f64::NAN)));
        } else {
            out.resize(end, f64::NAN);
        }
    }

    /// Bytes that it takes beside itself.
    pub(crate) fn byte_size(&self) -> usize {
        let names = self.names.as_ref().map_or(0, |n| n.0.iter().map(|(_, s)| s.len() + 48).sum());
        let json = [&self.no_data, &self.default].into_iter().flatten().map(json_bytes).sum::<usize>();
        names + json + (self.offset.len() + self.scale.len()) * size_of::<f64>()
    }
}

impl PropertyInfo {
    pub(crate) fn new(class: &ClassProperty, kind: &PropertyType) -> Self {
        Self {
            name: class.name.clone(),
            description: class.description.clone(),
            semantic: class.semantic.clone(),
            type_text: kind.text(class),
            required: class.required,
        }
    }

    /// Bytes that it takes beside itself.
    pub(crate) fn byte_size(&self) -> usize {
        let texts = [&self.name, &self.description, &self.semantic];
        texts.into_iter().flatten().map(String::len).sum::<usize>() + self.type_text.len()
    }
}

/// The numbers of nested arrays after each other.
pub(crate) fn flat(json: &Json) -> Vec<f64> {
    match json {
        Json::Array(values) => values.iter().flat_map(flat).collect(),
        other => other.as_f64().into_iter().collect(),
    }
}

/// Whether a JSON value is the raw value; numbers are compared in the property's own precision.
fn same(json: &Json, value: &Value, scalar: Scalar) -> bool {
    match (json, value) {
        (Json::Array(x), Value::Array(y)) => x.len() == y.len() && x.iter().zip(y).all(|(x, y)| same(x, y, scalar)),
        (_, Value::Int(i)) => i64::of_json(json) == Some(*i),
        (_, Value::UInt(u)) => u64::of_json(json) == Some(*u),
        (_, Value::Float(x)) if scalar == Scalar::F32 => f32::of_json(json).map(f64::from) == Some(*x),
        (_, Value::Float(x)) => json.as_f64() == Some(*x),
        (Json::String(s), Value::String(t)) => s == t,
        (Json::Bool(a), Value::Bool(b)) => a == b,
        _ => false,
    }
}

/// Numbers inside arrays that are not finite become nothing.
fn finite(value: Value) -> Value {
    match value {
        Value::Float(x) if !x.is_finite() => Value::Null,
        Value::Array(values) => Value::Array(values.into_iter().map(finite).collect()),
        other => other,
    }
}

fn json_bytes(json: &Json) -> usize {
    size_of::<Json>()
        + match json {
            Json::String(s) => s.len(),
            Json::Array(values) => values.iter().map(json_bytes).sum(),
            Json::Object(map) => map.iter().map(|(k, v)| k.len() + json_bytes(v)).sum(),
            _ => 0,
        }
}
