//! A long flight over a city: whether memory stays what it is.

use super::memory;
use crate::{
    camera::{CameraLimits, FlyTo, MapView},
    feed::Fetcher,
    scene::{Quality, SceneStatus},
};
use bevy::{math::DVec3, prelude::*, time::TimeUpdateStrategy};
use rand::{Rng, SeedableRng};
use rand_pcg::Pcg64;
use std::{
    fmt::Write as _,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

/// Time that goes by in a frame.
const STEP: Duration = Duration::from_millis(100);

/// The flight.
#[derive(Debug, Clone, Copy)]
pub struct FlightPlan {
    /// Minutes that it lasts by the application's clock, which goes by 0.1 s with every frame, however short that is.
    pub minutes: u32,
    /// The same seed flies the same way.
    pub seed: u64,
}

/// How things stand at the end of a minute.
#[derive(Debug, Clone, Copy, Default)]
struct Row {
    shown: usize,
    held: usize,
    tree: usize,
    /// The most in the minute.
    cpu: u64,
    /// The most in the minute.
    gpu: u64,
    received: u64,
    resident: Option<u64>,
}

#[derive(Resource)]
struct Pilot {
    plan: FlightPlan,
    rng: Pcg64,
    flown: Duration,
    /// When it turns to somewhere else.
    turn: Duration,
    current: Row,
    report: Arc<Mutex<Result<Vec<Row>, String>>>,
}

/// Flies to and fro at random; a table with a row for every few minutes, and what it shows.
///
/// # Errors
/// One sentence for a person: the city did not come, or more was held than may be.
pub fn fly_about(mut app: App, plan: FlightPlan) -> Result<String, String> {
    let report = Arc::new(Mutex::new(Ok(Vec::new())));
    app.insert_resource(TimeUpdateStrategy::ManualDuration(STEP))
        .insert_resource(Pilot {
            plan,
            rng: Pcg64::seed_from_u64(plan.seed),
            flown: Duration::ZERO,
            turn: Duration::ZERO,
            current: Row::default(),
            report: Arc::clone(&report),
        })
        .add_systems(Update, fly);
    let quality = *app.world().resource::<Quality>();
    app.run();
    let rows = std::mem::replace(&mut *report.lock().unwrap_or_else(PoisonError::into_inner), Ok(Vec::new()))?;
    if rows.len() < plan.minutes as usize {
        return Err("the flight ended before its time".into());
    }
    let text = table(&rows, &quality);
    let most = |of: fn(&Row) -> u64| rows.iter().map(of).max().unwrap_or(0);
    if most(|r| r.cpu) > quality.cpu_bytes || most(|r| r.gpu) > quality.gpu_bytes {
        return Err(format!("{text}\nmore was held than may be"));
    }
    Ok(text)
}

fn fly(
    mut pilot: ResMut<Pilot>,
    status: Res<SceneStatus>,
    fetcher: Res<Fetcher>,
    limits: Res<CameraLimits>,
    mut to: MessageWriter<FlyTo>,
    mut exit: MessageWriter<AppExit>,
) {
    let pilot = &mut *pilot;
    if let Some(problem) = &status.problem {
        *pilot.report.lock().unwrap_or_else(PoisonError::into_inner) = Err(problem.clone());
        exit.write(AppExit::Success);
        return;
    }
    if !status.opened {
        return;
    }
    pilot.flown += STEP;
    if pilot.flown >= pilot.turn {
        let secs = pilot.rng.random_range(2.0..8.0f32);
        to.write(somewhere(&mut pilot.rng, &limits).fly_to(secs));
        // It looks round where it has arrived, and now and then turns away on the way.
        pilot.turn = pilot.flown + Duration::from_secs_f32(secs * pilot.rng.random_range(0.5..1.6));
    }
    let row = &mut pilot.current;
    row.cpu = row.cpu.max(status.cpu_bytes);
    row.gpu = row.gpu.max(status.gpu_bytes);
    if pilot.flown.as_secs().is_multiple_of(60) && pilot.flown.subsec_nanos() == 0 {
        let row = Row {
            shown: status.rendered,
            held: status.held,
            tree: status.tree,
            received: fetcher.received(),
            resident: memory::resident_bytes(),
            ..std::mem::take(row)
        };
        if let Ok(rows) = &mut *pilot.report.lock().unwrap_or_else(PoisonError::into_inner) {
            rows.push(row);
        }
    }
    if pilot.flown.as_secs() >= u64::from(pilot.plan.minutes) * 60 {
        exit.write(AppExit::Success);
    }
}

/// A view of somewhere in the city, from street level to all of it.
fn somewhere(rng: &mut Pcg64, limits: &CameraLimits) -> MapView {
    let (angle, share) = (rng.random_range(0.0..std::f64::consts::TAU), rng.random_range(0.0..0.7f64).sqrt());
    let offset = DVec3::new(angle.cos(), 0.0, angle.sin()) * share * limits.reach_m;
    let (near, far) = ((limits.nearest_m * 8.0).ln(), (limits.reach_m * 1.5).max(limits.nearest_m * 16.0).ln());
    MapView {
        target: limits.home.target + offset,
        heading_deg: rng.random_range(0.0..360.0),
        tilt_deg: rng.random_range(0.0..80.0),
        distance_m: rng.random_range(near..far).exp(),
    }
}

fn table(rows: &[Row], quality: &Quality) -> String {
    let mib = |bytes: u64| bytes as f64 / f64::from(1 << 20);
    let resident = |row: &Row| row.resident.map_or_else(|| "-".to_owned(), |b| format!("{:.0}", mib(b)));
    let mut text = format!(
        "{:>6} {:>7} {:>7} {:>8} {:>9} {:>9} {:>10} {:>10}\n",
        "minute", "shown", "held", "in tree", "MiB main", "MiB card", "MiB came", "MiB in all"
    );
    let every = rows.len().div_ceil(15);
    for (i, row) in rows.iter().enumerate().filter(|(i, _)| (i + 1) % every == 0) {
        // Writing to a String does not fail.
        let _ = writeln!(
            text,
            "{:6} {:7} {:7} {:8} {:9.1} {:9.1} {:10.1} {:>10}",
            i + 1,
            row.shown,
            row.held,
            row.tree,
            mib(row.cpu),
            mib(row.gpu),
            mib(row.received),
            resident(row)
        );
    }
    let _ =
        writeln!(text, "at the most {:.0} MiB main and {:.0} MiB card", mib(quality.cpu_bytes), mib(quality.gpu_bytes));
    let median = |rows: &[Row]| {
        let mut all: Vec<u64> = rows.iter().filter_map(|r| r.resident).collect();
        all.sort_unstable();
        all.get(all.len() / 2).copied()
    };
    // The first quarter fills the caches.
    let (early, late) = (&rows[rows.len() / 4..rows.len() / 2], &rows[rows.len() * 3 / 4..]);
    if let (Some(early), Some(late)) = (median(early), median(late)) {
        let _ = writeln!(
            text,
            "resident size, median: {:.0} MiB in the second quarter, {:.0} MiB in the last ({:+.1} %)",
            mib(early),
            mib(late),
            (late as f64 / early as f64 - 1.0) * 100.0
        );
    }
    text
}
