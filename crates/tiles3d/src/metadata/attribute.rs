//! Property attributes of `EXT_structural_metadata`: a value for every vertex.

use super::{
    ClassInfo, PropertyInfo, Value,
    property::{PropertyType, Shape},
    scalar::Scalar,
};
use serde::{Deserialize, Serialize};

/// Properties of the vertices of a primitive.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct PropertyAttribute {
    /// What a vertex is.
    pub class: ClassInfo,
    /// The properties, sorted by name.
    pub properties: Vec<VertexProperty>,
}

/// One property of the vertices.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct VertexProperty {
    /// The property's id.
    pub name: String,
    /// What the schema says of it.
    pub info: PropertyInfo,
    kind: PropertyType,
    components: Components,
}

/// The raw components of all vertices, in single precision where that loses nothing.
#[derive(Debug, Clone, Serialize, Deserialize)]
enum Components {
    Single(#[serde(with = "crate::transfer::pod")] Vec<f32>),
    Double(#[serde(with = "crate::transfer::pod")] Vec<f64>),
}

impl VertexProperty {
    /// A property of this type. `components` are those of the vertex attribute, `width` for each vertex, `normalized` when
    /// the attribute's integers were divided already.
    pub(crate) fn new(
        name: &str,
        info: PropertyInfo,
        kind: &PropertyType,
        (width, normalized, components): (usize, bool, Vec<f64>),
    ) -> Result<Self, String> {
        if kind.shape != Shape::Single || matches!(kind.scalar, Scalar::Text | Scalar::Bool) {
            return Err(format!("{} cannot be a vertex attribute", info.type_text));
        }
        if width != kind.width {
            return Err(format!("{width} components for {}", info.type_text));
        }
        let kind = if normalized { kind.already_normalized() } else { kind.clone() };
        let single = components.iter().all(|x| f64::from(*x as f32) == *x);
        let components = if single {
            Components::Single(components.into_iter().map(|x| x as f32).collect())
        } else {
            Components::Double(components)
        };
        Ok(Self { name: name.to_owned(), info, kind, components })
    }

    /// The value of a vertex; null when there is no such vertex.
    #[must_use]
    pub fn value(&self, vertex: usize) -> Value {
        let width = self.kind.width;
        let at = |i: usize| {
            let x = match &self.components {
                Components::Single(v) => v.get(i).map(|x| f64::from(*x)),
                Components::Double(v) => v.get(i).copied(),
            }?;
            Some(match self.kind.scalar {
                Scalar::F32 | Scalar::F64 => Value::Float(x),
                _ if x.fract() != 0.0 => Value::Float(x),
                Scalar::U8 | Scalar::U16 | Scalar::U32 | Scalar::U64 if x >= 0.0 => Value::UInt(x as u64),
                _ => Value::Int(x as i64),
            })
        };
        let first = vertex.saturating_mul(width);
        let raw = if width == 1 {
            at(first)
        } else {
            (0..width).map(|k| at(first.saturating_add(k))).collect::<Option<_>>().map(Value::Array)
        };
        self.kind.finish(raw)
    }

    fn pick(&mut self, vertices: &[u32]) {
        fn each<T: Copy>(values: &mut Vec<T>, width: usize, vertices: &[u32]) {
            let of = |v: &u32| {
                let first = (*v as usize).saturating_mul(width);
                values.get(first..first.saturating_add(width)).unwrap_or_default()
            };
            *values = vertices.iter().flat_map(of).copied().collect();
        }
        match &mut self.components {
            Components::Single(v) => each(v, self.kind.width, vertices),
            Components::Double(v) => each(v, self.kind.width, vertices),
        }
    }

    fn byte_size(&self) -> usize {
        let components = match &self.components {
            Components::Single(v) => size_of_val(v.as_slice()),
            Components::Double(v) => size_of_val(v.as_slice()),
        };
        size_of::<Self>() + self.name.len() + self.info.byte_size() + self.kind.byte_size() + components
    }
}

impl PropertyAttribute {
    /// Gives every vertex the properties of the one that it was made from.
    pub(crate) fn pick(&mut self, vertices: &[u32]) {
        self.properties.iter_mut().for_each(|p| p.pick(vertices));
    }

    /// Bytes that it takes.
    #[must_use]
    pub fn byte_size(&self) -> usize {
        let properties = self.properties.iter().map(VertexProperty::byte_size).sum::<usize>();
        size_of::<Self>() + self.class.byte_size() + properties
    }
}
