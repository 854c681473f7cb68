//! What is known of the living city, for everybody to ask.

use super::columns::{Columns, Mover};
use bevy::{math::DVec3, prelude::*};
use cim_model::{
    Alert, AlertState, CameraStatus, EntityKey, EntityKind, LayerId, SensorKind, SensorReading, Severity, Vehicle,
    VehiclePosition,
};
use serde_json::{Map, Value};
use std::collections::{HashMap, VecDeque};

/// Alerts that are listed.
const ALERTS: usize = 500;

/// A record that stands somewhere.
#[derive(Debug, Clone)]
pub struct Item {
    /// Its key.
    pub key: EntityKey,
    /// Its name, possibly empty.
    pub name: String,
    /// Everything that the source said.
    pub properties: Map<String, Value>,
}

/// One layer of things at places.
#[derive(Debug, Default)]
pub(super) struct Points {
    pub(super) columns: Columns<Item>,
    /// Rises with every change.
    pub(super) version: u64,
}

/// All that lives and changes.
#[derive(Resource, Debug, Default)]
pub struct LiveCity {
    pub(super) fleet: HashMap<String, Vehicle>,
    pub(super) vehicles: Columns<VehiclePosition>,
    pub(super) vehicles_version: u64,
    pub(super) points: HashMap<LayerId, Points>,
    pub(super) readings: HashMap<String, SensorReading>,
    pub(super) cameras: HashMap<String, CameraStatus>,
    alerts: VecDeque<Alert>,
    pub(super) alerts_version: u64,
}

/// The layer whose records have this kind.
#[must_use]
pub(super) fn layer_of(kind: EntityKind) -> Option<LayerId> {
    Some(match kind {
        EntityKind::Camera => LayerId::Camera,
        EntityKind::Sensor => LayerId::IotDevice,
        EntityKind::Sign => LayerId::ShopSign,
        EntityKind::Bike => LayerId::SharedBike,
        EntityKind::Component => LayerId::Component,
        EntityKind::FloodPoint => LayerId::FloodPoint,
        EntityKind::Case => LayerId::Case,
        EntityKind::Alert => LayerId::AiAlarm,
        _ => return None,
    })
}

impl LiveCity {
    /// Where something is at a second, site metres, interpolated between its reports.
    #[must_use]
    pub fn position(&self, key: &EntityKey, now_secs: f64) -> Option<DVec3> {
        if key.kind == EntityKind::Vehicle {
            return self.vehicles.get(&key.id).map(|i| self.vehicles.movers[i].at(now_secs));
        }
        let points = self.points.get(&layer_of(key.kind)?)?;
        points.columns.get(&key.id).map(|i| points.columns.movers[i].to)
    }

    /// Everything that a layer shows: key and place at a second.
    pub fn placed(&self, layer: LayerId, now_secs: f64) -> impl Iterator<Item = (EntityKey, DVec3)> + '_ {
        let vehicles =
            self.vehicles.data.iter().zip(&self.vehicles.movers).filter(move |(p, _)| p.kind.layer() == layer);
        let vehicles = vehicles.map(move |(p, m)| (EntityKey::new(EntityKind::Vehicle, p.id.clone()), m.at(now_secs)));
        let points = self.points.get(&layer).into_iter();
        let points = points.flat_map(|p| p.columns.data.iter().zip(&p.columns.movers));
        vehicles.chain(points.map(|(item, m)| (item.key.clone(), m.to)))
    }

    /// A vehicle's record.
    #[must_use]
    pub fn vehicle(&self, id: &str) -> Option<&Vehicle> {
        self.fleet.get(id)
    }

    /// A vehicle's last report.
    #[must_use]
    pub fn report(&self, id: &str) -> Option<&VehiclePosition> {
        self.vehicles.get(id).map(|i| &self.vehicles.data[i])
    }

    /// A sensor's last reading.
    #[must_use]
    pub fn reading(&self, id: &str) -> Option<&SensorReading> {
        self.readings.get(id)
    }

    /// What a camera last said of itself.
    #[must_use]
    pub fn camera(&self, id: &str) -> Option<&CameraStatus> {
        self.cameras.get(id)
    }

    /// A record at a place.
    #[must_use]
    pub fn item(&self, key: &EntityKey) -> Option<&Item> {
        let columns = &self.points.get(&layer_of(key.kind)?)?.columns;
        columns.get(&key.id).map(|i| &columns.data[i])
    }

    /// What a sensor measures, when its record says so.
    #[must_use]
    pub fn sensor_kind(&self, id: &str) -> Option<SensorKind> {
        let item = self.item(&EntityKey::new(EntityKind::Sensor, id))?;
        serde_json::from_value(item.properties.get("sensor_kind")?.clone()).ok()
    }

    /// The newest alerts, newest first.
    pub fn alerts(&self) -> impl Iterator<Item = &Alert> {
        self.alerts.iter()
    }

    /// Alerts that nobody has looked at.
    #[must_use]
    pub fn unseen_alerts(&self) -> usize {
        self.alerts.iter().filter(|a| a.state == AlertState::Raised).count()
    }

    /// Takes an alert that was raised or changed; it keeps its place in the order of time.
    pub(super) fn put_alert(&mut self, alert: &Alert) {
        self.alerts_version += 1;
        self.alerts.retain(|a| a.id != alert.id);
        let at = self.alerts.partition_point(|a| a.time > alert.time);
        self.alerts.insert(at, alert.clone());
        self.alerts.truncate(ALERTS);
    }

    /// Takes a whole list; what is already known and not in it stays.
    pub(super) fn put_alerts(&mut self, list: &[Alert]) {
        for alert in list {
            self.put_alert(alert);
        }
    }

    /// How many things the layer shows.
    #[must_use]
    pub fn count(&self, layer: LayerId) -> usize {
        match layer {
            LayerId::SanitationVehicle | LayerId::MuckTruck => {
                self.vehicles.data.iter().filter(|p| p.kind.layer() == layer).count()
            }
            _ => self.points.get(&layer).map_or(0, |p| p.columns.len()),
        }
    }

    /// Puts a record at a place.
    pub(super) fn put_point(&mut self, layer: LayerId, item: Item, mover: Mover) {
        let points = self.points.entry(layer).or_default();
        points.version += 1;
        let id = item.key.id.clone();
        points.columns.insert(&id, mover, item);
    }
}

/// Linear colour of a severity.
#[must_use]
pub(super) fn severity_color(severity: Severity) -> [f32; 3] {
    match severity {
        Severity::Critical => [1.0, 0.02, 0.02],
        Severity::Major => [1.0, 0.16, 0.01],
        Severity::Minor => [1.0, 0.45, 0.02],
        Severity::Info => [0.15, 0.45, 1.0],
    }
}
