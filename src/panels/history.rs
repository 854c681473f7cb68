//! The case history (案件历史): the list, and one case's timeline of the seven stages.

use super::{Deeds, Facts, Lang, theme};
use crate::cases::{History, OpenCase, OpenCaseRequest};
use bevy_egui::egui::{self, Color32, RichText, Sense, Ui};
use cim_model::{
    Attachment, Case, CaseLight, CaseStage, CaseState, CaseStep, CaseSummary, PhotoKind, StepOutcome, Timestamp,
};

pub(super) fn show(ui: &mut Ui, facts: &Facts<'_>, deeds: &mut Deeds<'_>) {
    ui.label(RichText::new(deeds.lang.text("case-history")).strong());
    let now = facts.clock.now().unwrap_or_default();
    match facts.book.open() {
        Some(OpenCase::Ready(case)) => {
            back(ui, deeds);
            timeline(ui, case, now, facts, deeds);
        }
        Some(OpenCase::Loading(_)) => {
            back(ui, deeds);
            ui.label(RichText::new(deeds.lang.text("case-loading")).color(theme::WEAK));
        }
        Some(OpenCase::Failed(_, reason)) => {
            back(ui, deeds);
            ui.colored_label(theme::RED, deeds.lang.with("case-failed", "reason", reason.clone()));
        }
        None => list(ui, now, facts, deeds),
    }
}

fn back(ui: &mut Ui, deeds: &mut Deeds<'_>) {
    if ui.button(deeds.lang.text("case-back")).clicked() {
        deeds.cases.write(OpenCaseRequest(None));
    }
}

fn list(ui: &mut Ui, now: Timestamp, facts: &Facts<'_>, deeds: &mut Deeds<'_>) {
    match facts.book.history() {
        None => {}
        Some(History::Loading) => {
            ui.label(RichText::new(deeds.lang.text("case-loading")).color(theme::WEAK));
        }
        Some(History::Failed(reason)) => {
            ui.colored_label(theme::RED, deeds.lang.with("case-failed", "reason", reason.clone()));
        }
        Some(History::Ready { total: 0, .. }) => {
            ui.label(RichText::new(deeds.lang.text("case-none")).color(theme::WEAK));
        }
        Some(History::Ready { total, cases }) => {
            ui.label(RichText::new(deeds.lang.with("case-count", "count", *total)).small().color(theme::WEAK));
            for case in cases {
                row(ui, case, now, facts, deeds);
            }
        }
    }
}

/// The colour of a case's light.
fn light(case: &CaseSummary, now: Timestamp) -> Color32 {
    match case.light(now) {
        Some(CaseLight::Green) => theme::GREEN,
        Some(CaseLight::Yellow) => theme::YELLOW,
        Some(CaseLight::Red) => theme::RED,
        None => theme::WEAK,
    }
}

fn state_text(state: CaseState, lang: &Lang) -> String {
    lang.text(match state {
        CaseState::Open => "case-open",
        CaseState::Suspended => "case-suspended",
        CaseState::Closed => "case-closed",
        CaseState::Void => "case-void",
    })
}

fn row(ui: &mut Ui, case: &CaseSummary, now: Timestamp, facts: &Facts<'_>, deeds: &mut Deeds<'_>) {
    let frame = egui::Frame::new().fill(Color32::from_rgb(20, 36, 52)).inner_margin(6).corner_radius(4.0);
    let answer = frame.show(ui, |ui| {
        ui.set_width(ui.available_width());
        ui.horizontal(|ui| {
            let (rect, _) = ui.allocate_exact_size(egui::vec2(10.0, 10.0), Sense::hover());
            ui.painter().circle_filled(rect.center(), 5.0, light(case, now));
            ui.add(egui::Label::new(RichText::new(&case.title).strong()).truncate());
        });
        ui.horizontal_wrapped(|ui| {
            let stage = deeds.lang.either(case.stage.zh(), case.stage.en());
            let text = format!(
                "{} · {} · {stage}",
                case.reported.civil(facts.utc_offset()).get(..16).unwrap_or_default(),
                state_text(case.state, &deeds.lang),
            );
            ui.label(RichText::new(text).small().color(theme::WEAK));
            if case.supervised {
                ui.label(RichText::new(deeds.lang.text("case-supervised")).small().color(theme::RED));
            }
            if case.place.is_none() {
                ui.label(RichText::new(deeds.lang.text("case-without-place")).small().color(theme::YELLOW));
            }
        });
    });
    let response = answer.response.interact(Sense::click()).on_hover_cursor(egui::CursorIcon::PointingHand);
    if response.clicked() {
        deeds.cases.write(OpenCaseRequest(Some(case.id.clone())));
    }
}

fn timeline(ui: &mut Ui, case: &Case, now: Timestamp, facts: &Facts<'_>, deeds: &mut Deeds<'_>) {
    let s = &case.summary;
    ui.label(RichText::new(&s.title).heading());
    ui.label(RichText::new(&s.id).small().color(theme::WEAK));
    egui::Grid::new("case").num_columns(2).spacing([12.0, 3.0]).show(ui, |ui| {
        let mut line = |name: &str, value: String| {
            ui.label(RichText::new(deeds.lang.text(name)).color(theme::WEAK));
            ui.add(egui::Label::new(value).wrap());
            ui.end_row();
        };
        line("prop-class", format!("{} {}", s.class, facts.class_name(&s.class, &s.class_name, &deeds.lang)));
        line("prop-state", state_text(s.state, &deeds.lang));
        line("case-source", case.source.clone());
        line("case-reported", s.reported.civil(facts.utc_offset()));
        if let Some(limit) = s.deadline {
            line("case-deadline", limit.civil(facts.utc_offset()));
        }
        if !s.address.is_empty() {
            line("prop-address", s.address.clone());
        }
    });
    ui.add_space(4.0);
    for stage in CaseStage::ALL {
        let steps: Vec<&CaseStep> = case.steps.iter().filter(|st| st.stage == stage).collect();
        self::stage(ui, stage, &steps, now, facts, deeds);
    }
    for attachment in &case.attachments {
        picture(ui, attachment, facts, deeds);
    }
}

/// One stage with its steps: who, when, how long, within or past the limit.
fn stage(ui: &mut Ui, stage: CaseStage, steps: &[&CaseStep], now: Timestamp, facts: &Facts<'_>, deeds: &Deeds<'_>) {
    let late = steps.iter().any(|s| s.overdue(now) == Some(true));
    let running = steps.iter().any(|s| s.ended.is_none());
    let color = match (steps.is_empty(), late, running) {
        (true, ..) => Color32::from_rgb(60, 78, 96),
        (_, true, _) => theme::RED,
        (_, _, true) => theme::ACCENT,
        _ => theme::GREEN,
    };
    let top = ui.cursor().left_top();
    let left = top.x + 6.0;
    ui.horizontal(|ui| {
        ui.add_space(20.0);
        let name = RichText::new(deeds.lang.either(stage.zh(), stage.en()));
        ui.label(if steps.is_empty() { name.color(theme::WEAK) } else { name.strong() });
    });
    for step in steps {
        ui.horizontal(|ui| {
            ui.add_space(20.0);
            ui.vertical(|ui| {
                ui.add(egui::Label::new(format!("{} · {}", step.action, step.operator)).wrap());
                ui.label(RichText::new(&step.department).small().color(theme::WEAK));
                ui.horizontal_wrapped(|ui| {
                    let from = step.started.civil(facts.utc_offset());
                    let text = format!(
                        "{} · {}",
                        from.get(5..16).unwrap_or_default(),
                        duration(step.duration_secs(now), &deeds.lang)
                    );
                    ui.label(RichText::new(text).small().color(theme::WEAK));
                    let (id, tone) = match (step.overdue(now), step.ended.is_none()) {
                        (Some(true), _) => ("step-overdue", theme::RED),
                        (_, true) => ("step-running", theme::ACCENT),
                        (Some(false), false) => ("step-within", theme::GREEN),
                        (None, false) => ("", theme::WEAK),
                    };
                    if !id.is_empty() {
                        ui.label(RichText::new(deeds.lang.text(id)).small().color(tone));
                    }
                    if step.outcome == StepOutcome::Rework {
                        ui.label(RichText::new(deeds.lang.text("step-rework")).small().color(theme::YELLOW));
                    }
                });
                if let Some(opinion) = step.opinion.as_ref().filter(|o| !o.is_empty()) {
                    ui.add(egui::Label::new(RichText::new(opinion).small()).wrap());
                }
            });
        });
    }
    let bottom = ui.cursor().top();
    let painter = ui.painter();
    painter.line_segment(
        [egui::pos2(left, top.y + 10.0), egui::pos2(left, bottom + 8.0)],
        (2.0, Color32::from_rgb(48, 70, 92)),
    );
    painter.circle_filled(egui::pos2(left, top.y + 10.0), 6.0, color);
}

fn duration(secs: f64, lang: &Lang) -> String {
    let minutes = (secs.max(0.0) / 60.0).round() as u64;
    let (d, h, m) = (minutes / 1440, minutes / 60 % 24, minutes % 60);
    match (d, h) {
        (0, 0) => format!("{m} {}", lang.either("分钟", "min")),
        (0, _) => format!("{h} {} {m} {}", lang.either("小时", "h"), lang.either("分", "min")),
        _ => format!("{d} {} {h} {}", lang.either("天", "d"), lang.either("小时", "h")),
    }
}

fn picture(ui: &mut Ui, attachment: &Attachment, facts: &Facts<'_>, deeds: &mut Deeds<'_>) {
    let title = deeds.lang.text(match attachment.kind {
        PhotoKind::Before => "before",
        PhotoKind::After => "after",
        PhotoKind::Other => "picture",
    });
    ui.label(
        RichText::new(format!("{title} · {}", attachment.taken.civil(facts.utc_offset()))).small().color(theme::WEAK),
    );
    let texture =
        facts.book.image(&attachment.url).map(|bytes| deeds.pictures.texture(ui.ctx(), &attachment.url, bytes));
    match texture {
        Some(Ok(texture)) => {
            let width = ui.available_width().min(320.0);
            let size = texture.size_vec2();
            ui.image((texture.id(), egui::vec2(width, width * size.y / size.x.max(1.0))));
        }
        Some(Err(reason)) => {
            ui.colored_label(theme::RED, reason);
        }
        None => {
            ui.label(RichText::new(deeds.lang.text("picture-loading")).small());
        }
    }
}
