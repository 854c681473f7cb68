use super::*;
use glam::DVec3;
use std::collections::BTreeMap;
use tiles3d::write::{FeatureColumns, GlbWriter, WritePrimitive};

/// A sign that shows where it looks: a triangle that stands on its origin and whose tip is 4 m high and 2 m ahead (y).
fn pointer(color: [u8; 4]) -> Vec<u8> {
    let p = WritePrimitive {
        material: "sign".into(),
        base_color: [0.5, 1.0, 1.0, 1.0],
        roughness: 1.0,
        positions: vec![[-0.5, 0.0, 0.0], [0.5, 0.0, 0.0], [0.0, 2.0, 4.0]],
        normals: vec![[0.0, -1.0, 0.0]; 3],
        colors: vec![color; 3],
        indices: vec![0, 1, 2],
        ..WritePrimitive::default()
    };
    GlbWriter::write(&[p], &FeatureColumns { count: 0, columns: BTreeMap::new() }, DVec3::ZERO).unwrap()
}

const TABLE: &str = "id,model,lon,lat,height,heading_deg,scale,name,编码,note\r\n\
    a,pointer.glb,116.58,35.41,0,0,1,\"灯, 一号\",0370811,\r\n\
    b,sub\\pointer.glb,116.5801,35.4101,2.5,90,2,,0370812,\"he said \"\"no\"\"\"\r\n\
    \r\n\
    c,nowhere.glb,116.58,35.41,,,,,,\r\n\
    d,broken.glb,116.58,35.41,,,,,,\r\n\
    e,pointer.glb,,35.41,,,,,,\r\n\
    f,../pointer.glb,116.58,35.41,,,,,,\r\n\
    g,pointer.glb,116.58,35.41,,,0,,,\r\n\
    h,pointer.glb,116.5802,35.4102,high,north,,,,\r\n\
    i,pointer.glb,116.58,35.41,,,,,,,,\r\n\
    j,,116.58,35.41,,,,,,\r\n\
    k,pointer.glb,0,0,,,,,,\r\n\
    l,broken.glb,116.58,95,,,,,,\r\n";

fn models(table: &[u8]) -> TempDir {
    let (near, far) = (pointer([255, 0, 128, 255]), pointer([0, 0, 255, 255]));
    let cut = &near[..near.len() - 20];
    let dir = folder(&[("models.csv", table), ("pointer.glb", &near), ("broken.glb", cut)]);
    fs::create_dir(dir.path().join("sub")).unwrap();
    fs::write(dir.path().join("sub/pointer.glb"), far).unwrap();
    dir
}

#[test]
fn models_stand_where_a_table_says_and_every_other_row_is_named() {
    let dir = models(TABLE.as_bytes());
    let (city, report) = city(&dir, &VectorOptions::default());
    let [a, b, h] = &city.placed[..] else { panic!("{report}") };
    assert_eq!((a.key.to_string().as_str(), a.name.as_str()), ("component:a", "灯, 一号"));
    assert_eq!((b.above_m, b.heading_deg, b.scale, b.name.as_str()), (2.5, 90.0, 2.0, "模型"));
    assert_eq!(b.place, Place::new(116.5801, 35.4101));
    assert_eq!((h.above_m, h.heading_deg, h.scale), (0.0, 0.0, 1.0));
    // The material's colour times the vertex's.
    assert_eq!((a.shape.colors[0], b.shape.colors[0]), ([128, 0, 128, 255], [0, 0, 255, 255]));
    assert!(std::sync::Arc::ptr_eq(&a.shape, &h.shape), "a file is read twice");
    assert_eq!(attribute(&a.attributes, "编码"), Some(&text("0370811")));
    assert_eq!(attribute(&b.attributes, "note"), Some(&text("he said \"no\"")));
    assert_eq!(attribute(&a.attributes, "note"), None);
    // Files that rows name are read; nobody names that one.
    fs::write(dir.path().join("spare.glb"), b"glTF").unwrap();
    let (_, again) = super::city(&dir, &VectorOptions::default());
    assert_eq!(again.unread, [dir.path().join("spare.glb")]);
    let left: Vec<(usize, &str, &str)> =
        report.left_out.iter().map(|l| (l.feature, l.key.id.as_str(), l.reason)).collect();
    let expected = [
        (3, "c", "is not there"),
        (4, "d", "no usable glTF"),
        (5, "e", "has no place"),
        (6, "f", "below the table's folder"),
        (7, "g", "scale"),
        (9, "i", "more cells"),
        (10, "j", "names no model"),
        (11, "k", "nobody knows"),
        (12, "l", "coordinate system"),
    ];
    assert_eq!(left.len(), expected.len(), "{left:?}");
    for (found, wanted) in left.iter().zip(expected) {
        assert!((found.0, found.1) == (wanted.0, wanted.1) && found.2.contains(wanted.2), "{found:?} {wanted:?}");
    }
    let shown = report.to_string();
    for part in
        ["WGS84 by its columns of longitude", "`broken.glb`: ", "`height` are not understood, the first: `high`"]
    {
        assert!(shown.contains(part), "{part}: {shown}");
    }
}

#[test]
fn models_in_tiles_are_turned_scaled_and_features_with_all_attributes() {
    let dir = models(TABLE.as_bytes());
    let out = dir.path().join("city");
    let options = VectorOptions::default();
    let (summary, _) = tile_vector(&[dir.path().join("models.csv")], &out, &options, &mut Silent).unwrap();
    assert_eq!((summary.models, summary.buildings), (3, 0));
    let url = url::Url::from_file_path(out.join("tiles/tileset.json")).unwrap();
    let report = tiles3d::inspect::inspect(&url, &Default::default(), &mut |url| {
        fs::read(url.to_file_path().unwrap()).map_err(|e| e.to_string())
    });
    assert_eq!(report.defects.len(), 0, "{report}");
    let (set, _) = tiles3d::Tileset::parse(&fs::read(out.join("tiles/tileset.json")).unwrap(), &url).unwrap();
    let mut tips = BTreeMap::new();
    for tile in set.tiles() {
        for content in tile.contents.iter().filter(|c| c.path().ends_with("/f.glb")) {
            let bytes = fs::read(content.to_file_path().unwrap()).unwrap();
            let decoded = tiles3d::decode_content(&bytes, &Default::default(), &mut |_| Err(String::new())).unwrap();
            let tiles3d::Content::Models(models) = decoded else { panic!("not a model") };
            let model = &models[0];
            for p in &model.primitives {
                for (at, feature) in p.positions.iter().zip(&p.feature_ids) {
                    let at = tile.transform.transform_point3(model.origin + glam::Vec3::from_array(*at).as_dvec3());
                    let key = model.features.get(*feature, "key").unwrap().to_string();
                    let place = cim_geo::Geodetic::from_ecef(at);
                    let tip = tips.entry(key).or_insert(place);
                    if place.height_m > tip.height_m {
                        *tip = place;
                    }
                }
            }
            let said: Vec<String> = (0..model.features.count())
                .filter_map(|f| model.features.get(f, "heading_deg"))
                .map(|v| v.to_string())
                .collect();
            assert_eq!(said, ["0", "90", "north"]);
        }
    }
    // Ahead is north, then east and twice as far; heights are above the ground. Tiles have steps of millimetres.
    let expect = |key: &str, lon: f64, lat: f64, east: f64, north: f64, up: f64| {
        let tip = tips[key];
        let foot = Place::new(lon + east / (111_320.0 * lat.to_radians().cos()), lat + north / 110_950.0);
        assert!(metres(Place::new(tip.lon_deg, tip.lat_deg), foot) < 0.05, "{key}: {tip:?}");
        assert!((tip.height_m - up).abs() < 0.05, "{key}: {tip:?}");
    };
    expect("component:a", 116.58, 35.41, 0.0, 2.0, 4.0);
    expect("component:b", 116.5801, 35.4101, 4.0, 0.0, 10.5);
    // The same files give the same bytes.
    let again = dir.path().join("again");
    tile_vector(&[dir.path().join("models.csv")], &again, &options, &mut Silent).unwrap();
    assert_eq!(fs::read(out.join("tiles/f.glb")).unwrap(), fs::read(again.join("tiles/f.glb")).unwrap());
}

#[test]
fn tables_may_be_in_a_plane_system_in_other_encodings_and_with_other_separators() {
    let table = "编号;模型;东坐标;北坐标;朝向\n1;pointer.glb;412345.6;3923456.7;180\n";
    let bytes = encoding_rs::GB18030.encode(table).0.into_owned();
    let dir = models(&bytes);
    let error = refusal(&dir, &VectorOptions::default());
    assert!(error.contains("--crs"), "{error}");
    let options = VectorOptions { crs: Some("EPSG:4549".into()), ..VectorOptions::default() };
    let (city, report) = city(&dir, &options);
    assert_eq!(city.placed.len(), 1, "{report}");
    assert_eq!((city.placed[0].key.id.as_str(), city.placed[0].heading_deg), ("1", 180.0));
    assert!(report.to_string().contains("read as GB18030"));
    let place = crate::SourceCrs::parse("EPSG:4549").unwrap().place(412_345.6, 3_923_456.7).unwrap();
    assert!(metres(place, city.placed[0].place) < 0.001);
}

#[test]
fn tables_without_model_files_are_points_like_any_others() {
    let table = "id\tlng\tlat\tmodel\n1\t116.58\t35.41\tDS-2CD\n2\t116.59\t35.42\tX1\n";
    let dir = folder(&[("摄像头.tsv", table.as_bytes()), ("prices.csv", b"thing,price\nlamp,3\n")]);
    let (city, report) = city(&dir, &VectorOptions::default());
    assert_eq!(city.records.collections["camera"].len(), 2, "{report}");
    assert_eq!(report.unread, [dir.path().join("prices.csv")]);
    assert_eq!(city.records.collections["camera"][0].properties["model"], "DS-2CD");
    let alone = dir.path().join("prices.csv");
    let error = make_city(&[alone], &VectorOptions::default(), &mut Silent).unwrap_err().to_string();
    assert!(error.contains("`lon` and `lat`") && error.contains("thing, price"), "{error}");
}

proptest::proptest! {
    #[test]
    fn any_table_is_read_or_refused(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..300)) {
        let mut table = b"model,lon,lat\npointer.glb,116,35\n".to_vec();
        table.extend(bytes);
        let layer = crate::vector::csv::read(&table, "t", Path::new("t.csv"), None).unwrap();
        proptest::prop_assert!(!layer.features.is_empty());
    }

    #[test]
    fn a_damaged_model_is_placed_or_named(at in proptest::num::u32::ANY, byte in proptest::num::u8::ANY, cut: bool) {
        let mut glb = pointer([9; 4]);
        let at = at as usize % glb.len();
        glb[at] = byte;
        if cut {
            glb.truncate(at);
        }
        let dir = folder(&[("m.csv", b"model,lon,lat\nm.glb,116,35\npointer.glb,116,35\n"), ("m.glb", &glb)]);
        fs::write(dir.path().join("pointer.glb"), pointer([9; 4])).unwrap();
        let (city, report) = super::city(&dir, &VectorOptions::default());
        proptest::prop_assert!(city.placed.len() + report.left_out.len() == 2);
    }
}
