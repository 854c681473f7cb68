//! Meshes that stand in many places.

use crate::{
    Piece, Surface,
    arrays::{MeshArrays, Turn},
    textures::lay,
};
use glam::{DAffine3, DVec3, Quat, Vec3};
use serde::{Deserialize, Serialize};
use tiles3d::content::{Instance, Primitive, TileMaterial};

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

/// A mesh that stands in many places: drawn in its own frame, placed by each copy's transform.
pub(crate) fn copied(
    p: &Primitive,
    material: &TileMaterial,
    turn: &Turn,
    anchor: DVec3,
    instances: &[Instance],
) -> Piece {
    let mut laid = lay(material, p);
    let mut arrays = MeshArrays::of(p, &mut laid, Surface::Plain, &Turn::NONE, DVec3::ZERO);
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
