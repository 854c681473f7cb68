//! A city before it becomes tiles.

mod building;
mod placed;

pub(crate) use building::usual_colours;
pub use building::{Building, Roof, RoofForm, RoofShape};
pub use placed::{ModelShape, Pictured, PlacedModel};

use crate::{
    picture::{Picture, Texture},
    records::Records,
    terrain::Terrain,
};
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
    /// What was surveyed, surface by surface.
    pub models: Vec<Model>,
    /// Models of files in their places.
    pub placed: Vec<PlacedModel>,
    /// The pictures on their surfaces.
    pub pictures: Vec<Picture>,
    /// Height of the flat ground, metres.
    pub ground_m: f64,
    /// The ground that things stand on instead, where somebody surveyed it.
    pub terrain: Option<Terrain>,
    /// Roads.
    pub roads: Vec<Road>,
    /// Water and green.
    pub areas: Vec<Area>,
    /// Trees.
    pub plants: Vec<Plant>,
    /// Street lamps.
    pub lamps: Vec<Lamp>,
    /// What vehicles drive on.
    pub network: Network,
    /// What the city's systems hold.
    pub records: Records,
    /// What became of the source's objects.
    pub findings: Findings,
}

/// What became of the objects of a source: every one of them is in the city, stands for its parts, or is left out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Findings {
    /// Objects in the source; 0 when nobody counted.
    pub objects: usize,
    /// Objects without a shape of their own that stand for the parts that they have.
    pub stand_for_parts: usize,
    /// Objects that are not in the city, with the reason.
    pub left_out: Vec<(EntityKey, &'static str)>,
    /// Objects that are in the city otherwise than the source has them, with what was done.
    pub mended: Vec<(EntityKey, &'static str)>,
}

/// A place at a height above the city's ground.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// The place.
    pub place: Place,
    /// Metres above the city's ground.
    pub height_m: f64,
}

/// What a surface is to the thing that it is part of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FacetKind {
    /// Roof, or the upper side of something.
    Roof,
    /// Wall.
    Wall,
    /// The side towards the ground.
    Ground,
    /// Window.
    Window,
    /// Door.
    Door,
    /// An opening that was closed for the sake of a volume: not drawn.
    Closure,
    /// The data does not say.
    Unknown,
}

/// A plane polygon.
#[derive(Debug, Clone, PartialEq)]
pub struct Facet {
    /// Outer ring, counter-clockwise seen from outside, and the holes; first corners not repeated.
    pub rings: Vec<Vec<Point>>,
    /// What it is.
    pub kind: FacetKind,
    /// sRGB colour, where the source gives one.
    pub color: Option<[u8; 3]>,
    /// The picture on it, in place of a colour; as many rings and corners as it has.
    pub texture: Option<Texture>,
}

/// How a model looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Skin {
    /// Walls with windows, roofs.
    Building,
    /// Bridges, furniture, whatever is built.
    Structure,
    /// Carriageways.
    Road,
    /// Water.
    Water,
    /// Grass and woods, seen from above.
    Green,
    /// Trees.
    Plant,
    /// Land and relief.
    Land,
}

impl Skin {
    /// Whether it is part of the ground that other things stand on.
    #[must_use]
    pub const fn is_ground(self) -> bool {
        matches!(self, Self::Road | Self::Water | Self::Green | Self::Land)
    }
}

/// The value of an attribute of the source.
#[derive(Debug, Clone, PartialEq)]
pub enum Attribute {
    /// Yes or no.
    Bool(bool),
    /// Whole number.
    Integer(i64),
    /// Number.
    Number(f64),
    /// Text.
    Text(String),
}

/// Something whose surfaces are known.
#[derive(Debug, Clone, PartialEq)]
pub struct Model {
    /// Its key.
    pub key: EntityKey,
    /// Its name.
    pub name: String,
    /// What it is, Chinese.
    pub class: String,
    /// Address.
    pub address: String,
    /// Metres from its foot to its top.
    pub height_m: f32,
    /// Floors; 0 when the source does not say.
    pub floors: u16,
    /// How it looks.
    pub skin: Skin,
    /// Its surfaces, from the coarsest level of detail to the finest; never empty.
    pub levels: Vec<Vec<Facet>>,
    /// Everything else that the source says.
    pub attributes: Vec<(String, Attribute)>,
}

impl Model {
    /// All corners of all levels.
    pub fn points(&self) -> impl Iterator<Item = &Point> {
        self.levels.iter().flatten().flat_map(|f| f.rings.iter().flatten())
    }

    /// All corners of all levels, to be moved.
    pub fn points_mut(&mut self) -> impl Iterator<Item = &mut Point> {
        self.levels.iter_mut().flatten().flat_map(|f| f.rings.iter_mut().flatten())
    }
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

    /// What a road of the class is called that has no name.
    #[must_use]
    pub const fn usual_name_zh(self) -> &'static str {
        match self {
            Self::Motorway => "高速公路",
            Self::Trunk => "快速路",
            Self::Primary => "主干路",
            Self::Secondary => "次干路",
            Self::Tertiary => "支路",
            Self::Residential => "街巷",
            Self::Service => "通道",
            Self::Footway => "人行道",
        }
    }

    /// Width of its carriageway where nothing says it, metres.
    #[must_use]
    pub const fn usual_width_m(self) -> f64 {
        match self {
            Self::Motorway => 18.0,
            Self::Trunk => 14.0,
            Self::Primary => 13.0,
            Self::Secondary => 11.0,
            Self::Tertiary => 9.0,
            Self::Residential => 7.0,
            Self::Service => 4.0,
            Self::Footway => 2.2,
        }
    }

    /// Whether a road of the class is one of the city's main roads (主干道路).
    #[must_use]
    pub fn is_main(self) -> bool {
        self <= Self::Secondary
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
    /// Everything else that the source says.
    pub attributes: Vec<(String, Attribute)>,
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
    /// Everything else that the source says.
    pub attributes: Vec<(String, Attribute)>,
}

/// What a tree looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum PlantKind {
    /// A round crown: pagoda tree, plane, camphor.
    Broadleaf,
    /// A narrow crown: poplar, ginkgo.
    Columnar,
    /// Pine, cedar, spruce.
    Conifer,
}

impl PlantKind {
    /// By words of a species, Chinese, Latin or English; broadleaved when they say nothing.
    #[must_use]
    pub fn of_species(text: &str) -> Self {
        const CONIFERS: [&str; 12] =
            ["松", "柏", "杉", "pinus", "picea", "abies", "larix", "cedrus", "pine", "spruce", "cedar", "needleleaved"];
        const COLUMNAR: [&str; 6] = ["杨", "银杏", "populus", "ginkgo", "poplar", "cypress"];
        let text = text.to_lowercase();
        let says = |words: &[&str]| words.iter().any(|w| text.contains(w));
        match () {
            () if says(&CONIFERS) => Self::Conifer,
            () if says(&COLUMNAR) => Self::Columnar,
            () => Self::Broadleaf,
        }
    }
}

/// A tree that stands in the city; scenery, not an object of it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Plant {
    /// Where it stands.
    pub place: Place,
    /// What it looks like.
    pub kind: PlantKind,
    /// Metres from the ground to its top.
    pub height_m: f32,
}

/// A street lamp: scenery, and at night light on the ground around it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Lamp {
    /// Where its post stands.
    pub place: Place,
    /// Metres from the ground to its head.
    pub height_m: f32,
    /// Where its arm reaches, degrees clockwise from north; `None` for across the nearest street.
    pub heading_deg: Option<f32>,
    /// Whether it burns at night.
    pub is_lit: bool,
}

impl Lamp {
    /// Metres of a lamp of which nothing is said.
    pub const USUAL_M: f32 = 9.0;
}

/// The routable network.
#[derive(Debug, Clone, Default)]
pub struct Network {
    /// Junctions and ends, longitude and latitude.
    pub nodes: Vec<[f64; 2]>,
    /// Pieces of road between nodes.
    pub edges: Vec<Edge>,
}

/// A piece of road between two nodes.
#[derive(Debug, Clone)]
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

/// Minutes east of UTC of the civil time somewhere, by its longitude; all of China keeps Beijing's.
pub(crate) fn usual_utc_offset_minutes(origin: Place) -> i32 {
    let china = (73.0..=135.1).contains(&origin.lon) && (18.0..=53.6).contains(&origin.lat);
    if china { 480 } else { (origin.lon / 15.0).round() as i32 * 60 }
}

/// The extent of some places, widened where it is none; `None` for no places.
pub(crate) fn extent(places: impl Iterator<Item = Place>) -> Option<SiteBounds> {
    /// About a hundred metres.
    const LEAST_DEG: f64 = 1e-3;
    let none = SiteBounds { west: f64::MAX, south: f64::MAX, east: f64::MIN, north: f64::MIN };
    let mut b = places.fold(none, |b, p| SiteBounds {
        west: b.west.min(p.lon),
        south: b.south.min(p.lat),
        east: b.east.max(p.lon),
        north: b.north.max(p.lat),
    });
    if b.west > b.east {
        return None;
    }
    let widen = |low: &mut f64, high: &mut f64| {
        let less = 0.5 * (LEAST_DEG - (*high - *low)).max(0.0);
        (*low, *high) = (*low - less, *high + less);
    };
    widen(&mut b.west, &mut b.east);
    widen(&mut b.south, &mut b.north);
    Some(b)
}
