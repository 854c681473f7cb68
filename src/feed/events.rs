//! What the feed tells the rest of the application, and what may be asked of it.

use crate::diagnostics::BackendDefects;
use bevy::prelude::*;
use cim_geo::Relief;
use cim_model::{Alert, Case, CaseSummary, EntityKey, EventClass, LayerId, Place, Site, Vehicle, live::Envelope};
use serde_json::{Map, Value};
use std::sync::Arc;

/// How the connection to the backend stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LinkState {
    /// No backend was asked for: a tileset alone is shown.
    None,
    /// Being made for the first time or again.
    Connecting {
        /// How often it was tried since it last worked.
        attempt: u32,
    },
    /// Messages flow.
    Connected,
    /// Lost; it will be tried again.
    Lost {
        /// Why, for a person.
        reason: String,
    },
}

/// Geometry of a record, degrees.
#[derive(Debug, Clone, PartialEq)]
pub enum Geometry {
    /// Nowhere.
    None,
    /// A point.
    Point(Place),
    /// A line.
    Line(Vec<Place>),
    /// Rings, the outer one first.
    Polygon(Vec<Vec<Place>>),
}

/// One feature of an OGC API - Features collection.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    /// Its key.
    pub key: EntityKey,
    /// Its name, possibly empty.
    pub name: String,
    /// Where it is.
    pub geometry: Geometry,
    /// Everything that the source said.
    pub properties: Map<String, Value>,
}

/// Something arrived from the backend.
#[derive(Message, Debug, Clone)]
pub enum FeedEvent {
    /// The connection changed.
    Link(LinkState),
    /// The city's description; comes once per (re)connection to a backend.
    Site {
        /// Its name, frame and where its parts are.
        site: Site,
        /// The heights of its ground; `None` where it is flat, or they could not be read.
        relief: Option<Arc<Relief>>,
    },
    /// A page of a collection. The first page of a (re)read has `first`.
    Records {
        /// Which layer it belongs to.
        layer: LayerId,
        /// Whether earlier records of the layer are to be forgotten.
        first: bool,
        /// The records.
        records: Vec<Record>,
    },
    /// How many things a layer has of which only those around the camera are read.
    Total {
        /// Which layer.
        layer: LayerId,
        /// How many.
        count: usize,
    },
    /// The fleet.
    Vehicles(Vec<Vehicle>),
    /// The newest alerts, read at (re)connection.
    Alerts(Vec<Alert>),
    /// A live message.
    Live(Envelope),
    /// The case history of an entity, newest first.
    CaseList {
        /// Of what.
        key: EntityKey,
        /// How many there are in all.
        total: usize,
        /// The newest ones.
        cases: Vec<CaseSummary>,
    },
    /// One case with its steps.
    Case(Box<Case>),
    /// What the backend knows of an entity.
    Entity {
        /// Which.
        key: EntityKey,
        /// Where it is.
        place: Option<Place>,
        /// Its properties.
        properties: Map<String, Value>,
    },
    /// A picture.
    Image {
        /// The URL as it was asked for.
        url: String,
        /// Encoded PNG or JPEG.
        bytes: Vec<u8>,
    },
    /// A request failed.
    Failed {
        /// Which.
        request: Request,
        /// Why, for a person.
        message: String,
    },
    /// The classes of events that the backend knows.
    Classes(Vec<EventClass>),
    /// What the backend found wrong with the data that came to it.
    BackendDefects(BackendDefects),
    /// Data that could not be used; goes to the diagnostics.
    Defect {
        /// Stable code.
        code: &'static str,
        /// Where.
        place: String,
        /// What.
        message: String,
    },
}

/// What may be asked of the feed; the answer comes as a [`FeedEvent`].
#[derive(Message, Debug, Clone, PartialEq)]
pub enum Request {
    /// The case history of an entity.
    CaseList(EntityKey),
    /// One case.
    Case(String),
    /// An entity's record.
    Entity(EntityKey),
    /// Acknowledge an alert.
    Acknowledge(String),
    /// A picture; relative URLs are taken from the backend's root.
    Image(String),
}
