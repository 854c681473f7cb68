//! The HTTP interface. Every answer is JSON unless it says otherwise; every error has `code` and `description` (OGC
//! API - Features, clause 7.5.1).

mod cases;
mod entities;
mod features;
mod live;
mod media;
mod pages;
mod sensorthings;

use crate::{city::CityFolder, server::Shared};
use axum::{
    Json, Router,
    extract::{DefaultBodyLimit, State},
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde_json::{Value, json};
use std::{path::Path, sync::Arc};
use tower_http::{
    compression::CompressionLayer,
    cors::CorsLayer,
    services::{ServeDir, ServeFile},
    set_header::SetResponseHeaderLayer,
};

/// Bytes of one ingest body at most.
const MAX_INGEST: usize = 16 << 20;

type App = State<Arc<Shared>>;

/// Everything that can be asked for.
pub(crate) fn router(shared: Arc<Shared>, city: &CityFolder, web_root: Option<&Path>) -> Router {
    let api = Router::new()
        .route("/", get(features::landing))
        .route("/conformance", get(features::conformance))
        .route("/collections", get(features::collections))
        .route("/collections/{id}", get(features::collection))
        .route("/collections/{id}/items", get(features::items))
        .route("/collections/{id}/items/{fid}", get(features::item))
        .route("/site", get(entities::site))
        .route("/vehicles", get(entities::vehicles))
        .route("/entities/{key}", get(entities::entity))
        .route("/entities/{key}/cases", get(cases::about))
        .route("/cases/{id}", get(cases::case))
        .route("/alerts", get(cases::alerts))
        .route("/alerts/{id}/ack", post(cases::acknowledge))
        .route("/live", get(live::socket))
        .route("/ingest", post(live::ingest).layer(DefaultBodyLimit::max(MAX_INGEST)))
        .route("/classes", get(entities::classes))
        .route("/diagnostics", get(entities::diagnostics))
        .nest("/sta/v1.1", sensorthings::router())
        .route_service("/network", ServeFile::new(city.network_path()))
        .fallback(no_such)
        .with_state(Arc::clone(&shared));
    let router = Router::new()
        .nest("/api", api)
        // `nest` serves `/api` but not `/api/`, which links to.
        .route("/api/", get(features::landing))
        .route("/media/{kind}/{id}/{name}", get(media::picture))
        .with_state(shared)
        .nest_service("/tiles", ServeDir::new(city.tiles()))
        .route_service("/terrain.bin", ServeFile::new(city.terrain_path()));
    let router = match web_root.filter(|r| r.join("index.html").is_file()) {
        Some(root) => router.fallback_service(ServeDir::new(root)),
        None => router.route("/", get(pages::how_to_build)).fallback(no_such),
    };
    router
        .layer(CompressionLayer::new())
        .layer(CorsLayer::permissive())
        // Tiles of the demo city change under the same names when it is made anew: caches must ask.
        .layer(SetResponseHeaderLayer::if_not_present(header::CACHE_CONTROL, HeaderValue::from_static("no-cache")))
}

async fn no_such() -> Problem {
    Problem::missing("there is nothing at this address")
}

/// An answer that says what is wrong.
struct Problem(StatusCode, &'static str, String);

impl Problem {
    fn missing(what: impl Into<String>) -> Self {
        Self(StatusCode::NOT_FOUND, "NotFound", what.into())
    }

    fn parameter(what: impl Into<String>) -> Self {
        Self(StatusCode::BAD_REQUEST, "InvalidParameterValue", what.into())
    }

    fn store() -> Self {
        Self(StatusCode::INTERNAL_SERVER_ERROR, "ServerError", "the database failed: see /api/diagnostics".into())
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        (self.0, Json(json!({"code": self.1, "description": self.2}))).into_response()
    }
}

type Answer = Result<Json<Value>, Problem>;

/// A number of the query within bounds.
fn number(value: Option<&String>, name: &str, or: usize, max: usize) -> Result<usize, Problem> {
    match value {
        None => Ok(or),
        Some(text) => text
            .parse::<usize>()
            .map(|n| n.min(max))
            .map_err(|_| Problem::parameter(format!("{name}={text} is not a whole number of 0 or more"))),
    }
}
