//! Font, colours, spacing.

use bevy_egui::egui::{
    self, Color32, CornerRadius, FontData, FontDefinitions, FontFamily, FontId, Margin, Stroke, TextStyle,
};

const FONT: &[u8] = include_bytes!("../../assets/fonts/NotoSansSC-Regular.otf");

/// Text that matters less.
pub(super) const WEAK: Color32 = Color32::from_rgb(150, 168, 186);
/// Good.
pub(super) const GREEN: Color32 = Color32::from_rgb(60, 200, 120);
/// Look at it.
pub(super) const YELLOW: Color32 = Color32::from_rgb(245, 180, 60);
/// Bad.
pub(super) const RED: Color32 = Color32::from_rgb(245, 85, 75);
/// What can be clicked, what is selected.
pub(super) const ACCENT: Color32 = Color32::from_rgb(84, 182, 255);

/// Dark panels over a bright city: readable from across a control room, quiet at night.
pub(super) fn apply(ctx: &egui::Context) {
    let mut fonts = FontDefinitions::empty();
    fonts.font_data.insert("sans".into(), std::sync::Arc::new(FontData::from_static(FONT)));
    for family in [FontFamily::Proportional, FontFamily::Monospace] {
        fonts.families.insert(family, vec!["sans".into()]);
    }
    ctx.set_fonts(fonts);
    let text_styles = [
        (TextStyle::Heading, 18.0),
        (TextStyle::Body, 14.0),
        (TextStyle::Button, 14.0),
        (TextStyle::Small, 12.0),
        (TextStyle::Monospace, 13.0),
    ]
    .map(|(s, size)| (s, FontId::proportional(size)));
    let mut style = egui::Style { text_styles: text_styles.into(), ..egui::Style::default() };
    style.spacing.item_spacing = egui::vec2(8.0, 5.0);
    style.spacing.button_padding = egui::vec2(8.0, 3.0);
    let visuals = &mut style.visuals;
    *visuals = egui::Visuals::dark();
    let panel = Color32::from_rgb(14, 24, 36);
    visuals.panel_fill = panel;
    visuals.window_fill = panel;
    visuals.window_stroke = Stroke::new(1.0, Color32::from_rgb(38, 62, 86));
    visuals.override_text_color = Some(Color32::from_rgb(226, 236, 246));
    visuals.selection.bg_fill = Color32::from_rgb(24, 88, 140);
    visuals.hyperlink_color = ACCENT;
    visuals.widgets.inactive.weak_bg_fill = Color32::from_rgb(28, 46, 64);
    visuals.widgets.hovered.weak_bg_fill = Color32::from_rgb(38, 66, 94);
    visuals.widgets.active.weak_bg_fill = Color32::from_rgb(30, 96, 150);
    visuals.extreme_bg_color = Color32::from_rgb(8, 15, 24);
    ctx.set_global_style(style);
}

/// The frame of a panel at the edge of the map.
pub(super) fn frame() -> egui::Frame {
    egui::Frame::new()
        .fill(Color32::from_rgb(14, 24, 36))
        .inner_margin(Margin::same(10))
        .corner_radius(CornerRadius::same(6))
        .stroke(Stroke::new(1.0, Color32::from_rgb(38, 62, 86)))
}
