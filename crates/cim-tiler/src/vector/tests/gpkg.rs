use super::*;
use rusqlite::{Connection, params};

/// A GeoPackage's geometry of well-known binary; big-endian, with an envelope, or with heights.
fn blob(kind: u32, body: &[u8], envelope: bool) -> Vec<u8> {
    let mut out = b"GP\0".to_vec();
    out.push(if envelope { 0b0000_0011 } else { 1 });
    out.extend(4548i32.to_le_bytes());
    if envelope {
        out.extend([0; 32]);
    }
    out.push(1);
    out.extend(kind.to_le_bytes());
    out.extend(body);
    out
}

fn ring(corners: &[(f64, f64)], z: bool) -> Vec<u8> {
    let mut out = (corners.len() as u32).to_le_bytes().to_vec();
    for (x, y) in corners {
        out.extend((462_000.0 + x).to_le_bytes());
        out.extend((3_920_000.0 + y).to_le_bytes());
        if z {
            out.extend(35f64.to_le_bytes());
        }
    }
    out
}

fn polygon(z: bool) -> Vec<u8> {
    let mut out = 2u32.to_le_bytes().to_vec();
    out.extend(ring(&[(0., 0.), (40., 0.), (40., 40.), (0., 40.), (0., 0.)], z));
    out.extend(ring(&[(10., 10.), (20., 10.), (20., 20.), (10., 10.)], z));
    out
}

fn multi(parts: &[(u32, Vec<u8>)]) -> Vec<u8> {
    let mut out = (parts.len() as u32).to_le_bytes().to_vec();
    for (kind, body) in parts {
        out.push(1);
        out.extend(kind.to_le_bytes());
        out.extend(body);
    }
    out
}

pub(super) fn write(path: &Path) {
    let c = Connection::open(path).unwrap();
    c.execute_batch(
        "PRAGMA application_id = 0x47504B47; PRAGMA user_version = 10300;
         CREATE TABLE gpkg_spatial_ref_sys (srs_name TEXT, srs_id INTEGER PRIMARY KEY, organization TEXT,
            organization_coordsys_id INTEGER, definition TEXT, description TEXT);
         CREATE TABLE gpkg_contents (table_name TEXT PRIMARY KEY, data_type TEXT, identifier TEXT, srs_id INTEGER);
         CREATE TABLE gpkg_geometry_columns (table_name TEXT, column_name TEXT, geometry_type_name TEXT, srs_id INTEGER,
            z TINYINT, m TINYINT);
         INSERT INTO gpkg_spatial_ref_sys VALUES ('CGCS2000', 4548, 'EPSG', 4548, 'undefined', NULL);
         INSERT INTO gpkg_contents VALUES ('建筑', 'features', '建筑', 4548), ('道路', 'features', '道路', 4548),
            ('图', 'attributes', '图', NULL);
         INSERT INTO gpkg_geometry_columns VALUES ('建筑', 'geom', 'GEOMETRY', 4548, 2, 0),
            ('道路', 'the \"geom', 'LINESTRING', 4548, 0, 0);
         CREATE TABLE \"建筑\" (fid INTEGER PRIMARY KEY, geom BLOB, \"名称\" TEXT, \"层数\" INTEGER, \"高度\" REAL,
            \"在用\" BOOLEAN, photo BLOB);
         CREATE TABLE \"道路\" (fid INTEGER PRIMARY KEY, \"the \"\"geom\" BLOB, \"道路名称\" TEXT);",
    )
    .unwrap();
    let empty = {
        let mut b = blob(3, &0u32.to_le_bytes(), false);
        b[3] |= 0x10;
        b
    };
    let rows: [(Option<Vec<u8>>, &str); 6] = [
        (Some(blob(3, &polygon(false), true)), "行政楼"),
        (Some(blob(1003, &polygon(true), false)), "高程楼"),
        (Some(blob(6, &multi(&[(3, polygon(false)), (0x8000_0003, polygon(true))]), false)), "双楼"),
        (None, "无"),
        (Some(empty), "空"),
        (Some(blob(10, &[0; 8], false)), "弧"),
    ];
    for (geometry, name) in rows {
        let sql = "INSERT INTO \"建筑\" (geom, \"名称\", \"层数\", \"高度\", \"在用\", photo) VALUES (?1, ?2, 6, 21.5, 1, x'ff')";
        c.execute(sql, params![geometry, name]).unwrap();
    }
    let line = blob(2, &ring(&[(0., -10.), (100., -10.)], false), false);
    c.execute("INSERT INTO \"道路\" VALUES (7, ?1, '任城大道')", [line]).unwrap();
}

#[test]
fn tables_are_layers_with_typed_columns_and_geometry_of_all_writers() {
    let dir = folder(&[]);
    write(&dir.path().join("city.gpkg"));
    let (city, report) = city(&dir, &VectorOptions::default());
    let ids: Vec<_> = city.buildings.iter().map(|b| b.key.id.as_str()).collect();
    assert_eq!(ids, ["1", "2", "3", "3#2"], "{report}");
    let b = &city.buildings[0];
    assert_eq!((b.name.as_str(), b.floors, b.height_m, b.holes.len()), ("行政楼", 6, 21.5, 1));
    assert_eq!(attribute(&b.attributes, "在用"), Some(&Attribute::Bool(true)));
    assert_eq!(attribute(&b.attributes, "fid"), Some(&Attribute::Integer(1)));
    assert_eq!((city.roads[0].key.id.as_str(), city.roads[0].name.as_str()), ("7", "任城大道"));
    let reasons: Vec<_> = report.left_out.iter().map(|l| (l.feature, l.reason)).collect();
    assert_eq!(reasons.len(), 3);
    assert!(reasons[0].1 == "it has no geometry" && reasons[1].1 == reasons[0].1 && reasons[2].1.contains("arcs"));
    assert_eq!(report.layers[0].crs, "EPSG:4548");
    let corner = cim_geo::GaussKrueger::from_epsg(4548).unwrap().inverse(462_000.0, 3_920_000.0).unwrap();
    assert!(metres(b.footprint[0], Place::new(corner.0, corner.1)) < 0.01);
}

#[test]
fn what_is_no_geopackage_is_named() {
    let dir =
        folder(&[("a.gpkg", b"not a database at all, but long enough to be read as the header of one, is it not")]);
    assert!(refusal(&dir, &VectorOptions::default()).contains("no SQLite file"));
    let dir = folder(&[]);
    Connection::open(dir.path().join("a.gpkg")).unwrap().execute_batch("CREATE TABLE t (x)").unwrap();
    assert!(refusal(&dir, &VectorOptions::default()).contains("no table gpkg_contents"));
    let dir = folder(&[("a.gpkg.gz", b"x")]);
    assert!(refusal(&dir, &VectorOptions::default()).contains("unpack it first"));
    let dir = folder(&[]);
    let path = dir.path().join("a.gpkg");
    write(&path);
    let c = Connection::open(&path).unwrap();
    c.execute_batch("UPDATE gpkg_geometry_columns SET srs_id = -1").unwrap();
    drop(c);
    assert!(refusal(&dir, &VectorOptions::default()).contains("does not say its coordinate system"));
    let bytes = fs::read(&path).unwrap();
    fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
    let error = refusal(&dir, &VectorOptions::default());
    assert!(error.contains("damaged or cut off"), "{error}");
}

#[test]
fn a_column_whose_name_is_not_utf_8_is_read_all_the_same() {
    let dir = folder(&[]);
    let path = dir.path().join("a.gpkg");
    write(&path);
    let mut bytes = fs::read(&path).unwrap();
    // Every place where the column is named: in the statement that made the table.
    let name = "\"层数\"".as_bytes();
    let places: Vec<usize> = (0..bytes.len() - name.len()).filter(|i| bytes[*i..].starts_with(name)).collect();
    assert!(!places.is_empty());
    places.iter().for_each(|i| bytes[i + 1] = 0xff);
    fs::write(&path, bytes).unwrap();
    let (city, _) = make_city(&[path], &VectorOptions::default(), &mut Silent).unwrap();
    let odd = |b: &crate::city::Building| b.attributes.iter().any(|(name, _)| name.contains('\u{fffd}'));
    assert!(city.buildings.iter().any(odd), "{:?}", city.buildings);
}
