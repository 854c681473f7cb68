//! Whatever the bytes are, there is a city or a sentence.

use super::*;
use proptest::prelude::*;
use std::sync::OnceLock;

/// A place in a file, and what happens there.
#[derive(Debug, Clone)]
struct Damage {
    at: usize,
    bytes: Vec<u8>,
    cut: Option<usize>,
}

fn damage() -> impl Strategy<Value = Damage> {
    (any::<usize>(), proptest::collection::vec(any::<u8>(), 1..9), proptest::option::of(any::<usize>()))
        .prop_map(|(at, bytes, cut)| Damage { at, bytes, cut })
}

impl Damage {
    fn done(&self, mut whole: Vec<u8>) -> Vec<u8> {
        let n = whole.len();
        for (i, byte) in self.bytes.iter().enumerate() {
            whole[(self.at.wrapping_add(i)) % n] = *byte;
        }
        whole.truncate(self.cut.map_or(n, |c| c % n));
        whole
    }
}

/// Makes a city of a folder with a file spoiled; what comes out adds up.
fn survive(dir: &TempDir, name: &str, damage: &Damage) {
    let path = dir.path().join(name);
    let whole = fs::read(&path).unwrap();
    fs::write(&path, damage.done(whole)).unwrap();
    match make_city(&[dir.path().to_owned()], &VectorOptions::default(), &mut Silent) {
        Ok((city, report)) => balanced(&city, &report),
        Err(e) => assert!(!e.to_string().is_empty()),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn damaged_geojson_is_survived(damage in damage()) {
        survive(&folder(&[("a.geojson", geojson::BUILDINGS.as_bytes())]), "a.geojson", &damage);
        survive(&folder(&[("a.geojsonl", geojson::ROADS.replace('\n', "").repeat(3).as_bytes())]), "a.geojsonl", &damage);
    }

    #[test]
    fn damaged_shapefiles_are_survived(damage in damage(), which in 0usize..3) {
        static FILES: OnceLock<[Vec<u8>; 2]> = OnceLock::new();
        let [shp, dbf] = FILES.get_or_init(|| {
            let dir = folder(&[]);
            shapefile::write(&dir.path().join("a.shp"), &shapefile::buildings(), encoding_rs::GBK);
            ["a.shp", "a.dbf"].map(|n| fs::read(dir.path().join(n)).unwrap())
        });
        let dir = folder(&[("a.cpg", b"GBK"), ("a.prj", b"EPSG:4548"), ("a.shp", shp), ("a.dbf", dbf)]);
        survive(&dir, ["a.shp", "a.dbf", "a.cpg"][which], &damage);
    }

    #[test]
    fn damaged_flatgeobuf_is_survived(damage in damage()) {
        let crs = flatgeobuf::FgbCrs { code: 4326, ..flatgeobuf::FgbCrs::default() };
        let bytes = fgb::write(&fgb::geometries(), true, crs, false);
        survive(&folder(&[("a.fgb", &bytes)]), "a.fgb", &damage);
    }

    #[test]
    fn damaged_geopackages_are_survived(damage in damage()) {
        static FILE: OnceLock<Vec<u8>> = OnceLock::new();
        let bytes = FILE.get_or_init(|| {
            let dir = folder(&[]);
            gpkg::write(&dir.path().join("a.gpkg"));
            fs::read(dir.path().join("a.gpkg")).unwrap()
        });
        survive(&folder(&[("a.gpkg", bytes)]), "a.gpkg", &damage);
    }

    #[test]
    fn damaged_geometry_of_a_geopackage_is_survived(bytes in proptest::collection::vec(any::<u8>(), 0..200), kind in 0u32..20) {
        let mut blob = b"GP\0\x01\0\0\0\0\x01".to_vec();
        blob.extend(kind.to_le_bytes());
        blob.extend(&bytes);
        let _ = super::super::wkb::geopackage(&blob);
        let _ = super::super::wkb::geopackage(&bytes);
        // Collections within collections for ever.
        let _ = super::super::wkb::geopackage(&[&blob[..8], &[1, 7, 0, 0, 0, 1, 0, 0, 0].repeat(5_000)].concat());
    }
}
