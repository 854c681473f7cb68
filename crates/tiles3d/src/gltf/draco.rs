//! `KHR_draco_mesh_compression`: the attributes and triangles of a primitive, compressed together.

use super::{
    accessor::{Source, kind},
    elements::{Component, Elements, Kind, Shape},
    json::{Accessor, MeshPrimitive},
};
use crate::content::DecodeError;
use draco_core::{DataType, DecodeLimits, DecoderBuffer, Mesh, MeshDecoder, PointAttribute};
use serde::Deserialize;
use std::{borrow::Cow, collections::BTreeMap};

/// The extension's name.
pub(super) const NAME: &str = "KHR_draco_mesh_compression";

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Compressed {
    buffer_view: usize,
    /// Draco's unique id by semantic.
    attributes: BTreeMap<String, u32>,
}

/// A decoded primitive.
pub(super) struct Draco {
    mesh: Mesh,
    attributes: BTreeMap<String, u32>,
}

impl Draco {
    /// Decodes the extension of a primitive; `None` when it has none.
    pub(super) fn decode(source: &Source<'_>, primitive: &MeshPrimitive) -> Result<Option<Self>, DecodeError> {
        let Some(json) = primitive.extensions.get(NAME) else { return Ok(None) };
        let compressed = Compressed::deserialize(json).map_err(|e| DecodeError::malformed(NAME, e))?;
        let stream = source.view(compressed.buffer_view)?;
        // Streams that many primitives share, and turn out broken at their ends, cost time too.
        source.spend(stream.len())?;
        check_version(stream, [2, 2]).map_err(|e| DecodeError::malformed(NAME, e))?;
        let limit = source.max_bytes as u64;
        // A point has a position and a triangle three indices, 12 bytes each.
        let limits = DecodeLimits::default()
            .with_max_points(limit / 12)
            .with_max_faces(limit / 12)
            .with_max_decoded_bytes(limit);
        let mut mesh = Mesh::new();
        MeshDecoder::new()
            .decode(&mut DecoderBuffer::new(stream).with_limits(limits), &mut mesh)
            .map_err(|e| DecodeError::malformed(NAME, e))?;
        source.spend(mesh.num_faces().saturating_mul(12))?;
        Ok(Some(Self { mesh, attributes: compressed.attributes }))
    }

    /// How many vertices there are.
    pub(super) fn vertices(&self) -> usize {
        self.mesh.num_points()
    }

    /// Whether it has triangles, always as a list; a stream of points has none.
    pub(super) fn has_triangles(&self) -> bool {
        self.mesh.num_faces() > 0
    }

    /// The corners of all triangles.
    pub(super) fn indices(&self) -> Vec<u32> {
        self.mesh.faces().iter().flat_map(|face| face.map(|point| point.0)).collect()
    }

    /// The elements of an attribute, with the type that its accessor has; `None` when the stream does not hold it.
    pub(super) fn elements(
        &self,
        source: &Source<'_>,
        name: &str,
        accessor: &Accessor,
    ) -> Option<Result<Elements<'static>, DecodeError>> {
        let id = *self.attributes.get(name)?;
        let fail = |message: &str| DecodeError::malformed(NAME, format!("attribute {id} ({name}) {message}"));
        let read = || {
            let attribute = self.mesh.attribute_by_unique_id(id).ok_or_else(|| fail("is not in the stream"))?;
            let shape = Shape::Vector(usize::from(attribute.num_components()));
            let kind = Kind { shape, ..kind(accessor)? };
            let count = self.vertices();
            source.spend(count.saturating_mul(kind.shape.width() * 4))?;
            let from = attribute.data_type();
            let packed = packed(attribute, kind.shape.width() * from.byte_length(), count);
            let packed = packed.ok_or_else(|| fail("is cut off"))?;
            let bytes = if component(from) == Some(kind.component) {
                packed
            } else {
                converted(&packed, from, kind.component).ok_or_else(|| fail("has numbers of an unknown kind"))?
            };
            Elements::new(Cow::Owned(bytes), count, None, kind)
        };
        Some(read())
    }
}

/// Refuses a stream of a newer version than `newest`: what is in it would be taken for something else.
pub(crate) fn check_version(stream: &[u8], newest: [u8; 2]) -> Result<(), String> {
    match stream.strip_prefix(b"DRACO").and_then(<[u8]>::first_chunk::<2>) {
        Some(version) if *version > newest => {
            let ([major, minor], [a, b]) = (*version, newest);
            Err(format!("its version {major}.{minor} is newer than {a}.{b}"))
        }
        _ => Ok(()),
    }
}

/// The type of the same numbers in a glTF.
fn component(kind: DataType) -> Option<Component> {
    Some(match kind {
        DataType::Int8 => Component::I8,
        DataType::Uint8 | DataType::Bool => Component::U8,
        DataType::Int16 => Component::I16,
        DataType::Uint16 => Component::U16,
        DataType::Uint32 => Component::U32,
        DataType::Float32 => Component::F32,
        DataType::Int32 | DataType::Int64 | DataType::Uint64 | DataType::Float64 | DataType::Invalid => return None,
    })
}

/// The values vertex by vertex without gaps, `size` bytes each.
fn packed(attribute: &PointAttribute, size: usize, count: usize) -> Option<Vec<u8>> {
    let data = attribute.buffer().data();
    let stride = usize::try_from(attribute.byte_stride()).ok().filter(|stride| *stride >= size && size > 0)?;
    let Some(map) = attribute.explicit_mapping() else {
        if stride == size {
            return Some(data.get(..count.checked_mul(size)?)?.to_vec());
        }
        let mut out = Vec::with_capacity(count.checked_mul(size)?);
        for value in data.chunks(stride).take(count) {
            out.extend_from_slice(value.get(..size)?);
        }
        return (out.len() == count * size).then_some(out);
    };
    let map = map.get(..count)?;
    let values = map.iter().map(|value| value.0 as usize);
    // Sizes that the compiler knows are copied without a call.
    match size {
        4 => gathered::<4>(data, stride, values),
        8 => gathered::<8>(data, stride, values),
        12 => gathered::<12>(data, stride, values),
        _ => {
            let mut out = Vec::with_capacity(count.checked_mul(size)?);
            for value in values {
                let at = value.checked_mul(stride)?;
                out.extend_from_slice(data.get(at..at.checked_add(size)?)?);
            }
            Some(out)
        }
    }
}

fn gathered<const SIZE: usize>(data: &[u8], stride: usize, values: impl Iterator<Item = usize>) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(values.size_hint().0.checked_mul(SIZE)?);
    for value in values {
        out.extend_from_slice(data.get(value.checked_mul(stride)?..)?.first_chunk::<SIZE>()?);
    }
    Some(out)
}

/// The same numbers as another type; those that it cannot hold become the nearest that it can. `None` when there is no
/// such kind of number.
fn converted(bytes: &[u8], from: DataType, to: Component) -> Option<Vec<u8>> {
    let numbers: Vec<f64> = match from {
        DataType::Int8 => bytes.iter().map(|b| f64::from(b.cast_signed())).collect(),
        DataType::Uint8 | DataType::Bool => bytes.iter().map(|b| f64::from(*b)).collect(),
        DataType::Int16 => bytes.as_chunks().0.iter().map(|b| f64::from(i16::from_le_bytes(*b))).collect(),
        DataType::Uint16 => bytes.as_chunks().0.iter().map(|b| f64::from(u16::from_le_bytes(*b))).collect(),
        DataType::Int32 => bytes.as_chunks().0.iter().map(|b| f64::from(i32::from_le_bytes(*b))).collect(),
        DataType::Uint32 => bytes.as_chunks().0.iter().map(|b| f64::from(u32::from_le_bytes(*b))).collect(),
        DataType::Int64 => bytes.as_chunks().0.iter().map(|b| i64::from_le_bytes(*b) as f64).collect(),
        DataType::Uint64 => bytes.as_chunks().0.iter().map(|b| u64::from_le_bytes(*b) as f64).collect(),
        DataType::Float32 => bytes.as_chunks().0.iter().map(|b| f64::from(f32::from_le_bytes(*b))).collect(),
        DataType::Float64 => bytes.as_chunks().0.iter().map(|b| f64::from_le_bytes(*b)).collect(),
        DataType::Invalid => return None,
    };
    Some(match to {
        Component::I8 => numbers.iter().map(|x| (*x as i8).cast_unsigned()).collect(),
        Component::U8 => numbers.iter().map(|x| *x as u8).collect(),
        Component::I16 => numbers.iter().flat_map(|x| (*x as i16).to_le_bytes()).collect(),
        Component::U16 => numbers.iter().flat_map(|x| (*x as u16).to_le_bytes()).collect(),
        Component::U32 => numbers.iter().flat_map(|x| (*x as u32).to_le_bytes()).collect(),
        Component::F32 => numbers.iter().flat_map(|x| (*x as f32).to_le_bytes()).collect(),
    })
}
