//! Edges that a tile wants to be seen (`CESIUM_primitive_outline`).

use crate::{NONE, arrays::Turn};
use glam::{DAffine3, DVec3};
use serde::{Deserialize, Serialize};
use tiles3d::content::{Instance, Primitive};

/// Ends of edges that the copies of shapes may add; edges of more are left out, they are a decoration.
const COPIED_ENDS: usize = 600_000;

/// Edges ready for a graphics card, two corners each.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Outlines {
    /// Metres from the tile's anchor, render axes.
    #[serde(with = "tiles3d::transfer::pod")]
    pub positions: Vec<[f32; 3]>,
    /// The feature that each corner is of; [`NONE`] for none.
    #[serde(with = "tiles3d::transfer::pod")]
    pub features: Vec<u32>,
}

impl Outlines {
    /// Memory that its arrays take, bytes.
    #[must_use]
    pub fn byte_size(&self) -> usize {
        size_of_val(&self.positions[..]) + size_of_val(&self.features[..])
    }

    pub(crate) fn add(&mut self, p: &Primitive, turn: &Turn) {
        self.positions.extend(ends(p).map(|i| turn.point(p.positions[i])));
        self.features.extend(ends(p).map(|i| p.feature_ids.get(i).copied().unwrap_or(NONE)));
    }

    /// The edges of every copy.
    pub(crate) fn add_copies(&mut self, p: &Primitive, turn: &Turn, instances: &[Instance]) {
        if p.outline.len().saturating_mul(instances.len()) > COPIED_ENDS {
            return;
        }
        for instance in instances.iter().filter(|i| i.transform.is_finite()) {
            let whole = DAffine3::from_mat3(turn.points) * instance.transform;
            let place = |i: usize| whole.transform_point3(DVec3::from(p.positions[i].map(f64::from))).as_vec3();
            self.positions.extend(ends(p).map(|i| place(i).to_array()));
            let own = |i: usize| instance.feature.or_else(|| p.feature_ids.get(i).copied()).unwrap_or(NONE);
            self.features.extend(ends(p).map(own));
        }
    }
}

/// Both ends of every edge.
fn ends(p: &Primitive) -> impl Iterator<Item = usize> {
    p.outline.iter().map(|i| *i as usize)
}
