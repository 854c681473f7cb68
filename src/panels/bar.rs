//! The bar along the top: which city, how the connection stands, what time it is, what is open.

use super::{Deeds, Facts, Language, theme};
use crate::feed::LinkState;
use bevy_egui::egui::{self, RichText, Sense, Ui};
use cim_model::Timestamp;

pub(super) fn show(root: &mut Ui, facts: &Facts<'_>, deeds: &mut Deeds<'_>) {
    let frame = theme::frame().corner_radius(0.0).inner_margin(egui::Margin::symmetric(12, 6));
    egui::Panel::top("bar").frame(frame).show(root, |ui| {
        ui.horizontal(|ui| {
            let name = facts.site.0.as_ref().map(|s| deeds.lang.either(&s.name_zh, &s.name_en).to_owned());
            ui.label(RichText::new(name.unwrap_or_else(|| "cim-twin".into())).heading().strong());
            let narrow = ui.ctx().viewport_rect().width() < super::ROOM.x;
            if !narrow {
                ui.label(RichText::new(deeds.lang.text("app-title")).color(theme::WEAK));
                ui.separator();
            }
            link(ui, facts, deeds);
            if let Some(problem) = &facts.scene.problem {
                let text = deeds.lang.with("tileset-problem", "reason", problem.clone());
                ui.label(RichText::new(text).color(theme::RED));
            } else if facts.scene.loading > 0 {
                let text = deeds.lang.with("tiles-loading", "count", facts.scene.loading);
                ui.label(RichText::new(text).color(theme::WEAK).small());
            }
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                let other = deeds.lang.text("language");
                if ui.button(other).clicked() {
                    deeds.lang.language = if deeds.lang.language == Language::Zh { Language::En } else { Language::Zh };
                }
                let (quality, alerts, layers, light) = (
                    deeds.lang.text("quality"),
                    deeds.lang.text("alerts"),
                    deeds.lang.text("layers"),
                    deeds.lang.text("sun-time"),
                );
                let own: u64 = facts.diagnostics.counts().map(|(_, n)| n).sum();
                let defects = own + facts.remote.counts.values().sum::<u64>();
                let quality = if defects > 0 { format!("{quality} {defects}") } else { quality };
                if !narrow {
                    ui.toggle_value(&mut deeds.open.quality, quality);
                }
                let alerts = format!("{alerts} {}", facts.city.unseen_alerts());
                if ui.toggle_value(&mut deeds.open.alerts, alerts).changed() {
                    deeds.open.make_room(false);
                }
                if ui.toggle_value(&mut deeds.open.layers, layers).changed() {
                    deeds.open.make_room(true);
                }
                if !narrow {
                    ui.toggle_value(&mut deeds.open.sun, light);
                }
                if let Some(now) = facts.clock.now().filter(|_| !narrow) {
                    ui.label(RichText::new(now.civil(facts.utc_offset())).monospace());
                }
            });
        });
        if deeds.open.sun {
            sun(ui, facts, deeds);
        }
    });
}

fn link(ui: &mut Ui, facts: &Facts<'_>, deeds: &Deeds<'_>) {
    let (color, text) = match &facts.link.0 {
        LinkState::None => (theme::WEAK, deeds.lang.text("link-none")),
        LinkState::Connecting { .. } => (theme::YELLOW, deeds.lang.text("link-connecting")),
        LinkState::Connected => (theme::GREEN, deeds.lang.text("link-connected")),
        LinkState::Lost { reason } => {
            let short: String = reason.chars().take(60).collect();
            (theme::RED, deeds.lang.with("link-lost", "reason", short))
        }
    };
    let (rect, _) = ui.allocate_exact_size(egui::vec2(10.0, 10.0), Sense::hover());
    ui.painter().circle_filled(rect.center(), 5.0, color);
    if ui.ctx().viewport_rect().width() >= super::ROOM.x {
        ui.label(RichText::new(text).color(color));
    }
}

/// The time that the city is lit for: an hour of the day of the light, or the clock's.
fn sun(ui: &mut Ui, facts: &Facts<'_>, deeds: &mut Deeds<'_>) {
    ui.horizontal(|ui| {
        let live = deeds.lang.text("sun-live");
        let mut on = deeds.sun.live;
        if ui.checkbox(&mut on, live).changed() {
            deeds.sun.live = on;
        }
        let offset = i64::from(facts.utc_offset()) * 60_000;
        let local = deeds.sun.time.0 + offset;
        let mut hour = (local.rem_euclid(86_400_000)) as f64 / 3_600_000.0;
        let clock = |h: f64, _| format!("{:02}:{:02}", h as u32, (h.fract() * 60.0) as u32);
        ui.spacing_mut().slider_width = 260.0;
        let slider = egui::Slider::new(&mut hour, 0.0..=23.99).custom_formatter(clock).show_value(true);
        if ui.add_enabled(!on, slider).changed() {
            let day = local.div_euclid(86_400_000) * 86_400_000;
            deeds.sun.time = Timestamp(day + (hour * 3_600_000.0) as i64 - offset);
        }
    });
}
