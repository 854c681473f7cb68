//! Roads and the chiefs of the main ones (路长制).

use super::{
    Survey,
    people::{self, office, seat},
};
use crate::{
    city::RoadClass,
    records::{Feature, Geometry},
    synth::demo::demo,
};

pub(super) fn features(survey: &Survey<'_>) -> Vec<Feature> {
    const UNITS: [&str; 6] = [
        "任城区综合行政执法局",
        "济宁市城市管理局",
        "任城区环境卫生服务中心",
        "济宁高新区城市管理局",
        "太白湖新区城市管理局",
        "济宁市市政工程管理处",
    ];
    survey
        .given
        .roads
        .iter()
        .enumerate()
        .map(|(i, road)| {
            let line = &survey.segments.lines[i];
            let length: f64 = line.windows(2).map(|w| (w[1][0] - w[0][0]).hypot(w[1][1] - w[0][1])).sum();
            let feature = Feature::new(road.key.clone(), road.name.clone(), Geometry::LineString(road.points.clone()))
                .with("class", road.class.name())
                .with("width_m", f64::from(road.width_m))
                .with("length_m", length.round())
                .with("main", road.main);
            if !road.main {
                return feature;
            }
            let seat = seat(office::ROAD_CHIEF, i as u64);
            // Parts of a street begin with its own name: 仙营南路 is part of 仙营路.
            let stem = |name: &str| name.trim_end_matches('路').to_owned();
            let shown = demo().demonstration_roads.iter().find(|d| road.name.starts_with(&stem(&d.name)));
            let feature = match shown {
                Some(d) => feature.with("demonstration", format!("{}示范路段", d.of)),
                None => feature,
            };
            feature
                .with("chief", people::name(seat))
                .with("chief_unit", UNITS[(people::spread(seat) >> 17) as usize % UNITS.len()])
                .with("chief_phone", people::phone(seat))
                .with("sanitation_class", if road.class <= RoadClass::Primary { "一级" } else { "二级" })
        })
        .collect()
}
