//! Boundaries of CityJSON: from nested lists of vertex numbers to shells.

use super::{appearance::Looks, document::Geometry};
use crate::{
    city::FacetKind,
    citymodel::{Defect, Shape, facet_kind},
    picture::Texture,
};
use serde_json::Value;

/// Surfaces that belong together.
pub(super) struct Shell {
    pub(super) shape: Shape,
    pub(super) surfaces: Vec<Surface>,
}

/// A surface: rings of vertex numbers, the outer one first, what it is and how it looks.
pub(super) struct Surface {
    pub(super) rings: Vec<Vec<usize>>,
    pub(super) kind: FacetKind,
    pub(super) color: Option<[u8; 3]>,
    pub(super) texture: Option<Texture>,
}

/// Boundaries, and the lists that are nested as they are, where there are such.
#[derive(Clone, Copy)]
pub(super) struct Lists<'a> {
    pub(super) boundaries: &'a Value,
    pub(super) meaning: &'a Value,
    pub(super) material: &'a Value,
    pub(super) texture: &'a Value,
}

impl<'a> Lists<'a> {
    /// Those one level deeper, of every part; `None` when the boundaries are no list.
    fn parts(self) -> Option<impl Iterator<Item = Self>> {
        let at = |list: &'a Value, i: usize| list.get(i).unwrap_or(&Value::Null);
        let part = move |(i, boundaries)| Self {
            boundaries,
            meaning: at(self.meaning, i),
            material: at(self.material, i),
            texture: at(self.texture, i),
        };
        Some(self.boundaries.as_array()?.iter().enumerate().map(part))
    }
}

/// The shells of a solid, or all of a geometry that is surfaces; points and lines have none.
pub(super) fn boundaries(
    geometry: &Geometry,
    looks: Looks<'_>,
    vertices: usize,
    defects: &mut Vec<Defect>,
) -> Vec<Shell> {
    let mut out = Vec::new();
    let lists = looks.lists(geometry);
    let mut read = Reading { geometry, looks, vertices, defects };
    match geometry.kind.as_str() {
        "MultiSurface" | "CompositeSurface" => out.extend(read.shell(Shape::Surfaces, lists)),
        "Solid" => read.solid(lists, &mut out),
        "MultiSolid" | "CompositeSolid" => match lists.parts() {
            Some(solids) => solids.for_each(|solid| read.solid(solid, &mut out)),
            None => read.defects.push(Defect::Nesting),
        },
        "MultiPoint" | "MultiLineString" => {}
        _ => read.defects.push(Defect::Type),
    }
    out
}

struct Reading<'a> {
    geometry: &'a Geometry,
    looks: Looks<'a>,
    vertices: usize,
    defects: &'a mut Vec<Defect>,
}

impl Reading<'_> {
    /// The outer shell, then those of hollows.
    fn solid(&mut self, lists: Lists<'_>, out: &mut Vec<Shell>) {
        let Some(shells) = lists.parts() else {
            self.defects.push(Defect::Nesting);
            return;
        };
        for (i, shell) in shells.enumerate() {
            let shape = if i == 0 { Shape::Shell } else { Shape::Cavity };
            out.extend(self.shell(shape, shell));
        }
    }

    fn shell(&mut self, shape: Shape, lists: Lists<'_>) -> Option<Shell> {
        let Some(parts) = lists.parts() else {
            self.defects.push(Defect::Nesting);
            return None;
        };
        let mut surfaces = Vec::new();
        for part in parts {
            let Some(rings) = rings(part.boundaries, self.vertices) else {
                self.defects.push(Defect::Ring);
                continue;
            };
            let number = part.meaning.as_u64().and_then(|n| usize::try_from(n).ok());
            let named = number.and_then(|n| self.geometry.semantics.surfaces.get(n));
            surfaces.push(Surface {
                kind: named.map_or(FacetKind::Unknown, |s| facet_kind(&s.kind)),
                color: self.looks.color(part.material),
                texture: self.looks.texture(part.texture, &rings, self.defects),
                rings,
            });
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
