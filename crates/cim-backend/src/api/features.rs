//! OGC API - Features, part 1: core (OGC 17-069r4) with GeoJSON.

use super::{Answer, App, Problem, number};
use crate::{server::Shared, store::Query};
use axum::{
    Json,
    extract::{Path, Query as Params, State},
    http::{HeaderValue, header},
    response::IntoResponse,
};
use cim_model::{Alert, Case, EntityKey, EntityKind, Place};
use serde_json::{Value, json};
use std::{collections::BTreeMap, sync::Arc};

const GEOJSON: &str = "application/geo+json";
const MAX_LIMIT: usize = 10_000;
const CRS84: &str = "http://www.opengis.net/def/crs/OGC/1.3/CRS84";

/// Collections that do not come from files: name, title.
const OWN: [(&str, &str); 3] = [("case", "案件 Cases"), ("ai_alarm", "告警 Alerts"), ("vehicle", "车辆 Vehicles")];

pub(super) async fn landing() -> Json<Value> {
    Json(json!({
        "title": "cim-twin",
        "description": "城市数字孪生 City digital twin",
        "links": [
            {"rel": "self", "type": "application/json", "href": "/api/"},
            {"rel": "conformance", "type": "application/json", "href": "/api/conformance"},
            {"rel": "data", "type": "application/json", "href": "/api/collections"},
            {"rel": "related", "type": "application/json", "href": "/api/sta/v1.1", "title": "SensorThings"},
        ],
    }))
}

pub(super) async fn conformance() -> Json<Value> {
    Json(json!({"conformsTo": [
        "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/core",
        "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/geojson",
    ]}))
}

fn describe(shared: &Shared, id: &str, title: &str) -> Value {
    let b = shared.site.bounds;
    json!({
        "id": id,
        "title": title,
        "itemType": "feature",
        "extent": {"spatial": {"bbox": [[b.west, b.south, b.east, b.north]], "crs": CRS84}},
        "crs": [CRS84],
        "links": [
            {"rel": "self", "type": "application/json", "href": format!("/api/collections/{id}")},
            {"rel": "items", "type": GEOJSON, "href": format!("/api/collections/{id}/items")},
        ],
    })
}

async fn known(shared: &Arc<Shared>) -> Result<Vec<(String, String)>, Problem> {
    let files = shared.with_store(|s| s.collections()).await.ok_or_else(Problem::store)?;
    let mut list: Vec<(String, String)> = files.into_iter().map(|(id, _)| (id.clone(), id)).collect();
    list.extend(OWN.iter().map(|(id, title)| ((*id).to_owned(), (*title).to_owned())));
    Ok(list)
}

pub(super) async fn collections(State(shared): App) -> Answer {
    let list: Vec<Value> = known(&shared).await?.iter().map(|(id, title)| describe(&shared, id, title)).collect();
    Ok(Json(
        json!({"collections": list, "links": [{"rel": "self", "type": "application/json", "href": "/api/collections"}]}),
    ))
}

pub(super) async fn collection(State(shared): App, Path(id): Path<String>) -> Answer {
    let list = known(&shared).await?;
    let (id, title) = list.iter().find(|c| c.0 == id).ok_or_else(|| no_collection(&id))?;
    Ok(Json(describe(&shared, id, title)))
}

fn no_collection(id: &str) -> Problem {
    Problem::missing(format!("there is no collection {}", id.chars().take(60).collect::<String>()))
}

fn bbox(text: &str) -> Result<[f64; 4], Problem> {
    let numbers: Vec<f64> =
        text.split(',').filter_map(|n| n.trim().parse().ok()).filter(|n: &f64| n.is_finite()).collect();
    match numbers[..] {
        [w, s, e, n] if text.split(',').count() == 4 => Ok([w, s, e, n]),
        // With heights: they do not matter here.
        [w, s, _, e, n, _] if text.split(',').count() == 6 => Ok([w, s, e, n]),
        _ => Err(Problem::parameter(format!("bbox={text} is not west,south,east,north"))),
    }
}

pub(super) async fn items(
    State(shared): App,
    Path(id): Path<String>,
    Params(params): Params<BTreeMap<String, String>>,
) -> Result<impl IntoResponse, Problem> {
    if !known(&shared).await?.iter().any(|c| c.0 == id) {
        return Err(no_collection(&id));
    }
    let mut query = Query {
        bbox: params.get("bbox").map(|t| bbox(t)).transpose()?,
        filters: Vec::new(),
        limit: number(params.get("limit"), "limit", 100, MAX_LIMIT)?.max(1),
        offset: number(params.get("offset"), "offset", 0, usize::MAX)?,
    };
    let reserved = ["bbox", "limit", "offset", "f", "datetime", "crs"];
    query.filters =
        params.iter().filter(|(n, _)| !reserved.contains(&n.as_str())).map(|(n, v)| (n.clone(), v.clone())).collect();
    let (matched, features) = read(&shared, &id, &query).await?;
    let mut links = vec![json!({"rel": "self", "type": GEOJSON, "href": href(&id, &params, query.offset)})];
    if query.offset + features.len() < matched && !features.is_empty() {
        links.push(json!({"rel": "next", "type": GEOJSON, "href": href(&id, &params, query.offset + features.len())}));
    }
    let body = json!({
        "type": "FeatureCollection",
        "timeStamp": shared.now(),
        "numberMatched": matched,
        "numberReturned": features.len(),
        "features": features,
        "links": links,
    });
    Ok(([(header::CONTENT_TYPE, HeaderValue::from_static(GEOJSON))], body.to_string()))
}

/// The same request with another offset.
fn href(id: &str, params: &BTreeMap<String, String>, offset: usize) -> String {
    let mut pairs: Vec<String> =
        params.iter().filter(|(n, _)| *n != "offset").map(|(n, v)| format!("{}={}", encode(n), encode(v))).collect();
    pairs.push(format!("offset={offset}"));
    format!("/api/collections/{id}/items?{}", pairs.join("&"))
}

fn encode(text: &str) -> String {
    text.bytes().fold(String::new(), |mut out, b| {
        if b.is_ascii_alphanumeric() || b"-._~,:".contains(&b) {
            out.push(char::from(b));
        } else {
            out += &format!("%{b:02X}");
        }
        out
    })
}

/// One page as features.
async fn read(shared: &Arc<Shared>, id: &str, query: &Query) -> Result<(usize, Vec<Value>), Problem> {
    if id == "vehicle" {
        return Ok(vehicles(shared, query));
    }
    let (name, wanted) = (id.to_owned(), query.clone());
    let (matched, rows) = shared.with_store(move |s| s.page(&name, &wanted)).await.ok_or_else(Problem::store)?;
    let features = rows.iter().filter_map(|json| feature(shared, id, json)).collect();
    Ok((matched, features))
}

/// A row of a collection as a GeoJSON feature with what is known of it now.
fn feature(shared: &Shared, collection: &str, json: &str) -> Option<Value> {
    match collection {
        "case" => serde_json::from_str::<Case>(json).ok().map(|c| case(&c)),
        "ai_alarm" => serde_json::from_str::<Alert>(json).ok().map(|a| alert(&a)),
        _ => {
            let mut feature: Value = serde_json::from_str(json).ok()?;
            refresh(shared, collection, &mut feature);
            Some(feature)
        }
    }
}

/// Writes the newest reading or status into a sensor's or camera's properties.
pub(super) fn refresh(shared: &Shared, collection: &str, feature: &mut Value) {
    let Some(id) = feature.get("id").and_then(Value::as_str).map(str::to_owned) else { return };
    let Some(properties) = feature.get_mut("properties").and_then(Value::as_object_mut) else { return };
    match collection {
        "sensor" => {
            if let Some(r) = shared.hub.reading(&id) {
                properties.insert("value".into(), json!(r.value));
                properties.insert("state".into(), json!(r.state));
                properties.insert("time".into(), json!(r.time));
            }
        }
        "camera" => {
            if let Some(c) = shared.hub.camera(&id) {
                properties.insert("online".into(), json!(c.online));
                properties.insert("time".into(), json!(c.time));
            }
        }
        _ => {}
    }
}

fn point(place: Option<Place>) -> Value {
    place.map_or(Value::Null, |p| json!({"type": "Point", "coordinates": [p.lon, p.lat]}))
}

fn case(case: &Case) -> Value {
    let mut properties = json!(case.summary);
    let key = EntityKey::new(EntityKind::Case, case.summary.id.clone());
    if let Some(map) = properties.as_object_mut() {
        map.insert("key".into(), json!(key));
        map.insert("name".into(), json!(case.summary.title));
        map.remove("place");
    }
    json!({"type": "Feature", "id": case.summary.id, "geometry": point(case.summary.place), "properties": properties})
}

fn alert(alert: &Alert) -> Value {
    let mut properties = json!(alert);
    if let Some(map) = properties.as_object_mut() {
        map.insert("key".into(), json!(alert.key()));
        map.insert("name".into(), json!(alert.class_name));
        map.remove("place");
    }
    json!({"type": "Feature", "id": alert.id, "geometry": point(alert.place), "properties": properties})
}

fn vehicles(shared: &Shared, query: &Query) -> (usize, Vec<Value>) {
    let inside = |p: Option<Place>| match (query.bbox, p) {
        (None, _) => true,
        (Some([w, s, e, n]), Some(p)) => (w..=e).contains(&p.lon) && (s..=n).contains(&p.lat),
        (Some(_), None) => false,
    };
    let fits = |feature: &Value| {
        query.filters.iter().all(|(name, value)| match feature.pointer("/properties").and_then(|p| p.get(name)) {
            Some(Value::String(text)) => text == value,
            Some(Value::Bool(b)) => *value == if *b { "true" } else { "false" },
            Some(Value::Number(n)) => value.parse::<f64>().is_ok_and(|v| n.as_f64() == Some(v)),
            _ => false,
        })
    };
    let all: Vec<Value> = shared
        .vehicles
        .iter()
        .map(|v| (v, shared.hub.position(&v.id)))
        .filter(|(_, p)| inside(p.as_ref().map(|p| p.place)))
        .map(|(v, p)| {
            let geometry = point(p.as_ref().map(|p| p.place));
            let properties = super::entities::vehicle_properties(v, p.as_ref());
            json!({"type": "Feature", "id": v.id, "geometry": geometry, "properties": properties})
        })
        .filter(fits)
        .collect();
    (all.len(), all.into_iter().skip(query.offset).take(query.limit).collect())
}

pub(super) async fn item(
    State(shared): App,
    Path((id, fid)): Path<(String, String)>,
) -> Result<impl IntoResponse, Problem> {
    let found = match id.as_str() {
        "case" => {
            let fid = fid.clone();
            shared.with_store(move |s| s.case(&fid)).await.ok_or_else(Problem::store)?.map(|c| case(&c))
        }
        "ai_alarm" => {
            let fid = fid.clone();
            shared.with_store(move |s| s.alert(&fid)).await.ok_or_else(Problem::store)?.map(|a| alert(&a))
        }
        "vehicle" => vehicles(&shared, &Query { limit: usize::MAX, ..Query::default() })
            .1
            .into_iter()
            .find(|f| f.get("id").and_then(Value::as_str) == Some(&fid)),
        _ => {
            let (name, wanted) = (id.clone(), fid.clone());
            let row = shared.with_store(move |s| s.feature(&name, &wanted)).await.ok_or_else(Problem::store)?;
            row.and_then(|json| feature(&shared, &id, &json))
        }
    };
    let mut feature = found.ok_or_else(|| Problem::missing(format!("the collection {id} has no item {fid}")))?;
    if let Some(map) = feature.as_object_mut() {
        map.insert(
            "links".into(),
            json!([
                {"rel": "self", "type": GEOJSON, "href": format!("/api/collections/{id}/items/{}", encode(&fid))},
                {"rel": "collection", "type": "application/json", "href": format!("/api/collections/{id}")},
            ]),
        );
    }
    Ok(([(header::CONTENT_TYPE, HeaderValue::from_static(GEOJSON))], feature.to_string()))
}
