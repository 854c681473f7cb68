//! The JavaScript API: what a page may tell the application and hear from it.

use crate::{
    app::{AppOptions, Product, build_app},
    camera::{CameraLimits, FlyTo, MapCamera, ViewSpec},
    cases::{CaseBook, History, OpenCase, OpenCaseRequest},
    feed::{Arrivals, Clock, LinkState, LinkStatus},
    live::{Layers, LiveCity},
    pick::{Picked, Select, Selection},
    scene::{CityStyle, Quality, SceneStatus, SiteGeo, TileScene, set_decoder},
};
use bevy::prelude::*;
use cim_model::{EntityKey, LayerId};
use serde_json::json;
use std::{cell::RefCell, collections::VecDeque};
use url::Url;
use wasm_bindgen::{JsValue, prelude::wasm_bindgen};

/// Commands that may wait for the next frame.
const WAITING: usize = 256;

/// What a page asked for.
enum Command {
    Select(Option<EntityKey>),
    Fly(ViewSpec),
    Layer(LayerId, bool),
    OpenCase(Option<String>),
    Style(CityStyle),
}

thread_local! {
    static COMMANDS: RefCell<VecDeque<Command>> = const { RefCell::new(VecDeque::new()) };
    static STATE: RefCell<String> = RefCell::new("{}".into());
}

fn error(text: impl std::fmt::Display) -> JsValue {
    JsValue::from_str(&text.to_string())
}

fn push(command: Command) -> Result<(), JsValue> {
    COMMANDS.with_borrow_mut(|c| {
        if c.len() >= WAITING {
            return Err(error("too many commands wait: is the page visible?"));
        }
        c.push_back(command);
        Ok(())
    })
}

/// Starts the viewer in the canvas with the id `cim-twin`.
///
/// `backend`: the backend's root. `tiles`: a tileset instead of the backend's. `view`: as on the command line.
/// `language`: `zh` or `en`. `decoder`: the page's pool of workers; without one tiles are decoded between frames.
///
/// # Errors
/// An address or the view is none, or the browser cannot do what is needed.
#[wasm_bindgen]
pub fn start(
    backend: Option<String>,
    tiles: Option<String>,
    view: Option<String>,
    language: Option<String>,
    decoder: Option<js_sys::Function>,
) -> Result<(), JsValue> {
    console_error_panic_hook::set_once();
    set_decoder(decoder);
    let url = |text: Option<String>| text.map(|t| Url::parse(&t).map_err(|e| error(format!("{t}: {e}")))).transpose();
    let options = AppOptions {
        product: Product::Web,
        backend: url(backend)?,
        tiles: url(tiles)?,
        view: view.map(|v| v.parse().map_err(error)).transpose()?,
        // The page's language may be one that the panels do not speak.
        language: language.and_then(|l| l.parse().ok()).unwrap_or_default(),
        quality: Quality::default(),
    };
    let mut app = build_app(options).map_err(error)?;
    app.add_systems(PreUpdate, obey).add_systems(Last, publish).run();
    Ok(())
}

/// Selects an entity by its key such as `vehicle:V0001`; `undefined` selects nothing.
///
/// # Errors
/// The text is no key.
#[wasm_bindgen]
pub fn select(key: Option<String>) -> Result<(), JsValue> {
    push(Command::Select(key.map(|k| k.parse().map_err(error)).transpose()?))
}

/// Flies to a view: `home`, or `lon,lat,distance[,heading[,tilt]]`.
///
/// # Errors
/// The text is no view.
#[wasm_bindgen]
pub fn fly_to(view: &str) -> Result<(), JsValue> {
    push(Command::Fly(view.parse().map_err(error)?))
}

/// Shows or hides a layer by its name such as `muck_truck`.
///
/// # Errors
/// There is no such layer.
#[wasm_bindgen]
pub fn set_layer(name: &str, on: bool) -> Result<(), JsValue> {
    let layer = LayerId::from_name(name).ok_or_else(|| error(format!("there is no layer {name}")))?;
    push(Command::Layer(layer, on))
}

/// Opens a case of the selected entity by its number; `undefined` closes it.
///
/// # Errors
/// Too many commands wait.
#[wasm_bindgen]
pub fn open_case(id: Option<String>) -> Result<(), JsValue> {
    push(Command::OpenCase(id))
}

/// Colours the city by a style: the name of one that comes with the program, or JSON in the 3D Tiles Styling language;
/// `undefined` or nothing for none.
///
/// # Errors
/// It is no style, or too many commands wait.
#[wasm_bindgen]
pub fn set_style(style: Option<String>) -> Result<(), JsValue> {
    let text = style.unwrap_or_default();
    push(Command::Style(match text.trim() {
        "" => CityStyle::default(),
        json if json.starts_with('{') => CityStyle::parse("own", json.as_bytes()).map_err(error)?,
        name => CityStyle::named(name).map_err(error)?,
    }))
}

/// The application's state as JSON: connection, tiles, camera, selection, case history, style.
#[wasm_bindgen]
#[must_use]
pub fn state() -> String {
    STATE.with_borrow(Clone::clone)
}

#[expect(clippy::too_many_arguments, reason = "a system's parameters are its inputs")]
fn obey(
    site: Res<SiteGeo>,
    limits: Res<CameraLimits>,
    city: Res<LiveCity>,
    clock: Res<Clock>,
    tiles: TileScene<'_>,
    mut layers: ResMut<Layers>,
    mut in_force: ResMut<CityStyle>,
    mut select: MessageWriter<Select>,
    mut fly: MessageWriter<FlyTo>,
    mut cases: MessageWriter<OpenCaseRequest>,
) {
    while let Some(command) = COMMANDS.with_borrow_mut(VecDeque::pop_front) {
        match command {
            Command::Select(None) => {
                select.write(Select(None));
            }
            Command::Select(Some(key)) => {
                select.write(Select(Some(Picked::named(key, &city, &tiles, clock.elapsed_secs()))));
            }
            Command::Fly(view) => {
                fly.write(view.to_view(&site, &limits).fly_to(1.2));
            }
            Command::Layer(layer, on) => layers.set_on(layer, on),
            Command::Style(style) => *in_force = style,
            Command::OpenCase(id) => {
                cases.write(OpenCaseRequest(id));
            }
        }
    }
}

#[expect(clippy::too_many_arguments, reason = "a system's parameters are its inputs")]
fn publish(
    status: Res<SceneStatus>,
    link: Res<LinkStatus>,
    arrivals: Arrivals<'_>,
    selection: Res<Selection>,
    book: Res<CaseBook>,
    map: Res<MapCamera>,
    site: Res<SiteGeo>,
    layers: Res<Layers>,
    style: Res<CityStyle>,
    mut frame: Local<u64>,
) {
    *frame += 1;
    let place = site.place(map.0.target);
    let history = match book.history() {
        None => serde_json::Value::Null,
        Some(History::Loading) => json!("loading"),
        Some(History::Failed(reason)) => json!({"failed": reason}),
        Some(History::Ready { total, cases }) => {
            json!({"total": total, "ids": cases.iter().map(|c| &c.id).collect::<Vec<_>>()})
        }
    };
    let open = match book.open() {
        Some(OpenCase::Ready(case)) => json!({"id": case.summary.id, "steps": case.steps.len()}),
        Some(OpenCase::Loading(_)) => json!("loading"),
        Some(OpenCase::Failed(_, reason)) => json!({"failed": reason}),
        None => serde_json::Value::Null,
    };
    let text = json!({
        "frame": *frame,
        "connected": link.0 == LinkState::Connected,
        "settled": status.is_settled() && arrivals.missing().is_none(),
        "problem": status.problem,
        "tiles": {"rendered": status.rendered, "loading": status.loading, "failed": status.failed, "bytes": status.cpu_bytes + status.gpu_bytes},
        "view": [place.lon, place.lat, map.0.distance_m, map.0.heading_deg, map.0.tilt_deg],
        "selection": selection.current.as_ref().map(|p| p.key.to_string()),
        "history": history,
        "case": open,
        "style": style.name(),
        "layers": cim_model::LAYERS.iter()
            .map(|l| (l.name.to_owned(), json!({"on": layers.is_on(l.id), "count": layers.count(l.id)})))
            .collect::<serde_json::Map<_, _>>(),
    });
    STATE.set(text.to_string());
}
