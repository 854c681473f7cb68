//! Pictures of a glTF.

use super::{accessor::Source, buffer::resolve};
use crate::{
    Diagnostic,
    content::{DecodeError, DecodeOptions, FetchExternal, RgbaImage},
};
use std::borrow::Cow;

/// Every picture, in the order of the file; a broken one is white.
pub(super) fn images(
    source: &Source<'_>,
    found: &mut Vec<Diagnostic>,
    options: &DecodeOptions,
    fetch: &mut FetchExternal<'_>,
) -> Result<Vec<RgbaImage>, DecodeError> {
    let mut out = Vec::new();
    for (i, image) in source.root.images.iter().enumerate() {
        let bytes = match (&image.uri, image.buffer_view) {
            (Some(uri), _) => resolve(uri, fetch).map(Cow::Owned),
            (None, Some(view)) => source.view(view).map(Cow::Borrowed),
            (None, None) => Err(DecodeError::Truncated { what: "glTF image" }),
        };
        let decoded = bytes.and_then(|b| {
            let mut reader = image::ImageReader::new(std::io::Cursor::new(b.as_ref()))
                .with_guessed_format()
                .map_err(|e| DecodeError::malformed("glTF image", e))?;
            let mut limits = image::Limits::default();
            limits.max_alloc = Some(options.max_decoded_bytes as u64);
            limits.max_image_width = Some(16_384);
            limits.max_image_height = Some(16_384);
            reader.limits(limits);
            reader.decode().map_err(|e| DecodeError::malformed("glTF image", e))
        });
        out.push(match decoded {
            Ok(picture) => {
                let rgba = picture.into_rgba8();
                RgbaImage { width: rgba.width(), height: rgba.height(), rgba8: rgba.into_raw() }
            }
            Err(e) => {
                found.push(Diagnostic::new("image-broken", format!("image {i}"), format!("{e}; drawn white")));
                RgbaImage { width: 1, height: 1, rgba8: vec![255; 4] }
            }
        });
    }
    Ok(out)
}
