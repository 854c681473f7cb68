//! The quadtree of trees: near ones fine, those farther off coarse, and none where they would be less than a few pixels.

use super::{
    Writer,
    growth::{Square, Tree},
    implicit,
    layers::Layer,
    obb,
    quarters::{order, quarters},
};
use crate::{
    Progress, TilerError,
    city::{Plant, PlantKind},
    mesh::{COARSE_LOOK, LOOKS, plant},
    workers,
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

/// Trees whose places are found at a time.
const TURN: usize = 1 << 18;

/// A tree of millions: few bytes.
struct Sited {
    /// Metres east and north.
    at: [f64; 2],
    height_m: f32,
    kind: PlantKind,
    look: u8,
    /// Chooses its turn and its stretch.
    dice: [u8; 2],
}

impl Writer<'_> {
    /// The tree of trees; none without any.
    pub(super) fn plants(&mut self, progress: &mut dyn Progress) -> Result<Option<TileNode>, TilerError> {
        let place = |p: &Plant| {
            let enu = self.frame.to_enu(Geodetic::new(p.place.lon, p.place.lat, 0.0));
            let Plant { kind, height_m, .. } = *p;
            let usable = enu.is_finite() && height_m.is_finite() && height_m > 0.0;
            let dice = dice(p);
            let (look, dice) = ((dice % LOOKS as u64) as u8, [(dice >> 8) as u8, (dice >> 16) as u8]);
            usable.then_some(Sited { at: [enu.x, enu.y], height_m, kind, look, dice })
        };
        let mut sited: Vec<Sited> = Vec::with_capacity(self.city.plants.len());
        for turn in self.city.plants.chunks(TURN) {
            sited.extend(workers::each(turn, place).into_iter().flatten());
        }
        if sited.is_empty() {
            return Ok(None);
        }
        progress.stage("trees", Some(sited.len() as u64));
        let reach = sited.iter().map(|s| s.at[0].abs().max(s.at[1].abs())).fold(0.0, f64::max);
        // Squares that meet a tile of half a kilometre, whatever the city's size.
        let mut edge = LARGEST_M;
        while 0.5 * edge < reach + 1.0 {
            edge *= 2.0;
        }
        order(&mut sited, ([0.0; 2], edge), (&|s| s.at, &|_| ()), &|plants, edge| is_leaf(plants, edge));
        let grove = Grove { centre: [0.0; 2], plants: &sited };
        let root = Square { name: PREFIX.into(), edge, steps: sited.len() as u64, inside: grove };
        self.grow(&Trees, root, progress)
    }

    /// Where a tree stands, site metres.
    fn foot_of(&self, Sited { at: [x, y], .. }: &Sited) -> DVec3 {
        DVec3::new(*x, *y, self.ground.z(*x, *y))
    }

    fn plant_tile(&mut self, name: &str, centre: [f64; 2], plants: &[Sited], fine: bool) -> Result<String, TilerError> {
        let origin = DVec3::new(centre[0], centre[1], self.ground.z(centre[0], centre[1]));
        let mut shapes: BTreeMap<(PlantKind, usize), Vec<CopyPlace>> = BTreeMap::new();
        for s in plants {
            // From afar trees of a kind look the same, and their shapes are most of a small tile.
            let look = if fine { usize::from(s.look) } else { COARSE_LOOK };
            let [turn, stretch] = s.dice.map(|d| f32::from(d) / 255.0);
            let wide = s.height_m * (0.85 + 0.3 * stretch);
            shapes.entry((s.kind, look)).or_default().push(CopyPlace {
                at: (self.foot_of(s) - origin).as_vec3().to_array(),
                turn: std::f32::consts::TAU * turn,
                scale: [wide, wide, s.height_m],
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

/// Trees in the order of the tree of tiles, and the middle of the square that they are in.
struct Grove<'t> {
    centre: [f64; 2],
    plants: &'t [Sited],
}

/// Whether trees are few enough for a leaf.
fn is_leaf(plants: &[Sited], edge: f64) -> bool {
    edge < 0.75 * LARGEST_M && plants.len() <= LEAF_PLANTS || edge < 2.0 * SMALLEST_M
}

impl<'t> Tree<Grove<'t>> for Trees {
    fn quarters(&self, square: &Square<Grove<'t>>) -> Vec<(u8, Square<Grove<'t>>)> {
        let Square { name, edge, inside: Grove { centre, plants }, .. } = square;
        if is_leaf(plants, *edge) {
            return Vec::new();
        }
        let quarter = |(quarter, centre, plants): (u8, [f64; 2], &'t [Sited])| {
            let (name, steps) = (format!("{name}{quarter}"), plants.len() as u64);
            (quarter, Square { name, edge: 0.5 * edge, steps, inside: Grove { centre, plants } })
        };
        quarters(plants, (*centre, *edge), |s| s.at).into_iter().map(quarter).collect()
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
        let (mut low, mut high) = (DVec3::MAX, DVec3::MIN);
        for s in *plants {
            let (foot, height) = (writer.foot_of(s), f64::from(s.height_m));
            let around = height * 0.6;
            low = low.min(foot - DVec3::new(around, around, 0.5));
            high = high.max(foot + DVec3::new(around, around, height * 1.3));
        }
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
