//! What lies on the map itself: names of roads, the mark of what is selected, the scale, the buttons.

use super::{Deeds, Facts, theme};
use crate::camera::{FlyTo, MapView};
use bevy::math::{DVec3, Vec2};
use bevy_egui::egui::{self, Align2, Color32, FontId, Pos2, RichText, Stroke, Vec2 as EguiVec2};
use cim_model::LayerId;

/// Names of roads shown at a time.
const ROAD_NAMES: usize = 40;
/// Metres beyond which names of roads are not shown.
const ROAD_NAMES_M: f64 = 3500.0;
/// Names of districts shown at a time.
const ADMIN_NAMES: usize = 30;
/// Metres up to which communities and subdistricts are named; farther off, districts are.
const ADMIN_NAMES_M: [(f64, u8); 3] = [(5_000.0, 2), (14_000.0, 1), (f64::INFINITY, 0)];

pub(super) fn show(ctx: &egui::Context, rest: egui::Rect, facts: &Facts<'_>, deeds: &mut Deeds<'_>) {
    let painter = ctx.layer_painter(egui::LayerId::background()).with_clip_rect(rest);
    let whole = ctx.viewport_rect();
    let size = Vec2::new(whole.width(), whole.height());
    let seen = |p: DVec3| facts.map.0.project(p, size).map(|v| Pos2::new(v.x, v.y)).filter(|p| rest.contains(*p));
    if deeds.layers.is_on(LayerId::RoadChief) && facts.map.0.distance_m < ROAD_NAMES_M {
        road_names(&painter, facts, seen);
    }
    if deeds.layers.is_on(LayerId::Admin) {
        admin_names(&painter, facts, deeds, seen);
    }
    selection(&painter, facts, seen);
    scale(&painter, rest, facts, size);
    let wide = rest.width() >= super::ROOM.x;
    if wide {
        hint(&painter, rest, deeds);
    }
    // The card of the selection stands where the buttons are.
    let rest = if wide && facts.selection.current.is_some() {
        rest.with_max_x(rest.right() - super::details::WIDTH - 32.0)
    } else {
        rest
    };
    buttons(ctx, rest, facts, deeds);
}

/// Names of the main roads at the point nearest to the middle of the view; what would cover another is left out.
fn road_names(painter: &egui::Painter, facts: &Facts<'_>, seen: impl Fn(DVec3) -> Option<Pos2>) {
    let target = facts.map.0.target;
    let mut near: Vec<(f64, DVec3, &str)> = facts
        .grid
        .roads
        .iter()
        .filter_map(|road| {
            let nearest = road.points.windows(2).map(|w| {
                let d = w[1] - w[0];
                let t = ((target - w[0]).dot(d) / d.length_squared().max(1.0)).clamp(0.1, 0.9);
                w[0] + d * t
            });
            let point = nearest.min_by(|a, b| a.distance_squared(target).total_cmp(&b.distance_squared(target)))?;
            Some((point.distance(target), point, road.name.as_str()))
        })
        .filter(|r| r.0 < ROAD_NAMES_M)
        .collect();
    near.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut taken: Vec<egui::Rect> = Vec::new();
    for (_, point, name) in near {
        let Some(at) = seen(point + DVec3::Y * 2.0) else { continue };
        let text = painter.layout_no_wrap(name.to_owned(), FontId::proportional(13.0), Color32::WHITE);
        let rect = Align2::CENTER_CENTER.anchor_size(at, text.size()).expand2(EguiVec2::new(5.0, 2.0));
        if taken.iter().any(|t| t.expand(4.0).intersects(rect)) {
            continue;
        }
        painter.rect_filled(rect, 3.0, Color32::from_rgba_unmultiplied(20, 60, 110, 190));
        painter.galley(rect.min + EguiVec2::new(5.0, 2.0), text, Color32::WHITE);
        taken.push(rect);
        if taken.len() >= ROAD_NAMES {
            break;
        }
    }
}

/// Names of the districts, subdistricts or communities in view, the nearest first; what would cover another is left out.
fn admin_names(painter: &egui::Painter, facts: &Facts<'_>, deeds: &Deeds<'_>, seen: impl Fn(DVec3) -> Option<Pos2>) {
    let distance = facts.map.0.distance_m;
    let level = ADMIN_NAMES_M.iter().find(|(within, _)| distance < *within).map_or(0, |l| l.1);
    let target = facts.map.0.target;
    let mut near: Vec<(f64, &crate::grid::Zone)> = facts
        .grid
        .zones
        .iter()
        .filter(|z| z.layer == LayerId::Admin && z.level == level)
        .map(|z| (z.middle.distance_squared(target), z))
        .collect();
    near.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut taken: Vec<egui::Rect> = Vec::new();
    for (_, zone) in near {
        let Some(at) = seen(zone.middle) else { continue };
        let name =
            if zone.name_en.is_empty() { zone.name.as_str() } else { deeds.lang.either(&zone.name, &zone.name_en) };
        let size = [20.0, 16.0, 14.0][usize::from(level.min(2))];
        let text = painter.layout_no_wrap(name.to_owned(), FontId::proportional(size), Color32::WHITE);
        let rect = Align2::CENTER_CENTER.anchor_size(at, text.size()).expand2(EguiVec2::new(7.0, 3.0));
        if taken.iter().any(|t| t.expand(6.0).intersects(rect)) {
            continue;
        }
        painter.rect_filled(rect, 4.0, Color32::from_rgba_unmultiplied(92, 28, 66, 190));
        painter.galley(rect.min + EguiVec2::new(7.0, 3.0), text, Color32::WHITE);
        taken.push(rect);
        if taken.len() >= ADMIN_NAMES {
            break;
        }
    }
}

/// A bracket round what is selected, with its name.
fn selection(painter: &egui::Painter, facts: &Facts<'_>, seen: impl Fn(DVec3) -> Option<Pos2>) {
    let Some(picked) = &facts.selection.current else { return };
    let now = facts.clock.elapsed_secs();
    let point = facts.city.position(&picked.key, now).or(picked.point);
    let Some(at) = point.and_then(seen) else { return };
    let stroke = Stroke::new(2.0, Color32::from_rgb(255, 190, 60));
    painter.circle_stroke(at, 14.0, stroke);
    painter.circle_filled(at, 2.5, stroke.color);
    if !picked.name.is_empty() {
        let font = FontId::proportional(14.0);
        let text = painter.layout_no_wrap(picked.name.clone(), font, Color32::WHITE);
        let rect = Align2::LEFT_CENTER
            .anchor_size(at + EguiVec2::new(22.0, 0.0), text.size())
            .expand2(EguiVec2::new(6.0, 3.0));
        painter.rect_filled(rect, 3.0, Color32::from_rgba_unmultiplied(14, 24, 36, 220));
        painter.galley(rect.min + EguiVec2::new(6.0, 3.0), text, Color32::WHITE);
    }
}

/// A bar as long as a round number of metres at the middle of the view, and where that middle is.
fn scale(painter: &egui::Painter, rest: egui::Rect, facts: &Facts<'_>, size: Vec2) {
    let per_pixel = MapView::metres_per_pixel(facts.map.0.distance_m, size.y);
    let most = per_pixel * 130.0;
    let power = 10f64.powf(most.log10().floor());
    let length = [5.0, 2.0, 1.0].into_iter().map(|k| k * power).find(|l| *l <= most).unwrap_or(power);
    let pixels = (length / per_pixel) as f32;
    let right = rest.right_bottom() - EguiVec2::new(20.0, 16.0);
    let left = right - EguiVec2::new(pixels, 0.0);
    let stroke = Stroke::new(2.0, Color32::WHITE);
    painter.line_segment([left, right], stroke);
    for end in [left, right] {
        painter.line_segment([end - EguiVec2::new(0.0, 5.0), end], stroke);
    }
    let text = if length >= 1000.0 { format!("{} km", length / 1000.0) } else { format!("{length} m") };
    shadowed(painter, right - EguiVec2::new(pixels * 0.5, 8.0), Align2::CENTER_BOTTOM, &text);
    let place = facts.geo.place(facts.map.0.target);
    let text = format!("{:.5}°, {:.5}°", place.lon, place.lat);
    shadowed(painter, right - EguiVec2::new(pixels + 16.0, 0.0), Align2::RIGHT_CENTER, &text);
}

fn hint(painter: &egui::Painter, rest: egui::Rect, deeds: &Deeds<'_>) {
    let at = rest.left_bottom() + EguiVec2::new(14.0, -16.0);
    shadowed(painter, at, Align2::LEFT_CENTER, &deeds.lang.text("help-hint"));
}

/// Text that can be read on any ground.
fn shadowed(painter: &egui::Painter, at: Pos2, align: Align2, text: &str) {
    let font = FontId::proportional(12.0);
    for d in [EguiVec2::new(1.0, 1.0), EguiVec2::new(-1.0, 1.0), EguiVec2::new(1.0, -1.0), EguiVec2::new(-1.0, -1.0)] {
        painter.text(at + d, align, text, font.clone(), Color32::from_black_alpha(170));
    }
    painter.text(at, align, text, font, Color32::WHITE);
}

fn buttons(ctx: &egui::Context, rest: egui::Rect, facts: &Facts<'_>, deeds: &mut Deeds<'_>) {
    let at = rest.right_bottom() - EguiVec2::new(58.0, 216.0);
    egui::Area::new("navigation".into()).fixed_pos(at).show(ctx, |ui| {
        theme::frame().inner_margin(5).show(ui, |ui| {
            ui.spacing_mut().item_spacing = EguiVec2::new(4.0, 4.0);
            let size = EguiVec2::new(34.0, 34.0);
            let needle = ui.add_sized(size, egui::Button::new("")).on_hover_text(deeds.lang.text("north"));
            draw_needle(ui.painter(), needle.rect, facts.map.0.heading_deg as f32);
            if needle.clicked() {
                deeds.fly.write(FlyTo { heading_deg: Some(0.0), secs: 0.6, ..FlyTo::default() });
            }
            let zoom = |ui: &mut egui::Ui, sign: &str, id: &str, factor: f64, deeds: &mut Deeds<'_>| {
                let button = ui.add_sized(size, egui::Button::new(RichText::new(sign).size(20.0)));
                if button.on_hover_text(deeds.lang.text(id)).clicked() {
                    let distance_m = Some(facts.map.0.distance_m * factor);
                    deeds.fly.write(FlyTo { distance_m, secs: 0.35, ..FlyTo::default() });
                }
            };
            zoom(ui, "+", "zoom-in", 0.6, deeds);
            zoom(ui, "-", "zoom-out", 1.7, deeds);
            let home = ui.add_sized(size, egui::Button::new(""));
            draw_house(ui.painter(), home.rect);
            if home.on_hover_text(deeds.lang.text("home")).clicked() {
                deeds.fly.write(facts.limits.home.fly_to(1.2));
            }
        });
    });
}

/// A compass needle; red points north.
fn draw_needle(painter: &egui::Painter, rect: egui::Rect, heading_deg: f32) {
    let c = rect.center();
    let angle = -heading_deg.to_radians();
    let turn = |x: f32, y: f32| c + EguiVec2::new(x * angle.cos() - y * angle.sin(), x * angle.sin() + y * angle.cos());
    let half = |tip: f32, color: Color32| {
        let points = vec![turn(0.0, tip), turn(4.5, 0.0), turn(-4.5, 0.0)];
        painter.add(egui::Shape::convex_polygon(points, color, Stroke::NONE));
    };
    half(-12.0, theme::RED);
    half(12.0, Color32::from_rgb(210, 220, 230));
}

fn draw_house(painter: &egui::Painter, rect: egui::Rect) {
    let c = rect.center();
    let at = |x: f32, y: f32| c + EguiVec2::new(x, y);
    let color = Color32::from_rgb(220, 230, 240);
    let roof = vec![at(0.0, -10.0), at(10.0, 0.0), at(-10.0, 0.0)];
    painter.add(egui::Shape::convex_polygon(roof, color, Stroke::NONE));
    painter.rect_filled(egui::Rect::from_min_max(at(-7.0, 0.0), at(7.0, 9.0)), 1.0, color);
}
