//! Reading an extract: relations first, then the ways that are drawn or that relations need, then their nodes. Three
//! passes over the file, so that only what is drawn is ever held.

use super::{
    elements::{self, Pass, Sink},
    tags::{Kind, Tags, kind},
};
use crate::{
    Progress, TilerError,
    city::{Lamp, Plant, PlantKind},
};
use cim_model::{Place, SiteBounds};
use std::{
    collections::{HashMap, HashSet},
    path::Path,
};

/// A way that is kept.
#[derive(Debug)]
pub(super) struct Way {
    pub(super) id: i64,
    pub(super) nodes: Vec<i64>,
    pub(super) tags: Tags,
    /// What it is itself; `None` for one that only relations need.
    pub(super) kind: Option<Kind>,
}

/// A multipolygon.
#[derive(Debug)]
pub(super) struct Relation {
    pub(super) id: i64,
    pub(super) kind: Kind,
    pub(super) tags: Tags,
    pub(super) outer: Vec<i64>,
    pub(super) inner: Vec<i64>,
}

/// What was read.
#[derive(Debug, Default)]
pub(super) struct Data {
    pub(super) ways: Vec<Way>,
    pub(super) relations: Vec<Relation>,
    /// Index of each way by its id.
    pub(super) way_index: HashMap<i64, usize>,
    trees: Vec<Plant>,
    lamps: Vec<Lamp>,
    nodes: Nodes,
}

/// Sorted ids with their places; an id without one is not in the file.
#[derive(Debug, Default)]
struct Nodes {
    ids: Vec<i64>,
    places: Vec<Option<Place>>,
}

impl Data {
    /// The place of a node; `None` when the extract cut it off.
    pub(super) fn place(&self, node: i64) -> Option<Place> {
        let i = self.nodes.ids.binary_search(&node).ok()?;
        self.nodes.places[i]
    }

    /// The trees within some bounds.
    pub(super) fn trees(&self, within: SiteBounds) -> Vec<Plant> {
        self.trees.iter().filter(|t| is_within(within, &t.place)).copied().collect()
    }

    /// The street lamps within some bounds.
    pub(super) fn lamps(&self, within: SiteBounds) -> Vec<Lamp> {
        self.lamps.iter().filter(|l| is_within(within, &l.place)).copied().collect()
    }

    /// Whether any place was found.
    pub(super) fn is_empty(&self) -> bool {
        self.nodes.places.iter().all(Option::is_none)
    }
}

fn is_within(bounds: SiteBounds, p: &Place) -> bool {
    (bounds.west..=bounds.east).contains(&p.lon) && (bounds.south..=bounds.north).contains(&p.lat)
}

/// Reads what is drawn.
pub(super) fn read(path: &Path, progress: &mut dyn Progress) -> Result<Data, TilerError> {
    let mut data = Data::default();
    let mut relations = Relations { data: &mut data, wanted: HashSet::new() };
    elements::each(path, Pass::Relations, &mut relations, progress)?;
    let wanted = relations.wanted;
    elements::each(path, Pass::Ways, &mut Ways { data: &mut data, wanted: &wanted }, progress)?;
    let mut ids: Vec<i64> = data.ways.iter().flat_map(|w| w.nodes.iter().copied()).collect();
    ids.sort_unstable();
    ids.dedup();
    data.nodes = Nodes { places: vec![None; ids.len()], ids };
    elements::each(path, Pass::Nodes, &mut Points(&mut data), progress)?;
    Ok(data)
}

/// Keeps the multipolygons that are drawn.
struct Relations<'a> {
    data: &'a mut Data,
    /// Ways that they consist of.
    wanted: HashSet<i64>,
}

impl Sink for Relations<'_> {
    fn relation<'a>(
        &mut self,
        id: i64,
        ways: &mut dyn Iterator<Item = (i64, bool)>,
        tags: &mut dyn Iterator<Item = (&'a str, &'a str)>,
    ) {
        let tags = Tags::new(tags);
        let multipolygon = matches!(tags.get("type"), Some("multipolygon"));
        let Some(kind @ (Kind::Building | Kind::Part | Kind::Area(_))) = kind(&tags).filter(|_| multipolygon) else {
            return;
        };
        let (mut outer, mut inner) = (Vec::new(), Vec::new());
        for (way, is_inner) in ways {
            let list = if is_inner { &mut inner } else { &mut outer };
            list.push(way);
            self.wanted.insert(way);
        }
        self.data.relations.push(Relation { id, kind, tags, outer, inner });
    }
}

/// Keeps the ways that are drawn or that relations need.
struct Ways<'a> {
    data: &'a mut Data,
    wanted: &'a HashSet<i64>,
}

impl Sink for Ways<'_> {
    fn way<'a>(
        &mut self,
        id: i64,
        nodes: &mut dyn Iterator<Item = i64>,
        tags: &mut dyn Iterator<Item = (&'a str, &'a str)>,
    ) {
        let tags = Tags::new(tags);
        let kind = kind(&tags);
        if kind.is_some() || self.wanted.contains(&id) {
            // What is only a piece of an outline has no tags that anybody asks for.
            let tags = if kind.is_some() { tags } else { Tags::default() };
            self.data.way_index.insert(id, self.data.ways.len());
            self.data.ways.push(Way { id, nodes: nodes.collect(), tags, kind });
        }
    }
}

/// Keeps the places of nodes that ways need, the trees and the lamps.
struct Points<'a>(&'a mut Data);

impl Sink for Points<'_> {
    fn node<'a>(&mut self, id: i64, lon: f64, lat: f64, tags: &mut dyn Iterator<Item = (&'a str, &'a str)>) {
        let place = Place::new(lon, lat);
        if place.is_plausible()
            && let Ok(i) = self.0.nodes.ids.binary_search(&id)
        {
            self.0.nodes.places[i] = Some(place);
        }
        Standing::of(tags).give(place, self.0);
    }
}

/// What the tags of a node say of something that stands there.
#[derive(Default)]
struct Standing {
    is_tree: bool,
    is_lamp: bool,
    height_m: Option<f32>,
    heading_deg: Option<f32>,
    species: String,
}

impl Standing {
    fn of<'a>(tags: &mut dyn Iterator<Item = (&'a str, &'a str)>) -> Self {
        let number = |value: &str| value.trim_end_matches([' ', 'm']).parse().ok().filter(|x: &f32| x.is_finite());
        let mut out = Self::default();
        for (key, value) in tags {
            match key {
                "natural" => out.is_tree = value == "tree",
                "highway" => out.is_lamp = value == "street_lamp",
                "height" => out.height_m = number(value),
                "direction" | "light:direction" => out.heading_deg = number(value),
                "leaf_type" | "genus" | "species" | "species:en" | "taxon" => out.species += value,
                _ => {}
            }
        }
        out
    }

    fn give(&self, place: Place, data: &mut Data) {
        /// Metres of a tree of which nothing is said.
        const USUAL_M: f32 = 8.0;
        if !place.is_plausible() {
            return;
        }
        if self.is_tree {
            let height_m = self.height_m.unwrap_or(USUAL_M).clamp(1.0, 60.0);
            data.trees.push(Plant { place, kind: PlantKind::of_species(&self.species), height_m });
        }
        if self.is_lamp {
            let height_m = self.height_m.unwrap_or(Lamp::USUAL_M).clamp(1.0, 40.0);
            data.lamps.push(Lamp { place, height_m, heading_deg: self.heading_deg, is_lit: true });
        }
    }
}
