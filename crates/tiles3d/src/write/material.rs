//! Materials, and the pictures on them.

use super::{WriteError, WritePrimitive, layout::Layout};
use serde_json::{Value, json};

/// A picture on the triangles of a primitive, in place of one base colour.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WriteImage {
    /// The bytes of a WebP file (`EXT_texture_webp`).
    pub webp: Vec<u8>,
    /// What lies outside of texture coordinates 0 to 1.
    pub wrap: WriteWrap,
    /// Whether parts of it are not there: pixels of less than half an alpha are not drawn.
    pub is_masked: bool,
}

/// What lies outside of a picture (glTF 2.0, 5.26, `wrapS` and `wrapT`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum WriteWrap {
    /// The pixels of its edge.
    #[default]
    Clamp,
    /// The picture, again and again.
    Repeat,
    /// The same, every other time mirrored.
    Mirror,
}

impl WriteWrap {
    const fn number(self) -> u32 {
        match self {
            Self::Clamp => 33071,
            Self::Repeat => 10497,
            Self::Mirror => 33648,
        }
    }
}

impl WriteImage {
    /// Refuses what is no WebP file.
    pub(super) fn check(&self, what: &str) -> Result<(), WriteError> {
        if self.webp.starts_with(b"RIFF") && self.webp.get(8..12) == Some(b"WEBP") {
            Ok(())
        } else {
            Err(WriteError::Image(what.to_owned()))
        }
    }
}

/// Materials: each name once, and one for every picture.
#[derive(Default)]
pub(super) struct Materials {
    /// The names of those that have no picture.
    names: Vec<Option<String>>,
    json: Vec<Value>,
    samplers: Vec<WriteWrap>,
    textures: Vec<Value>,
    images: Vec<Value>,
}

impl Materials {
    /// The number of a primitive's material.
    pub(super) fn of(&mut self, p: &WritePrimitive, layout: &mut Layout) -> usize {
        let name = p.image.is_none().then(|| p.material.clone());
        if name.is_some()
            && let Some(known) = self.names.iter().position(|n| *n == name)
        {
            return known;
        }
        let mut material = json!({
            "name": p.material,
            "pbrMetallicRoughness":
                { "baseColorFactor": p.base_color, "metallicFactor": 0, "roughnessFactor": p.roughness },
        });
        if p.base_color[3] < 1.0 {
            material["alphaMode"] = json!("BLEND");
        }
        if let Some(image) = &p.image {
            material["pbrMetallicRoughness"]["baseColorTexture"] = json!({ "index": self.texture(image, layout) });
            if image.is_masked {
                material["alphaMode"] = json!("MASK");
            }
        }
        self.names.push(name);
        self.json.push(material);
        self.json.len() - 1
    }

    /// The number of a texture of a picture that is put into the glb.
    fn texture(&mut self, image: &WriteImage, layout: &mut Layout) -> usize {
        layout.requires("EXT_texture_webp");
        let sampler = self.samplers.iter().position(|w| *w == image.wrap).unwrap_or_else(|| {
            self.samplers.push(image.wrap);
            self.samplers.len() - 1
        });
        self.images.push(json!({ "bufferView": layout.view(&image.webp), "mimeType": "image/webp" }));
        let source = self.images.len() - 1;
        self.textures.push(json!({ "sampler": sampler, "extensions": { "EXT_texture_webp": { "source": source } } }));
        self.textures.len() - 1
    }

    /// Puts them into the glTF.
    pub(super) fn give(self, root: &mut Value) {
        /// `LINEAR`, and `LINEAR_MIPMAP_LINEAR`.
        const FILTERS: (u32, u32) = (9729, 9987);
        root["materials"] = json!(self.json);
        if self.images.is_empty() {
            return;
        }
        let sampler = |wrap: &WriteWrap| {
            let wrap = wrap.number();
            json!({ "magFilter": FILTERS.0, "minFilter": FILTERS.1, "wrapS": wrap, "wrapT": wrap })
        };
        root["samplers"] = self.samplers.iter().map(sampler).collect();
        root["textures"] = json!(self.textures);
        root["images"] = json!(self.images);
    }
}
