//! The official samples of 3D Tiles 1.0.

use crate::{
    Value,
    content::{
        PrimitiveMode,
        tests::{model, samples},
    },
};
use cim_geo::Geodetic;
use glam::DVec3;

#[test]
fn the_point_cloud_reads() {
    let Some(dir) = samples() else { return };
    let path = dir.join("1.0/TilesetWithRequestVolume/points.pnts");
    let tile = model(&path);
    let file = std::fs::read(&path).unwrap();
    let [points] = &tile.primitives[..] else { panic!() };
    assert_eq!(points.mode, PrimitiveMode::Points);
    assert_eq!(points.positions.len(), 125_000);
    assert_eq!(points.indices.len(), 125_000);
    assert_eq!(tile.features.count(), 0);
    assert!(tile.materials[points.material].unlit);
    // 28 bytes of header, 88 of JSON, then the positions and at 1,500,000 the colours.
    for i in [0usize, 1, 77_777, 124_999] {
        let at = 116 + i * 12;
        let number = |k: usize| f32::from_le_bytes(file[at + k * 4..at + k * 4 + 4].try_into().unwrap());
        assert_eq!(points.positions[i], [number(0), number(1), number(2)]);
        let color = points.colors.get(i).unwrap();
        let rgb = &file[116 + 1_500_000 + i * 3..][..3];
        for (k, &byte) in rgb.iter().enumerate() {
            let s = f64::from(byte) / 255.0;
            let linear = if byte <= 10 { s / 12.92 } else { ((s + 0.055) / 1.055).powf(2.4) };
            assert!((f64::from(color[k]) - linear).abs() < 1e-6);
        }
        assert!((color[3] - 1.0).abs() < f32::EPSILON);
    }
    // The tile's bounding sphere has a radius of 1.25 m.
    assert!(points.positions.iter().all(|p| DVec3::from(p.map(f64::from)).length() <= 1.250_001));
}

#[test]
fn trees_stand_upright_on_the_ellipsoid() {
    let Some(dir) = samples() else { return };
    // The other one's glTF requires KHR_techniques_webgl, of which the glTF reader decides.
    for name in ["tree.i3dm"] {
        let tile = model(&dir.join("1.0/TilesetWithTreeBillboards").join(name));
        assert!(!tile.primitives.is_empty());
        assert_eq!(tile.features.count(), 25);
        for feature in 0..25 {
            assert_eq!(tile.features.row(feature), [("Height".to_owned(), Value::Int(20))]);
        }
        let instances = &tile.instances[tile.primitives[0].instances.unwrap()];
        assert_eq!(instances.len(), 25);
        assert!(tile.primitives.iter().all(|p| p.instances == tile.primitives[0].instances));
        for (i, instance) in instances.iter().enumerate() {
            assert_eq!(instance.feature, Some(i as u32));
            let foot = tile.origin + instance.transform.translation;
            let place = Geodetic::from_ecef(foot);
            // The tileset's region, and the ground (positions in f32 ECEF are good to half a metre).
            assert!((-1.319_700_5..=-1.319_659_5).contains(&place.lon_deg.to_radians()), "{place:?}");
            assert!((0.698_858_1..=0.698_889_9).contains(&place.lat_deg.to_radians()), "{place:?}");
            assert!(place.height_m.abs() < 2.0, "{place:?}");
            let higher = Geodetic { height_m: place.height_m + 20.0, ..place }.to_ecef();
            let top = tile.origin + instance.transform.transform_point3(DVec3::Z * 20.0);
            assert!((top - higher).length() < 1e-3);
            assert!((instance.transform.matrix3.determinant() - 1.0).abs() < 1e-9);
        }
        // With its instances the model fills the region's 20 m of height.
        let tallest = tile.primitives.iter().flat_map(|p| &p.positions).map(|p| p[2]).fold(f32::MIN, f32::max);
        assert!((15.0..25.0).contains(&tallest), "{name}: {tallest}");
    }
}

#[test]
fn the_batches_of_the_city_read() {
    let Some(dir) = samples() else { return };
    let tile = model(&dir.join("1.0/TilesetWithRequestVolume/city/ll.b3dm"));
    assert_eq!(tile.features.count(), 10);
    assert_eq!(tile.features.get(0, "Height"), Some(Value::Float(11.721514919772744)));
    assert_eq!(tile.features.get(9, "id"), Some(Value::Int(9)));
    assert_eq!(tile.features.get(1, "Longitude"), Some(Value::Float(-1.3197036065852055)));
    assert!((tile.origin - DVec3::new(1214914.5525041146, -4736388.031625768, 4081548.0407588882)).length() < 300.0);
    for name in ["1.0/TilesetWithRequestVolume/building.b3dm", "1.0/TilesetWithDiscreteLOD/dragon_low.b3dm"] {
        let tile = model(&dir.join(name));
        assert_eq!(tile.features.property_names(), Vec::<&str>::new());
        assert!(!tile.primitives.is_empty());
    }
}
#[test]
fn files_that_are_not_padded_to_eight_bytes_are_named_and_no_others() {
    let Some(dir) = samples() else { return };
    let files = [
        ("1.0/TilesetWithDiscreteLOD/dragon_low.b3dm", 0),
        ("1.0/TilesetWithDiscreteLOD/dragon_medium.b3dm", 0),
        ("1.0/TilesetWithRequestVolume/building.b3dm", 0),
        // 9,700 bytes.
        ("1.0/TilesetWithRequestVolume/city/ll.b3dm", 1),
        // The JSON ends at 116.
        ("1.0/TilesetWithRequestVolume/points.pnts", 1),
        ("1.0/TilesetWithTreeBillboards/tree.i3dm", 0),
    ];
    for (name, count) in files {
        assert_eq!(super::build::codes(&model(&dir.join(name))), vec!["container-alignment"; count], "{name}");
    }
}
