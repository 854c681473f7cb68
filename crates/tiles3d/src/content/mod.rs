//! Tile content: containers, glTF, features and their metadata.

mod accessor;
mod b3dm;
mod batch_table;
mod features;
mod glb;
mod gltf_json;
mod metadata;
mod value;

pub use features::FeatureTable;
pub use value::Value;

use crate::Diagnostic;
use glam::DVec3;

/// How to read a content.
#[derive(Debug, Clone, Copy)]
pub struct DecodeOptions {
    /// The glTF is z-up already (1.0 `asset.gltfUpAxis: "Z"`).
    pub gltf_z_up: bool,
    /// Content that decodes to more is refused, bytes.
    pub max_decoded_bytes: usize,
}

impl Default for DecodeOptions {
    fn default() -> Self {
        Self { gltf_z_up: false, max_decoded_bytes: 512 << 20 }
    }
}

/// A decoded content.
#[derive(Debug)]
pub enum Content {
    /// Something to draw.
    Model(Box<DecodedTile>),
    /// JSON: an external tileset.
    Tileset,
}

/// Plain arrays of one tile, z up, in the tile's own frame (its `transform` comes next).
#[derive(Debug, Default)]
pub struct DecodedTile {
    /// Added to every position, f64: the positions themselves are small and keep their precision in f32.
    pub origin: DVec3,
    /// What to draw.
    pub primitives: Vec<Primitive>,
    /// How, by [`Primitive::material`].
    pub materials: Vec<TileMaterial>,
    /// Decoded pictures, by [`TileMaterial::base_color_image`].
    pub images: Vec<RgbaImage>,
    /// The features and their properties.
    pub features: FeatureTable,
    /// What was wrong without being fatal.
    pub diagnostics: Vec<Diagnostic>,
}

impl DecodedTile {
    /// Bytes that the arrays take.
    #[must_use]
    pub fn byte_size(&self) -> usize {
        let primitives: usize = self.primitives.iter().map(Primitive::byte_size).sum();
        let images: usize = self.images.iter().map(|i| i.rgba8.len()).sum();
        primitives + images + self.features.byte_size()
    }
}

/// What the vertices of a primitive make.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PrimitiveMode {
    /// A triangle list.
    Triangles,
    /// A line list.
    Lines,
    /// Points.
    Points,
}

/// One indexed primitive. Per-vertex arrays are empty or as long as `positions`.
#[derive(Debug, Clone)]
pub struct Primitive {
    /// Triangles, lines or points.
    pub mode: PrimitiveMode,
    /// Metres from the tile's origin.
    pub positions: Vec<[f32; 3]>,
    /// Unit normals; always there for triangles.
    pub normals: Vec<[f32; 3]>,
    /// Texture coordinates of set 0.
    pub uvs: Vec<[f32; 2]>,
    /// Linear colours.
    pub colors: Vec<[f32; 4]>,
    /// Feature of each vertex.
    pub feature_ids: Vec<u32>,
    /// Vertex indices, all in range.
    pub indices: Vec<u32>,
    /// Index into the tile's materials.
    pub material: usize,
}

impl Primitive {
    fn byte_size(&self) -> usize {
        self.positions.len() * 12
            + self.normals.len() * 12
            + self.uvs.len() * 8
            + self.colors.len() * 16
            + self.feature_ids.len() * 4
            + self.indices.len() * 4
    }
}

/// A glTF material, as far as it is used.
#[derive(Debug, Clone, PartialEq)]
pub struct TileMaterial {
    /// Its name; cim-twin's own tiles say `building`, `road`, ... here.
    pub name: String,
    /// Linear base colour factor.
    pub base_color: [f32; 4],
    /// Base colour texture.
    pub base_color_image: Option<usize>,
    /// Metallic factor.
    pub metallic: f32,
    /// Roughness factor.
    pub roughness: f32,
    /// Linear emissive factor.
    pub emissive: [f32; 3],
    /// Transparent pixels are cut away below this alpha.
    pub alpha_cutoff: Option<f32>,
    /// Blended.
    pub blend: bool,
    /// Seen from both sides.
    pub double_sided: bool,
    /// Not lit (`KHR_materials_unlit`).
    pub unlit: bool,
}

impl Default for TileMaterial {
    /// The glTF default material.
    fn default() -> Self {
        Self {
            name: String::new(),
            base_color: [1.0; 4],
            base_color_image: None,
            metallic: 1.0,
            roughness: 1.0,
            emissive: [0.0; 3],
            alpha_cutoff: None,
            blend: false,
            double_sided: false,
            unlit: false,
        }
    }
}

/// A decoded picture.
#[derive(Debug, Clone)]
pub struct RgbaImage {
    /// Pixels across.
    pub width: u32,
    /// Pixels down.
    pub height: u32,
    /// sRGB, 4 bytes a pixel, rows from the top.
    pub rgba8: Vec<u8>,
}

/// Why a content could not be decoded.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    /// A length or offset points outside the file.
    #[error("{what} is cut off or points outside the file")]
    Truncated {
        /// Which part.
        what: &'static str,
    },
    /// A part is malformed.
    #[error("{what}: {message}")]
    Malformed {
        /// Which part.
        what: &'static str,
        /// What is wrong with it.
        message: String,
    },
    /// A format that is not read.
    #[error("content of the kind {0} is not read by this program")]
    Unsupported(String),
    /// A required glTF extension that is not read.
    #[error("the glTF requires the extension {0}, which this program does not read")]
    UnsupportedExtension(String),
    /// It would take more memory than allowed.
    #[error("the content would take {bytes} bytes decoded, more than the limit of {limit}")]
    TooLarge {
        /// Bytes that it would take.
        bytes: usize,
        /// The limit.
        limit: usize,
    },
    /// A file that the glTF refers to could not be had.
    #[error("{uri}, which the content refers to: {message}")]
    External {
        /// Which file.
        uri: String,
        /// Why not.
        message: String,
    },
}

impl DecodeError {
    pub(crate) fn malformed(what: &'static str, message: impl ToString) -> Self {
        Self::Malformed { what, message: message.to_string() }
    }
}

/// Files that a glTF refers to, fetched by the caller: relative URI in, bytes or a reason out.
pub type FetchExternal<'a> = dyn FnMut(&str) -> Result<Vec<u8>, String> + 'a;

/// Decodes a tile's content by its first bytes: glb, b3dm, glTF JSON, or JSON of an external tileset.
///
/// # Errors
/// It is none of these, broken, too large, or requires something unknown.
pub fn decode_content(
    bytes: &[u8],
    options: &DecodeOptions,
    fetch: &mut FetchExternal<'_>,
) -> Result<Content, DecodeError> {
    let model = |tile| Ok(Content::Model(Box::new(tile)));
    match bytes.get(..4) {
        Some(b"glTF") => model(glb::decode_glb(bytes, options, fetch)?),
        Some(b"b3dm") => model(b3dm::decode(bytes, options, fetch)?),
        Some(magic @ (b"i3dm" | b"pnts" | b"cmpt" | b"subt")) => {
            Err(DecodeError::Unsupported(String::from_utf8_lossy(magic).into_owned()))
        }
        _ => {
            let start = bytes.iter().position(|b| !b.is_ascii_whitespace() && !b"\xef\xbb\xbf".contains(b));
            if start.and_then(|i| bytes.get(i)) != Some(&b'{') {
                return Err(DecodeError::Unsupported("neither glb, b3dm nor JSON".into()));
            }
            let json: serde_json::Value =
                serde_json::from_slice(bytes).map_err(|e| DecodeError::malformed("JSON content", e))?;
            if json.get("root").is_some() {
                Ok(Content::Tileset)
            } else {
                model(glb::decode_json(bytes, options, fetch)?)
            }
        }
    }
}

#[cfg(test)]
mod tests;
