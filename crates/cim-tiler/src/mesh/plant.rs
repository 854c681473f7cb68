//! Trees, a metre high: few corners, many copies.

use super::{Surface, linear_bytes};
use crate::city::PlantKind;
use glam::Vec3;
use std::collections::HashMap;
use tiles3d::write::WritePrimitive;

/// Looks of each kind.
pub(crate) const LOOKS: usize = 3;
/// The look of all coarse ones: the one whose colour is between those of the others.
pub(crate) const COARSE_LOOK: usize = 0;

/// sRGB colours of crowns in sunlight, by kind and look.
const CROWNS: [[[u8; 3]; LOOKS]; 3] = [
    [[92, 126, 62], [108, 136, 70], [78, 112, 60]],
    [[112, 142, 76], [96, 132, 72], [130, 150, 80]],
    [[58, 92, 62], [66, 100, 70], [52, 84, 66]],
];
const BARK: [u8; 3] = [98, 80, 64];

/// A tree of a kind and a look; the fine one has some 100 triangles, the other is for distances where it is a few pixels.
pub(crate) fn plant(kind: PlantKind, look: usize, fine: bool) -> WritePrimitive {
    let mut p = Surface::Plant.primitive();
    let color = CROWNS[kind as usize][look % LOOKS];
    match kind {
        PlantKind::Broadleaf => {
            trunk(&mut p, 0.42, 0.028, fine);
            crown(&mut p, [0.36, 0.34, 0.33], 0.66, color, (look, fine));
        }
        PlantKind::Columnar => {
            trunk(&mut p, 0.25, 0.022, fine);
            crown(&mut p, [0.15, 0.15, 0.42], 0.58, color, (look, fine));
        }
        PlantKind::Conifer => {
            trunk(&mut p, 0.2, 0.03, fine);
            let sides = if fine { 8 } else { 5 };
            cone(&mut p, 0.12, 0.62, 0.24, sides, color);
            cone(&mut p, 0.45, 1.0, 0.16, sides, color);
        }
    }
    p
}

fn push(p: &mut WritePrimitive, at: Vec3, normal: Vec3, color: [u8; 3]) -> u32 {
    p.positions.push(at.to_array());
    p.normals.push(normal.normalize_or(Vec3::Z).to_array());
    p.colors.push(linear_bytes(color));
    p.positions.len() as u32 - 1
}

/// A colour with less light, for the underside and the inside of crowns.
fn shade(color: [u8; 3], light: f32) -> [u8; 3] {
    color.map(|c| (f32::from(c) * light).clamp(0.0, 255.0) as u8)
}

fn around(i: usize, sides: usize) -> Vec3 {
    let a = std::f32::consts::TAU * i as f32 / sides as f32;
    Vec3::new(a.cos(), a.sin(), 0.0)
}

/// A trunk; a distant one has three sides.
fn trunk(p: &mut WritePrimitive, top: f32, radius: f32, fine: bool) {
    let sides = if fine { 5 } else { 3 };
    let mut ring = |z: f32, r: f32| -> Vec<u32> {
        (0..sides).map(|i| push(p, around(i, sides) * r + Vec3::Z * z, around(i, sides), BARK)).collect()
    };
    let (low, high) = (ring(0.0, radius), ring(top, radius * 0.7));
    for i in 0..sides {
        let j = (i + 1) % sides;
        p.indices.extend([low[i], low[j], high[j], low[i], high[j], high[i]]);
    }
}

/// A crown of leaves: an octahedron, or, near, one whose faces are divided twice, bent outwards and a little ragged.
fn crown(p: &mut WritePrimitive, radii: [f32; 3], middle: f32, color: [u8; 3], (look, fine): (usize, bool)) {
    let corners = [Vec3::X, Vec3::Y, Vec3::NEG_X, Vec3::NEG_Y, Vec3::Z, Vec3::NEG_Z];
    let mut faces: Vec<[Vec3; 3]> = (0..4)
        .flat_map(|i| {
            let (a, b) = (corners[i], corners[(i + 1) % 4]);
            [[a, b, Vec3::Z], [b, a, Vec3::NEG_Z]]
        })
        .collect();
    for _ in 0..if fine { 1 } else { 0 } {
        faces = faces
            .into_iter()
            .flat_map(|[a, b, c]| {
                let [d, e, f] = [a + b, b + c, c + a].map(Vec3::normalize);
                [[a, d, f], [d, b, e], [f, e, c], [d, e, f]]
            })
            .collect();
    }
    let stretch = Vec3::from(radii);
    let mut known: HashMap<[i32; 3], u32> = HashMap::new();
    for face in faces {
        for dir in face {
            let key = dir.to_array().map(|x| (x * 1000.0).round() as i32);
            let corner = *known.entry(key).or_insert_with(|| {
                // Ragged, and the same in every run.
                let wave = (key[0] * 7 + key[1] * 13 + key[2] * 5 + look as i32 * 977) as f32;
                let bump = if fine { 1.0 + 0.13 * (wave * 0.37).sin() } else { 1.06 };
                let light = 0.72 + 0.28 * (0.5 + 0.5 * dir.z);
                push(p, dir * stretch * bump + Vec3::Z * middle, dir / stretch, shade(color, light))
            });
            p.indices.push(corner);
        }
    }
}

/// A tier of a conifer.
fn cone(p: &mut WritePrimitive, low: f32, high: f32, radius: f32, sides: usize, color: [u8; 3]) {
    let slope = radius / (high - low);
    let tip = push(p, Vec3::Z * high, Vec3::Z, color);
    let foot = push(p, Vec3::Z * (low + 0.04), Vec3::NEG_Z, shade(color, 0.55));
    let rim: Vec<u32> = (0..sides)
        .map(|i| {
            push(p, around(i, sides) * radius + Vec3::Z * low, around(i, sides) + Vec3::Z * slope, shade(color, 0.8))
        })
        .collect();
    for i in 0..sides {
        let j = (i + 1) % sides;
        p.indices.extend([rim[i], rim[j], tip, rim[j], rim[i], foot]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trees_are_a_metre_high_and_face_outwards() {
        for kind in [PlantKind::Broadleaf, PlantKind::Columnar, PlantKind::Conifer] {
            for fine in [true, false] {
                let p = plant(kind, 1, fine);
                let top = p.positions.iter().map(|v| v[2]).fold(f32::MIN, f32::max);
                assert!((0.93..1.1).contains(&top), "{kind:?} {fine}: {top}");
                assert!(p.positions.len() <= 90 && p.indices.len() <= 3 * 120, "{kind:?} {fine}: {}", p.indices.len());
                let volume: f32 = p
                    .indices
                    .chunks_exact(3)
                    .map(|t| {
                        let [a, b, c] = [0, 1, 2].map(|k| Vec3::from(p.positions[t[k] as usize]) - Vec3::Z * 0.5);
                        a.dot(b.cross(c))
                    })
                    .sum();
                assert!(volume > 0.0, "{kind:?} {fine}: {volume}");
            }
        }
    }
}
