use super::*;

#[test]
fn coordinates_lead_back_to_their_place() {
    for (crs, lon, lat) in [
        ("EPSG:4326", 8.5, 47.4),
        ("EPSG:2056", 8.5, 47.4),
        ("EPSG:28992", 4.3, 52.1),
        ("EPSG:25832", 11.5, 48.1),
        ("EPSG:4549", 116.6, 35.4),
        ("GCJ02", 116.6, 35.4),
    ] {
        let crs = SourceCrs::parse(crs).unwrap();
        let [x, y] = crs.coordinates(Place::new(lon, lat)).unwrap();
        let back = crs.place(x, y).unwrap();
        assert!((back.lon - lon).abs() < 1e-7 && (back.lat - lat).abs() < 1e-7, "{}: {back:?}", crs.name);
    }
}

#[test]
fn nad27_is_shifted_without_its_grids() {
    // PROJ with its grids has -100.0004156, 39.9999969.
    let (degrees, plane) = (SourceCrs::parse("EPSG:4267").unwrap(), SourceCrs::parse("EPSG:26714").unwrap());
    for (crs, x, y, lon) in [(&degrees, -100.0, 40.0, -100.000_415_6), (&plane, 500_000.0, 4_427_550.0, -99.000_4)] {
        let place = crs.place(x, y).unwrap();
        assert!((place.lon - lon).abs() < 5e-5 && (place.lat - 40.0).abs() < 5e-3, "{}: {place:?}", crs.name);
        assert!(crs.caution().is_some_and(|c| c.contains("NAD27")), "{}", crs.name);
    }
}

#[test]
fn names_of_all_kinds_are_understood() {
    for name in [
        "EPSG:7415",
        "urn:ogc:def:crs:EPSG::7415",
        "https://www.opengis.net/def/crs/EPSG/0/7415",
        "http://www.opengis.net/gml/srs/epsg.xml#7415",
    ] {
        assert_eq!(SourceCrs::parse(name).unwrap().name, "EPSG:7415");
    }
    assert_eq!(SourceCrs::parse("urn:ogc:def:crs,crs:EPSG::28992+EPSG::5709").unwrap().name, "EPSG:28992");
    for name in ["urn:ogc:def:crs,crs:EPSG:6.12:25832,crs:EPSG:6.12:5783", "urn:adv:crs:ETRS89_UTM32*DE_DHHN2016_NH"] {
        assert_eq!(SourceCrs::parse(name).unwrap().name, "EPSG:25832");
    }
    for name in ["OGC:CRS84", "urn:ogc:def:crs:OGC:1.3:CRS84", "http://www.opengis.net/def/crs/OGC/1.3/CRS84"] {
        assert_eq!(SourceCrs::parse(name).unwrap().name, "CRS84");
    }
    assert!(SourceCrs::parse("gcj02").unwrap().is_geographic());
    let error = SourceCrs::parse("EPSG:1").unwrap_err().to_string();
    assert!(error.contains("EPSG:1") && error.contains("no such code"), "{error}");
}

#[test]
fn angles_may_be_grads() {
    // By pyproj 3.7.2 with PROJ 9.5.1, within the 3 m that its shift and this one's differ by.
    let crs = SourceCrs::parse("EPSG:4807").unwrap();
    assert!(crs.is_geographic());
    let place = crs.place(0.014_993_1, 54.277_854_7).unwrap();
    assert!((place.lon - 2.35).abs() < 4e-5 && (place.lat - 48.85).abs() < 3e-5, "{place:?}");
    let [lon, lat] = crs.coordinates(place).unwrap();
    assert!((lon - 0.014_993_1).abs() < 1e-7 && (lat - 54.277_854_7).abs() < 1e-7, "{lon}, {lat}");
    // A definition of one's own in grads is not taken for one in degrees.
    let own = r#"GEOGCS["a town's grads",DATUM["its own",SPHEROID["Clarke 1880 (IGN)",6378249.2,293.466021293627],
        TOWGS84[-168,-60,320,0,0,0,0]],PRIMEM["Paris",2.33722917],UNIT["grad",0.01570796326794897]]"#;
    match SourceCrs::parse(own) {
        Ok(by_proj) => {
            let place = by_proj.place(0.014_993_1, 54.277_854_7).unwrap();
            assert!((place.lon - 2.35).abs() < 4e-5 && (place.lat - 48.85).abs() < 3e-5, "{place:?}");
        }
        Err(e) => assert!(e.to_string().contains("not in degrees"), "{e}"),
    }
}

#[test]
fn the_tower_of_the_onze_lieve_vrouwetoren_is_where_the_dutch_grid_says() {
    // The origin of the Dutch grid, by its definition (EPSG:28992): 155,000 m, 463,000 m is the tower in Amersfoort.
    let place = SourceCrs::parse("EPSG:28992").unwrap().place(155_000.0, 463_000.0).unwrap();
    assert!((place.lon - 5.387_206).abs() < 2e-5 && (place.lat - 52.155_172).abs() < 2e-5, "{place:?}");
}

#[test]
fn the_order_of_axes_is_seen_in_the_coordinates() {
    let order = |crs: &str, a: f64, b: f64, authority: bool| {
        SourceCrs::parse(crs).unwrap().axis_order(std::iter::once([a, b]), authority)
    };
    use AxisOrder::{EastFirst, NorthFirst};
    // A belt of CGCS2000, with and without the belt's number before the easting; the Dutch grid; UTM.
    for (crs, east, north) in [
        ("EPSG:4549", 412_345.6, 3_923_456.7),
        ("EPSG:4528", 40_412_345.6, 3_923_456.7),
        ("EPSG:25832", 691_000.0, 5_336_000.0),
    ] {
        for authority in [false, true] {
            assert_eq!(order(crs, east, north, authority), EastFirst, "{crs}");
            assert_eq!(order(crs, north, east, authority), NorthFirst, "{crs}");
        }
    }
    assert_eq!(order("EPSG:4490", 116.6, 35.4, true), EastFirst);
    assert_eq!(order("EPSG:4490", 35.4, 116.6, false), NorthFirst);
    assert_eq!(order("EPSG:4326", 52.1, 5.4, true), NorthFirst);
    assert_eq!(order("EPSG:4326", 5.4, 52.1, false), EastFirst);
}

#[test]
fn a_belt_of_china_agrees_with_our_own_projection() {
    let theirs = SourceCrs::parse("EPSG:4549").unwrap().place(412_345.6, 3_923_456.7).unwrap();
    let crs: Crs = "EPSG:4549".parse().unwrap();
    let ours = crs.to_wgs84(412_345.6, 3_923_456.7).unwrap();
    assert!((theirs.lon - ours.0).abs() < 1e-8 && (theirs.lat - ours.1).abs() < 1e-8);
}
