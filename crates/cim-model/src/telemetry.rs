//! What moves and what measures.

use crate::{Place, Timestamp};
use serde::{Deserialize, Serialize};

/// What a vehicle is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VehicleKind {
    /// Street sweeper (清扫车).
    Sweeper,
    /// Sprinkler (洒水车).
    Sprinkler,
    /// Compactor (压缩车).
    Compactor,
    /// Suction truck (吸污车).
    Suction,
    /// Muck truck (渣土车).
    MuckTruck,
}

impl VehicleKind {
    /// The layer that shows it.
    #[must_use]
    pub const fn layer(self) -> crate::LayerId {
        match self {
            Self::MuckTruck => crate::LayerId::MuckTruck,
            _ => crate::LayerId::SanitationVehicle,
        }
    }

    /// Chinese name.
    #[must_use]
    pub const fn zh(self) -> &'static str {
        match self {
            Self::Sweeper => "清扫车",
            Self::Sprinkler => "洒水车",
            Self::Compactor => "压缩车",
            Self::Suction => "吸污车",
            Self::MuckTruck => "渣土车",
        }
    }
}

/// A vehicle's record: what does not change from report to report.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Vehicle {
    /// The fleet system's id.
    pub id: String,
    /// Number plate.
    pub plate: String,
    /// What it is for.
    pub kind: VehicleKind,
    /// Owning company or unit.
    pub unit: String,
    /// Driver, masked.
    pub driver: String,
}

/// What a vehicle is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WorkState {
    /// Working (作业中); for a muck truck: loaded.
    Working,
    /// Driving empty (空驶).
    Empty,
    /// Standing (停驶).
    Parked,
    /// Not heard of (离线).
    Offline,
}

/// One position report.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct VehiclePosition {
    /// The vehicle's id.
    pub id: String,
    /// What it is for, so that a report can be drawn before the record is known.
    pub kind: VehicleKind,
    /// Where.
    pub place: Place,
    /// Degrees clockwise from north.
    pub heading_deg: f32,
    /// Metres per second.
    pub speed_mps: f32,
    /// What it is doing.
    pub state: WorkState,
    /// When the position was taken.
    pub time: Timestamp,
    /// Metres of the road above the ground, on bridges and ramps; the backend finds it by the road network.
    #[serde(default)]
    pub height_m: f32,
}

/// What a sensor measures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SensorKind {
    /// Depth of standing water, cm (积水点).
    WaterDepth,
    /// Fine dust, µg/m³ (扬尘).
    Dust,
    /// Noise, dB(A) (噪声).
    Noise,
    /// Fill level, % (满溢).
    FillLevel,
    /// Combustible gas, % LEL (燃气).
    Gas,
}

impl SensorKind {
    /// Unit of its readings.
    #[must_use]
    pub const fn unit(self) -> &'static str {
        match self {
            Self::WaterDepth => "cm",
            Self::Dust => "µg/m³",
            Self::Noise => "dB(A)",
            Self::FillLevel => "%",
            Self::Gas => "% LEL",
        }
    }

    /// Chinese name.
    #[must_use]
    pub const fn zh(self) -> &'static str {
        match self {
            Self::WaterDepth => "积水深度",
            Self::Dust => "扬尘",
            Self::Noise => "噪声",
            Self::FillLevel => "满溢",
            Self::Gas => "燃气浓度",
        }
    }
}

/// How a sensor stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SensorState {
    /// Within its limits.
    Normal,
    /// Past the lower threshold.
    Warning,
    /// Past the upper threshold.
    Alarm,
    /// Not heard of.
    Offline,
}

/// One reading of one sensor.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SensorReading {
    /// The sensor's id.
    pub id: String,
    /// The value, in the unit of the sensor's kind.
    pub value: f64,
    /// How it stands.
    pub state: SensorState,
    /// When it was measured.
    pub time: Timestamp,
}

/// A camera that came on or went off.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CameraStatus {
    /// The camera's 20-digit id (GB/T 28181).
    pub id: String,
    /// On line.
    pub online: bool,
    /// Since when.
    pub time: Timestamp,
}
