//! Alerts (告警).

use crate::{EntityKey, Place, Timestamp};
use serde::{Deserialize, Serialize};

/// How grave an alert is; GB/T 28181 alarmPriority, 1 the gravest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// 1: act at once.
    Critical,
    /// 2: act today.
    Major,
    /// 3: look at it.
    Minor,
    /// 4: for information.
    Info,
}

/// Where an alert stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AlertState {
    /// Raised, nobody has looked.
    Raised,
    /// Acknowledged by a person (确认).
    Acknowledged,
    /// Found to be a false alarm (误报).
    False,
    /// It became a case.
    Filed,
    /// Over.
    Cleared,
}

/// Something that a camera's AI or a sensor noticed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Alert {
    /// The alert system's id.
    pub id: String,
    /// Class code of the city's event dictionary; opaque.
    pub class: String,
    /// Class name in Chinese, as the source wrote it.
    pub class_name: String,
    /// How grave.
    pub severity: Severity,
    /// Where it stands.
    pub state: AlertState,
    /// When it was seen.
    pub time: Timestamp,
    /// Where; `None` when the source did not say.
    pub place: Option<Place>,
    /// The camera or sensor that raised it.
    pub source: EntityKey,
    /// Unit grid code, when known.
    pub grid: Option<String>,
    /// Recognition confidence, 0 to 1.
    pub confidence: Option<f32>,
    /// Picture, relative to the backend's root or absolute.
    pub snapshot_url: Option<String>,
    /// The case it became.
    pub case_id: Option<String>,
}

impl Alert {
    /// The alert's key.
    #[must_use]
    pub fn key(&self) -> EntityKey {
        EntityKey::new(crate::EntityKind::Alert, self.id.clone())
    }
}
