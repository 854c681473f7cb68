//! Shapes of the city as triangles: local metres, z up.

mod area;
mod building;
mod facet;
mod lamp;
mod marking;
mod plant;
mod road;
mod roof;
mod split;
mod street;
#[cfg(test)]
mod street_tests;
mod strip;
mod tunnel;

pub(crate) use area::{add_area, add_ground};
pub(crate) use building::{Shape, add_block, add_building, is_height, mean_height};
pub(crate) use facet::{add_facet, facet_color, twice_area_vector};
pub(crate) use lamp::{REACH as LAMP_REACH, lamp_post, lamplight};
pub(crate) use plant::{COARSE_LOOK, LOOKS, plant};
pub(crate) use split::split;
pub(crate) use street::StreetTarget;

use tiles3d::write::WritePrimitive;

/// A surface kind: name and look of its material.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Surface {
    Building,
    Structure,
    Road,
    Sidewalk,
    Marking,
    Water,
    Green,
    Ground,
    Plant,
    Lamp,
    /// What lamps light. Others than cim-twin's viewer see next to nothing of it.
    Lamplight,
    /// With a picture on it.
    Facade,
}

impl Surface {
    /// An empty primitive of this surface.
    pub(crate) fn primitive(self) -> WritePrimitive {
        let (name, color, roughness) = match self {
            Self::Building => ("building", [255, 255, 255], 0.85),
            Self::Structure => ("structure", [255, 255, 255], 0.85),
            Self::Road => ("road", [104, 107, 112], 0.95),
            Self::Sidewalk => ("sidewalk", [172, 170, 165], 0.95),
            Self::Marking => ("marking", [225, 225, 215], 0.9),
            Self::Water => ("water", [58, 98, 112], 0.12),
            Self::Green => ("green", [118, 148, 88], 1.0),
            Self::Ground => ("ground", [172, 170, 160], 1.0),
            Self::Plant => ("plant", [255, 255, 255], 1.0),
            Self::Lamp => ("lamp", [255, 255, 255], 0.6),
            Self::Lamplight => ("lamplight", [255, 255, 255], 1.0),
            Self::Facade => ("facade", [255, 255, 255], 0.85),
        };
        let [r, g, b] = color.map(|c: u8| linear(c));
        // It is seen at night only, of which glTF knows nothing.
        let alpha = if self == Self::Lamplight { 1.0 / 255.0 } else { 1.0 };
        WritePrimitive { material: name.into(), base_color: [r, g, b, alpha], roughness, ..Default::default() }
    }
}

/// Linear value of an sRGB byte (IEC 61966-2-1).
pub(crate) fn linear(c: u8) -> f32 {
    let c = f32::from(c) / 255.0;
    if c <= 0.04045 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
}

/// Linear colour as normalised bytes. Dark tones lose a little; vertex colours only tint.
pub(crate) fn linear_bytes(rgb: [u8; 3]) -> [u8; 4] {
    let [r, g, b] = rgb.map(|c| (linear(c) * 255.0).round() as u8);
    [r, g, b, 255]
}

/// Adds a flat convex polygon seen from the side that its corners turn counter-clockwise on.
pub(crate) fn add_face(p: &mut WritePrimitive, corners: &[[f32; 3]], normal: [f32; 3], look: Look) {
    let first = p.positions.len() as u32;
    for &corner in corners {
        p.positions.push(corner);
        p.normals.push(normal);
        p.colors.push(look.color);
        p.feature_ids.push(look.feature);
    }
    for i in 1..corners.len() as u32 - 1 {
        p.indices.extend([first, first + i, first + i + 1]);
    }
}

/// Adds what another primitive has, of the same kind.
pub(crate) fn append(p: &mut WritePrimitive, other: WritePrimitive) {
    let first = p.positions.len() as u32;
    p.positions.extend(other.positions);
    p.normals.extend(other.normals);
    p.colors.extend(other.colors);
    p.uvs.extend(other.uvs);
    p.feature_ids.extend(other.feature_ids);
    p.indices.extend(other.indices.into_iter().map(|i| first + i));
}

/// Colour and feature of what is being added.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Look {
    pub(crate) color: [u8; 4],
    pub(crate) feature: u32,
}

/// Twice the signed area of a ring: positive when it turns counter-clockwise.
pub(crate) fn twice_area(ring: &[[f64; 2]]) -> f64 {
    (0..ring.len())
        .map(|i| {
            let (a, b) = (ring[i], ring[(i + 1) % ring.len()]);
            a[0] * b[1] - b[0] * a[1]
        })
        .sum()
}

/// The ring counter-clockwise, without repeated corners; `None` when nothing of an area is left.
pub(crate) fn clean_ring(ring: &[[f64; 2]]) -> Option<Vec<[f64; 2]>> {
    let mut out: Vec<[f64; 2]> = Vec::with_capacity(ring.len());
    for &p in ring {
        let near = |q: &[f64; 2]| (p[0] - q[0]).hypot(p[1] - q[1]) < 0.01;
        if p.iter().all(|x| x.is_finite()) && !out.last().is_some_and(near) {
            out.push(p);
        }
    }
    while out.len() > 1 && (out[0][0] - out[out.len() - 1][0]).hypot(out[0][1] - out[out.len() - 1][1]) < 0.01 {
        out.pop();
    }
    let area = twice_area(&out);
    if out.len() < 3 || area.abs() < 1.0 {
        return None;
    }
    if area < 0.0 {
        out.reverse();
    }
    Some(out)
}

/// The holes that are areas, clockwise.
pub(crate) fn clean_holes(holes: &[Vec<[f64; 2]>]) -> Vec<Vec<[f64; 2]>> {
    let mut holes: Vec<_> = holes.iter().filter_map(|h| clean_ring(h)).collect();
    holes.iter_mut().for_each(|h| h.reverse());
    holes
}

/// Adds a horizontal polygon looking up.
pub(crate) fn add_flat(p: &mut WritePrimitive, ring: &[[f64; 2]], z: f64, look: Look) {
    add_flat_with_holes(p, ring, &[], z, look);
}

/// Adds a horizontal polygon with holes, looking up.
pub(crate) fn add_flat_with_holes(
    p: &mut WritePrimitive,
    ring: &[[f64; 2]],
    holes: &[Vec<[f64; 2]>],
    z: f64,
    look: Look,
) {
    let first = p.positions.len() as u32;
    let mut corners = ring.to_vec();
    let mut starts: Vec<u32> = Vec::with_capacity(holes.len());
    for hole in holes {
        starts.push(corners.len() as u32);
        corners.extend(hole);
    }
    for c in &corners {
        p.positions.push([c[0] as f32, c[1] as f32, z as f32]);
        p.normals.push([0.0, 0.0, 1.0]);
        p.colors.push(look.color);
        p.feature_ids.push(look.feature);
    }
    let mut triangles: Vec<u32> = Vec::new();
    earcut::Earcut::new().earcut(corners.iter().copied(), &starts, &mut triangles);
    for t in triangles.chunks_exact(3) {
        let corner = |i: u32| corners[i as usize];
        let turn = twice_area(&[corner(t[0]), corner(t[1]), corner(t[2])]);
        let order = if turn >= 0.0 { [t[0], t[1], t[2]] } else { [t[0], t[2], t[1]] };
        p.indices.extend(order.map(|i| first + i));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn degenerate_rings_are_left_out() {
        assert!(clean_ring(&[[0.0, 0.0], [1.0, 0.0]]).is_none());
        assert!(clean_ring(&[[0.0, 0.0], [5.0, 0.0], [10.0, 0.0]]).is_none());
        assert!(clean_ring(&[[f64::NAN, 0.0]; 4]).is_none());
        assert_eq!(clean_ring(&[[0.0, 0.0], [0.0, 9.0], [9.0, 9.0], [9.0, 0.0], [0.0, 0.0]]).unwrap().len(), 4);
    }

    proptest! {
        #[test]
        fn triangles_keep_the_area(radii in proptest::collection::vec(5.0..50.0f64, 3..30)) {
            let n = radii.len() as f64;
            let ring: Vec<[f64; 2]> = radii.iter().enumerate().map(|(i, r)| {
                let a = std::f64::consts::TAU * i as f64 / n;
                [r * a.cos(), r * a.sin()]
            }).collect();
            let ring = clean_ring(&ring).unwrap();
            let mut p = Surface::Green.primitive();
            add_flat(&mut p, &ring, 0.0, Look { color: [255; 4], feature: 0 });
            let area: f64 = p.indices.chunks_exact(3).map(|t| {
                let c = |i: u32| { let v = p.positions[i as usize]; [f64::from(v[0]), f64::from(v[1])] };
                let a = twice_area(&[c(t[0]), c(t[1]), c(t[2])]);
                assert!(a > -1e-3);
                a
            }).sum();
            prop_assert!((area - twice_area(&ring)).abs() < 1e-3 * area.abs() + 0.1, "{area} {}", twice_area(&ring));
        }
    }
}
