//! What is wrong with the data, for a person who can do something about it: found here, and found by the backend.

use super::{Deeds, Facts, Lang, theme};
use bevy_egui::egui::{self, RichText, Ui};

pub(super) fn show(ctx: &egui::Context, facts: &Facts<'_>, deeds: &mut Deeds<'_>) {
    if !deeds.open.quality {
        return;
    }
    let title = deeds.lang.text("quality");
    let mut open = true;
    let lang = &deeds.lang;
    egui::Window::new(title).id("quality".into()).open(&mut open).default_width(520.0).show(ctx, |ui| {
        if ui.button(lang.text("tiles-open")).clicked() {
            deeds.inspector.on = !deeds.inspector.on;
        }
        let (own, remote) = (&facts.diagnostics, &facts.remote);
        if own.counts().next().is_none() && remote.counts.is_empty() {
            ui.label(RichText::new(lang.text("quality-none")).color(theme::GREEN));
            return;
        }
        ui.columns(2, |columns| {
            counts(&mut columns[0], "quality-own", own.counts(), lang);
            counts(&mut columns[1], "quality-backend", remote.counts.iter().map(|(c, n)| (c.as_str(), *n)), lang);
        });
        ui.separator();
        egui::ScrollArea::vertical().max_height(280.0).show(ui, |ui| {
            for o in own.recent() {
                occurrence(ui, o.code, &o.place, &o.message, lang);
            }
            for o in &remote.recent {
                occurrence(ui, &o.code, &o.place, &o.message, lang);
            }
        });
    });
    deeds.open.quality = open;
}

/// What a code means; the code itself where a backend of another make has its own.
fn name(code: &str, lang: &Lang) -> String {
    lang.known(&format!("defect-{code}")).unwrap_or_else(|| code.to_owned())
}

fn counts<'a>(ui: &mut Ui, title: &str, counts: impl Iterator<Item = (&'a str, u64)>, lang: &Lang) {
    ui.label(RichText::new(lang.text(title)).strong());
    egui::Grid::new(title).num_columns(2).show(ui, |ui| {
        for (code, count) in counts {
            ui.label(RichText::new(name(code, lang)).color(theme::YELLOW)).on_hover_text(code);
            ui.label(count.to_string());
            ui.end_row();
        }
    });
}

fn occurrence(ui: &mut Ui, code: &str, place: &str, message: &str, lang: &Lang) {
    ui.label(RichText::new(format!("{} · {place}", name(code, lang))).small().color(theme::WEAK));
    ui.add(egui::Label::new(message).wrap());
}
