//! A city before it becomes tiles.

use crate::records::Records;
use cim_model::{EntityKey, Place, SiteBounds};
use serde::Serialize;

/// A city: everything in WGS 84 degrees and metres.
#[derive(Debug, Clone)]
pub struct City {
    /// Chinese name.
    pub name_zh: String,
    /// English name.
    pub name_en: String,
    /// Origin of the local frame.
    pub origin: Place,
    /// Extent.
    pub bounds: SiteBounds,
    /// Minutes east of UTC of the civil time.
    pub utc_offset_minutes: i32,
    /// Buildings.
    pub buildings: Vec<Building>,
    /// Roads.
    pub roads: Vec<Road>,
    /// Water and green.
    pub areas: Vec<Area>,
    /// What vehicles drive on.
    pub network: Network,
    /// What the city's systems hold.
    pub records: Records,
}

/// The shape of a roof.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Roof {
    /// Flat, with a parapet.
    Flat,
    /// Two slopes, the ridge along the longer side; only for footprints of four corners.
    Gable,
}

/// A building of one height.
#[derive(Debug, Clone)]
pub struct Building {
    /// Its key.
    pub key: EntityKey,
    /// Its name.
    pub name: String,
    /// What it is used for, Chinese.
    pub class: String,
    /// Outer ring, either direction, first corner not repeated.
    pub footprint: Vec<Place>,
    /// Courtyards: rings inside the footprint.
    pub holes: Vec<Vec<Place>>,
    /// Metres from the ground to the eaves.
    pub height_m: f32,
    /// Floors.
    pub floors: u16,
    /// Address.
    pub address: String,
    /// Roof.
    pub roof: Roof,
    /// sRGB colour of the walls.
    pub wall: [u8; 3],
    /// sRGB colour of the roof.
    pub roof_color: [u8; 3],
}

/// Hierarchy of roads, as OpenStreetMap's `highway` names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RoadClass {
    /// Motorway.
    Motorway,
    /// Trunk road.
    Trunk,
    /// Arterial.
    Primary,
    /// Between arterials.
    Secondary,
    /// Within a district.
    Tertiary,
    /// Within a block.
    Residential,
    /// To a yard, a car park or a building.
    Service,
    /// For people on foot or bicycle.
    Footway,
}

impl RoadClass {
    /// OpenStreetMap's word for it, also in `network.json` and in the tiles.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Motorway => "motorway",
            Self::Trunk => "trunk",
            Self::Primary => "primary",
            Self::Secondary => "secondary",
            Self::Tertiary => "tertiary",
            Self::Residential => "residential",
            Self::Service => "service",
            Self::Footway => "footway",
        }
    }
}

/// A road under one name.
#[derive(Debug, Clone)]
pub struct Road {
    /// Its key.
    pub key: EntityKey,
    /// Its name.
    pub name: String,
    /// Its class.
    pub class: RoadClass,
    /// Width of the carriageway, metres.
    pub width_m: f32,
    /// Centre line.
    pub points: Vec<Place>,
    /// One of the city's supervised main roads (主干道路).
    pub main: bool,
    /// Driven along its points only.
    pub oneway: bool,
}

/// What an area is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AreaKind {
    /// Water.
    Water,
    /// Green.
    Green,
}

/// An area of water or green.
#[derive(Debug, Clone)]
pub struct Area {
    /// Its key.
    pub key: EntityKey,
    /// Its name.
    pub name: String,
    /// What it is.
    pub kind: AreaKind,
    /// Outer ring, first corner not repeated.
    pub ring: Vec<Place>,
    /// Islands: rings inside the outer ring.
    pub holes: Vec<Vec<Place>>,
}

/// The routable network: `network.json`.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Network {
    /// Junctions and ends, longitude and latitude.
    pub nodes: Vec<[f64; 2]>,
    /// Pieces of road between nodes.
    pub edges: Vec<Edge>,
}

/// A piece of road between two nodes.
#[derive(Debug, Clone, Serialize)]
pub struct Edge {
    /// Node where it begins.
    pub a: u32,
    /// Node where it ends.
    pub b: u32,
    /// Id of its road.
    pub road: String,
    /// Its class.
    pub class: RoadClass,
    /// Width of the carriageway, metres.
    pub width_m: f32,
    /// Drivable from `a` to `b` only.
    pub oneway: bool,
    /// Centre line, both ends included.
    pub points: Vec<[f64; 2]>,
}
