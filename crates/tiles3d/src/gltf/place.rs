//! From a node's frame to the tile's: positions, normals and tangents.

use super::elements::Elements;
use crate::content::direction;
use glam::{DMat3, DMat4, DVec3, Mat3, Vec3};

/// How far from 1 the squared length of a normal may be that is taken as it is.
const UNIT: f32 = 1e-3;

/// Takes vertices to where they stand.
pub(super) struct Place {
    matrix: DMat4,
    /// The same without sums, where there are none: exact in f32, and as fast as a copy.
    shuffle: Option<Shuffle>,
    /// The same with nothing but an offset, as numbers of steps have it.
    steps: Option<Steps>,
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

/// Each coordinate of the result is one of the vertex, times a factor, and so far from zero.
#[derive(Clone, Copy)]
struct Steps {
    from: [usize; 3],
    factor: [f64; 3],
    offset: [f64; 3],
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
        let steps = Steps::of(&matrix);
        Self {
            matrix,
            shuffle: steps.and_then(Shuffle::of),
            steps,
            normal: scaled(cofactors * sign),
            tangent: scaled(linear),
            mirrored,
        }
    }

    /// Where the vertices stand.
    pub(super) fn positions(&self, elements: &Elements<'_>) -> Vec<[f32; 3]> {
        let shuffled = self.shuffle.and_then(|shuffle| shuffle.apply(elements));
        shuffled.unwrap_or_else(|| match self.steps {
            Some(steps) => steps.apply(elements),
            None => elements.map(|p| self.matrix.transform_point3(DVec3::from_array(p)).as_vec3().to_array()),
        })
    }

    /// Unit normals.
    pub(super) fn normals(&self, elements: &Elements<'_>) -> Vec<[f32; 3]> {
        let unit = |n: Vec3| direction(self.normal * n, Vec3::Z).to_array();
        // With equal factors a shuffle turns only.
        let turn = self.steps.filter(|s| s.factor.iter().all(|f| f.abs() == s.factor[0].abs()));
        let turn = turn.map(|s| Shuffle { from: s.from, factor: s.factor.map(|f| f.signum() as f32) });
        let Some(mut normals) = turn.and_then(|turn| turn.apply(elements)) else {
            // Whole numbers are of unit length only by chance.
            if turn == Some(Z_UP)
                && let Some(mut normals) = elements.map_signed(|[x, y, z]| [x, -z, y])
            {
                unit_lengths(&mut normals);
                return normals;
            }
            let floats = elements.map_floats(|n| unit(Vec3::from_array(n)));
            return floats.unwrap_or_else(|| elements.map(|n| unit(DVec3::from_array(n).as_vec3())));
        };
        // Nearly all are of unit length already.
        let is_unit = |n: &[f32; 3]| (n[0] * n[0] + n[1] * n[1] + n[2] * n[2] - 1.0).abs() < UNIT;
        if !normals.iter().fold(true, |all, n| all & is_unit(n)) {
            for n in normals.iter_mut().filter(|n| !is_unit(n)) {
                *n = direction(Vec3::from_array(*n), Vec3::Z).to_array();
            }
        }
        normals
    }

    /// Unit tangents; the fourth number says on which side the bitangent is.
    pub(super) fn tangents(&self, elements: &Elements<'_>) -> Vec<[f32; 4]> {
        let side = if self.mirrored { -1.0f32 } else { 1.0 };
        elements.map(|[x, y, z, w]| {
            let t = direction(self.tangent * DVec3::new(x, y, z).as_vec3(), Vec3::X);
            t.extend(if w < 0.0 { -side } else { side }).to_array()
        })
    }
}

impl Steps {
    /// What `matrix` does, if it is no more than that.
    fn of(matrix: &DMat4) -> Option<Self> {
        let mut out = Self { from: [0; 3], factor: [0.0; 3], offset: [0.0; 3] };
        for i in 0..3 {
            let row = matrix.row(i);
            let mut terms = [(0, row.x), (1, row.y), (2, row.z)].into_iter().filter(|(_, value)| *value != 0.0);
            (out.from[i], out.factor[i]) = terms.next()?;
            out.offset[i] = row.w;
            if terms.next().is_some() {
                return None;
            }
        }
        Some(out)
    }

    fn apply(self, elements: &Elements<'_>) -> Vec<[f32; 3]> {
        let Self { from: [a, b, c], factor: [p, q, r], offset: [x, y, z] } = self;
        // Moved, for what is referred to would be looked up for each.
        let place = move |v: [f64; 3]| [(v[0] * p + x) as f32, (v[1] * q + y) as f32, (v[2] * r + z) as f32];
        // The change from y-up to z-up, which is nearly all there is, without looking up where a number comes from.
        if [a, b, c] == Z_UP.from {
            return elements.map(move |[x, y, z]| place([x, z, y]));
        }
        elements.map(move |v: [f64; 3]| place([v[a], v[b], v[c]]))
    }
}

impl Shuffle {
    /// The same without an offset and in f32, where it can be.
    fn of(steps: Steps) -> Option<Self> {
        let factor = steps.factor.map(|f| f as f32);
        let exact = factor.map(f64::from) == steps.factor && steps.offset == [0.0; 3];
        exact.then_some(Self { from: steps.from, factor })
    }

    /// `None` when the elements are no floats.
    fn apply(self, elements: &Elements<'_>) -> Option<Vec<[f32; 3]>> {
        if self == SAME {
            return elements.map_floats(|v| v);
        }
        if self == Z_UP {
            let packed = elements.packed_floats::<3>().map(z_up);
            return packed.or_else(|| elements.map_floats(|[x, y, z]| [x, -z, y]));
        }
        let Self { from: [a, b, c], factor: [p, q, r] } = self;
        elements.map_floats(|v: [f32; 3]| [v[a] * p, v[b] * q, v[c] * r])
    }
}

/// The change from y-up to z-up of vectors that lie one right after the other: four at once fill registers.
fn z_up(bytes: &[u8]) -> Vec<[f32; 3]> {
    const FROM: [usize; 12] = [0, 2, 1, 3, 5, 4, 6, 8, 7, 9, 11, 10];
    const SIGN: [u32; 12] = [0, 1 << 31, 0, 0, 1 << 31, 0, 0, 1 << 31, 0, 0, 1 << 31, 0];
    let (fours, rest) = bytes.as_chunks::<48>();
    let mut out: Vec<[[f32; 3]; 4]> = Vec::with_capacity(bytes.len().div_ceil(48));
    out.extend(fours.iter().map(|four| {
        let words: [u32; 12] = std::array::from_fn(|i| {
            u32::from_le_bytes([four[4 * i], four[4 * i + 1], four[4 * i + 2], four[4 * i + 3]])
        });
        let turned = |k: usize| f32::from_bits(words[FROM[k]] ^ SIGN[k]);
        std::array::from_fn(|v| [turned(3 * v), turned(3 * v + 1), turned(3 * v + 2)])
    }));
    let mut out = out.into_flattened();
    out.extend(rest.as_chunks::<12>().0.iter().map(|vector| {
        let [x, y, z] = [0, 4, 8].map(|at| vector[at..].first_chunk().map_or(0.0, |b| f32::from_le_bytes(*b)));
        [x, -z, y]
    }));
    out
}

/// In f32, with the largest number 1: only directions matter.
fn scaled(matrix: DMat3) -> Mat3 {
    let largest = matrix.to_cols_array().into_iter().fold(0.0, |most: f64, v| most.max(v.abs()));
    if largest > 0.0 && largest.is_finite() { (matrix * (1.0 / largest)).as_mat3() } else { Mat3::IDENTITY }
}

/// Makes unit vectors of vectors of whole numbers, upright ones of those that are none.
fn unit_lengths(vectors: &mut [[f32; 3]]) {
    /// So many beside each other: roots and quotients of several take as long as one's.
    const LANES: usize = 8;
    let (chunks, rest) = vectors.as_chunks_mut::<LANES>();
    for chunk in chunks {
        let square: [f32; LANES] = std::array::from_fn(|i| {
            let [x, y, z] = chunk[i];
            x * x + y * y + z * z
        });
        // Nothing is shorter than a step but what has no length, and that stays what it is.
        let factor = square.map(|square| 1.0 / square.max(1.0).sqrt());
        for (v, factor) in chunk.iter_mut().zip(factor) {
            *v = v.map(|c| c * factor);
        }
        if square.contains(&0.0) {
            chunk.iter_mut().filter(|v| **v == [0.0; 3]).for_each(|v| *v = Vec3::Z.to_array());
        }
    }
    rest.iter_mut().for_each(|v| *v = direction(Vec3::from_array(*v), Vec3::Z).to_array());
}

/// Whether all numbers are finite.
pub(crate) fn all_finite(vectors: &[[f32; 3]]) -> bool {
    const INFINITY: u32 = f32::INFINITY.to_bits();
    // No early end, so that the compiler looks at several at once.
    vectors.as_flattened().iter().fold(true, |all, v| all & (v.to_bits() & INFINITY != INFINITY))
}

/// Makes positions that are not finite zero, and says how many there were.
pub(super) fn clean(positions: &mut [[f32; 3]]) -> usize {
    if all_finite(positions) {
        return 0;
    }
    let broken = positions.iter_mut().filter(|p| p.iter().any(|v| !v.is_finite()));
    broken.map(|p| *p = [0.0; 3]).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gltf::elements::{Component, Kind, Shape};
    use glam::DQuat;
    use proptest::prelude::*;
    use std::borrow::Cow;

    fn elements<const N: usize>(values: &[[f32; N]]) -> Elements<'static> {
        let bytes = values.as_flattened().iter().flat_map(|v| v.to_le_bytes()).collect();
        let kind = Kind { shape: Shape::Vector(N), component: Component::F32, normalized: false };
        Elements::new(Cow::Owned(bytes), values.len(), None, kind).unwrap()
    }

    #[test]
    fn normals_stay_upright_on_what_is_flattened() {
        // The plane x + y = 0 with x doubled is x / 2 + y = 0.
        let place = Place::new(&DMat4::from_scale(DVec3::new(2.0, 1.0, 1.0)), DVec3::ZERO);
        let [n] = place.normals(&elements(&[[1.0, 1.0, 0.0]]))[..] else { panic!() };
        let expected = Vec3::new(0.5, 1.0, 0.0).normalize();
        assert!((Vec3::from_array(n) - expected).length() < 1e-6, "{n:?}");
        // Without any height there is no inverse, and still one side that is up.
        let flat = Place::new(&DMat4::from_scale(DVec3::new(1.0, 1.0, 0.0)), DVec3::ZERO);
        assert_eq!(flat.normals(&elements(&[[0.1, 0.2, 0.9]])), [[0.0, 0.0, 1.0]]);
        assert!(!flat.mirrored && !place.mirrored);
    }

    #[test]
    fn normals_of_any_length_become_unit_vectors() {
        let place = Place::new(&DMat4::IDENTITY, DVec3::ZERO);
        let normals = place.normals(&elements(&[[0.0, 3.0, 0.0], [0.0; 3], [f32::NAN, 0.0, 0.0], [1.0, 0.0, 0.0]]));
        assert_eq!(normals, [[0.0, 1.0, 0.0], [0.0, 0.0, 1.0], [0.0, 0.0, 1.0], [1.0, 0.0, 0.0]]);
    }

    #[test]
    fn whatever_is_not_finite_is_counted_and_zero() {
        let mut positions = [[1.0, 2.0, 3.0], [f32::INFINITY, 0.0, 0.0], [0.0, f32::NAN, f32::NEG_INFINITY]];
        assert_eq!(clean(&mut positions), 2);
        assert_eq!(positions, [[1.0, 2.0, 3.0], [0.0; 3], [0.0; 3]]);
        assert_eq!(clean(&mut positions), 0);
    }

    /// Vectors of 16-bit numbers, padded to 8 bytes but for the last.
    fn shorts(values: &[[u16; 3]]) -> Elements<'static> {
        let mut bytes: Vec<u8> =
            values.iter().flat_map(|[x, y, z]| [*x, *y, *z, 7]).flat_map(u16::to_le_bytes).collect();
        bytes.truncate(bytes.len() - 2);
        let kind = Kind { shape: Shape::Vector(3), component: Component::U16, normalized: false };
        Elements::new(Cow::Owned(bytes), values.len(), Some(8), kind).unwrap()
    }

    /// Vectors of normalised bytes, padded to 4.
    fn bytes(values: &[[i8; 3]]) -> Elements<'static> {
        let bytes = values.iter().flat_map(|[x, y, z]| [*x, *y, *z, 99].map(i8::cast_unsigned)).collect();
        let kind = Kind { shape: Shape::Vector(3), component: Component::I8, normalized: true };
        Elements::new(Cow::Owned(bytes), values.len(), Some(4), kind).unwrap()
    }

    proptest! {
        #[test]
        fn numbers_of_steps_are_placed_as_the_matrix_does(
            turn in 0usize..7,
            step in prop::sample::select(vec![1.0 / 128.0, 0.1, 3.0]),
            offset in prop::array::uniform3(-1e4f64..1e4),
            points in prop::collection::vec(prop::array::uniform3(any::<u16>()), 1..20),
            normals in prop::collection::vec(prop::array::uniform3(any::<i8>()), 1..20),
        ) {
            let axes = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0], [0, 2, 1]][turn];
            // As glTF's y-up becomes z-up, among others.
            let sign = |i: usize| if (turn == 6 || turn == 1) && i == 2 { -1.0 } else { 1.0 };
            let [x, y, z] = [0, 1, 2].map(|i| DVec3::AXES[axes[i]] * step * sign(i));
            let matrix = DMat4::from_cols(x.extend(0.0), y.extend(0.0), z.extend(0.0), DVec3::from(offset).extend(1.0));
            let place = Place::new(&matrix, DVec3::ZERO);
            prop_assert!(place.steps.is_some() && place.shuffle.is_none());
            let expected = |p: &[u16; 3]| matrix.transform_point3(DVec3::from_array(p.map(f64::from))).as_vec3().to_array();
            let expected: Vec<[f32; 3]> = points.iter().map(expected).collect();
            prop_assert_eq!(place.positions(&shorts(&points)), expected);
            for (n, read) in normals.iter().zip(place.normals(&bytes(&normals))) {
                let turned = matrix.transform_vector3(DVec3::from_array(n.map(|c| f64::from(c.max(-127))))).as_vec3();
                prop_assert!((turned.normalize_or(Vec3::Z) - Vec3::from_array(read)).length() < 1e-5, "{:?}", read);
            }
        }

        #[test]
        fn exchanged_coordinates_are_those_of_the_matrix(
            turn in 0usize..6,
            signs in prop::array::uniform3(any::<bool>()),
            size in prop::sample::select(vec![0.5, 1.0, 2.0]),
            points in prop::collection::vec(prop::array::uniform3(-1e4f32..1e4), 1..12),
        ) {
            let p = points[0];
            let [a, b, c] = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]][turn];
            let axis = |i: usize, k: usize| DVec3::AXES[i] * size * if signs[k] { -1.0 } else { 1.0 };
            let matrix = DMat4::from_mat3(DMat3::from_cols(axis(a, 0), axis(b, 1), axis(c, 2)));
            let place = Place::new(&matrix, DVec3::ZERO);
            prop_assert!(place.shuffle.is_some());
            let expected = |p: &[f32; 3]| matrix.transform_point3(Vec3::from_array(*p).as_dvec3()).as_vec3().to_array();
            let expected: Vec<_> = points.iter().map(expected).collect();
            prop_assert_eq!(place.positions(&elements(&points)), expected);
            let unit = Vec3::from_array(p).normalize_or(Vec3::Z);
            let normal = Vec3::from_array(place.normals(&elements(&[unit.to_array()]))[0]);
            prop_assert!((normal - (place.normal * unit).normalize()).length() < 1e-3);
            prop_assert_eq!(place.mirrored, matrix.determinant() < 0.0);
        }

        #[test]
        fn normals_stay_square_to_what_they_stand_on(
            scale in prop::array::uniform3(0.1f64..10.0),
            turn in prop::array::uniform4(-1.0f64..1.0),
            mirror in any::<bool>(),
            (u, v) in (prop::array::uniform3(-1.0f32..1.0), prop::array::uniform3(-1.0f32..1.0)),
        ) {
            let (u, v) = (Vec3::from_array(u), Vec3::from_array(v));
            let n = u.cross(v);
            prop_assume!(n.length() > 0.1 && DQuat::from_array(turn).length() > 0.1);
            let mut scale = DVec3::from_array(scale);
            scale.x *= if mirror { -1.0 } else { 1.0 };
            let matrix = DMat4::from_scale_rotation_translation(scale, DQuat::from_array(turn).normalize(), DVec3::ZERO);
            let normal = Vec3::from_array(Place::new(&matrix, DVec3::ZERO).normals(&elements(&[n.to_array()]))[0]);
            let [a, b] = [u, v].map(|t| matrix.transform_vector3(t.as_dvec3()).as_vec3().normalize());
            prop_assert!(normal.dot(a).abs() < 1e-3 && normal.dot(b).abs() < 1e-3);
            // It points to the same side as before.
            prop_assert!(normal.dot(matrix.transform_vector3(n.as_dvec3()).as_vec3()) > 0.0);
        }
    }
}
