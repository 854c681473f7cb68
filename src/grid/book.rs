//! The cells, roads and areas themselves.

use crate::{
    feed::{FeedEvent, Geometry, Record},
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

/// An area of some layer: a district, a site, a parking area.
#[derive(Debug, Clone)]
pub struct Zone {
    /// Its layer.
    pub layer: LayerId,
    /// How deep it is in a hierarchy: 0 districts, 1 subdistricts, 2 communities; 0 for what has none.
    pub level: u8,
    /// Its key.
    pub key: EntityKey,
    /// Its Chinese name.
    pub name: String,
    /// Its English name, possibly empty.
    pub name_en: String,
    /// Rings in site metres, the outer one first.
    pub rings: Vec<Vec<DVec3>>,
    /// The middle of its extent.
    pub middle: DVec3,
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
    /// The areas of other layers.
    pub zones: Vec<Zone>,
    /// Rises with every change.
    pub version: u64,
}

impl GridBook {
    /// The cell that a point (site metres) lies in.
    #[must_use]
    pub fn cell_at(&self, point: DVec3) -> Option<&Cell> {
        self.cells.iter().find(|c| holds(&c.rings, (c.low, c.high), point))
    }

    /// The site or parking area of the layers that are `on` that a point (site metres) lies in.
    #[must_use]
    pub fn zone_at(&self, point: DVec3, on: impl Fn(LayerId) -> bool) -> Option<&Zone> {
        let found = self.zones.iter().filter(|z| on(z.layer) && z.layer != LayerId::Admin);
        let sites = found.filter(|z| holds(&z.rings, (z.low, z.high), point));
        sites.min_by_key(|z| z.layer)
    }

    /// The community, or else the subdistrict or district, that a point (site metres) lies in.
    #[must_use]
    pub fn admin_at(&self, point: DVec3) -> Option<&Zone> {
        let found = self.zones.iter().filter(|z| z.layer == LayerId::Admin && holds(&z.rings, (z.low, z.high), point));
        found.max_by_key(|z| z.level)
    }

    /// The area of that key.
    #[must_use]
    pub fn zone(&self, key: &EntityKey) -> Option<&Zone> {
        self.zones.iter().find(|z| z.key == *key)
    }

    /// The cell of that key.
    #[must_use]
    pub fn cell(&self, key: &EntityKey) -> Option<&Cell> {
        self.cells.iter().find(|c| c.key == *key)
    }
}

/// Whether a point lies in the outer ring and in no hole.
fn holds(rings: &[Vec<DVec3>], (low, high): (DVec2, DVec2), point: DVec3) -> bool {
    let p = DVec2::new(point.x, point.z);
    p.cmpge(low).all() && p.cmple(high).all() && rings.iter().filter(|r| inside(r, p)).count() % 2 == 1
}

/// Rings in site metres, and their extent.
fn placed(rings: &[Vec<cim_model::Place>], site: &SiteGeo) -> (Vec<Vec<DVec3>>, (DVec2, DVec2)) {
    let rings: Vec<Vec<DVec3>> = rings.iter().map(|r| site.lay(r, &[])).collect();
    let flat = rings.iter().flatten().map(|p| DVec2::new(p.x, p.z));
    let extent = flat.fold((DVec2::INFINITY, DVec2::NEG_INFINITY), |(low, high), p| (low.min(p), high.max(p)));
    (rings, extent)
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
                    let (rings, (low, high)) = placed(rings, &site);
                    book.cells.push(Cell { key: record.key.clone(), name: record.name.clone(), rings, low, high });
                }
                book.version += 1;
            }
            LayerId::Admin | LayerId::MuckSite | LayerId::MuckDump | LayerId::BikeArea => {
                if *first {
                    book.zones.retain(|z| z.layer != *layer);
                }
                book.zones.extend(records.iter().filter_map(|r| zone(*layer, r, &site)));
                book.version += 1;
                layers.set_count(*layer, book.zones.iter().filter(|z| z.layer == *layer).count());
            }
            LayerId::RoadChief => {
                if *first {
                    book.roads.clear();
                }
                for record in records {
                    let Geometry::Line(points) = &record.geometry else { continue };
                    let points = site.lay(points, &heights_m(record));
                    book.roads.push(RoadLine { key: record.key.clone(), name: record.name.clone(), points });
                }
                book.version += 1;
                layers.set_count(LayerId::RoadChief, book.roads.len());
            }
            _ => {}
        }
    }
}

/// Metres above the ground of the points of a road that is anywhere off it, as on bridges; none of others.
fn heights_m(record: &Record) -> Vec<f64> {
    const MOST_M: f64 = 1000.0;
    let heights = record.properties.get("heights_m").and_then(serde_json::Value::as_array);
    // What is in a tunnel is shown on the ground above it.
    let height = |h: &serde_json::Value| h.as_f64().unwrap_or(0.0).clamp(0.0, MOST_M);
    heights.into_iter().flatten().map(height).collect()
}

fn zone(layer: LayerId, record: &Record, site: &SiteGeo) -> Option<Zone> {
    let Geometry::Polygon(rings) = &record.geometry else { return None };
    let (rings, (low, high)) = placed(rings, site);
    let text = |name: &str| record.properties.get(name).and_then(serde_json::Value::as_str).unwrap_or_default();
    let level = match text("level") {
        "subdistrict" => 1,
        "community" => 2,
        _ => 0,
    };
    let middle = 0.5 * (low + high);
    Some(Zone {
        layer,
        level,
        key: record.key.clone(),
        name: record.name.clone(),
        name_en: text("name_en").to_owned(),
        rings,
        middle: DVec3::new(middle.x, 0.0, middle.y),
        low,
        high,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
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
    }
}
