//! Who gets a press: the panels or the city behind them.

use crate::camera::InputBlocked;
use bevy::{prelude::*, window::PrimaryWindow};
use bevy_egui::{
    EguiContexts,
    egui::{Context, Order, Pos2, Rect},
};

/// What the bars along the edges leave of the picture, in egui's points; none before they are laid out.
#[derive(Resource, Debug, Default, Clone, Copy)]
pub(super) struct Rest(pub(super) Option<Rect>);

impl Rest {
    /// Whether a bar or a panel lies at a place. (egui counts only panels that float, as the bars are the background's.)
    fn is_covered(self, ctx: &Context, at: Pos2) -> bool {
        let floats = ctx.layer_id_at(at).is_some_and(|layer| layer.order != Order::Background);
        floats || self.0.is_some_and(|rest| !rest.contains(at))
    }

    /// Keeps what belongs to the panels from the city, as they are laid out now.
    pub(super) fn block(self, ctx: &Context) -> InputBlocked {
        let at = ctx.input(|i| i.pointer.interact_pos());
        InputBlocked {
            pointer: ctx.egui_is_using_pointer() || at.is_some_and(|at| self.is_covered(ctx, at)),
            keyboard: ctx.egui_wants_keyboard_input(),
        }
    }
}

/// Asks again where something is pressed: since the panels were laid out the pointer may have come from elsewhere, as
/// fingers always do.
pub(super) fn claim(
    mut contexts: EguiContexts,
    rest: Res<Rest>,
    buttons: Option<Res<ButtonInput<MouseButton>>>,
    touches: Option<Res<Touches>>,
    windows: Query<&Window, With<PrimaryWindow>>,
    mut blocked: ResMut<InputBlocked>,
) {
    let pressed = buttons.is_some_and(|b| b.get_just_pressed().next().is_some());
    let cursor = windows.single().ok().and_then(Window::cursor_position).filter(|_| pressed);
    let fingers = touches.iter().flat_map(|t| t.iter_just_pressed().chain(t.iter_just_released()));
    let places: Vec<Vec2> = cursor.into_iter().chain(fingers.map(|f| f.position())).collect();
    if places.is_empty() {
        return;
    }
    let Ok(ctx) = contexts.ctx_mut() else { return };
    let covered = |at: &Vec2| rest.is_covered(ctx, Pos2::new(at.x, at.y));
    let pointer = ctx.egui_is_using_pointer() || places.iter().any(covered);
    let keyboard = blocked.keyboard;
    blocked.set_if_neq(InputBlocked { pointer, keyboard });
}

#[cfg(test)]
mod tests {
    use super::*;
    use bevy_egui::egui::{self, Event, RawInput, pos2, vec2};

    /// A bar 30 points high, a panel below it on the left, nothing elsewhere.
    fn layout(ctx: &Context, events: Vec<Event>) -> (Rest, InputBlocked) {
        let screen = Rect::from_min_size(Pos2::ZERO, vec2(400.0, 300.0));
        let mut said = None;
        ctx.begin_pass(RawInput { screen_rect: Some(screen), events, ..RawInput::default() });
        let builder = egui::UiBuilder::new().layer_id(egui::LayerId::background()).max_rect(screen);
        let mut root = egui::Ui::new(ctx.clone(), "panels".into(), builder);
        egui::Panel::top("bar").exact_size(30.0).show(&mut root, |ui| ui.label("bar"));
        let rest = Rest(Some(root.available_rect_before_wrap()));
        egui::Area::new("panel".into()).fixed_pos([10.0, 60.0]).show(ctx, |ui| ui.set_min_size(vec2(100.0, 80.0)));
        said.replace(rest.block(ctx));
        let _ = ctx.end_pass();
        (rest, said.unwrap())
    }

    #[test]
    fn bars_and_panels_cover_the_city_and_nothing_else_does() {
        let ctx = Context::default();
        layout(&ctx, Vec::new());
        let (rest, _) = layout(&ctx, Vec::new());
        assert!(rest.is_covered(&ctx, pos2(200.0, 15.0)), "the bar");
        assert!(rest.is_covered(&ctx, pos2(50.0, 90.0)), "the panel");
        assert!(!rest.is_covered(&ctx, pos2(300.0, 200.0)), "the city");
        assert!(!Rest::default().is_covered(&Context::default(), pos2(1.0, 1.0)), "before anything is laid out");
    }

    #[test]
    fn a_pointer_over_the_bar_is_the_bars() {
        let ctx = Context::default();
        layout(&ctx, Vec::new());
        for (at, blocked) in [(pos2(200.0, 15.0), true), (pos2(300.0, 200.0), false), (pos2(50.0, 90.0), true)] {
            layout(&ctx, vec![Event::PointerMoved(at)]);
            assert_eq!(layout(&ctx, Vec::new()).1.pointer, blocked, "{at}");
        }
    }
}
