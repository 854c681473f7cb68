use super::*;
use crate::{
    Silent,
    city::{Attribute, FacetKind, Skin},
};
use cim_model::EntityKind;
use proptest::prelude::*;
use std::{collections::BTreeMap, path::PathBuf};

pub(crate) fn shared(name: &str) -> Option<PathBuf> {
    let base = std::env::current_dir().unwrap();
    let found = base.ancestors().map(|a| a.join("shared/data/cityjson").join(name)).find(|p| p.exists());
    if found.is_none() {
        eprintln!("skipped: {name} is not there");
    }
    found
}

/// The city of a file with this content; its name tells nothing of the format.
pub(crate) fn city_of(text: &str) -> Result<(City, CityModelReport), TilerError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("test.city");
    std::fs::write(&path, text).unwrap();
    make_city(&[path], &CityModelOptions::default(), &mut Silent)
}

/// A cube of 10 m on a tenth of a metre's grid, at the origin of the Dutch grid, with an opening in its roof.
fn document(objects: &str) -> String {
    format!(
        r#"{{"type":"CityJSON","version":"1.1","transform":{{"scale":[0.1,0.1,0.1],"translate":[155000,463000,7]}},
        "metadata":{{"referenceSystem":"https://www.opengis.net/def/crs/EPSG/0/7415","title":"测试"}},
        "CityObjects":{{{objects}}},
        "vertices":[[0,0,0],[100,0,0],[100,100,0],[0,100,0],[0,0,100],[100,0,100],[100,100,100],[0,100,100],
                    [30,30,100],[60,30,100],[60,60,100],[30,60,100]]}}"#
    )
}

const CUBE: &str = r#""boundaries":[[[[0,3,2,1]],[[4,5,6,7],[8,11,10,9]],[[0,1,5,4]],[[1,2,6,5]],[[2,3,7,6]],[[3,0,4,7]]]],
    "semantics":{"surfaces":[{"type":"GroundSurface"},{"type":"RoofSurface"},{"type":"WallSurface"}],
    "values":[[0,1,2,2,2,2]]}"#;

#[test]
fn objects_become_models_with_all_attributes_of_theirs_and_of_their_parents() {
    let text = document(&format!(
        r#""a":{{"type":"Building","attributes":{{"name":"塔","use":"住宅","year":1999,"more":{{"x":[1,2]}}}},
              "children":["b"],"address":[{{"Street":"Hof","Number":"1"}}]}},
           "b":{{"type":"BuildingPart","parents":["a"],"attributes":{{"use":"商业","flat":true,"measuredHeight":9.5}},
              "geometry":[{{"type":"Solid","lod":"2.2",{CUBE}}},{{"type":"MultiSurface","lod":"1","boundaries":[[[0,1,2,3]]]}},
              {{"type":"MultiSurface","lod":"0","boundaries":[[[0,1,2]]]}}]}},
           "c":{{"type":"Bridge","geometry":[{{"type":"Solid","lod":1,"boundaries":[[0,1,2]]}}]}},
           "d":{{"type":"+Odd","geometry":[]}}"#
    ));
    let (city, report) = city_of(&text).unwrap();
    let left_out = &city.findings.left_out;
    assert_eq!((city.name_zh.as_str(), report.crs.as_str()), ("测试", "EPSG:7415"));
    // Objects in are models, parents that stand for their parts, and what was left out.
    assert_eq!((report.objects, report.parents, city.models.len(), left_out.len()), (4, 1, 1, 2));
    let reasons: Vec<_> = left_out.iter().map(|(k, why)| format!("{k}: {why}")).collect();
    let expected = ["other:c: its surfaces have too few or unknown corners", "other:d: it has no geometry"];
    assert_eq!(reasons, expected);
    let m = &city.models[0];
    assert_eq!((m.key.kind, m.key.id.as_str(), m.name.as_str()), (EntityKind::Building, "b", "塔"));
    assert_eq!((m.height_m, m.skin, m.address.as_str()), (9.5, Skin::Building, "1 Hof"));
    let get = |name: &str| m.attributes.iter().find(|a| a.0 == name).map(|a| a.1.clone()).unwrap();
    assert_eq!(get("use"), Attribute::Text("商业".into()));
    assert_eq!(get("year"), Attribute::Integer(1999));
    assert_eq!(get("flat"), Attribute::Bool(true));
    assert_eq!(get("more.x"), Attribute::Text("[1,2]".into()));
    assert_eq!(get("parent"), Attribute::Text("a".into()));
    // Coarse to fine, without the footprint; the roof's hole is a second ring.
    let counts: Vec<_> = m.levels.iter().map(Vec::len).collect();
    assert_eq!(counts, [1, 6]);
    let roof = m.levels[1].iter().find(|f| f.kind == FacetKind::Roof).unwrap();
    assert_eq!(roof.rings.len(), 2);
    // The tower of Amersfoort, and the ground under it at 0.
    let corner = m.levels[1][0].rings[0][0];
    assert!((corner.place.lon - 5.387_206).abs() < 2e-5 && corner.height_m.abs() < 1e-9, "{corner:?}");
    assert!((roof.rings[0][0].height_m - 10.0).abs() < 1e-9);
}

#[test]
fn templates_stand_where_their_instances_say() {
    let text = document(
        r#""t":{"type":"SolitaryVegetationObject","geometry":[{"type":"GeometryInstance","template":0,"boundaries":[2],
        "transformationMatrix":[2,0,0,5, 0,2,0,0, 0,0,2,0, 0,0,0,1]}]}"#,
    )
    .replace(
        r#""vertices":[[0,0,0]"#,
        r#""geometry-templates":{"templates":[{"type":"MultiSurface","lod":"2","boundaries":[[[0,1,2]]]}],
        "vertices-templates":[[0,0,0],[1,0,0],[0,0,4]]},"vertices":[[0,0,0]"#,
    );
    let (city, _) = city_of(&text).unwrap();
    assert_eq!(city.findings.left_out, []);
    let points: Vec<_> = city.models[0].points().collect();
    assert!((points[2].height_m - 8.0).abs() < 1e-9);
    // 15 m east of the origin: the instance's corner at 10 m and the matrix's 5 m.
    let east_m = (points[0].place.lon - 5.387_206) * 111_320.0 * 52.155f64.to_radians().cos();
    assert!((east_m - 15.0).abs() < 2.0, "{east_m}");
}

#[test]
fn what_is_no_cityjson_is_named() {
    let reason = |text: &str| city_of(text).unwrap_err().to_string();
    assert!(reason("").contains("neither"));
    assert!(reason("{\"type\":\"FeatureCollection\"}").contains("FeatureCollection"));
    assert!(reason("{\"type\":\"CityJSON\",\"version\":\"3.0\"}").contains("3.0"));
    assert!(reason(&document("").replace("EPSG/0/7415", "EPSG/0/1")).contains("EPSG/0/1"));
    assert!(reason(&document("")).contains("surfaces"));
    let cut = document("\"a\":{}");
    assert!(reason(&cut[..cut.len() / 2]).contains("line"));
    let without = document("\"a\":{\"type\":\"Building\"}").replace("referenceSystem", "other");
    assert!(reason(&without).contains("--crs"));
}

#[test]
fn a_sequence_reads_like_the_document() {
    let object = format!(r#""a":{{"type":"Building","geometry":[{{"type":"Solid","lod":"2",{CUBE}}}]}}"#);
    let one = document(&object);
    let vertices = &one[one.find("\"vertices\"").unwrap()..one.len() - 1];
    let head = document("");
    let head = format!("{},\"vertices\":[]}}", &head[..head.find(",\n        \"vertices\"").unwrap()]);
    let feature = format!(r#"{{"type":"CityJSONFeature","id":"a","CityObjects":{{{object}}},{vertices}}}"#);
    let text = format!("{}\n{}\n", head.replace('\n', " "), feature.replace('\n', " "));
    assert_eq!(city_of(&text).unwrap().0.models, city_of(&one).unwrap().0.models);
}

/// Keys, facets and attributes of a file, counted by a reading of its own.
fn counted(path: &Path) -> (usize, usize) {
    use std::io::Read as _;
    let mut text = String::new();
    flate2::read::GzDecoder::new(std::fs::File::open(path).unwrap()).read_to_string(&mut text).unwrap();
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    let objects = json["CityObjects"].as_object().unwrap();
    let with_geometry = objects.values().filter(|o| o["geometry"].as_array().is_some_and(|g| !g.is_empty())).count();
    (objects.len(), with_geometry)
}

#[test]
fn delft_and_zurich_arrive_whole() {
    for (name, crs, lon, lat) in [
        ("delft.city.json.gz", "EPSG:7415", 4.36, 52.01),
        ("zurich_subset_lod2.city.json.gz", "EPSG:2056", 8.55, 47.36),
    ] {
        let Some(path) = shared(name) else { return };
        let out = tempfile::tempdir().unwrap();
        let (city, report) = make_city(std::slice::from_ref(&path), &CityModelOptions::default(), &mut Silent).unwrap();
        let (objects, with_geometry) = counted(&path);
        assert_eq!((report.crs.as_str(), report.objects), (crs, objects));
        assert_eq!((city.models.len(), &city.findings.left_out), (with_geometry, &Vec::new()), "{name}");
        let mut notes: BTreeMap<&str, usize> = BTreeMap::new();
        city.findings.mended.iter().for_each(|(_, why)| *notes.entry(why).or_default() += 1);
        println!("{name}: {notes:?}");
        assert_eq!(report.parents, objects - with_geometry);
        assert!((city.origin.lon - lon).abs() < 0.03 && (city.origin.lat - lat).abs() < 0.03, "{:?}", city.origin);
        let summary =
            tiling::write_city(&city, &out.path().join("city"), &tiling::TilingOptions::default(), &mut Silent)
                .unwrap();
        assert_eq!(summary.models + summary.left_out.len(), with_geometry, "{name}: {:?}", summary.left_out);
    }
}

proptest! {
    #[test]
    fn damaged_documents_are_survived(at in 0usize..2000, byte in any::<u8>(), cut in 0usize..2000) {
        let object = format!(r#""a":{{"type":"Building","geometry":[{{"type":"Solid","lod":"2",{CUBE}}}]}}"#);
        let mut bytes = document(&object).into_bytes();
        let n = bytes.len();
        bytes[at % n] = byte;
        let _ = city_of(&String::from_utf8_lossy(&bytes));
        let _ = city_of(&String::from_utf8_lossy(&bytes[..cut % n]));
    }

    #[test]
    fn damaged_numbers_are_survived(digit in 0usize..400, value in any::<i64>()) {
        let object = format!(r#""a":{{"type":"Building","geometry":[{{"type":"Solid","lod":"2",{CUBE}}}]}}"#);
        let text = document(&object);
        let digits: Vec<usize> = text.char_indices().filter(|(_, c)| c.is_ascii_digit()).map(|(i, _)| i).collect();
        let i = digits[digit % digits.len()];
        let _ = city_of(&format!("{}{value}{}", &text[..i], &text[i + 1..]));
    }
}

#[test]
fn models_keep_their_heights_on_a_terrain_of_their_system_and_else_stand_on_it() {
    let folder = tempfile::tempdir().unwrap();
    let dem = folder.path().join("hill.tif");
    std::fs::write(&dem, crate::terrain::tests::golden(20.0)).unwrap();
    // The top of the hill, 90 m, is where the cube stands; its lowest corner is on ground that is a little lower.
    let ground = |x: f64, y: f64| crate::terrain::tests::hill(155_000.0 + x, 463_000.0 + y);
    let lowest = [ground(0.0, 0.0), ground(10.0, 0.0), ground(0.0, 10.0), ground(10.0, 10.0)];
    let lowest = lowest.into_iter().fold(f64::MAX, f64::min);
    let text = document(&format!(r#""a":{{"type":"Building","geometry":[{{"type":"Solid","lod":"2.2",{CUBE}}}]}}"#));
    for (base, heights, keeps, foot) in [
        ("7", ModelHeights::Seen, false, lowest),
        ("7", ModelHeights::Own, true, 7.0),
        ("88.5", ModelHeights::Seen, true, 88.5),
        ("88.5", ModelHeights::Ground, false, lowest),
    ] {
        let path = folder.path().join("a.city.json");
        std::fs::write(&path, text.replace("463000,7]", &format!("463000,{base}]"))).unwrap();
        let terrain = TerrainSource { files: vec![dem.clone()], datum_m: Some(20.0), ..TerrainSource::default() };
        let options = CityModelOptions { terrain, heights, ..CityModelOptions::default() };
        let (city, _) = make_city(&[path], &options, &mut Silent).unwrap();
        let low = city.models[0].points().map(|p| p.height_m).fold(f64::MAX, f64::min);
        assert!((low + 20.0 - foot).abs() < 0.1, "{base} {heights:?}: {low} {foot}");
        assert_eq!(city.terrain.unwrap().report.models_keep_heights, Some(keeps));
    }
}
