//! Surveyed buildings as blocks: the land that they stand on and the height that keeps their volume.

use super::moments::{Plan, Ring, area};
use crate::{
    city::{FacetKind, Model},
    mesh::{facet_color, linear_bytes, twice_area_vector},
};
use geo::{Coord, LineString, Polygon, unary_union};
use glam::DVec3;

/// How much of a facet's direction must be up or down for it to be a floor or a roof.
const LYING: f64 = 0.5;
/// The least part of a building's height that a block of it has, where its surfaces enclose hardly anything.
const LEAST: f64 = 0.1;
/// Its height as a part of the building's where the surfaces enclose nothing.
const USUAL: f64 = 0.75;

/// A building without its surfaces.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::tiling) struct Block {
    pub(in crate::tiling) plans: Vec<Plan>,
    /// Metres that its roof is above its lowest corner.
    pub(in crate::tiling) height: f64,
    /// Linear colours.
    pub(in crate::tiling) wall: [u8; 4],
    pub(in crate::tiling) roof: [u8; 4],
}

/// A surface with its area as a vector that looks outwards.
struct Face {
    rings: Vec<Vec<DVec3>>,
    twice: DVec3,
    kind: FacetKind,
}

/// A mean of colours.
#[derive(Default)]
struct Paint {
    sum: [f64; 3],
    weight: f64,
}

impl Paint {
    fn add(&mut self, color: [u8; 4], weight: f64) {
        (0..3).for_each(|k| self.sum[k] += f64::from(color[k]) * weight);
        self.weight += weight;
    }

    fn mean(&self, usual: [u8; 4]) -> [u8; 4] {
        if self.weight <= 0.0 {
            return usual;
        }
        let [r, g, b] = self.sum.map(|c| (c / self.weight).round() as u8);
        [r, g, b, 255]
    }
}

/// The block of a model whose corners are in site metres, between its lowest and its highest corner; `None` when it
/// covers no land. `dice` chooses its colours where the source gives none.
pub(in crate::tiling) fn block(
    model: &Model,
    corner: impl Fn(&crate::city::Point) -> DVec3,
    (low, high): (f64, f64),
    dice: u64,
) -> Option<Block> {
    let (mut faces, mut wall, mut roof) = (Vec::new(), Paint::default(), Paint::default());
    for facet in model.levels.last()? {
        let rings: Vec<Vec<DVec3>> = facet.rings.iter().map(|r| r.iter().map(&corner).collect()).collect();
        let Some(outer) = rings.first() else { continue };
        let whole = twice_area_vector(outer);
        let against = |hole: DVec3| if hole.dot(whole) > 0.0 { -hole } else { hole };
        let twice = whole + rings[1..].iter().map(|r| against(twice_area_vector(r))).sum::<DVec3>();
        let up = twice.normalize_or_zero();
        let color = facet.color.map_or_else(|| facet_color(model.skin, facet.kind, up.as_vec3(), dice), linear_bytes);
        match facet.kind {
            FacetKind::Window | FacetKind::Door | FacetKind::Closure => {}
            _ if up.z > LYING => roof.add(color, twice.length()),
            _ if up.z.abs() <= LYING => wall.add(color, twice.length()),
            _ => {}
        }
        faces.push(Face { rings, twice, kind: facet.kind });
    }
    let is_floor = |f: &Face| f.kind == FacetKind::Ground;
    let looks = |f: &Face, sign: f64| sign * f.twice.z > LYING * f.twice.length();
    let picks: [&dyn Fn(&Face) -> bool; 3] = [&is_floor, &|f| looks(f, -1.0), &|f| looks(f, 1.0)];
    let plans = picks.iter().map(|pick| land(faces.iter().filter(|f| pick(f)))).find(|plans| !plans.is_empty())?;
    let built: f64 = plans.iter().map(area).sum();
    let whole = high - low;
    let volume: f64 = faces.iter().map(|f| raised(f, low)).sum();
    let height = if volume > 0.0 { (volume / built).clamp(LEAST * whole, whole) } else { USUAL * whole };
    let up = glam::Vec3::Z;
    let usual = [FacetKind::Wall, FacetKind::Roof].map(|kind| facet_color(model.skin, kind, up, dice));
    Some(Block { plans, height, wall: wall.mean(usual[0]), roof: roof.mean(usual[1]) })
}

/// The land under some surfaces.
fn land<'f>(faces: impl Iterator<Item = &'f Face>) -> Vec<Plan> {
    let flat = |ring: &Vec<DVec3>| LineString::from_iter(ring.iter().map(|c| Coord { x: c.x, y: c.y }));
    let polygon = |f: &Face| {
        let mut rings = f.rings.iter().map(flat);
        rings.next().map(|outer| Polygon::new(outer, rings.collect()))
    };
    let polygons: Vec<Polygon> = faces.filter_map(polygon).collect();
    let joined = if polygons.len() > 1 { unary_union(&polygons).0 } else { polygons };
    let ring = |line: &LineString| -> Ring {
        let mut ring: Ring = line.coords().map(|c| [c.x, c.y]).collect();
        ring.pop();
        ring
    };
    let plan = |p: &Polygon| Plan { ring: ring(p.exterior()), holes: p.interiors().iter().map(ring).collect() };
    joined.iter().map(plan).filter(|p| area(p) > 0.5).collect()
}

/// The room between a surface and the height `low`, less than none under what looks down: all of a building's surfaces
/// together enclose its volume, whether it has a floor at `low` or not.
fn raised(face: &Face, low: f64) -> f64 {
    let of = |ring: &Vec<DVec3>| -> f64 {
        let Some(first) = ring.first() else { return 0.0 };
        let fan = ring.windows(2).skip(1).map(|pair| {
            let twice = (pair[0] - *first).truncate().perp_dot((pair[1] - *first).truncate());
            0.5 * twice * ((first.z + pair[0].z + pair[1].z) / 3.0 - low)
        });
        fan.sum()
    };
    let Some(outer) = face.rings.first() else { return 0.0 };
    let (whole, turn) = (of(outer), twice_area_vector(outer));
    let hole = |ring: &Vec<DVec3>| if twice_area_vector(ring).dot(turn) > 0.0 { -of(ring) } else { of(ring) };
    whole + face.rings[1..].iter().map(hole).sum::<f64>()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::city::{Facet, Point, Skin};
    use cim_model::{EntityKey, EntityKind, Place};

    /// Corners are their own metres: longitude is east.
    fn at(p: &Point) -> DVec3 {
        DVec3::new(p.place.lon, p.place.lat, p.height_m)
    }

    fn model(faces: &[(FacetKind, &[[f64; 3]])]) -> Model {
        let facet = |(kind, ring): &(FacetKind, &[[f64; 3]])| Facet {
            rings: vec![ring.iter().map(|[x, y, z]| Point { place: Place::new(*x, *y), height_m: *z }).collect()],
            kind: *kind,
            color: (*kind == FacetKind::Roof).then_some([255, 0, 0]),
            texture: None,
        };
        Model {
            key: EntityKey::new(EntityKind::Building, "a"),
            name: String::new(),
            class: String::new(),
            address: String::new(),
            height_m: 0.0,
            floors: 0,
            skin: Skin::Building,
            levels: vec![faces.iter().map(facet).collect()],
            attributes: Vec::new(),
        }
    }

    /// A house of 10 m by 8 m, 6 m to the eaves and 9 m to the ridge.
    fn house(kinds: [FacetKind; 3]) -> Model {
        let [floor, wall, roof] = kinds;
        let (a, b, c, d) = ([0.0, 0.0], [10.0, 0.0], [10.0, 8.0], [0.0, 8.0]);
        let v = |p: [f64; 2], z: f64| [p[0], p[1], z];
        let (r, s) = ([0.0, 4.0, 9.0], [10.0, 4.0, 9.0]);
        model(&[
            (floor, &[v(a, 0.0), v(d, 0.0), v(c, 0.0), v(b, 0.0)]),
            (wall, &[v(a, 0.0), v(b, 0.0), v(b, 6.0), v(a, 6.0)]),
            (wall, &[v(b, 0.0), v(c, 0.0), v(c, 6.0), s, v(b, 6.0)]),
            (wall, &[v(c, 0.0), v(d, 0.0), v(d, 6.0), v(c, 6.0)]),
            (wall, &[v(d, 0.0), v(a, 0.0), v(a, 6.0), r, v(d, 6.0)]),
            (roof, &[v(a, 6.0), v(b, 6.0), s, r]),
            (roof, &[v(c, 6.0), v(d, 6.0), r, s]),
        ])
    }

    #[test]
    fn a_house_is_a_block_of_its_volume_on_its_land() {
        for kinds in [[FacetKind::Ground, FacetKind::Wall, FacetKind::Roof], [FacetKind::Unknown; 3]] {
            let block = block(&house(kinds), at, (0.0, 9.0), 5).unwrap();
            assert_eq!(block.plans.len(), 1);
            assert!((area(&block.plans[0]) - 80.0).abs() < 1e-9 && (block.height - 7.5).abs() < 1e-9, "{block:?}");
            assert!(kinds[0] == FacetKind::Unknown || block.roof == [255, 0, 0, 255]);
        }
    }

    #[test]
    fn parts_that_touch_are_one_piece_of_land() {
        let square = |x: f64| [[x, 0.0, 0.0], [x, 10.0, 0.0], [x + 10.0, 10.0, 0.0], [x + 10.0, 0.0, 0.0]];
        let (a, b, far) = (square(0.0), square(10.0), square(50.0));
        let floors = [&a[..], &b[..], &far[..]].map(|r| (FacetKind::Ground, r));
        let block = block(&model(&floors), at, (0.0, 8.0), 0).unwrap();
        let mut areas: Vec<f64> = block.plans.iter().map(area).collect();
        areas.sort_by(f64::total_cmp);
        assert!((areas[0] - 100.0).abs() < 1e-6 && (areas[1] - 200.0).abs() < 1e-6, "{areas:?}");
        // They enclose nothing.
        assert!((block.height - 6.0).abs() < 1e-9);
    }

    #[test]
    fn what_covers_no_land_is_no_block() {
        let wall = [[0.0, 0.0, 0.0], [10.0, 0.0, 0.0], [10.0, 0.0, 5.0], [0.0, 0.0, 5.0]];
        assert_eq!(block(&model(&[(FacetKind::Wall, &wall)]), at, (0.0, 5.0), 0), None);
    }
}
