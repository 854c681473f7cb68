//! From a decoded tile to what the renderer and the picker want. Runs off the render thread.

use super::{bvh::Bvh, surface::Surface};
use bevy::{
    asset::RenderAssetUsages,
    image::{ImageAddressMode, ImageFilterMode, ImageSampler, ImageSamplerDescriptor},
    math::{DMat3, DMat4, DVec3},
    mesh::{Indices, PrimitiveTopology},
    prelude::*,
    render::render_resource::{AstcBlock, AstcChannel, Extent3d, TextureDimension, TextureFormat},
};
use std::collections::HashMap;
use tiles3d::{
    DecodedTile, FeatureTable,
    content::{
        ColorSpace, Filter, Picture, PictureFormat, Primitive, PrimitiveMode, Sampler, TextureRef, TileMaterial, Wrap,
    },
};

/// One draw of a tile.
#[derive(Debug)]
pub(super) struct PreparedMesh {
    /// Render-world mesh relative to the tile's anchor, render axes.
    pub(super) mesh: Mesh,
    /// How it looks; its image is an index into [`PreparedTile::images`].
    pub(super) material: TileMaterial,
}

/// One content of a tile, ready to be put into the world.
#[derive(Debug)]
pub(super) struct PreparedTile {
    /// Where it stands, site metres.
    pub(super) anchor: DVec3,
    /// What to draw.
    pub(super) meshes: Vec<PreparedMesh>,
    /// Pictures of the materials.
    pub(super) images: Vec<Image>,
    /// Its features and their properties.
    pub(super) features: FeatureTable,
    /// Feature by the text of its key.
    pub(super) keys: HashMap<String, u32>,
    /// For rays.
    pub(super) pick: Bvh,
    /// Memory it takes, bytes.
    pub(super) bytes: u64,
}

/// Turns `tile` into render axes with `render_from_tile` (f64) and its parts into as few meshes as possible: all plain
/// opaque surfaces become one.
pub(super) fn prepare(tile: DecodedTile, render_from_tile: &DMat4) -> PreparedTile {
    let bytes = tile.byte_size() as u64;
    let anchor = render_from_tile.transform_point3(tile.origin);
    let turn = DMat3::from_mat4(*render_from_tile);
    let turn = Turn { points: turn, normals: turn.inverse().transpose(), mirrored: turn.determinant() < 0.0 };
    let mut pick = PickArrays::default();
    let mut merged = Arrays::default();
    let mut meshes = Vec::new();
    for primitive in &tile.primitives {
        let fallback = TileMaterial::default();
        let material = tile.materials.get(primitive.material).unwrap_or(&fallback);
        let surface = Surface::from_name(&material.name);
        if primitive.mode == PrimitiveMode::Triangles {
            pick.add(primitive, &turn);
        }
        if surface != Surface::Plain && primitive.mode == PrimitiveMode::Triangles && !material.blend {
            merged.add(primitive, material, surface, &turn, anchor);
        } else {
            let mut arrays = Arrays::default();
            arrays.add(primitive, material, surface, &turn, anchor);
            meshes.push(PreparedMesh { mesh: arrays.into_mesh(primitive.mode), material: material.clone() });
        }
    }
    if !merged.indices.is_empty() {
        let material = TileMaterial { name: "city".into(), metallic: 0.0, roughness: 0.88, ..default() };
        meshes.push(PreparedMesh { mesh: merged.into_mesh(PrimitiveMode::Triangles), material });
    }
    let keys = (0..tile.features.count())
        .filter_map(|f| match tile.features.get(f, "key")? {
            tiles3d::Value::String(key) => Some((key, f)),
            _ => None,
        })
        .collect();
    let mut samplers = vec![Sampler::default(); tile.images.len()];
    // The first texture that shows a picture comes last.
    let textures: Vec<&TextureRef> = tile.materials.iter().flat_map(TileMaterial::textures).collect();
    for texture in textures.into_iter().rev() {
        if let Some(sampler) = samplers.get_mut(texture.image) {
            *sampler = texture.sampler;
        }
    }
    let images = tile.images.into_iter().zip(samplers).map(|(picture, sampler)| image(picture, sampler)).collect();
    PreparedTile { anchor, meshes, images, keys, features: tile.features, pick: pick.build(), bytes }
}

struct Turn {
    points: DMat3,
    normals: DMat3,
    mirrored: bool,
}

impl Turn {
    fn point(&self, p: [f32; 3]) -> [f32; 3] {
        (self.points * DVec3::from(p.map(f64::from))).as_vec3().to_array()
    }

    fn normal(&self, n: [f32; 3]) -> [f32; 3] {
        (self.normals * DVec3::from(n.map(f64::from))).as_vec3().normalize_or(Vec3::Y).to_array()
    }

    /// Triangles of a mirrored transform are turned round, so that their front stays their front.
    fn indices(&self, primitive: &Primitive, base: u32, out: &mut Vec<u32>) {
        let from = out.len();
        out.extend(primitive.indices.iter().map(|i| i + base));
        if self.mirrored && primitive.mode == PrimitiveMode::Triangles {
            for triangle in out[from..].chunks_exact_mut(3) {
                triangle.swap(1, 2);
            }
        }
    }
}

#[derive(Default)]
struct Arrays {
    positions: Vec<[f32; 3]>,
    normals: Vec<[f32; 3]>,
    uvs: Vec<[f32; 2]>,
    marks: Vec<[f32; 2]>,
    colors: Vec<[f32; 4]>,
    indices: Vec<u32>,
}

impl Arrays {
    fn add(&mut self, p: &Primitive, material: &TileMaterial, surface: Surface, turn: &Turn, anchor: DVec3) {
        let base = self.positions.len() as u32;
        self.positions.extend(p.positions.iter().map(|&v| turn.point(v)));
        if p.normals.len() == p.positions.len() {
            self.normals.extend(p.normals.iter().map(|&n| turn.normal(n)));
        } else {
            self.normals.resize(self.positions.len(), [0.0, 1.0, 0.0]);
        }
        let from = base as usize;
        match surface {
            Surface::Plain if p.uvs.len() == p.positions.len() => self.uvs.extend(&p.uvs),
            Surface::Plain => self.uvs.resize(self.positions.len(), [0.0; 2]),
            Surface::Building => {
                let wall = |(v, n): (&[f32; 3], &[f32; 3])| {
                    let along = Vec2::new(-n[2], n[0]).normalize_or(Vec2::X);
                    [along.dot(Vec2::new(v[0], v[2])), v[1] + anchor.y as f32 + drop_m(v, anchor)]
                };
                let made: Vec<_> = self.positions[from..].iter().zip(&self.normals[from..]).map(wall).collect();
                self.uvs.extend(made);
            }
            // Patterns on the ground go on from tile to tile; the remainder keeps f32 precise.
            _ => {
                let shift = [anchor.x.rem_euclid(4096.0) as f32, anchor.z.rem_euclid(4096.0) as f32];
                let made: Vec<_> = self.positions[from..].iter().map(|v| [v[0] + shift[0], v[2] + shift[1]]).collect();
                self.uvs.extend(made);
            }
        }
        let factor = material.base_color;
        let colors = (0..p.positions.len()).map(|i| {
            let c = p.colors.get(i).copied().unwrap_or([1.0; 4]);
            std::array::from_fn(|k| c[k] * factor[k])
        });
        self.colors.extend(colors);
        let mark = f32::from(surface as u8);
        let features = (0..p.positions.len()).map(|i| [p.feature_ids.get(i).map_or(-1.0, |f| *f as f32), mark]);
        self.marks.extend(features);
        turn.indices(p, base, &mut self.indices);
    }

    fn into_mesh(self, mode: PrimitiveMode) -> Mesh {
        let topology = match mode {
            PrimitiveMode::Triangles => PrimitiveTopology::TriangleList,
            PrimitiveMode::Lines => PrimitiveTopology::LineList,
            PrimitiveMode::Points => PrimitiveTopology::PointList,
        };
        Mesh::new(topology, RenderAssetUsages::RENDER_WORLD)
            .with_inserted_attribute(Mesh::ATTRIBUTE_POSITION, self.positions)
            .with_inserted_attribute(Mesh::ATTRIBUTE_NORMAL, self.normals)
            .with_inserted_attribute(Mesh::ATTRIBUTE_UV_0, self.uvs)
            .with_inserted_attribute(Mesh::ATTRIBUTE_UV_1, self.marks)
            .with_inserted_attribute(Mesh::ATTRIBUTE_COLOR, self.colors)
            .with_inserted_indices(Indices::U32(self.indices))
    }
}

/// Metres that the earth's surface has fallen below the site's horizontal plane: heights of walls count from there.
fn drop_m(v: &[f32; 3], anchor: DVec3) -> f32 {
    let (x, z) = (anchor.x + f64::from(v[0]), anchor.z + f64::from(v[2]));
    ((x * x + z * z) / (2.0 * 6_371_000.0)) as f32
}

#[derive(Default)]
struct PickArrays {
    positions: Vec<[f32; 3]>,
    indices: Vec<u32>,
    /// Features by ranges of triangles would need sorting: one number a vertex is simpler and small enough.
    features: Vec<u32>,
}

impl PickArrays {
    fn add(&mut self, p: &Primitive, turn: &Turn) {
        let base = self.positions.len() as u32;
        self.positions.extend(p.positions.iter().map(|&v| turn.point(v)));
        self.features.extend((0..p.positions.len()).map(|i| p.feature_ids.get(i).copied().unwrap_or(u32::MAX)));
        turn.indices(p, base, &mut self.indices);
    }

    fn build(self) -> Bvh {
        Bvh::new(self.positions, self.indices, self.features)
    }
}

/// A picture with all its levels, read as the first texture that shows it asks for.
fn image(picture: Picture, sampler: Sampler) -> Image {
    let size = Extent3d { width: picture.width, height: picture.height, depth_or_array_layers: 1 };
    let format = texture_format(picture.format, picture.space);
    let mut image = Image::new_uninit(size, TextureDimension::D2, format, RenderAssetUsages::RENDER_WORLD);
    image.texture_descriptor.mip_level_count = picture.levels;
    image.data = Some(picture.data);
    let address = |wrap| match wrap {
        Wrap::Repeat => ImageAddressMode::Repeat,
        Wrap::Mirror => ImageAddressMode::MirrorRepeat,
        Wrap::Clamp => ImageAddressMode::ClampToEdge,
    };
    let filter = |filter| match filter {
        Filter::Nearest => ImageFilterMode::Nearest,
        Filter::Linear => ImageFilterMode::Linear,
    };
    image.sampler = ImageSampler::Descriptor(ImageSamplerDescriptor {
        address_mode_u: address(sampler.wrap_s),
        address_mode_v: address(sampler.wrap_t),
        mag_filter: filter(sampler.mag),
        min_filter: filter(sampler.min),
        mipmap_filter: filter(sampler.mip.unwrap_or(Filter::Nearest)),
        lod_max_clamp: if sampler.mip.is_some() { 32.0 } else { 0.0 },
        ..default()
    });
    image
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
