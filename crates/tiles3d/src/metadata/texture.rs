//! Property textures of `EXT_structural_metadata`: a value for every texel.

use super::{ClassInfo, PropertyInfo, Value, property::PropertyType, scalar::Scalar};
use crate::content::TexelSource;
use serde::{Deserialize, Serialize};

/// Properties that lie in pictures.
#[derive(Debug, Serialize, Deserialize)]
pub struct PropertyTexture {
    /// What a texel is.
    pub class: ClassInfo,
    /// The properties, sorted by name.
    pub properties: Vec<TexelProperty>,
}

/// One property of a property texture.
#[derive(Debug, Serialize, Deserialize)]
pub struct TexelProperty {
    /// The property's id.
    pub name: String,
    /// What the schema says of it.
    pub info: PropertyInfo,
    /// The picture and the channels that it lies in.
    pub texels: TexelSource,
    kind: PropertyType,
}

impl TexelProperty {
    /// A property of this type in these channels; the channels are the bytes of the value, little-endian.
    pub(crate) fn new(name: &str, info: PropertyInfo, texels: TexelSource, kind: PropertyType) -> Result<Self, String> {
        let Some(bytes) = kind.packed_bytes() else {
            return Err(format!("{} cannot be in a texture", info.type_text));
        };
        let channels = texels.channels.len();
        let whole = kind.width == 1 && bytes == kind.scalar.size() && !kind.scalar.is_float();
        // A small number may use fewer bytes than its type has; the others are zero.
        if channels > bytes
            || (channels < bytes && !(whole && matches!(kind.scalar, Scalar::U16 | Scalar::U32 | Scalar::U64)))
        {
            return Err(format!("{channels} channels for the {bytes} bytes of {}", info.type_text));
        }
        Ok(Self { name: name.to_owned(), info, texels, kind })
    }

    /// The value that the four channels of a texel stand for.
    #[must_use]
    pub fn value(&self, texel: [u8; 4]) -> Value {
        let mut bytes: Vec<u8> = self.texels.bytes(texel).collect();
        bytes.resize(bytes.len().max(self.kind.packed_bytes().unwrap_or(0)), 0);
        self.kind.finish(self.kind.packed(&bytes, 0))
    }
}

impl PropertyTexture {
    /// Bytes that it takes, without the pictures.
    #[must_use]
    pub fn byte_size(&self) -> usize {
        let each = |p: &TexelProperty| {
            size_of::<TexelProperty>()
                + p.name.len()
                + p.info.byte_size()
                + p.kind.byte_size()
                + p.texels.channels.len()
        };
        size_of::<Self>() + self.class.byte_size() + self.properties.iter().map(each).sum::<usize>()
    }
}
