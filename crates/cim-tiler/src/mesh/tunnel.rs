//! What is below the ground of streets: the walls of cuttings, portals, and the walls and roofs of tunnels.

use super::{
    Look, linear_bytes,
    street::{CARRIAGEWAY_M, CONCRETE, KERB_M, PARAPET_M, RAISED_M, StreetTarget, THICK_M},
    strip::{add_between, add_ceiling, add_underside, add_wall, add_wall_left, beside},
};
use crate::{
    city::RoadClass,
    streets::{Junction, Piece, room_m},
};
use glam::DVec3;

/// Depth from which on a road has walls, metres.
const SUNK_M: f64 = 0.05;
/// How far walls that are seen from outside reach below the ground, metres.
const FOOT_M: f64 = 0.8;

/// How high above the ground the wall of a cutting ends, beside a road at `z`: with a parapet as high as the cutting is deep,
/// where it begins.
fn crest(z: f64, floor: f64) -> f64 {
    CARRIAGEWAY_M + floor + PARAPET_M * (-z / RAISED_M).clamp(0.0, 1.0)
}

/// How high above the ground the roof over a carriageway at `z` is: as high as its room wants, and below the ground, where
/// something lies over a ramp.
fn roof(z: f64, room: f64) -> f64 {
    /// From the ground down to a roof, metres.
    const BELOW_M: f64 = 0.4;
    (z + CARRIAGEWAY_M + room).min(-BELOW_M).max(z + CARRIAGEWAY_M)
}

impl StreetTarget<'_> {
    /// The walls of what is below the ground: of cuttings up to the ground and a parapet, of tunnels up to their roof, which
    /// is seen from below only. `reach` is half the width, `floor` how high above the carriageway people walk.
    pub(super) fn sunk(&mut self, piece: &Piece, (reach, floor): (f64, f64), class: RoadClass, feature: u32) {
        let look = Look { color: linear_bytes(CONCRETE), feature };
        let sunk = |i: usize| piece.line[i].z.min(piece.line[i + 1].z) < -SUNK_M;
        let segments = piece.covered.len();
        let mut from = 0;
        while from < segments {
            let kind = |i: usize| (sunk(i), piece.covered[i]);
            let count = (from..segments).take_while(|i| kind(*i) == kind(from)).count();
            let line = &piece.line[from..=from + count];
            match kind(from) {
                (_, true) => self.bore(line, reach, room_m(class), look),
                (true, false) => self.cutting(line, (reach, floor), look),
                (false, false) => {}
            }
            from += count;
        }
        for i in 0..=segments {
            let is_covered = |i: Option<usize>| i.and_then(|i| piece.covered.get(i)).copied();
            let portal = match (is_covered(i.checked_sub(1)), is_covered(Some(i))) {
                (Some(false), Some(true)) => Some(true),
                (Some(true), Some(false)) => Some(false),
                (None, Some(true)) if piece.mouths[0] => Some(true),
                (Some(true), None) if piece.mouths[1] => Some(false),
                _ => None,
            };
            if let Some(begins) = portal {
                self.portal(&piece.line, (i, begins), reach, room_m(class), look);
            }
        }
    }

    /// The walls on both sides of an open cutting.
    fn cutting(&mut self, line: &[DVec3], (reach, floor): (f64, f64), look: Look) {
        let crests =
            |line: Vec<DVec3>| line.iter().map(|p| p.truncate().extend(crest(p.z, floor))).collect::<Vec<DVec3>>();
        for side in [1.0, -1.0] {
            let (inner, outer) = (side * reach, side * (reach + THICK_M));
            let wall = |offset: f64| beside(line, offset, 0.0, self.bed);
            let (low, top) = (beside(line, inner, CARRIAGEWAY_M, self.bed), crests(wall(inner)));
            let edge: Vec<DVec3> = wall(outer).iter().zip(&top).map(|(p, top)| p.truncate().extend(top.z)).collect();
            let foot: Vec<DVec3> = edge.iter().map(|p| p.truncate().extend(-FOOT_M)).collect();
            if side > 0.0 {
                add_wall_left(self.structure, &low, &top, look);
                add_wall(self.structure, &foot, &edge, look);
                add_between(self.structure, &top, &edge, look);
            } else {
                add_wall(self.structure, &low, &top, look);
                add_wall_left(self.structure, &foot, &edge, look);
                add_between(self.structure, &edge, &top, look);
            }
        }
    }

    /// The walls and the roof of a tunnel.
    fn bore(&mut self, line: &[DVec3], reach: f64, room: f64, look: Look) {
        let walls = |offset: f64| {
            let line = beside(line, offset, 0.0, self.bed);
            let low = line.iter().map(|p| *p + DVec3::Z * CARRIAGEWAY_M).collect::<Vec<DVec3>>();
            let high = line.iter().map(|p| p.truncate().extend(roof(p.z, room))).collect::<Vec<DVec3>>();
            [low, high]
        };
        let (right, left) = (walls(reach), walls(-reach));
        add_wall_left(self.structure, &right[0], &right[1], look);
        add_wall(self.structure, &left[0], &left[1], look);
        add_underside(self.structure, &left[1], &right[1], look);
    }

    /// A wall above the opening at a point of a line where a tunnel begins, or where it ends.
    fn portal(&mut self, line: &[DVec3], (i, begins): (usize, bool), reach: f64, room: f64, look: Look) {
        let wide = reach + THICK_M;
        let end = |offset: f64| beside(line, offset, 0.0, self.bed)[i];
        let (left, right) = (end(-wide), end(wide));
        let back =
            (line[if begins { i + 1 } else { i - 1 }] - line[i]).truncate().normalize_or_zero() * (2.0 * THICK_M);
        let up = |p: DVec3, z: f64| p.truncate().extend(z);
        let opening = [left, right].map(|p| up(p, roof(p.z, room)));
        let crest = [left, right].map(|p| up(p, CARRIAGEWAY_M + PARAPET_M));
        let behind = [left, right].map(|p| up(p + back.extend(0.0), CARRIAGEWAY_M + PARAPET_M));
        let foot = behind.map(|p| up(p, -FOOT_M));
        // From left to right its right is where the line comes from.
        if begins {
            add_wall(self.structure, &opening, &crest, look);
            add_wall_left(self.structure, &foot, &behind, look);
            add_between(self.structure, &behind, &crest, look);
        } else {
            add_wall_left(self.structure, &opening, &crest, look);
            add_wall(self.structure, &foot, &behind, look);
            add_between(self.structure, &crest, &behind, look);
        }
    }

    /// The walls round the corners of a junction below the ground, and its roof.
    pub(super) fn sunk_corners(&mut self, junction: &Junction, class: RoadClass, feature: u32) {
        let look = Look { color: linear_bytes(CONCRETE), feature };
        let corners = || junction.corners.iter().map(|c| if c.back.is_empty() { &c.kerb } else { &c.back });
        for line in corners().filter(|l| l.len() > 1 && l.iter().any(|p| p.z < -SUNK_M)) {
            let low: Vec<DVec3> = line.iter().map(|p| *p + DVec3::Z * CARRIAGEWAY_M).collect();
            let top = |p: &DVec3| if junction.covered { roof(p.z, room_m(class)) } else { crest(p.z, KERB_M) };
            let high: Vec<DVec3> = line.iter().map(|p| p.truncate().extend(top(p))).collect();
            // The carriageway lies to the left of a corner.
            add_wall_left(self.structure, &low, &high, look);
            if !junction.covered {
                // What stands out of the ground is seen from there, too.
                let foot: Vec<DVec3> = line.iter().map(|p| p.truncate().extend(-FOOT_M)).collect();
                add_wall(self.structure, &foot, &high, look);
            }
        }
        if junction.covered {
            let outline: Vec<DVec3> =
                corners().flatten().map(|p| p.truncate().extend(roof(p.z, room_m(class)))).collect();
            add_ceiling(self.structure, &outline, 0.0, look);
        }
    }
}
