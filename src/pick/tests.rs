use super::*;
use crate::scene::Highlights;
use cim_model::{EntityKey, EntityKind};

fn app() -> App {
    let mut app = App::new();
    app.add_plugins(MinimalPlugins)
        .init_resource::<Selection>()
        .init_resource::<EntityCard>()
        .init_resource::<Highlights>()
        .add_message::<Select>()
        .add_message::<Request>()
        .add_message::<FeedEvent>()
        .add_systems(Update, (choose::select, choose::fill_card, choose::light).chain());
    app
}

fn picked(id: &str) -> Picked {
    Picked { key: EntityKey::new(EntityKind::Building, id), name: String::new(), point: None, attributes: vec![] }
}

fn asked(app: &mut App) -> Vec<Request> {
    app.world_mut().resource_mut::<Messages<Request>>().drain().collect()
}

#[test]
fn selecting_lights_up_and_asks_once() {
    let mut app = app();
    app.world_mut().write_message(Select(Some(picked("a"))));
    app.update();
    let key = picked("a").key;
    assert_eq!(asked(&mut app), [Request::Entity(key.clone()), Request::CaseList(key.clone())]);
    assert_eq!(app.world().resource::<Highlights>().tints.len(), 1);
    app.world_mut().write_message(Select(Some(picked("a"))));
    app.update();
    assert_eq!(asked(&mut app), []);
    app.world_mut().write_message(Select(None));
    app.update();
    assert!(app.world().resource::<Selection>().current.is_none());
    assert!(app.world().resource::<Highlights>().tints.is_empty());
}

#[test]
fn a_card_that_comes_late_for_another_selection_is_not_shown() {
    let mut app = app();
    app.world_mut().write_message(Select(Some(picked("a"))));
    app.update();
    app.world_mut().write_message(Select(Some(picked("b"))));
    app.update();
    let entity = |id: &str| FeedEvent::Entity { key: picked(id).key, place: None, properties: serde_json::Map::new() };
    app.world_mut().write_message(entity("a"));
    app.update();
    assert!(app.world().resource::<EntityCard>().0.is_none());
    app.world_mut().write_message(entity("b"));
    app.update();
    assert_eq!(app.world().resource::<EntityCard>().0.as_ref().unwrap().key, picked("b").key);
}
