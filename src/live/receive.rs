//! From the feed into the columns.

use super::{
    Layers,
    city::{Item, LiveCity},
    columns::Mover,
};
use crate::{
    diagnostics::Diagnostics,
    feed::{Clock, FeedEvent, Geometry, Record, is_read_near},
    scene::SiteGeo,
};
use bevy::{math::DVec3, prelude::*};
use cim_model::{
    AlertState, CaseState, CaseSummary, EntityKey, EntityKind, LayerId, Place, VehiclePosition, live::Body,
};
use serde_json::{Map, Value};

/// Metres above the ground where vehicles stand: on the carriageway.
const ROAD_M: f64 = 0.1;

pub(super) fn receive(
    mut events: MessageReader<FeedEvent>,
    clock: Res<Clock>,
    site: Res<SiteGeo>,
    mut city: ResMut<LiveCity>,
    mut layers: ResMut<Layers>,
    mut diagnostics: ResMut<Diagnostics>,
) {
    if events.is_empty() {
        return;
    }
    let now = clock.elapsed_secs();
    let city = &mut *city;
    for event in events.read() {
        match event {
            FeedEvent::Vehicles(list) => city.fleet = list.iter().map(|v| (v.id.clone(), v.clone())).collect(),
            FeedEvent::Records { layer, first, records } => {
                if let Some(points) = city.points.get_mut(layer).filter(|_| *first) {
                    points.columns.clear();
                    points.version += 1;
                }
                for record in records {
                    take(city, &site, *layer, record, &mut diagnostics);
                }
            }
            FeedEvent::Alerts(list) => {
                city.put_alerts(list);
                show_alerts(city, &site);
            }
            FeedEvent::Live(envelope) => match &envelope.body {
                Body::Positions(list) => {
                    for report in list {
                        drive(city, &site, report, now, &mut diagnostics);
                    }
                    city.vehicles_version += 1;
                }
                Body::Readings(list) => {
                    for reading in list {
                        city.readings.insert(reading.id.clone(), reading.clone());
                    }
                    // A place that floods has the colour of its gauge.
                    for layer in [LayerId::IotDevice, LayerId::FloodPoint] {
                        if let Some(points) = city.points.get_mut(&layer) {
                            points.version += 1;
                        }
                    }
                }
                Body::Cameras(list) => {
                    for camera in list {
                        city.cameras.insert(camera.id.clone(), camera.clone());
                    }
                    if let Some(points) = city.points.get_mut(&LayerId::Camera) {
                        points.version += 1;
                    }
                }
                Body::Alerts(list) => {
                    city.put_alerts(list);
                    show_alerts(city, &site);
                }
                Body::Cases(list) => list.iter().for_each(|c| show_case(city, &site, c)),
                Body::Hello { .. } | Body::Resync | Body::Heartbeat => {}
            },
            _ => {}
        }
    }
    for layer in cim_model::LAYERS {
        let count = city.count(layer.id);
        if !elsewhere(layer.id) && layers.count(layer.id) != count {
            layers.set_count(layer.id, count);
        }
    }
}

/// Whether somebody else counts the layer's things: the grid plugin its lines and areas, the backend what is read in part.
fn elsewhere(layer: LayerId) -> bool {
    is_read_near(layer)
        || matches!(
            layer,
            LayerId::Admin
                | LayerId::RoadChief
                | LayerId::MuckSite
                | LayerId::MuckDump
                | LayerId::BikeArea
                | LayerId::TerrainBuildings
        )
}

/// Takes a record that stands somewhere; those of grid and roads are the grid plugin's.
fn take(city: &mut LiveCity, site: &SiteGeo, layer: LayerId, record: &Record, diagnostics: &mut Diagnostics) {
    let Geometry::Point(place) = record.geometry else {
        if record.geometry == Geometry::None
            && !matches!(layer, LayerId::UnitGrid | LayerId::RoadChief | LayerId::Admin)
        {
            diagnostics.report("record-without-place", record.key.to_string(), "it is known but cannot be shown");
        }
        return;
    };
    let heading = record.properties.get("heading_deg").and_then(Value::as_f64).unwrap_or(0.0);
    let height = record.properties.get("height_m").and_then(Value::as_f64).unwrap_or(0.0).clamp(0.0, 1000.0);
    let item = Item { key: record.key.clone(), name: record.name.clone(), properties: record.properties.clone() };
    city.put_point(layer, item, Mover::standing(site.position(place, height), heading.to_radians() as f32));
}

fn drive(city: &mut LiveCity, site: &SiteGeo, report: &VehiclePosition, now: f64, diagnostics: &mut Diagnostics) {
    if !report.place.is_plausible() {
        diagnostics.report(
            "implausible-place",
            format!("vehicle:{}", report.id),
            "the report is passed over, the vehicle stays where it was",
        );
        return;
    }
    let height_m = f64::from(report.height_m);
    let raised_m = if height_m.is_finite() { height_m.clamp(0.0, 100.0) } else { 0.0 };
    let at = site.position(report.place, ROAD_M + raised_m);
    let heading = if report.heading_deg.is_finite() { report.heading_deg.to_radians() } else { 0.0 };
    match city.vehicles.get(&report.id) {
        Some(i) => {
            let since = report.time.secs_since(city.vehicles.data[i].time);
            if since < 0.0 {
                return;
            }
            city.vehicles.movers[i].report(at, heading, now, since);
            city.vehicles.data[i] = report.clone();
        }
        None => {
            city.vehicles.insert(&report.id, Mover::standing(at, heading), report.clone());
        }
    }
}

/// Alerts that are not over stand in the city as beacons.
fn show_alerts(city: &mut LiveCity, site: &SiteGeo) {
    let shown: Vec<(Item, DVec3)> = city
        .alerts()
        .filter(|a| matches!(a.state, AlertState::Raised | AlertState::Acknowledged | AlertState::Filed))
        .filter_map(|a| {
            let item = Item { key: a.key(), name: a.class_name.clone(), properties: Map::new() };
            Some((item, site.position(a.place.filter(|p| p.is_plausible())?, 0.0)))
        })
        .collect();
    let points = city.points.entry(LayerId::AiAlarm).or_default();
    points.columns.clear();
    points.version += 1;
    for (item, at) in shown {
        let id = item.key.id.clone();
        points.columns.insert(&id, Mover::standing(at, 0.0), item);
    }
}

/// Cases that run are pins.
fn show_case(city: &mut LiveCity, site: &SiteGeo, case: &CaseSummary) {
    let place: Option<Place> = case.place.filter(|p| p.is_plausible());
    let (Some(place), CaseState::Open) = (place, case.state) else { return };
    let item = Item {
        key: EntityKey::new(EntityKind::Case, case.id.clone()),
        name: case.title.clone(),
        properties: Map::new(),
    };
    city.put_point(LayerId::Case, item, Mover::standing(site.position(place, 0.0), 0.0));
}
