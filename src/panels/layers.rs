//! The list of layers: on or off, how many, how old.

use super::{Deeds, Facts, Lang, alerts, theme};
use crate::{
    live::Layers,
    scene::{CityStyle, STYLES},
};
use bevy_egui::egui::{self, RichText};
use cim_model::{LAYERS, Layer};

pub(super) fn show(ctx: &egui::Context, rest: egui::Rect, facts: &Facts<'_>, deeds: &mut Deeds<'_>) {
    let area = egui::Area::new("layers".into()).fixed_pos(rest.left_top() + egui::vec2(10.0, 10.0));
    // The alerts stand below, where they are shown.
    let bottom = if deeds.open.alerts { alerts::top(rest) } else { rest.bottom() };
    let height = (bottom - rest.top() - 120.0).max(80.0);
    area.show(ctx, |ui| {
        theme::frame().show(ui, |ui| {
            ui.set_width(250.0);
            ui.label(RichText::new(deeds.lang.text("layers")).heading());
            egui::ScrollArea::vertical().max_height(height).show(ui, |ui| {
                for layer in LAYERS {
                    row(ui, layer, facts.clock.elapsed_secs(), &deeds.lang, &mut deeds.layers);
                }
            });
            ui.separator();
            style(ui, deeds);
        });
    });
}

/// The choice of the style that colours the city.
fn style(ui: &mut egui::Ui, deeds: &mut Deeds<'_>) {
    ui.horizontal(|ui| {
        ui.label(RichText::new(deeds.lang.text("style")).color(theme::WEAK));
        let now = deeds.style.name().to_owned();
        let word = |name: &str| deeds.lang.known(&format!("style-{name}")).unwrap_or_else(|| name.to_owned());
        let shown = if now.is_empty() { deeds.lang.text("style-none") } else { word(&now) };
        egui::ComboBox::from_id_salt("style").selected_text(shown).show_ui(ui, |ui| {
            if ui.selectable_label(now.is_empty(), deeds.lang.text("style-none")).clicked() {
                *deeds.style = CityStyle::default();
            }
            for (name, _) in STYLES {
                if ui.selectable_label(now == name, word(name)).clicked()
                    && let Ok(style) = CityStyle::named(name)
                {
                    *deeds.style = style;
                }
            }
        });
    });
}

fn row(ui: &mut egui::Ui, layer: &Layer, now: f64, lang: &Lang, layers: &mut bevy::prelude::ResMut<'_, Layers>) {
    ui.horizontal(|ui| {
        let mut on = layers.is_on(layer.id);
        if ui.checkbox(&mut on, lang.either(layer.zh, layer.en)).changed() {
            layers.set_on(layer.id, on);
        }
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            if let Some((text, color)) = age(layer, now, lang, layers) {
                ui.label(RichText::new(text).small().color(color));
            }
            let count = layers.count(layer.id);
            if count > 0 {
                ui.label(RichText::new(count.to_string()).small().color(theme::WEAK));
            }
        });
    });
}

/// How old a changing layer is; `None` for one that does not change by itself.
fn age(layer: &Layer, now: f64, lang: &Lang, layers: &Layers) -> Option<(String, egui::Color32)> {
    layer.expected_every_secs?;
    let Some(age) = layers.age_secs(layer.id, now) else {
        return Some((lang.text("never"), theme::WEAK));
    };
    let text = if age < 100.0 {
        lang.with("fresh", "secs", age.round())
    } else {
        lang.with("fresh-minutes", "minutes", (age / 60.0).round())
    };
    if layers.is_stale(layer.id, now) {
        Some((format!("{text} · {}", lang.text("stale")), theme::RED))
    } else {
        Some((text, theme::GREEN))
    }
}
