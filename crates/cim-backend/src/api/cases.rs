//! Case histories and alerts.

use super::{Answer, App, Problem, number};
use axum::{
    Json,
    extract::{Path, Query, State},
};
use cim_model::{Alert, AlertState, Case, CaseSummary, EntityKey, live::Body};
use serde_json::json;
use std::collections::BTreeMap;

pub(super) async fn about(
    State(shared): App,
    Path(text): Path<String>,
    Query(params): Query<BTreeMap<String, String>>,
) -> Answer {
    let key: EntityKey = text.parse().map_err(|e: cim_model::KeyError| Problem::parameter(e.to_string()))?;
    let limit = number(params.get("limit"), "limit", 100, 1000)?;
    let offset = number(params.get("offset"), "offset", 0, usize::MAX >> 1)?;
    let (total, cases) =
        shared.with_store(move |s| s.cases_about(&key.to_string(), limit, offset)).await.ok_or_else(Problem::store)?;
    let cases: Vec<CaseSummary> = cases.into_iter().map(|c| c.summary).collect();
    Ok(Json(json!({"total": total, "cases": cases})))
}

pub(super) async fn case(State(shared): App, Path(id): Path<String>) -> Result<Json<Case>, Problem> {
    let wanted = id.clone();
    let case = shared.with_store(move |s| s.case(&wanted)).await.ok_or_else(Problem::store)?;
    case.map(Json).ok_or_else(|| Problem::missing(format!("there is no case {id}")))
}

pub(super) async fn alerts(
    State(shared): App,
    Query(params): Query<BTreeMap<String, String>>,
) -> Result<Json<Vec<Alert>>, Problem> {
    let limit = number(params.get("limit"), "limit", 100, 10_000)?;
    shared.with_store(move |s| s.alerts(limit)).await.map(Json).ok_or_else(Problem::store)
}

pub(super) async fn acknowledge(State(shared): App, Path(id): Path<String>) -> Result<Json<Alert>, Problem> {
    let wanted = id.clone();
    let alert = shared.with_store(move |s| s.alert(&wanted)).await.ok_or_else(Problem::store)?;
    let mut alert = alert.ok_or_else(|| Problem::missing(format!("there is no alert {id}")))?;
    if alert.state == AlertState::Raised {
        alert.state = AlertState::Acknowledged;
        shared.publish(vec![Body::Alerts(vec![alert.clone()])]).await;
    }
    Ok(Json(alert))
}
