//! Edges that tiles want to be seen: black lines, a pixel wide, everywhere alike (`shaders/outlines.wgsl`).

use bevy::{
    asset::{RenderAssetUsages, load_internal_asset, uuid_handle},
    mesh::{MeshVertexAttribute, MeshVertexBufferLayoutRef, PrimitiveTopology, VertexAttributeValues},
    pbr::{Material, MaterialPipeline, MaterialPipelineKey, MaterialPlugin},
    prelude::*,
    render::render_resource::{AsBindGroup, RenderPipelineDescriptor, SpecializedMeshPipelineError, VertexFormat},
    shader::{Shader, ShaderRef},
};
use cim_scene::Outlines;

const SHADER: Handle<Shader> = uuid_handle!("3d7cdd52-5b8e-4f4e-9d55-6a3c3c1c7a06");

/// The feature that an end of an edge is of.
const FEATURE: MeshVertexAttribute = MeshVertexAttribute::new("CimOutlineFeature", 0x0063_696e, VertexFormat::Uint32);

/// How edges are drawn.
#[derive(Asset, AsBindGroup, TypePath, Debug, Clone)]
pub(super) struct OutlineMaterial {
    /// x: 1 when `state` has data.
    #[uniform(0)]
    params: Vec4,
    /// What the style says of a feature; texel = feature.
    #[texture(1, sample_type = "float", filterable = false, visibility(vertex))]
    state: Handle<Image>,
}

impl OutlineMaterial {
    pub(super) fn new(state: Handle<Image>, has_state: bool) -> Self {
        Self { params: Vec4::new(f32::from(u8::from(has_state)), 0.0, 0.0, 0.0), state }
    }
}

impl Material for OutlineMaterial {
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
        let attributes = [Mesh::ATTRIBUTE_POSITION.at_shader_location(0), FEATURE.at_shader_location(1)];
        descriptor.vertex.buffers = vec![layout.0.get_layout(&attributes)?];
        Ok(())
    }
}

pub(super) fn plugin(app: &mut App) {
    load_internal_asset!(app, SHADER, "../../shaders/outlines.wgsl", Shader::from_wgsl);
    app.add_plugins(MaterialPlugin::<OutlineMaterial>::default());
}

/// The mesh of a tile's edges.
pub(super) fn mesh(edges: Outlines) -> Mesh {
    Mesh::new(PrimitiveTopology::LineList, RenderAssetUsages::RENDER_WORLD)
        .with_inserted_attribute(Mesh::ATTRIBUTE_POSITION, edges.positions)
        .with_inserted_attribute(FEATURE, VertexAttributeValues::Uint32(edges.features))
}
