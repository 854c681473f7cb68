//! Trees of tiles: explicit, implicit, external; volumes and transforms.

use crate::{Case, build::*, load::load, triangle_at};
use glam::{DVec2, DVec3};
use serde_json::{Value as Json, json};
use tiles3d::{ContentState, SelectOptions, Selector, TileId, View, select::Projection};

const HERE: [i64; 3] = [100, 100, 0];

fn moved(x: i64, y: i64, z: i64) -> Json {
    json!([1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, x, y, z, 1])
}

fn several() -> Files {
    let root = json!({ "boundingVolume": room(), "geometricError": 0,
        "contents": [{ "uri": "a.glb" }, { "uri": "a.pnts" }] });
    files([("tileset.json", tileset(root)), ("a.glb", glb()), ("a.pnts", pnts(&[[5.0, 6.0, 7.0]]))])
}

fn several_in_1_0() -> Files {
    let root = json!({ "boundingVolume": room(), "geometricError": 0,
        "extensions": { "3DTILES_multiple_contents": { "contents": [{ "uri": "a.glb" }, { "uri": "a.pnts" }] } } });
    let more = json!({ "asset": { "version": "1.0" }, "extensionsUsed": ["3DTILES_multiple_contents"],
        "extensionsRequired": ["3DTILES_multiple_contents"] });
    files([("tileset.json", tileset_with(root, more)), ("a.glb", glb()), ("a.pnts", pnts(&[[5.0, 6.0, 7.0]]))])
}

fn nested() -> Files {
    let child = |uri: &str| {
        json!({ "boundingVolume": room(), "geometricError": 0, "transform": moved(3, 0, 0),
        "content": { "uri": uri } })
    };
    let root = |uri: &str| json!({ "boundingVolume": room(), "geometricError": 10, "transform": moved(0, 10, 0), "children": [child(uri)] });
    files([
        ("tileset.json", tileset(root("b/tileset.json"))),
        ("b/tileset.json", tileset(root("c/a.glb"))),
        ("b/c/a.glb", glb()),
    ])
}

/// A tileset of 1.0 whose glTF is not y-up as glTF is.
fn z_up() -> Files {
    let mut gltf = Gltf::new();
    gltf.attribute("POSITION", 5126, "VEC3", &bytes_of(&[0.0f32, 0.0, 0.0, 3.0, 0.0, 0.0, 0.0, 3.0, 0.0]));
    let more = json!({ "asset": { "version": "1.0", "gltfUpAxis": "Z" } });
    files([("tileset.json", tileset_with(leaf("a.glb"), more)), ("a.glb", gltf.glb())])
}

/// An implicit tileset of two levels in one subtree.
pub(crate) fn implicit(scheme: &str, name: &str, subtree: (&str, Vec<u8>)) -> Files {
    let corner = if scheme == "OCTREE" { "{x}/{y}/{z}" } else { "{x}/{y}" };
    let root = json!({
        "boundingVolume": room(), "geometricError": 8,
        "content": { "uri": format!("{{level}}/{corner}.glb") },
        "implicitTiling": { "subdivisionScheme": scheme, "subtreeLevels": 2, "availableLevels": 2,
            "subtrees": { "uri": format!("s/{{level}}/{corner}.{name}") } },
    });
    let (path, bytes) = subtree;
    let mut all = files([("tileset.json", tileset(root)), (path, bytes), ("s/bits.bin", vec![0b1000_0001, 0b1])]);
    for path in ["0/0/0", "1/1/1", "0/0/0/0", "1/1/1/1"] {
        all.insert(format!("{path}.glb"), glb());
    }
    all
}

/// The root and the last of its children.
pub(crate) fn sparse(bits: u64, uri: Option<&str>) -> (Json, Vec<u8>) {
    let bytes = bits.to_le_bytes()[..2].to_vec();
    let mut json = json!({
        "buffers": [{ "byteLength": 2 }],
        "bufferViews": [{ "buffer": 0, "byteOffset": 0, "byteLength": 2 }],
        "tileAvailability": { "bitstream": 0, "availableCount": 2 },
        "contentAvailability": [{ "bitstream": 0, "availableCount": 2 }],
        "childSubtreeAvailability": { "constant": 0 },
    });
    if let Some(uri) = uri {
        json["buffers"][0]["uri"] = json!(uri);
    }
    (json, bytes)
}

fn quadtree_binary() -> Files {
    let (json, bytes) = sparse(0b1_0001, None);
    implicit("QUADTREE", "subtree", ("s/0/0/0.subtree", subtree(&json, &bytes)))
}

fn quadtree_json() -> Files {
    let (json, bytes) = sparse(0b1_0001, Some("../../bits.bin"));
    let mut all = implicit("QUADTREE", "json", ("s/0/0/0.json", json.to_string().into_bytes()));
    all.insert("s/bits.bin".into(), bytes);
    all
}

fn octree() -> Files {
    let (json, bytes) = sparse(0b1_0000_0001, None);
    implicit("OCTREE", "subtree", ("s/0/0/0/0.subtree", subtree(&json, &bytes)))
}

fn s2_cell(token: &str) -> Json {
    json!({ "extensions": { "3DTILES_bounding_volume_S2":
        { "token": token, "minimumHeight": 0, "maximumHeight": 1000 } } })
}

/// The token of the cell of the 14th level, about half a kilometre, that holds a place in eastern Asia.
fn s2_cell_of(place: DVec3) -> String {
    let token = |id: u64| format!("{id:016x}").trim_end_matches('0').to_owned();
    let holds = |id: u64| {
        let root = json!({ "boundingVolume": s2_cell(&token(id)), "geometricError": 0 });
        let set = load(&files([("tileset.json", tileset(root))])).tileset.unwrap();
        set.root().volume.distance_to(place) == 0.0
    };
    // The second face of the cube, and then of each cell the one of its four that holds it.
    let mut id = 3u64 << 60;
    for _ in 0..14 {
        let last = id & id.wrapping_neg();
        let children = (0..4u64).map(|k| id - last + (last >> 2) + k * (last >> 1));
        id = children.into_iter().find(|child| holds(*child)).expect("one of the four");
    }
    token(id)
}

/// The same tile in volumes of each kind round the same place on the globe: 116.6 degrees east, 35.4 north.
fn volumes() -> Vec<(&'static str, Files)> {
    let place = cim_geo::Geodetic::new(116.6, 35.4, 50.0).to_ecef();
    let (lon, lat) = (116.6f64.to_radians(), 35.4f64.to_radians());
    let [x, y, z] = place.to_array();
    let one = |volume: Json, more: Json| {
        let root = json!({ "boundingVolume": volume, "geometricError": 0, "content": { "uri": "a.glb" } });
        files([("tileset.json", tileset_with(root, more)), ("a.glb", glb())])
    };
    let cell = s2_cell(&s2_cell_of(place));
    let s2 = json!({ "extensionsUsed": ["3DTILES_bounding_volume_S2"],
        "extensionsRequired": ["3DTILES_bounding_volume_S2"] });
    vec![
        ("box", one(json!({ "box": [x, y, z, 100, 0, 0, 0, 100, 0, 0, 0, 100] }), json!({}))),
        ("sphere", one(json!({ "sphere": [x, y, z, 100] }), json!({}))),
        ("region", one(json!({ "region": [lon - 1e-5, lat - 1e-5, lon + 1e-5, lat + 1e-5, 0, 100] }), json!({}))),
        ("3DTILES_bounding_volume_S2", one(cell, s2)),
    ]
}

pub(crate) fn cases() -> Vec<Case> {
    let root = json!({ "boundingVolume": room(), "geometricError": 0, "transform": moved(0, 0, 5),
        "viewerRequestVolume": { "sphere": [0, 0, 0, 20] }, "content": { "uri": "a.glb" } });
    let both = vec![HERE, [500, 600, 700]];
    let twice = vec![HERE; 2];
    let mut list = vec![
        ("multiple contents", several(), both.clone()),
        ("3DTILES_multiple_contents", several_in_1_0(), both),
        ("external tilesets, transforms at every level", nested(), vec![triangle_at(6, 20, 0)]),
        ("gltfUpAxis Z", z_up(), vec![HERE]),
        ("viewerRequestVolume", files([("tileset.json", tileset(root)), ("a.glb", glb())]), vec![triangle_at(0, 0, 5)]),
        ("implicit quadtree, binary subtree, sparse", quadtree_binary(), twice.clone()),
        ("implicit quadtree, JSON subtree with a buffer elsewhere", quadtree_json(), twice.clone()),
        ("implicit octree", octree(), twice),
    ];
    list.extend(volumes().into_iter().map(|(name, files)| (name, files, vec![HERE])));
    list
}

/// The tiles that a view of 90 degrees straight on to `target` shows once all is there.
fn shown(files: &Files, eye: DVec3, target: DVec3) -> Vec<TileId> {
    let set = load(files).tileset.unwrap();
    let forward = (target - eye).normalize();
    let projection = Projection::Perspective { fovy_rad: std::f64::consts::FRAC_PI_2 };
    let up = forward.any_orthonormal_vector();
    let view = [View::framed(eye, forward, up, DVec2::splat(512.0), projection)];
    let mut selector = Selector::new(SelectOptions::default());
    for _ in 0..20 {
        for (id, _) in selector.update(&set, &view).load.clone() {
            selector.set_state(id, ContentState::ready(1));
        }
    }
    selector.selection().render.clone()
}

#[test]
fn every_volume_is_seen_where_it_is_and_nowhere_else() {
    let place = cim_geo::Geodetic::new(116.6, 35.4, 50.0).to_ecef();
    let above = cim_geo::Geodetic::new(116.6, 35.4, 2000.0).to_ecef();
    for (name, files) in volumes() {
        assert_eq!(shown(&files, above, place), [TileId(0)], "{name}");
        assert!(shown(&files, above, above * 2.0).is_empty(), "{name}");
    }
}

#[test]
fn a_tile_with_a_request_volume_is_shown_to_eyes_inside() {
    let (_, files, _) = cases().into_iter().find(|c| c.0 == "viewerRequestVolume").unwrap();
    // Its transform moves the volume too.
    assert_eq!(shown(&files, DVec3::new(0.0, 0.0, 24.0), DVec3::ZERO), [TileId(0)]);
    assert!(shown(&files, DVec3::new(0.0, 0.0, 26.0), DVec3::ZERO).is_empty());
}

#[test]
fn implicit_children_have_their_parts_of_the_volume_and_the_error() {
    for (files, middle) in [(quadtree_binary(), [50.0, 50.0, 0.0]), (octree(), [50.0; 3])] {
        let set = load(&files).tileset.unwrap();
        let child = set.tiles().find(|t| t.depth == 1).unwrap();
        assert_eq!(child.volume.bounding_sphere().0, DVec3::from(middle));
        assert_eq!(child.geometric_error, 4.0);
        assert_eq!(set.tiles().len(), 2);
    }
}
