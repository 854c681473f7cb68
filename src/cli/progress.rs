//! What the user sees while a city is made.

use cim_model::EntityKey;
use cim_tiler::{CitySummary, Progress};
use indicatif::{HumanBytes, ProgressBar, ProgressStyle};
use std::path::Path;

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
}

impl Progress for Bars {
    fn stage(&mut self, name: &str, total: Option<u64>) {
        self.finish();
        let bar = match total {
            Some(n) => ProgressBar::new(n),
            None => ProgressBar::new_spinner(),
        };
        let template = if total.is_some() { "{msg:28} {bar:40} {pos}/{len}" } else { "{msg:28} {spinner} {elapsed}" };
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        bar.set_message(name.to_owned());
        bar.tick();
        self.0 = Some(bar);
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
