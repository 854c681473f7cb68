use super::*;

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
