//! What is to be made of a layer: what the mapping says of it, and guesses for the rest.

use super::{
    feature::{Feature, Layer},
    guess,
    mapping::{Kind, LayerMapping, Role},
    report::LayerReport,
    values,
};
use crate::city::Attribute;
use std::collections::{BTreeMap, BTreeSet};

/// Metres of a floor where nobody says otherwise.
const FLOOR_M: f64 = 3.0;

/// What polygons, lines and points of a layer become, and what their attributes mean.
pub(super) struct Plan<'m> {
    kinds: [Kind; 3],
    roles: BTreeMap<Role, String>,
    said: Option<&'m LayerMapping>,
}

/// The dimension of a geometry, as an index of [`Plan`]'s kinds.
#[derive(Debug, Clone, Copy)]
pub(super) enum Shape {
    Polygon,
    Line,
    Point,
}

impl<'m> Plan<'m> {
    /// Makes a plan and writes it into the report. `middle_m2` is the size of the layer's polygons in the middle.
    pub(super) fn new(layer: &Layer, said: Option<&'m LayerMapping>, middle_m2: f64, report: &mut LayerReport) -> Self {
        let attributes = guess::attributes(layer);
        let kind = said.and_then(|m| m.kind);
        let kinds = kind.map_or_else(|| guess::kinds(layer, &attributes, middle_m2), |k| [k; 3]);
        let used = used_kinds(layer, kinds);
        let mut plan = Self { kinds, roles: BTreeMap::new(), said };
        for role in Role::ALL {
            if !used.iter().any(|k| k.has(role)) {
                if let Some(name) = said.and_then(|m| m.attribute(role)) {
                    let kinds: Vec<_> = used.iter().map(|k| k.name()).collect();
                    report.notes.push(format!("`{} = \"{name}\"` means nothing to: {}", role.name(), kinds.join(", ")));
                }
                continue;
            }
            let (name, guessed) = match said.and_then(|m| m.attribute(role)) {
                Some(name) => {
                    if !attributes.iter().any(|a| a == name) {
                        let known = if attributes.is_empty() { "none".into() } else { attributes.join(", ") };
                        let role = role.name();
                        report
                            .notes
                            .push(format!("`{role}` is mapped to `{name}`, which no feature has; there are: {known}"));
                        continue;
                    }
                    (name.to_owned(), false)
                }
                None => match used.iter().find_map(|k| guess::attribute(role, *k, &attributes)) {
                    // What the features are numbered by in their format is better than a row's number.
                    Some(_) if role == Role::Id && layer.features.iter().any(|f| f.id.is_some()) => continue,
                    Some(name) => (name.to_owned(), true),
                    None => continue,
                },
            };
            report.roles.insert(role, (name.clone(), guessed));
            plan.roles.insert(role, name);
        }
        let in_use: BTreeSet<&String> = plan.roles.values().collect();
        report.other_attributes = attributes.iter().filter(|a| !in_use.contains(a)).cloned().collect();
        report.guessed_kind = kind.is_none();
        report.kinds = used;
        plan
    }

    pub(super) fn kind(&self, shape: Shape) -> Kind {
        self.kinds[shape as usize]
    }

    /// Whether nothing of the layer is made.
    pub(super) fn ignores_all(&self) -> bool {
        self.kinds == [Kind::Ignore; 3]
    }

    /// Whether a person decided to ignore the layer.
    pub(super) fn is_told_to_ignore(&self) -> bool {
        self.said.and_then(|m| m.kind) == Some(Kind::Ignore)
    }

    pub(super) fn value<'f>(&self, feature: &'f Feature, role: Role) -> Option<&'f Attribute> {
        feature.get(self.roles.get(&role)?)
    }

    pub(super) fn text(&self, feature: &Feature, role: Role) -> Option<String> {
        self.value(feature, role).map(values::text).filter(|t| !t.is_empty())
    }

    pub(super) fn number(&self, feature: &Feature, role: Role) -> Option<f64> {
        self.value(feature, role).and_then(values::number)
    }

    pub(super) fn name(&self, feature: &Feature) -> Option<String> {
        self.text(feature, Role::Name).or_else(|| self.said.and_then(|m| m.default_name.clone()))
    }

    pub(super) fn class(&self, feature: &Feature) -> Option<String> {
        self.text(feature, Role::Class).or_else(|| self.said.and_then(|m| m.default_class.clone()))
    }

    /// Width of the carriageway, metres.
    pub(super) fn width_m(&self, feature: &Feature) -> Option<f64> {
        let given = self.number(feature, Role::Width).filter(|w| (0.5..=200.0).contains(w));
        given.or_else(|| self.said.and_then(|m| m.default_width))
    }

    /// Metres and floors of a building, and whether either was said: a height stands before floors, floors before the
    /// usual height, and that before nine metres.
    pub(super) fn height_and_floors(&self, feature: &Feature) -> (f64, u16, bool) {
        let floor_m = self.said.and_then(|m| m.floor_height).unwrap_or(FLOOR_M);
        let floors = self.number(feature, Role::Floors).filter(|n| (0.5..=300.0).contains(n));
        let height = self.number(feature, Role::Height).filter(|h| (0.5..2000.0).contains(h));
        let usual_floors = self.said.and_then(|m| m.default_floors).map(f64::from).filter(|n| *n > 0.0);
        let usual = self.said.and_then(|m| m.default_height).or(usual_floors.map(|n| n * floor_m)).unwrap_or(9.0);
        let metres = height.or(floors.map(|n| n * floor_m)).unwrap_or(usual);
        let count = floors.unwrap_or_else(|| (metres / floor_m).round()).clamp(1.0, 300.0);
        (metres, count as u16, height.is_some() || floors.is_some())
    }
}

/// The kinds that the layer's geometries call for.
fn used_kinds(layer: &Layer, kinds: [Kind; 3]) -> BTreeSet<Kind> {
    let mut used = BTreeSet::new();
    for g in layer.features.iter().filter_map(|f| f.geometry.as_ref().ok()) {
        for (shape, there) in [
            (Shape::Polygon, !g.polygons.is_empty()),
            (Shape::Line, !g.lines.is_empty()),
            (Shape::Point, !g.points.is_empty()),
        ] {
            if there {
                used.insert(kinds[shape as usize]);
            }
        }
    }
    used
}
