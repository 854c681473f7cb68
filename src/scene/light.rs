//! Sky, sun, shadows and haze.

use super::{
    frame::{RenderOrigin, SiteGeo},
    stream::Stream,
    sun::{self, Sun},
    surface::{CityMaterial, SkyMaterial},
};
use crate::camera::{MainCamera, MapCamera};
use bevy::{
    camera::{Exposure, Hdr, visibility::NoFrustumCulling},
    core_pipeline::tonemapping::Tonemapping,
    light::{
        CascadeShadowConfig, CascadeShadowConfigBuilder, DirectionalLightShadowMap, NotShadowCaster, NotShadowReceiver,
    },
    mesh::{Indices, PrimitiveTopology},
    prelude::*,
};
use cim_model::Place;

/// How much is spent on the picture. Set before the application starts.
#[derive(Resource, Debug, Clone, Copy, PartialEq)]
pub struct Quality {
    /// Samples a pixel: 1 or 4. More is smoother at edges and slower.
    pub samples: u32,
    /// Edge of a shadow map, pixels; 0 for no shadows. More is sharper, slower and takes more memory.
    pub shadow_map: u32,
    /// Shadow cascades. WebGL2 has one.
    pub cascades: usize,
    /// Error of the tiles that may be seen, pixels. Less shows finer tiles and loads more of them.
    pub error_px: f64,
    /// Bytes of tiles that are held in main memory at the most.
    pub cpu_bytes: u64,
    /// Bytes of tiles that the graphics card holds at the most.
    pub gpu_bytes: u64,
}

impl Default for Quality {
    fn default() -> Self {
        let desktop =
            Self { samples: 4, shadow_map: 2048, cascades: 3, error_px: 16.0, cpu_bytes: 1 << 30, gpu_bytes: 1 << 30 };
        // A browser's tab has less memory.
        let tab = Self { cascades: 1, cpu_bytes: 128 << 20, gpu_bytes: 192 << 20, ..desktop };
        if cfg!(target_arch = "wasm32") { tab } else { desktop }
    }
}

/// Marks the sun.
#[derive(Component)]
pub(super) struct SunLight;

/// Marks the dome.
#[derive(Component)]
pub(super) struct Dome;

/// Metres from the eye to the dome: within the far plane, behind everything.
const DOME_M: f32 = 150_000.0;
/// Metres after which the pattern of the land begins anew: a multiple of its blocks.
const LAND_REPEATS_M: f64 = 640.0 * 128.0;

pub(super) fn set_up(
    mut commands: Commands,
    quality: Res<Quality>,
    mut meshes: ResMut<Assets<Mesh>>,
    mut skies: ResMut<Assets<SkyMaterial>>,
) {
    commands.insert_resource(DirectionalLightShadowMap { size: quality.shadow_map.max(1) as usize });
    commands.spawn((
        SunLight,
        DirectionalLight {
            shadow_maps_enabled: quality.shadow_map > 0,
            shadow_depth_bias: 0.06,
            shadow_normal_bias: 1.4,
            ..default()
        },
        cascades(&quality, 2500.0),
        Transform::default(),
    ));
    let sky = SkyMaterial { zenith: Vec4::ZERO, horizon: Vec4::ZERO, ground: Vec4::ZERO, sun: Vec4::Y, eye: Vec4::Y };
    commands.spawn((
        Dome,
        Mesh3d(meshes.add(dome())),
        MeshMaterial3d(skies.add(sky)),
        NoFrustumCulling,
        NotShadowCaster,
        NotShadowReceiver,
        Transform::from_scale(Vec3::splat(DOME_M)),
    ));
}

/// Gives a new camera what the picture needs.
pub(super) fn equip(added: On<Add, MainCamera>, quality: Res<Quality>, mut commands: Commands) {
    commands.entity(added.entity).insert((
        Hdr,
        Exposure { ev100: 14.1 },
        Tonemapping::AcesFitted,
        if quality.samples > 1 { Msaa::Sample4 } else { Msaa::Off },
        DistanceFog::default(),
    ));
}

/// A cube seen from the inside: the shader takes only directions from it.
fn dome() -> Mesh {
    let corners: Vec<[f32; 3]> =
        (0..8).map(|i| [0, 1, 2].map(|axis| if i >> axis & 1 == 0 { -1.0 } else { 1.0 })).collect();
    let faces = [[0, 1, 3, 2], [5, 4, 6, 7], [4, 0, 2, 6], [1, 5, 7, 3], [2, 3, 7, 6], [4, 5, 1, 0]];
    let indices = faces.iter().flat_map(|&[a, b, c, d]| [a, b, c, a, c, d]).collect();
    Mesh::new(PrimitiveTopology::TriangleList, bevy::asset::RenderAssetUsages::RENDER_WORLD)
        .with_inserted_attribute(Mesh::ATTRIBUTE_POSITION, corners)
        .with_inserted_indices(Indices::U32(indices))
}

fn cascades(quality: &Quality, reach_m: f32) -> CascadeShadowConfig {
    CascadeShadowConfigBuilder {
        num_cascades: quality.cascades.max(1),
        minimum_distance: 1.0,
        maximum_distance: reach_m,
        first_cascade_far_bound: reach_m * if quality.cascades > 1 { 0.22 } else { 1.0 },
        overlap_proportion: 0.15,
    }
    .build()
}

/// How the light is at a height of the sun: all linear, as it is to appear before tone mapping.
struct Mood {
    zenith: Vec3,
    horizon: Vec3,
    sun: Vec3,
    lux: f32,
    ambient: Vec3,
    ambient_strength: f32,
    night: f32,
}

impl Mood {
    fn at(elevation_deg: f32) -> Self {
        let day = smooth(-2.0, 14.0, elevation_deg);
        let low = smooth(-8.0, 1.0, elevation_deg) * (1.0 - smooth(4.0, 22.0, elevation_deg));
        let night = 1.0 - smooth(-9.0, 2.0, elevation_deg);
        let mix = |night_: Vec3, day_: Vec3, dusk: Vec3| night_.lerp(day_, day).lerp(dusk, low * 0.75);
        Self {
            zenith: mix(Vec3::new(0.010, 0.018, 0.045), Vec3::new(0.15, 0.33, 0.66), Vec3::new(0.10, 0.17, 0.36)),
            horizon: mix(Vec3::new(0.040, 0.055, 0.095), Vec3::new(0.60, 0.73, 0.84), Vec3::new(0.62, 0.42, 0.30)),
            sun: Vec3::new(0.55, 0.65, 1.0).lerp(Vec3::new(1.0, 0.95, 0.86), day).lerp(Vec3::new(1.0, 0.62, 0.36), low),
            lux: 2_600.0 + 84_000.0 * smooth(-1.0, 18.0, elevation_deg),
            ambient: Vec3::new(0.45, 0.55, 0.9).lerp(Vec3::new(0.72, 0.84, 1.0), day),
            ambient_strength: 7_000.0 + 28_000.0 * smooth(-8.0, 15.0, elevation_deg),
            night,
        }
    }
}

fn smooth(from: f32, to: f32, x: f32) -> f32 {
    let t = ((x - from) / (to - from)).clamp(0.0, 1.0);
    t * t * (3.0 - 2.0 * t)
}

/// Keeps light, sky and haze as time and view want them.
#[expect(clippy::too_many_arguments, reason = "a system's parameters are its inputs")]
pub(super) fn shine(
    sun: Res<Sun>,
    site: Res<SiteGeo>,
    map: Res<MapCamera>,
    quality: Res<Quality>,
    mut reach: Local<f32>,
    mut lights: Query<(&mut DirectionalLight, &mut Transform, &mut CascadeShadowConfig), With<SunLight>>,
    mut ambient: ResMut<GlobalAmbientLight>,
    mut fogs: Query<&mut DistanceFog, With<MainCamera>>,
    dome: Query<&MeshMaterial3d<SkyMaterial>, With<Dome>>,
    mut skies: ResMut<Assets<SkyMaterial>>,
) {
    let origin = site.frame.origin();
    let to_sun = sun::direction(Place::new(origin.lon_deg, origin.lat_deg), sun.time).as_vec3();
    let elevation = to_sun.y.asin().to_degrees();
    let mood = Mood::at(elevation);
    let eye = map.0.eye();
    // At night the light comes from a moon that stands high: shadows stay readable.
    let from =
        if to_sun.y > -0.02 { to_sun.with_y(to_sun.y.max(0.05)) } else { Vec3::new(0.35, 0.85, 0.4) }.normalize();
    let wanted = (map.0.distance_m as f32 * 2.6).clamp(250.0, 12_000.0);
    let stale = !(0.75..1.33).contains(&(*reach / wanted));
    for (mut light, mut transform, mut config) in &mut lights {
        let next = Transform::IDENTITY.looking_to(-from, Vec3::Z);
        if *transform != next {
            *transform = next;
            light.illuminance = mood.lux;
            light.color = Color::linear_rgb(mood.sun.x, mood.sun.y, mood.sun.z);
        }
        if stale {
            *reach = wanted;
            *config = cascades(&quality, wanted);
        }
    }
    let ambient_color = Color::linear_rgb(mood.ambient.x, mood.ambient.y, mood.ambient.z);
    if ambient.brightness != mood.ambient_strength || ambient.color != ambient_color {
        ambient.brightness = mood.ambient_strength;
        ambient.color = ambient_color;
    }
    let haze = mood.horizon;
    // Clear within the view, white at the horizon: from high above one looks through less of the haze.
    let density = 1.73 / (30_000.0 + map.0.distance_m as f32 * 9.0);
    for mut fog in &mut fogs {
        let color = Color::linear_rgb(haze.x, haze.y, haze.z);
        let falloff = FogFalloff::ExponentialSquared { density };
        if fog.color != color || !same(&fog.falloff, &falloff) {
            *fog = DistanceFog { color, falloff, directional_light_color: Color::NONE, ..default() };
        }
    }
    let next = SkyMaterial {
        zenith: mood.zenith.extend(1.0),
        horizon: haze.extend(1.0),
        ground: Vec3::splat(0.05 + 0.95 * smooth(-6.0, 12.0, elevation)).extend(1.0),
        sun: to_sun.extend(1.0 - mood.night),
        eye: Vec4::new(
            eye.x.rem_euclid(LAND_REPEATS_M) as f32,
            eye.z.rem_euclid(LAND_REPEATS_M) as f32,
            // Over the ground under the eye, which falls away from the site's plane.
            (eye.y - site.ground_m(eye)).max(1.0) as f32,
            density,
        ),
    };
    for handle in &dome {
        let differs = skies.get(handle).is_some_and(|s| {
            s.zenith != next.zenith || s.ground != next.ground || s.sun != next.sun || s.eye != next.eye
        });
        if differs && let Some(mut sky) = skies.get_mut(handle) {
            *sky = next.clone();
        }
    }
}

fn same(a: &FogFalloff, b: &FogFalloff) -> bool {
    match (a, b) {
        (FogFalloff::ExponentialSquared { density: a }, FogFalloff::ExponentialSquared { density: b }) => a == b,
        _ => false,
    }
}

/// Keeps the dome round the eye.
pub(super) fn carry_dome(map: Res<MapCamera>, origin: Res<RenderOrigin>, mut dome: Query<&mut Transform, With<Dome>>) {
    for mut transform in &mut dome {
        transform.translation = origin.to_world(map.0.eye());
    }
}

/// Tells the tiles' shader how dark it is, when that changed or tiles came.
pub(super) fn light_windows(
    sun: Res<Sun>,
    site: Res<SiteGeo>,
    stream: Res<Stream>,
    mut last: Local<(f32, u64)>,
    mut materials: ResMut<Assets<CityMaterial>>,
) {
    let origin = site.frame.origin();
    let up = sun::direction(Place::new(origin.lon_deg, origin.lat_deg), sun.time).y as f32;
    let night = (Mood::at(up.asin().to_degrees()).night * 64.0).round() / 64.0;
    if *last == (night, stream.changes) {
        return;
    }
    *last = (night, stream.changes);
    for handle in stream.shown.values().flat_map(|s| &s.parts).flat_map(|p| &p.materials) {
        let differs = materials.get(handle).is_some_and(|m| m.extension.light.x != night);
        if differs && let Some(mut material) = materials.get_mut(handle) {
            material.extension.light.x = night;
        }
    }
}
