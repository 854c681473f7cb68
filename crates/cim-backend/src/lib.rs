//! The embedded backend: it stores a city's records in SQLite, serves them over standards-based HTTP (OGC API -
//! Features, SensorThings), streams the living city over a WebSocket ([`cim_model::live`]), takes reports in, and can
//! play a city by itself. The simulator publishes through the same ingest as any producer.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

mod api;
mod city;
mod decks;
mod diagnostics;
mod error;
mod geojson;
mod ingest;
mod live;
mod server;
mod simulate;
mod store;

pub use error::BackendError;
pub use server::{Backend, BackendOptions, start};
