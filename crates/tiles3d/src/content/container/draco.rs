//! `3DTILES_draco_point_compression`: the points of a pnts, compressed together.

use super::values::Values;
use crate::{content::DecodeError, gltf::check_version, metadata::Component};
use draco_core::{DataType, DecodeLimits, DecoderBuffer, PointAttribute, PointCloud, PointCloudDecoder, PointIndex};
use serde::Deserialize;
use std::{borrow::Cow, collections::BTreeMap};

/// The extension's name.
pub(super) const NAME: &str = "3DTILES_draco_point_compression";

/// The extension in a feature table.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Compressed {
    /// Draco's unique id by semantic.
    pub(super) properties: BTreeMap<String, u32>,
    pub(super) byte_offset: usize,
    pub(super) byte_length: usize,
}

/// The extension in a batch table.
#[derive(Debug, Default, Deserialize)]
pub(super) struct CompressedProperties {
    /// Draco's unique id by property.
    pub(super) properties: BTreeMap<String, u32>,
}

/// Decoded points.
#[derive(Debug)]
pub(super) struct Points {
    cloud: PointCloud,
    /// The encoder was free to reorder the points.
    pub(super) reordered: bool,
}

impl Points {
    /// Decodes; `limit` is how many bytes the values may take.
    ///
    /// # Errors
    /// The stream is damaged or too large.
    pub(super) fn decode(stream: &[u8], limit: usize) -> Result<Self, DecodeError> {
        check_version(stream, [2, 3]).map_err(|e| DecodeError::malformed("Draco points", e))?;
        let limit = limit as u64;
        // A point takes at least one byte of some attribute.
        let limits = DecodeLimits::default().with_max_points(limit).with_max_decoded_bytes(limit);
        let mut cloud = PointCloud::new();
        PointCloudDecoder::new()
            .decode(&mut DecoderBuffer::new(stream).with_limits(limits), &mut cloud)
            .map_err(|e| DecodeError::malformed("Draco points", e))?;
        // After the magic, the version and the kind of geometry comes the method; 0 is sequential, which keeps the order.
        Ok(Self { cloud, reordered: stream.get(8) != Some(&0) })
    }

    /// How many points there are.
    pub(super) fn count(&self) -> usize {
        self.cloud.num_points()
    }

    /// The values of one attribute for the first `count` points, in their order.
    ///
    /// # Errors
    /// There is no such attribute, or its values are of a kind that batch tables do not have.
    pub(super) fn values(&self, unique_id: u32, count: usize) -> Result<Values<'static>, DecodeError> {
        let fail = |message: &str| DecodeError::malformed("Draco points", format!("attribute {unique_id} {message}"));
        let attribute = self.cloud.attribute_by_unique_id(unique_id).ok_or_else(|| fail("is missing"))?;
        let component = component(attribute.data_type()).ok_or_else(|| fail("has 64-bit integers"))?;
        let width = usize::from(attribute.num_components());
        let bytes = packed(attribute, width * component.size(), count).ok_or_else(|| fail("is cut off"))?;
        Ok(Values { bytes: Cow::Owned(bytes), component, width })
    }
}

fn component(kind: DataType) -> Option<Component> {
    Some(match kind {
        DataType::Int8 => Component::Byte,
        DataType::Uint8 | DataType::Bool => Component::UnsignedByte,
        DataType::Int16 => Component::Short,
        DataType::Uint16 => Component::UnsignedShort,
        DataType::Int32 => Component::Int,
        DataType::Uint32 => Component::UnsignedInt,
        DataType::Float32 => Component::Float,
        DataType::Float64 => Component::Double,
        DataType::Int64 | DataType::Uint64 | DataType::Invalid => return None,
    })
}

/// The values point by point without gaps, `size` bytes each.
fn packed(attribute: &PointAttribute, size: usize, count: usize) -> Option<Vec<u8>> {
    let data = attribute.buffer().data();
    let stride = usize::try_from(attribute.byte_stride()).ok().filter(|stride| *stride >= size && size > 0)?;
    if attribute.is_mapping_identity() && stride == size {
        return Some(data.get(..count.checked_mul(size)?)?.to_vec());
    }
    let mut out = Vec::with_capacity(count.checked_mul(size)?);
    for point in 0..u32::try_from(count).ok()? {
        let at = (attribute.mapped_index(PointIndex(point)).0 as usize).checked_mul(stride)?;
        out.extend_from_slice(data.get(at..at.checked_add(size)?)?);
    }
    Some(out)
}
