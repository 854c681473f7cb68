use super::*;
use flatgeobuf::{ColumnType, FgbCrs, FgbWriter, FgbWriterOptions, GeometryType};
use geo::{Geometry, polygon, wkt};
use geozero::{ColumnValue, CoordDimensions, GeomProcessor, GeozeroGeometry, PropertyProcessor};

fn crs(code: i32, wkt: Option<&'static str>) -> FgbCrs<'static> {
    FgbCrs { code, wkt, ..FgbCrs::default() }
}

/// A FlatGeobuf with a name and numbers for each geometry.
pub(super) fn write(geometries: &[impl GeozeroGeometry], index: bool, crs: FgbCrs<'_>, has_z: bool) -> Vec<u8> {
    let options = FgbWriterOptions {
        write_index: index,
        detect_type: false,
        promote_to_multi: false,
        crs,
        has_z,
        ..FgbWriterOptions::default()
    };
    let mut fgb = FgbWriter::create_with_options("", GeometryType::Unknown, options).unwrap();
    for (name, kind) in [
        ("名称", ColumnType::String),
        ("层数", ColumnType::Int),
        ("高度", ColumnType::Float),
        ("在用", ColumnType::Bool),
        ("code", ColumnType::ULong),
    ] {
        fgb.add_column(name, kind, |_, _| {});
    }
    for (i, g) in geometries.iter().enumerate() {
        fgb.add_feature_geom(WithRef(g), |f| {
            f.property(0, "名称", &ColumnValue::String(&format!("楼{i}"))).unwrap();
            f.property(1, "层数", &ColumnValue::Int(5 + i as i32)).unwrap();
            f.property(2, "高度", &ColumnValue::Float(18.6)).unwrap();
            f.property(3, "在用", &ColumnValue::Bool(true)).unwrap();
            f.property(4, "code", &ColumnValue::ULong(u64::MAX - i as u64)).unwrap();
        })
        .unwrap();
    }
    let mut out = Vec::new();
    fgb.write(&mut out).unwrap();
    out
}

struct WithRef<'a, G>(&'a G);

impl<G: GeozeroGeometry> GeozeroGeometry for WithRef<'_, G> {
    fn process_geom<P: GeomProcessor>(&self, p: &mut P) -> geozero::error::Result<()> {
        self.0.process_geom(p)
    }
}

/// A triangle with heights.
struct Heights;

impl GeozeroGeometry for Heights {
    fn process_geom<P: GeomProcessor>(&self, p: &mut P) -> geozero::error::Result<()> {
        p.polygon_begin(true, 1, 0)?;
        p.linestring_begin(false, 4, 0)?;
        for (i, (x, y)) in [(116.5, 35.4), (116.501, 35.4), (116.501, 35.401), (116.5, 35.4)].into_iter().enumerate() {
            p.coordinate(x, y, Some(35.0), None, None, None, i)?;
        }
        p.linestring_end(false, 0)?;
        p.polygon_end(true, 0)
    }

    fn dims(&self) -> CoordDimensions {
        CoordDimensions::xyz()
    }
}

pub(super) fn geometries() -> Vec<Geometry> {
    vec![
        polygon!(exterior: [(x: 116.5, y: 35.4), (x: 116.501, y: 35.4), (x: 116.501, y: 35.401), (x: 116.5, y: 35.401)],
            interiors: [[(x: 116.5004, y: 35.4004), (x: 116.5006, y: 35.4004), (x: 116.5006, y: 35.4006)]])
        .into(),
        wkt!(MULTIPOLYGON(((116.502 35.4, 116.5022 35.4, 116.5022 35.4002, 116.502 35.4)),
            ((116.503 35.4, 116.5032 35.4, 116.5032 35.4002, 116.503 35.4))))
        .into(),
        wkt!(LINESTRING(116.5 35.399, 116.502 35.399)).into(),
        wkt!(MULTILINESTRING((116.502 35.399, 116.504 35.399), (116.504 35.399, 116.506 35.399))).into(),
        wkt!(POINT(116.5001 35.4002)).into(),
        wkt!(MULTIPOINT(116.5001 35.4003, 116.5001 35.4004)).into(),
    ]
}

#[test]
fn geometries_of_all_kinds_and_typed_attributes_are_read_with_and_without_an_index() {
    for (index, count) in [(true, 6), (false, 6), (true, 1)] {
        let all = geometries();
        let dir = folder(&[("a.fgb", &write(&all[..count], index, crs(4326, None), false))]);
        let (city, report) = city(&dir, &VectorOptions::default());
        if count == 1 {
            assert_eq!(city.buildings.len(), 1);
            continue;
        }
        assert_eq!((city.buildings.len(), city.roads.len()), (3, 3), "{report}");
        assert_eq!(city.records.collections["component"].len(), 3);
        assert_eq!((report.layers[0].crs.as_str(), report.layers[0].crs_from.as_str()), ("EPSG:4326", "its header"));
        let b = city.buildings.iter().find(|b| b.name == "楼0").unwrap();
        // A single's shortest decimal, not the double next to it.
        assert_eq!((b.floors, b.holes.len(), attribute(&b.attributes, "高度")), (5, 1, Some(&Attribute::Number(18.6))));
        assert_eq!(attribute(&b.attributes, "在用"), Some(&Attribute::Bool(true)));
        assert_eq!(attribute(&b.attributes, "code"), Some(&text("18446744073709551615")));
    }
}

#[test]
fn heights_are_passed_over_and_definitions_read() {
    const WKT: &str = r#"GEOGCS["x",DATUM["y",SPHEROID["WGS 84",6378137,298.257223563]]]"#;
    let dir = folder(&[("a.fgb", &write(&[Heights], true, crs(0, Some(WKT)), true))]);
    let (city, report) = city(&dir, &VectorOptions::default());
    assert_eq!((city.buildings[0].footprint.len(), report.layers[0].crs.as_str()), (3, "x"));
    let dir = folder(&[("a.fgb", &write(&[Heights], true, crs(0, None), true))]);
    assert!(refusal(&dir, &VectorOptions::default()).contains("does not say its coordinate system"));
}

#[test]
fn what_is_cut_off_or_no_flatgeobuf_is_named() {
    let bytes = write(&geometries(), true, crs(4326, None), false);
    let reason = |bytes: &[u8]| refusal(&folder(&[("a.fgb", bytes)]), &VectorOptions::default());
    assert!(reason(&bytes[..4]).contains("begins with 8 bytes"));
    assert!(reason(&bytes[..60]).contains("within its header"));
    assert!(
        reason(&bytes[..bytes.len() - 30]).contains("cut off in feature 6 of 6, at byte"),
        "{}",
        reason(&bytes[..bytes.len() - 30])
    );
    let mut version = bytes.clone();
    version[3] = 2;
    assert!(reason(&version).contains("version 2 is unknown"));
    assert!(reason(b"GPKG nonsense").contains("no FlatGeobuf"));
}
