//! How long a view takes to become complete, and what it costs.
#![expect(clippy::disallowed_methods, reason = "this is native alone, and measures real time")]

use super::memory;
use crate::{
    camera::{CameraLimits, FlyTo, MapView},
    feed::Fetcher,
    scene::SceneStatus,
};
use bevy::{math::DVec3, platform::time::Instant, prelude::*};
use std::{
    fmt::Write as _,
    sync::{Arc, Mutex, PoisonError},
};

/// Frames without any change after which a view counts as complete.
const QUIET: u32 = 4;
/// Frames after a jump in which the stream has seen it.
const ARRIVAL: u32 = 2;
/// Seconds after which a view is given up.
const PATIENCE_S: u64 = 120;

/// The views, each after the one before: where from the home's target (shares of the site's radius to the east and to the
/// south), distance (share of the home's), heading and tilt in degrees.
const VIEWS: [(&str, f64, f64, f64, f64, f64); 8] = [
    ("home", 0.0, 0.0, 1.0, 20.0, 66.0),
    ("down to the streets", 0.0, 0.0, 0.12, 40.0, 72.0),
    ("a quarter further", 0.15, 0.05, 0.12, 130.0, 70.0),
    ("across the city", -0.4, 0.3, 0.3, 250.0, 60.0),
    ("straight down", -0.4, 0.3, 0.8, 0.0, 0.0),
    ("the whole city", 0.0, 0.0, 4.0, 0.0, 35.0),
    ("home again", 0.0, 0.0, 1.0, 20.0, 66.0),
    ("the streets again", 0.0, 0.0, 0.12, 40.0, 72.0),
];

/// What a view cost.
#[derive(Debug, Clone, Copy)]
struct Cost {
    ms: f64,
    tiles: usize,
    received: u64,
    held: [u64; 2],
}

#[derive(Resource)]
struct Course {
    /// The view that is awaited.
    view: usize,
    since: Instant,
    /// Frames since it was jumped to.
    frames: u32,
    /// When something last changed.
    busy: Instant,
    received: u64,
    outcome: Arc<Mutex<Result<Vec<Cost>, String>>>,
}

/// Jumps from view to view and waits until each is complete; the table.
///
/// # Errors
/// One sentence for a person: the city did not come.
pub fn measure_views(mut app: App) -> Result<String, String> {
    let outcome = Arc::new(Mutex::new(Ok(Vec::new())));
    // The city opens on the first view.
    let now = Instant::now();
    let course = Course { view: 0, since: now, frames: 0, busy: now, received: 0, outcome: Arc::clone(&outcome) };
    app.insert_resource(course).add_systems(Update, watch);
    app.run();
    let costs = std::mem::replace(&mut *outcome.lock().unwrap_or_else(PoisonError::into_inner), Ok(Vec::new()))?;
    if costs.len() < VIEWS.len() {
        return Err("measuring stopped half way".into());
    }
    Ok(table(&costs))
}

fn watch(
    mut course: ResMut<Course>,
    status: Res<SceneStatus>,
    fetcher: Res<Fetcher>,
    limits: Res<CameraLimits>,
    mut fly: MessageWriter<FlyTo>,
    mut exit: MessageWriter<AppExit>,
) {
    let course = &mut *course;
    let stop = |problem: String| {
        *course.outcome.lock().unwrap_or_else(PoisonError::into_inner) = Err(problem);
    };
    if let Some(problem) = &status.problem {
        stop(problem.clone());
        exit.write(AppExit::Success);
        return;
    }
    if course.since.elapsed().as_secs() > PATIENCE_S {
        stop(format!("view {} was not complete after {PATIENCE_S} s", course.view + 1));
        exit.write(AppExit::Success);
        return;
    }
    if !status.opened {
        return;
    }
    course.frames += 1;
    if course.frames <= ARRIVAL || status.quiet_frames == 0 {
        course.busy = Instant::now();
        return;
    }
    if status.quiet_frames < QUIET {
        return;
    }
    let cost = Cost {
        ms: (course.busy - course.since).as_secs_f64() * 1000.0,
        tiles: status.rendered,
        received: fetcher.received() - course.received,
        held: [status.cpu_bytes, status.gpu_bytes],
    };
    if let Ok(costs) = &mut *course.outcome.lock().unwrap_or_else(PoisonError::into_inner) {
        costs.push(cost);
    }
    course.view += 1;
    let Some(view) = VIEWS.get(course.view) else {
        exit.write(AppExit::Success);
        return;
    };
    fly.write(view_of(view, &limits).fly_to(0.0));
    course.since = Instant::now();
    course.frames = 0;
    course.received = fetcher.received();
}

fn view_of(
    (_, east, south, distance, heading_deg, tilt_deg): &(&str, f64, f64, f64, f64, f64),
    limits: &CameraLimits,
) -> MapView {
    let home = limits.home;
    let target = home.target + DVec3::new(*east, 0.0, *south) * limits.reach_m;
    MapView { target, heading_deg: *heading_deg, tilt_deg: *tilt_deg, distance_m: home.distance_m * distance }
}

fn table(costs: &[Cost]) -> String {
    let mib = |bytes: u64| bytes as f64 / f64::from(1 << 20);
    let mut text =
        format!("{:22} {:>9} {:>7} {:>9} {:>9} {:>9}\n", "view", "ms", "tiles", "MiB came", "MiB main", "MiB card");
    for ((name, ..), cost) in VIEWS.iter().zip(costs) {
        let [cpu, gpu] = cost.held.map(mib);
        // Writing to a String does not fail.
        let _ =
            writeln!(text, "{name:22} {:9.0} {:7} {:9.1} {cpu:9.1} {gpu:9.1}", cost.ms, cost.tiles, mib(cost.received));
    }
    let total: u64 = costs.iter().map(|c| c.received).sum();
    let peak = memory::peak_bytes().map_or_else(|| "unknown".into(), |b| format!("{:.0} MiB", mib(b)));
    let _ = writeln!(text, "{:.1} MiB came in all; the process had {peak} at the most", mib(total));
    text
}
