//! How textures lie on surfaces: samplers, texture coordinates and their transforms.

use super::{
    json::{Root, TextureInfo},
    pictures::Pictures,
};
use crate::content::{ColorSpace, Filter, Sampler, TextureRef, TextureTransform, UvSlot, Wrap};
use serde_json::{Map, Value};

/// The extension that moves texture coordinates.
const TRANSFORM: &str = "KHR_texture_transform";
/// Sets of texture coordinates that are read.
const SETS: usize = 2;

/// Where a texture takes its coordinates: the set of the file, and what is done to it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Place {
    /// The `n` of `TEXCOORD_n`.
    pub(super) set: usize,
    pub(super) transform: TextureTransform,
}

/// A texture whose coordinates have not been assigned yet.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Placed {
    image: usize,
    sampler: Sampler,
    place: Place,
}

impl Placed {
    pub(super) fn new(image: usize, info: &TextureInfo, root: &Root) -> Self {
        Self { image, sampler: sampler(info.index, root), place: place(info) }
    }

    /// The texture of a texture info; `None` when its picture or its coordinates cannot be had, which has been noted.
    pub(super) fn read(info: &TextureInfo, space: ColorSpace, pictures: &mut Pictures<'_, '_, '_>) -> Option<Self> {
        if !has_coordinates(info, pictures) {
            return None;
        }
        let image = pictures.shown(info.index, space)?;
        Some(Self::new(image, info, pictures.source().root))
    }
}

/// Whether the texture takes coordinates that are read; if not, that is noted, and what is wrong with their transform.
pub(super) fn has_coordinates(info: &TextureInfo, pictures: &mut Pictures<'_, '_, '_>) -> bool {
    if let Some(key) = info.extensions.get(TRANSFORM).and_then(broken_property) {
        let message = format!("{TRANSFORM}: {key} is not what it must be; read as if it were not there");
        pictures.note("texture-transform-broken", format!("texture {}", info.index), message);
    }
    let set = place(info).set;
    if set >= SETS {
        let message = format!("it takes TEXCOORD_{set}, and only TEXCOORD_0 and 1 are read; drawn without it");
        pictures.note("texture-coordinates-unsupported", format!("texture {}", info.index), message);
    }
    set < SETS
}

/// The coordinates that a texture info asks for, with `KHR_texture_transform`.
pub(super) fn place(info: &TextureInfo) -> Place {
    placed(info.tex_coord, &info.extensions)
}

/// What [`TRANSFORM`], if it is among the extensions, makes of a set of coordinates.
pub(super) fn placed(set: usize, extensions: &Map<String, Value>) -> Place {
    let Some(extension) = extensions.get(TRANSFORM) else {
        return Place { set, transform: TextureTransform::default() };
    };
    Place {
        set: extension.get("texCoord").and_then(index).unwrap_or(set),
        transform: TextureTransform {
            offset: extension.get("offset").and_then(pair).unwrap_or([0.0; 2]),
            rotation: extension.get("rotation").and_then(number).unwrap_or(0.0),
            scale: extension.get("scale").and_then(pair).unwrap_or([1.0; 2]),
        },
    }
}

/// The first property of `KHR_texture_transform` that is there and not of its type.
fn broken_property(extension: &Value) -> Option<&'static str> {
    let is_broken = |key: &str, read: fn(&Value) -> bool| extension.get(key).is_some_and(|value| !read(value));
    let pairs = ["offset", "scale"].into_iter().find(|key| is_broken(key, |v| pair(v).is_some()));
    pairs
        .or(is_broken("rotation", |v| number(v).is_some()).then_some("rotation"))
        .or(is_broken("texCoord", |v| index(v).is_some()).then_some("texCoord"))
}

fn number(value: &Value) -> Option<f32> {
    value.as_f64().map(|v| v as f32).filter(|v| v.is_finite())
}

fn pair(value: &Value) -> Option<[f32; 2]> {
    let [x, y] = value.as_array()?.as_slice() else { return None };
    Some([number(x)?, number(y)?])
}

fn index(value: &Value) -> Option<usize> {
    value.as_u64().and_then(|n| usize::try_from(n).ok())
}

/// The sampler of a texture.
pub(super) fn sampler(texture: usize, root: &Root) -> Sampler {
    let Some(json) = root.textures.get(texture).and_then(|t| t.sampler).and_then(|s| root.samplers.get(s)) else {
        return Sampler::default();
    };
    let wrap = |code| match code {
        Some(33071) => Wrap::Clamp,
        Some(33648) => Wrap::Mirror,
        _ => Wrap::Repeat,
    };
    let (min, mip) = match json.min_filter {
        Some(9728) => (Filter::Nearest, None),
        Some(9729) => (Filter::Linear, None),
        Some(9984) => (Filter::Nearest, Some(Filter::Nearest)),
        Some(9985) => (Filter::Linear, Some(Filter::Nearest)),
        Some(9986) => (Filter::Nearest, Some(Filter::Linear)),
        _ => (Filter::Linear, Some(Filter::Linear)),
    };
    let mag = if json.mag_filter == Some(9728) { Filter::Nearest } else { Filter::Linear };
    Sampler { wrap_s: wrap(json.wrap_s), wrap_t: wrap(json.wrap_t), mag, min, mip }
}

/// What the two sets of coordinates of a primitive are made of.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Coordinates {
    first: Place,
    second: Option<Place>,
}

impl Default for Coordinates {
    /// `TEXCOORD_0` alone, as it is.
    fn default() -> Self {
        Self { first: Place { set: 0, transform: TextureTransform::default() }, second: None }
    }
}

impl Coordinates {
    /// Assigns coordinates to the textures of a material, the first one first.
    ///
    /// Up to two different places fit into the two sets with their transforms done, and then no renderer has to know
    /// about transforms. Of more places, the sets stay as they are in the file and each texture keeps its transform.
    pub(super) fn assign<const N: usize>(textures: [Option<Placed>; N]) -> ([Option<TextureRef>; N], Self) {
        let mut places: Vec<Place> = Vec::new();
        for texture in textures.iter().flatten() {
            if !places.contains(&texture.place) {
                places.push(texture.place);
            }
        }
        let done = places.len() <= 2;
        if !done {
            let raw = |p: &Place| Place { set: p.set, transform: TextureTransform::default() };
            let mut sets: Vec<Place> = Vec::new();
            for place in places.iter().map(raw) {
                if !sets.contains(&place) {
                    sets.push(place);
                }
            }
            places = sets;
        }
        let refs = textures.map(|texture| {
            let Placed { image, sampler, place } = texture?;
            let is = |p: &Place| if done { *p == place } else { p.set == place.set };
            let uvs = if places.first().is_some_and(is) { UvSlot::First } else { UvSlot::Second };
            let transform = (!done && !place.transform.is_identity()).then_some(place.transform);
            Some(TextureRef { image, sampler, uvs, transform })
        });
        let coordinates = match places.first() {
            Some(&first) => Self { first, second: places.get(1).copied() },
            None => Self::default(),
        };
        (refs, coordinates)
    }

    /// Whether `TEXCOORD_n` is one of them.
    pub(super) fn need(&self, n: usize) -> bool {
        self.first.set == n || self.second.is_some_and(|second| second.set == n)
    }

    /// Turns `TEXCOORD_0` and `TEXCOORD_1` into what the textures take. A set that the file lacks stays empty.
    pub(super) fn apply(&self, uvs: &mut Vec<[f32; 2]>, uvs1: &mut Vec<[f32; 2]>) {
        let sets = [std::mem::take(uvs), std::mem::take(uvs1)];
        let pick = |place: &Place| sets.get(place.set).cloned().unwrap_or_default();
        *uvs1 = self.second.as_ref().map(pick).unwrap_or_default();
        // The common case moves and does not copy.
        let [zero, one] = sets;
        *uvs = if self.first.set == 0 { zero } else { one };
        for (place, uvs) in [(Some(&self.first), uvs), (self.second.as_ref(), uvs1)] {
            if let Some(transform) = place.map(|p| p.transform).filter(|t| !t.is_identity()) {
                let matrix = transform.matrix();
                let apply = |uv: [f32; 2]| matrix.transform_point2(uv.map(f64::from).into()).as_vec2().to_array();
                uvs.iter_mut().for_each(|uv| *uv = apply(*uv));
            }
        }
    }
}

#[cfg(test)]
mod tests;
