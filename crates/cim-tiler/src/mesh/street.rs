//! Streets as surfaces: carriageways, junctions, pavements, kerbs, bridges.

use super::{
    Look, linear_bytes,
    strip::{add_between, add_polygon, add_strip, add_underside, add_wall, add_wall_left, beside},
};
use crate::{
    city::RoadClass,
    streets::{Bed, End, Junction, Piece, Street},
};
use glam::{DVec2, DVec3};
use tiles3d::write::WritePrimitive;

/// Of the carriageway above the ground, so that no depth buffer mixes the two, metres.
pub(super) const CARRIAGEWAY_M: f64 = 0.1;
/// Of paths above the ground: below the carriageways that they cross, metres.
const PATH_M: f64 = 0.06;
/// Of kerbs above the carriageway, metres (CJJ 37: 0.1 to 0.2).
pub(super) const KERB_M: f64 = 0.15;
/// Of markings above the carriageway, metres.
pub(super) const MARKING_M: f64 = 0.03;
/// Thickness of a bridge's deck and its beams, metres.
const DECK_M: f64 = 1.0;
/// Thickness of parapets, and of the walls of cuttings, metres.
pub(super) const THICK_M: f64 = 0.3;
/// Of parapets above what is walked on, metres (CJJ 11: 1.1).
pub(super) const PARAPET_M: f64 = 1.1;
/// Roads higher than this have walls and parapets, metres.
pub(super) const RAISED_M: f64 = 0.4;
/// How far piers reach below the ground, into water, metres.
const BELOW_M: f64 = 2.0;

/// Colour of bridges and walls.
pub(super) const CONCRETE: [u8; 3] = [178, 176, 170];

/// Where the parts of a street go.
pub(crate) struct StreetTarget<'a> {
    pub(crate) road: &'a mut WritePrimitive,
    pub(crate) sidewalk: &'a mut WritePrimitive,
    pub(crate) marking: &'a mut WritePrimitive,
    pub(crate) structure: &'a mut WritePrimitive,
    /// The ground, for the places that streets count from.
    pub(crate) bed: Bed<'a>,
}

impl StreetTarget<'_> {
    /// Adds what is seen of a street from some hundred metres.
    pub(crate) fn street(&mut self, street: &Street, class: RoadClass, feature: u32) {
        let look = Look { color: [255; 4], feature };
        if class == RoadClass::Footway {
            self.path(street, look);
            return;
        }
        let (half, pavement) = (street.section.half, street.section.pavement);
        for piece in &street.pieces {
            add_strip((self.road, self.bed), &piece.line, (-half, half), CARRIAGEWAY_M, look);
            if pavement > 0.0 {
                let top = CARRIAGEWAY_M + KERB_M;
                add_strip((self.sidewalk, self.bed), &piece.line, (half, half + pavement), top, look);
                add_strip((self.sidewalk, self.bed), &piece.line, (-half - pavement, -half), top, look);
            }
            let beside = (half + pavement, if pavement > 0.0 { KERB_M } else { 0.0 });
            self.raised(piece, beside.0, beside.1, feature);
            self.sunk(piece, beside, class, feature);
        }
        for junction in &street.junctions {
            add_polygon(self.road, &junction.outline, CARRIAGEWAY_M, look);
            self.raised_corners(junction, feature);
            self.sunk_corners(junction, class, feature);
            for corner in junction.corners.iter().filter(|c| c.back.len() > 1 && c.kerb.len() > 1) {
                let outline: Vec<DVec3> = corner.kerb.iter().chain(corner.back.iter().rev()).copied().collect();
                add_polygon(self.sidewalk, &outline, CARRIAGEWAY_M + KERB_M, look);
            }
        }
    }

    /// People on foot walk on paving.
    fn path(&mut self, street: &Street, look: Look) {
        let half = street.section.half;
        for piece in &street.pieces {
            let up = if piece.bridge.iter().any(|b| *b) { CARRIAGEWAY_M } else { PATH_M };
            add_strip((self.sidewalk, self.bed), &piece.line, (-half, half), up, look);
            self.raised(piece, half, 0.0, look.feature);
            self.sunk(piece, (half, 0.0), RoadClass::Footway, look.feature);
        }
    }

    /// Adds the kerbs of a street, which are seen from close by only.
    pub(crate) fn kerbs(&mut self, street: &Street, feature: u32) {
        let kerb = Look { color: linear_bytes([214, 212, 208]), feature };
        let (half, pavement) = (street.section.half, street.section.pavement);
        let (low, high) = (CARRIAGEWAY_M, CARRIAGEWAY_M + KERB_M);
        for piece in street.pieces.iter().filter(|_| pavement > 0.0) {
            for side in [1.0, -1.0] {
                let [front, back] = [half, half + pavement].map(|offset| side * offset);
                let (foot, top) =
                    (beside(&piece.line, front, low, self.bed), beside(&piece.line, front, high, self.bed));
                let (ground, edge) =
                    (beside(&piece.line, back, 0.0, self.bed), beside(&piece.line, back, high, self.bed));
                // The kerb looks at the carriageway, the back of the pavement away from it.
                if side > 0.0 {
                    add_wall_left(self.sidewalk, &foot, &top, kerb);
                    add_wall(self.sidewalk, &ground, &edge, kerb);
                } else {
                    add_wall(self.sidewalk, &foot, &top, kerb);
                    add_wall_left(self.sidewalk, &ground, &edge, kerb);
                }
                let last = piece.line.len() - 1;
                for (end, at) in [(0, 0), (1, last)].into_iter().filter(|(end, _)| piece.ends[*end] == End::Dead) {
                    let across = [top[at], edge[at]];
                    let below = across.map(|p| p - DVec3::Z * (high - low));
                    // Seen from beyond the end.
                    if (side > 0.0) == (end == 1) {
                        add_wall(self.sidewalk, &[below[1], below[0]], &[across[1], across[0]], kerb);
                    } else {
                        add_wall(self.sidewalk, &below, &across, kerb);
                    }
                }
            }
        }
        for junction in &street.junctions {
            self.junction_kerbs(junction, kerb);
        }
    }

    fn junction_kerbs(&mut self, junction: &Junction, kerb: Look) {
        let up = |line: &[DVec3], z: f64| line.iter().map(|p| *p + DVec3::Z * z).collect::<Vec<_>>();
        let high = CARRIAGEWAY_M + KERB_M;
        for corner in junction.corners.iter().filter(|c| c.back.len() > 1 && c.kerb.len() > 1) {
            // From an arm's left edge to the next one's right edge the carriageway lies to the left.
            add_wall_left(self.sidewalk, &up(&corner.kerb, CARRIAGEWAY_M), &up(&corner.kerb, high), kerb);
            add_wall(self.sidewalk, &up(&corner.back, 0.0), &up(&corner.back, high), kerb);
        }
    }

    /// The sides of what is above the ground: deck and parapets of bridges, walls of ramps, and piers.
    fn raised(&mut self, piece: &Piece, reach: f64, floor: f64, feature: u32) {
        let concrete = Look { color: linear_bytes(CONCRETE), feature };
        let mut from = 0;
        // Runs of segments that are alike.
        while from < piece.bridge.len() {
            let raised = |i: usize| piece.bridge[i] || piece.line[i].z.max(piece.line[i + 1].z) > RAISED_M;
            let alike = |i: &usize| (piece.bridge[*i], raised(*i)) == (piece.bridge[from], raised(from));
            let count = (from..piece.bridge.len()).take_while(alike).count();
            let line = &piece.line[from..=from + count];
            if raised(from) {
                self.sides(line, (reach, floor), piece.bridge[from], concrete);
            }
            from += count;
        }
        for (at, along) in &piece.piers {
            pier((self.structure, self.bed), *at, *along, reach, concrete);
        }
    }

    /// Walls and parapets round the corners of a junction that is above the ground.
    fn raised_corners(&mut self, junction: &Junction, feature: u32) {
        let look = Look { color: linear_bytes(CONCRETE), feature };
        for corner in &junction.corners {
            let (line, floor) = if corner.back.is_empty() { (&corner.kerb, 0.0) } else { (&corner.back, KERB_M) };
            if line.len() < 2 || line.iter().all(|p| p.z <= RAISED_M) {
                continue;
            }
            let up = |z: f64| line.iter().map(|p| *p + DVec3::Z * z).collect::<Vec<_>>();
            let foot: Vec<DVec3> = line.iter().map(|p| p.truncate().extend(-0.1)).collect();
            let (walk, crest) = (up(CARRIAGEWAY_M + floor), up(CARRIAGEWAY_M + floor + PARAPET_M));
            // The carriageway lies to the left of a corner.
            add_wall(self.structure, &foot, &crest, look);
            add_wall_left(self.structure, &walk, &crest, look);
        }
    }

    fn sides(&mut self, line: &[DVec3], (reach, floor): (f64, f64), bridge: bool, look: Look) {
        let (walk, top) = (CARRIAGEWAY_M + floor, CARRIAGEWAY_M + floor + PARAPET_M);
        for side in [1.0, -1.0] {
            let (outer, inner) = (side * (reach + THICK_M), side * reach);
            let mut foot = beside(line, outer, if bridge { CARRIAGEWAY_M - DECK_M } else { 0.0 }, self.bed);
            if !bridge {
                foot.iter_mut().for_each(|p| p.z = -0.1);
            }
            let (edge, crest) = (beside(line, outer, top, self.bed), beside(line, inner, top, self.bed));
            let step = beside(line, inner, walk, self.bed);
            if side > 0.0 {
                add_wall(self.structure, &foot, &edge, look);
                add_wall_left(self.structure, &step, &crest, look);
                add_between(self.structure, &crest, &edge, look);
            } else {
                add_wall_left(self.structure, &foot, &edge, look);
                add_wall(self.structure, &step, &crest, look);
                add_between(self.structure, &edge, &crest, look);
            }
        }
        if bridge {
            let below = |offset: f64| beside(line, offset, CARRIAGEWAY_M - DECK_M, self.bed);
            add_underside(self.structure, &below(-reach - THICK_M), &below(reach + THICK_M), look);
        }
    }
}

/// Adds a wall across under the deck.
fn pier((p, bed): (&mut WritePrimitive, Bed<'_>), at: DVec3, along: DVec2, reach: f64, look: Look) {
    const HALF_THICK_M: f64 = 0.5;
    let right = -along.perp();
    let (ahead, side) = (along * HALF_THICK_M, right * (0.75 * reach));
    let plan = [ahead + side, ahead - side, -ahead - side, -ahead + side, ahead + side];
    let plan = plan.map(|d| at.truncate() + d);
    let top = plan.map(|p| p.extend(bed.beside(at, p) + CARRIAGEWAY_M - DECK_M));
    // Where the ground comes up to the deck there is nothing to carry.
    if top.iter().all(|p| p.z > 0.0) {
        // Anticlockwise, so that the outside is to the right.
        add_wall(p, &plan.map(|p| p.extend(-BELOW_M)), &top, look);
    }
}
