//! Carriageways, pavements and markings.

use super::{Look, add_flat};
use crate::city::RoadClass;
use tiles3d::write::WritePrimitive;

/// Where the parts of a road go.
pub(crate) struct RoadTarget<'a> {
    pub(crate) road: &'a mut WritePrimitive,
    pub(crate) sidewalk: &'a mut WritePrimitive,
    pub(crate) marking: &'a mut WritePrimitive,
}

/// Height of a carriageway above the ground: main roads lie over side roads, so that junctions do not flicker.
pub(crate) fn road_height(class: RoadClass) -> f64 {
    match class {
        RoadClass::Motorway | RoadClass::Trunk => 0.27,
        RoadClass::Primary => 0.24,
        RoadClass::Secondary => 0.21,
        RoadClass::Tertiary => 0.18,
        RoadClass::Residential => 0.15,
        RoadClass::Service => 0.13,
        RoadClass::Footway => 0.12,
    }
}

/// Adds a road along `line` (local metres); false when nothing of a line is left.
pub(crate) fn add_road(
    to: &mut RoadTarget<'_>,
    line: &[[f64; 2]],
    width_m: f64,
    (class, oneway): (RoadClass, bool),
    feature: u32,
) -> bool {
    let line = clean_line(line);
    if line.len() < 2 || !(width_m > 0.5 && width_m < 200.0) {
        return false;
    }
    let z = road_height(class);
    let look = Look { color: [255; 4], feature };
    ribbon(to.road, &line, -0.5 * width_m, 0.5 * width_m, z, look);
    ends(to.road, &line, 0.5 * width_m, z, look);
    let pavement = match class {
        RoadClass::Primary | RoadClass::Secondary => Some(4.0),
        RoadClass::Tertiary | RoadClass::Residential => Some(2.5),
        RoadClass::Motorway | RoadClass::Trunk | RoadClass::Service | RoadClass::Footway => None,
    };
    if let Some(pavement) = pavement {
        ribbon(to.sidewalk, &line, -0.5 * width_m - pavement, 0.5 * width_m + pavement, 0.1, look);
    }
    if class <= RoadClass::Secondary {
        for side in [-0.35, 0.35].into_iter().filter(|_| !oneway) {
            ribbon(to.marking, &line, side - 0.12, side + 0.12, z + 0.04, look);
        }
        for lane in lanes(width_m, oneway) {
            dashes(to.marking, &line, lane, z + 0.04, look);
        }
    }
    true
}

fn clean_line(line: &[[f64; 2]]) -> Vec<[f64; 2]> {
    let mut out: Vec<[f64; 2]> = Vec::new();
    for &p in line.iter().filter(|p| p.iter().all(|x| x.is_finite())) {
        if out.last().is_none_or(|q| (p[0] - q[0]).hypot(p[1] - q[1]) > 0.05) {
            out.push(p);
        }
    }
    out
}

/// Offsets of the lane lines from the centre.
fn lanes(width_m: f64, oneway: bool) -> Vec<f64> {
    if oneway {
        let count = (width_m / 3.25).floor() as i32;
        return (1..count).map(|i| width_m * (f64::from(i) / f64::from(count) - 0.5)).collect();
    }
    let per_side = ((0.5 * width_m) / 3.5).floor() as i32;
    (1..per_side).flat_map(|i| [f64::from(i) * 3.5, -f64::from(i) * 3.5]).collect()
}

/// A strip between two offsets to the right of the line, joined at the corners with limited mitres.
fn ribbon(p: &mut WritePrimitive, line: &[[f64; 2]], from: f64, to: f64, z: f64, look: Look) {
    let first = p.positions.len() as u32;
    for i in 0..line.len() {
        let ahead = direction(line, i.min(line.len() - 2));
        let back = direction(line, i.max(1) - 1);
        let sum = [ahead[0] + back[0], ahead[1] + back[1]];
        let length = sum[0].hypot(sum[1]);
        let along = if length < 1e-6 { ahead } else { [sum[0] / length, sum[1] / length] };
        let mitre = 1.0 / (along[0] * ahead[0] + along[1] * ahead[1]).max(0.5);
        let right = [along[1] * mitre, -along[0] * mitre];
        for offset in [from, to] {
            let at = [line[i][0] + right[0] * offset, line[i][1] + right[1] * offset];
            p.positions.push([at[0] as f32, at[1] as f32, z as f32]);
            p.normals.push([0.0, 0.0, 1.0]);
            p.colors.push(look.color);
            p.feature_ids.push(look.feature);
        }
    }
    for i in 0..line.len() as u32 - 1 {
        let a = first + 2 * i;
        p.indices.extend([a, a + 1, a + 3, a, a + 3, a + 2]);
    }
}

fn direction(line: &[[f64; 2]], i: usize) -> [f64; 2] {
    let (a, b) = (line[i], line[i + 1]);
    let d = [b[0] - a[0], b[1] - a[1]];
    let length = d[0].hypot(d[1]).max(1e-9);
    [d[0] / length, d[1] / length]
}

/// Round ends, so that roads that meet leave no notch.
fn ends(p: &mut WritePrimitive, line: &[[f64; 2]], radius: f64, z: f64, look: Look) {
    for end in [line[0], line[line.len() - 1]] {
        let disc: Vec<[f64; 2]> = (0..16)
            .map(|i| {
                let a = std::f64::consts::TAU * f64::from(i) / 16.0;
                [end[0] + radius * a.cos(), end[1] + radius * a.sin()]
            })
            .collect();
        add_flat(p, &disc, z, look);
    }
}

/// Lane line: 6 m long, 9 m apart (GB 5768.3).
fn dashes(p: &mut WritePrimitive, line: &[[f64; 2]], offset: f64, z: f64, look: Look) {
    for i in 0..line.len() - 1 {
        let d = direction(line, i);
        let length = (line[i + 1][0] - line[i][0]).hypot(line[i + 1][1] - line[i][1]);
        let mut at = 20.0;
        while at + 26.0 < length {
            let point = |s: f64| [line[i][0] + d[0] * s, line[i][1] + d[1] * s];
            ribbon(p, &[point(at), point(at + 6.0)], offset - 0.08, offset + 0.08, z, look);
            at += 15.0;
        }
    }
}
