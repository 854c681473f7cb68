//! Arrays of one mesh in render axes.

use crate::{
    Surface, packed,
    tangents::tangents,
    textures::Laid,
    walls::{Said, Walls},
};
use glam::{DMat3, DMat4, DVec3, Mat3, Vec3, Vec4};
use serde::{Deserialize, Serialize};
use tiles3d::{
    FeatureTable,
    content::{Colors, NO_FEATURE, Normals, Primitive, PrimitiveMode, UvSlot},
    wide,
};

/// The linear part of the way from a tile's frame to render axes.
pub(crate) struct Turn {
    pub(crate) points: DMat3,
    normals: Mat3,
    pub(crate) mirrored: bool,
}

impl Turn {
    pub(crate) const NONE: Self = Self { points: DMat3::IDENTITY, normals: Mat3::IDENTITY, mirrored: false };

    pub(crate) fn of(render_from_tile: &DMat4) -> Self {
        Self::by(DMat3::from_mat4(*render_from_tile))
    }

    /// This one after another.
    pub(crate) fn after(&self, first: &DMat3) -> Self {
        Self::by(self.points * *first)
    }

    fn by(points: DMat3) -> Self {
        let DMat3 { x_axis: x, y_axis: y, z_axis: z } = points;
        let mirrored = points.determinant() < 0.0;
        // The inverse transpose but for a factor, and also there where a flattened shape has no inverse.
        let cofactors = DMat3::from_cols(y.cross(z), z.cross(x), x.cross(y)) * if mirrored { -1.0 } else { 1.0 };
        let largest = cofactors.to_cols_array().into_iter().fold(f64::MIN_POSITIVE, |most, v| most.max(v.abs()));
        Self { points, normals: (cofactors * largest.recip()).as_mat3(), mirrored }
    }

    /// Adds `from` to `out`, turned.
    pub(crate) fn points(&self, from: &[[f32; 3]], out: &mut Vec<[f32; 3]>) {
        let points = self.points;
        wide::extend(out, from, move |p| turned(&points, *p));
    }

    pub(crate) fn point(&self, p: [f32; 3]) -> [f32; 3] {
        turned(&self.points, p)
    }

    /// Adds `from` to `out`, turned and packed.
    fn normals(&self, from: &Normals, out: &mut Vec<[i16; 4]>) {
        let normals = self.normals;
        match from {
            Normals::Float(from) => wide::extend(out, from, move |n| packed::normal(normals * Vec3::from(*n))),
            Normals::Snorm8(from) => wide::extend(out, from, move |[x, y, z, _]| {
                packed::normal(normals * Vec3::from([*x, *y, *z].map(f32::from)))
            }),
        }
    }

    pub(crate) fn normal(&self, n: [f32; 3]) -> Vec3 {
        (self.normals * Vec3::from(n)).normalize_or(Vec3::Y)
    }

    fn tangent(&self, [x, y, z, side]: [f32; 4]) -> [f32; 4] {
        let along = (self.points * DVec3::from([x, y, z].map(f64::from))).as_vec3().normalize_or(Vec3::X);
        along.extend(if self.mirrored { -side } else { side }).to_array()
    }

    /// Triangles of a mirrored transform are turned round, so that their front stays their front.
    pub(crate) fn indices(&self, primitive: &Primitive, base: u32, out: &mut Vec<u32>) {
        let from = out.len();
        wide::extend(out, &primitive.indices, |i| i + base);
        if self.mirrored && primitive.mode == PrimitiveMode::Triangles {
            for triangle in out[from..].chunks_exact_mut(3) {
                triangle.swap(1, 2);
            }
        }
    }
}

#[inline(always)]
fn turned(points: &DMat3, p: [f32; 3]) -> [f32; 3] {
    (*points * DVec3::from(p.map(f64::from))).as_vec3().to_array()
}

/// What a row of windows adds to the number of a surface in [`MeshArrays::marks`]: all that there can be are less than half.
/// `city.wgsl` has the same number.
pub(crate) const ROW: f32 = 1.0 / 512.0;

/// What a surface is, and the features that are on it.
pub(crate) type Dress<'a> = (Surface, &'a FeatureTable);

/// What a graphics card takes of a mesh; the arrays are as long as `positions`, but for those that may be empty.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MeshArrays {
    /// Triangles or lines.
    pub mode: PrimitiveMode,
    /// Metres from the tile's anchor (a copy's: from its own origin), render axes.
    #[serde(with = "tiles3d::transfer::pod")]
    pub positions: Vec<[f32; 3]>,
    /// Unit normals, in 32,767ths; the fourth is 0.
    #[serde(with = "tiles3d::transfer::pod")]
    pub normals: Vec<[i16; 4]>,
    /// Texture coordinates, or metres of the pattern of the surface; on walls bays from one end and storeys from the ground.
    #[serde(with = "tiles3d::transfer::pod")]
    pub uvs: Vec<[f32; 2]>,
    /// Texture coordinates of the textures that take [`UvSlot::Second`]; empty nearly always. Where there are any there
    /// are no features.
    #[serde(with = "tiles3d::transfer::pod")]
    pub uvs1: Vec<[f32; 2]>,
    /// Unit tangents with the side of the bitangent (1 or -1) last; empty without a normal texture.
    #[serde(with = "tiles3d::transfer::pod")]
    pub tangents: Vec<[f32; 4]>,
    /// Feature (-1 none, [`crate::FEATURE_IN_TAG`]) and [`Surface`] number; of walls the rows of windows from the
    /// ground on, by 512ths, are added to it.
    #[serde(with = "tiles3d::transfer::pod")]
    pub marks: Vec<[f32; 2]>,
    /// Linear colours, in 65,535ths, the material's factor multiplied in; neither is above 1 (glTF 2.0, 3.7.2.1 and 3.9.2).
    #[serde(with = "tiles3d::transfer::pod")]
    pub colors: Vec<[u16; 4]>,
    /// Vertex indices, all in range.
    #[serde(with = "tiles3d::transfer::pod")]
    pub indices: Vec<u32>,
}

impl MeshArrays {
    /// Memory that its arrays take, bytes.
    #[must_use]
    pub fn byte_size(&self) -> usize {
        size_of_val(&self.positions[..])
            + size_of_val(&self.normals[..])
            + size_of_val(&self.uvs[..])
            + size_of_val(&self.tangents[..])
            // They go to the same place.
            + size_of_val(&self.marks[..]).max(size_of_val(&self.uvs1[..]))
            + size_of_val(&self.colors[..])
            + size_of_val(&self.indices[..])
    }

    pub(crate) fn new(mode: PrimitiveMode) -> Self {
        Self {
            mode,
            positions: Vec::new(),
            normals: Vec::new(),
            uvs: Vec::new(),
            uvs1: Vec::new(),
            tangents: Vec::new(),
            marks: Vec::new(),
            colors: Vec::new(),
            indices: Vec::new(),
        }
    }

    /// The only primitive of a mesh, with its textures.
    pub(crate) fn of(
        p: &Primitive,
        laid: &mut Laid,
        (surface, features): Dress<'_>,
        turn: &Turn,
        anchor: DVec3,
    ) -> Self {
        let mut out = Self::new(p.mode);
        out.add(p, laid.material.base_color, (surface, features), turn, anchor);
        if !laid.first.is_empty() {
            out.uvs = std::mem::take(&mut laid.first);
        }
        out.uvs1 = std::mem::take(&mut laid.second);
        if let Some(normal) = laid.material.normal_texture.as_ref().filter(|_| p.mode == PrimitiveMode::Triangles) {
            out.tangents = if p.tangents.len() == p.positions.len() {
                p.tangents.iter().map(|t| turn.tangent(*t)).collect()
            } else {
                tangents(&out, if normal.uvs == UvSlot::First { &out.uvs } else { &out.uvs1 })
            };
        }
        out
    }

    /// Makes room for copies of a primitive.
    pub(crate) fn reserve(&mut self, p: &Primitive, copies: usize) {
        let vertices = p.positions.len().saturating_mul(copies);
        self.positions.reserve(vertices);
        self.normals.reserve(vertices);
        self.uvs.reserve(vertices);
        self.colors.reserve(vertices);
        self.marks.reserve(vertices);
        self.indices.reserve(p.indices.len().saturating_mul(copies));
    }

    /// One more primitive; `factor` is the linear colour of its material.
    pub(crate) fn add(
        &mut self,
        p: &Primitive,
        factor: [f32; 4],
        (surface, features): Dress<'_>,
        turn: &Turn,
        anchor: DVec3,
    ) {
        let base = self.positions.len() as u32;
        turn.points(&p.positions, &mut self.positions);
        if p.normals.len() == p.positions.len() {
            turn.normals(&p.normals, &mut self.normals);
        } else {
            self.normals.resize(self.positions.len(), packed::normal(Vec3::Y));
        }
        let (from, mut rows) = (base as usize, Vec::new());
        match surface {
            Surface::Plain | Surface::Lamplight | Surface::Lamp => self.uvs.resize(self.positions.len(), [0.0; 2]),
            Surface::Building => {
                let said = |feature: u32| {
                    let number = |name: &str| Some(features.get(feature, name)?.as_f64()? as f32).filter(|x| *x > 0.0);
                    Said { floors: number("floors"), height_m: number("height") }
                };
                let (positions, normals) = (&self.positions[from..], &self.normals[from..]);
                let indices = if p.mode == PrimitiveMode::Triangles { &p.indices[..] } else { &[] };
                let windows = Walls { positions, normals, features: &p.feature_ids, indices, anchor }.windows(said);
                self.uvs.extend(windows.iter().map(|w| w.0));
                rows = windows.iter().map(|w| w.1).collect();
            }
            // Patterns on the ground go on from tile to tile; the remainder keeps f32 precise.
            _ => {
                let shift = [anchor.x.rem_euclid(4096.0) as f32, anchor.z.rem_euclid(4096.0) as f32];
                wide::extend(&mut self.uvs, &self.positions[from..], |v| [v[0] + shift[0], v[2] + shift[1]]);
            }
        }
        self.paint(p, Vec4::from(factor));
        self.mark(p, f32::from(surface as u8), &rows);
        turn.indices(p, base, &mut self.indices);
    }

    /// What [`Self::colors`] are of one more primitive.
    fn paint(&mut self, p: &Primitive, factor: Vec4) {
        let out = &mut self.colors;
        match &p.colors {
            Colors::Float(from) => wide::extend(out, from, move |c| packed::color(Vec4::from(*c) * factor)),
            Colors::Unorm8(from) => {
                let part = factor / 255.0;
                wide::extend(out, from, move |c| packed::color(Vec4::from(c.map(f32::from)) * part));
            }
            Colors::Srgb8(_) => out.extend(p.colors.iter().map(|c| packed::color(Vec4::from(c) * factor))),
        }
        out.resize(self.positions.len(), packed::color(factor));
    }

    /// What [`Self::marks`] are of one more primitive, whose surface has the number `surface`.
    fn mark(&mut self, p: &Primitive, surface: f32, rows: &[f32]) {
        if p.feature_ids.len() == p.positions.len() {
            let mark = |f: &u32| [if *f == NO_FEATURE { -1.0 } else { *f as f32 }, surface];
            wide::extend(&mut self.marks, &p.feature_ids, mark);
        } else {
            self.marks.resize(self.positions.len(), [-1.0, surface]);
        }
        let from = self.marks.len() - p.positions.len();
        for (mark, rows) in self.marks.iter_mut().skip(from).zip(rows) {
            mark[1] += rows * ROW;
        }
    }
}
