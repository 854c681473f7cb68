//! Any bytes as a tileset.json, its external tilesets and its schema.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| tiles3d_fuzz::tileset(bytes));
