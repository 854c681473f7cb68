//! Pictures by the real program, compared with references.
//!
//! A difference beyond the tolerance leaves the new picture beside the reference as `NAME.actual.png`: look at it, and
//! when it is right, put it in the reference's place.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used)]

mod materials;
mod town;

use image::RgbImage;
use std::{
    path::{Path, PathBuf},
    process::Command,
};

/// Mean difference of a channel, of 255, up to which two pictures are the same: drivers round differently.
const MEAN_TOLERANCE: f64 = 2.5;
/// Share of pixels that may differ by more than [`CLEAR`]: edges move by a pixel.
const PIXELS_TOLERANCE: f64 = 0.03;
/// Difference of a channel that anybody sees.
const CLEAR: i32 = 40;

fn shared(path: &str) -> Option<PathBuf> {
    let path = std::env::current_dir().unwrap().join("../shared/data").join(path);
    if path.exists() {
        return Some(path);
    }
    eprintln!("skipped: {} is not there", path.display());
    None
}

fn compare(name: &str, args: &[&str]) {
    compare_sized(name, "480x270", args);
}

fn compare_sized(name: &str, size: &str, args: &[&str]) {
    let pictures = std::env::current_dir().unwrap().join("tests/pictures");
    let (reference, actual) = (pictures.join(format!("{name}.png")), pictures.join(format!("{name}.actual.png")));
    let output = Command::new(env!("CARGO_BIN_EXE_cim-twin"))
        .args(["snapshot", "--size", size, "--samples", "1", "--shadows", "1024", "--patience", "900"])
        .args(["-o", actual.to_str().unwrap()])
        .args(args)
        .output()
        .unwrap();
    assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
    let read = |p: &Path| image::open(p).unwrap_or_else(|e| panic!("{}: {e}", p.display())).to_rgb8();
    let (mean, clear) = difference(&read(&reference), &read(&actual));
    assert!(
        mean <= MEAN_TOLERANCE && clear <= PIXELS_TOLERANCE,
        "{name}: mean difference {mean:.2} of {MEAN_TOLERANCE}, {clear:.4} of {PIXELS_TOLERANCE} pixels differ clearly: \
         see {}. The program said: {}",
        actual.display(),
        String::from_utf8_lossy(&output.stderr)
    );
    std::fs::remove_file(actual).unwrap();
}

fn difference(a: &RgbImage, b: &RgbImage) -> (f64, f64) {
    assert_eq!(a.dimensions(), b.dimensions());
    let (mut sum, mut clear) = (0i64, 0u32);
    for (p, q) in a.pixels().zip(b.pixels()) {
        let d: Vec<i32> = p.0.iter().zip(&q.0).map(|(x, y)| (i32::from(*x) - i32::from(*y)).abs()).collect();
        sum += i64::from(d.iter().sum::<i32>());
        clear += u32::from(d.iter().any(|d| *d > CLEAR));
    }
    let pixels = f64::from(a.width() * a.height());
    (sum as f64 / (3.0 * pixels), f64::from(clear) / pixels)
}

#[test]
fn a_black_picture_is_not_the_same() {
    let (mean, clear) = difference(&RgbImage::new(8, 8), &RgbImage::from_pixel(8, 8, image::Rgb([90; 3])));
    assert!(mean > MEAN_TOLERANCE && clear > PIXELS_TOLERANCE);
}

#[test]
fn the_synthetic_city() {
    let city = town::folder().join("city");
    compare("city", &["--city", city.to_str().unwrap()]);
}

#[test]
fn the_synthetic_city_coloured_by_use() {
    let city = town::folder().join("city");
    compare("style", &["--city", city.to_str().unwrap(), "--style", "use"]);
}

/// Low houses are gone with their shadows, higher ones can be seen through, towers are as they are.
#[test]
fn the_synthetic_city_seen_through() {
    let city = town::folder().join("city");
    let folder = tempfile::tempdir().unwrap();
    let style = folder.path().join("through.json");
    let text = r#"{ "show": "${height} === undefined || ${height} > 12",
        "color": { "conditions": [["${height} < 30", "color('white', 0.45)"], ["${height} < 60", "color('orange', 0.8)"]] } }"#;
    std::fs::write(&style, text).unwrap();
    let view = ["--view", "116.587,35.415,320,500,62", "--style", style.to_str().unwrap()];
    compare("see-through", &[&["--city", city.to_str().unwrap()], &view[..]].concat());
}

/// Delft from CityJSON: surveyed surfaces, in a coordinate system of its own.
#[test]
fn delft_from_cityjson() {
    let Some(input) = shared("cityjson/delft.city.json.gz") else { return };
    let city = town::folder().join("delft");
    let tile = Command::new(env!("CARGO_BIN_EXE_cim-twin"))
        .args(["tile", input.to_str().unwrap(), "-o", city.to_str().unwrap()])
        .output()
        .unwrap();
    assert!(tile.status.success(), "{}", String::from_utf8_lossy(&tile.stderr));
    compare("delft", &["--city", city.to_str().unwrap(), "--view", "4.3680,52.0118,230,30,55"]);
}

/// The Hague from CityGML: surveyed buildings and terrain.
#[test]
fn the_hague_from_citygml() {
    let Some(input) = shared("cityjson/DenHaag_01.gml.gz") else { return };
    let city = town::folder().join("the-hague");
    let tile = Command::new(env!("CARGO_BIN_EXE_cim-twin"))
        .args(["tile", input.to_str().unwrap(), "-o", city.to_str().unwrap()])
        .output()
        .unwrap();
    assert!(tile.status.success(), "{}", String::from_utf8_lossy(&tile.stderr));
    compare("the-hague", &["--city", city.to_str().unwrap(), "--view", "4.2736,52.1054,260,30,55"]);
}

/// Street trees, the trees of estates, and their shadows.
#[test]
fn the_synthetic_city_by_day_from_a_street() {
    let city = town::folder().join("city");
    compare("street", &["--city", city.to_str().unwrap(), "--view", "116.587,35.415,320,140,72"]);
}

#[test]
fn the_synthetic_city_at_night_from_a_street() {
    let city = town::folder().join("city");
    let view = ["--view", "116.587,35.415,320,140,76", "--time", "2026-09-29T19:30:00+08:00"];
    compare("night", &[&["--city", city.to_str().unwrap()], &view[..]].concat());
}

#[test]
fn helsinki_from_openstreetmap() {
    let Some(extract) = shared("osm/Helsinki.osm.pbf") else { return };
    let city = town::folder().join("helsinki");
    let tile = Command::new(env!("CARGO_BIN_EXE_cim-twin"))
        .args(["tile", extract.to_str().unwrap(), "-o", city.to_str().unwrap()])
        .output()
        .unwrap();
    assert!(tile.status.success(), "{}", String::from_utf8_lossy(&tile.stderr));
    compare("helsinki", &["--city", city.to_str().unwrap()]);
}

fn sample(name: &str, tileset: &str) {
    if let Some(path) = shared(&format!("3d-tiles-samples/{tileset}")) {
        compare(name, &["--tiles", path.to_str().unwrap()]);
    }
}

#[test]
fn a_sample_with_levels_of_detail() {
    sample("sample-lod", "1.0/TilesetWithDiscreteLOD/tileset.json");
}

#[test]
fn a_sample_of_batched_buildings() {
    sample("sample-batched", "1.0/TilesetWithRequestVolume/city/tileset.json");
}

#[test]
fn a_sample_of_another_make() {
    sample("sample-metadata", "1.1/MetadataGranularities/tileset.json");
}

#[test]
fn a_sample_of_instanced_trees() {
    sample("sample-trees", "1.0/TilesetWithTreeBillboards/tileset.json");
}

#[test]
fn a_sample_of_points() {
    sample("sample-points", "glTF/EXT_structural_metadata/PropertyAttributesPointCloud/tileset.json");
}

#[test]
fn a_sample_of_points_and_triangles() {
    sample("sample-contents", "1.1/MultipleContents/tileset.json");
}

#[test]
fn a_sample_of_a_picture_on_a_wall() {
    sample("sample-texture", "glTF/EXT_mesh_features/FeatureIdTexture/tileset.json");
}

#[test]
fn samples_of_implicit_tiling() {
    sample("sample-octree", "1.1/SparseImplicitOctree/tileset.json");
    sample("sample-quadtree", "1.1/SparseImplicitQuadtree/tileset.json");
}

/// Those that have no test of their own, and have something to show.
#[test]
fn the_other_samples() {
    let Some(samples) = shared("3d-tiles-samples") else { return };
    for name in [
        "1.0/TilesetWithRequestVolume",
        "1.1/BoundingBoxTests/0_0_0-1_1_2",
        "1.1/BoundingBoxTests/0_0_0-1_2_1",
        "1.1/BoundingBoxTests/0_0_0-2_1_1",
        "1.1/BoundingBoxTests/0_0_2-1_1_4",
        "1.1/BoundingBoxTests/0_2_0-1_4_1",
        "1.1/BoundingBoxTests/2_0_0-4_1_1",
        "glTF/CESIUM_primitive_outline/BoxPrimitiveOutline",
        "glTF/EXT_mesh_features/FeatureIdAttribute",
        "glTF/EXT_structural_metadata/ComplexTypes",
        "glTF/EXT_structural_metadata/FeatureIdAttributeAndPropertyTable",
        "glTF/EXT_structural_metadata/FeatureIdTextureAndPropertyTable",
        "glTF/EXT_structural_metadata/MultipleClasses",
        "glTF/EXT_structural_metadata/MultipleFeatureIdsAndProperties",
        "glTF/EXT_structural_metadata/SharedPropertyTable",
        "glTF/EXT_structural_metadata/SimplePropertyTexture",
    ] {
        let tileset = samples.join(name).join("tileset.json");
        let last = name.rsplit('/').next().unwrap_or(name);
        compare_sized(&format!("samples/{last}"), "160x90", &["--tiles", tileset.to_str().unwrap()]);
    }
}

#[test]
fn a_sample_of_instances_for_the_graphics_card() {
    sample("sample-instances", "glTF/GpuInstancesMetadata/tileset.json");
}

#[test]
fn materials_with_every_kind_of_texture() {
    let folder = tempfile::tempdir().unwrap();
    materials::write(folder.path());
    let tileset = folder.path().join("tileset.json");
    compare("materials", &["--tiles", tileset.to_str().unwrap(), "--view", "116.587,35.41516,46,0,66"]);
}
