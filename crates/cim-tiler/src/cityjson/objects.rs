//! From objects to models.

use super::{
    LeftOut, attributes,
    document::{Geometry, Object},
    geometry::{Defect, Polygon, polygons},
    source::{Part, Source, instance},
};
use crate::{
    SourceCrs,
    city::{Facet, FacetKind, Model, Point, Skin},
};
use cim_model::{EntityKey, EntityKind};
use serde_json::Map;
use std::collections::{BTreeMap, BTreeSet};

/// What came of all objects.
pub(super) struct Made {
    pub(super) models: Vec<Model>,
    pub(super) left_out: LeftOut,
    /// Objects that stand for the parts that they have.
    pub(super) parents: usize,
    /// Height of the flat ground, metres in the models' heights.
    pub(super) ground_m: f64,
}

/// Share of the data's lowest points below its ground: a cellar or a slip of the pen does not lift a whole city.
const LOW_SHARE: usize = 20;
/// Longest line of ancestors that is followed: more is a circle.
const ANCESTORS: usize = 8;

pub(super) fn models(source: &Source, crs: &SourceCrs) -> Made {
    let mut made = Made { models: Vec::new(), left_out: Vec::new(), parents: 0, ground_m: 0.0 };
    // Root object of every model, for what stands and falls together.
    let mut roots: Vec<String> = Vec::new();
    for part in &source.parts {
        let with_parts: BTreeSet<&str> =
            part.objects.values().flat_map(|o| o.parents.iter().map(String::as_str)).collect();
        for (id, object) in &part.objects {
            let (kind, skin, class) = nature(&object.kind);
            let key = EntityKey::new(kind, id.clone());
            let mut defects = Vec::new();
            let levels = levels(source, part, object, crs, &mut defects);
            if levels.is_empty() {
                if object.geometry.is_empty() && with_parts.contains(id.as_str()) {
                    made.parents += 1;
                } else {
                    made.left_out.push((key, reason(object, &defects)));
                }
                continue;
            }
            if defects.contains(&Defect::Ring) {
                made.left_out.push((key.clone(), "some of its surfaces have too few or unknown corners"));
            }
            let line = ancestors(part, object);
            roots.push(line.last().map_or(id, |a| a.0).clone());
            made.models.push(model(key, skin, class, object, &line, levels));
        }
    }
    stand(&mut made, &roots);
    made
}

fn reason(object: &Object, defects: &[Defect]) -> &'static str {
    match defects.first() {
        _ if object.geometry.is_empty() => "it has no geometry",
        Some(Defect::Ring) => "its surfaces have too few or unknown corners",
        Some(Defect::Nesting) => "its boundaries are not nested as its type says",
        Some(Defect::Type) => "its geometry is of an unknown type",
        None => "its geometry has no surfaces, or is outside its coordinate system",
    }
}

/// Its parents, theirs, and so on, with their ids.
fn ancestors<'a>(part: &'a Part, object: &'a Object) -> Vec<(&'a String, &'a Object)> {
    let mut line = Vec::new();
    let mut at = object;
    while let Some((id, parent)) = at.parents.first().and_then(|p| part.objects.get_key_value(p)) {
        if line.len() == ANCESTORS {
            break;
        }
        line.push((id, parent));
        at = parent;
    }
    line
}

fn model(
    key: EntityKey,
    skin: Skin,
    class: &str,
    object: &Object,
    line: &[(&String, &Object)],
    levels: Vec<Vec<Facet>>,
) -> Model {
    let mut all: Map<_, _> = object.attributes.clone();
    for (_, ancestor) in line {
        for (name, value) in &ancestor.attributes {
            all.entry(name.clone()).or_insert_with(|| value.clone());
        }
    }
    let mut attributes = attributes::flatten(&all);
    if let Some((parent, _)) = line.first() {
        attributes.push(("parent".into(), crate::city::Attribute::Text((*parent).clone())));
    }
    let heights = levels.iter().flatten().flat_map(|f| f.rings.iter().flatten()).map(|p| p.height_m);
    let (low, high) = heights.fold((f64::MAX, f64::MIN), |(l, h), z| (l.min(z), h.max(z)));
    let height_m = attributes::number(&all, &["measuredHeight", "height", "h_dak_max"]).unwrap_or(high - low);
    let floors = attributes::number(&all, &["storeysAboveGround", "floors", "bouwlagen"]).unwrap_or(0.0);
    let addresses = std::iter::once(object).chain(line.iter().map(|a| a.1)).map(|o| &o.address);
    Model {
        key,
        name: attributes::text(&all, &["name", "naam", "Name", "gml:name", "名称"]).unwrap_or_default().to_owned(),
        class: class.to_owned(),
        address: addresses.into_iter().find_map(address).unwrap_or_default(),
        height_m: height_m as f32,
        floors: floors.clamp(0.0, 1000.0) as u16,
        skin,
        levels,
        attributes,
    }
}

/// An address as one line, whatever its parts are called.
fn address(value: &serde_json::Value) -> Option<String> {
    let one = value.as_array().map_or(Some(value), |a| a.first())?;
    let parts: Vec<&str> = one.as_object()?.values().filter_map(|v| v.as_str()).collect();
    (!parts.is_empty()).then(|| parts.join(" "))
}

/// Its surfaces, coarse to fine; footprints (LoD 0) only where there is nothing else.
fn levels(
    source: &Source,
    part: &Part,
    object: &Object,
    crs: &SourceCrs,
    defects: &mut Vec<Defect>,
) -> Vec<Vec<Facet>> {
    let mut by_level: BTreeMap<u64, Vec<Facet>> = BTreeMap::new();
    for geometry in &object.geometry {
        let level = (geometry.level().clamp(0.0, 9.0) * 100.0) as u64;
        let facets = facets(source, part, geometry, crs, defects);
        if !facets.is_empty() {
            by_level.entry(level).or_default().extend(facets);
        }
    }
    if by_level.keys().any(|l| *l >= 100) {
        by_level.retain(|l, _| *l >= 100);
    }
    by_level.into_values().collect()
}

fn facets(source: &Source, part: &Part, geometry: &Geometry, crs: &SourceCrs, defects: &mut Vec<Defect>) -> Vec<Facet> {
    let (polygons, vertices): (Vec<Polygon>, std::borrow::Cow<'_, [[f64; 3]]>) = if geometry.kind == "GeometryInstance"
    {
        let Some((template, vertices)) = instance(source, part, geometry) else {
            defects.push(Defect::Type);
            return Vec::new();
        };
        (polygons(template, vertices.len(), defects), vertices.into())
    } else {
        (polygons(geometry, part.vertices.len(), defects), part.vertices.as_slice().into())
    };
    let mut places: BTreeMap<usize, Option<Point>> = BTreeMap::new();
    let mut point = |i: usize| {
        *places.entry(i).or_insert_with(|| {
            let [x, y, height_m] = vertices[i];
            height_m.is_finite().then_some(())?;
            Some(Point { place: crs.place(x, y)?, height_m })
        })
    };
    let shown = polygons.into_iter().filter(|p| p.kind != FacetKind::Closure);
    shown
        .filter_map(|polygon| {
            let ring = |ring: &Vec<usize>| ring.iter().map(|i| point(*i)).collect::<Option<Vec<Point>>>();
            let rings = polygon.rings.iter().map(ring).collect::<Option<Vec<_>>>();
            if rings.is_none() {
                defects.push(Defect::Ring);
            }
            Some(Facet { rings: rings?, kind: polygon.kind })
        })
        .collect()
}

/// What a type is to the city, how it looks, and its name.
fn nature(kind: &str) -> (EntityKind, Skin, &'static str) {
    match kind {
        "Building" => (EntityKind::Building, Skin::Building, "建筑"),
        "BuildingPart" => (EntityKind::Building, Skin::Building, "建筑部分"),
        "BuildingInstallation" | "BuildingConstructiveElement" => (EntityKind::Building, Skin::Building, "建筑附属"),
        "BuildingRoom" | "BuildingStorey" | "BuildingUnit" | "BuildingFurniture" => {
            (EntityKind::Building, Skin::Structure, "建筑内部")
        }
        k if k.starts_with("Bridge") => (EntityKind::Other, Skin::Structure, "桥梁"),
        k if k.starts_with("Tunnel") => (EntityKind::Other, Skin::Structure, "隧道"),
        "Road" => (EntityKind::Road, Skin::Road, "道路"),
        "Railway" => (EntityKind::Other, Skin::Road, "铁路"),
        "TransportSquare" | "Waterway" => (EntityKind::Other, Skin::Road, "交通用地"),
        "WaterBody" => (EntityKind::Water, Skin::Water, "水域"),
        "PlantCover" => (EntityKind::Green, Skin::Green, "植被"),
        "SolitaryVegetationObject" => (EntityKind::Green, Skin::Plant, "树木"),
        "LandUse" => (EntityKind::Other, Skin::Land, "用地"),
        "TINRelief" => (EntityKind::Other, Skin::Land, "地形"),
        "CityFurniture" => (EntityKind::Other, Skin::Structure, "市政设施"),
        "OtherConstruction" => (EntityKind::Other, Skin::Structure, "构筑物"),
        _ => (EntityKind::Other, Skin::Structure, "其他"),
    }
}

/// Moves heights so that the ground is 0: the data's own, or, where it has none, the foot of every root object.
fn stand(made: &mut Made, roots: &[String]) {
    let foot = |m: &Model| m.points().map(|p| p.height_m).fold(f64::MAX, f64::min);
    let mut lows: Vec<f64> = made.models.iter().filter(|m| m.skin.is_ground()).map(foot).collect();
    if lows.is_empty() {
        let mut feet: BTreeMap<&String, f64> = BTreeMap::new();
        for (model, root) in made.models.iter().zip(roots) {
            let low = feet.entry(root).or_insert(f64::MAX);
            *low = low.min(foot(model));
        }
        for (model, root) in made.models.iter_mut().zip(roots) {
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
