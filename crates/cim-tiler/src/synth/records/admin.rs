//! Administrative areas: districts, subdistricts (街道) and communities (社区).

use super::{
    Survey,
    people::{self, office, seat},
};
use crate::{
    records::{Feature, Geometry},
    synth::{
        demo::{Name, demo},
        districts::{self, Blocks},
    },
};
use cim_model::{EntityKey, EntityKind};

/// The areas: districts, then subdistricts, each with its communities behind it.
pub(super) fn features(survey: &Survey<'_>) -> Vec<Feature> {
    let plan = survey.given.plan;
    let feature = |code: &str, name: &Name, level: &str, blocks: Blocks| {
        let ring: Vec<[f64; 2]> = districts::outline(plan, blocks);
        let area = 0.5 * crate::mesh::twice_area(&ring).abs();
        let ring = ring.iter().map(|p| survey.given.site.place(*p)).collect();
        Feature::new(EntityKey::new(EntityKind::Admin, code), name.zh.clone(), Geometry::Polygon(vec![ring]))
            .with("code", code)
            .with("name_en", name.en.clone())
            .with("level", level)
            .with("area_m2", area.round())
    };
    let all = districts::subdistricts(plan);
    let mut out: Vec<Feature> = districts::districts(&all)
        .into_iter()
        .map(|(d, blocks)| feature(&d.code, &d.name, &d.level, blocks).with("county", demo().county.clone()))
        .collect();
    for s in &all {
        out.push(feature(&s.code, &s.name, "subdistrict", s.blocks).with("district", s.district.name.zh.clone()));
        for c in districts::communities(s) {
            // A community secretary (民情书记) visits on the 5th, 15th and 25th.
            let secretary = people::name(seat(office::SECRETARY, (s.number * 100 + c.number) as u64));
            out.push(
                feature(&c.code, &c.name, "community", c.blocks)
                    .with("subdistrict", s.name.zh.clone())
                    .with("district", s.district.name.zh.clone())
                    .with("secretary", secretary)
                    .with("visits", "每月5日、15日、25日"),
            );
        }
    }
    out
}
