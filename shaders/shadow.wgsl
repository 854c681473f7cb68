// Which parts of the city's surfaces throw shadows: those that can be seen.
//
// uv_b and the state texture are as in city.wgsl.

#import bevy_pbr::{
    mesh_functions,
    pbr_prepass_functions::prepass_alpha_discard,
    prepass_io,
}

struct CityParams {
    // y: 1 when the state texture has data; w: 1 when uv_b is texture coordinates
    light: vec4<f32>,
    detail: vec4<f32>,
}

@group(#{MATERIAL_BIND_GROUP}) @binding(100) var<uniform> city: CityParams;
@group(#{MATERIAL_BIND_GROUP}) @binding(101) var state_texture: texture_2d<f32>;

// A style gives opacity in alpha up to three quarters; what is more glass than wall throws no shadow.
fn style_discard(in: prepass_io::VertexOutput) {
#ifdef VERTEX_UVS_B
    var feature = i32(round(in.uv_b.x));
#ifdef VERTEX_OUTPUT_INSTANCE_INDEX
    if feature == -2 {
        feature = i32(mesh_functions::get_tag(in.instance_index));
    }
#endif
    if city.light.w > 0.5 || city.light.y < 0.5 || feature < 0 {
        return;
    }
    let size = vec2<i32>(textureDimensions(state_texture));
    let row = feature / size.x;
    if row < size.y {
        let state = textureLoad(state_texture, vec2<i32>(feature - row * size.x, row), 0);
        if state.a > 0.0 && state.a < 0.78 && state.a * 255.0 - 1.0 < 0.5 * 189.0 {
            discard;
        }
    }
#endif
}

#ifdef PREPASS_FRAGMENT
@fragment
fn fragment(in: prepass_io::VertexOutput) -> prepass_io::FragmentOutput {
    prepass_alpha_discard(in);
    style_discard(in);
    var out: prepass_io::FragmentOutput;
#ifdef UNCLIPPED_DEPTH_ORTHO_EMULATION
    out.frag_depth = in.unclipped_depth;
#endif
    return out;
}
#else
@fragment
fn fragment(in: prepass_io::VertexOutput) {
    prepass_alpha_discard(in);
    style_discard(in);
}
#endif
