//! The city as a whole: what a viewer needs to begin.

use crate::{Place, Timestamp};
use serde::{Deserialize, Serialize};

/// West, south, east, north in degrees.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct SiteBounds {
    /// Western longitude.
    pub west: f64,
    /// Southern latitude.
    pub south: f64,
    /// Eastern longitude.
    pub east: f64,
    /// Northern latitude.
    pub north: f64,
}

/// `GET /site`: the city's name, frame and where its parts are.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Site {
    /// Chinese name.
    pub name_zh: String,
    /// English name.
    pub name_en: String,
    /// Origin of the local frame.
    pub origin: Place,
    /// Extent.
    pub bounds: SiteBounds,
    /// Where the tileset is, relative to the backend's root or absolute.
    pub tileset_url: String,
    /// Where the heights of the ground are (`cim_geo::Relief` as bytes), likewise; none where the ground is flat.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub terrain_url: Option<String>,
    /// Minutes east of UTC of the city's civil time.
    pub utc_offset_minutes: i32,
    /// The backend's clock when it answered.
    pub now: Timestamp,
}
