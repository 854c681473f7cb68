//! The geometry of glTF: accessors of every type, modes, compressed streams and instances, from whole files.
#![allow(missing_docs, clippy::unwrap_used)]

mod accessors;
mod builder;
mod draco;
mod instances;
mod meshopt;
mod modes;
mod outlines;
mod survival;

use std::path::PathBuf;

/// The glTF samples of 3D Tiles: under `CIM_TWIN_SHARED`, or else beside or above the checkout.
fn samples() -> Option<PathBuf> {
    const INSIDE: &str = "data/3d-tiles-samples/glTF";
    let given = std::env::var_os("CIM_TWIN_SHARED").map(|dir| PathBuf::from(dir).join(INSIDE));
    let here = std::env::current_dir().unwrap();
    let above = || here.ancestors().map(|dir| dir.join("shared").join(INSIDE));
    let found = given.into_iter().chain(above()).find(|dir| dir.is_dir());
    if found.is_none() {
        eprintln!("skipped: the 3D Tiles samples are not beside the checkout");
    }
    found
}
