//! What is wrong with the data, for a person who can do something about it.

use super::{Deeds, Facts, theme};
use bevy_egui::egui::{self, RichText};

pub(super) fn show(ctx: &egui::Context, facts: &Facts<'_>, deeds: &mut Deeds<'_>) {
    if !deeds.open.quality {
        return;
    }
    let title = deeds.lang.text("quality");
    let mut open = true;
    egui::Window::new(title).id("quality".into()).open(&mut open).default_width(520.0).show(ctx, |ui| {
        let mut any = false;
        egui::Grid::new("counts").num_columns(2).show(ui, |ui| {
            for (code, count) in facts.diagnostics.counts() {
                any = true;
                ui.label(RichText::new(code).color(theme::YELLOW));
                ui.label(count.to_string());
                ui.end_row();
            }
        });
        if !any {
            ui.label(RichText::new(deeds.lang.text("quality-none")).color(theme::GREEN));
            return;
        }
        ui.separator();
        egui::ScrollArea::vertical().max_height(280.0).show(ui, |ui| {
            for occurrence in facts.diagnostics.recent() {
                ui.label(
                    RichText::new(format!("{} · {}", occurrence.code, occurrence.place)).small().color(theme::WEAK),
                );
                ui.add(egui::Label::new(&occurrence.message).wrap());
            }
        });
    });
    deeds.open.quality = open;
}
