//! From a node's frame to the tile's: positions, normals and tangents.

use super::elements::Elements;
use crate::{
    content::{Normals, direction},
    wide,
};
use glam::{DMat3, DMat4, DVec3, Mat3, Vec3};

/// How far from 1 the squared length of a normal may be that is taken as it is.
const UNIT: f32 = 1e-3;

/// What stands for 1 in normals of bytes, and how far from its square the squared length of one may be: four hundredths
/// of it, where rounding to whole numbers makes less than two.
const ONE_8: i32 = 127;
const UNIT_8: i32 = ONE_8 * ONE_8 / 25;

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

    /// Where the vertices stand, and whether they all stand somewhere: whether all numbers are finite.
    pub(super) fn positions(&self, elements: &Elements<'_>) -> (Vec<[f32; 3]>, bool) {
        let shuffled = self.shuffle.and_then(|shuffle| shuffle.apply(elements, wide::nowhere));
        let (positions, broken) = shuffled.unwrap_or_else(|| match self.steps {
            Some(steps) => steps.apply(elements),
            None => {
                let place = |p| self.matrix.transform_point3(DVec3::from_array(p)).as_vec3().to_array();
                elements.map_and_look(place, wide::nowhere)
            }
        });
        (positions, broken == 0)
    }

    /// Unit normals.
    pub(super) fn normals(&self, elements: &Elements<'_>) -> Normals {
        // With equal factors a shuffle turns only.
        let turn = self.steps.filter(|s| s.factor.iter().all(|f| f.abs() == s.factor[0].abs()));
        let turn = turn.map(|s| Shuffle { from: s.from, factor: s.factor.map(|f| f.signum() as f32) });
        let bytes = turn.and_then(|turn| turn.apply_to_bytes(elements));
        bytes.map_or_else(|| Normals::Float(self.float_normals(elements, turn)), Normals::Snorm8)
    }

    /// The same as floats; `turn` is all that becomes of a normal, if it is no more than that.
    fn float_normals(&self, elements: &Elements<'_>, turn: Option<Shuffle>) -> Vec<[f32; 3]> {
        let unit = |n: Vec3| direction(self.normal * n, Vec3::Z).to_array();
        let is_unit = |n: &[f32; 3]| (n[0] * n[0] + n[1] * n[1] + n[2] * n[2] - 1.0).abs() < UNIT;
        let turned = turn.and_then(|turn| turn.apply(elements, |n| u32::from(!is_unit(n))));
        let Some((mut normals, others)) = turned else {
            // Whole numbers are of unit length only by chance.
            if turn == Some(Z_UP)
                && let Some(normals) = elements.map_signed(|[x, y, z]| of_whole_numbers([x, -z, y]))
            {
                return normals;
            }
            let floats = elements.map_floats(|n| unit(Vec3::from_array(n)));
            return floats.unwrap_or_else(|| elements.map(|n| unit(DVec3::from_array(n).as_vec3())));
        };
        // Nearly all are of unit length already.
        if others != 0 {
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

    /// Where the vertices stand, and a bit where one stands nowhere.
    fn apply(self, elements: &Elements<'_>) -> (Vec<[f32; 3]>, u32) {
        let Self { from: [a, b, c], factor: [p, q, r], offset: [x, y, z] } = self;
        // Moved, for what is referred to would be looked up for each.
        let place = move |v: [f64; 3]| [(v[0] * p + x) as f32, (v[1] * q + y) as f32, (v[2] * r + z) as f32];
        // The change from y-up to z-up, which is nearly all there is, without looking up where a number comes from.
        if [a, b, c] == Z_UP.from {
            return elements.map_and_look(move |[x, y, z]| place([x, z, y]), wide::nowhere);
        }
        elements.map_and_look(move |v: [f64; 3]| place([v[a], v[b], v[c]]), wide::nowhere)
    }
}

impl Shuffle {
    /// The same without an offset and in f32, where it can be.
    fn of(steps: Steps) -> Option<Self> {
        let factor = steps.factor.map(|f| f as f32);
        let exact = factor.map(f64::from) == steps.factor && steps.offset == [0.0; 3];
        exact.then_some(Self { from: steps.from, factor })
    }

    /// What becomes of the elements, and all bits of what `look` makes of that; `None` when they are no floats.
    fn apply(self, elements: &Elements<'_>, look: impl Fn(&[f32; 3]) -> u32) -> Option<(Vec<[f32; 3]>, u32)> {
        if self == SAME {
            return elements.map_floats_and_look(|v| v, look);
        }
        if self == Z_UP {
            return elements.map_floats_and_look(|[x, y, z]| [x, -z, y], look);
        }
        let Self { from: [a, b, c], factor: [p, q, r] } = self;
        elements.map_floats_and_look(|v: [f32; 3]| [v[a] * p, v[b] * q, v[c] * r], look)
    }
}

impl Shuffle {
    /// What becomes of unit normals in 127ths; `None` when they are something else, or when one is not of unit length.
    fn apply_to_bytes(self, elements: &Elements<'_>) -> Option<Vec<[i8; 4]>> {
        let is_off = |n: &[i8; 4]| {
            let [x, y, z] = [n[0], n[1], n[2]].map(i32::from);
            u32::from((x * x + y * y + z * z - ONE_8 * ONE_8).abs() > UNIT_8)
        };
        let (normals, others) = match self {
            SAME => elements.map_snorm8(|[x, y, z]| [x, y, z, 0], is_off),
            Z_UP => elements.map_snorm8(|[x, y, z]| [x, -z, y, 0], is_off),
            Self { from: [a, b, c], factor } => {
                let [p, q, r] = factor.map(|f| f as i8);
                elements.map_snorm8(|v| [v[a] * p, v[b] * q, v[c] * r, 0], is_off)
            }
        }?;
        (others == 0).then_some(normals)
    }
}

/// In f32, with the largest number 1: only directions matter.
fn scaled(matrix: DMat3) -> Mat3 {
    let largest = matrix.to_cols_array().into_iter().fold(0.0, |most: f64, v| most.max(v.abs()));
    if largest > 0.0 && largest.is_finite() { (matrix * (1.0 / largest)).as_mat3() } else { Mat3::IDENTITY }
}

/// The unit vector of a vector of whole numbers, an upright one of that without length.
#[inline(always)]
fn of_whole_numbers([x, y, z]: [f32; 3]) -> [f32; 3] {
    let square = x * x + y * y + z * z;
    // Nothing is shorter than a step but what has no length.
    let factor = 1.0 / square.max(1.0).sqrt();
    if square == 0.0 { [0.0, 0.0, 1.0] } else { [x * factor, y * factor, z * factor] }
}

/// Makes positions that are not finite zero, and says how many there were.
pub(super) fn clean(positions: &mut [[f32; 3]]) -> usize {
    let broken = positions.iter_mut().filter(|p| wide::nowhere(p) != 0);
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
        let n = place.normals(&elements(&[[1.0, 1.0, 0.0]])).get(0).unwrap();
        let expected = Vec3::new(0.5, 1.0, 0.0).normalize();
        assert!((Vec3::from_array(n) - expected).length() < 1e-6, "{n:?}");
        // Without any height there is no inverse, and still one side that is up.
        let flat = Place::new(&DMat4::from_scale(DVec3::new(1.0, 1.0, 0.0)), DVec3::ZERO);
        assert_eq!(flat.normals(&elements(&[[0.1, 0.2, 0.9]])), Normals::Float(vec![[0.0, 0.0, 1.0]]));
        assert!(!flat.mirrored && !place.mirrored);
    }

    #[test]
    fn normals_of_any_length_become_unit_vectors() {
        let place = Place::new(&DMat4::IDENTITY, DVec3::ZERO);
        let normals = place.normals(&elements(&[[0.0, 3.0, 0.0], [0.0; 3], [f32::NAN, 0.0, 0.0], [1.0, 0.0, 0.0]]));
        let expected = vec![[0.0, 1.0, 0.0], [0.0, 0.0, 1.0], [0.0, 0.0, 1.0], [1.0, 0.0, 0.0]];
        assert_eq!(normals, Normals::Float(expected));
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

    #[test]
    fn unit_normals_of_bytes_stay_bytes() {
        let all = [[127, 0, 0], [0, -128, 0], [73, 73, 73], [-90, 1, 90]];
        let place = Place::new(&DMat4::from_rotation_x(std::f64::consts::FRAC_PI_2), DVec3::ZERO);
        assert!(place.steps.is_none(), "a rotation that is no shuffle but for rounding");
        let z_up = DMat4::from_cols_array(&[2., 0., 0., 0., 0., 0., 2., 0., 0., -2., 0., 0., 5., 6., 7., 1.]);
        let turned = [[127, 0, 0, 0], [0, 0, -127, 0], [73, -73, 73, 0], [-90, -90, 1, 0]];
        assert_eq!(Place::new(&z_up, DVec3::ZERO).normals(&bytes(&all)), Normals::Snorm8(turned.to_vec()));
        let same = Place::new(&DMat4::IDENTITY, DVec3::ZERO).normals(&bytes(&all));
        assert_eq!(same, Normals::Snorm8(all.map(|[x, y, z]: [i8; 3]| [x, y.max(-127), z, 0]).to_vec()));
        let mirrored = Place::new(&DMat4::from_scale(DVec3::new(-1.0, 1.0, 1.0)), DVec3::ZERO);
        assert_eq!(mirrored.normals(&bytes(&all[..1])), Normals::Snorm8(vec![[-127, 0, 0, 0]]));
        // One that is too short for a unit vector, and a transform that is more than a shuffle.
        for (place, normals) in [(Place::new(&z_up, DVec3::ZERO), [[127, 0, 0], [9, 0, 0]]), (place, [[127, 0, 0]; 2])]
        {
            let normals = place.normals(&bytes(&normals));
            assert!(
                matches!(&normals, Normals::Float(list) if list.iter().all(|n| (n[0] - 1.0).abs() < 1e-6)),
                "{normals:?}"
            );
        }
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
            prop_assert!(place.steps.is_some() && (place.shuffle.is_none() || offset == [0.0; 3]));
            let expected = |p: &[u16; 3]| matrix.transform_point3(DVec3::from_array(p.map(f64::from))).as_vec3().to_array();
            let expected: Vec<[f32; 3]> = points.iter().map(expected).collect();
            prop_assert_eq!(place.positions(&shorts(&points)), (expected, true));
            for (n, read) in normals.iter().zip(place.normals(&bytes(&normals)).iter()) {
                let turned = matrix.transform_vector3(DVec3::from_array(n.map(|c| f64::from(c.max(-127))))).as_vec3();
                let length = Vec3::from_array(read).length();
                prop_assert!((turned.normalize_or(Vec3::Z) * length - Vec3::from_array(read)).length() < 1e-5, "{:?}", read);
                prop_assert!((length - 1.0).abs() < 0.021);
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
            prop_assert_eq!(place.positions(&elements(&points)), (expected, true));
            let unit = Vec3::from_array(p).normalize_or(Vec3::Z);
            let normal = Vec3::from_array(place.normals(&elements(&[unit.to_array()])).get(0).unwrap());
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
            let normal = Place::new(&matrix, DVec3::ZERO).normals(&elements(&[n.to_array()])).get(0).unwrap();
            let normal = Vec3::from_array(normal);
            let [a, b] = [u, v].map(|t| matrix.transform_vector3(t.as_dvec3()).as_vec3().normalize());
            prop_assert!(normal.dot(a).abs() < 1e-3 && normal.dot(b).abs() < 1e-3);
            // It points to the same side as before.
            prop_assert!(normal.dot(matrix.transform_vector3(n.as_dvec3()).as_vec3()) > 0.0);
        }
    }
}
