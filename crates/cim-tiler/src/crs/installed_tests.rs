use super::*;
use crate::SourceCrs;
use cim_model::Place;
use std::path::PathBuf;

/// PROJ, where it is installed; says so where it is not.
fn proj() -> Option<Proj> {
    let proj = Proj::open(NAMES).and_then(|proj| Installed::parse("EPSG:4258").map(|_| proj));
    proj.map_err(|why| println!("skipped: {why}")).ok()
}

fn database(proj: &Proj) -> Option<PathBuf> {
    type Path = unsafe extern "C" fn(*mut c_void) -> *const c_char;
    // SAFETY: as proj.h has it; the text lives as long as the context.
    unsafe {
        let path = proj._library.get::<Path>(b"proj_context_get_database_path\0").ok()?;
        let context = (proj.context_create)();
        let found = path(context);
        let found = (!found.is_null()).then(|| CStr::from_ptr(found).to_string_lossy().into_owned().into());
        (proj.context_destroy)(context);
        found
    }
}

#[test]
fn without_proj_a_person_is_told_what_to_install() {
    let why = Proj::open(&["libproj-of-nowhere.so"]).err().unwrap();
    assert!(why.contains("not installed") && why.contains("libproj25"), "{why}");
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    {
        let why = Proj::open(&["libc.so.6"]).err().unwrap();
        assert!(why.contains("older here than 6.2") && why.contains("proj_info"), "{why}");
    }
}

#[test]
fn what_is_not_built_in_is_where_proj_says() {
    if proj().is_none() {
        return;
    }
    let own = r#"PROJCS["a town of its own",GEOGCS["GCS_China_Geodetic_Coordinate_System_2000",DATUM["D_China_2000",
        SPHEROID["CGCS2000",6378137.0,298.257222101]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]],
        PROJECTION["Azimuthal_Equidistant"],PARAMETER["False_Easting",50000.0],PARAMETER["False_Northing",50000.0],
        PARAMETER["Central_Meridian",116.6],PARAMETER["Latitude_Of_Origin",35.4],UNIT["Meter",1.0]]"#;
    let json = r#"{"type": "ProjectedCRS", "name": "UTM 50N of CGCS2000", "base_crs": {"type": "GeographicCRS", "name": "CGCS2000",
        "datum": {"type": "GeodeticReferenceFrame", "name": "China 2000", "ellipsoid": {"name": "CGCS2000",
        "semi_major_axis": 6378137, "inverse_flattening": 298.257222101}},
        "coordinate_system": {"subtype": "ellipsoidal", "axis": [
            {"name": "Latitude", "abbreviation": "lat", "direction": "north", "unit": "degree"},
            {"name": "Longitude", "abbreviation": "lon", "direction": "east", "unit": "degree"}]}},
        "conversion": {"name": "UTM 50N", "method": {"name": "Transverse Mercator"}, "parameters": [
            {"name": "Latitude of natural origin", "value": 0, "unit": "degree"},
            {"name": "Longitude of natural origin", "value": 117, "unit": "degree"},
            {"name": "Scale factor at natural origin", "value": 0.9996, "unit": "unity"},
            {"name": "False easting", "value": 500000, "unit": "metre"},
            {"name": "False northing", "value": 0, "unit": "metre"}]},
        "coordinate_system": {"subtype": "Cartesian", "axis": [
            {"name": "Easting", "abbreviation": "E", "direction": "east", "unit": "metre"},
            {"name": "Northing", "abbreviation": "N", "direction": "north", "unit": "metre"}]}}"#;
    // Numbers of pyproj 3.7.2 with PROJ 9.5.1.
    for (text, name, lon, lat, x, y) in [
        // The grid of a Colombian town.
        ("EPSG:6244", "EPSG:6244", -70.75, 7.09, 1_036_181.457_6, 1_275_791.345_4),
        ("urn:ogc:def:crs:EPSG::6244", "EPSG:6244", -70.75, 7.09, 1_036_181.457_6, 1_275_791.345_4),
        ("ESRI:102025", "ESRI:102025", 116.6, 35.4, 1_786_955.653_6, 844_684.612_0),
        // Esri's code as files have it, as EPSG's.
        ("EPSG:102025", "ESRI:102025", 116.6, 35.4, 1_786_955.653_6, 844_684.612_0),
        ("IGNF:LAMB93", "IGNF:LAMB93", 2.35, 48.85, 652_301.564_8, 6_861_302.725_9),
        ("nad83 / utm zone 10n", "EPSG:26910", -122.4, 37.8, 552_821.383_0, 4_183_794.498_8),
        (own, "a town of its own", 116.7, 35.5, 59_072.942_2, 61_099.474_1),
        (json, "UTM 50N of CGCS2000", 116.7, 35.5, 472_792.029_3, 3_928_534.820_3),
    ] {
        let crs = SourceCrs::parse(text).unwrap();
        assert_eq!(crs.name, name);
        assert!(!crs.is_geographic() && crs.caution().is_some_and(|c| c.contains("PROJ")), "{crs:?}");
        let [east, north] = crs.coordinates(Place::new(lon, lat)).unwrap();
        assert!((east - x).abs() < 1e-3 && (north - y).abs() < 1e-3, "{name}: {east}, {north}");
        let back = crs.place(x, y).unwrap();
        assert!((back.lon - lon).abs() < 1e-8 && (back.lat - lat).abs() < 1e-8, "{name}: {back:?}");
    }
    // Read here, or handed to PROJ on purpose.
    for text in ["+proj=utm +zone=50 +ellps=GRS80", "proj:+proj=utm +zone=50 +ellps=GRS80"] {
        let crs = SourceCrs::parse(text).unwrap();
        assert_eq!(crs.caution().is_some(), text.starts_with("proj:"));
        let [east, north] = crs.coordinates(Place::new(116.7, 35.5)).unwrap();
        assert!((east - 472_792.029_3).abs() < 1e-3 && (north - 3_928_534.820_3).abs() < 1e-3, "{east}, {north}");
    }
    assert!(SourceCrs::parse("PROJ:EPSG:4258").unwrap().is_geographic());
}

#[test]
fn what_is_no_plane_and_what_is_nearly_a_name_is_refused() {
    if proj().is_none() {
        return;
    }
    for (text, why) in [
        ("EPSG:5773", "not a plane or geographic system"),
        ("EPSG:1", "there is no such code"),
        ("Beijing", "the nearest that PROJ knows is"),
        ("ESRI:999999", "does not know it"),
        ("+proj=utm +zone=99", "+zone=99"),
        // What is nearest to this is in Nigeria.
        ("N/A", "the nearest that PROJ knows is"),
        // PROJ would open these and wait for ever.
        ("+proj=longlat +ellps=clrk66 +nadgrids=/dev/stdin", "names files"),
        ("+init=/dev/stdin:x", "names files"),
        ("a\0b", "zero"),
    ] {
        let error = SourceCrs::parse(text).unwrap_err().to_string();
        assert!(error.contains(why), "{text}: {error}");
    }
}

#[test]
fn threads_do_not_wait_for_each_other() {
    if proj().is_none() {
        return;
    }
    let crs = SourceCrs::parse("ESRI:102025").unwrap();
    let [x, y] = crs.coordinates(Place::new(116.6, 35.4)).unwrap();
    std::thread::scope(|scope| {
        for k in 0..4 {
            let crs = &crs;
            scope.spawn(move || {
                for step in 0..500 {
                    let (east, north) = (f64::from(step), f64::from(k));
                    let place = crs.place(x + east, y + north).unwrap();
                    let [x1, y1] = crs.coordinates(place).unwrap();
                    assert!((x1 - x - east).abs() < 1e-4 && (y1 - y - north).abs() < 1e-4);
                }
            });
        }
    });
}

/// Every plane or geographic system of EPSG's in PROJ's own database that PROJ can compute, in the middle of where it is used.
#[test]
fn every_system_of_projs_database_is_read() {
    let Some(path) = proj().as_ref().and_then(database) else { return };
    let database = rusqlite::Connection::open_with_flags(path, rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
    let rows = database.prepare(
        "select c.code, (e.west_lon + e.east_lon) / 2, (e.south_lat + e.north_lat) / 2, max(e.code)
            from crs_view c
            join usage u on u.object_table_name = c.table_name and u.object_auth_name = c.auth_name
                and u.object_code = c.code
            join extent e on e.auth_name = u.extent_auth_name and e.code = u.extent_code
            where c.type in ('projected', 'geographic 2D') and c.auth_name = 'EPSG' and e.west_lon < e.east_lon
            group by c.code",
    );
    let Ok(mut rows) = rows else { return println!("skipped: this PROJ's database is another") };
    let rows = rows.query_map([], |row| Ok((row.get::<_, u32>(0)?, row.get(1)?, row.get(2)?))).unwrap();
    let leads_back = |crs: &SourceCrs, at: Place, within: f64| {
        let back = crs.coordinates(at).and_then(|c| crs.place(c[0], c[1]));
        back.is_some_and(|p| (p.lon - at.lon).abs() < within && (p.lat - at.lat).abs() < within)
    };
    let (mut read, mut built_in, mut failed) = (0, 0, Vec::new());
    for row in rows {
        let (code, lon, lat): (u32, f64, f64) = row.unwrap();
        let (name, at) = (format!("EPSG:{code}"), Place::new(lon, lat));
        let crs = SourceCrs::parse(&name);
        // Shifts by turns of some seconds lead back within a metre.
        if crs.as_ref().is_ok_and(|crs| leads_back(crs, at, 1e-5)) {
            read += 1;
            built_in += usize::from(SourceCrs::built_in(&name).is_ok());
        } else if SourceCrs::parse(&format!("PROJ:{name}")).is_ok_and(|by_proj| leads_back(&by_proj, at, 1e-6)) {
            failed.push(crs.map_or_else(|e| e.to_string(), |_| name));
        }
    }
    println!("{read} systems, {built_in} of them built in");
    assert!(failed.is_empty(), "{} of {read}: {failed:#?}", failed.len());
    assert!(built_in > 5500 && read > built_in, "{built_in} of {read}");
}
