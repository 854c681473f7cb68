//! Bounds and a point to stand for a GeoJSON geometry.

use cim_model::Place;
use serde_json::Value;

/// West, south, east, north.
pub(super) type Bounds = [f64; 4];

/// The extent of a geometry of any type; `None` when it has no position.
pub(super) fn bounds(geometry: &Value) -> Option<Bounds> {
    let mut all = [f64::INFINITY, f64::INFINITY, f64::NEG_INFINITY, f64::NEG_INFINITY];
    grow(geometry, &mut all);
    (all[0] <= all[2] && all[1] <= all[3]).then_some(all)
}

fn grow(geometry: &Value, all: &mut Bounds) {
    if let Some(parts) = geometry.get("geometries").and_then(Value::as_array) {
        parts.iter().for_each(|part| grow(part, all));
    } else if let Some(coordinates) = geometry.get("coordinates") {
        grow_coordinates(coordinates, all);
    }
}

fn grow_coordinates(coordinates: &Value, all: &mut Bounds) {
    if let Some(Place { lon, lat }) = position(coordinates) {
        *all = [all[0].min(lon), all[1].min(lat), all[2].max(lon), all[3].max(lat)];
    } else if let Some(list) = coordinates.as_array() {
        list.iter().for_each(|c| grow_coordinates(c, all));
    }
}

/// A single position, when `value` is one.
fn position(value: &Value) -> Option<Place> {
    let list = value.as_array()?;
    let place = Place::new(list.first()?.as_f64()?, list.get(1)?.as_f64()?);
    (place.lon.is_finite() && place.lat.is_finite()).then_some(place)
}

/// A point to stand for the geometry: the middle of a line's vertices, the centre of an area's extent.
pub(super) fn representative(geometry: &Value) -> Option<Place> {
    let coordinates = geometry.get("coordinates");
    match geometry.get("type").and_then(Value::as_str) {
        Some("Point") => position(coordinates?),
        Some("LineString") => {
            let line = coordinates?.as_array()?;
            position(line.get(line.len() / 2)?)
        }
        _ => bounds(geometry).map(|b| Place::new(f64::midpoint(b[0], b[2]), f64::midpoint(b[1], b[3]))),
    }
}

/// Whether `place` lies in a Polygon or MultiPolygon, holes left out.
pub(super) fn contains(geometry: &Value, place: Place) -> bool {
    let rings = |polygon: &Value| {
        let crossings: usize =
            polygon.as_array().into_iter().flatten().map(|ring| crossings(ring, place)).sum();
        crossings % 2 == 1
    };
    match (geometry.get("type").and_then(Value::as_str), geometry.get("coordinates")) {
        (Some("Polygon"), Some(polygon)) => rings(polygon),
        (Some("MultiPolygon"), Some(list)) => list.as_array().into_iter().flatten().any(rings),
        _ => false,
    }
}

/// How often a ray to the east crosses the ring.
fn crossings(ring: &Value, p: Place) -> usize {
    let points: Vec<Place> = ring.as_array().into_iter().flatten().filter_map(position).collect();
    points
        .windows(2)
        .filter(|w| {
            let (a, b) = (w[0], w[1]);
            (a.lat > p.lat) != (b.lat > p.lat)
                && p.lon < (b.lon - a.lon) * (p.lat - a.lat) / (b.lat - a.lat) + a.lon
        })
        .count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn bounds_points_and_insides() {
        let square = json!({"type":"Polygon","coordinates":[[[0,0],[2,0],[2,2],[0,2],[0,0]],[[0.5,0.5],[1,0.5],[1,1],[0.5,1],[0.5,0.5]]]});
        assert_eq!(bounds(&square), Some([0.0, 0.0, 2.0, 2.0]));
        assert_eq!(representative(&square), Some(Place::new(1.0, 1.0)));
        assert!(contains(&square, Place::new(1.5, 1.5)));
        assert!(!contains(&square, Place::new(0.7, 0.7)), "in the hole");
        assert!(!contains(&square, Place::new(3.0, 1.0)));
        let line = json!({"type":"LineString","coordinates":[[0,0],[1,5],[2,0]]});
        assert_eq!(representative(&line), Some(Place::new(1.0, 5.0)));
        for bad in [json!(null), json!({"type":"Point","coordinates":["a",1]}), json!({"coordinates":7}), json!([])] {
            assert_eq!(bounds(&bad), None);
            assert_eq!(representative(&bad), None);
        }
    }
}
