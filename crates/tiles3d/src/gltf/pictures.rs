//! The pictures of a glTF: each is decoded when something first asks for it, and once for each use.

use super::{
    accessor::Source,
    buffer::resolve,
    image::{self, Budget, Want},
    json::Texture,
};
use crate::{
    Diagnostic,
    content::{ColorSpace, DecodeError, DecodeOptions, DecodedTile, FetchExternal, Picture},
};
use serde_json::Value;
use std::{
    borrow::Cow,
    collections::{BTreeMap, HashMap},
    rc::Rc,
};

/// The pictures that are there so far, and the way to get more.
pub(super) struct Pictures<'s, 'f, 'e> {
    source: &'s Source<'s>,
    options: DecodeOptions,
    fetch: &'f mut FetchExternal<'e>,
    budget: Budget,
    /// The first image with the same bytes, by image.
    same: Vec<usize>,
    shown: BTreeMap<(usize, ColorSpace), Option<usize>>,
    exact: BTreeMap<usize, Option<Rc<Picture>>>,
    images: Vec<Picture>,
    /// Pictures of data, by image and in their order.
    data_index: BTreeMap<usize, Option<usize>>,
    data: Vec<Picture>,
    found: Vec<Diagnostic>,
}

impl<'s, 'f, 'e> Pictures<'s, 'f, 'e> {
    pub(super) fn new(source: &'s Source<'s>, options: &DecodeOptions, fetch: &'f mut FetchExternal<'e>) -> Self {
        let mut first = HashMap::new();
        let same = source
            .root
            .images
            .iter()
            .enumerate()
            .map(|(i, image)| *first.entry((image.uri.as_deref(), image.buffer_view)).or_insert(i));
        Self {
            source,
            options: *options,
            same: same.collect(),
            fetch,
            budget: Budget::new(options.max_decoded_bytes),
            shown: BTreeMap::new(),
            exact: BTreeMap::new(),
            images: Vec::new(),
            data_index: BTreeMap::new(),
            data: Vec::new(),
            found: Vec::new(),
        }
    }

    pub(super) fn source(&self) -> &'s Source<'s> {
        self.source
    }

    /// A texture's picture for the renderer, as an index into [`Pictures::finish`]'s pictures; `None` when it cannot be
    /// had, which has been noted.
    pub(super) fn shown(&mut self, texture: usize, space: ColorSpace) -> Option<usize> {
        let want = Want::shown(space, &self.options);
        self.each(texture, |pictures, image| {
            if let Some(known) = pictures.shown.get(&(image, space)) {
                return *known;
            }
            let index = pictures.decode(image, want).map(|picture| pictures.push(picture));
            pictures.shown.insert((image, space), index);
            index
        })
    }

    /// A texture's picture of data (feature ids, properties) as its file has it, as an index into [`Pictures::data`];
    /// `None` when it cannot be had, which has been noted.
    pub(super) fn data_of(&mut self, texture: usize) -> Option<usize> {
        self.each(texture, |pictures, image| {
            if let Some(known) = pictures.data_index.get(&image) {
                return *known;
            }
            let index = pictures.decode(image, Want::exact()).map(|picture| {
                pictures.data.push(picture);
                pictures.data.len() - 1
            });
            pictures.data_index.insert(image, index);
            index
        })
    }

    /// The pictures of data so far.
    pub(super) fn data(&self) -> &[Picture] {
        &self.data
    }

    /// A texture's picture as its file has it: RGBA of 8 bits, the largest level, colours not converted; for materials
    /// that are computed from pictures. `None` when it cannot be had, which has been noted.
    pub(super) fn exact(&mut self, texture: usize) -> Option<Rc<Picture>> {
        self.each(texture, |pictures, image| {
            if let Some(known) = pictures.exact.get(&image) {
                return known.clone();
            }
            let picture = pictures.decode(image, Want::exact()).map(Rc::new);
            pictures.exact.insert(image, picture.clone());
            picture
        })
    }

    /// Adds a picture that was computed; it gets its smaller levels here.
    pub(super) fn add(&mut self, picture: Picture) -> Result<usize, DecodeError> {
        let levels = if self.options.mips { Picture::full_levels(picture.width, picture.height) } else { 1 };
        self.budget.take(picture.format.bytes(picture.width, picture.height, levels))?;
        Ok(self.push(if self.options.mips { picture.with_mips() } else { picture }))
    }

    pub(super) fn note(&mut self, code: &'static str, place: impl Into<String>, message: impl Into<String>) {
        self.found.push(Diagnostic::new(code, place, message));
    }

    /// Gives the tile the pictures; what was wrong with them.
    pub(super) fn finish(self, tile: &mut DecodedTile) -> Vec<Diagnostic> {
        (tile.images, tile.data_images) = (self.images, self.data);
        self.found
    }

    fn push(&mut self, picture: Picture) -> usize {
        self.images.push(picture);
        self.images.len() - 1
    }

    /// Tries the images of a texture until one can be used.
    fn each<T>(&mut self, texture: usize, mut get: impl FnMut(&mut Self, usize) -> Option<T>) -> Option<T> {
        let Some(texture) = self.source.root.textures.get(texture) else {
            self.note("texture-missing", format!("texture {texture}"), "there is no such texture; left out");
            return None;
        };
        for image in images(texture) {
            let Some(image) = self.same.get(image).copied() else {
                self.note("image-missing", format!("image {image}"), "there is no such image; left out");
                continue;
            };
            if let Some(picture) = get(self, image) {
                return Some(picture);
            }
        }
        None
    }

    fn decode(&mut self, index: usize, want: Want) -> Option<Picture> {
        let image = self.source.root.images.get(index)?;
        let bytes = match (&image.uri, image.buffer_view) {
            (Some(uri), _) => resolve(uri, self.fetch).map(Cow::Owned),
            (None, Some(view)) => self.source.view(view).map(Cow::Borrowed),
            (None, None) => Err(DecodeError::malformed("glTF image", "it has neither a URI nor a buffer view")),
        };
        match bytes.and_then(|bytes| image::decode(&bytes, want, &mut self.budget)) {
            Ok(picture) => Some(picture),
            Err(e) => {
                self.note("image-broken", format!("image {index}"), format!("{e}; left out"));
                None
            }
        }
    }
}

/// The images of a texture, the best first: those of `KHR_texture_basisu` and `EXT_texture_webp` before the one that is
/// there for readers that know neither.
fn images(texture: &Texture) -> impl Iterator<Item = usize> {
    let extension = |name: &str| {
        let index = texture.extensions.get(name)?.get("source").and_then(Value::as_u64)?;
        usize::try_from(index).ok()
    };
    [extension("KHR_texture_basisu"), extension("EXT_texture_webp"), texture.source].into_iter().flatten()
}
