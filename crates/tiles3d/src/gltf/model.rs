//! From the nodes of a glTF to the primitives of a tile.

use super::{
    accessor::Source,
    instancing::{self, Copies},
    looks::Looks,
    metadata::Metadata,
    place::Place,
    primitive::{Part, read_primitive, turn_over},
    scene::{PlacedMesh, placed_meshes},
};
use crate::{
    Diagnostic,
    content::{DecodeError, DecodedTile},
};
use glam::{DMat4, DVec3};
use std::collections::BTreeMap;

/// Metres from zero at which f32 no longer resolves a millimetre.
const FAR: f64 = 10_000.0;

/// A glTF on its way into a tile.
pub(super) struct Model<'s, 'l, 'f, 'e> {
    pub(super) source: &'s Source<'s>,
    pub(super) metadata: Metadata,
    pub(super) looks: &'l mut Looks<'s, 'f, 'e>,
    /// From glTF's axes to the tile's.
    pub(super) axes: DMat4,
    /// What all positions are relative to, once there is one.
    pub(super) anchor: Option<DVec3>,
}

impl<'s> Model<'s, '_, '_, '_> {
    /// Adds all primitives to the tile, relative to the point that is returned.
    pub(super) fn build(mut self, tile: &mut DecodedTile) -> Result<DVec3, DecodeError> {
        let placed = placed_meshes(self.source.root, self.axes, &mut tile.diagnostics);
        self.note_ignored(&placed, tile);
        let mut uses = BTreeMap::new();
        placed.iter().for_each(|p| *uses.entry(p.index).or_insert(0usize) += 1);
        // A mesh is read once, however many nodes show it.
        let mut meshes: BTreeMap<usize, Vec<Part<'s>>> = BTreeMap::new();
        for placed in &placed {
            let mut parts = match meshes.remove(&placed.index) {
                Some(parts) => parts,
                None => self.parts(placed, tile)?,
            };
            let left = uses.get_mut(&placed.index).map_or(0, |left| {
                *left = left.saturating_sub(1);
                *left
            });
            if left > 0 {
                meshes.insert(placed.index, parts.clone());
            }
            for part in &mut parts {
                part.add_node_feature(self.metadata.node_feature(&placed.node.extensions));
            }
            self.place(placed, parts, tile)?;
        }
        match tile.diagnostics.first() {
            Some(first) if tile.primitives.is_empty() => Err(DecodeError::malformed("glTF", &first.message)),
            _ => Ok(self.anchor.unwrap_or_default()),
        }
    }

    fn note_ignored(&self, placed: &[PlacedMesh<'_>], tile: &mut DecodedTile) {
        let mut note = |there: bool, code, what: &str| {
            if there {
                let message = format!("{what}; the model is drawn in its rest pose");
                tile.diagnostics.push(Diagnostic::new(code, "glTF", message));
            }
        };
        note(placed.iter().any(|p| p.node.skin.is_some()), "gltf-skin-ignored", "skins are not read");
        let morphs = placed.iter().flat_map(|p| &p.mesh.primitives).any(|p| !p.targets.is_empty());
        note(morphs, "gltf-morph-ignored", "morph targets are not read");
    }

    /// The primitives of a mesh; broken ones are named and left out.
    fn parts(&mut self, placed: &PlacedMesh<'s>, tile: &mut DecodedTile) -> Result<Vec<Part<'s>>, DecodeError> {
        let mut parts = Vec::new();
        for (i, primitive) in placed.mesh.primitives.iter().enumerate() {
            match read_primitive(self.source, primitive, self.looks, &mut self.metadata, tile) {
                Ok(part) => parts.extend(part),
                Err(e @ DecodeError::TooLarge { .. }) => return Err(e),
                Err(e) => {
                    let place = format!("mesh {} primitive {i}", placed.index);
                    tile.diagnostics.push(Diagnostic::new("primitive-broken", place, e.to_string()));
                }
            }
        }
        Ok(parts)
    }

    fn place(
        &mut self,
        placed: &PlacedMesh<'_>,
        parts: Vec<Part<'_>>,
        tile: &mut DecodedTile,
    ) -> Result<(), DecodeError> {
        let copies =
            match instancing::read(self.source, placed.node, &mut self.metadata, &mut self.looks.pictures, tile) {
                Err(e @ DecodeError::TooLarge { .. }) => return Err(e),
                Err(e) => {
                    let message = format!("{e}; the mesh is drawn once");
                    tile.diagnostics.push(Diagnostic::new("instances-broken", instancing::NAME, message));
                    None
                }
                Ok(copies) => copies,
            };
        let anchor = self.anchor(placed, &parts, copies.as_ref());
        let found = &mut tile.diagnostics;
        let Some(copies) = copies else {
            let place = Place::new(&placed.transform, anchor);
            return parts.into_iter().try_for_each(|part| {
                self.source.spend(part.placed_bytes())?;
                tile.primitives.push(part.place(&place, found));
                Ok(())
            });
        };
        let copies = copies.place(&placed.transform, &self.axes, anchor, found);
        // The vertices stay where they are in the mesh: far copies are far by their transforms.
        let place = Place::new(&self.axes, DVec3::ZERO);
        for (list, mirrored) in [(copies.upright, false), (copies.mirrored, true)] {
            if list.is_empty() {
                continue;
            }
            for part in &parts {
                self.source.spend(part.placed_bytes())?;
                let mut primitive = part.clone().place(&place, found);
                primitive.instances = Some(tile.instances.len());
                if mirrored {
                    turn_over(&mut primitive);
                }
                tile.primitives.push(primitive);
            }
            tile.instances.push(list);
        }
        Ok(())
    }

    /// What all positions are relative to: where the first mesh stands. Those of its vertices are then numbers of the file,
    /// turned and scaled at most. Of a mesh whose vertices are far from there (whole cities in ECEF), which would lose their
    /// precision in f32, the first vertex.
    fn anchor(&mut self, placed: &PlacedMesh<'_>, parts: &[Part<'_>], copies: Option<&Copies>) -> DVec3 {
        if let Some(anchor) = self.anchor {
            return anchor;
        }
        let first = parts.iter().find_map(Part::first);
        let first = first.and_then(|p| match copies {
            Some(copies) => copies.first(&placed.transform, p),
            None => Some(placed.transform.transform_point3(p)),
        });
        if let Some(first) = first {
            let stands = placed.transform.w_axis.truncate();
            let far = first.is_finite() && first.distance(stands) > FAR;
            let stands = if stands.is_finite() { stands } else { DVec3::ZERO };
            self.anchor = Some(if far { first } else { stands });
        }
        self.anchor.unwrap_or_default()
    }
}
