//! Plane polygons anywhere in space.

use super::{Look, linear_bytes};
use crate::city::{FacetKind, Skin};
use glam::{DVec3, Vec3};
use tiles3d::write::WritePrimitive;

/// Twice the area below which a polygon is nothing, square metres.
const NOTHING_M2: f64 = 1e-6;

/// Adds a polygon (outer ring, then holes; metres) seen from the side that its outer ring turns counter-clockwise on;
/// false when it has no area.
pub(crate) fn add_facet(p: &mut WritePrimitive, rings: &[Vec<DVec3>], look: Look) -> bool {
    let Some(outer) = rings.first() else { return false };
    let normal = twice_area_vector(outer);
    let Some(up) = normal.try_normalize().filter(|_| normal.length() > NOTHING_M2) else { return false };
    // Seen along the axis that the polygon faces most: the plane's own two axes, right-handed with it.
    let side = up.any_orthonormal_vector();
    let ahead = up.cross(side);
    let origin = outer[0];
    let mut corners: Vec<DVec3> = Vec::new();
    let mut starts = Vec::new();
    for (i, ring) in rings.iter().enumerate() {
        if i > 0 {
            starts.push(corners.len() as u32);
        }
        corners.extend(ring);
    }
    let flat = corners.iter().map(|c| [(*c - origin).dot(side), (*c - origin).dot(ahead)]);
    let mut triangles: Vec<u32> = Vec::new();
    earcut::Earcut::new().earcut(flat, &starts, &mut triangles);
    let first = p.positions.len() as u32;
    let mut any = false;
    for t in triangles.chunks_exact(3) {
        let [a, b, c] = [0, 1, 2].map(|k| corners[t[k] as usize]);
        let turn = (b - a).cross(c - a).dot(up);
        if turn.abs() < NOTHING_M2 * 1e-3 {
            continue;
        }
        any = true;
        let order = if turn > 0.0 { [t[0], t[1], t[2]] } else { [t[0], t[2], t[1]] };
        p.indices.extend(order.map(|i| first + i));
    }
    if !any {
        return false;
    }
    let normal = up.as_vec3().to_array();
    for corner in corners {
        p.positions.push(corner.as_vec3().to_array());
        p.normals.push(normal);
        p.colors.push(look.color);
        p.feature_ids.push(look.feature);
    }
    true
}

/// Newell's vector: twice the area long, along the side that the ring turns counter-clockwise on.
pub(crate) fn twice_area_vector(ring: &[DVec3]) -> DVec3 {
    let origin = ring.first().copied().unwrap_or_default();
    (0..ring.len()).map(|i| (ring[i] - origin).cross(ring[(i + 1) % ring.len()] - origin)).sum()
}

/// sRGB colour of a surface of a model whose number is `dice`.
pub(crate) fn facet_color(skin: Skin, kind: FacetKind, up: Vec3, dice: u64) -> [u8; 4] {
    const WALLS: [[u8; 3]; 6] =
        [[214, 202, 182], [202, 184, 160], [222, 214, 200], [188, 176, 164], [206, 196, 190], [194, 166, 144]];
    const FLAT_ROOFS: [[u8; 3]; 3] = [[132, 134, 138], [150, 148, 144], [118, 112, 106]];
    const TILED_ROOFS: [[u8; 3]; 3] = [[150, 84, 66], [132, 78, 64], [112, 84, 76]];
    let of = |list: &[[u8; 3]], shift: u32| list[(dice >> shift) as usize % list.len()];
    let roof = || if up.z > 0.97 { of(&FLAT_ROOFS, 8) } else { of(&TILED_ROOFS, 8) };
    linear_bytes(match (skin, kind) {
        (_, FacetKind::Window) => [58, 76, 92],
        (_, FacetKind::Door) => [96, 74, 58],
        (Skin::Building, FacetKind::Roof) => roof(),
        (Skin::Building, FacetKind::Unknown) if up.z > 0.2 => roof(),
        (Skin::Building, _) => of(&WALLS, 16),
        (Skin::Structure, _) => [176, 174, 170],
        (Skin::Plant, _) => [92, 124, 66],
        (Skin::Road | Skin::Water | Skin::Green | Skin::Land, _) => [255, 255, 255],
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mesh::Surface;
    use proptest::prelude::*;

    fn area(p: &WritePrimitive) -> DVec3 {
        p.indices
            .chunks_exact(3)
            .map(|t| {
                let [a, b, c] = [0, 1, 2].map(|k| Vec3::from_array(p.positions[t[k] as usize]).as_dvec3());
                0.5 * (b - a).cross(c - a)
            })
            .sum()
    }

    const LOOK: Look = Look { color: [255; 4], feature: 0 };

    proptest! {
        #[test]
        fn area_and_side_are_kept_in_any_plane(
            radii in proptest::collection::vec(5.0..50.0f64, 3..24),
            axis in (-1.0..1.0f64, -1.0..1.0f64, -1.0..1.0f64),
            hole in any::<bool>(),
        ) {
            let up = DVec3::new(axis.0, axis.1, axis.2).try_normalize().unwrap_or(DVec3::Z);
            let turn = glam::DQuat::from_rotation_arc(DVec3::Z, up);
            let n = radii.len() as f64;
            let ring = |scale: f64, back: bool| -> Vec<DVec3> {
                let corner = |i: usize| {
                    let a = std::f64::consts::TAU * i as f64 / n * if back { -1.0 } else { 1.0 };
                    let r = if back { 1.0 } else { radii[i] };
                    turn * (DVec3::new(a.cos(), a.sin(), 0.0) * r * scale) + DVec3::new(100.0, -50.0, 7.0)
                };
                (0..radii.len()).map(corner).collect()
            };
            let mut rings = vec![ring(1.0, false)];
            let mut expected = 0.5 * twice_area_vector(&rings[0]);
            // A hole must lie inside: with three corners or so the outline may come as near as half its least radius.
            if hole && radii.len() > 8 {
                rings.push(ring(0.5, true));
                expected += 0.5 * twice_area_vector(&rings[1]);
            }
            let mut p = Surface::Structure.primitive();
            prop_assert!(add_facet(&mut p, &rings, LOOK));
            prop_assert!((area(&p) - expected).length() < 1e-3 * expected.length() + 1e-3, "{} {expected}", area(&p));
        }
    }

    #[test]
    fn lines_and_points_are_no_facets() {
        let mut p = Surface::Structure.primitive();
        let line = vec![DVec3::ZERO, DVec3::X, DVec3::X * 2.0];
        assert!(!add_facet(&mut p, &[line], LOOK) && !add_facet(&mut p, &[], LOOK));
        assert!(!add_facet(&mut p, &[vec![DVec3::ONE; 4]], LOOK));
        assert!(p.positions.is_empty() && p.indices.is_empty());
    }
}
