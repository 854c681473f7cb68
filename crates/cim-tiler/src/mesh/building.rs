//! Extruded buildings.

use super::{
    Look, add_face, add_flat, add_flat_with_holes, clean_holes, clean_ring, linear_bytes,
    roof::{RoofPlanes, mean_share},
};
use crate::city::Roof;
use tiles3d::write::WritePrimitive;

/// Height of the parapet of a flat roof, metres.
const PARAPET_M: f64 = 0.9;

/// Metres of what does not stand on the ground, from its underside to its top, at least.
const THINNEST_M: f64 = 0.05;

/// What is needed of a building, its footprint in local metres.
pub(crate) struct Shape<'a> {
    pub(crate) footprint: &'a [[f64; 2]],
    pub(crate) holes: &'a [Vec<[f64; 2]>],
    /// Metres from the foot to the underside; 0 where there is none.
    pub(crate) base_m: f64,
    pub(crate) height_m: f64,
    /// Metres that the walls go on below the foot, where there is no underside.
    pub(crate) sunk_m: f64,
    pub(crate) roof: Roof,
    pub(crate) wall: [u8; 3],
    pub(crate) roof_color: [u8; 3],
    pub(crate) feature: u32,
}

/// Adds a building; false when its footprint is no area or its height no height.
pub(crate) fn add_building(p: &mut WritePrimitive, shape: &Shape<'_>) -> bool {
    let Some(ring) = clean_ring(shape.footprint) else { return false };
    if !is_height(shape.base_m, shape.height_m, shape.roof) {
        return false;
    }
    let h = shape.height_m;
    let wall = Look { color: linear_bytes(shape.wall), feature: shape.feature };
    let roof = Look { color: linear_bytes(shape.roof_color), feature: shape.feature };
    let holes = clean_holes(shape.holes);
    let low = if shape.base_m > 0.0 { shape.base_m } else { -shape.sunk_m };
    if shape.base_m > 0.0 {
        add_underside(p, &ring, &holes, low, wall);
    }
    match shape.roof {
        Roof::Gable if ring.len() == 4 && holes.is_empty() => {
            walls(p, &ring, low, h, wall);
            gable_roof(p, &ring, h, wall, roof);
        }
        Roof::Shaped(form) if holes.is_empty() => {
            let planes = RoofPlanes::new(&ring, &form);
            planes.add_walls(p, &ring, [low, h], wall);
            planes.add(p, &ring, h, roof);
        }
        // A courtyard's roofs would need more than planes that lean inwards.
        Roof::Shaped(form) => flat(p, (&ring, &holes), [low, h + f64::from(form.rise_m)], (wall, roof)),
        Roof::Flat | Roof::Gable => {
            flat(p, (&ring, &holes), [low, h + PARAPET_M], (wall, roof));
            if h > 15.0 && holes.is_empty() {
                stair_head(p, &ring, h + PARAPET_M, wall, roof);
            }
        }
    }
    true
}

/// Whether a building of some heights above the ground, the eaves' the latter, has any room.
pub(crate) fn is_height(base_m: f64, height_m: f64, roof: Roof) -> bool {
    // A dome has its eaves on the tower below it, and a canopy is thin.
    let (top, least) = (height_m + f64::from(roof.rise_m()), if base_m > 0.0 { THINNEST_M } else { 0.5 });
    base_m >= 0.0 && height_m >= base_m && top - base_m > least && top < 2000.0
}

/// Walls from `low` to `high` and a flat roof. A courtyard's ring turns clockwise, so its walls look into the yard.
fn flat(
    p: &mut WritePrimitive,
    (ring, holes): (&[[f64; 2]], &[Vec<[f64; 2]>]),
    [low, high]: [f64; 2],
    (wall, roof): (Look, Look),
) {
    walls(p, ring, low, high, wall);
    for hole in holes {
        walls(p, hole, low, high, wall);
    }
    add_flat_with_holes(p, ring, holes, high, roof);
}

/// Adds a horizontal polygon looking down.
fn add_underside(p: &mut WritePrimitive, ring: &[[f64; 2]], holes: &[Vec<[f64; 2]>], z: f64, look: Look) {
    let (corner, index) = (p.positions.len(), p.indices.len());
    add_flat_with_holes(p, ring, holes, z, look);
    p.normals[corner..].iter_mut().for_each(|n| *n = [0.0, 0.0, -1.0]);
    p.indices[index..].chunks_exact_mut(3).for_each(|t| t.swap(1, 2));
}

/// Metres that a building's room goes up from its foot on average, its roof included.
pub(crate) fn mean_height(height_m: f64, roof: Roof, footprint: &[[f64; 2]], has_holes: bool) -> f64 {
    if roof == Roof::Gable && footprint.len() == 4 && !has_holes {
        let length = |i: usize| {
            let (a, b) = (footprint[i], footprint[(i + 1) % 4]);
            (b[0] - a[0]).hypot(b[1] - a[1])
        };
        let s = usize::from(length(0) + length(2) < length(1) + length(3));
        return height_m + 0.5 * rise(length((1 + s) % 4).min(length((3 + s) % 4)));
    }
    match roof {
        Roof::Flat | Roof::Gable => height_m + PARAPET_M,
        Roof::Shaped(shape) => {
            height_m + f64::from(shape.rise_m) * if has_holes { 1.0 } else { mean_share(shape.form) }
        }
    }
}

/// Metres that the ridge of a gable roof is above its eaves.
fn rise(span: f64) -> f64 {
    (0.35 * span).clamp(0.8, 4.0)
}

/// Adds what goes straight up from an outline and ends flat; false when the outline is no area.
pub(crate) fn add_block(
    p: &mut WritePrimitive,
    (ring, holes): (&[[f64; 2]], &[Vec<[f64; 2]>]),
    [low, high]: [f64; 2],
    (wall, roof): (Look, Look),
) -> bool {
    let Some(ring) = clean_ring(ring) else { return false };
    let holes = clean_holes(holes);
    flat(p, (&ring, &holes), [low, high], (wall, roof));
    true
}

fn walls(p: &mut WritePrimitive, ring: &[[f64; 2]], z0: f64, z1: f64, look: Look) {
    for i in 0..ring.len() {
        let (a, b) = (ring[i], ring[(i + 1) % ring.len()]);
        let (dx, dy) = (b[0] - a[0], b[1] - a[1]);
        let length = dx.hypot(dy);
        let normal = [(dy / length) as f32, (-dx / length) as f32, 0.0];
        let v = |c: [f64; 2], z: f64| [c[0] as f32, c[1] as f32, z as f32];
        add_face(p, &[v(a, z0), v(b, z0), v(b, z1), v(a, z1)], normal, look);
    }
}

/// The stair and lift head that stands on every taller flat roof: a fifth of the footprint around its centre.
fn stair_head(p: &mut WritePrimitive, ring: &[[f64; 2]], z: f64, wall: Look, roof: Look) {
    let n = ring.len() as f64;
    let centre = ring.iter().fold([0.0, 0.0], |c, q| [c[0] + q[0] / n, c[1] + q[1] / n]);
    let small: Vec<[f64; 2]> =
        ring.iter().map(|q| [centre[0] + 0.22 * (q[0] - centre[0]), centre[1] + 0.5 * (q[1] - centre[1])]).collect();
    if ring.len() == 4 && super::twice_area(&small) > 8.0 {
        walls(p, &small, z, z + 3.2, wall);
        add_flat(p, &small, z + 3.2, roof);
    }
}

fn gable_roof(p: &mut WritePrimitive, ring: &[[f64; 2]], h: f64, wall: Look, roof: Look) {
    let length = |i: usize| {
        let (a, b) = (ring[i], ring[(i + 1) % 4]);
        (b[0] - a[0]).hypot(b[1] - a[1])
    };
    // Rotated so that corners 0-1 and 2-3 are the eaves.
    let s = usize::from(length(0) + length(2) < length(1) + length(3));
    let c = |i: usize| ring[(i + s) % 4];
    let span = length((1 + s) % 4).min(length((3 + s) % 4));
    let rise = rise(span);
    let mid = |a: [f64; 2], b: [f64; 2]| [0.5 * (a[0] + b[0]), 0.5 * (a[1] + b[1])];
    let v = |c: [f64; 2], z: f64| [c[0] as f32, c[1] as f32, z as f32];
    let (r0, r1) = (v(mid(c(3), c(0)), h + rise), v(mid(c(1), c(2)), h + rise));
    let face = |p: &mut WritePrimitive, corners: &[[f32; 3]], look: Look| {
        let [a, b, d] = [0, 1, corners.len() - 1].map(|i| glam::Vec3::from_array(corners[i]));
        add_face(p, corners, (b - a).cross(d - a).normalize_or(glam::Vec3::Z).to_array(), look);
    };
    face(p, &[v(c(0), h), v(c(1), h), r1, r0], roof);
    face(p, &[v(c(2), h), v(c(3), h), r0, r1], roof);
    face(p, &[v(c(1), h), v(c(2), h), r1], wall);
    face(p, &[v(c(3), h), v(c(0), h), r0], wall);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mesh::Surface;

    /// Volume by the divergence theorem; the open bottom at z = 0 adds nothing.
    fn volume(p: &WritePrimitive) -> f64 {
        p.indices
            .chunks_exact(3)
            .map(|t| {
                let [a, b, c] = [0, 1, 2].map(|k| glam::Vec3::from_array(p.positions[t[k] as usize]).as_dvec3());
                a.dot(b.cross(c)) / 6.0
            })
            .sum()
    }

    fn build(footprint: &[[f64; 2]], height_m: f64, roof: Roof) -> (bool, WritePrimitive) {
        let mut p = Surface::Building.primitive();
        let shape = Shape {
            footprint,
            holes: &[],
            base_m: 0.0,
            height_m,
            sunk_m: 0.0,
            roof,
            wall: [200; 3],
            roof_color: [90; 3],
            feature: 3,
        };
        (add_building(&mut p, &shape), p)
    }

    #[test]
    fn walls_and_roofs_face_outwards_whatever_the_direction_of_the_ring() {
        let mut ring = vec![[0.0, 0.0], [10.0, 0.0], [10.0, 20.0], [0.0, 20.0]];
        for _ in 0..2 {
            let (ok, p) = build(&ring, 9.0, Roof::Flat);
            assert!(ok && (volume(&p) - 200.0 * 9.9).abs() < 0.5, "{}", volume(&p));
            let (ok, p) = build(&ring, 5.0, Roof::Gable);
            let expected = 200.0 * 5.0 + 0.5 * 10.0 * 3.5 * 20.0;
            assert!(ok && (volume(&p) - expected).abs() < 0.5, "{}", volume(&p));
            ring.reverse();
        }
    }

    #[test]
    fn a_courtyard_takes_its_room_out_of_the_building() {
        let footprint = [[0.0, 0.0], [30.0, 0.0], [30.0, 30.0], [0.0, 30.0]];
        let mut yard = vec![[10.0, 10.0], [20.0, 10.0], [20.0, 20.0], [10.0, 20.0]];
        for _ in 0..2 {
            let mut p = Surface::Building.primitive();
            let holes = [yard.clone()];
            let (roof, wall, roof_color) = (Roof::Gable, [200; 3], [90; 3]);
            let shape = Shape {
                footprint: &footprint,
                holes: &holes,
                base_m: 0.0,
                height_m: 9.1,
                sunk_m: 0.0,
                roof,
                wall,
                roof_color,
                feature: 0,
            };
            assert!(add_building(&mut p, &shape) && (volume(&p) - 800.0 * 10.0).abs() < 1.0, "{}", volume(&p));
            yard.reverse();
        }
    }

    #[test]
    fn what_is_no_building_is_refused() {
        assert!(!build(&[[0.0, 0.0], [1.0, 0.0]], 9.0, Roof::Flat).0);
        assert!(!build(&[[0.0, 0.0], [9.0, 0.0], [9.0, 9.0]], f64::NAN, Roof::Flat).0);
    }
}
