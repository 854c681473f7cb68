//! What is mounted in the streets: cameras at the junctions of main roads, and sensors.

use super::{Spot, Survey, pick};
use crate::{
    records::{Feature, Geometry},
    synth::demo::{Zone, demo},
};
use cim_model::{EntityKey, EntityKind, SensorKind};
use rand::Rng;
use rand_pcg::Pcg64;
use std::collections::BTreeSet;

/// Buildings of a city that has all the demo city's fixtures; a smaller one has fewer.
const FULL: f64 = 12_000.0;
/// Corners of a crossing, east and north; opposite ones follow one another.
const CORNERS: [([f64; 2], &str); 4] =
    [([1.0, 1.0], "东北"), ([-1.0, -1.0], "西南"), ([-1.0, 1.0], "西北"), ([1.0, -1.0], "东南")];

/// How many of `full` a city of this size has.
pub(super) fn wanted(survey: &Survey<'_>, full: usize) -> usize {
    let share = (survey.given.buildings.len() as f64 / FULL).clamp(0.05, 1.0);
    (full as f64 * share).ceil() as usize
}

/// A place where two main roads meet.
struct Junction {
    at: [f64; 2],
    name: String,
    half_widths: [f64; 2],
}

/// Junctions of main roads, from the centre outwards.
fn junctions(survey: &Survey<'_>) -> Vec<Junction> {
    let network = survey.given.network;
    let mut roads: Vec<BTreeSet<usize>> = vec![BTreeSet::new(); network.nodes.len()];
    let by_id: std::collections::HashMap<&str, usize> =
        survey.given.roads.iter().enumerate().map(|(i, r)| (r.key.id.as_str(), i)).collect();
    for edge in &network.edges {
        if let Some(&road) = by_id.get(edge.road.as_str()).filter(|i| survey.given.roads[**i].main) {
            roads[edge.a as usize].insert(road);
            roads[edge.b as usize].insert(road);
        }
    }
    let mut list: Vec<Junction> = roads
        .iter()
        .enumerate()
        .filter_map(|(node, roads)| {
            // Parts of one street meet too; a junction has two names.
            let mut found = roads.iter().map(|r| &survey.given.roads[*r]);
            let first = found.next()?;
            let other = found.find(|r| r.name.chars().take(2).ne(first.name.chars().take(2)))?;
            let [lon, lat] = network.nodes[node];
            Some(Junction {
                at: survey.given.site.metres(cim_model::Place::new(lon, lat)),
                name: format!("{}与{}路口", first.name, other.name),
                half_widths: [0.5 * f64::from(first.width_m), 0.5 * f64::from(other.width_m)],
            })
        })
        .collect();
    list.sort_by(|a, b| a.at[0].hypot(a.at[1]).total_cmp(&b.at[0].hypot(b.at[1])));
    list
}

/// Cameras, on masts at the corners of junctions; where there are fewer junctions than cameras, up to four to a junction.
pub(super) fn cameras(survey: &Survey<'_>) -> Vec<Spot> {
    let mut random = survey.random(0xca);
    let junctions = junctions(survey);
    let owners = ["济宁市公安局交警支队", "济宁市城市运行管理服务中心", "任城区综合行政执法局", "济宁市公安局任城分局"];
    (0..demo().numbers.cameras.min(CORNERS.len() * junctions.len()))
        .map(|i| {
            let junction = &junctions[i % junctions.len()];
            let (side, part) = CORNERS[(i % junctions.len() + i / junctions.len()) % CORNERS.len()];
            let off = junction.half_widths[0].max(junction.half_widths[1]) + 3.0;
            let at = [junction.at[0] + side[0] * off, junction.at[1] + side[1] * off];
            // It looks across the junction.
            let heading: f64 = (-side[0]).atan2(-side[1]).to_degrees() + random.random_range(-20.0..20.0);
            // Centre code of Rencheng, no industry, network camera, serial number (GB/T 28181).
            let id = format!("{}00001320{:06}", demo().county, i + 1);
            let feature = Feature::new(
                EntityKey::new(EntityKind::Camera, id),
                format!("{}{part}角", junction.name),
                Geometry::Point(survey.given.site.place(at)),
            )
            .with("ptz_type", pick(&["球机", "球机", "固定枪机", "遥控枪机", "全景拼接"], &mut random))
            .with("heading_deg", heading.rem_euclid(360.0).round())
            .with("online", random.random_bool(0.965))
            .with("owner", pick(&owners, &mut random));
            Spot { at, feature }
        })
        .collect()
}

/// Sensors of all kinds where such things are mounted.
pub(super) fn sensors(survey: &Survey<'_>, low_spots: &[Place]) -> Vec<Spot> {
    let mut random = survey.random(0x5e);
    let mut out = Vec::new();
    for sensors in &demo().sensors {
        let kind = sensors.kind;
        let wanted = wanted(survey, sensors.count);
        for (number, (at, name)) in places(survey, kind, (wanted, low_spots), &mut random).into_iter().enumerate() {
            let name = format!("{name}{}监测点", if kind == SensorKind::FillLevel { "垃圾箱" } else { kind.zh() });
            let key = EntityKey::new(EntityKind::Sensor, format!("{}{:04}", sensors.prefix, number + 1));
            let feature = Feature::new(key, name, Geometry::Point(survey.given.site.place(at)))
                .with("sensor_kind", kind_name(kind))
                .with("warning", sensors.warning)
                .with("alarm", sensors.alarm);
            out.push(Spot { at, feature });
        }
    }
    out
}

/// The word of a kind in records.
pub(super) fn kind_name(kind: SensorKind) -> &'static str {
    match kind {
        SensorKind::WaterDepth => "water_depth",
        SensorKind::Dust => "dust",
        SensorKind::Noise => "noise",
        SensorKind::FillLevel => "fill_level",
        SensorKind::Gas => "gas",
    }
}

/// A point, east-north metres, and what is there.
type Place = ([f64; 2], String);

fn places(
    survey: &Survey<'_>,
    kind: SensorKind,
    (wanted, low_spots): (usize, &[Place]),
    random: &mut Pcg64,
) -> Vec<Place> {
    match kind {
        SensorKind::WaterDepth => low_spots.iter().take(wanted).cloned().collect(),
        SensorKind::FillLevel => (0..wanted).filter_map(|_| kerb(survey, random)).collect(),
        SensorKind::Dust => {
            let works = survey.given.sites.iter().filter(|s| s.zone == Zone::Construction);
            let gate = |s: &crate::synth::blocks::Site| Some((*s.ring.first()?, s.name.clone()));
            let mut list: Vec<Place> = works.filter_map(gate).take(wanted).collect();
            let left = wanted - list.len();
            list.extend(at_buildings(survey, &["工业"], 0.0, left, "厂区", random));
            list
        }
        SensorKind::Noise => at_buildings(survey, &["商业", "医院", "学校", "商铺"], 0.0, wanted, "", random),
        SensorKind::Gas => at_buildings(survey, &["住宅", "商铺"], 0.0, wanted, "", random),
    }
}

/// Where water gathers: street crossings nearest to the rivers and the lake.
pub(super) fn low_spots(survey: &Survey<'_>) -> Vec<Place> {
    let gauges = demo().sensors.iter().filter(|s| s.kind == SensorKind::WaterDepth).map(|s| s.count).sum();
    let wanted = wanted(survey, gauges);
    let network = survey.given.network;
    let nodes: Vec<[f64; 2]> =
        network.nodes.iter().map(|n| survey.given.site.metres(cim_model::Place::new(n[0], n[1]))).collect();
    // The ring of nodes just beyond the banks, ever wider until there are enough.
    let mut chosen = Vec::new();
    let mut taken = vec![false; nodes.len()];
    for margin in [30.0, 120.0, 250.0, 500.0, 1000.0, 1e6] {
        for (i, at) in nodes.iter().enumerate() {
            if chosen.len() >= wanted {
                break;
            }
            if !taken[i] && survey.in_water(*at, margin) && !survey.in_water(*at, 2.0) {
                taken[i] = true;
                let road = survey.segments.nearest(*at, 60.0, |_| true);
                let name = road.map_or_else(String::new, |n| survey.given.roads[n.line].name.clone());
                chosen.push(([at[0] + 4.0, at[1] + 4.0], format!("{name}低洼路段{:03}号", chosen.len() + 1)));
            }
        }
    }
    chosen
}

/// A place on the pavement of some street, and the street's name. Used for bins.
fn kerb(survey: &Survey<'_>, random: &mut Pcg64) -> Option<Place> {
    for _ in 0..50 {
        let road = random.random_range(0..survey.given.roads.len());
        let line = &survey.segments.lines[road];
        let k = random.random_range(0..line.len() - 1);
        let (a, b) = (line[k], line[k + 1]);
        let t: f64 = random.random_range(0.1..0.9);
        let d = [b[0] - a[0], b[1] - a[1]];
        let length = d[0].hypot(d[1]).max(1e-9);
        let side = if random.random_bool(0.5) { 1.0 } else { -1.0 };
        let off = side * (0.5 * f64::from(survey.given.roads[road].width_m) + 1.8);
        let at = [a[0] + d[0] * t - d[1] / length * off, a[1] + d[1] * t + d[0] / length * off];
        if !survey.in_water(at, 1.0) && survey.buildings.at(at).is_none() {
            return Some((at, survey.given.roads[road].name.clone()));
        }
    }
    None
}

/// Beside buildings of these classes and at least this height.
fn at_buildings(
    survey: &Survey<'_>,
    classes: &[&str],
    height_m: f32,
    wanted: usize,
    suffix: &str,
    random: &mut Pcg64,
) -> Vec<Place> {
    let all = survey.given.buildings;
    let tall = |i: &usize| all[*i].height_m >= height_m || all[*i].class == "工业";
    let mut list: Vec<usize> =
        (0..all.len()).filter(|i| classes.contains(&all[*i].class.as_str())).filter(tall).collect();
    let mut out = Vec::new();
    while out.len() < wanted && !list.is_empty() {
        let i = list.swap_remove(random.random_range(0..list.len()));
        let (ring, centre) = (&survey.buildings.rings[i], survey.buildings.centre(i));
        let corner = ring[random.random_range(0..ring.len())];
        let away = [corner[0] - centre[0], corner[1] - centre[1]];
        let length = away[0].hypot(away[1]).max(1e-9);
        let at = [corner[0] + 2.0 * away[0] / length, corner[1] + 2.0 * away[1] / length];
        if survey.buildings.at(at).is_none() && !survey.in_water(at, 1.0) {
            out.push((at, format!("{}{suffix}", all[i].name)));
        }
    }
    out
}
