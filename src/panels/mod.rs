//! The face of the application: theme, languages, layers, details, alerts, data quality.

mod alerts;
mod bar;
mod details;
mod guard;
mod history;
mod lang;
mod layers;
mod map;
mod pictures;
mod quality;
mod theme;
mod tiles;

pub use lang::{Lang, Language};

use crate::{
    camera::{FlyTo, InputBlocked, MapCamera},
    cases::{CaseBook, Classes, OpenCaseRequest},
    diagnostics::{BackendDefects, Diagnostics},
    feed::{Clock, LinkStatus, Request},
    grid::GridBook,
    live::{Layers, LiveCity},
    pick::{EntityCard, Select, Selection},
    scene::{CityStyle, SceneStatus, SiteGeo, SiteInfo, Sun, TileInspector, TileScene},
};
use bevy::{ecs::system::SystemParam, input::InputSystems, prelude::*};
use bevy_egui::{EguiContexts, EguiPlugin, EguiPrimaryContextPass, egui};

/// The system that lays out the panels, in [`EguiPrimaryContextPass`].
#[derive(SystemSet, Debug, Clone, PartialEq, Eq, Hash)]
pub struct PanelSystems;

/// Shows the panels and passes on what a person does with them.
pub struct PanelsPlugin;

impl Plugin for PanelsPlugin {
    fn build(&self, app: &mut App) {
        app.add_plugins(EguiPlugin::default())
            .init_resource::<Lang>()
            .init_resource::<Open>()
            .init_resource::<pictures::Pictures>()
            .init_resource::<guard::Rest>()
            .add_systems(PreUpdate, guard::claim.after(InputSystems))
            .add_systems(EguiPrimaryContextPass, show.in_set(PanelSystems));
    }
}

/// Points of width and height from which there is room for all panels at once.
const ROOM: egui::Vec2 = egui::vec2(900.0, 680.0);

/// Which panels are open.
#[derive(Resource, Debug, Default)]
pub(crate) struct Open {
    layers: bool,
    alerts: bool,
    quality: bool,
    sun: bool,
    roomy: Option<bool>,
}

impl Open {
    /// Opens what there is room for. Where there is not room for all, the city comes first.
    fn fit(&mut self, size: egui::Vec2, selected_anew: bool) {
        let roomy = size.x >= ROOM.x && size.y >= ROOM.y;
        if self.roomy.replace(roomy) != Some(roomy) {
            (self.layers, self.alerts) = (roomy, roomy);
        }
        if selected_anew && !roomy {
            (self.layers, self.alerts) = (false, false);
        }
    }

    /// Where there is not room for both, opening one closes the other.
    fn make_room(&mut self, for_layers: bool) {
        if self.roomy == Some(false) {
            let other = if for_layers { &mut self.alerts } else { &mut self.layers };
            *other = false;
        }
    }
}

/// What panels read.
#[derive(SystemParam)]
struct Facts<'w> {
    clock: Res<'w, Clock>,
    link: Res<'w, LinkStatus>,
    city: Res<'w, LiveCity>,
    grid: Res<'w, GridBook>,
    site: Res<'w, SiteInfo>,
    geo: Res<'w, SiteGeo>,
    scene: Res<'w, SceneStatus>,
    selection: Res<'w, Selection>,
    card: Res<'w, EntityCard>,
    book: Res<'w, CaseBook>,
    classes: Res<'w, Classes>,
    diagnostics: Res<'w, Diagnostics>,
    remote: Res<'w, BackendDefects>,
    map: Res<'w, MapCamera>,
    limits: Res<'w, crate::camera::CameraLimits>,
    tiles: TileScene<'w>,
}

/// What panels change.
#[derive(SystemParam)]
struct Deeds<'w> {
    lang: ResMut<'w, Lang>,
    layers: ResMut<'w, Layers>,
    open: ResMut<'w, Open>,
    sun: ResMut<'w, Sun>,
    inspector: ResMut<'w, TileInspector>,
    style: ResMut<'w, CityStyle>,
    blocked: ResMut<'w, InputBlocked>,
    rest: ResMut<'w, guard::Rest>,
    pictures: ResMut<'w, pictures::Pictures>,
    select: MessageWriter<'w, Select>,
    requests: MessageWriter<'w, Request>,
    fly: MessageWriter<'w, FlyTo>,
    cases: MessageWriter<'w, OpenCaseRequest>,
}

impl Facts<'_> {
    /// The name of a class in the language in use; the name that came with it when no dictionary has the code.
    fn class_name<'a>(&'a self, code: &str, came_as: &'a str, lang: &Lang) -> &'a str {
        self.classes.0.get(code).map_or(came_as, |c| lang.either(&c.zh, &c.en))
    }

    /// Minutes east of UTC of the city.
    fn utc_offset(&self) -> i32 {
        self.site.0.as_ref().map_or(480, |s| s.utc_offset_minutes)
    }
}

fn show(mut contexts: EguiContexts, facts: Facts<'_>, mut deeds: Deeds<'_>, mut dressed: Local<bool>) -> Result {
    let ctx = contexts.ctx_mut()?.clone();
    if !*dressed {
        // A new font is in use from the next frame on: nothing is drawn with none.
        *dressed = true;
        theme::apply(&ctx);
        return Ok(());
    }
    deeds.open.fit(ctx.viewport_rect().size(), facts.selection.is_changed());
    if deeds.sun.live
        && let Some(now) = facts.clock.now()
    {
        // Minutes are enough for shadows, and keep the light from changing every frame.
        let minute = cim_model::Timestamp(now.0 / 60_000 * 60_000);
        if deeds.sun.time != minute {
            deeds.sun.time = minute;
        }
    }
    let mut root = egui::Ui::new(
        ctx.clone(),
        "panels".into(),
        egui::UiBuilder::new().layer_id(egui::LayerId::background()).max_rect(ctx.viewport_rect()),
    );
    bar::show(&mut root, &facts, &mut deeds);
    let rest = root.available_rect_before_wrap();
    map::show(&ctx, rest, &facts, &mut deeds);
    if deeds.open.layers {
        layers::show(&ctx, rest, &facts, &mut deeds);
    }
    if deeds.open.alerts {
        alerts::show(&ctx, rest, &facts, &mut deeds);
    }
    details::show(&ctx, rest, &facts, &mut deeds);
    quality::show(&ctx, &facts, &mut deeds);
    tiles::show(&ctx, &facts, &mut deeds);
    deeds.rest.0 = Some(rest);
    let blocked = deeds.rest.block(&ctx);
    deeds.blocked.set_if_neq(blocked);
    Ok(())
}
