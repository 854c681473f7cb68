//! A small tileset for each feature of the standard and the extensions that are read, whole and broken: the whole one
//! shows what is in it, and of a broken one the defect is named and the rest is shown.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used)]

mod archive;
mod broken;
mod build;
mod compressed;
mod content;
mod gltf;
mod load;
mod metadata;
mod tree;

use build::Files;
use load::load;

/// A feature, a tileset that has it, and where the middles of what is shown are, centimetres, sorted.
pub(crate) type Case = (&'static str, Files, Vec<[i64; 3]>);

/// The middle of the triangle, moved.
pub(crate) fn triangle_at(x: i64, y: i64, z: i64) -> [i64; 3] {
    [x * 100 + 100, y * 100 + 100, z * 100]
}

/// All of them.
pub(crate) fn cases() -> Vec<Case> {
    [content::cases(), gltf::cases(), compressed::cases(), tree::cases(), metadata::cases()].concat()
}

#[test]
fn every_feature_is_read_and_shown_where_it_is() {
    for (name, files, mut middles) in cases() {
        let seen = load(&files);
        middles.sort_unstable();
        assert_eq!(seen.amiss, Vec::<String>::new(), "{name}");
        assert_eq!(seen.middles, middles, "{name}");
    }
}
