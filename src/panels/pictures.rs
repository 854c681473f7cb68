//! Pictures of cases as textures of the user interface.

use bevy::prelude::*;
use bevy_egui::egui;
use std::collections::HashMap;

/// Textures that are held; the picture of another case replaces those of the last.
const HELD: usize = 16;
/// Pixels of a picture's edge at most.
const EDGE: u32 = 4096;

/// Decoded pictures by URL.
#[derive(Resource, Default)]
pub(crate) struct Pictures {
    held: HashMap<String, Result<egui::TextureHandle, String>>,
}

impl Pictures {
    /// The texture of a picture, or why it cannot be shown.
    pub(super) fn texture(
        &mut self,
        ctx: &egui::Context,
        url: &str,
        bytes: &[u8],
    ) -> Result<egui::TextureHandle, String> {
        if self.held.len() >= HELD && !self.held.contains_key(url) {
            self.held.clear();
        }
        self.held
            .entry(url.to_owned())
            .or_insert_with(|| {
                let mut reader = image::ImageReader::new(std::io::Cursor::new(bytes))
                    .with_guessed_format()
                    .map_err(|e| e.to_string())?;
                let mut limits = image::Limits::default();
                limits.max_image_width = Some(EDGE);
                limits.max_image_height = Some(EDGE);
                reader.limits(limits);
                let picture = reader.decode().map_err(|e| e.to_string())?.to_rgba8();
                let size = [picture.width() as usize, picture.height() as usize];
                let color = egui::ColorImage::from_rgba_unmultiplied(size, picture.as_raw());
                Ok(ctx.load_texture(url, color, egui::TextureOptions::LINEAR))
            })
            .clone()
    }
}
