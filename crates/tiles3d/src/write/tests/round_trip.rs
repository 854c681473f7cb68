//! Whatever the compression, the triangles come back: where they were to a step, with the features and colours they had.

use super::*;
use crate::content::{DecodedTile, Primitive};
use glam::Vec3;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

const STEP: f64 = 1.0 / 128.0;

fn all() -> Vec<Compression> {
    vec![
        Compression::Quantized,
        #[cfg(feature = "compress")]
        Compression::Meshopt,
        #[cfg(feature = "compress")]
        Compression::Draco,
    ]
}

fn options(compression: Compression) -> WriteOptions {
    WriteOptions { compression, ..WriteOptions::default() }
}

fn read(glb: &[u8]) -> DecodedTile {
    let decoded = decode_content(glb, &DecodeOptions::default(), &mut |_| Err(String::new())).unwrap();
    let Content::Models(mut tiles) = decoded else { panic!("not a model") };
    assert_eq!(tiles[0].diagnostics, []);
    tiles.remove(0)
}

/// What a vertex is, but for its normal.
type Corner = ([i64; 3], [u8; 4], u32);

/// Triangles from their first corner on, in order; without those that are a line on the grid.
fn sorted(triangles: impl Iterator<Item = [Corner; 3]>) -> Vec<[Corner; 3]> {
    let mut out: Vec<[Corner; 3]> = triangles
        .filter(|[a, b, c]| a.0 != b.0 && b.0 != c.0 && c.0 != a.0)
        .map(|[a, b, c]| [[a, b, c], [b, c, a], [c, a, b]].into_iter().min().unwrap())
        .collect();
    out.sort_unstable();
    out
}

fn steps(p: DVec3) -> [i64; 3] {
    (p / STEP).round().to_array().map(|c| c as i64)
}

fn corners_in(p: &WritePrimitive, centre: DVec3) -> Vec<Corner> {
    let corner = |i: usize| {
        let at = steps(centre + Vec3::from_array(p.positions[i]).as_dvec3());
        let color = p.colors.get(i).copied().unwrap_or_default();
        (at, color, p.feature_ids.get(i).copied().unwrap_or_default())
    };
    (0..p.positions.len()).map(corner).collect()
}

/// The ids as they were written: features without a table are numbered anew.
fn features_out(tile: &DecodedTile, p: &Primitive) -> Vec<u32> {
    let first = p.feature_sets.first().map_or(0, |set| set.first);
    let keys = tile.features.bare_ids(first);
    p.feature_ids.iter().map(|id| keys.get((id - first) as usize).copied().unwrap_or(id - first)).collect()
}

fn corners_out(tile: &DecodedTile, p: &Primitive) -> Vec<Corner> {
    let (origin, features) = (tile.origin, features_out(tile, p));
    let corner = |i: usize| {
        let at = origin + Vec3::from_array(p.positions[i]).as_dvec3();
        assert!((at / STEP - (at / STEP).round()).abs().max_element() < 0.3, "{at} is not on the grid");
        let color = p.colors.get(i).map(|c| c.map(|c| (c * 255.0).round() as u8)).unwrap_or_default();
        (steps(at), color, features.get(i).copied().unwrap_or_default())
    };
    (0..p.positions.len()).map(corner).collect()
}

fn triangles(indices: &[u32], corners: &[Corner]) -> Vec<[Corner; 3]> {
    sorted(indices.as_chunks::<3>().0.iter().map(|t| t.map(|i| corners[i as usize])))
}

/// Checks a glb against what it was made of.
fn agree(parts: &[WritePrimitive], centre: DVec3, compression: Compression) -> usize {
    let glb = GlbWriter::write_with(parts, &FeatureColumns::default(), centre, &options(compression)).unwrap();
    let again = GlbWriter::write_with(parts, &FeatureColumns::default(), centre, &options(compression)).unwrap();
    assert_eq!(glb, again, "{compression:?} is not the same twice");
    let tile = read(&glb);
    let mut out: BTreeMap<&str, Vec<&Primitive>> = BTreeMap::new();
    for p in &tile.primitives {
        out.entry(tile.materials[p.material].name.as_str()).or_default().push(p);
    }
    for part in parts {
        let corners = corners_in(part, centre);
        let wanted = triangles(&part.indices, &corners);
        let Some(found) = out.get(part.material.as_str()) else {
            assert!(wanted.is_empty(), "{} is missing", part.material);
            continue;
        };
        let [found] = found[..] else { panic!("{} twice", part.material) };
        let read = corners_out(&tile, found);
        let found_triangles = triangles(&found.indices, &read);
        let differ = found_triangles.iter().zip(&wanted).find(|(a, b)| a != b);
        assert_eq!((differ, found_triangles.len()), (None, wanted.len()), "{compression:?} {}", part.material);
        // A vertex has the normal of one of those that were where it is.
        for (corner, normal) in read.iter().zip(found.normals.iter()) {
            let of = |i: usize| Vec3::from_array(part.normals[i]).normalize_or(Vec3::Z);
            let mut near = (0..corners.len()).filter(|i| corners[*i] == *corner).map(of);
            let normal = Vec3::from_array(normal).normalize();
            assert!(near.any(|n| n.dot(normal) > 0.9996), "{compression:?}: {normal:?}");
        }
    }
    glb.len()
}

prop_compose! {
    fn part(name: &'static str)(
        (n, scale) in (3usize..60, prop::sample::select(vec![1.0f32, 40.0, 3000.0])),
        colored in any::<bool>(),
        most in prop::sample::select(vec![1u32, 200, 60_000, 9_000_000]),
    )(
        // Few of them, so that some are equal.
        positions in prop::collection::vec(prop::array::uniform3((-8i32..8).prop_map(move |c| c as f32 * 0.123 * scale)), n),
        normals in prop::collection::vec(prop::array::uniform3(-1.0f32..1.0), n),
        colors in prop::collection::vec(prop::array::uniform4(prop::sample::select(vec![0u8, 7, 255])), n),
        feature_ids in prop::collection::vec(0..most, n),
        indices in prop::collection::vec(prop::array::uniform3(0..n as u32), 1..80),
        (colored, featured) in (Just(colored), any::<bool>()),
    ) -> WritePrimitive {
        let unit = |n: [f32; 3]| Vec3::from_array(n).normalize_or(Vec3::Z).to_array();
        WritePrimitive {
            material: name.to_owned(),
            base_color: [1.0; 4],
            roughness: 0.5,
            positions,
            normals: normals.into_iter().map(unit).collect(),
            colors: if colored { colors } else { Vec::new() },
            feature_ids: if featured { feature_ids } else { Vec::new() },
            indices: indices.into_flattened(),
            ..WritePrimitive::default()
        }
    }
}

proptest! {
    #[test]
    fn random_meshes_come_back(
        parts in (part("a"), part("b")),
        centre in prop::array::uniform3(-2000.0f64..2000.0),
    ) {
        for compression in all() {
            agree(&[parts.0.clone(), parts.1.clone()], DVec3::from_array(centre), compression);
        }
    }
}

/// A wavy field of `n` by `n` corners, three metres apart.
fn field(n: u32) -> WritePrimitive {
    let mut p = WritePrimitive { material: "field".into(), ..WritePrimitive::default() };
    for (x, y) in (0..n).flat_map(|x| (0..n).map(move |y| (x, y))) {
        let (u, v) = (x as f32, y as f32);
        p.positions.push([3.0 * u, 3.0 * v, 4.0 * (0.1 * u).sin() * (0.13 * v).cos()]);
        p.normals.push(Vec3::new((0.1 * u).cos(), (0.13 * v).sin(), 4.0).normalize().to_array());
        p.feature_ids.push(x / 8);
        p.colors.push([200, 180, 160, 255]);
        if x > 0 && y > 0 {
            let i = x * n + y;
            p.indices.extend([i - n - 1, i, i - 1, i - n - 1, i - n, i]);
        }
    }
    p
}

#[test]
fn each_compression_is_smaller_than_the_one_before() {
    let field = field(100);
    let plain = GlbWriter::write(std::slice::from_ref(&field), &FeatureColumns::default(), DVec3::ZERO).unwrap().len();
    let sizes: Vec<usize> =
        all().into_iter().map(|c| agree(std::slice::from_ref(&field), DVec3::new(0.3, 0.1, 7.0), c)).collect();
    let limits = [plain * 3 / 4, plain / 5, plain / 8];
    assert!(sizes.iter().zip(limits).all(|(size, limit)| *size < limit), "{plain}: {sizes:?}");
}

#[test]
fn large_meshes_have_long_indices() {
    for compression in all().into_iter().filter(|c| format!("{c:?}") != "Draco") {
        agree(&[field(260)], DVec3::ZERO, compression);
    }
}

#[test]
fn features_take_the_smallest_type_that_holds_them() {
    for (last, kind) in [(255, 5121), (256, 5123), (65_535, 5123), (65_536, 5126), (1 << 24, 5126)] {
        let mut p = triangle();
        p.feature_ids = vec![0, last, last];
        for compression in all() {
            let glb = GlbWriter::write_with(std::slice::from_ref(&p), &columns(), DVec3::ZERO, &options(compression));
            let glb = glb.unwrap();
            let json: serde_json::Value =
                serde_json::from_slice(&glb[20..20 + u32::from_le_bytes(glb[12..16].try_into().unwrap()) as usize])
                    .unwrap();
            let id = json["meshes"][0]["primitives"][0]["attributes"]["_FEATURE_ID_0"].as_u64().unwrap();
            assert_eq!(json["accessors"][id as usize]["componentType"], kind, "{compression:?} {last}");
            // Ids beyond the table are no features: read what the table does not check.
            let bare = GlbWriter::write_with(
                std::slice::from_ref(&p),
                &FeatureColumns::default(),
                DVec3::ZERO,
                &options(compression),
            );
            let tile = read(&bare.unwrap());
            let ids: BTreeSet<u32> = features_out(&tile, &tile.primitives[0]).into_iter().collect();
            assert_eq!(ids, BTreeSet::from([0, last]), "{compression:?}");
        }
    }
    let mut p = triangle();
    p.feature_ids = vec![(1 << 24) + 1; 3];
    assert!(matches!(GlbWriter::write(&[p], &columns(), DVec3::ZERO), Err(WriteError::TooLarge)));
}

#[test]
fn what_shrinks_to_nothing_is_left_out() {
    let mut small = triangle();
    small.positions = vec![[0.0; 3], [0.001, 0.0, 0.0], [0.0, 0.001, 0.0]];
    for compression in all() {
        let glb = GlbWriter::write_with(&[small.clone()], &columns(), DVec3::ZERO, &options(compression)).unwrap();
        assert!(decode_content(&glb, &DecodeOptions::default(), &mut |_| Err(String::new())).is_ok());
        agree(&[WritePrimitive { material: "small".into(), ..small.clone() }, triangle()], DVec3::ONE, compression);
    }
}

prop_compose! {
    fn place()(
        at in prop::array::uniform3(-400.0f32..400.0),
        turn in -7.0f32..7.0,
        scale in prop::array::uniform3(0.2f32..40.0),
    ) -> CopyPlace {
        CopyPlace { at, turn, scale }
    }
}

proptest! {
    #[test]
    fn copies_stand_where_they_stood(
        places in prop::collection::vec(place(), 1..40),
        (size, sink) in (0.05f32..30.0, -0.7f32..0.7),
        twice in any::<bool>(),
    ) {
        let mut shape = WritePrimitive { feature_ids: Vec::new(), material: "plant".into(), ..triangle() };
        shape.positions.iter_mut().flatten().for_each(|c| *c = (*c / 3.0 + sink) * size);
        let copies = WriteCopies { shape, places };
        let shapes = if twice { vec![copies.clone(), copies.clone()] } else { vec![copies.clone()] };
        let centre = DVec3::new(12.3, -45.6, 7.8);
        for compression in all() {
            let glb = GlbWriter::write_copies_with(&shapes, centre, &options(compression)).unwrap();
            let tile = read(&glb);
            prop_assert_eq!(tile.primitives.len(), shapes.len());
            for p in &tile.primitives {
                let mut left = tile.instances[p.instances.unwrap()].clone();
                prop_assert_eq!(left.len(), copies.places.len());
                for place in &copies.places {
                    let at = |v: [f32; 3]| {
                        let scaled = Vec3::from_array(v).as_dvec3() * Vec3::from_array(place.scale).as_dvec3();
                        let turned = glam::DQuat::from_rotation_z(f64::from(place.turn)) * scaled;
                        centre + Vec3::from_array(place.at).as_dvec3() + turned
                    };
                    let off = |i: &crate::content::Instance| {
                        let read = p.indices.iter().map(|i| Vec3::from_array(p.positions[*i as usize]).as_dvec3());
                        let read: Vec<DVec3> = read.map(|v| tile.origin + i.transform.transform_point3(v)).collect();
                        // Any corner may come first.
                        let turns = (0..3).map(|k| {
                            let pairs = copies.shape.positions.iter().enumerate();
                            pairs.map(|(j, v)| (at(*v) - read[(j + k) % 3]).abs().max_element()).fold(0.0, f64::max)
                        });
                        turns.fold(f64::INFINITY, f64::min)
                    };
                    let nearest = (0..left.len()).min_by(|a, b| off(&left[*a]).total_cmp(&off(&left[*b]))).unwrap();
                    // Half a step each for place and scale, and what turns and the shape's own steps add to its reach.
                    let reach = f64::from(size) * 1.7 * 40.0;
                    let most = 0.5 * STEP + 2.0 * 0.5 * STEP + reach * 6e-4;
                    let off = off(&left[nearest]);
                    prop_assert!(off <= most, "{:?}: {} of {}", compression, off, most);
                    left.remove(nearest);
                }
            }
        }
    }
}
