//! Quadtrees of what stands or lies on the ground: an inner tile holds the things that are large enough to be seen from
//! where it is used, one level of detail coarser with every step up, and what is left of small buildings from afar; a
//! leaf holds all, at their finest.

use super::{
    ERROR_SHARE, Rows, SMALLEST_EDGE_M, Writer,
    extruded::add_extruded,
    far::{self, Block, Far, Plan, Solid, block, shows_roof},
    ground::{DETAILS_M, PIXEL, add_lying_area, add_lying_road, add_road_details},
    growth::{Square, Tree},
    layers::Layer,
    obb,
    placed::add_placed,
    quarters::{order, quarters},
    relief::{Ground, Lie},
};
use crate::{
    Progress, TilerError,
    atlas::{self, FINEST_PIXEL_M, Facades, Shows},
    city::{Area, Building, City, Facet, FacetKind, Model, PlacedModel, Road, Skin},
    citymodel::Defect,
    mesh::{Look, Surface, add_facet, append, facet_color, linear_bytes, twice_area_vector},
    streets::Street,
    workers,
};
use cim_geo::Geodetic;
use cim_model::EntityKey;
use glam::DVec3;
use std::collections::BTreeMap;
use tiles3d::{
    Refine,
    write::{TileNode, WritePrimitive},
};

/// Things whose places are found at a time: no second copy of all of them is held.
pub(super) const TURN: usize = 1 << 16;
/// Things of a leaf at most.
const LEAF_THINGS: usize = 220;
/// Corners of a leaf's models, roads and areas at most, unless it is one thing.
const LEAF_CORNERS: usize = 60_000;
/// Pixels of pictures that a leaf shows at most, unless it is one thing: those of one sheet.
const LEAF_PIXELS: u64 = 2048 * 2048;
/// Metres that walls go on below the lowest ground of a terrain: more than its mesh is lower there.
pub(super) const SUNK_M: f64 = 1.5;

/// What stands or lies somewhere.
pub(super) enum Thing<'a> {
    /// `foot` is the height of the ground that it stands on, metres above the site's plane.
    Building {
        building: &'a Building,
        plan: Plan,
        foot: f64,
    },
    /// `block` is what a building looks like from afar.
    Model {
        model: &'a Model,
        block: Option<Box<Block>>,
    },
    Placed {
        placed: &'a PlacedModel,
        foot: DVec3,
    },
    Road {
        road: &'a Road,
        street: &'a Street,
    },
    Area {
        area: &'a Area,
        ring: Vec<[f64; 2]>,
        holes: Vec<Vec<[f64; 2]>>,
        lie: Lie,
    },
}

/// A thing with its place in the site's metres.
pub(super) struct Sited<'a> {
    pub(super) thing: Thing<'a>,
    pub(super) centre: [f64; 2],
    pub(super) low: DVec3,
    pub(super) high: DVec3,
    /// Metres across, the larger of height and plan.
    pub(super) size: f64,
    /// About how many corners it has, where things differ much in that.
    pub(super) corners: usize,
    /// The pictures on it.
    pub(super) shows: Shows,
}

/// Pixels of what is built and is no building that are left out of an inner tile.
const LEFT_OUT: f64 = 6.0;

impl<'a> Sited<'a> {
    /// How large it must be to be in an inner tile of so many metres of error. What lies on the ground is left out only
    /// where it is less than two pixels; of buildings something is left at any size.
    fn least(&self, error: f64) -> f64 {
        match &self.thing {
            Thing::Building { .. } | Thing::Model { block: Some(_), .. } => 0.0,
            Thing::Model { model, .. } if !model.skin.is_ground() => LEFT_OUT * PIXEL * error,
            Thing::Placed { .. } => LEFT_OUT * PIXEL * error,
            Thing::Model { .. } | Thing::Road { .. } | Thing::Area { .. } => 2.0 * PIXEL * error,
        }
    }

    /// What it is in an inner tile of so many metres of error, if it is a building that is too small to be there as it is.
    fn solid<'s>(&'s self, error: f64, ground: &Ground) -> Option<Solid<'s>> {
        match &self.thing {
            Thing::Building { building, plan, foot } if !shows_roof(self.size, error) => {
                Solid::of(building, plan, *foot, ground.relief().is_some())
            }
            Thing::Model { model, block: Some(block) } if self.size <= error => Some(Solid {
                plans: &block.plans,
                foot: self.low.z,
                base: 0.0,
                sunk: if ground.relief().is_some() { SUNK_M } else { 0.0 },
                height: block.height,
                floors: model.floors,
                class: &model.class,
                wall: block.wall,
                roof: block.roof,
            }),
            _ => None,
        }
    }
}

pub(super) type Primitives = BTreeMap<Surface, WritePrimitive>;

impl<'a> Writer<'a> {
    /// Buildings and models with their places.
    pub(super) fn standing_things(&mut self) -> Vec<Sited<'a>> {
        let City { buildings, models, placed, .. } = self.city;
        let mut sited: Vec<Sited<'_>> = Vec::with_capacity(buildings.len() + models.len() + placed.len());
        self.sited(buildings, &mut sited, Self::building, |b| &b.key);
        self.sited(models, &mut sited, Self::model, |m| &m.key);
        self.sited(placed, &mut sited, Self::placed, |p| &p.key);
        self.clear_models(&mut sited);
        sited
    }

    /// Adds things with their places; those that have none are reported.
    fn sited<T: Sync>(
        &mut self,
        things: &'a [T],
        sited: &mut Vec<Sited<'a>>,
        place: impl Fn(&Self, &'a T) -> Option<Sited<'a>> + Sync,
        key: impl Fn(&T) -> &EntityKey,
    ) {
        for turn in things.chunks(TURN) {
            for (thing, placed) in turn.iter().zip(workers::each(turn, |thing| place(self, thing))) {
                match placed {
                    Some(s) => sited.push(s),
                    None => self.summary.left_out.push((key(thing).clone(), "position is not a number")),
                }
            }
        }
    }

    /// The quadtree of a layer; the edge of its square and its tiles.
    pub(super) fn tree(
        &mut self,
        layer: Layer,
        mut sited: Vec<&Sited<'_>>,
        progress: &mut dyn Progress,
    ) -> Result<(f64, Option<TileNode>), TilerError> {
        let mut edge = SMALLEST_EDGE_M;
        let reach = |s: &Sited<'_>| s.centre[0].abs().max(s.centre[1].abs());
        while 0.5 * edge < sited.iter().map(|s| reach(s)).fold(0.0, f64::max) + 1.0 {
            edge *= 2.0;
        }
        // As their source has them, which is how they lie in memory.
        let place = |s: &&Sited<'_>| std::ptr::from_ref(*s).addr();
        order(&mut sited, ([0.0; 2], edge), (&|s| s.centre, &place), &|things, edge| is_leaf(things, edge));
        let (name, steps) = (layer.prefix().to_owned(), sited.len() as u64);
        let root = Square { name, edge, steps, inside: Pile { centre: [0.0; 2], things: &sited } };
        Ok((edge, self.grow(&layer, root, progress)?))
    }

    fn model<'b>(&self, model: &'b Model) -> Option<Sited<'b>> {
        let (mut low, mut high, mut corners) = (DVec3::splat(f64::MAX), DVec3::splat(f64::MIN), 0);
        for p in model.points() {
            let at = self.corner(p);
            (low, high, corners) = (low.min(at), high.max(at), corners + 1);
        }
        if !(low.is_finite() && high.is_finite() && low.x <= high.x) {
            return None;
        }
        let centre = 0.5 * (low + high);
        let size = (high - low).max_element() * 0.5;
        let is_building = model.skin == Skin::Building;
        let block =
            is_building.then(|| block(model, |p| self.corner(p), (low.z, high.z), dice(model))).flatten().map(Box::new);
        let shows = self.shows(model);
        let centre = [centre.x, centre.y];
        Some(Sited { thing: Thing::Model { model, block }, centre, low, high, size, corners, shows })
    }

    /// The pictures on a model at its finest.
    fn shows(&self, model: &Model) -> Shows {
        let mut shows = Shows::default();
        for facet in model.levels.last().into_iter().flatten() {
            if let Some(texture) = &facet.texture {
                let ring = |ring: &Vec<crate::city::Point>| ring.iter().map(|p| self.corner(p)).collect();
                let rings: Vec<Vec<DVec3>> = facet.rings.iter().map(ring).collect();
                shows.add(&rings, texture, &self.city.pictures);
            }
        }
        shows
    }

    fn corner(&self, p: &crate::city::Point) -> DVec3 {
        self.frame.to_enu(Geodetic::new(p.place.lon, p.place.lat, p.height_m))
    }

    /// Writes the content of a tile that `below` levels lie below, of as many of which a model's levels of detail are left
    /// out; and how far its blocks reach, where it has any.
    fn tile(
        &mut self,
        name: &str,
        (centre, error, off_m): ([f64; 2], f64, f64),
        things: &[&Sited<'_>],
        below: usize,
    ) -> Result<(Option<String>, Option<[DVec3; 2]>), TilerError> {
        let leaf = below == 0;
        let origin = DVec3::new(centre[0], centre[1], self.ground.z(centre[0], centre[1]));
        let (mut primitives, mut facades) = (Primitives::new(), Facades::default());
        let mut rows = Rows::default();
        let mut far = (error > 0.0).then(|| Far::new(origin, error));
        for s in things {
            if let Some(far) = &mut far
                && let Some(solid) = s.solid(error, self.ground)
            {
                let describe = |rows: &mut Rows| match &s.thing {
                    Thing::Building { building, .. } => rows.building(building),
                    Thing::Model { model, .. } => rows.model(model),
                    _ => {}
                };
                far.add((&mut primitives, &mut rows), (&solid, s.size), describe);
                continue;
            }
            match &s.thing {
                Thing::Building { building, plan, foot } => {
                    let sunk = if self.ground.relief().is_some() { SUNK_M } else { 0.0 };
                    if add_extruded(&mut primitives, (building, plan), (*foot, sunk), origin, rows.count()) {
                        rows.building(building);
                        self.summary.buildings += usize::from(leaf);
                    } else if leaf {
                        self.summary
                            .left_out
                            .push((building.key.clone(), "footprint has no area or height is not one"));
                    }
                }
                Thing::Model { model, .. } => {
                    let level = model.levels.len().saturating_sub(1 + below);
                    let facets = model.levels.get(level).map_or(&[][..], Vec::as_slice);
                    if self.add_model((&mut primitives, &mut facades), model, facets, origin, rows.count()) {
                        rows.model(model);
                        self.summary.models += usize::from(leaf);
                    } else if leaf {
                        self.summary.left_out.push((model.key.clone(), "its surfaces have no area"));
                    }
                }
                Thing::Placed { placed, foot } => {
                    if add_placed((&mut primitives, &mut facades), placed, *foot, (origin, error), rows.count()) {
                        rows.placed(placed);
                        self.summary.models += usize::from(leaf);
                    } else if leaf {
                        self.summary.left_out.push((placed.key.clone(), "its model has no triangles"));
                    }
                }
                Thing::Road { road, street } => {
                    let at = (origin, error);
                    if add_lying_road(&mut primitives, (road, street), at, self.ground, rows.count()) {
                        rows.road(road);
                        self.summary.roads += usize::from(leaf);
                    } else if leaf {
                        self.summary.left_out.push((road.key.clone(), "line has no length or width is not one"));
                    }
                }
                Thing::Area { area, ring, holes, lie } => {
                    let ground = (self.ground, *lie);
                    if add_lying_area(&mut primitives, area, (ring, holes), (origin, error), ground, rows.count()) {
                        rows.area(area);
                        self.summary.areas += usize::from(leaf);
                    } else if leaf {
                        self.summary.left_out.push((area.key.clone(), "outline has no area"));
                    }
                }
            }
        }
        let blocks = far.and_then(|far| far.finish(&mut primitives, &mut rows, self.ground));
        let pictured = self.facades(name, &facades, error, (&mut primitives, &rows))?;
        let primitives: Vec<WritePrimitive> = primitives.into_values().chain(pictured).collect();
        Ok((self.content(name, &primitives, &rows.columns(), (origin, off_m))?, blocks))
    }

    /// What is added to a leaf close by: kerbs and markings of its roads.
    fn details(&mut self, name: &str, centre: [f64; 2], things: &[&Sited<'_>]) -> Result<Option<String>, TilerError> {
        let origin = DVec3::new(centre[0], centre[1], self.ground.z(centre[0], centre[1]));
        let (mut primitives, mut rows) = (Primitives::new(), Rows::default());
        for s in things {
            if let Thing::Road { road, street } = &s.thing
                && add_road_details(&mut primitives, (road, street), origin, self.ground, rows.count())
            {
                rows.road(road);
            }
        }
        let primitives: Vec<WritePrimitive> = primitives.into_values().collect();
        self.content(name, &primitives, &rows.columns(), (origin, 0.0))
    }

    /// The surfaces with pictures, as fine as can be seen in a tile of so many metres of error; those whose pictures turn
    /// out to be damaged join the others.
    fn facades(
        &mut self,
        name: &str,
        facades: &Facades,
        error: f64,
        (primitives, rows): (&mut Primitives, &Rows),
    ) -> Result<Vec<WritePrimitive>, TilerError> {
        let pixel = (error * PIXEL).max(FINEST_PIXEL_M);
        let shown = facades
            .show(&self.city.pictures, &mut self.pictures, pixel)
            .map_err(|source| TilerError::Tile { tile: name.to_owned(), source })?;
        for (surface, plain) in shown.plain {
            append(primitives.entry(surface).or_insert_with(|| surface.primitive()), plain);
        }
        for key in shown.unread.iter().filter_map(|feature| rows.entity(*feature)) {
            if self.unread.insert(key.clone()) {
                self.summary.mended.push((key, Defect::PictureUnread.note()));
            }
        }
        Ok(shown.primitives)
    }

    /// Adds the surfaces of a model; false when none has an area.
    fn add_model(
        &self,
        (primitives, facades): (&mut Primitives, &mut Facades),
        model: &Model,
        facets: &[Facet],
        origin: DVec3,
        feature: u32,
    ) -> bool {
        let dice = dice(model);
        let mut any = false;
        for facet in facets {
            let ring = |ring: &Vec<crate::city::Point>| ring.iter().map(|p| self.corner(p) - origin).collect();
            let rings: Vec<Vec<DVec3>> = facet.rings.iter().map(ring).collect();
            let up = rings.first().map(|r| twice_area_vector(r).normalize_or_zero().as_vec3()).unwrap_or_default();
            let color = facet.color.map_or_else(|| facet_color(model.skin, facet.kind, up, dice), linear_bytes);
            let look = Look { color, feature };
            let surface = surface(model.skin, facet.kind);
            any |= match &facet.texture {
                Some(texture) => facades.add(&rings, texture, (surface, look)),
                None => add_facet(primitives.entry(surface).or_insert_with(|| surface.primitive()), &rings, look),
            };
        }
        any
    }
}

/// Things in the order of the tree, and the middle of the square that they are in.
struct Pile<'t> {
    centre: [f64; 2],
    things: &'t [&'t Sited<'t>],
}

/// Whether things are few enough for a leaf.
fn is_leaf(things: &[&Sited<'_>], edge: f64) -> bool {
    let corners = || things.iter().map(|s| s.corners).sum::<usize>();
    let pixels = || atlas::pixels(things.iter().map(|s| &s.shows));
    let is_light = || things.len() <= LEAF_THINGS && corners() <= LEAF_CORNERS && pixels() <= LEAF_PIXELS;
    things.len() <= 1 || edge < 60.0 || is_light()
}

impl<'t> Tree<Pile<'t>> for Layer {
    fn quarters(&self, square: &Square<Pile<'t>>) -> Vec<(u8, Square<Pile<'t>>)> {
        let Square { name, edge, inside: Pile { centre, things }, .. } = square;
        if is_leaf(things, *edge) {
            return Vec::new();
        }
        let quarter = |(quarter, centre, things): (u8, [f64; 2], &'t [&'t Sited<'t>])| {
            let (name, steps) = (format!("{name}{quarter}"), things.len() as u64);
            (quarter, Square { name, edge: 0.5 * edge, steps, inside: Pile { centre, things } })
        };
        quarters(things, (*centre, *edge), |s| s.centre).into_iter().map(quarter).collect()
    }

    fn tile(&self, writer: &mut Writer<'_>, square: &Square<Pile<'t>>, below: usize) -> Result<TileNode, TilerError> {
        let (group, leaf) = (self.group(), below == 0);
        let Square { name, edge, inside: Pile { centre, things }, .. } = square;
        let mut error = if leaf { 0.0 } else { edge * ERROR_SHARE };
        let shown: Vec<&Sited<'_>> = things.iter().filter(|s| leaf || s.size > s.least(error)).copied().collect();
        // What lies on the ground lies on it by centimetres.
        let off_m = if *self == Self::Building && !leaf { 0.5 * far::grid(error) } else { 0.0 };
        let (content, blocks) = writer.tile(name, (*centre, error, off_m), &shown, below)?;
        let low = things.iter().fold(DVec3::splat(f64::MAX), |l, s| l.min(s.low));
        let high = things.iter().fold(DVec3::splat(f64::MIN), |h, s| h.max(s.high));
        // Blocks reach beyond what they stand for.
        let (low, high) = blocks.map_or((low, high), |[l, h]| (low.min(l), high.max(h)));
        let (low, high) = (low - off_m, high + off_m);
        let (mut refine, mut children) = (Refine::Replace, Vec::new());
        if leaf && let Some(content) = writer.details(&format!("{name}d"), *centre, things)? {
            let (volume, transform) = (obb(low, high), None);
            let (content, none) = (Some(content), Vec::new());
            let geometric_error = 0.0;
            let (quarter, implicit) = (Some(0), None);
            children.push(TileNode {
                volume,
                geometric_error,
                refine,
                transform,
                content,
                group,
                children: none,
                quarter,
                implicit,
            });
            // No more than that of the tile above.
            (error, refine) = (DETAILS_M.min(2.0 * edge * ERROR_SHARE), Refine::Add);
        }
        Ok(TileNode {
            volume: obb(low, high),
            geometric_error: error,
            refine,
            transform: None,
            content,
            group,
            children,
            quarter: None,
            implicit: None,
        })
    }
}

/// What chooses a model's colours.
fn dice(model: &Model) -> u64 {
    let text = model.key.id.as_str().bytes();
    // FNV-1a: neighbours, whose ids are alike, look unlike.
    text.fold(0xcbf2_9ce4_8422_2325u64, |h, b| (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3))
}

fn surface(skin: Skin, kind: FacetKind) -> Surface {
    match (skin, kind) {
        (_, FacetKind::Window | FacetKind::Door) | (Skin::Structure | Skin::Plant, _) => Surface::Structure,
        (Skin::Building, _) => Surface::Building,
        (Skin::Road, _) => Surface::Road,
        (Skin::Water, _) => Surface::Water,
        (Skin::Green, _) => Surface::Green,
        (Skin::Land, _) => Surface::Ground,
    }
}
