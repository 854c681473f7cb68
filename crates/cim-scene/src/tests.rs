use crate::{FEATURE_IN_TAG, Surface, prepare};
use glam::{DAffine3, DMat4, DVec3, Vec3};
use tiles3d::{
    DecodedTile,
    content::{Instance, Primitive, PrimitiveMode, TileMaterial},
};

/// Z-up tile axes to render axes: x stays, z becomes y, y becomes -z.
const RENDER: DMat4 =
    DMat4::from_cols_array(&[1.0, 0.0, 0.0, 0.0, 0.0, 0.0, -1.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0]);

fn triangle(mode: PrimitiveMode) -> Primitive {
    Primitive {
        mode,
        positions: vec![[0.0, 0.0, 0.0], [2.0, 0.0, 0.0], [0.0, 0.0, 3.0]],
        normals: vec![[0.0, -1.0, 0.0]; 3],
        uvs: Vec::new(),
        colors: vec![[0.5, 0.25, 1.0, 1.0]; 3],
        feature_ids: vec![7; 3],
        indices: vec![0, 1, 2],
        material: 0,
        instances: None,
    }
}

fn named(name: &str) -> TileMaterial {
    TileMaterial { name: name.into(), base_color: [0.5, 1.0, 1.0, 1.0], ..TileMaterial::default() }
}

#[test]
fn surfaces_of_the_city_become_one_mesh_and_others_stay_themselves() {
    let mut parts = vec![triangle(PrimitiveMode::Triangles); 3];
    parts[1].material = 1;
    parts[2].material = 2;
    let tile = DecodedTile {
        primitives: parts,
        materials: vec![named("building"), named("water"), named("anything")],
        ..Default::default()
    };
    let prepared = prepare(tile, &(DMat4::from_translation(DVec3::new(1e5, 0.0, 0.0)) * RENDER));
    assert_eq!(prepared.anchor, DVec3::new(1e5, 0.0, 0.0));
    let [plain, city] = &prepared.pieces[..] else { panic!("{} pieces", prepared.pieces.len()) };
    assert_eq!((plain.material.name.as_str(), city.material.name.as_str()), ("anything", "city"));
    assert_eq!(city.arrays.positions[..3], [[0.0, 0.0, 0.0], [2.0, 0.0, 0.0], [0.0, 3.0, 0.0]]);
    assert_eq!(city.arrays.normals[0], [0.0, 0.0, 1.0]);
    assert_eq!(city.arrays.colors[0], [0.25, 0.25, 1.0, 1.0]);
    assert_eq!(city.arrays.indices, [0, 1, 2, 3, 4, 5]);
    let surfaces = [Surface::Building, Surface::Water].map(|s| [7.0, f32::from(s as u8)]);
    assert_eq!([city.arrays.marks[0], city.arrays.marks[3]], surfaces);
}

#[test]
fn a_ray_meets_every_copy_and_each_is_its_own_feature() {
    let stand = |x: f64, feature| Instance {
        transform: DAffine3::from_scale_rotation_translation(
            DVec3::splat(2.0),
            glam::DQuat::IDENTITY,
            DVec3::new(x, 10.0, 0.0),
        ),
        feature,
    };
    let mut part = triangle(PrimitiveMode::Triangles);
    part.instances = Some(0);
    let tile = DecodedTile {
        primitives: vec![part],
        materials: vec![named("tree")],
        instances: vec![vec![stand(0.0, Some(3)), stand(100.0, Some(4))]],
        ..Default::default()
    };
    let prepared = prepare(tile, &RENDER);
    let piece = &prepared.pieces[0];
    assert_eq!(piece.arrays.marks[0][0], FEATURE_IN_TAG);
    let places: Vec<_> = piece.copies.iter().map(|c| (c.anchor, c.feature)).collect();
    assert_eq!(places, [(DVec3::new(0.0, 0.0, -10.0), Some(3)), (DVec3::new(100.0, 0.0, -10.0), Some(4))]);
    for (x, feature) in [(0.5, 3), (100.5, 4)] {
        let hit = prepared.pick.cast(Vec3::new(x, 0.5, 20.0), Vec3::NEG_Z, 1e9).unwrap();
        assert_eq!(hit.feature, Some(feature));
        assert!((hit.distance - 30.0).abs() < 1e-4);
        // What is drawn is where the ray hit: scale, turn and place of the copy, applied to the arrays.
        let copy = piece.copies.iter().find(|c| c.feature == Some(feature)).unwrap();
        let corner = copy.rotation * (copy.scale * Vec3::from(piece.arrays.positions[2])) + copy.anchor.as_vec3();
        assert!(corner.distance(copy.anchor.as_vec3() + Vec3::new(0.0, 6.0, 0.0)) < 1e-5, "{corner}");
    }
    assert!(prepared.pick.cast(Vec3::new(50.0, 0.5, 20.0), Vec3::NEG_Z, 1e9).is_none());
}

#[test]
fn many_copies_are_boxes_to_a_ray() {
    let mut part = triangle(PrimitiveMode::Triangles);
    part.indices = (0..3000).map(|i| i % 3).collect();
    part.instances = Some(0);
    let at = |i: u32| Instance {
        transform: DAffine3::from_translation(DVec3::new(f64::from(i) * 10.0, 0.0, 0.0)),
        feature: Some(i),
    };
    let instances = vec![(0..1000).map(at).collect()];
    let tile = DecodedTile { primitives: vec![part], materials: vec![named("tree")], instances, ..Default::default() };
    let prepared = prepare(tile, &RENDER);
    // Beside the triangle, inside its box.
    let hit = prepared.pick.cast(Vec3::new(5001.9, 2.9, 20.0), Vec3::NEG_Z, 1e9).unwrap();
    assert_eq!(hit.feature, Some(500));
}

#[test]
fn a_point_is_three_corners_of_its_colour() {
    let tile = DecodedTile {
        primitives: vec![triangle(PrimitiveMode::Points)],
        materials: vec![named("cloud")],
        ..Default::default()
    };
    let prepared = prepare(tile, &RENDER);
    let cloud = &prepared.clouds[0];
    assert_eq!(cloud.positions.len(), 9);
    assert_eq!(cloud.packed.iter().map(|p| p[0] >> 24).collect::<Vec<_>>(), [0, 1, 2, 0, 1, 2, 0, 1, 2]);
    assert_eq!(cloud.packed[0][0] & 0xff_ff_ff, 0xff_89_89);
    assert_eq!(cloud.packed[0][1], 7);
    assert_eq!((cloud.low, cloud.high), (Vec3::ZERO, Vec3::new(2.0, 3.0, 0.0)));
}
