//! The living city: the newest state of everything, and who is told of changes.

mod socket;

pub(crate) use socket::{Wish, serve};

use cim_model::{CameraStatus, SensorReading, Timestamp, VehiclePosition};
use std::{
    collections::{HashMap, VecDeque},
    sync::{Mutex, MutexGuard, PoisonError},
};
use tokio::sync::watch;

/// Readings of one sensor that are held for `Observations`.
const HISTORY: usize = 120;

/// A value with the number of the change that brought it.
#[derive(Debug, Clone)]
struct Versioned<T> {
    version: u64,
    value: T,
}

#[derive(Debug, Default)]
struct State {
    version: u64,
    positions: HashMap<String, Versioned<VehiclePosition>>,
    readings: HashMap<String, Versioned<SensorReading>>,
    history: HashMap<String, VecDeque<(Timestamp, f64)>>,
    cameras: HashMap<String, CameraStatus>,
}

/// What changed since a version: the newest value per key, so that a slow client skips what is out of date.
#[derive(Debug, Default)]
pub(crate) struct Changes {
    pub(crate) version: u64,
    pub(crate) positions: Vec<VehiclePosition>,
    pub(crate) readings: Vec<SensorReading>,
}

/// Newest state of everything that is not kept message by message.
pub(crate) struct Hub {
    state: Mutex<State>,
    changed: watch::Sender<u64>,
}

impl Hub {
    pub(crate) fn new() -> Self {
        Self { state: Mutex::default(), changed: watch::Sender::new(0) }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // The state is plain data that every writer leaves whole.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells of changes; the value means nothing.
    pub(crate) fn subscribe(&self) -> watch::Receiver<u64> {
        self.changed.subscribe()
    }

    /// Wakes everybody who listens.
    pub(crate) fn wake(&self) {
        self.changed.send_modify(|n| *n = n.wrapping_add(1));
    }

    /// Takes reports; an older one than is known changes nothing.
    pub(crate) fn put_positions(&self, list: Vec<VehiclePosition>) {
        let mut state = self.lock();
        state.version += 1;
        let version = state.version;
        for value in list {
            let newer = state.positions.get(&value.id).is_none_or(|known| known.value.time <= value.time);
            if newer {
                state.positions.insert(value.id.clone(), Versioned { version, value });
            }
        }
    }

    /// Takes readings; an older one than is known only joins the history.
    pub(crate) fn put_readings(&self, list: Vec<SensorReading>) {
        let mut state = self.lock();
        state.version += 1;
        let version = state.version;
        for value in list {
            let history = state.history.entry(value.id.clone()).or_default();
            if history.len() == HISTORY {
                history.pop_front();
            }
            history.push_back((value.time, value.value));
            let newer = state.readings.get(&value.id).is_none_or(|known| known.value.time <= value.time);
            if newer {
                state.readings.insert(value.id.clone(), Versioned { version, value });
            }
        }
    }

    /// Takes what cameras say of themselves.
    pub(crate) fn put_cameras(&self, list: &[CameraStatus]) {
        let mut state = self.lock();
        for camera in list {
            state.cameras.insert(camera.id.clone(), camera.clone());
        }
    }

    /// Everything that changed after `version`.
    pub(crate) fn changes(&self, version: u64) -> Changes {
        let state = self.lock();
        let mut changes = Changes { version: state.version, ..Changes::default() };
        if state.version > version {
            changes.positions =
                state.positions.values().filter(|v| v.version > version).map(|v| v.value.clone()).collect();
            changes.readings =
                state.readings.values().filter(|v| v.version > version).map(|v| v.value.clone()).collect();
        }
        changes
    }

    pub(crate) fn position(&self, id: &str) -> Option<VehiclePosition> {
        self.lock().positions.get(id).map(|v| v.value.clone())
    }

    pub(crate) fn reading(&self, id: &str) -> Option<SensorReading> {
        self.lock().readings.get(id).map(|v| v.value.clone())
    }

    pub(crate) fn camera(&self, id: &str) -> Option<CameraStatus> {
        self.lock().cameras.get(id).cloned()
    }

    /// Readings of a sensor, oldest first.
    pub(crate) fn history(&self, id: &str) -> Vec<(Timestamp, f64)> {
        self.lock().history.get(id).map(|h| h.iter().copied().collect()).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cim_model::{Place, VehicleKind, WorkState};

    fn report(id: &str, t: i64) -> VehiclePosition {
        VehiclePosition {
            id: id.into(),
            kind: VehicleKind::MuckTruck,
            place: Place::new(116.5, 35.4),
            heading_deg: 0.0,
            speed_mps: 0.0,
            state: WorkState::Working,
            time: Timestamp(t),
            height_m: 0.0,
        }
    }

    #[test]
    fn a_slow_client_gets_the_newest_once() {
        let hub = Hub::new();
        for t in 0..1000 {
            hub.put_positions(vec![report("a", t), report("b", 1000 - t)]);
        }
        let all = hub.changes(0);
        assert_eq!(all.positions.len(), 2);
        assert_eq!(hub.position("a").unwrap().time, Timestamp(999));
        assert_eq!(hub.position("b").unwrap().time, Timestamp(1000));
        assert!(hub.changes(all.version).positions.is_empty());
    }
}
