//! What is written, read back.

mod implicit;
mod pictures;
mod round_trip;

use super::*;
use crate::content::{Content, DecodeOptions, decode_content};
use glam::DVec3;

fn triangle() -> WritePrimitive {
    WritePrimitive {
        material: "building".into(),
        base_color: [1.0; 4],
        roughness: 0.9,
        positions: vec![[0.0, 0.0, 0.0], [1.0, 0.0, 0.0], [0.0, 2.0, 3.0]],
        normals: vec![[0.0, 0.0, 1.0]; 3],
        colors: vec![[255, 128, 0, 255]; 3],
        feature_ids: vec![1; 3],
        indices: vec![0, 1, 2],
        ..WritePrimitive::default()
    }
}

fn columns() -> FeatureColumns {
    let columns = [
        ("name".to_owned(), Column::Text(vec![String::new(), "运河家园".into()])),
        ("height".to_owned(), Column::F32(vec![1.0, 33.3])),
        ("floors".to_owned(), Column::U16(vec![1, 11])),
    ];
    FeatureColumns { count: 2, columns: columns.into() }
}

#[test]
fn what_is_written_is_read_back() {
    let glb = GlbWriter::write(&[triangle()], &columns(), DVec3::ZERO).unwrap();
    let decoded = decode_content(&glb, &DecodeOptions::default(), &mut |_| Err(String::new())).unwrap();
    let Content::Models(tiles) = decoded else { panic!("not a model") };
    let [tile] = &tiles[..] else { panic!("not one model") };
    assert_eq!(tile.primitives[0].positions, triangle().positions);
    assert_eq!(tile.primitives[0].feature_ids, [1, 1, 1]);
    assert_eq!(tile.materials[0].name, "building");
    assert_eq!(tile.features.get(1, "name").unwrap().to_string(), "运河家园");
    assert_eq!(tile.features.get(1, "height").unwrap().to_string(), "33.3");
    assert_eq!(tile.features.get(1, "floors").unwrap().as_f64(), Some(11.0));
    assert_eq!(tile.features.get(2, "floors"), None);
}

#[test]
fn copies_are_read_back_where_they_stand() {
    let places = vec![
        CopyPlace { at: [10.0, 20.0, 1.0], turn: 0.0, scale: [1.0; 3] },
        CopyPlace { at: [-5.0, 0.0, 2.0], turn: std::f32::consts::FRAC_PI_2, scale: [2.0, 2.0, 3.0] },
    ];
    let shape = WritePrimitive { feature_ids: Vec::new(), material: "plant".into(), ..triangle() };
    let copies = WriteCopies { shape: shape.clone(), places };
    let glb = GlbWriter::write_copies(&[copies], DVec3::new(100.0, 0.0, 0.0)).unwrap();
    let decoded = decode_content(&glb, &DecodeOptions::default(), &mut |_| Err(String::new())).unwrap();
    let Content::Models(tiles) = decoded else { panic!("not a model") };
    assert_eq!((tiles[0].diagnostics.len(), tiles[0].materials[0].name.as_str()), (0, "plant"));
    let instances = &tiles[0].instances[tiles[0].primitives[0].instances.unwrap()];
    let at = |i: usize, v: DVec3| tiles[0].origin + instances[i].transform.transform_point3(v);
    assert!((at(0, DVec3::new(0.0, 2.0, 3.0)) - DVec3::new(110.0, 22.0, 4.0)).length() < 1e-4);
    // A quarter turn to the left takes ahead to the west.
    assert!((at(1, DVec3::new(0.0, 2.0, 3.0)) - DVec3::new(91.0, 0.0, 11.0)).length() < 1e-3);
    let nothing = GlbWriter::write_copies(&[WriteCopies { shape, places: Vec::new() }], DVec3::ZERO).unwrap();
    assert!(decode_content(&nothing, &DecodeOptions::default(), &mut |_| Err(String::new())).is_ok());
}

#[test]
fn the_gltf_crate_accepts_it() {
    let glb = GlbWriter::write(&[triangle()], &columns(), DVec3::ZERO).unwrap();
    let parsed = gltf::Gltf::from_slice(&glb).unwrap();
    assert_eq!(parsed.meshes().next().unwrap().primitives().count(), 1);
}

#[test]
fn wrong_lengths_indices_and_nan_are_refused() {
    let mut p = triangle();
    p.colors.pop();
    assert!(matches!(GlbWriter::write(&[p], &columns(), DVec3::ZERO), Err(WriteError::Length { .. })));
    let mut p = triangle();
    p.indices[2] = 3;
    assert!(matches!(GlbWriter::write(&[p], &columns(), DVec3::ZERO), Err(WriteError::Index(_))));
    let mut p = triangle();
    p.positions[0][0] = f32::NAN;
    assert!(matches!(GlbWriter::write(&[p], &columns(), DVec3::ZERO), Err(WriteError::NotFinite(_))));
}
