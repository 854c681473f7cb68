//! Clicks and taps: a press and a release at the same place.

use super::PickAt;
use crate::camera::InputBlocked;
use bevy::{prelude::*, window::PrimaryWindow};

/// Pixels between press and release beyond which it was a drag.
const STILL_PX: f32 = 5.0;

pub(super) fn click(
    buttons: Option<Res<ButtonInput<MouseButton>>>,
    touches: Option<Res<Touches>>,
    windows: Query<&Window, With<PrimaryWindow>>,
    blocked: Res<InputBlocked>,
    mut pressed: Local<Option<Vec2>>,
    mut out: MessageWriter<PickAt>,
) {
    let Ok(window) = windows.single() else { return };
    if let (Some(buttons), Some(at)) = (buttons, window.cursor_position()) {
        if buttons.just_pressed(MouseButton::Left) {
            *pressed = (!blocked.pointer).then_some(at);
        }
        if buttons.just_released(MouseButton::Left) && pressed.take().is_some_and(|from| from.distance(at) <= STILL_PX)
        {
            out.write(PickAt(at));
        }
    }
    for touch in touches.iter().flat_map(|t| t.iter_just_released()) {
        if !blocked.pointer && touch.distance().length() <= 2.0 * STILL_PX {
            out.write(PickAt(touch.position()));
        }
    }
}
