use super::*;
use crate::{Silent, TilingOptions, city::City, picture::Pixels, tiling};
use image::{Rgba, RgbaImage};
use std::path::Path;
use tiles3d::{Content, DecodeOptions, DecodedTile, decode_content};

pub(crate) const RED: [u8; 3] = [220, 40, 30];
pub(crate) const GREEN: [u8; 3] = [30, 180, 60];
pub(crate) const BLUE: [u8; 3] = [40, 60, 200];
pub(crate) const YELLOW: [u8; 3] = [230, 210, 40];

/// Writes a picture of 64 by 64 pixels: red and green above, blue and yellow below.
pub(crate) fn quarters(file: &Path) {
    let color = |x, y| match (x < 32, y < 32) {
        (true, true) => RED,
        (false, true) => GREEN,
        (true, false) => BLUE,
        (false, false) => YELLOW,
    };
    let pixel = |x, y| {
        let [r, g, b] = color(x, y);
        Rgba([r, g, b, 255])
    };
    RgbaImage::from_fn(64, 64, pixel).save(file).unwrap();
}

/// Whether two colours are one but for what WebP loses.
pub(crate) fn is_near(a: [u8; 3], b: [u8; 3]) -> bool {
    a.iter().zip(&b).all(|(a, b)| a.abs_diff(*b) <= 14)
}

/// Writes a city and reads its only tile with buildings.
pub(crate) fn tile_of(city: &City) -> DecodedTile {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("city");
    tiling::write_city(city, &out, &TilingOptions::default(), &mut Silent).unwrap();
    read(&out.join("tiles/b.glb"))
}

/// Reads a tile.
pub(crate) fn read(file: &Path) -> DecodedTile {
    let glb = std::fs::read(file).unwrap();
    let decoded = decode_content(&glb, &DecodeOptions::default(), &mut |_| Err(String::new())).unwrap();
    let Content::Models(mut tiles) = decoded else { panic!("not a model") };
    assert_eq!(tiles[0].diagnostics, []);
    tiles.remove(0)
}

/// What the picture of a surface shows at a place, metres in the site's frame.
pub(crate) fn color_at(tile: &DecodedTile, at: [f64; 3]) -> Option<[u8; 3]> {
    let at = DVec3::from_array(at);
    tile.primitives.iter().find_map(|p| {
        let picture = &tile.images[tile.materials[p.material].base_color_texture.as_ref()?.image];
        p.indices.as_chunks::<3>().0.iter().find_map(|t| {
            let [a, b, c] = t.map(|i| Vec3::from_array(p.positions[i as usize]).as_dvec3() + tile.origin);
            let normal = (b - a).cross(c - a);
            let share = |b: DVec3, c: DVec3| (b - at).cross(c - at).dot(normal) / normal.length_squared();
            let shares = [share(b, c), share(c, a), share(a, b)];
            if (at - a).dot(normal.normalize()).abs() > 0.05 || shares.iter().any(|s| *s < -1e-3) {
                return None;
            }
            let on = |k: usize| (0..3).map(|i| shares[i] * f64::from(p.uvs[t[i] as usize][k])).sum::<f64>();
            let pixel = |uv: f64, size: u32| ((uv * f64::from(size)) as u32).min(size - 1);
            let [r, g, b, _] = picture.pixel(pixel(on(0), picture.width), pixel(on(1), picture.height))?;
            Some([r, g, b])
        })
    })
}

/// A square of so many metres, upright, with a picture from its lower left corner on.
fn square(facades: &mut Facades, metres: f64, times: f32, feature: u32) {
    let corners = [[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]];
    let ring = corners.map(|[x, z]| DVec3::new(x * metres, 0.0, z * metres)).to_vec();
    let uvs = vec![corners.map(|uv| uv.map(|c| c as f32 * times)).to_vec()];
    let look = Look { color: [1, 2, 3, 255], feature };
    assert!(facades.add(&[ring], &Texture { picture: 0, uvs }, (Surface::Structure, look)));
}

fn picture(folder: &Path) -> Vec<Picture> {
    quarters(&folder.join("a.png"));
    vec![Picture { pixels: Pixels::File(folder.join("a.png")), size: [64, 64], wrap: Wrap::Repeat }]
}

fn pixels(image: &WriteImage) -> (u32, u32, Vec<[u8; 3]>) {
    let decoded = webp::Decoder::new(&image.webp).decode().unwrap();
    assert!(!decoded.is_alpha());
    (decoded.width(), decoded.height(), decoded.as_chunks::<3>().0.to_vec())
}

#[test]
fn parts_are_as_small_as_the_tile_shows_them_with_gutters_of_their_own() {
    let folder = tempfile::tempdir().unwrap();
    let pictures = picture(folder.path());
    let mut facades = Facades::default();
    square(&mut facades, 10.0, 1.0, 0);
    // Metres of a pixel, and how many it takes for ten metres: no more than the picture has.
    for (pixel_m, across) in [(0.02, 64u32), (0.625, 16), (10.0, 1)] {
        let shown = facades.show(&pictures, &mut Cache::new(1), pixel_m).unwrap();
        let [p] = &shown.primitives[..] else { panic!("not one") };
        let image = p.image.as_ref().unwrap();
        let (width, height, all) = pixels(image);
        let slot = (across + 8).next_multiple_of(4);
        assert_eq!((width, height, image.wrap), (slot, slot, WriteWrap::Clamp));
        let (low, high) = (4.0 / slot as f32, (4 + across) as f32 / slot as f32);
        let expected = [[low, high], [high, high], [high, low], [low, low]];
        assert!(p.uvs.iter().flatten().zip(expected.iter().flatten()).all(|(a, b)| (a - b).abs() < 1e-6));
        if across > 1 {
            // The corners of the sheet are gutter, and so are those of the picture within it.
            let at = |x: u32, y: u32| all[(y * width + x) as usize];
            for (x, y, color) in [(0, 0, RED), (4, 4, RED), (slot - 1, 0, GREEN), (0, slot - 1, BLUE)] {
                assert!(is_near(at(x, y), color), "{pixel_m} m: {x} {y} is {:?}", at(x, y));
            }
            assert!(is_near(at(slot - 1, slot - 1), YELLOW) && is_near(at(slot - 5, slot - 5), YELLOW));
        }
        let again = facades.show(&pictures, &mut Cache::new(1), pixel_m).unwrap();
        assert_eq!(again.primitives[0].image, p.image);
    }
}

#[test]
fn pictures_that_repeat_often_are_repeated_by_the_viewer() {
    let folder = tempfile::tempdir().unwrap();
    let pictures = picture(folder.path());
    let mut facades = Facades::default();
    square(&mut facades, 10.0, 2.0, 0);
    square(&mut facades, 500.0, 100.0, 1);
    let shown = facades.show(&pictures, &mut Cache::new(1), 0.02).unwrap();
    let [baked, whole] = &shown.primitives[..] else { panic!("not two") };
    let (width, _, all) = pixels(baked.image.as_ref().unwrap());
    assert_eq!((width, baked.feature_ids[0], whole.feature_ids[0]), (136, 0, 1));
    let at = |x: usize, y: usize| all[y * 136 + x];
    assert!(is_near(at(20, 20), RED) && is_near(at(84, 20), RED) && is_near(at(116, 116), YELLOW));
    let image = whole.image.as_ref().unwrap();
    assert_eq!((pixels(image).0, image.wrap), (64, WriteWrap::Repeat));
    assert_eq!(whole.uvs, [[0.0, 100.0], [100.0, 100.0], [100.0, 0.0], [0.0, 0.0]]);
}

#[test]
fn what_does_not_fit_a_tile_is_coarser() {
    let folder = tempfile::tempdir().unwrap();
    let size = [4096, 4096];
    RgbaImage::from_pixel(size[0], size[1], Rgba([9, 9, 9, 255])).save(folder.path().join("a.png")).unwrap();
    let pictures = [Picture { pixels: Pixels::File(folder.path().join("a.png")), size, wrap: Wrap::Repeat }];
    let mut facades = Facades::default();
    square(&mut facades, 40.0, 1.0, 0);
    let shown = facades.show(&pictures, &mut Cache::new(1), 0.02).unwrap();
    // 2,000 pixels of two centimetres.
    assert_eq!(pixels(shown.primitives[0].image.as_ref().unwrap()).0, 2008);
    square(&mut facades, 400.0, 1.0, 0);
    let shown = facades.show(&pictures, &mut Cache::new(1), 0.02).unwrap();
    assert_eq!(pixels(shown.primitives[0].image.as_ref().unwrap()).0, 2048);
}

#[test]
fn damaged_pictures_leave_colours() {
    let folder = tempfile::tempdir().unwrap();
    let mut pictures = picture(folder.path());
    let bytes = std::fs::read(folder.path().join("a.png")).unwrap();
    std::fs::write(folder.path().join("b.png"), &bytes[..60]).unwrap();
    pictures[0].pixels = Pixels::File(folder.path().join("b.png"));
    let mut facades = Facades::default();
    square(&mut facades, 10.0, 1.0, 7);
    let shown = facades.show(&pictures, &mut Cache::new(1), 0.02).unwrap();
    assert_eq!((shown.primitives.len(), shown.unread), (0, [7].into()));
    let plain = &shown.plain[&Surface::Structure];
    assert_eq!((plain.colors.clone(), plain.indices.len(), plain.uvs.len()), (vec![[1, 2, 3, 255]; 4], 6, 0));
}
