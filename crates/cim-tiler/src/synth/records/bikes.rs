//! Shared bikes, in rows at the kerb, and the areas that are marked for them.

use super::{Spot, Survey, people, pick};
use crate::{
    records::{Feature, Geometry},
    synth::demo::demo,
};
use cim_model::{EntityKey, EntityKind};
use rand::Rng;

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
/// Metres from one bike to the next.
const STEP_M: f64 = 0.65;
/// Metres from the kerb to the middle of a row.
const BESIDE_M: f64 = 2.2;

/// A row at the kerb: where it begins, the way it goes, and metres to its left.
struct Row {
    from: [f64; 2],
    along: [f64; 2],
    off: f64,
}

impl Row {
    fn at(&self, metres: f64, across: f64) -> [f64; 2] {
        let left = self.off + across;
        [
            self.from[0] + self.along[0] * metres - self.along[1] * left,
            self.from[1] + self.along[1] * metres + self.along[0] * left,
        ]
    }
}

/// Bikes in rows at the kerb, more of them near the centre; and the parking areas, one a row.
pub(super) fn bikes(survey: &Survey<'_>) -> (Vec<Spot>, Vec<Spot>) {
    let wanted = survey.given.options.bikes;
    let mut random = survey.random(0xb1);
    let extent = survey.given.plan.half_extent();
    let (mut out, mut areas): (Vec<Spot>, Vec<Spot>) = (Vec::with_capacity(wanted), Vec::new());
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
        let start: f64 = random.random_range(0.1..0.7);
        let from = [a[0] + d[0] * start, a[1] + d[1] * start];
        if random.random_bool((from[0].hypot(from[1]) / (0.6 * extent)).clamp(0.0, 0.97)) {
            continue;
        }
        let side = if random.random_bool(0.5) { 1.0 } else { -1.0 };
        let off = side * (0.5 * f64::from(survey.given.roads[road].width_m) + BESIDE_M);
        let row = Row { from, along: [d[0] / length, d[1] / length], off };
        let operator = pick(&OPERATORS, &mut random);
        let area = EntityKey::new(EntityKind::BikeArea, format!("{}T{:05}", demo().county, areas.len() + 1));
        let heading = row.along[1].atan2(-row.along[0]).to_degrees().rem_euclid(360.0).round();
        let count = random.random_range(6..36usize);
        let mut parked = 0;
        for n in 0..count.min(wanted - out.len()) {
            let at = row.at(n as f64 * STEP_M, random.random_range(-0.25..0.25));
            if survey.in_water(at, 1.0) || survey.buildings.at(at).is_some() {
                break;
            }
            parked += 1;
            let number = out.len() as u64;
            let id = format!("{:010}", 1_000_000_000 + people::spread(number) % 8_000 * 1_000_000 + number % 1_000_000);
            let feature = Feature::new(
                EntityKey::new(EntityKind::Bike, id.clone()),
                format!("{operator}{}", &id[4..]),
                Geometry::Point(survey.given.site.place(at)),
            )
            .with("operator", operator)
            .with("state", pick(&STATES, &mut random))
            .with("heading_deg", heading)
            .with("area", area.to_string());
            out.push(Spot { at, feature });
        }
        if parked > 0 {
            let capacity = (parked + parked / 4 + 2) as f64;
            let end = (capacity + 0.5) * STEP_M;
            let ring = [(-0.8, -1.1), (end, -1.1), (end, 1.1), (-0.8, 1.1)];
            let ring = ring.map(|(s, across)| survey.given.site.place(row.at(s, across))).to_vec();
            let name = format!("{}{:05}号停放区", survey.given.roads[road].name, areas.len() + 1);
            let feature = Feature::new(area, name, Geometry::Polygon(vec![ring]))
                .with("capacity", capacity)
                .with("count", parked)
                .with("operator", operator);
            areas.push(Spot { at: row.at(0.5 * end, 0.0), feature });
        }
    }
    (out, areas)
}
