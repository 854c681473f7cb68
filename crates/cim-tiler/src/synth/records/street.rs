//! Shop signs on the fronts of buildings, and shared bikes at the kerb.

use super::{Spot, Survey, people, pick};
use crate::records::{Feature, Geometry};
use cim_model::{EntityKey, EntityKind};
use rand::Rng;
use rand_pcg::Pcg64;

/// Signs of the demo city; a smaller city has fewer.
const SIGNS: usize = 10_000;
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
    let share = (survey.given.buildings.len() as f64 / 12_000.0).min(1.0);
    let mut fronts: Vec<Front> = (0..survey.given.buildings.len()).flat_map(|i| fronts(survey, i)).collect();
    fronts.sort_by_key(|f| f.rank);
    fronts.truncate((SIGNS as f64 * share).round() as usize);
    // Numbered along the buildings, as a survey goes.
    fronts.sort_by_key(|f| f.building);
    let mut random = survey.random(0x51);
    fronts
        .into_iter()
        .enumerate()
        .map(|(i, front)| {
            let key = EntityKey::new(EntityKind::Sign, format!("370811P{:06}", i + 1));
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
    const FIRST: [&str; 26] = [
        "老济宁",
        "运河人家",
        "太白楼",
        "竹竿巷",
        "鲁南",
        "玉堂",
        "孔府",
        "圣都",
        "任城",
        "金宇",
        "好又来",
        "万家",
        "惠民",
        "福临",
        "鑫源",
        "同心",
        "小荷",
        "阳光",
        "微山湖",
        "百姓",
        "新时代",
        "康乐",
        "天宝",
        "顺发",
        "美佳",
        "吉祥",
    ];
    const KIND: [&str; 30] = [
        "甏肉干饭",
        "羊汤馆",
        "水饺",
        "烟酒超市",
        "便利店",
        "大药房",
        "理发店",
        "服装店",
        "五金建材",
        "手机维修",
        "眼镜店",
        "文具店",
        "面馆",
        "蛋糕房",
        "茶叶店",
        "水果店",
        "干洗店",
        "电动车行",
        "渔具店",
        "花店",
        "宠物店",
        "房产中介",
        "口腔诊所",
        "美容院",
        "鞋店",
        "母婴用品",
        "图文广告",
        "糁汤馆",
        "熟食店",
        "灯饰城",
    ];
    format!("{}{}", pick(&FIRST, random), pick(&KIND, random))
}

/// A unified social credit code of a sole trader of Rencheng, its check character masked: it names nobody.
fn licence(random: &mut Pcg64) -> String {
    let tail: String =
        (0..7).map(|_| char::from(b"0123456789ABCDEFGHJKLMNPQRTUWXY"[random.random_range(0..31)])).collect();
    format!("92370811MA{tail}*")
}

/// Bikes in rows at the kerb, more of them near the centre.
pub(super) fn bikes(survey: &Survey<'_>) -> Vec<Spot> {
    const OPERATORS: [&str; 3] = ["蓝风单车", "橙意单车", "绿动单车"];
    const STATES: [&str; 12] = [
        "parked",
        "parked",
        "parked",
        "parked",
        "parked",
        "parked",
        "parked",
        "parked",
        "reserved",
        "misparked",
        "misparked",
        "fault",
    ];
    let wanted = survey.given.options.bikes;
    let mut random = survey.random(0xb1);
    let extent = survey.given.plan.half_extent();
    let mut out: Vec<Spot> = Vec::with_capacity(wanted);
    // A row that lies in water or in a building is tried elsewhere; a city of nothing but water gets none.
    let mut tries = 0;
    while out.len() < wanted && tries < 20 * wanted + 1000 {
        tries += 1;
        let road = random.random_range(0..survey.given.roads.len());
        let line = &survey.segments.lines[road];
        let k = random.random_range(0..line.len() - 1);
        let (a, b) = (line[k], line[k + 1]);
        let d = [b[0] - a[0], b[1] - a[1]];
        let length = d[0].hypot(d[1]).max(1e-9);
        let along = [d[0] / length, d[1] / length];
        let start: f64 = random.random_range(0.1..0.7);
        let from = [a[0] + d[0] * start, a[1] + d[1] * start];
        if random.random_bool((from[0].hypot(from[1]) / extent).clamp(0.0, 0.85)) {
            continue;
        }
        let side = if random.random_bool(0.5) { 1.0 } else { -1.0 };
        let off = side * (0.5 * f64::from(survey.given.roads[road].width_m) + 2.2);
        let operator = pick(&OPERATORS, &mut random);
        for n in 0..random.random_range(6..36usize) {
            if out.len() >= wanted {
                break;
            }
            let (s, across) = (n as f64 * 0.65, off + random.random_range(-0.25..0.25));
            let at = [from[0] + along[0] * s - along[1] * across, from[1] + along[1] * s + along[0] * across];
            if survey.in_water(at, 1.0) || survey.buildings.at(at).is_some() {
                break;
            }
            let number = out.len() as u64;
            let id = format!("{:010}", 1_000_000_000 + people::spread(number) % 8_000 * 1_000_000 + number % 1_000_000);
            let feature = Feature::new(
                EntityKey::new(EntityKind::Bike, id.clone()),
                format!("{operator}{}", &id[4..]),
                Geometry::Point(survey.given.site.place(at)),
            )
            .with("operator", operator)
            .with("state", pick(&STATES, &mut random));
            out.push(Spot { at, feature });
        }
    }
    out
}
