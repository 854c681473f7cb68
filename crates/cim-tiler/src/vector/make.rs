//! Features become things of the city: buildings, roads, areas and records. A feature of which nothing becomes is named.

use super::{
    VectorOptions,
    feature::{Feature, Geometry, Layer, Position, Reason},
    mapping::{Kind, Role},
    models::Library,
    place::{self, LayerCrs, NOT_OF_CRS, Outline},
    plan::{Plan, Shape},
    report::{LayerReport, LeftOut, VectorReport},
    values,
};
use crate::{
    TilerError,
    city::{Area, AreaKind, Building, PlacedModel, Road, RoadClass, Roof, usual_colours},
    records::{self, Geometry as RecordGeometry},
};
use cim_model::{EntityKey, EntityKind, SiteBounds};
use std::collections::{BTreeMap, HashMap};

const IGNORED: Reason = "its layer is ignored by the mapping";
const NO_KIND: Reason = "what its layer is could not be guessed: say its kind in a mapping";
pub(super) const NULL_ISLAND: Reason = "it is at 0, 0, which stands for a place that nobody knows";
const NEEDS_POLYGON: Reason = "it is no polygon, which its kind needs";
const NEEDS_LINE: Reason = "it is no line, which a road needs";
const NEEDS_POINT: Reason = "it is no point, which its kind needs";
const TOO_SHORT: Reason = "its line has fewer than two places";

/// Metres that a building's top is above its underside at least.
const LEAST_ROOM_M: f64 = 0.5;

/// The city while it is put together.
#[derive(Default)]
pub(super) struct Made {
    pub(super) buildings: Vec<Building>,
    pub(super) roads: Vec<Road>,
    pub(super) areas: Vec<Area>,
    pub(super) placed: Vec<PlacedModel>,
    /// The model files that were read.
    pub(super) library: Library,
    pub(super) collections: BTreeMap<String, Vec<records::Feature>>,
    pub(super) report: VectorReport,
    /// Where each thing comes from.
    pub(super) keys: HashMap<EntityKey, Origin>,
    /// How many things were made of each feature, by layer and number.
    pub(super) things: HashMap<(usize, usize), usize>,
}

/// Where a thing comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Origin {
    pub(super) layer: usize,
    pub(super) feature: usize,
    pub(super) kind: Kind,
}

/// A part of a feature.
enum Part<'g> {
    Polygon(&'g [Vec<Position>]),
    Line(&'g [Position]),
    Point(Position),
}

impl Part<'_> {
    fn shape(&self) -> Shape {
        match self {
            Part::Polygon(_) => Shape::Polygon,
            Part::Line(_) => Shape::Line,
            Part::Point(_) => Shape::Point,
        }
    }
}

/// A layer while its features are taken.
pub(super) struct Work<'a> {
    pub(super) plan: Plan<'a>,
    pub(super) crs: LayerCrs,
    pub(super) report: LayerReport,
    /// Buildings of which neither height nor floors are said.
    usual_heights: usize,
    /// Ids that stand there more than once.
    repeated: usize,
    /// Values of attributes that are no number or word that their role understands.
    odd: BTreeMap<Role, (usize, String)>,
}

impl Made {
    /// Takes a layer.
    pub(super) fn layer(&mut self, mut layer: Layer, options: &VectorOptions) -> Result<(), TilerError> {
        let said = options.mapping.find(&layer.name);
        let mut report = LayerReport {
            name: layer.name.clone(),
            path: layer.path.clone(),
            format: layer.format,
            features: layer.features.len(),
            notes: std::mem::take(&mut layer.notes),
            ..LayerReport::default()
        };
        let told_to_ignore = said.and_then(|m| m.kind) == Some(Kind::Ignore);
        // What is ignored, or empty, needs no coordinate system.
        let crs = match place::crs(&layer, said.and_then(|m| m.crs.as_deref()), options.crs.as_deref()) {
            Ok(crs) => Some(crs),
            Err(_) if told_to_ignore || layer.features.is_empty() => None,
            Err(e) => return Err(e),
        };
        let middle = crs.as_ref().map_or(0.0, |crs| middle_m2(&layer, crs));
        let plan = Plan::new(&layer, said, middle, &mut report);
        let features = std::mem::take(&mut layer.features);
        let Some(crs) = crs.filter(|_| !plan.ignores_all()) else {
            let reason = if plan.is_told_to_ignore() { IGNORED } else { NO_KIND };
            for feature in &features {
                let key = EntityKey::new(EntityKind::Other, format!("{}.{}", report.name, feature.number));
                self.leave_out(&report.name, feature.number, key, reason, true);
            }
            self.report.layers.push(report);
            return Ok(());
        };
        report.crs.clone_from(&crs.crs.name);
        report.crs_from.clone_from(&crs.from);
        report.notes.extend(crs.crs.caution().map(str::to_owned));
        let mut work = Work { plan, crs, report, usual_heights: 0, repeated: 0, odd: BTreeMap::new() };
        for feature in features {
            self.feature(feature, &mut work);
        }
        let mut report = work.finish();
        report.notes.extend(self.library.take_notes());
        self.report.layers.push(report);
        Ok(())
    }

    fn leave_out(&mut self, layer: &str, feature: usize, key: EntityKey, reason: Reason, whole: bool) {
        self.report.left_out.push(LeftOut { layer: layer.to_owned(), feature, key, reason, whole });
    }

    fn feature(&mut self, mut feature: Feature, work: &mut Work<'_>) {
        let geometry = match std::mem::replace(&mut feature.geometry, Ok(Geometry::default())) {
            Ok(geometry) => geometry,
            Err(reason) => {
                let kind = work.report.kinds.first().copied().unwrap_or(Kind::Ignore);
                let key = EntityKey::new(entity_kind(kind), work.id(&feature));
                return self.leave_out(&work.report.name, feature.number, key, reason, true);
            }
        };
        let (mut made, mut failed) = (0, Vec::new());
        for part in parts(&geometry) {
            let kind = work.plan.kind(part.shape());
            match self.part(&feature, &part, kind, &mut made, work) {
                Ok(()) => {}
                Err(reason) => failed.push((kind, reason)),
            }
        }
        work.report.used += usize::from(made > 0);
        // A feature of which nothing is left is named once, one that lost parts once for each.
        let kept = if made == 0 { 1 } else { failed.len() };
        for (i, (kind, reason)) in failed.into_iter().take(kept).enumerate() {
            let id = work.id(&feature);
            let id = if made == 0 { id } else { format!("{id}#lost{}", i + 1) };
            let key = EntityKey::new(entity_kind(kind), id);
            self.leave_out(&work.report.name, feature.number, key, reason, made == 0);
        }
    }

    /// Makes things of a part of a feature; `made` counts those of the feature.
    fn part(
        &mut self,
        feature: &Feature,
        part: &Part<'_>,
        kind: Kind,
        made: &mut usize,
        work: &mut Work<'_>,
    ) -> Result<(), Reason> {
        match (kind, part) {
            (Kind::Ignore, _) => Err(NO_KIND),
            (Kind::Building | Kind::Water | Kind::Green | Kind::Grid | Kind::Component, Part::Polygon(rings)) => {
                let (outlines, repaired) = work.crs.outlines(rings)?;
                work.report.repaired += usize::from(repaired);
                for outline in outlines {
                    let key = self.key(feature, kind, made, work);
                    match kind {
                        Kind::Building => self.buildings.push(building(key, feature, outline, work)),
                        Kind::Water => self.areas.push(area(key, feature, AreaKind::Water, outline, work)),
                        Kind::Green => self.areas.push(area(key, feature, AreaKind::Green, outline, work)),
                        _ => {
                            let mut rings = vec![outline.ring];
                            rings.extend(outline.holes);
                            let area = (outline.area_m2 * 10.0).round() / 10.0;
                            self.record(key, feature, kind, RecordGeometry::Polygon(rings), Some(area), work);
                        }
                    }
                }
                Ok(())
            }
            (Kind::Building | Kind::Water | Kind::Green | Kind::Grid, _) => Err(NEEDS_POLYGON),
            (Kind::Road | Kind::Component, Part::Line(line)) => {
                let points = work.crs.line(line)?;
                if points.len() < 2 {
                    return Err(TOO_SHORT);
                }
                let key = self.key(feature, kind, made, work);
                if kind == Kind::Road {
                    self.roads.push(road(key, feature, points, work));
                } else {
                    self.record(key, feature, kind, RecordGeometry::LineString(points), None, work);
                }
                Ok(())
            }
            (Kind::Road, _) => Err(NEEDS_LINE),
            (Kind::Component | Kind::Sign | Kind::Camera | Kind::Sensor | Kind::Tree, Part::Point(p)) => {
                if *p == [0.0, 0.0] {
                    return Err(NULL_ISLAND);
                }
                let place = work.crs.place(*p).ok_or(NOT_OF_CRS)?;
                let key = self.key(feature, kind, made, work);
                self.record(key, feature, kind, RecordGeometry::Point(place), None, work);
                Ok(())
            }
            (Kind::Model, Part::Point(p)) => self.place_model(feature, *p, made, work),
            (Kind::Sign | Kind::Camera | Kind::Sensor | Kind::Tree | Kind::Model, _) => Err(NEEDS_POINT),
        }
    }

    /// The key of the next thing that is made of a feature: `x`, `x#2`, ... An id that another feature has is made
    /// unique by the layer's name and the feature's number.
    pub(super) fn key(&mut self, feature: &Feature, kind: Kind, made: &mut usize, work: &mut Work<'_>) -> EntityKey {
        *made += 1;
        *work.report.made.entry(kind.name()).or_default() += 1;
        let id = work.id(feature);
        let numbered = |id: &str| {
            EntityKey::new(entity_kind(kind), if *made == 1 { id.to_owned() } else { format!("{id}#{made}") })
        };
        let mut key = numbered(&id);
        if self.keys.contains_key(&key) {
            work.repeated += usize::from(*made == 1);
            key = numbered(&format!("{}.{}", work.report.name, feature.number));
            let mut n = 1;
            while self.keys.contains_key(&key) {
                n += 1;
                key = numbered(&format!("{}.{}~{n}", work.report.name, feature.number));
            }
        }
        let origin = Origin { layer: self.report.layers.len(), feature: feature.number, kind };
        *self.things.entry((origin.layer, origin.feature)).or_default() += 1;
        self.keys.insert(key.clone(), origin);
        key
    }

    fn record(
        &mut self,
        key: EntityKey,
        feature: &Feature,
        kind: Kind,
        geometry: RecordGeometry,
        area_m2: Option<f64>,
        work: &mut Work<'_>,
    ) {
        let (collection, usual) = match kind {
            Kind::Grid => ("unit_grid", "单元网格"),
            Kind::Sign => ("shop_sign", "门店招牌"),
            Kind::Camera => ("camera", "视频监控"),
            Kind::Sensor => ("sensor", "物联感知设备"),
            Kind::Tree => ("tree", "行道树"),
            _ => ("component", "部件"),
        };
        let plan = &work.plan;
        let class = plan.class(feature);
        let name = plan.name(feature).or_else(|| class.clone()).unwrap_or_else(|| usual.to_owned());
        let mut record = records::Feature::new(key, name, geometry);
        if let Some(class) = class {
            record = record.with("class", class);
        }
        if let Some(address) = plan.text(feature, Role::Address) {
            record = record.with("address", address);
        }
        // The key may have had to be made unique; the code is what the source says.
        if let Some(code) = plan.text(feature, Role::Id).filter(|_| matches!(kind, Kind::Grid | Kind::Component)) {
            record = record.with("code", code);
        }
        if let Some(area) = area_m2 {
            record = record.with("area_m2", area);
        }
        let mut odd: Vec<(Role, String)> = Vec::new();
        let numbers: &[(Role, &str)] = match kind {
            Kind::Camera => &[(Role::Heading, "heading_deg")],
            Kind::Sign => &[(Role::Heading, "heading_deg"), (Role::Height, "height_m")],
            Kind::Sensor => &[(Role::Warning, "warning"), (Role::Alarm, "alarm")],
            Kind::Tree => &[(Role::Height, "height_m")],
            _ => &[],
        };
        for (role, property) in numbers {
            if let Some(x) = plan.number(feature, *role) {
                record = record.with(property, x);
            } else if let Some(value) = plan.value(feature, *role) {
                odd.push((*role, values::text(value)));
            }
        }
        match kind {
            Kind::Sensor => {
                if let Some(word) = plan.text(feature, Role::SensorKind) {
                    match values::sensor_kind(&word) {
                        Some(kind) => record = record.with("sensor_kind", kind),
                        None => odd.push((Role::SensorKind, word)),
                    }
                }
            }
            Kind::Grid => {
                if let Some(inspector) = plan.text(feature, Role::Inspector) {
                    record = record.with("inspector", inspector);
                }
            }
            _ => {}
        }
        for (name, value) in &feature.attributes {
            // `key` is the record's own; a source's own `name` or `class` stands beside ours.
            let taken = name == "key" || record.properties.contains_key(name);
            let name = if taken { format!("source.{name}") } else { name.clone() };
            record.properties.entry(name).or_insert_with(|| values::json(value));
        }
        odd.iter().for_each(|(role, value)| work.odd(*role, value));
        self.collections.entry(collection.into()).or_default().push(record);
    }

    /// The extent of what is built, or else of everything.
    pub(super) fn bounds(&self) -> Option<SiteBounds> {
        let roads = self.roads.iter().flat_map(|r| &r.points);
        let built = self.buildings.iter().flat_map(|b| &b.footprint).chain(roads).copied();
        let built = built.chain(self.placed.iter().map(|m| m.place));
        let areas = self.areas.iter().flat_map(|a| &a.ring).copied();
        let records = self.collections.values().flatten().flat_map(|f| match &f.geometry {
            RecordGeometry::Point(p) => vec![*p],
            RecordGeometry::LineString(line) => line.clone(),
            RecordGeometry::Polygon(rings) => rings.first().cloned().unwrap_or_default(),
        });
        crate::city::extent(built).or_else(|| crate::city::extent(areas.chain(records)))
    }
}

impl Work<'_> {
    /// The id of a feature: of the attribute that has it, of its format, or its place in the layer.
    fn id(&self, feature: &Feature) -> String {
        let said = self.plan.text(feature, Role::Id).or_else(|| feature.id.clone());
        said.unwrap_or_else(|| format!("{}.{}", self.report.name, feature.number))
    }

    pub(super) fn odd(&mut self, role: Role, value: &str) {
        self.odd.entry(role).or_insert_with(|| (0, value.chars().take(40).collect())).0 += 1;
    }

    fn finish(mut self) -> LayerReport {
        let notes = &mut self.report.notes;
        if self.usual_heights > 0 {
            notes.push(format!(
                "{} buildings have neither height nor floors: the usual height is used",
                self.usual_heights
            ));
        }
        if self.report.repaired > 0 {
            notes.push(format!("{} outlines crossed themselves and were repaired", self.report.repaired));
        }
        if self.repeated > 0 {
            let of = self.report.roles.get(&Role::Id).map(|r| format!(" in `{}`", r.0)).unwrap_or_default();
            notes.push(format!(
                "{} ids{of} are not unique: the layer's name and the feature's number stand for them",
                self.repeated
            ));
        }
        for (role, (count, first)) in &self.odd {
            notes.push(format!("{count} values of `{}` are not understood, the first: `{first}`", role.name()));
        }
        self.report
    }
}

fn parts(geometry: &Geometry) -> impl Iterator<Item = Part<'_>> {
    let polygons = geometry.polygons.iter().map(|p| Part::Polygon(p));
    let lines = geometry.lines.iter().map(|l| Part::Line(l));
    polygons.chain(lines).chain(geometry.points.iter().map(|p| Part::Point(*p)))
}

const fn entity_kind(kind: Kind) -> EntityKind {
    match kind {
        Kind::Building => EntityKind::Building,
        Kind::Road => EntityKind::Road,
        Kind::Water => EntityKind::Water,
        Kind::Green => EntityKind::Green,
        Kind::Grid => EntityKind::Grid,
        Kind::Component | Kind::Tree | Kind::Model => EntityKind::Component,
        Kind::Sign => EntityKind::Sign,
        Kind::Camera => EntityKind::Camera,
        Kind::Sensor => EntityKind::Sensor,
        Kind::Ignore => EntityKind::Other,
    }
}

/// The size of the layer's polygons in the middle, square metres.
fn middle_m2(layer: &Layer, crs: &LayerCrs) -> f64 {
    /// So many are looked at.
    const SAMPLE: usize = 500;
    let geometries = layer.features.iter().filter_map(|f| f.geometry.as_ref().ok());
    let polygons: Vec<_> = geometries.flat_map(|g| &g.polygons).collect();
    let step = polygons.len().div_ceil(SAMPLE).max(1);
    let size = |p: &&Vec<Vec<Position>>| crs.outlines(p).ok().map(|o| o.0.iter().map(|o| o.area_m2).sum::<f64>());
    let mut sizes: Vec<f64> = polygons.into_iter().step_by(step).filter_map(|p| size(&p)).collect();
    sizes.sort_by(f64::total_cmp);
    sizes.get(sizes.len() / 2).copied().unwrap_or(0.0)
}

fn building(key: EntityKey, feature: &Feature, outline: Outline, work: &mut Work<'_>) -> Building {
    for role in [Role::Height, Role::Base, Role::Floors] {
        if let Some(value) = work.plan.value(feature, role)
            && values::number(value).is_none()
        {
            let value = values::text(value);
            work.odd(role, &value);
        }
    }
    let (height_m, floors, said) = work.plan.height_and_floors(feature);
    let said_base = work.plan.number(feature, Role::Base).unwrap_or(0.0);
    let base_m = Some(said_base).filter(|b| (0.0..=height_m - LEAST_ROOM_M).contains(b)).unwrap_or_else(|| {
        work.odd(Role::Base, &said_base.to_string());
        0.0
    });
    work.usual_heights += usize::from(!said);
    let class = work.plan.class(feature).unwrap_or_else(|| "建筑".into());
    let address = work.plan.text(feature, Role::Address).unwrap_or_default();
    let name = work.plan.name(feature);
    let name = name.unwrap_or_else(|| if address.is_empty() { class.clone() } else { address.clone() });
    // The id spread over many bits (FNV-1a), so that neighbours differ.
    let dice = key.id.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |h, b| (h ^ u64::from(b)).wrapping_mul(0x100_0000_01b3));
    let (wall, roof_color) = usual_colours(dice >> 33);
    Building {
        key,
        name,
        class,
        footprint: outline.ring,
        holes: outline.holes,
        whole: None,
        base_m: base_m as f32,
        height_m: height_m as f32,
        floors,
        address,
        roof: Roof::Flat,
        wall,
        roof_color,
        attributes: feature.attributes.clone(),
    }
}

fn area(key: EntityKey, feature: &Feature, kind: AreaKind, outline: Outline, work: &Work<'_>) -> Area {
    let usual = if kind == AreaKind::Water { "水域" } else { "绿地" };
    let name = work.plan.name(feature).unwrap_or_else(|| usual.into());
    Area { key, name, kind, ring: outline.ring, holes: outline.holes, attributes: feature.attributes.clone() }
}

fn road(key: EntityKey, feature: &Feature, mut points: Vec<cim_model::Place>, work: &mut Work<'_>) -> Road {
    let width = work.plan.width_m(feature);
    let word = work.plan.class(feature);
    let known = word.as_deref().and_then(values::road_class);
    if let Some(word) = word.filter(|_| known.is_none()) {
        work.odd(Role::Class, &word);
    }
    let class = known.or(width.map(values::road_class_by_width)).unwrap_or(RoadClass::Residential);
    let direction = match work.plan.value(feature, Role::Oneway) {
        None => 0,
        Some(value) => values::direction(value).unwrap_or_else(|| {
            let value = values::text(value);
            work.odd(Role::Oneway, &value);
            0
        }),
    };
    if direction < 0 {
        points.reverse();
    }
    let name = work.plan.name(feature).unwrap_or_else(|| class.usual_name_zh().into());
    let width_m = width.unwrap_or_else(|| class.usual_width_m()) as f32;
    let (main, oneway) = (class.is_main(), direction != 0);
    Road { key, name, class, width_m, points, main, oneway, attributes: feature.attributes.clone() }
}
