//! The materials of a glTF, as its primitives come to need them.

use super::{
    material::{Look, Materials, plain},
    pictures::Pictures,
    texture::Coordinates,
};
use crate::content::{DecodedTile, TileMaterial};

/// Reads a material with its textures when a primitive first has it: what nothing shows costs nothing.
pub(super) struct Looks<'s, 'f, 'e> {
    pub(super) pictures: Pictures<'s, 'f, 'e>,
    materials: Materials,
    known: Vec<Option<Coordinates>>,
}

impl<'s, 'f, 'e> Looks<'s, 'f, 'e> {
    /// Gives the tile all materials, for now without textures, and the default one last.
    pub(super) fn new(pictures: Pictures<'s, 'f, 'e>, tile: &mut DecodedTile) -> Self {
        let materials = &pictures.source().root.materials;
        let known = vec![None; materials.len()];
        tile.materials = materials.iter().map(plain).collect();
        tile.materials.push(TileMaterial::default());
        Self { pictures, materials: Materials::default(), known }
    }

    /// Which of the tile's materials a primitive has that names this one, and what its textures ask of the primitive.
    pub(super) fn of(&mut self, material: Option<usize>, tile: &mut DecodedTile) -> (usize, Coordinates) {
        let root = self.pictures.source().root;
        let named = material.and_then(|i| Some((i, root.materials.get(i)?, self.known.get_mut(i)?)));
        let Some((i, json, known)) = named else { return (root.materials.len(), Coordinates::default()) };
        let coordinates = known.get_or_insert_with(|| {
            let Look { material, coordinates } = self.materials.read(json, i, &mut self.pictures);
            tile.materials.get_mut(i).into_iter().for_each(|m| *m = material.clone());
            coordinates
        });
        (i, *coordinates)
    }

    /// Gives the tile the pictures, and what was wrong with them.
    pub(super) fn finish(self, tile: &mut DecodedTile) {
        let mut found = self.pictures.finish(tile);
        tile.diagnostics.append(&mut found);
    }
}
