//! The cells and roads themselves.

use crate::{
    feed::{FeedEvent, Geometry},
    live::Layers,
    scene::SiteGeo,
};
use bevy::{
    math::{DVec2, DVec3},
    prelude::*,
};
use cim_model::{EntityKey, LayerId};

/// A unit grid cell.
#[derive(Debug, Clone)]
pub struct Cell {
    /// Its key.
    pub key: EntityKey,
    /// Its name.
    pub name: String,
    /// Rings in site metres, the outer one first.
    pub rings: Vec<Vec<DVec3>>,
    low: DVec2,
    high: DVec2,
}

/// A road with a chief.
#[derive(Debug, Clone)]
pub struct RoadLine {
    /// Its key.
    pub key: EntityKey,
    /// Its name.
    pub name: String,
    /// Centre line in site metres.
    pub points: Vec<DVec3>,
}

/// All cells and roads.
#[derive(Resource, Debug, Default)]
pub struct GridBook {
    /// The cells.
    pub cells: Vec<Cell>,
    /// The roads.
    pub roads: Vec<RoadLine>,
    /// Rises with every change.
    pub version: u64,
}

impl GridBook {
    /// The cell that a point (site metres) lies in.
    #[must_use]
    pub fn cell_at(&self, point: DVec3) -> Option<&Cell> {
        let p = DVec2::new(point.x, point.z);
        self.cells.iter().find(|c| {
            p.cmpge(c.low).all() && p.cmple(c.high).all() && c.rings.iter().filter(|r| inside(r, p)).count() % 2 == 1
        })
    }

    /// The cell of that key.
    #[must_use]
    pub fn cell(&self, key: &EntityKey) -> Option<&Cell> {
        self.cells.iter().find(|c| c.key == *key)
    }
}

/// Crossing number.
fn inside(ring: &[DVec3], p: DVec2) -> bool {
    let mut odd = false;
    for i in 0..ring.len() {
        let (a, b) = (ring[i], ring[(i + 1) % ring.len()]);
        if (a.z > p.y) != (b.z > p.y) && p.x < (b.x - a.x) * (p.y - a.z) / (b.z - a.z) + a.x {
            odd = !odd;
        }
    }
    odd
}

pub(super) fn receive(
    mut events: MessageReader<FeedEvent>,
    site: Res<SiteGeo>,
    mut book: ResMut<GridBook>,
    mut layers: ResMut<Layers>,
) {
    for event in events.read() {
        let FeedEvent::Records { layer, first, records } = event else { continue };
        match layer {
            LayerId::UnitGrid => {
                if *first {
                    book.cells.clear();
                }
                for record in records {
                    let Geometry::Polygon(rings) = &record.geometry else { continue };
                    let rings: Vec<Vec<DVec3>> = rings.iter().map(|r| site.lay(r)).collect();
                    let flat = rings.iter().flatten().map(|p| DVec2::new(p.x, p.z));
                    let (low, high) =
                        flat.fold((DVec2::INFINITY, DVec2::NEG_INFINITY), |(low, high), p| (low.min(p), high.max(p)));
                    book.cells.push(Cell { key: record.key.clone(), name: record.name.clone(), rings, low, high });
                }
                book.version += 1;
                layers.set_count(LayerId::UnitGrid, book.cells.len());
            }
            LayerId::RoadChief => {
                if *first {
                    book.roads.clear();
                }
                for record in records {
                    let Geometry::Line(points) = &record.geometry else { continue };
                    let points = site.lay(points);
                    book.roads.push(RoadLine { key: record.key.clone(), name: record.name.clone(), points });
                }
                book.version += 1;
                layers.set_count(LayerId::RoadChief, book.roads.len());
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feed::Record;
    use cim_model::{EntityKind, Place};

    #[test]
    fn a_point_is_in_its_cell_and_not_in_a_hole() {
        let mut app = App::new();
        app.add_plugins(MinimalPlugins).add_plugins(super::super::GridPlugin);
        let square = |half: f64| -> Vec<Place> {
            [(-1.0, -1.0), (1.0, -1.0), (1.0, 1.0), (-1.0, 1.0)]
                .map(|(x, y)| Place::new(116.587 + half * x, 35.415 + half * y))
                .to_vec()
        };
        let record = Record {
            key: EntityKey::new(EntityKind::Grid, "370811001001001"),
            name: "古槐 1".into(),
            geometry: Geometry::Polygon(vec![square(0.001), square(0.0002)]),
            properties: serde_json::Map::new(),
        };
        app.world_mut().write_message(FeedEvent::Records {
            layer: LayerId::UnitGrid,
            first: true,
            records: vec![record],
        });
        app.update();
        let (book, site) = (app.world().resource::<GridBook>(), app.world().resource::<SiteGeo>());
        let at = |lon: f64| book.cell_at(site.position(Place::new(lon, 35.415), 0.0)).map(|c| c.name.as_str());
        assert_eq!(at(116.5875), Some("古槐 1"));
        assert_eq!(at(116.587), None);
        assert_eq!(at(116.59), None);
        assert_eq!(app.world().resource::<Layers>().count(LayerId::UnitGrid), 1);
    }
}
