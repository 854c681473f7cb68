//! Where something stands or leads over the open ramp of a tunnel, the ramp is covered: a road on the ground that crosses it
//! has the ground to lie on, and a building stands on it.

use super::{Bed, Junction, Piece, Street, level, levels::meets};
use crate::city::Road;
use geo::{BooleanOps, Centroid, Contains, Coord, Polygon};
use glam::{DVec2, DVec3};
use rstar::{
    AABB, RTree,
    primitives::{GeomWithData, Line, Rectangle},
};

/// Of ramps that are less deep there is nothing to cover, metres.
const DEEP_M: f64 = 0.35;
/// A road higher above the ground than this leads over a ramp by itself, metres.
const ON_GROUND_M: f64 = 0.4;
/// Beside a road that crosses a ramp, for its kerbs and the portals' walls, metres.
const BESIDE_M: f64 = 0.6;
/// The least sine of the angle at which a road crosses another: a flatter one runs along it.
const ACROSS: f64 = 0.35;
/// Metres by which courses are thought to be longer, so that a path that ends on the middle of a ramp crosses it.
const ENDS_M: f64 = 0.5;
/// Covers that are closer to each other are one, and shorter ones are none, metres.
const GAP_M: f64 = 3.0;
const SHORTEST_M: f64 = 0.5;
/// The share of a carriageway's width around its middle over which a building must stand: what only reaches over an edge
/// hides it.
const MIDDLE: f64 = 0.5;

/// A stretch of a line, metres along it.
type Stretch = (f64, f64);

/// A piece of the course of a road on the ground: which road, and half its width with pavements.
type Across = GeomWithData<Line<[f64; 2]>, (usize, f64)>;

/// What may lie over ramps.
struct Above {
    courses: RTree<Across>,
    buildings: Vec<Polygon<f64>>,
    /// The boxes around them.
    boxes: RTree<GeomWithData<Rectangle<[f64; 2]>, usize>>,
}

/// Covers the ramps of streets below roads on the ground and below buildings, whose footprints are in site metres. Returns
/// at once where no ramp is open.
pub(crate) fn cover(
    streets: &mut [Option<Street>],
    roads: &[Road],
    footprints: impl Fn() -> Vec<Vec<DVec2>>,
    bed: Bed<'_>,
) {
    let open: Vec<usize> = (0..streets.len()).filter(|i| streets[*i].as_ref().is_some_and(is_open)).collect();
    if open.is_empty() {
        return;
    }
    let above = Above::new(streets, roads, footprints());
    for road in open {
        let Some(street) = streets[road].as_mut() else { continue };
        let (half, reach) = (street.section.half, street.section.half + street.section.pavement);
        for piece in &mut street.pieces {
            let covers = above.over(piece, road, (half, reach));
            if !covers.is_empty() {
                close(piece, &covers, bed);
            }
        }
        for junction in &mut street.junctions {
            junction.covered |= above.stands_on(junction);
        }
    }
}

fn is_open(street: &Street) -> bool {
    street.course.iter().any(|p| p.z < -DEEP_M)
}

fn polygon(points: impl Iterator<Item = DVec2>) -> Polygon<f64> {
    Polygon::new(points.map(|p| Coord { x: p.x, y: p.y }).collect(), Vec::new())
}

impl Above {
    fn new(streets: &[Option<Street>], roads: &[Road], footprints: Vec<Vec<DVec2>>) -> Self {
        let mut courses = Vec::new();
        for (i, street) in streets.iter().enumerate() {
            let Some(street) = street.as_ref().filter(|_| level(&roads[i].attributes) == 0) else { continue };
            let half = street.section.half + street.section.pavement;
            for pair in street.course.windows(2).filter(|w| w.iter().all(|p| p.z.abs() < ON_GROUND_M)) {
                let (a, b) = (pair[0].truncate(), pair[1].truncate());
                let more = (b - a).normalize_or_zero() * ENDS_M;
                courses.push(GeomWithData::new(Line::new((a - more).to_array(), (b + more).to_array()), (i, half)));
            }
        }
        let usable = |ring: &Vec<DVec2>| ring.len() > 2 && ring.iter().all(|p| p.is_finite());
        let footprints: Vec<Vec<DVec2>> = footprints.into_iter().filter(usable).collect();
        let bounded = |(i, ring): (usize, &Vec<DVec2>)| {
            let (low, high) = ring.iter().fold((DVec2::MAX, DVec2::MIN), |(l, h), p| (l.min(*p), h.max(*p)));
            GeomWithData::new(Rectangle::from_corners(low.to_array(), high.to_array()), i)
        };
        let boxes = RTree::bulk_load(footprints.iter().enumerate().map(bounded).collect());
        let buildings = footprints.into_iter().map(|ring| polygon(ring.into_iter())).collect();
        Self { courses: RTree::bulk_load(courses), buildings, boxes }
    }

    /// The stretches of a piece of a road that something lies over, ascending; of one that is `half` the width of its
    /// carriageway to each side, and `reach` with pavements.
    fn over(&self, piece: &Piece, road: usize, (half, reach): (f64, f64)) -> Vec<Stretch> {
        let mut found: Vec<Stretch> = Vec::new();
        let mut from = 0.0;
        for (pair, covered) in piece.line.windows(2).zip(&piece.covered) {
            let (a, b) = (pair[0].truncate(), pair[1].truncate());
            let length = a.distance(b);
            if !covered && pair[0].z.min(pair[1].z) < -DEEP_M && length > 1e-6 {
                let stretches = self.crossing((a, b), road, reach).into_iter().chain(self.standing((a, b), half));
                found.extend(stretches.map(|(low, high)| (from + low, from + high)));
            }
            from += length;
        }
        found.sort_by(|a, b| a.0.total_cmp(&b.0));
        let mut out: Vec<Stretch> = Vec::new();
        for (low, high) in found.into_iter().map(|(low, high)| (low.max(0.0), high.min(from))) {
            match out.last_mut() {
                Some(last) if low <= last.1 + GAP_M => last.1 = last.1.max(high),
                _ => out.push((low, high)),
            }
        }
        out.retain(|(low, high)| high - low > SHORTEST_M);
        out
    }

    /// Where roads cross a segment, metres along it; a wide one reaches beyond its ends.
    fn crossing(&self, (a, b): (DVec2, DVec2), road: usize, reach: f64) -> Vec<Stretch> {
        let around = AABB::from_corners(a.min(b).to_array(), a.max(b).to_array());
        let along = (b - a).normalize_or_zero();
        let mut out = Vec::new();
        for course in self.courses.locate_in_envelope_intersecting(&around).filter(|c| c.data.0 != road) {
            let (c, d) = (DVec2::from(course.geom().from), DVec2::from(course.geom().to));
            let across = (d - c).normalize_or_zero();
            let (sine, cosine) = (along.perp_dot(across).abs(), along.dot(across).abs());
            if let Some(share) = meets(a, b, c, d).filter(|_| sine > ACROSS) {
                let wide = (course.data.1 + BESIDE_M + reach * cosine) / sine;
                let at = share * a.distance(b);
                out.push((at - wide, at + wide));
            }
        }
        out
    }

    /// Where buildings stand over the middle of a segment, metres along it.
    fn standing(&self, (a, b): (DVec2, DVec2), half: f64) -> Vec<Stretch> {
        let along = (b - a).normalize_or_zero();
        let side = along.perp() * (MIDDLE * half);
        let corners = [a - side, b - side, b + side, a + side];
        let (low, high) = corners.iter().fold((DVec2::MAX, DVec2::MIN), |(l, h), p| (l.min(*p), h.max(*p)));
        let around = AABB::from_corners(low.to_array(), high.to_array());
        let band = polygon(corners.into_iter());
        let mut out = Vec::new();
        for found in self.boxes.locate_in_envelope_intersecting(&around) {
            for part in &band.intersection(&self.buildings[found.data]) {
                let at = part.exterior().coords().map(|c| (DVec2::new(c.x, c.y) - a).dot(along));
                let (low, high) = at.fold((f64::MAX, f64::MIN), |(l, h), s| (l.min(s), h.max(s)));
                out.push((low, high));
            }
        }
        out
    }

    /// Whether a building stands on the middle of a junction below the ground.
    fn stands_on(&self, junction: &Junction) -> bool {
        let is_below = junction.outline.iter().all(|p| p.z < -DEEP_M);
        let middle = polygon(junction.outline.iter().map(|p| p.truncate())).centroid();
        is_below
            && middle.is_some_and(|m| {
                let at = AABB::from_point([m.x(), m.y()]);
                self.boxes.locate_in_envelope_intersecting(&at).any(|b| self.buildings[b.data].contains(&m))
            })
    }
}

/// Covers stretches of a piece of road, with corners of its line where they begin and end.
fn close(piece: &mut Piece, covers: &[Stretch], bed: Bed<'_>) {
    let (mut line, mut bridge, mut covered): (Vec<DVec3>, Vec<bool>, Vec<bool>) = Default::default();
    line.push(piece.line[0]);
    let mut from = 0.0;
    for (i, pair) in piece.line.windows(2).enumerate() {
        let length = pair[0].truncate().distance(pair[1].truncate());
        let ends = covers.iter().flat_map(|c| [c.0, c.1]).map(|s| s - from);
        let cuts = ends.filter(|s| *s > 0.1 && *s < length - 0.1).chain([length]);
        let mut last = 0.0;
        for at in cuts {
            line.push(if at < length { bed.between(pair[0], pair[1], at / length) } else { pair[1] });
            let middle = from + 0.5 * (last + at);
            let is_below = line[line.len() - 2..].iter().all(|p| p.z < -DEEP_M);
            bridge.push(piece.bridge[i]);
            covered.push(piece.covered[i] || is_below && covers.iter().any(|c| (c.0..=c.1).contains(&middle)));
            last = at;
        }
        from += length;
    }
    // Where a cover reaches the end of a piece there is the wall above its opening, too.
    let ends = [(covered.first(), piece.covered.first()), (covered.last(), piece.covered.last())];
    for (mouth, (now, before)) in piece.mouths.iter_mut().zip(ends) {
        *mouth |= now == Some(&true) && before == Some(&false);
    }
    (piece.line, piece.bridge, piece.covered) = (line, bridge, covered);
}
