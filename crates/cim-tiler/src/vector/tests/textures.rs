use super::*;
use crate::{
    atlas::tests::{BLUE, GREEN, RED, YELLOW, color_at, is_near, quarters, read},
    picture::Pixels,
    vector::textures::Textures,
};
use glam::DVec3;
use std::collections::BTreeMap;
use tiles3d::write::{FeatureColumns, GlbWriter, WriteImage, WritePrimitive, WriteWrap};

/// A wall of 8 by 8 m that looks south, its lower edge in the middle of `x`.
fn wall(x: f32, image: Option<WriteImage>, factor: [f32; 4]) -> WritePrimitive {
    let corners = [[-4.0, 0.0], [4.0, 0.0], [4.0, 8.0], [-4.0, 8.0]];
    WritePrimitive {
        material: format!("wall at {x}"),
        base_color: factor,
        roughness: 1.0,
        positions: corners.map(|[along, up]| [x + along, 0.0, up]).to_vec(),
        normals: vec![[0.0, -1.0, 0.0]; 4],
        uvs: if image.is_some() { vec![[0.0, 1.0], [1.0, 1.0], [1.0, 0.0], [0.0, 0.0]] } else { Vec::new() },
        indices: vec![0, 1, 2, 0, 2, 3],
        image,
        ..WritePrimitive::default()
    }
}

fn file(walls: &[WritePrimitive]) -> Vec<u8> {
    GlbWriter::write(walls, &FeatureColumns { count: 0, columns: BTreeMap::new() }, DVec3::ZERO).unwrap()
}

/// The picture of four colours, its upper left one mostly transparent.
fn picture(is_masked: bool) -> WriteImage {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("a.png");
    quarters(&file);
    let mut pixels = image::open(file).unwrap().into_rgba8();
    for (_, _, pixel) in pixels.enumerate_pixels_mut().filter(|(x, y, _)| *x < 32 && *y < 32) {
        pixel.0[3] = 60;
    }
    let webp = webp::Encoder::from_rgba(&pixels, 64, 64).encode_simple(true, 100.0).unwrap().to_vec();
    WriteImage { webp, wrap: WriteWrap::Clamp, is_masked }
}

const WHITE: [f32; 4] = [1.0; 4];

#[test]
fn models_keep_their_pictures() {
    let walls = [
        wall(10.0, Some(picture(false)), WHITE),
        wall(20.0, Some(picture(false)), [0.5, 1.0, 1.0, 1.0]),
        wall(40.0, None, [0.0, 1.0, 0.0, 1.0]),
    ];
    let table = "id,model,lon,lat,heading_deg\na,w.glb,116.58,35.41,0\nb,w.glb,116.58,35.41,180\n";
    let dir = folder(&[("m.csv", table.as_bytes()), ("w.glb", &file(&walls))]);
    let (city, report) = city(&dir, &VectorOptions::default());
    // One for each material, however often the model stands.
    assert_eq!((city.placed.len(), city.pictures.len()), (2, 2), "{report}");
    assert_eq!(city.placed[0].shape.pictured.iter().map(|p| p.indices.len()).sum::<usize>(), 12);
    let out = dir.path().join("city");
    tile_vector(&[dir.path().join("m.csv")], &out, &VectorOptions::default(), &mut Silent).unwrap();
    let tile = read(&out.join("tiles/f.glb"));
    // An opaque material shows what its picture has, however transparent; the second model is turned about.
    for (sign, wall) in [(1.0, 10.0), (1.0, 20.0), (-1.0, 10.0), (-1.0, 20.0)] {
        for (along, up, expected) in [(-2.0, 6.0, RED), (2.0, 6.0, GREEN), (-2.0, 2.0, BLUE), (2.0, 2.0, YELLOW)] {
            let at = [sign * (wall + along), 0.0, up];
            let found = color_at(&tile, at);
            assert!(found.is_some_and(|f| is_near(f, expected)), "{at:?}: {found:?}");
        }
    }
    // The factor of the material is times the picture; a surface without one is as it was.
    let red = |x: f32| {
        let mut vertices = tile.primitives.iter().flat_map(|p| p.positions.iter().zip(p.colors.iter()));
        vertices.find(|(at, _)| (at[0] + tile.origin.x as f32 - x).abs() < 0.1).map(|(_, c)| c[0])
    };
    assert_eq!([14.0, 24.0, 44.0].map(|x| red(x).map(|c| (c * 10.0).round())), [Some(10.0), Some(5.0), Some(0.0)]);
    let url = url::Url::from_file_path(out.join("tiles/tileset.json")).unwrap();
    let mut fetch = |url: &url::Url| fs::read(url.to_file_path().unwrap()).map_err(|e| e.to_string());
    let report = tiles3d::inspect::inspect(&url, &Default::default(), &mut fetch);
    assert_eq!(report.defects.len(), 0, "{report}");
}

#[test]
fn leaves_and_fences_have_holes() {
    let fence = file(&[wall(10.0, Some(picture(true)), WHITE)]);
    let dir = folder(&[("m.csv", b"id,model,lon,lat\na,w.glb,116.58,35.41\n"), ("w.glb", &fence)]);
    let out = dir.path().join("city");
    tile_vector(&[dir.path().join("m.csv")], &out, &VectorOptions::default(), &mut Silent).unwrap();
    let tile = read(&out.join("tiles/f.glb"));
    let material = &tile.materials[tile.primitives[0].material];
    let image = &tile.images[material.base_color_texture.as_ref().unwrap().image];
    assert_eq!(material.alpha_cutoff, Some(0.5));
    let (w, h) = (image.width, image.height);
    assert!(image.pixel(w / 4, h / 4).unwrap()[3] < 10 && image.pixel(w * 3 / 4, h / 4).unwrap()[3] > 245);
}

/// The same file with other words for how transparent it is.
fn altered(fence: &[u8], to: &str) -> Vec<u8> {
    let from = br#""alphaMode":"MASK""#;
    let at = fence.windows(from.len()).position(|w| w == from).unwrap();
    let length = u32::from_le_bytes(fence[12..16].try_into().unwrap()) as usize;
    let mut json = fence[20..20 + length].to_vec();
    json.splice(at - 20..at - 20 + from.len(), to.bytes());
    // Chunks are multiples of four bytes long.
    json.resize(json.len().next_multiple_of(4), b' ');
    let rest = &fence[20 + length..];
    let head = [json.len() + rest.len() + 20, json.len()].map(|n| (n as u32).to_le_bytes());
    [&fence[..8], &head[0], &head[1], &fence[16..20], &json, rest].concat()
}

#[test]
fn glass_and_thin_leaves_do_not_vanish() {
    let fence = file(&[wall(0.0, Some(picture(true)), WHITE)]);
    for to in [r#""alphaMode":"BLEND""#, r#""alphaMode":"MASK","alphaCutoff":0.1"#] {
        let table = b"id,model,lon,lat\na,w.glb,116.58,35.41\n";
        let dir = folder(&[("m.csv", table), ("w.glb", &altered(&fence, to))]);
        let (city, report) = city(&dir, &VectorOptions::default());
        assert_eq!(city.placed.len(), 1, "{report}");
        let Pixels::Here(pixels) = &city.pictures[0].pixels else { panic!("in a file") };
        // An alpha of 60 of 255 is there.
        assert!(pixels.pixels().all(|p| p.0[3] == 255), "{to}");
    }
}

#[test]
fn pictures_of_models_that_cannot_be_used_are_not_kept() {
    let mut textures = Textures::default();
    let dir = folder(&[("w.glb", &file(&[wall(0.0, Some(picture(false)), WHITE)]))]);
    let tile = read(&dir.path().join("w.glb"));
    let (mark, primitive) = (textures.mark(), &tile.primitives[0]);
    assert_eq!(textures.picture(&tile, primitive, &tile.materials[primitive.material]), Some(0));
    textures.go_back(mark);
    textures.begin();
    assert_eq!(textures.picture(&tile, primitive, &tile.materials[primitive.material]), Some(0));
    assert_eq!(textures.into_pictures().len(), 1);
}
