//! `cim-twin view`: the city in a window.

use super::{
    city,
    embedded::{Embedded, Wish, web_root},
};
use cim_twin::{
    app::{AppOptions, Product, build_app},
    camera::ViewSpec,
    panels::Language,
    scene::Quality,
};
use std::{net::Ipv4Addr, path::PathBuf, time::Duration};
use url::Url;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// A backend that runs somewhere, such as http://host:8620/; one is started in here when left out
    #[arg(long)]
    backend: Option<Url>,
    /// A tileset: URL, file, city folder, folder with a tileset.json, or .3tz archive; shown alone unless there is a backend
    #[arg(long)]
    tiles: Option<String>,
    /// City folder; the demo city when left out
    #[arg(long, conflicts_with = "backend")]
    city: Option<PathBuf>,
    /// home, or lon,lat,distance[,heading[,tilt]] in degrees and metres
    #[arg(long, allow_hyphen_values = true)]
    view: Option<ViewSpec>,
    /// Language of the panels at first: zh or en
    #[arg(long, default_value = "zh")]
    lang: Language,
    /// What colours the city: height, use, or a file in the 3D Tiles Styling language
    #[arg(long)]
    style: Option<String>,
    /// Port of the backend in here; 0 for any free one
    #[arg(long, default_value_t = 0)]
    port: u16,
}

pub(super) fn run(args: Args) -> Result<(), String> {
    display()?;
    let style = super::style(args.style.as_deref())?;
    let tiles = args.tiles.as_deref().map(super::location).transpose()?;
    let mut embedded = None;
    let backend = match (args.backend, &tiles, &args.city) {
        (Some(url), ..) => Some(reachable(url)?),
        (None, Some(_), None) => None,
        _ => {
            let started = Embedded::start(Wish {
                city: city::wanted(args.city)?,
                listen: (Ipv4Addr::LOCALHOST, args.port).into(),
                simulate: true,
                web_root: web_root(),
                database: None,
            })?;
            let url = started.url.clone();
            super::streams::tell(format_args!("后台已启动 / backend: {url}"));
            embedded = Some(started);
            Some(url)
        }
    };
    let options = AppOptions {
        product: Product::Desk,
        backend,
        tiles,
        view: args.view,
        language: args.lang,
        quality: Quality::default(),
    };
    let result = graphics(|| {
        let mut app = build_app(options)?;
        app.insert_resource(style);
        app.run();
        Ok(())
    });
    drop(embedded);
    result
}

/// Whether there is a display to open a window on.
fn display() -> Result<(), String> {
    let set = |name: &str| std::env::var_os(name).is_some_and(|v| !v.is_empty());
    if cfg!(target_os = "linux") && !["DISPLAY", "WAYLAND_DISPLAY", "WAYLAND_SOCKET"].into_iter().any(set) {
        return Err("there is no display to open a window on (neither DISPLAY nor WAYLAND_DISPLAY is set): \
                    use `cim-twin serve` and a browser, or `cim-twin snapshot`"
            .into());
    }
    Ok(())
}

/// The backend's root with its final `/`, when somebody answers there.
pub(super) fn reachable(mut url: Url) -> Result<Url, String> {
    if !url.path().ends_with('/') {
        let path = format!("{}/", url.path());
        url.set_path(&path);
    }
    let site = url.join("api/site").map_err(|e| format!("{url}: {e}"))?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|e| format!("cannot ask the backend: {e}"))?;
    let answer = runtime.block_on(async {
        let client = reqwest::Client::builder().timeout(Duration::from_secs(5)).build()?;
        client.get(site).send().await?.error_for_status()
    });
    match answer {
        Ok(_) => Ok(url),
        Err(e) => {
            let reason = if e.is_connect() {
                "nobody listens there".to_owned()
            } else if e.is_timeout() {
                "it did not answer within 5 seconds".to_owned()
            } else {
                e.to_string()
            };
            Err(format!(
                "the backend {url} cannot be reached ({reason}): check the address, start one with `cim-twin serve`, \
                 or leave --backend out"
            ))
        }
    }
}

/// Runs what needs graphics. The engine panics where there are none: that becomes one sentence.
pub(super) fn graphics(run: impl FnOnce() -> Result<(), String>) -> Result<(), String> {
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        if explain(&message(info.payload())).is_none() {
            hook(info);
        }
    }));
    let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(run));
    drop(std::panic::take_hook());
    result.unwrap_or_else(|payload| {
        let text = message(payload.as_ref());
        Err(explain(&text).map_or_else(|| format!("the program failed: {text}"), str::to_owned))
    })
}

fn message(payload: &(dyn std::any::Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().map(|s| (*s).to_owned());
    text.or_else(|| payload.downcast_ref::<String>().cloned()).unwrap_or_default()
}

/// What is missing, from the words of the engine's panic.
fn explain(text: &str) -> Option<&'static str> {
    if text.contains("Unable to find a GPU") || text.contains("adapter") {
        Some(
            "no graphics card and no software driver was found: install a Vulkan driver \
             (Debian and Ubuntu: apt install mesa-vulkan-drivers)",
        )
    } else if text.contains("event loop") || text.contains("EventLoop") {
        Some("the display cannot be used: check DISPLAY or WAYLAND_DISPLAY, or use `cim-twin serve` and a browser")
    } else {
        None
    }
}
