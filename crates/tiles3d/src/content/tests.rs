use super::*;
use crate::Value;
use glam::DVec3;
use proptest::prelude::*;
use std::path::{Path, PathBuf};

/// The 3D Tiles samples: under `CIM_TWIN_SHARED`, or else beside or above the checkout.
pub(super) fn samples() -> Option<PathBuf> {
    const INSIDE: &str = "data/3d-tiles-samples";
    let here = std::env::current_dir().unwrap();
    let above = here.ancestors().map(|dir| dir.join("shared"));
    let named = std::env::var_os("CIM_TWIN_SHARED").map(PathBuf::from);
    let dir = named.into_iter().chain(above).map(|shared| shared.join(INSIDE)).find(|dir| dir.exists());
    if dir.is_none() {
        eprintln!("skipped: the 3D Tiles samples are not beside the checkout");
    }
    dir
}

fn decode_file(path: &Path) -> Result<Content, DecodeError> {
    let bytes = std::fs::read(path).unwrap();
    let folder = path.parent().unwrap().to_path_buf();
    decode_content(&bytes, &DecodeOptions::default(), &mut |uri| {
        std::fs::read(folder.join(uri)).map_err(|e| e.to_string())
    })
}

pub(super) fn model(path: &Path) -> DecodedTile {
    match decode_file(path) {
        Ok(Content::Models(mut tiles)) if tiles.len() == 1 => tiles.remove(0),
        other => panic!("{}: {other:?}", path.display()),
    }
}

fn files(dir: &Path, extensions: &[&str], out: &mut Vec<PathBuf>) {
    let mut entries: Vec<_> = std::fs::read_dir(dir).unwrap().map(|e| e.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            files(&path, extensions, out);
        } else if path.extension().is_some_and(|e| extensions.contains(&e.to_str().unwrap())) {
            out.push(path);
        }
    }
}

#[test]
fn every_b3dm_and_glb_sample_decodes() {
    let Some(dir) = samples() else { return };
    let mut paths = Vec::new();
    files(&dir, &["b3dm", "glb"], &mut paths);
    assert!(paths.len() > 20);
    for path in paths {
        let tile = model(&path);
        let vertices: usize = tile.primitives.iter().map(|p| p.positions.len()).sum();
        assert!(vertices > 0, "{}", path.display());
        for p in &tile.primitives {
            assert!(p.indices.iter().all(|&i| (i as usize) < p.positions.len()));
            assert!(p.mode != PrimitiveMode::Triangles || p.normals.len() == p.positions.len());
        }
    }
}

#[test]
fn the_property_table_sample_reads_as_its_readme_says() {
    let Some(dir) = samples() else { return };
    let path = dir.join("glTF/EXT_structural_metadata/ComplexTypes/ComplexTypes.gltf");
    let tile = model(&path);
    assert!(tile.features.count() > 0);
    let names = tile.features.property_names();
    assert_eq!(
        names,
        [
            "example_fixed_length_ARRAY_BOOLEAN",
            "example_fixed_length_ARRAY_ENUM",
            "example_variable_length_ARRAY_STRING",
            "example_variable_length_ARRAY_normalized_UINT8",
        ]
    );
    for f in 0..tile.features.count() {
        for (name, value) in tile.features.row(f) {
            assert_ne!(value, Value::Null, "{name} of feature {f}");
        }
    }
}

#[test]
fn batch_table_values_come_out_by_name() {
    let Some(dir) = samples() else { return };
    let tile = model(&dir.join("1.0/TilesetWithRequestVolume/city/ll.b3dm"));
    assert_eq!(tile.features.count(), 10);
    let height = tile.features.get(0, "height").or_else(|| tile.features.get(0, "Height")).unwrap();
    assert!(height.as_f64().unwrap() > 0.0);
}

fn small() -> Vec<u8> {
    use crate::write::{Column, FeatureColumns, GlbWriter, WritePrimitive};
    let p = WritePrimitive {
        material: "m".into(),
        positions: vec![[0.0; 3], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]],
        normals: vec![[0.0, 0.0, 1.0]; 3],
        feature_ids: vec![0; 3],
        indices: vec![0, 1, 2],
        ..Default::default()
    };
    let columns = FeatureColumns { count: 1, columns: [("a".into(), Column::Text(vec!["b".into()]))].into() };
    GlbWriter::write(&[p], &columns, DVec3::ZERO).unwrap()
}

fn survive(bytes: &[u8]) {
    let options = DecodeOptions { max_decoded_bytes: 1 << 20, ..Default::default() };
    let Ok(Content::Models(tiles)) = decode_content(bytes, &options, &mut |_| Err("no".into())) else { return };
    for tile in tiles {
        assert!(tile.byte_size() <= 1 << 20);
        for f in 0..tile.features.count().min(10) {
            let _ = tile.features.row(f);
        }
    }
}

proptest! {
    #[test]
    fn any_bytes_are_survived(bytes in proptest::collection::vec(any::<u8>(), 0..512), magic in 0usize..4) {
        let mut bytes = bytes;
        let start: [&[u8]; 4] = [b"glTF\x02\0\0\0", b"b3dm\x01\0\0\0", b"{", b""];
        bytes.splice(0..0, start[magic].iter().copied());
        survive(&bytes);
    }

    #[test]
    fn a_damaged_glb_is_survived(at in 0usize..4000, byte in any::<u8>(), cut in 0usize..4000) {
        let mut bytes = small();
        let n = bytes.len();
        bytes[at % n] = byte;
        survive(&bytes);
        survive(&bytes[..cut % n]);
    }

    #[test]
    fn damaged_numbers_in_the_json_are_survived(digit in 0usize..200, value in any::<u32>()) {
        let glb = small();
        let length = u32::from_le_bytes(glb[12..16].try_into().unwrap()) as usize;
        let text = String::from_utf8(glb[20..20 + length].to_vec()).unwrap();
        let digits: Vec<usize> = text.char_indices().filter(|(_, c)| c.is_ascii_digit()).map(|(i, _)| i).collect();
        let at = digits[digit % digits.len()];
        let json = format!("{}{value}{}", &text[..at], &text[at + 1..]);
        let mut bytes = b"glTF\x02\0\0\0\0\0\0\0".to_vec();
        bytes.extend((json.len() as u32).to_le_bytes());
        bytes.extend(b"JSON");
        bytes.extend(json.as_bytes());
        bytes.extend(&glb[20 + length..]);
        survive(&bytes);
    }
}
