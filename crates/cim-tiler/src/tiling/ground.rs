//! What lies on the ground: roads, water and green.

use super::{
    Writer,
    relief::{Ground, Lie},
    stack::{Primitives, Sited, Thing},
};
use crate::{
    atlas::Shows,
    city::{Area, AreaKind, City, Road, RoadClass},
    mesh::{StreetTarget, Surface, add_area},
    streets::{Bed, End, Piece, Shores, Street, cover, streets},
};
use geo::{LineString, Simplify};
use glam::{DVec2, DVec3};
use tiles3d::write::WritePrimitive;

/// The part of a tile's error that is a pixel where the tile is used.
pub(super) const PIXEL: f64 = 1.0 / 16.0;
/// Metres of error up to which pavements, some 3 m wide, are more than a pixel where a tile is used.
const PAVEMENTS: f64 = 64.0;
/// Metres of error of a tile without markings and kerbs: they come from some 500 m on, on a screen of 1,080 lines.
pub(super) const DETAILS_M: f64 = 6.0;
/// Metres that the widest pavement, or a parapet, reaches beyond its carriageway.
const BESIDE_M: f64 = 4.5;

impl Writer<'_> {
    /// Roads, water and green with their places.
    ///
    /// Unlike buildings, small areas are seen from afar all together, as the colour of a district: only what is less than
    /// two pixels is left out.
    pub(super) fn lying_things<'s>(&mut self, streets: &'s [Option<Street>]) -> Vec<Sited<'s>>
    where
        Self: 's,
    {
        let city = self.city;
        let mut sited: Vec<Sited<'_>> = Vec::new();
        for (road, street) in city.roads.iter().zip(streets) {
            let reason = match street {
                _ if self.line(&road.points).iter().any(|p| !p.is_finite()) => "position is not a number",
                None => "line has no length or width is not one",
                Some(street) => match self.road(road, street) {
                    Some(s) => {
                        sited.push(s);
                        continue;
                    }
                    None => "line has no length or width is not one",
                },
            };
            self.summary.left_out.push((road.key.clone(), reason));
        }
        for (number, area) in city.areas.iter().enumerate() {
            match self.area(area, number) {
                Some(s) => sited.push(s),
                None => self.summary.left_out.push((area.key.clone(), "position is not a number")),
            }
        }
        sited
    }

    pub(super) fn line(&self, points: &[cim_model::Place]) -> Vec<DVec2> {
        self.ring(points).into_iter().map(DVec2::from).collect()
    }

    /// A road with its place; `None` when nothing of a line is left.
    fn road<'r>(&self, road: &'r Road, street: &'r Street) -> Option<Sited<'r>> {
        let corners = street.junctions.iter().flat_map(|j| &j.corners).flat_map(|c| c.kerb.iter().chain(&c.back));
        let plan: Vec<[f64; 2]> = street.course.iter().chain(corners).map(|p| [p.x, p.y]).collect();
        let (low, high) = bounds(&plan, street.section.half + BESIDE_M)?;
        // Kerbs and markings are most of it: four corners for every line of 15 m, every stripe of a crossing.
        let lanes = f64::from(street.section.ahead + street.section.back) + 2.0;
        let crossing =
            |end: &End| if matches!(end, End::Crossing { .. }) { street.section.half * 8.0 + 130.0 } else { 0.0 };
        let corners = |p: &Piece| {
            let length: f64 = p.line.windows(2).map(|w| w[0].distance(w[1])).sum();
            let painted = length / 15.0 * lanes * 4.0 + p.ends.iter().map(crossing).sum::<f64>();
            24 * p.line.len()
                + 50 * p.piers.len()
                + if road.class <= RoadClass::Tertiary { painted as usize } else { 0 }
        };
        let pieces: usize = street.pieces.iter().map(corners).sum();
        let junctions: usize = street.junctions.iter().map(|j| 4 * j.outline.len()).sum();
        let mut sited = self.lying(Thing::Road { road, street }, low, high, pieces + junctions);
        sited.high.z += street.course.iter().map(|p| p.z).fold(0.0, f64::max) + 1.5;
        sited.low.z -= if street.pieces.iter().any(|p| !p.piers.is_empty()) { 2.5 } else { 0.0 };
        let deepest = street.course.iter().map(|p| p.z).fold(0.0, f64::min);
        sited.low.z += if deepest < 0.0 { deepest - 1.0 } else { 0.0 };
        Some(sited)
    }

    fn area<'a>(&self, area: &'a Area, number: usize) -> Option<Sited<'a>> {
        let ring = self.ring(&area.ring);
        let (low, high) = bounds(&ring, 0.0)?;
        let holes: Vec<_> = area.holes.iter().map(|h| self.ring(h)).collect();
        let corners = ring.len() + holes.iter().map(Vec::len).sum::<usize>();
        Some(self.lying(Thing::Area { area, ring, holes, lie: self.ground.lie(number) }, low, high, corners))
    }

    /// What lies between two corners.
    fn lying<'t>(&self, thing: Thing<'t>, low: [f64; 2], high: [f64; 2], corners: usize) -> Sited<'t> {
        let [deepest, highest] = self.ground.range(low, high);
        Sited {
            thing,
            centre: [0.5 * (low[0] + high[0]), 0.5 * (low[1] + high[1])],
            low: DVec3::new(low[0], low[1], deepest - 0.1),
            high: DVec3::new(high[0], high[1], highest + 0.5),
            size: 0.5 * (high[0] - low[0]).hypot(high[1] - low[1]),
            corners,
            shows: Shows::default(),
        }
    }
}

/// What a city's roads are built as; `line` takes places to metres.
pub(super) fn built(
    city: &City,
    line: impl Fn(&[cim_model::Place]) -> Vec<DVec2>,
    bed: Bed<'_>,
) -> Vec<Option<Street>> {
    let waters = city.areas.iter().filter(|a| a.kind == AreaKind::Water);
    let rings: Vec<Vec<DVec2>> =
        waters.flat_map(|a| std::iter::once(&a.ring).chain(&a.holes)).map(|r| line(r)).collect();
    let shores = Shores::new(rings.iter().map(Vec::as_slice));
    let lines: Vec<Vec<DVec2>> = city.roads.iter().map(|r| line(&r.points)).collect();
    let mut streets = streets(&city.roads, &lines, &shores, bed);
    cover(&mut streets, &city.roads, || city.buildings.iter().map(|b| line(&b.footprint)).collect(), bed);
    streets
}

/// The lowest and the highest corner of some points, `around` metres larger; `None` when they are none, or no numbers.
fn bounds(points: &[[f64; 2]], around: f64) -> Option<([f64; 2], [f64; 2])> {
    if points.is_empty() || points.iter().flatten().any(|x| !x.is_finite()) {
        return None;
    }
    let fold = |pick: fn(f64, f64) -> f64, from: f64, k: usize| points.iter().map(|p| p[k]).fold(from, pick);
    let low = [0, 1].map(|k| fold(f64::min, f64::MAX, k) - around);
    let high = [0, 1].map(|k| fold(f64::max, f64::MIN, k) + around);
    Some((low, high))
}

/// The parts of a road, each with its surface.
struct Parts([(Surface, WritePrimitive); 4]);

impl Parts {
    fn new() -> Self {
        Self([Surface::Road, Surface::Sidewalk, Surface::Marking, Surface::Structure].map(|s| (s, s.primitive())))
    }

    fn target<'p>(&'p mut self, bed: Bed<'p>) -> StreetTarget<'p> {
        let [(_, road), (_, sidewalk), (_, marking), (_, structure)] = &mut self.0;
        StreetTarget { road, sidewalk, marking, structure, bed }
    }

    /// Moves them to a tile's primitives.
    fn give(self, primitives: &mut Primitives, at: (DVec3, f64), ground: &Ground) {
        for (surface, part) in self.0.into_iter().filter(|(_, p)| !p.indices.is_empty()) {
            let to = primitives.entry(surface).or_insert_with(|| surface.primitive());
            append(to, (part, false), at, (ground, Lie::Draped));
        }
    }
}

/// Adds a road as it is to be seen in a tile of so many metres of error; false when nothing of a line is left.
pub(super) fn add_lying_road(
    primitives: &mut Primitives,
    (road, street): (&Road, &Street),
    (origin, error): (DVec3, f64),
    ground: &Ground,
    feature: u32,
) -> bool {
    let near = street.moved(-origin.truncate());
    let bed = ground.bed().seen_from(origin.truncate());
    let mut parts = Parts::new();
    if error > 0.0 {
        let course = coarse_course(&near.course, error);
        if !parts.target(bed).ribbon(&near, &course, road.class, feature) {
            return false;
        }
        if error > PAVEMENTS && road.class != RoadClass::Footway {
            parts.0[1].1 = Surface::Sidewalk.primitive();
        }
    } else {
        parts.target(bed).street(&near, road.class, feature);
    }
    parts.give(primitives, (origin, error), ground);
    true
}

/// Adds the kerbs and markings of a road; false when it has none.
pub(super) fn add_road_details(
    primitives: &mut Primitives,
    (road, street): (&Road, &Street),
    origin: DVec3,
    ground: &Ground,
    feature: u32,
) -> bool {
    let near = street.moved(-origin.truncate());
    let bed = ground.bed().seen_from(origin.truncate());
    let mut parts = Parts::new();
    parts.target(bed).kerbs(&near, feature);
    parts.target(bed).markings(&near, road.class, feature);
    let any = parts.0.iter().any(|(_, p)| !p.indices.is_empty());
    parts.give(primitives, (origin, 0.0), ground);
    any
}

/// A course without the bends that are less than half a pixel in a tile of so many metres of error. One that rises and
/// falls keeps its stations.
fn coarse_course(course: &[DVec3], error: f64) -> Vec<DVec3> {
    if course.iter().any(|p| p.z != 0.0) {
        return course.to_vec();
    }
    let line = LineString::from_iter(course.iter().map(|p| [p.x, p.y])).simplify(error * PIXEL * 0.5);
    line.into_inner().into_iter().map(|c| DVec3::new(c.x, c.y, 0.0)).collect()
}

/// Adds an area; false when it is none.
pub(super) fn add_lying_area(
    primitives: &mut Primitives,
    area: &Area,
    (ring, holes): (&[[f64; 2]], &[Vec<[f64; 2]>]),
    (origin, error): (DVec3, f64),
    ground: (&Ground, Lie),
    feature: u32,
) -> bool {
    let near = |ring: &[[f64; 2]]| coarse(ring.iter().chain(ring.first()), origin, error);
    // Islands that are not seen are filled.
    let seen =
        |hole: &&Vec<[f64; 2]>| bounds(hole, 0.0).is_some_and(|(l, h)| (h[0] - l[0]).min(h[1] - l[1]) > error * PIXEL);
    let holes: Vec<_> = holes.iter().filter(seen).map(|h| near(h)).collect();
    let (surface, z) = match area.kind {
        AreaKind::Water => (Surface::Water, 0.06),
        AreaKind::Green => (Surface::Green, 0.02),
    };
    let mut part = surface.primitive();
    let added = add_area(&mut part, &near(ring), &holes, z, feature);
    append(primitives.entry(surface).or_insert_with(|| surface.primitive()), (part, true), (origin, error), ground);
    added
}

/// A line relative to `origin`, without the bends that are less than half a pixel in a tile of so many metres of error.
fn coarse<'p>(line: impl Iterator<Item = &'p [f64; 2]>, origin: DVec3, error: f64) -> Vec<[f64; 2]> {
    let line = LineString::from_iter(line.map(|p| [p[0] - origin.x, p[1] - origin.y]));
    let line = if error > 0.0 { line.simplify(error * PIXEL * 0.5) } else { line };
    line.into_inner().into_iter().map(|c| [c.x, c.y]).collect()
}

/// Adds a part whose corners are relative to `origin` and whose heights count from the ground, laid on it; and opened where
/// that is, if it is part of it.
fn append(
    to: &mut WritePrimitive,
    (mut part, opens): (WritePrimitive, bool),
    (origin, error): (DVec3, f64),
    (ground, lie): (&Ground, Lie),
) {
    ground.lay(&mut part, origin, error, lie);
    if opens && let Some(cuts) = ground.cuts(PIXEL * error) {
        cuts.carve(&mut part, origin);
    }
    let first = to.positions.len() as u32;
    to.positions.extend(part.positions);
    to.normals.extend(part.normals);
    to.colors.extend(part.colors);
    to.feature_ids.extend(part.feature_ids);
    to.indices.extend(part.indices.into_iter().map(|i| i + first));
}

#[cfg(test)]
mod tests {
    use super::{super::drop_m, *};

    #[test]
    fn bends_are_kept_as_long_as_they_are_seen() {
        let line = [[10.0, 0.0], [60.0, 3.0], [110.0, 0.0], [110.0, 80.0]];
        let origin = DVec3::new(10.0, 0.0, 0.0);
        let all = [[0.0, 0.0], [50.0, 3.0], [100.0, 0.0], [100.0, 80.0]];
        assert_eq!(coarse(line.iter(), origin, 0.0), all);
        // Half a pixel: 2.5 m and 5 m.
        assert_eq!(coarse(line.iter(), origin, 80.0), all);
        assert_eq!(coarse(line.iter(), origin, 160.0), [[0.0, 0.0], [100.0, 0.0], [100.0, 80.0]]);
    }

    #[test]
    fn what_lies_far_out_is_bent_with_the_earth() {
        let mut to = Surface::Green.primitive();
        let mut part = Surface::Green.primitive();
        part.positions = vec![[0.0, 0.0, 0.5], [1000.0, 0.0, 0.5]];
        let origin = DVec3::new(20_000.0, 0.0, drop_m(20_000.0, 0.0));
        part.normals = vec![[0.0, 0.0, 1.0]; 2];
        append(&mut to, (part, true), (origin, 0.0), (&Ground::bare(), Lie::Draped));
        assert_eq!(to.positions[0], [0.0, 0.0, 0.5]);
        assert!((f64::from(to.positions[1][2]) - 0.5 - (drop_m(21_000.0, 0.0) - origin.z)).abs() < 1e-5);
    }
}
