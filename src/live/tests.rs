use super::*;
use crate::{
    diagnostics::Diagnostics,
    feed::{Clock, Geometry, Record},
};
use cim_model::{
    Alert, AlertState, EntityKey, EntityKind, LayerId, Place, Severity, Timestamp, VehicleKind, VehiclePosition,
    WorkState,
    live::{Body, Envelope, VERSION},
};

fn app() -> App {
    let mut app = App::new();
    app.add_plugins(MinimalPlugins)
        .init_resource::<LiveCity>()
        .init_resource::<Layers>()
        .init_resource::<SiteGeo>()
        .init_resource::<Clock>()
        .init_resource::<Diagnostics>()
        .add_message::<FeedEvent>()
        .add_systems(PreUpdate, receive::receive);
    app
}

fn say(app: &mut App, body: Body) {
    app.world_mut().write_message(FeedEvent::Live(Envelope { v: VERSION, seq: 1, time: Timestamp(0), body }));
    app.update();
}

fn report(id: &str, place: Place, t: i64) -> VehiclePosition {
    VehiclePosition {
        id: id.into(),
        kind: VehicleKind::MuckTruck,
        place,
        heading_deg: 90.0,
        speed_mps: 10.0,
        state: WorkState::Working,
        time: Timestamp(t),
        height_m: 0.0,
    }
}

#[test]
fn a_vehicle_at_null_island_stays_where_it_was_and_is_counted() {
    let mut app = app();
    let place = Place::new(116.59, 35.42);
    say(&mut app, Body::Positions(vec![report("a", place, 0)]));
    say(&mut app, Body::Positions(vec![report("a", Place::new(0.0, 0.0), 1000)]));
    let key = EntityKey::new(EntityKind::Vehicle, "a");
    let at = app.world().resource::<LiveCity>().position(&key, 0.0).unwrap();
    let expected = app.world().resource::<SiteGeo>().position(place, 0.1);
    assert!(at.distance(expected) < 1e-6);
    let counts: Vec<_> = app.world().resource::<Diagnostics>().counts().collect();
    assert_eq!(counts, [("implausible-place", 1)]);
    assert_eq!(app.world().resource::<Layers>().count(LayerId::MuckTruck), 1);
}

#[test]
fn a_late_report_does_not_drive_backwards() {
    let mut app = app();
    let (here, there) = (Place::new(116.59, 35.42), Place::new(116.591, 35.42));
    say(&mut app, Body::Positions(vec![report("a", here, 5000)]));
    say(&mut app, Body::Positions(vec![report("a", there, 3000)]));
    let city = app.world().resource::<LiveCity>();
    assert_eq!(city.report("a").unwrap().place, here);
}

#[test]
fn alerts_are_ordered_by_time_and_gone_ones_leave_the_map() {
    let mut app = app();
    let alert = |id: &str, t: i64, state: AlertState| Alert {
        id: id.into(),
        class: "0504".into(),
        class_name: "店外经营".into(),
        severity: Severity::Minor,
        state,
        time: Timestamp(t),
        place: Some(Place::new(116.59, 35.42)),
        source: EntityKey::new(EntityKind::Camera, "c"),
        grid: None,
        confidence: None,
        snapshot_url: None,
        case_id: None,
    };
    say(&mut app, Body::Alerts(vec![alert("2", 20, AlertState::Raised), alert("1", 10, AlertState::Raised)]));
    let order =
        |app: &App| -> Vec<String> { app.world().resource::<LiveCity>().alerts().map(|a| a.id.clone()).collect() };
    assert_eq!(order(&app), ["2", "1"]);
    assert_eq!(app.world().resource::<LiveCity>().unseen_alerts(), 2);
    say(&mut app, Body::Alerts(vec![alert("1", 10, AlertState::Cleared)]));
    assert_eq!(order(&app), ["2", "1"]);
    let city = app.world().resource::<LiveCity>();
    assert_eq!((city.unseen_alerts(), city.count(LayerId::AiAlarm)), (1, 1));
}

#[test]
fn a_collection_read_again_replaces_what_was() {
    let mut app = app();
    let record = |id: &str, geometry: Geometry| Record {
        key: EntityKey::new(EntityKind::Camera, id),
        name: id.into(),
        geometry,
        properties: serde_json::Map::new(),
    };
    let point = || Geometry::Point(Place::new(116.59, 35.42));
    let page = |first: bool, records: Vec<Record>| FeedEvent::Records { layer: LayerId::Camera, first, records };
    app.world_mut().write_message(page(true, vec![record("a", point()), record("b", point())]));
    app.world_mut().write_message(page(false, vec![record("c", point()), record("d", Geometry::None)]));
    app.update();
    assert_eq!(app.world().resource::<LiveCity>().count(LayerId::Camera), 3);
    app.world_mut().write_message(page(true, vec![record("z", point())]));
    app.update();
    let city = app.world().resource::<LiveCity>();
    assert_eq!(city.count(LayerId::Camera), 1);
    assert!(city.item(&EntityKey::new(EntityKind::Camera, "a")).is_none());
}
