//! Pictures on the surfaces of a file, when all of it is read.

use super::{
    appearance::{Appearances, Mapping},
    geometry::Surfaces,
};
use crate::{
    citymodel::Defect,
    picture::{Pictures, Texture},
};
use std::collections::BTreeMap;

impl Surfaces {
    /// Gives the surfaces their colours and pictures, unless they have such already.
    pub(super) fn dress(&mut self, appearances: &Appearances, pictures: &mut Pictures) {
        let targets = appearances.images().map(|image| image.targets.len()).sum::<usize>();
        let mut steps = self.steps(appearances.colors().count() + targets);
        for (id, color) in appearances.colors() {
            self.paint(id, *color, &mut steps);
        }
        for image in appearances.images() {
            let found = pictures.find(&image.uri, image.wrap);
            for (id, mapping) in &image.targets {
                let surfaces = self.of_id(id, &mut steps);
                let placed = found.and_then(|picture| {
                    let matrix = match mapping {
                        Mapping::Rings(lists) => return self.by_rings(&surfaces, lists, picture),
                        Mapping::Matrix(matrix) => Some(*matrix),
                        Mapping::World(world) => world.matrix(&pictures.list[picture]),
                        Mapping::Unread => None,
                    };
                    self.by_matrix(&surfaces, &matrix.ok_or(Defect::PictureUnplaced)?, picture)
                });
                if let Err(defect) = placed {
                    surfaces.iter().for_each(|s| self.note(*s, defect));
                }
            }
        }
    }

    /// Puts a picture where a matrix says.
    fn by_matrix(&mut self, surfaces: &[usize], m: &[f64; 12], picture: usize) -> Result<(), Defect> {
        for surface in surfaces {
            let uv = |c: &[f64; 3]| {
                let row = |r: usize| m[4 * r] * c[0] + m[4 * r + 1] * c[1] + m[4 * r + 2] * c[2] + m[4 * r + 3];
                [(row(0) / row(2)) as f32, (row(1) / row(2)) as f32]
            };
            let uvs = self.rings_of(*surface).iter().map(|r| r.iter().map(uv).collect()).collect();
            self.put(*surface, Texture::new(picture, uvs).ok_or(Defect::PictureUnplaced)?);
        }
        Ok(())
    }

    /// Puts a picture where lists for the rings of surfaces say; rings without an id are those of the one surface in their
    /// order.
    fn by_rings(
        &mut self,
        surfaces: &[usize],
        lists: &[(String, Vec<[f32; 2]>)],
        picture: usize,
    ) -> Result<(), Defect> {
        let mut found: BTreeMap<usize, BTreeMap<usize, &[[f32; 2]]>> = BTreeMap::new();
        for (n, (id, uvs)) in lists.iter().enumerate() {
            let alone = if let [surface] = surfaces { Some((*surface, n)) } else { None };
            let (surface, ring) = self.ring_of_id(id).or(alone).ok_or(Defect::PictureUnplaced)?;
            found.entry(surface).or_default().insert(ring, uvs);
        }
        for (surface, lists) in found {
            let ring = |(i, corners): (usize, &Vec<[f64; 3]>)| {
                // The last corner of a ring is its first, in its list as well.
                let uvs = lists.get(&i).filter(|uvs| (corners.len()..=corners.len() + 1).contains(&uvs.len()))?;
                Some(uvs[..corners.len()].to_vec())
            };
            let uvs = self.rings_of(surface).iter().enumerate().map(ring).collect::<Option<_>>();
            let texture = uvs.and_then(|uvs| Texture::new(picture, uvs)).ok_or(Defect::PictureUnplaced)?;
            self.put(surface, texture);
        }
        Ok(())
    }
}
