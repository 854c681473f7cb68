use super::{draw::Overlay, *};
use crate::{
    feed::{Geometry, Record},
    pick::Picked,
};
use cim_model::{EntityKey, EntityKind, LayerId, Place};

fn app() -> App {
    let mut app = App::new();
    app.add_plugins((MinimalPlugins, GridPlugin))
        .init_resource::<Assets<Mesh>>()
        .init_resource::<Assets<StandardMaterial>>();
    app.update();
    app
}

fn record(kind: EntityKind, id: &str, geometry: Geometry) -> Record {
    Record { key: EntityKey::new(kind, id), name: id.into(), geometry, properties: serde_json::Map::new() }
}

fn square(west: f64) -> Geometry {
    let at = |x: f64, y: f64| Place::new(west + x, 35.41 + y);
    Geometry::Polygon(vec![vec![at(0.0, 0.0), at(0.001, 0.0), at(0.001, 0.001), at(0.0, 0.001), at(0.0, 0.0)]])
}

fn read(app: &mut App, layer: LayerId, records: Vec<Record>) {
    app.world_mut().write_message(FeedEvent::Records { layer, first: true, records });
    app.update();
}

#[test]
fn cells_and_roads_are_kept_drawn_and_switched() {
    let mut app = app();
    let cells = ["1", "2"].map(|id| record(EntityKind::Grid, id, square(if id == "1" { 116.58 } else { 116.59 })));
    read(&mut app, LayerId::UnitGrid, cells.to_vec());
    let line = Geometry::Line(vec![Place::new(116.58, 35.41), Place::new(116.60, 35.41)]);
    read(&mut app, LayerId::RoadChief, vec![record(EntityKind::Road, "R1", line)]);
    let book = app.world().resource::<GridBook>();
    assert_eq!((book.cells.len(), book.roads.len()), (2, 1));
    let inside = app.world().resource::<SiteGeo>().position(Place::new(116.5805, 35.4105), 0.0);
    assert_eq!(app.world().resource::<GridBook>().cell_at(inside).map(|c| c.key.id.as_str()), Some("1"));

    app.world_mut().resource_mut::<Layers>().set_on(LayerId::UnitGrid, false);
    app.update();
    let mut overlays = app.world_mut().query::<(&Overlay, &Visibility)>();
    let shown: Vec<(LayerId, bool)> =
        overlays.iter(app.world()).map(|(o, v)| (o.0, *v != Visibility::Hidden)).collect();
    assert!(shown.contains(&(LayerId::UnitGrid, false)) && shown.contains(&(LayerId::RoadChief, true)), "{shown:?}");
}

#[test]
fn the_selected_cell_is_filled_and_the_next_one_instead_of_it() {
    let mut app = app();
    read(&mut app, LayerId::UnitGrid, vec![record(EntityKind::Grid, "1", square(116.58))]);
    let filled = |app: &mut App| app.world_mut().query::<&draw::Fill>().iter(app.world()).count();
    let select = |app: &mut App, key: EntityKey| {
        let picked = Picked { key, name: String::new(), point: None, attributes: Vec::new() };
        app.world_mut().resource_mut::<Selection>().current = Some(picked);
        app.update();
    };
    select(&mut app, EntityKey::new(EntityKind::Grid, "1"));
    assert_eq!(filled(&mut app), 1);
    select(&mut app, EntityKey::new(EntityKind::Vehicle, "V1"));
    assert_eq!(filled(&mut app), 0);
}

#[test]
fn areas_are_kept_by_layer_and_the_smallest_district_is_pointed_at() {
    let mut app = app();
    let admin = |id: &str, level: &str, geometry: Geometry| {
        let mut r = record(EntityKind::Admin, id, geometry);
        r.properties.insert("level".into(), level.into());
        r.properties.insert("name_en".into(), format!("Area {id}").into());
        r
    };
    let areas = vec![
        admin("370811", "county", square(116.58)),
        admin("370811001001", "community", square(116.58)),
        admin("370811001", "subdistrict", square(116.58)),
    ];
    read(&mut app, LayerId::Admin, areas);
    read(&mut app, LayerId::MuckSite, vec![record(EntityKind::ConstructionSite, "S1", square(116.58))]);
    let inside = app.world().resource::<SiteGeo>().position(Place::new(116.5805, 35.4105), 0.0);
    let book = app.world().resource::<GridBook>();
    assert_eq!(book.admin_at(inside).map(|z| (z.key.id.as_str(), z.level)), Some(("370811001001", 2)));
    assert_eq!(book.zone_at(inside, |_| true).map(|z| z.key.id.as_str()), Some("S1"));
    assert!(book.zone_at(inside, |_| false).is_none());
    assert_eq!(app.world().resource::<Layers>().count(LayerId::Admin), 3);
    read(&mut app, LayerId::Admin, Vec::new());
    let book = app.world().resource::<GridBook>();
    assert_eq!((book.zones.len(), app.world().resource::<Layers>().count(LayerId::Admin)), (1, 0));
}
