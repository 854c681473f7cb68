//! Shop signs on the fronts of buildings.

use super::{Spot, Survey};
use crate::{
    records::{Feature, Geometry},
    synth::demo::demo,
    workers,
};
use cim_model::{EntityKey, EntityKind};
use rand::Rng;
use rand_pcg::Pcg64;

/// Buildings of a city that has as many signs as the demo city; a smaller one has fewer.
const FULL: f64 = 12_000.0;
/// Width of a shop, metres.
const SHOP_M: f64 = 6.5;

/// A place for a sign on a wall that faces a street.
struct Front {
    building: usize,
    at: [f64; 2],
    heading_deg: f64,
    rank: u64,
}

/// Signs, the shopping streets first.
pub(super) fn signs(survey: &Survey<'_>) -> Vec<Spot> {
    let share = (survey.given.buildings.len() as f64 / FULL).min(1.0);
    let wanted = (demo().numbers.shop_signs as f64 * share).round() as usize;
    let mut found: Vec<Front> = Vec::new();
    // Shops and malls have enough in most cities; only then are the ground floors of other houses looked at.
    for classes in [&["商铺", "商业"], &["住宅", "办公"]] {
        let among: Vec<usize> = (0..survey.given.buildings.len())
            .filter(|i| classes.contains(&survey.given.buildings[*i].class.as_str()))
            .collect();
        if found.len() < wanted {
            found.extend(workers::each(&among, |i| fronts(survey, *i)).into_iter().flatten());
        }
    }
    let mut fronts = found;
    fronts.sort_by_key(|f| f.rank);
    fronts.truncate(wanted);
    // Numbered along the buildings, as a survey goes.
    fronts.sort_by_key(|f| f.building);
    let mut random = survey.random(0x51);
    fronts
        .into_iter()
        .enumerate()
        .map(|(i, front)| {
            let key = EntityKey::new(EntityKind::Sign, format!("{}P{:06}", demo().county, i + 1));
            let feature = Feature::new(key, shop(&mut random), Geometry::Point(survey.given.site.place(front.at)))
                .with("licence", licence(&mut random))
                .with("building", survey.given.buildings[front.building].key.to_string())
                .with("height_m", (random.random_range(3.2..4.4f64) * 10.0).round() / 10.0)
                .with("heading_deg", front.heading_deg.round());
            Spot { at: front.at, feature }
        })
        .collect()
}

/// Where signs can hang on a building.
fn fronts(survey: &Survey<'_>, building: usize) -> Vec<Front> {
    let ring = &survey.buildings.rings[building];
    let class = match survey.given.buildings[building].class.as_str() {
        "商铺" => 0,
        "商业" => 1,
        "住宅" => 2,
        "办公" => 3,
        _ => return Vec::new(),
    };
    let turn = crate::mesh::twice_area(ring).signum();
    let mut out = Vec::new();
    for i in 0..ring.len() {
        let (a, b) = (ring[i], ring[(i + 1) % ring.len()]);
        let d = [b[0] - a[0], b[1] - a[1]];
        let length = d[0].hypot(d[1]);
        let shops = ((length - 1.0) / SHOP_M).floor() as usize;
        let middle = [0.5 * (a[0] + b[0]), 0.5 * (a[1] + b[1])];
        if shops == 0 || survey.segments.nearest(middle, 60.0 + 0.5 * length, |_| true).is_none() {
            continue;
        }
        let normal = [turn * d[1] / length.max(1e-9), -turn * d[0] / length.max(1e-9)];
        for k in 0..shops {
            let t = (k as f64 + 0.5) / shops as f64;
            let at = [a[0] + d[0] * t + 0.25 * normal[0], a[1] + d[1] * t + 0.25 * normal[1]];
            let Some(road) = survey.segments.nearest(at, 60.0, |_| true) else { continue };
            let half = 0.5 * f64::from(survey.given.roads[road.line].width_m);
            let to_road = [road.foot[0] - at[0], road.foot[1] - at[1]];
            let facing = (to_road[0] * normal[0] + to_road[1] * normal[1]) / road.distance.max(1e-9);
            let yard = road.distance - half;
            if facing < 0.8 || yard > 30.0 {
                continue;
            }
            let centre = at[0].hypot(at[1]);
            let rank = class * 1_000_000 + (yard / 8.0) as u64 * 100_000 + centre as u64;
            let heading_deg = normal[0].atan2(normal[1]).to_degrees().rem_euclid(360.0);
            out.push(Front { building, at, heading_deg, rank });
        }
    }
    out
}

fn shop(random: &mut Pcg64) -> String {
    let shops = &demo().shops;
    let mut one = |list: &[String]| {
        let i = random.random_range(0..list.len().max(1));
        list.get(i).cloned().unwrap_or_default()
    };
    format!("{}{}", one(&shops.first), one(&shops.kind))
}

/// A unified social credit code of a sole trader of Rencheng, its check character masked: it names nobody.
fn licence(random: &mut Pcg64) -> String {
    let tail: String =
        (0..7).map(|_| char::from(b"0123456789ABCDEFGHJKLMNPQRTUWXY"[random.random_range(0..31)])).collect();
    format!("92370811MA{tail}*")
}
