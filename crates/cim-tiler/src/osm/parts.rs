//! Buildings and their parts (OpenStreetMap's "Simple 3D Buildings"): where the parts are known they stand in place of
//! the building's outline, which may be larger than they are together.

use super::{
    heights::{Heights, LEVEL, heights},
    rings::Outline,
    tags::{self, Tags},
};
use crate::city::{Attribute, Building, usual_colours};
use cim_model::{EntityKey, Place};
use geo::{BooleanOps, Coord, LineString, MultiPolygon, Orient, Polygon, orient::Direction};
use rstar::{
    AABB, RTree,
    primitives::{GeomWithData, Rectangle},
};
use std::sync::Arc;

/// What is left of an outline beside its parts counts from such a share of it on, and from between so many square metres.
const LEAST_REST: f64 = 0.02;
const LEAST_REST_M2: f64 = 4.0;
const MOST_REST_M2: f64 = 40.0;
/// The share of a building's height that its parts reach when it is theirs.
const SAME_HEIGHT: f64 = 0.9;
/// And when it is wider than so many metres on average.
const LEAST_WIDTH_M: f64 = 0.6;

/// Tags of a whole that tell its shape, which is not that of its parts.
const SHAPE: [&str; 6] = ["building", "type", "height", "min_height", "building:levels", "building:min_level"];

/// A building or a part of one as the extract has it.
pub(super) struct Draft<'a> {
    pub(super) key: EntityKey,
    /// The number of the way or relation.
    pub(super) number: i64,
    pub(super) tags: &'a Tags,
    pub(super) outline: Outline,
    /// The outline that it shares the ground with, where that is not its own.
    pub(super) whole: Option<Arc<[Place]>>,
}

/// Buildings of drafts, and how many of the drafts have nothing of their own beside their parts.
pub(super) fn assemble<'a>(buildings: Vec<Draft<'a>>, mut parts: Vec<Draft<'a>>) -> (Vec<Building>, usize) {
    // What is tagged as both is a part where there is something for it to be a part of.
    let (both, mut buildings): (Vec<_>, Vec<_>) = buildings.into_iter().partition(|b| b.tags.yes("building:part"));
    let inside = wholes(&buildings, &both);
    for (draft, whole) in both.into_iter().zip(inside) {
        if whole.is_some() { parts.push(draft) } else { buildings.push(draft) }
    }
    let wholes = wholes(&buildings, &parts);
    let mut of: Vec<Vec<usize>> = vec![Vec::new(); buildings.len()];
    for (part, whole) in wholes.iter().enumerate() {
        if let Some(whole) = whole {
            of[*whole].push(part);
        }
    }
    let (mut out, mut stand_for_parts) = (Vec::with_capacity(buildings.len() + parts.len()), 0);
    for (draft, own) in buildings.iter().zip(&of) {
        let heights = heights(draft.tags, &draft.outline.ring, None);
        if own.is_empty() {
            out.push(draft.building(draft.outline.clone(), heights, None));
            continue;
        }
        let before = out.len();
        let own: Vec<&Draft<'_>> = own.iter().map(|k| &parts[*k]).collect();
        out.extend(draft.beside(&own, heights));
        stand_for_parts += usize::from(out.len() == before);
    }
    for (part, whole) in parts.iter().zip(wholes) {
        let whole = whole.map(|k| &buildings[k]);
        let heights = heights(part.tags, &part.outline.ring, whole.map(|w| w.tags));
        out.push(part.building(part.outline.clone(), heights, whole));
    }
    (out, stand_for_parts)
}

/// The building that each part is in: the smallest, where several are.
fn wholes(buildings: &[Draft<'_>], parts: &[Draft<'_>]) -> Vec<Option<usize>> {
    if parts.is_empty() {
        return Vec::new();
    }
    let bounds = |(k, b): (usize, &Draft<'_>)| {
        let corners = b.outline.ring.iter().map(|p| [p.lon, p.lat]);
        let low = corners.clone().fold([f64::MAX; 2], |l, c| [l[0].min(c[0]), l[1].min(c[1])]);
        let high = corners.fold([f64::MIN; 2], |h, c| [h[0].max(c[0]), h[1].max(c[1])]);
        GeomWithData::new(Rectangle::from_corners(low, high), k)
    };
    let tree = RTree::bulk_load(buildings.iter().enumerate().map(bounds).collect());
    let find = |part: &Draft<'_>| {
        let place = part.outline.inner_place()?;
        let around = tree.locate_in_envelope_intersecting(&AABB::from_point([place.lon, place.lat]));
        let holding = around.map(|b| b.data).filter(|k| buildings[*k].outline.contains(place));
        holding.min_by(|a, b| {
            let area = |k: &usize| buildings[*k].outline.area();
            area(a).total_cmp(&area(b)).then(a.cmp(b))
        })
    };
    parts.iter().map(find).collect()
}

impl Draft<'_> {
    /// What there is of a building beside and below its parts.
    fn beside(&self, parts: &[&Draft<'_>], mut own: Heights) -> Vec<Building> {
        let of_parts = parts.iter().map(|p| heights(p.tags, &p.outline.ring, Some(self.tags)));
        let lowest = of_parts.clone().map(|h| h.base_m).fold(f64::MAX, f64::min);
        if lowest > 0.0 {
            // All of them stand on it: where they reach its height, that is theirs. A canopy on a tower does not.
            let highest = of_parts.map(|h| h.top_m()).fold(0.0, f64::max);
            if lowest < own.eaves_m && highest >= SAME_HEIGHT * own.top_m() {
                (own.eaves_m, own.roof) = (lowest, LEVEL);
            }
            return vec![self.building(self.outline.clone(), own, None)];
        }
        let covered: Vec<Polygon> = parts.iter().map(|p| polygon(&p.outline)).collect();
        let rest = MultiPolygon(vec![polygon(&self.outline)]).difference(&geo::unary_union(&covered));
        let least = (LEAST_REST * self.outline.area()).clamp(LEAST_REST_M2, MOST_REST_M2);
        let pieces = rest.iter().map(outline).filter(|o| o.area() > least && o.area() > LEAST_WIDTH_M * half_length(o));
        let piece = |(k, piece): (usize, Outline)| {
            let mut building = self.building(piece, own, None);
            if k > 0 {
                building.key = EntityKey::new(building.key.kind, format!("{}.rest{}", building.key.id, k + 1));
            }
            building.whole = Some(self.ground());
            building
        };
        pieces.enumerate().map(piece).collect()
    }

    /// The outline whose ground it stands on.
    fn ground(&self) -> Arc<[Place]> {
        self.whole.clone().unwrap_or_else(|| self.outline.ring.as_slice().into())
    }

    /// It, with an outline and heights; what it does not say is as `whole` says it.
    fn building(&self, outline: Outline, heights: Heights, whole: Option<&Draft<'_>>) -> Building {
        let Heights { base_m, eaves_m, floors, roof } = heights;
        // The id spread over its digits, so that neighbours, which often have consecutive ids, differ.
        let number = whole.map_or(self.number, |w| w.number);
        let (wall, roof_color) = usual_colours(number.unsigned_abs().wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 33);
        let coloured = |key: &str| {
            let own = self.tags.get(key).and_then(tags::colour);
            own.or_else(|| whole?.tags.get(key).and_then(tags::colour))
        };
        let used = whole.filter(|_| self.tags.get("building").is_none()).map_or(self.tags, |w| w.tags);
        let class = tags::building_class(used);
        let either = |of: &dyn Fn(&Tags) -> String| {
            let own = of(self.tags);
            whole.filter(|_| own.is_empty()).map_or(own, |w| of(w.tags))
        };
        let address = either(&tags::address);
        let name = either(&|t| tags::name(t).unwrap_or_default().to_owned());
        let name = [name, address.clone()].into_iter().find(|n| !n.is_empty()).unwrap_or_else(|| class.into());
        // What is said of the whole is said of its parts, but for its shape.
        let mut attributes = self.tags.attributes();
        if let Some(whole) = whole {
            let is_shape = |key: &str| SHAPE.contains(&key) || key.starts_with("roof:");
            let more = whole.tags.attributes().into_iter().filter(|(k, _)| self.tags.get(k).is_none() && !is_shape(k));
            attributes.extend(more);
            attributes.push(("part_of".into(), Attribute::Text(whole.key.to_string())));
        }
        Building {
            key: self.key.clone(),
            name,
            class: class.into(),
            footprint: outline.ring,
            holes: outline.holes,
            whole: whole.map(Draft::ground).or_else(|| self.whole.clone()),
            base_m: base_m as f32,
            height_m: eaves_m as f32,
            floors,
            address,
            roof,
            wall: coloured("building:colour").unwrap_or(wall),
            roof_color: coloured("roof:colour").unwrap_or(roof_color),
            attributes,
        }
    }
}

/// In degrees, counter-clockwise.
fn polygon(outline: &Outline) -> Polygon {
    let line = |ring: &Vec<Place>| LineString::from_iter(ring.iter().map(|p| Coord { x: p.lon, y: p.lat }));
    // Ways run either way, and what is turned the other way would be taken off.
    Polygon::new(line(&outline.ring), outline.holes.iter().map(line).collect()).orient(Direction::Default)
}

fn outline(polygon: &Polygon) -> Outline {
    let ring = |line: &LineString| -> Vec<Place> {
        line.coords().take(line.0.len().saturating_sub(1)).map(|c| Place::new(c.x, c.y)).collect()
    };
    Outline { ring: ring(polygon.exterior()), holes: polygon.interiors().iter().map(ring).collect() }
}

/// Half the length of an outline, metres: of what is narrow about how long it is.
fn half_length(outline: &Outline) -> f64 {
    let length = |ring: &Vec<Place>| -> f64 {
        let n = ring.len();
        (0..n)
            .map(|i| {
                let (a, b) = (ring[i], ring[(i + 1) % n]);
                let east = (b.lon - a.lon) * a.lat.to_radians().cos();
                super::rings::METRES_OF_A_DEGREE * east.hypot(b.lat - a.lat)
            })
            .sum()
    };
    0.5 * (length(&outline.ring) + outline.holes.iter().map(length).sum::<f64>())
}
