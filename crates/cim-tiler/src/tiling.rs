//! A city as a folder: `site.json`, `network.json`, `records/` and the tileset.
//!
//! The root tile holds ground, water, green and roads and is always shown (ADD). Below it a quadtree of buildings
//! (REPLACE): an inner tile holds only the buildings that are large enough to be seen from where it is used, a leaf
//! holds all. One frame serves all tiles, the site's east-north-up; a tile's transform moves it to its centre.

use crate::{
    Progress, TilerError,
    city::{Area, AreaKind, Building, City, Road},
    mesh::{Surface, add_area, add_building, add_ground, add_road},
};
use cim_geo::{Geodetic, SiteFrame};
use cim_model::{EntityKey, Place, Site, Timestamp};
use glam::DVec3;
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};
use tiles3d::{
    Refine,
    write::{Column, FeatureColumns, GlbWriter, TileNode, WritePrimitive, write_tileset},
};

/// Buildings of a leaf at most.
const LEAF_BUILDINGS: usize = 220;
/// Metres of error of a tile, as a share of its edge: 1/25 refines at about three times the edge on a 1,080-line screen.
const ERROR_SHARE: f64 = 0.04;

/// What was written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CitySummary {
    /// Buildings in the tiles.
    pub buildings: usize,
    /// Roads in the tiles.
    pub roads: usize,
    /// Areas in the tiles.
    pub areas: usize,
    /// Tiles with content.
    pub tiles: usize,
    /// Features and vehicles in the records.
    pub records: usize,
    /// Cases in the records.
    pub cases: usize,
    /// Bytes of all files.
    pub bytes: u64,
    /// Keys of what could not become a shape, with the reason.
    pub left_out: Vec<(EntityKey, &'static str)>,
}

/// Writes a city folder. It is built beside `out` and then moved there: an interrupted run leaves nothing half done.
///
/// # Errors
/// `out` holds something that is not a city, or cannot be written.
pub fn write_city(city: &City, out: &Path, progress: &mut dyn Progress) -> Result<CitySummary, TilerError> {
    if out.exists() && !out.join("site.json").exists() && fs::read_dir(out).is_ok_and(|mut d| d.next().is_some()) {
        return Err(TilerError::NotACity(out.to_owned()));
    }
    let name = out.file_name().map_or_else(|| "city".into(), |n| n.to_string_lossy().into_owned());
    let part = out.with_file_name(format!(".{name}.part"));
    let write = |e: std::io::Error| TilerError::Write { path: part.clone(), source: e };
    if part.exists() {
        fs::remove_dir_all(&part).map_err(write)?;
    }
    fs::create_dir_all(part.join("tiles")).map_err(write)?;
    let mut writer = Writer::new(city, part.clone());
    writer.site()?;
    writer.json("network.json", &city.network)?;
    writer.tiles(progress)?;
    writer.summary.bytes += crate::records::write(&city.records, &part, progress)?;
    writer.summary.cases = city.records.cases.len();
    writer.summary.records =
        city.records.vehicles.len() + city.records.collections.values().map(Vec::len).sum::<usize>();
    if out.exists() {
        fs::remove_dir_all(out).map_err(|source| TilerError::Write { path: out.to_owned(), source })?;
    }
    fs::rename(&part, out).map_err(|source| TilerError::Write { path: out.to_owned(), source })?;
    Ok(writer.summary)
}

struct Writer<'a> {
    city: &'a City,
    frame: SiteFrame,
    folder: PathBuf,
    summary: CitySummary,
}

/// A building with its place in the site's metres.
struct Sited<'a> {
    building: &'a Building,
    ring: Vec<[f64; 2]>,
    holes: Vec<Vec<[f64; 2]>>,
    centre: [f64; 2],
    /// Metres across, the larger of height and footprint.
    size: f64,
}

impl<'a> Writer<'a> {
    fn new(city: &'a City, folder: PathBuf) -> Self {
        let frame = SiteFrame::new(Geodetic::new(city.origin.lon, city.origin.lat, 0.0));
        Self { city, frame, folder, summary: CitySummary::default() }
    }

    fn site(&mut self) -> Result<(), TilerError> {
        let city = self.city;
        let site = Site {
            name_zh: city.name_zh.clone(),
            name_en: city.name_en.clone(),
            origin: city.origin,
            bounds: city.bounds,
            tileset_url: "tiles/tileset.json".into(),
            utc_offset_minutes: city.utc_offset_minutes,
            now: Timestamp::default(),
        };
        self.json("site.json", &site)
    }

    fn json(&mut self, name: &str, value: &impl serde::Serialize) -> Result<(), TilerError> {
        let path = self.folder.join(name);
        let text = serde_json::to_vec(value).map_err(|source| TilerError::Json { path: path.clone(), source })?;
        self.file(name, &text)
    }

    fn file(&mut self, name: &str, bytes: &[u8]) -> Result<(), TilerError> {
        let path = self.folder.join(name);
        fs::write(&path, bytes).map_err(|source| TilerError::Write { path, source })?;
        self.summary.bytes += bytes.len() as u64;
        Ok(())
    }

    fn metres(&self, p: Place) -> [f64; 2] {
        let enu = self.frame.to_enu(Geodetic::new(p.lon, p.lat, 0.0));
        [enu.x, enu.y]
    }

    fn ring(&self, ring: &[Place]) -> Vec<[f64; 2]> {
        ring.iter().map(|p| self.metres(*p)).collect()
    }

    fn tiles(&mut self, progress: &mut dyn Progress) -> Result<(), TilerError> {
        let mut sited: Vec<Sited<'_>> = Vec::new();
        for building in &self.city.buildings {
            let ring = self.ring(&building.footprint);
            if ring.is_empty() || ring.iter().flatten().any(|x| !x.is_finite()) {
                self.summary.left_out.push((building.key.clone(), "position is not a number"));
                continue;
            }
            let n = ring.len() as f64;
            let centre = ring.iter().fold([0.0; 2], |c, p| [c[0] + p[0] / n, c[1] + p[1] / n]);
            let across = ring.iter().map(|p| (p[0] - centre[0]).hypot(p[1] - centre[1])).fold(0.0, f64::max);
            let holes = building.holes.iter().map(|h| self.ring(h)).collect();
            sited.push(Sited { building, ring, holes, centre, size: across.max(f64::from(building.height_m)) });
        }
        progress.stage("buildings", Some(sited.len() as u64));
        let mut edge: f64 = 500.0;
        let reach = |s: &Sited<'_>| s.centre[0].abs().max(s.centre[1].abs());
        while 0.5 * edge < sited.iter().map(reach).fold(0.0, f64::max) + 1.0 {
            edge *= 2.0;
        }
        let all: Vec<&Sited<'_>> = sited.iter().collect();
        let children = self.quad("b", [0.0; 2], edge, &all, progress)?.into_iter().collect();
        progress.stage("ground, water, green and roads", None);
        let root = self.base(edge, children)?;
        let text = write_tileset(&root, root.geometric_error * 2.0);
        self.file("tiles/tileset.json", text.as_bytes())
    }

    /// The tile of a square and those below it.
    fn quad(
        &mut self,
        name: &str,
        centre: [f64; 2],
        edge: f64,
        buildings: &[&Sited<'_>],
        progress: &mut dyn Progress,
    ) -> Result<Option<TileNode>, TilerError> {
        if buildings.is_empty() {
            return Ok(None);
        }
        let leaf = buildings.len() <= LEAF_BUILDINGS || edge < 60.0;
        let mut children = Vec::new();
        if !leaf {
            for quarter in 0..4 {
                let (right, top) = (quarter % 2 == 1, quarter / 2 == 1);
                let inside: Vec<&Sited<'_>> = buildings
                    .iter()
                    .filter(|s| (s.centre[0] >= centre[0]) == right && (s.centre[1] >= centre[1]) == top)
                    .copied()
                    .collect();
                let q = 0.25 * edge;
                let at = [centre[0] + if right { q } else { -q }, centre[1] + if top { q } else { -q }];
                children.extend(self.quad(&format!("{name}{quarter}"), at, 0.5 * edge, &inside, progress)?);
            }
        }
        let error = if leaf { 0.0 } else { edge * ERROR_SHARE };
        // What is left out of an inner tile is no larger than the error that the tile declares.
        let shown: Vec<&Sited<'_>> = buildings.iter().filter(|s| leaf || s.size > error).copied().collect();
        let content = self.building_tile(name, centre, &shown, leaf)?;
        if leaf {
            progress.advance(buildings.len() as u64);
        }
        let (mut low, mut high) = (DVec3::splat(f64::MAX), DVec3::splat(f64::MIN));
        for s in buildings {
            for p in &s.ring {
                let z = drop_m(p[0], p[1]);
                low = low.min(DVec3::new(p[0], p[1], z - 0.5));
                high = high.max(DVec3::new(p[0], p[1], z + f64::from(s.building.height_m) + 8.0));
            }
        }
        Ok(Some(TileNode {
            volume: obb(low, high),
            geometric_error: error,
            refine: Refine::Replace,
            transform: None,
            content,
            children,
        }))
    }

    fn building_tile(
        &mut self,
        name: &str,
        centre: [f64; 2],
        buildings: &[&Sited<'_>],
        leaf: bool,
    ) -> Result<Option<String>, TilerError> {
        let base = drop_m(centre[0], centre[1]);
        let mut primitive = Surface::Building.primitive();
        let mut rows = Rows::default();
        for s in buildings {
            let near = |ring: &Vec<[f64; 2]>| -> Vec<[f64; 2]> {
                ring.iter().map(|p| [p[0] - centre[0], p[1] - centre[1]]).collect()
            };
            let (ring, holes) = (near(&s.ring), s.holes.iter().map(near).collect::<Vec<_>>());
            let shape = crate::mesh::Shape {
                footprint: &ring,
                holes: &holes,
                height_m: f64::from(s.building.height_m),
                roof: s.building.roof,
                wall: s.building.wall,
                roof_color: s.building.roof_color,
                feature: rows.count(),
            };
            let first = primitive.positions.len();
            if add_building(&mut primitive, &shape) {
                let sink = (drop_m(s.centre[0], s.centre[1]) - base) as f32;
                primitive.positions[first..].iter_mut().for_each(|p| p[2] += sink);
                rows.building(s.building);
                self.summary.buildings += usize::from(leaf);
            } else if leaf {
                self.summary.left_out.push((s.building.key.clone(), "footprint has no area or height is not one"));
            }
        }
        self.content(name, &[primitive], &rows.columns(), DVec3::new(centre[0], centre[1], base))
    }

    /// Lowest and highest corner of buildings and roads with some land around, metres.
    fn built(&self) -> ([f64; 2], [f64; 2]) {
        const AROUND_M: f64 = 60.0;
        let buildings = self.city.buildings.iter().flat_map(|b| &b.footprint);
        let roads = self.city.roads.iter().flat_map(|r| &r.points);
        let places: Vec<Place> = buildings.chain(roads).copied().collect();
        let fold = |(low, high): ([f64; 2], [f64; 2]), p: [f64; 2]| {
            let both = |k: usize| (low[k].min(p[k] - AROUND_M), high[k].max(p[k] + AROUND_M));
            let ((west, east), (south, north)) = (both(0), both(1));
            ([west, south], [east, north])
        };
        let points = self.ring(&places).into_iter().filter(|p| p[0].is_finite() && p[1].is_finite());
        points.fold(([-AROUND_M; 2], [AROUND_M; 2]), fold)
    }

    /// Ground, water, green and roads.
    fn base(&mut self, edge: f64, children: Vec<TileNode>) -> Result<TileNode, TilerError> {
        let mut p: BTreeMap<Surface, WritePrimitive> =
            [Surface::Ground, Surface::Green, Surface::Water, Surface::Sidewalk, Surface::Road, Surface::Marking]
                .into_iter()
                .map(|s| (s, s.primitive()))
                .collect();
        let mut rows = Rows::default();
        // The ground lies under what is built; water and green may reach further.
        let built = self.built();
        let (mut low, mut high) = built;
        for area in &self.city.areas {
            let ring = self.ring(&area.ring);
            let holes: Vec<Vec<[f64; 2]>> = area.holes.iter().map(|h| self.ring(h)).collect();
            let (surface, z) = match area.kind {
                AreaKind::Water => (Surface::Water, 0.06),
                AreaKind::Green => (Surface::Green, 0.02),
            };
            let target = p.entry(surface).or_insert_with(|| surface.primitive());
            if add_area(target, &ring, &holes, z, rows.count()) {
                for q in &ring {
                    low = [low[0].min(q[0]), low[1].min(q[1])];
                    high = [high[0].max(q[0]), high[1].max(q[1])];
                }
                rows.area(area);
                self.summary.areas += 1;
            } else {
                self.summary.left_out.push((area.key.clone(), "outline has no area"));
            }
        }
        let [mut road, mut sidewalk, mut marking] =
            [Surface::Road, Surface::Sidewalk, Surface::Marking].map(Surface::primitive);
        for r in &self.city.roads {
            let line = self.ring(&r.points);
            let mut target =
                crate::mesh::RoadTarget { road: &mut road, sidewalk: &mut sidewalk, marking: &mut marking };
            if add_road(&mut target, &line, f64::from(r.width_m), (r.class, r.oneway), rows.count()) {
                rows.road(r);
                self.summary.roads += 1;
            } else {
                self.summary.left_out.push((r.key.clone(), "line has no length or width is not one"));
            }
        }
        p.extend([(Surface::Road, road), (Surface::Sidewalk, sidewalk), (Surface::Marking, marking)]);
        let ground = p.entry(Surface::Ground).or_insert_with(|| Surface::Ground.primitive());
        add_ground(ground, built.0, built.1, 250.0);
        let mut primitives: Vec<WritePrimitive> = p.into_values().collect();
        for v in primitives.iter_mut().flat_map(|p| p.positions.iter_mut()) {
            v[2] += drop_m(f64::from(v[0]), f64::from(v[1])) as f32;
        }
        let content = self.content("base", &primitives, &rows.columns(), DVec3::ZERO)?;
        let depth = drop_m(low[0].abs().max(high[0]), low[1].abs().max(high[1]));
        Ok(TileNode {
            volume: obb(DVec3::new(low[0], low[1], depth - 1.0), DVec3::new(high[0], high[1], 350.0)),
            geometric_error: edge * 2.0 * ERROR_SHARE,
            refine: Refine::Add,
            transform: Some(self.frame.ecef_from_enu()),
            content,
            children,
        })
    }

    /// Writes a glb whose positions are relative to `centre` (site metres).
    fn content(
        &mut self,
        name: &str,
        primitives: &[WritePrimitive],
        columns: &FeatureColumns,
        centre: DVec3,
    ) -> Result<Option<String>, TilerError> {
        if primitives.iter().all(|p| p.indices.is_empty()) {
            return Ok(None);
        }
        let glb = GlbWriter::write(primitives, columns, centre)
            .map_err(|source| TilerError::Tile { tile: name.to_owned(), source })?;
        self.summary.tiles += 1;
        let file = format!("{name}.glb");
        self.file(&format!("tiles/{file}"), &glb)?;
        Ok(Some(file))
    }
}

/// Metres that the ellipsoid lies below the site's tangent plane; a sphere of the mean radius is good to a millimetre
/// over a city.
fn drop_m(x: f64, y: f64) -> f64 {
    -(x * x + y * y) / (2.0 * 6_371_000.0)
}

fn obb(low: DVec3, high: DVec3) -> [f64; 12] {
    let (c, h) = (0.5 * (low + high), 0.5 * (high - low));
    [c.x, c.y, c.z, h.x, 0.0, 0.0, 0.0, h.y, 0.0, 0.0, 0.0, h.z]
}

/// The property table of one tile, row by row.
#[derive(Default)]
struct Rows {
    key: Vec<String>,
    name: Vec<String>,
    class: Vec<String>,
    address: Vec<String>,
    height: Vec<f32>,
    floors: Vec<u16>,
    width: Vec<f32>,
}

impl Rows {
    fn count(&self) -> u32 {
        self.key.len() as u32
    }

    fn push(&mut self, key: &EntityKey, name: &str, class: &str) {
        self.key.push(key.to_string());
        self.name.push(name.to_owned());
        self.class.push(class.to_owned());
    }

    fn building(&mut self, b: &Building) {
        self.push(&b.key, &b.name, &b.class);
        self.address.push(b.address.clone());
        self.height.push(b.height_m);
        self.floors.push(b.floors);
    }

    fn area(&mut self, a: &Area) {
        self.push(&a.key, &a.name, if a.kind == AreaKind::Water { "水域" } else { "绿地" });
        self.width.push(0.0);
    }

    fn road(&mut self, r: &Road) {
        self.push(&r.key, &r.name, r.class.name());
        self.width.push(r.width_m);
    }

    /// Columns that every row of this tile has.
    fn columns(self) -> FeatureColumns {
        let count = self.key.len();
        let columns = [
            ("key", Column::Text(self.key)),
            ("name", Column::Text(self.name)),
            ("class", Column::Text(self.class)),
            ("address", Column::Text(self.address)),
            ("height", Column::F32(self.height)),
            ("floors", Column::U16(self.floors)),
            ("width", Column::F32(self.width)),
        ];
        let full = |c: &Column| match c {
            Column::Text(v) => v.len() == count,
            Column::F32(v) => v.len() == count,
            Column::U16(v) => v.len() == count,
        };
        let columns = columns.into_iter().filter(|(_, c)| full(c)).map(|(n, c)| (n.to_owned(), c)).collect();
        FeatureColumns { count, columns }
    }
}
