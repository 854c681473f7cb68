//! The live socket and the way in.

use super::{App, Problem};
use crate::{
    ingest,
    live::{Wish, serve},
};
use axum::{
    Json,
    body::Bytes,
    extract::{Query, State, WebSocketUpgrade},
    response::Response,
};
use std::collections::BTreeMap;

pub(super) async fn socket(
    State(shared): App,
    Query(params): Query<BTreeMap<String, String>>,
    upgrade: WebSocketUpgrade,
) -> Result<Response, Problem> {
    let number = |name: &str| params.get(name).and_then(|t| t.parse::<u64>().ok());
    let binary = match params.get("format").map(String::as_str) {
        None | Some("json") => false,
        Some("binary") => true,
        Some(other) => return Err(Problem::parameter(format!("format={other} is neither json nor binary"))),
    };
    let wish = Wish { binary, seen: number("epoch").zip(number("since")) };
    Ok(upgrade.on_upgrade(move |socket| serve(socket, shared, wish)))
}

pub(super) async fn ingest(State(shared): App, body: Bytes) -> Result<Json<ingest::Outcome>, Problem> {
    ingest::receive(&shared, &body).await.map(Json).map_err(Problem::parameter)
}
