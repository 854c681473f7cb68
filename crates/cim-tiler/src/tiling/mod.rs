//! A city as a folder: `site.json`, `network.json`, `records/`, `report.json` and the tileset.
//!
//! The root tile holds the bare ground and is always shown (ADD). Below it quadtrees (REPLACE), one for each layer that can be
//! switched and one for the trees. Where there is a terrain, another takes the place of the bare ground, and `terrain.bin` has its heights for the viewer ([`cim_geo::relief`]). One frame serves all tiles, the site's east-north-up; a tile's transform moves it to its centre.

mod country;
mod cuts;
mod extruded;
mod far;
mod fingerprint;
mod folder;
mod ground;
mod growth;
mod hands;
mod implicit;
mod journal;
mod layers;
mod network;
mod options;
mod placed;
mod quarters;
mod relief;
mod report;
mod rows;
mod scenery;
mod stack;
mod terrain;

#[cfg(test)]
mod folder_tests;
#[cfg(test)]
mod layer_tests;
#[cfg(test)]
mod terrain_tests;
#[cfg(test)]
mod tunnel_tests;

use crate::{
    Progress, TilerError,
    atlas::Cache,
    city::City,
    mesh::{Surface, add_ground},
    streets::Street,
};
use cim_geo::{Geodetic, SiteFrame};
use cim_model::{EntityKey, Place, Site, Timestamp};
use country::Country;
use folder::{Folder, Written};
use glam::DVec3;
use journal::Journal;
use layers::Layer;
pub use options::{Tiling, TilingOptions};
use relief::Ground;
use rows::Rows;
use stack::{Sited, Thing};
use std::{collections::BTreeSet, path::Path};
use tiles3d::{
    Refine,
    write::{FeatureColumns, GlbWriter, TileNode, WritePrimitive, write_layered_tileset},
};

/// Metres of error of a tile, as a share of its edge: 1/25 refines at about three times the edge on a 1,080-line screen.
const ERROR_SHARE: f64 = 0.04;
/// Metres of the edge of a tree's square, at least.
const SMALLEST_EDGE_M: f64 = 500.0;
/// Metres of the shortest edges that the change from town to country asks for.
const FINEST_RIM_M: f64 = 20.0;
/// The file of heights for the viewer.
const HEIGHTS: &str = "terrain.bin";

/// What was written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CitySummary {
    /// Buildings in the tiles.
    pub buildings: usize,
    /// Surveyed things in the tiles.
    pub models: usize,
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
    /// Files that an earlier run had written before it was interrupted.
    pub resumed: usize,
    /// Tiles that are as they were in the city that was there before.
    pub unchanged: usize,
    /// What the city stands on, in words; empty where it is flat.
    pub terrain: String,
    /// Trees that are not in the tiles because the ground is open where they stand, over the ramp of a tunnel.
    pub trees_over_ramps: usize,
    /// Street lamps of which the same is true.
    pub lamps_over_ramps: usize,
    /// Keys of what is not in the tiles, with the reason.
    pub left_out: Vec<(EntityKey, &'static str)>,
    /// Keys of what is in the tiles otherwise than in the source, with what was done.
    pub mended: Vec<(EntityKey, &'static str)>,
}

/// Writes a city folder as the options want it. It is built beside `out` and then moved there: an interrupted run leaves
/// nothing half done, and the next one goes on where it was stopped. Tiles that are as they were stay the same files.
///
/// # Errors
/// `out` holds something that is not a city, or cannot be written; or another run is writing it.
pub fn write_city(
    city: &City,
    out: &Path,
    options: &TilingOptions,
    progress: &mut dyn Progress,
) -> Result<CitySummary, TilerError> {
    write_city_by(hands::cores(), city, out, options, progress)
}

/// The same with so many threads at work on tiles.
fn write_city_by(
    hands: usize,
    city: &City,
    out: &Path,
    options: &TilingOptions,
    progress: &mut dyn Progress,
) -> Result<CitySummary, TilerError> {
    let folder = Folder::new(out)?;
    let journal = Journal::open(&folder, city, options)?;
    let frame = SiteFrame::new(Geodetic::new(city.origin.lon, city.origin.lat, 0.0));
    let mut ground = Ground::new(city, |ring| metres(&frame, ring));
    let line = |points: &[Place]| metres(&frame, points).into_iter().map(Into::into).collect();
    let streets = ground::built(city, line, ground.bed());
    ground.open(&streets);
    ground.surround(Country::new(city, |line| metres(&frame, line)));
    let mut writer = Writer {
        city,
        options,
        frame,
        ground: &ground,
        folder: &folder,
        journal: &journal,
        hands,
        spare: Vec::new(),
        summary: CitySummary::default(),
        written: Vec::new(),
        pictures: Cache::new(hands),
        unread: BTreeSet::new(),
    };
    writer.summary.terrain = city.terrain.as_ref().map(|t| t.report.to_string()).unwrap_or_default();
    writer.summary.left_out.clone_from(&city.findings.left_out);
    writer.summary.mended.clone_from(&city.findings.mended);
    writer.site()?;
    let raised = writer.network(&streets)?;
    writer.tiles(&streets, progress)?;
    writer.report()?;
    crate::records::write(&city.records, &raised, folder.part(), progress)?;
    let mut summary = writer.summary;
    summary.cases = city.records.cases.len();
    summary.records = city.records.count();
    folder.pack(options, progress)?;
    journal.close()?;
    folder.finish(&mut summary, progress)?;
    Ok(summary)
}

/// One who writes tiles. There are several: one for the whole city, and its hands ([`Writer::together`]).
struct Writer<'a> {
    city: &'a City,
    options: &'a TilingOptions,
    frame: SiteFrame,
    ground: &'a Ground,
    folder: &'a Folder,
    journal: &'a Journal,
    /// How many hands it has.
    hands: usize,
    /// Those that have nothing to do.
    spare: Vec<Self>,
    summary: CitySummary,
    /// The files of tiles that were written, in order.
    written: Vec<Written>,
    /// The pictures that were used last.
    pictures: Cache,
    /// What has surfaces whose pictures turned out to be damaged.
    unread: BTreeSet<EntityKey>,
}

impl<'a> Writer<'a> {
    /// A hand for it.
    fn hand(&self) -> Self {
        let Self { city, options, frame, ground, folder, journal, hands, .. } = *self;
        let (summary, pictures, unread) = (CitySummary::default(), Cache::new(hands), BTreeSet::new());
        let (spare, written) = (Vec::new(), Vec::new());
        Self { city, options, frame, ground, folder, journal, hands, spare, summary, written, pictures, unread }
    }

    fn site(&mut self) -> Result<(), TilerError> {
        let city = self.city;
        let site = Site {
            name_zh: city.name_zh.clone(),
            name_en: city.name_en.clone(),
            origin: city.origin,
            bounds: city.bounds,
            tileset_url: self.options.entrance().into(),
            terrain_url: self.ground.relief().map(|_| HEIGHTS.to_owned()),
            utc_offset_minutes: city.utc_offset_minutes,
            now: Timestamp::default(),
        };
        self.json("site.json", &site)
    }

    fn report(&mut self) -> Result<(), TilerError> {
        let summary = std::mem::take(&mut self.summary);
        let written = self.json("report.json", &report::Report::new(&self.city.findings, &summary));
        self.summary = summary;
        written
    }

    fn json(&mut self, name: &str, value: &impl serde::Serialize) -> Result<(), TilerError> {
        let failed = |source| TilerError::Json { path: self.folder.part().join(name), source };
        let text = serde_json::to_vec(value).map_err(failed)?;
        self.file(name, &text)
    }

    fn file(&mut self, name: &str, bytes: &[u8]) -> Result<(), TilerError> {
        let written = self.folder.write(name, bytes)?;
        self.written.push(written);
        Ok(())
    }

    fn ring(&self, ring: &[Place]) -> Vec<[f64; 2]> {
        metres(&self.frame, ring)
    }

    fn tiles(&mut self, streets: &[Option<Street>], progress: &mut dyn Progress) -> Result<(), TilerError> {
        let mut sited = self.lying_things(streets);
        sited.extend(self.standing_things());
        let built = built(&sited);
        self.heights(built)?;
        let (mut edge, mut children) = (0.0_f64, Vec::new());
        for layer in Layer::ALL {
            let things: Vec<_> = sited.iter().filter(|s| Layer::of(s) == layer).collect();
            if things.is_empty() {
                continue;
            }
            progress.stage(layer.name(), Some(things.len() as u64));
            let (layer_edge, tree) = self.tree(layer, things, progress)?;
            edge = edge.max(layer_edge);
            if let Some(tree) = tree {
                children.extend(self.told(layer.prefix(), tree)?);
            }
            // Those of other layers are few beside a large city's buildings.
            sited.retain(|s| Layer::of(s) != layer);
            sited.shrink_to_fit();
        }
        drop(sited);
        if let Some(scenery) = self.scenery(streets, progress)? {
            children.extend(self.told(scenery::PREFIX, scenery)?);
        }
        let (ground_edge, ground) = self.terrain(progress)?;
        if let Some(ground) = ground {
            children.extend(self.told(terrain::PREFIX, ground)?);
        }
        let root = self.base(edge.max(ground_edge).max(SMALLEST_EDGE_M), built, children)?;
        let text = write_layered_tileset(&root, root.geometric_error * 2.0, &Layer::ALL.map(Layer::name));
        self.file("tiles/tileset.json", text.as_bytes())
    }

    /// The bare ground under what is built, and all other tiles.
    fn base(
        &mut self,
        edge: f64,
        (mut low, mut high): ([f64; 2], [f64; 2]),
        children: Vec<TileNode>,
    ) -> Result<TileNode, TilerError> {
        let mut ground = Surface::Ground.primitive();
        if self.ground.relief().is_none() {
            add_ground(&mut ground, low, high, 250.0);
            for v in &mut ground.positions {
                v[2] += (self.city.ground_m + drop_m(f64::from(v[0]), f64::from(v[1]))) as f32;
            }
            if let Some(cuts) = self.ground.cuts(0.0) {
                cuts.carve(&mut ground, DVec3::ZERO);
            }
            self.ground.country().colour(&mut ground, [0.0; 2], FINEST_RIM_M);
        }
        let content = self.content("base", &[ground], &Rows::default().columns(), (DVec3::ZERO, 0.0))?;
        // Water and green may reach further.
        for child in &children {
            for k in 0..2 {
                let half = child.volume[3 + 4 * k];
                low[k] = low[k].min(child.volume[k] - half);
                high[k] = high[k].max(child.volume[k] + half);
            }
        }
        let depth = drop_m(low[0].abs().max(high[0]), low[1].abs().max(high[1]));
        // Cellars and river beds reach below the ground.
        let deepest = children.iter().map(|c| c.volume[2] - c.volume[11] - 1.0).fold(depth - 1.0, f64::min);
        let deepest = deepest.min(depth - 1.0 + self.city.ground_m);
        let highest = children.iter().map(|c| c.volume[2] + c.volume[11]).fold(350.0, f64::max);
        Ok(TileNode {
            volume: obb(DVec3::new(low[0], low[1], deepest), DVec3::new(high[0], high[1], highest)),
            geometric_error: edge * 2.0 * ERROR_SHARE,
            refine: Refine::Add,
            transform: Some(self.frame.ecef_from_enu()),
            content,
            group: Layer::Terrain.group(),
            children,
            quarter: None,
            implicit: None,
        })
    }

    /// Writes a glb whose positions are relative to `centre` (site metres), and may be `off_m` metres off where that is more
    /// than they are in all tiles.
    fn content(
        &mut self,
        name: &str,
        primitives: &[WritePrimitive],
        columns: &FeatureColumns,
        (centre, off_m): (DVec3, f64),
    ) -> Result<Option<String>, TilerError> {
        if primitives.iter().all(|p| p.indices.is_empty()) {
            return Ok(None);
        }
        let glb = GlbWriter::write_with(primitives, columns, centre, &self.options.write(off_m))
            .map_err(|source| TilerError::Tile { tile: name.to_owned(), source })?;
        self.summary.tiles += 1;
        let file = implicit::file(name, self.options.tiling);
        self.file(&format!("tiles/{file}"), &glb)?;
        Ok(Some(file))
    }
}

/// Lowest and highest corner of what is built, with some land around, metres.
fn built(sited: &[Sited<'_>]) -> ([f64; 2], [f64; 2]) {
    const AROUND_M: f64 = 150.0;
    let things = sited.iter().filter(|s| !matches!(s.thing, Thing::Area { .. }));
    things.fold(([-AROUND_M; 2], [AROUND_M; 2]), |(low, high), s| {
        let both = |k: usize| (low[k].min(s.low[k] - AROUND_M), high[k].max(s.high[k] + AROUND_M));
        let ((west, east), (south, north)) = (both(0), both(1));
        ([west, south], [east, north])
    })
}

/// Metres east and north of places.
fn metres(frame: &SiteFrame, ring: &[Place]) -> Vec<[f64; 2]> {
    let enu = |p: &Place| frame.to_enu(Geodetic::new(p.lon, p.lat, 0.0));
    ring.iter().map(enu).map(|enu| [enu.x, enu.y]).collect()
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
