//! What the user sees while a city is made.

use super::streams::{print, tell};
use bevy::platform::time::Instant;
use cim_model::EntityKey;
use cim_tiler::{CitySummary, JsonLines, Progress};
use indicatif::{HumanBytes, ProgressBar, ProgressStyle};
use std::path::Path;

/// Whom a command talks to: a person, or a machine that wants a line of JSON at a time on standard output and leaves
/// standard error to the person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Voice {
    json: bool,
}

impl Voice {
    pub(super) const fn new(json: bool) -> Self {
        Self { json }
    }

    /// What hears of the progress of a long step.
    #[expect(clippy::disallowed_methods, reason = "the command line is native alone, and measures real time")]
    pub(super) fn progress(self) -> Box<dyn Progress> {
        if !self.json {
            return Box::new(Bars::new());
        }
        let began = Instant::now();
        Box::new(JsonLines::new(std::io::stdout(), move || began.elapsed()))
    }

    /// Says something to the person. Whether anybody reads it is no reason to stop.
    pub(super) fn say(self, text: &str) {
        if self.json {
            tell(text);
        } else {
            let _ = print(text);
        }
    }

    /// Says what was made.
    pub(super) fn made(self, made: &CitySummary, out: &Path) {
        if self.json {
            let line = serde_json::json!({ "summary": made.to_json(), "folder": out.to_string_lossy() });
            // The city is made, whether anybody reads it or not.
            let _ = print(line);
        }
        self.say(&summary(made, out));
    }
}

/// A line with a bar per stage.
pub(super) struct Bars(Option<ProgressBar>);

impl Bars {
    pub(super) fn new() -> Self {
        Self(None)
    }

    fn finish(&mut self) {
        if let Some(bar) = self.0.take() {
            bar.finish();
        }
    }

    fn begin(&mut self, name: &str, total: Option<u64>, template: &str) {
        self.finish();
        let bar = match total {
            Some(n) => ProgressBar::new(n),
            None => ProgressBar::new_spinner(),
        };
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        bar.set_message(name.to_owned());
        bar.tick();
        self.0 = Some(bar);
    }
}

impl Progress for Bars {
    fn stage(&mut self, name: &str, total: Option<u64>) {
        let steps = "{msg:28} {bar:40} {pos}/{len}, {per_sec}, {eta} left";
        self.begin(name, total, if total.is_some() { steps } else { "{msg:28} {spinner} {elapsed}" });
    }

    fn stage_bytes(&mut self, name: &str, total: u64) {
        self.begin(name, Some(total), "{msg:28} {bar:40} {bytes}/{total_bytes}, {binary_bytes_per_sec}, {eta} left");
    }

    fn advance(&mut self, n: u64) {
        if let Some(bar) = &self.0 {
            bar.inc(n);
        }
    }
}

impl Drop for Bars {
    fn drop(&mut self) {
        self.finish();
    }
}

/// What was made, in a few lines.
pub(super) fn summary(summary: &CitySummary, out: &Path) -> String {
    let models = if summary.models > 0 { format!("{} surveyed objects, ", summary.models) } else { String::new() };
    let mut text = format!(
        "{models}{} buildings, {} roads, {} areas in {} tiles, {}: {}",
        summary.buildings,
        summary.roads,
        summary.areas,
        summary.tiles,
        HumanBytes(summary.bytes),
        out.display()
    );
    if summary.resumed > 0 {
        text += &format!("\n{} files were there already, from a run that was stopped", summary.resumed);
    }
    if summary.unchanged > 0 {
        text += &format!("\n{} tiles are as they were", summary.unchanged);
    }
    let mut list = |things: &[(EntityKey, &str)], what: &str| {
        if !things.is_empty() {
            text += &format!("\n{} {what}, the first: ", things.len());
            let first: Vec<_> = things.iter().take(3).map(|(key, why)| format!("{key} ({why})")).collect();
            text += &first.join(", ");
        }
    };
    list(&summary.left_out, "things have no usable shape and were left out");
    list(&summary.mended, "things were mended");
    if !summary.left_out.is_empty() || !summary.mended.is_empty() {
        text += &format!("\nall of them: {}", out.join("report.json").display());
    }
    text
}
