//! Implicit tilesets whose subtrees say what their tiles and contents are.

use super::builder::*;
use crate::inspect::Severity;
use serde_json::{Value, json};

fn whole() -> Value {
    json!({ "box": cube(0.0, 0.0, 0.0, 10.0) })
}

fn region(heights: [f64; 2]) -> Value {
    json!({ "region": [0.0, 0.0, 1e-4, 1e-4, heights[0], heights[1]] })
}

/// The root, the tile below it and its content as cubes.
fn cubes(root: [f64; 12], tile: [f64; 12], content: [f64; 12]) -> Files {
    let rows: [&[(&str, &[f64])]; 3] =
        [&[("TILE_BOUNDING_BOX", &root)], &[("TILE_BOUNDING_BOX", &tile)], &[("CONTENT_BOUNDING_BOX", &content)]];
    described(&whole(), rows)
}

/// Broken ones, and the rules that they break.
pub(super) fn broken() -> Vec<(&'static str, Files)> {
    let root = cube(2.0, 2.0, 0.0, 6.0);
    let tile = cube(3.0, 3.0, 1.0, 3.0);
    let content = cube(1.0, 1.0, 1.0, 1.0);
    let of_tile = |row: &[(&str, &[f64])]| described(&whole(), [&[("TILE_BOUNDING_BOX", &root)], row, &[]]);
    vec![
        // Within the quarter, but the root says less.
        ("child-outside-parent", cubes(root, cube(6.0, 6.0, 1.0, 3.0), content)),
        ("child-outside-parent", of_tile(&[("TILE_BOUNDING_SPHERE", &[5.0, 5.0, 1.0, 4.0])])),
        (
            "child-outside-parent",
            described(
                &region([0.0, 100.0]),
                [&[("TILE_MAXIMUM_HEIGHT", &[50.0])], &[("TILE_MAXIMUM_HEIGHT", &[60.0])], &[]],
            ),
        ),
        ("region-inverted", described(&region([0.0, 100.0]), [&[], &[("TILE_MINIMUM_HEIGHT", &[101.0])], &[]])),
        ("content-volume-outside-tile", cubes(root, tile, cube(1.0, 1.0, 1.0, 2.0))),
        (
            "content-volume-outside-tile",
            described(
                &region([0.0, 100.0]),
                [&[], &[("TILE_MAXIMUM_HEIGHT", &[50.0])], &[("CONTENT_MAXIMUM_HEIGHT", &[60.0])]],
            ),
        ),
        ("content-outside-volume", cubes(root, tile, cube(3.0, 3.0, 1.0, 1.0))),
        ("content-outside-volume", of_tile(&[("TILE_BOUNDING_SPHERE", &[4.0, 4.0, 0.0, 3.0])])),
        ("geometric-error-increases", of_tile(&[("TILE_GEOMETRIC_ERROR", &[2.5])])),
        ("metadata-value-type", of_tile(&[("TILE_BOUNDING_BOX", &[1.0])])),
    ]
}

#[test]
fn what_is_right_finds_nothing() {
    let (root, tile) = (cube(2.0, 2.0, 0.0, 6.0), cube(3.0, 3.0, 1.0, 3.0));
    let moved = [1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 3.0, 3.0, 1.0, 1.0];
    let transformed: &[(&str, &[f64])] = &[
        ("TILE_TRANSFORM", &moved),
        ("TILE_BOUNDING_BOX", &cube(0.0, 0.0, 0.0, 3.0)),
        ("TILE_GEOMETRIC_ERROR", &[2.0]),
    ];
    for files in [
        cubes(root, tile, cube(1.0, 1.0, 1.0, 1.0)),
        described(&whole(), [&[("TILE_BOUNDING_BOX", &root)], transformed, &[]]),
        described(&whole(), [&[], &[("TILE_BOUNDING_SPHERE", &[5.0, 5.0, 0.0, 5.0])], &[]]),
    ] {
        let report = run(&files);
        let found = |rule: &str| report.rules.get(rule).copied().unwrap_or(0);
        // The triangle of the content is not where the sphere and the moved frame are; only that may be found.
        assert_eq!(report.rules.values().sum::<u64>(), found("content-outside-volume"), "{report}");
    }
    let report = run(&cubes(root, tile, cube(1.0, 1.0, 1.0, 1.0)));
    assert_eq!(report.rules.len(), 0, "{report}");
    let heights = described(
        &region([0.0, 100.0]),
        [
            &[("TILE_MAXIMUM_HEIGHT", &[50.0])],
            &[("TILE_MINIMUM_HEIGHT", &[10.0]), ("TILE_MAXIMUM_HEIGHT", &[40.0])],
            &[("CONTENT_MAXIMUM_HEIGHT", &[30.0])],
        ],
    );
    let report = run(&heights);
    // The contents lie at the middle of the Earth.
    assert_eq!(report.rules.keys().copied().collect::<Vec<_>>(), ["content-outside-volume"], "{report}");
    assert_eq!(report.count(Severity::Error), 0);
}

#[test]
fn whether_the_root_has_a_content_is_said_by_its_subtree() {
    let mut files = implicit();
    let mut json = root_subtree();
    json["contentAvailability"] = json!([{ "constant": 0 }]);
    files.insert("0/0/0.subtree".into(), subtree(&json, &[0b1000]));
    let report = run(&files);
    assert_eq!((report.tree.tiles(), report.tree.empty, report.tree.leaves), (2, 1, 1));
    json["childSubtreeAvailability"] = json!({ "constant": 0 });
    files.insert("0/0/0.subtree".into(), subtree(&json, &[0]));
    let report = run(&files);
    assert_eq!((report.tree.tiles(), report.tree.empty, report.tree.leaves), (1, 1, 1));
    files.remove("0/0/0.subtree");
    let report = run(&files);
    assert_eq!((report.tree.tiles(), report.tree.empty, report.tree.leaves), (1, 1, 1));
}
