//! Buildings that go straight up from their footprints.

use super::{
    Writer,
    far::Plan,
    stack::{Primitives, SUNK_M, Sited, Thing},
};
use crate::{
    atlas::Shows,
    city::Building,
    mesh::{Shape, Surface, add_building},
};
use glam::DVec3;

/// Metres that a roof of a usual shape is above the eaves at most.
const ROOF_M: f64 = 8.0;

impl Writer<'_> {
    /// A building with its place. It stands where the earth is under its centre, or on the lowest ground of a terrain
    /// along its outline; a part of a building where the whole does.
    pub(super) fn building<'b>(&self, building: &'b Building) -> Option<Sited<'b>> {
        let ring = self.ring(&building.footprint);
        if ring.is_empty() || ring.iter().flatten().any(|x| !x.is_finite()) {
            return None;
        }
        let n = ring.len() as f64;
        let centre = ring.iter().fold([0.0; 2], |c, p| [c[0] + p[0] / n, c[1] + p[1] / n]);
        let across = ring.iter().map(|p| (p[0] - centre[0]).hypot(p[1] - centre[1])).fold(0.0, f64::max);
        let lowest = self.ground.relief().map(|_| match &building.whole {
            Some(whole) => self.ground.lowest(&self.ring(whole)),
            None => self.ground.lowest(&ring),
        });
        let (mut low, mut high) = (DVec3::splat(f64::MAX), DVec3::splat(f64::MIN));
        for p in &ring {
            let z = lowest.unwrap_or_else(|| self.ground.z(p[0], p[1]));
            low = low.min(DVec3::new(p[0], p[1], z - if lowest.is_some() { SUNK_M } else { 0.5 }));
            high = high.max(DVec3::new(p[0], p[1], z + f64::from(building.top_m()) + ROOF_M));
        }
        let foot = lowest.unwrap_or_else(|| self.ground.z(centre[0], centre[1]));
        let holes = building.holes.iter().map(|h| self.ring(h)).collect();
        let size = across.max(f64::from(building.top_m() - building.base_m));
        let thing = Thing::Building { building, plan: Plan { ring, holes }, foot };
        Some(Sited { thing, centre, low, high, size, corners: 0, shows: Shows::default() })
    }
}

/// Adds a building whose foot is at a height above the site's plane, and whose walls go on below that for `sunk` metres.
pub(super) fn add_extruded(
    primitives: &mut Primitives,
    (building, plan): (&Building, &Plan),
    (foot, sunk): (f64, f64),
    origin: DVec3,
    feature: u32,
) -> bool {
    let near =
        |ring: &[[f64; 2]]| -> Vec<[f64; 2]> { ring.iter().map(|p| [p[0] - origin.x, p[1] - origin.y]).collect() };
    let (ring, holes) = (near(&plan.ring), plan.holes.iter().map(|h| near(h)).collect::<Vec<_>>());
    let shape = Shape {
        footprint: &ring,
        holes: &holes,
        base_m: f64::from(building.base_m),
        height_m: f64::from(building.height_m),
        sunk_m: sunk,
        roof: building.roof,
        wall: building.wall,
        roof_color: building.roof_color,
        feature,
    };
    let primitive = primitives.entry(Surface::Building).or_insert_with(|| Surface::Building.primitive());
    let first = primitive.positions.len();
    let added = add_building(primitive, &shape);
    let sink = (foot - origin.z) as f32;
    primitive.positions[first..].iter_mut().for_each(|p| p[2] += sink);
    added
}
