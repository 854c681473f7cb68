//! Pictures on primitives: they come back with their texture coordinates, whatever the compression.

use super::*;
use crate::content::DecodedTile;

/// A WebP file of 2 by 2 pixels: red, green above blue, white.
fn image(wrap: WriteWrap, is_masked: bool) -> WriteImage {
    let pixels =
        [[255, 0, 0, 255], [0, 255, 0, 255], [0, 0, 255, 255], [255, 255, 255, if is_masked { 0 } else { 255 }]];
    let mut webp = Vec::new();
    image_webp::WebPEncoder::new(&mut webp).encode(pixels.as_flattened(), 2, 2, image_webp::ColorType::Rgba8).unwrap();
    WriteImage { webp, wrap, is_masked }
}

fn pictured(uvs: [[f32; 2]; 3], image: WriteImage) -> WritePrimitive {
    WritePrimitive {
        material: "facade".into(),
        colors: Vec::new(),
        uvs: uvs.to_vec(),
        image: Some(image),
        ..triangle()
    }
}

fn read(parts: &[WritePrimitive], compression: Compression) -> DecodedTile {
    let options = WriteOptions { compression, ..WriteOptions::default() };
    let glb = GlbWriter::write_with(parts, &columns(), DVec3::ZERO, &options).unwrap();
    assert_eq!(glb, GlbWriter::write_with(parts, &columns(), DVec3::ZERO, &options).unwrap());
    let decoded = decode_content(&glb, &DecodeOptions::default(), &mut |_| Err(String::new())).unwrap();
    let Content::Models(mut tiles) = decoded else { panic!("not a model") };
    assert_eq!(tiles[0].diagnostics, []);
    tiles.remove(0)
}

fn all() -> Vec<Compression> {
    vec![
        Compression::None,
        Compression::Quantized,
        #[cfg(feature = "compress")]
        Compression::Meshopt,
        #[cfg(feature = "compress")]
        Compression::Draco,
    ]
}

#[test]
fn texture_coordinates_stay_at_their_corners() {
    let inside = [[0.25, 0.5], [1.0, 0.0], [0.125, 0.875]];
    let outside = [[-2.5, 0.5], [7.0, 0.25], [0.0, 1.0]];
    for (compression, uvs) in all().into_iter().flat_map(|c| [(c, inside), (c, outside)]) {
        let part = pictured(uvs, image(WriteWrap::Repeat, false));
        let tile = read(std::slice::from_ref(&part), compression);
        let p = &tile.primitives[0];
        for (at, uv) in part.positions.iter().zip(&uvs) {
            let near =
                |q: &[f32; 3]| (0..3).all(|k| (f64::from(q[k]) + tile.origin[k] - f64::from(at[k])).abs() < 0.01);
            let i = p.positions.iter().position(near).unwrap();
            assert!((0..2).all(|k| (p.uvs[i][k] - uv[k]).abs() < 2e-5), "{compression:?}: {:?} {uv:?}", p.uvs[i]);
        }
    }
}

#[test]
fn every_picture_has_a_material_of_its_own() {
    let uvs = [[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]];
    let parts = [
        pictured(uvs, image(WriteWrap::Clamp, false)),
        triangle(),
        pictured(uvs, image(WriteWrap::Repeat, true)),
        triangle(),
    ];
    let tile = read(&parts, Compression::None);
    assert_eq!((tile.primitives.len(), tile.images.len()), (4, 2));
    let numbers: Vec<_> = tile.primitives.iter().map(|p| p.material).collect();
    assert_eq!(numbers, [0, 1, 2, 1]);
    let names: Vec<_> = tile.primitives.iter().map(|p| tile.materials[p.material].name.as_str()).collect();
    assert_eq!(names, ["facade", "building", "facade", "building"]);
    let material = |i: usize| &tile.materials[tile.primitives[i].material];
    assert_eq!([0, 2].map(|i| material(i).alpha_cutoff), [None, Some(0.5)]);
    assert!(material(1).base_color_texture.is_none());
    let texture = material(0).base_color_texture.as_ref().unwrap();
    let picture = &tile.images[texture.image];
    assert_eq!(
        [(0, 0), (1, 0), (0, 1)].map(|(x, y)| picture.pixel(x, y).unwrap()[..3].to_vec()),
        [vec![255, 0, 0], vec![0, 255, 0], vec![0, 0, 255]]
    );
}

#[test]
fn pictures_that_are_none_are_refused() {
    let uvs = [[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]];
    let write = |p: WritePrimitive| GlbWriter::write(&[p], &columns(), DVec3::ZERO);
    let fine = pictured(uvs, image(WriteWrap::Clamp, false));
    assert!(write(fine.clone()).is_ok());
    let mut p = fine.clone();
    p.uvs.pop();
    assert!(matches!(write(p), Err(WriteError::Length { .. })));
    let mut p = fine.clone();
    p.uvs.clear();
    assert!(matches!(write(p), Err(WriteError::Length { .. })));
    let mut p = fine.clone();
    p.uvs[0][1] = f32::NAN;
    assert!(matches!(write(p), Err(WriteError::NotFinite(_))));
    let png = WriteImage { webp: b"\x89PNG".to_vec(), wrap: WriteWrap::Clamp, is_masked: false };
    assert!(matches!(write(WritePrimitive { image: Some(png), ..fine }), Err(WriteError::Image(_))));
}
