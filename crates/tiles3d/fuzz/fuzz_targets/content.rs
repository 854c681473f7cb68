//! Any bytes as a tile's content: glb, glTF, b3dm, i3dm, pnts, cmpt, gzip-compressed or not.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| tiles3d_fuzz::content(bytes));
