//! Water, green and the ground.

use super::{Look, add_flat_with_holes, clean_holes, clean_ring, split};
use tiles3d::write::WritePrimitive;

/// Adds an area with its islands left out; false when it is none.
pub(crate) fn add_area(
    p: &mut WritePrimitive,
    ring: &[[f64; 2]],
    holes: &[Vec<[f64; 2]>],
    z: f64,
    feature: u32,
) -> bool {
    let Some(ring) = clean_ring(ring) else { return false };
    let before = std::mem::take(&mut p.indices);
    add_flat_with_holes(p, &ring, &clean_holes(holes), z, Look { color: [255; 4], feature });
    split(p, |a, b| (a[0] - b[0]).hypot(a[1] - b[1]) > LONGEST_M);
    p.indices.splice(0..0, before);
    true
}

/// Longest edge of an area's triangles, metres: over 1 km the curved ground rises 2 cm above the chord.
const LONGEST_M: f32 = 1000.0;

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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mesh::{Surface, twice_area};

    #[test]
    fn a_lake_is_split_into_small_triangles_and_keeps_its_area_and_island() {
        let mut p = Surface::Water.primitive();
        let ring = [[0.0, 0.0], [9000.0, 0.0], [9000.0, 5000.0], [0.0, 5000.0]];
        let island = vec![[1000.0, 1000.0], [2000.0, 1000.0], [2000.0, 2000.0], [1000.0, 2000.0]];
        assert!(add_area(&mut p, &ring, &[island], 0.06, 0));
        let mut area = 0.0;
        for t in p.indices.chunks_exact(3) {
            let c = [0, 1, 2].map(|k| {
                let v = p.positions[t[k] as usize];
                [f64::from(v[0]), f64::from(v[1])]
            });
            area += 0.5 * twice_area(&c);
            assert!((0..3).all(|k| (c[k][0] - c[(k + 1) % 3][0]).hypot(c[k][1] - c[(k + 1) % 3][1]) < 1000.1));
        }
        assert!((area - 44e6).abs() < 1e3, "{area}");
    }
}
