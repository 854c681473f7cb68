//! From the objects of city models to the city's models.

use super::{
    CityModel, CityObject, Defect, Geometry, ModelHeights, Polygon, Shape,
    kinds::nature,
    repair::{Seen, mend, outline},
};
use crate::{
    SourceCrs, attributes,
    city::{Attribute, Facet, FacetKind, Findings, Model, Point, Skin},
    crs::AxisOrder,
    picture::{Picture, Texture},
    terrain::Terrain,
    workers,
};
use cim_geo::{Geodetic, SiteFrame};
use cim_model::{EntityKey, Place};
use foldhash::fast::RandomState;
use serde_json::Map;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

/// What came of all objects.
#[derive(Default)]
pub(super) struct Made {
    pub(super) models: Vec<Model>,
    pub(super) pictures: Vec<Picture>,
    pub(super) findings: Findings,
    /// Objects that stand for the parts that they have.
    pub(super) parents: usize,
    /// Height of the flat ground, metres in the models' heights.
    pub(super) ground_m: f64,
    /// Number of the root object of every model: what stands and falls together.
    roots: Vec<usize>,
    objects: usize,
    ids: HashSet<String>,
}

/// Objects are large from this part of all surfaces on.
const LARGE_SHARE: usize = 64;
/// Share of the data's lowest points below its ground: a cellar or a slip of the pen does not lift a whole city.
const LOW_SHARE: usize = 20;
/// Metres between feet and a terrain of the same system at most, for the middle one of all root objects.
const SAME_SYSTEM_M: f64 = 5.0;
/// Longest line of ancestors that is followed: more is a circle.
const ANCESTORS: usize = 8;
/// Metres of a degree of latitude, about.
const DEGREE_M: f64 = 111_320.0;

/// Adds the objects of one file.
pub(super) fn add(made: &mut Made, mut city_model: CityModel, crs: &SourceCrs, axes: AxisOrder) {
    let pictures = made.pictures.len();
    made.pictures.append(&mut city_model.pictures);
    let geometries: Vec<_> = city_model
        .objects
        .iter_mut()
        .map(|o| (std::mem::take(&mut o.geometries), std::mem::take(&mut o.defects)))
        .collect();
    let objects = &city_model.objects;
    let with_parts: HashSet<usize> = objects.iter().filter_map(|o| o.parent).collect();
    let metres = if crs.is_geographic() { DEGREE_M } else { 1.0 };
    // Large ones first, such as a whole terrain: nobody is alone with one in the end.
    let polygons = |geometries: &[Geometry]| geometries.iter().map(|g| g.polygons.len()).sum::<usize>();
    let many = geometries.iter().map(|(g, _)| polygons(g)).sum::<usize>() / LARGE_SHARE;
    let mut geometries: Vec<_> = geometries.into_iter().enumerate().collect();
    geometries.sort_by_key(|(_, (g, _))| polygons(g) <= many);
    let mut shaped = workers::consume(geometries, |_, (i, (geometries, mut defects))| {
        let (_, skin, _) = nature(&objects[i].kind);
        let has_geometry = !geometries.is_empty() || !defects.is_empty();
        let mut site = Siting { crs, axes, metres, places: HashMap::default(), pictures };
        let levels = site.levels(geometries, skin, &mut defects);
        let line = ancestors(objects, i);
        let said = (!levels.is_empty()).then(|| Said::of(&objects[i], objects, &line));
        (i, (levels, defects, has_geometry, line, said))
    });
    shaped.sort_by_key(|(i, _)| *i);
    for (object, (i, (levels, mut defects, has_geometry, line, said))) in objects.iter().zip(shaped) {
        let (kind, skin, class) = nature(&object.kind);
        let key = EntityKey::new(kind, unique(made, &object.id, &mut defects));
        let has_geometry = has_geometry || !defects.is_empty();
        let defects: BTreeSet<Defect> = defects.into_iter().collect();
        let Some(said) = said else {
            if !has_geometry && with_parts.contains(&i) {
                made.parents += 1;
            } else {
                let reason = if has_geometry {
                    defects.first().map_or("its geometry has no surfaces", |d| d.reason())
                } else {
                    "it has no geometry"
                };
                made.findings.left_out.push((key, reason));
            }
            continue;
        };
        made.findings.mended.extend(defects.iter().map(|d| (key.clone(), d.note())));
        made.roots.push(made.objects + line.last().copied().unwrap_or(i));
        made.models.push(said.model(key, skin, class, levels));
    }
    made.objects += objects.len();
}

/// The id, or one like it that no other object has.
fn unique(made: &mut Made, id: &str, defects: &mut Vec<Defect>) -> String {
    if made.ids.insert(id.to_owned()) {
        return id.to_owned();
    }
    defects.push(Defect::Id);
    let free = (2..).map(|n| format!("{id}~{n}")).find(|id| !made.ids.contains(id)).unwrap_or_default();
    made.ids.insert(free.clone());
    free
}

/// What can be said only when all objects are known: where the ground is, and what colours mean.
pub(super) fn finish(made: &mut Made, terrain: Option<&mut Terrain>, origin: Place, heights: ModelHeights) {
    keep_telling_colors(&mut made.models);
    match terrain {
        Some(terrain) => stand_on(made, terrain, origin, heights),
        None => stand(made),
    }
}

/// An exporter's one red for every roof tells nothing about any of them: colours count where surfaces of a kind differ.
fn keep_telling_colors(models: &mut [Model]) {
    let mut colors: BTreeMap<u8, BTreeSet<[u8; 3]>> = BTreeMap::new();
    for facet in models.iter().flat_map(|m| m.levels.iter().flatten()) {
        if let Some(color) = facet.color {
            colors.entry(facet.kind as u8).or_default().insert(color);
        }
    }
    for facet in models.iter_mut().flat_map(|m| m.levels.iter_mut().flatten()) {
        if colors.get(&(facet.kind as u8)).is_some_and(|c| c.len() < 2) {
            facet.color = None;
        }
    }
}

/// Its parent, that one's, and so on.
fn ancestors(objects: &[CityObject], i: usize) -> Vec<usize> {
    let mut line = Vec::new();
    let mut at = i;
    while let Some(parent) = objects[at].parent.filter(|p| *p < objects.len()) {
        if line.len() == ANCESTORS {
            break;
        }
        line.push(parent);
        at = parent;
    }
    line
}

/// What is said of an object, by itself and by its ancestors.
struct Said {
    name: String,
    address: String,
    height_m: Option<f64>,
    floors: f64,
    attributes: Vec<(String, Attribute)>,
}

impl Said {
    fn of(object: &CityObject, objects: &[CityObject], line: &[usize]) -> Self {
        let mut all: Map<_, _> = object.attributes.clone();
        for ancestor in line {
            for (name, value) in &objects[*ancestor].attributes {
                all.entry(name.clone()).or_insert_with(|| value.clone());
            }
        }
        let mut attributes = attributes::flatten(&all);
        if let Some(parent) = line.first() {
            attributes.push(("parent".into(), Attribute::Text(objects[*parent].id.clone())));
        }
        let addresses = std::iter::once(object).chain(line.iter().map(|a| &objects[*a])).map(|o| o.address.clone());
        Self {
            name: attributes::text(&all, &["name", "naam", "Name", "gml:name", "名称"]).unwrap_or_default().to_owned(),
            address: addresses.into_iter().flatten().next().unwrap_or_default(),
            height_m: attributes::number(&all, &["measuredHeight", "height", "h_dak_max"]),
            floors: attributes::number(&all, &["storeysAboveGround", "floors", "bouwlagen"]).unwrap_or(0.0),
            attributes,
        }
    }

    fn model(self, key: EntityKey, skin: Skin, class: &str, levels: Vec<Vec<Facet>>) -> Model {
        let heights = levels.iter().flatten().flat_map(|f| f.rings.iter().flatten()).map(|p| p.height_m);
        let (low, high) = heights.fold((f64::MAX, f64::MIN), |(l, h), z| (l.min(z), h.max(z)));
        let Self { name, address, height_m, floors, attributes } = self;
        Model {
            key,
            name,
            class: class.to_owned(),
            address,
            height_m: height_m.unwrap_or(high - low) as f32,
            floors: floors.clamp(0.0, 1000.0) as u16,
            skin,
            levels,
            attributes,
        }
    }
}

/// From the coordinates of a file to places.
struct Siting<'a> {
    crs: &'a SourceCrs,
    axes: AxisOrder,
    /// Metres of a unit of x and y.
    metres: f64,
    places: HashMap<[u64; 2], Option<Place>, RandomState>,
    /// Pictures of the files before.
    pictures: usize,
}

impl Siting<'_> {
    /// The surfaces of an object, coarse to fine; footprints (LoD 0) only where there is nothing else.
    fn levels(&mut self, mut geometries: Vec<Geometry>, skin: Skin, defects: &mut Vec<Defect>) -> Vec<Vec<Facet>> {
        let mut by_level: BTreeMap<u64, (Seen, Vec<Facet>)> = BTreeMap::new();
        lend_kinds(&mut geometries);
        for mut geometry in geometries {
            if self.axes == AxisOrder::NorthFirst {
                geometry.polygons.iter_mut().flat_map(|p| p.rings.iter_mut().flatten()).for_each(|c| c.swap(0, 1));
            }
            let level = (geometry.lod.clamp(0.0, 9.0) * 100.0) as u64;
            let (seen, facets) = by_level.entry(level).or_default();
            let polygons = mend(geometry.polygons, geometry.shape, self.metres, skin.is_ground(), seen, defects);
            let shown = polygons.into_iter().filter(|p| p.kind != FacetKind::Closure);
            facets.extend(shown.filter_map(|p| self.facet(p, defects)));
        }
        by_level.retain(|_, (_, facets)| !facets.is_empty());
        if by_level.keys().any(|l| *l >= 100) {
            by_level.retain(|l, _| *l >= 100);
        }
        by_level.into_values().map(|(_, facets)| facets).collect()
    }

    fn facet(&mut self, polygon: Polygon, defects: &mut Vec<Defect>) -> Option<Facet> {
        let mut ring = |ring: &Vec<[f64; 3]>| {
            let point = |c: &[f64; 3]| Some(Point { place: self.place(c[0], c[1])?, height_m: c[2] });
            ring.iter().map(point).collect::<Option<Vec<Point>>>()
        };
        let rings = polygon.rings.iter().map(&mut ring).collect::<Option<Vec<_>>>();
        if rings.is_none() {
            defects.push(Defect::Outside);
        }
        let texture = polygon.texture.map(|t| Texture { picture: self.pictures + t.picture, ..t });
        Some(Facet { rings: rings?, kind: polygon.kind, color: polygon.color, texture })
    }

    fn place(&mut self, x: f64, y: f64) -> Option<Place> {
        *self.places.entry([x.to_bits(), y.to_bits()]).or_insert_with(|| self.crs.place(x, y))
    }
}

/// Sorts solids before surfaces, and gives surfaces of solids that do not say what they are the kind of the named surface
/// with the same outline at the same level of detail: CityGML may write both without a link between them.
fn lend_kinds(geometries: &mut [Geometry]) {
    geometries
        .sort_by(|a, b| a.lod.total_cmp(&b.lod).then((a.shape == Shape::Surfaces).cmp(&(b.shape == Shape::Surfaces))));
    for level in geometries.chunk_by_mut(|a, b| a.lod.total_cmp(&b.lod).is_eq()) {
        let unknown = |p: &Polygon| p.kind == FacetKind::Unknown;
        if level.len() < 2 || !level.iter().flat_map(|g| &g.polygons).any(unknown) {
            continue;
        }
        let named = level.iter().flat_map(|g| &g.polygons).filter(|p| !unknown(p));
        let pictured = |p: &Polygon| p.texture.is_some().then(|| p.clone());
        let known: HashMap<_, _, RandomState> =
            named.filter_map(|p| Some((outline(p.rings.first()?).0, (p.kind, p.color, pictured(p))))).collect();
        for polygon in level.iter_mut().flat_map(|g| &mut g.polygons).filter(|p| unknown(p)) {
            if let Some((kind, color, pictured)) = polygon.rings.first().and_then(|r| known.get(&outline(r).0)) {
                (polygon.kind, polygon.color) = (*kind, polygon.color.or(*color));
                polygon.texture = polygon.texture.take().or_else(|| lent_texture(pictured.as_ref()?, polygon));
            }
        }
    }
}

/// The picture of a surface for another one with the same corners, wherever its rings begin.
fn lent_texture(from: &Polygon, to: &Polygon) -> Option<Texture> {
    let texture = from.texture.as_ref()?;
    let bits = |c: &[f64; 3]| c.map(f64::to_bits);
    let corners = from.rings.iter().flatten().map(bits);
    let at: HashMap<_, [f32; 2], RandomState> = corners.zip(texture.uvs.iter().flatten().copied()).collect();
    let ring = |ring: &Vec<[f64; 3]>| ring.iter().map(|c| at.get(&bits(c)).copied()).collect();
    Some(Texture { picture: texture.picture, uvs: to.rings.iter().map(ring).collect::<Option<_>>()? })
}

/// Moves heights so that the ground is 0: the data's own, or, where it has none, the foot of every root object.
fn stand(made: &mut Made) {
    let foot = |m: &Model| m.points().map(|p| p.height_m).fold(f64::MAX, f64::min);
    let mut lows: Vec<f64> = made.models.iter().filter(|m| m.skin.is_ground()).map(foot).collect();
    if lows.is_empty() {
        let mut feet: BTreeMap<usize, f64> = BTreeMap::new();
        for (model, root) in made.models.iter().zip(&made.roots) {
            let low = feet.entry(*root).or_insert(f64::MAX);
            *low = low.min(foot(model));
        }
        for (model, root) in made.models.iter_mut().zip(&made.roots) {
            let low = feet[root];
            model.points_mut().for_each(|p| p.height_m -= low);
        }
        return;
    }
    lows.sort_by(f64::total_cmp);
    let ground = lows[lows.len() / LOW_SHARE];
    made.models.iter_mut().flat_map(Model::points_mut).for_each(|p| p.height_m -= ground);
    // The flat ground lies under all of it, so that it shows only where the data has holes.
    made.ground_m = (lows[0] - ground).min(0.0) - 0.3;
}

/// Moves heights so that they count from the city's zero on a terrain: all by the same, or every root object to the lowest
/// ground under it.
fn stand_on(made: &mut Made, terrain: &mut Terrain, origin: Place, heights: ModelHeights) {
    let frame = SiteFrame::new(Geodetic::new(origin.lon, origin.lat, 0.0));
    let datum = terrain.report.datum_m;
    // Of every root object: its own foot, and the lowest ground under it, both in the terrain's system.
    let mut feet: BTreeMap<usize, [f64; 2]> = BTreeMap::new();
    for (model, root) in made.models.iter().zip(&made.roots) {
        let foot = feet.entry(*root).or_insert([f64::MAX; 2]);
        for p in model.points() {
            let enu = frame.to_enu(Geodetic::new(p.place.lon, p.place.lat, 0.0));
            *foot = [foot[0].min(p.height_m), foot[1].min(terrain.height(enu.x, enu.y) + datum)];
        }
    }
    let own = match heights {
        ModelHeights::Own => true,
        ModelHeights::Ground => false,
        ModelHeights::Seen => {
            // With their signs: what a coarse terrain is off here and there is as often up as down.
            let mut apart: Vec<f64> = feet.values().map(|[own, ground]| own - ground).collect();
            apart.sort_by(f64::total_cmp);
            made.models.iter().any(|m| m.skin.is_ground())
                || apart.get(apart.len() / 2).is_some_and(|middle| middle.abs() <= SAME_SYSTEM_M)
        }
    };
    for (model, root) in made.models.iter_mut().zip(&made.roots) {
        let [foot, ground] = feet.get(root).copied().unwrap_or_default();
        let lower = if own { datum } else { foot - (ground - datum) };
        model.points_mut().for_each(|p| p.height_m -= lower);
    }
    terrain.report.models_keep_heights = Some(own);
}
