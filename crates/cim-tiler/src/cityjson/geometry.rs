//! Boundaries of CityJSON: from nested lists of vertex numbers to shells.

use super::document::Geometry;
use crate::{
    city::FacetKind,
    citymodel::{Defect, Shape, facet_kind},
};
use serde_json::Value;

/// Surfaces that belong together: rings of vertex numbers, the outer one first, and what each surface is.
pub(super) struct Shell {
    pub(super) shape: Shape,
    pub(super) surfaces: Vec<(Vec<Vec<usize>>, FacetKind)>,
}

/// The shells of a solid, or all of a geometry that is surfaces; points and lines have none.
pub(super) fn boundaries(geometry: &Geometry, vertices: usize, defects: &mut Vec<Defect>) -> Vec<Shell> {
    let mut out = Vec::new();
    let mut read = Reading { geometry, vertices, defects };
    let (lists, meaning) = (&geometry.boundaries, &geometry.semantics.values);
    match geometry.kind.as_str() {
        "MultiSurface" | "CompositeSurface" => out.extend(read.shell(Shape::Surfaces, lists, meaning)),
        "Solid" => read.solid(lists, meaning, &mut out),
        "MultiSolid" | "CompositeSolid" => match lists.as_array() {
            Some(solids) => {
                for (i, solid) in solids.iter().enumerate() {
                    read.solid(solid, meaning.get(i).unwrap_or(&Value::Null), &mut out);
                }
            }
            None => read.defects.push(Defect::Nesting),
        },
        "MultiPoint" | "MultiLineString" => {}
        _ => read.defects.push(Defect::Type),
    }
    out
}

struct Reading<'a> {
    geometry: &'a Geometry,
    vertices: usize,
    defects: &'a mut Vec<Defect>,
}

impl Reading<'_> {
    /// The outer shell, then those of hollows.
    fn solid(&mut self, shells: &Value, meaning: &Value, out: &mut Vec<Shell>) {
        let Some(shells) = shells.as_array() else {
            self.defects.push(Defect::Nesting);
            return;
        };
        for (i, shell) in shells.iter().enumerate() {
            let shape = if i == 0 { Shape::Shell } else { Shape::Cavity };
            out.extend(self.shell(shape, shell, meaning.get(i).unwrap_or(&Value::Null)));
        }
    }

    fn shell(&mut self, shape: Shape, surfaces: &Value, meaning: &Value) -> Option<Shell> {
        let Some(list) = surfaces.as_array() else {
            self.defects.push(Defect::Nesting);
            return None;
        };
        let mut surfaces = Vec::with_capacity(list.len());
        for (i, surface) in list.iter().enumerate() {
            let Some(rings) = rings(surface, self.vertices) else {
                self.defects.push(Defect::Ring);
                continue;
            };
            let number = meaning.get(i).and_then(Value::as_u64).and_then(|n| usize::try_from(n).ok());
            let named = number.and_then(|n| self.geometry.semantics.surfaces.get(n));
            surfaces.push((rings, named.map_or(FacetKind::Unknown, |s| facet_kind(&s.kind))));
        }
        Some(Shell { shape, surfaces })
    }
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
