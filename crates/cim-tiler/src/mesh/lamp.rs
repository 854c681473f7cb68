//! Street lamps, a metre high: a post whose arm reaches along +x, and the light that it gives.

use super::{Surface, linear_bytes};
use glam::{Vec2, Vec3};
use tiles3d::write::WritePrimitive;

/// How far the lit ground reaches from the foot, as a share of the height.
pub(crate) const REACH: f32 = ARM + ALONG;

/// Length of the arm.
const ARM: f32 = 0.2;
/// From below the head to the edge of the lit ground, along the street and across it.
const ALONG: f32 = 1.75;
const ACROSS: f32 = 1.15;
/// Height of the lit ground: above kerbs, where a lamp is 9 m high.
const LIT: f32 = 0.04;
const STEEL: [u8; 3] = [120, 124, 128];
const HEAD: [u8; 3] = [205, 208, 210];
/// Warm white, 3000 K.
const LIGHT: [u8; 3] = [255, 205, 150];

/// A lamp; a coarse one is for distances where it is a few pixels. Where the colours' alpha is not 255 it glows at night,
/// if it `is_lit`.
pub(crate) fn lamp_post(fine: bool, is_lit: bool) -> WritePrimitive {
    let mut p = Surface::Lamp.primitive();
    let sides = if fine { 6 } else { 3 };
    rod(&mut p, [Vec3::ZERO, Vec3::Z * 0.97], [0.011, 0.006], sides, STEEL);
    if fine {
        rod(&mut p, [Vec3::Z * 0.95, Vec3::new(ARM, 0.0, 1.0)], [0.006, 0.004], 4, STEEL);
    }
    head(&mut p, if is_lit { 254 } else { 255 });
    p
}

/// What a lamp lights: the ground below its head. The colours' alpha is how brightly.
pub(crate) fn lamplight(fine: bool) -> WritePrimitive {
    let mut p = Surface::Lamplight.primitive();
    let sides = if fine { 16 } else { 8 };
    let middle = light(&mut p, Vec3::new(ARM, 0.0, LIT), 255);
    let rim: Vec<u32> = (0..sides)
        .map(|i| {
            let turned = Vec2::from_angle(std::f32::consts::TAU * i as f32 / sides as f32);
            light(&mut p, Vec3::new(ARM + ACROSS * turned.x, ALONG * turned.y, LIT), 0)
        })
        .collect();
    for i in 0..sides {
        p.indices.extend([middle, rim[i], rim[(i + 1) % sides]]);
    }
    p
}

fn push(p: &mut WritePrimitive, at: Vec3, normal: Vec3, color: [u8; 4]) -> u32 {
    p.positions.push(at.to_array());
    p.normals.push(normal.normalize_or(Vec3::Z).to_array());
    p.colors.push(color);
    p.positions.len() as u32 - 1
}

fn light(p: &mut WritePrimitive, at: Vec3, strength: u8) -> u32 {
    let [r, g, b, _] = linear_bytes(LIGHT);
    push(p, at, Vec3::Z, [r, g, b, strength])
}

/// A rod between two points that grows thinner.
fn rod(p: &mut WritePrimitive, [from, to]: [Vec3; 2], radii: [f32; 2], sides: usize, color: [u8; 3]) {
    let (right, ahead) = (to - from).normalize_or(Vec3::Z).any_orthonormal_pair();
    let mut ring = |at: Vec3, radius: f32| -> Vec<u32> {
        (0..sides)
            .map(|i| {
                let turned = Vec2::from_angle(std::f32::consts::TAU * i as f32 / sides as f32);
                let out = right * turned.x + ahead * turned.y;
                push(p, at + out * radius, out, linear_bytes(color))
            })
            .collect()
    };
    let (low, high) = (ring(from, radii[0]), ring(to, radii[1]));
    for i in 0..sides {
        let j = (i + 1) % sides;
        p.indices.extend([low[i], low[j], high[j], low[i], high[j], high[i]]);
    }
}

/// The flat box at the end of the arm.
fn head(p: &mut WritePrimitive, alpha: u8) {
    let [r, g, b, _] = linear_bytes(HEAD);
    let (low, high) = (Vec3::new(ARM - 0.03, -0.018, 0.99), Vec3::new(ARM + 0.05, 0.018, 1.005));
    for axis in 0..3 {
        for side in [-1.0f32, 1.0] {
            let mut normal = Vec3::ZERO;
            normal[axis] = side;
            let (u, v) = ((axis + 1) % 3, (axis + 2) % 3);
            let corner = |a: bool, b: bool| {
                let mut at = if side > 0.0 { high } else { low };
                at[u] = if a { high[u] } else { low[u] };
                at[v] = if b { high[v] } else { low[v] };
                at
            };
            let mut face = [corner(false, false), corner(true, false), corner(true, true), corner(false, true)];
            if side < 0.0 {
                face.reverse();
            }
            let [a, b, c, d] = face.map(|at| push(p, at, normal, [r, g, b, alpha]));
            p.indices.extend([a, b, c, a, c, d]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Volume that the triangles enclose, seen from outside; the open ends of rods miss little of it.
    fn volume(p: &WritePrimitive) -> f32 {
        let corner = |i: u32| Vec3::from(p.positions[i as usize]);
        let six = |t: &[u32]| corner(t[0]).dot(corner(t[1]).cross(corner(t[2])));
        p.indices.chunks_exact(3).map(six).sum::<f32>() / 6.0
    }

    #[test]
    fn a_lamp_is_a_metre_high_and_faces_outwards() {
        for fine in [true, false] {
            let p = lamp_post(fine, true);
            let top = p.positions.iter().map(|v| v[2]).fold(f32::MIN, f32::max);
            assert!((0.99..1.03).contains(&top) && volume(&p) > 0.0, "{fine}: {top} {}", volume(&p));
            assert!(p.positions.len() <= 64, "{}", p.positions.len());
        }
    }

    #[test]
    fn light_is_strongest_under_the_head_and_ends_within_its_reach() {
        let p = lamplight(true);
        for (at, color) in p.positions.iter().zip(&p.colors) {
            let off = Vec2::new(at[0] - ARM, at[1]).length();
            assert_eq!(color[3] == 255, off < 1e-6, "{at:?}");
            assert!(Vec2::new(at[0], at[1]).length() <= REACH + 1e-6, "{at:?}");
        }
        // What lies on the ground is seen from above.
        for t in p.indices.chunks_exact(3) {
            let [a, b, c] = [t[0], t[1], t[2]].map(|i| Vec3::from(p.positions[i as usize]));
            assert!((b - a).cross(c - a).z > 0.0);
        }
    }
}
