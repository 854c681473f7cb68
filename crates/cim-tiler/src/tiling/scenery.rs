//! The quadtree of trees and street lamps: near ones fine, those farther off coarse, and none where they would be less than
//! a few pixels.

use super::{Writer, implicit, layers::Layer, obb};
use crate::{
    Progress, TilerError,
    city::{Lamp, Plant, PlantKind},
    mesh::{COARSE_LOOK, LAMP_REACH, LOOKS, lamp_post, lamplight, plant},
    streets::Street,
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

/// Something of one height.
struct Sited {
    at: DVec3,
    height: f32,
    thing: Thing,
}

enum Thing {
    /// Its number chooses look, turn and stretch.
    Tree { kind: PlantKind, dice: u64 },
    /// Radians from east, counter-clockwise, that its arm reaches to; whether it burns at night.
    Lamp { turn: f32, is_lit: bool },
}

impl Sited {
    /// Metres that it reaches around its foot.
    fn around(&self) -> f64 {
        f64::from(self.height) * if matches!(self.thing, Thing::Lamp { .. }) { f64::from(LAMP_REACH) } else { 0.6 }
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
            street.course.windows(2).map(move |w| {
                let line = Line::new([w[0].x, w[0].y], [w[1].x, w[1].y]);
                GeomWithData::new(line, Lane { heights: [w[0].z, w[1].z], half })
            })
        });
        Self(RTree::bulk_load(lanes.collect()))
    }

    /// The way to the middle of the nearest street, and how far above the ground that street is if the place is its own.
    fn look(&self, at: DVec2) -> Option<(DVec2, f64)> {
        let lane = self.0.nearest_neighbor(&[at.x, at.y])?;
        let (line, data) = (lane.geom(), &lane.data);
        let foot = DVec2::from(line.nearest_point(&[at.x, at.y]));
        let (from, to) = (DVec2::from(line.from), DVec2::from(line.to));
        let share = (foot.distance(from) / from.distance(to).max(1e-9)).min(1.0);
        let is_own = line.distance_2(&[at.x, at.y]).sqrt() < data.half + BESIDE_M;
        let height = data.heights[0] + (data.heights[1] - data.heights[0]) * share;
        Some((foot - at, if is_own { height } else { 0.0 }))
    }
}

impl Writer<'_> {
    /// The tree of them; none without any.
    pub(super) fn scenery(
        &mut self,
        streets: &[Option<Street>],
        progress: &mut dyn Progress,
    ) -> Result<Option<TileNode>, TilerError> {
        let beside = Beside::new(streets);
        let trees = self.city.plants.iter().map(|p| self.tree_thing(p));
        let lamps = self.city.lamps.iter().map(|l| self.lamp_thing(l, &beside));
        let usable = |s: &Sited| s.at.is_finite() && s.height.is_finite() && s.height > 0.0;
        let sited: Vec<Sited> = trees.chain(lamps).filter(usable).collect();
        if sited.is_empty() {
            return Ok(None);
        }
        progress.stage("trees and lamps", Some(sited.len() as u64));
        let reach = sited.iter().map(|s| s.at.x.abs().max(s.at.y.abs())).fold(0.0, f64::max);
        // Squares that meet a tile of half a kilometre, whatever the city's size.
        let mut edge = LARGEST_M;
        while 0.5 * edge < reach + 1.0 {
            edge *= 2.0;
        }
        let all: Vec<&Sited> = sited.iter().collect();
        self.scenery_quad(PREFIX, [0.0; 2], edge, &all, progress)
    }

    fn standing_at(&self, place: Place) -> DVec3 {
        let enu = self.frame.to_enu(Geodetic::new(place.lon, place.lat, 0.0));
        DVec3::new(enu.x, enu.y, self.ground.z(enu.x, enu.y))
    }

    fn tree_thing(&self, plant: &Plant) -> Sited {
        let thing = Thing::Tree { kind: plant.kind, dice: dice(plant) };
        Sited { at: self.standing_at(plant.place), height: plant.height_m, thing }
    }

    /// A lamp on the street that it stands beside, which may be a bridge, across which its arm reaches unless it is known to
    /// reach elsewhere.
    fn lamp_thing(&self, lamp: &Lamp, beside: &Beside) -> Sited {
        let foot = self.standing_at(lamp.place);
        let (across, above) = beside.look(foot.truncate()).unwrap_or((DVec2::NEG_Y, 0.0));
        let turn = lamp.heading_deg.map_or(across.to_angle() as f32, |h| (90.0 - h).to_radians());
        let thing = Thing::Lamp { turn, is_lit: lamp.is_lit };
        Sited { at: foot + DVec3::Z * above, height: lamp.height_m, thing }
    }

    fn scenery_quad(
        &mut self,
        name: &str,
        centre: [f64; 2],
        edge: f64,
        things: &[&Sited],
        progress: &mut dyn Progress,
    ) -> Result<Option<TileNode>, TilerError> {
        if things.is_empty() {
            return Ok(None);
        }
        let leaf = edge < 0.75 * LARGEST_M && things.len() <= LEAF_THINGS || edge < 2.0 * SMALLEST_M;
        let mut children = Vec::new();
        if !leaf {
            for quarter in 0..4u8 {
                let (right, top) = (quarter % 2 == 1, quarter / 2 == 1);
                let inside = |s: &&&Sited| (s.at.x >= centre[0]) == right && (s.at.y >= centre[1]) == top;
                let inside: Vec<&Sited> = things.iter().filter(inside).copied().collect();
                let q = 0.25 * edge;
                let at = [centre[0] + if right { q } else { -q }, centre[1] + if top { q } else { -q }];
                let child = format!("{name}{quarter}");
                let tree = self.unit((&child, 0.5 * edge, inside.len()), progress, |writer, progress| {
                    writer.scenery_quad(&child, at, 0.5 * edge, &inside, progress)
                })?;
                children.extend(tree.map(|tree| TileNode { quarter: Some(quarter), ..tree }));
            }
        }
        let content = if edge <= LARGEST_M { Some(self.scenery_tile(name, centre, things, leaf)?) } else { None };
        if leaf {
            progress.advance(things.len() as u64);
        }
        let wide = |s: &Sited| DVec3::new(s.around(), s.around(), 0.0);
        let low = things.iter().fold(DVec3::MAX, |l, s| l.min(s.at - wide(s) - DVec3::Z * 0.5));
        let high = things.iter().fold(DVec3::MIN, |h, s| h.max(s.at + wide(s) + DVec3::Z * f64::from(s.height) * 1.3));
        Ok(Some(TileNode {
            volume: obb(low, high),
            geometric_error: if leaf { 0.0 } else { edge * ERROR_SHARE },
            refine: Refine::Replace,
            transform: None,
            content,
            group: Layer::Furniture.group(),
            children,
            quarter: None,
            implicit: None,
        }))
    }

    fn scenery_tile(
        &mut self,
        name: &str,
        centre: [f64; 2],
        things: &[&Sited],
        fine: bool,
    ) -> Result<String, TilerError> {
        let origin = DVec3::new(centre[0], centre[1], self.ground.z(centre[0], centre[1]));
        let mut shapes: BTreeMap<Shape, Vec<CopyPlace>> = BTreeMap::new();
        for s in things {
            let (at, height) = ((s.at - origin).as_vec3().to_array(), s.height);
            match s.thing {
                Thing::Tree { kind, dice } => {
                    // From afar trees of a kind look the same, and their shapes are most of a small tile.
                    let look = if fine { (dice % LOOKS as u64) as usize } else { COARSE_LOOK };
                    let share = |shift: u32| ((dice >> shift) & 0xff) as f32 / 255.0;
                    let wide = height * (0.85 + 0.3 * share(16));
                    let turn = std::f32::consts::TAU * share(8);
                    let place = CopyPlace { at, turn, scale: [wide, wide, height] };
                    shapes.entry(Shape::Tree(kind, look)).or_default().push(place);
                }
                Thing::Lamp { turn, is_lit } => {
                    let place = CopyPlace { at, turn, scale: [height; 3] };
                    shapes.entry(Shape::Post { is_lit }).or_default().push(place);
                    if is_lit {
                        shapes.entry(Shape::Light).or_default().push(place);
                    }
                }
            }
        }
        let shapes: Vec<WriteCopies> =
            shapes.into_iter().map(|(shape, places)| WriteCopies { shape: shape.mesh(fine), places }).collect();
        let glb = GlbWriter::write_copies_with(&shapes, origin, &self.options.write())
            .map_err(|source| TilerError::Tile { tile: name.to_owned(), source })?;
        self.summary.tiles += 1;
        let file = implicit::file(name, self.options.tiling);
        self.file(&format!("tiles/{file}"), &glb)?;
        Ok(file)
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
        let (across, above) = lane([2.0, 6.0]).look(DVec2::new(50.0, 11.0)).unwrap();
        assert!(across.distance(DVec2::new(0.0, -11.0)) < 1e-9 && (above - 4.0).abs() < 1e-9);
        // What stands on the ground beside it does not.
        assert_eq!(lane([2.0, 6.0]).look(DVec2::new(50.0, 30.0)).unwrap().1, 0.0);
        assert!(Beside::new(&[]).look(DVec2::ZERO).is_none());
    }
}
