//! What rays meet of a tile: its triangles, and those of its copies.

use crate::{Bvh, arrays::Turn};
use glam::{DAffine3, DVec3, Vec3};
use tiles3d::content::{Instance, Primitive, PrimitiveMode};

/// Triangles that copies may add for rays; more of them are boxes to a ray.
const PICKED_TRIANGLES: usize = 500_000;

#[derive(Default)]
pub(crate) struct PickArrays {
    positions: Vec<[f32; 3]>,
    indices: Vec<u32>,
    /// Features by ranges of triangles would need sorting: one number a vertex is simpler and small enough.
    features: Vec<u32>,
}

impl PickArrays {
    pub(crate) fn add(&mut self, p: &Primitive, turn: &Turn) {
        let base = self.positions.len() as u32;
        self.positions.extend(p.positions.iter().map(|&v| turn.point(v)));
        self.features.extend((0..p.positions.len()).map(|i| p.feature_ids.get(i).copied().unwrap_or(u32::MAX)));
        turn.indices(p, base, &mut self.indices);
    }

    /// The copies' own triangles, or, where those would be too many or are `scenery`, a box round each copy.
    pub(crate) fn add_copies(&mut self, p: &Primitive, turn: &Turn, instances: &[Instance], scenery: bool) {
        let few = p.indices.len() / 3 * instances.len() <= PICKED_TRIANGLES;
        let boxed = (scenery || !few || p.mode != PrimitiveMode::Triangles).then(|| box_around(&p.positions));
        let (positions, indices) = match &boxed {
            Some((corners, indices)) => (&corners[..], &indices[..]),
            None => (&p.positions[..], &p.indices[..]),
        };
        for instance in instances {
            let base = self.positions.len() as u32;
            let whole = DAffine3::from_mat3(turn.points) * instance.transform;
            let place = |v: &[f32; 3]| whole.transform_point3(DVec3::from(v.map(f64::from))).as_vec3().to_array();
            self.positions.extend(positions.iter().map(place));
            let own = |i: usize| match (instance.feature, &boxed) {
                (Some(feature), _) => feature,
                (None, None) => p.feature_ids.get(i).copied().unwrap_or(u32::MAX),
                (None, Some(_)) => u32::MAX,
            };
            self.features.extend((0..positions.len()).map(own));
            self.indices.extend(indices.iter().map(|i| i + base));
        }
    }

    pub(crate) fn build(self) -> Bvh {
        Bvh::new(self.positions, self.indices, self.features)
    }
}

/// Corners and triangles of the box round some points.
fn box_around(points: &[[f32; 3]]) -> ([[f32; 3]; 8], [u32; 36]) {
    const FACES: [u32; 36] =
        [0, 2, 1, 1, 2, 3, 4, 5, 6, 5, 7, 6, 0, 1, 4, 1, 5, 4, 2, 6, 3, 3, 6, 7, 0, 4, 2, 2, 4, 6, 1, 3, 5, 3, 7, 5];
    let (mut low, mut high) = (Vec3::INFINITY, Vec3::NEG_INFINITY);
    for p in points {
        low = low.min(Vec3::from(*p));
        high = high.max(Vec3::from(*p));
    }
    let corner = |i: usize| {
        let side = |bit: usize, axis: usize| if i >> bit & 1 == 0 { low[axis] } else { high[axis] };
        [side(0, 0), side(1, 1), side(2, 2)]
    };
    (std::array::from_fn(corner), FACES)
}
