use super::*;
use bevy::{
    input::{
        ButtonState, InputPlugin,
        keyboard::{Key, KeyboardInput, NativeKey},
        mouse::{MouseButtonInput, MouseScrollUnit},
        touch::{TouchInput, TouchPhase},
    },
    window::PrimaryWindow,
};

fn app() -> App {
    let mut app = App::new();
    app.add_plugins((MinimalPlugins, TransformPlugin, CameraPlugin));
    app
}

#[test]
fn a_jump_arrives_and_bevys_camera_follows() {
    let mut app = app();
    let view =
        MapView { target: DVec3::new(40_000.0, 0.0, -9000.0), heading_deg: 90.0, tilt_deg: 30.0, distance_m: 700.0 };
    app.world_mut().write_message(view.fly_to(0.0));
    app.update();
    app.update();
    assert_eq!(app.world().resource::<MapCamera>().0, view);
    let origin = *app.world().resource::<RenderOrigin>();
    let mut cameras = app.world_mut().query_filtered::<&Transform, With<MainCamera>>();
    let transform = cameras.single(app.world()).unwrap();
    assert!((origin.to_site(transform.translation) - view.eye()).length() < 1e-3);
}

#[test]
fn a_flight_ends_where_it_was_sent() {
    let mut app = app();
    let view = MapView { target: DVec3::new(900.0, 0.0, 0.0), heading_deg: 350.0, tilt_deg: 20.0, distance_m: 300.0 };
    app.world_mut().write_message(view.fly_to(0.05));
    for _ in 0..200 {
        app.update();
        std::thread::yield_now();
        if app.world().resource::<MapCamera>().0.target == view.target {
            break;
        }
    }
    for _ in 0..20_000 {
        if app.world().resource::<MapCamera>().0 == view {
            return;
        }
        app.update();
    }
    panic!("{:?}", app.world().resource::<MapCamera>().0);
}

#[test]
fn nobody_gets_lost() {
    let limits = CameraLimits { reach_m: 8000.0, ..default() };
    let nonsense = [f64::NAN, f64::INFINITY, -1e300, -5.0, 0.0, 1e12];
    for a in nonsense {
        for b in nonsense {
            let view =
                limits.clamp(MapView { target: DVec3::new(a, 0.0, b), heading_deg: a, tilt_deg: b, distance_m: a });
            assert!(view.target.length() <= 8000.1 && view.eye().is_finite());
            assert!(view.eye().y > view.target.y, "under the ground: {view:?}");
        }
    }
}

#[test]
fn the_grabbed_point_stays_under_the_pointer() {
    let size = Vec2::new(1280.0, 720.0);
    let mut view = MapView { tilt_deg: 50.0, heading_deg: 30.0, ..default() };
    let (from, to) = (Vec2::new(700.0, 400.0), Vec2::new(500.0, 450.0));
    let grabbed = controls::ground_under(&view, from, size).unwrap();
    view.target += grabbed - controls::ground_under(&view, to, size).unwrap();
    assert!((controls::ground_under(&view, to, size).unwrap() - grabbed).length() < 0.01);
}

#[test]
fn views_are_read_and_nonsense_is_refused() {
    let spec: ViewSpec = "116.587, 35.415,1500,30,60".parse().unwrap();
    assert_eq!(spec.to_string().parse::<ViewSpec>().unwrap(), spec);
    assert_eq!("home".parse::<ViewSpec>().unwrap(), ViewSpec::Home);
    for bad in ["", "1,2", "0,0,100", "116,35,-5", "116,35,nan", "116,35,1,2,3,4", "north"] {
        assert!(bad.parse::<ViewSpec>().is_err(), "{bad}");
    }
}

/// A window of 800x600, mouse, keyboard and touch screen, as Bevy's input plugin reports them.
struct Desk {
    app: App,
    window: Entity,
}

impl Desk {
    fn new() -> Self {
        let mut app = App::new();
        app.add_plugins((MinimalPlugins, TransformPlugin, InputPlugin, CameraPlugin));
        let window = app.world_mut().spawn((Window { resolution: (800, 600).into(), ..default() }, PrimaryWindow)).id();
        app.update();
        Self { app, window }
    }

    fn view(&self) -> MapView {
        self.app.world().resource::<MapCamera>().0
    }

    fn point(&mut self, at: Vec2) {
        self.app.world_mut().get_mut::<Window>(self.window).unwrap().set_cursor_position(Some(at));
    }

    #[expect(clippy::disallowed_methods, reason = "inertia needs time to pass")]
    fn frame(&mut self) {
        std::thread::sleep(std::time::Duration::from_millis(2));
        self.app.update();
    }

    fn button(&mut self, button: MouseButton, state: ButtonState) {
        let window = self.window;
        self.app.world_mut().write_message(MouseButtonInput { button, state, window });
    }

    fn key(&mut self, key_code: KeyCode, state: ButtonState) {
        let logical_key = Key::Unidentified(NativeKey::Unidentified);
        let window = self.window;
        let input = KeyboardInput { key_code, logical_key, state, text: None, repeat: false, window };
        self.app.world_mut().write_message(input);
    }

    fn touch(&mut self, id: u64, phase: TouchPhase, position: Vec2) {
        let window = self.window;
        self.app.world_mut().write_message(TouchInput { phase, position, window, force: None, id });
    }

    fn under(&self, at: Vec2) -> DVec3 {
        controls::ground_under(&self.view(), at, Vec2::new(800.0, 600.0)).unwrap()
    }
}

#[test]
fn a_drag_takes_the_ground_along_and_glides_on() {
    let mut desk = Desk::new();
    let (from, to) = (Vec2::new(400.0, 400.0), Vec2::new(300.0, 420.0));
    let grabbed = desk.under(from);
    desk.point(from);
    desk.button(MouseButton::Left, ButtonState::Pressed);
    desk.frame();
    desk.point(to);
    desk.frame();
    assert!(desk.under(to).distance(grabbed) < 1.0, "{grabbed} is at {}", desk.under(to));
    desk.button(MouseButton::Left, ButtonState::Released);
    let let_go = desk.view();
    desk.frame();
    assert!(desk.view().target.distance(let_go.target) > 1.0, "no inertia");
}

#[test]
fn the_wheel_zooms_to_the_pointer() {
    let mut desk = Desk::new();
    let at = Vec2::new(600.0, 450.0);
    let (before, anchor) = (desk.view(), desk.under(at));
    desk.point(at);
    let window = desk.window;
    let wheel = MouseWheel { unit: MouseScrollUnit::Line, x: 0.0, y: 3.0, window, phase: TouchPhase::Moved };
    desk.app.world_mut().write_message(wheel);
    for _ in 0..30 {
        desk.frame();
    }
    assert!(desk.view().distance_m < before.distance_m * 0.9);
    assert!(desk.under(at).distance(anchor) < 5.0, "{anchor} is at {}", desk.under(at));
}

#[test]
fn the_right_button_turns_and_tilts_and_n_turns_back() {
    let mut desk = Desk::new();
    desk.point(Vec2::new(400.0, 300.0));
    desk.button(MouseButton::Right, ButtonState::Pressed);
    desk.frame();
    desk.point(Vec2::new(480.0, 340.0));
    desk.frame();
    desk.button(MouseButton::Right, ButtonState::Released);
    desk.frame();
    let turned = desk.view();
    assert!(turned.heading_deg != 0.0 && turned.tilt_deg < 55.0, "{turned:?}");
    desk.key(KeyCode::KeyN, ButtonState::Pressed);
    for _ in 0..2000 {
        desk.frame();
        if desk.view().heading_deg == 0.0 {
            return;
        }
    }
    panic!("north is not up: {:?}", desk.view());
}

#[test]
fn two_fingers_zoom_and_one_pans() {
    let mut desk = Desk::new();
    let (left, right) = (Vec2::new(350.0, 350.0), Vec2::new(450.0, 350.0));
    desk.touch(1, TouchPhase::Started, left);
    desk.touch(2, TouchPhase::Started, right);
    desk.frame();
    let before = desk.view();
    desk.touch(1, TouchPhase::Moved, left - Vec2::new(50.0, 0.0));
    desk.touch(2, TouchPhase::Moved, right + Vec2::new(50.0, 0.0));
    desk.frame();
    assert!((desk.view().distance_m / before.distance_m - 0.5).abs() < 0.01, "{:?}", desk.view());
    desk.touch(2, TouchPhase::Ended, right);
    desk.frame();
    let finger = left - Vec2::new(50.0, 0.0);
    let grabbed = desk.under(finger);
    desk.touch(1, TouchPhase::Moved, finger + Vec2::new(0.0, 60.0));
    desk.frame();
    assert!(desk.under(finger + Vec2::new(0.0, 60.0)).distance(grabbed) < 1.0);
}

#[test]
fn panels_keep_the_pointer_for_themselves() {
    let mut desk = Desk::new();
    desk.app.world_mut().insert_resource(InputBlocked { pointer: true, keyboard: true });
    let before = desk.view();
    desk.point(Vec2::new(400.0, 300.0));
    desk.button(MouseButton::Left, ButtonState::Pressed);
    desk.key(KeyCode::KeyW, ButtonState::Pressed);
    desk.frame();
    desk.point(Vec2::new(300.0, 300.0));
    desk.frame();
    desk.frame();
    assert_eq!(desk.view(), before);
}
