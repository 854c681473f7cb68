//! Meshes that stand in many places.

use crate::{
    Piece, Surface,
    arrays::{MeshArrays, Turn},
    textures::lay,
};
use glam::{DAffine3, DVec3, Quat, Vec3};
use serde::{Deserialize, Serialize};
use tiles3d::{
    FeatureTable,
    content::{Instance, Primitive, PrimitiveMode, TileMaterial},
};

/// In place of a feature's number in `uv_b.x`: the number is the entity's `MeshTag`, for copies that are features.
pub const FEATURE_IN_TAG: f32 = -2.0;

/// One copy of a mesh.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Copy {
    /// Where it stands, site metres.
    pub anchor: DVec3,
    /// How it is turned.
    pub rotation: Quat,
    /// How it is stretched.
    pub scale: Vec3,
    /// The feature that it is.
    pub feature: Option<u32>,
}

/// Corners that copies may have in all and still be put into one mesh.
const MERGED_CORNERS: usize = 600_000;
/// Corners of a shape that may be put into one mesh with its copies: what is larger is worth drawing by itself.
const SMALL: usize = 200;

/// Whether copies become one mesh: street trees are thousands, and a mesh costs a renderer less than thousands of
/// transforms. What can be told from its neighbours, or has textures, stays by itself.
pub(crate) fn merges(p: &Primitive, material: &TileMaterial, instances: &[Instance]) -> bool {
    p.mode == PrimitiveMode::Triangles
        && p.positions.len() <= SMALL
        && p.positions.len().saturating_mul(instances.len()) <= MERGED_CORNERS
        && p.feature_ids.is_empty()
        && instances.iter().all(|i| i.feature.is_none())
        && material.textures().next().is_none()
}

/// Adds the copies of a shape to a mesh around the tile's anchor.
pub(crate) fn merge(
    to: &mut MeshArrays,
    (p, factor, surface): (&Primitive, [f32; 4], Surface),
    turn: &Turn,
    instances: &[Instance],
) {
    let none = FeatureTable::default();
    to.reserve(p, instances.len());
    for instance in instances.iter().filter(|i| i.transform.is_finite()) {
        let from = to.positions.len();
        to.add(p, factor, (surface, &none), &turn.after(&instance.transform.matrix3), DVec3::ZERO);
        let at = turn.points * instance.transform.translation;
        for v in &mut to.positions[from..] {
            *v = (DVec3::from(v.map(f64::from)) + at).as_vec3().to_array();
        }
    }
}

/// A mesh that stands in many places: drawn in its own frame, placed by each copy's transform.
pub(crate) fn copied(
    p: &Primitive,
    material: &TileMaterial,
    turn: &Turn,
    anchor: DVec3,
    instances: &[Instance],
) -> Piece {
    let mut laid = lay(material, p);
    let mut arrays = MeshArrays::of(p, &mut laid, (Surface::Plain, &FeatureTable::default()), &Turn::NONE, DVec3::ZERO);
    if instances.iter().any(|i| i.feature.is_some()) {
        arrays.marks.iter_mut().for_each(|m| m[0] = FEATURE_IN_TAG);
    }
    let copy = |instance: &Instance| {
        let whole = DAffine3::from_mat3(turn.points) * instance.transform;
        let (scale, rotation, at) = whole.to_scale_rotation_translation();
        Copy {
            anchor: anchor + at,
            rotation: rotation.as_quat().normalize(),
            scale: scale.as_vec3(),
            feature: instance.feature,
        }
    };
    let usable = |c: &Copy| c.anchor.is_finite() && c.rotation.is_finite() && c.scale.is_finite();
    let copies = instances.iter().map(copy).filter(usable).collect();
    Piece { arrays, material: laid.material, copies }
}
