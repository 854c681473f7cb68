//! The card of what is selected, and its case history under it.

use super::{Deeds, Facts, Lang, history, theme};
use crate::{camera::FlyTo, pick::Select};
use bevy_egui::egui::{self, RichText, Ui};
use cim_model::{EntityKind, Timestamp, VehicleKind};
use serde_json::Value;
use std::collections::BTreeMap;

/// Kilometres an hour in a metre a second: what drivers and their chiefs speak of.
const KMH: f32 = 3.6;

/// Properties that say nothing to a person, or are shown elsewhere on the card.
const HIDDEN: [&str; 9] = ["key", "name", "id", "place", "snapshot_url", "case_id", "related", "subject", "heights_m"];

/// Points of width of the card's content, where there is room for it.
pub(super) const WIDTH: f32 = 330.0;

pub(super) fn show(ctx: &egui::Context, rest: egui::Rect, facts: &Facts<'_>, deeds: &mut Deeds<'_>) {
    let Some(picked) = facts.selection.current.as_ref() else { return };
    let width = WIDTH.min(rest.width() - 52.0);
    let at = egui::pos2(rest.right() - width - 32.0, rest.top() + 10.0);
    egui::Area::new("details".into()).fixed_pos(at).show(ctx, |ui| {
        theme::frame().show(ui, |ui| {
            ui.set_width(width);
            ui.set_max_height(rest.height() - 60.0);
            ui.horizontal(|ui| {
                let kind = deeds.lang.text(&format!("kind-{}", picked.key.kind.name()));
                ui.label(RichText::new(kind).color(theme::ACCENT));
                ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                    if ui.button(deeds.lang.text("close")).clicked() {
                        deeds.select.write(Select(None));
                    }
                    let target = facts
                        .city
                        .position(&picked.key, facts.clock.elapsed_secs())
                        .or_else(|| facts.tiles.find(&picked.key).map(|f| f.0))
                        .or_else(|| card_place(facts).map(|p| facts.geo.position(p, 0.0)))
                        .or(picked.point);
                    if let Some(target) = target
                        && ui.button(deeds.lang.text("locate")).clicked()
                    {
                        let distance_m = Some(facts.map.0.distance_m.min(500.0));
                        deeds.fly.write(FlyTo { target: Some(target), distance_m, secs: 1.2, ..FlyTo::default() });
                    }
                });
            });
            if !picked.name.is_empty() {
                ui.label(RichText::new(&picked.name).heading().strong());
                ui.label(RichText::new(picked.key.id.as_str()).small().color(theme::WEAK));
            } else if picked.key.kind != EntityKind::Case {
                ui.label(RichText::new(picked.key.id.as_str()).heading().strong());
            }
            ui.add_space(4.0);
            egui::ScrollArea::vertical().auto_shrink([false, true]).show(ui, |ui| {
                attributes(ui, facts, &deeds.lang);
                ui.add_space(6.0);
                ui.separator();
                history::show(ui, facts, deeds);
            });
        });
    });
}

/// Where the backend says that the selection is.
fn card_place(facts: &Facts<'_>) -> Option<cim_model::Place> {
    let picked = facts.selection.current.as_ref()?;
    let card = facts.card.0.as_ref().filter(|c| c.key == picked.key)?;
    card.place.filter(|p| p.is_plausible())
}

/// What the tile says, what the backend says, and, newest of all, what the live stream says.
fn attributes(ui: &mut Ui, facts: &Facts<'_>, lang: &Lang) {
    let Some(picked) = facts.selection.current.as_ref() else { return };
    if picked.key.kind == EntityKind::Case {
        // Its timeline says all of it.
        return;
    }
    let mut rows: BTreeMap<String, String> = BTreeMap::new();
    for (name, value) in &picked.attributes {
        if !HIDDEN.contains(&name.to_lowercase().as_str()) && !value.is_empty() {
            rows.insert(lang.property(name), rounded(value));
        }
    }
    if let Some(card) = facts.card.0.as_ref().filter(|c| c.key == picked.key) {
        for (name, value) in &card.properties {
            if let Some(text) = value_text(name, value, lang, facts.utc_offset())
                && !HIDDEN.contains(&name.as_str())
            {
                rows.insert(lang.property(name), text);
            }
        }
    }
    let offset = facts.utc_offset();
    match picked.key.kind {
        EntityKind::Vehicle => {
            if let Some(report) = facts.city.report(&picked.key.id) {
                rows.insert(lang.text("prop-kind"), vehicle_kind(report.kind, lang));
                let state = serde_json::to_value(report.state).unwrap_or(Value::Null);
                rows.insert(
                    lang.text("prop-state"),
                    lang.text(&format!("state-{}", state.as_str().unwrap_or("offline"))),
                );
                rows.insert(lang.text("prop-speed_mps"), format!("{:.0}", report.speed_mps * KMH));
                rows.insert(lang.text("prop-heading_deg"), format!("{:.0}", report.heading_deg));
                rows.insert(lang.text("prop-time"), report.time.civil(offset));
            }
        }
        EntityKind::Sensor => {
            let kind = facts.city.sensor_kind(&picked.key.id);
            if let Some(reading) = facts.city.reading(&picked.key.id) {
                let unit = kind.map_or("", cim_model::SensorKind::unit);
                rows.insert(lang.text("prop-value"), format!("{} {unit}", reading.value));
                let state = serde_json::to_value(reading.state).unwrap_or(Value::Null);
                rows.insert(
                    lang.text("prop-state"),
                    lang.text(&format!("state-{}", state.as_str().unwrap_or("offline"))),
                );
                rows.insert(lang.text("prop-time"), reading.time.civil(offset));
            }
        }
        EntityKind::Camera => {
            if let Some(status) = facts.city.camera(&picked.key.id) {
                rows.insert(lang.text("prop-online"), lang.text(if status.online { "online" } else { "offline" }));
            }
        }
        _ => {}
    }
    egui::Grid::new("attributes").num_columns(2).striped(true).spacing([12.0, 4.0]).show(ui, |ui| {
        for (name, value) in rows {
            ui.label(RichText::new(name).color(theme::WEAK));
            ui.add(egui::Label::new(value).wrap());
            ui.end_row();
        }
    });
}

fn vehicle_kind(kind: VehicleKind, lang: &Lang) -> String {
    let english = serde_json::to_value(kind).ok().and_then(|v| v.as_str().map(|s| s.replace('_', " ")));
    lang.either(kind.zh(), &english.unwrap_or_default()).to_owned()
}

/// A number of a tile without the last digits of a 32-bit float; other text as it is.
fn rounded(text: &str) -> String {
    match text.parse::<f64>() {
        Ok(x) if text.contains('.') => format!("{}", (x * 1e4).round() / 1e4),
        _ => text.to_owned(),
    }
}

/// A property's value for a person; `None` for what has nothing to show.
fn value_text(name: &str, value: &Value, lang: &Lang, utc_offset: i32) -> Option<String> {
    match value {
        Value::Null | Value::Object(_) => None,
        Value::Bool(b) if name == "online" => Some(lang.text(if *b { "online" } else { "offline" })),
        Value::Bool(b) => Some(lang.either(if *b { "是" } else { "否" }, if *b { "yes" } else { "no" }).to_owned()),
        Value::Number(n) if name == "speed_mps" => n.as_f64().map(|v| format!("{:.0}", v * f64::from(KMH))),
        Value::Number(n) => {
            Some(n.as_f64().map_or_else(|| n.to_string(), |x| format!("{}", (x * 100.0).round() / 100.0)))
        }
        Value::String(s) if s.is_empty() => None,
        Value::String(s) => Some(match (name, Timestamp::parse(s)) {
            (_, Ok(time)) => time.civil(utc_offset),
            ("state" | "severity", _) => lang.known(&format!("{name}-{s}")).unwrap_or_else(|| s.clone()),
            _ => lang.known(&format!("value-{name}-{s}")).unwrap_or_else(|| s.clone()),
        }),
        Value::Array(list) => {
            let parts: Vec<String> = list.iter().filter_map(|v| value_text(name, v, lang, utc_offset)).collect();
            (!parts.is_empty()).then(|| parts.join(", "))
        }
    }
}
