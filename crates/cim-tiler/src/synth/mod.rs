//! The synthetic city: Jining's main urban area in its true place, made from a seed. The same seed and size give the
//! same city.

mod blocks;
mod demo;
mod districts;
mod names;
mod plan;
mod planting;
mod records;
mod squares;
mod water;

use crate::{
    CitySummary, Progress, Silent, TilerError,
    city::{
        Area, AreaKind, Building, City, Edge, Facet, FacetKind, Findings, Model, Network, Point, Road, RoadClass, Skin,
    },
    progress::watch,
    tiling::{self, TilingOptions},
    workers,
};
use cim_geo::{Geodetic, SiteFrame};
use cim_model::{EntityKey, EntityKind, Place, SiteBounds, Timestamp};
use demo::demo;
use glam::DVec3;
use plan::Plan;
use rand::SeedableRng;
use rand_pcg::Pcg64;
pub(crate) use records::{Fleet, vehicles};
use squares::Rings;
use std::{
    collections::BTreeMap,
    path::Path,
    sync::atomic::{AtomicU64, Ordering},
};

/// Parts that a long street has at most, each under a name of its own.
const PARTS: usize = 5;

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
    /// How many components (部件) are recorded, from the centre outwards; a small city has room for fewer.
    pub components: usize,
    /// When the city is looked at: the last case was reported shortly before.
    pub now: Timestamp,
    /// How its tiles are written.
    pub tiling: TilingOptions,
}

impl Default for SynthOptions {
    /// The demo city at 2026-11-01T00:00:00+08:00: a fixed time, so that two runs make the same city. A caller who
    /// wants cases that are open today gives the time of today.
    fn default() -> Self {
        let numbers = demo().numbers;
        Self {
            seed: 370_800,
            buildings: numbers.buildings,
            cases: numbers.cases,
            bikes: numbers.shared_bikes,
            components: numbers.components,
            now: Timestamp(1_793_462_400_000),
            tiling: TilingOptions::default(),
        }
    }
}

/// Makes the city and writes it as a city folder.
///
/// # Errors
/// As [`tiling::write_city`].
pub fn write_city(options: &SynthOptions, out: &Path, progress: &mut dyn Progress) -> Result<CitySummary, TilerError> {
    tiling::write_city(&plan_city(options, progress), out, &options.tiling, progress)
}

/// Makes the city.
#[must_use]
pub fn make_city(options: &SynthOptions) -> City {
    plan_city(options, &mut Silent)
}

fn plan_city(options: &SynthOptions, progress: &mut dyn Progress) -> City {
    progress.stage("planning the city", None);
    let mut random = Pcg64::seed_from_u64(options.seed);
    let plan = Plan::new(options.buildings, &mut random);
    let [lon, lat] = demo().origin;
    let origin = Place::new(lon, lat);
    let site = Sited { frame: SiteFrame::new(Geodetic::new(lon, lat, 0.0)) };
    let waters = water::waters(&plan);
    let filled = blocks::fill(&plan, &waters, options.buildings, options.seed);
    let (roads, network) = roads(&plan, &site, &waters);
    let mut areas: Vec<Area> = waters.iter().map(|w| site.area(AreaKind::Water, w.id, w.name, &w.ring)).collect();
    for (i, green) in filled.greens.iter().enumerate() {
        areas.push(site.area(AreaKind::Green, &format!("G{:04}", i + 1), &green.name, &green.ring));
    }
    progress.stage("planting trees", None);
    // What was needed for planting is gone when the records are made: a large city's parts do not all fit side by side.
    let planted = {
        let ground = planting::Ground::new(&roads, &network, &filled, &site);
        planting::plants(options.seed, &site, &ground, &areas, &waters)
    };
    let blocks::Filled { buildings: built, yards, sites, fields, addresses, .. } = filled;
    progress.stage("yards and buildings to be", Some((yards.len() + built.len()) as u64));
    let done = AtomicU64::new(0);
    let (models, footprints, buildings) = watch(progress, &done, || {
        let one = || done.fetch_add(1, Ordering::Relaxed);
        let models = workers::consume(yards, |i, yard| (one(), site.yard(i, yard)).1);
        let footprints: Rings = built.iter().map(|b| &b.ring).collect();
        (models, footprints, workers::consume(built, |i, b| (one(), site.building(i, b, &addresses)).1))
    });
    progress.stage("the city's past", None);
    let records = records::make(&records::Survey::new(records::Given {
        options,
        plan: &plan,
        site: &site,
        waters: &waters,
        buildings: &buildings,
        footprints,
        roads: &roads,
        areas: &areas,
        network: &network,
        sites: &sites,
        street_trees: &planted.street,
    }));
    // Nobody plants trees there, and no case is about them.
    areas.extend(fields.iter().enumerate().map(|(i, ring)| {
        let id = format!("F{:05}", i + 1);
        site.area(AreaKind::Green, &id, "农田", ring)
    }));
    let lamps = records.components.lamps();
    let reach = plan.half_extent();
    let (low, high) = (site.place([-reach, -reach]), site.place([reach, reach]));
    City {
        name_zh: demo().name.zh.clone(),
        name_en: demo().name.en.clone(),
        origin,
        bounds: SiteBounds { west: low.lon, south: low.lat, east: high.lon, north: high.lat },
        utc_offset_minutes: 480,
        buildings,
        models,
        placed: Vec::new(),
        pictures: Vec::new(),
        ground_m: 0.0,
        terrain: None,
        roads,
        areas,
        plants: planted.plants,
        lamps,
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

    fn building(&self, index: usize, b: blocks::Built, addresses: &BTreeMap<usize, String>) -> Building {
        Building {
            key: EntityKey::new(EntityKind::Building, format!("{}B{:06}", demo().county, index + 1)),
            name: b.name,
            class: b.class.into(),
            footprint: b.ring.iter().map(|p| self.place(*p)).collect(),
            holes: Vec::new(),
            whole: None,
            base_m: 0.0,
            height_m: b.height_m,
            floors: b.floors,
            address: addresses.get(&b.block).cloned().unwrap_or_default(),
            roof: b.roof,
            wall: b.wall,
            roof_color: b.roof_color,
            attributes: Vec::new(),
        }
    }

    /// A yard as a model: from afar only what lies on the ground, near also what stands.
    fn yard(&self, index: usize, yard: blocks::Yard) -> Model {
        let facet = |f: &blocks::Face| Facet {
            rings: f.rings.iter().map(|r| r.iter().map(|p| self.point(*p)).collect()).collect(),
            kind: FacetKind::Unknown,
            color: Some(f.color),
            texture: None,
        };
        let paved: Vec<Facet> = yard.paved.iter().map(facet).collect();
        let all = paved.iter().cloned().chain(yard.standing.iter().map(facet)).collect();
        let highest = yard.standing.iter().flat_map(|f| f.rings.iter().flatten()).map(|p| p[2]).fold(0.0, f64::max);
        Model {
            key: EntityKey::new(EntityKind::Other, format!("{}Y{:06}", demo().county, index + 1)),
            name: yard.name,
            class: "院落".into(),
            address: String::new(),
            height_m: highest as f32,
            floors: 0,
            skin: Skin::Structure,
            levels: vec![paved, all],
            attributes: Vec::new(),
        }
    }

    fn point(&self, [x, y, z]: [f64; 3]) -> Point {
        Point { place: self.place([x, y]), height_m: z }
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
            let parts = across.div_ceil(9).clamp(1, PARTS);
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
    let main = main_first(plan, &mut pieces);
    let mut network = Network::default();
    let mut index = BTreeMap::new();
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
            main: i < main,
            oneway: false,
            attributes: Vec::new(),
        });
    }
    (roads, network)
}

/// Sorts roads: first the main ones, the wide streets nearest to the centre; then the others by class. How many are main.
fn main_first(plan: &Plan, pieces: &mut [(RoadClass, String, Crossings)]) -> usize {
    let distance =
        |nodes: &Crossings| nodes.iter().map(|n| plan.node(*n)).map(|[x, y]| x.hypot(y)).fold(f64::MAX, f64::min);
    // Parts of a street begin with its own name: 仙营南路 is part of 仙营路.
    let shown = |name: &str| demo().demonstration_roads.iter().any(|d| name.starts_with(d.name.trim_end_matches('路')));
    pieces.sort_by_cached_key(|(class, name, nodes)| {
        let far = distance(nodes) * if *class <= RoadClass::Primary { 1.0 } else { 1.7 };
        (!class.is_main(), !shown(name), far as u64)
    });
    let (main, others) = pieces.split_at_mut(demo().numbers.main_roads.min(pieces.len()));
    main.sort_by_key(|p| p.0);
    others.sort_by_key(|p| p.0);
    main.len()
}

#[cfg(test)]
mod tests;
