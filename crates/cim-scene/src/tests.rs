use crate::{FEATURE_IN_TAG, Outcome, PreparedTile, Surface, Work, from_bytes, packed, prepare, to_bytes};
use glam::{DAffine3, DMat4, DVec3, Vec3};
use proptest::prelude::*;
use std::collections::BTreeMap;
use tiles3d::{
    DecodedTile,
    archive::{ArchiveLimits, ArchiveReader, ArchiveWriter, Compression, Packed},
    content::{
        ColorSpace, Colors, Instance, Normals, Picture, PictureFormat, Primitive, PrimitiveMode, Sampler,
        TextureFormats, TextureRef, TextureTransform, TileMaterial, UvSlot, Wrap,
    },
};

/// Z-up tile axes to render axes: x stays, z becomes y, y becomes -z.
const RENDER: DMat4 =
    DMat4::from_cols_array(&[1.0, 0.0, 0.0, 0.0, 0.0, 0.0, -1.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0]);

fn triangle(mode: PrimitiveMode) -> Primitive {
    Primitive {
        mode,
        positions: vec![[0.0, 0.0, 0.0], [2.0, 0.0, 0.0], [0.0, 0.0, 3.0]],
        normals: Normals::Float(vec![[0.0, -1.0, 0.0]; 3]),
        colors: Colors::Float(vec![[0.5, 0.25, 1.0, 1.0]; 3]),
        feature_ids: vec![7; 3],
        indices: vec![0, 1, 2],
        ..Primitive::default()
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
    assert_eq!(city.arrays.normals[0], [0, 0, 32_767, 0]);
    assert_eq!(city.arrays.colors[0], [16_384, 16_384, 65_535, 65_535]);
    assert_eq!(city.arrays.indices, [0, 1, 2, 3, 4, 5]);
    // A gable of 3 m has no whole row of windows.
    let surfaces = [Surface::Building, Surface::Water].map(|s| [7.0, f32::from(s as u8)]);
    assert_eq!([city.arrays.marks[0], city.arrays.marks[3]], surfaces);
}

#[test]
fn normals_and_colours_of_bytes_are_those_of_floats() {
    let drawn = |normals: Normals, colors: Colors| {
        let part = Primitive { normals, colors, ..triangle(PrimitiveMode::Triangles) };
        let tile = DecodedTile { primitives: vec![part], materials: vec![named("building")], ..Default::default() };
        let turned = DMat4::from_rotation_y(0.3) * RENDER;
        let arrays = prepare(tile, &turned).pieces.remove(0).arrays;
        (packed::direction(arrays.normals[2]), arrays.colors[2])
    };
    let floats = Vec3::new(76.0, -98.0, 26.0).normalize().to_array();
    let (normal, color) = drawn(Normals::Float(vec![floats; 3]), Colors::Float(vec![[0.2, 0.0, 1.0, 0.4]; 3]));
    for colors in [Colors::Unorm8(vec![[51, 0, 255, 102]; 3]), Colors::Srgb8(vec![[124, 0, 255, 102]; 3])] {
        let (bytes_normal, bytes_color) = drawn(Normals::Snorm8(vec![[76, -98, 26, 0]; 3]), colors);
        assert!(bytes_normal.distance(normal) < 1e-4, "{bytes_normal} {normal}");
        let apart = (0..4).map(|k| bytes_color[k].abs_diff(color[k])).max();
        // A step of sRGB is a hundred and some of these.
        assert!(apart < Some(70), "{bytes_color:?} {color:?}");
    }
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
fn nobody_points_at_the_light_of_lamps() {
    let mut part = triangle(PrimitiveMode::Triangles);
    part.feature_ids.clear();
    part.instances = Some(0);
    let post = tiles3d::content::Primitive { material: 1, ..part.clone() };
    let tile = |primitives: Vec<tiles3d::content::Primitive>| DecodedTile {
        primitives,
        materials: vec![TileMaterial { base_color: [1.0, 1.0, 1.0, 0.004], ..named("lamplight") }, named("lamp")],
        instances: vec![vec![Instance { transform: DAffine3::IDENTITY, feature: None }]],
        ..Default::default()
    };
    let light = prepare(tile(vec![part.clone()]), &RENDER);
    let surfaces = |t: &PreparedTile| t.pieces.iter().map(|p| p.arrays.marks[0][1]).collect::<Vec<_>>();
    assert_eq!(surfaces(&light), [f32::from(Surface::Lamplight as u8)]);
    // How bright it is comes from its corners alone.
    assert!(light.pieces[0].arrays.colors.iter().all(|c| c[3] == u16::MAX));
    let ray = |t: &PreparedTile| t.pick.cast(Vec3::new(0.5, 0.5, 20.0), Vec3::NEG_Z, 1e9).is_some();
    assert!(!ray(&light));
    let both = prepare(tile(vec![part, post]), &RENDER);
    assert_eq!(surfaces(&both), [Surface::Lamplight, Surface::Lamp].map(|s| f32::from(s as u8)));
    assert!(ray(&both));
}

#[test]
fn small_copies_without_features_become_one_mesh() {
    let mut part = triangle(PrimitiveMode::Triangles);
    part.feature_ids.clear();
    part.instances = Some(0);
    let mut other = part.clone();
    other.instances = Some(1);
    let stand = |x: f64, height: f64| Instance {
        transform: DAffine3::from_scale_rotation_translation(
            DVec3::new(1.0, 1.0, height),
            glam::DQuat::from_rotation_z(std::f64::consts::FRAC_PI_2),
            DVec3::new(x, 10.0, 5.0),
        ),
        feature: None,
    };
    let tile = DecodedTile {
        primitives: vec![part, other],
        materials: vec![named("plant")],
        instances: vec![vec![stand(0.0, 1.0), stand(100.0, 2.0)], vec![stand(200.0, 3.0)]],
        ..Default::default()
    };
    let corners: Vec<Vec3> = tile.primitives[0].positions.iter().map(|p| Vec3::from(*p)).collect();
    let expected: Vec<Vec3> = tile
        .instances
        .iter()
        .flatten()
        .flat_map(|i| corners.iter().map(|c| i.transform.transform_point3(c.as_dvec3())))
        .map(|z_up| RENDER.transform_point3(z_up).as_vec3())
        .collect();
    let prepared = prepare(tile, &RENDER);
    let [piece] = &prepared.pieces[..] else { panic!("{} pieces", prepared.pieces.len()) };
    assert!(piece.copies.is_empty() && piece.arrays.indices.len() == 9);
    let anchor = prepared.anchor.as_vec3();
    for (found, expected) in piece.arrays.positions.iter().zip(expected) {
        assert!((Vec3::from(*found) + anchor).distance(expected) < 1e-4, "{found:?} {expected}");
    }
    assert!(piece.arrays.normals.iter().all(|n| (packed::direction(*n).length() - 1.0).abs() < 1e-4));
    // A ray that meets one meets no feature.
    let target = piece.arrays.positions[3..6].iter().map(|p| Vec3::from(*p) / 3.0).sum::<Vec3>();
    let hit = prepared.pick.cast(target + Vec3::X * 50.0, Vec3::NEG_X, 1e9).unwrap();
    assert_eq!(hit.feature, None);
}

#[test]
fn flat_copies_lie_as_their_shape_did() {
    let mut part = triangle(PrimitiveMode::Triangles);
    // It lies, and looks up.
    part.positions = vec![[0.0; 3], [2.0, 0.0, 0.0], [0.0, 2.0, 0.0]];
    part.normals = Normals::Float(vec![[0.0, 0.0, 1.0]; 3]);
    (part.feature_ids, part.instances) = (Vec::new(), Some(0));
    let flat = |scale: DVec3| Instance { transform: DAffine3::from_scale(scale), feature: None };
    let scales = [DVec3::new(1.0, 1.0, 0.0), DVec3::new(1.0, 1.0, 1e-20), DVec3::new(3.0, 1.0, 1.0)];
    let instances = vec![scales.map(flat).to_vec()];
    let tile = DecodedTile { primitives: vec![part], materials: vec![named("paint")], instances, ..Default::default() };
    let prepared = prepare(tile, &RENDER);
    assert_eq!(prepared.pieces[0].arrays.normals, [[0, 32_767, 0, 0]; 9]);
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

fn texture(uvs: UvSlot, transform: Option<TextureTransform>) -> Option<TextureRef> {
    Some(TextureRef { image: 0, sampler: Sampler::default(), uvs, transform })
}

/// One triangle with a material that has three textures, and the picture of all of them.
fn textured(feature_ids: Vec<u32>) -> DecodedTile {
    let scale = TextureTransform { scale: [10.0, 10.0], ..TextureTransform::default() };
    let mut material = named("building");
    material.base_color_texture = texture(UvSlot::First, None);
    material.occlusion_texture = texture(UvSlot::Second, None);
    material.normal_texture = texture(UvSlot::Second, Some(scale));
    let uvs = vec![[0.0, 1.0], [1.0, 1.0], [0.0, 0.0]];
    let uvs1 = vec![[0.0, 0.5], [0.5, 0.5], [0.0, 0.0]];
    let part = Primitive { uvs, uvs1, feature_ids, ..triangle(PrimitiveMode::Triangles) };
    let (format, space) = (PictureFormat::Rgba8, ColorSpace::Srgb);
    let image = Picture { width: 2, height: 2, format, space, levels: 1, data: vec![9; 16] };
    DecodedTile { primitives: vec![part], materials: vec![material], images: vec![image], ..Default::default() }
}

#[test]
fn textures_lie_in_two_ways_where_there_are_no_features() {
    let prepared = prepare(textured(Vec::new()), &RENDER);
    let [piece] = &prepared.pieces[..] else { panic!("{} pieces", prepared.pieces.len()) };
    assert_eq!(piece.arrays.uvs, [[0.0, 1.0], [1.0, 1.0], [0.0, 0.0]]);
    assert_eq!(piece.arrays.uvs1, [[0.0, 5.0], [5.0, 5.0], [0.0, 0.0]]);
    let m = &piece.material;
    assert_eq!((m.base_color_texture, m.normal_texture), (texture(UvSlot::First, None), texture(UvSlot::Second, None)));
    // A third way of lying has no place.
    assert_eq!(m.occlusion_texture, None);
    // u goes to the right; v goes down and the bitangent up (glTF 2.0, 3.7.2.1 and 3.9.3).
    for tangent in &piece.arrays.tangents {
        assert!(tangent.iter().zip([1.0, 0.0, 0.0, 1.0]).all(|(a, b)| (a - b).abs() < 1e-6), "{tangent:?}");
    }
    assert_eq!(piece.arrays.tangents.len(), 3);
}

#[test]
fn features_come_before_a_second_way() {
    let prepared = prepare(textured(vec![7; 3]), &RENDER);
    let piece = &prepared.pieces[0];
    assert!(piece.arrays.uvs1.is_empty() && piece.arrays.tangents.is_empty());
    assert_eq!(piece.arrays.marks[0], [7.0, 0.0]);
    let m = &piece.material;
    assert_eq!((m.normal_texture, m.base_color_texture), (None, texture(UvSlot::First, None)));
}

#[test]
fn tangents_of_the_file_are_turned_with_the_tile() {
    let mut tile = textured(Vec::new());
    tile.materials[0].normal_texture = texture(UvSlot::First, None);
    tile.primitives[0].tangents = vec![[0.0, 0.0, 1.0, -1.0]; 3];
    let mirror = DMat4::from_scale(DVec3::new(-2.0, 2.0, 2.0)) * RENDER;
    assert_eq!(prepare(tile, &mirror).pieces[0].arrays.tangents, [[0.0, 1.0, 0.0, 1.0]; 3]);
}

#[test]
fn a_picture_counts_once_for_each_way_that_it_is_read() {
    let plain = prepare(textured(Vec::new()), &RENDER).gpu_bytes;
    let mut tile = textured(Vec::new());
    let clamped = Sampler { wrap_s: Wrap::Clamp, ..Sampler::default() };
    tile.materials[0].normal_texture.as_mut().unwrap().sampler = clamped;
    assert_eq!(prepare(tile, &RENDER).gpu_bytes, plain + 16);
}

/// A glb with a property table, as the tiler writes it.
fn glb() -> Vec<u8> {
    use tiles3d::write::{Column, FeatureColumns, GlbWriter, WritePrimitive};
    let part = WritePrimitive {
        material: "building".into(),
        positions: vec![[0.0; 3], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]],
        normals: vec![[0.0, 0.0, 1.0]; 3],
        feature_ids: vec![0, 0, 1],
        indices: vec![0, 1, 2],
        ..Default::default()
    };
    let columns = [
        ("key".to_owned(), Column::Text(vec!["building:1".into(), "building:二".into()])),
        ("height".to_owned(), Column::F32(vec![1.5, 2.5])),
    ];
    GlbWriter::write(&[part], &FeatureColumns { count: 2, columns: columns.into() }, DVec3::ZERO).unwrap()
}

#[test]
fn what_a_worker_sends_back_is_what_it_made() {
    let work = Work {
        render_from_tile: RENDER,
        root_from_tile: DMat4::IDENTITY,
        gltf_z_up: false,
        texture_formats: TextureFormats::default(),
        packing: None,
        files: BTreeMap::new(),
    };
    let sent: Work = from_bytes(&to_bytes(&work).unwrap()).unwrap();
    let outcome = sent.run(&glb());
    let back: Outcome = from_bytes(&to_bytes(&outcome).unwrap()).unwrap();
    let Outcome::Models(models, defects) = back else { panic!("{back:?}") };
    let Outcome::Models(made, _) = outcome else { panic!("{outcome:?}") };
    let seen = |m: &PreparedTile| format!("{:?}{:?}{:?}{}", m.pieces, m.features, m.pick, m.anchor);
    assert_eq!(seen(&models[0]), seen(&made[0]));
    assert_eq!((models.len(), defects.len()), (1, 0));
    assert_eq!(models[0].keys["building:二"], 1);
    assert_eq!(models[0].features.get(1, "height").unwrap().to_string(), "2.5");
    assert!(models[0].pick.cast(Vec3::new(0.2, 5.0, -0.2), Vec3::NEG_Y, 1e9).is_some());
}

/// A file in an archive as it is packed there.
fn packed(bytes: &[u8]) -> Packed {
    let mut writer = ArchiveWriter::new(Vec::new());
    writer.add("a", bytes, Compression::Deflate).unwrap();
    let archive = writer.finish().unwrap();
    let part = |range: std::ops::Range<u64>| &archive[range.start as usize..range.end as usize];
    let mut reader = ArchiveReader::new(archive.len() as u64, ArchiveLimits::default()).unwrap();
    while let Some(range) = reader.need() {
        reader.feed(part(range)).unwrap();
    }
    let mut entry = reader.entry("a").unwrap();
    while let Some(range) = entry.need() {
        entry.feed(part(range)).unwrap();
    }
    entry.finish_packed().unwrap()
}

#[test]
fn what_is_packed_is_unpacked_where_the_work_is_done() {
    let gltf = SURVEYED.replace("MODE", "4");
    let numbers: Vec<u8> =
        [0.0f32, 0.0, 0.0, 2.0, 0.0, 0.0, 0.0, 0.0, 3.0, 10.0, 20.0, 30.0].map(f32::to_le_bytes).concat();
    let Packed { bytes: content, packing } = packed(gltf.as_bytes());
    assert!(content.len() < gltf.len());
    let mut work = Work {
        render_from_tile: RENDER,
        root_from_tile: DMat4::IDENTITY,
        gltf_z_up: false,
        texture_formats: TextureFormats::default(),
        packing,
        files: [("a.bin".to_owned(), Ok(packed(&numbers)))].into(),
    };
    let sent: Work = from_bytes(&to_bytes(&work).unwrap()).unwrap();
    let Outcome::Models(models, defects) = sent.run(&content) else { panic!("no model") };
    assert_eq!((models.len(), defects.len()), (1, 0));
    // Either of them may be damaged.
    let Outcome::Damaged(why) = sent.run(&content[..content.len() / 2]) else { panic!("it is whole") };
    assert_eq!((why.code, why.message.contains("archive's a")), ("tile-broken", true));
    let mut file = packed(&numbers);
    file.bytes.truncate(5);
    work.files.insert("a.bin".into(), Ok(file));
    assert!(matches!(work.run(&content), Outcome::Damaged(_)));
}

#[test]
fn files_that_are_referred_to_are_asked_for_once() {
    let gltf = br#"{"asset":{"version":"2.0"},"buffers":[{"uri":"a.bin","byteLength":36}],
        "bufferViews":[{"buffer":0,"byteLength":36}],"accessors":[{"bufferView":0,"componentType":5126,"count":3,"type":"VEC3"}],
        "meshes":[{"primitives":[{"attributes":{"POSITION":0}}]}],"nodes":[{"mesh":0}],"scenes":[{"nodes":[0]}]}"#;
    let mut work = Work {
        render_from_tile: RENDER,
        root_from_tile: DMat4::IDENTITY,
        gltf_z_up: false,
        texture_formats: TextureFormats::default(),
        packing: None,
        files: BTreeMap::new(),
    };
    let Outcome::Missing(missing) = work.run(gltf) else { panic!("nothing is missing") };
    assert_eq!(missing, ["a.bin"]);
    work.files.insert("a.bin".into(), Ok(Packed::plain(vec![0; 36])));
    assert!(matches!(work.run(gltf), Outcome::Models(..)));
    work.files.insert("a.bin".into(), Err("404".into()));
    let Outcome::Failed(why) = work.run(gltf) else { panic!("it did not fail") };
    assert_eq!(why.code, "tile-broken");
    assert!(why.message.contains("a.bin") && why.message.contains("404"), "{why:?}");
}

proptest! {
    #[test]
    fn bytes_of_another_version_are_refused(bytes in proptest::collection::vec(any::<u8>(), 0..256)) {
        let _ = from_bytes::<Outcome>(&bytes);
        let _ = from_bytes::<Work>(&bytes);
    }
}

/// A cloud of two points and a triangle, whose vertices have a height by `EXT_structural_metadata`.
const SURVEYED: &str = r#"{"asset":{"version":"2.0"},
    "extensionsUsed":["EXT_structural_metadata"],
    "extensions":{"EXT_structural_metadata":{
        "schema":{"id":"survey","classes":{"sample":{"properties":{"height":{"type":"SCALAR","componentType":"FLOAT32"}}}}},
        "propertyAttributes":[{"class":"sample","properties":{"height":{"attribute":"_HEIGHT"}}}]}},
    "buffers":[{"uri":"a.bin","byteLength":48}],
    "bufferViews":[{"buffer":0,"byteLength":36},{"buffer":0,"byteOffset":36,"byteLength":12}],
    "accessors":[
        {"bufferView":0,"componentType":5126,"count":3,"type":"VEC3","min":[0,0,0],"max":[2,0,3]},
        {"bufferView":1,"componentType":5126,"count":3,"type":"SCALAR"}],
    "meshes":[{"primitives":[{"mode":MODE,"attributes":{"POSITION":0,"_HEIGHT":1},
        "extensions":{"EXT_structural_metadata":{"propertyAttributes":[0]}}}]}],
    "nodes":[{"mesh":0}],"scenes":[{"nodes":[0]}]}"#;

/// Surveyed places as they are drawn and picked; mirrored when asked.
fn surveyed(mode: &str, mirrored: bool) -> PreparedTile {
    let numbers = [0.0f32, 0.0, 0.0, 2.0, 0.0, 0.0, 0.0, 0.0, 3.0, 10.0, 20.0, 30.0];
    let bytes = numbers.iter().flat_map(|n| n.to_le_bytes()).collect();
    let mirror = DMat4::from_scale(DVec3::new(if mirrored { -1.0 } else { 1.0 }, 1.0, 1.0));
    let work = Work {
        render_from_tile: mirror,
        root_from_tile: DMat4::IDENTITY,
        gltf_z_up: true,
        texture_formats: TextureFormats::default(),
        packing: None,
        files: [("a.bin".to_owned(), Ok(Packed::plain(bytes)))].into(),
    };
    let sent: Work = from_bytes(&to_bytes(&work).unwrap()).unwrap();
    let outcome = to_bytes(&sent.run(SURVEYED.replace("MODE", mode).as_bytes())).unwrap();
    let Outcome::Models(mut models, defects) = from_bytes(&outcome).unwrap() else { panic!("no model") };
    assert!(defects.is_empty(), "{defects:?}");
    models.remove(0)
}

#[test]
fn points_of_a_cloud_are_hit_and_say_what_is_known_of_them() {
    let tile = surveyed("0", false);
    assert_eq!(tile.clouds.len(), 1);
    for (point, height) in [([0.0, 0.0, 0.0], "10"), ([2.0, 0.0, 0.0], "20"), ([0.0, 0.0, 3.0], "30")] {
        let hit = tile.pick.cast(Vec3::from(point) + Vec3::Y * 5.0, Vec3::NEG_Y, 1e9).unwrap();
        assert!((hit.distance - 5.0).abs() < 1e-4);
        let [scope] = &tile.pick.properties(&tile.features, &hit)[..] else { panic!("not one scope") };
        assert_eq!((scope.properties[0].0.as_str(), scope.properties[0].1.to_string().as_str()), ("height", height));
    }
    assert!(tile.pick.cast(Vec3::new(20.0, 5.0, 0.0), Vec3::NEG_Y, 1e9).is_none());
}

#[test]
fn a_place_on_a_triangle_is_the_same_in_a_mirror() {
    for mirrored in [false, true] {
        let tile = surveyed("4", mirrored);
        let side = if mirrored { -1.0 } else { 1.0 };
        for (x, z, height) in [(0.1, 0.1, "10"), (1.7, 0.1, "20"), (0.1, 2.6, "30")] {
            let hit = tile.pick.cast(Vec3::new(side * x, 5.0, z), Vec3::NEG_Y, 1e9).unwrap();
            let scopes = tile.pick.properties(&tile.features, &hit);
            assert_eq!(scopes[0].properties[0].1.to_string(), height, "{mirrored} {x} {z}");
            assert_eq!(tile.pick.feature(&tile.features, &hit), None);
        }
    }
}

#[test]
fn copies_keep_their_own_feature_beside_what_their_surface_says() {
    use tiles3d::content::{FeatureSet, FeatureSource};
    let set = FeatureSet {
        label: Some("parts".into()),
        first: 0,
        count: 3,
        has_table: false,
        source: FeatureSource::Vertex(vec![0, 1, 2]),
    };
    let part = Primitive {
        feature_sets: vec![set],
        feature_ids: Vec::new(),
        instances: Some(0),
        ..triangle(PrimitiveMode::Triangles)
    };
    let stand =
        |x: f64, feature| Instance { transform: DAffine3::from_translation(DVec3::X * x), feature: Some(feature) };
    let tile = DecodedTile {
        primitives: vec![triangle(PrimitiveMode::Triangles), part],
        instances: vec![vec![stand(50.0, 11), stand(60.0, 12)]],
        materials: vec![TileMaterial::default()],
        ..Default::default()
    };
    let prepared = prepare(tile, &RENDER);
    // Near the second corner of the second copy.
    let hit = prepared.pick.cast(Vec3::new(61.7, 0.1, 9.0), Vec3::NEG_Z, 1e9).unwrap();
    assert_eq!(prepared.pick.feature(&prepared.features, &hit), Some(12));
    let features: Vec<_> = prepared.pick.properties(&prepared.features, &hit).iter().map(|s| s.feature).collect();
    assert_eq!(features, [Some(12), Some(1)]);
    // Of the first primitive no more is known than its feature.
    let hit = prepared.pick.cast(Vec3::new(0.2, 0.2, 9.0), Vec3::NEG_Z, 1e9).unwrap();
    assert_eq!(prepared.pick.properties(&prepared.features, &hit)[0].feature, Some(7));
}

#[test]
fn edges_are_drawn_where_the_tile_and_its_copies_stand() {
    let stand = |x: f64, feature| Instance { transform: DAffine3::from_translation(DVec3::X * x), feature };
    let once = Primitive { outline: vec![0, 2], ..triangle(PrimitiveMode::Triangles) };
    let copied = Primitive { outline: vec![0, 1], instances: Some(0), ..once.clone() };
    let tile = DecodedTile {
        primitives: vec![once, copied],
        instances: vec![vec![stand(50.0, None), stand(60.0, Some(3))]],
        materials: vec![TileMaterial::default()],
        ..Default::default()
    };
    let plain =
        prepare(DecodedTile { primitives: vec![triangle(PrimitiveMode::Triangles)], ..Default::default() }, &RENDER);
    assert_eq!(plain.outlines, crate::Outlines::default());
    let outlines = prepare(tile, &RENDER).outlines;
    let at = |x: f32, y: f32| [x, y, 0.0];
    let ends = [at(0.0, 0.0), at(0.0, 3.0), at(50.0, 0.0), at(52.0, 0.0), at(60.0, 0.0), at(62.0, 0.0)];
    assert!(outlines.positions.iter().zip(ends).all(|(a, b)| Vec3::from(*a).distance(Vec3::from(b)) < 1e-5));
    assert_eq!(outlines.features, [7, 7, 7, 7, 3, 3]);
    assert_eq!(outlines.byte_size(), 6 * 16);
}
