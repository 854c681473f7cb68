//! The whole application without a window, against a real backend: a click on a known building and on a known vehicle
//! opens the case history that the backend has.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::disallowed_methods)]

mod town;

use bevy::{
    math::{DVec3, Vec2},
    prelude::*,
};
use cim_backend::{Backend, BackendOptions};
use cim_model::{CaseSummary, EntityKey, EntityKind, LayerId, Place};
use cim_twin::{
    app::{AppOptions, Product, build_app},
    camera::{FlyTo, MapCamera},
    cases::{CaseBook, History, OpenCase, OpenCaseRequest},
    feed::{Clock, Fetcher, LinkState, LinkStatus},
    live::{Layers, LiveCity},
    panels::Language,
    pick::{PickAt, Selection},
    scene::{Highlights, Quality, SceneStatus, SiteGeo, TileScene},
};
use std::time::{Duration, Instant};

const SIZE: Vec2 = Vec2::new(320.0, 200.0);

struct Twin {
    app: App,
    backend: Option<Backend>,
    runtime: tokio::runtime::Runtime,
    options: BackendOptions,
}

impl Twin {
    fn start(name: &str) -> Self {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let options = BackendOptions {
            city: town::folder().join("city"),
            database: town::folder().join(format!("{name}.sqlite")),
            listen: "127.0.0.1:0".parse().unwrap(),
            web_root: None,
            simulate: true,
            seed: 1,
        };
        let backend = runtime.block_on(cim_backend::start(options.clone())).unwrap();
        // The same address again when the backend comes back.
        let options = BackendOptions { listen: backend.local_addr(), ..options };
        let product = Product::Headless { width: SIZE.x as u32, height: SIZE.y as u32, panels: false };
        let quality = Quality { samples: 1, shadow_map: 0, cascades: 1, ..default() };
        let base = Some(backend.url().parse().unwrap());
        let mut app =
            build_app(AppOptions { product, backend: base, tiles: None, view: None, language: Language::Zh, quality })
                .unwrap();
        app.finish();
        app.cleanup();
        Self { app, backend: Some(backend), runtime, options }
    }

    fn until(&mut self, what: &str, mut holds: impl FnMut(&mut App) -> bool) {
        let end = Instant::now() + Duration::from_secs(90);
        while !holds(&mut self.app) {
            assert!(Instant::now() < end, "{what} did not happen");
            self.app.update();
        }
    }

    fn settle(&mut self) {
        self.until("settling", |app| {
            let world = app.world();
            world.resource::<SceneStatus>().opened
                && world.resource::<SceneStatus>().is_settled()
                && world.resource::<LinkStatus>().0 == LinkState::Connected
                && world.resource::<Fetcher>().busy() == 0
        });
    }

    fn cases_of(&self, key: &EntityKey) -> Vec<CaseSummary> {
        let url = format!("{}api/entities/{key}/cases?limit=500", self.backend.as_ref().unwrap().url());
        let json: serde_json::Value =
            self.runtime.block_on(async { reqwest::get(url).await.unwrap().json().await.unwrap() });
        serde_json::from_value(json["cases"].clone()).unwrap()
    }

    /// What the cases are about, and where it is.
    fn subjects(&self) -> Vec<(EntityKey, Option<Place>)> {
        let url = format!("{}api/collections/case/items?limit=900", self.backend.as_ref().unwrap().url());
        let page: serde_json::Value =
            self.runtime.block_on(async { reqwest::get(url).await.unwrap().json().await.unwrap() });
        let of = |f: &serde_json::Value| {
            let at = f["geometry"]["coordinates"].as_array();
            let place = at.map(|at| Place::new(at[0].as_f64().unwrap(), at[1].as_f64().unwrap()));
            Some((f["properties"]["subject"].as_str()?.parse().ok()?, place))
        };
        page["features"].as_array().unwrap().iter().filter_map(of).collect()
    }

    /// Flies over a point and looks straight down on it.
    fn look_down(&mut self, point: DVec3, distance_m: f64) {
        self.app.world_mut().write_message(FlyTo {
            target: Some(point),
            distance_m: Some(distance_m),
            heading_deg: Some(0.0),
            tilt_deg: Some(0.0),
            secs: 0.0,
        });
        self.app.update();
        self.settle();
    }

    /// Looks straight down on a point and clicks on it.
    fn click(&mut self, point: DVec3, distance_m: f64) {
        self.look_down(point, distance_m);
        let at = self.app.world().resource::<MapCamera>().0.project(point, SIZE).unwrap();
        self.app.world_mut().write_message(PickAt(at));
        self.app.update();
    }

    fn selected(&self) -> Option<EntityKey> {
        self.app.world().resource::<Selection>().current.as_ref().map(|p| p.key.clone())
    }

    fn history(&mut self) -> Vec<CaseSummary> {
        self.until("the case history", |app| {
            matches!(app.world().resource::<CaseBook>().history(), Some(History::Ready { .. }))
        });
        match self.app.world().resource::<CaseBook>().history() {
            Some(History::Ready { cases, total }) => {
                assert_eq!(cases.len(), *total);
                cases.clone()
            }
            other => panic!("{other:?}"),
        }
    }
}

fn hide_small_things(app: &mut App) {
    let mut layers = app.world_mut().resource_mut::<Layers>();
    for layer in [LayerId::Camera, LayerId::AiAlarm, LayerId::IotDevice, LayerId::SharedBike, LayerId::Component] {
        layers.set_on(layer, false);
    }
}

#[test]
fn a_click_opens_the_backends_case_history_and_a_lost_backend_comes_back() {
    let mut twin = Twin::start("click");
    twin.settle();
    hide_small_things(&mut twin.app);

    // A building that has cases and a place.
    let listed = twin.subjects();
    let (key, place) = listed
        .iter()
        .find_map(|(key, place)| (key.kind == EntityKind::Building).then_some((key.clone(), (*place)?)))
        .unwrap();
    let over = twin.app.world().resource::<SiteGeo>().position(place, 0.0);
    twin.look_down(over, 400.0);
    let point = {
        let world = twin.app.world_mut();
        let mut state = bevy::ecs::system::SystemState::<TileScene<'_>>::new(world);
        state.get(world).unwrap().find(&key).expect("the building is not in the tiles").0
    };
    twin.click(point, 400.0);
    assert_eq!(twin.selected(), Some(key.clone()));
    let expected = twin.cases_of(&key);
    assert!(!expected.is_empty());
    assert_eq!(twin.history(), expected);
    assert_eq!(twin.app.world().resource::<Highlights>().tints[0].0, key);

    // One of its cases: all its steps arrive.
    let id = expected[0].id.clone();
    twin.app.world_mut().write_message(OpenCaseRequest(Some(id.clone())));
    twin.until("the case", |app| matches!(app.world().resource::<CaseBook>().open(), Some(OpenCase::Ready(_))));
    let Some(OpenCase::Ready(case)) = twin.app.world().resource::<CaseBook>().open() else { panic!() };
    assert_eq!(case.summary.id, id);
    assert!(!case.steps.is_empty());

    // A vehicle with cases: it drives on between the look and the click, so one that stands apart is taken.
    let mut standing = None;
    twin.until("a parked vehicle with cases", |app| {
        let parked = parked(app);
        let apart = |at: DVec3| parked.iter().filter(|(_, p)| p.distance(at) < 15.0).count() == 1;
        standing = parked.iter().find(|(k, at)| apart(*at) && listed.iter().any(|(s, _)| s == k)).cloned();
        standing.is_some()
    });
    let (key, point) = standing.unwrap();
    twin.click(point, 120.0);
    assert_eq!(twin.selected(), Some(key.clone()));
    let expected = twin.cases_of(&key);
    assert!(!expected.is_empty());
    assert_eq!(twin.history(), expected);

    // Nothing there: nothing is selected.
    twin.app.world_mut().resource_mut::<Layers>().set_on(LayerId::UnitGrid, false);
    twin.app.world_mut().resource_mut::<Layers>().set_on(LayerId::TerrainBuildings, false);
    twin.app.world_mut().write_message(PickAt(Vec2::new(2.0, 2.0)));
    twin.app.update();
    assert_eq!(twin.selected(), None);

    // The backend goes: the picture stays. It comes back: so does everything, and no alert is missing.
    let tiles = twin.app.world().resource::<SceneStatus>().rendered;
    let backend = twin.backend.take().unwrap();
    twin.runtime.block_on(backend.shutdown()).unwrap();
    twin.until("noticing", |app| matches!(app.world().resource::<LinkStatus>().0, LinkState::Lost { .. }));
    assert_eq!(twin.app.world().resource::<SceneStatus>().rendered, tiles);
    let backend = twin.runtime.block_on(cim_backend::start(twin.options.clone())).unwrap();
    let raised = serde_json::json!([{"alerts": [{
        "id": "MISSED", "class": "0504", "class_name": "店外经营", "severity": "minor", "state": "raised",
        "time": "2026-11-23T06:00:00Z", "place": null, "source": "camera:x", "grid": null, "confidence": null,
        "snapshot_url": null, "case_id": null
    }]}]);
    let url = format!("{}api/ingest", backend.url());
    twin.runtime.block_on(async { reqwest::Client::new().post(url).json(&raised).send().await.unwrap() });
    twin.backend = Some(backend);
    twin.until("reconnecting", |app| {
        app.world().resource::<LinkStatus>().0 == LinkState::Connected
            && app.world().resource::<LiveCity>().alerts().any(|a| a.id == "MISSED")
    });
}

fn parked(app: &mut App) -> Vec<(EntityKey, DVec3)> {
    let now = app.world().resource::<Clock>().elapsed_secs();
    let city = app.world().resource::<LiveCity>();
    let all = city.placed(LayerId::MuckTruck, now).chain(city.placed(LayerId::SanitationVehicle, now));
    all.filter(|(k, _)| city.report(&k.id).is_some_and(|r| r.speed_mps == 0.0)).collect()
}
