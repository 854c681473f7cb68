//! Boundaries of CityJSON: from nested lists of vertex numbers to polygons.

use super::document::Geometry;
use crate::city::FacetKind;
use serde_json::Value;

/// A polygon of vertex numbers: the outer ring, then the holes.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Polygon {
    pub(super) rings: Vec<Vec<usize>>,
    pub(super) kind: FacetKind,
}

/// What of a geometry is not as the specification has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Defect {
    /// A ring has fewer than three corners, or corners that do not exist.
    Ring,
    /// The boundaries are nested otherwise than the type says.
    Nesting,
    /// A type of geometry that has no surface.
    Type,
}

/// The polygons of a surface or solid geometry; points and lines have none.
pub(super) fn polygons(geometry: &Geometry, vertices: usize, defects: &mut Vec<Defect>) -> Vec<Polygon> {
    // Lists above the list of surfaces: shells, solids.
    let depth = match geometry.kind.as_str() {
        "MultiSurface" | "CompositeSurface" => 0,
        "Solid" => 1,
        "MultiSolid" | "CompositeSolid" => 2,
        "MultiPoint" | "MultiLineString" => return Vec::new(),
        _ => {
            defects.push(Defect::Type);
            return Vec::new();
        }
    };
    let mut out = Vec::new();
    walk(&geometry.boundaries, &geometry.semantics.values, depth, &mut |surface, meaning| {
        let Some(rings) = rings(surface, vertices) else {
            defects.push(Defect::Ring);
            return;
        };
        let named = meaning.as_u64().and_then(|i| geometry.semantics.surfaces.get(usize::try_from(i).ok()?));
        out.push(Polygon { rings, kind: named.map_or(FacetKind::Unknown, |s| facet_kind(&s.kind)) });
    })
    .unwrap_or_else(|| defects.push(Defect::Nesting));
    out
}

/// Calls `each` for every surface with its semantic value; `None` when the lists are not nested as deep as they must be.
fn walk(boundaries: &Value, meaning: &Value, depth: usize, each: &mut dyn FnMut(&Value, &Value)) -> Option<()> {
    let list = boundaries.as_array()?;
    let mut all = Some(());
    for (i, item) in list.iter().enumerate() {
        let meaning = meaning.get(i).unwrap_or(&Value::Null);
        if depth == 0 {
            each(item, meaning);
        } else if walk(item, meaning, depth - 1, each).is_none() {
            all = None;
        }
    }
    all
}

fn rings(surface: &Value, vertices: usize) -> Option<Vec<Vec<usize>>> {
    let rings = surface.as_array()?.iter().map(|ring| {
        let ring: Option<Vec<usize>> =
            ring.as_array()?.iter().map(|i| usize::try_from(i.as_u64()?).ok().filter(|i| *i < vertices)).collect();
        ring.filter(|r| r.len() >= 3)
    });
    let rings: Vec<Vec<usize>> = rings.collect::<Option<_>>()?;
    (!rings.is_empty()).then_some(rings)
}

fn facet_kind(name: &str) -> FacetKind {
    match name {
        "RoofSurface" | "OuterCeilingSurface" => FacetKind::Roof,
        "WallSurface" | "InteriorWallSurface" => FacetKind::Wall,
        "GroundSurface" | "OuterFloorSurface" => FacetKind::Ground,
        "Window" => FacetKind::Window,
        "Door" => FacetKind::Door,
        "ClosureSurface" => FacetKind::Closure,
        _ => FacetKind::Unknown,
    }
}
