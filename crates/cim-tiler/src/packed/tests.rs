use super::*;
use crate::Silent;
use flate2::{Compression, write::GzEncoder};
use proptest::prelude::*;
use std::io::Cursor;
use zip::{ZipWriter, write::SimpleFileOptions};

fn zipped(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in files {
        zip.start_file(*name, SimpleFileOptions::default()).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// Unpacks one archive; the files by their places under what stands for it.
fn opened(name: &str, bytes: &[u8]) -> Result<Vec<(String, Vec<u8>)>, String> {
    let folder = tempfile::tempdir().unwrap();
    let archive = folder.path().join(name);
    fs::write(&archive, bytes).unwrap();
    let before = fs::read_dir(folder.path()).unwrap().count();
    let found = Inputs::open(&[archive], &folder.path().join("city"), "data", &mut Silent)
        .map(|inputs| {
            let root = &inputs.paths()[0];
            let mut found = Vec::new();
            let mut open = vec![root.clone()];
            while let Some(path) = open.pop() {
                if path.is_dir() {
                    open.extend(fs::read_dir(&path).unwrap().map(|e| e.unwrap().path()));
                } else {
                    let place = path.strip_prefix(root.parent().unwrap()).unwrap().to_string_lossy().into_owned();
                    found.push((place, fs::read(&path).unwrap()));
                }
            }
            found.sort();
            found
        })
        .map_err(|e| e.to_string());
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), before, "what was unpacked is gone");
    found
}

#[test]
fn an_archive_stands_for_the_folder_of_its_name() {
    let bytes =
        zipped(&[("楼/a.shp", b"shapes"), ("楼/a.dbf", b"table"), ("__MACOSX/a.shp", b"no"), ("readme.txt", b"")]);
    let wanted: [(String, Vec<u8>); 3] = [
        ("楼.2026/readme.txt".into(), vec![]),
        ("楼.2026/楼/a.dbf".into(), b"table".to_vec()),
        ("楼.2026/楼/a.shp".into(), b"shapes".to_vec()),
    ];
    assert_eq!(opened("楼.2026.ZIP", &bytes).unwrap(), wanted);
}

#[test]
fn names_of_chinese_windows_are_read() {
    // "建筑" in GBK, four bytes, in place of four letters of an archive that does not say that it is UTF-8.
    let bytes = zipped(&[("JZJZ.shp", b"shapes")]);
    let gbk = encoding_rs::GBK.encode("建筑").0.into_owned();
    let mut changed = bytes.clone();
    for at in 0..bytes.len() - 4 {
        if &bytes[at..at + 4] == b"JZJZ" {
            changed[at..at + 4].copy_from_slice(&gbk);
        }
    }
    assert_eq!(opened("a.zip", &changed).unwrap()[0].0, "a/建筑.shp");
}

#[test]
fn what_can_be_read_only_unpacked_is_unpacked_and_the_rest_left_alone() {
    let mut gz = GzEncoder::new(Vec::new(), Compression::fast());
    gz.write_all(b"tables").unwrap();
    let bytes = gz.finish().unwrap();
    assert_eq!(opened("city.gpkg.gz", &bytes).unwrap(), [("city.gpkg".to_owned(), b"tables".to_vec())]);
    assert_eq!(opened("a.tif.gz", &bytes).unwrap()[0].0, "a.tif");
    assert!(!is_packed(Path::new("city.gml.gz")) && !is_packed(Path::new("a.geojson.gz")));
    let half = opened("city.gpkg.gz", &bytes[..bytes.len() - 9]).unwrap_err();
    assert!(half.contains("city.gpkg.gz") && half.contains("cut off"), "{half}");
}

/// Two files of which the directory says that both are where the second is.
fn overlapping() -> Vec<u8> {
    let mut bytes = zipped(&[("a.shp", &[0; 5000]), ("b.shp", &[0; 5000])]);
    let entry = |from: usize| from + bytes[from..].windows(4).position(|w| w == b"PK\x01\x02").unwrap();
    let first = entry(0);
    let second = entry(first + 4);
    let place = bytes[second + 42..second + 46].to_vec();
    bytes[first + 42..first + 46].copy_from_slice(&place);
    bytes
}

#[test]
fn bad_archives_are_named_with_what_is_wrong() {
    let good = zipped(&[("a.shp", b"shapes")]);
    let outside = |name: &str| zipped(&[(name, b"x")]);
    let mut locked = good.clone();
    let central = locked.windows(4).position(|w| w == b"PK\x01\x02").unwrap();
    for flags in [6, central + 8] {
        locked[flags] |= 1;
    }
    for (bytes, needed) in [
        (b"PK no archive".to_vec(), "no zip archive"),
        (good[..good.len() - 30].to_vec(), "no zip archive"),
        (outside("../a.shp"), "`../a.shp` would be written outside"),
        (outside("/etc/a.shp"), "`/etc/a.shp` would be written outside"),
        (outside("c:\\a.shp"), "`c:/a.shp` would be written outside"),
        (zipped(&[("a/b.shp", b"1"), ("a\\b.shp", b"2")]), "two files named `a/b.shp`"),
        (locked, "password"),
        (overlapping(), "lie over one another"),
    ] {
        let said = opened("a.zip", &bytes).unwrap_err();
        assert!(said.contains("a.zip cannot be used as an archive") && said.contains(needed), "{said}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn damaged_archives_are_survived(at in 0_usize..150, byte: u8, cut in 0_usize..150) {
        let mut bytes = zipped(&[("a/b.shp", b"shapes shapes shapes"), ("c.dbf", b"")]);
        let end = bytes.len();
        bytes[at % end] = byte;
        bytes.truncate(end - cut % end);
        let _ = opened("a.zip", &bytes);
        let _ = opened("a.gpkg.gz", &bytes);
    }
}

#[test]
fn a_zipped_layer_becomes_a_city_of_the_archives_name() {
    let layer = r#"{"type": "FeatureCollection", "features": [{"type": "Feature", "properties": {"height": 12, "building": "yes"},
        "geometry": {"type": "Polygon", "coordinates": [[[116.5, 35.4], [116.501, 35.4], [116.501, 35.401], [116.5, 35.4]]]}}]}"#;
    let folder = tempfile::tempdir().unwrap();
    let archive = folder.path().join("任城区.zip");
    fs::write(&archive, zipped(&[("数据/建筑.geojson", layer.as_bytes()), ("数据/说明.pdf", b"")])).unwrap();
    let out = folder.path().join("city");
    let inputs = Inputs::open(&[archive], &out, "data", &mut Silent).unwrap();
    assert!(crate::vector::recognises(&inputs.paths()[0]));
    let options = crate::vector::VectorOptions::default();
    let (made, report) = crate::vector::tile_vector(inputs.paths(), &out, &options, &mut Silent).unwrap();
    assert_eq!((made.buildings, report.unread.len()), (1, 1));
    let site: cim_model::Site = serde_json::from_slice(&fs::read(out.join("site.json")).unwrap()).unwrap();
    assert_eq!(site.name_zh, "任城区");
}
