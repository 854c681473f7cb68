use super::*;
use ::shapefile::{
    Multipatch, Multipoint, NO_DATA, Patch, Point, PointZ, Polygon, PolygonRing, PolygonZ, Polyline, ShapeWriter,
    Writer, dbase::TableWriterBuilder, record::EsriShape,
};
use dbase::{FieldName, FieldValue, Record, encoding::EncodingRs};

const ESRI_4548: &str = r#"PROJCS["CGCS2000_3_Degree_GK_CM_117E",GEOGCS["GCS_China_Geodetic_Coordinate_System_2000",DATUM["D_China_2000",SPHEROID["CGCS2000",6378137.0,298.257222101]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]],PROJECTION["Gauss_Kruger"],PARAMETER["False_Easting",500000.0],PARAMETER["False_Northing",0.0],PARAMETER["Central_Meridian",117.0],PARAMETER["Scale_Factor",1.0],PARAMETER["Latitude_Of_Origin",0.0],UNIT["Meter",1.0]]"#;

fn square(x: f64, y: f64, edge: f64) -> Vec<Point> {
    [(0., 0.), (0., 1.), (1., 1.), (1., 0.)].map(|(i, j)| Point::new(x + i * edge, y + j * edge)).to_vec()
}

/// A courtyard, and two parts; in the belt of Jining.
pub(super) fn buildings() -> Vec<Polygon> {
    let (x, y) = (462_000.0, 3_920_000.0);
    vec![
        Polygon::with_rings(vec![
            PolygonRing::Outer(square(x, y, 40.0)),
            PolygonRing::Inner(square(x + 10.0, y + 10.0, 10.0)),
        ]),
        Polygon::with_rings(vec![
            PolygonRing::Outer(square(x + 100.0, y, 20.0)),
            PolygonRing::Outer(square(x + 130.0, y, 20.0)),
        ]),
    ]
}

/// A shapefile with a table of names, numbers, dates and booleans in an encoding.
pub(super) fn write(path: &Path, shapes: &[impl EsriShape], encoding: &'static encoding_rs::Encoding) {
    let field = |name: &str| FieldName::try_from(name).unwrap();
    let table = TableWriterBuilder::with_encoding(EncodingRs::from(encoding))
        .add_character_field(field("NAME"), 40)
        .add_numeric_field(field("FLOORS"), 4, 0)
        .add_numeric_field(field("HEIGHT"), 10, 2)
        .add_logical_field(field("CHECKED"))
        .add_date_field(field("BUILT"));
    let mut writer = Writer::from_path(path, table).unwrap();
    for (i, shape) in shapes.iter().enumerate() {
        let mut record = Record::default();
        let name = if i == 0 { "济宁市行政服务中心" } else { "太白楼" };
        record.insert("NAME".into(), FieldValue::Character(Some(name.into())));
        record.insert("FLOORS".into(), FieldValue::Numeric(Some(6.0 + i as f64)));
        record.insert("HEIGHT".into(), FieldValue::Numeric((i == 0).then_some(21.5)));
        record.insert("CHECKED".into(), FieldValue::Logical(Some(i == 0)));
        record.insert("BUILT".into(), FieldValue::Date(dbase::Date::new(1, 5, 2008).ok()));
        writer.write_shape_and_record(shape, &record).unwrap();
    }
}

/// A table with names of fields in any encoding, which the crate that writes tables does not do.
fn table(encoding: &'static encoding_rs::Encoding, driver: u8, fields: &[(&str, u8, u8)], rows: &[&[&str]]) -> Vec<u8> {
    let encode = |t: &str, n: usize| {
        let mut bytes = encoding.encode(t).0.into_owned();
        bytes.resize(n, b' ');
        bytes
    };
    let row = 1 + fields.iter().map(|f| usize::from(f.2)).sum::<usize>();
    let mut out = vec![3, 124, 1, 1];
    out.extend((rows.len() as u32).to_le_bytes());
    out.extend((32 * (fields.len() as u16 + 1) + 1).to_le_bytes());
    out.extend((row as u16).to_le_bytes());
    out.extend([0; 20]);
    out[29] = driver;
    for (name, kind, len) in fields {
        let mut field = encoding.encode(name).0.into_owned();
        field.resize(11, 0);
        field.extend([*kind, 0, 0, 0, 0, *len, 0]);
        field.resize(32, 0);
        out.extend(field);
    }
    out.push(0x0d);
    for row in rows {
        let (mark, cells) = if row[0] == "*" { (b'*', &row[1..]) } else { (b' ', *row) };
        out.push(mark);
        fields.iter().zip(cells).for_each(|(f, cell)| out.extend(encode(cell, f.2.into())));
    }
    out.push(0x1a);
    out
}

fn shapes(shapes: &[impl EsriShape]) -> Vec<u8> {
    let mut out = std::io::Cursor::new(Vec::new());
    let mut writer = ShapeWriter::new(&mut out);
    shapes.iter().for_each(|s| writer.write_shape(s).unwrap());
    drop(writer);
    out.into_inner()
}

#[test]
fn tables_in_gbk_and_utf_8_read_the_same_with_and_without_a_cpg() {
    let mut found: Vec<String> = Vec::new();
    for (encoding, page) in [
        (encoding_rs::UTF_8, Some("UTF-8")),
        (encoding_rs::UTF_8, None),
        (encoding_rs::GBK, Some("CP936")),
        (encoding_rs::GBK, Some("GB2312")),
        (encoding_rs::GBK, None),
        // A wrong word in the .cpg, as it happens when files are copied about.
        (encoding_rs::GBK, Some("UTF-8")),
    ] {
        let dir = folder(&[("楼.prj", ESRI_4548.as_bytes())]);
        write(&dir.path().join("楼.shp"), &buildings(), encoding);
        if let Some(page) = page {
            fs::write(dir.path().join("楼.CPG"), format!("{page}\r\n")).unwrap();
        }
        let (city, report) = city(&dir, &VectorOptions::default());
        assert_eq!(city.buildings[0].name, "济宁市行政服务中心", "{report}");
        assert_eq!(report.layers[0].crs, "CGCS2000_3_Degree_GK_CM_117E");
        let lied = encoding == encoding_rs::GBK && page == Some("UTF-8");
        assert_eq!(report.layers[0].notes.iter().any(|n| n.contains("read as gb18030")), lied, "{report}");
        found.push(format!("{:?}", city.buildings));
    }
    found.dedup();
    assert_eq!(found.len(), 1);
}

#[test]
fn footprints_have_courtyards_parts_and_typed_attributes() {
    let dir = folder(&[("房屋.prj", ESRI_4548.as_bytes())]);
    write(&dir.path().join("房屋.shp"), &buildings(), encoding_rs::UTF_8);
    let (city, _) = city(&dir, &VectorOptions::default());
    let ids: Vec<_> = city.buildings.iter().map(|b| b.key.id.as_str()).collect();
    assert_eq!(ids, ["房屋.1", "房屋.2", "房屋.2#2"]);
    let b = &city.buildings[0];
    assert_eq!((b.height_m, b.floors, b.holes.len()), (21.5, 6, 1));
    // 7 floors of 3 m where the height is blank.
    assert_eq!((city.buildings[1].height_m, city.buildings[1].floors), (21.0, 7));
    assert_eq!(attribute(&b.attributes, "FLOORS"), Some(&Attribute::Integer(6)));
    assert_eq!(attribute(&b.attributes, "HEIGHT"), Some(&Attribute::Number(21.5)));
    assert_eq!(attribute(&b.attributes, "CHECKED"), Some(&Attribute::Bool(true)));
    assert_eq!(attribute(&b.attributes, "BUILT"), Some(&text("2008-05-01")));
    assert_eq!(attribute(&city.buildings[1].attributes, "HEIGHT"), None);
    let corner = cim_geo::GaussKrueger::from_epsg(4548).unwrap().inverse(462_000.0, 3_920_000.0).unwrap();
    let nearest = b.footprint.iter().map(|p| metres(*p, Place::new(corner.0, corner.1))).fold(f64::MAX, f64::min);
    assert!(nearest < 0.01, "{nearest}");
    let edges: f64 = (0..4).map(|i| metres(b.footprint[i], b.footprint[(i + 1) % 4])).sum();
    assert!((edges - 160.0).abs() < 0.5, "{edges}");
}

#[test]
fn chinese_fields_by_language_driver_and_rows_that_are_deleted_or_odd() {
    let fields = [("名称", b'C', 8), ("层数", b'N', 4), ("高度", b'N', 6), ("竣工日期", b'D', 8)];
    let rows: [&[&str]; 3] =
        [&["太白楼", "6", "****", "19520101"], &["*", "拆除楼", "3", "9.5", ""], &["", "六层", "12.5", "0000"]];
    let square = |i: usize| Polygon::new(PolygonRing::Outer(square(462_000.0 + 50.0 * i as f64, 3_920_000.0, 20.0)));
    let dir = folder(&[
        ("a.shp", &shapes(&[square(0), square(1), square(2), square(3)])),
        ("a.dbf", &table(encoding_rs::GBK, 0x4d, &fields, &rows)),
        ("a.prj", ESRI_4548.as_bytes()),
    ]);
    let (city, report) = city(&dir, &options("[[layer]]\nmatch = \"a\"\nkind = \"building\"\ndefault_height = 12\n"));
    let got: Vec<_> = city.buildings.iter().map(|b| (b.name.as_str(), b.height_m, b.floors)).collect();
    assert_eq!(got, [("太白楼", 18.0, 6), ("建筑", 12.5, 4), ("建筑", 12.0, 4)], "{report}");
    // A number that did not fit its cell is none; a word in its place is kept as a word.
    assert_eq!(attribute(&city.buildings[0].attributes, "高度"), None);
    assert_eq!(attribute(&city.buildings[1].attributes, "层数"), Some(&text("六层")));
    assert_eq!(report.left_out.len(), 1);
    assert!(report.left_out[0].reason.contains("deleted") && report.left_out[0].feature == 2);
    let shown = report.to_string();
    for part in ["4 shapes and its .dbf 3 rows", "`floors` are not understood, the first: `六层`"] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
}

#[test]
fn lines_points_and_heights_are_read_and_surfaces_in_space_reported() {
    let at = |i: f64| Point::new(462_000.0 + i, 3_920_000.0);
    let z = |p: Point| PointZ::new(p.x, p.y, 35.0, NO_DATA);
    let dir = folder(&[]);
    let prj = |name: &str| fs::write(dir.path().join(format!("{name}.prj")), ESRI_4548).unwrap();
    write(
        &dir.path().join("道路.shp"),
        &[Polyline::with_parts(vec![vec![at(0.), at(90.)], vec![at(90.), at(200.)]])],
        encoding_rs::UTF_8,
    );
    write(&dir.path().join("部件.shp"), &[z(at(3.)), z(at(4.))], encoding_rs::UTF_8);
    write(&dir.path().join("摄像头.shp"), &[Multipoint::new(vec![at(5.), at(6.)])], encoding_rs::UTF_8);
    let ring = square(462_000.0, 3_920_100.0, 30.0).into_iter().map(z).collect();
    write(&dir.path().join("绿地.shp"), &[PolygonZ::new(PolygonRing::Outer(ring))], encoding_rs::UTF_8);
    let patch = Multipatch::new(Patch::OuterRing(square(462_000.0, 3_920_100.0, 30.0).into_iter().map(z).collect()));
    write(&dir.path().join("模型.shp"), &[patch], encoding_rs::UTF_8);
    ["道路", "部件", "摄像头", "绿地", "模型"].iter().for_each(|n| prj(n));
    let (city, report) = city(&dir, &VectorOptions::default());
    assert_eq!((city.roads.len(), city.areas.len(), city.network.edges.len()), (2, 1, 2), "{report}");
    assert_eq!(city.records.collections["component"].len(), 2);
    let cameras: Vec<_> = city.records.collections["camera"].iter().map(|c| c.key.to_string()).collect();
    assert_eq!(cameras, ["camera:摄像头.1", "camera:摄像头.1#2"]);
    assert!(report.left_out.len() == 1 && report.left_out[0].reason.contains("multipatch"), "{report}");
}

#[test]
fn rings_belong_together_by_their_turn_or_by_where_they_are() {
    let ring = |x: f64, edge: f64, clockwise: bool| {
        let mut ring: Vec<[f64; 2]> = square(x, x, edge).into_iter().map(|p| [p.x, p.y]).collect();
        if !clockwise {
            ring.reverse();
        }
        ring
    };
    let counts =
        |rings: Vec<Vec<[f64; 2]>>| super::super::shp::polygons(rings).iter().map(Vec::len).collect::<Vec<_>>();
    // An island in the lake on an island, holes before their outlines.
    let nested = |c: bool| vec![ring(2., 6., !c), ring(0., 10., c), ring(3., 4., c), ring(20., 5., c)];
    assert_eq!(counts(nested(true)), [2, 1, 1]);
    // All drawn counter-clockwise: the nesting decides.
    assert_eq!(counts(vec![ring(2., 6., false), ring(0., 10., false), ring(3., 4., false)]), [2, 1]);
    // A hole in nothing is an outline.
    assert_eq!(counts(vec![ring(0., 10., true), ring(30., 5., false)]), [1, 1]);
}

#[test]
fn what_is_missing_or_broken_is_named() {
    type Spoil = fn(Vec<u8>) -> Option<Vec<u8>>;
    let whole = || {
        let dir = folder(&[("a.prj", ESRI_4548.as_bytes())]);
        write(&dir.path().join("a.shp"), &buildings(), encoding_rs::UTF_8);
        dir
    };
    let spoiled = |name: &str, spoil: Spoil| {
        let dir = whole();
        let path = dir.path().join(name);
        let bytes = fs::read(&path).unwrap();
        match spoil(bytes) {
            Some(bytes) => fs::write(&path, bytes).unwrap(),
            None => fs::remove_file(&path).unwrap(),
        }
        refusal(&dir, &VectorOptions::default())
    };
    let cases: [(&str, Spoil, &str); 8] = [
        ("a.dbf", |_| None, "its .dbf, which holds the attributes, is not beside it"),
        ("a.prj", |_| None, "does not say its coordinate system"),
        ("a.shp", |b| Some(b[..b.len() - 20].to_vec()), "cut off in record 2"),
        ("a.shp", |b| Some(b[..50].to_vec()), "begins with 100 bytes"),
        (
            "a.shp",
            |mut b| {
                b[28] = 0xe9;
                Some(b)
            },
            "version 1001 is unknown",
        ),
        ("a.dbf", |b| Some(b[..b.len() - 20].to_vec()), "a.dbf cannot be used as city data: it is cut off in row 2"),
        (
            "a.dbf",
            |mut b| {
                b[0] = 0x62;
                Some(b)
            },
            "version 0x62 is unknown",
        ),
        ("a.prj", |_| Some(b"GEOGCS[\"x\"".to_vec()), "its .prj"),
    ];
    for (name, spoil, expected) in cases {
        let found = spoiled(name, spoil);
        assert!(found.contains(expected), "{expected}: {found}");
    }
    // A system that is asked for stands in for the .prj.
    let dir = whole();
    fs::remove_file(dir.path().join("a.prj")).unwrap();
    let asked = VectorOptions { crs: Some("EPSG:4548".into()), ..VectorOptions::default() };
    assert_eq!(city(&dir, &asked).0.buildings.len(), 3);
    // Wrong numbers for the system: every object is named, and the whole refused.
    let asked = VectorOptions { crs: Some("WGS84".into()), ..VectorOptions::default() };
    assert!(refusal(&dir, &asked).contains("not of its layer's coordinate system"));
}
