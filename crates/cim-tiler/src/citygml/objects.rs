//! Features of the file as objects of a city model.

use super::{
    address::address,
    appearance::Appearances,
    attributes,
    classes::{Class, class},
    geometry::{Context, Draft, Surfaces},
    xml::{Element, Space},
};
use crate::{
    SourceCrs,
    city::FacetKind,
    citymodel::{CityModel, CityObject, Defect, facet_kind},
    picture::Pictures,
};
use serde_json::{Map, Value};
use smol_str::SmolStr;
use std::collections::HashMap;

/// Names of coordinate systems that are looked up for a file: one that has more of them has something else in mind.
const MOST_SYSTEMS: usize = 64;

/// A file while it is read.
#[derive(Debug, Default)]
pub(super) struct Reading {
    pub(super) model: CityModel,
    surfaces: Surfaces,
    appearances: Appearances,
    /// The geometries of every object.
    drafts: Vec<Vec<Draft>>,
    /// Coordinates of a corner, where the file says so once for all.
    dimension: Option<usize>,
    /// Whether the systems that geometries name are the file's, as far as the plane goes.
    systems: HashMap<String, bool>,
    /// Objects that have no id, and the names of their elements.
    unnamed: Vec<(usize, SmolStr)>,
}

/// What the properties that are read belong to: an object, or one of its pieces.
struct Owner {
    object: usize,
    kind: FacetKind,
    /// The level of detail that is said in a property of its own, as of relief.
    lod: f64,
    /// What it says of itself.
    attributes: Map<String, Value>,
}

impl Reading {
    /// For a part of a file whose coordinate system this one knows: what it reads can be appended.
    pub(super) fn beside(&self) -> Self {
        let CityModel { crs, authority_order, .. } = &self.model;
        let model = CityModel { crs: crs.clone(), authority_order: *authority_order, ..CityModel::default() };
        Self { model, dimension: self.dimension, ..Self::default() }
    }

    /// Whether it knows the coordinate system of the file, which decides how what follows is read.
    pub(super) fn is_placed(&self) -> bool {
        self.model.crs.is_some()
    }

    /// Takes a child of the root.
    pub(super) fn child(&mut self, child: Element) {
        match (child.space, child.name.as_str()) {
            (Space::Gml, "boundedBy") => child.children.iter().for_each(|e| self.system(e)),
            (Space::Gml, "name") if self.model.title.is_none() => self.model.title = Some(child.text),
            (Space::Gml, "featureMember" | "featureMembers")
            | (_, "cityObjectMember" | "member" | "appearanceMember") => {
                child.children.iter().for_each(|member| self.member(member));
            }
            _ => {}
        }
    }

    /// Takes what was read of the part of the file that follows.
    pub(super) fn append(&mut self, next: Self) {
        let Self { model, surfaces, appearances, drafts, dimension: _, systems: _, unnamed } = next;
        let CityModel { crs: _, authority_order: _, title, pictures: _, objects } = model;
        let before = self.model.objects.len();
        self.model.title = self.model.title.take().or(title);
        let moved = |o: CityObject| CityObject { parent: o.parent.map(|p| before + p), ..o };
        self.model.objects.extend(objects.into_iter().map(moved));
        self.unnamed.extend(unnamed.into_iter().map(|(object, name)| (before + object, name)));
        let of_surfaces = self.surfaces.append(surfaces);
        let moved = |drafts: Vec<Draft>| drafts.into_iter().map(|d| d.moved(of_surfaces)).collect();
        self.drafts.extend(drafts.into_iter().map(moved));
        self.appearances.append(appearances);
    }

    /// Takes the coordinate system that an element declares, if it is the first.
    pub(super) fn system(&mut self, element: &Element) {
        if let Some(name) = element.attribute("srsName")
            && self.model.crs.is_none()
        {
            self.model.authority_order = name.starts_with("urn:") || name.contains("/def/crs");
            self.model.crs = Some(name.to_owned());
            self.dimension = element.attribute("srsDimension").and_then(|d| d.parse().ok());
        }
    }

    /// A member of the file.
    fn member(&mut self, element: &Element) {
        match element.space {
            Space::Appearance => self.appearances.read(element),
            Space::Gml => {}
            _ => self.object(element, None),
        }
    }

    fn object(&mut self, element: &Element, parent: Option<usize>) {
        let object = self.model.objects.len();
        let kind = match class(&element.name) {
            Some(Class::Object(kind)) => kind,
            _ => element.name.as_str(),
        };
        let id = element.attribute("id").unwrap_or_default().to_owned();
        if id.is_empty() {
            self.unnamed.push((object, element.name.clone()));
        }
        self.model.objects.push(CityObject { id, kind: kind.to_owned(), parent, ..CityObject::default() });
        self.drafts.push(Vec::new());
        let attributes = self.properties(element, object, FacetKind::Unknown);
        let all = &mut self.model.objects[object].attributes;
        // The pieces of the object have written theirs already.
        for (name, value) in attributes {
            all.insert(name, value);
        }
    }

    /// A surface or another piece of an object.
    fn piece(&mut self, element: &Element, object: usize, within: FacetKind) {
        let kind = match facet_kind(&element.name) {
            FacetKind::Unknown => within,
            kind => kind,
        };
        let told = self.properties(element, object, kind);
        if !told.is_empty() {
            let mut about = Map::new();
            about.insert("type".into(), Value::String(element.name.to_string()));
            about.extend(element.attribute("id").map(|id| ("id".to_owned(), Value::String(id.to_owned()))));
            about.extend(told);
            let all = &mut self.model.objects[object].attributes;
            if let Value::Array(list) = all.entry("surfaces").or_insert_with(|| Value::Array(Vec::new())) {
                list.push(Value::Object(about));
            }
        }
    }

    /// Reads what a feature has, and gives what it says of itself.
    fn properties(&mut self, element: &Element, object: usize, kind: FacetKind) -> Map<String, Value> {
        let lod = element.children.iter().find(|c| c.name == "lod").and_then(|l| l.text.parse().ok()).unwrap_or(0.0);
        let mut owner = Owner { object, kind, lod, attributes: Map::new() };
        element.children.iter().for_each(|property| self.property(property, &mut owner));
        owner.attributes
    }

    fn property(&mut self, property: &Element, owner: &mut Owner) {
        match (property.space, property.name.as_str()) {
            (Space::Gml, "boundedBy" | "location") => return,
            (Space::Appearance, _) | (_, "appearance") if property.space != Space::Other => {
                return self.appearances.read(property);
            }
            (space, name) if space != Space::Gml && is_geometry(name) => return self.geometry(property, owner),
            (Space::Generics, _) => return attributes::add(&mut owner.attributes, property),
            (Space::City, "genericAttribute") => {
                return property.children.iter().for_each(|a| attributes::add(&mut owner.attributes, a));
            }
            (Space::City, "address") => {
                let line = address(property, &mut owner.attributes);
                let object = &mut self.model.objects[owner.object];
                object.address = object.address.take().or(line);
                return;
            }
            _ => {}
        }
        let (features, rest): (Vec<&Element>, Vec<&Element>) = property.children.iter().partition(|c| is_feature(c));
        for feature in &features {
            if class(&feature.name) == Some(Class::Piece) {
                self.piece(feature, owner.object, owner.kind);
            } else {
                self.object(feature, Some(owner.object));
            }
        }
        if features.is_empty() || !rest.is_empty() {
            attributes::add(&mut owner.attributes, property);
        }
    }

    fn geometry(&mut self, property: &Element, owner: &Owner) {
        let digit = property.name.strip_prefix("lod").and_then(|n| n.chars().next()?.to_digit(10));
        let lod = digit.map_or(owner.lod, f64::from);
        let context = Context { lod, kind: owner.kind, dimension: self.dimension.unwrap_or(3) };
        if let Some(href) = property.link() {
            return self.surfaces.link(href, context, &mut self.drafts[owner.object]);
        }
        for geometry in &property.children {
            let srs = geometry.attribute("srsName");
            let is_foreign = srs.is_some_and(|srs| !self.is_same_system(srs));
            let object = &mut self.model.objects[owner.object];
            let drafts = &mut self.drafts[owner.object];
            if is_foreign {
                object.defects.push(Defect::Foreign);
            } else if geometry.name == "ImplicitGeometry" {
                self.surfaces.implicit(geometry, context, drafts, &mut object.defects);
            } else {
                self.surfaces.read(geometry, context, drafts, &mut object.defects);
            }
            if self.model.crs.is_none()
                && let Some(srs) = srs
            {
                self.model.authority_order = srs.starts_with("urn:") || srs.contains("/def/crs");
                self.model.crs = Some(srs.to_owned());
            }
        }
    }

    /// Whether a name is that of the file's coordinate system, as far as the plane goes, or the first that it has.
    fn is_same_system(&mut self, name: &str) -> bool {
        let Some(first) = self.model.crs.as_deref().filter(|first| *first != name) else { return true };
        if let Some(known) = self.systems.get(name) {
            return *known;
        }
        let is_same = self.systems.len() < MOST_SYSTEMS
            && matches!((SourceCrs::parse(name), SourceCrs::parse(first)), (Ok(a), Ok(b)) if a.name == b.name);
        if self.systems.len() < MOST_SYSTEMS {
            self.systems.insert(name.to_owned(), is_same);
        }
        is_same
    }

    /// The model, when all of the file is read: links lead somewhere only then.
    pub(super) fn finish(mut self, mut pictures: Pictures) -> CityModel {
        for (object, name) in self.unnamed {
            self.model.objects[object].id = format!("{name}-{}", object + 1);
        }
        self.surfaces.spread_kinds();
        self.surfaces.dress(&self.appearances, &mut pictures);
        self.model.pictures = pictures.list;
        let followed = self.surfaces.of(&self.drafts.iter().flatten().collect::<Vec<_>>());
        let mut uses = self.surfaces.uses(followed.iter());
        let mut followed = followed.into_iter();
        for (object, drafts) in self.model.objects.iter_mut().zip(&self.drafts) {
            let (surfaces, defects) = (&mut self.surfaces, &mut object.defects);
            let drafts = drafts.iter().zip(followed.by_ref());
            object.geometries = drafts.filter_map(|(d, f)| surfaces.resolve(d, f, &mut uses, defects)).collect();
        }
        self.model
    }
}

/// Whether a property holds geometry that can be drawn or is known to have no surfaces: `lod2Solid`,
/// `lod1ImplicitRepresentation`, `tin`, ...
fn is_geometry(name: &str) -> bool {
    let level = name.strip_prefix("lod").and_then(|rest| rest.chars().next()).is_some_and(|c| c.is_ascii_digit());
    level || matches!(name, "tin" | "reliefPoints" | "ridgeOrValleyLines" | "breaklines" | "grid")
}

/// Whether an element is a feature: by its name, or, of an extension's, because it has geometry.
fn is_feature(element: &Element) -> bool {
    if element.space == Space::Gml || !element.name.starts_with(char::is_uppercase) {
        return false;
    }
    class(&element.name).is_some()
        || (element.space == Space::Other && element.children.iter().any(|c| is_geometry(&c.name)))
}
