//! Things that lie so far from all others that a coordinate, or a coordinate system, must be wrong. Left in, they would
//! move the middle of the city out of it.

use super::{make::Made, report::LeftOut};
use crate::records::Geometry;
use cim_model::{EntityKey, Place};
use std::collections::HashSet;

/// No city reaches so far from its middle, metres: Chongqing, the largest, comes to 235 km.
const FAR_M: f64 = 250_000.0;
const FAR: &str = "it lies more than 250 km from the middle of the city: is its coordinate system right?";
/// Metres of a degree of latitude.
const DEGREE_M: f64 = 111_320.0;

impl Made {
    /// Takes out what lies too far from the rest, and names it.
    pub(super) fn leave_out_far(&mut self) {
        let records = self.collections.values().flatten().filter_map(|f| Some((&f.key, first(&f.geometry)?)));
        let buildings = self.buildings.iter().filter_map(|b| Some((&b.key, *b.footprint.first()?)));
        let roads = self.roads.iter().filter_map(|r| Some((&r.key, *r.points.first()?)));
        let areas = self.areas.iter().filter_map(|a| Some((&a.key, *a.ring.first()?)));
        let placed = self.placed.iter().map(|m| (&m.key, m.place));
        let all: Vec<(&EntityKey, Place)> = buildings.chain(roads).chain(areas).chain(records).chain(placed).collect();
        let Some(middle) = middle(all.iter().map(|a| a.1)) else { return };
        let far: HashSet<EntityKey> =
            all.into_iter().filter(|(_, p)| distance_m(middle, *p) > FAR_M).map(|(k, _)| k.clone()).collect();
        if far.is_empty() {
            return;
        }
        self.buildings.retain(|b| !far.contains(&b.key));
        self.roads.retain(|r| !far.contains(&r.key));
        self.areas.retain(|a| !far.contains(&a.key));
        self.placed.retain(|m| !far.contains(&m.key));
        self.collections.values_mut().for_each(|c| c.retain(|f| !far.contains(&f.key)));
        let mut far: Vec<_> = far.into_iter().filter_map(|k| Some((self.keys.get(&k).copied()?, k))).collect();
        far.sort();
        for (origin, key) in far {
            let left = self.things.entry((origin.layer, origin.feature)).or_default();
            *left = left.saturating_sub(1);
            let whole = *left == 0;
            let Some(layer) = self.report.layers.get_mut(origin.layer) else { continue };
            layer.used -= usize::from(whole);
            if let Some(made) = layer.made.get_mut(origin.kind.name()) {
                *made -= 1;
            }
            layer.made.retain(|_, n| *n > 0);
            let layer = layer.name.clone();
            self.report.left_out.push(LeftOut { layer, feature: origin.feature, key, reason: FAR, whole });
        }
    }
}

fn first(geometry: &Geometry) -> Option<Place> {
    match geometry {
        Geometry::Point(p) => Some(*p),
        Geometry::LineString(line) => line.first().copied(),
        Geometry::Polygon(rings) => rings.first()?.first().copied(),
    }
}

/// The place in the middle of all, by longitude and by latitude.
fn middle(places: impl Iterator<Item = Place>) -> Option<Place> {
    let (mut lons, mut lats): (Vec<f64>, Vec<f64>) = places.map(|p| (p.lon, p.lat)).unzip();
    let middle = lons.len() / 2;
    (!lons.is_empty()).then_some(())?;
    let (_, lon, _) = lons.select_nth_unstable_by(middle, f64::total_cmp);
    let (_, lat, _) = lats.select_nth_unstable_by(middle, f64::total_cmp);
    Some(Place::new(*lon, *lat))
}

fn distance_m(a: Place, b: Place) -> f64 {
    // The shorter way round.
    let east = (b.lon - a.lon + 540.0).rem_euclid(360.0) - 180.0;
    (east * a.lat.to_radians().cos()).hypot(b.lat - a.lat) * DEGREE_M
}
