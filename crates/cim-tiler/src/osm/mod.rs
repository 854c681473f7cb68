//! OpenStreetMap in: an extract, `.osm.pbf` or `.osm`, becomes a city folder.
//!
//! Buildings, their parts, water and green come from ways and multipolygons, the sea from coastlines, the network from the drivable
//! ways. Objects that are damaged or that the extract cut off are left out and named in the summary.

mod coast;
mod elements;
mod heights;
mod network;
mod parts;
mod pbf;
mod read;
mod records;
mod rings;
mod tags;
mod xml;

#[cfg(test)]
mod format_tests;
#[cfg(test)]
mod part_tests;
#[cfg(test)]
mod terrain_tests;
#[cfg(test)]
mod tests;

use crate::{
    CitySummary, Progress, TilerError,
    city::{Area, AreaKind, City, Findings, Road, RoadClass, usual_utc_offset_minutes},
    terrain::TerrainSource,
    tiling::{self, TilingOptions},
};
use cim_model::{EntityKey, EntityKind, Place, SiteBounds};
use parts::Draft;
use read::{Data, Way};
use rings::Outline;
use std::{collections::HashSet, path::Path, sync::Arc};
use tags::{Kind, Tags};

/// What to make of an extract.
#[derive(Debug, Clone, PartialEq)]
pub struct OsmOptions {
    /// Chinese name of the city; the file's name when it is empty.
    pub name_zh: String,
    /// English name of the city; the file's name when it is empty.
    pub name_en: String,
    /// Six digits that the codes of its unit grid begin with.
    pub region: String,
    /// Minutes east of UTC of its civil time; from its longitude when it is not given.
    pub utc_offset_minutes: Option<i32>,
    /// Changes the fleet's plates.
    pub seed: u64,
    /// Sanitation vehicles of the fleet.
    pub sanitation: usize,
    /// Muck trucks of the fleet.
    pub muck: usize,
    /// How its tiles are written.
    pub tiling: TilingOptions,
    /// What the city stands on.
    pub terrain: TerrainSource,
}

impl Default for OsmOptions {
    fn default() -> Self {
        let (name_zh, name_en) = (String::new(), String::new());
        let (region, tiling, terrain) = ("999900".into(), TilingOptions::default(), TerrainSource::default());
        let (seed, sanitation, muck) = (370_800, 60, 120);
        Self { name_zh, name_en, region, utc_offset_minutes: None, seed, sanitation, muck, tiling, terrain }
    }
}

/// What was left out, with the reason.
type LeftOut = Vec<(EntityKey, &'static str)>;

/// Whether a file is an extract by what is in it, whatever its name.
#[must_use]
pub fn recognises(path: &Path) -> bool {
    elements::recognises(path)
}

/// Reads an extract and writes it as a city folder.
///
/// # Errors
/// The file cannot be read or holds no buildings and roads; and as [`tiling::write_city`].
pub fn tile_osm(
    input: &Path,
    out: &Path,
    options: &OsmOptions,
    progress: &mut dyn Progress,
) -> Result<CitySummary, TilerError> {
    tiling::write_city(&make_city(input, options, progress)?, out, &options.tiling, progress)
}

/// Reads an extract as a city.
///
/// # Errors
/// The file cannot be read or holds no buildings and roads; and as [`TerrainSource::read`].
pub fn make_city(input: &Path, options: &OsmOptions, progress: &mut dyn Progress) -> Result<City, TilerError> {
    if options.region.len() != 6 || !options.region.bytes().all(|b| b.is_ascii_digit()) {
        return Err(TilerError::Region(options.region.clone()));
    }
    let data = read::read(input, progress)?;
    progress.stage("putting the city together", Some((data.relations.len() + data.ways.len()) as u64));
    let mut collect = Collect::new(&data);
    collect.relations();
    progress.advance(data.relations.len() as u64);
    collect.ways();
    progress.advance(data.ways.len() as u64);
    let bounds = collect.bounds().ok_or_else(|| TilerError::Osm {
        path: input.to_owned(),
        reason: if data.is_empty() { "it holds nothing that is drawn" } else { "it holds no buildings and no roads" }
            .into(),
    })?;
    collect.sea(bounds);
    let Collect { buildings, parts, roads, areas, left_out, .. } = collect;
    let (buildings, stand_for_parts) = parts::assemble(buildings, parts);
    let origin = Place::new(0.5 * (bounds.west + bounds.east), 0.5 * (bounds.south + bounds.north));
    let file = input.file_name().map(|n| n.to_string_lossy().split('.').next().unwrap_or_default().to_owned());
    let named = |name: &str| if name.is_empty() { file.clone().unwrap_or_default() } else { name.to_owned() };
    let records = records::records(options, origin, &buildings, &roads);
    Ok(City {
        name_zh: named(&options.name_zh),
        name_en: named(&options.name_en),
        origin,
        bounds,
        utc_offset_minutes: options.utc_offset_minutes.unwrap_or_else(|| usual_utc_offset_minutes(origin)),
        buildings,
        models: Vec::new(),
        placed: Vec::new(),
        pictures: Vec::new(),
        ground_m: 0.0,
        terrain: options.terrain.read(origin, bounds, progress)?,
        roads,
        areas,
        plants: data.trees(bounds),
        lamps: data.lamps(bounds),
        network: network::network(&data),
        records,
        findings: Findings { left_out, stand_for_parts, ..Findings::default() },
    })
}

/// The city while it is put together.
struct Collect<'a> {
    data: &'a Data,
    buildings: Vec<Draft<'a>>,
    parts: Vec<Draft<'a>>,
    roads: Vec<Road>,
    areas: Vec<Area>,
    left_out: LeftOut,
    /// Ways that are the outline of a relation that was made: they would come twice. Of a building it may consist of
    /// ways that are its parts by themselves.
    covered: HashSet<i64>,
    covered_parts: HashSet<i64>,
}

impl<'a> Collect<'a> {
    fn new(data: &'a Data) -> Self {
        Self {
            data,
            buildings: Vec::new(),
            parts: Vec::new(),
            roads: Vec::new(),
            areas: Vec::new(),
            left_out: Vec::new(),
            covered: HashSet::new(),
            covered_parts: HashSet::new(),
        }
    }

    fn relations(&mut self) {
        for relation in &self.data.relations {
            let Some(outlines) = rings::multipolygon(self.data, relation) else {
                let kind = entity_kind(relation.kind);
                let key = EntityKey::new(kind, format!("r{}", relation.id));
                self.left_out.push((key, "outline is not closed or lies partly outside the extract"));
                continue;
            };
            let covered = if relation.kind == Kind::Part { &mut self.covered_parts } else { &mut self.covered };
            covered.extend(&relation.outer);
            let is_built = relation.kind == Kind::Building || relation.kind == Kind::Part;
            let wholes = if is_built { rings::wholes(&outlines) } else { vec![None; outlines.len()] };
            for (i, (outline, whole)) in outlines.into_iter().zip(wholes).enumerate() {
                let id = if i == 0 { format!("r{}", relation.id) } else { format!("r{}.{}", relation.id, i + 1) };
                self.surface(relation.kind, (&id, relation.id), &relation.tags, outline, whole);
            }
        }
    }

    fn ways(&mut self) {
        for way in &self.data.ways {
            match way.kind {
                Some(Kind::Road(class)) => self.road(way, class),
                Some(kind @ (Kind::Building | Kind::Part | Kind::Area(_))) => {
                    let covered = if kind == Kind::Part { &self.covered_parts } else { &self.covered };
                    if covered.contains(&way.id) {
                        continue;
                    }
                    let id = format!("w{}", way.id);
                    let closed = way.nodes.len() > 3 && way.nodes.first() == way.nodes.last();
                    let nodes = &way.nodes[..way.nodes.len().saturating_sub(1)];
                    match rings::places(self.data, nodes).filter(|_| closed) {
                        Some(ring) => {
                            let outline = Outline { ring, holes: Vec::new() };
                            self.surface(kind, (&id, way.id), &way.tags, outline, None);
                        }
                        None => {
                            let key = EntityKey::new(entity_kind(kind), id);
                            self.left_out.push((key, "outline is not closed or lies partly outside the extract"));
                        }
                    }
                }
                Some(Kind::Coast) | None => {}
            }
        }
    }

    /// Adds a building, a part of one, or an area. `whole` is the outline that it shares the ground with.
    fn surface(
        &mut self,
        kind: Kind,
        (id, number): (&str, i64),
        tags: &'a Tags,
        outline: Outline,
        whole: Option<Arc<[Place]>>,
    ) {
        let key = EntityKey::new(entity_kind(kind), id);
        match kind {
            Kind::Building => self.buildings.push(Draft { key, number, tags, outline, whole }),
            Kind::Part => self.parts.push(Draft { key, number, tags, outline, whole }),
            Kind::Area(kind) => {
                let Outline { ring, holes } = outline;
                let usual = if kind == AreaKind::Water { "水域" } else { "绿地" };
                let name = tags::name(tags).unwrap_or(usual).to_owned();
                self.areas.push(Area { key, name, kind, ring, holes, attributes: tags.attributes() });
            }
            Kind::Road(_) | Kind::Coast => {}
        }
    }

    fn road(&mut self, way: &Way, class: RoadClass) {
        let key = EntityKey::new(EntityKind::Road, format!("w{}", way.id));
        // A road that leaves the extract is drawn as far as its nodes are known.
        let points: Vec<Place> = way.nodes.iter().filter_map(|n| self.data.place(*n)).collect();
        if points.len() < 2 {
            self.left_out.push((key, "lies outside the extract"));
            return;
        }
        let name = tags::name(&way.tags).unwrap_or(class.usual_name_zh()).to_owned();
        let width_m = tags::width_m(&way.tags, class) as f32;
        let oneway = tags::direction(&way.tags) != 0;
        let (main, attributes) = (class.is_main(), way.tags.attributes());
        self.roads.push(Road { key, name, class, width_m, points, main, oneway, attributes });
    }

    /// The extent of buildings and roads: the built area.
    fn bounds(&self) -> Option<SiteBounds> {
        let places = self
            .buildings
            .iter()
            .chain(&self.parts)
            .flat_map(|b| &b.outline.ring)
            .chain(self.roads.iter().filter(|r| r.class < RoadClass::Service).flat_map(|r| &r.points));
        let none = SiteBounds { west: f64::MAX, south: f64::MAX, east: f64::MIN, north: f64::MIN };
        let found = places.fold(none, |b, p| SiteBounds {
            west: b.west.min(p.lon),
            south: b.south.min(p.lat),
            east: b.east.max(p.lon),
            north: b.north.max(p.lat),
        });
        (found.west < found.east && found.south < found.north).then_some(found)
    }

    fn sea(&mut self, bounds: SiteBounds) {
        let coast = |w: &&Way| w.kind == Some(Kind::Coast);
        let known = |w: &Way| w.nodes.iter().copied().filter(|n| self.data.place(*n).is_some()).collect::<Vec<_>>();
        let ways: Vec<Vec<i64>> = self.data.ways.iter().filter(coast).map(known).collect();
        let (closed, open) = rings::join(ways, false);
        let places = |chain: &[i64]| rings::places(self.data, chain);
        let closed = closed.iter().filter(|r| r.len() > 3).filter_map(|r| places(&r[..r.len() - 1])).collect();
        let open = open.iter().filter_map(|l| places(l)).collect();
        let (outlines, unused) = coast::sea(closed, open, bounds);
        for (i, Outline { ring, holes }) in outlines.into_iter().enumerate() {
            let key = EntityKey::new(EntityKind::Water, format!("sea{}", i + 1));
            let (name, attributes) = ("海".into(), Vec::new());
            self.areas.push(Area { key, name, kind: AreaKind::Water, ring, holes, attributes });
        }
        for i in 0..unused {
            let key = EntityKey::new(EntityKind::Water, format!("coast{}", i + 1));
            self.left_out.push((key, "coastline ends in the middle of the city"));
        }
    }
}

fn entity_kind(kind: Kind) -> EntityKind {
    match kind {
        Kind::Building | Kind::Part => EntityKind::Building,
        Kind::Area(AreaKind::Water) | Kind::Coast => EntityKind::Water,
        Kind::Area(AreaKind::Green) => EntityKind::Green,
        Kind::Road(_) => EntityKind::Road,
    }
}
