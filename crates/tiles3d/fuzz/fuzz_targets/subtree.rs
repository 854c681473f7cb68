//! Any bytes as a subtree of an implicit tileset.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| tiles3d_fuzz::subtree(bytes));
