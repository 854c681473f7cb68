//! Pictures of tiles in Bevy's words.

use bevy::{
    asset::RenderAssetUsages,
    image::{ImageAddressMode, ImageFilterMode, ImageSampler, ImageSamplerDescriptor},
    prelude::*,
    render::{
        render_resource::{AstcBlock, AstcChannel, Extent3d, TextureDimension, TextureFormat, WgpuFeatures},
        renderer::RenderDevice,
    },
};
use std::collections::HashMap;
use tiles3d::content::{ColorSpace, Filter, Picture, PictureFormat, Sampler, TextureFormats, TextureRef, Wrap};

/// Texels along a line that a surface seen at a low angle is averaged over.
const ANISOTROPY: u16 = 8;

/// The compressed formats that a device takes; none where there is no device.
pub(super) fn texture_formats(device: Option<&RenderDevice>) -> TextureFormats {
    let has = |feature| device.is_some_and(|d| d.features().contains(feature));
    TextureFormats {
        bc: has(WgpuFeatures::TEXTURE_COMPRESSION_BC),
        etc2: has(WgpuFeatures::TEXTURE_COMPRESSION_ETC2),
        astc: has(WgpuFeatures::TEXTURE_COMPRESSION_ASTC),
    }
}

/// The textures of a tile: a picture in each way that it is read.
pub(super) struct Textures<'a> {
    pictures: Vec<Option<Picture>>,
    made: HashMap<(usize, Sampler), Handle<Image>>,
    images: &'a mut Assets<Image>,
}

impl<'a> Textures<'a> {
    pub(super) fn new(pictures: Vec<Picture>, images: &'a mut Assets<Image>) -> Self {
        Self { pictures: pictures.into_iter().map(Some).collect(), made: HashMap::new(), images }
    }

    /// The texture that a material refers to.
    pub(super) fn get(&mut self, texture: Option<&TextureRef>) -> Option<Handle<Image>> {
        let TextureRef { image: index, sampler, .. } = *texture?;
        if let Some(known) = self.made.get(&(index, sampler)) {
            return Some(known.clone());
        }
        let picture = self.pictures.get_mut(index)?.take();
        let made = match picture {
            Some(picture) => image(picture, sampler),
            // Read in another way already.
            None => {
                let other = self.made.iter().find(|((i, _), _)| *i == index)?.1;
                let mut copy = self.images.get(other)?.clone();
                copy.sampler = image_sampler(sampler);
                copy
            }
        };
        let handle = self.images.add(made);
        self.made.insert((index, sampler), handle.clone());
        Some(handle)
    }
}

/// A picture with all its levels.
fn image(picture: Picture, sampler: Sampler) -> Image {
    let size = Extent3d { width: picture.width, height: picture.height, depth_or_array_layers: 1 };
    let format = texture_format(picture.format, picture.space);
    let mut image = Image::new_uninit(size, TextureDimension::D2, format, RenderAssetUsages::RENDER_WORLD);
    image.texture_descriptor.mip_level_count = picture.levels;
    image.data = Some(picture.data);
    image.sampler = image_sampler(sampler);
    image
}

fn image_sampler(sampler: Sampler) -> ImageSampler {
    let address = |wrap| match wrap {
        Wrap::Repeat => ImageAddressMode::Repeat,
        Wrap::Mirror => ImageAddressMode::MirrorRepeat,
        Wrap::Clamp => ImageAddressMode::ClampToEdge,
    };
    let filter = |filter| match filter {
        Filter::Nearest => ImageFilterMode::Nearest,
        Filter::Linear => ImageFilterMode::Linear,
    };
    // Many writers ask for a linear filter without levels by habit. Far walls would shimmer: they get the levels.
    let mip = match sampler.min {
        Filter::Linear => sampler.mip.or(Some(Filter::Linear)),
        Filter::Nearest => sampler.mip,
    };
    let sampler = Sampler { mip, ..sampler };
    let smooth = sampler == Sampler { wrap_s: sampler.wrap_s, wrap_t: sampler.wrap_t, ..Sampler::default() };
    ImageSampler::Descriptor(ImageSamplerDescriptor {
        address_mode_u: address(sampler.wrap_s),
        address_mode_v: address(sampler.wrap_t),
        mag_filter: filter(sampler.mag),
        min_filter: filter(sampler.min),
        mipmap_filter: filter(sampler.mip.unwrap_or(Filter::Nearest)),
        lod_max_clamp: if sampler.mip.is_some() { 32.0 } else { 0.0 },
        anisotropy_clamp: if smooth { ANISOTROPY } else { 1 },
        ..default()
    })
}

fn texture_format(format: PictureFormat, space: ColorSpace) -> TextureFormat {
    let astc = |channel| TextureFormat::Astc { block: AstcBlock::B4x4, channel };
    match (format, space) {
        (PictureFormat::Rgba8, ColorSpace::Srgb) => TextureFormat::Rgba8UnormSrgb,
        (PictureFormat::Rgba8, ColorSpace::Linear) => TextureFormat::Rgba8Unorm,
        (PictureFormat::Bc1, ColorSpace::Srgb) => TextureFormat::Bc1RgbaUnormSrgb,
        (PictureFormat::Bc1, ColorSpace::Linear) => TextureFormat::Bc1RgbaUnorm,
        (PictureFormat::Bc3, ColorSpace::Srgb) => TextureFormat::Bc3RgbaUnormSrgb,
        (PictureFormat::Bc3, ColorSpace::Linear) => TextureFormat::Bc3RgbaUnorm,
        (PictureFormat::Bc7, ColorSpace::Srgb) => TextureFormat::Bc7RgbaUnormSrgb,
        (PictureFormat::Bc7, ColorSpace::Linear) => TextureFormat::Bc7RgbaUnorm,
        (PictureFormat::Etc2Rgb, ColorSpace::Srgb) => TextureFormat::Etc2Rgb8UnormSrgb,
        (PictureFormat::Etc2Rgb, ColorSpace::Linear) => TextureFormat::Etc2Rgb8Unorm,
        (PictureFormat::Etc2Rgba, ColorSpace::Srgb) => TextureFormat::Etc2Rgba8UnormSrgb,
        (PictureFormat::Etc2Rgba, ColorSpace::Linear) => TextureFormat::Etc2Rgba8Unorm,
        (PictureFormat::Astc4x4, ColorSpace::Srgb) => astc(AstcChannel::UnormSrgb),
        (PictureFormat::Astc4x4, ColorSpace::Linear) => astc(AstcChannel::Unorm),
    }
}
