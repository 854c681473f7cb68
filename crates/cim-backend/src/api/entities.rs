//! The site, the fleet, and one entity by its key.

use super::{Answer, App, Problem, features::refresh};
use crate::city::{bounds, middle};
use axum::{
    Json,
    extract::{Path, State},
};
use cim_model::{EntityKey, EntityKind, LayerId, Place, Site, Vehicle, VehiclePosition};
use serde_json::{Value, json};

pub(super) async fn site(State(shared): App) -> Json<Site> {
    let mut site = shared.site.clone();
    site.now = shared.now();
    Json(site)
}

pub(super) async fn vehicles(State(shared): App) -> Json<Vec<Vehicle>> {
    Json(shared.vehicles.clone())
}

pub(super) async fn classes(State(shared): App) -> Json<Value> {
    Json(json!({"classes": shared.classes.iter().collect::<Vec<_>>()}))
}

pub(super) async fn diagnostics(State(shared): App) -> Json<Value> {
    Json(json!(shared.diagnostics.read()))
}

/// What is known of a vehicle now.
pub(super) fn vehicle_properties(vehicle: &Vehicle, position: Option<&VehiclePosition>) -> Value {
    let mut properties = json!(vehicle);
    if let Some(map) = properties.as_object_mut() {
        map.insert("key".into(), json!(EntityKey::new(EntityKind::Vehicle, vehicle.id.clone())));
        map.insert("name".into(), json!(vehicle.plate));
        if let Some(p) = position {
            map.insert("speed_mps".into(), json!(p.speed_mps));
            map.insert("heading_deg".into(), json!(p.heading_deg));
            map.insert("state".into(), json!(p.state));
            map.insert("time".into(), json!(p.time));
        }
    }
    properties
}

pub(super) async fn entity(State(shared): App, Path(text): Path<String>) -> Answer {
    let key: EntityKey = text.parse().map_err(|e: cim_model::KeyError| Problem::parameter(e.to_string()))?;
    let missing = || Problem::missing(format!("nothing has the key {key}"));
    let answer = |layer: LayerId, place: Option<Place>, properties: Value| {
        Ok(Json(json!({"key": key, "layer": layer, "place": place, "properties": properties})))
    };
    match key.kind {
        EntityKind::Vehicle => {
            let vehicle = shared.vehicles.iter().find(|v| v.id == key.id).ok_or_else(missing)?;
            let position = shared.hub.position(&key.id);
            let place = position.as_ref().map(|p| p.place);
            answer(vehicle.kind.layer(), place, vehicle_properties(vehicle, position.as_ref()))
        }
        EntityKind::Alert => {
            let id = key.id.clone();
            let alert =
                shared.with_store(move |s| s.alert(&id)).await.ok_or_else(Problem::store)?.ok_or_else(missing)?;
            answer(LayerId::AiAlarm, alert.place, json!(alert))
        }
        EntityKind::Case => {
            let id = key.id.clone();
            let case = shared.with_store(move |s| s.case(&id)).await.ok_or_else(Problem::store)?.ok_or_else(missing)?;
            answer(LayerId::Case, case.summary.place, json!(case.summary))
        }
        _ => {
            let found = shared.with_store(move |s| s.feature_by_key(&text)).await.ok_or_else(Problem::store)?;
            let Some((collection, json)) = found else {
                // What stands in the city's tiles says there what it is: without a record here it is still there.
                let modelled =
                    [EntityKind::Building, EntityKind::Road, EntityKind::Water, EntityKind::Green].contains(&key.kind);
                return if modelled { answer(LayerId::TerrainBuildings, None, json!({})) } else { Err(missing()) };
            };
            let mut feature: Value = serde_json::from_str(&json).map_err(|_| Problem::store())?;
            refresh(&shared, &collection, &mut feature);
            let place = feature.get("geometry").and_then(bounds).map(middle);
            let layer = match collection.as_str() {
                "roads" => LayerId::RoadChief,
                "sensor" => LayerId::IotDevice,
                "components" => LayerId::Component,
                name => LayerId::from_name(name).unwrap_or(LayerId::TerrainBuildings),
            };
            answer(layer, place, feature.get("properties").cloned().unwrap_or(Value::Null))
        }
    }
}
