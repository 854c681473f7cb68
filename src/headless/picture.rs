//! One picture: wait until it is complete, take it, write it.
#![expect(clippy::disallowed_methods, reason = "this is native alone, and waits for and measures real time")]

use super::Canvas;
use crate::{
    cases::CaseBook,
    feed::{Arrivals, Clock},
    live::LiveCity,
    pick::{Picked, Select},
    scene::{SceneStatus, TileScene},
};
use bevy::{
    platform::time::Instant,
    prelude::*,
    render::view::screenshot::{Screenshot, ScreenshotCaptured},
};
use cim_model::EntityKey;
use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
};

/// The picture to take.
#[derive(Debug, Clone)]
pub struct Shot {
    /// The PNG file to write.
    pub out: PathBuf,
    /// Seconds after which it is taken even when something is still on its way.
    pub patience_secs: u32,
    /// Seconds that the city lives before it is taken.
    pub live_secs: u32,
    /// What is to be selected.
    pub select: Option<EntityKey>,
}

type Outcome = Arc<Mutex<Option<Result<(), String>>>>;

/// Frames without any change after which the picture is complete.
const QUIET: u32 = 10;

#[derive(Resource)]
struct Progress {
    shot: Shot,
    started: Instant,
    placed: bool,
    selected: bool,
    asked: bool,
    quiet: u32,
    outcome: Outcome,
}

/// Runs the application until the picture is written.
///
/// # Errors
/// One sentence for a person: there is no tileset, no graphics, or the file cannot be written.
pub fn take(mut app: App, shot: Shot) -> Result<(), String> {
    let outcome: Outcome = Arc::default();
    app.insert_resource(Progress {
        shot,
        started: Instant::now(),
        placed: false,
        selected: false,
        asked: false,
        quiet: 0,
        outcome: Arc::clone(&outcome),
    })
    .add_systems(Update, watch);
    app.run();
    let done = outcome.lock().map_err(|_| "drawing stopped half way".to_owned())?.take();
    done.unwrap_or_else(|| Err("drawing ended before the picture was taken".to_owned()))
}

/// What a selection needs.
#[derive(bevy::ecs::system::SystemParam)]
struct Things<'w> {
    book: Res<'w, CaseBook>,
    city: Res<'w, LiveCity>,
    clock: Res<'w, Clock>,
    tiles: TileScene<'w>,
}

fn watch(
    mut progress: ResMut<Progress>,
    (status, arrivals, things): (Res<SceneStatus>, Arrivals<'_>, Things<'_>),
    canvas: Res<Canvas>,
    mut select: MessageWriter<Select>,
    mut exit: MessageWriter<AppExit>,
    mut commands: Commands,
) {
    let progress = &mut *progress;
    if let Some(problem) = &status.problem {
        finish(&progress.outcome, Err(problem.clone()));
    }
    if progress.outcome.lock().is_ok_and(|o| o.is_some()) {
        exit.write(AppExit::Success);
        return;
    }
    if !progress.placed {
        progress.placed = status.opened;
    } else if status.is_settled() && arrivals.missing().is_none() {
        progress.quiet += 1;
    } else {
        progress.quiet = 0;
    }
    let secs = progress.started.elapsed().as_secs();
    let patient = secs < u64::from(progress.shot.patience_secs);
    let lived = secs >= u64::from(progress.shot.live_secs);
    let ready = progress.placed && progress.quiet >= QUIET && lived;
    if progress.asked || (!ready && patient) {
        return;
    }
    if !progress.placed {
        finish(&progress.outcome, Err("the tileset did not come in time".into()));
        return;
    }
    if let (false, Some(key)) = (progress.selected, progress.shot.select.clone()) {
        // The answers to the selection have to arrive as well: quiet begins anew.
        progress.selected = true;
        progress.quiet = 0;
        let picked = Picked::named(key, &things.city, &things.tiles, things.clock.elapsed_secs());
        select.write(Select(Some(picked)));
        if patient {
            return;
        }
    }
    if !ready {
        let rest = arrivals.missing().unwrap_or_else(|| "it kept changing until now".into());
        warn!("the picture is taken as it is: {} tiles are on their way, and {rest}", status.loading);
    }
    if progress.shot.select.is_some() && things.book.history().is_none() {
        warn!("the selection has no case history yet");
    }
    progress.asked = true;
    let (outcome, out) = (Arc::clone(&progress.outcome), progress.shot.out.clone());
    commands.spawn(Screenshot::image(canvas.image.clone())).observe(move |captured: On<ScreenshotCaptured>| {
        finish(&outcome, write_png(&captured.image, &out));
    });
}

fn finish(outcome: &Outcome, result: Result<(), String>) {
    if let Ok(mut slot) = outcome.lock() {
        slot.get_or_insert(result);
    }
}

fn write_png(image: &Image, out: &Path) -> Result<(), String> {
    let picture = image.clone().try_into_dynamic().map_err(|e| format!("the picture cannot be read back: {e}"))?;
    picture.to_rgb8().save(out).map_err(|e| format!("{} cannot be written: {e}", out.display()))
}
