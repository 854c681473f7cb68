//! The tile inspector's window.

use super::{Deeds, Facts, theme};
use bevy_egui::egui::{self, RichText};

pub(super) fn show(ctx: &egui::Context, facts: &Facts<'_>, deeds: &mut Deeds<'_>) {
    if !deeds.inspector.on {
        return;
    }
    let lang = &deeds.lang;
    let (stream, status) = (&deeds.inspector.stream, &facts.scene);
    let mut open = true;
    egui::Window::new(lang.text("tiles")).id("tiles".into()).open(&mut open).default_width(480.0).show(ctx, |ui| {
        let mib = |(held, most): (u64, u64)| format!("{} / {} MiB", held >> 20, most >> 20);
        let rows = [
            ("tiles-shown", format!("{} / {} / {}", status.rendered, status.held, stream.tree)),
            ("tiles-visited", stream.visited.to_string()),
            ("tiles-queue", format!("{} / {}", status.loading, stream.waiting)),
            ("tiles-broken", status.failed.to_string()),
            ("tiles-memory", mib(stream.cpu)),
            ("tiles-gpu", mib(stream.gpu)),
            ("tiles-error", format!("{:.1} / {:.1} px", stream.error_px.0, stream.error_px.1)),
        ];
        egui::Grid::new("tiles-stream").num_columns(2).show(ui, |ui| {
            for (name, value) in rows {
                ui.label(RichText::new(lang.text(name)).color(theme::WEAK));
                ui.label(value);
                ui.end_row();
            }
        });
        ui.separator();
        ui.label(RichText::new(lang.text("tiles-why")).strong());
        if deeds.inspector.line.is_empty() {
            ui.label(RichText::new(lang.text("tiles-nothing")).color(theme::WEAK));
        }
        for (i, tile) in deeds.inspector.line.iter().enumerate() {
            let color = if i == 0 { theme::ACCENT } else { theme::WEAK };
            ui.label(RichText::new(format!("{} · {}", tile.tile, lang.text(tile.decision))).color(color));
            let bytes = tile.bytes.map_or_else(String::new, |b| format!(" · {} KiB", b >> 10));
            let text = format!(
                "{:.1} px · {:.2} m · {:.0} m{bytes} · {}",
                tile.error_px, tile.geometric_error, tile.distance_m, tile.content
            );
            ui.label(RichText::new(text).small().color(theme::WEAK));
        }
    });
    if !open {
        deeds.inspector.on = false;
    }
}
