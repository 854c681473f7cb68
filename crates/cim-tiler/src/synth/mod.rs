//! The synthetic city: Jining's main urban area in its true place, made from a seed. The same seed and size give the
//! same city.

mod blocks;
mod names;
mod plan;
mod planting;
mod records;
mod water;

use crate::{
    CitySummary, Progress, TilerError,
    city::{Area, AreaKind, Building, City, Edge, Findings, Network, Road, RoadClass},
    tiling::{self, TilingOptions},
};
use cim_geo::{Geodetic, SiteFrame};
use cim_model::{EntityKey, EntityKind, Place, SiteBounds, Timestamp};
use glam::DVec3;
use plan::Plan;
use rand::SeedableRng;
use rand_pcg::Pcg64;
pub(crate) use records::{Fleet, vehicles};
use std::path::Path;

/// The centre of Jining's main urban area.
const ORIGIN: Place = Place::new(116.587, 35.415);
/// Main roads that the city supervises (主城区主干道路).
const MAIN_ROADS: usize = 238;

/// What city to make.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SynthOptions {
    /// Changes every random choice.
    pub seed: u64,
    /// How many buildings. The city grows outwards until it has them.
    pub buildings: usize,
    /// How many cases the past year brought.
    pub cases: usize,
    /// How many shared bikes.
    pub bikes: usize,
    /// When the city is looked at: the last case was reported shortly before.
    pub now: Timestamp,
    /// How its tiles are written.
    pub tiling: TilingOptions,
}

impl Default for SynthOptions {
    /// The demo city at 2026-11-01T00:00:00+08:00: a fixed time, so that two runs make the same city. A caller who
    /// wants cases that are open today gives the time of today.
    fn default() -> Self {
        let (now, tiling) = (Timestamp(1_793_462_400_000), TilingOptions::default());
        Self { seed: 370_800, buildings: 12_000, cases: 6_000, bikes: 20_000, now, tiling }
    }
}

/// Makes the city and writes it as a city folder.
///
/// # Errors
/// As [`tiling::write_city`].
pub fn write_city(options: &SynthOptions, out: &Path, progress: &mut dyn Progress) -> Result<CitySummary, TilerError> {
    progress.stage("planning the city", None);
    let city = make_city(options);
    tiling::write_city(&city, out, &options.tiling, progress)
}

/// Makes the city.
#[must_use]
pub fn make_city(options: &SynthOptions) -> City {
    let mut random = Pcg64::seed_from_u64(options.seed);
    let plan = Plan::new(options.buildings, &mut random);
    let site = Sited { frame: SiteFrame::new(Geodetic::new(ORIGIN.lon, ORIGIN.lat, 0.0)) };
    let waters = water::waters(&plan);
    let built = blocks::fill(&plan, &waters, options.buildings, &mut random);
    let (roads, network) = roads(&plan, &site, &waters);
    let mut areas: Vec<Area> = waters.iter().map(|w| site.area(AreaKind::Water, w.id, w.name, &w.ring)).collect();
    for (i, green) in built.greens.iter().enumerate() {
        areas.push(site.area(AreaKind::Green, &format!("G{:04}", i + 1), &green.name, &green.ring));
    }
    let buildings: Vec<Building> = built.buildings.into_iter().enumerate().map(|(i, b)| site.building(i, b)).collect();
    let plants = planting::plants(options.seed, &site, (&roads, &network), (&buildings, &areas), &waters);
    let records = records::make(&records::Survey::new(records::Given {
        options,
        plan: &plan,
        site: &site,
        waters: &waters,
        buildings: &buildings,
        roads: &roads,
        areas: &areas,
        network: &network,
    }));
    let reach = plan.half_extent();
    let (low, high) = (site.place([-reach, -reach]), site.place([reach, reach]));
    City {
        name_zh: "济宁市主城区（模拟）".into(),
        name_en: "Jining main urban area (synthetic)".into(),
        origin: ORIGIN,
        bounds: SiteBounds { west: low.lon, south: low.lat, east: high.lon, north: high.lat },
        utc_offset_minutes: 480,
        buildings,
        models: Vec::new(),
        ground_m: 0.0,
        roads,
        areas,
        plants,
        network,
        records,
        findings: Findings::default(),
    }
}

struct Sited {
    frame: SiteFrame,
}

impl Sited {
    fn place(&self, p: [f64; 2]) -> Place {
        let g = self.frame.to_geodetic(DVec3::new(p[0], p[1], 0.0));
        Place::new(g.lon_deg, g.lat_deg)
    }

    fn metres(&self, p: Place) -> [f64; 2] {
        let enu = self.frame.to_enu(Geodetic::new(p.lon, p.lat, 0.0));
        [enu.x, enu.y]
    }

    fn area(&self, kind: AreaKind, id: &str, name: &str, ring: &[[f64; 2]]) -> Area {
        let key = match kind {
            AreaKind::Water => EntityKind::Water,
            AreaKind::Green => EntityKind::Green,
        };
        Area {
            key: EntityKey::new(key, id),
            name: name.into(),
            kind,
            ring: ring.iter().map(|p| self.place(*p)).collect(),
            holes: Vec::new(),
            attributes: Vec::new(),
        }
    }

    fn building(&self, index: usize, b: blocks::Built) -> Building {
        Building {
            key: EntityKey::new(EntityKind::Building, format!("370811B{:06}", index + 1)),
            name: b.name,
            class: b.class.into(),
            footprint: b.ring.iter().map(|p| self.place(*p)).collect(),
            holes: Vec::new(),
            height_m: b.height_m,
            floors: b.floors,
            address: b.address,
            roof: b.roof,
            wall: b.wall,
            roof_color: b.roof_color,
            attributes: Vec::new(),
        }
    }
}

/// Columns and rows of the plan that a road passes.
type Crossings = Vec<(usize, usize)>;

/// Roads by name, and the network of their pieces. A line of the plan is cut into roads of a few blocks each, as
/// real streets change their name's 东/中/西 or 南/中/北; where a line runs into the lake it stops.
fn roads(plan: &Plan, site: &Sited, waters: &[water::Water]) -> (Vec<Road>, Network) {
    let mut pieces: Vec<(RoadClass, String, Crossings)> = Vec::new();
    let lake = waters.iter().filter(|w| w.is_lake).collect::<Vec<_>>();
    let dry = |node: (usize, usize)| !lake.iter().any(|w| w.contains(plan.node(node), 40.0));
    for (vertical, lines) in [(true, &plan.columns), (false, &plan.rows)] {
        let across = if vertical { plan.rows.len() } else { plan.columns.len() };
        for (i, line) in lines.iter().enumerate() {
            let base = names::street(names::from_centre(i, lines.len()), vertical);
            let parts = across.div_ceil(9).max(1);
            for part in 0..parts {
                let (from, to) = (part * (across - 1) / parts, (part + 1) * (across - 1) / parts);
                let nodes: Crossings = (from..=to).map(|k| if vertical { (i, k) } else { (k, i) }).collect();
                let name = names::part(&base, vertical, part, parts);
                let mut run: Crossings = Vec::new();
                for node in nodes {
                    if dry(node) {
                        run.push(node);
                    } else if run.len() > 1 {
                        pieces.push((line.class, name.clone(), std::mem::take(&mut run)));
                    } else {
                        run.clear();
                    }
                }
                if run.len() > 1 {
                    pieces.push((line.class, name, run));
                }
            }
        }
    }
    pieces.sort_by_key(|p| p.0);
    let mut network = Network::default();
    let mut index = std::collections::BTreeMap::new();
    let mut roads = Vec::new();
    for (i, (class, name, nodes)) in pieces.into_iter().enumerate() {
        let id = format!("R{:04}", i + 1);
        let width_m = plan::width_m(class);
        let mut points = Vec::new();
        for pair in nodes.windows(2) {
            let line = plan.street(pair[0], pair[1]);
            let places: Vec<Place> = line.iter().map(|p| site.place(*p)).collect();
            let mut node = |at: (usize, usize)| {
                *index.entry(at).or_insert_with(|| {
                    let p = site.place(plan.node(at));
                    network.nodes.push([p.lon, p.lat]);
                    network.nodes.len() as u32 - 1
                })
            };
            let (a, b) = (node(pair[0]), node(pair[1]));
            let coordinates = places.iter().map(|p| [p.lon, p.lat]).collect();
            network.edges.push(Edge { a, b, road: id.clone(), class, width_m, oneway: false, points: coordinates });
            points.extend(places.into_iter().skip(usize::from(!points.is_empty())));
        }
        roads.push(Road {
            key: EntityKey::new(EntityKind::Road, id),
            name,
            class,
            width_m,
            points,
            main: i < MAIN_ROADS,
            oneway: false,
            attributes: Vec::new(),
        });
    }
    (roads, network)
}

#[cfg(test)]
mod tests;
