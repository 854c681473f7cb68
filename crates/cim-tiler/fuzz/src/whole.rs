//! Whether a city that came out of any bytes is whole.

use cim_model::{EntityKey, Place};
use cim_tiler::{Silent, TilingOptions, city::City, tiling::write_city};
use std::collections::HashSet;

/// Cities of more things are not written: it would take too long.
const FEW: usize = 40;
/// Degrees of a city that is written at most: larger ones have more tiles than there is time for.
const SMALL_DEG: f64 = 0.5;

/// Every thing is somewhere on the Earth, and no two have one key. A small city can be written, and what is written is all
/// of it.
pub(crate) fn look(city: &City) {
    let on_earth = |p: &Place| assert!(p.lon.abs() <= 180.0 && p.lat.abs() <= 90.0, "{p:?} is nowhere");
    on_earth(&city.origin);
    city.buildings.iter().flat_map(|b| b.footprint.iter().chain(b.holes.iter().flatten())).for_each(on_earth);
    city.roads.iter().flat_map(|r| &r.points).for_each(on_earth);
    city.areas.iter().flat_map(|a| a.ring.iter().chain(a.holes.iter().flatten())).for_each(on_earth);
    city.models.iter().flat_map(|m| m.points()).for_each(|p| on_earth(&p.place));
    city.placed.iter().for_each(|m| on_earth(&m.place));
    let keys: Vec<&EntityKey> = keys(city).collect();
    let unique: HashSet<&EntityKey> = keys.iter().copied().collect();
    assert_eq!(unique.len(), keys.len(), "two things have one key");
    let bounds = city.bounds;
    if keys.len() <= FEW && bounds.east - bounds.west < SMALL_DEG && bounds.north - bounds.south < SMALL_DEG {
        write(city, keys.len());
    }
}

fn keys(city: &City) -> impl Iterator<Item = &EntityKey> {
    let built = city.buildings.iter().map(|b| &b.key).chain(city.models.iter().map(|m| &m.key));
    let lying = city.roads.iter().map(|r| &r.key).chain(city.areas.iter().map(|a| &a.key));
    built.chain(lying).chain(city.placed.iter().map(|m| &m.key))
}

fn write(city: &City, things: usize) {
    let folder = super::Folder::new();
    match write_city(city, &folder.path().join("city"), &TilingOptions::default(), &mut Silent) {
        Ok(made) => {
            let written = made.buildings + made.models + made.roads + made.areas;
            let lost = made.left_out.len() - city.findings.left_out.len();
            assert_eq!(written + lost, things, "things are lost in the tiles");
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}
