//! Materials of the city and the shader that draws it.

use bevy::{
    asset::{load_internal_asset, uuid_handle},
    pbr::{ExtendedMaterial, Material, MaterialExtension, MaterialPlugin},
    prelude::*,
    render::render_resource::AsBindGroup,
    shader::{Shader, ShaderRef},
};

const CITY_SHADER: Handle<Shader> = uuid_handle!("3d7cdd52-5b8e-4f4e-9d55-6a3c3c1c7a01");
const SHADOW_SHADER: Handle<Shader> = uuid_handle!("3d7cdd52-5b8e-4f4e-9d55-6a3c3c1c7a05");
const SKY_SHADER: Handle<Shader> = uuid_handle!("3d7cdd52-5b8e-4f4e-9d55-6a3c3c1c7a02");

/// What the city's shader needs beyond the standard material.
#[derive(Asset, AsBindGroup, TypePath, Debug, Clone)]
pub(super) struct CityExtension {
    /// x: share of night; y: 1 when `state` holds data; z: strength of the windows; w: 1 when `uv_b` is texture
    /// coordinates and not features.
    #[uniform(100)]
    pub light: Vec4,
    /// x: how far the normal texture bends normals, y: how dark the occlusion texture makes: 1 as it says, 0 not at all.
    #[uniform(100)]
    pub detail: Vec4,
    /// Colour (rgb) and strength (a) that a feature is tinted with; texel = feature, 256 to a row.
    #[texture(101)]
    pub state: Handle<Image>,
}

impl MaterialExtension for CityExtension {
    fn fragment_shader() -> ShaderRef {
        CITY_SHADER.into()
    }

    /// Only shadows are drawn by it: there is no prepass of the picture.
    fn prepass_fragment_shader() -> ShaderRef {
        SHADOW_SHADER.into()
    }

    fn enable_prepass() -> bool {
        false
    }
}

/// What an opaque material is while the style leaves some of its features out. Bevy draws opaque materials into shadow
/// maps without asking a shader; nothing is below this cutoff, but the shader is asked.
pub(super) const SIEVED: AlphaMode = AlphaMode::Mask(0.0);

/// The material of everything that comes in tiles.
pub(super) type CityMaterial = ExtendedMaterial<StandardMaterial, CityExtension>;

/// The sky.
#[derive(Asset, AsBindGroup, TypePath, Debug, Clone)]
pub(super) struct SkyMaterial {
    /// Colour overhead, linear, as it is to appear before tone mapping.
    #[uniform(0)]
    pub zenith: Vec4,
    /// Colour at the horizon; the fog has the same.
    #[uniform(0)]
    pub horizon: Vec4,
    /// What the land's own colour is multiplied with.
    #[uniform(0)]
    pub ground: Vec4,
    /// Direction to the sun; w: strength of the disc.
    #[uniform(0)]
    pub sun: Vec4,
    /// East and south of the eye in the pattern of the land, its height, metres; w: density of the haze, 1/m.
    #[uniform(0)]
    pub eye: Vec4,
}

impl Material for SkyMaterial {
    fn fragment_shader() -> ShaderRef {
        SKY_SHADER.into()
    }

    fn enable_prepass() -> bool {
        false
    }

    fn enable_shadows() -> bool {
        false
    }
}

/// Registers both materials and their shaders.
pub(super) fn plugin(app: &mut App) {
    load_internal_asset!(app, CITY_SHADER, "../../shaders/city.wgsl", Shader::from_wgsl);
    load_internal_asset!(app, SHADOW_SHADER, "../../shaders/shadow.wgsl", Shader::from_wgsl);
    load_internal_asset!(app, SKY_SHADER, "../../shaders/sky.wgsl", Shader::from_wgsl);
    app.add_plugins((MaterialPlugin::<CityMaterial>::default(), MaterialPlugin::<SkyMaterial>::default()));
}
