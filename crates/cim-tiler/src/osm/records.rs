//! Records that an extract can give: its roads, a regular unit grid over the built area, and a fleet.

use super::OsmOptions;
use crate::{
    city::{Building, Road},
    records::{Feature, Geometry, Records, of_roads},
    synth::{Fleet, vehicles},
};
use cim_geo::{Geodetic, SiteFrame};
use cim_model::{EntityKey, EntityKind, Place};
use glam::DVec3;
use std::collections::BTreeMap;

/// Edge of a cell, metres.
const CELL_M: f64 = 200.0;
/// Cells along the edge of a community, of which there are so many numbers that a code is unique.
const COMMUNITY_CELLS: i64 = 10;

/// Records for a city from an extract.
pub(super) fn records(options: &OsmOptions, origin: Place, buildings: &[Building], roads: &[Road]) -> Records {
    let frame = SiteFrame::new(Geodetic::new(origin.lon, origin.lat, 0.0));
    let fleet = Fleet {
        sanitation: options.sanitation,
        muck: options.muck,
        plate: "Z·",
        sanitation_units: &["环卫作业一队", "环卫作业二队", "环卫作业三队"],
        muck_units: &["渣土运输一公司", "渣土运输二公司", "渣土运输三公司", "渣土运输四公司"],
    };
    let mut records = Records { vehicles: vehicles(options.seed, &fleet), ..Records::default() };
    records.collections.insert("roads".into(), of_roads(origin, roads));
    records.collections.insert("unit_grid".into(), grid(&frame, &options.region, buildings));
    records
}

/// Cells that hold a building.
fn grid(frame: &SiteFrame, region: &str, buildings: &[Building]) -> Vec<Feature> {
    let mut used: BTreeMap<(i64, i64), usize> = BTreeMap::new();
    for corner in buildings.iter().filter_map(|b| b.footprint.first()) {
        let at = frame.to_enu(Geodetic::new(corner.lon, corner.lat, 0.0));
        // North to south first, as the numbering goes.
        *used.entry((-(at.y / CELL_M).floor() as i64, (at.x / CELL_M).floor() as i64)).or_default() += 1;
    }
    let low = |pick: fn(&(i64, i64)) -> i64| used.keys().map(pick).min().unwrap_or(0);
    let (north, west) = (low(|k| k.0), low(|k| k.1));
    let cells = used.iter().filter_map(|(&(row, column), &count)| {
        let (j, i) = (row - north, column - west);
        let (street, community) = (j / COMMUNITY_CELLS + 1, i / COMMUNITY_CELLS + 1);
        // More than 999 communities in a line is 2,000 km: beyond any city, and beyond the code.
        if street > 999 || community > 999 {
            return None;
        }
        let number = j % COMMUNITY_CELLS * COMMUNITY_CELLS + i % COMMUNITY_CELLS + 1;
        let code = format!("{region}{street:03}{community:03}{number:03}");
        let corner = |dx: i64, dy: i64| {
            let (x, y) = ((column + dx) as f64 * CELL_M, (dy - row) as f64 * CELL_M);
            let g = frame.to_geodetic(DVec3::new(x, y, 0.0));
            Place::new(g.lon_deg, g.lat_deg)
        };
        let ring = vec![corner(0, 0), corner(1, 0), corner(1, 1), corner(0, 1)];
        let key = EntityKey::new(EntityKind::Grid, code.clone());
        Some(
            Feature::new(key, format!("第{street}街道第{community}社区{number:03}网格"), Geometry::Polygon(vec![ring]))
                .with("code", code)
                .with("area_m2", CELL_M * CELL_M)
                .with("landuse", "建设用地")
                .with("mgmt_level", if count >= 8 { "一级" } else { "二级" })
                .with("inspector", format!("第{street}街道巡查组")),
        )
    });
    cells.collect()
}
