//! The newest alerts.

use super::{Deeds, Facts, theme};
use crate::{
    camera::FlyTo,
    feed::Request,
    pick::{Picked, Select},
};
use bevy_egui::egui::{self, Color32, RichText, Sense};
use cim_model::{Alert, AlertState, Severity};

/// Rows that are shown.
const SHOWN: usize = 60;

fn height(rest: egui::Rect) -> f32 {
    (rest.height() * 0.34).clamp(120.0, 300.0)
}

/// Where the panel begins.
pub(super) fn top(rest: egui::Rect) -> f32 {
    rest.bottom() - height(rest) - 46.0
}

pub(super) fn show(ctx: &egui::Context, rest: egui::Rect, facts: &Facts<'_>, deeds: &mut Deeds<'_>) {
    let height = height(rest);
    let at = egui::pos2(rest.left() + 10.0, top(rest));
    egui::Area::new("alerts".into()).fixed_pos(at).show(ctx, |ui| {
        theme::frame().show(ui, |ui| {
            ui.set_width(250.0);
            ui.set_height(height - 20.0);
            ui.label(RichText::new(deeds.lang.text("alerts")).heading());
            egui::ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
                let mut any = false;
                for alert in facts.city.alerts().take(SHOWN) {
                    any = true;
                    row(ui, alert, facts, deeds);
                }
                if !any {
                    ui.label(RichText::new(deeds.lang.text("no-alerts")).color(theme::WEAK));
                }
            });
        });
    });
}

pub(super) fn color(severity: Severity) -> Color32 {
    match severity {
        Severity::Critical | Severity::Major => theme::RED,
        Severity::Minor => theme::YELLOW,
        Severity::Info => theme::ACCENT,
    }
}

fn row(ui: &mut egui::Ui, alert: &Alert, facts: &Facts<'_>, deeds: &mut Deeds<'_>) {
    ui.horizontal(|ui| {
        let (rect, _) = ui.allocate_exact_size(egui::vec2(8.0, 8.0), Sense::hover());
        let tone = if alert.state == AlertState::Raised { color(alert.severity) } else { theme::WEAK };
        ui.painter().circle_filled(rect.center(), 4.0, tone);
        let time = alert.time.civil(facts.utc_offset());
        let name = facts.class_name(&alert.class, &alert.class_name, &deeds.lang);
        let text = format!("{} {}", time.get(11..16).unwrap_or_default(), name);
        let label = egui::Label::new(RichText::new(text)).sense(Sense::click()).truncate();
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            if alert.state == AlertState::Raised && ui.small_button(deeds.lang.text("acknowledge")).clicked() {
                deeds.requests.write(Request::Acknowledge(alert.id.clone()));
            }
            ui.with_layout(egui::Layout::left_to_right(egui::Align::Center), |ui| {
                if ui.add(label).on_hover_cursor(egui::CursorIcon::PointingHand).clicked() {
                    let place = alert.place.filter(|p| p.is_plausible());
                    let point = place.map(|p| facts.geo.position(p, 0.0));
                    let picked = Picked { key: alert.key(), name: name.to_owned(), point, attributes: Vec::new() };
                    deeds.select.write(Select(Some(picked)));
                    if let Some(target) = point {
                        deeds.fly.write(FlyTo {
                            target: Some(target),
                            distance_m: Some(350.0),
                            secs: 1.5,
                            ..FlyTo::default()
                        });
                    }
                }
            });
        });
    });
}
