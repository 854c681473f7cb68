//! The pictures of a tile: what its surfaces show of them, cut out, scaled down to what can be seen and packed into
//! atlases.

mod cache;
mod cut;
mod pack;
mod region;
mod seen;
mod sheet;

#[cfg(test)]
pub(crate) mod tests;

pub(crate) use cache::Cache;
pub(crate) use seen::{FINEST_PIXEL_M, Shows, pixels};

use crate::{
    mesh::{Look, Surface, add_facet},
    picture::{Picture, Texture, Wrap},
};
use glam::{DVec3, Vec3};
use region::{Region, Sight, regions};
use sheet::{Sheet, sheets};
use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Range,
};
use tiles3d::write::{WriteError, WriteImage, WritePrimitive, WriteWrap};

/// Pixels of all pictures of a tile at most.
const TILE_PIXELS: f64 = 4.0 * (pack::SIDE * pack::SIDE) as f64;

/// The surfaces of a tile that show pictures.
pub(crate) struct Facades {
    /// All of them, with texture coordinates as their sources have them.
    mesh: WritePrimitive,
    facets: Vec<Facet>,
}

struct Facet {
    picture: usize,
    corners: Range<usize>,
    indices: Range<usize>,
    /// What it looks like without its picture; its own colours where none is said.
    plain: (Surface, Option<[u8; 4]>),
}

/// Surfaces with pictures on them, and those whose pictures could not be read, as they look without.
#[derive(Default)]
pub(crate) struct Shown {
    pub(crate) primitives: Vec<WritePrimitive>,
    pub(crate) plain: BTreeMap<Surface, WritePrimitive>,
    /// Features with such surfaces.
    pub(crate) unread: BTreeSet<u32>,
}

impl Default for Facades {
    fn default() -> Self {
        Self { mesh: Surface::Facade.primitive(), facets: Vec::new() }
    }
}

impl Facades {
    /// Adds a polygon (metres) with a picture; `plain` is what it looks like where the picture cannot be read. False when
    /// it has no area.
    pub(crate) fn add(&mut self, rings: &[Vec<DVec3>], texture: &Texture, plain: (Surface, Look)) -> bool {
        let (corner, index) = (self.mesh.positions.len(), self.mesh.indices.len());
        if !add_facet(&mut self.mesh, rings, plain.1) {
            return false;
        }
        self.mesh.uvs.extend(texture.uvs.iter().flatten());
        self.mesh.uvs.resize(self.mesh.positions.len(), [0.0; 2]);
        // White, times the picture.
        self.mesh.colors[corner..].fill([255; 4]);
        self.facets.push(Facet {
            picture: texture.picture,
            corners: corner..self.mesh.positions.len(),
            indices: index..self.mesh.indices.len(),
            plain: (plain.0, Some(plain.1.color)),
        });
        true
    }

    /// Adds triangles (metres) with a picture, of as many normals, colours, texture coordinates and features as there are
    /// positions: the picture is seen times the colours, and the colours alone, as a surface, where it cannot be read.
    pub(crate) fn add_mesh(&mut self, mesh: WritePrimitive, picture: usize, plain: Surface) {
        let (corner, index) = (self.mesh.positions.len(), self.mesh.indices.len());
        self.mesh.positions.extend(mesh.positions);
        self.mesh.normals.extend(mesh.normals);
        self.mesh.colors.extend(mesh.colors);
        self.mesh.uvs.extend(mesh.uvs);
        self.mesh.feature_ids.extend(mesh.feature_ids);
        self.mesh.indices.extend(mesh.indices.iter().map(|i| i + corner as u32));
        self.facets.push(Facet {
            picture,
            corners: corner..self.mesh.positions.len(),
            indices: index..self.mesh.indices.len(),
            plain: (plain, None),
        });
    }

    /// The surfaces with their parts of the pictures, whose pixels are `pixel_m` metres large or larger.
    pub(crate) fn show(&self, pictures: &[Picture], cache: &mut Cache, pixel_m: f64) -> Result<Shown, WriteError> {
        let mut out = Shown::default();
        let mut by_picture: BTreeMap<usize, Vec<Sight>> = BTreeMap::new();
        for (i, facet) in self.facets.iter().enumerate() {
            match pictures.get(facet.picture) {
                Some(picture) => by_picture.entry(facet.picture).or_default().push(self.sight(i, picture, pixel_m)),
                None => self.give_plain(facet, &mut out),
            }
        }
        let mut all: Vec<Region> = by_picture
            .into_iter()
            .flat_map(|(n, sights)| pictures.get(n).map(|p| regions(n, p, sights)).unwrap_or_default())
            .collect();
        let pixels: f64 = all.iter().map(|r| f64::from(r.size[0]) * f64::from(r.size[1]) * r.scale * r.scale).sum();
        let less = (TILE_PIXELS / pixels.max(1.0)).sqrt().min(1.0);
        all.iter_mut().for_each(|r| r.scale *= less);
        let (drawn, unread) = sheets(all, pictures, cache);
        for facet in unread.iter().flat_map(|r| &r.sights).map(|s| &self.facets[s.facet]) {
            self.give_plain(facet, &mut out);
        }
        for sheet in drawn {
            out.primitives.push(self.primitive(&sheet, pictures)?);
        }
        Ok(out)
    }

    /// Where a surface lies on its picture, and how small its pixels may be there.
    fn sight(&self, number: usize, picture: &Picture, pixel_m: f64) -> Sight {
        let facet = &self.facets[number];
        let [width, height] = picture.size.map(f64::from);
        let uvs = &self.mesh.uvs[facet.corners.clone()];
        let corners: Vec<[f64; 2]> =
            uvs.iter().map(|[u, v]| [f64::from(*u) * width, (1.0 - f64::from(*v)) * height]).collect();
        let (mut metres, mut pixels) = (0.0, 0.0);
        for t in self.mesh.indices[facet.indices.clone()].as_chunks::<3>().0 {
            let [a, b, c] = t.map(|i| Vec3::from_array(self.mesh.positions[i as usize]).as_dvec3());
            metres += (b - a).cross(c - a).length();
            let [a, b, c] = t.map(|i| glam::DVec2::from_array(corners[i as usize - facet.corners.start]));
            pixels += (b - a).perp_dot(c - a).abs();
        }
        let scale = ((metres / f64::max(pixels, 1e-9)).sqrt() / pixel_m).min(1.0);
        Sight { facet: number, corners, scale }
    }

    /// The surfaces of a sheet.
    fn primitive(&self, sheet: &Sheet, pictures: &[Picture]) -> Result<WritePrimitive, WriteError> {
        let mut out = Surface::Facade.primitive();
        let [width, height] = [sheet.pixels.width(), sheet.pixels.height()].map(f64::from);
        for (region, at) in &sheet.regions {
            for sight in &region.sights {
                self.give(&self.facets[sight.facet], &mut out);
                out.uvs.extend(sight.corners.iter().map(|c| {
                    let on = |k: usize| at.from[k] + (c[k] - region.at[k] as f64) * at.scale[k];
                    [(on(0) / width) as f32, (on(1) / height) as f32]
                }));
            }
        }
        if out.colors.iter().all(|c| *c == [255; 4]) {
            out.colors.clear();
        }
        let wrap = match sheet.regions.first() {
            Some((region, _)) if region.is_whole => match pictures[region.picture].wrap {
                Wrap::Mirror => WriteWrap::Mirror,
                _ => WriteWrap::Repeat,
            },
            _ => WriteWrap::Clamp,
        };
        let (webp, is_masked) = sheet.webp()?;
        out.image = Some(WriteImage { webp, wrap, is_masked });
        Ok(out)
    }

    /// Adds a surface to others, but for its texture coordinates.
    fn give(&self, facet: &Facet, out: &mut WritePrimitive) {
        let (first, corners) = (out.positions.len(), facet.corners.clone());
        out.positions.extend_from_slice(&self.mesh.positions[corners.clone()]);
        out.normals.extend_from_slice(&self.mesh.normals[corners.clone()]);
        out.colors.extend_from_slice(&self.mesh.colors[corners.clone()]);
        out.feature_ids.extend_from_slice(&self.mesh.feature_ids[corners]);
        let indices = self.mesh.indices[facet.indices.clone()].iter();
        out.indices.extend(indices.map(|i| i - facet.corners.start as u32 + first as u32));
    }

    fn give_plain(&self, facet: &Facet, out: &mut Shown) {
        let (surface, color) = facet.plain;
        out.unread.extend(self.mesh.feature_ids.get(facet.corners.start));
        let primitive = out.plain.entry(surface).or_insert_with(|| surface.primitive());
        self.give(facet, primitive);
        if let Some(color) = color {
            let first = primitive.colors.len() - facet.corners.len();
            primitive.colors[first..].fill(color);
        }
    }
}
