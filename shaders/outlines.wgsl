// Edges of tiles: black lines on the surfaces that they belong to.

#import bevy_pbr::{
    mesh_functions,
    view_transformations::position_world_to_clip,
    pbr_functions::main_pass_post_lighting_processing,
    pbr_types::{pbr_input_new, STANDARD_MATERIAL_FLAGS_FOG_ENABLED_BIT},
}

struct OutlineParams {
    // x: 1 when the state texture has data
    flags: vec4<f32>,
}

@group(#{MATERIAL_BIND_GROUP}) @binding(0) var<uniform> outline: OutlineParams;
@group(#{MATERIAL_BIND_GROUP}) @binding(1) var states: texture_2d<f32>;

// Part of the distance by which a line comes nearer than its surface: the pixels of a line do not have the depth that
// the surface has in them.
const NEARER: f32 = 0.0006;

struct Vertex {
    @builtin(instance_index) instance_index: u32,
    @location(0) position: vec3<f32>,
    @location(1) feature: u32,
}

struct Varying {
    @builtin(position) position: vec4<f32>,
    @location(0) world_position: vec4<f32>,
    @location(1) opacity: f32,
}

@vertex
fn vertex(in: Vertex) -> Varying {
    let world_from_local = mesh_functions::get_world_from_local(in.instance_index);
    let world = world_from_local * vec4<f32>(in.position, 1.0);
    var clip = position_world_to_clip(world.xyz);
    // Depth is greater the nearer, by the reciprocal of the distance.
    clip.z *= 1.0 + NEARER;
    var opacity = 1.0;
    if outline.flags.x > 0.5 && in.feature != 0xffffffffu {
        let size = vec2<u32>(textureDimensions(states));
        let row = in.feature / size.x;
        if row < size.y {
            let state = textureLoad(states, vec2<u32>(in.feature - row * size.x, row), 0);
            if state.a > 0.0 && state.a < 0.78 {
                opacity = (state.a * 255.0 - 1.0) / 189.0;
            }
        }
    }
    return Varying(clip, world, opacity);
}

@fragment
fn fragment(in: Varying) -> @location(0) vec4<f32> {
    // The edges of what hardly is to be seen are not to be seen.
    if in.opacity < 0.5 {
        discard;
    }
    var pbr = pbr_input_new();
    pbr.material.flags = STANDARD_MATERIAL_FLAGS_FOG_ENABLED_BIT;
    pbr.frag_coord = in.position;
    pbr.world_position = in.world_position;
    return main_pass_post_lighting_processing(pbr, vec4<f32>(0.0, 0.0, 0.0, 1.0));
}
