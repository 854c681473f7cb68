//! Data in pictures: where a texel is read, and which of its bytes.

use super::{Picture, TextureTransform};
use serde::{Deserialize, Serialize};

/// Where in a picture data lies: feature ids, or the values of a property.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TexelSource {
    /// Index into the tile's [`data_images`](super::DecodedTile::data_images).
    pub image: usize,
    /// Texture coordinate set of the primitive.
    pub texcoord: u32,
    /// Channels (0 red to 3 alpha) whose bytes make up the number, the lowest byte first.
    pub channels: Vec<u8>,
    /// What happens outside 0..1, across and down.
    pub wrap: [Wrap; 2],
    /// What is to be done to those coordinates first.
    pub transform: TextureTransform,
}

/// What stands outside 0..1 of a picture (glTF 2.0, 5.28 `wrapS`, `wrapT`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub enum Wrap {
    /// The picture again.
    #[default]
    Repeat,
    /// The picture again, every other time mirrored.
    Mirror,
    /// Its edge.
    Clamp,
}

impl Wrap {
    /// The pixel of `size` pixels that `t` falls into; `None` when it is not finite.
    fn pixel(self, t: f64, size: u32) -> Option<u32> {
        let t = match self {
            Self::Repeat => t - t.floor(),
            Self::Mirror => {
                let t = t.rem_euclid(2.0);
                if t > 1.0 { 2.0 - t } else { t }
            }
            Self::Clamp => t.clamp(0.0, 1.0),
        };
        t.is_finite().then(|| ((t * f64::from(size)) as u32).min(size.saturating_sub(1)))
    }
}

impl TexelSource {
    /// The nearest texel at a texture coordinate; `None` where there is none.
    #[must_use]
    pub fn texel(&self, image: &Picture, uv: [f64; 2]) -> Option<[u8; 4]> {
        let [u, v] = self.transform.apply(uv);
        image.pixel(self.wrap[0].pixel(u, image.width)?, self.wrap[1].pixel(v, image.height)?)
    }

    /// The bytes that the channels of a texel hold, lowest first.
    pub fn bytes(&self, texel: [u8; 4]) -> impl Iterator<Item = u8> + '_ {
        self.channels.iter().map(move |c| texel.get(usize::from(*c)).copied().unwrap_or(0))
    }

    /// The number that the channels of a texel hold; at most four of them count.
    #[must_use]
    pub fn number(&self, texel: [u8; 4]) -> u32 {
        self.bytes(texel).take(4).enumerate().fold(0, |n, (i, byte)| n | u32::from(byte) << (8 * i))
    }
}
