//! Geometry of GML: surfaces are kept in one list, which geometries refer to by number or by link.

use super::{
    links::{Followed, Links, Piece, Steps},
    rings::{own_dimension, point, ring},
    xml::{Element, Space},
};
use crate::{
    city::FacetKind,
    citymodel::{Defect, Geometry, Polygon, Shape},
    picture::Texture,
};
use foldhash::fast::RandomState;
use std::collections::HashMap;

/// Corners of a surface of a usual size.
const CORNERS: usize = 16;

/// A geometry as it is written.
#[derive(Debug)]
pub(super) struct Draft {
    lod: f64,
    shape: Shape,
    pieces: Vec<Piece>,
    /// Of an implicit geometry: the matrix, row by row, and where its origin is.
    placing: Option<([f64; 16], [f64; 3])>,
}

impl Draft {
    /// The same of surfaces that are `by` places further on in their list.
    pub(super) fn moved(self, by: usize) -> Self {
        Self { pieces: self.pieces.into_iter().map(|p| p.moved(by)).collect(), ..self }
    }
}

/// What a geometry is part of.
#[derive(Debug, Clone, Copy)]
pub(super) struct Context {
    pub(super) lod: f64,
    /// What the surfaces are.
    pub(super) kind: FacetKind,
    /// Coordinates of a corner, where nothing else is said.
    pub(super) dimension: usize,
}

/// All surfaces of a file.
#[derive(Debug, Default)]
pub(super) struct Surfaces {
    all: Vec<Polygon>,
    /// How large each is, 1 for a usual one.
    sizes: Vec<u32>,
    links: Links,
    /// Links to surfaces that are of a kind.
    named: Vec<(String, FacetKind)>,
    /// By its id: the surface that a ring is of, and which of its rings it is.
    rings: HashMap<String, (usize, usize), RandomState>,
    /// What is wrong with the pictures of surfaces.
    defects: HashMap<usize, Defect, RandomState>,
}

impl Surfaces {
    /// Takes the surfaces of the part of the file that follows; gives how many were here before.
    pub(super) fn append(&mut self, next: Self) -> usize {
        let Self { all, sizes, links, named, rings, defects } = next;
        let before = self.all.len();
        self.all.extend(all);
        self.sizes.extend(sizes);
        self.links.append(links, before);
        self.named.extend(named);
        for (id, (surface, ring)) in rings {
            self.rings.entry(id).or_insert((before + surface, ring));
        }
        self.defects.extend(defects.into_iter().map(|(surface, defect)| (before + surface, defect)));
        before
    }

    /// Reads a geometry.
    pub(super) fn read(&mut self, e: &Element, context: Context, drafts: &mut Vec<Draft>, defects: &mut Vec<Defect>) {
        let context = Context { dimension: own_dimension(e, context.dimension), ..context };
        let draft = |shape, pieces| Draft { lod: context.lod, shape, pieces, placing: None };
        match e.name.as_str() {
            "Solid" => {
                let mut all = Vec::new();
                for (name, shape) in [("exterior", Shape::Shell), ("interior", Shape::Cavity)] {
                    for shell in e.children.iter().filter(|c| c.name == name) {
                        let pieces = self.held(shell, context, defects);
                        all.extend(pieces.iter().cloned());
                        drafts.push(draft(shape, pieces));
                    }
                }
                self.register(e, &all);
            }
            "CompositeSolid" | "MultiSolid" | "MultiGeometry" | "GeometricComplex" => {
                for property in &e.children {
                    if let Some(link) = property.link() {
                        drafts.push(draft(Shape::Surfaces, vec![Piece::Link(target(link), false)]));
                    }
                    property.children.iter().for_each(|inside| self.read(inside, context, drafts, defects));
                }
            }
            _ => {
                let pieces = self.pieces(e, context, defects);
                if !pieces.is_empty() {
                    drafts.push(draft(Shape::Surfaces, pieces));
                }
            }
        }
    }

    /// A link in place of a geometry.
    pub(super) fn link(&mut self, href: &str, context: Context, drafts: &mut Vec<Draft>) {
        let pieces = vec![Piece::Link(target(href), false)];
        if context.kind != FacetKind::Unknown {
            self.named.push((target(href), context.kind));
        }
        drafts.push(Draft { lod: context.lod, shape: Shape::Surfaces, pieces, placing: None });
    }

    /// An implicit geometry (CityGML 2.0, 8.2): a shape in coordinates of its own, placed by a matrix and a point.
    pub(super) fn implicit(
        &mut self,
        e: &Element,
        context: Context,
        drafts: &mut Vec<Draft>,
        defects: &mut Vec<Defect>,
    ) {
        let matrix: Option<Vec<f64>> = e
            .child("transformationMatrix")
            .and_then(|m| m.text.split_ascii_whitespace().map(|n| n.parse().ok()).collect());
        let matrix: Option<[f64; 16]> = match e.child("transformationMatrix") {
            Some(_) => matrix.and_then(|m| m.try_into().ok()),
            None => Some([1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0]),
        };
        let anchor = e.child("referencePoint").and_then(|p| point(p, context.dimension));
        let (Some(matrix), Some(anchor)) = (matrix, anchor) else {
            defects.push(Defect::Type);
            return;
        };
        let relative =
            e.children.iter().filter(|c| matches!(c.name.as_str(), "relativeGMLGeometry" | "relativeGeometry"));
        let mut any = false;
        for shape in relative {
            any = true;
            let mut own = Vec::new();
            if let Some(href) = shape.link() {
                self.link(href, context, &mut own);
            }
            shape.children.iter().for_each(|g| self.read(g, context, &mut own, defects));
            drafts.extend(own.into_iter().map(|d| Draft { placing: Some((matrix, anchor)), ..d }));
        }
        if !any {
            defects.push(Defect::Library);
        }
    }

    fn register(&mut self, e: &Element, pieces: &[Piece]) {
        if let Some(id) = e.attribute("id") {
            self.links.name(id, pieces);
        }
    }

    /// What the properties of a geometry hold or link to.
    fn held(&mut self, property: &Element, context: Context, defects: &mut Vec<Defect>) -> Vec<Piece> {
        if let Some(link) = property.link() {
            if context.kind != FacetKind::Unknown {
                self.named.push((target(link), context.kind));
            }
            return vec![Piece::Link(target(link), false)];
        }
        property.children.iter().flat_map(|e| self.pieces(e, context, defects)).collect()
    }

    fn pieces(&mut self, e: &Element, context: Context, defects: &mut Vec<Defect>) -> Vec<Piece> {
        let context = Context { dimension: own_dimension(e, context.dimension), ..context };
        let pieces = match e.name.as_str() {
            "Polygon" | "PolygonPatch" | "Triangle" | "Rectangle" => self.polygon(e, context, defects),
            "OrientableSurface" => {
                let inside: Vec<Piece> = e.children.iter().flat_map(|c| self.held(c, context, defects)).collect();
                let other_side = e.attribute("orientation") == Some("-");
                inside.into_iter().map(|p| p.turned(other_side)).collect()
            }
            "MultiSurface"
            | "CompositeSurface"
            | "Surface"
            | "TriangulatedSurface"
            | "Tin"
            | "PolyhedralSurface"
            | "Shell"
            | "TexturedSurface" => {
                let skipped = |c: &&Element| c.space != Space::Appearance && c.name != "controlPoint";
                e.children.iter().filter(skipped).flat_map(|c| self.held(c, context, defects)).collect()
            }
            // They have no surface, which is no defect of theirs.
            "MultiCurve" | "CompositeCurve" | "Curve" | "LineString" | "OrientableCurve" | "Point" | "MultiPoint" => {
                Vec::new()
            }
            // Names, descriptions, controls: properties that are no geometry.
            name if e.space != Space::Gml || name.starts_with(char::is_lowercase) => Vec::new(),
            _ => {
                defects.push(Defect::Type);
                Vec::new()
            }
        };
        if !pieces.is_empty() {
            self.register(e, &pieces);
        }
        pieces
    }

    fn polygon(&mut self, e: &Element, context: Context, defects: &mut Vec<Defect>) -> Vec<Piece> {
        let (mut rings, mut ids) = (Vec::new(), Vec::new());
        let bounds = e.children.iter().filter(|c| c.name == "exterior");
        for bound in bounds.chain(e.children.iter().filter(|c| c.name == "interior")) {
            let Some(read) = bound.children.first().and_then(|r| ring(r, context.dimension, defects)) else {
                if bound.name == "exterior" {
                    return Vec::new();
                }
                continue;
            };
            if let Some(id) = bound.children.first().and_then(|r| r.attribute("id")) {
                ids.push((id.to_owned(), rings.len()));
            }
            rings.push(read);
        }
        if !e.children.iter().any(|c| c.name == "exterior") {
            defects.push(Defect::Ring);
            return Vec::new();
        }
        for (id, ring) in ids {
            self.rings.entry(id).or_insert((self.all.len(), ring));
        }
        let corners = rings.iter().map(Vec::len).sum::<usize>();
        self.sizes.push((1 + corners / CORNERS).try_into().unwrap_or(u32::MAX));
        self.all.push(Polygon { rings, kind: context.kind, color: None, texture: None });
        vec![Piece::Surface(self.all.len() - 1, false)]
    }

    /// Gives the surfaces with an id a colour, unless they have one.
    pub(super) fn paint(&mut self, id: &str, color: [u8; 3], steps: &mut Steps) {
        for surface in self.of_id(id, steps) {
            self.all[surface].color.get_or_insert(color);
        }
    }

    /// Numbers of the surfaces with an id.
    pub(super) fn of_id(&self, id: &str, steps: &mut Steps) -> Vec<usize> {
        self.links.surfaces(id, &self.sizes, steps)
    }

    /// Steps for following what refers to the surfaces, `pieces` in all.
    pub(super) fn steps(&self, pieces: usize) -> Steps {
        Steps::of(self.all.len(), pieces)
    }

    /// The surface that the ring with an id is of, and which of its rings it is.
    pub(super) fn ring_of_id(&self, id: &str) -> Option<(usize, usize)> {
        self.rings.get(id).copied()
    }

    /// The rings of a surface, in the coordinates of the file.
    pub(super) fn rings_of(&self, surface: usize) -> &[Vec<[f64; 3]>] {
        &self.all[surface].rings
    }

    /// Gives a surface a picture, unless it has one.
    pub(super) fn put(&mut self, surface: usize, texture: Texture) {
        self.all[surface].texture.get_or_insert(texture);
    }

    /// Notes what is wrong with the picture of a surface.
    pub(super) fn note(&mut self, surface: usize, defect: Defect) {
        self.defects.entry(surface).or_insert(defect);
    }

    /// Gives surfaces that named ones link to their kind.
    pub(super) fn spread_kinds(&mut self) {
        let named = std::mem::take(&mut self.named);
        let mut steps = self.steps(named.len());
        for (id, kind) in named {
            for surface in self.of_id(&id, &mut steps) {
                if self.all[surface].kind == FacetKind::Unknown {
                    self.all[surface].kind = kind;
                }
            }
        }
    }

    /// The surfaces of every geometry.
    pub(super) fn of(&self, drafts: &[&Draft]) -> Vec<Followed> {
        let lists: Vec<&[Piece]> = drafts.iter().map(|d| d.pieces.as_slice()).collect();
        let mut steps = self.steps(lists.iter().map(|pieces| pieces.len()).sum());
        self.links.follow_all(&lists, &self.sizes, &mut steps)
    }

    /// How often geometries use every surface.
    pub(super) fn uses<'f>(&self, followed: impl Iterator<Item = &'f Followed>) -> Vec<u32> {
        let mut uses = vec![0; self.all.len()];
        followed
            .flat_map(|f| &f.surfaces)
            .for_each(|(surface, _)| uses[*surface] = u32::saturating_add(uses[*surface], 1));
        uses
    }

    /// A geometry with its surfaces. `uses` are those that are left of every surface: the last one gets it as it is.
    pub(super) fn resolve(
        &mut self,
        draft: &Draft,
        Followed { surfaces, is_whole, is_given_up }: Followed,
        uses: &mut [u32],
        defects: &mut Vec<Defect>,
    ) -> Option<Geometry> {
        if is_given_up {
            defects.push(Defect::Links);
        } else if !is_whole {
            defects.push(Defect::Link);
        }
        defects.extend(surfaces.iter().filter_map(|s| self.defects.get(&s.0)));
        let polygons: Vec<Polygon> = surfaces
            .into_iter()
            .map(|(i, other_side)| {
                uses[i] = uses[i].saturating_sub(1);
                let polygon = &mut self.all[i];
                let mut polygon = if uses[i] > 0 { polygon.clone() } else { polygon.take() };
                if other_side {
                    polygon.reverse();
                }
                if let Some((m, anchor)) = draft.placing {
                    for v in polygon.rings.iter_mut().flatten() {
                        let row = |r: usize| m[r * 4] * v[0] + m[r * 4 + 1] * v[1] + m[r * 4 + 2] * v[2] + m[r * 4 + 3];
                        *v = std::array::from_fn(|k| row(k) + anchor[k]);
                    }
                }
                polygon
            })
            .collect();
        (!polygons.is_empty()).then_some(Geometry { lod: draft.lod, shape: draft.shape, polygons })
    }
}

/// The id that a link names; files cannot be linked to.
pub(super) fn target(href: &str) -> String {
    href.trim().rsplit('#').next().unwrap_or_default().to_owned()
}
