//! `CESIUM_primitive_outline`.

use crate::{builder::*, samples};
use serde_json::json;
use tiles3d::DecodeOptions;

#[test]
fn the_sample_has_the_twelve_edges_of_a_box() {
    let Some(dir) = samples() else { return };
    let bytes =
        std::fs::read(dir.join("CESIUM_primitive_outline/BoxPrimitiveOutline/BoxPrimitiveOutline.gltf")).unwrap();
    let tile = decode(&bytes, &DecodeOptions::default()).unwrap();
    assert_eq!(tile.diagnostics, []);
    let primitive = &tile.primitives[0];
    // The numbers of the buffer: bottom, top, and what joins them.
    let expected = [0, 1, 1, 2, 2, 3, 3, 0, 4, 5, 5, 6, 6, 7, 7, 4, 12, 13, 8, 9, 11, 10, 14, 15];
    assert_eq!(primitive.outline, expected);
    let mut edges: Vec<[[i32; 3]; 2]> = Vec::new();
    for pair in primitive.outline.as_chunks::<2>().0 {
        let mut ends = pair.map(|i| primitive.positions[i as usize].map(|c| c.round() as i32));
        ends.sort_unstable();
        // Every edge of the unit cube is as long as it.
        assert_eq!(ends[0].iter().zip(ends[1]).map(|(a, b)| (b - a).abs()).sum::<i32>(), 1);
        edges.push(ends);
    }
    edges.sort_unstable();
    edges.dedup();
    assert_eq!(edges.len(), 12);
}

#[test]
fn broken_outlines_are_named_and_the_triangles_drawn() {
    let outlined = |indices: &[u32], mode: u32| {
        let mut gltf = triangle();
        let indices = gltf.indices(indices);
        gltf.json["meshes"][0]["primitives"][0]["extensions"]["CESIUM_primitive_outline"] =
            json!({ "indices": indices });
        gltf.json["meshes"][0]["primitives"][0]["mode"] = json!(mode);
        let (tile, codes) = gltf.amiss();
        (tile.primitives[0].outline.clone(), codes)
    };
    assert_eq!(outlined(&[0, 1, 1, 2], 4), (vec![0, 1, 1, 2], vec![]));
    for (indices, mode) in [(&[0, 1, 2][..], 4), (&[0, 3][..], 4), (&[0, 1][..], 0)] {
        assert_eq!(outlined(indices, mode), (vec![], vec!["outline-broken"]));
    }
    let mut gltf = triangle();
    gltf.json["meshes"][0]["primitives"][0]["extensions"]["CESIUM_primitive_outline"] = json!({ "indices": 99 });
    assert_eq!(gltf.amiss().1, ["outline-broken"]);
}
