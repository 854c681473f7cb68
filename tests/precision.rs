//! The same model far from the site's origin, and on the other side of the earth, gives the same picture.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used)]

use bevy::math::{DMat4, DVec3};
use cim_geo::{Geodetic, SiteFrame};
use image::RgbImage;
use std::{path::Path, process::Command};
use tiles3d::{
    Refine,
    write::{FeatureColumns, GlbWriter, TileNode, WritePrimitive, write_tileset},
};

/// Degrees of latitude that the model stands north of the middle of its tileset: 40 km.
const NORTH_DEG: f64 = 0.36;
const LAT: f64 = 35.4;
/// Share of pixels that may differ: edges fall on other samples where the camera leans by a thousandth of a degree.
const TOLERANCE: f64 = 0.02;

/// A slab with some hundred small blocks on it, none more than a metre high: their edges show every jump of a vertex.
fn model() -> Vec<u8> {
    let mut p = WritePrimitive {
        material: "blocks".into(),
        base_color: [0.8, 0.8, 0.8, 1.0],
        roughness: 0.9,
        ..Default::default()
    };
    let mut block = |x: f32, y: f32, w: f32, z0: f32, z1: f32, color: [u8; 4]| {
        let corner = |i: usize| {
            [x + if i & 1 > 0 { w } else { 0.0 }, y + if i & 2 > 0 { w } else { 0.0 }, if i & 4 > 0 { z1 } else { z0 }]
        };
        for (corners, normal) in [
            ([4, 5, 7, 6], [0.0, 0.0, 1.0]),
            ([0, 1, 5, 4], [0.0, -1.0, 0.0]),
            ([1, 3, 7, 5], [1.0, 0.0, 0.0]),
            ([3, 2, 6, 7], [0.0, 1.0, 0.0]),
            ([2, 0, 4, 6], [-1.0, 0.0, 0.0]),
        ] {
            let first = p.positions.len() as u32;
            for i in corners {
                p.positions.push(corner(i));
                p.normals.push(normal);
                p.colors.push(color);
            }
            p.indices.extend([0, 1, 2, 0, 2, 3].map(|i| first + i));
        }
    };
    block(-60.0, -60.0, 120.0, -1.0, 0.0, [90, 110, 90, 255]);
    for i in 0..20 {
        for j in 0..20 {
            let (x, y) = (i as f32 - 10.0, j as f32 - 10.0);
            let color = [[220, 60, 40, 255], [40, 90, 200, 255], [230, 230, 220, 255]][(i * 7 + j * 5) % 3];
            block(x, y, 0.55, 0.0, 0.1 + 0.045 * ((i * 13 + j * 29) % 20) as f32, color);
        }
    }
    GlbWriter::write(&[p], &FeatureColumns { count: 0, columns: Default::default() }, DVec3::ZERO).unwrap()
}

/// A tileset whose middle is at a longitude and whose model stands so far north of it.
fn tileset(folder: &Path, lon: f64, north_deg: f64) {
    let middle = SiteFrame::new(Geodetic::new(lon, LAT, 0.0)).ecef_from_enu();
    let there = SiteFrame::new(Geodetic::new(lon, LAT + north_deg, 0.0)).ecef_from_enu();
    let volume = |half: f64| [0.0, 0.0, 0.0, half, 0.0, 0.0, 0.0, half, 0.0, 0.0, 0.0, 500.0];
    let node = |half, transform: DMat4, content: Option<&str>, children| TileNode {
        volume: volume(half),
        geometric_error: if content.is_some() { 0.0 } else { 100_000.0 },
        refine: Refine::Replace,
        transform: Some(transform),
        content: content.map(Into::into),
        group: None,
        children,
        quarter: None,
        implicit: None,
    };
    let model = node(90.0, middle.inverse() * there, Some("model.glb"), Vec::new());
    let root = node(50_000.0, middle, None, vec![model]);
    std::fs::create_dir_all(folder).unwrap();
    std::fs::write(folder.join("tileset.json"), write_tileset(&root, 200_000.0)).unwrap();
    std::fs::write(folder.join("model.glb"), self::model()).unwrap();
}

fn picture(folder: &Path, lon: f64, north_deg: f64) -> RgbImage {
    tileset(folder, lon, north_deg);
    let out = folder.join("picture.png");
    // Straight down at the model is not straight down at the site: the difference of latitude lies between them.
    let view = format!("{lon},{},18,0,{}", LAT + north_deg, 40.0 - north_deg);
    // Noon at the longitude, to the second, so that shadows fall alike everywhere.
    let noon = chrono::DateTime::from_timestamp(1_790_856_000 - (lon * 240.0) as i64, 0).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_cim-twin"))
        .args(["snapshot", "--size", "480x270", "--samples", "1", "--shadows", "1024", "--view", &view])
        .args(["--time", &noon.to_rfc3339(), "--tiles", folder.join("tileset.json").to_str().unwrap()])
        .args(["-o", out.to_str().unwrap()])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    image::open(out).unwrap().to_rgb8()
}

/// Share of pixels of which a channel differs by more than a person sees.
fn differing(a: &RgbImage, b: &RgbImage) -> f64 {
    let clear = |(p, q): (&image::Rgb<u8>, &image::Rgb<u8>)| p.0.iter().zip(&q.0).any(|(x, y)| x.abs_diff(*y) > 24);
    a.pixels().zip(b.pixels()).filter(|&pair| clear(pair)).count() as f64 / f64::from(a.width() * a.height())
}

#[test]
fn far_away_is_as_sharp_as_here() {
    let folder = tempfile::tempdir().unwrap();
    let here = picture(&folder.path().join("here"), 116.6, 0.0);
    let colors: std::collections::HashSet<_> = here.pixels().map(|p| p.0.map(|c| c >> 4)).collect();
    assert!(colors.len() > 30, "there is next to nothing on the picture");
    for (name, lon, north) in
        [("40 km away", 116.6, NORTH_DEG), ("the other side of the earth", -63.4, 0.0), ("both", -63.4, NORTH_DEG)]
    {
        let there = picture(&folder.path().join(name), lon, north);
        let share = differing(&here, &there);
        let pictures = std::env::current_dir().unwrap().join("tests/pictures");
        if share > TOLERANCE {
            here.save(pictures.join("precision-here.actual.png")).unwrap();
            there.save(pictures.join("precision-there.actual.png")).unwrap();
        }
        assert!(share <= TOLERANCE, "{name}: {:.2} % of the pixels differ, see tests/pictures", share * 100.0);
    }
}
