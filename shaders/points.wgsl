// Points of a cloud: each is three vertices of a triangle that covers a disc, which is cut out of it.
//
// packed.x  sRGB colour in the lower three bytes, corner of the triangle (0 to 2) in the uppermost
// packed.y  feature of the tile; 0xffffffff for none
// packed.z  normal: x and z in 16 bits each, y's sign in the lowest bit; 0xffffffff for none

#import bevy_pbr::{
    mesh_functions,
    view_transformations::position_world_to_clip,
    mesh_view_bindings::{view, lights},
    pbr_functions::main_pass_post_lighting_processing,
    pbr_types::{pbr_input_new, STANDARD_MATERIAL_FLAGS_FOG_ENABLED_BIT},
}

struct PointParams {
    // x: least size in pixels; y: size in metres; z: greatest size in pixels; w: 1 when the state texture has data
    size: vec4<f32>,
}

@group(#{MATERIAL_BIND_GROUP}) @binding(0) var<uniform> points: PointParams;
@group(#{MATERIAL_BIND_GROUP}) @binding(1) var states: texture_2d<f32>;

struct Vertex {
    @builtin(instance_index) instance_index: u32,
    @location(0) position: vec3<f32>,
    @location(1) packed: vec3<u32>,
}

struct Varying {
    @builtin(position) position: vec4<f32>,
    @location(0) world_position: vec4<f32>,
    @location(1) color: vec3<f32>,
    @location(2) corner: vec2<f32>,
    // Zero when the cloud has none.
    @location(3) normal: vec3<f32>,
    @location(4) opacity: f32,
}

fn linear(c: vec3<f32>) -> vec3<f32> {
    return select(pow((c + 0.055) / 1.055, vec3<f32>(2.4)), c / 12.92, c <= vec3<f32>(0.04045));
}

@vertex
fn vertex(in: Vertex) -> Varying {
    let world_from_local = mesh_functions::get_world_from_local(in.instance_index);
    let world = world_from_local * vec4<f32>(in.position, 1.0);
    var clip = position_world_to_clip(world.xyz);
    // Pixels that a metre has where the point is.
    let metre = view.clip_from_view[1][1] * view.viewport.w * 0.5 / max(clip.w, 1e-6);
    let pixels = clamp(points.size.y * metre, points.size.x, points.size.z);
    // A triangle round the unit circle.
    let index = in.packed.x >> 24u;
    var corner = vec2<f32>(-1.7320508, -1.0);
    if index == 1u {
        corner = vec2<f32>(1.7320508, -1.0);
    } else if index == 2u {
        corner = vec2<f32>(0.0, 2.0);
    }
    let srgb = vec3<f32>(f32(in.packed.x & 255u), f32((in.packed.x >> 8u) & 255u), f32((in.packed.x >> 16u) & 255u));
    var color = linear(srgb / 255.0);
    var normal = vec3<f32>(0.0);
    if in.packed.z != 0xffffffffu {
        let x = f32((in.packed.z >> 17u) & 0x7fffu) / 16383.0 - 1.0;
        let z = f32((in.packed.z >> 2u) & 0x7fffu) / 16383.0 - 1.0;
        let y = sqrt(max(1.0 - x * x - z * z, 0.0)) * select(-1.0, 1.0, (in.packed.z & 1u) == 1u);
        normal = vec3<f32>(x, y, z);
    }
    var opacity = 1.0;
    if points.size.w > 0.5 && in.packed.y != 0xffffffffu {
        let size = vec2<u32>(textureDimensions(states));
        let row = in.packed.y / size.x;
        if row < size.y {
            let state = textureLoad(states, vec2<u32>(in.packed.y - row * size.x, row), 0);
            // As in city.wgsl.
            if state.a > 0.0 && state.a < 0.78 {
                opacity = (state.a * 255.0 - 1.0) / 189.0;
                if min(state.r, min(state.g, state.b)) < 0.999 {
                    color = mix(color, state.rgb, 0.63);
                }
            } else {
                color = mix(color, state.rgb, state.a * 0.85);
            }
        }
    }
    let shown = select(1.0, 0.0, opacity <= 0.0);
    clip = vec4<f32>(clip.xy + corner * (shown * pixels / view.viewport.zw) * clip.w, clip.zw);
    return Varying(clip, world, color, corner, normal, opacity);
}

@fragment
fn fragment(in: Varying) -> @location(0) vec4<f32> {
    let noise = fract(52.9829189 * fract(dot(floor(in.position.xy), vec2<f32>(0.06711056, 0.00583715))));
    if dot(in.corner, in.corner) > 1.0 || (in.opacity < 0.997 && in.opacity <= noise) {
        discard;
    }
    var color = in.color;
    if dot(in.normal, in.normal) > 0.0 {
        let sun = lights.directional_lights[0].direction_to_light;
        color *= 0.45 + 0.75 * max(dot(in.normal, sun), 0.0);
    }
    var pbr = pbr_input_new();
    pbr.material.flags = STANDARD_MATERIAL_FLAGS_FOG_ENABLED_BIT;
    pbr.frag_coord = in.position;
    pbr.world_position = in.world_position;
    return main_pass_post_lighting_processing(pbr, vec4<f32>(color, 1.0));
}
