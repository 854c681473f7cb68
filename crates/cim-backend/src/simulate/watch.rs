//! What sensors measure and cameras see.

use crate::{server::Shared, store::Query};
use cim_model::{
    Alert, AlertState, CameraStatus, EntityKey, EntityKind, Place, SensorReading, SensorState, Severity, Timestamp,
    live::Body,
};
use rand::{Rng, seq::IndexedRandom};
use rand_pcg::Pcg64;
use serde_json::Value;
use std::sync::Arc;

/// Sensors report in turns: each once in so many seconds.
const SENSOR_ROUND: usize = 10;
/// A camera raises something every so many seconds on average.
const ALERT_EVERY_SECS: f64 = 18.0;

/// What an AI camera recognises: class code and name of GB/T 30428.2 events, and how grave.
const SEEN: [(&str, &str, Severity); 8] = [
    ("0102", "暴露垃圾", Severity::Minor),
    ("0103", "积存垃圾渣土", Severity::Minor),
    ("0112", "道路遗撒", Severity::Major),
    ("0201", "非法小广告", Severity::Info),
    ("0501", "无照经营游商", Severity::Minor),
    ("0504", "店外经营", Severity::Minor),
    ("0505", "机动车乱停放", Severity::Info),
    ("0507", "乱堆物堆料", Severity::Minor),
];

struct Sensor {
    id: String,
    kind: String,
    warning: f64,
    alarm: f64,
    value: f64,
    place: Option<Place>,
    grid: Option<String>,
    state: SensorState,
}

struct Camera {
    id: String,
    place: Option<Place>,
    grid: Option<String>,
    online: bool,
}

/// Everything that watches.
pub(super) struct Watch {
    sensors: Vec<Sensor>,
    cameras: Vec<Camera>,
    serial: u64,
}

impl Watch {
    pub(super) async fn new(shared: &Arc<Shared>, random: &mut Pcg64) -> Self {
        let all = Query { limit: 100_000, ..Query::default() };
        let read = |name: &'static str, query: Query| shared.with_store(move |s| s.page(name, &query));
        let parse = |list: Option<(usize, Vec<String>)>| -> Vec<Value> {
            list.map(|l| l.1.iter().filter_map(|j| serde_json::from_str(j).ok()).collect()).unwrap_or_default()
        };
        let sensors = parse(read("sensor", all.clone()).await).iter().filter_map(|f| sensor(f, random)).collect();
        let cameras = parse(read("camera", all).await).iter().filter_map(camera).collect();
        let serial = shared.now().0.unsigned_abs() / 1000;
        Self { sensors, cameras, serial }
    }

    /// What there is to report this second.
    pub(super) fn step(&mut self, tick: u64, now: Timestamp, random: &mut Pcg64) -> Vec<Body> {
        let mut bodies = Vec::new();
        let mut alerts = Vec::new();
        let turn = (tick as usize) % SENSOR_ROUND;
        let mut readings = Vec::new();
        for sensor in self.sensors.iter_mut().skip(turn).step_by(SENSOR_ROUND) {
            let before = sensor.state;
            readings.push(sensor.measure(now, random));
            if sensor.state == SensorState::Alarm && before != SensorState::Alarm {
                self.serial += 1;
                alerts.push(sensor.alert(self.serial, now));
            }
        }
        if !readings.is_empty() {
            bodies.push(Body::Readings(readings));
        }
        if let Some(camera) = self.cameras.choose(random).filter(|c| c.online)
            && random.random_bool(1.0 / ALERT_EVERY_SECS)
        {
            self.serial += 1;
            alerts.push(camera.alert(self.serial, now, random));
        }
        if !alerts.is_empty() {
            bodies.push(Body::Alerts(alerts));
        }
        if !self.cameras.is_empty() && random.random_bool(1.0 / 45.0) {
            let at = random.random_range(0..self.cameras.len());
            let camera = &mut self.cameras[at];
            camera.online = !camera.online || random.random_bool(0.7);
            bodies.push(Body::Cameras(vec![CameraStatus { id: camera.id.clone(), online: camera.online, time: now }]));
        }
        bodies
    }
}

fn place(feature: &Value) -> Option<Place> {
    let c = feature.pointer("/geometry/coordinates")?;
    Some(Place::new(c.get(0)?.as_f64()?, c.get(1)?.as_f64()?)).filter(|p| p.is_plausible())
}

fn text(feature: &Value, name: &str) -> Option<String> {
    feature.get("properties")?.get(name)?.as_str().map(str::to_owned)
}

fn sensor(feature: &Value, random: &mut Pcg64) -> Option<Sensor> {
    let number = |name: &str| feature.get("properties")?.get(name)?.as_f64();
    let (warning, alarm) = (number("warning")?, number("alarm")?);
    Some(Sensor {
        id: feature.get("id")?.as_str()?.to_owned(),
        kind: text(feature, "sensor_kind")?,
        warning,
        alarm,
        value: warning * random.random_range(0.1..0.8),
        place: place(feature),
        grid: text(feature, "grid"),
        state: SensorState::Normal,
    })
}

fn camera(feature: &Value) -> Option<Camera> {
    Some(Camera {
        id: feature.get("id")?.as_str()?.to_owned(),
        place: place(feature),
        grid: text(feature, "grid"),
        online: feature.pointer("/properties/online").and_then(Value::as_bool).unwrap_or(true),
    })
}

impl Sensor {
    /// The value wanders; far from normal it is pulled back, and now and then something happens.
    fn measure(&mut self, now: Timestamp, random: &mut Pcg64) -> SensorReading {
        let calm = self.warning * 0.45;
        let step = self.warning * random.random_range(-0.06..0.06);
        self.value = (self.value + step + (calm - self.value) * 0.04).clamp(0.0, self.alarm * 1.4);
        if random.random_bool(0.0015) {
            self.value = self.alarm * random.random_range(0.95..1.25);
        }
        self.state = if self.value >= self.alarm {
            SensorState::Alarm
        } else if self.value >= self.warning {
            SensorState::Warning
        } else {
            SensorState::Normal
        };
        SensorReading { id: self.id.clone(), value: (self.value * 100.0).round() / 100.0, state: self.state, time: now }
    }

    fn alert(&self, serial: u64, now: Timestamp) -> Alert {
        let (class, name) = match self.kind.as_str() {
            "water_depth" => ("0406", "道路积水"),
            "dust" => ("0302", "工地扬尘"),
            "noise" => ("0301", "施工扰民"),
            "fill_level" => ("2102", "垃圾箱满溢"),
            _ => ("0403", "燃气管道破裂"),
        };
        Alert {
            id: format!("S{serial}"),
            class: class.into(),
            class_name: name.into(),
            severity: if self.kind == "gas" { Severity::Critical } else { Severity::Major },
            state: AlertState::Raised,
            time: now,
            place: self.place,
            source: EntityKey::new(EntityKind::Sensor, self.id.clone()),
            grid: self.grid.clone(),
            confidence: None,
            snapshot_url: None,
            case_id: None,
        }
    }
}

impl Camera {
    fn alert(&self, serial: u64, now: Timestamp, random: &mut Pcg64) -> Alert {
        let (class, name, severity) = SEEN[random.random_range(0..SEEN.len())];
        let id = format!("V{serial}");
        Alert {
            snapshot_url: Some(format!("/media/alerts/{id}/near.png")),
            id,
            class: class.into(),
            class_name: name.into(),
            severity,
            state: AlertState::Raised,
            time: now,
            place: self.place,
            source: EntityKey::new(EntityKind::Camera, self.id.clone()),
            grid: self.grid.clone(),
            confidence: Some((random.random_range(0.72..0.99f32) * 100.0).round() / 100.0),
            case_id: None,
        }
    }
}
