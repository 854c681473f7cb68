//! Which plugins make which product.

use crate::{
    camera::{CameraPlugin, FirstView, ViewSpec},
    cases::CasesPlugin,
    feed::{Backend, FeedPlugin, Fetcher},
    grid::GridPlugin,
    live::LivePlugin,
    panels::{Lang, Language, PanelsPlugin},
    pick::PickPlugin,
    scene::{Quality, ScenePlugin, TilesetSource},
};
use bevy::{
    asset::AssetMetaCheck,
    ecs::schedule::{ScheduleLabel, Schedules, SingleThreadedExecutor},
    prelude::*,
    render::{ExtractSchedule, RenderApp, RenderPlugin, settings::RenderCreation},
    window::{ExitCondition, WindowResolution},
    winit::WinitPlugin,
};
use url::Url;

/// What the application is to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Product {
    /// A window on a desktop.
    Desk,
    /// The canvas `#cim-twin` of a web page.
    Web,
    /// No window: pictures of this size are taken.
    Headless {
        /// Pixels across.
        width: u32,
        /// Pixels down.
        height: u32,
        /// Whether the panels are drawn too.
        panels: bool,
    },
}

/// What the application is to show.
#[derive(Debug, Clone)]
pub struct AppOptions {
    /// The form it takes.
    pub product: Product,
    /// The backend; `None` to show a tileset alone.
    pub backend: Option<Url>,
    /// A tileset instead of the backend's.
    pub tiles: Option<Url>,
    /// Where to look first; home when `None`.
    pub view: Option<ViewSpec>,
    /// Language of the panels at first.
    pub language: Language,
    /// How much is spent on the picture.
    pub quality: Quality,
}

/// Puts the application together.
///
/// # Errors
/// One sentence for a person: the system gives no threads or no TLS.
pub fn build_app(options: AppOptions) -> Result<App, String> {
    let fetcher = Fetcher::new()?;
    let mut app = App::new();
    app.set_error_handler(bevy::ecs::error::error);
    let headless = matches!(options.product, Product::Headless { .. });
    let plugins = DefaultPlugins
        .set(WindowPlugin { primary_window: window(options.product), exit_condition: exit(headless), ..default() })
        .set(AssetPlugin { meta_check: AssetMetaCheck::Never, ..default() })
        .set(bevy::log::LogPlugin {
            filter: "warn,cim_twin=info,wgpu=error,naga=warn,bevy_render=warn,calloop=error".into(),
            ..default()
        })
        .set(RenderPlugin {
            render_creation: RenderCreation::default(),
            synchronous_pipeline_compilation: headless,
            ..default()
        });
    if headless {
        app.add_plugins(plugins.disable::<WinitPlugin>());
    } else {
        app.add_plugins(plugins);
    }
    app.insert_resource(ClearColor(Color::linear_rgb(0.60, 0.73, 0.84)))
        .insert_resource(options.quality)
        .insert_resource(fetcher)
        .insert_resource(TilesetSource { fixed: options.tiles.is_some(), url: options.tiles.clone(), origin: None })
        .insert_resource(FirstView(options.view))
        .insert_resource(Backend { base: options.backend.clone() })
        .add_plugins((FeedPlugin, ScenePlugin, CameraPlugin, LivePlugin, GridPlugin, PickPlugin, CasesPlugin));
    if !matches!(options.product, Product::Headless { panels: false, .. }) {
        app.add_plugins(PanelsPlugin);
        app.world_mut().resource_mut::<Lang>().language = options.language;
    }
    #[cfg(not(target_arch = "wasm32"))]
    if let Product::Headless { width, height, .. } = options.product {
        crate::headless::make_headless(&mut app, UVec2::new(width, height));
    }
    stay_on_thread(&mut app);
    Ok(app)
}

/// Lets the systems of a frame follow each other on one thread in each world.
///
/// There are hundreds, nearly all of a few microseconds: waking another thread for one costs more than it saves
/// (`docs/performance.md`). Work worth a thread has one: the two worlds run side by side, and tiles are decoded in pools.
fn stay_on_thread(app: &mut App) {
    let settle = |world: &mut World| {
        for (_, schedule) in world.resource_mut::<Schedules>().iter_mut() {
            schedule.set_executor(SingleThreadedExecutor::new());
            // What extraction defers, the other world applies at a time of its own.
            schedule.set_apply_final_deferred(schedule.label() != ExtractSchedule.intern());
        }
    };
    settle(app.world_mut());
    if let Some(render) = app.get_sub_app_mut(RenderApp) {
        settle(render.world_mut());
    }
}

fn window(product: Product) -> Option<Window> {
    let title = "cim-twin 城市数字孪生".to_owned();
    match product {
        Product::Headless { .. } => None,
        Product::Desk => Some(Window { title, resolution: WindowResolution::new(1600, 900), ..default() }),
        Product::Web => Some(Window {
            title,
            canvas: Some("#cim-twin".into()),
            fit_canvas_to_parent: true,
            prevent_default_event_handling: true,
            ..default()
        }),
    }
}

fn exit(headless: bool) -> ExitCondition {
    if headless { ExitCondition::DontExit } else { ExitCondition::OnPrimaryClosed }
}
