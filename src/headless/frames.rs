//! How long the processor works on a frame.
#![expect(clippy::disallowed_methods, reason = "this is native alone, and waits for and measures real time")]

use super::Canvas;
use crate::{feed::Arrivals, live::Layers, scene::SceneStatus};
use bevy::{
    app::{First, Last},
    ecs::schedule::IntoScheduleConfigs,
    platform::time::Instant,
    prelude::*,
    render::{
        ExtractSchedule, Render, RenderApp, RenderSystems,
        render_resource::PollType,
        renderer::{RenderDevice, RenderGraph, RenderGraphSystems},
    },
};
use cim_model::LAYERS;
use std::{
    fmt::Write as _,
    sync::{Arc, Mutex, PoisonError},
};

/// Parts of a frame. A software driver shades vertices while it takes the work: that part stands apart.
const PARTS: [&str; 5] = ["main world", "extract", "prepare and queue", "encode", "submit (the driver)"];
/// How many of them, from the first, are the application's own.
const OWN: usize = 4;

/// Milliseconds of every part of every measured frame.
#[derive(Default)]
struct Samples {
    started: [Option<Instant>; PARTS.len()],
    current: [f64; PARTS.len()],
    frames: Vec<[f64; PARTS.len()]>,
    counting: bool,
}

#[derive(Resource, Clone, Default)]
struct Watch(Arc<Mutex<Samples>>);

impl Watch {
    fn with<T>(&self, work: impl FnOnce(&mut Samples) -> T) -> T {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn start(&self, part: usize) {
        self.with(|s| s.started[part] = Some(Instant::now()));
    }

    fn stop(&self, part: usize) {
        self.with(|s| {
            if let Some(from) = s.started[part].take() {
                s.current[part] = from.elapsed().as_secs_f64() * 1000.0;
            }
        });
    }
}

/// Draws until everything has arrived, then measures so many frames; the table. The panels are laid out in a window of
/// `points_high` points, however few pixels the picture has.
///
/// # Errors
/// One sentence for a person: the city did not come, or there are no graphics.
pub fn measure_frames(mut app: App, frames: u32, points_high: f32) -> Result<String, String> {
    let watch = Watch::default();
    let mut canvas = app.world_mut().resource_mut::<Canvas>();
    canvas.scale = canvas.size.y as f32 / points_high;
    app.insert_resource(watch.clone())
        .add_systems(First, (|w: Res<Watch>| w.start(0)).before(bevy::time::TimeSystems))
        .add_systems(Last, |w: Res<Watch>| w.stop(0));
    let Some(render) = app.get_sub_app_mut(RenderApp) else { return Err("there are no graphics".into()) };
    let next = |from: usize| {
        move |w: Res<Watch>| {
            w.stop(from);
            w.start(from + 1);
        }
    };
    render
        .insert_resource(watch.clone())
        .add_systems(ExtractSchedule, |w: Res<Watch>| w.start(1))
        .add_systems(
            Render,
            (
                next(1).before(RenderSystems::ExtractCommands),
                next(2).after(RenderSystems::Prepare).before(RenderSystems::Render),
                rest.after(RenderSystems::Render).before(RenderSystems::Cleanup),
            ),
        )
        .add_systems(
            RenderGraph,
            (
                next(3).after(RenderGraphSystems::Render).before(RenderGraphSystems::Submit),
                (|w: Res<Watch>| w.stop(4)).after(RenderGraphSystems::Submit).before(RenderGraphSystems::Finish),
            ),
        );
    let patience = Instant::now();
    app.insert_resource(Wanted { frames: frames as usize, patience }).add_systems(Update, control);
    app.insert_resource(Summary::default());
    let summary = app.world().resource::<Summary>().0.clone();
    app.run();
    let counts = summary.lock().map_err(|_| "measuring stopped half way".to_owned())?.clone();
    let samples = watch.with(|s| std::mem::take(&mut s.frames));
    if samples.len() < frames as usize {
        return Err("the city did not come in time to be measured".into());
    }
    Ok(table(&samples, &counts))
}

#[derive(Resource)]
struct Wanted {
    frames: usize,
    patience: Instant,
}

#[derive(Resource, Default)]
struct Summary(Arc<Mutex<String>>);

/// Ends a frame: waits, unmeasured, for all that was drawn, so that a software driver works while nothing is measured.
fn rest(watch: Res<Watch>, device: Res<RenderDevice>) {
    // It fails when the device is lost; then nothing is left to wait for.
    let _ = device.poll(PollType::wait_indefinitely());
    watch.with(|s| {
        if s.counting {
            let frame = s.current;
            s.frames.push(frame);
        }
    });
}

fn control(
    wanted: Res<Wanted>,
    watch: Res<Watch>,
    status: Res<SceneStatus>,
    arrivals: Arrivals<'_>,
    layers: ResMut<Layers>,
    summary: Res<Summary>,
    mut exit: MessageWriter<AppExit>,
) {
    let layers = layers.into_inner();
    for layer in LAYERS {
        layers.set_on(layer.id, true);
    }
    let arrived = status.is_settled() && arrivals.missing().is_none();
    let done = watch.with(|s| {
        s.counting |= arrived;
        s.frames.len() >= wanted.frames
    });
    if done || wanted.patience.elapsed().as_secs() > 600 {
        let items: usize = LAYERS.iter().map(|l| layers.count(l.id)).sum();
        let text = format!("{} tiles shown of {} held, {items} live items", status.rendered, status.held);
        if let Ok(mut slot) = summary.0.lock() {
            *slot = text;
        }
        exit.write(AppExit::Success);
    }
}

fn table(samples: &[[f64; PARTS.len()]], counts: &str) -> String {
    let quantile = |mut values: Vec<f64>, q: f64| {
        values.sort_by(f64::total_cmp);
        values[((values.len() - 1) as f64 * q).round() as usize]
    };
    let mut text =
        format!("{} frames, {counts}\n{:24} {:>9} {:>9} {:>9}\n", samples.len(), "ms", "median", "90 %", "99 %");
    let mut line = |name: &str, values: Vec<f64>| {
        let [a, b, c] = [0.5, 0.9, 0.99].map(|q| quantile(values.clone(), q));
        // Writing to a String does not fail.
        let _ = writeln!(text, "{name:24} {a:9.2} {b:9.2} {c:9.2}");
    };
    for (i, part) in PARTS.iter().enumerate() {
        line(part, samples.iter().map(|s| s[i]).collect());
    }
    line("CPU side, without submit", samples.iter().map(|s| s[..OWN].iter().sum()).collect());
    text
}
