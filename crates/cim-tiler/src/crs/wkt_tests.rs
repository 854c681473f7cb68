use super::*;
use crate::SourceCrs;
use cim_geo::Crs;
use proptest::prelude::*;

/// As ArcGIS writes a `.prj`: no authority, its own names.
const ESRI_GK: &str = r#"PROJCS["CGCS2000_3_Degree_GK_CM_117E",GEOGCS["GCS_China_Geodetic_Coordinate_System_2000",DATUM["D_China_2000",SPHEROID["CGCS2000",6378137.0,298.257222101]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]],PROJECTION["Gauss_Kruger"],PARAMETER["False_Easting",500000.0],PARAMETER["False_Northing",0.0],PARAMETER["Central_Meridian",117.0],PARAMETER["Scale_Factor",1.0],PARAMETER["Latitude_Of_Origin",0.0],UNIT["Meter",1.0]]"#;
const WKT2_GK: &str = r#"PROJCRS["CGCS2000 / 3-degree Gauss-Kruger CM 117E",BASEGEOGCRS["China Geodetic Coordinate System 2000",DATUM["China 2000",ELLIPSOID["CGCS2000",6378137,298.257222101,LENGTHUNIT["metre",1]]],PRIMEM["Greenwich",0,ANGLEUNIT["degree",0.0174532925199433]]],CONVERSION["3-degree Gauss-Kruger CM 117E",METHOD["Transverse Mercator",ID["EPSG",9807]],PARAMETER["Latitude of natural origin",0],PARAMETER["Longitude of natural origin",117],PARAMETER["Scale factor at natural origin",1],PARAMETER["False easting",500000,LENGTHUNIT["metre",1]],PARAMETER["False northing",0]],CS[Cartesian,2],AXIS["northing (X)",north],AXIS["easting (Y)",east],LENGTHUNIT["metre",1]]"#;

fn close(text: &str, x: f64, y: f64, expected: (f64, f64), within: f64) {
    let crs = SourceCrs::parse(text).unwrap();
    let p = crs.place(x, y).unwrap();
    assert!((p.lon - expected.0).abs() < within && (p.lat - expected.1).abs() < within, "{} {p:?}", crs.name);
}

#[test]
fn a_belt_of_china_is_the_same_by_its_parameters_as_by_our_own_projection() {
    let ours: Crs = "EPSG:4548".parse().unwrap();
    let expected = ours.to_wgs84(462_498.0, 3_920_757.0).unwrap();
    for text in [ESRI_GK, WKT2_GK] {
        close(text, 462_498.0, 3_920_757.0, expected, 1e-8);
    }
    assert_eq!(SourceCrs::parse(ESRI_GK).unwrap().name, "CGCS2000_3_Degree_GK_CM_117E");
    // With the number of the zone in front of the easting.
    let zoned = ESRI_GK.replace("500000.0", "39500000.0");
    close(&zoned, 39_462_498.0, 3_920_757.0, expected, 1e-8);
    // A code in the text comes first.
    let coded = format!("{},AUTHORITY[\"EPSG\",\"4548\"]]", &ESRI_GK[..ESRI_GK.len() - 1]);
    assert_eq!(SourceCrs::parse(&coded).unwrap().name, "EPSG:4548");
    // A compound system is its plane.
    let compound = format!("COMPD_CS[\"x\",{coded},VERT_CS[\"h\",VERT_DATUM[\"d\",2005]],AUTHORITY[\"EPSG\",\"1\"]]");
    assert_eq!(SourceCrs::parse(&compound).unwrap().name, "EPSG:4548");
    // Kilometres.
    let kilometres = ESRI_GK.replace("UNIT[\"Meter\",1.0]", "UNIT[\"km\",1000]").replace("500000.0", "500");
    close(&kilometres, 462.498, 3_920.757, expected, 1e-8);
}

#[test]
fn utm_by_parameters_is_utm_by_code() {
    let utm = r#"PROJCS["WGS_1984_UTM_Zone_50N",GEOGCS["GCS_WGS_1984",DATUM["D_WGS_1984",SPHEROID["WGS_1984",6378137.0,298.257223563]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]],PROJECTION["Transverse_Mercator"],PARAMETER["False_Easting",500000.0],PARAMETER["False_Northing",0.0],PARAMETER["Central_Meridian",117.0],PARAMETER["Scale_Factor",0.9996],PARAMETER["Latitude_Of_Origin",0.0],UNIT["Meter",1.0]]"#;
    let p = SourceCrs::parse("EPSG:32650").unwrap().place(462_498.0, 3_920_757.0).unwrap();
    close(utm, 462_498.0, 3_920_757.0, (p.lon, p.lat), 1e-8);
}

#[test]
fn the_older_systems_of_china_are_shifted_as_far_as_a_shift_is_published() {
    let gk = |datum: &str, spheroid: &str| {
        ESRI_GK.replace("D_China_2000", datum).replace("\"CGCS2000\",6378137.0,298.257222101", spheroid)
    };
    let beijing = gk("D_Beijing_1954", "\"Krasovsky_1940\",6378245.0,298.3");
    let p = SourceCrs::parse("EPSG:2436").unwrap().place(462_498.0, 3_920_757.0).unwrap();
    close(&beijing, 462_498.0, 3_920_757.0, (p.lon, p.lat), 1e-8);
    let xian = SourceCrs::parse(&gk("D_Xian_1980", "\"Xian_1980\",6378140.0,298.257")).unwrap();
    assert!(xian.caution().is_some() && SourceCrs::parse(&beijing).unwrap().caution().is_none());
    let p = SourceCrs::parse("EPSG:2384").unwrap();
    assert!(p.caution().is_some());
    let (p, q) = (p.place(462_498.0, 3_920_757.0).unwrap(), xian.place(462_498.0, 3_920_757.0).unwrap());
    assert!((p.lon - q.lon).abs() < 1e-8 && (p.lat - q.lat).abs() < 1e-8, "{p:?} {q:?}");
}

#[test]
fn geographic_systems_and_web_maps_are_read() {
    let esri = r#"GEOGCS["GCS_WGS_1984",DATUM["D_WGS_1984",SPHEROID["WGS_1984",6378137.0,298.257223563]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]]"#;
    close(esri, 116.5, 35.4, (116.5, 35.4), 1e-12);
    assert!(SourceCrs::parse(esri).unwrap().is_geographic());
    let ensemble = r#"GEOGCRS["WGS 84",ENSEMBLE["World Geodetic System 1984 ensemble",MEMBER["World Geodetic System 1984 (Transit)"],ELLIPSOID["WGS 84",6378137,298.257223563],ENSEMBLEACCURACY[2.0]],CS[ellipsoidal,2],AXIS["latitude",north],ID["EPSG",4326]]"#;
    close(ensemble, 116.5, 35.4, (116.5, 35.4), 1e-12);
    let web = r#"PROJCS["WGS_1984_Web_Mercator_Auxiliary_Sphere",GEOGCS["GCS_WGS_1984",DATUM["D_WGS_1984",SPHEROID["WGS_1984",6378137.0,298.257223563]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]],PROJECTION["Mercator_Auxiliary_Sphere"],PARAMETER["Central_Meridian",0.0],UNIT["Meter",1.0]]"#;
    // By the formula of the projection: a sphere's Mercator.
    let expected = |x: f64, y: f64| ((x / 6_378_137.0).to_degrees(), (y / 6_378_137.0f64).sinh().atan().to_degrees());
    close(web, 12_968_720.0, 4_219_000.0, expected(12_968_720.0, 4_219_000.0), 1e-9);
    // What web maps of China show has no EPSG code, but people name it.
    let gcj = esri.replace("GCS_WGS_1984", "GCJ02");
    let expected = "gcj02".parse::<Crs>().unwrap().to_wgs84(116.5, 35.4).unwrap();
    close(&gcj, 116.5, 35.4, expected, 1e-12);
}

#[test]
fn what_cannot_be_used_says_why() {
    let reason = |text: &str| SourceCrs::built_in(text).unwrap_err().to_string();
    assert!(reason(&ESRI_GK.replace("Gauss_Kruger", "Bonne")).contains("`Bonne`"));
    assert!(reason(&ESRI_GK[..80]).contains("broken at character"));
    assert!(reason("LOCAL_CS[\"site grid\",UNIT[\"metre\",1]]").contains("site grid"));
    assert!(reason(&format!("PROJCS[{}", "A[".repeat(100))).contains("nested too deep"));
}

proptest! {
    #[test]
    fn any_text_is_survived(text in "\\PC*") {
        let _ = parse(&text);
    }

    #[test]
    fn damaged_definitions_are_survived(at in 0usize..700, with in "\\PC{0,3}", cut in 0usize..700) {
        for text in [ESRI_GK, WKT2_GK] {
            let (at, cut) = (at % text.len(), cut % text.len());
            let damaged = format!("{}{with}{}", &text[..at], &text[at + 1..]);
            if let Ok(crs) = SourceCrs::parse(&damaged) {
                let _ = crs.place(462_498.0, 3_920_757.0);
            }
            let _ = parse(&text[..cut]);
        }
    }
}
