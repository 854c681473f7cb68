use super::*;
use std::io::Write as _;

/// A courtyard, two parts, one that crosses itself, one without geometry, one with too few corners.
pub(super) const BUILDINGS: &str = r#"{"type":"FeatureCollection","name":"建筑","features":[
 {"type":"Feature","id":"A1","properties":{"名称":"行政楼","高度":"31.5米","层数":9,"用途":"办公","建成":1999,"验收":true,"more":{"x":[1,2]},"空":null},
  "geometry":{"type":"Polygon","coordinates":[[[116.5,35.4,12],[116.501,35.4,12],[116.501,35.401,12],[116.5,35.401,12],[116.5,35.4,12]],
   [[116.5004,35.4004,12],[116.5006,35.4004,12],[116.5006,35.4006,12],[116.5004,35.4006,12],[116.5004,35.4004,12]]]}},
 {"type":"Feature","id":"A2","properties":{"名称":"宿舍","层数":6},
  "geometry":{"type":"MultiPolygon","coordinates":[[[[116.502,35.4],[116.5022,35.4],[116.5022,35.4002],[116.502,35.4]]],
   [[[116.503,35.4],[116.5032,35.4],[116.5032,35.4002],[116.503,35.4]]]]}},
 {"type":"Feature","id":"A4","properties":{"名称":"无"},"geometry":null},
 {"type":"Feature","id":"A5","properties":{},"geometry":{"type":"Polygon","coordinates":[[[116.5,35.4],[116.6,35.4],[116.5,35.4]]]}}
]}"#;

pub(super) const ROADS: &str = r#"{"type":"FeatureCollection","features":[
 {"type":"Feature","properties":{"编号":"R1","道路名称":"任城大道","道路等级":"主干路","宽度":32,"单行":"否"},
  "geometry":{"type":"LineString","coordinates":[[116.5,35.399],[116.502,35.399],[116.504,35.399]]}},
 {"type":"Feature","properties":{"编号":"R2","道路名称":"洸河路","道路等级":"次干路","单行":"是"},
  "geometry":{"type":"LineString","coordinates":[[116.502,35.399],[116.502,35.405]]}},
 {"type":"Feature","properties":{"编号":"R3","道路等级":"人行道"},
  "geometry":{"type":"LineString","coordinates":[[116.51,35.399],[116.51,35.4]]}}
]}"#;

#[test]
fn buildings_keep_their_attributes_courtyards_and_parts() {
    let dir = folder(&[("建筑.geojson", BUILDINGS.as_bytes())]);
    let (city, report) = city(&dir, &VectorOptions::default());
    let ids: Vec<_> = city.buildings.iter().map(|b| b.key.id.as_str()).collect();
    assert_eq!(ids, ["A1", "A2", "A2#2"]);
    let b = &city.buildings[0];
    assert_eq!((b.name.as_str(), b.class.as_str(), b.height_m, b.floors), ("行政楼", "办公", 31.5, 9));
    assert_eq!((b.footprint.len(), b.holes.len(), b.holes[0].len()), (4, 1, 4));
    assert_eq!(attribute(&b.attributes, "建成"), Some(&Attribute::Integer(1999)));
    assert_eq!(attribute(&b.attributes, "验收"), Some(&Attribute::Bool(true)));
    assert_eq!(attribute(&b.attributes, "more.x"), Some(&text("[1,2]")));
    assert_eq!(attribute(&b.attributes, "空"), None);
    // Floors of 3 m where no height is said.
    assert_eq!((city.buildings[1].height_m, city.buildings[1].floors), (18.0, 6));
    let left: Vec<_> = report.left_out.iter().map(|l| format!("{} {}: {}", l.feature, l.key, l.reason)).collect();
    let expected = ["3 building:A4: it has no geometry", "4 building:A5: its outline has fewer than three corners"];
    assert_eq!(left, expected);
}

#[test]
fn what_does_not_begin_on_the_ground_has_a_base() {
    let square = |id: &str, x: f64, more: &str| {
        let (a, b) = (x, x + 0.0002);
        format!(
            r#"{{"type":"Feature","id":"{id}","properties":{{"高度":30,{more}}},"geometry":{{"type":"Polygon",
            "coordinates":[[[{a},35.4],[{b},35.4],[{b},35.4002],[{a},35.4002],[{a},35.4]]]}}}}"#
        )
    };
    let features = [
        square("over", 116.5, r#""min_height":4.5,"底高":12"#),
        square("wrong", 116.51, r#""min_height":30,"底高":-2"#),
        square("words", 116.52, r#""min_height":"架空","底高":null"#),
    ];
    let text = format!(r#"{{"type":"FeatureCollection","features":[{}]}}"#, features.join(","));
    let dir = folder(&[("建筑.geojson", text.as_bytes())]);
    let mapping = "[[layer]]\nmatch = \"建筑\"\nkind = \"building\"\nbase = \"底高\"\n";
    for (options, expected, notes) in [
        (VectorOptions::default(), [4.5, 0.0, 0.0], "the first: `30`"),
        (options(mapping), [12.0, 0.0, 0.0], "the first: `-2`"),
    ] {
        let (city, report) = city(&dir, &options);
        let found: Vec<f32> = city.buildings.iter().map(|b| b.base_m).collect();
        assert_eq!(found, expected, "{report}");
        assert!(city.buildings.iter().all(|b| b.height_m == 30.0));
        let said = report.layers[0].notes.join("\n");
        assert!(said.contains("`base`") && said.contains(notes), "{said}");
    }
}

#[test]
fn roads_have_classes_widths_directions_and_a_network() {
    let dir = folder(&[("道路.geojson", ROADS.as_bytes())]);
    let (city, report) = city(&dir, &VectorOptions::default());
    let roads: Vec<_> =
        city.roads.iter().map(|r| (r.name.as_str(), r.class.name(), r.width_m, r.oneway, r.main)).collect();
    let expected = [
        ("任城大道", "primary", 32.0, false, true),
        ("洸河路", "secondary", 11.0, true, true),
        ("人行道", "footway", 2.2, false, false),
    ];
    assert_eq!(roads, expected, "{report}");
    // R2 begins on a corner in the middle of R1; nobody drives on R3.
    assert_eq!((city.network.edges.len(), city.network.nodes.len()), (3, 4));
    assert_eq!(city.network.edges.iter().map(|e| e.road.as_str()).collect::<Vec<_>>(), ["R1", "R1", "R2"]);
    assert_eq!(city.records.collections["roads"].len(), 3);
}

#[test]
fn a_mapping_says_kinds_attributes_constants_and_systems() {
    let grid = r#"{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"dm":"370811001001001","mc":"第一网格","ry":"张三","KEY":1},
      "geometry":{"type":"Polygon","coordinates":[[[116.5,35.4],[116.502,35.4],[116.502,35.402],[116.5,35.4]]]}}]}"#;
    let parts = r#"{"type":"FeatureCollection","features":[
      {"type":"Feature","properties":{"code":"3708110103000001","kind":"井盖","key":"own","name":""},"geometry":{"type":"Point","coordinates":[116.501,35.4005]}},
      {"type":"Feature","properties":{"code":"3708110103000001","kind":"路灯"},"geometry":{"type":"MultiPoint","coordinates":[[116.501,35.4006],[116.501,35.4007]]}},
      {"type":"Feature","properties":{"code":"3708110103000003","kind":"路灯"},"geometry":{"type":"Point","coordinates":[0,0]}}]}"#;
    let sensors = r#"{"type":"Feature","properties":{"n":"S1","what":"积水监测","limit":"15"},"geometry":{"type":"Point","coordinates":[116.501,35.4005]}}"#;
    let lake = r#"{"type":"Polygon","coordinates":[[[116.51,35.41],[116.512,35.41],[116.512,35.412],[116.51,35.41]]]}"#;
    let dir = folder(&[
        ("wg.geojson", grid.as_bytes()),
        ("bj.geojson", parts.as_bytes()),
        ("cg.geojson", sensors.as_bytes()),
        ("hu.geojson", lake.as_bytes()),
        ("建筑.geojson", BUILDINGS.as_bytes()),
    ]);
    let mapping = r#"
[[layer]]
match = "wg"
kind = "grid"
id = "dm"
name = "mc"
inspector = "ry"
[[layer]]
match = "bj*"
kind = "component"
id = "code"
class = "kind"
[[layer]]
match = "cg"
kind = "sensor"
id = "n"
sensor_kind = "what"
alarm = "limit"
[[layer]]
match = "hu"
kind = "water"
default_name = "南阳湖"
[[layer]]
match = "{建筑,jianzhu}"
kind = "building"
height = "没有的"
floors = "用途"
floor_height = 4
default_height = 12
[[layer]]
match = "nothing*"
"#;
    let (city, report) = city(&dir, &options(mapping));
    let cell = &city.records.collections["unit_grid"][0];
    assert_eq!(cell.key.to_string(), "grid:370811001001001");
    assert_eq!(
        (cell.properties["name"].as_str(), cell.properties["inspector"].as_str()),
        (Some("第一网格"), Some("张三"))
    );
    assert!(cell.properties["area_m2"].as_f64().unwrap() > 1e4 && cell.properties["ry"] == "张三");
    let components = &city.records.collections["component"];
    let ids: Vec<_> = components.iter().map(|c| c.key.id.as_str()).collect();
    assert_eq!(ids, ["3708110103000001", "bj.2", "3708110103000001#2"], "{report}");
    assert_eq!(
        (&components[0].properties["name"], &components[0].properties["source.key"]),
        (&"井盖".into(), &"own".into())
    );
    assert!(components.iter().all(|c| c.properties["code"] == "3708110103000001"));
    let sensor = &city.records.collections["sensor"][0];
    assert_eq!((&sensor.properties["sensor_kind"], &sensor.properties["alarm"]), (&"water_depth".into(), &15.0.into()));
    assert!(matches!(sensor.geometry, RecordGeometry::Point(_)));
    assert_eq!((city.areas[0].name.as_str(), city.areas[0].key.kind), ("南阳湖", EntityKind::Water));
    assert_eq!(city.buildings[0].height_m, 12.0);
    let notes = report.layers.iter().flat_map(|l| &l.notes).cloned().collect::<Vec<_>>().join("\n");
    for part in [
        "`height` is mapped to `没有的`, which no feature has",
        "`floors` are not understood",
        "not unique",
        "usual height",
    ] {
        assert!(notes.contains(part), "{part}: {notes}");
    }
    assert!(report.unused == ["nothing*"] && report.left_out.iter().any(|l| l.reason.contains("0, 0")), "{report}");
}

#[test]
fn lines_sequences_and_archives_read_like_the_document() {
    let values: serde_json::Value = serde_json::from_str(BUILDINGS).unwrap();
    let features: Vec<String> = values["features"].as_array().unwrap().iter().map(ToString::to_string).collect();
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(BUILDINGS.as_bytes()).unwrap();
    let packed = packed.finish().unwrap();
    let whole = folder(&[("建筑.geojson", BUILDINGS.as_bytes())]);
    let expected = format!("{:?}", city(&whole, &VectorOptions::default()).0.buildings);
    let sequence: String = features.iter().map(|f| format!("\u{1e}{f}\n")).collect();
    let pretty: String = values["features"].as_array().unwrap().iter().map(|f| format!("\u{1e}{f:#}\n")).collect();
    for (name, bytes) in [
        ("建筑.geojsonl", features.join("\n").into_bytes()),
        ("建筑.geojsons", sequence.into_bytes()),
        ("建筑.jsonl", features.join("\r\n\r\n").into_bytes()),
        ("建筑.geojsonseq", pretty.into_bytes()),
        ("建筑.geojson.gz", packed.clone()),
        ("建筑.json", format!("\u{feff}{BUILDINGS}").into_bytes()),
    ] {
        let dir = folder(&[(name, &bytes)]);
        assert_eq!(format!("{:?}", city(&dir, &VectorOptions::default()).0.buildings), expected, "{name}");
    }
    // A line that is no JSON is one object that is reported; a file that ends within a line is cut off.
    let broken = format!("{}\n{{oops}}\n{}\n", features[0], features[1]);
    let (_, report) = city(&folder(&[("建筑.geojsonl", broken.as_bytes())]), &VectorOptions::default());
    assert_eq!((report.layers[0].features, report.left_out[0].feature), (3, 2));
    let cut = features[..2].join("\n");
    let error = refusal(&folder(&[("建筑.geojsonl", &cut.as_bytes()[..cut.len() - 9])]), &VectorOptions::default());
    assert!(error.contains("line 2") && error.contains("cut off"), "{error}");
    let error = refusal(&folder(&[("建筑.geojson.gz", &packed[..packed.len() / 2])]), &VectorOptions::default());
    assert!(error.contains("archive is damaged or cut off"), "{error}");
}

#[test]
fn systems_are_the_standard_s_the_old_member_s_or_those_asked_for() {
    let moved = |convert: fn(f64, f64) -> (f64, f64)| {
        let mut value: serde_json::Value = serde_json::from_str(BUILDINGS).unwrap();
        fn walk(v: &mut serde_json::Value, convert: fn(f64, f64) -> (f64, f64)) {
            match v.as_array_mut() {
                Some(a) if a.first().is_some_and(serde_json::Value::is_number) => {
                    let (x, y) = convert(a[0].as_f64().unwrap(), a[1].as_f64().unwrap());
                    (a[0], a[1]) = (x.into(), y.into());
                }
                Some(a) => a.iter_mut().for_each(|v| walk(v, convert)),
                None => {}
            }
        }
        for f in value["features"].as_array_mut().unwrap() {
            walk(&mut f["geometry"]["coordinates"], convert);
        }
        value
    };
    let plain = city(&folder(&[("建筑.geojson", BUILDINGS.as_bytes())]), &VectorOptions::default()).0;
    let same = |other: &City, within: f64| {
        for (a, b) in plain.buildings.iter().zip(&other.buildings) {
            for (p, q) in a.footprint.iter().zip(&b.footprint) {
                assert!(metres(*p, *q) < within, "{p:?} {q:?}");
            }
        }
    };
    for (name, convert) in
        [("GCJ02", cim_geo::wgs84_to_gcj02 as fn(f64, f64) -> (f64, f64)), ("BD09", cim_geo::wgs84_to_bd09)]
    {
        let dir = folder(&[("建筑.geojson", moved(convert).to_string().as_bytes())]);
        let asked = VectorOptions { crs: Some(name.into()), ..VectorOptions::default() };
        let (found, report) = city(&dir, &asked);
        same(&found, 1.0);
        assert_eq!((report.layers[0].crs.as_str(), report.layers[0].crs_from.as_str()), (name, "--crs"));
        let mapped = format!("[[layer]]\nmatch = \"建筑\"\nkind = \"building\"\ncrs = \"{name}\"\nid=\"名称\"");
        same(&city(&dir, &options(&mapped)).0, 1.0);
    }
    let belt = |lon: f64, lat: f64| cim_geo::GaussKrueger::from_epsg(4548).unwrap().forward(lon, lat).unwrap();
    let mut projected = moved(belt);
    let error = refusal(&folder(&[("建筑.geojson", projected.to_string().as_bytes())]), &VectorOptions::default());
    assert!(error.contains("--crs") && error.contains("feature 1 is at"), "{error}");
    projected["crs"] = serde_json::json!({"type":"name","properties":{"name":"urn:ogc:def:crs:EPSG::4548"}});
    let dir = folder(&[("建筑.geojson", projected.to_string().as_bytes())]);
    let (found, report) = city(&dir, &VectorOptions::default());
    same(&found, 0.01);
    assert_eq!((report.layers[0].crs.as_str(), report.layers[0].crs_from.as_str()), ("EPSG:4548", "its `crs` member"));
    // A plane system that is asked for is meant for the other files: these numbers are degrees.
    let asked = VectorOptions { crs: Some("EPSG:4548".into()), ..VectorOptions::default() };
    same(&city(&folder(&[("建筑.geojson", BUILDINGS.as_bytes())]), &asked).0, 1e-6);
}

#[test]
fn what_lies_far_from_all_else_does_not_move_the_city() {
    let far = BUILDINGS.replace("[116.503,35.4]", "[16.503,35.4]").replace("[116.5032,35.4]", "[16.5032,35.4]");
    let far = far.replace("[116.5032,35.4002]", "[16.5032,35.4002]");
    let (found, report) = city(&folder(&[("建筑.geojson", far.as_bytes())]), &VectorOptions::default());
    assert!((found.origin.lon - 116.5).abs() < 0.01 && found.buildings.len() == 2, "{report}");
    // The other part of the feature stays.
    let last = report.left_out.last().unwrap();
    assert_eq!((last.key.id.as_str(), last.whole, report.layers[0].used), ("A2#2", false, 2));
    assert!(last.reason.contains("250 km"));
}

#[test]
fn what_is_no_geojson_is_named_with_its_place() {
    let reason = |bytes: &[u8]| refusal(&folder(&[("a.geojson", bytes)]), &VectorOptions::default());
    assert!(reason(b"").contains("cut off at line"));
    let cut = BUILDINGS.find("宿舍").unwrap();
    assert!(
        reason(&BUILDINGS.as_bytes()[..cut]).contains("cut off at line 5"),
        "{}",
        reason(&BUILDINGS.as_bytes()[..cut])
    );
    assert!(reason(b"{\"type\":\"Topology\"}").contains("TopoJSON"));
    assert!(reason(b"{\"type\":\"FeatureCollection\"}").contains("without `features`"));
    let (gbk, _, _) = encoding_rs::GBK.encode(BUILDINGS);
    assert!(reason(&gbk).contains("not UTF-8 from byte"), "{}", reason(&gbk));
    assert!(reason(b"{\"type\":\"FeatureCollection\",\"features\":[]}").contains("nothing in it can be placed"));
}

#[test]
fn components_that_are_street_lamps_are_seen_as_such() {
    let point = |name: &str, properties: &str| {
        format!(
            r#"{{"type":"Feature","geometry":{{"type":"Point","coordinates":[116.58,35.41]}},"properties":{{"n":"{name}",{properties}}}}}"#
        )
    };
    let all = [
        point("a", r#""code":"3708110118000001","kind":"照明""#),
        point("b", r#""code":"x","kind":"路灯","height_m":6.5,"heading_deg":90"#),
        point("c", r#""code":"3708110103000001","kind":"井盖""#),
    ];
    let lamps = format!(r#"{{"type":"FeatureCollection","features":[{}]}}"#, all.join(","));
    let dir = folder(&[("bj.geojson", lamps.as_bytes()), ("建筑.geojson", BUILDINGS.as_bytes())]);
    let mapping = "[[layer]]\nmatch = \"bj\"\nkind = \"component\"\nid = \"code\"\nclass = \"kind\"\n";
    let (city, report) = city(&dir, &options(mapping));
    let found: Vec<_> = city.lamps.iter().map(|l| (l.height_m, l.heading_deg)).collect();
    assert_eq!(found, [(9.0, None), (6.5, Some(90.0))], "{report}");
}
