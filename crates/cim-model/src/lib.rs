//! The words of the domain: entity kinds and keys, layers, cases with their stages and steps, alerts, sensor
//! readings, positions, and the messages of the live protocol. No I/O.
//!
//! Times are [`Timestamp`]s (milliseconds since 1970-01-01T00:00:00Z); places are [`Place`]s (WGS 84 / CGCS2000
//! degrees). Class codes and case numbers are opaque strings that the owning system chose.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

mod alert;
mod case;
mod classes;
mod key;
mod layer;
pub mod live;
mod place;
mod site;
mod telemetry;
mod time;

pub use alert::{Alert, AlertState, Severity};
pub use case::{Attachment, Case, CaseLight, CaseStage, CaseState, CaseStep, CaseSummary, PhotoKind, StepOutcome};
pub use classes::{ClassDictionary, ClassFile, EventClass};
pub use key::{EntityKey, EntityKind, KeyError};
pub use layer::{LAYERS, Layer, LayerId};
pub use place::Place;
pub use site::{Site, SiteBounds};
pub use telemetry::{
    CameraStatus, SensorKind, SensorReading, SensorState, Vehicle, VehicleKind, VehiclePosition, WorkState,
};
pub use time::{Timestamp, TimestampError};
