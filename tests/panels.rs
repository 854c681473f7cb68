//! The panels in the whole application without a window: what a person reads there, and what clicks on it do.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::disallowed_methods)]

mod town;

use bevy::prelude::*;
use bevy_egui::{
    EguiContexts, EguiInput, EguiPreUpdateSet, EguiPrimaryContextPass, PrimaryEguiContext,
    egui::{self, Pos2},
};
use cim_backend::{Backend, BackendOptions};
use cim_model::{CaseSummary, EntityKey, EntityKind, LAYERS};
use cim_twin::{
    app::{AppOptions, Product, build_app},
    camera::{FlyTo, InputBlocked, MapCamera},
    cases::{CaseBook, History, OpenCase},
    feed::{Fetcher, LinkState, LinkStatus},
    headless::Canvas,
    live::{Layers, LiveCity},
    panels::{Language, PanelSystems},
    pick::{Picked, Select, Selection},
    scene::{Quality, SceneStatus, TileInspector},
};
use std::time::{Duration, Instant};

/// The panels are laid out in four points to a pixel of the picture: room for all of them, and little to draw.
const PIXELS: UVec2 = UVec2::new(320, 200);
const SCALE: f32 = 0.25;

/// What a person could read in the last frame, and where.
#[derive(Resource, Default)]
struct Read(Vec<(String, Pos2)>);

/// What a person does with the pointer next.
#[derive(Resource, Default)]
struct Pointer(Vec<egui::Event>);

fn read(mut contexts: EguiContexts, mut read: ResMut<Read>) {
    fn texts(shape: &egui::Shape, clip: egui::Rect, out: &mut Vec<(String, Pos2)>) {
        match shape {
            egui::Shape::Text(text) => {
                let middle = text.visual_bounding_rect().center();
                if clip.contains(middle) {
                    out.push((text.galley.text().to_owned(), middle));
                }
            }
            egui::Shape::Vec(shapes) => shapes.iter().for_each(|s| texts(s, clip, out)),
            _ => {}
        }
    }
    let Ok(ctx) = contexts.ctx_mut() else { return };
    let layers: Vec<egui::LayerId> = ctx.memory(|m| m.layer_ids().collect());
    read.0.clear();
    ctx.graphics(|g| {
        for list in layers.into_iter().filter_map(|layer| g.get(layer)) {
            list.all_entries().for_each(|e| texts(&e.shape, e.clip_rect, &mut read.0));
        }
    });
}

fn point(mut pointer: ResMut<Pointer>, mut inputs: Query<&mut EguiInput, With<PrimaryEguiContext>>) {
    for mut input in &mut inputs {
        input.events.append(&mut pointer.0);
    }
}

struct Twin {
    app: App,
    _backend: Backend,
    _runtime: tokio::runtime::Runtime,
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
        let backend = runtime.block_on(cim_backend::start(options)).unwrap();
        let product = Product::Headless { width: PIXELS.x, height: PIXELS.y, panels: true };
        let quality = Quality { samples: 1, shadow_map: 0, cascades: 1, ..default() };
        let base = Some(backend.url().parse().unwrap());
        let language = Language::Zh;
        let mut app =
            build_app(AppOptions { product, backend: base, tiles: None, view: None, language, quality }).unwrap();
        app.world_mut().resource_mut::<Canvas>().scale = SCALE;
        app.init_resource::<Read>()
            .init_resource::<Pointer>()
            .add_systems(PreUpdate, point.after(EguiPreUpdateSet::ProcessInput).before(EguiPreUpdateSet::BeginPass))
            .add_systems(EguiPrimaryContextPass, read.after(PanelSystems));
        app.finish();
        app.cleanup();
        let mut twin = Self { app, _backend: backend, _runtime: runtime };
        twin.until("settling", |app| {
            let world = app.world();
            world.resource::<SceneStatus>().opened
                && world.resource::<SceneStatus>().is_settled()
                && world.resource::<LinkStatus>().0 == LinkState::Connected
                && world.resource::<Fetcher>().busy() == 0
        });
        twin
    }

    fn until(&mut self, what: &str, mut holds: impl FnMut(&mut App) -> bool) {
        let end = Instant::now() + Duration::from_secs(90);
        while !holds(&mut self.app) {
            assert!(Instant::now() < end, "{what} did not happen; on the screen: {:?}", self.screen());
            self.app.update();
        }
    }

    fn screen(&self) -> Vec<&str> {
        self.app.world().resource::<Read>().0.iter().map(|(text, _)| text.as_str()).collect()
    }

    fn find(&self, text: &str) -> Option<Pos2> {
        self.app.world().resource::<Read>().0.iter().find(|(t, _)| t == text).map(|(_, at)| *at)
    }

    fn click(&mut self, at: Pos2) {
        let button = |pressed| egui::Event::PointerButton {
            pos: at,
            button: egui::PointerButton::Primary,
            pressed,
            modifiers: egui::Modifiers::NONE,
        };
        // A pointer moves, then presses, then lets go: each in a frame of its own, as hands do.
        for event in [egui::Event::PointerMoved(at), button(true), button(false)] {
            self.app.world_mut().resource_mut::<Pointer>().0.push(event);
            self.app.update();
        }
        self.app.update();
    }

    /// Turns the wheel over the list of layers: down for a negative number of points.
    fn scroll_layers(&mut self, points: f32) {
        let at = self.find("着色").unwrap_or_default() - egui::vec2(0.0, 60.0);
        let wheel = egui::Event::MouseWheel {
            unit: egui::MouseWheelUnit::Point,
            delta: egui::vec2(0.0, points),
            phase: egui::TouchPhase::Move,
            modifiers: egui::Modifiers::NONE,
        };
        self.app.world_mut().resource_mut::<Pointer>().0.extend([egui::Event::PointerMoved(at), wheel]);
        // It glides for some frames.
        (0..12).for_each(|_| self.app.update());
    }

    /// Scrolls the list of layers down until a row of it can be clicked.
    fn scroll_to_layer(&mut self, name: &str) {
        for _ in 0..40 {
            // The choice of a style stands right below the list.
            let below = self.find("着色").map_or(0.0, |at| at.y - 16.0);
            if self.find(name).is_some_and(|at| at.y < below) {
                return;
            }
            self.scroll_layers(-40.0);
        }
        panic!("{name:?} is not in the list: {:?}", self.screen());
    }

    fn click_text(&mut self, text: &str) {
        let at = self.find(text).unwrap_or_else(|| panic!("{text:?} is not on the screen: {:?}", self.screen()));
        self.click(at);
    }

    /// Selects a vehicle; its id and its newest case, when it has one.
    fn with_a_case(&mut self, key: EntityKey) -> Option<(String, CaseSummary)> {
        let id = key.id.to_string();
        let picked = Picked { key, name: String::new(), point: None, attributes: Vec::new() };
        self.app.world_mut().write_message(Select(Some(picked)));
        self.app.update();
        self.until("the case history", |app| {
            matches!(app.world().resource::<CaseBook>().history(), Some(History::Ready { .. }))
        });
        match self.app.world().resource::<CaseBook>().history() {
            Some(History::Ready { cases, .. }) => Some((id, cases.first()?.clone())),
            other => panic!("{other:?}"),
        }
    }

    fn layers(&self) -> &Layers {
        self.app.world().resource::<Layers>()
    }
}

#[test]
fn layers_languages_the_compass_and_the_case_history_are_at_hand() {
    let mut twin = Twin::start("panels");

    // Every layer is there by name; a click switches it, another one switches it back; the map is not touched.
    for layer in LAYERS {
        twin.scroll_to_layer(layer.zh);
        let before = twin.layers().is_on(layer.id);
        twin.click_text(layer.zh);
        assert_ne!(twin.layers().is_on(layer.id), before, "{}", layer.zh);
        assert!(twin.app.world().resource::<InputBlocked>().pointer, "the map behind {} is clicked too", layer.zh);
        twin.click_text(layer.zh);
        assert_eq!(twin.layers().is_on(layer.id), before, "{}", layer.zh);
    }
    assert_eq!(twin.app.world().resource::<Selection>().current, None);
    twin.scroll_layers(2000.0);

    // English is one click away, and so is the way back.
    twin.click_text("English");
    assert!(twin.find(LAYERS[0].en).is_some() && twin.find(LAYERS[0].zh).is_none());
    twin.click_text("中文");
    assert!(twin.find(LAYERS[0].zh).is_some());

    // Why the tile in the middle of the picture is as it is, and the tiles above it.
    twin.app.world_mut().resource_mut::<TileInspector>().on = true;
    twin.app.update();
    twin.app.update();
    assert!(twin.find("瓦片检查").is_some(), "{:?}", twin.screen());
    let line = twin.app.world().resource::<TileInspector>().line.clone();
    assert!(line.len() >= 2 && line.iter().any(|t| t.decision == "tile-rendered"), "{line:?}");
    assert!(twin.screen().iter().any(|text| text.ends_with("正常显示")), "{:?}", twin.screen());
    twin.app.world_mut().resource_mut::<TileInspector>().on = false;
    twin.app.update();

    // North is one click away: the needle is the uppermost of the buttons on the map.
    twin.app.world_mut().write_message(FlyTo { heading_deg: Some(70.0), secs: 0.0, ..FlyTo::default() });
    twin.app.update();
    assert!((twin.app.world().resource::<MapCamera>().0.heading_deg - 70.0).abs() < 0.1);
    let plus = twin.find("+").unwrap();
    twin.click(plus - egui::vec2(0.0, 38.0));
    twin.until("turning north", |app| {
        let heading = app.world().resource::<MapCamera>().0.heading_deg;
        heading.abs() < 1e-6 || (heading - 360.0).abs() < 1e-6
    });

    // A vehicle with cases: its card, its history, one of its cases, back to the list, and closed again.
    let vehicles: Vec<EntityKey> = {
        let city = twin.app.world().resource::<LiveCity>();
        LAYERS
            .iter()
            .flat_map(|l| city.placed(l.id, 0.0))
            .map(|p| p.0)
            .filter(|k| k.kind == EntityKind::Vehicle)
            .collect()
    };
    let (name, case) = vehicles.into_iter().find_map(|key| twin.with_a_case(key)).expect("no vehicle has a case");
    twin.app.update();
    assert!(twin.find(&name).is_some() && twin.find("案件历史").is_some(), "{:?}", twin.screen());
    twin.click_text(&case.title);
    twin.until("the case", |app| matches!(app.world().resource::<CaseBook>().open(), Some(OpenCase::Ready(_))));
    twin.app.update();
    assert!(twin.find(case.id.as_str()).is_some(), "{:?}", twin.screen());
    twin.click_text("返回列表");
    assert!(twin.app.world().resource::<CaseBook>().open().is_none());
    twin.click_text("关闭");
    assert_eq!(twin.app.world().resource::<Selection>().current, None);
    assert!(twin.find("案件历史").is_none());
}
