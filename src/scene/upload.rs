//! A prepared tile in Bevy's words: meshes, pictures and entities, hidden until they are selected.

use super::{
    frame::Anchor,
    outlines::{self, OutlineMaterial},
    picture::Textures,
    points::{self, PointMaterial},
    style::HIDDEN,
    surface::{CityExtension, CityMaterial},
};
use bevy::{
    asset::RenderAssetUsages,
    camera::primitives::Aabb,
    ecs::system::SystemParam,
    image::ImageSampler,
    light::{NotShadowCaster, NotShadowReceiver},
    mesh::{Indices, MeshTag, MeshVertexAttribute, PrimitiveTopology, UvChannel, VertexAttributeValues, VertexFormat},
    prelude::*,
    render::render_resource::{Extent3d, Face, TextureDimension, TextureFormat},
};
use cim_scene::{MeshArrays, PreparedTile, RayHit, Surface};
use tiles3d::content::{PrimitiveMode, TextureRef, TileMaterial, UvSlot};
use url::Url;

/// Features in a row of a state texture.
const STATE_WIDTH: u32 = 256;

/// A tile in the world.
pub(super) struct Shown {
    pub(super) entities: Vec<Entity>,
    pub(super) parts: Vec<ShownPart>,
}

/// One content of a tile in the world.
pub(super) struct ShownPart {
    /// Which of the tile's contents it is of.
    pub(super) content: Url,
    pub(super) prepared: PreparedTile,
    pub(super) state: Handle<Image>,
    pub(super) materials: Vec<Handle<CityMaterial>>,
    /// What the style says of each feature: the state texture without highlights. Empty until it has been asked.
    pub(super) styled: Vec<[u8; 4]>,
    /// Whether its materials let the style leave features out, of the picture and of the shadows.
    pub(super) sieved: bool,
}

impl ShownPart {
    /// The first thing that a ray hits of what the style shows.
    pub(super) fn cast(&self, origin: Vec3, direction: Vec3, limit: f32) -> Option<RayHit> {
        let shown = |feature: u32| self.styled.get(feature as usize).is_none_or(|t| t[3] != HIDDEN);
        self.prepared.pick.cast_where(origin, direction, limit, shown)
    }
}

/// What arriving tiles need from the world.
#[derive(SystemParam)]
pub(super) struct Stage<'w, 's> {
    commands: Commands<'w, 's>,
    meshes: ResMut<'w, Assets<Mesh>>,
    materials: ResMut<'w, Assets<CityMaterial>>,
    clouds: ResMut<'w, Assets<PointMaterial>>,
    outlines: ResMut<'w, Assets<OutlineMaterial>>,
    images: ResMut<'w, Assets<Image>>,
}

/// A state texture for so many features, all blank.
pub(super) fn state_image(features: u32) -> Image {
    let rows = features.div_ceil(STATE_WIDTH).max(1);
    let size = Extent3d { width: STATE_WIDTH, height: rows, depth_or_array_layers: 1 };
    let format = TextureFormat::Rgba8Unorm;
    let usage = RenderAssetUsages::MAIN_WORLD | RenderAssetUsages::RENDER_WORLD;
    let mut image = Image::new_fill(size, TextureDimension::D2, &[0; 4], format, usage);
    image.sampler = ImageSampler::nearest();
    image
}

impl Shown {
    /// Puts the contents of a tile into the world.
    pub(super) fn new(contents: Vec<(Url, PreparedTile)>, blank: &Handle<Image>, stage: &mut Stage<'_, '_>) -> Self {
        let mut shown = Self { entities: Vec::new(), parts: Vec::new() };
        for (content, prepared) in contents {
            shown.add(content, prepared, blank, stage);
        }
        shown
    }

    fn add(&mut self, content: Url, mut prepared: PreparedTile, blank: &Handle<Image>, stage: &mut Stage<'_, '_>) {
        let count = prepared.features.count();
        let state = if count == 0 { blank.clone() } else { stage.images.add(state_image(count)) };
        let mut textures = Textures::new(std::mem::take(&mut prepared.images), &mut stage.images);
        let mut materials = Vec::new();
        for piece in prepared.pieces.drain(..) {
            let windows = if piece.material.name == "city" { 1.0 } else { 0.0 };
            let extension = CityExtension {
                light: Vec4::new(
                    0.0,
                    if count == 0 { 0.0 } else { 1.0 },
                    windows,
                    if piece.arrays.uvs1.is_empty() { 0.0 } else { 1.0 },
                ),
                detail: Vec4::new(piece.material.normal_scale, piece.material.occlusion_strength, 0.0, 0.0),
                state: state.clone(),
            };
            let material =
                stage.materials.add(CityMaterial { base: standard(&piece.material, &mut textures), extension });
            materials.push(material.clone());
            let looks = (Visibility::Hidden, Mesh3d(stage.meshes.add(mesh(piece.arrays))), MeshMaterial3d(material));
            let mut put = |mut entity: EntityCommands<'_>| {
                if piece.material.unlit || is_lamplight(&piece.material) {
                    entity.insert((NotShadowCaster, NotShadowReceiver));
                }
                self.entities.push(entity.id());
            };
            for copy in &piece.copies {
                let transform = Transform { rotation: copy.rotation, scale: copy.scale, ..default() };
                let tag = MeshTag(copy.feature.unwrap_or_default());
                put(stage.commands.spawn((Anchor(copy.anchor), transform, tag, looks.clone())));
            }
            if piece.copies.is_empty() {
                let mut entity = stage.commands.spawn((Anchor(prepared.anchor), looks));
                if let Some((low, high)) = prepared.pick.bounds() {
                    entity.insert(Aabb::from_min_max(low, high));
                }
                put(entity);
            }
        }
        for cloud in prepared.clouds.drain(..) {
            let material = PointMaterial::new(cloud.spacing_m, state.clone(), count > 0);
            let entity = stage.commands.spawn((
                Anchor(prepared.anchor),
                Visibility::Hidden,
                Mesh3d(stage.meshes.add(points::mesh(cloud.positions, cloud.packed))),
                MeshMaterial3d(stage.clouds.add(material)),
                Aabb::from_min_max(cloud.low, cloud.high),
                NotShadowCaster,
                NotShadowReceiver,
            ));
            self.entities.push(entity.id());
        }
        let edges = std::mem::take(&mut prepared.outlines);
        if !edges.positions.is_empty() {
            let entity = stage.commands.spawn((
                Anchor(prepared.anchor),
                Visibility::Hidden,
                Mesh3d(stage.meshes.add(outlines::mesh(edges))),
                MeshMaterial3d(stage.outlines.add(OutlineMaterial::new(state.clone(), count > 0))),
                NotShadowCaster,
                NotShadowReceiver,
            ));
            self.entities.push(entity.id());
        }
        self.parts.push(ShownPart { content, prepared, state, materials, styled: Vec::new(), sieved: false });
    }
}

/// What the pipelines know as normals and colours, packed.
const NORMAL: MeshVertexAttribute = MeshVertexAttribute { format: VertexFormat::Snorm16x4, ..Mesh::ATTRIBUTE_NORMAL };
const COLOR: MeshVertexAttribute = MeshVertexAttribute { format: VertexFormat::Unorm16x4, ..Mesh::ATTRIBUTE_COLOR };

fn mesh(arrays: MeshArrays) -> Mesh {
    let topology = match arrays.mode {
        PrimitiveMode::Triangles => PrimitiveTopology::TriangleList,
        PrimitiveMode::Lines => PrimitiveTopology::LineList,
        PrimitiveMode::Points => PrimitiveTopology::PointList,
    };
    let uv_1 = if arrays.uvs1.is_empty() { arrays.marks } else { arrays.uvs1 };
    let mut mesh = Mesh::new(topology, RenderAssetUsages::RENDER_WORLD)
        .with_inserted_attribute(Mesh::ATTRIBUTE_POSITION, arrays.positions)
        .with_inserted_attribute(NORMAL, VertexAttributeValues::Snorm16x4(arrays.normals))
        .with_inserted_attribute(Mesh::ATTRIBUTE_UV_0, arrays.uvs)
        .with_inserted_attribute(Mesh::ATTRIBUTE_UV_1, uv_1)
        .with_inserted_attribute(COLOR, VertexAttributeValues::Unorm16x4(arrays.colors))
        .with_inserted_indices(Indices::U32(arrays.indices));
    if !arrays.tangents.is_empty() {
        mesh.insert_attribute(Mesh::ATTRIBUTE_TANGENT, arrays.tangents);
    }
    mesh
}

/// A glTF material in Bevy's words. The colour is in the vertices already.
fn standard(material: &TileMaterial, textures: &mut Textures<'_>) -> StandardMaterial {
    let channel = |texture: &Option<TextureRef>| match texture.as_ref().map(|t| t.uvs) {
        Some(UvSlot::Second) => UvChannel::Uv1,
        _ => UvChannel::Uv0,
    };
    StandardMaterial {
        base_color: Color::WHITE,
        base_color_channel: channel(&material.base_color_texture),
        base_color_texture: textures.get(material.base_color_texture.as_ref()),
        metallic_roughness_channel: channel(&material.metallic_roughness_texture),
        metallic_roughness_texture: textures.get(material.metallic_roughness_texture.as_ref()),
        normal_map_channel: channel(&material.normal_texture),
        normal_map_texture: textures.get(material.normal_texture.as_ref()),
        occlusion_channel: channel(&material.occlusion_texture),
        occlusion_texture: textures.get(material.occlusion_texture.as_ref()),
        emissive_channel: channel(&material.emissive_texture),
        emissive_texture: textures.get(material.emissive_texture.as_ref()),
        metallic: material.metallic,
        perceptual_roughness: material.roughness,
        reflectance: 0.35,
        emissive: LinearRgba::rgb(material.emissive[0], material.emissive[1], material.emissive[2]),
        alpha_mode: match material.alpha_cutoff {
            _ if is_lamplight(material) => AlphaMode::Multiply,
            _ if material.blend => AlphaMode::Blend,
            // Alphas are rounded to 16 bits: what is as opaque as it must be may have become less.
            Some(cutoff) => AlphaMode::Mask((cutoff - 0.5 / f32::from(u16::MAX)).max(0.0)),
            None => AlphaMode::Opaque,
        },
        double_sided: material.double_sided,
        cull_mode: (!material.double_sided).then_some(Face::Back),
        unlit: material.unlit || is_lamplight(material),
        fog_enabled: !is_lamplight(material),
        // It lies on the ground.
        depth_bias: if is_lamplight(material) { 1.0 } else { 0.0 },
        ..default()
    }
}

/// Whether a surface is lit by lamps: what is seen through it is brighter at night.
fn is_lamplight(material: &TileMaterial) -> bool {
    Surface::from_name(&material.name) == Surface::Lamplight && material.textures().next().is_none()
}
