//! Small files of every format, written by the tests with the formats' own libraries, become cities.

mod damage;
mod fgb;
mod geojson;
mod gpkg;
mod models;
mod shapefile;
mod textures;

use super::*;
use crate::{Silent, city::Attribute, records::Geometry as RecordGeometry};
use cim_model::{EntityKey, EntityKind};
use std::fs;
use tempfile::TempDir;

/// A folder with files in it.
fn folder(files: &[(&str, &[u8])]) -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    for (name, bytes) in files {
        fs::write(dir.path().join(name), bytes).unwrap();
    }
    dir
}

fn options(mapping: &str) -> VectorOptions {
    VectorOptions { mapping: Mapping::parse(mapping).unwrap(), ..VectorOptions::default() }
}

/// The city of a folder; features in are features used and features left out.
fn city(dir: &TempDir, options: &VectorOptions) -> (City, VectorReport) {
    let (city, report) = make_city(&[dir.path().to_owned()], options, &mut Silent).unwrap();
    balanced(&city, &report);
    (city, report)
}

/// Objects in are objects out and objects reported.
fn balanced(city: &City, report: &VectorReport) {
    for layer in &report.layers {
        let whole = report.left_out.iter().filter(|l| l.layer == layer.name && l.whole).count();
        assert_eq!(layer.features, layer.used + whole, "{report}");
    }
    let made: usize = report.layers.iter().flat_map(|l| l.made.values()).sum();
    let records: usize = city.records.collections.iter().filter(|(n, _)| *n != "roads").map(|(_, c)| c.len()).sum();
    assert_eq!(made, city.buildings.len() + city.roads.len() + city.areas.len() + city.placed.len() + records);
    let keys = city.buildings.iter().map(|b| &b.key).chain(city.areas.iter().map(|a| &a.key));
    let keys = keys.chain(city.roads.iter().map(|r| &r.key)).chain(city.placed.iter().map(|m| &m.key));
    let keys: Vec<&EntityKey> = keys
        .chain(city.records.collections.iter().filter(|(n, _)| *n != "roads").flat_map(|(_, c)| c).map(|f| &f.key))
        .collect();
    let unique: std::collections::BTreeSet<_> = keys.iter().collect();
    assert_eq!(unique.len(), keys.len());
}

fn refusal(dir: &TempDir, options: &VectorOptions) -> String {
    make_city(&[dir.path().to_owned()], options, &mut Silent).unwrap_err().to_string()
}

fn attribute<'a>(attributes: &'a [(String, Attribute)], name: &str) -> Option<&'a Attribute> {
    attributes.iter().find(|a| a.0 == name).map(|a| &a.1)
}

fn text(t: &str) -> Attribute {
    Attribute::Text(t.into())
}

/// Metres between two places, near enough.
fn metres(a: Place, b: Place) -> f64 {
    let east = (a.lon - b.lon) * 111_320.0 * a.lat.to_radians().cos();
    east.hypot((a.lat - b.lat) * 111_320.0)
}

#[test]
fn several_files_make_one_city_folder() {
    let dir = folder(&[
        ("建筑.geojson", geojson::BUILDINGS.as_bytes()),
        ("道路.geojson", geojson::ROADS.as_bytes()),
        ("readme.txt", b"x"),
    ]);
    let out = dir.path().join("out");
    let files = [dir.path().join("建筑.geojson"), dir.path().join("道路.geojson")];
    let options = VectorOptions { name: "测试市".into(), ..VectorOptions::default() };
    let (summary, report) = tile_vector(&files, &out, &options, &mut Silent).unwrap();
    assert_eq!((summary.buildings, summary.roads), (3, 3), "{report}");
    let site: serde_json::Value = serde_json::from_slice(&fs::read(out.join("site.json")).unwrap()).unwrap();
    assert_eq!((site["name_zh"].as_str(), site["utc_offset_minutes"].as_i64()), (Some("测试市"), Some(480)));
    let network: serde_json::Value = serde_json::from_slice(&fs::read(out.join("network.json")).unwrap()).unwrap();
    assert_eq!(network["edges"].as_array().unwrap().len(), 3);
    let list = fs::read_to_string(out.join("import.txt")).unwrap();
    assert!(list.contains("建筑\t3\tbuilding:A4\tit has no geometry\n"), "{list}");
    // The same files give the same bytes.
    let again = dir.path().join("again");
    tile_vector(&files, &again, &options, &mut Silent).unwrap();
    let read = |d: &Path, f: &str| fs::read(d.join(f)).unwrap();
    for name in ["site.json", "network.json", "tiles/tileset.json", "records/roads.geojson"] {
        assert_eq!(read(&out, name), read(&again, name), "{name}");
    }
    fs::remove_dir_all(&out).unwrap();
    fs::remove_dir_all(&again).unwrap();
    let (_, report) = city(&dir, &options);
    assert_eq!(report.unread, [dir.path().join("readme.txt")]);
}

#[test]
fn what_was_guessed_is_a_mapping_that_gives_the_same_city() {
    let dir = folder(&[("建筑.geojson", geojson::BUILDINGS.as_bytes()), ("道路.geojson", geojson::ROADS.as_bytes())]);
    let (first, report) = city(&dir, &VectorOptions::default());
    assert!(report.layers.iter().all(|l| l.guessed_kind));
    let (second, again) = city(&dir, &options(&report.mapping()));
    assert!(again.layers.iter().all(|l| !l.guessed_kind), "{}", report.mapping());
    assert_eq!(format!("{:?}", first.buildings), format!("{:?}", second.buildings));
    assert_eq!(format!("{:?}", first.roads), format!("{:?}", second.roads));
    let shown = report.to_string();
    for part in ["kind = \"building\" # guessed", "height = \"高度\" # guessed", "WGS84 by the standard of GeoJSON"] {
        assert!(shown.contains(part), "{shown}");
    }
}

#[test]
fn formats_are_known_by_their_names_and_json_by_what_is_in_it() {
    let dir = folder(&[
        ("a.json", geojson::BUILDINGS.as_bytes()),
        ("b.json", br#"{"type":"CityJSON","version":"1.1","CityObjects":{}}"#),
        ("c.shp", b""),
        ("d.fgb", b""),
        ("e.GPKG", b""),
        ("f.txt", b""),
    ]);
    let known = |name: &str| recognises(&dir.path().join(name));
    assert_eq!(
        ["a.json", "b.json", "c.shp", "d.fgb", "e.GPKG", "f.txt", "missing"].map(known),
        [true, false, true, true, true, false, false]
    );
    assert!(recognises(dir.path()));
    let empty = folder(&[("x.txt", b"")]);
    assert!(!recognises(empty.path()) && refusal(&empty, &VectorOptions::default()).contains("holds no GeoJSON"));
    let missing = make_city(&["/nowhere/a.geojson".into()], &VectorOptions::default(), &mut Silent).unwrap_err();
    assert!(missing.to_string().contains("/nowhere/a.geojson"));
}
