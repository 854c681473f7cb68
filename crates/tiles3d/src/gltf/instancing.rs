//! `EXT_mesh_gpu_instancing` with `EXT_instance_features`: copies of a node's mesh.

use super::{accessor::Source, elements::Elements, features, json::Node, metadata::Metadata, pictures::Pictures};
use crate::{
    Diagnostic,
    content::{DecodeError, DecodedTile, Instance, NO_FEATURE},
};
use glam::{DAffine3, DMat4, DQuat, DVec3};
use serde::Deserialize;
use std::collections::BTreeMap;

/// The extension's name.
pub(super) const NAME: &str = "EXT_mesh_gpu_instancing";

#[derive(Debug, Deserialize)]
struct Instancing {
    attributes: BTreeMap<String, usize>,
}

/// Where the copies of a node's mesh stand in the node's frame, and which feature each of them is.
pub(super) struct Copies {
    places: Vec<DMat4>,
    /// One for each place or none.
    features: Vec<u32>,
}

/// The copies of a node, `None` when it has the extension not.
pub(super) fn read(
    source: &Source<'_>,
    node: &Node,
    metadata: &mut Metadata,
    pictures: &mut Pictures<'_, '_, '_>,
    tile: &mut DecodedTile,
) -> Result<Option<Copies>, DecodeError> {
    let Some(json) = node.extensions.get(NAME) else { return Ok(None) };
    let instancing = Instancing::deserialize(json).map_err(|e| DecodeError::malformed(NAME, e))?;
    let read = |name: &str| instancing.attributes.get(name).map(|accessor| source.elements(*accessor));
    let (mut count, mut elements) = (None, Vec::new());
    for name in ["TRANSLATION", "ROTATION", "SCALE"] {
        let attribute = read(name).transpose()?;
        if let Some(attribute) = &attribute {
            agree(&mut count, attribute.count(), name)?;
        }
        elements.push(attribute);
    }
    // Copies that stand where the node stands differ in nothing but their feature.
    for (name, accessor) in &instancing.attributes {
        agree(&mut count, source.accessor(*accessor)?.count, name)?;
    }
    let count = count.ok_or_else(|| DecodeError::malformed(NAME, "it has no attributes"))?;
    source.spend(count.saturating_mul(size_of::<DMat4>()))?;
    let places = places(&elements, count)?;
    let mut sets = metadata.feature_sets(pictures, &node.extensions, count, &read, tile);
    let features = features::take_primary(&mut sets);
    Ok(Some(Copies { places, features }))
}

fn agree(count: &mut Option<usize>, found: usize, name: &str) -> Result<(), DecodeError> {
    match *count.get_or_insert(found) {
        count if count == found => Ok(()),
        count => Err(DecodeError::malformed(NAME, format!("{found} of {name} for {count} instances"))),
    }
}

/// From translations, rotations and scales, each of which may be missing.
fn places(elements: &[Option<Elements<'_>>], count: usize) -> Result<Vec<DMat4>, DecodeError> {
    let vectors = |elements: Option<&Elements<'_>>, missing: DVec3| match elements {
        Some(e) => Ok(e.at_least::<3>()?.map(DVec3::from_array)),
        None => Ok(vec![missing; count]),
    };
    let attribute = |i: usize| elements.get(i).and_then(Option::as_ref);
    let translations = vectors(attribute(0), DVec3::ZERO)?;
    let rotations = match attribute(1) {
        Some(e) => e.at_least::<4>()?.map(|q| {
            let q = DQuat::from_array(q);
            // Rotations as integers are never quite of unit length.
            if q.length_squared() > 0.0 && q.is_finite() { q.normalize() } else { DQuat::IDENTITY }
        }),
        None => vec![DQuat::IDENTITY; count],
    };
    let scales = vectors(attribute(2), DVec3::ONE)?;
    let each = scales.into_iter().zip(rotations).zip(translations);
    Ok(each.map(|((scale, turn), place)| DMat4::from_scale_rotation_translation(scale, turn, place)).collect())
}

/// Copies in the tile's frame, those whose fronts are turned to the back apart.
#[derive(Default)]
pub(super) struct Placed {
    pub(super) upright: Vec<Instance>,
    pub(super) mirrored: Vec<Instance>,
}

impl Copies {
    /// Where the first copy of `point` of the mesh is.
    pub(super) fn first(&self, transform: &DMat4, point: DVec3) -> Option<DVec3> {
        self.places.first().map(|place| transform.transform_point3(place.transform_point3(point)))
    }

    /// The copies of a mesh whose vertices went through `axes` already; `transform` is that of the node, axes included.
    pub(super) fn place(&self, transform: &DMat4, axes: &DMat4, anchor: DVec3, found: &mut Vec<Diagnostic>) -> Placed {
        let mut out = Placed::default();
        let back = axes.inverse();
        let mut broken = 0;
        for (i, place) in self.places.iter().enumerate() {
            let mut matrix = *transform * *place * back;
            matrix.w_axis -= anchor.extend(0.0);
            if !matrix.is_finite() {
                broken += 1;
                continue;
            }
            let feature = self.features.get(i).copied().filter(|feature| *feature != NO_FEATURE);
            let mirrored = matrix.determinant() < 0.0;
            let list = if mirrored { &mut out.mirrored } else { &mut out.upright };
            list.push(Instance { transform: DAffine3::from_mat4(matrix), feature });
        }
        if broken > 0 {
            let message = format!("{broken} instances have a number that is not finite; left out");
            found.push(Diagnostic::new("instances-broken", NAME, message));
        }
        out
    }
}
