//! Reading a `.osm.pbf`: relations first, then the ways that are drawn or that relations need, then their nodes. Three
//! passes over the file, so that only what is drawn is ever held.

use super::tags::{Kind, Tags, kind};
use crate::{
    Progress, TilerError,
    city::{Plant, PlantKind},
};
use cim_model::{Place, SiteBounds};
use osmpbf::{Element, ElementReader, RelMemberType};
use std::{
    collections::{HashMap, HashSet},
    fs::File,
    io::BufReader,
    panic::{AssertUnwindSafe, catch_unwind},
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
        let inside =
            |p: &Place| (within.west..=within.east).contains(&p.lon) && (within.south..=within.north).contains(&p.lat);
        self.trees.iter().filter(|t| inside(&t.place)).copied().collect()
    }

    /// Whether any place was found.
    pub(super) fn is_empty(&self) -> bool {
        self.nodes.places.iter().all(Option::is_none)
    }
}

/// Reads what is drawn.
pub(super) fn read(path: &Path, progress: &mut dyn Progress) -> Result<Data, TilerError> {
    let mut data = Data::default();
    let mut wanted: HashSet<i64> = HashSet::new();
    progress.stage("reading relations", None);
    pass(path, |element| {
        if let Element::Relation(r) = element {
            let tags = Tags::new(r.tags());
            let multipolygon = matches!(tags.get("type"), Some("multipolygon"));
            let Some(kind @ (Kind::Building | Kind::Area(_))) = kind(&tags).filter(|_| multipolygon) else { return };
            let (mut outer, mut inner) = (Vec::new(), Vec::new());
            for member in r.members().filter(|m| m.member_type == RelMemberType::Way) {
                let list = if member.role().is_ok_and(|r| r == "inner") { &mut inner } else { &mut outer };
                list.push(member.member_id);
                wanted.insert(member.member_id);
            }
            data.relations.push(Relation { id: r.id(), kind, tags, outer, inner });
        }
    })?;
    progress.stage("reading ways", None);
    pass(path, |element| {
        if let Element::Way(w) = element {
            let tags = Tags::new(w.tags());
            let kind = kind(&tags);
            if kind.is_some() || wanted.contains(&w.id()) {
                // What is only a piece of an outline has no tags that anybody asks for.
                let tags = if kind.is_some() { tags } else { Tags::default() };
                data.way_index.insert(w.id(), data.ways.len());
                data.ways.push(Way { id: w.id(), nodes: w.refs().collect(), tags, kind });
            }
        }
    })?;
    let mut ids: Vec<i64> = data.ways.iter().flat_map(|w| w.nodes.iter().copied()).collect();
    ids.sort_unstable();
    ids.dedup();
    let mut places = vec![None; ids.len()];
    progress.stage("reading nodes", None);
    let mut put = |id: i64, lon: f64, lat: f64| {
        let place = Place::new(lon, lat);
        if place.is_plausible()
            && let Ok(i) = ids.binary_search(&id)
        {
            places[i] = Some(place);
        }
    };
    let mut trees = Vec::new();
    pass(path, |element| match element {
        Element::Node(n) => {
            put(n.id(), n.lon(), n.lat());
            trees.extend(tree(n.lon(), n.lat(), n.tags()));
        }
        Element::DenseNode(n) => {
            put(n.id(), n.lon(), n.lat());
            trees.extend(tree(n.lon(), n.lat(), n.tags()));
        }
        Element::Way(_) | Element::Relation(_) => {}
    })?;
    data.trees = trees;
    data.nodes = Nodes { ids, places };
    Ok(data)
}

/// The tree that a node is, if it is one.
fn tree<'a>(lon: f64, lat: f64, mut tags: impl Iterator<Item = (&'a str, &'a str)>) -> Option<Plant> {
    /// Metres of a tree of which nothing is said.
    const USUAL_M: f32 = 8.0;
    let (mut is_tree, mut height_m, mut species) = (false, USUAL_M, String::new());
    for (key, value) in &mut tags {
        match key {
            "natural" => is_tree = value == "tree",
            "height" => height_m = value.trim_end_matches([' ', 'm']).parse().unwrap_or(USUAL_M),
            "leaf_type" | "genus" | "species" | "species:en" | "taxon" => species += value,
            _ => {}
        }
    }
    let place = Place::new(lon, lat);
    let height_m = if height_m.is_finite() { height_m.clamp(1.0, 60.0) } else { USUAL_M };
    (is_tree && place.is_plausible()).then(|| Plant { place, kind: PlantKind::of_species(&species), height_m })
}

/// Hands every element of the file to `each`.
fn pass(path: &Path, mut each: impl FnMut(Element<'_>)) -> Result<(), TilerError> {
    let broken = |reason: String| TilerError::Osm { path: path.to_owned(), reason };
    let file = File::open(path).map_err(|source| TilerError::Read { path: path.to_owned(), source })?;
    let reader = ElementReader::new(BufReader::new(file));
    // The decoder checks lengths and compression, but adds up deltas and looks up words of a damaged block unchecked.
    match catch_unwind(AssertUnwindSafe(|| reader.for_each(&mut each))) {
        Ok(Ok(())) => Ok(()),
        Ok(Err(e)) => Err(broken(e.to_string())),
        Err(_) => Err(broken("a block holds numbers that contradict one another".into())),
    }
}
