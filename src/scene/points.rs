//! Point clouds: what a graphics card draws of a point.
//!
//! Neither WebGL2 nor WebGPU draws points larger than a pixel, so each is a triangle round a disc (`shaders/points.wgsl`).

use bevy::{
    asset::{RenderAssetUsages, load_internal_asset, uuid_handle},
    mesh::{MeshVertexAttribute, MeshVertexBufferLayoutRef, PrimitiveTopology, VertexAttributeValues},
    pbr::{Material, MaterialPipeline, MaterialPipelineKey, MaterialPlugin},
    prelude::*,
    render::render_resource::{AsBindGroup, RenderPipelineDescriptor, SpecializedMeshPipelineError, VertexFormat},
    shader::{Shader, ShaderRef},
};

const SHADER: Handle<Shader> = uuid_handle!("3d7cdd52-5b8e-4f4e-9d55-6a3c3c1c7a04");

/// Colour and corner, feature, normal.
const PACKED: MeshVertexAttribute = MeshVertexAttribute::new("CimPoint", 0x0063_696d, VertexFormat::Uint32x3);

/// Pixels that a point has at least. Fewer vanish on a wall many metres away.
const LEAST_PX: f32 = 2.5;
/// Pixels that a point has at most. More would hide what is behind it when the camera is near.
const MOST_PX: f32 = 24.0;

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

/// The mesh of a cloud.
pub(super) fn mesh(positions: Vec<[f32; 3]>, packed: Vec<[u32; 3]>) -> Mesh {
    Mesh::new(PrimitiveTopology::TriangleList, RenderAssetUsages::RENDER_WORLD)
        .with_inserted_attribute(Mesh::ATTRIBUTE_POSITION, positions)
        .with_inserted_attribute(PACKED, VertexAttributeValues::Uint32x3(packed))
}
