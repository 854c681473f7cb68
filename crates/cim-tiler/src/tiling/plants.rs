//! The quadtree of trees: near ones fine, those farther off coarse, and none where they would be less than a few pixels.

use super::{
    Writer,
    growth::{Square, Tree},
    implicit,
    layers::Layer,
    obb,
};
use crate::{
    Progress, TilerError,
    city::{Plant, PlantKind},
    mesh::{COARSE_LOOK, LOOKS, plant},
};
use cim_geo::Geodetic;
use glam::DVec3;
use std::collections::BTreeMap;
use tiles3d::{
    Refine,
    write::{CopyPlace, GlbWriter, TileNode, WriteCopies},
};

/// What the names of their tiles begin with.
pub(super) const PREFIX: &str = "t";
/// Trees of a tile at most, unless it is tiny.
const LEAF_PLANTS: usize = 2_000;
/// Metres of the edge of the largest tile that has trees: they are coarse there, and seen from 2.4 times as far.
const LARGEST_M: f64 = 520.0;
/// Metres of the edge of the smallest tile.
const SMALLEST_M: f64 = 60.0;
/// Metres of error of a tile, as a share of its edge: it is refined at about 1.2 times the edge.
const ERROR_SHARE: f64 = 0.016;

struct Sited {
    at: DVec3,
    plant: Plant,
    /// Chooses look, turn and stretch.
    dice: u64,
}

impl Writer<'_> {
    /// The tree of trees; none without any.
    pub(super) fn plants(&mut self, progress: &mut dyn Progress) -> Result<Option<TileNode>, TilerError> {
        let place = |p: &Plant| {
            let enu = self.frame.to_enu(Geodetic::new(p.place.lon, p.place.lat, 0.0));
            let at = DVec3::new(enu.x, enu.y, self.ground.z(enu.x, enu.y));
            let usable = at.is_finite() && p.height_m.is_finite() && p.height_m > 0.0;
            usable.then(|| Sited { at, plant: *p, dice: dice(p) })
        };
        let sited: Vec<Sited> = self.city.plants.iter().filter_map(place).collect();
        if sited.is_empty() {
            return Ok(None);
        }
        progress.stage("trees", Some(sited.len() as u64));
        let reach = sited.iter().map(|s| s.at.x.abs().max(s.at.y.abs())).fold(0.0, f64::max);
        // Squares that meet a tile of half a kilometre, whatever the city's size.
        let mut edge = LARGEST_M;
        while 0.5 * edge < reach + 1.0 {
            edge *= 2.0;
        }
        let grove = Grove { centre: [0.0; 2], plants: sited.iter().collect() };
        let root = Square { name: PREFIX.into(), edge, steps: sited.len() as u64, inside: grove };
        self.grow(&Trees, root, progress)
    }

    fn plant_tile(
        &mut self,
        name: &str,
        centre: [f64; 2],
        plants: &[&Sited],
        fine: bool,
    ) -> Result<String, TilerError> {
        let origin = DVec3::new(centre[0], centre[1], self.ground.z(centre[0], centre[1]));
        let mut shapes: BTreeMap<(PlantKind, usize), Vec<CopyPlace>> = BTreeMap::new();
        for s in plants {
            // From afar trees of a kind look the same, and their shapes are most of a small tile.
            let look = if fine { (s.dice % LOOKS as u64) as usize } else { COARSE_LOOK };
            let share = |shift: u32| ((s.dice >> shift) & 0xff) as f32 / 255.0;
            let height = s.plant.height_m;
            let wide = height * (0.85 + 0.3 * share(16));
            shapes.entry((s.plant.kind, look)).or_default().push(CopyPlace {
                at: (s.at - origin).as_vec3().to_array(),
                turn: std::f32::consts::TAU * share(8),
                scale: [wide, wide, height],
            });
        }
        let shapes: Vec<WriteCopies> = shapes
            .into_iter()
            .map(|((kind, look), places)| WriteCopies { shape: plant(kind, look, fine), places })
            .collect();
        let glb = GlbWriter::write_copies_with(&shapes, origin, &self.options.write())
            .map_err(|source| TilerError::Tile { tile: name.to_owned(), source })?;
        self.summary.tiles += 1;
        let file = implicit::file(name, self.options.tiling);
        self.file(&format!("tiles/{file}"), &glb)?;
        Ok(file)
    }
}

/// The tree of trees.
struct Trees;

/// Trees, and the middle of the square that they are in.
struct Grove<'t> {
    centre: [f64; 2],
    plants: Vec<&'t Sited>,
}

impl<'t> Tree<Grove<'t>> for Trees {
    fn quarters(&self, square: &Square<Grove<'t>>) -> Vec<(u8, Square<Grove<'t>>)> {
        let Square { name, edge, inside: Grove { centre, plants }, .. } = square;
        if *edge < 0.75 * LARGEST_M && plants.len() <= LEAF_PLANTS || *edge < 2.0 * SMALLEST_M {
            return Vec::new();
        }
        let quarter = |quarter: u8| {
            let (right, top) = (quarter % 2 == 1, quarter / 2 == 1);
            let is_inside = |s: &&&Sited| (s.at.x >= centre[0]) == right && (s.at.y >= centre[1]) == top;
            let plants: Vec<&Sited> = plants.iter().filter(is_inside).copied().collect();
            let q = 0.25 * edge;
            let centre = [centre[0] + if right { q } else { -q }, centre[1] + if top { q } else { -q }];
            let (name, steps) = (format!("{name}{quarter}"), plants.len() as u64);
            let square = Square { name, edge: 0.5 * edge, steps, inside: Grove { centre, plants } };
            (steps > 0).then_some((quarter, square))
        };
        (0..4).filter_map(quarter).collect()
    }

    fn tile(
        &self,
        writer: &mut Writer<'_>,
        square: &Square<Grove<'t>>,
        children: Vec<TileNode>,
    ) -> Result<TileNode, TilerError> {
        let Square { name, edge, inside: Grove { centre, plants }, .. } = square;
        let leaf = children.is_empty();
        let content = if *edge <= LARGEST_M { Some(writer.plant_tile(name, *centre, plants, leaf)?) } else { None };
        let around = |s: &&Sited| f64::from(s.plant.height_m) * 0.6;
        let low = plants.iter().fold(DVec3::MAX, |l, s| l.min(s.at - DVec3::new(around(s), around(s), 0.5)));
        let high = plants
            .iter()
            .fold(DVec3::MIN, |h, s| h.max(s.at + DVec3::new(around(s), around(s), f64::from(s.plant.height_m) * 1.3)));
        Ok(TileNode {
            volume: obb(low, high),
            geometric_error: if leaf { 0.0 } else { edge * ERROR_SHARE },
            refine: Refine::Replace,
            transform: None,
            content,
            group: Layer::Furniture.group(),
            children,
            quarter: None,
            implicit: None,
        })
    }
}

/// A number that is the same for the same place, and unlike for neighbours (SplitMix64).
fn dice(plant: &Plant) -> u64 {
    let mut x = plant.place.lon.to_bits() ^ plant.place.lat.to_bits().rotate_left(23);
    x = x.wrapping_add(0x9e37_79b9_7f4a_7c15);
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}
