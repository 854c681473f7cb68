//! Drawing the columns: one mesh and one texture per model; the shader moves the copies.

use super::{
    Layers, LiveCity,
    city::{Item, severity_color},
    columns::Mover,
    models::{self, Form, Model},
};
use crate::{
    camera::{FOVY_RAD, MainCamera},
    feed::Clock,
    pick::Selection,
    scene::Anchor,
};
use bevy::{
    asset::{RenderAssetUsages, load_internal_asset, uuid_handle},
    camera::visibility::NoFrustumCulling,
    image::ImageSampler,
    light::{NotShadowCaster, NotShadowReceiver},
    math::DVec3,
    pbr::{ExtendedMaterial, MaterialExtension, MaterialPlugin},
    prelude::*,
    render::render_resource::{AsBindGroup, Extent3d, TextureDimension, TextureFormat},
    shader::{Shader, ShaderRef},
};
use cim_model::{AlertState, EntityKey, EntityKind, LayerId, SensorState, VehicleKind, WorkState};
use std::collections::HashMap;

const SHADER: Handle<Shader> = uuid_handle!("3d7cdd52-5b8e-4f4e-9d55-6a3c3c1c7a03");
/// Copies in a row of the texture.
const ROW: usize = 128;
/// Texels of a copy.
const PARTS: usize = 4;
/// Seconds after which the texture's clock begins anew, so that f32 keeps its milliseconds.
const CLOCK_SECS: f64 = 1800.0;

/// What the shader needs beyond the standard material.
#[derive(Asset, AsBindGroup, TypePath, Debug, Clone)]
pub(super) struct LiveExtension {
    /// x: seconds from the engine's clock to the texture's; y: least size, pixels; z: pixels a metre has at one metre.
    #[uniform(100)]
    clock: Vec4,
    /// Four texels a copy; see the shader.
    #[texture(101, sample_type = "float", filterable = false, visibility(vertex))]
    states: Handle<Image>,
}

impl MaterialExtension for LiveExtension {
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
}

type LiveMaterial = ExtendedMaterial<StandardMaterial, LiveExtension>;

pub(super) fn plugin(app: &mut App) {
    load_internal_asset!(app, SHADER, "../../shaders/live.wgsl", Shader::from_wgsl);
    app.add_plugins(MaterialPlugin::<LiveMaterial>::default()).init_resource::<Drawn>();
}

/// Where a copy is and how it looks.
struct Copy {
    mover: Mover,
    size: f32,
    mark: f32,
    color: [f32; 4],
}

/// A layer as it is drawn.
struct Sheet {
    entity: Entity,
    mesh: Handle<Mesh>,
    image: Handle<Image>,
    material: Handle<LiveMaterial>,
    capacity: usize,
    /// What it was made from.
    stamp: (u64, bool, u64, bool),
}

/// All layers as they are drawn.
#[derive(Resource, Default)]
pub(super) struct Drawn {
    sheets: HashMap<(LayerId, Form), Sheet>,
    anchor: DVec3,
    /// Second that the textures' clock counts from.
    epoch_secs: f64,
    epochs: u64,
}

const DRAWN: [(LayerId, Form); 17] = [
    (LayerId::Camera, Form::Only),
    (LayerId::AiAlarm, Form::Only),
    (LayerId::SanitationVehicle, Form::Only),
    (LayerId::MuckTruck, Form::Only),
    (LayerId::IotDevice, Form::Only),
    (LayerId::FloodPoint, Form::Only),
    (LayerId::ShopSign, Form::Only),
    (LayerId::SharedBike, Form::Only),
    (LayerId::Case, Form::Only),
    (LayerId::Component, Form::Lamp),
    (LayerId::Component, Form::Cover),
    (LayerId::Component, Form::Sign),
    (LayerId::Component, Form::Light),
    (LayerId::Component, Form::Cabinet),
    (LayerId::Component, Form::Shelter),
    (LayerId::Component, Form::Low),
    (LayerId::Component, Form::Pole),
];

fn model(layer: LayerId, form: Form) -> Model {
    match layer {
        LayerId::Camera => models::camera(),
        LayerId::AiAlarm => models::beacon(),
        LayerId::SanitationVehicle => models::sweeper(),
        LayerId::MuckTruck => models::truck(),
        LayerId::IotDevice => models::sensor(),
        LayerId::FloodPoint => models::gauge(),
        LayerId::ShopSign => models::board(),
        LayerId::SharedBike => models::bike(),
        LayerId::Component => models::component(form).unwrap_or_default(),
        _ => models::pin(),
    }
}

/// Pixels that a copy has at least, so that it is seen from afar.
fn least_px(layer: LayerId) -> f32 {
    match layer {
        LayerId::AiAlarm => 26.0,
        LayerId::SanitationVehicle | LayerId::MuckTruck => 4.0,
        LayerId::IotDevice | LayerId::Camera | LayerId::FloodPoint => 9.0,
        LayerId::Case => 12.0,
        _ => 0.0,
    }
}

/// Writes what changed into the textures.
#[expect(clippy::too_many_arguments, reason = "a system's parameters are its inputs")]
pub(super) fn upload(
    city: Res<LiveCity>,
    layers: Res<Layers>,
    selection: Res<Selection>,
    clock: Res<Clock>,
    mut drawn: ResMut<Drawn>,
    mut commands: Commands,
    mut meshes: ResMut<Assets<Mesh>>,
    mut images: ResMut<Assets<Image>>,
    mut materials: ResMut<Assets<LiveMaterial>>,
    mut visible: Query<&mut Visibility>,
) {
    let now = clock.elapsed_secs();
    let drawn = &mut *drawn;
    if now - drawn.epoch_secs > CLOCK_SECS {
        drawn.epoch_secs = now;
        drawn.epochs += 1;
    }
    for (layer, form) in DRAWN {
        let on = layers.is_on(layer);
        if let Some(sheet) = drawn.sheets.get(&(layer, form))
            && let Ok(mut v) = visible.get_mut(sheet.entity)
        {
            v.set_if_neq(if on { Visibility::Inherited } else { Visibility::Hidden });
        }
        let moving = matches!(layer, LayerId::SanitationVehicle | LayerId::MuckTruck);
        let version = if moving { city.vehicles_version } else { city.points.get(&layer).map_or(0, |p| p.version) };
        let stamp = (version, on, drawn.epochs, selection.is_changed());
        if !on || drawn.sheets.get(&(layer, form)).is_some_and(|s| s.stamp == stamp && !selection.is_changed()) {
            continue;
        }
        let copies = copies(&city, (layer, form), selection.current.as_ref().map(|p| &p.key));
        if copies.is_empty() && !drawn.sheets.contains_key(&(layer, form)) {
            continue;
        }
        let (anchor, epoch) = (drawn.anchor, drawn.epoch_secs);
        let sheet = drawn.sheets.entry((layer, form)).or_insert_with(|| {
            let image = images.add(texture(1));
            let material = materials.add(LiveMaterial {
                base: StandardMaterial { perceptual_roughness: 0.6, reflectance: 0.3, ..default() },
                extension: LiveExtension { clock: Vec4::ZERO, states: image.clone() },
            });
            let mesh = meshes.add(model(layer, form).repeated(1));
            let entity = commands
                .spawn((
                    Anchor(anchor),
                    Mesh3d(mesh.clone()),
                    MeshMaterial3d(material.clone()),
                    NoFrustumCulling,
                    NotShadowCaster,
                    NotShadowReceiver,
                ))
                .id();
            Sheet { entity, mesh, image, material, capacity: 1, stamp: (0, false, 0, false) }
        });
        sheet.stamp = stamp;
        if copies.len() > sheet.capacity {
            sheet.capacity = copies.len().next_multiple_of(ROW);
            let mesh = meshes.add(model(layer, form).repeated(sheet.capacity as u32));
            let image = images.add(texture(sheet.capacity));
            commands.entity(sheet.entity).insert(Mesh3d(mesh.clone()));
            sheet.mesh = mesh;
            if let Some(mut material) = materials.get_mut(&sheet.material) {
                material.extension.states = image.clone();
            }
            sheet.image = image;
        }
        if let Some(mut image) = images.get_mut(&sheet.image)
            && let Some(data) = image.data.as_mut()
        {
            write(data, &copies, anchor, epoch);
        }
        // The bind group must be made again for the image that was written.
        if let Some(mut material) = materials.get_mut(&sheet.material) {
            material.extension.clock.y = least_px(layer);
        }
    }
}

fn texture(copies: usize) -> Image {
    let size =
        Extent3d { width: (ROW * PARTS) as u32, height: copies.div_ceil(ROW).max(1) as u32, depth_or_array_layers: 1 };
    let usage = RenderAssetUsages::MAIN_WORLD | RenderAssetUsages::RENDER_WORLD;
    let mut image = Image::new_fill(size, TextureDimension::D2, &[0; 16], TextureFormat::Rgba32Float, usage);
    image.sampler = ImageSampler::nearest();
    image
}

fn write(data: &mut [u8], copies: &[Copy], anchor: DVec3, epoch: f64) {
    data.fill(0);
    for (copy, out) in copies.iter().zip(data.chunks_exact_mut(PARTS * 16)) {
        let (m, from, to) = (&copy.mover, copy.mover.from - anchor, copy.mover.to - anchor);
        let values: [f32; 16] = [
            from.x as f32,
            from.y as f32,
            from.z as f32,
            (m.from_secs - epoch) as f32,
            to.x as f32,
            to.y as f32,
            to.z as f32,
            (m.to_secs - epoch) as f32,
            m.heading_from,
            m.heading_to,
            copy.size,
            copy.mark,
            copy.color[0],
            copy.color[1],
            copy.color[2],
            copy.color[3],
        ];
        out.copy_from_slice(bytemuck::bytes_of(&values));
    }
}

fn copies(city: &LiveCity, (layer, form): (LayerId, Form), selected: Option<&EntityKey>) -> Vec<Copy> {
    let mark = |key: EntityKind, id: &str, usual: f32| {
        if selected.is_some_and(|s| s.kind == key && s.id == id) { 3.0 } else { usual }
    };
    if matches!(layer, LayerId::SanitationVehicle | LayerId::MuckTruck) {
        let own = city.vehicles.data.iter().zip(&city.vehicles.movers).filter(|(p, _)| p.kind.layer() == layer);
        return own
            .map(|(p, m)| Copy {
                mover: *m,
                size: 1.0,
                mark: mark(EntityKind::Vehicle, &p.id, 1.0),
                color: vehicle_color(p.kind, p.state),
            })
            .collect();
    }
    let Some(points) = city.points.get(&layer) else { return Vec::new() };
    let alerts: HashMap<&str, _> =
        if layer == LayerId::AiAlarm { city.alerts().map(|a| (a.id.as_str(), a)).collect() } else { HashMap::new() };
    let columns = &points.columns;
    let own = columns.ids.iter().zip(&columns.movers).zip(&columns.data);
    let own = own.filter(|(_, item)| form == Form::Only || Form::of_component(class(item)) == form);
    own.map(|((id, m), item)| {
        let (color, usual) = match layer {
            LayerId::IotDevice => (sensor_color(city.readings.get(id).map(|r| r.state)), 1.0),
            LayerId::Camera => {
                let said = item.properties.get("online").and_then(serde_json::Value::as_bool).unwrap_or(true);
                let online = city.cameras.get(id).map_or(said, |c| c.online);
                (if online { [0.62, 0.78, 0.95, 0.15] } else { [0.16, 0.16, 0.17, 0.0] }, 1.0)
            }
            LayerId::AiAlarm => match alerts.get(id.as_str()) {
                Some(a) => {
                    let [r, g, b] = severity_color(a.severity);
                    if a.state == AlertState::Raised {
                        ([r, g, b, 1.0], 2.0)
                    } else {
                        ([r * 0.6, g * 0.6, b * 0.6, 0.4], 1.0)
                    }
                }
                None => ([1.0, 0.3, 0.0, 0.5], 1.0),
            },
            LayerId::FloodPoint => {
                let gauge = item.properties.get("sensor").and_then(serde_json::Value::as_str);
                let gauge = gauge.and_then(|key| key.strip_prefix("sensor:"));
                match gauge.and_then(|id| city.readings.get(id)).map(|r| r.state) {
                    None | Some(SensorState::Normal) => ([0.03, 0.30, 0.75, 0.35], 1.0),
                    state => (sensor_color(state), 1.0),
                }
            }
            LayerId::Component => (component_color(class(item), &item.properties), 1.0),
            LayerId::Case => ([0.55, 0.10, 0.75, 0.5], 1.0),
            LayerId::ShopSign => ([0.75, 0.12, 0.08, 0.25], 1.0),
            _ => ([0.02, 0.42, 0.80, 0.2], 1.0),
        };
        Copy { mover: *m, size: 1.0, mark: mark(item.key.kind, id, usual), color }
    })
    .collect()
}

fn vehicle_color(kind: VehicleKind, state: WorkState) -> [f32; 4] {
    let [r, g, b]: [f32; 3] = match kind {
        VehicleKind::MuckTruck => [0.85, 0.36, 0.03],
        VehicleKind::Sprinkler => [0.04, 0.36, 0.80],
        VehicleKind::Compactor => [0.10, 0.50, 0.18],
        VehicleKind::Suction => [0.42, 0.22, 0.60],
        VehicleKind::Sweeper => [0.05, 0.55, 0.42],
    };
    match state {
        WorkState::Working => [r, g, b, 0.35],
        WorkState::Empty => [r * 0.8 + 0.1, g * 0.8 + 0.1, b * 0.8 + 0.1, 0.2],
        WorkState::Parked => [0.35, 0.36, 0.38, 0.05],
        WorkState::Offline => [0.12, 0.12, 0.13, 0.0],
    }
}

/// The code of a record's class.
fn class(item: &Item) -> &str {
    item.properties.get("class").and_then(serde_json::Value::as_str).unwrap_or_default()
}

/// Sound components look as such things do; others are red.
fn component_color(class: &str, properties: &serde_json::Map<String, serde_json::Value>) -> [f32; 4] {
    let state = properties.get("ObjState").and_then(serde_json::Value::as_str).unwrap_or("完好");
    if state != "完好" {
        return [0.85, 0.06, 0.03, 0.45];
    }
    match class {
        "0118" => [0.85, 0.83, 0.74, 0.1],
        "0104" => [0.05, 0.05, 0.055, 0.0],
        "0105" | "0106" | "0107" => [0.20, 0.20, 0.19, 0.0],
        "0111" => [0.32, 0.27, 0.05, 0.0],
        "0113" => [0.60, 0.04, 0.03, 0.05],
        "0116" => [0.22, 0.30, 0.24, 0.0],
        "0123" => [0.02, 0.22, 0.09, 0.0],
        "0203" => [0.20, 0.26, 0.34, 0.0],
        "0209" | "0213" => [0.02, 0.13, 0.46, 0.1],
        "0211" => [0.60, 0.62, 0.64, 0.0],
        "0214" => [0.05, 0.70, 0.15, 0.9],
        "0305" => [0.05, 0.26, 0.12, 0.0],
        "0404" => [0.35, 0.16, 0.09, 0.0],
        "0407" => [0.24, 0.12, 0.05, 0.0],
        "0501" => [0.45, 0.10, 0.08, 0.0],
        c if c.starts_with("01") && c < "0115" => [0.11, 0.11, 0.11, 0.0],
        _ => [0.35, 0.36, 0.37, 0.0],
    }
}

fn sensor_color(state: Option<SensorState>) -> [f32; 4] {
    match state {
        Some(SensorState::Normal) => [0.03, 0.60, 0.20, 0.35],
        Some(SensorState::Warning) => [0.95, 0.55, 0.02, 0.7],
        Some(SensorState::Alarm) => [0.95, 0.04, 0.03, 1.0],
        Some(SensorState::Offline) | None => [0.25, 0.26, 0.27, 0.0],
    }
}

/// Seconds by which the shaders' clock may be wrong before it is put right.
const CLOCK_ERROR_SECS: f32 = 0.004;

/// Keeps the shaders' clocks right. They run by themselves, from the engine's clock that every shader has.
pub(super) fn tick(
    clock: Res<Clock>,
    time: Res<Time>,
    drawn: Res<Drawn>,
    camera: Query<&Camera, With<MainCamera>>,
    mut materials: ResMut<Assets<LiveMaterial>>,
) {
    let height = camera.single().ok().and_then(Camera::physical_viewport_size).map_or(720.0, |s| s.y as f32);
    let pixels = height / (2.0 * (0.5 * FOVY_RAD).tan());
    let ahead = (clock.elapsed_secs() - drawn.epoch_secs) as f32 - time.elapsed_secs_wrapped();
    for sheet in drawn.sheets.values() {
        let stale = materials
            .get(&sheet.material)
            .is_some_and(|m| m.extension.clock.z != pixels || (m.extension.clock.x - ahead).abs() > CLOCK_ERROR_SECS);
        if stale && let Some(mut material) = materials.get_mut(&sheet.material) {
            material.extension.clock.x = ahead;
            material.extension.clock.z = pixels;
        }
    }
}
