//! Construction sites, dumps, and places that flood.

use super::{
    Spot, Survey,
    grid::Grid,
    people::{self, office, seat},
    pick,
};
use crate::{
    records::{Feature, Geometry},
    synth::demo::{Zone, demo},
};
use cim_model::{EntityKey, EntityKind};
use rand::Rng;

const BUILDERS: [&str; 8] = [
    "济宁市建设工程总公司",
    "山东圣都建筑安装有限公司",
    "任城建工集团有限公司",
    "济宁运河建设集团有限公司",
    "鲁南建设发展有限公司",
    "太白湖城市建设有限公司",
    "济宁高新城建投资有限公司",
    "山东孔孟建工有限公司",
];
const STAGES: [&str; 4] = ["土方开挖", "基础施工", "主体施工", "装饰装修"];

/// Construction sites and dumps.
pub(super) fn sites(survey: &Survey<'_>, grid: &Grid) -> Vec<Spot> {
    let mut random = survey.random(0x517e);
    let (mut works, mut dumps) = (0, 0);
    let mut one = |site: &crate::synth::blocks::Site| {
        let n = site.ring.len().max(1) as f64;
        let at = site.ring.iter().fold([0.0; 2], |c, p| [c[0] + p[0] / n, c[1] + p[1] / n]);
        let ring: Vec<_> = site.ring.iter().map(|p| survey.given.site.place(*p)).collect();
        let area = 0.5 * crate::mesh::twice_area(&site.ring).abs();
        let dump = site.zone == Zone::Dump;
        let (kind, letter, number) = if dump {
            dumps += 1;
            (EntityKind::DumpSite, 'X', dumps)
        } else {
            works += 1;
            (EntityKind::ConstructionSite, 'S', works)
        };
        let key = EntityKey::new(kind, format!("{}{letter}{number:04}", demo().county));
        let manager = people::masked(seat(office::SITE, number + if dump { 50_000 } else { 0 }));
        let mut feature = Feature::new(key, site.name.clone(), Geometry::Polygon(vec![ring]))
            .with("area_m2", area.round())
            .with("manager", manager);
        if let Some(cell) = grid.at(at) {
            feature = feature.with("grid", cell.key().to_string()).with("subdistrict", cell.subdistrict.as_ref());
        }
        feature = if dump {
            let capacity = (area * random.random_range(4.0..9.0) / 1000.0).round() * 1000.0;
            let share: f64 = random.random_range(0.2..0.95);
            feature.with("capacity_m3", capacity).with("filled_m3", (capacity * share / 100.0).round() * 100.0)
        } else {
            feature
                .with("builder", pick(&BUILDERS, &mut random))
                .with("stage", pick(&STAGES, &mut random))
                .with("permit", format!("{}{}{:06}", demo().county, 2026, random.random_range(1..999_999u32)))
        };
        Spot { at, feature }
    };
    survey.given.sites.iter().map(&mut one).collect()
}

/// Places that flood, each with the depth gauge that watches it: the first of the low spots have gauges.
pub(super) fn flood_points(survey: &Survey<'_>, low_spots: &[([f64; 2], String)]) -> Vec<Spot> {
    let gauge = demo().sensors.iter().find(|s| s.kind == cim_model::SensorKind::WaterDepth);
    let gauges = super::fixtures::wanted(survey, gauge.map_or(0, |s| s.count));
    let wanted = super::fixtures::wanted(survey, demo().numbers.flood_points);
    let spots = low_spots.iter().take(wanted.min(gauges)).enumerate();
    spots
        .map(|(i, (at, name))| {
            let key = EntityKey::new(EntityKind::FloodPoint, format!("{}J{:04}", demo().county, i + 1));
            let mut feature = Feature::new(key, format!("{name}积水点"), Geometry::Point(survey.given.site.place(*at)));
            if let Some(gauge) = gauge {
                let sensor = EntityKey::new(EntityKind::Sensor, format!("{}{:04}", gauge.prefix, i + 1));
                feature = feature
                    .with("sensor", sensor.to_string())
                    .with("warning", gauge.warning)
                    .with("alarm", gauge.alarm);
            }
            let duty = seat(office::FLOOD, i as u64);
            feature = feature.with("chief", people::name(duty)).with("chief_phone", people::phone(duty));
            Spot { at: *at, feature }
        })
        .collect()
}
