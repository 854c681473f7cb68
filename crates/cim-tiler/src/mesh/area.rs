//! Water, green and the ground.

use super::{Look, add_flat, clean_ring};
use tiles3d::write::WritePrimitive;

/// Adds an area; false when it is none.
pub(crate) fn add_area(p: &mut WritePrimitive, ring: &[[f64; 2]], z: f64, feature: u32) -> bool {
    let Some(ring) = clean_ring(ring) else { return false };
    add_flat(p, &ring, z, Look { color: [255; 4], feature });
    true
}

/// Adds the ground: a rectangle in squares of about `step` metres, so that it can follow the curved Earth.
pub(crate) fn add_ground(p: &mut WritePrimitive, low: [f64; 2], high: [f64; 2], step: f64) {
    let cells = |k: usize| (((high[k] - low[k]) / step).ceil() as u32).clamp(1, 200);
    let (nx, ny) = (cells(0), cells(1));
    let at = |k: usize, i: u32, n: u32| low[k] + (high[k] - low[k]) * f64::from(i) / f64::from(n);
    for j in 0..=ny {
        for i in 0..=nx {
            p.positions.push([at(0, i, nx) as f32, at(1, j, ny) as f32, -0.6]);
            p.normals.push([0.0, 0.0, 1.0]);
            p.colors.push([255; 4]);
        }
    }
    for j in 0..ny {
        for i in 0..nx {
            let a = j * (nx + 1) + i;
            p.indices.extend([a, a + 1, a + nx + 2, a, a + nx + 2, a + nx + 1]);
        }
    }
}
