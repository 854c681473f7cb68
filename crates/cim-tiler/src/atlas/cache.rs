//! Decoded pictures, a few at a time.

use crate::picture::Picture;
use image::RgbaImage;
use std::{collections::BTreeSet, sync::Arc};

/// Bytes of decoded pictures that all hands keep, beside those in use.
const KEPT_BYTES: usize = 256 << 20;

/// The pictures that were used last.
#[derive(Debug)]
pub(crate) struct Cache {
    /// Bytes that are kept.
    most: usize,
    /// The one that was used last at the end.
    kept: Vec<(usize, Arc<RgbaImage>)>,
    damaged: BTreeSet<usize>,
}

impl Cache {
    /// One of so many that are in use at a time.
    pub(crate) fn new(of: usize) -> Self {
        Self { most: KEPT_BYTES / of.max(1), kept: Vec::new(), damaged: BTreeSet::new() }
    }

    /// A picture's pixels; `None` when its file is damaged.
    pub(super) fn get(&mut self, pictures: &[Picture], number: usize) -> Option<&RgbaImage> {
        if self.damaged.contains(&number) {
            return None;
        }
        if let Some(at) = self.kept.iter().position(|(n, _)| *n == number) {
            let last = self.kept.remove(at);
            self.kept.push(last);
        } else {
            let Some(pixels) = pictures.get(number).and_then(Picture::decode) else {
                self.damaged.insert(number);
                return None;
            };
            let bytes = |p: &RgbaImage| p.as_raw().len();
            let mut all = self.kept.iter().map(|(_, p)| bytes(p)).sum::<usize>();
            while all > self.most {
                all -= bytes(&self.kept.remove(0).1);
            }
            self.kept.push((number, pixels));
        }
        self.kept.last().map(|(_, pixels)| &**pixels)
    }
}
