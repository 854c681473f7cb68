//! From a node's frame to the tile's: positions, normals and tangents.

use super::elements::Elements;
use glam::{DMat3, DMat4, DVec3, Mat3, Vec3};

/// How far from 1 the squared length of a normal may be that is taken as it is.
const UNIT: f32 = 1e-3;

/// Takes vertices to where they stand.
pub(super) struct Place {
    matrix: DMat4,
    /// The same without sums, where there are none: exact in f32, and as fast as a copy.
    shuffle: Option<Shuffle>,
    normal: Mat3,
    tangent: Mat3,
    /// Turns the front of triangles to the back.
    pub(super) mirrored: bool,
}

/// Each coordinate of the result is one of the vertex, times a factor.
#[derive(Clone, Copy, PartialEq)]
struct Shuffle {
    from: [usize; 3],
    factor: [f32; 3],
}

/// No change.
const SAME: Shuffle = Shuffle { from: [0, 1, 2], factor: [1.0; 3] };
/// The change from glTF's y-up to z-up.
const Z_UP: Shuffle = Shuffle { from: [0, 2, 1], factor: [1.0, -1.0, 1.0] };

impl Place {
    /// By `transform`, and then relative to `anchor`.
    pub(super) fn new(transform: &DMat4, anchor: DVec3) -> Self {
        let mut matrix = *transform;
        matrix.w_axis -= anchor.extend(0.0);
        let linear = DMat3::from_mat4(matrix);
        let mirrored = linear.determinant() < 0.0;
        let DMat3 { x_axis: x, y_axis: y, z_axis: z } = linear;
        // The inverse transpose but for a factor, and also there where a flattened model has no inverse.
        let cofactors = DMat3::from_cols(y.cross(z), z.cross(x), x.cross(y));
        let sign = if mirrored { -1.0 } else { 1.0 };
        Self {
            matrix,
            shuffle: Shuffle::of(&matrix),
            normal: scaled(cofactors * sign),
            tangent: scaled(linear),
            mirrored,
        }
    }

    /// Where the vertices stand.
    pub(super) fn positions(&self, elements: &Elements<'_>) -> Vec<[f32; 3]> {
        let shuffled = self.shuffle.and_then(|shuffle| shuffle.apply(elements));
        shuffled.unwrap_or_else(|| {
            elements.map(|p| self.matrix.transform_point3(DVec3::from_array(p)).as_vec3().to_array())
        })
    }

    /// Unit normals.
    pub(super) fn normals(&self, elements: &Elements<'_>) -> Vec<[f32; 3]> {
        let unit = |n: Vec3| (self.normal * n).normalize_or(Vec3::Z).to_array();
        // With equal factors a shuffle turns only.
        let turn = self.shuffle.filter(|s| s.factor.iter().all(|f| f.abs() == s.factor[0].abs()));
        let turn = turn.map(|s| Shuffle { factor: s.factor.map(f32::signum), ..s });
        let Some(mut normals) = turn.and_then(|turn| turn.apply(elements)) else {
            let floats = elements.map_floats(|n| unit(Vec3::from_array(n)));
            return floats.unwrap_or_else(|| elements.map(|n| unit(DVec3::from_array(n).as_vec3())));
        };
        // Nearly all are of unit length already.
        let is_unit = |n: &[f32; 3]| (n[0] * n[0] + n[1] * n[1] + n[2] * n[2] - 1.0).abs() < UNIT;
        if !normals.iter().fold(true, |all, n| all & is_unit(n)) {
            for n in normals.iter_mut().filter(|n| !is_unit(n)) {
                *n = Vec3::from_array(*n).normalize_or(Vec3::Z).to_array();
            }
        }
        normals
    }

    /// Unit tangents; the fourth number says on which side the bitangent is.
    pub(super) fn tangents(&self, elements: &Elements<'_>) -> Vec<[f32; 4]> {
        let side = if self.mirrored { -1.0f32 } else { 1.0 };
        elements.map(|[x, y, z, w]| {
            let t = (self.tangent * DVec3::new(x, y, z).as_vec3()).normalize_or(Vec3::X);
            t.extend(if w < 0.0 { -side } else { side }).to_array()
        })
    }
}

impl Shuffle {
    /// The shuffle that `matrix` is, if it is one.
    fn of(matrix: &DMat4) -> Option<Self> {
        let mut out = Self { from: [0; 3], factor: [0.0; 3] };
        for (i, (from, factor)) in out.from.iter_mut().zip(&mut out.factor).enumerate() {
            let row = matrix.row(i);
            let mut terms = [(0, row.x), (1, row.y), (2, row.z)].into_iter().filter(|(_, value)| *value != 0.0);
            let (column, value) = terms.next()?;
            (*from, *factor) = (column, value as f32);
            if terms.next().is_some() || f64::from(*factor) != value || row.w != 0.0 {
                return None;
            }
        }
        Some(out)
    }

    /// `None` when the elements are no floats.
    fn apply(self, elements: &Elements<'_>) -> Option<Vec<[f32; 3]>> {
        if self == SAME {
            return elements.map_floats(|v| v);
        }
        if self == Z_UP {
            return elements.map_floats(|[x, y, z]| [x, -z, y]);
        }
        let Self { from: [a, b, c], factor: [p, q, r] } = self;
        elements.map_floats(|v: [f32; 3]| [v[a] * p, v[b] * q, v[c] * r])
    }
}

/// In f32, with the largest number 1: only directions matter.
fn scaled(matrix: DMat3) -> Mat3 {
    let largest = matrix.to_cols_array().into_iter().fold(0.0, |most: f64, v| most.max(v.abs()));
    if largest > 0.0 && largest.is_finite() { (matrix * (1.0 / largest)).as_mat3() } else { Mat3::IDENTITY }
}

/// Makes positions that are not finite zero, and says how many there were.
pub(super) fn clean(positions: &mut [[f32; 3]]) -> usize {
    const INFINITY: u32 = f32::INFINITY.to_bits();
    let bits = |v: &f32| v.to_bits() & INFINITY;
    if positions.as_flattened().iter().fold(0, |most, v| bits(v).max(most)) < INFINITY {
        return 0;
    }
    let broken = positions.iter_mut().filter(|p| p.iter().any(|v| !v.is_finite()));
    broken.map(|p| *p = [0.0; 3]).count()
}
