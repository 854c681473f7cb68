//! The quadtree of trees and street lamps: near ones fine, those farther off coarse, and none where they would be less than
//! a few pixels.

use super::{
    Writer,
    cuts::Footing,
    growth::{Square, Tree},
    implicit,
    layers::Layer,
    obb,
    quarters::{order, quarters},
};
use crate::{
    Progress, TilerError,
    city::{Lamp, Plant, PlantKind},
    mesh::{COARSE_LOOK, LAMP_REACH, LOOKS, lamp_post, lamplight, plant},
    streets::{Bed, Street, covered_m},
    workers,
};
use cim_geo::Geodetic;
use cim_model::Place;
use glam::{DVec2, DVec3};
use rstar::{
    PointDistance, RTree,
    primitives::{GeomWithData, Line},
};
use std::collections::BTreeMap;
use tiles3d::{
    Refine,
    write::{CopyPlace, GlbWriter, TileNode, WriteCopies, WritePrimitive},
};

/// What the names of their tiles begin with.
pub(super) const PREFIX: &str = "t";
/// Trees and lamps of a tile at most, unless it is tiny.
const LEAF_THINGS: usize = 2_000;
/// Metres of the edge of the largest tile that has any: they are coarse there, and seen from 2.4 times as far.
const LARGEST_M: f64 = 520.0;
/// Metres of the edge of the smallest tile.
const SMALLEST_M: f64 = 60.0;
/// Metres of error of a tile, as a share of its edge: it is refined at about 1.2 times the edge.
const ERROR_SHARE: f64 = 0.016;
/// Metres from a pavement within which a lamp is the street's.
const BESIDE_M: f64 = 4.0;
/// Trees whose places are found at a time.
const TURN: usize = 1 << 18;

/// What is drawn in many places.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Shape {
    Tree(PlantKind, usize),
    Post { is_lit: bool },
    Light,
}

impl Shape {
    fn mesh(self, fine: bool) -> WritePrimitive {
        match self {
            Self::Tree(kind, look) => plant(kind, look, fine),
            Self::Post { is_lit } => lamp_post(fine, is_lit),
            Self::Light => lamplight(fine),
        }
    }
}

/// What stands somewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Tree(PlantKind),
    /// A lamp that burns at night.
    Lit,
    /// One that does not.
    Dark,
}

/// One of millions: few bytes.
struct Sited {
    /// Metres east and north.
    at: [f64; 2],
    height_m: f32,
    kind: Kind,
    look: u8,
    /// A tree's turn and its stretch by chance; of a lamp where its arm reaches, 65,536ths of a turn from east,
    /// counter-clockwise.
    dice: [u8; 2],
}

impl Sited {
    fn is_lamp(&self) -> bool {
        !matches!(self.kind, Kind::Tree(_))
    }

    /// Metres that it reaches around its foot.
    fn around(&self) -> f64 {
        f64::from(self.height_m) * if self.is_lamp() { f64::from(LAMP_REACH) } else { 0.6 }
    }
}

/// Carriageways, for what stands beside them.
struct Beside(RTree<GeomWithData<Line<[f64; 2]>, Lane>>);

/// A piece of a carriageway between two points.
struct Lane {
    /// Metres above the ground where it begins and ends.
    heights: [f64; 2],
    /// Metres from its middle to the far edge of the pavement.
    half: f64,
}

impl Beside {
    fn new(streets: &[Option<Street>]) -> Self {
        let lanes = streets.iter().flatten().flat_map(|street| {
            let half = street.section.half + street.section.pavement;
            // Nothing stands beside a tunnel.
            let seen = |w: &&[DVec3]| w[0].z.max(w[1].z) > -covered_m(street.class);
            street.course.windows(2).filter(seen).map(move |w| {
                let line = Line::new([w[0].x, w[0].y], [w[1].x, w[1].y]);
                GeomWithData::new(line, Lane { heights: [w[0].z, w[1].z], half })
            })
        });
        Self(RTree::bulk_load(lanes.collect()))
    }

    /// The way to the middle of the nearest street, and how far above the ground that street is if the place is its own.
    fn look(&self, at: DVec2, bed: Bed<'_>) -> Option<(DVec2, f64)> {
        let lane = self.0.nearest_neighbor(&[at.x, at.y])?;
        let (line, data) = (lane.geom(), &lane.data);
        let foot = DVec2::from(line.nearest_point(&[at.x, at.y]));
        let (from, to) = (DVec2::from(line.from), DVec2::from(line.to));
        let share = (foot.distance(from) / from.distance(to).max(1e-9)).min(1.0);
        let is_own = line.distance_2(&[at.x, at.y]).sqrt() < data.half + BESIDE_M;
        let [a, b] = [(from, 0), (to, 1)].map(|(p, end)| p.extend(data.heights[end]));
        // What stands beside a cutting stands on the ground.
        let height = if is_own { bed.beside(bed.between(a, b, share), at).max(0.0) } else { 0.0 };
        Some((foot - at, height))
    }
}

impl Writer<'_> {
    /// The tree of them; none without any.
    pub(super) fn scenery(
        &mut self,
        streets: &[Option<Street>],
        progress: &mut dyn Progress,
    ) -> Result<Option<TileNode>, TilerError> {
        let scenery = Scenery { beside: Beside::new(streets) };
        let usable = |s: &Sited| s.at.iter().all(|c| c.is_finite()) && s.height_m.is_finite() && s.height_m > 0.0;
        let mut sited: Vec<Sited> = Vec::with_capacity(self.city.plants.len() + self.city.lamps.len());
        for turn in self.city.plants.chunks(TURN) {
            sited.extend(workers::each(turn, |p| self.tree_thing(p)).into_iter().filter(usable));
        }
        let lamps = workers::each(&self.city.lamps, |l| self.lamp_thing(l, &scenery.beside));
        sited.extend(lamps.into_iter().filter(usable));
        self.clear_scenery(&mut sited);
        if sited.is_empty() {
            return Ok(None);
        }
        progress.stage("trees and lamps", Some(sited.len() as u64));
        let reach = sited.iter().map(|s| s.at[0].abs().max(s.at[1].abs())).fold(0.0, f64::max);
        // Squares that meet a tile of half a kilometre, whatever the city's size.
        let mut edge = LARGEST_M;
        while 0.5 * edge < reach + 1.0 {
            edge *= 2.0;
        }
        order(&mut sited, ([0.0; 2], edge), (&|s| s.at, &|_| ()), &|things, edge| is_leaf(things, edge));
        let inside = Stand { centre: [0.0; 2], things: &sited };
        let root = Square { name: PREFIX.into(), edge, steps: sited.len() as u64, inside };
        self.grow(&scenery, root, progress)
    }

    /// Moves what stands in the opening over a ramp to its edge, if that is near; counts and takes away the rest, under
    /// which there is no ground.
    fn clear_scenery(&mut self, sited: &mut Vec<Sited>) {
        let (ground, summary) = (self.ground, &mut self.summary);
        sited.retain_mut(|s| match ground.footing(s.at[0], s.at[1]) {
            Footing::Firm => true,
            Footing::Edge(at) => {
                s.at = at.to_array();
                true
            }
            Footing::Open => {
                *(if s.is_lamp() { &mut summary.lamps_over_ramps } else { &mut summary.trees_over_ramps }) += 1;
                false
            }
        });
    }

    fn plane(&self, place: Place) -> [f64; 2] {
        let enu = self.frame.to_enu(Geodetic::new(place.lon, place.lat, 0.0));
        [enu.x, enu.y]
    }

    fn tree_thing(&self, plant: &Plant) -> Sited {
        let (at, dice) = (self.plane(plant.place), dice(plant));
        let (look, dice) = ((dice % LOOKS as u64) as u8, [(dice >> 8) as u8, (dice >> 16) as u8]);
        Sited { at, height_m: plant.height_m, kind: Kind::Tree(plant.kind), look, dice }
    }

    /// A lamp whose arm reaches across the nearest street, unless it is known to reach elsewhere.
    fn lamp_thing(&self, lamp: &Lamp, beside: &Beside) -> Sited {
        let at = self.plane(lamp.place);
        let across = beside.look(at.into(), self.ground.bed()).map_or(DVec2::NEG_Y, |(across, _)| across);
        let turn = lamp.heading_deg.map_or(across.to_angle(), |h| f64::from(90.0 - h).to_radians());
        let turn = (turn / std::f64::consts::TAU * 65_536.0).round().rem_euclid(65_536.0) as u16;
        let kind = if lamp.is_lit { Kind::Lit } else { Kind::Dark };
        Sited { at, height_m: lamp.height_m, kind, look: 0, dice: turn.to_le_bytes() }
    }
}

/// The tree of trees and lamps.
struct Scenery {
    beside: Beside,
}

/// Things in the order of the tree of tiles, and the middle of the square that they are in.
struct Stand<'t> {
    centre: [f64; 2],
    things: &'t [Sited],
}

/// Whether things are few enough for a leaf.
fn is_leaf(things: &[Sited], edge: f64) -> bool {
    edge < 0.75 * LARGEST_M && things.len() <= LEAF_THINGS || edge < 2.0 * SMALLEST_M
}

impl Scenery {
    /// Where something stands, site metres: a lamp on its street, which may be a bridge.
    fn foot(&self, writer: &Writer<'_>, sited: &Sited) -> DVec3 {
        let [x, y] = sited.at;
        let above = if sited.is_lamp() {
            self.beside.look(DVec2::new(x, y), writer.ground.bed()).map_or(0.0, |(_, above)| above)
        } else {
            0.0
        };
        DVec3::new(x, y, writer.ground.z(x, y) + above)
    }

    fn content(
        &self,
        writer: &mut Writer<'_>,
        (name, centre): (&str, [f64; 2]),
        things: &[Sited],
        fine: bool,
    ) -> Result<String, TilerError> {
        let origin = DVec3::new(centre[0], centre[1], writer.ground.z(centre[0], centre[1]));
        let mut shapes: BTreeMap<Shape, Vec<CopyPlace>> = BTreeMap::new();
        for s in things {
            let (at, height) = ((self.foot(writer, s) - origin).as_vec3().to_array(), s.height_m);
            if let Kind::Tree(kind) = s.kind {
                // From afar trees of a kind look the same, and their shapes are most of a small tile.
                let look = if fine { usize::from(s.look) } else { COARSE_LOOK };
                let [turn, stretch] = s.dice.map(|d| f32::from(d) / 255.0);
                let wide = height * (0.85 + 0.3 * stretch);
                let place = CopyPlace { at, turn: std::f32::consts::TAU * turn, scale: [wide, wide, height] };
                shapes.entry(Shape::Tree(kind, look)).or_default().push(place);
                continue;
            }
            let turn = f32::from(u16::from_le_bytes(s.dice)) / 65_536.0;
            let place = CopyPlace { at, turn: std::f32::consts::TAU * turn, scale: [height; 3] };
            let is_lit = s.kind == Kind::Lit;
            shapes.entry(Shape::Post { is_lit }).or_default().push(place);
            if is_lit {
                shapes.entry(Shape::Light).or_default().push(place);
            }
        }
        let shapes: Vec<WriteCopies> =
            shapes.into_iter().map(|(shape, places)| WriteCopies { shape: shape.mesh(fine), places }).collect();
        let glb = GlbWriter::write_copies_with(&shapes, origin, &writer.options.write(0.0))
            .map_err(|source| TilerError::Tile { tile: name.to_owned(), source })?;
        writer.summary.tiles += 1;
        let file = implicit::file(name, writer.options.tiling);
        writer.file(&format!("tiles/{file}"), &glb)?;
        Ok(file)
    }
}

impl<'t> Tree<Stand<'t>> for Scenery {
    fn quarters(&self, square: &Square<Stand<'t>>) -> Vec<(u8, Square<Stand<'t>>)> {
        let Square { name, edge, inside: Stand { centre, things }, .. } = square;
        if is_leaf(things, *edge) {
            return Vec::new();
        }
        let quarter = |(quarter, centre, things): (u8, [f64; 2], &'t [Sited])| {
            let (name, steps) = (format!("{name}{quarter}"), things.len() as u64);
            (quarter, Square { name, edge: 0.5 * edge, steps, inside: Stand { centre, things } })
        };
        quarters(things, (*centre, *edge), |s| s.at).into_iter().map(quarter).collect()
    }

    fn tile(&self, writer: &mut Writer<'_>, square: &Square<Stand<'t>>, below: usize) -> Result<TileNode, TilerError> {
        let Square { name, edge, inside: Stand { centre, things }, .. } = square;
        let leaf = below == 0;
        let content =
            if *edge <= LARGEST_M { Some(self.content(writer, (name, *centre), things, leaf)?) } else { None };
        let (mut low, mut high) = (DVec3::MAX, DVec3::MIN);
        for s in *things {
            let (foot, around) = (self.foot(writer, s), s.around());
            low = low.min(foot - DVec3::new(around, around, 0.5));
            high = high.max(foot + DVec3::new(around, around, f64::from(s.height_m) * 1.3));
        }
        Ok(TileNode {
            volume: obb(low, high),
            geometric_error: if leaf { 0.0 } else { edge * ERROR_SHARE },
            refine: Refine::Replace,
            transform: None,
            content,
            group: Layer::Furniture.group(),
            children: Vec::new(),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Silent, TilingOptions,
        synth::{SynthOptions, make_city},
        tiling::write_city,
    };
    use std::{collections::BTreeMap, fs};

    /// The places (tile's own metres, y up) of the copies of each material in all leaves.
    fn leaves(folder: &std::path::Path) -> BTreeMap<String, Vec<DVec3>> {
        let json: serde_json::Value =
            serde_json::from_slice(&fs::read(folder.join("tiles/tileset.json")).unwrap()).unwrap();
        let (mut open, mut found) = (vec![&json["root"]], BTreeMap::<String, Vec<DVec3>>::new());
        while let Some(tile) = open.pop() {
            open.extend(tile["children"].as_array().into_iter().flatten());
            let Some(uri) = tile["content"]["uri"].as_str().filter(|u| u.starts_with(PREFIX)) else { continue };
            if tile["geometricError"] != 0.0 {
                continue;
            }
            let bytes = fs::read(folder.join("tiles").join(uri)).unwrap();
            let options = tiles3d::DecodeOptions::default();
            let Ok(tiles3d::Content::Models(models)) =
                tiles3d::decode_content(&bytes, &options, &mut |_| Err(String::new()))
            else {
                panic!("{uri} is no model")
            };
            for model in &models {
                for p in &model.primitives {
                    let copies = model.instances[p.instances.unwrap()].iter();
                    let at = copies.map(|i| model.origin + i.transform.translation);
                    found.entry(model.materials[p.material].name.clone()).or_default().extend(at);
                }
            }
        }
        found
    }

    #[test]
    fn every_lamp_that_stands_is_drawn_and_only_sound_ones_burn() {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("city");
        let options = SynthOptions { seed: 5, buildings: 300, cases: 0, bikes: 0, ..SynthOptions::default() };
        let city = make_city(&options);
        let lit = city.lamps.iter().filter(|l| l.is_lit).count();
        assert!(city.lamps.len() > 200 && lit < city.lamps.len(), "{lit} of {}", city.lamps.len());
        write_city(&city, &out, &TilingOptions::default(), &mut Silent).unwrap();
        let found = leaves(&out);
        assert_eq!((found["lamp"].len(), found["lamplight"].len()), (city.lamps.len(), lit));
    }

    #[test]
    fn a_lamp_stands_on_its_bridge_and_reaches_across_it() {
        let lane = |heights: [f64; 2]| {
            let line = Line::new([0.0, 0.0], [100.0, 0.0]);
            Beside(RTree::bulk_load(vec![GeomWithData::new(line, Lane { heights, half: 10.0 })]))
        };
        let (across, above) = lane([2.0, 6.0]).look(DVec2::new(50.0, 11.0), Bed::flat()).unwrap();
        assert!(across.distance(DVec2::new(0.0, -11.0)) < 1e-9 && (above - 4.0).abs() < 1e-9);
        // What stands on the ground beside it does not.
        assert_eq!(lane([2.0, 6.0]).look(DVec2::new(50.0, 30.0), Bed::flat()).unwrap().1, 0.0);
        assert!(Beside::new(&[]).look(DVec2::ZERO, Bed::flat()).is_none());
    }
}
