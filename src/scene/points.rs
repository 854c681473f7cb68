//! Point clouds: what a graphics card draws of a point.
//!
//! Neither WebGL2 nor WebGPU draws points larger than a pixel, so each is a triangle round a disc (`shaders/points.wgsl`).

use bevy::{
    asset::{RenderAssetUsages, load_internal_asset, uuid_handle},
    math::DVec3,
    mesh::{MeshVertexAttribute, MeshVertexBufferLayoutRef, PrimitiveTopology},
    pbr::{Material, MaterialPipeline, MaterialPipelineKey, MaterialPlugin},
    prelude::*,
    render::render_resource::{AsBindGroup, RenderPipelineDescriptor, SpecializedMeshPipelineError, VertexFormat},
    shader::{Shader, ShaderRef},
};
use tiles3d::content::Primitive;

const SHADER: Handle<Shader> = uuid_handle!("3d7cdd52-5b8e-4f4e-9d55-6a3c3c1c7a04");

/// Colour and corner, feature, normal; the shader says how they are packed.
const PACKED: MeshVertexAttribute = MeshVertexAttribute::new("CimPoint", 0x0063_696d, VertexFormat::Uint32x3);

/// Pixels that a point has at least. Fewer vanish on a wall many metres away.
const LEAST_PX: f32 = 2.5;
/// Pixels that a point has at most. More would hide what is behind it when the camera is near.
const MOST_PX: f32 = 24.0;
/// No feature, no normal.
const NONE: u32 = u32::MAX;

/// How a cloud is drawn.
#[derive(Asset, AsBindGroup, TypePath, Debug, Clone)]
pub(super) struct PointMaterial {
    /// x: least size, pixels; y: size, metres; z: greatest size, pixels; w: 1 when `state` has data.
    #[uniform(0)]
    size: Vec4,
    /// Colour (rgb) and strength (a) that a feature is tinted with; texel = feature.
    #[texture(1, sample_type = "float", filterable = false, visibility(vertex))]
    state: Handle<Image>,
}

impl PointMaterial {
    /// Points `spacing_m` metres apart.
    pub(super) fn new(spacing_m: f32, state: Handle<Image>, has_state: bool) -> Self {
        Self { size: Vec4::new(LEAST_PX, spacing_m, MOST_PX, f32::from(u8::from(has_state))), state }
    }
}

impl Material for PointMaterial {
    fn vertex_shader() -> ShaderRef {
        SHADER.into()
    }

    fn fragment_shader() -> ShaderRef {
        SHADER.into()
    }

    fn enable_prepass() -> bool {
        false
    }

    fn enable_shadows() -> bool {
        false
    }

    fn specialize(
        _: &MaterialPipeline,
        descriptor: &mut RenderPipelineDescriptor,
        layout: &MeshVertexBufferLayoutRef,
        _: MaterialPipelineKey<Self>,
    ) -> Result<(), SpecializedMeshPipelineError> {
        let attributes = [Mesh::ATTRIBUTE_POSITION.at_shader_location(0), PACKED.at_shader_location(1)];
        descriptor.vertex.buffers = vec![layout.0.get_layout(&attributes)?];
        descriptor.primitive.cull_mode = None;
        Ok(())
    }
}

pub(super) fn plugin(app: &mut App) {
    load_internal_asset!(app, SHADER, "../../shaders/points.wgsl", Shader::from_wgsl);
    app.add_plugins(MaterialPlugin::<PointMaterial>::default());
}

/// A cloud ready for the graphics card.
#[derive(Debug)]
pub(super) struct PreparedPoints {
    /// Three vertices a point, relative to the tile's anchor, render axes.
    pub(super) mesh: Mesh,
    /// Metres between neighbours, about.
    pub(super) spacing_m: f32,
    /// A box round them.
    pub(super) bounds: (Vec3, Vec3),
}

/// Packs the points of a primitive; `point` and `normal` turn into render axes, `color` is the material's factor.
pub(super) fn prepare(
    p: &Primitive,
    color: [f32; 4],
    point: impl Fn([f32; 3]) -> [f32; 3],
    normal: impl Fn([f32; 3]) -> [f32; 3],
) -> PreparedPoints {
    let mut positions = Vec::with_capacity(p.indices.len() * 3);
    let mut packed = Vec::with_capacity(p.indices.len() * 3);
    let (mut low, mut high) = (Vec3::INFINITY, Vec3::NEG_INFINITY);
    for &i in &p.indices {
        let i = i as usize;
        let Some(at) = p.positions.get(i).map(|v| point(*v)) else { continue };
        low = low.min(Vec3::from(at));
        high = high.max(Vec3::from(at));
        let own = p.colors.get(i).copied().unwrap_or([1.0; 4]);
        let bytes: [u32; 3] = std::array::from_fn(|k| encode_srgb(own[k] * color[k]));
        let rgb = bytes[0] | bytes[1] << 8 | bytes[2] << 16;
        let feature = p.feature_ids.get(i).copied().unwrap_or(NONE);
        let normal = p.normals.get(i).map_or(NONE, |n| pack_normal(normal(*n)));
        for corner in 0..3 {
            positions.push(at);
            packed.push([rgb | corner << 24, feature, normal]);
        }
    }
    let count = positions.len() / 3;
    let mesh = Mesh::new(PrimitiveTopology::TriangleList, RenderAssetUsages::RENDER_WORLD)
        .with_inserted_attribute(Mesh::ATTRIBUTE_POSITION, positions)
        .with_inserted_attribute(PACKED, bevy::mesh::VertexAttributeValues::Uint32x3(packed));
    PreparedPoints { mesh, spacing_m: spacing(low, high, count), bounds: (low, high) }
}

/// Metres between neighbours when so many points lie on the surfaces of things in a box.
fn spacing(low: Vec3, high: Vec3, count: usize) -> f32 {
    if count == 0 {
        return 0.0;
    }
    let mut extent = (high - low).as_dvec3().max(DVec3::ZERO).to_array();
    extent.sort_by(f64::total_cmp);
    ((extent[2] * extent[1].max(extent[2] * 0.05)) / count as f64).sqrt() as f32 * 1.25
}

fn encode_srgb(linear: f32) -> u32 {
    let c = linear.clamp(0.0, 1.0);
    let s = if c <= 0.003_130_8 { c * 12.92 } else { 1.055 * c.powf(1.0 / 2.4) - 0.055 };
    (s * 255.0 + 0.5) as u32
}

/// 15 bits of x, 15 of z, and whether y is upwards.
fn pack_normal(n: [f32; 3]) -> u32 {
    let part = |v: f32| ((v.clamp(-1.0, 1.0) + 1.0) * 16383.0 + 0.5) as u32;
    part(n[0]) << 17 | part(n[2]) << 2 | u32::from(n[1] >= 0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thousand_points_on_a_square_are_a_grid_apart() {
        let metres = spacing(Vec3::ZERO, Vec3::new(100.0, 3.0, 100.0), 10_000);
        assert!((metres - 1.25).abs() < 1e-4);
        assert_eq!(spacing(Vec3::INFINITY, Vec3::NEG_INFINITY, 0), 0.0);
    }

    #[test]
    fn colours_keep_all_their_eight_bits() {
        for byte in 0..=255u32 {
            let s = byte as f32 / 255.0;
            let linear = if s <= 0.04045 { s / 12.92 } else { ((s + 0.055) / 1.055).powf(2.4) };
            assert_eq!(encode_srgb(linear), byte);
        }
    }
}
