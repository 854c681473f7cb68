use super::*;
use cim_model::{CaseStage, CaseState, CaseSummary, EntityKey, Place, Timestamp, live};

fn app() -> App {
    let mut app = App::new();
    app.add_plugins((MinimalPlugins, CasesPlugin));
    app
}

fn summary(id: &str, subject: &EntityKey, reported: i64) -> CaseSummary {
    CaseSummary {
        id: id.into(),
        class: "0102".into(),
        class_name: "暴露垃圾".into(),
        title: "暴露垃圾".into(),
        subject: Some(subject.clone()),
        related: vec![],
        place: Some(Place::new(116.59, 35.42)),
        address: String::new(),
        state: CaseState::Open,
        stage: CaseStage::Handling,
        reported: Timestamp(reported),
        deadline: None,
        closed: None,
        supervised: false,
    }
}

fn select(app: &mut App, key: &EntityKey) {
    app.world_mut().resource_mut::<Selection>().current =
        Some(crate::pick::Picked { key: key.clone(), name: String::new(), point: None, attributes: vec![] });
    app.update();
}

#[test]
fn the_list_of_another_selection_is_not_shown() {
    let (a, b) = (EntityKey::new(EntityKind::Building, "a"), EntityKey::new(EntityKind::Building, "b"));
    let mut app = app();
    select(&mut app, &a);
    select(&mut app, &b);
    app.world_mut().write_message(FeedEvent::CaseList { key: a.clone(), total: 1, cases: vec![summary("1", &a, 1)] });
    app.update();
    assert_eq!(app.world().resource::<CaseBook>().history(), Some(&History::Loading));
    app.world_mut().write_message(FeedEvent::CaseList { key: b.clone(), total: 1, cases: vec![summary("2", &b, 1)] });
    app.update();
    let book = app.world().resource::<CaseBook>();
    assert!(matches!(book.history(), Some(History::Ready { total: 1, cases }) if cases[0].id == "2"));
}

#[test]
fn opening_a_case_flies_there_and_asks_for_it() {
    let key = EntityKey::new(EntityKind::Vehicle, "v");
    let mut app = app();
    select(&mut app, &key);
    app.world_mut().write_message(FeedEvent::CaseList {
        key: key.clone(),
        total: 1,
        cases: vec![summary("7", &key, 1)],
    });
    app.update();
    app.world_mut().write_message(OpenCaseRequest(Some("7".into())));
    app.update();
    let flights = app.world().resource::<Messages<FlyTo>>();
    let target = flights.iter_current_update_messages().next().unwrap().target.unwrap();
    let expected = app.world().resource::<SiteGeo>().position(Place::new(116.59, 35.42), 0.0);
    assert!(target.distance(expected) < 1e-6);
    let asked = app.world().resource::<Messages<Request>>();
    assert!(asked.iter_current_update_messages().any(|r| *r == Request::Case("7".into())));
}

#[test]
fn a_live_case_about_the_selection_joins_its_history_in_order() {
    let key = EntityKey::new(EntityKind::Road, "R1");
    let mut app = app();
    select(&mut app, &key);
    let cases = vec![summary("3", &key, 30), summary("1", &key, 10)];
    app.world_mut().write_message(FeedEvent::CaseList { key: key.clone(), total: 2, cases });
    app.update();
    let body =
        live::Body::Cases(vec![summary("2", &key, 20), summary("9", &EntityKey::new(EntityKind::Road, "other"), 90)]);
    app.world_mut().write_message(FeedEvent::Live(live::Envelope {
        v: live::VERSION,
        seq: 1,
        time: Timestamp(0),
        body,
    }));
    app.update();
    let Some(History::Ready { total, cases }) = app.world().resource::<CaseBook>().history() else {
        panic!("no history");
    };
    assert_eq!((*total, cases.iter().map(|c| c.id.as_str()).collect::<Vec<_>>()), (3, vec!["3", "2", "1"]));
}
