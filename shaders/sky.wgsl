// The sky: a gradient from horizon to zenith, the sun, and haze below the horizon that meets the fog.

#import bevy_pbr::{forward_io::VertexOutput, mesh_view_bindings::view}

struct Sky {
    // Linear colours, already exposed.
    zenith: vec4<f32>,
    horizon: vec4<f32>,
    // How light the land is.
    ground: vec4<f32>,
    // xyz: direction to the sun; w: strength of the disc.
    sun: vec4<f32>,
    // xy: east and south of the eye in the pattern of the land, metres; z: its height, metres; w: density of the haze, 1/m.
    eye: vec4<f32>,
}

@group(#{MATERIAL_BIND_GROUP}) @binding(0) var<uniform> sky: Sky;

fn hash(p: vec2<f32>) -> f32 {
    var q = fract(vec3<f32>(p.xyx) * vec3<f32>(0.1031, 0.1030, 0.0973));
    q += dot(q, q.yzx + 33.33);
    return fract((q.x + q.y) * q.z);
}

// Fields: strips of land, each with a tone of its own, in blocks that lie askew to each other.
fn land(p: vec2<f32>) -> vec3<f32> {
    let block = floor(p / 640.0);
    let turn = select(vec2<f32>(1.0, 0.0), vec2<f32>(0.0, 1.0), hash(block) > 0.5);
    let across = dot(p, turn) / (46.0 + 60.0 * hash(block + 7.0));
    let along = dot(p, turn.yx) / 320.0;
    let tone = hash(vec2<f32>(floor(across), floor(along)) + block * 13.0);
    let crop = mix(vec3<f32>(0.20, 0.27, 0.10), vec3<f32>(0.36, 0.34, 0.19), smoothstep(0.35, 0.95, tone));
    return mix(vec3<f32>(0.27, 0.30, 0.16), mix(crop, vec3<f32>(0.15, 0.22, 0.09), step(0.93, hash(block + 3.0))), 0.45);
}

@fragment
fn fragment(in: VertexOutput) -> @location(0) vec4<f32> {
    let d = normalize(in.world_position.xyz - view.world_position);
    let up = max(d.y, 0.0);
    var color = mix(sky.horizon.rgb, sky.zenith.rgb, 1.0 - pow(1.0 - up, 3.2));
    let aim = max(dot(d, sky.sun.xyz), 0.0);
    let above = smoothstep(-0.02, 0.02, d.y);
    let glow = pow(aim, 6.0) * 0.10 + pow(aim, 48.0) * 0.22;
    let disc = smoothstep(0.99985, 0.99993, aim) * 6.0;
    color += vec3<f32>(1.0, 0.88, 0.68) * (glow + disc) * sky.sun.w * above;
    if d.y < 0.0 {
        let distance = sky.eye.z / max(-d.y, 1e-4);
        let at = sky.eye.xy + d.xz * distance;
        // Fields smaller than a pixel melt into their mean.
        let melt = smoothstep(3000.0, 16000.0, distance);
        let mean = vec3<f32>(0.27, 0.30, 0.16);
        let fields = mix(land(at), mean, melt) * sky.ground.rgb;
        let haze = 1.0 - exp(-pow(distance * sky.eye.w, 2.0));
        color = mix(fields, sky.horizon.rgb, haze);
    }
    return vec4<f32>(color, 1.0);
}
