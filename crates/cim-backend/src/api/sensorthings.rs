//! OGC SensorThings API 1.1, sensing part (OGC 18-088), read only: things, their places, data streams and
//! observations. Query options: `$top`, `$skip`, `$count`, `$orderby=phenomenonTime asc|desc` on observations.

use super::{Answer, App, Problem};
use crate::{server::Shared, store::Query};
use axum::{
    Json, Router,
    extract::{Path, Query as Params, State},
    routing::get,
};
use cim_model::SensorKind;
use serde_json::{Value, json};
use std::{collections::BTreeMap, sync::Arc};

const ROOT: &str = "/api/sta/v1.1";
const KINDS: [SensorKind; 5] =
    [SensorKind::WaterDepth, SensorKind::Dust, SensorKind::Noise, SensorKind::FillLevel, SensorKind::Gas];

type Options = Params<BTreeMap<String, String>>;

pub(super) fn router() -> Router<Arc<Shared>> {
    Router::new().route("/", get(root)).route("/{set}", get(set)).route("/{set}/{nav}", get(nested))
}

async fn root() -> Json<Value> {
    let sets = ["Things", "Locations", "Datastreams", "Sensors", "ObservedProperties", "Observations"];
    let value: Vec<Value> = sets.iter().map(|s| json!({"name": s, "url": format!("{ROOT}/{s}")})).collect();
    Json(json!({
        "value": value,
        "serverSettings": {"conformance": ["http://www.opengis.net/spec/iot_sensing/1.1/req/datamodel"]},
    }))
}

fn kind_name(kind: SensorKind) -> String {
    serde_json::to_value(kind).ok().and_then(|v| v.as_str().map(str::to_owned)).unwrap_or_default()
}

fn kind_of(feature: &Value) -> Option<SensorKind> {
    serde_json::from_value(feature.pointer("/properties/sensor_kind")?.clone()).ok()
}

/// `$top` and `$skip`.
struct Slice {
    top: usize,
    skip: usize,
    count: bool,
    descending: bool,
}

fn slice(options: &BTreeMap<String, String>) -> Result<Slice, Problem> {
    let known = ["$top", "$skip", "$count", "$orderby", "$resultFormat"];
    if let Some(other) = options.keys().find(|k| k.starts_with('$') && !known.contains(&k.as_str())) {
        return Err(Problem::parameter(format!("the query option {other} is not supported")));
    }
    Ok(Slice {
        top: super::number(options.get("$top"), "$top", 100, 10_000)?,
        skip: super::number(options.get("$skip"), "$skip", 0, usize::MAX >> 1)?,
        count: options.get("$count").is_some_and(|v| v == "true"),
        descending: options.get("$orderby").is_some_and(|v| v.contains("desc")),
    })
}

/// A page of a set of which `list` holds exactly the page.
fn page(path: &str, slice: &Slice, total: usize, list: Vec<Value>) -> Json<Value> {
    let mut body = json!({"value": list});
    if let Some(map) = body.as_object_mut() {
        if slice.count {
            map.insert("@iot.count".into(), json!(total));
        }
        let next = slice.skip + slice.top;
        if next < total && slice.top > 0 {
            map.insert("@iot.nextLink".into(), json!(format!("{ROOT}/{path}?$top={}&$skip={next}", slice.top)));
        }
    }
    Json(body)
}

async fn sensors(shared: &Arc<Shared>, slice: &Slice) -> Result<(usize, Vec<Value>), Problem> {
    let query = Query { limit: slice.top, offset: slice.skip, ..Query::default() };
    let (total, rows) = shared.with_store(move |s| s.page("sensor", &query)).await.ok_or_else(Problem::store)?;
    Ok((total, rows.iter().filter_map(|j| serde_json::from_str(j).ok()).collect()))
}

async fn sensor(shared: &Arc<Shared>, id: &str) -> Result<Value, Problem> {
    let wanted = id.to_owned();
    let row = shared.with_store(move |s| s.feature("sensor", &wanted)).await.ok_or_else(Problem::store)?;
    row.and_then(|j| serde_json::from_str(&j).ok()).ok_or_else(|| Problem::missing(format!("there is no sensor {id}")))
}

/// One entity of a set, from the record of a sensor.
fn shape(set: &str, feature: &Value) -> Option<Value> {
    let id = feature.get("id")?.as_str()?;
    let name = feature.pointer("/properties/name").and_then(Value::as_str).unwrap_or(id);
    let kind = kind_of(feature)?;
    let link = |s: &str| format!("{ROOT}/{s}('{id}')");
    Some(match set {
        "Things" => json!({
            "@iot.id": id, "@iot.selfLink": link("Things"), "name": name, "description": kind.zh(),
            "properties": feature.get("properties"),
            "Locations@iot.navigationLink": format!("{}/Locations", link("Things")),
            "Datastreams@iot.navigationLink": format!("{}/Datastreams", link("Things")),
        }),
        "Locations" => json!({
            "@iot.id": id, "@iot.selfLink": link("Locations"), "name": name, "description": name,
            "encodingType": "application/geo+json", "location": feature.get("geometry"),
        }),
        "Datastreams" => json!({
            "@iot.id": id, "@iot.selfLink": link("Datastreams"), "name": format!("{name} {}", kind.zh()),
            "description": kind.zh(),
            "observationType": "http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_Measurement",
            "unitOfMeasurement": {"name": kind.unit(), "symbol": kind.unit(), "definition": ""},
            "Thing@iot.navigationLink": format!("{}/Thing", link("Datastreams")),
            "Sensor@iot.navigationLink": format!("{}/Sensor", link("Datastreams")),
            "ObservedProperty@iot.navigationLink": format!("{}/ObservedProperty", link("Datastreams")),
            "Observations@iot.navigationLink": format!("{}/Observations", link("Datastreams")),
        }),
        "Sensors" => json!({
            "@iot.id": id, "@iot.selfLink": link("Sensors"), "name": name, "description": kind.zh(),
            "encodingType": "text/html", "metadata": "",
        }),
        _ => return None,
    })
}

fn property(kind: SensorKind) -> Value {
    let id = kind_name(kind);
    json!({
        "@iot.id": id, "@iot.selfLink": format!("{ROOT}/ObservedProperties('{id}')"), "name": kind.zh(),
        "definition": "", "description": id,
    })
}

fn observations(shared: &Shared, id: &str) -> Vec<Value> {
    let shape = |(time, value): (cim_model::Timestamp, f64)| {
        let oid = format!("{id}@{}", time.0);
        json!({
            "@iot.id": oid, "@iot.selfLink": format!("{ROOT}/Observations('{oid}')"),
            "phenomenonTime": time, "resultTime": time, "result": value,
            "Datastream@iot.navigationLink": format!("{ROOT}/Datastreams('{id}')"),
        })
    };
    shared.hub.history(id).into_iter().map(shape).collect()
}

fn window(mut list: Vec<Value>, slice: &Slice) -> (usize, Vec<Value>) {
    if slice.descending {
        list.reverse();
    }
    (list.len(), list.into_iter().skip(slice.skip).take(slice.top).collect())
}

/// `Things` or `Things('id')`.
fn split(text: &str) -> (&str, Option<&str>) {
    match text.split_once('(') {
        Some((set, rest)) => (set, Some(rest.trim_end_matches(')').trim_matches('\''))),
        None => (text, None),
    }
}

async fn set(State(shared): App, Path(text): Path<String>, Params(options): Options) -> Answer {
    let (name, id) = split(&text);
    let slice = slice(&options)?;
    let unknown = || Problem::missing(format!("there is no entity set {name}"));
    match (name, id) {
        ("ObservedProperties", None) => {
            let (total, list) = window(KINDS.into_iter().map(property).collect(), &slice);
            Ok(page(name, &slice, total, list))
        }
        ("ObservedProperties", Some(id)) => {
            let kind = KINDS.into_iter().find(|k| kind_name(*k) == id);
            kind.map(|k| Json(property(k))).ok_or_else(|| Problem::missing(format!("there is no property {id}")))
        }
        ("Observations", None) => {
            let everything = Slice { top: 100_000, skip: 0, count: false, descending: false };
            let (_, sensors) = sensors(&shared, &everything).await?;
            let ids = sensors.iter().filter_map(|f| f.get("id").and_then(Value::as_str));
            let (total, list) = window(ids.flat_map(|id| observations(&shared, id)).collect(), &slice);
            Ok(page(name, &slice, total, list))
        }
        ("Observations", Some(id)) => {
            let datastream = id.split('@').next().unwrap_or(id);
            let found = observations(&shared, datastream).into_iter().find(|o| o.get("@iot.id") == Some(&json!(id)));
            found.map(Json).ok_or_else(|| Problem::missing(format!("there is no observation {id}")))
        }
        (_, None) => {
            let (total, features) = sensors(&shared, &slice).await?;
            let list: Vec<Value> = features.iter().filter_map(|f| shape(name, f)).collect();
            if list.is_empty() && !features.is_empty() {
                return Err(unknown());
            }
            Ok(page(name, &slice, total, list))
        }
        (_, Some(id)) => shape(name, &sensor(&shared, id).await?).map(Json).ok_or_else(unknown),
    }
}

async fn nested(State(shared): App, Path((text, nav)): Path<(String, String)>, Params(options): Options) -> Answer {
    let (name, id) = split(&text);
    let id = id.ok_or_else(|| Problem::missing(format!("{name} needs an id: {name}('...')/{nav}")))?;
    let slice = slice(&options)?;
    let feature = sensor(&shared, id).await?;
    let one = |set: &str| shape(set, &feature).map(Json).ok_or_else(|| Problem::missing(format!("there is no {nav}")));
    let path = format!("{name}('{id}')/{nav}");
    match (name, nav.as_str()) {
        ("Things", "Locations" | "Datastreams") => {
            let (total, list) = window(shape(&nav, &feature).into_iter().collect(), &slice);
            Ok(page(&path, &slice, total, list))
        }
        ("Datastreams", "Observations") => {
            let (total, list) = window(observations(&shared, id), &slice);
            Ok(page(&path, &slice, total, list))
        }
        ("Datastreams", "Thing") => one("Things"),
        ("Datastreams", "Sensor") => one("Sensors"),
        ("Datastreams", "ObservedProperty") => {
            kind_of(&feature).map(|k| Json(property(k))).ok_or_else(|| Problem::missing("it measures nothing known"))
        }
        _ => Err(Problem::missing(format!("{name} have no {nav}"))),
    }
}
