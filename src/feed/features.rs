//! Pages of an OGC API - Features collection (GeoJSON, RFC 7946) as records.

use super::events::{Geometry, Record};
use cim_model::{EntityKey, Place};
use serde_json::{Map, Value};
use url::Url;

/// One page.
#[derive(Debug, Default)]
pub(super) struct Page {
    pub(super) records: Vec<Record>,
    pub(super) next: Option<Url>,
    /// What could not be used: place and message.
    pub(super) defects: Vec<(String, String)>,
}

/// Reads a page that came from `url`. Features that cannot be used are named; the others stay.
pub(super) fn parse(bytes: &[u8], url: &Url) -> Result<Page, String> {
    let json: Value = serde_json::from_slice(bytes).map_err(|e| format!("{url} is not JSON: {e}"))?;
    let features = json
        .get("features")
        .and_then(Value::as_array)
        .ok_or_else(|| format!("{url} is not a GeoJSON FeatureCollection"))?;
    let mut page = Page { next: next(&json, url), ..Page::default() };
    for (index, feature) in features.iter().enumerate() {
        match record(feature) {
            Ok(record) => page.records.push(record),
            Err(why) => page.defects.push((format!("{url} feature {index}"), why)),
        }
    }
    Ok(page)
}

fn next(json: &Value, url: &Url) -> Option<Url> {
    let links = json.get("links")?.as_array()?;
    let link = links.iter().find(|l| l.get("rel").and_then(Value::as_str) == Some("next"))?;
    url.join(link.get("href")?.as_str()?).ok().filter(|n| n != url)
}

fn record(feature: &Value) -> Result<Record, String> {
    let properties = feature.get("properties").and_then(Value::as_object).cloned().unwrap_or_default();
    let key: EntityKey = text(&properties, "key")
        .ok_or("it has no property `key`")?
        .parse()
        .map_err(|e: cim_model::KeyError| e.to_string())?;
    let geometry = match feature.get("geometry") {
        None | Some(Value::Null) => Geometry::None,
        Some(g) => geometry(g)?,
    };
    let name = text(&properties, "name").unwrap_or_default().to_owned();
    Ok(Record { key, name, geometry, properties })
}

/// A text property.
pub(super) fn text<'a>(properties: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    properties.get(name)?.as_str()
}

fn geometry(json: &Value) -> Result<Geometry, String> {
    let kind = json.get("type").and_then(Value::as_str).unwrap_or("nothing");
    let coordinates = json.get("coordinates").ok_or_else(|| format!("its {kind} has no coordinates"))?;
    match kind {
        "Point" => place(coordinates).map(Geometry::Point),
        "LineString" => line(coordinates).map(Geometry::Line),
        "Polygon" => rings(coordinates).map(Geometry::Polygon),
        other => Err(format!("the geometry {other} is not shown")),
    }
}

fn place(json: &Value) -> Result<Place, String> {
    let pair = json.as_array().and_then(|a| Some((a.first()?.as_f64()?, a.get(1)?.as_f64()?)));
    let place = pair.map(|(lon, lat)| Place::new(lon, lat)).ok_or("a position is not two numbers")?;
    if place.is_plausible() { Ok(place) } else { Err(format!("{}, {} is not a place", place.lon, place.lat)) }
}

fn line(json: &Value) -> Result<Vec<Place>, String> {
    json.as_array().ok_or("its coordinates are not a list")?.iter().map(place).collect()
}

fn rings(json: &Value) -> Result<Vec<Vec<Place>>, String> {
    json.as_array().ok_or("its coordinates are not a list of rings")?.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url() -> Url {
        Url::parse("http://h/api/collections/camera/items?limit=2").unwrap()
    }

    #[test]
    fn good_features_stay_when_others_are_bad() {
        let page = serde_json::json!({"type": "FeatureCollection", "features": [
            {"type": "Feature", "id": "1", "geometry": {"type": "Point", "coordinates": [116.5, 35.4]},
             "properties": {"key": "camera:1", "name": "太白路口"}},
            {"type": "Feature", "id": "2", "geometry": {"type": "Point", "coordinates": [0, 0]}, "properties": {"key": "camera:2"}},
            {"type": "Feature", "id": "3", "geometry": null, "properties": {"key": "camera:3"}},
            {"type": "Feature", "id": "4", "geometry": {"type": "Point", "coordinates": [1]}, "properties": {"key": "camera:4"}},
            {"type": "Feature", "id": "5", "properties": {}},
        ], "links": [{"rel": "self", "href": "x"}, {"rel": "next", "href": "items?limit=2&offset=2"}]});
        let page = parse(page.to_string().as_bytes(), &url()).unwrap();
        assert_eq!(page.records.iter().map(|r| r.key.id.as_str()).collect::<Vec<_>>(), ["1", "3"]);
        assert_eq!(page.records[0].name, "太白路口");
        assert_eq!(page.defects.len(), 3);
        assert_eq!(page.next.unwrap().as_str(), "http://h/api/collections/camera/items?limit=2&offset=2");
    }

    #[test]
    fn what_is_no_collection_is_said_so() {
        assert!(parse(b"<html>", &url()).unwrap_err().contains("not JSON"));
        assert!(parse(b"{}", &url()).unwrap_err().contains("FeatureCollection"));
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_survived(bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..200)) {
            let _ = parse(&bytes, &url());
        }
    }
}
