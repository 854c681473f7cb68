// The city's surfaces: windows on walls, water, the state of single features.
//
// uv   = bays along the wall, storeys above the ground; of other surfaces metres
// uv_b = feature of the tile (-1 none, -2 the mesh's tag), surface, and in 512ths how many rows of windows a wall has

#import bevy_pbr::{
    mesh_functions,
    pbr_fragment::pbr_input_from_standard_material,
    pbr_functions::alpha_discard,
    mesh_view_bindings::{view, globals},
}
#ifdef PREPASS_PIPELINE
#import bevy_pbr::{
    prepass_io::{VertexOutput, FragmentOutput},
    pbr_deferred_functions::deferred_output,
}
#else
#import bevy_pbr::{
    forward_io::{VertexOutput, FragmentOutput},
    pbr_functions::{apply_pbr_lighting, main_pass_post_lighting_processing},
    pbr_types::STANDARD_MATERIAL_FLAGS_UNLIT_BIT,
}
#endif

struct CityParams {
    // x: share of night, 0 to 1; y: 1 when the state texture has data; z: how strongly windows are drawn;
    // w: 1 when uv_b is texture coordinates: there are no features, and the surface is plain
    light: vec4<f32>,
    // x: scale of the normal texture; y: strength of the occlusion texture
    detail: vec4<f32>,
}

@group(#{MATERIAL_BIND_GROUP}) @binding(100) var<uniform> city: CityParams;
@group(#{MATERIAL_BIND_GROUP}) @binding(101) var state_texture: texture_2d<f32>;

const SURFACE_BUILDING: i32 = 1;
const SURFACE_WATER: i32 = 2;
const SURFACE_GREEN: i32 = 3;
const SURFACE_ROAD: i32 = 4;
const SURFACE_GROUND: i32 = 5;
const SURFACE_LAMPLIGHT: i32 = 6;
const SURFACE_LAMP: i32 = 7;
// Linear colour of street lamps.
const LAMP_COLOR: vec3<f32> = vec3<f32>(1.0, 0.62, 0.28);

fn hash(p: vec2<f32>) -> f32 {
    var q = fract(vec3<f32>(p.xyx) * vec3<f32>(0.1031, 0.1030, 0.0973));
    q += dot(q, q.yzx + 33.33);
    return fract((q.x + q.y) * q.z);
}

fn noise(p: vec2<f32>) -> f32 {
    let i = floor(p);
    let f = fract(p);
    let u = f * f * (3.0 - 2.0 * f);
    return mix(
        mix(hash(i), hash(i + vec2<f32>(1.0, 0.0)), u.x),
        mix(hash(i + vec2<f32>(0.0, 1.0)), hash(i + vec2<f32>(1.0, 1.0)), u.x),
        u.y,
    );
}

// Numbers between 0 and 1 that are evenly spread over any few neighbouring pixels, always the same ones.
fn gradient_noise(pixel: vec2<f32>) -> f32 {
    return fract(52.9829189 * fract(dot(floor(pixel), vec2<f32>(0.06711056, 0.00583715))));
}

// Share of a pixel's footprint of width `w` that lies inside [a, b] of a pattern that repeats every 1.
fn stripe(x: f32, a: f32, b: f32, w: f32) -> f32 {
    let f = fract(x);
    let soft = clamp(w, 0.001, 0.5);
    return smoothstep(a - soft, a + soft, f) * (1.0 - smoothstep(b - soft, b + soft, f));
}

@fragment
fn fragment(in: VertexOutput, @builtin(front_facing) is_front: bool) -> FragmentOutput {
    var pbr = pbr_input_from_standard_material(in, is_front);
    pbr.material.base_color = alpha_discard(pbr.material, pbr.material.base_color);
    if city.detail.x != 1.0 {
        // The bent normal's parts along the surface grow, that across it stays (glTF 2.0, 3.9.3).
        let across = dot(pbr.N, pbr.world_normal) * pbr.world_normal;
        pbr.N = normalize(across + city.detail.x * (pbr.N - across));
    }
    pbr.diffuse_occlusion = mix(vec3<f32>(1.0), pbr.diffuse_occlusion, city.detail.y);

#ifdef VERTEX_UVS_B
    var feature = i32(round(in.uv_b.x));
#ifdef VERTEX_OUTPUT_INSTANCE_INDEX
    if feature == -2 {
        feature = i32(mesh_functions::get_tag(in.instance_index));
    }
#endif
    var surface = i32(in.uv_b.y + 0.5);
    if city.light.w > 0.5 {
        feature = -1;
        surface = 0;
    }
    let night = city.light.x;
    let distance = length(view.world_position - in.world_position.xyz);
    if surface == SURFACE_LAMPLIGHT {
        // What lies behind is multiplied with the colour as far as the alpha says.
        let strength = smoothstep(0.0, 1.0, pbr.material.base_color.a) * night;
        if strength < 0.004 {
            discard;
        }
        pbr.material.base_color = vec4<f32>(vec3<f32>(1.0) + 9.0 * LAMP_COLOR, strength);
    } else if surface == SURFACE_LAMP {
        let glow = select(0.0, 1.0, pbr.material.base_color.a < 0.998);
        pbr.material.base_color.a = 1.0;
        pbr.material.emissive = vec4<f32>(LAMP_COLOR * glow * night * 1.6, 1.0);
    } else if surface == SURFACE_ROAD {
        // From afar single lamps are not there, and their light is everywhere.
        let far = smoothstep(500.0, 1300.0, distance);
        let lit = mix(pbr.material.base_color.rgb * 0.12, vec3<f32>(0.22), far);
        pbr.material.emissive = vec4<f32>(lit * LAMP_COLOR * night, 1.0);
    }
#ifdef VERTEX_UVS_A
    let footprint = fwidth(in.uv);
    // Steep roofs, spires and the feet of domes have no windows: walls are upright within six degrees.
    if surface == SURFACE_BUILDING && abs(in.world_normal.y) < 0.1 && city.light.z > 0.0 {
        let seed = hash(vec2<f32>(f32(feature) * 7.13, f32(feature) * 3.71 + 1.0));
        let cell = in.uv;
        let w = footprint;
        let has_windows = step(0.0, cell.y) * step(cell.y, round(fract(in.uv_b.y) * 512.0));
        // Where windows are smaller than pixels their mean takes over, so that far walls do not shimmer.
        let fade = 1.0 - smoothstep(0.25, 0.9, max(w.x, w.y));
        let wide = 0.30 + 0.12 * hash(vec2<f32>(seed, 2.0));
        let sharp = stripe(cell.x, 0.5 - wide, 0.5 + wide, w.x) * stripe(cell.y, 0.30, 0.80, w.y);
        let mean = wide;
        let glass = mix(mean, sharp, fade) * city.light.z * has_windows;
        let id = floor(cell);
        let lot = hash(id + vec2<f32>(f32(feature) * 1.7, seed * 57.0));
        let tint = mix(vec3<f32>(0.10, 0.14, 0.19), vec3<f32>(0.20, 0.25, 0.30), mix(0.5, lot, fade));
        let wall = pbr.material.base_color.rgb * (0.93 + 0.07 * smoothstep(0.0, 2.0, cell.y));
        pbr.material.base_color = vec4<f32>(mix(wall, tint, glass * 0.82), pbr.material.base_color.a);
        pbr.material.perceptual_roughness = mix(pbr.material.perceptual_roughness, 0.22, glass * fade);
        pbr.material.reflectance = mix(vec3<f32>(0.3), vec3<f32>(0.65), glass);
        // Which windows burn; where they are smaller than pixels a few together do, and from farther off their mean.
        let few = cell / vec2<f32>(4.0, 3.0);
        let few_lit = step(0.5, hash(floor(few) + vec2<f32>(f32(feature) * 2.3, seed * 31.0)));
        let few_fade = 1.0 - smoothstep(0.25, 0.9, max(w.x / 4.0, w.y / 3.0));
        let mean_lamp = 0.42 * mean * mix(1.0, 0.2 + 1.6 * few_lit, few_fade);
        let lamp = mix(mean_lamp, step(0.58, lot) * sharp, fade) * night * has_windows;
        let white = mix(0.1, step(0.8, hash(id + vec2<f32>(3.0, 9.0))), fade);
        let warm = mix(vec3<f32>(1.0, 0.72, 0.40), vec3<f32>(0.85, 0.92, 1.0), white);
        pbr.material.emissive = vec4<f32>(warm * lamp * 1.1, 1.0);
    } else if surface == SURFACE_GROUND || surface == SURFACE_GREEN {
        // A pattern finer than a pixel is its mean.
        let blur = max(footprint.x, footprint.y);
        let patches = mix(noise(in.uv / 37.0), 0.5, smoothstep(6.0, 25.0, blur)) * 0.6
            + mix(noise(in.uv / 9.0), 0.5, smoothstep(1.5, 6.0, blur)) * 0.4;
        let grain = mix(noise(in.uv / 1.7), 0.5, smoothstep(0.3, 1.2, blur));
        let amount = select(0.16, 0.34, surface == SURFACE_GREEN);
        pbr.material.base_color = vec4<f32>(
            pbr.material.base_color.rgb * (1.0 + amount * (patches + 0.4 * grain - 0.7)),
            pbr.material.base_color.a,
        );
    } else if surface == SURFACE_WATER {
        let t = globals.time * 0.35;
        let calm = 1.0 - smoothstep(1.0, 5.0, max(footprint.x, footprint.y));
        let a = noise(in.uv / 11.0 + vec2<f32>(t, t * 0.6)) - noise(in.uv / 11.0 + vec2<f32>(0.4 + t, t * 0.6));
        let b = noise(in.uv / 11.0 + vec2<f32>(t, t * 0.6)) - noise(in.uv / 11.0 + vec2<f32>(t, 0.4 + t * 0.6));
        pbr.N = normalize(vec3<f32>(a, 6.0, b) * vec3<f32>(calm, 1.0, calm));
        pbr.material.perceptual_roughness = 0.16;
        pbr.material.reflectance = vec3<f32>(0.5);
        // The sky that still water mirrors: more of it the flatter the look.
        let facing = clamp(dot(pbr.N, pbr.V), 0.0, 1.0);
        let mirror = 0.04 + 0.75 * pow(1.0 - facing, 4.0);
        let sky = mix(vec3<f32>(0.33, 0.50, 0.68), vec3<f32>(0.02, 0.03, 0.06), night);
        pbr.material.base_color = vec4<f32>(mix(pbr.material.base_color.rgb, sky, mirror), 1.0);
    }
#endif

    var state = vec4<f32>(0.0);
    if city.light.y > 0.5 && feature >= 0 {
        let size = vec2<i32>(textureDimensions(state_texture));
        let row = feature / size.x;
        if row < size.y {
            state = textureLoad(state_texture, vec2<i32>(feature - row * size.x, row), 0);
        }
    }
    // A style hides with the least alpha, and colours with up to three quarters of it, which is its opacity; highlights
    // have more. What can be seen through is left out of as many pixels: nothing has to be sorted.
    if state.a > 0.0 && state.a < 0.78 {
        let opacity = (state.a * 255.0 - 1.0) / 189.0;
        if opacity < 0.997 && opacity <= gradient_noise(in.position.xy) {
            discard;
        }
        // White leaves the colour as it is.
        if min(state.r, min(state.g, state.b)) < 0.999 {
            let tone = dot(pbr.material.base_color.rgb, vec3<f32>(0.2126, 0.7152, 0.0722));
            pbr.material.base_color = vec4<f32>(mix(pbr.material.base_color.rgb, state.rgb * (0.35 + 0.9 * tone), 0.92), pbr.material.base_color.a);
        }
    } else if state.a > 0.0 {
        pbr.material.base_color = vec4<f32>(mix(pbr.material.base_color.rgb, state.rgb, state.a * 0.85), pbr.material.base_color.a);
        pbr.material.emissive += vec4<f32>(state.rgb * state.a * 0.35, 0.0);
    }
#endif

#ifdef PREPASS_PIPELINE
    let out = deferred_output(in, pbr);
#else
    var out: FragmentOutput;
    if (pbr.material.flags & STANDARD_MATERIAL_FLAGS_UNLIT_BIT) == 0u {
        out.color = apply_pbr_lighting(pbr);
    } else {
        out.color = pbr.material.base_color;
    }
#ifdef VERTEX_UVS_B
    // Light that things give off by themselves does not depend on the camera's exposure for daylight.
    out.color = vec4<f32>(out.color.rgb + pbr.material.emissive.rgb, out.color.a);
#endif
    out.color = main_pass_post_lighting_processing(pbr, out.color);
#endif
    return out;
}
