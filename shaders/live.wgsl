// Things that move and change: one mesh holds many copies of a model, a texture says where each copy is.
//
// uv_b.x of a vertex is the copy. The texture has four texels a copy, 128 copies a row:
//   0  x, y, z of the last report from the layer's anchor, metres; seconds when it was there
//   1  x, y, z of the newest report; seconds when it will be there
//   2  heading of both, radians clockwise from north; size; mark: 0 hidden, 1 shown, 2 pulsing, 3 selected
//   3  linear colour; how much it shines by itself

#import bevy_pbr::{
    mesh_functions,
    view_transformations::position_world_to_clip,
    mesh_view_bindings::{view, globals},
    pbr_fragment::pbr_input_from_standard_material,
    pbr_functions::{apply_pbr_lighting, main_pass_post_lighting_processing},
    forward_io::{VertexOutput, FragmentOutput},
}

struct LiveParams {
    // x: seconds from the engine's clock to the texture's; y: pixels a copy has at least; z: pixels a metre has at 1 m; w: unused
    clock: vec4<f32>,
}

@group(#{MATERIAL_BIND_GROUP}) @binding(100) var<uniform> live: LiveParams;
@group(#{MATERIAL_BIND_GROUP}) @binding(101) var states: texture_2d<f32>;

struct Vertex {
    @builtin(instance_index) instance_index: u32,
    @location(0) position: vec3<f32>,
    @location(1) normal: vec3<f32>,
    @location(2) uv: vec2<f32>,
    @location(3) uv_b: vec2<f32>,
    @location(5) color: vec4<f32>,
}

fn texel(copy: i32, part: i32) -> vec4<f32> {
    return textureLoad(states, vec2<i32>((copy % 128) * 4 + part, copy / 128), 0);
}

@vertex
fn vertex(in: Vertex) -> VertexOutput {
    let copy = i32(in.uv_b.x + 0.5);
    let last = texel(copy, 0);
    let next = texel(copy, 1);
    let look = texel(copy, 2);
    let tint = texel(copy, 3);
    let now = globals.time + live.clock.x;
    let share = clamp((now - last.w) / max(next.w - last.w, 0.001), 0.0, 1.0);
    let at = mix(last.xyz, next.xyz, share);
    var turn = look.y - look.x;
    turn -= 6.2831853 * round(turn / 6.2831853);
    let heading = look.x + turn * min(share * 2.0, 1.0);
    let s = sin(heading);
    let c = cos(heading);

    let world_from_local = mesh_functions::get_world_from_local(in.instance_index);
    let foot = (world_from_local * vec4<f32>(at, 1.0)).xyz;
    // Far copies grow so that they keep their least size on the screen; uv.x is the model's own size in metres.
    let distance = length(foot - view.world_position);
    var size = max(1.0, live.clock.y * distance / (live.clock.z * max(in.uv.x, 0.1))) * look.z;
    if look.w > 1.5 {
        size *= 1.15 + 0.15 * sin(now * 5.0);
    }
    if look.w < 0.5 {
        size = 0.0;
    }
    let p = in.position * size;
    let n = in.normal;
    // Models look along north (-z); headings turn clockwise seen from above.
    let turned = vec3<f32>(p.x * c - p.z * s, p.y, p.x * s + p.z * c);
    let normal = vec3<f32>(n.x * c - n.z * s, n.y, n.x * s + n.z * c);

    var out: VertexOutput;
    out.world_position = vec4<f32>(foot + turned, 1.0);
    out.position = position_world_to_clip(out.world_position.xyz);
    out.world_normal = normal;
    out.uv = vec2<f32>(tint.a, look.w);
    out.uv_b = in.uv_b;
    // The model's own colour where it has one (alpha 0), the copy's elsewhere.
    out.color = vec4<f32>(mix(in.color.rgb, tint.rgb * in.color.rgb, in.color.a), 1.0);
    return out;
}

@fragment
fn fragment(in: VertexOutput, @builtin(front_facing) is_front: bool) -> FragmentOutput {
    var pbr = pbr_input_from_standard_material(in, is_front);
    var out: FragmentOutput;
    let lit = apply_pbr_lighting(pbr);
    let own = in.color.rgb * in.uv.x;
    out.color = vec4<f32>(lit.rgb * (1.0 - 0.5 * min(in.uv.x, 1.0)) + own, 1.0);
    if in.uv.y > 2.5 {
        out.color = vec4<f32>(mix(out.color.rgb, vec3<f32>(1.0, 0.72, 0.10), 0.55), 1.0);
    }
    out.color = main_pass_post_lighting_processing(pbr, out.color);
    return out;
}
