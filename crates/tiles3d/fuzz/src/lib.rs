//! What the fuzz targets do with any bytes: one function for each reader of untrusted bytes in tiles3d. They do not only
//! ask for no panic, but also that what comes out is whole ([`whole`]) and that no few bytes fill the memory ([`memory`]).
//!
//! The test `fuzz_corpus` of tiles3d includes this file and puts every file of the corpus through it.

mod archive;
mod compressed;
mod content;
mod glb;
mod inspect;
mod legacy;
mod memory;
mod metadata;
mod style;
mod tileset;
mod whole;

pub use archive::archive;
pub use compressed::{draco, meshopt, picture};
pub use content::{content, gltf};
pub use inspect::inspect;
pub use legacy::legacy;
pub use metadata::metadata;
pub use style::{expression, style};
pub use tileset::{subtree, tileset};

/// What is done with bytes.
pub type Target = fn(&[u8]);

/// Every target with its name: that of its binary and of its corpus.
pub const TARGETS: [(&str, Target); 13] = [
    ("archive", archive),
    ("content", content),
    ("draco", draco),
    ("expression", expression),
    ("gltf", gltf),
    ("inspect", inspect),
    ("legacy", legacy),
    ("meshopt", meshopt),
    ("metadata", metadata),
    ("picture", picture),
    ("style", style),
    ("subtree", subtree),
    ("tileset", tileset),
];
