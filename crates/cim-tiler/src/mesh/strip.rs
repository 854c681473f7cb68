//! Strips along lines and walls on them.

use super::Look;
use crate::streets::Bed;
use glam::{DVec2, DVec3};
use tiles3d::write::WritePrimitive;

/// To the right of a line at each of its points, as long as a limited mitre makes it.
fn rights(line: &[DVec3]) -> Vec<DVec2> {
    let direction = |i: usize| (line[i + 1] - line[i]).truncate().normalize_or_zero();
    let right = |i: usize| {
        let (ahead, back) = (direction(i.min(line.len() - 2)), direction(i.max(1) - 1));
        let along = (ahead + back).normalize_or(ahead);
        let mitre = 1.0 / along.dot(ahead).max(0.5);
        -along.perp() * mitre
    };
    (0..line.len()).map(right).collect()
}

/// A line so many metres to the right of another and so many above the road that has that in its middle.
pub(super) fn beside(line: &[DVec3], right_m: f64, up_m: f64, bed: Bed<'_>) -> Vec<DVec3> {
    let point = |(p, right): (&DVec3, DVec2)| {
        let at = p.truncate() + right * right_m;
        at.extend(bed.beside(*p, at) + up_m)
    };
    line.iter().zip(rights(line)).map(point).collect()
}

/// The part of a line between two distances along it, at least two points; `None` when nothing of it is left.
pub(super) fn part(line: &[DVec3], from: f64, to: f64, bed: Bed<'_>) -> Option<Vec<DVec3>> {
    let mut out: Vec<DVec3> = Vec::new();
    let mut at = 0.0;
    for pair in line.windows(2) {
        let length = pair[0].truncate().distance(pair[1].truncate());
        let (low, high) = (from.max(at), to.min(at + length));
        if length > 0.0 && low < high {
            let point = |s: f64| bed.between(pair[0], pair[1], (s - at) / length);
            if out.is_empty() {
                out.push(point(low));
            }
            out.push(point(high));
        }
        at += length;
    }
    (out.len() > 1).then_some(out)
}

/// Metres along a line, in plan.
pub(super) fn length(line: &[DVec3]) -> f64 {
    line.windows(2).map(|w| w[0].truncate().distance(w[1].truncate())).sum()
}

fn corner(p: &mut WritePrimitive, at: DVec3, normal: [f32; 3], look: Look) -> u32 {
    p.positions.push(at.to_array().map(|x| x as f32));
    p.normals.push(normal);
    p.colors.push(look.color);
    p.feature_ids.push(look.feature);
    p.positions.len() as u32 - 1
}

/// Adds what lies between two lines of as many points, seen from above: `right` lies to the right of `left`.
pub(super) fn add_between(p: &mut WritePrimitive, left: &[DVec3], right: &[DVec3], look: Look) {
    add_quads(p, left, right, [0.0, 0.0, 1.0], look);
}

/// The same seen from below.
pub(super) fn add_underside(p: &mut WritePrimitive, left: &[DVec3], right: &[DVec3], look: Look) {
    add_quads(p, right, left, [0.0, 0.0, -1.0], look);
}

fn add_quads(p: &mut WritePrimitive, left: &[DVec3], right: &[DVec3], normal: [f32; 3], look: Look) {
    let first = p.positions.len() as u32;
    for (l, r) in left.iter().zip(right) {
        corner(p, *l, normal, look);
        corner(p, *r, normal, look);
    }
    for i in 0..left.len().min(right.len()).saturating_sub(1) as u32 {
        let a = first + 2 * i;
        p.indices.extend([a, a + 1, a + 3, a, a + 3, a + 2]);
    }
}

/// Adds a strip between two offsets to the right of a line and some metres above it.
pub(super) fn add_strip(
    (p, bed): (&mut WritePrimitive, Bed<'_>),
    line: &[DVec3],
    (from, to): (f64, f64),
    up_m: f64,
    look: Look,
) {
    add_between(p, &beside(line, from, up_m, bed), &beside(line, to, up_m, bed), look);
}

/// Adds a wall on a line: from `low` to `high`, lines of as many points, seen from the line's right.
pub(super) fn add_wall(p: &mut WritePrimitive, low: &[DVec3], high: &[DVec3], look: Look) {
    for i in 0..low.len().min(high.len()).saturating_sub(1) {
        let along = (low[i + 1] - low[i]).truncate().normalize_or_zero();
        let normal = (-along.perp()).extend(0.0).to_array().map(|x| x as f32);
        let corners = [low[i], low[i + 1], high[i + 1], high[i]].map(|at| corner(p, at, normal, look));
        let [a, b, c, d] = corners;
        p.indices.extend([a, b, c, a, c, d]);
    }
}

/// A wall seen from the line's left.
pub(super) fn add_wall_left(p: &mut WritePrimitive, low: &[DVec3], high: &[DVec3], look: Look) {
    let back = |line: &[DVec3]| line.iter().rev().copied().collect::<Vec<_>>();
    add_wall(p, &back(low), &back(high), look);
}

/// Adds a polygon seen from above whose corners may differ in height.
pub(super) fn add_polygon(p: &mut WritePrimitive, outline: &[DVec3], up_m: f64, look: Look) {
    add_surface(p, outline, up_m, look, true);
}

/// The same seen from below.
pub(super) fn add_ceiling(p: &mut WritePrimitive, outline: &[DVec3], up_m: f64, look: Look) {
    add_surface(p, outline, up_m, look, false);
}

fn add_surface(p: &mut WritePrimitive, outline: &[DVec3], up_m: f64, look: Look, from_above: bool) {
    let mut triangles: Vec<u32> = Vec::new();
    earcut::Earcut::new().earcut(outline.iter().map(|c| [c.x, c.y]), &[], &mut triangles);
    let first = p.positions.len() as u32;
    outline.iter().for_each(|c| {
        corner(p, *c + DVec3::Z * up_m, [0.0, 0.0, if from_above { 1.0 } else { -1.0 }], look);
    });
    for t in triangles.chunks_exact(3) {
        let [a, b, c] = [t[0], t[1], t[2]].map(|i| outline[i as usize].truncate());
        let order =
            if ((b - a).perp_dot(c - a) >= 0.0) == from_above { [t[0], t[1], t[2]] } else { [t[0], t[2], t[1]] };
        p.indices.extend(order.map(|i| first + i));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mesh::Surface;

    const FLAT: Bed<'_> = Bed::flat();
    const LOOK: Look = Look { color: [255; 4], feature: 3 };

    /// Twice the area of each triangle in plan, and how far its front agrees with the normal.
    fn fronts(p: &WritePrimitive) -> Vec<f32> {
        let at = |i: u32| glam::Vec3::from(p.positions[i as usize]);
        let front = |t: &[u32]| {
            let face = (at(t[1]) - at(t[0])).cross(at(t[2]) - at(t[0]));
            face.dot(glam::Vec3::from(p.normals[t[0] as usize]))
        };
        p.indices.chunks_exact(3).map(front).collect()
    }

    #[test]
    fn strips_walls_and_polygons_show_their_front() {
        let line = [DVec3::ZERO, DVec3::new(10.0, 0.0, 0.0), DVec3::new(20.0, 5.0, 1.0)];
        let mut p = Surface::Road.primitive();
        add_strip((&mut p, FLAT), &line, (-2.0, 3.0), 0.1, LOOK);
        add_underside(&mut p, &beside(&line, -2.0, -1.0, FLAT), &beside(&line, 3.0, -1.0, FLAT), LOOK);
        add_wall(&mut p, &line, &beside(&line, 0.0, 1.0, FLAT), LOOK);
        add_wall_left(&mut p, &line, &beside(&line, 0.0, 1.0, FLAT), LOOK);
        add_polygon(
            &mut p,
            &[[0.0, 0.0], [4.0, 0.0], [4.0, 4.0], [2.0, 1.0]].map(|[x, y]| DVec3::new(x, y, 0.0)),
            0.0,
            LOOK,
        );
        assert_eq!(p.indices.len(), 3 * (4 + 4 + 4 + 4 + 2));
        assert!(fronts(&p).iter().all(|f| *f > 0.0), "{:?}", fronts(&p));
        // To the right of a line that runs east is south; a wall seen from the right looks south.
        assert_eq!(beside(&line, 3.0, 0.5, FLAT)[0], DVec3::new(0.0, -3.0, 0.5));
    }

    #[test]
    fn parts_of_lines() {
        let line = [DVec3::ZERO, DVec3::new(10.0, 0.0, 0.0), DVec3::new(10.0, 10.0, 2.0)];
        assert_eq!(
            part(&line, 5.0, 15.0, FLAT).unwrap(),
            [DVec3::new(5.0, 0.0, 0.0), line[1], DVec3::new(10.0, 5.0, 1.0)]
        );
        assert_eq!(part(&line, -5.0, 50.0, FLAT).unwrap(), line);
        assert_eq!(part(&line, 25.0, 50.0, FLAT), None);
        assert_eq!(length(&line), 20.0);
    }
}
